#include "gpu/weights.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gpu/quant.h"
#include "gpu/safetensors.h"

struct weights {
	const struct hub *hub;
	struct safetensors *st; /* NULL for GGUF */
	struct weight *w;       /* by name */
	size_t n;
	struct arena mem;
};

/* GGUF names and Hugging Face's, without ".weight" and ".bias". In a block:
 * "blk.N." and "model.layers.N.". */
static const struct name {
	const char *gguf, *hf;
	bool block;
	enum { PLAIN, QUERY, KEY, NORM } rows; /* whose rows llama permutes */
	enum { ANY, POST, NO_POST } when;      /* the family has post_norms */
} names[] = {
	{ "token_embd", "model.embed_tokens", false, PLAIN },
	{ "output_norm", "model.norm", false, NORM },
	{ "output", "lm_head", false, PLAIN },
	{ "attn_norm", "input_layernorm", true, NORM },
	{ "post_attention_norm", "post_attention_layernorm", true, NORM, POST },
	{ "ffn_norm", "pre_feedforward_layernorm", true, NORM, POST },
	{ "ffn_norm", "post_attention_layernorm", true, NORM, NO_POST },
	{ "post_ffw_norm", "post_feedforward_layernorm", true, NORM, POST },
	{ "attn_q", "self_attn.q_proj", true, QUERY },
	{ "attn_k", "self_attn.k_proj", true, KEY },
	{ "attn_v", "self_attn.v_proj", true, PLAIN },
	{ "attn_q_norm", "self_attn.q_norm", true, NORM },
	{ "attn_k_norm", "self_attn.k_norm", true, NORM },
	{ "attn_output", "self_attn.o_proj", true, PLAIN },
	{ "ffn_gate", "mlp.gate_proj", true, PLAIN },
	{ "ffn_up", "mlp.up_proj", true, PLAIN },
	{ "ffn_down", "mlp.down_proj", true, PLAIN },
};

static bool
applies(const struct name *n, const struct model_conf *c)
{
	return n->when == ANY || (n->when == POST) == c->family->post_norms;
}

static int
name_order(const void *a, const void *b)
{
	const struct weight *x = a, *y = b;

	return strcmp(x->name.s, y->name.s);
}

/* [rows, cols] from the shape; an empty tensor has no rows. */
static void
set_shape(struct weight *w)
{
	w->cols = w->dims ? (size_t)w->dim[w->dims - 1] : 1;
	w->rows = 1;
	for (unsigned i = 0; i + 1 < w->dims; i++)
		w->rows *= (size_t)w->dim[i];
	if (!w->cols)
		w->rows = 0;
}

static bool
stored(const struct st_dtype *d, uint32_t *type)
{
	*type = d == st_f32 ? GGUF_F32 : d == st_f16 ? GGUF_F16 : GGUF_BF16;
	return d == st_f32 || d == st_f16 || d == st_bf16;
}

static bool
from_safetensors(struct weights *w, struct err *e)
{
	w->st = st_dir(w->hub->dir, e);
	if (!w->st)
		return false;
	w->n = w->st->n;
	w->w = need_zero(w->n, sizeof *w->w);
	for (size_t i = 0; i < w->n; i++) {
		const struct st_tensor *t = &w->st->tensor[i];
		struct weight *x = &w->w[i];

		*x = (struct weight){ .name = t->name,
			.dtype = t->dtype->name,
			.dims = t->dims,
			.data = t->data,
			.bytes = t->bytes };
		memcpy(x->dim, t->dim, sizeof x->dim);
		x->real = stored(t->dtype, &x->type);
		set_shape(x);
	}
	return true;
}

/* The table's row for a GGUF name, what follows its stem (".weight"), and
 * the block's number. */
static const struct name *
hf_name(const struct model_conf *c, struct str s, struct str *block,
    struct str *tail)
{
	bool in_block = s.n > 4 && !memcmp(s.s, "blk.", 4);
	const char *dot;

