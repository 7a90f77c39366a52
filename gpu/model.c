/* A model's memory: opened from files, planned, packed, copied. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gpu/engine.h"
#include "gpu/rope.h"

enum { TILE = 1 << 18 }; /* elements read from a file at a time */

static size_t
mats_count(const struct model_conf *c)
{
	return MATS_OUTSIDE + c->layers * LAYER_MATS;
}

static size_t
vecs_count(const struct model_conf *c)
{
	return VECS_OUTSIDE + c->layers * LAYER_VECS;
}

/* Which products a matrix takes part in. */
static int
mat_use(const struct model_conf *c, size_t part, bool train)
{
	bool looked_up_only = part == EMBED && !c->tied;

	return train && !looked_up_only ? MAT_X | MAT_DX : MAT_X;
}

static size_t
tile_rows(size_t cols)
{
	size_t rows = TILE / cols / 64 * 64;

	return rows ? rows : 64;
}

/* Rotary buffers, and the head of a tied model, say nothing new. */
static bool
spare(const struct model_conf *c, const char *name)
{
	size_t n = strlen(name);
	static const char tail[] = "rotary_emb.inv_freq";
	size_t k = sizeof tail - 1;

	return (n >= k && !strcmp(name + n - k, tail)) ||
	       (c->tied && !strcmp(name, "lm_head.weight"));
}

/* Every tensor of the family is there in its shape, and no other. */
static bool
check(const struct model *m, const struct weights *w, struct err *e)
{
	size_t i, j;

	for (i = 0; i < m->tensors; i++)
		if (!weights_need(w, m->tensor[i].name, m->tensor[i].rows,
			m->tensor[i].cols, e))
			return false;
	for (i = 0; i < weights_count(w); i++) {
		const char *name = weights_at(w, i)->name.s;

		for (j = 0; j < m->tensors; j++)
			if (!strcmp(name, m->tensor[j].name))
				break;
		if (j == m->tensors && !spare(&m->c, name))
			return err_set(e,
			    "tensor '%s' has no place in this architecture",
			    name);
	}
	return true;
}

/* How the matrix of these tensors is kept: the flags of mat_new. */
static int
mat_keep(const struct model *m, const struct model_how *how,
    const struct weights *w, size_t part)
{
	bool coded = true, bf16 = true, wide = false, small = false;

	if (m->train || how->dev.products != PRODUCTS_F32 ||
	    how->keep == KEEP_F32)
		return 0;
	if (how->keep == KEEP_INT8)
		return MAT_CODE8;
	for (size_t i = 0; i < m->tensors; i++) {
		struct quant_form f;

		if (m->tensor[i].vector || m->tensor[i].part != part)
			continue;
		f = weights_form(weights_find(w, m->tensor[i].name));
		bf16 &= f.bits == 16;
		coded &= f.bits == 4 || f.bits == 8;
		wide |= f.bits == 8;
		small |= f.block == 16;
	}
	if (bf16)
		return MAT_BF16;
	if (!coded || how->keep != KEEP_FILE)
		return 0;
	return (wide ? MAT_CODE8 : MAT_CODE4) | (small ? MAT_SHORT : 0);
}

static void
make_mats(struct model *m, const struct model_how *how, const struct weights *w)
{
	size_t rows, cols;

	m->mat = need_zero(mats_count(&m->c), sizeof *m->mat);
	m->kept = need_zero(mats_count(&m->c), sizeof *m->kept);
	for (size_t i = 0; i < mats_count(&m->c); i++) {
		if (i == HEAD && m->c.tied)
			continue;
		/* all layers are alike */
		tensors_mat(&m->c,
		    i < MATS_OUTSIDE
			? i
			: MATS_OUTSIDE + (i - MATS_OUTSIDE) % LAYER_MATS,
		    &rows, &cols);
		m->kept[i] = mat_keep(m, how, w, i);
		m->mat[i] = m->o->mat_new(
		    m->d, rows, cols, mat_use(&m->c, i, m->train) | m->kept[i]);
	}
	if (m->c.tied)
		m->mat[HEAD] = m->mat[EMBED];
}

