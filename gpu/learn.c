/* The backward pass, the gradients' norm, AdamW. */
#include <assert.h>
#include <math.h>

#include "gpu/cpu/fun.h"
#include "gpu/engine.h"

/* Gradients of layer l's tensors of one part: they start at the first of
 * them. Layers are alike, so one layer's offsets serve all. */
static float *
grad_of(const struct model *m, size_t l, bool vector, size_t part)
{
	size_t want = vector ? vec_index(l, (enum vec_part)part)
			     : MATS_OUTSIDE + l * LAYER_MATS + part;

	for (size_t i = 0; i < m->tensors; i++)
		if (m->tensor[i].vector == vector && m->tensor[i].part == want)
			return m->block[MODEL_GRADS] + m->tensor[i].at;
	return NULL;
}

/* What every weight matrix of a layer needs: W += dy^T x, bias += sum dy,
 * dx = dy W. dx may be x: it is used up before. */
static void
product_grad(struct model *m, size_t l, enum mat_part part, enum vec_part bias,
    size_t rows, size_t cols, float *dx, const float *dy, const float *x)
{
	float *db = grad_of(m, l, true, bias);
	size_t n = m->pass.n;

	m->o->linear_dw(
	    m->d, &(struct op_linear_dw){
		      grad_of(m, l, false, part), dy, x, n, rows, cols });
	if (db)
		m->o->bias_grad(
		    m->d, &(struct op_bias_grad){ db, dy, n, rows });
	m->o->linear_dx(m->d,
	    &(struct op_linear_dx){ dx, dy, layer_mat(m, l, part), n, false });
}

/* dx += the gradient of a norm over x whose output's gradient is dy. */
static void
norm_grad(struct model *m, size_t l, enum vec_part part, float *dx,
    const float *dy, const float *x, const float *rstd)
{
	m->o->rmsnorm_grad(m->d,
	    &(struct op_rmsnorm_grad){ dx, grad_of(m, l, true, part), dy, x,
		layer_vec(m, l, part), rstd, m->pass.n, m->w, pass_plus(m) });
}

/* The gradient of what attention or MLP gave, from that of the stream: through
 * the norm behind it, where there is one. */
static const float *
branch_grad(struct model *m, size_t l, enum vec_part post,
    const struct scratch *s, const float *out, const float *rstd)
{
	if (!m->c.family->post_norms)
		return s->dx;
	m->o->rmsnorm_grad(m->d, &(struct op_rmsnorm_grad){ .dx = s->dout,
				     .dgain = grad_of(m, l, true, post),
				     .dy = s->dx,
				     .x = out,
				     .gain = layer_vec(m, l, post),
				     .rstd = rstd,
				     .rows = m->pass.n,
				     .cols = m->w,
				     .plus = pass_plus(m),
				     .over = true });
	return s->dout;
}

static void
mlp_grad(
    struct model *m, size_t l, const struct acts *a, const struct scratch *s)
{
	size_t n = m->pass.n;
	enum act act = pass_act(m);
	const float *dy =
	    branch_grad(m, l, VEC_POST2, s, a->out2, a->rstdpost2);

	m->o->glu(m->d, &(struct op_glu){ s->act, a->gu, n, m->f, act });
	product_grad(m, l, MAT_DOWN, VEC_DOWN, m->w, m->f, s->act, dy, s->act);
	m->o->glu_grad(
	    m->d, &(struct op_glu_grad){ a->gu, s->act, a->gu, n, m->f, act });
	/* the norm's output is not kept: it is made again */
	pass_norm(m, s->h, a->x2, layer_vec(m, l, VEC_NORM2), NULL, n);
	product_grad(m, l, MAT_GU, VEC_GU, 2 * m->f, m->w, s->h, a->gu, s->h);
	norm_grad(m, l, VEC_NORM2, s->dx, s->h, a->x2, a->rstd2);
}

/* dqkv's q and k from dqk. */
static void
head_norms_grad(
    struct model *m, size_t l, const struct acts *a, const struct scratch *s)
{
	struct op_rmsnorm_grad q = { .dx = s->dqkv,
		.dgain = grad_of(m, l, true, VEC_QNORM),
		.dy = s->dqk,
		.x = a->qkv,
		.gain = layer_vec(m, l, VEC_QNORM),
		.rstd = a->rstdq,
		.rows = m->pass.n * m->c.heads,
		.cols = m->c.head_dim,
		.plus = pass_plus(m),
		.over = true,
		.heads = m->c.heads,
		.ldx = m->qw,
		.lddy = a->ldqk };
	struct op_rmsnorm_grad k = q;

	k.dx += m->aw;
	k.dgain = grad_of(m, l, true, VEC_KNORM);
	k.dy += m->aw;
	k.x += m->aw;
	k.gain = layer_vec(m, l, VEC_KNORM);
	k.rstd = a->rstdk;
	k.rows = m->pass.n * m->c.kv_heads;
	k.heads = m->c.kv_heads;
	m->o->rmsnorm_grad(m->d, &q);
	m->o->rmsnorm_grad(m->d, &k);
}

