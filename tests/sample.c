/* The sampler: what each cut leaves, against a sort; how often each token is
 * drawn, against its probability; ties, penalties, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/sample.h"

enum { V = 257, DRAWS = 4000 };

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static float logits[V];

static int
higher(const void *a, const void *b)
{
	int i = *(const int *)a, j = *(const int *)b;

	if (logits[i] > logits[j] || logits[j] > logits[i])
		return logits[i] > logits[j] ? -1 : 1;
	return i - j;
}

/* The probabilities after the cuts, by sorting. */
static void
by_sorting(const struct sample_conf *c, double p[V])
{
	int order[V];
	double sum = 0, reached = 0, top = 0;
	size_t keep = V;

	for (int i = 0; i < V; i++)
		order[i] = i;
	qsort(order, V, sizeof *order, higher);
	if (c->top_k > 0 && c->top_k < V)
		keep = (size_t)c->top_k;
	memset(p, 0, V * sizeof *p);
	for (size_t i = 0; i < keep; i++)
		sum += p[order[i]] =
		    exp((double)(logits[order[i]] - logits[order[0]]) /
			c->temperature);
	top = p[order[0]];
	for (size_t i = 0; i < keep; i++) {
		if (reached >= c->top_p * sum)
			p[order[i]] = 0;
		reached += p[order[i]];
	}
	sum = 0;
	for (size_t i = 0; i < V; i++) {
		if (p[i] < c->min_p * top)
			p[i] = 0;
		sum += p[i];
	}
	for (size_t i = 0; i < V; i++)
		p[i] /= sum;
}

/* Chi-square over the tokens expected 5 times or more. */
static void
against_sorting(const struct sample_conf *c, const char *what)
{
	struct sampler *s = sampler_new(V);
	double p[V], chi = 0;
	int seen[V] = { 0 }, free_ = 0;

	by_sorting(c, p);
	for (uint32_t i = 0; i < DRAWS; i++) {
		struct sample_at at = { .prompt = 7, .sample = i };
		int32_t id = sampler_draw(s, c, logits, &at);

		expect(id >= 0 && id < V, what);
		expect(p[id] > 0, what);
		seen[id]++;
	}
	for (int i = 0; i < V; i++)
		if (p[i] * DRAWS >= 5) {
			double d = seen[i] - p[i] * DRAWS;

			chi += d * d / (p[i] * DRAWS);
			free_++;
		}
	/* five standard deviations and some room for few */
	expect(chi < free_ + 5 * sqrt(2.0 * free_) + 8, what);
	sampler_free(s);
}

static void
cuts(void)
{
	static const struct {
		double t, p, m;
		long k;
	} c[] = {
		{ 1, 1, 0, 0 },
		{ 0.5, 1, 0, 0 },
		{ 2, 1, 0, 0 },
		{ 1, 1, 0, 1 },
		{ 1, 1, 0, 5 },
		{ 1, 1, 0, 256 },
		{ 1, 0.5, 0, 0 },
		{ 1, 0.9, 0, 0 },
		{ 1, 0.01, 0, 0 },
		{ 1.5, 0.99, 0, 50 },
		{ 1, 1, 0.1, 0 },
		{ 0.7, 0.95, 0.05, 40 },
	};

	for (int ties = 0; ties < 2; ties++) {
		for (int i = 0; i < V; i++) {
			double u = rng_unit(3, 0, (uint64_t)i) * 12;

			logits[i] = (float)(ties ? floor(u) : u);
		}
		for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
			struct sample_conf conf = { c[i].t, c[i].p, c[i].m,
				c[i].k, 1, 0, 0, NULL, 0, 11 };
			char what[64];

			snprintf(what, sizeof what, "cut %zu%s", i,
			    ties ? " with ties" : "");
			against_sorting(&conf, what);
		}
	}
}

/* The one token a row of four logits can give. */
static int32_t
only(const float x[4], struct sample_conf c, const struct sample_at *at)
{
	struct sampler *s = sampler_new(4);
	int32_t id, again;

	c.temperature = 0;
	id = sampler_draw(s, &c, x, at);
	again = sampler_draw(s, &c, x, at); /* the counts are zero again */
	expect(id == again, "twice the same");
	sampler_free(s);
	return id;
}

static void
by_hand(void)
{
	static const int32_t prompt[] = { 1, 9, 1 }, out[] = { 2, 2, 0 };
	const struct sample_bias bias[] = { { 3, 2 }, { 77, 1 } };
	struct sample_at at = { 0, 0, 0, prompt, out, 3, 3 };
	struct sample_conf c = sample_plain;

	expect(only((float[]){ 1, 3, 3, 2 }, c, &at) == 1, "first of equals");
	expect(only((float[]){ -1, -INFINITY, -3, -2 }, c, &at) == 0, "-inf");
	expect(only((float[]){ 1, NAN, 0, 0 }, c, &at) == -1, "NaN");
	expect(only((float[]){ 1, INFINITY, 0, 0 }, c, &at) == -1, "+inf");
	expect(only((float[]){ -INFINITY, -INFINITY, -INFINITY, -INFINITY }, c,
		   &at) == -1,
	    "nothing left");
	c.bias = bias;
	c.biases = 2;
	expect(only((float[]){ 1, 3, 2, 1.5f }, c, &at) == 3, "bias");
	c = sample_plain;
	c.repetition = 2; /* 4/2, 3.9/2, -; 2.5 was not seen */
	expect(only((float[]){ 4, 3.9f, 3, 2.5f }, c, &at) == 3, "seen once");
	expect(only((float[]){ -1, -1, -1, -1.5f }, c, &at) == 3, "negative");
	expect(only((float[]){ 6, 3.9f, 3, 2.5f }, c, &at) == 0, "6 / 2");
	c = sample_plain;
	c.frequency = 0.5; /* id 2 twice: -1, id 0 once: -0.5 */
	expect(only((float[]){ 1, 0, 1.4f, 0.45f }, c, &at) == 0, "frequency");
	c.frequency = 0;
	c.presence = 0.5; /* once each; the prompt does not count */
	expect(
	    only((float[]){ 1, 0.8f, 1.4f, 0.45f }, c, &at) == 2, "presence");
	expect(only((float[]){ 1, 0.95f, 1.4f, 0.45f }, c, &at) == 1, "prompt");
}

static void
keyed(void)
{
	struct sampler *s = sampler_new(V);
	struct sample_conf c = sample_plain, d = c;
	int same_seed = 0, same_prompt = 0, same_sample = 0, same_place = 0;

	d.seed = 1;
	for (int i = 0; i < V; i++)
		logits[i] = 0;
	for (uint32_t i = 0; i < 500; i++) {
		struct sample_at at = { .prompt = 5, .position = i }, to = at;
		int32_t id = sampler_draw(s, &c, logits, &at);

		expect(id == sampler_draw(s, &c, logits, &at), "repeatable");
		same_seed += id == sampler_draw(s, &d, logits, &at);
		to.prompt = 6;
		same_prompt += id == sampler_draw(s, &c, logits, &to);
		to = at;
		to.sample = 1;
		same_sample += id == sampler_draw(s, &c, logits, &to);
		to = at;
		to.position = i + 1000;
		same_place += id == sampler_draw(s, &c, logits, &to);
	}
	expect(same_seed < 12 && same_prompt < 12 && same_sample < 12 &&
		   same_place < 12,
	    "another key, another draw");
	sampler_free(s);
}

int
main(void)
{
	cuts();
	by_hand();
	keyed();
	return bad;
}
