/* Shapes from config.json in the spellings there are, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gpu/conf.h"

#define SIZES                                                                  \
	"\"num_hidden_layers\":2,\"hidden_size\":64,\"intermediate_size\":96," \
	"\"num_attention_heads\":4,\"vocab_size\":100,"                        \
	"\"max_position_embeddings\":512"
#define LLAMA "{\"model_type\":\"llama\"," SIZES

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

/* conf_read of this text. */
static bool
read_text(struct model_conf *m, const char *text, struct err *e)
{
	struct hub h = { .name = "m" };
	size_t at;
	bool ok = json_parse(&h.config, text, strlen(text), 64, &at, e) &&
		  conf_read(m, &h, e);

	json_done(&h.config);
	return ok;
}

static struct model_conf
good(const char *text)
{
	struct model_conf m = { 0 };
	struct err e;

	if (!read_text(&m, text, &e)) {
		printf("FAIL %s: %s\n", text, e.why);
		bad = 1;
	}
	return m;
}

static void
refused(const char *text, const char *why)
{
	struct err e = { "accepted" };
	struct model_conf m;

	if (read_text(&m, text, &e) || !strstr(e.why, why)) {
		printf("FAIL wanted '%s': %s\n", why, e.why);
		bad = 1;
	}
}

static bool
is(const struct model_conf *m, const char *type)
{
	return m->family && !strcmp(m->family->type, type);
}

/* Which of the first four layers see a window, as four bits. */
static unsigned
locals(const struct model_conf *m)
{
	unsigned bits = 0;

	for (unsigned l = 0; l < 4; l++)
		bits |= (unsigned)conf_is_local(m, l) << l;
	return bits;
}

#define FOUR                                                                   \
	"\"num_hidden_layers\":4,\"hidden_size\":64,\"intermediate_size\":96," \
	"\"num_attention_heads\":4,\"vocab_size\":100,"                        \
	"\"max_position_embeddings\":512}"

static void
windows(void)
{
	struct model_conf m =
	    good("{\"model_type\":\"mistral\",\"sliding_window\":7," FOUR);

	expect(m.window == 7 && locals(&m) == 15, "mistral's window");
	m = good("{\"model_type\":\"qwen2\",\"use_sliding_window\":true,"
		 "\"sliding_window\":7,\"max_window_layers\":3," FOUR);
	expect(m.window == 7 && locals(&m) == 8, "qwen2's window");
	m = good("{\"model_type\":\"qwen3\",\"use_sliding_window\":true,"
		 "\"sliding_window\":7,\"layer_types\":[\"full_attention\","
		 "\"sliding_attention\",\"full_attention\","
		 "\"sliding_attention\"]," FOUR);
	expect(is(&m, "qwen3") && m.head_dim == 128 && locals(&m) == 10,
	    "qwen3's window");
	m = good(
	    "{\"model_type\":\"gemma3_text\",\"sliding_window\":7,"
	    "\"sliding_window_pattern\":2,\"query_pre_attn_scalar\":64," FOUR);
	expect(m.window == 7 && locals(&m) == 5 && m.tied && m.query == 64 &&
		   m.head_dim == 256 && m.rope.theta == 1e6 &&
		   m.rope_local.theta == 1e4,
	    "gemma 3");
	m = good("{\"model_type\":\"gemma3_text\",\"sliding_window\":7,"
		 "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8},"
		 "\"rope_local_base_freq\":500," FOUR);
	expect(m.rope.kind == ROPE_LINEAR && m.rope_local.kind == ROPE_PLAIN &&
		   m.rope_local.theta == 500 && locals(&m) == 15,
	    "gemma 3's rotations");
	m = good("{\"model_type\":\"gemma3_text\",\"sliding_window\":7,"
		 "\"rope_parameters\":{\"full_attention\":{\"rope_type\":"
		 "\"linear\",\"factor\":8,\"rope_theta\":5},"
		 "\"sliding_attention\":{\"rope_type\":\"default\","
		 "\"rope_theta\":3}}," FOUR);
	expect(m.rope.kind == ROPE_LINEAR && m.rope.theta == 5 &&
		   m.rope_local.kind == ROPE_PLAIN && m.rope_local.theta == 3,
	    "gemma 3's rotations, the new spelling");
}

static void
families(void)
{
	struct model_conf m = good(LLAMA "}");

	expect(is(&m, "llama") && m.layers == 2 && m.width == 64 &&
		   m.ffn == 96 && m.heads == 4 && m.kv_heads == 4 &&
		   m.head_dim == 16 && m.vocab == 100 && m.context == 512,
	    "sizes");
	expect(m.eps == 1e-6 && m.rope.theta == 10000 &&
		   m.rope.kind == ROPE_PLAIN && m.rope.attention == 1,
	    "defaults");
	expect(!m.qkv_bias && !m.o_bias && !m.mlp_bias && !m.tied, "no biases");
	m = good(LLAMA ",\"num_key_value_heads\":2,\"head_dim\":32,"
		       "\"attention_bias\":true,\"mlp_bias\":true,"
		       "\"tie_word_embeddings\":true,\"rms_norm_eps\":1e-05}");
	expect(m.kv_heads == 2 && m.head_dim == 32 && m.qkv_bias && m.o_bias &&
		   m.mlp_bias && m.tied && m.eps == 1e-5,
	    "all given");
	m = good("{\"model_type\":\"qwen2\",\"use_sliding_window\":false,"
		 "\"sliding_window\":4096," SIZES "}");
	expect(is(&m, "qwen2") && m.qkv_bias && !m.o_bias, "qwen2");
	m = good(
	    "{\"model_type\":\"mistral\",\"sliding_window\":null," SIZES "}");
	expect(is(&m, "mistral") && !m.window, "mistral");
}

