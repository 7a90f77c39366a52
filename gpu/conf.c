#include "gpu/conf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COUNT_MOST = 1 << 24 };

/* What a config.json calls the families. */
static const struct {
	const char *type;
	enum family family;
} models[] = {
	{ "llama", FAMILY_LLAMA },
	{ "mistral", FAMILY_LLAMA }, /* but for its window, which is refused */
	{ "qwen2", FAMILY_QWEN2 },
};

/* Names of what is known and not built. */
static bool
not_yet(struct err *e, const struct hub *h, const char *what, const char *name)
{
	return err_set(
	    e, "model '%s': %s '%s' is not there yet", h->name, what, name);
}

static bool
wrong(struct err *e, const struct hub *h, const char *key)
{
	return err_set(
	    e, "model '%s': %s is missing or out of range", h->name, key);
}

/* config.json: members of one object, null as absent. */
struct part {
	const struct hub *h;
	const struct json *v;
	struct err *e;
};

static const struct json *
member(const struct part *p, const char *key)
{
	const struct json *v = json_get(&p->h->config, p->v, key);

	return json_is(v, JSON_NULL) ? NULL : v;
}

static bool
count(const struct part *p, const char *key, int64_t most, size_t *to)
{
	int64_t n;

	if (!json_int(&p->h->config, member(p, key), &n) || n < 1 || n > most)
		return wrong(p->e, p->h, key);
	*to = (size_t)n;
	return true;
}

/* A number, which keeps its value where the key is absent. */
static bool
number(const struct part *p, const char *key, double *to)
{
	const struct json *v = member(p, key);

	if (v && (!json_real(&p->h->config, v, to) || !isfinite(*to)))
		return wrong(p->e, p->h, key);
	return true;
}

static bool
positive(const struct part *p, const char *key, double *to)
{
	return number(p, key, to) && (*to > 0 || wrong(p->e, p->h, key));
}

static bool
flag(const struct part *p, const char *key, bool *to)
{
	const struct json *v = member(p, key);

	if (!v)
		return true;
	*to = v->type == JSON_TRUE;
	return v->type == JSON_TRUE || v->type == JSON_FALSE ||
	       wrong(p->e, p->h, key);
}

/* A word, cut into to; what stands there is kept if the key is absent. */
static bool
word(const struct part *p, const char *key, char to[32])
{
	const struct json *v = member(p, key);
	struct str s;

	if (!v)
		return true;
	s = json_raw(&p->h->config, v);
	if (v->type != JSON_STRING || s.n < 2)
		return wrong(p->e, p->h, key);
	s = (struct str){ s.s + 1, s.n - 2 < 31 ? s.n - 2 : 31 };
	memcpy(to, s.s, s.n);
	to[s.n] = '\0';
	return true;
}

/* 0.1 m ln(factor) + 1, the length of the vectors that YaRN wants. */
static double
yarn_scale(double factor, double m)
{
	return factor <= 1 ? 1 : 0.1 * m * log(factor) + 1;
}

static bool
read_yarn(const struct part *p, struct rope_conf *r, double context)
{
	double m = 0, all = 0;

	r->original = context;
	r->beta_fast = 32;
	r->beta_slow = 1;
	r->truncate = true;
	r->attention = 0;
	if (!positive(p, "original_max_position_embeddings", &r->original) ||
	    !positive(p, "beta_fast", &r->beta_fast) ||
	    !positive(p, "beta_slow", &r->beta_slow) ||
	    !flag(p, "truncate", &r->truncate) || !number(p, "mscale", &m) ||
	    !number(p, "mscale_all_dim", &all) ||
	    !number(p, "attention_factor", &r->attention))
		return false;
	if (!member(p, "factor"))
		r->factor = context / r->original;
	else if (!positive(p, "factor", &r->factor))
		return false;
	if (!r->attention)
		r->attention =
		    m != 0 && all != 0
			? yarn_scale(r->factor, m) / yarn_scale(r->factor, all)
			: yarn_scale(r->factor, 1);
	return true;
}

static bool
read_llama3(const struct part *p, struct rope_conf *r)
{
	return positive(p, "factor", &r->factor) &&
	       positive(p, "low_freq_factor", &r->low) &&
	       positive(p, "high_freq_factor", &r->high) &&
	       positive(p, "original_max_position_embeddings", &r->original) &&
	       (r->high > r->low || wrong(p->e, p->h, "high_freq_factor"));
}

/* transformers 4: rope_theta beside rope_scaling; 5: both in
 * rope_parameters. The type is `rope_type`, once `type`. */
