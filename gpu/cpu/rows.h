#ifndef ROWS_H
#define ROWS_H
#include "gpu/cpu/cpu.h"
#include "gpu/cpu/vec.h"
/*
 * The element-wise and row-wise ops, sixteen lanes at a time; each repeats
 * ref.c operation by operation. Work is cut by elements, rows or columns so
 * that a part is worth a thread's while.
 */
enum { GRAIN = 1 << 14 }; /* elements of a part, about */

static size_t
grain_rows(size_t cols)
{
	return cols < GRAIN ? GRAIN / cols : 1;
}

static void
fill_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_fill *a = arg;
	vec v = v_set(a->value);

	(void)d, (void)thread;
	for (size_t i = from; i < to; i += LANES)
		v_put(a->x + i, v, to - i);
}

static void
path_fill(struct dev *d, const struct op_fill *a)
{
	cpu_spread(d, a->n, 8 * GRAIN, fill_part, a);
}

static void
copy_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_copy *a = arg;

	(void)d, (void)thread;
	memcpy(a->to + from, a->from + from, (to - from) * sizeof *a->to);
}

static void
path_copy(struct dev *d, const struct op_copy *a)
{
	cpu_spread(d, a->n, 8 * GRAIN, copy_part, a);
}

static void
axpy_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_axpy *a = arg;
	vec k = v_set(a->a);

	(void)d, (void)thread;
	for (size_t i = from; i < to; i += LANES)
		v_put(a->y + i,
		    v_fma(k, v_get(a->x + i, to - i), v_get(a->y + i, to - i)),
		    to - i);
}

static void
path_axpy(struct dev *d, const struct op_axpy *a)
{
	cpu_spread(d, a->n, 4 * GRAIN, axpy_part, a);
}

static void
gather_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_gather *a = arg;

	(void)d, (void)thread;
	for (size_t i = from; i < to; i++)
		memcpy(a->out + i * a->cols, a->x + (size_t)a->row[i] * a->cols,
		    a->cols * sizeof *a->out);
}

static void
path_gather(struct dev *d, const struct op_gather *a)
{
	cpu_spread(d, a->n, 4 * grain_rows(a->cols), gather_part, a);
}

/* Cut by columns: rows may repeat. */
static void
scatter_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_scatter *a = arg;

	(void)d, (void)thread;
	for (size_t i = 0; i < a->n; i++) {
		float *x = a->x + (size_t)a->row[i] * a->cols;
		const float *out = a->out + i * a->cols;

		assert(a->row[i] >= 0 && (size_t)a->row[i] < a->rows);
		for (size_t c = from; c < to; c += LANES)
			v_put(x + c,
			    v_fma(v_set(a->scale), v_get(out + c, to - c),
				v_get(x + c, to - c)),
			    to - c);
	}
}

/* Columns of a part of an op that walks down n rows. */
static size_t
grain_cols(size_t n)
{
	return round_up(n < GRAIN ? GRAIN / n : 1, 4 * LANES);
}

static void
path_scatter(struct dev *d, const struct op_scatter *a)
{
	cpu_spread(d, a->cols, grain_cols(a->n), scatter_part, a);
}

static void
rmsnorm_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_rmsnorm *a = arg;
	size_t n = a->cols;

	(void)d, (void)thread;
	for (size_t r = from; r < to; r++) {
		const float *x = a->x + row_at(r, n, a->heads, a->ldx);
		float *out = a->out + row_at(r, n, a->heads, a->ldout), rstd;
		vec sum = v_set(0), plus = v_set(a->plus);

		for (size_t c = 0; c < n; c += LANES) {
			vec v = v_get(x + c, n - c);

			sum = v_fma(v, v, sum);
		}
		rstd = 1 / sqrtf(v_sum(sum) / (float)n + a->eps);
		for (size_t c = 0; c < n; c += LANES)
			v_put(out + c,
			    v_mul(v_mul(v_get(x + c, n - c), v_set(rstd)),
				v_add(v_get(a->gain + c, n - c), plus)),
			    n - c);
		if (a->rstd)
			a->rstd[r] = rstd;
	}
}

static void
path_rmsnorm(struct dev *d, const struct op_rmsnorm *a)
{
	cpu_spread(d, a->rows, grain_rows(a->cols), rmsnorm_part, a);
}

static void
rmsnorm_dx_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_rmsnorm_grad *a = arg;
	size_t n = a->cols;
	vec plus = v_set(a->plus);

	(void)d, (void)thread;
	for (size_t r = from; r < to; r++) {
		size_t at = row_at(r, n, a->heads, a->ldx);
		const float *x = a->x + at;
		const float *dy = a->dy + row_at(r, n, a->heads, a->lddy);
		float *dx = a->dx + at, rstd = a->rstd[r];
		vec sum = v_set(0), mean, old = v_set(0);

		for (size_t c = 0; c < n; c += LANES) {
			size_t k = n - c;
			vec w = v_mul(v_get(dy + c, k),
			    v_add(v_get(a->gain + c, k), plus));

			/* absent lanes of x are zero */
			sum = v_fma(w, v_get(x + c, k), sum);
		}
		mean = v_set(-(rstd * rstd * rstd * (v_sum(sum) / (float)n)));
		for (size_t c = 0; c < n; c += LANES) {
			size_t k = n - c;
			vec w = v_mul(v_get(dy + c, k),
			    v_add(v_get(a->gain + c, k), plus));

			w = v_fma(mean, v_get(x + c, k), v_mul(v_set(rstd), w));
			if (!a->over)
				old = v_get(dx + c, k);
			v_put(dx + c, v_add(old, w), k);
		}
	}
}