static void
ropes(void)
{
	struct model_conf m;

	m = good(LLAMA ",\"rope_theta\":500000,\"rope_scaling\":{"
		       "\"type\":\"linear\",\"factor\":4}}");
	expect(m.rope.kind == ROPE_LINEAR && m.rope.factor == 4 &&
		   m.rope.theta == 500000,
	    "linear, the old spelling");
	m = good(LLAMA ",\"rope_parameters\":{\"rope_type\":\"llama3\","
		       "\"rope_theta\":500000.0,\"factor\":8.0,"
		       "\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
		       "\"original_max_position_embeddings\":8192}}");
	expect(m.rope.kind == ROPE_LLAMA3 && m.rope.theta == 500000 &&
		   m.rope.factor == 8 && m.rope.low == 1 && m.rope.high == 4 &&
		   m.rope.original == 8192,
	    "llama3, the new spelling");
	m = good(LLAMA ",\"rope_scaling\":{\"rope_type\":\"yarn\","
		       "\"factor\":4.0,"
		       "\"original_max_position_embeddings\":128}}");
	expect(m.rope.kind == ROPE_YARN && m.rope.beta_fast == 32 &&
		   m.rope.truncate && m.rope.original == 128 &&
		   fabs(m.rope.attention - 1.1386294361119891) < 1e-15,
	    "yarn");
	m = good(LLAMA ",\"rope_scaling\":{\"rope_type\":\"default\"}}");
	expect(m.rope.kind == ROPE_PLAIN, "default");
}

static void
refusals(void)
{
	refused("{" SIZES "}", "model_type is missing");
	refused("{\"model_type\":\"gpt2\"}", "model_type 'gpt2' is not there");
	refused("{\"model_type\":\"llama\"}", "num_hidden_layers is missing");
	refused(LLAMA ",\"num_key_value_heads\":3}", "share 3 key heads");
	refused(LLAMA ",\"head_dim\":15}", "heads of 15");
	refused(LLAMA ",\"head_dim\":1024}", "heads of 1024");
	refused(LLAMA ",\"hidden_size\":-1}", "hidden_size is missing or out");
	refused(LLAMA ",\"vocab_size\":1e10}", "vocab_size is missing or out");
	refused(LLAMA ",\"rms_norm_eps\":0}", "rms_norm_eps");
	refused(LLAMA ",\"hidden_act\":\"gelu\"}", "activation 'gelu'");
	refused(LLAMA ",\"attention_bias\":1}", "attention_bias");
	refused(LLAMA ",\"quantization_config\":{}}", "quantization_config");
	refused(LLAMA ",\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2}}",
	    "RoPE scaling 'dynamic' is not there yet");
	refused(LLAMA ",\"rope_scaling\":{\"rope_type\":\"longrope\"}}",
	    "RoPE scaling 'longrope' is not there yet");
	refused(LLAMA ",\"rope_scaling\":{\"rope_type\":\"linear\"}}",
	    "factor is missing");
	refused(LLAMA ",\"rope_scaling\":7}", "rope_scaling is missing or out");
	refused(LLAMA ",\"partial_rotary_factor\":0.5}", "part of a head");
	refused("{\"model_type\":\"qwen2\",\"layer_types\":["
		"\"full_attention\",\"sliding_attention\"]," SIZES "}",
	    "sliding_window is missing");
	refused("{\"model_type\":\"mistral\",\"sliding_window\":7,"
		"\"layer_types\":[\"full_attention\"]," SIZES "}",
	    "layer_types is missing or out");
	refused("{\"model_type\":\"qwen3\",\"layer_types\":["
		"\"full_attention\",\"linear_attention\"]," SIZES "}",
	    "layer_types");
	refused("{\"model_type\":\"mistral\",\"sliding_window\":0," SIZES "}",
	    "sliding_window");
	refused("{\"model_type\":\"gemma3_text\",\"hidden_act\":\"silu\"," SIZES
		"}",
	    "activation 'silu'");
	refused("{\"model_type\":\"gemma3_text\",\"final_logit_softcapping\":"
		"30," SIZES "}",
	    "final_logit_softcapping");
	refused(
	    "{\"model_type\":\"gemma3_text\",\"query_pre_attn_scalar\":0," SIZES
	    "}",
	    "query_pre_attn_scalar");
	refused("{\"model_type\":\"gemma3\"," SIZES "}", "model_type 'gemma3'");
	refused(LLAMA ",\"rope_parameters\":{\"full_attention\":{}}}",
	    "per layer type");
}

int
main(void)
{
	families();
	windows();
	ropes();
	refusals();
	return bad;
}
