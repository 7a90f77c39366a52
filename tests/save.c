/* A folder written and read back: weights, shards, what is carried over, and
 * what may be replaced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpu/quant.h"
#include "gpu/save.h"
#include "gpu/weights.h"

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static void
file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		die_sys("cannot write '%s'", name);
}

static bool
file_is(const char *name, const char *text)
{
	char got[4096] = "";
	FILE *f = fopen(name, "r");
	size_t n = f ? fread(got, 1, sizeof got - 1, f) : 0;

	if (f)
		fclose(f);
	return n == strlen(text) && !memcmp(got, text, n);
}

static const struct save_tensor tensors[] = {
	{ "flags", 1, { 3 }, NULL },
	{ "a.weight", 2, { 40, 1000 }, NULL },
	{ "b.weight", 2, { 8, 3 }, NULL },
	{ "c", 0, { 0 }, NULL },
};
enum { N = sizeof tensors / sizeof *tensors };

static float
value(size_t i, size_t k)
{
	return (float)(i + 1) + (float)k / 1024;
}

static struct save *
opened(const char *dir, enum save_dtype dtype, uint64_t shard)
{
	struct err e = { "" };
	struct hub *h = hub_open("from", &e);
	struct save_conf c = { dir, h, dtype, shard };
	struct save *s = h ? save_open(&c, tensors, N, &e) : NULL;

	if (!s)
		printf("%s\n", e.why);
	hub_close(h);
	return s;
}

static void
fill(struct save *s)
{
	struct err e;
	float *x = need_alloc(40000 * sizeof *x);

	for (size_t i = N; i-- > 0;) {
		size_t n = 1, half;

		for (unsigned d = 0; d < tensors[i].dims; d++)
			n *= tensors[i].dim[d];
		for (size_t k = 0; k < n; k++)
			x[k] = value(i, k);
		half = n / 2;
		expect(save_rows(s, i, half, n - half, x + half, &e) &&
			   save_rows(s, i, 0, half, x, &e),
		    "rows written");
	}
	free(x);
}

static void
check(const char *dir, enum save_dtype dtype)
{
	struct err e = { "" };
	struct hub *h = hub_open(dir, &e);
	struct weights *w = h ? weights_open(h, &e) : NULL;
	float *x = need_alloc(40000 * sizeof *x);

	if (!w)
		die("%s", e.why);
	expect(weights_count(w) == N, "all tensors");
	for (size_t i = 0; i < N; i++) {
		const struct weight *t = weights_find(w, tensors[i].name);

		expect(t && t->dims == tensors[i].dims, "shape");
		weights_read(w, t, 0, t->rows, x);
		for (size_t k = 0; k < t->rows * t->cols; k++) {
			float want = value(i, k);
			uint16_t r = bf16_round(want);

			if (dtype == SAVE_BF16)
				quant_read(GGUF_BF16, &r, 1, &want);
			if (x[k] != want) {
				expect(false, "the numbers written");
				break;
			}
		}
	}
	free(x);
	weights_close(w);
	hub_close(h);
}

static void
source(void)
{
	mkdir("from", 0777);
	mkdir("from/additional_chat_templates", 0777);
	file("from/config.json",
	    "{\"model_type\":\"llama\", \"torch_dtype\" : \"float16\","
	    "\"unknown\": [1e5]}");
	file("from/tokenizer.json", "{ }");
	file("from/notes.txt", "keep");
	file("from/README.md", "card");
	file("from/DONE", "x");
	file("from/model.safetensors", "not read");
	file("from/additional_chat_templates/x.jinja", "T");
}

static void
carried(void)
{
	struct stat st;

	expect(file_is("out/config.json",
		   "{\"model_type\":\"llama\", \"torch_dtype\" : "
		   "\"float32\",\"unknown\": [1e5]}"),
	    "config.json but for its dtype");
	expect(file_is("out/tokenizer.json", "{ }") &&
		   file_is("out/notes.txt", "keep") &&
		   file_is("out/additional_chat_templates/x.jinja", "T"),
	    "files carried over");
	expect(stat("out/README.md", &st), "the card stays behind");
	expect(file_is("out/DONE", "{\"plumbline\":\"model\",\"version\":1}\n"),
	    "DONE");
	file("from/config.json", "{\"dtype\":\"float16\"}");
	save_close(opened("out", SAVE_BF16, 0), &(struct err){ 0 });
	expect(file_is("out/config.json", "{\"dtype\":\"bfloat16\"}"),
	    "the newer key");
	file("from/config.json", " {\"a\":1}");
	save_close(opened("out", SAVE_BF16, 0), &(struct err){ 0 });
	expect(file_is("out/config.json",
		   " {\n  \"torch_dtype\": \"bfloat16\",\"a\":1}"),
	    "a dtype added");
}

static void
refusals(void)
{
	struct stat st;
	struct save *s;

	mkdir("other", 0777);
	s = opened("other", SAVE_F32, 0);
	expect(s, "an empty folder is taken");
	save_abort(s);
	file("other/mine", "x");
	expect(!opened("other", SAVE_F32, 0), "somebody's folder");
	file("other/DONE", "their own");
	expect(!opened("other", SAVE_F32, 0), "somebody's DONE");
	file("plain", "x");
	expect(!opened("plain", SAVE_F32, 0), "a file");
	expect(!opened("no/such/out", SAVE_F32, 0), "no parent");
	expect(!stat("other/mine", &st), "what is refused is left alone");
}

int
main(void)
{
	char top[] = "/tmp/plumbline-save-XXXXXX";
	struct buf b = { 0 };
	struct err e;
	struct save *s;
	struct stat st;

	if (!mkdtemp(top) || chdir(top))
		die_sys("cannot make a folder");
	source();
	s = opened("out", SAVE_F32, 0);
	fill(s);
	expect(stat("out", &st), "nothing there before the end");
	expect(save_close(s, &e), "closed");
	check("out", SAVE_F32);
	carried();
	s = opened("out", SAVE_BF16, 50);
	fill(s);
	expect(save_close(s, &e), "replaced");
	check("out", SAVE_BF16);
	expect(!stat("out/model-00003-of-00003.safetensors", &st) &&
		   stat("out/model.safetensors", &st),
	    "three shards");
	s = opened("out", SAVE_F32, 0);
	save_abort(s);
	check("out", SAVE_BF16);
	refusals();
	if (chdir("/"))
		die_sys("cannot leave");
	buf_printf(&b, "rm -r %s", top);
	if (system(b.s))
		bad = 1;
	buf_done(&b);
	return bad;
}