static void
rmsnorm_dgain_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_rmsnorm_grad *a = arg;

	(void)d, (void)thread;
	for (size_t r = 0; r < a->rows; r++) {
		const float *x = a->x + row_at(r, a->cols, a->heads, a->ldx);
		const float *dy = a->dy + row_at(r, a->cols, a->heads, a->lddy);
		vec rstd = v_set(a->rstd[r]);

		for (size_t c = from; c < to; c += LANES) {
			size_t k = to - c;
			float *g = a->dgain + c;

			v_put(g,
			    v_fma(v_get(dy + c, k),
				v_mul(v_get(x + c, k), rstd), v_get(g, k)),
			    k);
		}
	}
}

static void
path_rmsnorm_grad(struct dev *d, const struct op_rmsnorm_grad *a)
{
	if (a->dx)
		cpu_spread(d, a->rows, grain_rows(a->cols), rmsnorm_dx_part, a);
	if (a->dgain)
		cpu_spread(
		    d, a->cols, grain_cols(a->rows), rmsnorm_dgain_part, a);
}

static void
rope_head(const struct op_rope *a, float *x, const float *cs)
{
	size_t half = a->dim / 2;
	vec sign = v_set(a->inverse ? -1.0f : 1.0f);

	for (size_t j = 0; j < half; j += LANES) {
		size_t k = half - j;
		vec c = v_gather(cs + 2 * j, 2, k);
		vec s = v_mul(v_gather(cs + 2 * j + 1, 2, k), sign);
		vec u = v_get(x + j, k), v = v_get(x + half + j, k);

		v_put(x + j, v_fma(v_neg(v), s, v_mul(u, c)), k);
		v_put(x + half + j, v_fma(u, s, v_mul(v, c)), k);
	}
}

static void
rope_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_rope *a = arg;

	(void)d, (void)thread;
	for (size_t i = from; i < to; i++)
		for (size_t h = 0; h < a->heads; h++)
			rope_head(a, a->x + i * a->ld + h * a->dim,
			    a->cs + (size_t)a->pos[i] * a->dim);
}

static void
path_rope(struct dev *d, const struct op_rope *a)
{
	cpu_spread(d, a->n, grain_rows(a->heads * a->dim), rope_part, a);
}

/* act(g) = g sigmoid(z(g)): z, and dz/dg times g. */
static vec
glu_z(vec g, enum act act)
{
	if (act == ACT_SILU)
		return g;
	return v_mul(g, v_fma(v_set(GELU_CUBE), v_mul(g, g), v_set(GELU_LINE)));
}

static vec
glu_slope(vec g, enum act act)
{
	if (act == ACT_SILU)
		return g;
	return v_mul(
	    g, v_fma(v_set(3 * GELU_CUBE), v_mul(g, g), v_set(GELU_LINE)));
}

static void
glu_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_glu *a = arg;
	vec one = v_set(1);

	(void)d, (void)thread;
	for (size_t i = from; i < to; i++)
		for (size_t c = 0; c < a->f; c += LANES) {
			const float *at = a->gu + i * 2 * a->f + c;
			size_t k = a->f - c;
			vec g = v_get(at, k), u = v_get(at + a->f, k);
			vec e = v_add(one, v_exp(v_neg(glu_z(g, a->act))));

			v_put(a->out + i * a->f + c, v_mul(v_div(g, e), u), k);
		}
}

static void
path_glu(struct dev *d, const struct op_glu *a)
{
	cpu_spread(d, a->n, grain_rows(2 * a->f), glu_part, a);
}

static void
glu_grad_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_glu_grad *a = arg;
	vec one = v_set(1);

	(void)d, (void)thread;
	for (size_t i = from; i < to; i++)
		for (size_t c = 0; c < a->f; c += LANES) {
			size_t at = i * 2 * a->f + c, k = a->f - c;
			vec g = v_get(a->gu + at, k);
			vec u = v_get(a->gu + at + a->f, k);
			vec o = v_get(a->dout + i * a->f + c, k);
			vec e = v_exp(v_neg(glu_z(g, a->act)));
			vec s = v_div(one, v_add(one, e));
			vec z = glu_slope(g, a->act);
			vec slope = v_mul(s, v_fma(z, v_sub(one, s), one));

			v_put(a->dgu + at, v_mul(v_mul(o, u), slope), k);
			v_put(a->dgu + at + a->f, v_mul(o, v_mul(g, s)), k);
		}
}

