/* What dedup stands on: folding, shingles, signatures, the set of keys. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/fold.h"
#include "libcore/keyset.h"
#include "libcore/minhash.h"

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static void
folding(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ " ?!\n\t", "" },
		{ "Hello,  World!\n", "hello world" },
		{ "“Don’t”", "don t" },
		{ "\"Don't\"", "don t" },
		{ "3 + 4 = ?", "3+4=" },
		{ "3 - 4", "3-4" },
		{ "3 \xe2\x88\x92 4", "3-4" },
		{ "3.5", "3 5" },
		{ "Straße STRASSE", "strasse strasse" },
		{ "ＡＢＣ　１２３", "abc 123" },
		{ "①½", "11\xe2\x81\x84"
			"2" },
		{ "ﬁne", "fine" },
		{ "caf\xc3\xa9", "cafe\xcc\x81" },
		{ "CAFE\xcc\x81", "cafe\xcc\x81" },
		{ "你好，世界！", "你好世界" },
		{ "你 好 world", "你好world" },
		{ "안녕, 세계", "안녕 세계" },
		{ "a\xe2\x80\x8b"
		  "b\xef\xbb\xbf",
		    "ab" },
		{ "ΣΊΣΥΦΟΣ", "σι\xcc\x81συφοσ" },
		{ "x\xc2\xa0y", "x y" },
	};
	struct buf b = { 0 };
	struct buf half = { 0 };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		fold(&b, str_of(cases[i].text));
		if (strcmp(b.s, cases[i].want)) {
			printf("FAIL fold '%s': '%s', not '%s'\n",
			    cases[i].text, b.s, cases[i].want);
			bad = 1;
		}
	}
	/* Longer than a piece, with each cut inside a character and a space. */
	buf_reset(&b);
	for (int i = 0; i < 400; i++)
		buf_puts(&half, i % 7 ? "é  " : "한 ");
	fold(&b, (struct str){ half.s, half.n });
	expect(b.n == 58 * 4 + 342 * 4 - 1, "long");
	expect(!strstr(b.s, "  ") && b.s[b.n - 1] != ' ', "spaces in pieces");
	buf_done(&b);
	buf_done(&half);
}

static double
jaccard(const char *how, const char *s, const char *t)
{
	struct shingles a = { 0 }, b = { 0 };
	struct shingling n;
	double j;

	expect(shingling_parse(&n, how), how);
	shingles_of(&a, n, str_of(s));
	shingles_of(&b, n, str_of(t));
	j = shingles_jaccard(&a, &b);
	shingles_done(&a);
	shingles_done(&b);
	return j;
}

static void
shingling(void)
{
	struct shingling n;

	expect(!shingling_parse(&n, "w0") && !shingling_parse(&n, "x5") &&
		   !shingling_parse(&n, "65") && !shingling_parse(&n, "c"),
	    "bad grams");
	expect(shingling_parse(&n, "7") && n.n == 7 && !n.words, "7");
	/* abcde bcdef | bcdef cdefg */
	expect(jaccard("c5", "abcdef", "bcdefg") == 1 / 3.0, "characters");
	expect(jaccard("c5", "abc", "abc") == 1, "short, equal");
	expect(jaccard("c5", "abc", "abd") == 0, "short, different");
	expect(jaccard("c5", "", "") == 1, "empty");
	expect(jaccard("c5", "aaaaaaaaaa", "aaaaaa") == 1, "repeats");
	expect(jaccard("w2", "a b c", "b c d") == 1 / 3.0, "words");
	expect(jaccard("w1", "我想吃饭", "我想喝水") == 2 / 6.0, "ideographs");
	expect(jaccard("c2", "我想吃饭", "我想喝水") == 1 / 5.0, "bigrams");
	expect(jaccard("w1", "用python写", "写 python") == 2 / 3.0, "mixed");
}

static void
signatures(void)
{
	static uint64_t h[1000];
	uint32_t plain[MINHASHES], fast[MINHASHES];
	uint8_t a[MINHASHES], b[MINHASHES];
	static const size_t sizes[] = { 0, 1, 2, 31, 257, 1000 };
	double est = 0;

	for (size_t i = 0; i < 1000; i++)
		h[i] = hash64(&i, sizeof i);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		minhash_by(0, plain, h, sizes[s]);
		for (unsigned p = 1; p < 8; p++)
			if (minhash_by(p, fast, h, sizes[s]))
				expect(!memcmp(plain, fast, sizeof plain),
				    "a fast path differs");
	}
	/* The same everywhere and for ever: kept indexes depend on it. */
	expect(hash64(plain, sizeof plain) == 0x420df65ae8aa595e,
	    "signature of the thousand");
	/* 0..799 and 200..999: J = 0.6 */
	minhash(plain, h, 800);
	minhash(fast, h + 200, 800);
	for (size_t i = 0; i < MINHASHES; i++) {
		a[i] = (uint8_t)plain[i];
		b[i] = (uint8_t)fast[i];
		est += plain[i] == fast[i];
	}
	expect(fabs(est / 128 - 0.6) < 0.13, "signatures");
	expect(fabs(minhash_estimate(a, b) - est / 128) < 0.03, "estimate");
	expect(minhash_estimate(a, a) == 1, "equal");
	expect(minhash_band(plain, 0, 8) != minhash_band(plain, 1, 8), "band");
}

static void
keys(void)
{
	enum { N = 20000 };
	struct keyset *k = keyset_new(8);
	struct hash128 zero = { 0 }, top = { UINT64_MAX, UINT64_MAX };
	bool isnew, ok = true;
	uint64_t *x;

	for (int turn = 0; turn < 2; turn++)
		for (uint64_t i = 0; i < N; i++) {
			x = keyset_add(k, hash128(&i, sizeof i), &isnew);
			ok &= isnew == !turn && *x == (turn ? i + 7 : 0);
			*x = i + 7;
		}
	expect(ok, "keys come back");
	for (uint64_t i = 0; i < 2 * N; i++) {
		x = keyset_find(k, hash128(&i, sizeof i));
		ok &= i < N ? x && *x == i + 7 : !x;
	}
	expect(ok && keyset_count(k) == N, "keys are found");
	keyset_add(k, zero, &isnew);
	expect(isnew, "zero");
	keyset_add(k, zero, &isnew);
	expect(!isnew, "zero again");
	for (uint64_t i = 0; i < 500; i++) { /* all want the last place */
		top.lo = i + 1;
		keyset_add(k, top, &isnew);
		ok &= isnew;
	}
	for (uint64_t i = 0; i < 500; i++) {
		top.lo = i + 1;
		ok &= keyset_find(k, top) != NULL;
	}
	expect(ok, "a crowd at the end");
	keyset_free(k);
}

int
main(void)
{
	folding();
	shingling();
	signatures();
	keys();
	return bad;
}
