#ifndef ATTN_GRAD_H
#define ATTN_GRAD_H
#include "gpu/cpu/attn.h"
/*
 * The gradient of attention. Segment by segment, for the g-th query head of
 * every key head at once, in blocks of ROW_BLOCK rows:
 *
 *   down    for tiles of rows: p and ds of the block, and dq = ds k
 *   across  for panels of 32 keys: dk += ds^T q, dv += p^T dout
 *
 * dk and dv are one accumulator through all rows and heads of the group; the
 * blocks only set it down. Memory: two blocks of p and ds a key head.
 */
enum { ROW_BLOCK = 128 };

struct back {
	const struct op_attn_grad *op;
	struct kv keys;   /* k across; k in columns */
	struct kv values; /* v across; not used */
	size_t page0;     /* of the segment */
	size_t at, n, g;  /* the segment; which head of each group */
	size_t row0, row1;
	left *p, *ds;   /* [kv_heads][wide / 32][ROW_BLOCK][32] each */
	unit *q, *dout; /* [kv_heads][dim / 32][deep(n)][32] each */
	size_t wide;    /* n in whole pages */
	const float *zero;
};

/* p and ds of one row in place of its scores and dp; zero where unseen. The
 * row's own key, the last one seen, makes the sum of ds zero. */
static void
slope_row(float *s, float *dp, size_t hide, size_t n, size_t wide, float scale,
    float lse, float e)
{
	vec k = v_set(scale), l = v_set(-lse), m = v_set(e), sum = v_set(0);

	for (size_t j = 0; j < wide; j += LANES) {
		size_t from = hide > j ? hide - j : 0, to = n > j ? n - j : 0;
		vec p = v_exp(v_fma(k, v_get(s + j, LANES), l));
		vec x = v_sub(v_get(dp + j, LANES), m);

		p = v_within(p, from, to, 0);
		x = v_within(v_mul(v_mul(p, x), k), from, to, 0);
		v_put(s + j, p, LANES);
		sum = v_add(sum, x);
		v_put(dp + j, x, LANES);
	}
	dp[n - 1] -= v_sum(sum);
}

static float
lanes_dot(const float *a, const float *b, size_t n)
{
	vec sum = v_set(0);

	for (size_t i = 0; i < n; i += LANES)
		sum = v_fma(v_get(a + i, n - i), v_get(b + i, n - i), sum);
	return v_sum(sum);
}

/* Where the block's row i (counted from row0) lies in panel j / 32. */
static inline size_t
down_at(const struct dev *d, size_t i, size_t j)
{
	return (j / PANEL * left_deep(d, ROW_BLOCK) + left_deep(d, i)) * PANEL;
}

/* Sets rows i .. i+rows-1 of the block down, keys `first` on, as panels that
 * run along rows. The panel before is zeroed: it may be asked for. */
static void
set_down(struct dev *d, const struct back *b, left *to, const float *x,
    size_t i, size_t rows, size_t first, size_t wide)
{
	if (first)
		memset(to + down_at(d, i - b->row0, first - PANEL), 0,
		    left_deep(d, rows) * PANEL * sizeof *to);
	for (size_t c = 0; c < wide; c += PANEL)
		pack_left(d, to + down_at(d, i - b->row0, first + c), PANEL,
		    x + c, wide, rows, PANEL);
}

