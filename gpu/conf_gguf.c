#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gpu/conf_in.h"

/* GGUF metadata: keys under the architecture's name. */
struct meta {
	const struct hub *h;
	const char *arch;
	struct err *e;
};

static const char *
meta_key(const struct meta *m, const char *key, char full[96])
{
	snprintf(full, 96, "%s.%s", m->arch, key);
	return full;
}

static bool
meta_has(const struct meta *m, const char *key)
{
	char k[96];

	return gguf_has(m->h->gguf, meta_key(m, key, k));
}

static bool
meta_count(const struct meta *m, const char *key, int64_t most, size_t *to)
{
	char k[96];
	int64_t n;

	if (!gguf_int(m->h->gguf, meta_key(m, key, k), &n) || n < 1 || n > most)
		return conf_wrong(m->e, m->h, k);
	*to = (size_t)n;
	return true;
}

/* A float32 as the decimal that was meant: 1e-05, not 9.99999974e-06. */
static double
meant(double x)
{
	char s[32];
	double r = x;

	num_parse((struct str){ s, num_float(s, (float)x) }, &r);
	return r;
}

/* Above zero; kept where the key is absent. */
static bool
meta_real(const struct meta *m, const char *key, double *to)
{
	char k[96];
	double x;

	if (!gguf_has(m->h->gguf, meta_key(m, key, k)))
		return true;
	if (!gguf_real(m->h->gguf, k, &x) || !isfinite(x) || !(x > 0))
		return conf_wrong(m->e, m->h, k);
	*to = meant(x);
	return true;
}

static bool
meta_table(const struct meta *m, struct rope_conf *r, size_t head_dim)
{
	const struct gguf_tensor *t =
	    gguf_find(m->h->gguf, "rope_freqs.weight");

	if (!t)
		return true;
	if (r->kind != ROPE_PLAIN || t->type != GGUF_F32 || head_dim % 2 ||
	    head_dim / 2 > ROPE_PAIRS || t->bytes != 4 * (head_dim / 2))
		return conf_wrong(m->e, m->h, "rope_freqs.weight");
	r->kind = ROPE_TABLE;
	memcpy(r->divide, t->data, t->bytes);
	for (size_t i = 0; i < head_dim / 2; i++)
		if (!(r->divide[i] > 0) || !isfinite(r->divide[i]))
			return conf_wrong(m->e, m->h, "rope_freqs.weight");
	return true;
}

static bool
meta_rope(const struct meta *m, struct rope_conf *r, const struct model_conf *c)
{
	struct str type;
	double factor = 0, attn = 1;
	char k[96];

	*r = (struct rope_conf){ .theta = c->family->theta, .attention = 1 };
	type = gguf_str(m->h->gguf, meta_key(m, "rope.scaling.type", k));
	if (!meta_real(m, "rope.freq_base", &r->theta) ||
	    !meta_real(m, "rope.scale_linear", &factor) ||
	    !meta_real(m, "rope.scaling.factor", &factor))
		return false;
	if (type.s && str_eq(type, "yarn")) {
		*r = (struct rope_conf){ .kind = ROPE_YARN,
			.theta = r->theta,
			.factor = factor,
			.original = (double)c->context,
			.beta_fast = 32,
			.beta_slow = 1,
			.truncate = true };
		if (!meta_real(m, "rope.scaling.original_context_length",
			&r->original) ||
		    !meta_real(m, "rope.scaling.attn_factor", &attn) ||
		    !meta_real(
			m, "rope.scaling.yarn_beta_fast", &r->beta_fast) ||
		    !meta_real(m, "rope.scaling.yarn_beta_slow", &r->beta_slow))
			return false;
		if (!factor)
			return conf_wrong(m->e, m->h, "rope.scaling.factor");
		r->attention = attn * conf_yarn_scale(factor, 1);
	} else if (!type.s || str_eq(type, "linear")) {
		if (factor && factor != 1) {
			r->kind = ROPE_LINEAR;
			r->factor = factor;
		}
	} else if (!str_eq(type, "none")) {
		snprintf(k, sizeof k, "%.*s", (int)(type.n & 63), type.s);
		return conf_not_yet(m->e, m->h, "RoPE scaling", k);
	}
	return meta_table(m, r, c->head_dim);
}

