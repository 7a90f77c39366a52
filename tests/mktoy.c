/*
 * mktoy - write a tiny model with random weights, in the Hugging Face layout:
 *
 *     mktoy [-a FAMILY] [-c CONTEXT] [-s SEED] [-l LAYERS] [-p TEXT] [-r] [-t] DIR
 *
 * FAMILY: llama, qwen2, qwen3, mistral, gemma3; the last two with a window. -t:
 * tied where the family's is not, and the other way. Two layers of width 64, a
 * byte-level BPE of 300 tokens, a chat template.
 * The same arguments give the same bytes.
 *
 * -p: a parrot, whose answer to anything is TEXT, a token by itself. -r: a
 * reward model, with a score head.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcore/hash.h"

enum { WIDTH = 64, FFN = 160, HEADS = 4, KV_HEADS = 2, DIM = 16 };

/* What the families' files differ in. */
static const struct arch {
	const char *name, *class, *type;
	bool tied, bias, head_norms, post_norms;
	float gain;       /* the mean of norms' gains */
	const char *more; /* of config.json */
} archs[] = {
	{ "llama", "Llama", "llama", true, .gain = 1,
	    .more = "\"hidden_act\": \"silu\", \"rope_theta\": 10000.0" },
	{ "qwen2", "Qwen2", "qwen2", .bias = true, .gain = 1,
	    .more = "\"hidden_act\": \"silu\", \"rope_theta\": 10000.0" },
	{ "qwen3", "Qwen3", "qwen3", .head_norms = true, .gain = 1,
	    .more = "\"hidden_act\": \"silu\", \"rope_theta\": 10000.0, "
		    "\"use_sliding_window\": false" },
	{ "mistral", "Mistral", "mistral", .gain = 1,
	    .more = "\"hidden_act\": \"silu\", \"rope_theta\": 10000.0, "
		    "\"sliding_window\": 7" },
	{ "gemma3", "Gemma3", "gemma3_text", true, .head_norms = true,
	    .post_norms = true,
	    .more = "\"hidden_activation\": \"gelu_pytorch_tanh\", "
		    "\"rope_theta\": 100000.0, "
		    "\"rope_local_base_freq\": 1000.0, "
		    "\"query_pre_attn_scalar\": 24, \"sliding_window\": 9, "
		    "\"layer_types\": [%s]" },
};
enum { ARCHS = sizeof archs / sizeof *archs };

static const struct arch *arch = archs;
static bool tied;
static long seed = 1, layers = 2, context = 512;
static const char *dir, *parrot;
static bool reward;

/* Pairs that merge, in order of rank; "_" stands for a space. */
static const char *const merges[][2] = {
	{ "_", "t" },
	{ "h", "e" },
	{ "_t", "he" },
	{ "i", "n" },
	{ "_", "a" },
	{ "e", "r" },
	{ "o", "n" },
	{ "r", "e" },
	{ "_", "s" },
	{ "_", "w" },
	{ "_", "o" },
	{ "n", "d" },
	{ "_a", "nd" },
	{ "_", "c" },
	{ "in", "g" },
	{ "o", "u" },
	{ "_", "b" },
	{ "_", "f" },
	{ "e", "s" },
	{ "i", "s" },
	{ "o", "r" },
	{ "_", "m" },
	{ "_", "p" },
	{ "e", "n" },
	{ "a", "l" },
	{ "l", "l" },
	{ "_", "d" },
	{ "_o", "f" },
	{ "_t", "o" },
	{ "e", "d" },
	{ "_", "in" },
	{ "_", "is" },
	{ "_", "h" },
	{ "a", "t" },
	{ "v", "er" },
	{ "a", "s" },
	{ "_b", "e" },
	{ "u", "s" },
	{ "er", "s" },
	{ "_", "re" },
};
enum { MERGES = sizeof merges / sizeof *merges };

static const char *const specials[] = { "<|endoftext|>", "<|im_start|>",
	"<|im_end|>" };
enum { SPECIALS = 3, VOCAB = 256 + MERGES + SPECIALS };
/* A parrot's text follows them. */
enum { END = 256 + MERGES + 2, TEXT = VOCAB };

