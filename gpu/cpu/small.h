#ifndef SMALL_H
#define SMALL_H
#include "gpu/cpu/products.h"
#include "gpu/cpu/twelve.h"
/*
 * Weights that are kept smaller than they are multiplied: a piece of a panel is
 * made floats, which stay in the second cache, and all rows go over it, so that
 * many rows pay for it once and a single row reads less memory.
 */
enum {
	PIECE_DEEP = 576, /* of k: 72 KiB of floats */
	PIECE_ROWS = 516, /* a multiple of each MOST; their sums: 65 KiB */
};

/* Element k of row `row`. */
static float
small_one(const struct mat *w, size_t row, size_t k)
{
	size_t p = row / PANEL, at = row % PANEL;
	size_t i = p * PANEL * w->cols + k * PANEL + at;
	size_t b = (p * mat_blocks(w) + k / w->block) * PANEL + at;
	float q;

	if (w->use & MAT_BF12)
		return fun_unbf16(twelve_one(w, row, k));
	if (w->use & MAT_BF16)
		return fun_unbf16(((const uint16_t *)w->x)[i]);
	if (w->use & MAT_CODE8) {
		q = ((const int8_t *)w->x)[i];
	} else {
		uint8_t two = ((const uint8_t *)w->x)[(i - at) / 2 + at % 16];

		q = (float)(at < 16 ? two & 15 : two >> 4);
	}
	q *= w->scale[b];
	return q + w->min[b];
}

static void
small_put(const struct op_mat_put *a)
{
	for (size_t r = 0; r < a->rows; r++) {
		size_t row = a->first + r, p = row / PANEL;
		uint16_t *to =
		    (uint16_t *)a->w->x + p * PANEL * a->w->cols + row % PANEL;

		for (size_t k = 0; k < a->w->cols; k++)
			to[k * PANEL] = fun_bf16(a->from[r * a->w->cols + k]);
	}
}

static void
path_mat_pack(struct dev *d, const struct op_mat_pack *a)
{
	if (mat_small(d, a->w) && a->w->use & MAT_BF16)
		twelve_pack(d, a->w);
}

static void
path_mat_code(struct dev *d, const struct op_mat_code *a)
{
	const struct mat *w = a->w;
	size_t blocks = mat_blocks(w);

	assert(mat_small(d, w) && w->use & MAT_CODED);
	assert(a->first + a->rows <= w->rows);
	(void)d;
	for (size_t r = 0; r < a->rows; r++) {
		size_t row = a->first + r, p = row / PANEL, at = row % PANEL;
		size_t first = p * PANEL * w->cols;
		const int8_t *code = a->code + r * w->cols;

		for (size_t b = 0; b < blocks; b++) {
			size_t to = (p * blocks + b) * PANEL + at;

			w->scale[to] = a->scale[r * blocks + b];
			w->min[to] = a->min[r * blocks + b];
		}
		for (size_t k = 0; k < w->cols; k++) {
			uint8_t *two =
			    (uint8_t *)w->x + (first + k * PANEL) / 2 + at % 16;

			if (w->use & MAT_CODE8)
				((int8_t *)w->x)[first + k * PANEL + at] =
				    code[k];
			else if (at < 16)
				*two = (uint8_t)((*two & 0xf0) | code[k]);
			else
				*two = (uint8_t)((*two & 15) | code[k] << 4);
		}
	}
}

#if !defined PATH_DOT && !defined PATH_TILES /* these multiply bf16 alone */
/* k0 .. k0 + n - 1 of panel p as floats, to[n][32]. */
static void
unfold_twelve(const struct mat *w, size_t p, size_t k0, size_t n, float *to)
{
	const uint8_t *row = twelve_row(w, p, k0);
	const uint8_t *table = w->twelve + p * TWELVE_TABLE;

	for (size_t k = 0; k < n; k++, row += TWELVE) {
		v_put(to + k * PANEL, v_twelve(row, false, table), LANES);
		v_put(
		    to + k * PANEL + LANES, v_twelve(row, true, table), LANES);
	}
	for (size_t i = w->odd_from[p]; i < w->odd_from[p + 1]; i++) {
		const struct odd *o = w->odd + i;

		if (o->k >= k0 && o->k < k0 + n)
			to[(o->k - k0) * PANEL + o->c] = fun_unbf16(o->number);
	}
}

