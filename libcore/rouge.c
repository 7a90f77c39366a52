#include "libcore/rouge.h"

#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"

/* One character of s[0, n), n > 0: its code point, and its length in *len.
 * A byte that begins no UTF-8 character stands for itself. */
static uint32_t
point(const unsigned char *s, size_t n, size_t *len)
{
	uint32_t c = s[0];
	size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	*len = 1;
	if (!more || more >= n)
		return c;
	c &= 0x3fu >> more;
	for (size_t i = 1; i <= more; i++)
		c = c << 6 | (s[i] & 0x3fu);
	*len = more + 1;
	return c;
}

static bool
is_cjk(uint32_t c)
{
	return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x4dbf) ||
	       (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

/* Part of a word: ASCII letters and digits, and what is not ASCII but for
 * the blocks of punctuation. */
static bool
is_word(uint32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		       (c >= 'A' && c <= 'Z');
	if (c < 0xc0)
		return c == 0xaa || c == 0xb5 || c == 0xba;
	if (c == 0xd7 || c == 0xf7)
		return false;
	if (c >= 0x2000 && c <= 0x2bff)
		return false;
	if ((c >= 0x3000 && c <= 0x303f) || (c >= 0xfe30 && c <= 0xfe4f))
		return false;
	if (c >= 0xff00 && c <= 0xffef) /* full-width forms */
		return (c >= 0xff10 && c <= 0xff19) ||
		       (c >= 0xff21 && c <= 0xff3a) ||
		       (c >= 0xff41 && c <= 0xff5a) || c >= 0xff66;
	return c < 0x1f000 || c > 0x1faff; /* emoji part words */
}

static void
add(struct rouge *r, size_t *room, const unsigned char *s, size_t n)
{
	char low[64];
	bool fits = n <= sizeof low;

	if (r->n == *room) {
		*room = *room ? *room * 2 : 64;
		r->word = need_grow(r->word, *room, sizeof *r->word);
	}
	for (size_t i = 0; fits && i < n; i++)
		low[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
	r->word[r->n++] = hash64(fits ? low : (const char *)s, n);
}

struct rouge
rouge_new(struct str text)
{
	const unsigned char *s = (const unsigned char *)text.s;
	struct rouge r = { 0 };
	size_t room = 0, at = 0, from = 0, len;

	while (at < text.n && r.n < ROUGE_WORDS) {
		uint32_t c = point(s + at, text.n - at, &len);
		bool one = is_cjk(c);

		if (one || !is_word(c)) {
			if (at > from)
				add(&r, &room, s + from, at - from);
			if (one && r.n < ROUGE_WORDS)
				add(&r, &room, s + at, len);
			from = at + len;
		}
		at += len;
	}
	if (at > from && r.n < ROUGE_WORDS)
		add(&r, &room, s + from, at - from);
	return r;
}

void
rouge_free(struct rouge *r)
{
	free(r->word);
	*r = (struct rouge){ 0 };
}

/* The words of one text, sorted: equal words get one number. */
struct place {
	uint64_t word;
	size_t at;
};

static int
by_word(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* One row of the table of prefixes: bit i of v is 0 where the length of the
 * common subsequence grows at a[i]. hits[] has a bit for each i where a[i] is
 * the word of this row.
 * V' = (V + (V & M)) | (V & ~M): Hyyro 2004, figure 2. */
static void
row(uint64_t *v, const uint64_t *hits, size_t blocks)
{
	uint64_t carry = 0;

	for (size_t k = 0; k < blocks; k++) {
		uint64_t u = v[k] & hits[k], sum = v[k] + u;
		uint64_t out = sum < u;

		sum += carry;
		out |= sum < carry;
		v[k] = sum | (v[k] & ~hits[k]);
		carry = out;
	}
}

/* The first place in p[0, n) whose word is not before w. */
static size_t
find(const struct place *p, size_t n, uint64_t w)
{
	size_t lo = 0;

	while (n) {
		size_t half = n / 2;

		if (p[lo + half].word < w) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

static size_t
common(const struct rouge *a, const struct rouge *b)
{
	size_t blocks = (a->n + 63) / 64, len = 0;
	struct place *p = need_zero(a->n, sizeof *p);
	uint64_t *v = need_zero(2 * blocks, sizeof *v), *hits = v + blocks;

	for (size_t i = 0; i < a->n; i++)
		p[i] = (struct place){ a->word[i], i };
	qsort(p, a->n, sizeof *p, by_word);
	memset(v, 0xff, blocks * sizeof *v);
	for (size_t j = 0; j < b->n; j++) {
		size_t at = find(p, a->n, b->word[j]), i;

		if (at == a->n || p[at].word != b->word[j])
			continue;
		for (i = at; i < a->n && p[i].word == b->word[j]; i++)
			hits[p[i].at / 64] |= 1ull << p[i].at % 64;
		row(v, hits, blocks);
		for (i = at; i < a->n && p[i].word == b->word[j]; i++)
			hits[p[i].at / 64] = 0;
	}
	for (size_t i = 0; i < a->n; i++)
		len += !(v[i / 64] >> i % 64 & 1);
	free(p);
	free(v);
	return len;
}

double
rouge_f(const struct rouge *a, const struct rouge *b)
{
	if (!a->n || !b->n)
		return a->n == b->n ? 1 : 0;
	/* 2 P R / (P + R) with P = l / n, R = l / m is 2 l / (n + m) */
	return 2 * (double)common(a, b) / (double)(a->n + b->n);
}

double
rouge_l(struct str a, struct str b)
{
	struct rouge x = rouge_new(a), y = rouge_new(b);
	double f = rouge_f(&x, &y);

	rouge_free(&x);
	rouge_free(&y);
	return f;
}
