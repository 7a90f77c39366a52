/*
 * check-losses - the engine against reference values:
 *
 *     check-losses [--only NAMES] DIR
 *
 * DIR is one model's folder as ref_losses.py of the oracle writes it: config,
 * weights, inputs.json, expect.json, logits, gradients, parameters after
 * AdamW steps. Each value, each logits, gradient and AdamW file is a case;
 * what is not built fails. NAMES: entries, joined by commas.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/safetensors.h"
#include "gpu/step.h"

enum { UNITS = 64 };

static const char *dir, *only;
static struct model *model;
static struct json_doc inputs, expect;
static struct arena mem;
static unsigned long passed, failed;

static void
result(bool ok, const char *kind, const char *name, const char *why)
{
	if (!ok)
		printf("FAIL %s %s: %s\n", kind, name, why);
	*(ok ? &passed : &failed) += 1;
}

/* Is the entry among --only? */
static bool
wanted(const char *name)
{
	size_t n = strlen(name);

	for (const char *s = only; s && *s; s += *s == ',') {
		size_t k = strcspn(s, ",");

		if (k == n && !strncmp(s, name, n))
			return true;
		s += k;
	}
	return !only;
}

static const char *
path(const char *name)
{
	static char p[2][4096];
	static int turn;

	turn = !turn;
	snprintf(p[turn], sizeof p[turn], "%s/%s", dir, name);
	return p[turn];
}

static void
load_json(struct json_doc *doc, const char *name)
{
	char *text;
	struct err e;

	if (!json_load(doc, path(name), 1 << 26, &text, &e))
		die("%s", e.why);
}

static double
real(const struct json_doc *doc, const struct json *in, const char *key,
    double otherwise)
{
	double x;

	return json_real(doc, json_get(doc, in, key), &x) ? x : otherwise;
}

static struct model *
open_model(const char *at, bool train)
{
	struct err e;
	struct hub *hub = hub_open(at, &e);
	struct model *m;
	struct model_how how = { .dev = { 2, PRODUCTS_F32, NULL },
		.train = train };

	if (!hub)
		die("%s", e.why);
	m = model_open(hub, &how, &e);
	if (!m)
		die("%s", e.why);
	hub_close(hub);
	return m;
}

/* Rows of numbers as units of one segment; weights from a mask. */
static size_t
units(const char *ids, const char *masks, struct unit *u)
{
	const struct json *rows = json_get(&inputs, inputs.tape, ids);
	const struct json *mask = json_get(&inputs, inputs.tape, masks);
	const struct json *r, *k;

	if (!rows || !mask || rows->n != mask->n || rows->n > UNITS)
		die("inputs.json: no '%s', '%s'", ids, masks);
	r = json_first(rows);
	k = json_first(mask);
	for (size_t i = 0; i < rows->n; i++) {
		int32_t *id = arena_take(&mem, r->n * sizeof *id);
		float *w = arena_take(&mem, r->n * sizeof *w);
		const struct json *a = json_first(r), *b = json_first(k);

		for (size_t j = 0; j < r->n; j++) {
			int64_t x = 0, y = 0;

			json_int(&inputs, a, &x);
			json_int(&inputs, b, &y);
			id[j] = (int32_t)x;
			w[j] = (float)y;
			a = json_next(a);
			b = json_next(b);
		}
		u[i] = (struct unit){ id, w, 1, { r->n, 0 }, { 0, 0 } };
		r = json_next(r);
		k = json_next(k);
	}
	return rows->n;
}

