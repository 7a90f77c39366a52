/*
 * agree DIR - the log-probabilities of sampled tokens are those of a flat run
 * over the same tokens, bit for bit, as inference and as training open the
 * model; for f32 and bf16 products, one thread and three.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/generate.h"
#include "libcore/hub.h"

enum { PROMPTS = 6, SAMPLES = 3, MOST = 50 };
static const size_t lengths[PROMPTS] = { 1, 5, 31, 64, 33, 100 };

struct got {
	int32_t ids[100 + MOST];
	float logps[MOST];
	size_t prompt, n;
};

static void
done(void *user, const struct gen_answer *a)
{
	struct got *g = (struct got *)user + a->sample;

	memcpy(g->ids + g->prompt, a->ids, a->n * sizeof *a->ids);
	memcpy(g->logps, a->logps, a->n * sizeof *a->logps);
	g->n = a->n;
}

static void
generate(struct model *m, const struct tok *tok, struct got *got, int threads)
{
	static const uint32_t sample[SAMPLES] = { 0, 1, 2 };
	static struct sample_conf conf;
	struct gen_conf c = { 4, 64 << 20, 40, threads };
	struct err e;
	struct gen *g = gen_new(m, tok, &c, &e);

	if (!g)
		die("%s", e.why);
	conf = sample_plain;
	conf.seed = 3;
	for (size_t p = 0; p < PROMPTS; p++) {
		struct got *to = got + p * SAMPLES;
		struct gen_ask a = { .n = lengths[p],
			.sample = sample,
			.samples = SAMPLES,
			.conf = &conf,
			.max_tokens = MOST,
			.done = done,
			.user = to };

		for (size_t s = 0; s < SAMPLES; s++) {
			to[s].prompt = lengths[p];
			for (size_t i = 0; i < lengths[p]; i++)
				to[s].ids[i] = (int32_t)rng_below(
				    (uint64_t)tok_size(tok), 1, p, i);
		}
		a.ids = to->ids;
		if (!gen_add(g, &a, &e))
			die("%s", e.why);
	}
	while (gen_step(g))
		;
	gen_free(g);
}

/* How many of the samples agree with a flat run over all of them. */
static int
agree(struct model *m, const struct got *got)
{
	size_t all = PROMPTS * SAMPLES, n = 0, t = 0;
	int32_t *id = need_zero(all * (100 + MOST), sizeof *id);
	int32_t *at = need_zero(all * MOST, sizeof *at);
	int32_t *cu = need_zero(all + 1, sizeof *cu);
	float *logp = need_zero(all * MOST, sizeof *logp);
	struct model_run run;
	int good = 0;

	for (size_t i = 0; i < all; i++) {
		const struct got *g = got + i;

		memcpy(id + n, g->ids, (g->prompt + g->n) * sizeof *id);
		for (size_t k = 0; k < g->n; k++)
			at[t++] = (int32_t)(n + g->prompt + k);
		n += g->prompt + g->n;
		cu[i + 1] = (int32_t)n;
	}
	run = (struct model_run){ n, all, t, id, cu, at };
	model_logps(m, &run, logp);
	t = 0;
	for (size_t i = 0; i < all; i++) {
		good += got[i].n > 0 && !memcmp(logp + t, got[i].logps,
					    got[i].n * sizeof *logp);
		t += got[i].n;
	}
	free(id);
	free(at);
	free(cu);
	free(logp);
	return good;
}

int
main(int argc, char **argv)
{
	static const enum products products[] = { PRODUCTS_F32, PRODUCTS_BF16 };
	static struct got got[PROMPTS * SAMPLES];
	struct err e;
	struct hub *hub = hub_open(argc > 1 ? argv[1] : ".", &e);
	struct tok *tok = hub ? tok_open(argv[1], &e) : NULL;
	int bad = 0, all = PROMPTS * SAMPLES;

	if (!tok)
		die("%s", e.why);
	for (int i = 0; i < 4; i++) {
		struct model_how how = { .dev = { .threads = i < 2 ? 3 : 1,
					     .products = products[i % 2] },
			.train = i >= 2,
			.micro = 512 };
		struct model *m = model_open(hub, &how, &e);
		int good;

		if (!m)
			die("%s", e.why);
		memset(got, 0, sizeof got);
		if (!how.train) {
			generate(m, tok, got, 3);
			good = agree(m, got);
		} else {
			struct model_how infer = how;
			struct model *other;

			infer.train = false;
			other = model_open(hub, &infer, &e);
			generate(other, tok, got, 1);
			model_close(other);
			good = agree(m, got);
		}
		if (good != all) {
			printf("FAIL %s%s: %d of %d agree\n",
			    i % 2 ? "bf16" : "f32",
			    how.train ? ", training" : "", good, all);
			bad = 1;
		}
		model_close(m);
	}
	tok_close(tok);
	hub_close(hub);
	return bad;
}
