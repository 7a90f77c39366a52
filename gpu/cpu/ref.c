/*
 * The reference: every op as plain loops, to be read beside the equation in
 * gpu/ops.h. It is the specification: the fast paths have its bits.
 */
#include <assert.h>
#include <math.h>

#include "gpu/cpu/cpu.h"
#include "gpu/cpu/fun.h"

enum { LANES = 16, BLOCK = 4096 };

static bool
always(void)
{
	return true;
}

/* acc + sum_i a[i * sa] b[i * sb], in increasing order of i. With bf16: both
 * rounded, in pairs (0, 1), (2, 3) ..., the odd one first; an odd count is
 * filled up by a zero. */
static float
chain(const struct dev *d, float acc, const float *a, size_t sa, const float *b,
    size_t sb, size_t n)
{
	if (!d->bf16) {
		for (size_t i = 0; i < n; i++)
			acc = fun_fma(a[i * sa], b[i * sb], acc);
		return acc;
	}
	for (size_t i = 0; i < n; i += 2) {
		bool odd = i + 1 < n;
		float x = odd ? fun_round(a[(i + 1) * sa]) : 0;
		float y = odd ? fun_round(b[(i + 1) * sb]) : 0;

		acc = fun_fma(x, y, acc);
		acc = fun_fma(fun_round(a[i * sa]), fun_round(b[i * sb]), acc);
	}
	return acc;
}

/* The same for a product with a weight. By AMX tiles: of each 16 pairs, the
 * even terms and the odd ones in chains of their own. */
static float
product(const struct dev *d, float acc, const float *a, size_t sa,
    const float *b, size_t sb, size_t n)
{
	if (!d->bf16 || !d->path->tiles)
		return chain(d, acc, a, sa, b, sb, n);
	for (size_t k = 0; k < n; k += 32) {
		float sum[2] = { 0, 0 };

		for (size_t i = k; i < n && i < k + 32; i++)
			sum[i % 2] = fun_fma(fun_round(a[i * sa]),
			    fun_round(b[i * sb]), sum[i % 2]);
		acc += sum[0] + sum[1];
	}
	return acc;
}

/* The sum of 16 lanes: 8, 4, 2, 1 apart. */
static float
fold(float lane[LANES])
{
	for (size_t apart = LANES / 2; apart; apart /= 2)
		for (size_t i = 0; i < apart; i++)
			lane[i] += lane[i + apart];
	return lane[0];
}

/* sum_i a[i] b[i] in lanes. */
static float
lanes_dot(const float *a, const float *b, size_t n)
{
	float lane[LANES] = { 0 };

	for (size_t i = 0; i < n; i++)
		lane[i % LANES] = fun_fma(a[i], b[i], lane[i % LANES]);
	return fold(lane);
}

static void
ref_fill(struct dev *d, const struct op_fill *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++)
		a->x[i] = a->value;
}

static void
ref_copy(struct dev *d, const struct op_copy *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++)
		a->to[i] = a->from[i];
}

static void
ref_axpy(struct dev *d, const struct op_axpy *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++)
		a->y[i] = fun_fma(a->a, a->x[i], a->y[i]);
}

static void
ref_gather(struct dev *d, const struct op_gather *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++)
		for (size_t c = 0; c < a->cols; c++)
			a->out[i * a->cols + c] =
			    a->x[(size_t)a->row[i] * a->cols + c];
}

static void
ref_scatter(struct dev *d, const struct op_scatter *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++) {
		assert(a->row[i] >= 0 && (size_t)a->row[i] < a->rows);
		for (size_t c = 0; c < a->cols; c++)
			a->x[(size_t)a->row[i] * a->cols + c] =
			    fun_fma(a->scale, a->out[i * a->cols + c],
				a->x[(size_t)a->row[i] * a->cols + c]);
	}
}

static void
ref_embed(struct dev *d, const struct op_embed *a)
{
	const float *w = a->w->x;
	size_t cols = a->w->cols;

	(void)d;
	for (size_t i = 0; i < a->n; i++) {
		assert(a->id[i] >= 0 && (size_t)a->id[i] < a->w->rows);
		for (size_t c = 0; c < cols; c++)
			a->out[i * cols + c] =
			    a->scale * w[(size_t)a->id[i] * cols + c];
	}
}

