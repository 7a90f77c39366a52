#include <math.h>
#include <string.h>

#include "gpu/conf_in.h"

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
		return conf_wrong(p->e, p->h, key);
	*to = (size_t)n;
	return true;
}

/* A number, which keeps its value where the key is absent. */
static bool
number(const struct part *p, const char *key, double *to)
{
	const struct json *v = member(p, key);

	if (v && (!json_real(&p->h->config, v, to) || !isfinite(*to)))
		return conf_wrong(p->e, p->h, key);
	return true;
}

static bool
positive(const struct part *p, const char *key, double *to)
{
	return number(p, key, to) && (*to > 0 || conf_wrong(p->e, p->h, key));
}

static bool
flag(const struct part *p, const char *key, bool *to)
{
	const struct json *v = member(p, key);

	if (!v)
		return true;
	*to = v->type == JSON_TRUE;
	return v->type == JSON_TRUE || v->type == JSON_FALSE ||
	       conf_wrong(p->e, p->h, key);
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
		return conf_wrong(p->e, p->h, key);
	s = (struct str){ s.s + 1, s.n - 2 < 31 ? s.n - 2 : 31 };
	memcpy(to, s.s, s.n);
	to[s.n] = '\0';
	return true;
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
		r->attention = m != 0 && all != 0
				   ? conf_yarn_scale(r->factor, m) /
					 conf_yarn_scale(r->factor, all)
				   : conf_yarn_scale(r->factor, 1);
	return true;
}

static bool
read_llama3(const struct part *p, struct rope_conf *r)
{
	return positive(p, "factor", &r->factor) &&
	       positive(p, "low_freq_factor", &r->low) &&
	       positive(p, "high_freq_factor", &r->high) &&
	       positive(p, "original_max_position_embeddings", &r->original) &&
	       (r->high > r->low || conf_wrong(p->e, p->h, "high_freq_factor"));
}

/* One object's scaling; r has theta. */
static bool
read_scaling(const struct part *s, struct rope_conf *r, double context)
{
	char type[32] = "default";
	double partial = 1;

	if (!word(s, "type", type) || !word(s, "rope_type", type) ||
	    !positive(s, "rope_theta", &r->theta) ||
	    !number(s, "partial_rotary_factor", &partial))
		return false;
	if (partial != 1)
		return conf_not_yet(s->e, s->h, "RoPE over part of a head",
		    "partial_rotary_factor");
	if (!strcmp(type, "default"))
		return true;
	if (!strcmp(type, "linear")) {
		r->kind = ROPE_LINEAR;
		return positive(s, "factor", &r->factor);
	}
	if (!strcmp(type, "llama3")) {
		r->kind = ROPE_LLAMA3;
		return read_llama3(s, r);
	}
	if (!strcmp(type, "yarn")) {
		r->kind = ROPE_YARN;
		return read_yarn(s, r, context);
	}
	return conf_not_yet(s->e, s->h, "RoPE scaling", type);
}

static bool
object(const struct part *p, const char *key, struct part *to)
{
	*to = (struct part){ p->h, member(p, key), p->e };
	return !to->v || json_is(to->v, JSON_OBJECT) ||
	       conf_wrong(p->e, p->h, key);
}

/*
 * transformers 4: rope_theta (and rope_local_base_freq, which is not scaled)
 * beside rope_scaling; 5: all in rope_parameters, for families with local
 * layers an object for each kind of layer. The type is `rope_type`, once
 * `type`.
 */