static void
attention_grad(
    struct model *m, size_t l, const struct acts *a, const struct scratch *s)
{
	struct op_attn fwd = pass_attn(m, l, a);
	const float *dy =
	    branch_grad(m, l, VEC_POST1, s, a->out1, a->rstdpost1);

	product_grad(m, l, MAT_O, VEC_O, m->w, m->aw, s->datt, dy, a->att);
	m->o->attn_grad(m->d, &(struct op_attn_grad){ .fwd = fwd,
				  .dout = s->datt,
				  .dq = s->dqk + (fwd.q - a->qk),
				  .dk = s->dqk + (fwd.k - a->qk),
				  .dv = s->dqkv + (fwd.v - a->qkv) });
	pass_rope(m, l, s->dqk, a->ldqk, true);
	if (m->c.family->head_norms)
		head_norms_grad(m, l, a, s);
	pass_norm(m, s->h, a->x, layer_vec(m, l, VEC_NORM1), NULL, m->pass.n);
	product_grad(m, l, MAT_QKV, VEC_QKV, m->qw, m->w, s->h, s->dqkv, s->h);
	norm_grad(m, l, VEC_NORM1, s->dx, s->h, a->x, a->rstd1);
}

void
model_forward(struct model *m, const struct model_run *run, float *logp)
{
	assert(m->train);
	pass_flat(m, run, true);
	pass_layers(m);
	if (!logp)
		return;
	pass_head(m, NULL, NULL, logp);
	m->o->sync(m->d);
}

void
model_backward(struct model *m, const struct model_run *run, const float *coef,
    float *logp)
{
	struct pass *p = &m->pass;
	struct scratch s = pass_scratch(m);

	assert(p->keep && p->n == run->n && p->targets == run->targets);
	m->o->fill(m->d, &(struct op_fill){ s.dx, p->n * m->w, 0 });
	pass_head(m, coef, s.dx, logp);
	for (size_t l = m->c.layers; l-- > 0;) {
		struct acts a = pass_acts(m, l);

		mlp_grad(m, l, &a, &s);
		attention_grad(m, l, &a, &s);
	}
	m->o->scatter(m->d, &(struct op_scatter){ m->block[MODEL_GRADS], s.dx,
				p->id, p->n, m->w, m->c.vocab, pass_scale(m) });
	p->keep = false; /* the activations are used up */
	if (logp)
		m->o->sync(m->d);
}

void
model_grads_zero(struct model *m)
{
	m->o->fill(
	    m->d, &(struct op_fill){ m->block[MODEL_GRADS], m->params, 0 });
}

static double
sum_squares(struct model *m, size_t first, size_t n)
{
	double *sum = room_take(m, &m->sums, sizeof *sum), out;

	m->o->sumsq(
	    m->d, &(struct op_sumsq){ sum, m->block[MODEL_GRADS] + first, n });
	m->o->get(m->d, &out, sum, sizeof out);
	m->o->sync(m->d);
	return out;
}

double
model_grad_norm(struct model *m, const char **bad)
{
	double all = sum_squares(m, 0, m->params);

	*bad = NULL;
	for (size_t i = 0; !isfinite(all) && i < m->tensors; i++) {
		const struct model_tensor *t = &m->tensor[i];

		if (!isfinite(sum_squares(m, t->at, t->rows * t->cols))) {
			*bad = t->name;
			break;
		}
	}
	return __builtin_sqrt(all);
}

/* 1 - b^t */
static double
correction(double b, size_t t)
{
	double rest = 1;

	for (; t; t >>= 1, b *= b)
		if (t & 1)
			rest *= b;
	return 1 - rest;
}

static void
adamw_run(struct model *m, const struct model_adamw *a, size_t at, size_t n,
    bool decay)
{
	m->o->adamw(m->d, &(struct op_adamw){ .p = m->block[MODEL_MASTERS] + at,
			      .m = m->block[MODEL_M] + at,
			      .v = m->block[MODEL_V] + at,
			      .g = m->block[MODEL_GRADS] + at,
			      .n = n,
			      .lr = a->lr,
			      .b1 = a->b1,
			      .b2 = a->b2,
			      .eps = a->eps,
			      .wd = decay ? a->decay : 0,
			      .c1 = correction(a->b1, a->t),
			      .c2 = correction(a->b2, a->t),
			      .gscale = (float)a->gscale });
}

/* Neighbours that decay alike are one run. */
void
model_adamw(struct model *m, const struct model_adamw *a)
{
	assert(m->train && a->t);
	for (size_t i = 0, next; i < m->tensors; i = next) {
		const struct model_tensor *t = &m->tensor[i];
		size_t n = 0;

		for (next = i;
		     next < m->tensors && m->tensor[next].decay == t->decay;
		     next++)
			n += m->tensor[next].rows * m->tensor[next].cols;
		adamw_run(m, a, t->at, n, t->decay || a->decay_all);
	}
	model_repack(m);
}