/* Vectors stand in the masters when training, else in a block of their own. */
static void
make_vecs(struct model *m)
{
	size_t n = 0;
	float *at;

	m->vec = need_zero(vecs_count(&m->c), sizeof *m->vec);
	for (size_t i = 0; i < m->tensors; i++)
		n += m->tensor[i].vector ? m->tensor[i].cols : 0;
	if (!m->train)
		m->vectors = m->o->take(m->d, n * sizeof *m->vectors);
	at = m->vectors;
	for (size_t i = 0; i < m->tensors; i++) {
		const struct model_tensor *t = &m->tensor[i];

		if (!t->vector)
			continue;
		if (!m->vec[t->part])
			m->vec[t->part] = m->train ? m->block[0] + t->at : at;
		if (!m->train)
			at += t->cols;
	}
}

/* The tile of rows as codes: the file's own, or made of its numbers (int8). */
static void
load_codes(struct model *m, const struct weights *w,
    const struct model_tensor *t, size_t first, size_t n, float *host)
{
	const struct weight *from = weights_find(w, t->name);
	size_t block = m->kept[t->part] & MAT_SHORT ? 16 : 32;
	size_t blocks = (t->cols + block - 1) / block, all = n * t->cols;
	int8_t *code = need_alloc(all), *to;
	float *scale = need_alloc(2 * n * blocks * sizeof *scale), *at;
	float *min = scale + n * blocks;

	if (host) {
		weights_read(w, from, first, n, host);
		for (size_t r = 0; r < n; r++)
			quant_int8(host + r * t->cols, t->cols, block,
			    code + r * t->cols, scale + r * blocks,
			    min + r * blocks);
	} else {
		weights_codes(from, first, n, block, code, scale, min);
	}
	to = m->o->take(m->d, all);
	at = m->o->take(m->d, 2 * n * blocks * sizeof *at);
	m->o->put(m->d, to, code, all);
	m->o->put(m->d, at, scale, 2 * n * blocks * sizeof *at);
	m->o->mat_code(m->d, &(struct op_mat_code){ m->mat[t->part],
				 t->row + first, n, to, at, at + n * blocks });
	m->o->sync(m->d);
	m->o->give(m->d, to);
	m->o->give(m->d, at);
	free(code);
	free(scale);
}

/* One tensor from its file to where it lives, a tile of rows at a time. */
static void
load_tensor(struct model *m, const struct weights *w,
    const struct model_tensor *t, float *host, float *stage, float *vector)
{
	const struct weight *from = weights_find(w, t->name);
	size_t tile = tile_rows(t->cols);

	for (size_t r = 0; r < t->rows; r += tile) {
		size_t n = t->rows - r < tile ? t->rows - r : tile;
		size_t bytes = n * t->cols * sizeof *host;

		if (r)
			weights_passed(from, r - tile, tile);

		if (!t->vector && m->kept[t->part] & MAT_CODED) {
			load_codes(m, w, t, r, n,
			    m->keeping == KEEP_INT8 ? host : NULL);
			continue;
		}
		weights_read(w, from, r, n, host);
		if (m->train) {
			m->o->put(m->d, m->block[0] + t->at + r * t->cols, host,
			    bytes);
			continue;
		}
		if (t->vector) {
			m->o->put(m->d, vector, host, bytes);
			continue;
		}
		m->o->put(m->d, stage, host, bytes);
		m->o->mat_put(m->d, &(struct op_mat_put){ m->mat[t->part],
					t->row + r, n, stage });
	}
	weights_passed(from, 0, t->rows);
}

/* Is a matrix complete with tensor i? */
static bool
is_whole(const struct model *m, size_t i)
{
	const struct model_tensor *t = m->tensor + i;

	if (t->vector)
		return false;
	for (size_t j = i + 1; j < m->tensors; j++)
		if (!m->tensor[j].vector && m->tensor[j].part == t->part)
			return false;
	return true;
}

static void
load(struct model *m, const struct weights *w)
{
	size_t most = 0;
	float *host, *stage, *vector = m->vectors;

	for (size_t i = 0; i < m->tensors; i++) {
		const struct model_tensor *t = &m->tensor[i];
		size_t rows = tile_rows(t->cols);
		size_t n = (rows < t->rows ? rows : t->rows) * t->cols;

		most = n > most ? n : most;
	}
	host = need_alloc(most * sizeof *host);
	stage = m->o->take(m->d, most * sizeof *stage);
	for (size_t i = 0; i < m->tensors; i++) {
		load_tensor(m, w, &m->tensor[i], host, stage, vector);
		if (!m->train && is_whole(m, i))
			m->o->mat_pack(m->d,
			    &(struct op_mat_pack){ m->mat[m->tensor[i].part] });
		if (!m->train && m->tensor[i].vector)
			vector += m->tensor[i].cols;
	}
	m->o->sync(m->d);
	m->o->give(m->d, stage);
	free(host);
	if (m->train)
		model_repack(m);
}