/* All chosen, then all rejected: pairs of two segments. */
static size_t
pair_units(struct unit *u)
{
	struct unit one[UNITS];
	size_t n = units("pref_seqs", "pref_completion_mask", one) / 2;

	for (size_t i = 0; i < n; i++) {
		const struct unit *c = &one[i], *r = &one[n + i];
		size_t all = c->n[0] + r->n[0];
		int32_t *id = arena_take(&mem, all * sizeof *id);
		float *w = arena_take(&mem, all * sizeof *w);

		memcpy(id, c->id, c->n[0] * sizeof *id);
		memcpy(id + c->n[0], r->id, r->n[0] * sizeof *id);
		memcpy(w, c->weight, c->n[0] * sizeof *w);
		memcpy(w + c->n[0], r->weight, r->n[0] * sizeof *w);
		u[i] =
		    (struct unit){ id, w, 2, { c->n[0], r->n[0] }, { 0, 0 } };
	}
	return n;
}

/* What an entry of expect.json asks for; false: not built. */
struct ask {
	struct step_conf conf;
	struct unit unit[UNITS];
	size_t n;
};

static void
reference(struct ask *a)
{
	static struct model *ref;
	struct unit *u[UNITS];
	char at[4096];

	if (!a) {
		model_close(ref);
		return;
	}
	snprintf(at, sizeof at, "%s/ref", dir);
	if (!ref)
		ref = open_model(at, false);
	for (size_t i = 0; i < a->n; i++)
		u[i] = &a->unit[i];
	step_reference(ref, u, a->n, a->conf.micro);
}

static bool
ask_dpo(const char *name, struct ask *a)
{
	const struct json *hp = json_get(&inputs, inputs.tape, "dpo_hparams");
	static const char *const after[] = { "", "_forward_kl",
		"_js_divergence", "_alpha_divergence" };
	char plain[64];

	snprintf(plain, sizeof plain, "%s", name);
	a->conf.beta = real(&inputs, hp, "beta", 0.1);
	a->conf.smooth = real(&inputs, hp, "label_smoothing", 0);
	a->conf.alpha = real(&inputs, hp, "alpha_divergence_coef", 0.5);
	if (strstr(plain, "_plus_")) {
		a->conf.sft = strtod(strstr(plain, "_plus_") + 6, NULL);
		*strstr(plain, "_plus_") = 0;
	}
	for (int i = FORWARD_KL; i <= ALPHA; i++)
		if (strstr(plain, after[i])) {
			a->conf.divergence = (enum divergence)i;
			*strstr(plain, after[i]) = 0;
		}
	a->n = pair_units(a->unit);
	if (!strcmp(plain, "sft")) { /* the chosen responses' token loss */
		for (size_t i = 0; i < a->n; i++)
			a->unit[i].segs = 1;
		return true;
	}
	a->conf.loss = loss_named(plain);
	if (!a->conf.loss)
		return false;
	reference(a);
	return true;
}

static bool
ask(const char *name, struct ask *a)
{
	*a = (struct ask){ .conf.micro = 1 << 20 };
	if (!strcmp(name, "sft") || !strcmp(name, "sft_dft")) {
		a->n = units("sft_docs", "sft_mask", a->unit);
		a->conf.dft = strcmp(name, "sft") != 0;
		return true;
	}
	if (!strncmp(name, "dpo_", 4))
		return ask_dpo(name + 4, a);
	return false;
}

static void
learn(const struct ask *a, struct step_out *out)
{
	const struct unit *u[UNITS];

	for (size_t i = 0; i < a->n; i++)
		u[i] = &a->unit[i];
	model_grads_zero(model);
	step_learn(model, &a->conf, u, a->n, out);
}

