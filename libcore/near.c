#include "libcore/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };

/* Before the decision how good a text is; after it what became of it. */
struct item {
	union {
		double by;
		struct {
			float j;
			uint32_t kept;
		};
	};
	uint32_t len, order;
};

struct near {
	unsigned rows,
	    bands; /* of a band; how many, a third of them crossing */
	double threshold;
	bool longest, ranked; /* ranked: order is not that of the input */
	size_t n, room;
	uint8_t *sig;   /* [n, 128] */
	uint32_t *band; /* [n, bands]: keys; while deciding, the nearest
	                   better text with the same key, or NONE */
	struct item *item;
};

struct near *
near_new(unsigned bands, double threshold, bool longest)
{
	struct near *t = need_zero(1, sizeof *t);

	t->rows = MINHASHES / bands;
	t->bands = bands + bands / 2;
	t->threshold = threshold;
	t->longest = longest;
	t->ranked = longest;
	return t;
}

void
near_free(struct near *t)
{
	if (!t)
		return;
	free(t->sig);
	free(t->band);
	free(t->item);
	free(t);
}

size_t
near_count(const struct near *t)
{
	return t->n;
}

void
near_sign(struct near_text *x, const struct near *t, struct shingles *s)
{
	uint32_t sig[MINHASHES];

	minhash(sig, s->h, s->n);
	for (size_t i = 0; i < MINHASHES; i++)
		x->sig[i] = (uint8_t)sig[i];
	for (unsigned b = 0; b < t->bands; b++)
		x->band[b] = minhash_band(sig, b, t->rows);
}

void
near_add(struct near *t, const struct near_text *x)
{
	size_t row = t->bands * sizeof *t->band;

	if (t->n == NONE - 1)
		die("more than %u records", NONE - 1u);
	if (t->n == t->room) {
		t->room = t->room ? t->room + t->room / 2 : 1024;
		t->sig = need_grow(t->sig, t->room, MINHASHES);
		t->band = need_grow(t->band, t->room, row);
		t->item = need_grow(t->item, t->room, sizeof *t->item);
	}
	memcpy(t->sig + t->n * MINHASHES, x->sig, MINHASHES);
	memcpy(t->band + t->n * t->bands, x->band, row);
	t->item[t->n] = (struct item){ .by = isnan(x->by) ? -HUGE_VAL : x->by,
		.len = x->len,
		.order = (uint32_t)t->n };
	if (t->n && t->item[t->n].by > t->item[t->n - 1].by)
		t->ranked = true;
	t->n++;
}

static int
better_first(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->by > y->by || x->by < y->by)
		return x->by > y->by ? -1 : 1;
	if (x->len != y->len)
		return x->len > y->len ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* order[rank]: the texts, best first. */
static uint32_t *
rank(struct near *t)
{
	uint32_t *order = need_alloc(t->n * sizeof *order);

	for (size_t i = 0; i < t->n && !t->longest; i++)
		t->item[i].len = 0;
	if (t->ranked)
		qsort(t->item, t->n, sizeof *t->item, better_first);
	for (size_t i = 0; i < t->n; i++)
		order[i] = t->item[i].order;
	return order;
}

/* Stable sort of n pairs by their upper half, 11 bits at a time. */
static void
sort_pairs(uint64_t *a, uint64_t *spare, size_t n)
{
	enum { BITS = 11, WAYS = 1 << BITS };

	for (int shift = 32; shift < 64; shift += BITS) {
		size_t at[WAYS] = { 0 }, sum = 0;
		uint64_t *swap = a;

		for (size_t i = 0; i < n; i++)
			at[a[i] >> shift & (WAYS - 1)]++;
		for (size_t w = 0; w < WAYS; w++) {
			size_t count = at[w];

			at[w] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			spare[at[a[i] >> shift & (WAYS - 1)]++] = a[i];
		a = spare;
		spare = swap;
	}
	/* Three rounds: the result stands in the caller's spare. */
}

/* Replace band b's keys by links from each text to the one before it, in
 * rank, that has the same key. */
static void
link_band(struct near *t, const uint32_t *order, uint64_t *pairs,
    uint64_t *spare, unsigned b)
{
	for (size_t r = 0; r < t->n; r++)
		pairs[r] = (uint64_t)t->band[(size_t)order[r] * t->bands + b]
			       << 32 |
			   r;
	sort_pairs(pairs, spare, t->n);
	for (size_t i = 0; i < t->n; i++) {
		size_t text = order[(uint32_t)spare[i]];
		bool same = i && spare[i] >> 32 == spare[i - 1] >> 32;

		t->band[text * t->bands + b] =
		    same ? order[(uint32_t)spare[i - 1]] : NONE;
	}
}

static bool
is_kept(const struct near *t, uint32_t i)
{
	return t->item[i].kept == i;
}

/* One text, all better ones being decided: links to dropped texts are
 * replaced by their own links, which end at kept ones. */
static void
decide(struct near *t, uint32_t i, double (*exact)(uint32_t, uint32_t))
{
	enum { ASKED = 16 };
	uint32_t *link = t->band + (size_t)i * t->bands, asked[ASKED];
	const uint8_t *sig = t->sig + (size_t)i * MINHASHES;
	size_t n = 0;

	for (unsigned b = 0; b < t->bands; b++) {
		if (link[b] != NONE && !is_kept(t, link[b]))
			link[b] = t->band[(size_t)link[b] * t->bands + b];
	}
	t->item[i].kept = i;
	for (unsigned b = 0; b < t->bands; b++)
		for (uint32_t c = link[b]; c != NONE;
		     c = t->band[(size_t)c * t->bands + b]) {
			double j = minhash_estimate(
			    sig, t->sig + (size_t)c * MINHASHES);
			bool known = false;

			for (size_t k = 0; k < n && k < ASKED; k++)
				known |= asked[k] == c;
			if (known || j < t->threshold - (exact ? 0.1 : 0))
				continue;
			asked[n++ % ASKED] = c;
			if (exact)
				j = exact(i, c);
			if (j < t->threshold)
				continue;
			t->item[i].kept = c;
			t->item[i].j = (float)j;
			return;
		}
}

bool
near_decide(
    struct near *t, double (*exact)(uint32_t, uint32_t), bool (*stop)(void))
{
	uint32_t *order = rank(t);
	uint64_t *pairs = need_alloc(t->n * sizeof *pairs);
	uint64_t *spare = need_alloc(t->n * sizeof *spare);
	bool stopped = false;

	for (unsigned b = 0; b < t->bands && !stopped; b++) {
		link_band(t, order, pairs, spare, b);
		stopped = stop && stop();
	}
	free(pairs);
	free(spare);
	for (size_t r = 0; r < t->n && !stopped; r++) {
		decide(t, order[r], exact);
		stopped = r % 1024 == 0 && stop && stop();
	}
	free(order);
	return !stopped;
}

uint32_t
near_kept(const struct near *t, uint32_t i, double *j)
{
	*j = t->item[i].kept == i ? 1 : (double)t->item[i].j;
	return t->item[i].kept;
}
