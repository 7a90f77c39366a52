/* Merge methods by hand-worked values; recipes; whole merges of tiny models,
 * and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpu/merge.h"
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

/* Two numbers of a base and of two models; value[k] is parameter k. */
static const struct {
	const char *method;
	float base[2], in[2][2];
	double value[3][2];
	float want[2];
} worked[] = {
	{ "linear", { 0 }, { { 1, 2 }, { 3, -4 } }, { { 0.5, 0.25 }, { 0, 0 } },
	    { 1.25f, 0 } },
	{ "linear", { 0 }, { { 1, 2 }, { 3, -4 } }, { { 2, 6 }, { 1, 1 } },
	    { 2.5f, -2.5f } },
	{ "task_arithmetic", { 1, 1 }, { { 2, 3 }, { 1, -1 } },
	    { { 0.5, 1 }, { 0, 0 }, { 1, 1 } }, { 1.5f, 0 } },
	{ "task_arithmetic", { 1, 1 }, { { 2, 3 }, { 1, -1 } },
	    { { 1, 3 }, { 1, 1 }, { 2, 2 } }, { 1.5f, -1 } },
	/* Differences (1, 0) and (1, 1): c = 0.70710678, t = 2c / (1 + c) =
	 * 0.82842712; mean (2, 1.5), base 1. */
	{ "model_stock", { 1, 1 }, { { 2, 1 }, { 2, 2 } }, { { 0, 0 } },
	    { 1.82842712f, 1.41421356f } },
	/* At a right angle: t = 0, the base. */
	{ "model_stock", { 1, 1 }, { { 2, 1 }, { 1, 2 } }, { { 0, 0 } },
	    { 1, 1 } },
	{ "model_stock", { 1, 1 }, { { 2, 1 }, { 2, 2 } }, { { 1, 1 } },
	    { 1.82842712f, 1.41421356f } },
	/* A right angle, halfway: sin 45 / sin 90 of each. */
	{ "slerp", { 2, 0 }, { { 0, 4 } }, { { 0.5 } },
	    { 1.41421356f, 2.82842712f } },
	{ "slerp", { 2, 0 }, { { 4, 0 } }, { { 0.25 } }, { 2.5f, 0 } },
	/* Norms 2 and 4 at a right angle: length 3, at 45 degrees. */
	{ "karcher", { 0 }, { { 2, 0 }, { 0, 4 } }, { { 10 }, { 1e-5 } },
	    { 2.12132034f, 2.12132034f } },
	{ "karcher", { 0 }, { { 2, 0 }, { 0, 0 } }, { { 10 }, { 1e-5 } },
	    { 1, 0 } },
	{ "nearswap", { 1, 1 }, { { 1.5f, 3 } }, { { 0.5 } }, { 1.5f, 1.5f } },
	{ "nearswap", { 1, 1 }, { { 1, 2 } }, { { 0 } }, { 1, 1 } },
	{ "passthrough", { 0 }, { { 2, -3 } }, { { 0.5 } }, { 1, -1.5f } },
	{ "passthrough", { 0 }, { { 2, -3 } }, { { 1 } }, { 2, -3 } },
};

static void
methods(void)
{
	for (size_t i = 0; i < sizeof worked / sizeof *worked; i++) {
		const struct merge_method *m = merge_named(worked[i].method);
		const float *in[2] = { worked[i].in[0], worked[i].in[1] };
		double value[MERGE_PARAMS][MERGE_MODELS] = { { 0 } };
		double product[9], coef[3] = { 0 };
		float out[2] = { 9, 9 };
		struct err e = { "" };
		size_t models = m->most < 2 ? m->most : 2;
		struct merge_piece p = { out, m->base ? worked[i].base : NULL,
			in, models, 2, 2, (const double(*)[MERGE_MODELS])value,
			m->settle ? coef : NULL };

		for (size_t k = 0; k < 3; k++)
			memcpy(value[k], worked[i].value[k],
			    sizeof worked[i].value[k]);
		if (m->sums != SUMS_NONE)
			merge_products(product, &p, m->sums, 0, 2);
		if (m->settle)
			expect(m->settle(coef, product, &p, &e), e.why);
		m->piece(&p);
		for (int k = 0; k < 2; k++)
			if (!(fabsf(out[k] - worked[i].want[k]) < 1e-6f)) {
				printf("FAIL %zu: %s gives %g, not %g\n", i,
				    m->name, (double)out[k],
				    (double)worked[i].want[k]);
				bad = 1;
			}
	}
}

static double
value_of(const struct recipe *r, long m, const char *name, const char *tensor,
    double t)
{
	double x = (double)NAN;

	recipe_value(r, m, name, tensor, t, &x);
	return x;
}