static void
shape(struct model *m)
{
	m->w = m->c.width;
	m->f = m->c.ffn;
	m->aw = m->c.heads * m->c.head_dim;
	m->qw = m->aw + 2 * m->c.kv_heads * m->c.head_dim;
	m->tensor = tensors_list(&m->c, &m->tensors, &m->params);
	for (int i = 0; i < (m->c.window ? 2 : 1); i++) {
		m->frequency[i] =
		    need_zero(m->c.head_dim / 2, sizeof *m->frequency[i]);
		rope_frequencies(i ? &m->c.rope_local : &m->c.rope,
		    m->c.head_dim, m->frequency[i]);
	}
}

static bool
head_fits(
    const struct model_conf *c, const struct model_how *how, struct err *e)
{
	if (c->labels && !how->scores)
		return err_set(e, "it has a score head: it can judge, but not "
				  "write");
	if (!c->labels && how->scores)
		return err_set(e, "it has no score head");
	return true;
}

struct model *
model_open(const struct hub *hub, const struct model_how *how, struct err *e)
{
	struct model *m = need_zero(1, sizeof *m);
	struct weights *w = NULL;

	m->o = how->ops ? how->ops : &cpu_ops;
	m->train = how->train;
	if (!conf_read(&m->c, hub, e) || !head_fits(&m->c, how, e))
		goto bad;
	shape(m);
	w = weights_open(hub, e);
	if (!w || !check(m, w, e))
		goto bad;
	m->d = m->o->open(&how->dev, e);
	if (!m->d)
		goto bad;
	for (int i = 0; m->train && i < 4; i++)
		m->block[i] = m->o->take(m->d, m->params * sizeof *m->block[i]);
	m->keeping = how->keep;
	make_mats(m, how, w);
	make_vecs(m);
	load(m, w);
	weights_close(w);
	return m;
bad:
	if (w)
		weights_close(w);
	model_close(m);
	return NULL;
}

static void
close_device(struct model *m)
{
	struct room *rooms[] = { &m->ints, &m->keep, &m->scratch, &m->logits,
		&m->head, &m->sums };

	m->o->sync(m->d);
	for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
		m->o->give(m->d, rooms[i]->p);
	for (size_t i = 0; m->mat && i < mats_count(&m->c); i++)
		if (i != HEAD || !m->c.tied)
			m->o->mat_free(m->d, m->mat[i]);
	for (int i = 0; i < 4; i++)
		m->o->give(m->d, m->block[i]);
	m->o->give(m->d, m->vectors);
	m->o->give(m->d, m->cs[0]);
	m->o->give(m->d, m->cs[1]);
	m->o->close(m->d);
}

void
model_close(struct model *m)
{
	if (!m)
		return;
	if (m->d)
		close_device(m);
	free(m->mat);
	free(m->kept);
	free(m->vec);
	free(m->tensor);
	free(m->frequency[0]);
	free(m->frequency[1]);
	free(m);
}

const struct model_conf *
model_conf(const struct model *m)
{
	return &m->c;
}

const char *
model_kernel(const struct model *m)
{
	return m->o->kernel(m->d);
}

const struct model_tensor *
model_tensors(const struct model *m, size_t *n)
{
	*n = m->tensors;
	return m->tensor;
}

size_t
model_params(const struct model *m)
{
	return m->params;
}

/* Neighbours with one part are one fused matrix in the masters too. */
void
model_repack(struct model *m)
{
	assert(m->train);
	for (size_t i = 0, next; i < m->tensors; i = next) {
		const struct model_tensor *t = &m->tensor[i];
		size_t rows = t->rows;

		for (next = i + 1; next < m->tensors; next++) {
			if (t->vector || m->tensor[next].vector ||
			    m->tensor[next].part != t->part)
				break;
			rows += m->tensor[next].rows;
		}
		if (!t->vector)
			m->o->mat_put(
			    m->d, &(struct op_mat_put){ m->mat[t->part], 0,
				      rows, m->block[MODEL_MASTERS] + t->at });
	}
}