static void
path_glu_grad(struct dev *d, const struct op_glu_grad *a)
{
	cpu_spread(d, a->n, grain_rows(4 * a->f), glu_grad_part, a);
}

static void
bias_grad_part(
    struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_bias_grad *a = arg;

	(void)d, (void)thread;
	for (size_t i = 0; i < a->n; i++)
		for (size_t c = from; c < to; c += LANES)
			v_put(a->db + c,
			    v_add(v_get(a->db + c, to - c),
				v_get(a->dy + i * a->cols + c, to - c)),
			    to - c);
}

static void
path_bias_grad(struct dev *d, const struct op_bias_grad *a)
{
	cpu_spread(d, a->cols, grain_cols(a->n), bias_grad_part, a);
}

/* With grad, the exponentials are kept in place for the second pass. */
static void
logp_row(const struct op_logp *a, size_t i)
{
	float *x = a->logits + i * a->ld, max, sum, at;
	size_t n = a->vocab, target = (size_t)a->target[i];
	vec v = v_set(x[0]), s = v_set(0);

	assert(target < n);
	at = x[target];
	for (size_t j = 0; j < n; j += LANES)
		v = v_max(v, v_within(v_get(x + j, n - j), 0, n - j, x[0]));
	max = v_most(v);
	for (size_t j = 0; j < n; j += LANES) {
		vec e = v_exp(v_sub(v_get(x + j, n - j), v_set(max)));

		s = v_add(s, v_within(e, 0, n - j, 0));
		if (a->grad)
			v_put(x + j, e, n - j);
	}
	sum = v_sum(s);
	a->logp[i] = at - max - fun_log(sum);
	if (!a->grad)
		return;
	v = v_set(1 / sum);
	at = (1.0f - x[target] * (1 / sum)) * a->coef[i];
	for (size_t j = 0; j < n; j += LANES)
		v_put(x + j,
		    v_mul(v_sub(v_set(0), v_mul(v_get(x + j, n - j), v)),
			v_set(a->coef[i])),
		    n - j);
	x[target] = at;
}

static void
logp_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	(void)d, (void)thread;
	for (size_t i = from; i < to; i++)
		logp_row(arg, i);
}

static void
path_logp(struct dev *d, const struct op_logp *a)
{
	cpu_spread(d, a->n, grain_rows(a->vocab), logp_part, a);
}

struct sumsq {
	const float *x;
	size_t n;
	double *block;
};

enum { BLOCK = 4096 };

/* Lanes in double: eight at a time is as fast as memory. */
static void
sumsq_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct sumsq *a = arg;

	(void)d, (void)thread;
	for (size_t b = from; b < to; b++) {
		double lane[LANES] = { 0 };
		size_t end = (b + 1) * BLOCK < a->n ? (b + 1) * BLOCK : a->n;
		size_t i = b * BLOCK;

		for (; i + LANES <= end; i += LANES)
			for (size_t k = 0; k < LANES; k++)
				lane[k] +=
				    (double)a->x[i + k] * (double)a->x[i + k];
		for (size_t k = 0; i + k < end; k++)
			lane[k] += (double)a->x[i + k] * (double)a->x[i + k];
		for (size_t apart = LANES / 2; apart; apart /= 2)
			for (size_t k = 0; k < apart; k++)
				lane[k] += lane[k + apart];
		a->block[b] = lane[0];
	}
}

static void
path_sumsq(struct dev *d, const struct op_sumsq *a)
{
	size_t blocks = (a->n + BLOCK - 1) / BLOCK;
	double *block = cpu_room(d, ROOM_A, blocks * sizeof *block);

	cpu_spread(
	    d, blocks, 16, sumsq_part, &(struct sumsq){ a->x, a->n, block });
	*a->out = 0;
	for (size_t b = 0; b < blocks; b++)
		*a->out += block[b];
}

static void
adamw_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_adamw *a = arg;
	struct adamw_terms t = adamw_terms(a);

	(void)d, (void)thread;
	for (size_t i = from; i < to; i += LANES) {
		size_t k = to - i;
		vec g = v_mul(v_get(a->g + i, k), v_set(a->gscale));
		vec m = v_fma(
		    v_set(t.b1), v_get(a->m + i, k), v_mul(v_set(t.not_b1), g));
		vec v = v_fma(v_set(t.b2), v_get(a->v + i, k),
		    v_mul(v_set(t.not_b2), v_mul(g, g)));
		vec p = v_get(a->p + i, k);

		p = v_fma(v_set(-t.decay), p, p);
		v_put(a->m + i, m, k);
		v_put(a->v + i, v, k);
		m = v_div(m, v_fma(v_sqrt(v), v_set(t.root), v_set(t.eps)));
		v_put(a->p + i, v_fma(v_set(-t.step), m, p), k);
	}
}

static void
path_adamw(struct dev *d, const struct op_adamw *a)
{
	cpu_spread(d, a->n, 2 * GRAIN, adamw_part, a);
}
#endif