static void
recipes(void)
{
	static const char yaml[] =
	    "merge_method: linear\ndtype: float32\nout_dtype: bfloat16\n"
	    "base_model: null\ntokenizer_source: base\nmodels:\n"
	    "- model: /x/a\n  parameters:\n    weight:\n"
	    "    - filter: mlp\n      value: [0, 1, 3]\n"
	    "    - filter: norm\n      value: 7\n"
	    "- model: b\n  parameters: {weight: [1, 2]}\n"
	    "parameters:\n  weight: 9\n  normalize: [true, false]\n";
	static const struct {
		const char *yaml, *why;
	} lies[] = {
		{ "- 1", "r.yml: not a mapping" },
		{ "merge_method: x\nslices: []", "r.yml:2: not there yet:" },
		{ "models: []", "there is no merge_method" },
		{ "merge_method: x\nmodels:\n- lora: y", "models: 'lora'" },
		{ "merge_method: x\nmodels:\n- parameters: {}", "no 'model'" },
		{ "merge_method: x\nparameters: {a: b}", "no 'number'" },
		{ "merge_method: x\nparameters: {a: []}", "'empty'" },
		{ "merge_method: x\nparameters: {a: {filter: y}}",
		    "no 'value'" },
		{ "merge_method: x\nparameters: {a: .inf}", "no 'number'" },
		{ "merge_method: x\ntokenizer_source: union",
		    "not there yet: tokenizer_source 'union'" },
		{ "merge_method: x\nmodels: &a [*a]", "not a mapping" },
		{ "merge_method: x\nparameters: {a: 1}\nparameters: {b: 1}",
		    "twice: 'parameters'" },
		{ "a: [", "r.yml:" },
	};
	struct recipe r = { 0 };
	struct err e = { "" };

	expect(recipe_parse(&r, str_of(yaml), "r.yml", &e), e.why);
	expect(!strcmp(r.method, "linear") && !strcmp(r.dtype, "bfloat16") &&
		   !r.base && r.models == 2 && !strcmp(r.model[1].path, "b"),
	    "the recipe's own words");
	expect(value_of(&r, 0, "weight", "x.mlp.y", 0.5) == 1, "gradient");
	expect(value_of(&r, 0, "weight", "x.mlp.y", 0.75) == 2, "between");
	expect(value_of(&r, 0, "weight", "x.norm", 0) == 7, "second filter");
	expect(value_of(&r, 0, "weight", "x.head", 0) == 9, "all filters miss");
	expect(value_of(&r, 1, "weight", "x", 1) == 2, "the end of a list");
	expect(value_of(&r, -1, "normalize", "x", 0.9) == 1, "yes or no");
	expect(isnan(value_of(&r, -1, "lambda", "x", 0)), "not set");
	recipe_done(&r);
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		if (recipe_parse(&r, str_of(lies[i].yaml), "r.yml", &e) ||
		    !strstr(e.why, lies[i].why)) {
			printf("FAIL wanted '%s': %s\n", lies[i].why, e.why);
			bad = 1;
		}
		recipe_done(&r);
	}
}

/* A model of tensor w [rows, 2], filled with x, 2x, ..., tensor i [1] of
 * integers, and what `more` adds to the header. */
static void
model(const char *dir, size_t rows, float x, int64_t i, const char *more)
{
	struct buf b = { 0 }, path = { 0 };
	size_t n = rows * 2 * sizeof x;
	uint64_t len = 0;
	FILE *f;

	mkdir(dir, 0777);
	buf_put(&b, &len, 8);
	buf_printf(&b,
	    "{\"w\":{\"dtype\":\"F32\",\"shape\":[%zu,2],"
	    "\"data_offsets\":[0,%zu]},\"i\":{\"dtype\":\"I64\","
	    "\"shape\":[1],\"data_offsets\":[%zu,%zu]}%s}",
	    rows, n, n, n + 8, more);
	len = b.n - 8;
	memcpy(b.s, &len, 8);
	for (size_t k = 1; k <= rows * 2; k++) {
		float y = (float)k * x;

		buf_put(&b, &y, sizeof y);
	}
	buf_put(&b, &i, 8);
	if (*more)
		buf_put(&b, "\0\0\x80\x3f", 4);
	buf_printf(&path, "%s/model.safetensors", dir);
	f = fopen(path.s, "wb");
	if (!f || fwrite(b.s, b.n, 1, f) != 1 || fclose(f))
		die_sys("cannot write '%s'", path.s);
	buf_reset(&path);
	buf_printf(&path, "%s/config.json", dir);
	f = fopen(path.s, "w");
	if (!f || fputs("{\"torch_dtype\":\"float32\"}", f) < 0 || fclose(f))
		die_sys("cannot write '%s'", path.s);
	buf_done(&b);
	buf_done(&path);
}

static bool
stop(void)
{
	return true;
}

