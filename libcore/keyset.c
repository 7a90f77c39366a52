#include "libcore/keyset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PARTS = 256 };

struct part {
	char *items; /* [places(slots), width]; key 0 is an empty place */
	size_t n, slots;
};

struct keyset {
	size_t width, count;
	struct part part[PARTS];
};

/* Keys that want one of the last slots may stand behind them. */
static size_t
places(size_t slots)
{
	return slots ? slots + 64 + slots / 32 : 0;
}

/* Parts grow by turns, each new one a little larger than any that was given
 * back: on the heap the holes would come to as much again as the set. */
enum { FROM_PAGES = 32768 };

static char *
take(size_t slots, size_t width)
{
	size_t n = places(slots);
	void *p;

	if (n * width < FROM_PAGES)
		return need_zero(n, width);
	p = mmap(NULL, n * width, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("out of memory (%zu keys)", n);
	return p;
}

static void
give(char *items, size_t slots, size_t width)
{
	if (places(slots) * width < FROM_PAGES)
		free(items);
	else
		munmap(items, places(slots) * width);
}

struct keyset *
keyset_new(size_t extra)
{
	struct keyset *k = need_zero(1, sizeof *k);

	k->width = sizeof(struct hash128) + extra;
	return k;
}

void
keyset_free(struct keyset *k)
{
	for (size_t i = 0; k && i < PARTS; i++)
		give(k->part[i].items, k->part[i].slots, k->width);
	free(k);
}

size_t
keyset_count(const struct keyset *k)
{
	return k->count;
}

static struct hash128 *
at(const struct keyset *k, const struct part *p, size_t i)
{
	return (struct hash128 *)(void *)(p->items + i * k->width);
}

static bool
empty(const struct hash128 *h)
{
	return !h->hi && !h->lo;
}

static int
compare(const struct hash128 *a, const struct hash128 *b)
{
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return (a->lo > b->lo) - (a->lo < b->lo);
}

/* Where a key wants to stand: its value scaled to the slots. The topmost
 * eight bits chose the part. */
static size_t
home(const struct part *p, const struct hash128 *h)
{
	return (size_t)(((unsigned __int128)(h->hi << 8) * p->slots) >> 64);
}

/* Lay the part's items out over more slots, in order. */
static void
grow(const struct keyset *k, struct part *p)
{
	struct part q = { .n = p->n, .slots = p->slots };
	size_t next, end;
	bool fits;

	do {
		if (q.items)
			give(q.items, q.slots, k->width);
		q.slots += q.slots / 5 + 16;
		q.items = take(q.slots, k->width);
		end = places(p->slots);
		fits = true;
		next = 0;
		for (size_t i = 0; i < end && fits; i++) {
			const struct hash128 *h = at(k, p, i);
			size_t want = home(&q, h);

			if (empty(h))
				continue;
			if (want > next)
				next = want;
			fits = next < places(q.slots);
			if (fits)
				memcpy(at(k, &q, next++), h, k->width);
		}
	} while (!fits);
	give(p->items, p->slots, k->width);
	*p = q;
}

/* The key's place, or where it would stand. */
static size_t
place(const struct keyset *k, const struct part *p, const struct hash128 *h)
{
	size_t i = home(p, h), end = places(p->slots);

	while (i < end && !empty(at(k, p, i)) && compare(at(k, p, i), h) < 0)
		i++;
	return i;
}

/* Make room at place i; false if the part is full to its end there. */
static bool
open_at(const struct keyset *k, struct part *p, size_t i)
{
	size_t e = i, end = places(p->slots);

	while (e < end && !empty(at(k, p, e)))
		e++;
	if (e >= end)
		return false;
	memmove(at(k, p, i + 1), at(k, p, i), (e - i) * k->width);
	memset(at(k, p, i), 0, k->width);
	return true;
}

/* Zero marks an empty place, so that one key gives way to its neighbour. */
static struct hash128
legal(struct hash128 h)
{
	if (empty(&h))
		h.lo = 1;
	return h;
}

void *
keyset_add(struct keyset *k, struct hash128 h, bool *isnew)
{
	struct part *p = &k->part[h.hi >> 56];
	size_t i;

	h = legal(h);
	if (p->n * 20 >= p->slots * 17)
		grow(k, p);
	for (;;) {
		i = place(k, p, &h);
		*isnew = i >= places(p->slots) || compare(at(k, p, i), &h);
		if (!*isnew || (i < places(p->slots) && open_at(k, p, i)))
			break;
		grow(k, p);
	}
	if (*isnew) {
		*at(k, p, i) = h;
		p->n++;
		k->count++;
	}
	return at(k, p, i) + 1;
}

void *
keyset_find(const struct keyset *k, struct hash128 h)
{
	const struct part *p = &k->part[h.hi >> 56];
	size_t i;

	h = legal(h);
	if (!p->items)
		return NULL;
	i = place(k, p, &h);
	if (i >= places(p->slots) || compare(at(k, p, i), &h))
		return NULL;
	return at(k, p, i) + 1;
}
