#ifndef AMX_H
#define AMX_H
#include <immintrin.h>

#include "gpu/cpu/small.h"
/*
 * The products with weights by AMX tiles: tdpbf16ps multiplies 16 rows of 16
 * pairs with 16 pairs of 16 columns. Its order of terms is another than that
 * of the other paths (gpu/ops.h), so that the path has bits of its own; those
 * of ref.c under the name "amx-ref".
 *
 * Right operands are the panels of the other paths, whose depth is a multiple
 * of 16 pairs here (mat_deep). Left operands are rows of pairs, as deep; what
 * pads is zero.
 */
enum {
	TILE = 16,            /* rows, and pairs along k */
	FOUR = 2 * TILE,      /* rows and columns of four sums */
	TILES_DEEP = 256,     /* pairs: a panel's part in the first cache */
	TILES_LEFT = 1 << 18, /* pairs of a left operand in the second */
	LONE = 2,             /* rows that tiles are not worth */
	FAR = 4096,           /* pairs of a right operand fetched ahead */
};

struct tile_conf {
	uint8_t palette, start, zero[14];
	uint16_t bytes[16]; /* of a row */
	uint8_t rows[16];
};

/* One pair in all lanes. */
static inline vec
v_pairs(uint32_t pair)
{
	return _mm512_castsi512_ps(_mm512_set1_epi32((int)pair));
}

/* Tiles 0 to 3 are the sums, 4 and 5 the left, 6 and 7 the right operand. The
 * lower ones have `rows` - 16 rows, none if there are no more than 16. */
static inline void
tiles_shape(size_t rows)
{
	uint8_t high = rows < TILE ? (uint8_t)rows : TILE;
	uint8_t low = rows > TILE ? (uint8_t)(rows - TILE) : 0;
	const uint8_t of[8] = { high, high, low, low, high, low, TILE, TILE };
	struct tile_conf c = { .palette = 1 };

	for (int i = 0; i < 8; i++) {
		c.rows[i] = of[i];
		c.bytes[i] = of[i] ? 64 : 0;
	}
	_tile_loadconfig(&c);
}

/* What a compiler may not move across tile loads, which it does not see
 * reading memory. */
#define FENCE() __asm__ volatile("" ::: "memory")

/* c[rows, 32] = or += a[rows, n] b[n, 32], n a multiple of 16, rows at most 32
 * and as shaped; lda in pairs, ldc in floats. */
static inline void
tiles_run(const uint32_t *a, size_t lda, const unit *b, size_t n, float *c,
    size_t ldc, size_t rows, bool chain)
{
	size_t sa = lda * sizeof *a, sb = PANEL * sizeof *b;
	size_t sc = ldc * sizeof *c;
	bool two = rows > TILE;

	FENCE();
	if (chain) {
		_tile_loadd(0, c, sc);
		_tile_loadd(1, c + TILE, sc);
	} else {
		_tile_zero(0);
		_tile_zero(1);
	}
	if (!two) {
		for (; n; n -= TILE, a += TILE, b += TILE * PANEL) {
			for (size_t i = 0; i < TILE; i++) {
				FETCH(b + FAR + i * PANEL);
				FETCH(b + FAR + i * PANEL + LANES);
			}
			_tile_loadd(4, a, sa);
			_tile_loadd(6, b, sb);
			_tile_dpbf16ps(0, 4, 6);
			_tile_loadd(7, b + TILE, sb);
			_tile_dpbf16ps(1, 4, 7);
		}
		_tile_stored(0, c, sc);
		_tile_stored(1, c + TILE, sc);
		FENCE();
		return;
	}
	if (chain) {
		_tile_loadd(2, c + TILE * ldc, sc);
		_tile_loadd(3, c + TILE * ldc + TILE, sc);
	} else {
		_tile_zero(2);
		_tile_zero(3);
	}
	for (; n; n -= TILE, a += TILE, b += TILE * PANEL) {
		_tile_loadd(4, a, sa);
		_tile_loadd(6, b, sb);
		_tile_loadd(7, b + TILE, sb);
		_tile_dpbf16ps(0, 4, 6);
		_tile_dpbf16ps(1, 4, 7);
		_tile_loadd(5, a + TILE * lda, sa);
		_tile_dpbf16ps(2, 5, 6);
		_tile_dpbf16ps(3, 5, 7);
	}
	_tile_stored(0, c, sc);
	_tile_stored(1, c + TILE, sc);
	_tile_stored(2, c + TILE * ldc, sc);
	_tile_stored(3, c + TILE * ldc + TILE, sc);
	FENCE();
}

