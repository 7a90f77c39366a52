/* The forward pass: flat runs, cached rows, and the head in chunks. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/engine.h"
#include "gpu/rope.h"

/* Elements of a chunk's logits: what the head needs beside the trunk. Chunks
 * hold a multiple of 32 rows, so that blocks of terms (gpu/ops.h) do not
 * depend on where they are cut. */
enum { LOGITS = 12 << 20, POSITIONS = 1024 };

void *
room_take(struct model *m, struct room *r, size_t bytes)
{
	if (bytes > r->bytes) {
		if (r->p)
			m->o->give(m->d, r->p);
		r->p = m->o->take(m->d, bytes);
		r->bytes = bytes;
	}
	return r->p;
}

/* Pieces of a block start on lines of 64 bytes. */
static size_t
line(size_t n)
{
	return (n + 15) / 16 * 16;
}

static float *
cut(float **at, size_t n)
{
	float *p = *at;

	*at += line(n);
	return p;
}

struct sizes {
	size_t w, f, aw, qw, heads;
	size_t qk, norms; /* q and k beside qkv, their heads; or 0 */
	size_t post;      /* w where there are norms behind, else 0 */
};

static struct sizes
sizes(const struct model_conf *c, bool keep)
{
	size_t aw = c->heads * c->head_dim, kw = c->kv_heads * c->head_dim;
	struct sizes s = { c->width, c->ffn, aw, aw + 2 * kw, c->heads };

	if (keep && c->family->head_norms) {
		s.qk = aw + kw;
		s.norms = c->heads + c->kv_heads;
	}
	if (c->family->post_norms)
		s.post = c->width;
	return s;
}

static size_t
layer_floats(const struct sizes *s, size_t n)
{
	size_t floats = 2 * line(n * s->w) + line(n * s->qw) + line(n * s->aw) +
			line(n * s->heads) + line(n * 2 * s->f) + 2 * line(n);

	if (s->qk)
		floats += line(n * s->qk) + line(n * s->norms);
	if (s->post)
		floats += 2 * line(n * s->post) + 2 * line(n);
	return floats;
}

size_t
pass_keep_bytes(const struct model_conf *c, size_t n, bool keep)
{
	struct sizes s = sizes(c, keep);
	size_t layers = keep ? c->layers : 1;

	return (layers * layer_floats(&s, n) + line(n * s.w)) * sizeof(float);
}

size_t
pass_scratch_bytes(const struct model_conf *c, size_t n, bool keep)
{
	struct sizes s = sizes(c, keep);
	size_t floats = line(n * s.w) + line(n * s.f);

	if (keep)
		floats += line(n * s.w) + line(n * s.aw) + line(n * s.qw) +
			  line(n * s.qk) + line(n * s.post);
	return floats * sizeof(float);
}

/* Rows of the head's chunks. */
static size_t
chunk_rows(const struct model_conf *c, size_t targets)
{
	size_t rows = LOGITS / conf_outs(c) / 32 * 32;

	rows = rows < 32 ? 32 : rows;
	return rows < targets ? rows : targets;
}

static size_t
head_floats(const struct model_conf *c, size_t rows, size_t targets)
{
	return line(rows * conf_outs(c)) + 3 * line(rows * c->width) +
	       line(rows) + 2 * line(targets);
}

size_t
pass_head_bytes(const struct model_conf *c, size_t targets, bool grad)
{
	(void)grad;
	return head_floats(c, chunk_rows(c, targets), targets) * sizeof(float);
}