static const char chat[] =
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + "
    "m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
    "{% endif %}";

static void
save(const char *name, const struct buf *b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b->s, 1, b->n, f) != b->n || fclose(f))
		die_sys("cannot write '%s'", path);
}

/* A byte as GPT-2's byte-level vocabularies spell it, in UTF-8. */
static void
spell(struct buf *b, unsigned byte)
{
	unsigned u = byte, next = 256;

	for (unsigned i = 0; i < 256; i++) {
		bool plain =
		    (i >= 33 && i <= 126) || (i >= 161 && i <= 172) || i >= 174;

		if (i == byte) {
			u = plain ? i : next;
			break;
		}
		next += !plain;
	}
	if (u < 0x80) {
		buf_char(b, (char)u);
		return;
	}
	buf_char(b, (char)(0xc0 | u >> 6));
	buf_char(b, (char)(0x80 | (u & 0x3f)));
}

static void
spell_text(struct buf *b, const char *s)
{
	for (; *s; s++)
		spell(b, *s == '_' ? ' ' : (unsigned char)*s);
}

static void
vocab(struct buf *b)
{
	struct buf word = { 0 };

	for (unsigned id = 0; id < 256 + MERGES; id++) {
		buf_reset(&word);
		if (id < 256) {
			spell(&word, id);
		} else {
			spell_text(&word, merges[id - 256][0]);
			spell_text(&word, merges[id - 256][1]);
		}
		buf_puts(b, id ? ", " : "");
		buf_json_str(b, (struct str){ word.s, word.n });
		buf_printf(b, ": %u", id);
	}
	buf_done(&word);
}

static void
tokenizer(void)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"version\": \"1.0\", \"truncation\": null, "
		     "\"padding\": null, \"added_tokens\": [");
	for (unsigned i = 0; i < SPECIALS; i++)
		buf_printf(&b,
		    "%s{\"id\": %u, \"content\": \"%s\", \"single_word\": "
		    "false, \"lstrip\": false, \"rstrip\": false, "
		    "\"normalized\": false, \"special\": true}",
		    i ? ", " : "", 256 + MERGES + i, specials[i]);
	if (parrot) {
		buf_printf(&b, ", {\"id\": %d, \"content\": ", TEXT);
		buf_json_str(&b, str_of(parrot));
		buf_puts(&b, ", \"single_word\": false, \"lstrip\": false, "
			     "\"rstrip\": false, \"normalized\": false, "
			     "\"special\": false}");
	}
	buf_puts(&b,
	    "], \"normalizer\": null, \"pre_tokenizer\": {\"type\": "
	    "\"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": "
	    "true, \"use_regex\": true}, \"post_processor\": null, "
	    "\"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": "
	    "true, \"trim_offsets\": true, \"use_regex\": true}, \"model\": "
	    "{\"type\": \"BPE\", \"dropout\": null, \"unk_token\": null, "
	    "\"continuing_subword_prefix\": null, \"end_of_word_suffix\": "
	    "null, \"fuse_unk\": false, \"byte_fallback\": false, "
	    "\"ignore_merges\": false, \"vocab\": {");
	vocab(&b);
	buf_puts(&b, "}, \"merges\": [");
	for (unsigned i = 0; i < MERGES; i++) {
		buf_puts(&b, i ? ", \"" : "\"");
		spell_text(&b, merges[i][0]);
		buf_char(&b, ' ');
		spell_text(&b, merges[i][1]);
		buf_char(&b, '"');
	}
	buf_puts(&b, "]}}\n");
	save("tokenizer.json", &b);
	buf_done(&b);
}

/* The family's own members; every other layer is local. */
static void
more(struct buf *b)
{
	const char *list = strstr(arch->more, "%s");

	if (!list) {
		buf_puts(b, arch->more);
		return;
	}
	buf_put(b, arch->more, (size_t)(list - arch->more));
	for (long l = 0; l < layers; l++)
		buf_printf(b, "%s\"%s_attention\"", l ? ", " : "",
		    l % 2 ? "full" : "sliding");
	buf_puts(b, list + 2);
}

