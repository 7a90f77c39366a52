/*
 * The engine on toy models: cached rows, flat runs and training give the same
 * bits, on one thread or two and behind the guard backend; gradients agree
 * with differences and do not depend on the micro-batch; rotary frequencies
 * are those of transformers.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpu/rope.h"
#include "gpu/step.h"
#include "tests/guard.h"

enum { SEGS = 4, TOKENS = 61, PAGES = 8 };

static int bad;
static const char *const arch[] = { "llama", "qwen2", "qwen3", "mistral",
	"gemma3" };
enum { ARCHS = sizeof arch / sizeof *arch };
static char dir[ARCHS][64];

static void
expect(bool ok, const char *what, const char *where)
{
	if (!ok) {
		printf("FAIL %s: %s\n", where, what);
		bad = 1;
	}
}

static struct model *
open_model(int a, const struct ops *ops, int threads, enum products products,
    bool train)
{
	struct err e;
	struct hub *hub = hub_open(dir[a], &e);
	struct model_how how = {
		.ops = ops, .dev = { threads, products, NULL }, .train = train
	};
	struct model *m = hub ? model_open(hub, &how, &e) : NULL;

	if (!m)
		die("%s", e.why);
	hub_close(hub);
	return m;
}

/* Four segments, the tokens a fixed noise. */
static int32_t id[TOKENS], at[TOKENS];
static float weight[TOKENS];
static const int32_t cu[SEGS + 1] = { 0, 17, 18, 53, 61 };
static struct model_run run = { TOKENS, SEGS, 0, id, cu, at };
static struct unit unit[SEGS];
static const struct unit *units[SEGS];

static void
make_run(void)
{
	for (size_t i = 0; i < TOKENS; i++) {
		id[i] = (int32_t)rng_below(299, 7, 0, i);
		weight[i] = i % 5 == 3 ? 0 : 0.25f * (float)(1 + i % 7);
	}
	for (int s = 0; s < SEGS; s++) {
		size_t from = (size_t)cu[s], to = (size_t)cu[s + 1];

		for (size_t i = from + 1; i < to; i++)
			at[run.targets++] = (int32_t)i;
		unit[s] = (struct unit){ id + from, weight + from, 1,
			{ to - from, 0 }, { 0, 0 } };
		units[s] = &unit[s];
	}
}

/* The same log-probabilities through the cache: rows of all segments mixed,
 * in batches of `chunk` rows, two pages a segment. */
static void
cached(struct model *m, size_t chunk, float *logp)
{
	struct kv *kv = model_kv_new(m, PAGES);
	int32_t order[TOKENS], pos[TOKENS], slot[TOKENS], first[TOKENS];
	int32_t ids[TOKENS], want[TOKENS], target[TOKENS];
	int32_t page[PAGES] = { 5, 2, 7, 0, 1, 6, 3, 4 };
	size_t n = 0;

	for (int32_t p = 0; p < TOKENS; p++) /* position by position */
		for (int32_t s = 0; s < SEGS; s++)
			if (cu[s] + p < cu[s + 1]) {
				order[n] = cu[s] + p;
				ids[n] = id[order[n]];
				pos[n] = p;
				first[n] = 2 * s;
				slot[n] = page[2 * s + p / KV_PAGE] * KV_PAGE +
					  p % KV_PAGE;
				n++;
			}
	for (size_t i = 0; i < n; i += chunk) {
		size_t k = n - i < chunk ? n - i : chunk;
		struct model_rows rows = { k, ids + i, pos + i, slot + i,
			first + i, page, PAGES, want, k };
		float got[TOKENS];

		for (size_t j = 0; j < k; j++) {
			int32_t row = order[i + j];

			want[j] = (int32_t)j;
			target[j] = id[row + 1 < TOKENS ? row + 1 : row];
		}
		model_infer(m, kv, &rows);
		model_logits_logp(m, target, got);
		for (size_t j = 0; j < k; j++)
			logp[order[i + j]] = got[j];
	}
	model_kv_free(m, kv);
}