static void
unfold(const struct mat *w, size_t p, size_t k0, size_t n, float *to)
{
	const float *scale = NULL, *min = NULL;
	size_t first = p * PANEL * w->cols + k0 * PANEL;

	if (w->use & MAT_BF12) {
		unfold_twelve(w, p, k0, n, to);
		return;
	}
	if (w->use & MAT_BF16) {
		const uint16_t *from = (const uint16_t *)w->x + first;

		for (size_t i = 0; i < n * PANEL; i += LANES)
			v_put(to + i, v_halves(from + i), LANES);
		return;
	}
	for (size_t k = k0; k < k0 + n; k++, to += PANEL) {
		size_t b = (p * mat_blocks(w) + k / w->block) * PANEL;

		scale = w->scale + b;
		min = w->min + b;
		for (size_t c = 0; c < PANEL; c += LANES) {
			vec q =
			    w->use & MAT_CODE8
				? v_bytes((const int8_t *)w->x + first +
					  (k - k0) * PANEL + c)
				: v_nibbles((const uint8_t *)w->x +
						(first + (k - k0) * PANEL) / 2,
				      c > 0);

			v_put(to + c,
			    v_add(v_mul(q, v_get(scale + c, LANES)),
				v_get(min + c, LANES)),
			    LANES);
		}
	}
}

/* sum[m, 32], of rows i .. i + m - 1 and panel p: to their places in y. */
static void
small_done(
    const struct op_linear *a, size_t i, size_t m, size_t p, const float *sum)
{
	size_t wide = a->w->rows - p * PANEL;

	for (size_t r = 0; r < m; r++) {
		float *y = a->y + (i + r) * a->w->rows + p * PANEL;

		for (size_t c = 0; c < PANEL && c < wide; c += LANES) {
			vec v = v_get(sum + r * PANEL + c, LANES);

			if (a->bias)
				v = v_add(v,
				    v_get(a->bias + p * PANEL + c, wide - c));
			if (a->add)
				v = v_add(v_get(y + c, wide - c), v);
			v_put(y + c, v, wide - c);
		}
	}
}

/* Rows i .. i + m - 1 against panel p. room: a piece, then the sums. */
static void
small_panel(const struct op_linear *a, const left *x, size_t i, size_t m,
    size_t p, float *room)
{
	size_t deep = a->w->cols, cuts = (m + MOST - 1) / MOST;
	const unit *b = (const unit *)(const void *)room;
	float *sum = room + PIECE_DEEP * PANEL;
	struct gemm g = {
		.lda = deep, .b = &b, .blocks = 1, .ldc = PANEL, .n = PANEL
	};

	for (size_t k = 0; k < deep; k += PIECE_DEEP) {
		g.last = deep - k < PIECE_DEEP ? deep - k : PIECE_DEEP;
		g.how = k ? CHAIN : STORE;
		unfold(a->w, p, k, g.last, room);
		for (size_t t = 0; t < cuts; t++) {
			size_t from = m * t / cuts;

			g.a = x + (i + from) * deep + k;
			g.c = sum + from * PANEL;
			panel_tile(&g, m * (t + 1) / cuts - from, 0);
		}
	}
	small_done(a, i, m, p, sum);
}

/* Few rows are not worth a piece: each vector of weights is multiplied as it
 * comes from memory. */
enum { THIN = 3, THIN_AHEAD = 1024 }; /* rows; bytes fetched ahead */

/* The numbers of columns c .. c + 15 at k, from the bytes of the panel's row. */
INLINE vec
thin_word(
    int use, const char *row, size_t c, const vec scale[2], const vec min[2])
{
	vec q;

	if (use & MAT_BF16)
		return v_halves((const uint16_t *)(const void *)row + c);
	q = use & MAT_CODE8 ? v_bytes((const int8_t *)row + c)
			    : v_nibbles((const uint8_t *)row, c > 0);
	return v_add(v_mul(q, scale[c / LANES]), min[c / LANES]);
}

/* s += x[:, k] y */
INLINE void
thin_add(vec s[THIN][2], const float *x, size_t cols, int rows, vec y0, vec y1)
{
	UNROLL
	for (int i = 0; i < rows; i++) {
		vec v = v_set(x[(size_t)i * cols]);

		s[i][0] = v_fma(v, y0, s[i][0]);
		s[i][1] = v_fma(v, y1, s[i][1]);
	}
}

INLINE void
thin_zero(vec s[THIN][2], int rows)
{
	UNROLL
	for (int i = 0; i < rows; i++)
		s[i][0] = s[i][1] = v_set(0);
}

INLINE void
thin_out(const vec s[THIN][2], int rows, float *sum)
{
	UNROLL
	for (int i = 0; i < rows; i++) {
		v_put(sum + i * PANEL, s[i][0], LANES);
		v_put(sum + i * PANEL + LANES, s[i][1], LANES);
	}
}