void
model_get(
    struct model *m, enum model_block b, size_t first, size_t n, float *out)
{
	assert(m->train && first + n <= m->params);
	m->o->get(m->d, out, m->block[b] + first, n * sizeof *out);
	m->o->sync(m->d);
}

void
model_put(struct model *m, enum model_block b, size_t first, size_t n,
    const float *from)
{
	assert(m->train && first + n <= m->params);
	m->o->put(m->d, m->block[b] + first, from, n * sizeof *from);
}

struct kv *
model_kv_new(struct model *m, size_t pages)
{
	return m->o->kv_new(
	    m->d, m->c.layers, m->c.kv_heads, m->c.head_dim, pages);
}

void
model_kv_free(struct model *m, struct kv *kv)
{
	m->o->kv_free(m->d, kv);
}

size_t
model_kv_bytes(const struct model *m, size_t pages)
{
	return m->o->kv_bytes(
	    m->d, m->c.layers, m->c.kv_heads, m->c.head_dim, pages);
}

void
model_kv_copy(
    struct model *m, struct kv *kv, size_t to, size_t from, size_t tokens)
{
	m->o->kv_copy(m->d, &(struct op_kv_copy){ kv, to, from, tokens });
}

/* Multiply-adds count as two. Scores and values: 2 * 2 * heads * head_dim a
 * pair and layer. */
static void
plan_flops(struct model_plan *p, const struct model_conf *c)
{
	double w = (double)c->width, aw = (double)(c->heads * c->head_dim);
	double kw = (double)(c->kv_heads * c->head_dim);
	double layer = w * (aw + 2 * kw) + aw * w + 3 * w * (double)c->ffn;

	p->flops = 2 * (double)c->layers * layer;
	p->flops_head = 2 * w * (double)conf_outs(c);
	p->flops_pair = 4 * aw * (double)c->layers;
}

bool
model_plan(struct model_plan *p, const struct model_conf *c,
    const struct model_how *how, struct err *e)
{
	const struct ops *o = how->ops ? how->ops : &cpu_ops;
	struct dev *d = o->open(&how->dev, e);
	struct model_tensor *t;
	size_t tensors, rows, cols;

	if (!d)
		return false;
	*p = (struct model_plan){ 0 };
	t = tensors_list(c, &tensors, &p->params);
	for (size_t i = 0; i < MATS_OUTSIDE + LAYER_MATS; i++) {
		if (i == HEAD && c->tied)
			continue;
		tensors_mat(c, i, &rows, &cols);
		p->packed +=
		    (i < MATS_OUTSIDE ? 1 : c->layers) *
		    o->mat_bytes(d, rows, cols, mat_use(c, i, how->train));
	}
	for (size_t i = 0; !how->train && i < tensors; i++)
		p->packed += t[i].vector ? t[i].cols * sizeof(float) : 0;
	if (how->train) {
		p->masters = p->grads = p->params * sizeof(float);
		p->moments = 2 * p->masters;
	}
	p->runs = pass_keep_bytes(c, how->micro, how->train) +
		  pass_scratch_bytes(c, how->micro, how->train) +
		  pass_head_bytes(c, how->micro, how->train);
	plan_flops(p, c);
	free(t);
	o->close(d);
	return true;
}

double
model_peak(struct model *m)
{
	enum { N = 256, ROWS = 512, COLS = 512, TIMES = 4 };
	struct mat *w = m->o->mat_new(m->d, ROWS, COLS, MAT_X);
	float *x = m->o->take(m->d, sizeof *x * N * COLS);
	float *y = m->o->take(m->d, sizeof *y * N * ROWS);
	double best = 0;

	for (int i = 0; i < TIMES; i++) {
		struct timespec a, b;
		double s;

		m->o->sync(m->d);
		clock_gettime(CLOCK_MONOTONIC, &a);
		m->o->linear(
		    m->d, &(struct op_linear){ y, x, w, NULL, N, false });
		m->o->sync(m->d);
		clock_gettime(CLOCK_MONOTONIC, &b);
		s = (double)(b.tv_sec - a.tv_sec) +
		    1e-9 * (double)(b.tv_nsec - a.tv_nsec);
		if (s > 0 && 2.0 * N * ROWS * COLS / s > best)
			best = 2.0 * N * ROWS * COLS / s;
	}
	m->o->give(m->d, x);
	m->o->give(m->d, y);
	m->o->mat_free(m->d, w);
	return best;
}