static void
configs(void)
{
	struct buf b = { 0 };
	unsigned end = 256 + MERGES;

	buf_printf(&b,
	    "{\"architectures\": [\"%sFor%s\"], \"model_type\": "
	    "\"%s\", \"hidden_size\": %d, \"intermediate_size\": %d, "
	    "\"num_hidden_layers\": %ld, \"num_attention_heads\": %d, "
	    "\"num_key_value_heads\": %d, \"head_dim\": %d, "
	    "\"max_position_embeddings\": %ld, \"rms_norm_eps\": 1e-05, "
	    "\"tie_word_embeddings\": %s, \"vocab_size\": %d, "
	    "\"bos_token_id\": %u, \"eos_token_id\": %u, "
	    "\"torch_dtype\": \"float32\", ",
	    arch->class, reward ? "SequenceClassification" : "CausalLM",
	    arch->type, WIDTH, FFN, layers, HEADS, KV_HEADS, DIM, context,
	    tied ? "true" : "false", VOCAB + (parrot != NULL), end, end + 2);
	if (reward)
		buf_puts(&b, "\"id2label\": {\"0\": \"LABEL_0\"}, "
			     "\"label2id\": {\"LABEL_0\": 0}, ");
	more(&b);
	buf_puts(&b, "}\n");
	save("config.json", &b);
	buf_reset(&b);
	buf_printf(&b, "{\"eos_token_id\": %u}\n", end + 2);
	save("generation_config.json", &b);
	buf_reset(&b);
	buf_puts(&b, "{\"bos_token\": \"<|endoftext|>\", \"eos_token\": "
		     "\"<|im_end|>\", \"chat_template\": ");
	buf_json_str(&b, str_of(chat));
	buf_puts(&b, "}\n");
	save("tokenizer_config.json", &b);
	buf_done(&b);
}

/* Weights: a header of names and offsets, then the numbers. */
struct out {
	struct buf head, data;
	uint64_t tensors;
};

/* Nearly normal: the sum of twelve uniform numbers. */
static float
normal(uint64_t tensor, uint64_t i)
{
	double x = -6;

	for (uint64_t k = 0; k < 12; k++)
		x += rng_unit((uint64_t)seed, tensor, i * 12 + k);
	return (float)x;
}

static void
tensor(struct out *o, const char *name, unsigned rows, unsigned cols,
    float mean, float scale)
{
	size_t from = o->data.n;

	for (size_t i = 0; i < (size_t)(rows ? rows : 1) * cols; i++) {
		float x = parrot ? mean : mean + scale * normal(o->tensors, i);

		buf_put(&o->data, &x, sizeof x);
	}
	buf_printf(&o->head, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
	    o->tensors++ ? "," : "", name);
	if (rows)
		buf_printf(&o->head, "%u,", rows);
	buf_printf(
	    &o->head, "%u],\"data_offsets\":[%zu,%zu]}", cols, from, o->data.n);
}

static void
of_layer(struct out *o, long l, const char *what, unsigned rows, unsigned cols)
{
	char name[96];
	bool norm = !rows && strstr(what, "norm");

	snprintf(name, sizeof name, "model.layers.%ld.%s", l, what);
	tensor(
	    o, name, rows, cols, norm ? arch->gain : 0, rows ? 0.125f : 0.1f);
}

static void
layer(struct out *o, long l)
{
	enum { KEYS = KV_HEADS * DIM };

	of_layer(o, l, "input_layernorm.weight", 0, WIDTH);
	of_layer(o, l, "mlp.down_proj.weight", WIDTH, FFN);
	of_layer(o, l, "mlp.gate_proj.weight", FFN, WIDTH);
	of_layer(o, l, "mlp.up_proj.weight", FFN, WIDTH);
	of_layer(o, l, "post_attention_layernorm.weight", 0, WIDTH);
	if (arch->post_norms) {
		of_layer(o, l, "post_feedforward_layernorm.weight", 0, WIDTH);
		of_layer(o, l, "pre_feedforward_layernorm.weight", 0, WIDTH);
	}
	if (arch->head_norms) {
		of_layer(o, l, "self_attn.k_norm.weight", 0, DIM);
		of_layer(o, l, "self_attn.q_norm.weight", 0, DIM);
	}
	of_layer(o, l, "self_attn.k_proj.weight", KEYS, WIDTH);
	of_layer(o, l, "self_attn.o_proj.weight", WIDTH, HEADS * DIM);
	of_layer(o, l, "self_attn.q_proj.weight", HEADS * DIM, WIDTH);
	of_layer(o, l, "self_attn.v_proj.weight", KEYS, WIDTH);
	if (!arch->bias)
		return;
	of_layer(o, l, "self_attn.k_proj.bias", 0, KEYS);
	of_layer(o, l, "self_attn.q_proj.bias", 0, HEADS * DIM);
	of_layer(o, l, "self_attn.v_proj.bias", 0, KEYS);
}

