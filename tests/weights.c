/* One view over GGUF and safetensors: names, shapes, rows; and the shape of
 * a model from GGUF metadata. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpu/quant.h"
#include "gpu/weights.h"

static struct buf file;
static int bad;
static char top[] = "/tmp/plumbline-weights-XXXXXX";

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static void
u32(uint32_t x)
{
	buf_put(&file, &x, 4);
}

static void
u64(uint64_t x)
{
	buf_put(&file, &x, 8);
}

static void
text(const char *s)
{
	u64(strlen(s));
	buf_puts(&file, s);
}

static void
number(const char *key, uint32_t x)
{
	text(key);
	u32(4);
	u32(x);
}

static void
real(const char *key, float x)
{
	text(key);
	u32(6);
	buf_put(&file, &x, 4);
}

static void
tensor(
    const char *name, uint64_t cols, uint64_t rows, uint32_t type, uint64_t at)
{
	text(name);
	u32(rows ? 2 : 1);
	u64(cols);
	if (rows)
		u64(rows);
	u32(type);
	u64(at);
}

enum { VALUES = 12 };

/* Two heads of 4, one key head; q's row r holds r in every column. */
static void
model(const char *arch, const char *scaling)
{
	char key[64];
	static const struct {
		const char *name;
		uint32_t x;
	} n[] = {
		{ "block_count", 1 },
		{ "embedding_length", 8 },
		{ "feed_forward_length", 16 },
		{ "attention.head_count", 2 },
		{ "attention.head_count_kv", 1 },
		{ "context_length", 128 },
		{ "vocab_size", 5 },
	};

	buf_reset(&file);
	buf_puts(&file, "GGUF");
	u32(3);
	u64(4);
	u64(VALUES);
	text("general.architecture");
	u32(8);
	text(arch);
	for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
		snprintf(key, sizeof key, "%s.%s", arch, n[i].name);
		number(key, n[i].x);
	}
	snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", arch);
	real(key, 1e-5f);
	snprintf(key, sizeof key, "%s.rope.freq_base", arch);
	real(key, 1e5f);
	snprintf(key, sizeof key, "%s.rope.scaling.type", arch);
	text(key);
	u32(8);
	text(scaling);
	snprintf(key, sizeof key, "%s.rope.scaling.factor", arch);
	real(key, 4);
	tensor("blk.0.attn_q.weight", 8, 8, GGUF_F32, 0);
	tensor("blk.0.attn_q.bias", 8, 0, GGUF_F32, 256);
	tensor("blk.0.attn_v.weight", 8, 4, GGUF_F16, 288);
	tensor("output_norm.weight", 8, 0, GGUF_F32, 352);
	while (file.n % 32)
		buf_char(&file, 0);
	for (int r = 0; r < 8; r++)
		for (int c = 0; c < 8; c++) {
			float x = (float)r;

			buf_put(&file, &x, 4);
		}
	for (int c = 0; c < 8; c++) {
		float x = (float)c;

		buf_put(&file, &x, 4);
	}
	for (int i = 0; i < 32; i++)
		buf_put(&file, "\0\x3c", 2); /* 1.0 */
	for (int i = 0; i < 8; i++)
		buf_put(&file, "\0\0\0\x40", 4); /* 2.0f */
}

static void
save(const char *name)
{
	FILE *f = fopen(name, "wb");

	if (!f || fwrite(file.s, file.n, 1, f) != 1 || fclose(f))
		die_sys("cannot write '%s'", name);
}

static struct hub *
saved(void)
{
	struct err e;
	struct hub *h;

	save("x.gguf");
	h = hub_open("x.gguf", &e);
	if (!h)
		die("%s", e.why);
	return h;
}

static void
shape(void)
{
	struct model_conf m;
	struct err e = { "" };
	struct hub *h;

	model("llama", "linear");
	h = saved();
	expect(conf_read(&m, h, &e), e.why);
	expect(m.layers == 1 && m.width == 8 && m.ffn == 16 && m.heads == 2 &&
		   m.kv_heads == 1 && m.head_dim == 4 && m.vocab == 5 &&
		   m.context == 128 && m.tied && m.qkv_bias && !m.o_bias,
	    "shape");
	expect(m.eps == 1e-5 && m.rope.theta == 1e5 &&
		   m.rope.kind == ROPE_LINEAR && m.rope.factor == 4,
	    "numbers as they were meant");
	hub_close(h);
	model("llama", "longrope");
	h = saved();
	expect(!conf_read(&m, h, &e) &&
		   strstr(e.why, "RoPE scaling 'longrope' is not there yet"),
	    "longrope");
	hub_close(h);
	model("gpt2", "none");
	h = saved();
	expect(!conf_read(&m, h, &e) &&
		   strstr(e.why, "architecture 'gpt2' is not there yet"),
	    "gpt2");
	hub_close(h);
}