static void
ref_rmsnorm(struct dev *d, const struct op_rmsnorm *a)
{
	(void)d;
	for (size_t r = 0; r < a->rows; r++) {
		const float *x = a->x + row_at(r, a->cols, a->heads, a->ldx);
		float *out = a->out + row_at(r, a->cols, a->heads, a->ldout);
		float mean = lanes_dot(x, x, a->cols) / (float)a->cols;
		float rstd = 1 / sqrtf(mean + a->eps);

		for (size_t c = 0; c < a->cols; c++)
			out[c] = x[c] * rstd * (a->gain[c] + a->plus);
		if (a->rstd)
			a->rstd[r] = rstd;
	}
}

static void
ref_rmsnorm_grad(struct dev *d, const struct op_rmsnorm_grad *a)
{
	(void)d;
	for (size_t r = 0; r < a->rows; r++) {
		size_t at = row_at(r, a->cols, a->heads, a->ldx);
		const float *x = a->x + at;
		const float *dy = a->dy + row_at(r, a->cols, a->heads, a->lddy);
		float rstd = a->rstd[r], lane[LANES] = { 0 }, mean;

		for (size_t c = 0; c < a->cols; c++)
			lane[c % LANES] =
			    fun_fma(dy[c] * (a->gain[c] + a->plus), x[c],
				lane[c % LANES]);
		mean = rstd * rstd * rstd * (fold(lane) / (float)a->cols);
		for (size_t c = 0; a->dx && c < a->cols; c++) {
			float w = dy[c] * (a->gain[c] + a->plus);
			float old = a->over ? 0 : a->dx[at + c];

			a->dx[at + c] = old + fun_fma(-mean, x[c], rstd * w);
		}
		for (size_t c = 0; a->dgain && c < a->cols; c++)
			a->dgain[c] = fun_fma(dy[c], x[c] * rstd, a->dgain[c]);
	}
}

static void
ref_rope(struct dev *d, const struct op_rope *a)
{
	size_t half = a->dim / 2;

	(void)d;
	for (size_t i = 0; i < a->n; i++)
		for (size_t h = 0; h < a->heads; h++) {
			float *x = a->x + i * a->ld + h * a->dim;
			const float *cs = a->cs + (size_t)a->pos[i] * a->dim;

			for (size_t j = 0; j < half; j++) {
				float c = cs[2 * j], s = cs[2 * j + 1];
				float u = x[j], v = x[j + half];

				s = a->inverse ? -s : s;
				x[j] = fun_fma(-v, s, u * c);
				x[j + half] = fun_fma(u, s, v * c);
			}
		}
}

/* z(g) of op_glu, and dz/dg. */
static float
glu_z(float g, enum act act)
{
	return act == ACT_GELU ? g * fun_fma(GELU_CUBE, g * g, GELU_LINE) : g;
}

static float
glu_slope(float g, enum act act)
{
	return act == ACT_GELU ? fun_fma(3 * GELU_CUBE, g * g, GELU_LINE) : 1;
}

static void
ref_glu(struct dev *d, const struct op_glu *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++)
		for (size_t c = 0; c < a->f; c++) {
			float g = a->gu[i * 2 * a->f + c];
			float u = a->gu[i * 2 * a->f + a->f + c];

			a->out[i * a->f + c] =
			    g / (1 + fun_exp(-glu_z(g, a->act))) * u;
		}
}

static void
ref_glu_grad(struct dev *d, const struct op_glu_grad *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++)
		for (size_t c = 0; c < a->f; c++) {
			size_t at = i * 2 * a->f + c;
			float g = a->gu[at], u = a->gu[at + a->f];
			float s = 1 / (1 + fun_exp(-glu_z(g, a->act)));
			float z = g * glu_slope(g, a->act);
			float out = a->dout[i * a->f + c];

			a->dgu[at] = out * u * (s * fun_fma(z, 1 - s, 1));
			a->dgu[at + a->f] = out * (g * s);
		}
}

static void
ref_mat_put(struct dev *d, const struct op_mat_put *a)
{
	float *w = (float *)a->w->x + a->first * a->w->cols;

	assert(a->first + a->rows <= a->w->rows);
	for (size_t i = 0; i < a->rows * a->w->cols; i++)
		w[i] = d->bf16 || a->w->use & MAT_BF16 ? fun_round(a->from[i])
						       : a->from[i];
}

static void
ref_mat_code(struct dev *d, const struct op_mat_code *a)
{
	size_t cols = a->w->cols, blocks = mat_blocks(a->w);
	float *w = (float *)a->w->x + a->first * cols;

	(void)d;
	assert(a->first + a->rows <= a->w->rows && a->w->use & MAT_CODED);
	for (size_t r = 0; r < a->rows; r++)
		for (size_t c = 0; c < cols; c++) {
			size_t b = r * blocks + c / a->w->block;
			float x = (float)a->code[r * cols + c] * a->scale[b];

			w[r * cols + c] = x + a->min[b];
		}
}

