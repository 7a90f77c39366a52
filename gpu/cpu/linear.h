#ifndef LINEAR_H
#define LINEAR_H
#include "gpu/cpu/small.h"
/*
 * The products with weights: Y = X W^T and dX = dY W against panels packed
 * once, dW = dY^T X against panels packed for the call.
 */

/* What of a row block fits in half of a second-level cache, in units. */
enum { CACHE_UNITS = 128 * 1024 };

struct pack {
	left *rows;
	unit *panels;
	const float *x;
	size_t n, cols; /* x[n, cols] */
};

static void
pack_rows_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct pack *a = arg;

	(void)thread;
	for (size_t i = from; i < to; i++)
		pack_row(d, a->rows + i * left_deep(d, a->cols),
		    a->x + i * a->cols, a->cols);
}

/* x[n, k] as a left operand: itself where that is plain floats. */
static const left *
left_of(struct dev *d, const float *x, size_t n, size_t k)
{
	struct pack a = { .x = x, .n = n, .cols = k };

#ifndef PATH_DOT
	if (!d->bf16)
		return x;
#endif
	a.rows = cpu_room(d, ROOM_A, n * left_deep(d, k) * sizeof *a.rows);
	cpu_spread(d, n, grain_rows(k), pack_rows_part, &a);
	return a.rows;
}

/* A product cut into blocks of rows, then runs of panels; a deep one also along
 * k, each cut going on from the sums before. */
struct cut {
	struct gemm g;
	const unit *b;
	size_t rows, runs, run; /* rows a block, runs of so many panels */
	size_t deep, each;      /* units of a cut along k; lefts in a unit */
};

/* C = C + sum cannot begin at C: the sums are made aside. */
static void
add_aside(const struct gemm *sum, float *c, size_t ldc)
{
	for (size_t i = 0; i < sum->m; i++)
		for (size_t j = 0; j < sum->n; j += LANES) {
			float *to = c + i * ldc + j;

			v_put(to,
			    v_add(v_get(to, sum->n - j),
				v_get(sum->c + i * sum->ldc + j, LANES)),
			    sum->n - j);
		}
}

/* The rows of g against all its panels. */
static void
deep_part(const struct cut *c, struct gemm g, float *room)
{
	size_t all = g.last, ldc = g.ldc, panels = (g.n + PANEL - 1) / PANEL;
	const unit *b = g.b[0];
	const float *bias = g.bias;
	float *to = g.c;
	bool aside = g.how == ADD;

	if (aside) {
		g.ldc = panels * PANEL;
		g.c = room;
	}
	g.b = &b;
	for (size_t q = 0; q < all; q += c->deep) {
		g.how = q ? CHAIN : STORE;
		g.last = all - q < c->deep ? all - q : c->deep;
		g.bias = q + g.last == all ? bias : NULL;
		gemm(&g, 0, panels);
		g.a += g.last * c->each;
		b += g.last * PANEL;
	}
	if (aside)
		add_aside(&g, to, ldc);
}

static void
cut_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct cut *c = arg;
	size_t panels = (c->g.n + PANEL - 1) / PANEL;

	for (size_t job = from; job < to; job++) {
		size_t i = job / c->runs * c->rows, p = job % c->runs * c->run;
		size_t wide =
		    (c->run < panels - p ? c->run : panels - p) * PANEL;
		struct gemm g = c->g;
		const unit *b = c->b + p * g.panel;

		g.b = &b;
		g.a += i * g.lda;
		g.c += i * g.ldc + p * PANEL;
		g.bias += g.bias ? p * PANEL : 0;
		g.m = g.m - i < c->rows ? g.m - i : c->rows;
		g.n = g.n - p * PANEL < wide ? g.n - p * PANEL : wide;
		if (c->deep < g.last)
			deep_part(c, g, d->own[thread].at);
		else
			gemm(&g, 0, wide / PANEL);
	}
}

/* Deeper than DEEP is cut, into parts of about half of that; not for few
 * rows, which read the right operand as one stream. */
enum { DEEP = 1024 };

static size_t
cut_deep(size_t m, size_t k)
{
	size_t cuts = (2 * k + DEEP - 1) / DEEP;

	return k <= DEEP || m <= MOST ? k : (k + cuts - 1) / cuts;
}

