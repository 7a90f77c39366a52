#ifndef GEMM_H
#define GEMM_H
#include "gpu/cpu/panel.h"
/*
 * The one product behind every op: C[m, n] = A[m, k] B[k, n]. An element of C
 * is one accumulator over k in increasing order, begun at zero or at C
 * (`chain`), so no cut of m, n or k and no thread changes its bits.
 *
 *   a      `across` false: rows of units, lda apart (in units)
 *          `across` true: columns of units, [deep][lda], as panels have them
 *   b      panels of 32 columns: panel p of block i at b[i] + p * panel; the
 *          blocks of `deep` units follow one another along k, the last has
 *          `last`
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
	const unit *a;
	size_t lda;
	bool across;
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

/* acc + x y of one unit: x the same in all lanes. */
INLINE vec
v_step(vec acc, const unit *x, const unit *y)
{
#ifdef PATH_DOT
	return _mm512_dpbf16_ps(acc, (__m512bh)_mm512_set1_epi32((int)*x),
	    (__m512bh)_mm512_loadu_si512(y));
#else
	return v_fma(v_set(*x), v_get(y, LANES), acc);
#endif
}

/* One unit of k for rows x wide accumulators. Rows are reached from a base
 * pointer for every three of them, which is what addressing modes can do. */
INLINE void
step(vec s[MOST][4], int rows, int wide, const unit *const at[4], size_t lda,
    const unit *b, size_t panel)
{
	UNROLL
	for (int i = 0; i < rows; i++)
		UNROLL
	for (int j = 0; j < wide; j++)
		s[i][j] = v_step(s[i][j], at[i / 3] + i % 3 * lda,
		    b + (size_t)(j / 2) * panel + j % 2 * LANES);
}

#ifdef __SSE2__
#define FETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#else
#define FETCH(p) (void)(p)
#endif
enum { AHEAD = 1024 }; /* units */

INLINE void
rows_block(vec s[MOST][4], int rows, int wide, const unit *at[4], size_t lda,
    const unit *b, size_t panel, size_t n)
{
	for (; n >= 4; n -= 4) {
		UNROLL
		for (int u = 0; u < 4; u++) {
			const unit *now[4] = { at[0] + u, at[1] + u, at[2] + u,
				at[3] + u };

			FETCH(b + u * PANEL + AHEAD);
			step(s, rows, wide, now, lda, b + u * PANEL, panel);
		}
		b += 4 * PANEL;
		UNROLL
		for (int i = 0; i < 4; i++) {
			at[i] += 4;
			/* Keep four pointers: left alone, the compiler makes
			 * one for each row and runs out of registers. */
			__asm__("" : "+r"(at[i]));
		}
	}
	for (; n; n--) {
		step(s, rows, wide, at, lda, b, panel);
		b += PANEL;
		for (int i = 0; i < 4; i++)
			at[i]++;
	}
}

INLINE void
across_block(vec s[MOST][4], int rows, int wide, const unit **a, size_t lda,
    const unit *b, size_t n)
{
	const unit *x = *a;

	for (; n; n--) {
		const unit *const now[4] = { x, x + 3, x + 6, x + 9 };

		step(s, rows, wide, now, 1, b, 0);
		b += PANEL;
		x += lda;
	}
	*a = x;
}

/* One tile at row 0 of g->a and c; `skip` units into each row of the panel. */
INLINE void
tile(const struct gemm *g, int rows, int wide, bool across, size_t skip,
    const float *bias, float *c, size_t ldc)
{
	const unit *a = g->a, *at[4];
	vec s[MOST][4];

	for (int i = 0; i < 4; i++)
		at[i] = across || i * 3 >= rows ? a : a + 3 * i * g->lda;
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

		if (across)
			across_block(s, rows, wide, &a, g->lda, b, n);
		else
			rows_block(s, rows, wide, at, g->lda, b, g->panel, n);
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

#define TILE(name, rows, wide, across)                                         \
	static void name(const struct gemm *g, size_t skip, const float *bias, \
	    float *c, size_t ldc)                                              \
	{                                                                      \
		tile(g, rows, wide, across, skip, bias, c, ldc);               \
	}
#define TILES(n)                       \
	TILE(rows_##n, n, WIDE, false) \
	TILE(across_##n, n, WIDE, true)

TILES(1)
TILES(2)
TILES(3)
TILES(4)
#if defined(__AVX2__)
TILES(5)
TILES(6)
#endif
#if defined(__AVX512F__)
TILES(7)
TILES(8)
TILES(9)
TILES(10)
TILES(11)
TILES(12)
#endif
#undef TILES

/* By the number of rows. */
static tile_fn *const rows_tiles[MOST + 1] = {
	NULL,
	rows_1,
	rows_2,
	rows_3,
	rows_4,
#if defined(__AVX2__)
	rows_5,
	rows_6,
#endif
#if defined(__AVX512F__)
	rows_7,
	rows_8,
	rows_9,
	rows_10,
	rows_11,
	rows_12,
#endif
};
static tile_fn *const across_tiles[MOST + 1] = {
	NULL,
	across_1,
	across_2,
	across_3,
	across_4,
#if defined(__AVX2__)
	across_5,
	across_6,
#endif
#if defined(__AVX512F__)
	across_7,
	across_8,
	across_9,
	across_10,
	across_11,
	across_12,
#endif
};

#if defined(__AVX512F__)
/* Few rows leave registers for two panels at once. */
enum { TWO = 6 };
TILE(two_1, 1, 4, false)
TILE(two_2, 2, 4, false)
TILE(two_3, 3, 4, false)
TILE(two_4, 4, 4, false)
TILE(two_5, 5, 4, false)
TILE(two_6, 6, 4, false)
static tile_fn *const two_tiles[TWO + 1] = { NULL, two_1, two_2, two_3, two_4,
	two_5, two_6 };
#endif
#undef TILE

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
	tile_fn *fn = (g->across ? across_tiles : rows_tiles)[rows];

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

	for (; !g->across && p + 2 <= p1 && (p + 2) * PANEL <= g->n; p += 2)
		two_tiles[g->m](g, p * g->panel,
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
	size_t tiles = (g->m + MOST - 1) / MOST;

#if defined(__AVX512F__)
	if (g->m <= TWO) {
		gemm_few(g, p0, p1);
		return;
	}
#endif
	for (size_t p = p0; p < p1; p++)
		for (size_t t = 0; t < tiles; t++) {
			size_t i = g->m * t / tiles;
			struct gemm part = *g;

			part.a += i * (g->across ? 1 : g->lda);
			part.c += i * g->ldc;
			panel_tile(&part, g->m * (t + 1) / tiles - i, p);
		}
}
#endif