/* Rows i .. i+rows-1 of the segment, key head kh. */
static void
down_tile(struct dev *d, const struct back *b, const struct desk *k, size_t kh,
    size_t i, size_t rows)
{
	const struct op_attn *a = &b->op->fwd;
	size_t dim = a->dim, h = kh * (a->heads / a->kv_heads) + b->g;
	struct tile t = { .kv = &b->keys,
		.page0 = b->page0,
		.head = kh,
		.rows = rows,
		.window = a->window };
	size_t n, off, wide, lda, page = ROW_BLOCK * b->wide;
	struct span s;

	for (size_t r = 0; r < rows; r++)
		t.len[r] = i + r + 1;
	s = span_of(&t, k->span);
	n = s.last - s.first;
	off = s.first * KV_PAGE;
	wide = n * PANEL;
	lda = left_deep(d, s.most - off);
	for (size_t r = 0; r < rows; r++) {
		size_t row = b->at + i + r;

		pack_row(d, k->q + r * left_deep(d, dim),
		    a->q + row * a->ldq + h * dim, dim);
		pack_row(d, k->q2 + r * left_deep(d, dim),
		    b->op->dout + row * a->ldout + h * dim, dim);
	}
	scores(d, k->q, rows, s.k, n, dim, k->s);
	for (size_t p = 0; p < n; p++)
		s.k[p] = page_of(
		    &b->values, b->values.k, b->page0 + s.first + p, 0, kh);
	scores(d, k->q2, rows, s.k, n, dim, k->s2);
	for (size_t r = 0; r < rows; r++) {
		size_t row = b->at + i + r;
		size_t hide = hidden(t.len[r], a->window);

		slope_row(k->s + r * wide, k->s2 + r * wide, hide - off,
		    t.len[r] - off, wide, a->scale, a->lse[row * a->heads + h],
		    lanes_dot(b->op->dout + row * a->ldout + h * dim,
			a->out + row * a->ldout + h * dim, dim));
		pack_row(d, k->p + r * lda, k->s2 + r * wide, s.most - off);
	}
	mix(d, k->p, lda, rows, s.v, n, s.most - off, dim, k->o);
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < dim; c += LANES)
			v_put(
			    b->op->dq + (b->at + i + r) * a->ldq + h * dim + c,
			    v_add(v_get(k->o + r * round_up(dim, PANEL) + c,
				      LANES),
				v_set(0)),
			    dim - c);
	set_down(d, b, b->p + kh * page, k->s, i, rows, off, wide);
	set_down(d, b, b->ds + kh * page, k->s2, i, rows, off, wide);
}

static void
down_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct back *b = arg;
	const struct op_attn *a = &b->op->fwd;
	struct desk k = desk_of(d->own[thread].at, a->longest, a->dim);

	for (size_t job = from; job < to; job++) {
		size_t i = b->row0 + job / a->kv_heads * TILE_ROWS;
		size_t rows = b->row1 - i;

		down_tile(d, b, &k, job % a->kv_heads, i,
		    rows < TILE_ROWS ? rows : TILE_ROWS);
	}
}

/* c[keys, dim] += x^T y over the rows of the block that may see keys j ... */
static void
across(struct dev *d, const struct back *b, const left *x, const unit *y,
    float *c, size_t ldc, size_t j)
{
	const struct op_attn *a = &b->op->fwd;
	size_t from = b->row0 > j ? b->row0 : j, to = b->row1;
	size_t k = PANEL * deep(d, b->n);
	bool begins = b->g == 0 && b->row0 <= j;
	const unit *rows = y + deep(d, from) * PANEL;

	if (a->window && to > j + PANEL - 1 + a->window)
		to = j + PANEL - 1 + a->window;
	if (to <= from)
		return;
	gemm(&(struct gemm){ .a = x + down_at(d, from - b->row0, j),
		 .lda = PANEL,
		 .pairs = d->bf16,
		 .across = true,
		 .b = &rows,
		 .panel = k,
		 .blocks = 1,
		 .last = deep(d, to - from),
		 .c = c,
		 .ldc = ldc,
		 .m = b->n - j < PANEL ? b->n - j : PANEL,
		 .n = a->dim,
		 .bias = b->zero,
		 .how = begins ? STORE : CHAIN },
	    0, (a->dim + PANEL - 1) / PANEL);
}

static void
across_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct back *b = arg;
	const struct op_attn *a = &b->op->fwd;
	size_t page = ROW_BLOCK * b->wide;
	size_t rows = round_up(a->dim, PANEL) * deep(d, b->n);

	(void)thread;
	for (size_t job = from; job < to; job++) {
		size_t kh = job % a->kv_heads;
		size_t j = job / a->kv_heads * PANEL, row = b->at + j;

		across(d, b, b->ds + kh * page, b->q + kh * rows,
		    b->op->dk + row * a->ldk + kh * a->dim, a->ldk, j);
		across(d, b, b->p + kh * page, b->dout + kh * rows,
		    b->op->dv + row * a->ldv + kh * a->dim, a->ldv, j);
	}
}