/* Merge a and b into out. */
static bool
merged(const char *method, const char *base, enum merge_missing missing,
    struct merge_counts *n, struct err *e)
{
	struct recipe r = { .method = method, .base = base };
	struct merge_conf c = {
		.recipe = &r, .dir = "out", .threads = 3, .missing = missing
	};
	bool ok;

	recipe_add(&r, "a");
	recipe_add(&r, "b");
	ok = recipe_set(&r, 0, "weight", "0.25", e) &&
	     recipe_set(&r, RECIPE_ALL, "weight", "0.75", e) &&
	     merge_run(&c, n, e);
	recipe_done(&r);
	return ok;
}

static void
refused(const char *method, const char *base, const char *why)
{
	struct merge_counts n;
	struct err e = { "accepted" };

	if (merged(method, base, MISSING_FAIL, &n, &e) || !strstr(e.why, why)) {
		printf("FAIL wanted '%s': %s\n", why, e.why);
		bad = 1;
	}
}

/* w[k] of the output, and how many tensors it has. */
static float
out_w(size_t k, size_t *tensors)
{
	struct err e;
	struct hub *h = hub_open("out", &e);
	struct weights *w = h ? weights_open(h, &e) : NULL;
	float x[2] = { NAN, NAN };

	if (!w)
		die("%s", e.why);
	*tensors = weights_count(w);
	weights_read(w, weights_find(w, "w"), k / 2, 1, x);
	weights_close(w);
	hub_close(h);
	return x[k % 2];
}

static void
whole(void)
{
	static const char more[] = ",\"z\":{\"dtype\":\"F32\",\"shape\":[],"
				   "\"data_offsets\":[808,812]}";
	struct merge_counts n;
	struct err e = { "" };
	size_t tensors;

	model("a", 100, 1, 7, "");
	model("b", 100, 5, 7, "");
	model("base", 100, 1, 7, "");
	expect(merged("linear", NULL, MISSING_FAIL, &n, &e), e.why);
	expect(n.tensors == 2 && n.copied == 1 && n.numbers == 201, "counts");
	expect(out_w(199, &tensors) == 800 && tensors == 2, "mean of 1 and 5");
	expect(merged("task_arithmetic", "base", MISSING_FAIL, &n, &e), e.why);
	expect(out_w(9, &tensors) == 40, "the base and 0.75 of 4");

	refused("ties", NULL, "merge method 'ties' is not there yet");
	refused("task_arithmetic", NULL, "task_arithmetic needs a base model");
	refused("model_stock", "base", "model_stock has no parameter 'weight'");
	refused("linear", "none", "cannot open 'none'");
	model("b", 100, 5, 8, "");
	refused("linear", NULL, "tensor 'i' holds I64 and is not the same");
	model("b", 99, 5, 7, "");
	refused("linear", NULL, "is [100, 2] in 'a' but [99, 2] in 'b'");
	model("b", 100, INFINITY, 7, "");
	refused("linear", NULL,
	    "tensor 'w': 200 numbers are NaN or infinite (by 'b')");
	model("b", 100, 5, 7, more);
	refused("linear", NULL, "tensor 'z' is missing in 'a'");
	expect(out_w(9, &tensors) == 40, "what stood there still stands");
	expect(merged("linear", NULL, MISSING_SKIP, &n, &e), e.why);
	expect(n.left_out == 1 && n.tensors == 2, "left out");
	expect(merged("linear", NULL, MISSING_FIRST, &n, &e), e.why);
	expect(n.copied == 2 && out_w(0, &tensors) == 4 && tensors == 3,
	    "taken from the one that has it");
	expect(
	    merged("linear", "base", MISSING_BASE, &n, &e) && n.left_out == 1,
	    "the base lacks it too");
}

static void
stopping(void)
{
	struct recipe r = { .method = "linear" };
	struct merge_conf c = {
		.recipe = &r, .dir = "new", .threads = 2, .stopping = stop
	};
	struct merge_counts n;
	struct stat st;
	struct err e;

	recipe_add(&r, "a");
	expect(recipe_set(&r, RECIPE_ALL, "weight", "1", &e) &&
		   !merge_run(&c, &n, &e),
	    "stopped");
	expect(stat("new", &st), "and nothing left");
	recipe_done(&r);
}

int
main(void)
{
	char top[] = "/tmp/plumbline-merge-XXXXXX";
	struct buf b = { 0 };

	if (!mkdtemp(top) || chdir(top))
		die_sys("cannot make a folder");
	methods();
	recipes();
	whole();
	stopping();
	if (chdir("/"))
		die_sys("cannot leave");
	buf_printf(&b, "rm -r %s", top);
	if (system(b.s))
		bad = 1;
	buf_done(&b);
	return bad;
}
