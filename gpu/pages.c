#include "gpu/pages.h"

#include <assert.h>
#include <stdlib.h>

struct page {
	uint32_t holders;
	bool known;
	struct hash128 key;
	uint64_t used; /* when it was last found or dropped */
};

struct pages {
	size_t n, left;
	uint64_t now;
	struct page *p;
};

struct pages *
pages_new(size_t n)
{
	struct pages *s = need_zero(1, sizeof *s);

	s->n = s->left = n;
	s->p = need_zero(n, sizeof *s->p);
	return s;
}

void
pages_free(struct pages *s)
{
	if (!s)
		return;
	free(s->p);
	free(s);
}

int32_t
pages_take(struct pages *s)
{
	struct page *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct page *p = s->p + i;

		if (p->holders)
			continue;
		if (!best || p->known < best->known ||
		    (p->known && best->known && p->used < best->used))
			best = p;
		if (!p->known)
			break;
	}
	if (!best)
		return -1;
	best->holders = 1;
	best->known = false;
	s->left--;
	return (int32_t)(best - s->p);
}

void
pages_hold(struct pages *s, int32_t page)
{
	s->left -= !s->p[page].holders;
	s->p[page].holders++;
}

void
pages_drop(struct pages *s, int32_t page)
{
	struct page *p = s->p + page;

	assert(p->holders);
	p->used = ++s->now;
	s->left += !--p->holders;
}

size_t
pages_left(const struct pages *s)
{
	return s->left;
}

void
pages_remember(struct pages *s, int32_t page, struct hash128 key)
{
	s->p[page].known = true;
	s->p[page].key = key;
}

int32_t
pages_find(struct pages *s, struct hash128 key)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i].known && s->p[i].key.lo == key.lo &&
		    s->p[i].key.hi == key.hi) {
			pages_hold(s, (int32_t)i);
			s->p[i].used = ++s->now;
			return (int32_t)i;
		}
	return -1;
}

void
pages_forget(struct pages *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->p[i].holders)
			s->p[i].known = false;
}