	*block = (struct str){ 0 };
	if (in_block) {
		s = (struct str){ s.s + 4, s.n - 4 };
		dot = memchr(s.s, '.', s.n);
		block->s = s.s;
		block->n = strspn(s.s, "0123456789");
		if (!dot || block->s + block->n != dot || !block->n)
			return NULL;
		s.n -= block->n + 1;
		s.s = dot + 1;
	}
	dot = memchr(s.s, '.', s.n);
	if (!dot)
		return NULL;
	*tail = (struct str){ dot, (size_t)(s.s + s.n - dot) };
	s.n -= tail->n;
	if (!str_eq(*tail, ".weight") && !str_eq(*tail, ".bias"))
		return NULL;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].block == in_block && str_eq(s, names[i].gguf) &&
		    applies(names + i, c))
			return &names[i];
	return NULL;
}

static bool
refuse(const struct weights *w, const struct gguf_tensor *t, struct err *e,
    const char *why)
{
	return err_set(e, "'%s': tensor '%.*s' %s", w->hub->file,
	    t->name.n < 100 ? (int)t->name.n : 100, t->name.s, why);
}

static bool
rename_tensor(struct weights *w, const struct model_conf *c,
    const struct gguf_tensor *t, struct weight *x, struct err *e)
{
	struct str block, tail = { 0 };
	const struct name *n = hf_name(c, t->name, &block, &tail);
	struct buf b = { 0 };
	size_t rows;

	if (!n)
		return refuse(w, t, e, "has no Hugging Face name");
	if (n->block)
		buf_printf(&b, "model.layers.%.*s.", (int)block.n, block.s);
	buf_puts(&b, n->hf);
	buf_str(&b, tail);
	x->name = (struct str){ arena_text(&w->mem, b.s, b.n), b.n };
	buf_done(&b);
	x->less = n->rows == NORM && c->family->plus_one ? 1 : 0;
	if (n->rows == PLAIN || n->rows == NORM || !c->family->permuted)
		return true;
	x->heads = n->rows == QUERY ? c->heads : c->kv_heads;
	rows = x->dims == 1 ? x->cols : x->rows;
	if (rows != x->heads * c->head_dim || x->dims > 2 ||
	    (x->dims == 1 && gguf_type_info(x->type)->items != 1))
		return refuse(w, t, e, "does not have a row per head's number");
	return true;
}

static bool
add_tensor(struct weights *w, const struct model_conf *c,
    const struct gguf_tensor *t, struct err *e)
{
	struct weight *x = &w->w[w->n];

	if (str_eq(t->name, "rope_freqs.weight")) /* gpu/conf.c reads it */
		return true;
	*x = (struct weight){ .dtype = gguf_type_info(t->type)->name,
		.real = quant_known(t->type),
		.dims = t->dims,
		.data = t->data,
		.bytes = t->bytes,
		.type = t->type };
	if (!x->real) {
		char why[64];

		snprintf(
		    why, sizeof why, "is %s, which is not there yet", x->dtype);
		return refuse(w, t, e, why);
	}
	for (unsigned i = 0; i < t->dims; i++)
		x->dim[i] = t->dim[t->dims - 1 - i];
	set_shape(x);
	if (!rename_tensor(w, c, t, x, e))
		return false;
	w->n++;
	return true;
}

static bool
from_gguf(struct weights *w, struct err *e)
{
	struct gguf *g = w->hub->gguf;
	size_t n = gguf_tensors(g);
	struct model_conf c;
	int64_t parts = 0;

	if (gguf_int(g, "split.count", &parts) && parts > 1)
		return err_set(e,
		    "'%s' is one of %lld parts: split GGUF files"
		    " are not there yet",
		    w->hub->file, (long long)parts);
	if (!conf_read(&c, w->hub, e))
		return false;
	w->w = need_zero(n, sizeof *w->w);
	for (size_t i = 0; i < n; i++)
		if (!add_tensor(w, &c, gguf_tensor(g, i), e))
			return false;
	qsort(w->w, w->n, sizeof *w->w, name_order);
	return true;
}

struct weights *
weights_open(const struct hub *h, struct err *e)
{
	struct weights *w = need_zero(1, sizeof *w);

	w->hub = h;
	if (h->gguf ? from_gguf(w, e) : from_safetensors(w, e))
		return w;
	weights_close(w);
	return NULL;
}