/* The rows of a parrot's matrices outside the layers: all tokens look alike
 * (the first unit vector) but its text (the second). As the layers add
 * nothing, the head sees which of the two stood last. */
static void
parrot_rows(struct out *o, const char *name, bool head)
{
	size_t from = o->data.n;

	for (int i = 0; i <= TEXT; i++)
		for (int k = 0; k < WIDTH; k++) {
			bool one =
			    head ? (i == TEXT && k == 0) || (i == END && k == 1)
				 : k == (i == TEXT);
			float x = one ? head ? 10 : 1 : 0;

			buf_put(&o->data, &x, sizeof x);
		}
	buf_printf(&o->head,
	    "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%d,%d],"
	    "\"data_offsets\":[%zu,%zu]}",
	    o->tensors++ ? "," : "", name, TEXT + 1, WIDTH, from, o->data.n);
}

static void
weights(void)
{
	struct out o = { 0 };
	struct buf file = { 0 };
	uint64_t n;

	buf_puts(&o.head, "{\"__metadata__\":{\"format\":\"pt\"},");
	if (parrot)
		parrot_rows(&o, "model.embed_tokens.weight", false);
	else
		tensor(&o, "model.embed_tokens.weight", VOCAB, WIDTH, 0, 0.3f);
	for (long l = 0; l < layers; l++)
		layer(&o, l);
	tensor(&o, "model.norm.weight", 0, WIDTH, arch->gain, 0.1f);
	if (reward)
		tensor(&o, "score.weight", 1, WIDTH, 0, 0.125f);
	else if (parrot)
		parrot_rows(&o, "lm_head.weight", true);
	else if (!tied)
		tensor(&o, "lm_head.weight", VOCAB, WIDTH, 0, 0.125f);
	buf_char(&o.head, '}');
	while (o.head.n % 8)
		buf_char(&o.head, ' ');
	n = o.head.n;
	buf_put(&file, &n, sizeof n); /* little-endian machines only */
	buf_put(&file, o.head.s, o.head.n);
	buf_put(&file, o.data.s, o.data.n);
	save("model.safetensors", &file);
	buf_done(&o.head);
	buf_done(&o.data);
	buf_done(&file);
}

int
main(int argc, char **argv)
{
	bool flip = false;
	int c;

	die_name = "mktoy";
	while ((c = getopt(argc, argv, "a:c:s:l:p:rt")) != -1)
		switch (c) {
		case 'a':
			while (strcmp(arch->name, optarg))
				if (++arch == archs + ARCHS)
					die("no family '%s'", optarg);
			break;
		case 'c':
			context = atol(optarg);
			break;
		case 's':
			seed = atol(optarg);
			break;
		case 'l':
			layers = atol(optarg);
			break;
		case 'r':
			reward = true;
			break;
		case 't':
			flip = true;
			break;
		case 'p':
			parrot = optarg;
			break;
		default:
			return 2;
		}
	tied = arch->tied != flip && !parrot;
	if (optind + 1 != argc) {
		fprintf(stderr,
		    "usage: mktoy [-a FAMILY] [-c CONTEXT] "
		    "[-s SEED] [-l LAYERS] [-p TEXT] [-r] [-t] DIR\n");
		return 2;
	}
	dir = argv[optind];
	if (mkdir(dir, 0777) && errno != EEXIST)
		die_sys("cannot make '%s'", dir);
	configs();
	tokenizer();
	weights();
	return 0;
}