static bool
read_rope(const struct part *p, struct rope_conf *r, double context)
{
	const char *key =
	    member(p, "rope_parameters") ? "rope_parameters" : "rope_scaling";
	struct part s = { p->h, member(p, key), p->e };
	char type[32] = "default";
	double partial = 1;

	*r = (struct rope_conf){ .theta = 10000, .factor = 0, .attention = 1 };
	if (!positive(p, "rope_theta", &r->theta) ||
	    !number(p, "partial_rotary_factor", &partial))
		return false;
	if (s.v && (!json_is(s.v, JSON_OBJECT) || !word(&s, "type", type) ||
		       !word(&s, "rope_type", type) ||
		       !positive(&s, "rope_theta", &r->theta) ||
		       !number(&s, "partial_rotary_factor", &partial)))
		return json_is(s.v, JSON_OBJECT) ? false
						 : wrong(p->e, p->h, key);
	if (s.v &&
	    (member(&s, "full_attention") || member(&s, "sliding_attention")))
		return not_yet(p->e, p->h, "RoPE per layer type in", key);
	if (partial != 1)
		return not_yet(p->e, p->h, "RoPE over part of a head",
		    "partial_rotary_"
		    "factor");
	if (!strcmp(type, "default"))
		return true;
	if (!strcmp(type, "linear")) {
		r->kind = ROPE_LINEAR;
		return positive(&s, "factor", &r->factor);
	}
	if (!strcmp(type, "llama3")) {
		r->kind = ROPE_LLAMA3;
		return read_llama3(&s, r);
	}
	if (!strcmp(type, "yarn")) {
		r->kind = ROPE_YARN;
		return read_yarn(&s, r, context);
	}
	return not_yet(p->e, p->h, "RoPE scaling", type);
}

/* Parts that some checkpoints have and the engine has not. */
static bool
refuse(const struct part *p, const char *type)
{
	const struct json *v;
	char act[32] = "silu";
	bool window = !strcmp(type, "mistral");

	if (member(p, "quantization_config"))
		return not_yet(
		    p->e, p->h, "a checkpoint with", "quantization_config");
	if (!word(p, "hidden_act", act))
		return false;
	if (strcmp(act, "silu"))
		return not_yet(p->e, p->h, "activation", act);
	if (!strcmp(type, "qwen2") && !flag(p, "use_sliding_window", &window))
		return false;
	if (window && member(p, "sliding_window"))
		return not_yet(p->e, p->h, "attention with", "sliding_window");
	v = member(p, "layer_types");
	if (json_is(v, JSON_ARRAY)) {
		const struct json *item = json_first(v);

		for (uint32_t i = 0; i < v->n; i++, item = json_next(item)) {
			struct str s = json_raw(&p->h->config, item);

			if (!str_eq(s, "\"full_attention\""))
				return not_yet(p->e, p->h,
				    "a layer that is not full_attention in",
				    "layer_types");
		}
	}
	return true;
}

static bool
family_of(const char *name, enum family *f)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (!strcmp(models[i].type, name)) {
			*f = models[i].family;
			return true;
		}
	return false;
}

static bool
read_hf(struct model_conf *m, const struct hub *h, struct err *e)
{
	struct part p = { h, h->config.tape, e };
	char type[32] = "";
	bool bias = false;
	double eps = 1e-6;

	if (!word(&p, "model_type", type))
		return false;
	if (!*type)
		return wrong(e, h, "model_type");
	if (!family_of(type, &m->family))
		return not_yet(e, h, "model_type", type);
	if (!refuse(&p, type) ||
	    !count(&p, "num_hidden_layers", COUNT_MOST, &m->layers) ||
	    !count(&p, "hidden_size", COUNT_MOST, &m->width) ||
	    !count(&p, "intermediate_size", COUNT_MOST, &m->ffn) ||
	    !count(&p, "num_attention_heads", COUNT_MOST, &m->heads) ||
	    !count(&p, "vocab_size", INT32_MAX, &m->vocab) ||
	    !count(&p, "max_position_embeddings", INT32_MAX, &m->context) ||
	    !positive(&p, "rms_norm_eps", &eps) ||
	    !flag(&p, "tie_word_embeddings", &m->tied) ||
	    !flag(&p, "attention_bias", &bias) ||
	    !flag(&p, "mlp_bias", &m->mlp_bias) ||
	    !read_rope(&p, &m->rope, (double)m->context))
		return false;
	m->eps = eps;
	m->kv_heads = m->heads;
	if (member(&p, "num_key_value_heads") &&
	    !count(&p, "num_key_value_heads", COUNT_MOST, &m->kv_heads))
		return false;
	m->head_dim = m->width / m->heads;
	if (member(&p, "head_dim") &&
	    !count(&p, "head_dim", COUNT_MOST, &m->head_dim))
		return false;
	m->qkv_bias = bias || m->family == FAMILY_QWEN2;
	m->o_bias = bias && m->family == FAMILY_LLAMA;
	m->mlp_bias = m->mlp_bias && m->family == FAMILY_LLAMA;
	return true;
}

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
		return wrong(m->e, m->h, k);
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
		return wrong(m->e, m->h, k);
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
		return wrong(m->e, m->h, "rope_freqs.weight");
	r->kind = ROPE_TABLE;
	memcpy(r->divide, t->data, t->bytes);
	for (size_t i = 0; i < head_dim / 2; i++)
		if (!(r->divide[i] > 0) || !isfinite(r->divide[i]))
			return wrong(m->e, m->h, "rope_freqs.weight");
	return true;
}

