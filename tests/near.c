/* Near-duplicates as stars, against a search through all pairs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/near.h"

enum { N = 240, WORDS = 40 };
static char *text[N];
static double by[N];
static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

/* Families of texts: each member changes a few words of its family's. */
static void
make_texts(void)
{
	for (uint64_t i = 0; i < N; i++) {
		uint64_t family = i % 3 ? rng_below(24, 1, 0, i) : 1000 + i;
		uint64_t edits = rng_below(12, 2, 0, i);
		struct buf b = { 0 };

		for (uint64_t w = 0; w < WORDS; w++) {
			uint64_t key = rng_below(WORDS, 3, i, w) < edits
					   ? 5000 + i
					   : family;

			buf_printf(&b, "w%llu ",
			    (unsigned long long)rng_below(100000, 4, key, w));
		}
		text[i] = b.s;
		by[i] = (double)rng_below(5, 5, 0, i);
	}
}

static double
jaccard(uint32_t a, uint32_t b)
{
	static const struct shingling shape = { .n = 5 };
	struct shingles x = { 0 }, y = { 0 };
	double j;

	shingles_of(&x, shape, str_of(text[a]));
	shingles_of(&y, shape, str_of(text[b]));
	j = shingles_jaccard(&x, &y);
	shingles_done(&x);
	shingles_done(&y);
	return j;
}

static struct near *
decided(unsigned bands, bool verify, bool score, bool longest)
{
	static const struct shingling shape = { .n = 5 };
	struct near *t = near_new(bands, 0.7, longest);
	struct shingles s = { 0 };

	for (uint32_t i = 0; i < N; i++) {
		struct near_text x = { .by = score ? by[i] : (double)NAN,
			.len = (uint32_t)strlen(text[i]) };

		shingles_of(&s, shape, str_of(text[i]));
		near_sign(&x, t, &s);
		near_add(t, &x);
	}
	shingles_done(&s);
	expect(near_decide(t, verify ? jaccard : NULL, NULL), "decided");
	return t;
}

/* Is text a to be preferred to text b? */
static bool
better(uint32_t a, uint32_t b, bool score, bool longest)
{
	size_t x = strlen(text[a]), y = strlen(text[b]);

	if (score && (by[a] > by[b] || by[a] < by[b]))
		return by[a] > by[b];
	if (longest && x != y)
		return x > y;
	return a < b;
}

static void
stars(bool score, bool longest)
{
	struct near *t = decided(16, true, score, longest);
	unsigned dropped = 0, missed = 0;

	for (uint32_t i = 0; i < N; i++) {
		double j;
		uint32_t k = near_kept(t, i, &j), self;

		if (k == i)
			continue;
		dropped++;
		self = near_kept(t, k, &j);
		expect(self == k, "the kept one is kept");
		near_kept(t, i, &j);
		expect(fabs(j - jaccard(i, k)) < 1e-6, "similarity told");
		expect(j >= 0.7 - 1e-6, "no false drop");
		expect(better(k, i, score, longest), "the better is kept");
	}
	for (uint32_t a = 0; a < N; a++)
		for (uint32_t b = a + 1; b < N; b++) {
			double j;

			if (near_kept(t, a, &j) != a ||
			    near_kept(t, b, &j) != b)
				continue;
			missed += jaccard(a, b) >= 0.8;
		}
	expect(dropped > 20, "something is dropped");
	expect(missed <= dropped / 20, "few are missed");

	near_free(t);
}

int
main(void)
{
	struct near *t;
	double j;

	make_texts();
	stars(false, false);
	stars(true, false);
	stars(true, true);
	t = decided(32, false, false, false);
	expect(near_count(t) == N, "count");
	expect(near_kept(t, 0, &j) == 0 && j >= 1, "the first is kept");
	near_free(t);
	near_free(near_new(8, 0.5, false));
	for (int i = 0; i < N; i++)
		free(text[i]);
	return bad;
}