static bool
read_rope(const struct part *p, struct model_conf *m)
{
	const struct family *f = m->family;
	double partial = 1, context = (double)m->context;
	struct part s, full, local;

	m->rope = (struct rope_conf){
		.theta = f->theta, .factor = 0, .attention = 1
	};
	if (!positive(p, "rope_theta", &m->rope.theta) ||
	    !number(p, "partial_rotary_factor", &partial) ||
	    !object(p,
		member(p, "rope_parameters") ? "rope_parameters"
					     : "rope_scaling",
		&s))
		return false;
	if (partial != 1)
		return conf_not_yet(p->e, p->h, "RoPE over part of a head",
		    "partial_rotary_factor");
	m->rope_local = m->rope;
	if (f->local_theta > 0)
		m->rope_local.theta = f->local_theta;
	if (!positive(p, "rope_local_base_freq", &m->rope_local.theta))
		return false;
	if (s.v &&
	    (member(&s, "full_attention") || member(&s, "sliding_attention"))) {
		if (!(f->local_theta > 0))
			return conf_not_yet(p->e, p->h,
			    "RoPE per layer type in", "rope_parameters");
		return object(&s, "full_attention", &full) &&
		       object(&s, "sliding_attention", &local) &&
		       (!full.v || read_scaling(&full, &m->rope, context)) &&
		       (!local.v ||
			   read_scaling(&local, &m->rope_local, context));
	}
	if (s.v && !read_scaling(&s, &m->rope, context))
		return false;
	if (!(f->local_theta > 0))
		m->rope_local = m->rope;
	return true;
}

/* Parts that some checkpoints have and the engine has not. */
static bool
refuse(const struct part *p, const struct family *f)
{
	static const char *const capped[] = { "attn_logit_softcapping",
		"final_logit_softcapping", "quantization_config" };
	char act[32] = "silu";
	bool both_ways = false;

	if (f->gelu)
		strcpy(act, "gelu_pytorch_tanh");
	for (size_t i = 0; i < sizeof capped / sizeof *capped; i++)
		if (member(p, capped[i]))
			return conf_not_yet(
			    p->e, p->h, "a checkpoint with", capped[i]);
	if (!flag(p, "use_bidirectional_attention", &both_ways))
		return false;
	if (both_ways)
		return conf_not_yet(p->e, p->h, "a checkpoint with",
		    "use_bidirectional_attention");
	if (!word(p, "hidden_act", act) || !word(p, "hidden_activation", act))
		return false;
	if (strcmp(act, f->gelu ? "gelu_pytorch_tanh" : "silu"))
		return conf_not_yet(p->e, p->h, "activation", act);
	return true;
}

/* layer_types, a word a layer. */
static bool
listed_windows(const struct part *p, struct model_conf *m, const struct json *v)
{
	const struct json *item = json_first(v);

	if (v->type != JSON_ARRAY || v->n != m->layers)
		return conf_wrong(p->e, p->h, "layer_types");
	for (uint32_t i = 0; i < v->n; i++, item = json_next(item)) {
		struct str s = json_raw(&p->h->config, item);

		if (str_eq(s, "\"sliding_attention\"")) {
			if (!m->window)
				return conf_wrong(p->e, p->h, "sliding_window");
			conf_set_local(m, i);
		} else if (!str_eq(s, "\"full_attention\""))
			return conf_not_yet(p->e, p->h,
			    "a layer that is neither full_attention nor "
			    "sliding_attention in",
			    "layer_types");
	}
	return true;
}

/* Which layers see a window, by the family's rule. */
static bool
ruled_windows(const struct part *p, struct model_conf *m)
{
	size_t from = 0, every = 0;

	if (m->family->windows == WINDOW_UPPER &&
	    member(p, "max_window_layers")) {
		int64_t n;

		if (!json_int(
			&p->h->config, member(p, "max_window_layers"), &n) ||
		    n < 0)
			return conf_wrong(p->e, p->h, "max_window_layers");
		from = (uint64_t)n < m->layers ? (size_t)n : m->layers;
	}
	if (m->family->windows == WINDOW_MOST) {
		every = 6;
		if (member(p, "sliding_window_pattern") &&
		    !count(p, "sliding_window_pattern", CONF_MOST, &every))
			return false;
	}
	for (size_t l = from; l < m->layers; l++)
		if (!every || (l + 1) % every)
			conf_set_local(m, l);
	return true;
}