void
weights_close(struct weights *w)
{
	if (!w)
		return;
	st_close(w->st);
	free(w->w);
	arena_done(&w->mem);
	free(w);
}

size_t
weights_count(const struct weights *w)
{
	return w->n;
}

const struct weight *
weights_at(const struct weights *w, size_t i)
{
	return &w->w[i];
}

const struct weight *
weights_find(const struct weights *w, const char *name)
{
	struct weight want = { .name = str_of(name) };

	return bsearch(&want, w->w, w->n, sizeof *w->w, name_order);
}

const struct weight *
weights_need(const struct weights *w, const char *name, size_t rows,
    size_t cols, struct err *e)
{
	const struct weight *x = weights_find(w, name);

	if (!x)
		err_set(e, "model '%s': tensor '%s' is missing", w->hub->name,
		    name);
	else if (x->rows != rows || x->cols != cols)
		err_set(e,
		    "model '%s': tensor '%s' is [%zu, %zu], not"
		    " [%zu, %zu]",
		    w->hub->name, name, x->rows, x->cols, rows, cols);
	else if (!x->real)
		err_set(e,
		    "model '%s': tensor '%s' is %s, which is not there"
		    " yet",
		    w->hub->name, name, x->dtype);
	else
		return x;
	return NULL;
}

/*
 * Where row r of a head-wise tensor stands in a GGUF file. Its writers turn
 * each head's [2, half] rows into [half, 2], so that rotary pairs are
 * neighbours.
 */
static size_t
permuted(size_t r, size_t rows, size_t heads)
{
	size_t dim = rows / heads, half = dim / 2, at = r % dim;

	return r - at + at % half * 2 + at / half;
}

void
weights_read(const struct weights *w, const struct weight *x, size_t first,
    size_t n, float *out)
{
	const struct gguf_type_info *ti = gguf_type_info(x->type);
	size_t row = x->cols / ti->items * ti->bytes;

	(void)w;
	assert(x->real && first <= x->rows && n <= x->rows - first);
	if (!x->heads) {
		quant_read(x->type, x->data + first * row, n * x->cols, out);
		for (size_t i = 0; x->less != 0 && i < n * x->cols; i++)
			out[i] -= x->less;
		return;
	}
	if (x->dims == 1) {
		for (size_t i = 0; n && i < x->cols; i++)
			quant_read(x->type,
			    x->data +
				permuted(i, x->cols, x->heads) * ti->bytes,
			    1, out + i);
		return;
	}
	for (size_t i = 0; i < n; i++)
		quant_read(x->type,
		    x->data + permuted(first + i, x->rows, x->heads) * row,
		    x->cols, out + i * x->cols);
}

struct quant_form
weights_form(const struct weight *x)
{
	if (x->type == GGUF_BF16)
		return (struct quant_form){ 16, 1 };
	return quant_form(x->type);
}

void
weights_codes(const struct weight *x, size_t first, size_t n, size_t block,
    int8_t *code, float *scale, float *min)
{
	const struct gguf_type_info *ti = gguf_type_info(x->type);
	size_t row = x->cols / ti->items * ti->bytes;
	size_t blocks = x->cols / block;

	assert(x->dims == 2 && first <= x->rows && n <= x->rows - first);
	for (size_t i = 0; i < n; i++) {
		size_t r = first + i;

		if (x->heads)
			r = permuted(r, x->rows, x->heads);
		quant_codes(x->type, x->data + r * row, x->cols, block,
		    code + i * x->cols, scale + i * blocks, min + i * blocks);
	}
}

void
weights_passed(const struct weight *x, size_t first, size_t n)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	size_t row = x->rows ? x->bytes / x->rows : 0;
	uintptr_t from = (uintptr_t)x->data + first * row;
	uintptr_t to = from + n * row;

	if (x->heads) { /* its rows stand elsewhere: all go with the last */
		from = (uintptr_t)x->data;
		to = first + n == x->rows ? from + x->bytes : from;
	}
	from = (from + page - 1) / page * page;
	to = to / page * page;
	/* advice alone: where it fails, the pages stay */
	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}