static void
same_bits(int a, enum products products)
{
	struct model *m = open_model(a, NULL, 2, products, false);
	struct model *t = open_model(a, NULL, 1, products, true);
	float flat[TOKENS], train[TOKENS], row[TOKENS], all = 0;
	static const size_t chunks[] = { 1, 3, TOKENS };

	model_logps(m, &run, flat);
	model_forward(t, &run, train);
	expect(!memcmp(flat, train, run.targets * sizeof *flat),
	    "inference and training differ", arch[a]);
	for (size_t c = 0; c < 3; c++) {
		bool same = true;

		cached(m, chunks[c], row);
		for (size_t i = 0; i < run.targets; i++)
			same = same && flat[i] - row[at[i] - 1] == 0;
		expect(same, "cached rows differ", arch[a]);
	}
	for (size_t i = 0; i < run.targets; i++)
		all += flat[i];
	expect(all < -100 && all > -2000, "log-probabilities", arch[a]);
	model_close(m);
	model_close(t);
}

/* A step of SFT and one of AdamW; all blocks after it. */
struct after {
	float *grads, *masters, *m;
	double loss, norm;
	size_t n;
};

static struct after
one_step(int a, const struct ops *ops, int threads, enum products products,
    size_t micro)
{
	struct model *m = open_model(a, ops, threads, products, true);
	struct step_conf c = { .micro = micro };
	struct step_out out;
	struct after r = { .n = model_params(m) };
	const char *name;

	r.grads = need_alloc(3 * r.n * sizeof *r.grads);
	r.masters = r.grads + r.n;
	r.m = r.masters + r.n;
	model_grads_zero(m);
	step_learn(m, &c, units, SEGS, &out);
	r.loss = out.loss;
	r.norm = model_grad_norm(m, &name);
	expect(!name, "a gradient is not finite", arch[a]);
	model_get(m, MODEL_GRADS, 0, r.n, r.grads);
	model_adamw(m,
	    &(struct model_adamw){ 1e-3, 0.9, 0.95, 1e-8, 0.1, 1, 0.5, false });
	model_get(m, MODEL_MASTERS, 0, r.n, r.masters);
	model_get(m, MODEL_M, 0, r.n, r.m);
	model_close(m);
	return r;
}

static void
steps_agree(int a, enum products products)
{
	struct after one = one_step(a, NULL, 1, products, 1000);
	struct after two = one_step(a, NULL, 2, products, 1000);
	struct after guard = one_step(a, &guard_ops, 2, products, 1000);
	struct after cut = one_step(a, NULL, 2, products, 1);
	double off = 0, norm = 0;

	expect(!memcmp(one.grads, two.grads, 3 * one.n * sizeof(float)),
	    "threads change bits", arch[a]);
	expect(!memcmp(one.grads, guard.grads, 3 * one.n * sizeof(float)),
	    "the guard backend has other bits", arch[a]);
	expect(
	    cut.loss - one.loss == 0, "micro-batches change the loss", arch[a]);
	for (size_t i = 0; i < one.n; i++) {
		double d = (double)one.grads[i] - (double)cut.grads[i];

		off += d * d;
		norm += (double)one.grads[i] * (double)one.grads[i];
	}
	expect(sqrt(off) <= 1e-5 * sqrt(norm),
	    "micro-batches change the gradients", arch[a]);
	expect(
	    fabs(sqrt(norm) - one.norm) < 1e-6 * one.norm, "the norm", arch[a]);
	free(one.grads);
	free(two.grads);
	free(guard.grads);
	free(cut.grads);
}

static double
loss_of(struct model *m)
{
	struct step_conf c = { .micro = 1000 };
	struct step_out out;

	step_measure(m, &c, units, SEGS, &out);
	return out.loss;
}

/* The steepest element of every tensor. */
static void
differences(int a)
{
	struct model *m = open_model(a, NULL, 2, PRODUCTS_F32, true);
	struct step_conf c = { .micro = 1000 };
	struct step_out out;
	size_t tensors;
	const struct model_tensor *t = model_tensors(m, &tensors);
	float *g = need_alloc(model_params(m) * sizeof *g);

	model_grads_zero(m);
	step_learn(m, &c, units, SEGS, &out);
	model_get(m, MODEL_GRADS, 0, model_params(m), g);
	for (size_t i = 0; i < tensors; i++) {
		size_t best = t[i].at;
		float was, x, h = 4e-3f;
		double up, down, slope;

		for (size_t k = 0; k < t[i].rows * t[i].cols; k++)
			if (fabsf(g[t[i].at + k]) > fabsf(g[best]))
				best = t[i].at + k;
		model_get(m, MODEL_MASTERS, best, 1, &was);
		x = was + h;
		model_put(m, MODEL_MASTERS, best, 1, &x);
		model_repack(m);
		up = loss_of(m);
		x = was - h;
		model_put(m, MODEL_MASTERS, best, 1, &x);
		model_repack(m);
		down = loss_of(m);
		model_put(m, MODEL_MASTERS, best, 1, &was);
		slope = (up - down) / (2 * (double)h);
		if (!(fabs(slope - (double)g[best]) <=
			1e-3 + 0.02 * fabs(slope))) {
			printf("FAIL %s: slope %g, not %g\n", t[i].name,
			    (double)g[best], slope);
			bad = 1;
		}
	}
	model_repack(m);
	free(g);
	model_close(m);
}

