/* ROUGE-L: cases worked out by hand, and the bit-parallel length against the
 * textbook table on random texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/rouge.h"

static const struct {
	const char *a, *b;
	double lcs, words; /* F = 2 lcs / words */
} cases[] = {
	{ "police killed the gunman", "police kill the gunman", 3, 8 },
	{ "police killed the gunman", "the gunman kill police", 2, 8 },
	{ "The  Cat, sat.", "the cat SAT", 3, 6 },
	{ "a b c d", "x y z", 0, 7 },
	{ "今天天气很好", "今天天气不好", 5, 12 },
	{ "用Python写代码", "用python 写 代码！", 5, 10 },
	{ "caf\xc3\xa9 noir", "caf\xc3\xa9 \xe2\x80\x94 noir", 2, 4 },
	{ "don't stop", "don t stop", 3, 6 },
	{ "a a a a", "a a", 2, 6 },
	{ "", "", 1, 2 },
	{ "...", "", 1, 2 },
	{ "word", "", 0, 1 },
	{ "\xe4\xbd", "x\xff", 0, 2 },
};

static size_t
textbook(const struct rouge *a, const struct rouge *b)
{
	size_t *t = calloc((a->n + 1) * (b->n + 1), sizeof *t), w = b->n + 1;
	size_t len;

	for (size_t i = 1; i <= a->n; i++)
		for (size_t j = 1; j <= b->n; j++) {
			size_t up = t[(i - 1) * w + j], left = t[i * w + j - 1];

			t[i * w + j] = a->word[i - 1] == b->word[j - 1]
					   ? t[(i - 1) * w + j - 1] + 1
				       : up > left ? up
						   : left;
		}
	len = t[a->n * w + b->n];
	free(t);
	return len;
}

static struct rouge
some(uint64_t seed, size_t n, uint64_t kinds)
{
	struct rouge r = { calloc(n + 1, sizeof *r.word), n };

	for (size_t i = 0; i < n; i++)
		r.word[i] = rng_below(kinds, seed, n, i) << 50;
	return r;
}

int
main(void)
{
	static const size_t sizes[] = { 1, 31, 63, 64, 65, 128, 200, 257 };
	int bad = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str a = str_of(cases[i].a), b = str_of(cases[i].b);
		double want = 2 * cases[i].lcs / cases[i].words;

		if (rouge_l(a, b) != want || rouge_l(b, a) != want) {
			printf("FAIL '%s' '%s': %g, not %g\n", a.s, b.s,
			    rouge_l(a, b), want);
			bad = 1;
		}
	}
	for (uint64_t s = 0; s < 64; s++) {
		struct rouge a = some(s, sizes[s % 8], 2 + s % 30);
		struct rouge b = some(s + 99, sizes[s / 8], 2 + s % 30);
		double want = 2 * (double)textbook(&a, &b);

		if (rouge_f(&a, &b) * (double)(a.n + b.n) - want > 1e-9 ||
		    want - rouge_f(&a, &b) * (double)(a.n + b.n) > 1e-9) {
			printf("FAIL random texts, seed %d\n", (int)s);
			bad = 1;
		}
		rouge_free(&a);
		rouge_free(&b);
	}
	return bad;
}
