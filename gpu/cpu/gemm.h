#ifndef GEMM_H
#define GEMM_H
#include "gpu/cpu/panel.h"
/*
 * The one product behind every op: C[m, n] = A[m, k] B[k, n]. An element of C
 * is one accumulator over k in increasing order, begun at zero or at C
 * (`chain`), so no cut of m, n or k and no thread changes its bits.
 *
 *   a      left operand: rows, lda apart; or, where `across`, columns
 *          [deep][lda]
 *   pairs  units are pairs of bf16 (always, where PATH_DOT is defined)
 *   b      right panels: panel p of block i at b[i] + p * panel; the blocks of
 *          `deep` units follow one another along k, the last has `last`
 *   c      float, ldc apart; only its m rows and n columns are written
 *   bias   [n] or NULL, added to the sum
 *   how    what is done with C
 */
enum how {
	STORE, /* C = sum */
	CHAIN, /* the sums begin at C */
	ADD,   /* C = C + sum */
};

struct gemm {
	const left *a;
	size_t lda;
	bool across, pairs;
	const unit *const *b;
	size_t panel, blocks, deep, last;
	float *c;
	size_t ldc, m, n;
	const float *bias;
	enum how how;
};

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define INLINE static inline __attribute__((always_inline))

/* A tile: MOST rows by WIDE vectors of accumulators fill the registers. */
#if defined(__AVX512F__)
enum { MOST = 12, WIDE = 2 };
#elif defined(__AVX2__)
enum { MOST = 6, WIDE = 1 };
#else
enum { MOST = 4, WIDE = 1 };
#endif

/* How units are multiplied. */
enum kind { FLOATS, PAIRS };

#ifdef PATH_DOT
#define LEFTS(kind) 1
#else
#define LEFTS(kind) ((kind) == PAIRS ? 2 : 1)
#endif

/* One unit of k for rows x wide accumulators: at[i / 3] + i % 3 * lda is row
 * i's left operand (a base for every three rows is what addressing modes can
 * do). With pairs and no vdpbf16ps, the odd elements, then the even ones. */
INLINE void
step(vec s[MOST][4], int rows, int wide, enum kind kind,
    const left *const at[4], size_t lda, size_t even, const unit *b,
    size_t panel)
{
	vec y[4];

	UNROLL
	for (int j = 0; j < wide; j++)
		y[j] = v_word(b + (size_t)(j / 2) * panel + j % 2 * LANES);
#ifdef PATH_DOT
	(void)kind, (void)even;
	UNROLL
	for (int i = 0; i < rows; i++) {
		__m512bh x =
		    (__m512bh)_mm512_set1_epi32((int)at[i / 3][i % 3 * lda]);

		UNROLL
		for (int j = 0; j < wide; j++)
			s[i][j] = _mm512_dpbf16_ps(s[i][j], x, (__m512bh)y[j]);
	}
#else
	UNROLL
	for (int i = 0; i < rows; i++) {
		vec x = v_set(at[i / 3][i % 3 * lda]);

		UNROLL
		for (int j = 0; j < wide; j++)
			s[i][j] = v_fma(
			    x, kind == PAIRS ? v_high(y[j]) : y[j], s[i][j]);
	}
	if (kind == FLOATS)
		return;
	UNROLL
	for (int i = 0; i < rows; i++) {
		vec x = v_set(at[i / 3][i % 3 * lda + even]);

		UNROLL
		for (int j = 0; j < wide; j++)
			s[i][j] = v_fma(x, v_low(y[j]), s[i][j]);
	}
#endif
}

#ifdef __SSE2__
#define FETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#else
#define FETCH(p) (void)(p)
#endif
/* Few rows wait for memory: their right operand is fetched ahead, in units. */
enum { AHEAD = 512, FEW = 6 };

/* Keeps pointers as they are: left alone, the compiler makes one for each row
 * and runs out of registers. */
#define KEEP(p) __asm__("" : "+r"(p))