struct acts
pass_acts(const struct model *m, size_t l)
{
	const struct pass *p = &m->pass;
	struct sizes s = sizes(&m->c, p->keep);
	float *at = m->keep.p;
	struct acts a = { 0 };

	if (p->keep)
		at += l * layer_floats(&s, p->n);
	a.x = cut(&at, p->n * s.w);
	a.qkv = cut(&at, p->n * s.qw);
	a.att = cut(&at, p->n * s.aw);
	a.lse = cut(&at, p->n * s.heads);
	a.x2 = cut(&at, p->n * s.w);
	a.gu = cut(&at, p->n * 2 * s.f);
	a.rstd1 = cut(&at, p->n);
	a.rstd2 = cut(&at, p->n);
	a.qk = a.qkv;
	a.ldqk = s.qw;
	if (s.qk) {
		a.qk = cut(&at, p->n * s.qk);
		a.ldqk = s.qk;
		a.rstdq = cut(&at, p->n * s.norms);
		a.rstdk = a.rstdq + p->n * s.heads;
	}
	if (s.post) {
		a.out1 = cut(&at, p->n * s.post);
		a.out2 = cut(&at, p->n * s.post);
		a.rstdpost1 = cut(&at, p->n);
		a.rstdpost2 = cut(&at, p->n);
	}
	a.next = at;
	if (!p->keep)
		a.x2 = a.next = a.x;
	return a;
}

struct scratch
pass_scratch(const struct model *m)
{
	struct sizes z = sizes(&m->c, m->pass.keep);
	float *at = m->scratch.p;
	size_t n = m->pass.n;
	struct scratch s = { 0 };

	s.h = cut(&at, n * z.w);
	s.act = cut(&at, n * z.f);
	if (m->pass.keep) {
		s.dx = cut(&at, n * z.w);
		s.datt = cut(&at, n * z.aw);
		s.dqkv = cut(&at, n * z.qw);
		s.dqk = z.qk ? cut(&at, n * z.qk) : s.dqkv;
		s.dout = z.post ? cut(&at, n * z.post) : s.dx;
	}
	return s;
}

/* The rotary tables reach position n - 1. */
static void
reach(struct model *m, size_t n)
{
	const struct rope_conf *rope[] = { &m->c.rope, &m->c.rope_local };
	size_t old = m->positions, row = m->c.head_dim;
	size_t to = old ? old : POSITIONS;
	float *host;

	if (n <= old)
		return;
	while (to < n)
		to *= 2;
	host = need_alloc(to * row * sizeof *host);
	for (int i = 0; i < 2; i++) {
		if (!m->frequency[i])
			continue;
		rope_table(rope[i], row, m->frequency[i], 0, to, host);
		if (m->cs[i])
			m->o->give(m->d, m->cs[i]);
		m->cs[i] = m->o->take(m->d, to * row * sizeof *host);
		m->o->put(m->d, m->cs[i], host, to * row * sizeof *host);
	}
	m->positions = to;
	free(host);
}

/* Index arrays, gathered on the host and sent as one piece. */
struct ints {
	int32_t *host;
	size_t n;
};

static int32_t *
ints_add(struct ints *i, size_t n, const int32_t *from)
{
	int32_t *to = i->host + i->n;

	if (from && n)
		memcpy(to, from, n * sizeof *to);
	i->n += n;
	return to;
}

static const int32_t *
ints_at(const struct model *m, const struct ints *i, const int32_t *p)
{
	return (const int32_t *)m->ints.p + (p - i->host);
}

static void
ints_send(struct model *m, struct ints *i)
{
	size_t bytes = i->n * sizeof *i->host;

	room_take(m, &m->ints, bytes);
	m->o->put(m->d, m->ints.p, i->host, bytes);
}

static void
make_room(struct model *m)
{
	const struct pass *p = &m->pass;

	room_take(m, &m->keep, pass_keep_bytes(&m->c, p->n, p->keep));
	room_take(m, &m->scratch, pass_scratch_bytes(&m->c, p->n, p->keep));
}

/* Positions from the segments' starts; returns the longest segment. */
static size_t
positions(const struct model_run *run, int32_t *pos)
{
	size_t longest = 0;

	for (size_t s = 0; s < run->segs; s++) {
		size_t n = (size_t)(run->cu[s + 1] - run->cu[s]);

		for (size_t i = 0; i < n; i++)
			*pos++ = (int32_t)i;
		longest = n > longest ? n : longest;
	}
	return longest;
}

