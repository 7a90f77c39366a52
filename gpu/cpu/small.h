#ifndef SMALL_H
#define SMALL_H
#include "gpu/cpu/products.h"
/*
 * Weights that are kept smaller than they are multiplied: a piece of a panel is
 * made floats, which stay in the first cache, and all rows go over it, so that
 * many rows pay for it once and a single row reads less memory.
 */
enum {
	PIECE_DEEP = 128, /* of k: 16 KiB of floats */
	PIECE_ROWS = 240, /* a multiple of each MOST; their sums: 30 KiB */
};

/* Element k of row `row`. */
static float
small_one(const struct mat *w, size_t row, size_t k)
{
	size_t p = row / PANEL, at = row % PANEL;
	size_t i = p * PANEL * w->cols + k * PANEL + at;
	size_t b = (p * mat_blocks(w) + k / w->block) * PANEL + at;
	float q;

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
unfold(const struct mat *w, size_t p, size_t k0, size_t n, float *to)
{
	const float *scale = NULL, *min = NULL;
	size_t first = p * PANEL * w->cols + k0 * PANEL;

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

/* Rows i .. i + m - 1 against panel p. room: a piece, then the sums. */
static void
small_panel(const struct op_linear *a, const left *x, size_t i, size_t m,
    size_t p, float *room)
{
	size_t deep = a->w->cols, cuts = (m + MOST - 1) / MOST;
	size_t wide = a->w->rows - p * PANEL;
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

static void
small_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_linear *a = arg;

	for (size_t p = from; p < to; p++)
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