/* n units of rows. */
INLINE void
rows_block(vec s[MOST][4], int rows, int wide, enum kind kind,
    const left *const from[4], size_t lda, const unit *b, size_t panel,
    size_t n)
{
	const left *p0 = from[0], *p1 = from[1], *p2 = from[2], *p3 = from[3];
	const size_t each = LEFTS(kind);

	for (; n >= 4; n -= 4) {
		UNROLL
		for (size_t u = 0; u < 4; u++) {
			const left *const at[4] = { p0 + u * each,
				p1 + u * each, p2 + u * each, p3 + u * each };

			UNROLL
			for (int j = 0; rows <= FEW && j < wide; j++)
				FETCH(b + u * PANEL + AHEAD +
				      (size_t)(j / 2) * panel + j % 2 * LANES);
			step(s, rows, wide, kind, at, lda, 1, b + u * PANEL,
			    panel);
		}
		b += 4 * PANEL;
		p0 += 4 * each;
		p1 += 4 * each;
		p2 += 4 * each;
		p3 += 4 * each;
		KEEP(p0);
		KEEP(p1);
		KEEP(p2);
		KEEP(p3);
	}
	for (; n; n--) {
		const left *const at[4] = { p0, p1, p2, p3 };

		step(s, rows, wide, kind, at, lda, 1, b, panel);
		b += PANEL;
		p0 += each;
		p1 += each;
		p2 += each;
		p3 += each;
	}
}

/* n units of columns. */
INLINE void
across_block(vec s[MOST][4], int rows, int wide, enum kind kind, const left *x,
    size_t lda, const unit *b, size_t n)
{
	for (; n; n--) {
		const left *const at[4] = { x, x + 3, x + 6, x + 9 };

		step(s, rows, wide, kind, at, 1, lda, b, 0);
		b += PANEL;
		x += LEFTS(kind) * lda;
		KEEP(x);
	}
}

/* One tile at row 0 of g->a; `skip` units into each block of the panel. */
INLINE void
tile(const struct gemm *g, int rows, int wide, enum kind kind, bool across,
    size_t skip, const float *bias, float *c, size_t ldc)
{
	const left *a = g->a;
	size_t lda = g->lda;
	vec s[MOST][4];

	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
	for (int j = 0; j < wide; j++)
		s[i][j] = g->how == CHAIN
			      ? v_get(c + i * ldc + j * LANES, LANES)
			      : v_set(0);
	for (size_t k = 0; k < g->blocks; k++) {
		size_t n = k + 1 < g->blocks ? g->deep : g->last;
		const unit *b = g->b[k] + skip;

		if (across) {
			across_block(s, rows, wide, kind, a, lda, b, n);
			a += n * LEFTS(kind) * lda;
		} else {
			const left *const at[4] = { a, a + 3 * lda, a + 6 * lda,
				a + 9 * lda };

			rows_block(
			    s, rows, wide, kind, at, lda, b, g->panel, n);
			a += n * LEFTS(kind);
		}
	}
	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
	for (int j = 0; j < wide; j++) {
		float *to = c + i * ldc + j * LANES;
		vec v = s[i][j];

		if (bias)
			v = v_add(v, v_get(bias + j * LANES, LANES));
		if (g->how == ADD)
			v = v_add(v_get(to, LANES), v);
		v_put(to, v, LANES);
	}
}

typedef void tile_fn(
    const struct gemm *, size_t skip, const float *bias, float *c, size_t ldc);

#define TILE(name, rows, wide, kind, across)                                   \
	static void name(const struct gemm *g, size_t skip, const float *bias, \
	    float *c, size_t ldc)                                              \
	{                                                                      \
		tile(g, rows, wide, kind, across, skip, bias, c, ldc);         \
	}

/* The sizes of tiles there are. */
#if defined(__AVX512F__)
#define EACH_SIZE(X) \
	X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#elif defined(__AVX2__)
#define EACH_SIZE(X) X(1) X(2) X(3) X(4) X(5) X(6)
#else
#define EACH_SIZE(X) X(1) X(2) X(3) X(4)
#endif