/* C[m, n] = A B for a whole weight: b in panels [deep][32]. */
static void
product(struct dev *d, struct gemm g, const unit *b)
{
	size_t panels = (g.n + PANEL - 1) / PANEL, rows, blocks, runs;
	struct cut c = {
		.g = g, .b = b, .deep = cut_deep(g.m, g.last), .each = lefts(d)
	};

	rows = CACHE_UNITS / (c.deep * c.each) / MOST * MOST;
	rows = rows ? rows : MOST;
	blocks = (g.m + rows - 1) / rows;
	c.rows = round_up((g.m + blocks - 1) / blocks, MOST);
	blocks = (g.m + c.rows - 1) / c.rows;
	runs = (size_t)d->threads * 4;
	if (d->threads == 1 || g.m * g.n * g.last < WORTH)
		runs = 1;
	c.run = (panels + runs - 1) / runs;
	c.runs = (panels + c.run - 1) / c.run;
	c.g.panel = PANEL * g.last;
	if (c.deep < g.last && g.how == ADD)
		cpu_own(d, c.rows * c.run * PANEL * sizeof(float));
	if (runs == 1)
		cut_part(d, &c, 0, c.runs * blocks, 0);
	else
		cpu_spread(d, c.runs * blocks, 1, cut_part, &c);
}

static void
path_linear(struct dev *d, const struct op_linear *a)
{
	size_t k = deep(d, a->w->cols);

	assert(a->w->use & MAT_X);
#ifndef PATH_DOT
	if (mat_small(d, a->w)) {
		small_linear(d, a);
		return;
	}
#endif
	product(d,
	    (struct gemm){ .a = left_of(d, a->x, a->n, a->w->cols),
		.lda = lefts(d) * k,
		.pairs = d->bf16,
		.blocks = 1,
		.last = k,
		.c = a->y,
		.ldc = a->w->rows,
		.m = a->n,
		.n = a->w->rows,
		.bias = a->bias,
		.how = a->add ? ADD : STORE },
	    a->w->x);
}

static void
path_linear_dx(struct dev *d, const struct op_linear_dx *a)
{
	size_t k = deep(d, a->w->rows);

	assert(a->w->use & MAT_DX);
	product(d,
	    (struct gemm){ .a = left_of(d, a->dy, a->n, a->w->rows),
		.lda = lefts(d) * k,
		.pairs = d->bf16,
		.blocks = 1,
		.last = k,
		.c = a->dx,
		.ldc = a->w->cols,
		.m = a->n,
		.n = a->w->cols,
		.how = a->add ? ADD : STORE },
	    a->w->dx);
}

static void
pack_panels_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct pack *a = arg;

	(void)thread;
	for (size_t p = from; p < to; p++)
		pack_cols(d, a->panels + p * PANEL * deep(d, a->n),
		    a->x + p * PANEL, a->cols, a->n, a->cols - p * PANEL);
}

struct dw {
	const struct op_linear_dw *op;
	const unit *x; /* panels of 32 columns, [deep][32] */
};

enum { DW_DEEP = 256 }; /* units of k at a time: a panel in the first cache */

/* Rows from .. to-1 of dw: their columns of dy in panels of MOST. */
static void
dw_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_linear_dw *a = ((const struct dw *)arg)->op;
	const unit *x = ((const struct dw *)arg)->x;
	size_t k = deep(d, a->n), panels = (a->cols + PANEL - 1) / PANEL;
	left *dy = d->own[thread].at;
	size_t each = lefts(d);

	for (size_t r = from; r < to; r += MOST)
		pack_left(d, dy + (r - from) * k * each, MOST, a->dy + r,
		    a->rows, a->n, to - r);
	for (size_t q = 0; q < k; q += DW_DEEP)
		for (size_t p = 0; p < panels; p++) {
			const unit *b = x + (p * k + q) * PANEL;
			struct gemm g = { .lda = MOST,
				.across = true,
				.pairs = d->bf16,
				.b = &b,
				.blocks = 1,
				.last = k - q < DW_DEEP ? k - q : DW_DEEP,
				.ldc = a->cols,
				.n = a->cols,
				.how = CHAIN };

			for (size_t r = from; r < to; r += MOST) {
				g.a = dy + ((r - from) * k + q * MOST) * each;
				g.c = a->dw + r * a->cols;
				panel_tile(
				    &g, to - r < MOST ? to - r : MOST, p);
			}
		}
}

static void
path_linear_dw(struct dev *d, const struct op_linear_dw *a)
{
	size_t k = deep(d, a->n), panels = (a->cols + PANEL - 1) / PANEL;
	size_t parts = (size_t)d->threads * 4, rows;
	struct pack x = { .x = a->x, .n = a->n, .cols = a->cols };

	if (d->threads == 1 || k * a->rows * a->cols < WORTH)
		parts = 1;
	rows = round_up((a->rows + parts - 1) / parts, MOST);
	if (rows > 16 * MOST)
		rows = 16 * MOST;
	x.panels = cpu_room(d, ROOM_A, panels * PANEL * k * sizeof *x.panels);
	cpu_own(d, rows * left_deep(d, a->n) * sizeof(left));
	cpu_spread(d, panels, 1 + GRAIN / (PANEL * a->n), pack_panels_part, &x);
	cpu_spread(d, a->rows, rows, dw_part, &(struct dw){ a, x.panels });
}
#endif