void
pass_flat(struct model *m, const struct model_run *run, bool keep)
{
	struct pass *p = &m->pass;
	struct ints i = { need_alloc(
			      (2 * run->n + run->segs + 1 + 2 * run->targets) *
			      sizeof(int32_t)),
		0 };
	int32_t *id = ints_add(&i, run->n, run->id);
	int32_t *pos = ints_add(&i, run->n, NULL);
	int32_t *cu = ints_add(&i, run->segs + 1, run->cu);
	int32_t *row = ints_add(&i, run->targets, NULL);
	int32_t *target = ints_add(&i, run->targets, NULL);

	for (size_t t = 0; t < run->targets; t++) {
		assert(run->at[t] > 0 && (size_t)run->at[t] < run->n);
		row[t] = run->at[t] - 1;
		target[t] = run->id[run->at[t]];
	}
	*p = (struct pass){ .n = run->n,
		.segs = run->segs,
		.targets = run->targets,
		.keep = keep };
	p->longest = positions(run, pos);
	ints_send(m, &i);
	p->id = ints_at(m, &i, id);
	p->pos = ints_at(m, &i, pos);
	p->cu = ints_at(m, &i, cu);
	p->row = ints_at(m, &i, row);
	p->target = ints_at(m, &i, target);
	free(i.host);
	reach(m, p->longest);
	make_room(m);
}

static void
pass_cached(struct model *m, struct kv *kv, const struct model_rows *r)
{
	struct pass *p = &m->pass;
	struct ints i = { need_alloc((5 * r->n + r->pages + r->wants) *
				     sizeof(int32_t)),
		0 };
	int32_t *id = ints_add(&i, r->n, r->id);
	int32_t *pos = ints_add(&i, r->n, r->pos);
	int32_t *slot = ints_add(&i, r->n, r->slot);
	int32_t *first = ints_add(&i, r->n, r->first);
	int32_t *len = ints_add(&i, r->n, NULL);
	int32_t *page = ints_add(&i, r->pages, r->page);
	int32_t *want = ints_add(&i, r->wants, r->want);

	*p = (struct pass){
		.n = r->n, .targets = r->wants, .cached = r, .kv = kv
	};
	for (size_t k = 0; k < r->n; k++) {
		len[k] = r->pos[k] + 1;
		if ((size_t)len[k] > p->longest)
			p->longest = (size_t)len[k];
	}
	ints_send(m, &i);
	p->id = ints_at(m, &i, id);
	p->pos = ints_at(m, &i, pos);
	p->slot = ints_at(m, &i, slot);
	p->first = ints_at(m, &i, first);
	p->len = ints_at(m, &i, len);
	p->page = ints_at(m, &i, page);
	p->row = ints_at(m, &i, want);
	free(i.host);
	reach(m, p->longest);
	make_room(m);
}

/* Scores are scaled by 1 / sqrt(query), rounded once. */
static float
attention_scale(const struct model *m)
{
	return (float)(1 / __builtin_sqrt(m->c.query));
}

float
pass_plus(const struct model *m)
{
	return m->c.family->plus_one ? 1 : 0;
}

float
pass_scale(const struct model *m)
{
	return m->c.family->scaled ? (float)__builtin_sqrt((double)m->w) : 1;
}

enum act
pass_act(const struct model *m)
{
	return m->c.family->gelu ? ACT_GELU : ACT_SILU;
}

struct op_attn
pass_attn(const struct model *m, size_t l, const struct acts *a)
{
	const struct pass *p = &m->pass;
	size_t dim = m->c.head_dim;

	return (struct op_attn){ .out = a->att,
		.lse = p->keep ? a->lse : NULL,
		.q = a->qk,
		.k = a->qk + m->aw,
		.v = a->qkv + m->aw + m->c.kv_heads * dim,
		.ldout = m->aw,
		.ldq = a->ldqk,
		.ldk = a->ldqk,
		.ldv = m->qw,
		.n = p->n,
		.cu = p->cu,
		.segs = p->segs,
		.longest = p->longest,
		.heads = m->c.heads,
		.kv_heads = m->c.kv_heads,
		.dim = dim,
		.window = conf_is_local(&m->c, l) ? m->c.window : 0,
		.scale = attention_scale(m) };
}