/* What tiles_run computes, of a row or two by fused multiply-adds: they wait
 * for memory, and a tile takes as long for one row as for 16. */
INLINE void
few_run(const uint32_t *a, size_t lda, const unit *b, size_t n, float *c,
    size_t ldc, int rows, bool chain)
{
	vec s[LONE][2], part[LONE][2][2]; /* [row][vector][even, odd] */

	UNROLL
	for (int i = 0; i < 2 * rows; i++)
		s[i / 2][i % 2] =
		    chain ? v_get(c + (size_t)(i / 2) * ldc + i % 2 * LANES,
				LANES)
			  : v_set(0);
	for (; n; n -= TILE, a += TILE) {
		UNROLL
		for (int i = 0; i < 4 * rows; i++)
			part[i / 4][i / 2 % 2][i % 2] = v_set(0);
		UNROLL
		for (size_t k = 0; k < TILE; k++, b += PANEL) {
			UNROLL
			for (int j = 0; j < 2; j++) {
				vec y = v_word(b + j * LANES);

				FETCH(b + FAR + j * LANES);
				UNROLL
				for (int i = 0; i < rows; i++) {
					vec x = v_pairs(a[(size_t)i * lda + k]);

					part[i][j][0] = v_fma(
					    v_low(x), v_low(y), part[i][j][0]);
					part[i][j][1] = v_fma(v_high(x),
					    v_high(y), part[i][j][1]);
				}
			}
		}
		UNROLL
		for (int i = 0; i < 2 * rows; i++)
			s[i / 2][i % 2] =
			    v_add(s[i / 2][i % 2], v_add(part[i / 2][i % 2][0],
						       part[i / 2][i % 2][1]));
	}
	UNROLL
	for (int i = 0; i < 2 * rows; i++)
		v_put(c + (size_t)(i / 2) * ldc + i % 2 * LANES,
		    s[i / 2][i % 2], LANES);
}

/* Rows of a product, at most FOUR, against a part of a panel. */
static void
rows_run(const uint32_t *a, size_t lda, const unit *b, size_t n, float *c,
    size_t ldc, size_t rows, bool chain)
{
	if (rows == 1)
		few_run(a, lda, b, n, c, ldc, 1, chain);
	else if (rows == 2)
		few_run(a, lda, b, n, c, ldc, 2, chain);
	else
		tiles_run(a, lda, b, n, c, ldc, rows, chain);
}

/* Rows of a panel's sums to where they belong. */
static inline void
tiles_give(const float *sum, size_t rows, size_t wide, float *c, size_t ldc,
    const float *bias, bool add)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < wide; j += LANES) {
			vec v = v_get(sum + i * PANEL + j, LANES);
			float *to = c + i * ldc + j;

			if (bias)
				v = v_add(v, v_get(bias + j, wide - j));
			if (add)
				v = v_add(v_get(to, wide - j), v);
			v_put(to, v, wide - j);
		}
}

/* C[m, n] = A B: b in panels [deep][32]. */
struct tiles {
	const uint32_t *a;
	const unit *b;
	size_t m, n, deep;
	float *c;
	size_t ldc;
	const float *bias;
	bool add, chain;
	size_t rows, runs, run; /* rows of a job, runs of so many panels */
};

