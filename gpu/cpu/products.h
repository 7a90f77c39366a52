#ifndef PRODUCTS_H
#define PRODUCTS_H
#include "gpu/cpu/gemm.h"
#include "gpu/cpu/rows.h"
/* Weights in panels. */

/* Multiply-adds that are worth waking a thread for. */
enum { WORTH = 1 << 16 };

static void small_put(const struct op_mat_put *);
static float small_one(const struct mat *, size_t row, size_t k);

/* Panels of w->x that rows first .. first+rows-1 touch: whole ones are packed
 * at once, the others element by element. */
static void
put_x_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_mat_put *a = arg;
	size_t cols = a->w->cols, last = a->first + a->rows;

	(void)thread;
	for (size_t p = from; p < to; p++) {
		size_t r0 = p * PANEL, r1 = r0 + PANEL;
		unit *panel = (unit *)a->w->x + p * PANEL * mat_deep(d, cols);
		bool ends = last == a->w->rows && r1 > last;

		if (r1 <= a->first || r0 >= last)
			continue;
		if (r0 >= a->first && (r1 <= last || ends)) {
			pack_across(d, panel, a->from + (r0 - a->first) * cols,
			    cols, r1 <= last ? PANEL : last - r0, cols);
			continue;
		}
		for (size_t r = r0 > a->first ? r0 : a->first;
		     r < r1 && r < last; r++)
			for (size_t c = 0; c < cols; c++)
				put_one(d, panel, c, r - r0,
				    a->from[(r - a->first) * cols + c]);
	}
}

/* Panels of w->dx: rows are units along k; an odd start or end of pairs goes
 * element by element. */
static void
put_dx_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_mat_put *a = arg;
	size_t cols = a->w->cols, last = a->first + a->rows;
	size_t even = round_up(a->first, 2);
	size_t end = last == a->w->rows ? last : last / 2 * 2;

	(void)thread;
	for (size_t p = from; p < to; p++) {
		unit *panel =
		    (unit *)a->w->dx + p * PANEL * mat_deep(d, a->w->rows);
		const float *x = a->from + p * PANEL;
		size_t wide = cols - p * PANEL;

		if (wide > PANEL)
			wide = PANEL;
		if (end > even)
			pack_cols(d, panel + deep(d, even) * PANEL,
			    x + (even - a->first) * cols, cols, end - even,
			    wide);
		for (size_t r = a->first; r < last; r++) {
			if (r >= even && r < end)
				continue;
			for (size_t c = 0; c < wide; c++)
				put_one(d, panel, r, c,
				    x[(r - a->first) * cols + c]);
		}
	}
}

static void
path_mat_put(struct dev *d, const struct op_mat_put *a)
{
	size_t rows = a->w->rows, cols = a->w->cols;

	assert(a->first + a->rows <= rows);
	if (mat_small(d, a->w)) {
		assert(a->w->use & MAT_BF16);
		small_put(a);
		return;
	}
	if (a->w->use & MAT_X)
		cpu_spread(d, (rows + PANEL - 1) / PANEL,
		    1 + GRAIN / (PANEL * cols), put_x_part, a);
	if (a->w->use & MAT_DX)
		cpu_spread(d, (cols + PANEL - 1) / PANEL,
		    1 + GRAIN / (PANEL * rows), put_dx_part, a);
}

static void
embed_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_embed *a = arg;
	size_t cols = a->w->cols, panel = PANEL * mat_deep(d, cols);

	(void)thread;
	for (size_t i = from; i < to; i++) {
		size_t id = (size_t)a->id[i];
		const unit *w = (const unit *)a->w->x + id / PANEL * panel;

		assert(a->id[i] >= 0 && id < a->w->rows);
		for (size_t c = 0; mat_small(d, a->w) && c < cols; c++)
			a->out[i * cols + c] =
			    a->scale * small_one(a->w, id, c);
		for (size_t c = 0; !mat_small(d, a->w) && c < cols; c++)
			a->out[i * cols + c] =
			    a->scale * get_one(d, w, c, id % PANEL);
	}
}

static void
path_embed(struct dev *d, const struct op_embed *a)
{
	assert(a->w->use & MAT_X);
	cpu_spread(d, a->n, grain_rows(8 * a->w->cols), embed_part, a);
}
#endif
