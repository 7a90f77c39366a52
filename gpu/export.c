#include "gpu/export.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/conf.h"
#include "gpu/toktext.h"

static bool
cannot(struct err *e, const struct hub *h, const char *why)
{
	return err_set(e, "'%s' cannot be written as a Hugging Face folder: %s",
	    h->file, why);
}

/* The members of one JSON object, an indent deep. */
static void
key(struct buf *b, const char *name)
{
	buf_puts(b, b->n && b->s[b->n - 1] == '{' ? "\n  \"" : ",\n  \"");
	buf_printf(b, "%s\": ", name);
}

static void
count(struct buf *b, const char *name, size_t x)
{
	key(b, name);
	buf_printf(b, "%zu", x);
}

static void
real(struct buf *b, const char *name, double x)
{
	key(b, name);
	buf_json_real(b, x);
}

static void
flag(struct buf *b, const char *name, bool x)
{
	key(b, name);
	buf_puts(b, x ? "true" : "false");
}

static void
word(struct buf *b, const char *name, const char *x)
{
	key(b, name);
	buf_json_str(b, str_of(x));
}

/* A token id of the vocabulary, null where there is none. */
static void
token_id(struct buf *b, const char *name, const struct hub *h, const char *of)
{
	char meta[64];
	int64_t id;

	snprintf(meta, sizeof meta, "tokenizer.ggml.%s_token_id", of);
	key(b, name);
	if (gguf_int(h->gguf, meta, &id))
		buf_json_int(b, id);
	else
		buf_puts(b, "null");
}

static void
stop_ids(struct buf *b, const struct hub *h)
{
	key(b, "eos_token_id");
	if (h->stops != 1)
		buf_char(b, '[');
	for (size_t i = 0; i < h->stops; i++) {
		buf_puts(b, i ? ", " : "");
		buf_json_int(b, h->stop[i]);
	}
	if (h->stops != 1)
		buf_char(b, ']');
}

/*
 * GGUF keeps llama3 scaling as a table of divisors. The parameters it came
 * from: those that every Llama 3 has, if they give this table.
 */
static bool
as_llama3(const struct model_conf *m, struct rope_conf *r)
{
	size_t half = m->head_dim / 2;

	*r = m->rope;
	r->kind = ROPE_LLAMA3;
	r->factor = 1;
	r->low = 1;
	r->high = 4;
	r->original = 8192;
	for (size_t i = 0; i < half; i++)
		if ((double)m->rope.divide[i] > r->factor)
			r->factor = (double)m->rope.divide[i];
	for (size_t i = 0; i < half; i++) {
		double w = 2 * M_PI *
			   pow(r->theta, (double)(2 * i) / (double)m->head_dim);
		double a = (r->original / w - r->low) / (r->high - r->low);
		double want = a < 0   ? r->factor
			      : a > 1 ? 1
				      : 1 / ((1 - a) / r->factor + a);

		if (fabs((double)m->rope.divide[i] / want - 1) > 1e-4)
			return false;
	}
	return true;
}

static bool
put_rope(struct buf *b, const struct model_conf *m, const struct hub *h,
    struct err *e)
{
	struct rope_conf r = m->rope;

	real(b, "rope_theta", r.theta);
	key(b, "rope_scaling");
	if (r.kind == ROPE_TABLE && !as_llama3(m, &r))
		return cannot(e, h, "its rope_freqs are not those of Llama 3");
	if (r.kind == ROPE_PLAIN) {
		buf_puts(b, "null");
		return true;
	}
	buf_char(b, '{');
	word(b, "rope_type",
	    r.kind == ROPE_LINEAR ? "linear"
	    : r.kind == ROPE_YARN ? "yarn"
				  : "llama3");
	real(b, "factor", r.factor);
	if (r.kind == ROPE_LLAMA3) {
		real(b, "low_freq_factor", r.low);
		real(b, "high_freq_factor", r.high);
	}
	if (r.kind == ROPE_YARN) {
		real(b, "beta_fast", r.beta_fast);
		real(b, "beta_slow", r.beta_slow);
		real(b, "attention_factor", r.attention);
	}
	if (r.kind != ROPE_LINEAR)
		count(
		    b, "original_max_position_embeddings", (size_t)r.original);
	buf_puts(b, "\n  }");
	return true;
}

/* What the family's switches can say. */
static bool
put_biases(struct buf *b, const struct model_conf *m, const struct hub *h,
    struct err *e)
{
	const struct family *f = m->family;
	bool told = f->qkv_bias ? m->qkv_bias && !m->o_bias
				: m->qkv_bias == m->o_bias &&
				      (f->biases || !m->qkv_bias);