static void
attend_cached(struct model *m, size_t l, const struct acts *a)
{
	const struct pass *p = &m->pass;
	const struct op_attn f = pass_attn(m, l, a);

	m->o->kv_put(m->d, &(struct op_kv_put){ p->kv, l, f.k, f.v, f.ldk,
			       f.ldv, p->n, p->slot });
	m->o->kv_attn(m->d, &(struct op_kv_attn){ .out = f.out,
				.q = f.q,
				.ldout = f.ldout,
				.ldq = f.ldq,
				.n = p->n,
				.kv = p->kv,
				.layer = l,
				.page = p->page,
				.first = p->first,
				.len = p->len,
				.longest = p->longest,
				.heads = f.heads,
				.window = f.window,
				.scale = f.scale });
}

void
pass_norm(struct model *m, float *out, const float *x, const float *gain,
    float *rstd, size_t n)
{
	m->o->rmsnorm(m->d, &(struct op_rmsnorm){ out, x, gain, rstd, n, m->w,
				(float)m->c.eps, pass_plus(m) });
}

void
pass_rope(struct model *m, size_t l, float *x, size_t ld, bool inverse)
{
	const float *cs = m->cs[conf_is_local(&m->c, l) && m->cs[1]];

	m->o->rope(
	    m->d, &(struct op_rope){ x, ld, m->pass.pos, cs, m->pass.n,
		      m->c.heads + m->c.kv_heads, m->c.head_dim, inverse });
}

/* Heads of q and k from qkv to qk, each through its norm. */
static void
head_norms(struct model *m, size_t l, const struct acts *a)
{
	size_t n = m->pass.n, dim = m->c.head_dim;
	struct op_rmsnorm q = { .out = a->qk,
		.x = a->qkv,
		.gain = layer_vec(m, l, VEC_QNORM),
		.rstd = a->rstdq,
		.rows = n * m->c.heads,
		.cols = dim,
		.eps = (float)m->c.eps,
		.plus = pass_plus(m),
		.heads = m->c.heads,
		.ldx = m->qw,
		.ldout = a->ldqk };
	struct op_rmsnorm k = q;

	k.out += m->aw;
	k.x += m->aw;
	k.gain = layer_vec(m, l, VEC_KNORM);
	k.rstd = a->rstdk;
	k.rows = n * m->c.kv_heads;
	k.heads = m->c.kv_heads;
	m->o->rmsnorm(m->d, &q);
	m->o->rmsnorm(m->d, &k);
}

/* What attention or MLP adds to the stream. */
struct branch {
	float *to;      /* x + W y + bias, normed before it is added where */
	const float *x; /* post is set; may be to */
	const float *y;
	const struct mat *w;
	const float *bias;
	const float *post;
	float *out, *rstd; /* with post: W y + bias; of its norm */
};

static void
residual(struct model *m, const struct branch *b, float *scratch)
{
	size_t n = m->pass.n;

	if (b->to != b->x)
		m->o->copy(m->d, &(struct op_copy){ b->to, b->x, n * m->w });
	m->o->linear(m->d, &(struct op_linear){ b->post ? b->out : b->to, b->y,
			       b->w, b->bias, n, !b->post });
	if (!b->post)
		return;
	pass_norm(m, scratch, b->out, b->post, b->rstd, n);
	m->o->axpy(m->d, &(struct op_axpy){ b->to, scratch, n * m->w, 1 });
}

static void
attention(struct model *m, size_t l, const struct acts *a)
{
	const struct pass *p = &m->pass;
	struct op_attn attn = pass_attn(m, l, a);

	if (m->c.family->head_norms)
		head_norms(m, l, a);
	pass_rope(m, l, a->qk, a->ldqk, false);
	if (p->cached)
		attend_cached(m, l, a);
	else
		m->o->attn(m->d, &attn);
}