/* One panel for rows of a job: each part of its depth for all the rows. */
static void
tiles_panel(
    const struct tiles *t, const uint32_t *a, size_t p, size_t m, float *room)
{
	size_t wide = t->n - p * PANEL, deep = t->deep, row, n;
	float *c = t->c + p * PANEL, *sum = c;
	size_t ld = t->ldc, cut = m > FOUR ? TILES_DEEP : deep;
	const float *bias = t->bias ? t->bias + p * PANEL : NULL;
	bool aside = wide < PANEL || t->add || bias;

	wide = wide < PANEL ? wide : PANEL;
	if (aside) {
		sum = room;
		ld = PANEL;
	}
	if (aside && t->chain)
		for (size_t i = 0; i < m; i++)
			for (size_t j = 0; j < PANEL; j += LANES)
				v_put(sum + i * PANEL + j,
				    j < wide
					? v_get(c + i * t->ldc + j, wide - j)
					: v_set(0),
				    LANES);
	for (size_t k = 0; k < deep; k += cut) {
		n = deep - k < cut ? deep - k : cut;
		for (size_t i = 0; i < m; i += FOUR) {
			row = m - i < FOUR ? m - i : FOUR;
			if (row > LONE && (!i || row < FOUR))
				tiles_shape(row);
			rows_run(a + i * deep + k, deep,
			    t->b + (p * deep + k) * PANEL, n, sum + i * ld, ld,
			    row, k || t->chain);
		}
	}
	if (aside)
		tiles_give(sum, m, wide, c, t->ldc, bias, t->add);
}

static void
tiles_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct tiles *t = arg;
	size_t panels = (t->n + PANEL - 1) / PANEL;

	for (size_t job = from; job < to; job++) {
		size_t i = job / t->runs * t->rows;
		size_t p = job % t->runs * t->run, end = p + t->run;
		struct tiles part = *t;

		part.c += i * t->ldc;
		for (; p < end && p < panels; p++)
			tiles_panel(&part, t->a + i * t->deep, p,
			    t->m - i < t->rows ? t->m - i : t->rows,
			    d->own[thread].at);
	}
	_tile_release();
}

static void
tiles_product(struct dev *d, struct tiles t)
{
	size_t panels = (t.n + PANEL - 1) / PANEL, blocks;

	t.rows = TILES_LEFT / t.deep / FOUR * FOUR;
	t.rows = t.rows ? t.rows : FOUR;
	blocks = (t.m + t.rows - 1) / t.rows;
	t.rows = round_up((t.m + blocks - 1) / blocks, FOUR);
	t.runs = (size_t)d->threads * 4;
	if (d->threads == 1 || t.m * t.n * t.deep < WORTH)
		t.runs = 1;
	t.run = (panels + t.runs - 1) / t.runs;
	t.runs = (panels + t.run - 1) / t.run;
	cpu_own(d, t.rows * PANEL * sizeof(float));
	if (t.runs * blocks == 1)
		tiles_part(d, &t, 0, 1, 0);
	else
		cpu_spread(d, t.runs * blocks, 1, tiles_part, &t);
}

/* One row of n floats as pairs: to[deep]. */
static inline void
tiles_row(uint32_t *to, const float *x, size_t n, size_t deep)
{
	size_t i = 0;

	for (; i + 2 * LANES <= n; i += 2 * LANES)
		_mm512_storeu_si512(to + i / 2,
		    (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + LANES),
			_mm512_loadu_ps(x + i)));
	if (i < n)
		_mm512_storeu_si512(to + i / 2,
		    (__m512i)_mm512_cvtne2ps_pbh(
			i + LANES < n ? v_get(x + i + LANES, n - i - LANES)
				      : v_set(0),
			v_get(x + i, n - i)));
	for (i = round_up(n, 2 * LANES) / 2; i < deep; i++)
		to[i] = 0;
}

struct tiles_pack {
	uint32_t *to;
	const float *x;
	size_t n, cols, deep; /* x[n, cols] */
};

static void
tiles_rows_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct tiles_pack *a = arg;

	(void)d, (void)thread;
	for (size_t i = from; i < to; i++)
		tiles_row(
		    a->to + i * a->deep, a->x + i * a->cols, a->cols, a->deep);
}

static const uint32_t *
tiles_left(struct dev *d, const float *x, size_t n, size_t k)
{
	struct tiles_pack a = { NULL, x, n, k, mat_deep(d, k) };

	a.to = cpu_room(d, ROOM_A, n * a.deep * sizeof *a.to);
	cpu_spread(d, n, grain_rows(k), tiles_rows_part, &a);
	return a.to;
}

static void
path_linear(struct dev *d, const struct op_linear *a)
{
	assert(a->w->use & MAT_X);
	tiles_product(
	    d, (struct tiles){ .a = tiles_left(d, a->x, a->n, a->w->cols),
		   .b = a->w->x,
		   .m = a->n,
		   .n = a->w->rows,
		   .deep = mat_deep(d, a->w->cols),
		   .c = a->y,
		   .ldc = a->w->rows,
		   .bias = a->bias,
		   .add = a->add });
}

