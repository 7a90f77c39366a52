#include "libcore/minhash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/fold.h"
#include "libcore/hash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

bool
shingling_parse(struct shingling *s, const char *text)
{
	int64_t n;

	*s = (struct shingling){ .words = *text == 'w' };
	if (*text == 'w' || *text == 'c')
		text++;
	if (!num_parse_int(str_of(text), &n) || n < 1 || n > 64)
		return false;
	s->n = (unsigned)n;
	return true;
}

/* Finalizer of MurmurHash3: every bit of x moves every bit of the result. */
static uint64_t
mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 33;
}

static void
need(struct shingles *s, size_t n)
{
	if (n <= s->room)
		return;
	s->room = n + n / 2;
	s->h = need_grow(s->h, s->room, sizeof *s->h);
}

/* The text's code points, or hashes of its words, in s->h. */
static void
units(struct shingles *s, bool words, struct str t)
{
	size_t n = 0, at = 0, from = 0;

	need(s, t.n + 1);
	while (at < t.n) {
		size_t start = at;
		uint32_t c = (unsigned char)t.s[at] < 0x80
				 ? (unsigned char)t.s[at++]
				 : utf8_next(t.s, t.n, &at);
		bool alone = (c >= 0x2e80 && c < 0xa000) || c >= 0x20000;

		if (!words) {
			s->h[n++] = c;
		} else if (c == ' ' || alone) {
			if (start > from)
				s->h[n++] = hash64(t.s + from, start - from);
			if (alone)
				s->h[n++] = hash64(t.s + start, at - start);
			from = at;
		}
	}
	if (words && t.n > from)
		s->h[n++] = hash64(t.s + from, t.n - from);
	s->n = n;
}

/* A polynomial over n units that slides along the text; its hash replaces
 * the first of them. */
void
shingles_of(struct shingles *s, struct shingling how, struct str t)
{
	static const uint64_t base = 0x9e3779b97f4a7c15u;
	uint64_t h = 0, top = 1;
	size_t n = how.n;

	units(s, how.words, t);
	if (n > s->n)
		n = s->n;
	for (size_t i = 0; i < n; i++) {
		h = h * base + s->h[i] + 1;
		top *= base;
	}
	if (s->n == n) {
		s->h[0] = mix(h);
		s->n = 1;
		return;
	}
	for (size_t i = n; i < s->n; i++) {
		uint64_t old = s->h[i - n];

		s->h[i - n] = mix(h);
		h = h * base + s->h[i] + 1 - top * (old + 1);
	}
	s->h[s->n - n] = mix(h);
	s->n -= n - 1;
}

void
shingles_done(struct shingles *s)
{
	free(s->h);
	*s = (struct shingles){ 0 };
}

/* A set of hashes with a mark each; 0 is an empty place, so that 0 is 1. */
struct set {
	uint64_t *h;
	bool *marked;
	size_t room; /* a power of two, at least twice what goes in */
};

static size_t
find(const struct set *s, uint64_t h)
{
	size_t i = h >> 32 & (s->room - 1);

	while (s->h[i] && s->h[i] != h)
		i = (i + 1) & (s->room - 1);
	return i;
}

double
shingles_jaccard(const struct shingles *a, const struct shingles *b)
{
	struct set s = { .room = 64 };
	size_t all = 0, both = 0;

	while (s.room < 2 * (a->n + b->n))
		s.room *= 2;
	s.h = need_zero(s.room, sizeof *s.h);
	s.marked = need_zero(s.room, sizeof *s.marked);
	for (size_t i = 0; i < a->n; i++) {
		uint64_t h = a->h[i] ? a->h[i] : 1;
		size_t at = find(&s, h);

		all += !s.h[at];
		s.h[at] = h;
	}
	/* What b has seen is marked: in both sets, or in b alone. */
	for (size_t i = 0; i < b->n; i++) {
		uint64_t h = b->h[i] ? b->h[i] : 1;
		size_t at = find(&s, h);

		both += s.h[at] && !s.marked[at];
		all += !s.h[at];
		s.h[at] = h;
		s.marked[at] = true;
	}
	free(s.h);
	free(s.marked);
	return all ? (double)both / (double)all : 1;
}

/* The functions. A key of its own, so that nothing else draws the same. */
static uint32_t mul[MINHASHES] __attribute__((aligned(64)));
static uint32_t add[MINHASHES] __attribute__((aligned(64)));
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
sign_plain(uint32_t *sig, const uint64_t *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t x = (uint32_t)(h[i] >> 32);

		for (size_t k = 0; k < MINHASHES; k++) {
			uint32_t v = mul[k] * x + add[k];

			if (v < sig[k])
				sig[k] = v;
		}
	}
}