/* In runs between the rows of the panel that have odd numbers. */
INLINE void
thin_twelve(const struct mat *w, size_t p, const float *x, int rows, float *sum)
{
	const uint8_t *row = twelve_row(w, p, 0);
	const uint8_t *table = w->twelve + p * TWELVE_TABLE;
	const struct odd *odd = w->odd + w->odd_from[p];
	const struct odd *last = w->odd + w->odd_from[p + 1];
	vec s[THIN][2];
	size_t k = 0;

	thin_zero(s, rows);
	for (;;) {
		size_t end = odd < last ? odd->k : w->cols;
		float own[PANEL];

		for (; k < end; k++, row += TWELVE) {
			FETCH(row + THIN_AHEAD);
			thin_add(s, x + k, w->cols, rows,
			    v_twelve(row, false, table),
			    v_twelve(row, true, table));
		}
		if (k == w->cols)
			break;
		v_put(own, v_twelve(row, false, table), LANES);
		v_put(own + LANES, v_twelve(row, true, table), LANES);
		for (; odd < last && odd->k == k; odd++)
			own[odd->c] = fun_unbf16(odd->number);
		thin_add(s, x + k, w->cols, rows, v_get(own, LANES),
		    v_get(own + LANES, LANES));
		k++;
		row += TWELVE;
	}
	thin_out(s, rows, sum);
}

INLINE void
thin(const struct mat *w, int use, size_t p, const float *x, int rows,
    float *sum)
{
	const size_t bytes = use & MAT_BF16    ? 2 * PANEL
			     : use & MAT_CODE8 ? PANEL
					       : PANEL / 2;
	const char *row = (const char *)w->x + p * w->cols * bytes;
	size_t blocks = mat_blocks(w), k = 0;
	vec s[THIN][2], scale[2] = { v_set(0), v_set(0) };
	vec min[2] = { v_set(0), v_set(0) };

	if (use & MAT_BF12) {
		thin_twelve(w, p, x, rows, sum);
		return;
	}
	thin_zero(s, rows);
	for (size_t b = 0; b < blocks; b++) {
		size_t end = k + w->block < w->cols ? k + w->block : w->cols;
		size_t at = (p * blocks + b) * PANEL;

		for (size_t c = 0; !(use & MAT_BF16) && c < 2; c++) {
			scale[c] = v_get(w->scale + at + c * LANES, LANES);
			min[c] = v_get(w->min + at + c * LANES, LANES);
		}
		for (; k < end; k++, row += bytes) {
			vec y0 = thin_word(use, row, 0, scale, min);
			vec y1 = thin_word(use, row, LANES, scale, min);

			FETCH(row + THIN_AHEAD);
			thin_add(s, x + k, w->cols, rows, y0, y1);
		}
	}
	thin_out(s, rows, sum);
}

typedef void thin_fn(const struct mat *, size_t p, const float *x, float *sum);
#define THIN_ROWS(name, use, rows)                                     \
	static void name##rows(                                        \
	    const struct mat *w, size_t p, const float *x, float *sum) \
	{                                                              \
		thin(w, use, p, x, rows, sum);                         \
	}
#define THIN_KIND(name, use)    \
	THIN_ROWS(name, use, 1) \
	THIN_ROWS(name, use, 2) \
	THIN_ROWS(name, use, 3)
THIN_KIND(thin_bf16_, MAT_BF16)
THIN_KIND(thin_bf12_, MAT_BF12)
THIN_KIND(thin_code8_, MAT_CODE8)
THIN_KIND(thin_code4_, MAT_CODE4)

static thin_fn *
thin_of(const struct mat *w, size_t rows)
{
	static thin_fn *const of[][THIN] = {
		{ thin_bf16_1, thin_bf16_2, thin_bf16_3 },
		{ thin_bf12_1, thin_bf12_2, thin_bf12_3 },
		{ thin_code8_1, thin_code8_2, thin_code8_3 },
		{ thin_code4_1, thin_code4_2, thin_code4_3 },
	};
	int kind = w->use & MAT_BF16    ? 0
		   : w->use & MAT_BF12  ? 1
		   : w->use & MAT_CODE8 ? 2
					: 3;

	return of[kind][rows - 1];
}

static void
small_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_linear *a = arg;

	for (size_t p = from; a->n <= THIN && p < to; p++) {
		float sum[THIN * PANEL];

		thin_of(a->w, a->n)(a->w, p, a->x, sum);
		small_done(a, 0, a->n, p, sum);
	}
	for (size_t p = from; a->n > THIN && p < to; p++)
		for (size_t i = 0; i < a->n; i += PIECE_ROWS)
			small_panel(a, (const left *)(const void *)a->x, i,
			    a->n - i < PIECE_ROWS ? a->n - i : PIECE_ROWS, p,
			    d->own[thread].at);
}

static void
small_linear(struct dev *d, const struct op_linear *a)
{
	size_t panels = (a->w->rows + PANEL - 1) / PANEL;
	size_t grain =
	    (panels + (size_t)d->threads * 4 - 1) / ((size_t)d->threads * 4);

	cpu_own(d, (PIECE_DEEP + PIECE_ROWS) * PANEL * sizeof(float));
	if (d->threads == 1 || a->n * a->w->rows * a->w->cols < WORTH)
		small_part(d, a, 0, panels, 0);
	else
		cpu_spread(d, panels, grain, small_part, a);
}
#endif
#endif