static void
layer(struct model *m, size_t l)
{
	const struct pass *p = &m->pass;
	struct acts a = pass_acts(m, l);
	struct scratch s = pass_scratch(m);
	struct branch att = { a.x2, a.x, a.att, layer_mat(m, l, MAT_O),
		layer_vec(m, l, VEC_O), layer_vec(m, l, VEC_POST1), a.out1,
		a.rstdpost1 };
	struct branch mlp = { a.next, a.x2, s.act, layer_mat(m, l, MAT_DOWN),
		layer_vec(m, l, VEC_DOWN), layer_vec(m, l, VEC_POST2), a.out2,
		a.rstdpost2 };

	pass_norm(m, s.h, a.x, layer_vec(m, l, VEC_NORM1),
	    p->keep ? a.rstd1 : NULL, p->n);
	m->o->linear(
	    m->d, &(struct op_linear){ a.qkv, s.h, layer_mat(m, l, MAT_QKV),
		      layer_vec(m, l, VEC_QKV), p->n, false });
	attention(m, l, &a);
	residual(m, &att, s.h);
	pass_norm(m, s.h, a.x2, layer_vec(m, l, VEC_NORM2),
	    p->keep ? a.rstd2 : NULL, p->n);
	m->o->linear(
	    m->d, &(struct op_linear){ a.gu, s.h, layer_mat(m, l, MAT_GU),
		      layer_vec(m, l, VEC_GU), p->n, false });
	m->o->glu(
	    m->d, &(struct op_glu){ s.act, a.gu, p->n, m->f, pass_act(m) });
	residual(m, &mlp, s.h);
}

void
pass_layers(struct model *m)
{
	struct acts a = pass_acts(m, 0);

	m->o->embed(m->d, &(struct op_embed){ a.x, m->mat[EMBED], m->pass.id,
			      m->pass.n, pass_scale(m) });
	for (size_t l = 0; l < m->c.layers; l++)
		layer(m, l);
}

/* What the last layer gave. */
static const float *
trunk(const struct model *m)
{
	return pass_acts(m, m->c.layers - 1).next;
}

/* Buffers of the head's chunks. */
struct head {
	float *x, *h, *dh, *rstd, *logits, *coef, *logp;
	size_t rows; /* of a chunk */
};

static struct head
head_room(struct model *m, size_t rows, size_t targets)
{
	float *at = room_take(
	    m, &m->head, head_floats(&m->c, rows, targets) * sizeof(float));
	struct head h;

	h.rows = rows;
	h.x = cut(&at, rows * m->w);
	h.h = cut(&at, rows * m->w);
	h.dh = cut(&at, rows * m->w);
	h.rstd = cut(&at, rows);
	h.logits = cut(&at, rows * conf_outs(&m->c));
	h.coef = cut(&at, targets);
	h.logp = cut(&at, targets);
	return h;
}

/* Rows row[n] of the trunk through the last norm and the head. */
static void
head_logits(struct model *m, const struct head *h, const int32_t *row, size_t n)
{
	m->o->gather(m->d, &(struct op_gather){ h->x, trunk(m), row, n, m->w });
	pass_norm(m, h->h, h->x, m->vec[FINAL_NORM], h->rstd, n);
	m->o->linear(m->d, &(struct op_linear){
			       h->logits, h->h, m->mat[HEAD], NULL, n, false });
}

/* The gradient of what head_logits did; logits hold their own. */
static void
head_grad(struct model *m, const struct head *h, const int32_t *row, size_t n,
    float *dx)
{
	float *grads = m->block[MODEL_GRADS];
	const struct model_tensor *last = &m->tensor[m->tensors - 1];
	const struct model_tensor *head = m->c.tied ? m->tensor : last;
	const struct model_tensor *gain = m->c.tied ? last : last - 1;

	m->o->linear_dw(m->d, &(struct op_linear_dw){ grads + head->at,
				  h->logits, h->h, n, m->c.vocab, m->w });
	m->o->linear_dx(m->d,
	    &(struct op_linear_dx){ h->h, h->logits, m->mat[HEAD], n, false });
	m->o->fill(m->d, &(struct op_fill){ h->dh, n * m->w, 0 });
	m->o->rmsnorm_grad(m->d,
	    &(struct op_rmsnorm_grad){ h->dh, grads + gain->at, h->h, h->x,
		m->vec[FINAL_NORM], h->rstd, n, m->w, pass_plus(m) });
	m->o->scatter(m->d,
	    &(struct op_scatter){ dx, h->dh, row, n, m->w, m->pass.n, 1 });
}