static void
path_linear_dx(struct dev *d, const struct op_linear_dx *a)
{
	assert(a->w->use & MAT_DX);
	tiles_product(
	    d, (struct tiles){ .a = tiles_left(d, a->dy, a->n, a->w->rows),
		   .b = a->w->dx,
		   .m = a->n,
		   .n = a->w->cols,
		   .deep = mat_deep(d, a->w->rows),
		   .c = a->dx,
		   .ldc = a->w->cols,
		   .add = a->add });
}

/* 16 vectors of 16 words, rows for columns. */
static inline void
transpose(__m512i v[TILE])
{
	__m512i t[TILE];

	UNROLL
	for (int i = 0; i < TILE; i += 2) {
		t[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
	}
	UNROLL
	for (int i = 0; i < TILE; i += 4) {
		v[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		v[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		v[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		v[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	UNROLL
	for (int i = 0; i < 4; i++)
		UNROLL
	for (int h = 0; h < TILE; h += 8) {
		t[h + i] = _mm512_shuffle_i32x4(v[h + i], v[h + i + 4], 0x88);
		t[h + i + 4] =
		    _mm512_shuffle_i32x4(v[h + i], v[h + i + 4], 0xdd);
	}
	UNROLL
	for (int i = 0; i < 8; i++) {
		v[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
		v[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
	}
}

/* Up to 16 columns of x[n][ld] as rows of pairs along n: to[16][deep]. */
static inline void
tiles_columns(
    uint32_t *to, size_t deep, const float *x, size_t ld, size_t n, size_t cols)
{
	for (size_t k = 0; k < deep; k += TILE) {
		__m512i v[TILE];

		UNROLL
		for (size_t i = 0; i < TILE; i++) {
			size_t r = 2 * (k + i);

			v[i] = _mm512_castps_si512(
			    v_pair(r < n ? v_get(x + r * ld, cols) : v_set(0),
				r + 1 < n ? v_get(x + (r + 1) * ld, cols)
					  : v_set(0)));
		}
		transpose(v);
		for (size_t i = 0; i < TILE; i++)
			_mm512_storeu_si512(to + i * deep + k, v[i]);
	}
}

/* Blocks of 16 rows of dw: columns of dy. */
static void
tiles_columns_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct tiles_pack *a = arg;

	(void)d, (void)thread;
	for (size_t r = from * TILE; r < to * TILE && r < a->cols; r += TILE)
		tiles_columns(a->to + r * a->deep, a->deep, a->x + r, a->cols,
		    a->n, a->cols - r);
}

/* Panels of 32 columns of x, what pads their depth zero. */
static void
tiles_panels_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct tiles_pack *a = arg;
	size_t have = deep(d, a->n);

	(void)thread;
	for (size_t p = from; p < to; p++) {
		unit *panel = a->to + p * PANEL * a->deep;

		pack_cols(d, panel, a->x + p * PANEL, a->cols, a->n,
		    a->cols - p * PANEL);
		memset(panel + have * PANEL, 0,
		    (a->deep - have) * PANEL * sizeof *panel);
	}
}

static void
path_linear_dw(struct dev *d, const struct op_linear_dw *a)
{
	size_t k = mat_deep(d, a->n);
	size_t blocks = (a->rows + TILE - 1) / TILE;
	size_t panels = (a->cols + PANEL - 1) / PANEL;
	struct tiles_pack dy = { NULL, a->dy, a->n, a->rows, k };
	struct tiles_pack x = { NULL, a->x, a->n, a->cols, k };

	dy.to = cpu_room(d, ROOM_A, blocks * TILE * k * sizeof *dy.to);
	x.to = cpu_room(d, ROOM_B, panels * PANEL * k * sizeof *x.to);
	cpu_spread(
	    d, blocks, 1 + GRAIN / (TILE * a->n), tiles_columns_part, &dy);
	cpu_spread(
	    d, panels, 1 + GRAIN / (PANEL * a->n), tiles_panels_part, &x);
	tiles_product(d, (struct tiles){ .a = dy.to,
			     .b = x.to,
			     .m = a->rows,
			     .n = a->cols,
			     .deep = k,
			     .c = a->dw,
			     .ldc = a->cols,
			     .chain = true });
}
#endif