static bool
meta_shape(const struct meta *m, struct model_conf *c)
{
	size_t dim, words;

	if (!meta_count(m, "block_count", CONF_MOST, &c->layers) ||
	    !meta_count(m, "embedding_length", CONF_MOST, &c->width) ||
	    !meta_count(m, "feed_forward_length", CONF_MOST, &c->ffn) ||
	    !meta_count(m, "attention.head_count", CONF_MOST, &c->heads) ||
	    !meta_count(m, "context_length", INT32_MAX, &c->context))
		return false;
	c->kv_heads = c->heads;
	if (meta_has(m, "attention.head_count_kv") &&
	    !meta_count(m, "attention.head_count_kv", CONF_MOST, &c->kv_heads))
		return false;
	c->head_dim = c->width / c->heads;
	if (meta_has(m, "attention.key_length") &&
	    !meta_count(m, "attention.key_length", CONF_MOST, &c->head_dim))
		return false;
	dim = c->head_dim;
	if (meta_has(m, "attention.value_length") &&
	    !meta_count(m, "attention.value_length", CONF_MOST, &dim))
		return false;
	if (dim != c->head_dim)
		return conf_not_yet(m->e, m->h, "values unlike keys in",
		    "attention.value_length");
	if (meta_has(m, "rope.dimension_count") &&
	    !meta_count(m, "rope.dimension_count", CONF_MOST, &dim))
		return false;
	if (dim != c->head_dim)
		return conf_not_yet(m->e, m->h, "RoPE over part of a head in",
		    "rope.dimension_count");
	words = gguf_count(m->h->gguf, "tokenizer.ggml.tokens");
	if (words && words <= INT32_MAX) {
		c->vocab = words;
		return true;
	}
	return meta_count(m, "vocab_size", INT32_MAX, &c->vocab);
}

/* Keys with which a file says what the engine has not. */
static bool
refuse(const struct meta *m)
{
	static const char *const keys[] = { "expert_count",
		"attn_logit_softcapping", "final_logit_softcapping" };
	char k[96];
	double x = 0;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (gguf_real(m->h->gguf, meta_key(m, keys[i], k), &x) && x > 0)
			return conf_not_yet(m->e, m->h, "a model with", k);
	return true;
}

/* Gemma 3's files do not tell the pattern, nor what is the same in all: every
 * sixth layer sees all. */
static bool
meta_windows(const struct meta *m, struct model_conf *c)
{
	size_t every = 6;
	int64_t n = 0;
	char k[96];

	if (!gguf_int(
		m->h->gguf, meta_key(m, "attention.sliding_window", k), &n) ||
	    !n)
		return true;
	if (c->family->windows != WINDOW_MOST)
		return conf_not_yet(m->e, m->h, "attention with", k);
	if (!meta_count(m, "attention.sliding_window", INT32_MAX, &c->window))
		return false;
	if (meta_has(m, "attention.sliding_window_pattern") &&
	    !meta_count(
		m, "attention.sliding_window_pattern", CONF_MOST, &every))
		return false;
	if (c->layers > WINDOW_LAYERS)
		return conf_wrong(m->e, m->h, "block_count");
	for (size_t l = 0; l < c->layers; l++)
		if ((l + 1) % every)
			conf_set_local(c, l);
	return true;
}

/* Local layers: another base, no scaling. Gemma 3 of 27 billion, which has 62
 * layers, scales scores by the width of a head of width / heads. */
static bool
meta_local(const struct meta *m, struct model_conf *c)
{
	c->rope_local = c->rope;
	if (c->family->local_theta > 0) {
		c->rope_local =
		    (struct rope_conf){ .theta = c->family->local_theta,
			    .attention = 1 };
		if (!meta_real(m, "rope.freq_base_swa", &c->rope_local.theta))
			return false;
	}
	if (c->family->windows == WINDOW_MOST && c->layers == 62)
		c->query = (double)c->width / (double)c->heads;
	return true;
}

bool
conf_gguf(struct model_conf *c, const struct hub *h, struct err *e)
{
	struct str arch = gguf_str(h->gguf, "general.architecture");
	char name[32];
	struct meta m = { h, name, e };

	if (!arch.n || arch.n >= sizeof name)
		return conf_wrong(e, h, "general.architecture");
	memcpy(name, arch.s, arch.n);
	name[arch.n] = '\0';
	c->family = conf_family_gguf(name);
	if (!c->family)
		return conf_not_yet(e, h, "architecture", name);
	if (!refuse(&m) || !meta_shape(&m, c) || !meta_windows(&m, c) ||
	    !meta_rope(&m, &c->rope, c) || !meta_local(&m, c) ||
	    !meta_real(&m, "attention.layer_norm_rms_epsilon", &c->eps))
		return false;
	if (!(c->eps > 0))
		return conf_wrong(e, h, "attention.layer_norm_rms_epsilon");
	c->tied = !gguf_find(h->gguf, "output.weight");
	c->qkv_bias = gguf_find(h->gguf, "blk.0.attn_q.bias");
	c->o_bias = gguf_find(h->gguf, "blk.0.attn_output.bias");
	c->mlp_bias = gguf_find(h->gguf, "blk.0.ffn_up.bias");
	return true;
}