#if defined(__x86_64__)
/* Eight vectors of least values stay in registers over the whole text. */
__attribute__((target("avx2"))) static void
sign_avx2(uint32_t *sig, const uint64_t *h, size_t n)
{
	for (size_t k = 0; k < MINHASHES; k += 64) {
		const __m256i *a = (const __m256i *)(const void *)(mul + k);
		const __m256i *b = (const __m256i *)(const void *)(add + k);
		__m256i *out = (__m256i *)(void *)(sig + k);
		__m256i least[8];

		for (int v = 0; v < 8; v++)
			least[v] = _mm256_loadu_si256(out + v);
		for (size_t i = 0; i < n; i++) {
			__m256i x = _mm256_set1_epi32((int)(h[i] >> 32));

			for (int v = 0; v < 8; v++)
				least[v] = _mm256_min_epu32(least[v],
				    _mm256_add_epi32(
					_mm256_mullo_epi32(a[v], x), b[v]));
		}
		for (int v = 0; v < 8; v++)
			_mm256_storeu_si256(out + v, least[v]);
	}
}

__attribute__((target("avx512f"))) static void
sign_avx512(uint32_t *sig, const uint64_t *h, size_t n)
{
	__m512i a[8], b[8], least[8];

	for (int v = 0; v < 8; v++) {
		a[v] = _mm512_load_si512(mul + 16 * v);
		b[v] = _mm512_load_si512(add + 16 * v);
		least[v] = _mm512_loadu_si512(sig + 16 * v);
	}
	for (size_t i = 0; i < n; i++) {
		__m512i x = _mm512_set1_epi32((int)(h[i] >> 32));

		for (int v = 0; v < 8; v++)
			least[v] = _mm512_min_epu32(
			    least[v], _mm512_add_epi32(
					  _mm512_mullo_epi32(a[v], x), b[v]));
	}
	for (int v = 0; v < 8; v++)
		_mm512_storeu_si512(sig + 16 * v, least[v]);
}
#endif

/* Slowest first. */
static struct {
	void (*sign)(uint32_t *, const uint64_t *, size_t);
	bool there;
} paths[] = {
	{ sign_plain, true },
#if defined(__x86_64__)
	{ sign_avx2, false },
	{ sign_avx512, false },
#endif
};
enum { PATHS = sizeof paths / sizeof *paths };

static void
make_functions(void)
{
	for (uint32_t i = 0; i < MINHASHES; i++) {
		uint32_t r[4];

		philox(r, 0x6d696e68617368, 0, i);
		mul[i] = r[0] | 1;
		add[i] = r[1];
	}
#if defined(__x86_64__)
	__builtin_cpu_init();
	paths[1].there = __builtin_cpu_supports("avx2");
	paths[2].there = __builtin_cpu_supports("avx512f");
#endif
}

bool
minhash_by(unsigned path, uint32_t sig[MINHASHES], const uint64_t *h, size_t n)
{
	pthread_once(&once, make_functions);
	if (path >= PATHS || !paths[path].there)
		return false;
	memset(sig, 0xff, MINHASHES * sizeof *sig);
	paths[path].sign(sig, h, n);
	return true;
}

void
minhash(uint32_t sig[MINHASHES], const uint64_t *h, size_t n)
{
	for (unsigned p = PATHS; p-- > 0;)
		if (minhash_by(p, sig, h, n))
			return;
}

double
minhash_estimate(const uint8_t a[MINHASHES], const uint8_t b[MINHASHES])
{
	unsigned same = 0;

	for (size_t i = 0; i < MINHASHES; i += 8) {
		const uint64_t low = 0x7f7f7f7f7f7f7f7f;
		uint64_t x, y;

		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		x ^= y; /* a zero byte where they agree */
		x = ~(((x & low) + low) | x | low);
		same += (unsigned)__builtin_popcountll(x);
	}
	return (same / 128.0 - 1 / 256.0) / (1 - 1 / 256.0);
}

uint32_t
minhash_band(const uint32_t sig[MINHASHES], unsigned i, unsigned rows)
{
	uint32_t band[MINHASHES + 1];
	unsigned bands = MINHASHES / rows;

	band[0] = i;
	for (unsigned r = 0; r < rows; r++)
		band[1 + r] =
		    i < bands ? sig[i * rows + r] : sig[i - bands + r * bands];
	return (uint32_t)(hash64(band, (rows + 1) * sizeof *band) >> 32);
}
