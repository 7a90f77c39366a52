/* The table of a model's tensors: order, names, shapes, decay. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gpu/engine.h"

enum size { ONE, WIDTH, FFN, VOCAB, LABELS, QUERIES, KEYS, HEAD_DIM };

static bool
always(const struct model_conf *c)
{
	(void)c;
	return true;
}

static bool
untied(const struct model_conf *c)
{
	return !c->tied && !c->labels;
}

static bool
scored(const struct model_conf *c)
{
	return c->labels;
}

static bool
qkv_bias(const struct model_conf *c)
{
	return c->qkv_bias;
}

static bool
o_bias(const struct model_conf *c)
{
	return c->o_bias;
}

static bool
mlp_bias(const struct model_conf *c)
{
	return c->mlp_bias;
}

static bool
head_norms(const struct model_conf *c)
{
	return c->family->head_norms;
}

static bool
post_norms(const struct model_conf *c)
{
	return c->family->post_norms;
}

static bool
no_post_norms(const struct model_conf *c)
{
	return !c->family->post_norms;
}

/* In file order. Neighbours with one part lie side by side in the blocks and
 * make one fused matrix or bias, so their order is part of the layout. */
static const struct row {
	const char *name; /* below model.layers.N. where layer is set */
	enum size rows, cols;
	bool layer, vector, decay;
	int part;
	bool (*has)(const struct model_conf *);
} table[] = {
	/* clang-format off */
	{ "model.embed_tokens.weight", VOCAB, WIDTH, false, false, true, EMBED, always },
	{ "input_layernorm.weight", ONE, WIDTH, true, true, false, VEC_NORM1, always },
	{ "self_attn.q_proj.weight", QUERIES, WIDTH, true, false, true, MAT_QKV, always },
	{ "self_attn.k_proj.weight", KEYS, WIDTH, true, false, true, MAT_QKV, always },
	{ "self_attn.v_proj.weight", KEYS, WIDTH, true, false, true, MAT_QKV, always },
	{ "self_attn.q_proj.bias", ONE, QUERIES, true, true, false, VEC_QKV, qkv_bias },
	{ "self_attn.k_proj.bias", ONE, KEYS, true, true, false, VEC_QKV, qkv_bias },
	{ "self_attn.v_proj.bias", ONE, KEYS, true, true, false, VEC_QKV, qkv_bias },
	{ "self_attn.q_norm.weight", ONE, HEAD_DIM, true, true, false, VEC_QNORM, head_norms },
	{ "self_attn.k_norm.weight", ONE, HEAD_DIM, true, true, false, VEC_KNORM, head_norms },
	{ "self_attn.o_proj.weight", WIDTH, QUERIES, true, false, true, MAT_O, always },
	{ "self_attn.o_proj.bias", ONE, WIDTH, true, true, false, VEC_O, o_bias },
	{ "post_attention_layernorm.weight", ONE, WIDTH, true, true, false, VEC_POST1, post_norms },
	{ "post_attention_layernorm.weight", ONE, WIDTH, true, true, false, VEC_NORM2, no_post_norms },
	{ "pre_feedforward_layernorm.weight", ONE, WIDTH, true, true, false, VEC_NORM2, post_norms },
	{ "mlp.gate_proj.weight", FFN, WIDTH, true, false, true, MAT_GU, always },
	{ "mlp.up_proj.weight", FFN, WIDTH, true, false, true, MAT_GU, always },
	{ "mlp.gate_proj.bias", ONE, FFN, true, true, false, VEC_GU, mlp_bias },
	{ "mlp.up_proj.bias", ONE, FFN, true, true, false, VEC_GU, mlp_bias },
	{ "mlp.down_proj.weight", WIDTH, FFN, true, false, true, MAT_DOWN, always },
	{ "mlp.down_proj.bias", ONE, WIDTH, true, true, false, VEC_DOWN, mlp_bias },
	{ "post_feedforward_layernorm.weight", ONE, WIDTH, true, true, false, VEC_POST2, post_norms },
	{ "model.norm.weight", ONE, WIDTH, false, true, false, FINAL_NORM, always },
	{ "lm_head.weight", VOCAB, WIDTH, false, false, true, HEAD, untied },
	{ "score.weight", LABELS, WIDTH, false, false, true, HEAD, scored },
	/* clang-format on */
};
enum { ROWS = sizeof table / sizeof *table };

static size_t
size_of(const struct model_conf *c, enum size s)
{
	switch (s) {
	case ONE:
		return 1;
	case WIDTH:
		return c->width;
	case FFN:
		return c->ffn;
	case VOCAB:
		return c->vocab;
	case LABELS:
		return c->labels;
	case QUERIES:
		return c->heads * c->head_dim;
	case KEYS:
		return c->kv_heads * c->head_dim;
	case HEAD_DIM:
		return c->head_dim;
	}
	return 0;
}

static size_t
part_of(const struct row *r, size_t layer)
{
	if (!r->layer)
		return (size_t)r->part;
	return r->vector ? vec_index(layer, (enum vec_part)r->part)
			 : MATS_OUTSIDE + layer * LAYER_MATS + (size_t)r->part;
}

struct list {
	struct model_tensor *t;
	size_t n, params;
};

static void
add(struct list *list, const struct model_conf *c, const struct row *r,
    size_t layer)
{
	struct model_tensor *t = &list->t[list->n];
	const struct model_tensor *last = list->n ? t - 1 : NULL;

	if (!r->has(c))
		return;
	*t = (struct model_tensor){ .rows = size_of(c, r->rows),
		.cols = size_of(c, r->cols),
		.vector = r->vector,
		.decay = r->decay,
		.at = list->params,
		.part = part_of(r, layer) };
	if (r->layer)
		snprintf(t->name, sizeof t->name, "model.layers.%zu.%s", layer,
		    r->name);
	else
		snprintf(t->name, sizeof t->name, "%s", r->name);
	if (last && last->vector == t->vector && last->part == t->part)
		t->row = last->row + last->rows;
	list->params += t->rows * t->cols;
	list->n++;
}

struct model_tensor *
tensors_list(const struct model_conf *c, size_t *n, size_t *params)
{
	struct list list = { need_zero(c->layers + 1,
				 ROWS * sizeof(struct model_tensor)),
		0, 0 };
	size_t i = 0, first;

	for (; i < ROWS && !table[i].layer; i++)
		add(&list, c, &table[i], 0);
	first = i;
	for (size_t l = 0; l < c->layers; l++)
		for (i = first; i < ROWS && table[i].layer; i++)
			add(&list, c, &table[i], l);
	for (; i < ROWS; i++)
		add(&list, c, &table[i], 0);
	*n = list.n;
	*params = list.params;
	return list.t;
}

void
tensors_mat(const struct model_conf *c, size_t part, size_t *rows, size_t *cols)
{
	*rows = 0;
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &table[i];

		if (r->vector || part_of(r, 0) != part || !r->has(c))
			continue;
		*rows += size_of(c, r->rows);
		*cols = size_of(c, r->cols);
	}
}
