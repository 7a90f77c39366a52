/* Any bytes as a GGUF file: every value and tensor is read, then the shape,
 * the weights and the vocabulary that it claims to hold. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/toktext.h"
#include "gpu/weights.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static const char *const keys[] = { "general.architecture", "general.alignment",
	"llama.block_count", "tokenizer.ggml.tokens", "tokenizer.ggml.scores",
	"tokenizer.ggml.token_type", "tokenizer.ggml.add_bos_token",
	"tokenizer.chat_template" };

static void
read_values(const struct gguf *g)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct str s = gguf_str(g, keys[i]), *list;
		size_t n;
		int64_t x;
		double d;
		bool b;

		assert(!s.s || gguf_has(g, keys[i]));
		assert(!gguf_int(g, keys[i], &x) || gguf_real(g, keys[i], &d));
		gguf_bool(g, keys[i], &b);
		list = gguf_strs(g, keys[i], &n);
		assert(!list || n == gguf_count(g, keys[i]));
		free(list);
		free(gguf_ints(g, keys[i], &n));
		free(gguf_floats(g, keys[i], &n));
	}
}

static void
read_weights(const struct weights *w)
{
	for (size_t i = 0; i < weights_count(w); i++) {
		const struct weight *x = weights_at(w, i);
		float *out;

		assert(weights_find(w, x->name.s) == x);
		if (x->cols > 1 << 16)
			continue;
		out = need_alloc(x->cols * sizeof *out);
		weights_read(w, x, 0, 1, out);
		weights_read(w, x, x->rows - 1, 1, out);
		free(out);
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct err e;
	struct gguf *g = gguf_parse(data, n, "x.gguf", &e);
	struct hub h = { .name = "x.gguf", .file = "x.gguf", .gguf = g };
	struct weights *w;
	struct buf b = { 0 };

	if (!g)
		return 0;
	read_values(g);
	w = weights_open(&h, &e);
	if (w)
		read_weights(w);
	weights_close(w);
	if (gguf_count(g, "tokenizer.ggml.tokens") < 1000)
		toktext_json(&b, &h, &e);
	buf_done(&b);
	gguf_close(g);
	return 0;
}