static bool
read_windows(const struct part *p, struct model_conf *m)
{
	const struct json *types = member(p, "layer_types");
	bool on = m->family->windows != WINDOW_NONE;

	if (m->family->windows == WINDOW_UPPER) {
		on = false;
		if (!flag(p, "use_sliding_window", &on))
			return false;
	}
	on = on && member(p, "sliding_window");
	if (on && !count(p, "sliding_window", INT32_MAX, &m->window))
		return false;
	if (on && m->layers > WINDOW_LAYERS)
		return conf_wrong(p->e, p->h, "num_hidden_layers");
	if (types)
		return listed_windows(p, m, types);
	return !on || ruled_windows(p, m);
}

/* Counts that have defaults. */
static bool
read_heads(const struct part *p, struct model_conf *m)
{
	m->kv_heads = m->heads;
	if (member(p, "num_key_value_heads") &&
	    !count(p, "num_key_value_heads", CONF_MOST, &m->kv_heads))
		return false;
	m->head_dim =
	    m->family->head_dim ? m->family->head_dim : m->width / m->heads;
	return !member(p, "head_dim") ||
	       count(p, "head_dim", CONF_MOST, &m->head_dim);
}

/* transformers' ...ForSequenceClassification: a score head of num_labels rows,
 * 2 where nothing tells. */
static bool
read_labels(const struct part *p, struct model_conf *m)
{
	static const char tail[] = "ForSequenceClassification";
	const struct json *v = member(p, "architectures");
	const struct json *labels = member(p, "id2label");
	struct str class;

	if (!json_is(v, JSON_ARRAY) || !v->n)
		return true;
	class = json_raw(&p->h->config, json_first(v));
	if (!memmem(class.s, class.n, tail, sizeof tail - 1))
		return true;
	m->tied = false;
	m->labels = 2;
	if (json_is(labels, JSON_OBJECT))
		m->labels = labels->n;
	if (member(p, "num_labels") &&
	    !count(p, "num_labels", CONF_MOST, &m->labels))
		return false;
	return (m->labels && m->labels <= CONF_MOST) ||
	       conf_wrong(p->e, p->h, "id2label");
}

bool
conf_hf(struct model_conf *m, const struct hub *h, struct err *e)
{
	struct part p = { h, h->config.tape, e };
	const struct family *f;
	char type[32] = "";
	bool bias = false;

	if (!word(&p, "model_type", type))
		return false;
	if (!*type)
		return conf_wrong(e, h, "model_type");
	m->family = f = conf_family(type);
	if (!f)
		return conf_not_yet(e, h, "model_type", type);
	m->eps = 1e-6;
	m->tied = f->tied;
	if (!refuse(&p, f) ||
	    !count(&p, "num_hidden_layers", CONF_MOST, &m->layers) ||
	    !count(&p, "hidden_size", CONF_MOST, &m->width) ||
	    !count(&p, "intermediate_size", CONF_MOST, &m->ffn) ||
	    !count(&p, "num_attention_heads", CONF_MOST, &m->heads) ||
	    !count(&p, "vocab_size", INT32_MAX, &m->vocab) ||
	    !count(&p, "max_position_embeddings", INT32_MAX, &m->context) ||
	    !positive(&p, "rms_norm_eps", &m->eps) ||
	    !flag(&p, "tie_word_embeddings", &m->tied) ||
	    !flag(&p, "attention_bias", &bias) ||
	    !flag(&p, "mlp_bias", &m->mlp_bias) || !read_heads(&p, m) ||
	    !number(&p, "query_pre_attn_scalar", &m->query) ||
	    !read_windows(&p, m) || !read_rope(&p, m) || !read_labels(&p, m))
		return false;
	if (member(&p, "query_pre_attn_scalar") && !(m->query > 0))
		return conf_wrong(e, h, "query_pre_attn_scalar");
	m->qkv_bias = f->qkv_bias || (bias && f->biases);
	m->o_bias = bias && f->biases;
	m->mlp_bias = m->mlp_bias && f->mlp_biases;
	return true;
}