void
pass_head(struct model *m, const float *coef, float *dx, float *logp)
{
	const struct pass *p = &m->pass;
	struct head h = head_room(m, chunk_rows(&m->c, p->targets), p->targets);

	if (coef)
		m->o->put(m->d, h.coef, coef, p->targets * sizeof *coef);
	for (size_t t = 0; t < p->targets; t += h.rows) {
		size_t n = p->targets - t < h.rows ? p->targets - t : h.rows;

		head_logits(m, &h, p->row + t, n);
		m->o->logp(m->d,
		    &(struct op_logp){ h.logits, m->c.vocab, p->target + t,
			h.coef + t, h.logp + t, n, m->c.vocab, coef != NULL });
		if (coef)
			head_grad(m, &h, p->row + t, n, dx);
	}
	if (logp)
		m->o->get(m->d, logp, h.logp, p->targets * sizeof *logp);
}

void
model_infer(struct model *m, struct kv *kv, const struct model_rows *rows)
{
	struct head h;

	pass_cached(m, kv, rows);
	pass_layers(m);
	h = head_room(m, rows->wants, rows->wants);
	head_logits(m, &h, m->pass.row, rows->wants);
	m->wants = rows->wants;
}

void
model_logits(struct model *m, float *out)
{
	struct head h = head_room(m, m->wants, m->wants);

	m->o->get(m->d, out, h.logits, m->wants * m->c.vocab * sizeof *out);
	m->o->sync(m->d);
}

void
model_logits_logp(struct model *m, const int32_t *target, float *logp)
{
	struct head h = head_room(m, m->wants, m->wants);
	int32_t *at = room_take(m, &m->logits, m->wants * sizeof *target);

	m->o->put(m->d, at, target, m->wants * sizeof *target);
	m->o->logp(m->d, &(struct op_logp){ h.logits, m->c.vocab, at, NULL,
			     h.logp, m->wants, m->c.vocab, false });
	m->o->get(m->d, logp, h.logp, m->wants * sizeof *logp);
	m->o->sync(m->d);
}

void
model_logps(struct model *m, const struct model_run *run, float *logp)
{
	pass_flat(m, run, false);
	pass_layers(m);
	pass_head(m, NULL, NULL, logp);
	m->o->sync(m->d);
}

/* The head over rows of a flat run; they are host memory. */
static struct head
flat_head(struct model *m, const struct model_run *run, const int32_t *row,
    size_t rows)
{
	struct model_run all = *run;
	struct head h;

	all.targets = 0;
	pass_flat(m, &all, false);
	pass_layers(m);
	h = head_room(m, rows, rows);
	room_take(m, &m->logits, rows * sizeof *row);
	m->o->put(m->d, m->logits.p, row, rows * sizeof *row);
	head_logits(m, &h, m->logits.p, rows);
	return h;
}

void
model_flat_logits(
    struct model *m, const struct model_run *run, float *logits, float *hidden)
{
	int32_t *row = need_alloc((run->n + 1) * sizeof *row);
	struct head h;

	for (size_t i = 0; i < run->n; i++)
		row[i] = (int32_t)i;
	h = flat_head(m, run, row, run->n);
	m->o->get(m->d, logits, h.logits, run->n * m->c.vocab * sizeof *logits);
	if (hidden)
		m->o->get(m->d, hidden, h.h, run->n * m->w * sizeof *hidden);
	m->o->sync(m->d);
	free(row);
}

void
model_flat_scores(struct model *m, const struct model_run *run, float *out)
{
	int32_t *row = need_alloc((run->segs + 1) * sizeof *row);
	struct head h;

	assert(m->c.labels);
	for (size_t i = 0; i < run->segs; i++)
		row[i] = run->cu[i + 1] - 1;
	h = flat_head(m, run, row, run->segs);
	m->o->get(m->d, out, h.logits, run->segs * m->c.labels * sizeof *out);
	m->o->sync(m->d);
	free(row);
}