static bool
meta_rope(const struct meta *m, struct rope_conf *r, const struct model_conf *c)
{
	struct str type;
	double factor = 0, attn = 1;
	char k[96];

	*r = (struct rope_conf){ .theta = 10000, .attention = 1 };
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
			return wrong(m->e, m->h, "rope.scaling.factor");
		r->attention = attn * yarn_scale(factor, 1);
	} else if (!type.s || str_eq(type, "linear")) {
		if (factor && factor != 1) {
			r->kind = ROPE_LINEAR;
			r->factor = factor;
		}
	} else if (!str_eq(type, "none")) {
		snprintf(k, sizeof k, "%.*s", (int)(type.n & 63), type.s);
		return not_yet(m->e, m->h, "RoPE scaling", k);
	}
	return meta_table(m, r, c->head_dim);
}

static bool
meta_shape(const struct meta *m, struct model_conf *c)
{
	size_t dim, words;

	if (!meta_count(m, "block_count", COUNT_MOST, &c->layers) ||
	    !meta_count(m, "embedding_length", COUNT_MOST, &c->width) ||
	    !meta_count(m, "feed_forward_length", COUNT_MOST, &c->ffn) ||
	    !meta_count(m, "attention.head_count", COUNT_MOST, &c->heads) ||
	    !meta_count(m, "context_length", INT32_MAX, &c->context))
		return false;
	c->kv_heads = c->heads;
	if (meta_has(m, "attention.head_count_kv") &&
	    !meta_count(m, "attention.head_count_kv", COUNT_MOST, &c->kv_heads))
		return false;
	c->head_dim = c->width / c->heads;
	if (meta_has(m, "attention.key_length") &&
	    !meta_count(m, "attention.key_length", COUNT_MOST, &c->head_dim))
		return false;
	dim = c->head_dim;
	if (meta_has(m, "attention.value_length") &&
	    !meta_count(m, "attention.value_length", COUNT_MOST, &dim))
		return false;
	if (dim != c->head_dim)
		return not_yet(m->e, m->h, "values unlike keys in",
		    "attention.value_length");
	if (meta_has(m, "rope.dimension_count") &&
	    !meta_count(m, "rope.dimension_count", COUNT_MOST, &dim))
		return false;
	if (dim != c->head_dim)
		return not_yet(m->e, m->h, "RoPE over part of a head in",
		    "rope.dimension_count");
	words = gguf_count(m->h->gguf, "tokenizer.ggml.tokens");
	if (words && words <= INT32_MAX) {
		c->vocab = words;
		return true;
	}
	return meta_count(m, "vocab_size", INT32_MAX, &c->vocab);
}

static bool
read_gguf(struct model_conf *c, const struct hub *h, struct err *e)
{
	struct str arch = gguf_str(h->gguf, "general.architecture");
	char name[32], k[96];
	struct meta m = { h, name, e };
	int64_t n = 0;

	if (!arch.n || arch.n >= sizeof name)
		return wrong(e, h, "general.architecture");
	memcpy(name, arch.s, arch.n);
	name[arch.n] = '\0';
	if (!family_of(name, &c->family))
		return not_yet(e, h, "architecture", name);
	if (gguf_int(h->gguf, meta_key(&m, "expert_count", k), &n) && n > 0)
		return not_yet(e, h, "a mixture of experts,", k);
	if (gguf_int(
		h->gguf, meta_key(&m, "attention.sliding_window", k), &n) &&
	    n > 0)
		return not_yet(e, h, "attention with", k);
	if (!meta_shape(&m, c) || !meta_rope(&m, &c->rope, c))
		return false;
	c->eps = 0;
	if (!meta_real(&m, "attention.layer_norm_rms_epsilon", &c->eps))
		return false;
	if (!(c->eps > 0))
		return wrong(e, h, "attention.layer_norm_rms_epsilon");
	c->tied = !gguf_find(h->gguf, "output.weight");
	c->qkv_bias = gguf_find(h->gguf, "blk.0.attn_q.bias");
	c->o_bias = gguf_find(h->gguf, "blk.0.attn_output.bias");
	c->mlp_bias = gguf_find(h->gguf, "blk.0.ffn_up.bias");
	return true;
}

bool
conf_read(struct model_conf *m, const struct hub *h, struct err *e)
{
	*m = (struct model_conf){ 0 };
	if (!(h->gguf ? read_gguf(m, h, e) : read_hf(m, h, e)))
		return false;
	if (m->heads % m->kv_heads)
		return err_set(e,
		    "model '%s': %zu heads do not share %zu key"
		    " heads evenly",
		    h->name, m->heads, m->kv_heads);
	if (!m->head_dim || m->head_dim % 2 || m->head_dim / 2 > ROPE_PAIRS)
		return err_set(e,
		    "model '%s': heads of %zu; an even number up"
		    " to %d is wanted",
		    h->name, m->head_dim, 2 * ROPE_PAIRS);
	return true;
}