static void
ref_mat_pack(struct dev *d, const struct op_mat_pack *a)
{
	(void)d, (void)a; /* they are plain */
}

static void
ref_linear(struct dev *d, const struct op_linear *a)
{
	size_t rows = a->w->rows, cols = a->w->cols;
	const float *w = a->w->x;

	assert(a->w->use & MAT_X);
	for (size_t i = 0; i < a->n; i++)
		for (size_t r = 0; r < rows; r++) {
			float *y = a->y + i * rows + r;
			float v = product(
			    d, 0, a->x + i * cols, 1, w + r * cols, 1, cols);

			if (a->bias)
				v += a->bias[r];
			*y = a->add ? *y + v : v;
		}
}

static void
ref_linear_dx(struct dev *d, const struct op_linear_dx *a)
{
	size_t rows = a->w->rows, cols = a->w->cols;
	const float *w = a->w->x;

	assert(a->w->use & MAT_DX);
	for (size_t i = 0; i < a->n; i++)
		for (size_t c = 0; c < cols; c++) {
			float *dx = a->dx + i * cols + c;
			float v = product(
			    d, 0, a->dy + i * rows, 1, w + c, cols, rows);

			*dx = a->add ? *dx + v : v;
		}
}

static void
ref_linear_dw(struct dev *d, const struct op_linear_dw *a)
{
	for (size_t r = 0; r < a->rows; r++)
		for (size_t c = 0; c < a->cols; c++) {
			float *dw = a->dw + r * a->cols + c;

			*dw = product(d, *dw, a->dy + r, a->rows, a->x + c,
			    a->cols, a->n);
		}
}

static void
ref_bias_grad(struct dev *d, const struct op_bias_grad *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++)
		for (size_t c = 0; c < a->cols; c++)
			a->db[c] += a->dy[i * a->cols + c];
}

/* One query over n keys, of which the first `hide` are out of its window:
 * p[j] = exp(s_j - max s), hidden ones zero; returns their sum. */
static float
softmax(float *p, size_t n, size_t hide, float *max)
{
	float lane[LANES] = { 0 };

	*max = p[hide];
	for (size_t j = hide; j < n; j++)
		*max = p[j] > *max ? p[j] : *max;
	for (size_t j = 0; j < n; j++) {
		p[j] = j < hide ? 0 : fun_exp(p[j] - *max);
		lane[j % LANES] += p[j];
	}
	return fold(lane);
}

/* out[dim] = sum_j softmax_j v_j; lse where not NULL. p has room for n. The
 * last + 0 makes a zero positive, so that hidden terms leave no trace. */
static void
attend(struct dev *d, float *out, float *lse, const float *q, const float *k,
    size_t ldk, const float *v, size_t ldv, size_t n, size_t dim, size_t window,
    float scale, float *p)
{
	size_t hide = window && n > window ? n - window : 0;
	float max, sum;

	for (size_t j = 0; j < n; j++)
		p[j] = scale * chain(d, 0, q, 1, k + j * ldk, 1, dim);
	sum = softmax(p, n, hide, &max);
	for (size_t c = 0; c < dim; c++)
		out[c] = chain(d, 0, p, 1, v + c, ldv, n) * (1 / sum) + 0;
	if (lse)
		*lse = max + fun_log(sum);
}

static void
ref_attn(struct dev *d, const struct op_attn *a)
{
	float *p = cpu_take(a->longest * sizeof *p);
	size_t group = a->heads / a->kv_heads;

	check_segments(a);
	for (size_t s = 0; s < a->segs; s++)
		for (size_t i = (size_t)a->cu[s]; i < (size_t)a->cu[s + 1]; i++)
			for (size_t h = 0; h < a->heads; h++) {
				size_t at = (size_t)a->cu[s];
				size_t g = h / group * a->dim;

				attend(d, a->out + i * a->ldout + h * a->dim,
				    a->lse ? a->lse + i * a->heads + h : NULL,
				    a->q + i * a->ldq + h * a->dim,
				    a->k + at * a->ldk + g, a->ldk,
				    a->v + at * a->ldv + g, a->ldv, i - at + 1,
				    a->dim, a->window, a->scale, p);
			}
	cpu_give(p);
}

/* The probabilities p[n, n] and, with e_i = sum_c dout out, the slopes of the
 * scores ds[i, j] = p (dout_i v_j - e_i) scale of one head in one segment.
 * Zero where i does not see j. A row's slopes sum to zero; what rounding has
 * left of their sum is taken from ds[i, i], else it would be most of the
 * gradient of what shifts all scores of a row alike (a bias of the keys). */