/* The worst relative difference of a block from a file of parameters. */
static double
worst(const char *file, enum model_block block, const char **at)
{
	struct err e;
	struct safetensors *want = st_open(path(file), &e);
	const struct model_tensor *t;
	size_t n;
	double most = 0;

	if (!want)
		die("%s", e.why);
	t = model_tensors(model, &n);
	for (size_t i = 0; i < n; i++) {
		const struct st_tensor *w = st_find(want, t[i].name);
		size_t all = t[i].rows * t[i].cols;
		float *got = need_alloc(all * sizeof *got), x;
		double norm = 0, off = 0;

		if (!w || w->dtype != st_f32 || w->bytes != all * sizeof x)
			die("'%s' has no '%s'", path(file), t[i].name);
		model_get(model, block, t[i].at, all, got);
		for (size_t j = 0; j < all; j++) {
			double d;

			memcpy(&x, w->data + j * sizeof x, sizeof x);
			d = (double)got[j] - (double)x;
			norm += (double)x * (double)x;
			off += d * d;
		}
		norm = sqrt(norm);
		off = sqrt(off);
		off = norm > 1e-9 ? off / norm : off;
		if (!(off <= most)) {
			most = off;
			*at = t[i].name;
		}
		free(got);
	}
	st_close(want);
	return most;
}

static double
bound(double peer)
{
	return 2 * peer > 1e-5 ? 2 * peer : 1e-5;
}

static void
value_case(const char *name, const struct json *e)
{
	double want = real(&expect, e, "f64", (double)NAN), off, most;
	double size = fabs(want) > 1 ? fabs(want) : 1;
	struct ask a;
	struct step_out out;
	char why[128];

	if (!ask(name, &a)) {
		result(false, "value", name, "not built");
		return;
	}
	learn(&a, &out);
	off = fabs(out.loss - want) / size;
	most = bound(real(&expect, e, "trl_abs_err", 0) / size);
	snprintf(why, sizeof why, "%.9g, not %.9g", out.loss, want);
	result(off <= most, "value", name, why);
}

static bool
exists(const char *name)
{
	FILE *f = fopen(path(name), "rb");

	if (f)
		fclose(f);
	return f != NULL;
}

static void
gradient_case(const char *name, const struct json *e)
{
	char file[256], why[256];
	struct ask a;
	struct step_out out;
	const char *at = "";
	double off;

	snprintf(file, sizeof file, "grad_%s.safetensors", name);
	if (!exists(file))
		return;
	if (!ask(name, &a)) {
		result(false, "gradient", name, "not built");
		return;
	}
	learn(&a, &out);
	off = worst(file, MODEL_GRADS, &at);
	snprintf(why, sizeof why, "%.3g off at %s", off, at);
	result(off <= bound(real(&expect, e, "trl_grad_relerr", 0)), "gradient",
	    name, why);
}

/* Parameters, for putting back after steps. */
static void
keep(float **was, bool back)
{
	size_t n = model_params(model);
	float *zero;

	if (!back) {
		*was = need_alloc(n * sizeof **was);
		model_get(model, MODEL_MASTERS, 0, n, *was);
		return;
	}
	zero = need_zero(n, sizeof *zero);
	model_put(model, MODEL_MASTERS, 0, n, *was);
	model_put(model, MODEL_M, 0, n, zero);
	model_put(model, MODEL_V, 0, n, zero);
	model_repack(model);
	free(zero);
}

static void
adamw_step(const struct ask *a, const struct json *hp, bool all, size_t t)
{
	const struct json *betas = json_get(&expect, hp, "betas");
	double most = real(&expect, hp, "max_grad_norm", 1), norm;
	struct model_adamw w = { .lr = real(&expect, hp, "lr", 0),
		.eps = real(&expect, hp, "eps", 0),
		.decay = real(&expect, hp, "weight_decay", 0),
		.t = t,
		.decay_all = all };
	const struct json *b = json_first(betas);
	struct step_out out;
	const char *bad;

	json_real(&expect, b, &w.b1);
	json_real(&expect, json_next(b), &w.b2);
	learn(a, &out);
	norm = model_grad_norm(model, &bad);
	w.gscale = most / (norm + 1e-6) < 1 ? most / (norm + 1e-6) : 1;
	model_adamw(model, &w);
}