/* q and dout of the segment, key heads from .. to-1, as panels along rows. */
static void
sides_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct back *b = arg;
	const struct op_attn *a = &b->op->fwd;
	size_t group = a->heads / a->kv_heads, k = PANEL * deep(d, b->n);

	(void)thread;
	for (size_t job = from; job < to; job++) {
		size_t kh = job % a->kv_heads, c = job / a->kv_heads * PANEL;
		size_t h = (kh * group + b->g) * a->dim + c;
		size_t at = kh * round_up(a->dim, PANEL) * deep(d, b->n) +
			    c / PANEL * k;

		pack_cols(d, b->q + at, a->q + b->at * a->ldq + h, a->ldq, b->n,
		    a->dim - c);
		pack_cols(d, b->dout + at, b->op->dout + b->at * a->ldout + h,
		    a->ldout, b->n, a->dim - c);
	}
}

static void
back_segment(struct dev *d, struct back *b)
{
	const struct op_attn *a = &b->op->fwd;
	size_t heads = a->kv_heads, group = a->heads / heads;
	size_t panels = (a->dim + PANEL - 1) / PANEL;

	for (b->g = 0; b->g < group; b->g++) {
		cpu_spread(d, heads * panels, 1 + GRAIN / (2 * PANEL * b->n),
		    sides_part, b);
		for (b->row0 = 0; b->row0 < b->n; b->row0 += ROW_BLOCK) {
			size_t rows, work = b->n * a->dim * TILE_ROWS;

			b->row1 = b->row0 + ROW_BLOCK;
			b->row1 = b->row1 < b->n ? b->row1 : b->n;
			rows = b->row1 - b->row0;
			cpu_spread(d,
			    (rows + TILE_ROWS - 1) / TILE_ROWS * heads,
			    1 + WORTH / work, down_part, b);
			cpu_spread(d, (b->row1 + PANEL - 1) / PANEL * heads,
			    1 + WORTH / (rows * a->dim * PANEL), across_part,
			    b);
		}
	}
}

static void
path_attn_grad(struct dev *d, const struct op_attn_grad *op)
{
	const struct op_attn *a = &op->fwd;
	size_t pages = flat_pages(a), heads = a->kv_heads;
	size_t wide = round_up(a->longest, KV_PAGE);
	size_t block = heads * ROW_BLOCK * wide;
	size_t sides = heads * round_up(a->dim, PANEL) * deep(d, a->longest);
	struct leaf *leaf = cpu_room(d, ROOM_B, pages * sizeof *leaf);
	char *room = cpu_room(d, ROOM_A, 2 * flat_bytes(d, a));
	float *zero = cpu_room(d, ROOM_C,
	    (round_up(a->dim, PANEL) + 2 * block + 2 * sides) * sizeof *zero);
	left *more = (left *)(zero + round_up(a->dim, PANEL));
	struct back b = { .op = op,
		.p = more,
		.ds = more + block,
		.q = (unit *)(more + 2 * block),
		.dout = (unit *)(more + 2 * block) + sides,
		.wide = wide,
		.zero = zero };

	check_segments(a);
	memset(zero, 0, round_up(a->dim, PANEL) * sizeof *zero);
	leaves(a, leaf);
	b.keys = flat_put(d, a, leaf, a->k, a->ldk, a->k, a->ldk, room);
	b.values = flat_put(
	    d, a, leaf, a->v, a->ldv, a->v, a->ldv, room + flat_bytes(d, a));
	cpu_own(d, desk_bytes(a->longest, a->dim));
	for (size_t s = 0; s < a->segs; s++) {
		b.at = (size_t)a->cu[s];
		b.n = (size_t)a->cu[s + 1] - b.at;
		back_segment(d, &b);
		b.page0 += (b.n + KV_PAGE - 1) / KV_PAGE;
	}
}
#endif