static void
slopes(struct dev *d, const struct op_attn_grad *g, size_t at, size_t n,
    size_t h, float *p, float *ds)
{
	const struct op_attn *a = &g->fwd;
	size_t dim = a->dim, kh = h / (a->heads / a->kv_heads) * dim;

	for (size_t i = 0; i < n; i++) {
		const float *q = a->q + (at + i) * a->ldq + h * dim;
		const float *out = a->out + (at + i) * a->ldout + h * dim;
		const float *dout = g->dout + (at + i) * a->ldout + h * dim;
		float lse = a->lse[(at + i) * a->heads + h];
		float e = lanes_dot(dout, out, dim), lane[LANES] = { 0 };

		for (size_t j = 0; j < n; j++) {
			const float *k = a->k + (at + j) * a->ldk + kh;
			const float *v = a->v + (at + j) * a->ldv + kh;
			bool seen = j <= i && (!a->window || i - j < a->window);
			float s = seen ? chain(d, 0, q, 1, k, 1, dim) : 0;
			float dp = seen ? chain(d, 0, dout, 1, v, 1, dim) : 0;
			float x =
			    seen ? fun_exp(fun_fma(a->scale, s, -lse)) : 0;

			p[i * n + j] = x;
			ds[i * n + j] = seen ? x * (dp - e) * a->scale : 0;
			lane[j % LANES] += ds[i * n + j];
		}
		ds[i * n + i] -= fold(lane);
	}
}

/* dq = ds k;  dk = sum over the group's heads of ds^T q;  dv likewise of
 * p^T dout: one accumulator through all heads of the group. */
static void
ref_attn_grad(struct dev *d, const struct op_attn_grad *g)
{
	const struct op_attn *a = &g->fwd;
	size_t most = a->longest * a->longest, dim = a->dim;
	float *p = cpu_take(2 * most * sizeof *p), *ds = p + most;

	check_segments(a);
	for (size_t s = 0; s < a->segs; s++)
		for (size_t h = 0; h < a->heads; h++) {
			size_t at = (size_t)a->cu[s];
			size_t n = (size_t)a->cu[s + 1] - at;
			size_t group = a->heads / a->kv_heads;
			size_t kh = h / group * dim, qh = h * dim;
			bool first = h % group == 0;

			slopes(d, g, at, n, h, p, ds);
			for (size_t i = 0; i < n; i++)
				for (size_t c = 0; c < dim; c++) {
					size_t k = (at + i) * a->ldk + kh + c;
					size_t v = (at + i) * a->ldv + kh + c;
					size_t q = (at + i) * a->ldq + qh + c;

					g->dq[q] =
					    chain(d, 0, ds + i * n, 1,
						a->k + at * a->ldk + kh + c,
						a->ldk, n) +
					    0;
					g->dk[k] =
					    chain(d, first ? 0 : g->dk[k],
						ds + i, n,
						a->q + at * a->ldq + qh + c,
						a->ldq, n) +
					    0;
					g->dv[v] =
					    chain(d, first ? 0 : g->dv[v],
						p + i, n,
						g->dout + at * a->ldout + qh +
						    c,
						a->ldout, n) +
					    0;
				}
		}
	cpu_give(p);
}

static float *
kv_row(char *base, const struct kv *kv, size_t page, size_t layer, size_t head,
    size_t place)
{
	size_t unit = (page * kv->layers + layer) * kv->heads + head;

	return (float *)(void *)(base + unit * kv->unit) + place * kv->dim;
}

static void
ref_kv_put(struct dev *d, const struct op_kv_put *a)
{
	const struct kv *kv = a->kv;

	for (size_t i = 0; i < a->n; i++)
		for (size_t h = 0; h < kv->heads; h++) {
			size_t page = (size_t)a->slot[i] / KV_PAGE;
			size_t place = (size_t)a->slot[i] % KV_PAGE;
			const float *k = a->k + i * a->ldk + h * kv->dim;
			const float *v = a->v + i * a->ldv + h * kv->dim;
			float *tk = kv_row(kv->k, kv, page, a->layer, h, place);
			float *tv = kv_row(kv->v, kv, page, a->layer, h, place);

			assert(page < kv->pages && a->layer < kv->layers);
			for (size_t c = 0; c < kv->dim; c++) {
				tk[c] = d->bf16 ? fun_round(k[c]) : k[c];
				tv[c] = d->bf16 ? fun_round(v[c]) : v[c];
			}
		}
}