static void
rows(void)
{
	static const char q[] = "model.layers.0.self_attn.q_proj.weight";
	static const char b[] = "model.layers.0.self_attn.q_proj.bias";
	static const float want[8] = { 0, 2, 1, 3, 4, 6, 5, 7 };
	float out[64];
	struct err e = { "" };
	struct hub *h;
	struct weights *w;
	const struct weight *x;

	model("llama", "none");
	h = saved();
	w = weights_open(h, &e);
	if (!w)
		die("%s", e.why);
	expect(weights_count(w) == 4, "count");
	x = weights_need(w, q, 8, 8, &e);
	expect(x && !strcmp(x->dtype, "F32"), "q");
	weights_read(w, x, 0, 8, out);
	for (int r = 0; r < 8; r++)
		expect(out[8 * r] == want[r] && out[8 * r + 7] == want[r],
		    "a row of q is put back");
	weights_read(w, x, 5, 2, out);
	expect(out[0] == 6 && out[8] == 5, "rows from the middle");
	weights_read(w, weights_need(w, b, 1, 8, &e), 0, 1, out);
	expect(!memcmp(out, want, sizeof want), "a bias is put back");
	x = weights_find(w, "model.layers.0.self_attn.v_proj.weight");
	expect(x->rows == 4 && x->dim[0] == 4 && x->dim[1] == 8, "v");
	weights_read(w, x, 3, 1, out);
	expect(out[7] == 1, "f16");
	expect(!weights_need(w, "lm_head.weight", 5, 8, &e) &&
		   strstr(e.why, "tensor 'lm_head.weight' is missing"),
	    "missing");
	expect(!weights_need(w, "model.norm.weight", 1, 9, &e) &&
		   strstr(e.why, "is [1, 8], not [1, 9]"),
	    "another shape");
	weights_close(w);
	hub_close(h);

	model("qwen2", "none");
	h = saved();
	w = weights_open(h, &e);
	weights_read(w, weights_need(w, q, 8, 8, &e), 1, 1, out);
	expect(out[0] == 1, "qwen2 permutes nothing");
	weights_close(w);
	hub_close(h);
}

/* A tensor nobody knows, and one whose type is not decoded. */
static void
refused(const char *from, const char *to, const char *why)
{
	struct err e = { "accepted" };
	struct weights *w;
	struct hub *h;
	char *at;

	model("llama", "none");
	at = memmem(file.s, file.n, from, strlen(from));
	memcpy(at, to, strlen(to));
	h = saved();
	w = weights_open(h, &e);
	if (w || !strstr(e.why, why)) {
		printf("FAIL wanted '%s': %s\n", why, e.why);
		bad = 1;
	}
	weights_close(w);
	hub_close(h);
}

static void
safetensors(void)
{
	static const char head[] =
	    "{\"a\":{\"dtype\":\"BF16\",\"shape\":[2,2,2],\"data_offsets\":"
	    "[0,16]},\"i\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":"
	    "[16,24]}}";
	struct hub h = { .name = "m", .dir = top };
	struct weights *w;
	struct err e = { "" };
	float out[4];

	buf_reset(&file);
	u64(sizeof head - 1);
	buf_puts(&file, head);
	for (int i = 0; i < 8; i++) {
		uint16_t x = bf16_round((float)i);

		buf_put(&file, &x, 2);
	}
	u64(7);
	save("model.safetensors");
	w = weights_open(&h, &e);
	if (!w)
		die("%s", e.why);
	expect(weights_find(w, "a")->rows == 4, "rows of three dimensions");
	weights_read(w, weights_find(w, "a"), 1, 2, out);
	expect(out[0] == 2 && out[3] == 5, "bf16 rows");
	expect(!weights_find(w, "i")->real, "integers are no numbers here");
	expect(!weights_need(w, "i", 1, 1, &e) && strstr(e.why, "is I64"),
	    "refused by name");
	weights_close(w);
}

/* Codes stand for the numbers that the types' readers give. */
static void
codes(void)
{
	static const uint32_t types[] = { GGUF_Q8_0, GGUF_Q4_0, GGUF_Q4_1,
		GGUF_Q5_0, GGUF_Q5_1, GGUF_Q4_K, GGUF_Q5_K, GGUF_Q6_K };
	unsigned char raw[256 * 4];
	float want[512], scale[32], min[32], got, most;
	int8_t code[512];

	for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
		const struct gguf_type_info *ti = gguf_type_info(types[t]);
		size_t n = 2 * ti->items, block = quant_form(types[t]).block;

		/* no half is infinite or no number: their bytes stay low */
		for (size_t i = 0; i < 2 * ti->bytes; i++)
			raw[i] = (unsigned char)rng_below(120, 1, t, i);
		quant_read(types[t], raw, n, want);
		for (; block >= 16; block /= 2) {
			quant_codes(types[t], raw, n, block, code, scale, min);
			for (size_t i = 0; i < n; i++) {
				got = (float)code[i] * scale[i / block];
				got += min[i / block];
				expect(!(got < want[i]) && !(got > want[i]),
				    ti->name);
				expect(quant_form(types[t]).bits == 8 ||
					   (code[i] >= 0 && code[i] < 16),
				    "codes of 4 bits");
			}
		}
	}
	for (size_t i = 0; i < 40; i++)
		want[i] = i < 8 ? 0 : (float)rng_unit(2, 0, i) - 0.5f;
	quant_int8(want, 40, 32, code, scale, min);
	for (size_t i = 0; i < 40; i++) {
		most = scale[i / 32] * 0.5001f;
		got = (float)code[i] * scale[i / 32] - want[i];
		expect(got <= most && got >= -most && min[i / 32] <= 0, "int8");
	}
	quant_int8(want, 8, 8, code, scale, min);
	expect(code[0] == 0 && !(scale[0] > 0), "int8 of zeros");
}

int
main(void)
{
	struct buf b = { 0 };

	if (!mkdtemp(top) || chdir(top))
		die_sys("cannot make a folder");
	shape();
	rows();
	codes();
	refused("attn_v", "attn_w", "'blk.0.attn_w.weight' has no Hugging");
	refused("blk.0.attn_v", "blk.x.attn_v", "has no Hugging Face name");
	safetensors();
	expect(bf16_round(1.00390625f) == 0x3f80 &&
		   bf16_round(1.01171875f) == 0x3f82 &&
		   bf16_round(-3.4e38f) == 0xff80,
	    "bf16 rounds to even");
	if (chdir("/"))
		die_sys("cannot leave");
	buf_printf(&b, "rm -r %s", top);
	if (system(b.s))
		bad = 1;
	buf_done(&b);
	buf_done(&file);
	return bad;
}