static void
adamw_cases(const char *name, const struct json *e)
{
	const struct json *hp = json_get(&expect, expect.tape, "adamw_hparams");
	float *was;
	struct ask a;

	ask("sft", &a);
	keep(&was, false);
	for (size_t t = 1; t <= 3; t++) {
		char file[256], why[256];
		const char *at = "";
		double off;

		adamw_step(&a, hp, !strcmp(name, "adamw_all"), t);
		snprintf(file, sizeof file, "%s_step%zu.safetensors", name, t);
		if (!exists(file))
			continue;
		off = worst(file, MODEL_MASTERS, &at);
		snprintf(why, sizeof why, "%.3g off at %s", off, at);
		result(off <= bound(real(&expect, e, "f32_vs_f64_relerr", 0)),
		    "parameters", file, why);
	}
	keep(&was, true);
	free(was);
}

/* The greatest difference of n numbers from a tensor of out_logits. */
static void
compare(const struct safetensors *want, const char *name, const float *got,
    size_t n)
{
	const struct st_tensor *t = st_find(want, name);
	double most = 0;
	char why[64];

	if (!t || t->bytes != n * sizeof *got)
		die("out_logits.safetensors: no '%s' of %zu numbers", name, n);
	for (size_t i = 0; i < n; i++) {
		float x;
		double d;

		memcpy(&x, t->data + i * sizeof x, sizeof x);
		d = fabs((double)got[i] - (double)x);
		most = d <= most ? most : d;
	}
	snprintf(why, sizeof why, "%.3g off", most);
	result(most <= 1e-4, "logits", name, why);
}

static void
logits_cases(void)
{
	size_t vocab = model_conf(model)->vocab, w = model_conf(model)->width;
	struct err e;
	struct safetensors *want = st_open(path("out_logits.safetensors"), &e);
	struct unit u[UNITS];
	size_t n = units("sft_docs", "sft_mask", u), all = 0;
	int32_t id[4096], cu[UNITS + 1] = { 0 }, one[2] = { 0 };
	float *logits, *hidden;
	struct model_run run = { .id = id, .cu = cu, .segs = n };

	if (!want)
		die("%s", e.why);
	for (size_t i = 0; i < n; i++) {
		memcpy(id + all, u[i].id, u[i].n[0] * sizeof *id);
		all += u[i].n[0];
		cu[i + 1] = (int32_t)all;
	}
	run.n = all;
	logits = need_alloc(all * vocab * sizeof *logits);
	hidden = need_alloc(all * w * sizeof *hidden);
	model_flat_logits(model, &run, logits, hidden);
	compare(want, "packed", logits, all * vocab);
	compare(want, "hidden_doc0", hidden, u[0].n[0] * w);
	one[1] = (int32_t)all;
	run.cu = one;
	run.segs = 1;
	model_flat_logits(model, &run, logits, NULL);
	compare(want, "single_row", logits, all * vocab);
	free(logits);
	free(hidden);
	st_close(want);
}

int
main(int argc, char **argv)
{
	const struct json *key;

	die_name = "check-losses";
	if (argc == 4 && !strcmp(argv[1], "--only")) {
		only = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc != 2) {
		fprintf(stderr, "usage: check-losses [--only NAMES] DIR\n");
		return 2;
	}
	dir = argv[1];
	load_json(&inputs, "inputs.json");
	load_json(&expect, "expect.json");
	model = open_model(dir, true);
	if (wanted("logits") && exists("out_logits.safetensors"))
		logits_cases();
	key = json_first(expect.tape);
	for (size_t i = 0; i < expect.tape->n; i++, key = json_member(key)) {
		struct str s = json_str(&expect, key, &mem);
		char *name = arena_text(&mem, s.s, s.n);

		if (!wanted(name))
			continue;
		if (!strncmp(name, "adamw_", 6) &&
		    json_get(&expect, key + 1, "steps"))
			adamw_cases(name, key + 1);
		if (!json_get(&expect, key + 1, "f64"))
			continue;
		value_case(name, key + 1);
		gradient_case(name, key + 1);
	}
	reference(NULL);
	model_close(model);
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed ? 1 : 0;
}