/* A row's pages are laid side by side, then attended as a flat run. */
static void
ref_kv_attn(struct dev *d, const struct op_kv_attn *a)
{
	const struct kv *kv = a->kv;
	size_t dim = kv->dim, most = round_up(a->longest, KV_PAGE);
	float *p = cpu_take((1 + 2 * dim) * most * sizeof *p);
	float *k = p + most, *v = k + most * dim;

	for (size_t i = 0; i < a->n; i++)
		for (size_t h = 0; h < a->heads; h++) {
			size_t n = (size_t)a->len[i];
			size_t g = h / (a->heads / kv->heads);

			for (size_t j = 0; j < n; j++) {
				size_t page =
				    (size_t)a->page[(size_t)a->first[i] +
						    j / KV_PAGE];
				size_t place = j % KV_PAGE;
				const float *kr =
				    kv_row(kv->k, kv, page, a->layer, g, place);
				const float *vr =
				    kv_row(kv->v, kv, page, a->layer, g, place);

				for (size_t c = 0; c < dim; c++) {
					k[j * dim + c] = kr[c];
					v[j * dim + c] = vr[c];
				}
			}
			attend(d, a->out + i * a->ldout + h * dim, NULL,
			    a->q + i * a->ldq + h * dim, k, dim, v, dim, n, dim,
			    a->window, a->scale, p);
		}
	cpu_give(p);
}

static void
ref_kv_copy(struct dev *d, const struct op_kv_copy *a)
{
	const struct kv *kv = a->kv;

	(void)d;
	for (size_t l = 0; l < kv->layers; l++)
		for (size_t h = 0; h < kv->heads; h++)
			for (size_t c = 0; c < a->tokens * kv->dim; c++) {
				kv_row(kv->k, kv, a->to, l, h, 0)[c] =
				    kv_row(kv->k, kv, a->from, l, h, 0)[c];
				kv_row(kv->v, kv, a->to, l, h, 0)[c] =
				    kv_row(kv->v, kv, a->from, l, h, 0)[c];
			}
}

static void
ref_logp(struct dev *d, const struct op_logp *a)
{
	(void)d;
	for (size_t i = 0; i < a->n; i++) {
		float *x = a->logits + i * a->ld, max = x[0], sum;
		size_t target = (size_t)a->target[i];
		float lane[LANES] = { 0 };

		assert(target < a->vocab);
		for (size_t j = 0; j < a->vocab; j++)
			max = x[j] > max ? x[j] : max;
		for (size_t j = 0; j < a->vocab; j++)
			lane[j % LANES] += fun_exp(x[j] - max);
		sum = fold(lane);
		a->logp[i] = x[target] - max - fun_log(sum);
		for (size_t j = 0; a->grad && j < a->vocab; j++) {
			float p = fun_exp(x[j] - max) * (1 / sum);

			x[j] = ((j == target ? 1.0f : 0.0f) - p) * a->coef[i];
		}
	}
}

static void
ref_sumsq(struct dev *d, const struct op_sumsq *a)
{
	(void)d;
	*a->out = 0;
	for (size_t b = 0; b < a->n; b += BLOCK) {
		double lane[LANES] = { 0 };

		for (size_t i = b; i < b + BLOCK && i < a->n; i++)
			lane[i % LANES] += (double)a->x[i] * (double)a->x[i];
		for (size_t apart = LANES / 2; apart; apart /= 2)
			for (size_t i = 0; i < apart; i++)
				lane[i] += lane[i + apart];
		*a->out += lane[0];
	}
}

static void
ref_adamw(struct dev *d, const struct op_adamw *a)
{
	struct adamw_terms c = adamw_terms(a);

	(void)d;
	for (size_t i = 0; i < a->n; i++) {
		float g = a->g[i] * a->gscale;
		float m = fun_fma(c.b1, a->m[i], c.not_b1 * g);
		float v = fun_fma(c.b2, a->v[i], c.not_b2 * (g * g));
		float p = fun_fma(-c.decay, a->p[i], a->p[i]);

		a->m[i] = m;
		a->v[i] = v;
		a->p[i] =
		    fun_fma(-c.step, m / fun_fma(sqrtf(v), c.root, c.eps), p);
	}
}

const struct path path_ref = { .name = "ref",
	.have = always,
#define OP(name) .name = ref_##name,
	OPS(OP)
#undef OP
};

/* What "amx" computes. */
const struct path path_amx_ref = { .name = "amx-ref",
	.have = always,
	.pairs = true,
	.tiles = true,
	.slow = always,
#define OP(name) .name = ref_##name,
	OPS(OP)
#undef OP
};
