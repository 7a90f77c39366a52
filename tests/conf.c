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

static void
families(void)
{
	struct model_conf m = good(LLAMA "}");

	expect(m.family == FAMILY_LLAMA && m.layers == 2 && m.width == 64 &&
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
	expect(m.family == FAMILY_QWEN2 && m.qkv_bias && !m.o_bias, "qwen2");
	m = good(
	    "{\"model_type\":\"mistral\",\"sliding_window\":null," SIZES "}");
	expect(m.family == FAMILY_LLAMA, "mistral");
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
	refused("{\"model_type\":\"mistral\",\"sliding_window\":4096," SIZES
		"}",
	    "sliding_window");
	refused("{\"model_type\":\"qwen2\",\"use_sliding_window\":true,"
		"\"sliding_window\":4096," SIZES "}",
	    "sliding_window");
	refused("{\"model_type\":\"qwen2\",\"layer_types\":["
		"\"full_attention\",\"sliding_attention\"]," SIZES "}",
	    "layer_types");
}

int
main(void)
{
	families();
	ropes();
	refusals();
	return bad;
}