	if (!told || (m->mlp_bias && !f->mlp_biases))
		return cannot(e, h, "its biases are not those of its family");
	if (f->biases)
		flag(b, "attention_bias", m->qkv_bias);
	if (f->mlp_biases)
		flag(b, "mlp_bias", m->mlp_bias);
	return true;
}

/* Which layers see a window. */
static void
put_windows(struct buf *b, const struct model_conf *m)
{
	if (m->family->windows == WINDOW_NONE)
		return;
	if (m->family->windows == WINDOW_UPPER)
		flag(b, "use_sliding_window", m->window > 0);
	key(b, "sliding_window");
	if (m->window)
		buf_printf(b, "%zu", m->window);
	else
		buf_puts(b, "null");
	if (!m->window || m->family->windows == WINDOW_ALL)
		return;
	key(b, "layer_types");
	for (size_t l = 0; l < m->layers; l++)
		buf_printf(b, "%s\"%s_attention\"", l ? ", " : "[",
		    conf_is_local(m, l) ? "sliding" : "full");
	buf_char(b, ']');
}

static bool
put_config(struct buf *b, const struct hub *h, const char *dtype, struct err *e)
{
	struct model_conf m;

	if (!conf_read(&m, h, e))
		return false;
	buf_char(b, '{');
	key(b, "architectures");
	buf_printf(b, "[\"%s\"]", m.family->class);
	word(b, "model_type", m.family->type);
	if (m.family->gelu)
		word(b, "hidden_activation", "gelu_pytorch_tanh");
	else
		word(b, "hidden_act", "silu");
	count(b, "hidden_size", m.width);
	count(b, "intermediate_size", m.ffn);
	count(b, "num_hidden_layers", m.layers);
	count(b, "num_attention_heads", m.heads);
	count(b, "num_key_value_heads", m.kv_heads);
	count(b, "head_dim", m.head_dim);
	count(b, "max_position_embeddings", m.context);
	count(b, "vocab_size", m.vocab);
	real(b, "rms_norm_eps", m.eps);
	if (!put_rope(b, &m, h, e) || !put_biases(b, &m, h, e))
		return false;
	if (m.family->local_theta > 0) {
		real(b, "rope_local_base_freq", m.rope_local.theta);
		real(b, "query_pre_attn_scalar", m.query);
	}
	put_windows(b, &m);
	real(b, "attention_dropout", 0);
	real(b, "initializer_range", 0.02);
	flag(b, "tie_word_embeddings", m.tied);
	flag(b, "use_cache", true);
	token_id(b, "bos_token_id", h, "bos");
	token_id(b, "eos_token_id", h, "eos");
	token_id(b, "pad_token_id", h, "padding");
	word(b, "torch_dtype", dtype);
	buf_puts(b, "\n}\n");
	return true;
}

static void
put_generation(struct buf *b, const struct hub *h)
{
	buf_char(b, '{');
	token_id(b, "bos_token_id", h, "bos");
	stop_ids(b, h);
	token_id(b, "pad_token_id", h, "padding");
	buf_puts(b, "\n}\n");
}

/* Write what b holds as DIR/name, and empty it. */
static bool
put_file(struct outdir *o, const char *name, struct buf *b, struct err *e)
{
	bool ok = outdir_write(o, name, (struct str){ b->s, b->n }, e);

	buf_reset(b);
	return ok;
}

static bool
put_tokenizer(
    struct outdir *o, struct buf *b, const struct hub *h, struct err *e)
{
	struct str chat = gguf_str(h->gguf, "tokenizer.chat_template");

	if (!gguf_has(h->gguf, "tokenizer.ggml.tokens"))
		return true; /* a file without a vocabulary stays so */
	if (!toktext_json(b, h, e) || !put_file(o, "tokenizer.json", b, e))
		return false;
	toktext_config(b, h);
	if (!put_file(o, "tokenizer_config.json", b, e))
		return false;
	return !chat.s || outdir_write(o, "chat_template.jinja", chat, e);
}

bool
export_files(
    struct outdir *o, const struct hub *h, const char *dtype, struct err *e)
{
	struct buf b = { 0 };
	bool ok =
	    put_config(&b, h, dtype, e) && put_file(o, "config.json", &b, e);

	if (ok) {
		put_generation(&b, h);
		ok = put_file(o, "generation_config.json", &b, e) &&
		     put_tokenizer(o, &b, h, e);
	}
	buf_done(&b);
	return ok;
}