#define TILES(n)                                    \
	TILE(pairs_rows_##n, n, WIDE, PAIRS, false) \
	TILE(pairs_across_##n, n, WIDE, PAIRS, true)
EACH_SIZE(TILES)
#undef TILES
#ifndef PATH_DOT
#define TILES(n)                                     \
	TILE(float_rows_##n, n, WIDE, FLOATS, false) \
	TILE(float_across_##n, n, WIDE, FLOATS, true)
EACH_SIZE(TILES)
#undef TILES
#endif

/* [pairs][across][rows] */
static tile_fn *const tiles[2][2][MOST + 1] = {
#define ROW(n) pairs_rows_##n,
#define COL(n) pairs_across_##n,
	[1] = { { NULL, EACH_SIZE(ROW) }, { NULL, EACH_SIZE(COL) } },
#undef ROW
#undef COL
#ifndef PATH_DOT
#define ROW(n) float_rows_##n,
#define COL(n) float_across_##n,
	[0] = { { NULL, EACH_SIZE(ROW) }, { NULL, EACH_SIZE(COL) } },
#undef ROW
#undef COL
#endif
};

#if defined(__AVX512F__)
/* Few rows leave registers for two panels at once. */
#define EACH_FEW(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define TILES(n) TILE(pairs_two_##n, n, 4, PAIRS, false)
EACH_FEW(TILES)
#undef TILES
#ifndef PATH_DOT
#define TILES(n) TILE(float_two_##n, n, 4, FLOATS, false)
EACH_FEW(TILES)
#undef TILES
#endif
static tile_fn *const two_tiles[2][FEW + 1] = {
#define ROW(n) pairs_two_##n,
	[1] = { NULL, EACH_FEW(ROW) },
#undef ROW
#ifndef PATH_DOT
#define ROW(n) float_two_##n,
	[0] = { NULL, EACH_FEW(ROW) },
#undef ROW
#endif
};
#endif

/* A tile of the last panel, of which only n < 32 columns exist. */
static void
edge_tile(
    const struct gemm *g, tile_fn *fn, size_t rows, size_t skip, size_t col)
{
	size_t wide = WIDE * LANES, n = g->n - col;
	float c[MOST * 32], bias[32];
	vec zero = v_set(0);

	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < wide; j += LANES)
			v_put(c + i * wide + j,
			    j < n ? v_get(g->c + i * g->ldc + col + j, n - j)
				  : zero,
			    LANES);
	for (size_t j = 0; j < wide; j += LANES)
		v_put(bias + j,
		    g->bias && j < n ? v_get(g->bias + col + j, n - j) : zero,
		    LANES);
	fn(g, skip, g->bias ? bias : NULL, c, wide);
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < wide && j < n; j += LANES)
			v_put(g->c + i * g->ldc + col + j,
			    v_get(c + i * wide + j, LANES), n - j);
}

/* Rows 0 .. rows-1 of g against panel p. */
static void
panel_tile(const struct gemm *g, size_t rows, size_t p)
{
	tile_fn *fn = tiles[g->pairs][g->across][rows];

	for (size_t h = 0; h < PANEL; h += WIDE * LANES) {
		size_t col = p * PANEL + h, skip = p * g->panel + h;

		if (col >= g->n)
			break;
		if (col + WIDE * LANES > g->n)
			edge_tile(g, fn, rows, skip, col);
		else
			fn(g, skip, g->bias ? g->bias + col : NULL, g->c + col,
			    g->ldc);
	}
}

#if defined(__AVX512F__)
/* Panels p0 .. p1-1 of few rows. */
static void
gemm_few(const struct gemm *g, size_t p0, size_t p1)
{
	size_t p = p0;

	for (; p + 2 <= p1 && (p + 2) * PANEL <= g->n; p += 2)
		two_tiles[g->pairs][g->m](g, p * g->panel,
		    g->bias ? g->bias + p * PANEL : NULL, g->c + p * PANEL,
		    g->ldc);
	for (; p < p1; p++)
		panel_tile(g, g->m, p);
}
#endif

/* Panels p0 .. p1-1: for each panel, which stays in the first cache, all the
 * rows, which stay in the second (the caller sees to that). */
static void
gemm(const struct gemm *g, size_t p0, size_t p1)
{
	size_t cuts = (g->m + MOST - 1) / MOST;

#if defined(__AVX512F__)
	if (g->m <= FEW && !g->across) {
		gemm_few(g, p0, p1);
		return;
	}
#endif
	for (size_t p = p0; p < p1; p++)
		for (size_t t = 0; t < cuts; t++) {
			size_t i = g->m * t / cuts;
			struct gemm part = *g;

			part.a += i * (g->across ? 1 : g->lda);
			part.c += i * g->ldc;
			panel_tile(&part, g->m * (t + 1) / cuts - i, p);
		}
}
#endif