static void
no_weight(void)
{
	struct model *m = open_model(0, NULL, 1, PRODUCTS_F32, true);
	float zero[TOKENS] = { 0 };
	struct unit u = { id, zero, 1, { TOKENS, 0 }, { 0, 0 } };
	const struct unit *list = &u;
	struct step_conf c = { .micro = 8 };
	struct step_out out;
	const char *name;

	model_grads_zero(m);
	step_learn(m, &c, &list, 1, &out);
	expect(!(out.weight > 0) && !(out.loss > 0) && out.targets == 0 &&
		   !(model_grad_norm(m, &name) > 0),
	    "a step without weight", arch[0]);
	model_close(m);
}

/* As transformers 5.23 has them (head_dim 16). */
static const struct {
	struct rope_conf conf;
	double f[8];
} ropes[] = {
	{ { .kind = ROPE_LLAMA3,
	      .theta = 500000,
	      .factor = 8,
	      .low = 1,
	      .high = 4,
	      .original = 64 },
	    { 1, 0.079403013, 0.00470075384, 0.000911583134, 0.000176776681,
		3.42810235e-05, 6.64786967e-06, 1.28917316e-06 } },
	{ { .kind = ROPE_YARN,
	      .theta = 10000,
	      .factor = 4,
	      .original = 64,
	      .beta_fast = 32,
	      .beta_slow = 1,
	      .attention = 1,
	      .truncate = true },
	    { 1, 0.237170815, 0.049999997, 0.00790569466, 0.00249999994,
		0.000790569466, 0.000250000012, 7.90569466e-05 } },
	{ { .kind = ROPE_LINEAR, .theta = 10000, .factor = 4 },
	    { 0.25, 0.079056941, 0.0250000004, 0.00790569466, 0.00249999994,
		0.000790569466, 0.000250000012, 7.90569466e-05 } },
};

static void
rotary(void)
{
	for (size_t i = 0; i < sizeof ropes / sizeof *ropes; i++) {
		struct model_conf c = { .head_dim = 16, .rope = ropes[i].conf };
		float f[8], cs[2][8][2];

		rope_frequencies(&c.rope, c.head_dim, f);
		for (int k = 0; k < 8; k++)
			expect(fabs((double)f[k] - ropes[i].f[k]) <=
				   3e-7 * ropes[i].f[k],
			    "a rotary frequency", "rope");
		rope_table(&c.rope, c.head_dim, f, 1000, 2, cs[0][0]);
		expect(fabs((double)cs[1][3][1] -
			    sin((double)(1001.0f * f[3]))) < 1e-7,
		    "a sine", "rope");
	}
}

int
main(void)
{
	char base[] = "/tmp/engine-XXXXXX", command[256];

	if (!mkdtemp(base))
		die_sys("cannot make '%s'", base);
	make_run();
	for (int a = 0; a < ARCHS; a++) {
		snprintf(dir[a], sizeof dir[a], "%s/%s", base, arch[a]);
		snprintf(command, sizeof command, "tests/mktoy -a %s %s",
		    arch[a], dir[a]);
		if (system(command))
			die("mktoy failed");
		for (int p = PRODUCTS_F32; p <= PRODUCTS_BF16; p++) {
			same_bits(a, (enum products)p);
			steps_agree(a, (enum products)p);
		}
		differences(a);
	}
	no_weight();
	rotary();
	snprintf(command, sizeof command, "rm -rf '%s'", base);
	if (system(command))
		bad = 1;
	return bad;
}
