#include "gpu/sample.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct sample_conf sample_plain = {
	.temperature = 1, .top_p = 1, .repetition = 1
};

#define ONE 0x1p40 /* the weight of the highest logit */
enum { BUCKETS = 2048 };

struct sampler {
	size_t vocab;
	float *x;         /* [vocab] logits after bias and penalties */
	uint32_t *count;  /* [vocab] how often in the output; kept zero */
	int32_t *id;      /* [vocab] candidates, by rising id */
	uint32_t *key;    /* [vocab] of each: its logit, in order as integer */
	uint64_t *weight; /* [vocab] of each */
	uint64_t sum[BUCKETS];
};

struct sampler *
sampler_new(size_t vocab)
{
	struct sampler *s = need_zero(1, sizeof *s);

	s->vocab = vocab;
	s->x = need_zero(vocab, sizeof *s->x);
	s->count = need_zero(vocab, sizeof *s->count);
	s->id = need_zero(vocab, sizeof *s->id);
	s->key = need_zero(vocab, sizeof *s->key);
	s->weight = need_zero(vocab, sizeof *s->weight);
	return s;
}

void
sampler_free(struct sampler *s)
{
	if (!s)
		return;
	free(s->x);
	free(s->count);
	free(s->id);
	free(s->key);
	free(s->weight);
	free(s);
}

/* Integers in the order of the floats; -0 and 0 are one value. */
static uint32_t
key_of(float x)
{
	uint32_t u;

	x += 0.0f;
	memcpy(&u, &x, sizeof u);
	return u >> 31 ? ~u : u | 0x80000000u;
}

/*
 * 2^40 exp(x) for x <= 0, rounded down. exp x = 2^n exp r, |r| <= log(2)/2,
 * exp r by its series to r^10 / 10!, in double without fused operations.
 */
static uint64_t
weight_of(double x)
{
	double n, r, p;
	uint64_t u;

	if (!(x > -27.8)) /* exp x < 2^-40 */
		return 0;
	n = (double)(long)(x * 1.4426950408889634 - 0.5);
	r = x - n * 6.93147180369123816490e-01; /* 33 bits: exact product */
	r -= n * 1.90821492927058770002e-10;
	p = 1.0 / 3628800;
	p = p * r + 1.0 / 362880;
	p = p * r + 1.0 / 40320;
	p = p * r + 1.0 / 5040;
	p = p * r + 1.0 / 720;
	p = p * r + 1.0 / 120;
	p = p * r + 1.0 / 24;
	p = p * r + 1.0 / 6;
	p = p * r + 0.5;
	p = p * r + 1;
	p = p * r + 1;
	u = (uint64_t)((long)n + 1023 + 40) << 52;
	memcpy(&r, &u, sizeof r);
	return (uint64_t)(p * r);
}

static bool
in_vocab(const struct sampler *s, int32_t id)
{
	return id >= 0 && (size_t)id < s->vocab;
}

/* Penalize each of ids[n] once for having been seen; bit 31 of its count says
 * that it has been. */
static void
repeat(struct sampler *s, const int32_t *ids, size_t n, float by)
{
	for (size_t i = 0; i < n; i++) {
		float *x;

		if (!in_vocab(s, ids[i]) || s->count[ids[i]] >> 31)
			continue;
		x = s->x + ids[i];
		*x = *x > 0 ? *x / by : *x * by;
		s->count[ids[i]] |= 1u << 31;
	}
}

static void
forget(struct sampler *s, const int32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (in_vocab(s, ids[i]))
			s->count[ids[i]] = 0;
}

static void
penalize(
    struct sampler *s, const struct sample_conf *c, const struct sample_at *at)
{
	float often = (float)c->frequency, once = (float)c->presence;

	for (size_t i = 0; i < at->out_n; i++)
		if (in_vocab(s, at->out_ids[i]))
			s->count[at->out_ids[i]]++;
	if (c->repetition < 1 || c->repetition > 1) {
		repeat(s, at->prompt_ids, at->prompt_n, (float)c->repetition);
		repeat(s, at->out_ids, at->out_n, (float)c->repetition);
	}
	for (size_t i = 0; i < at->out_n; i++) {
		int32_t id = at->out_ids[i];
		uint32_t count;

		if (!in_vocab(s, id))
			continue;
		count = s->count[id] & ~(1u << 31);
		if (count)
			s->x[id] -= often * (float)count + once;
		s->count[id] = 0;
	}
	forget(s, at->prompt_ids, at->prompt_n);
}

/* The logits after bias and penalties: the caller's own where there are
 * none. */
static const float *
changed(struct sampler *s, const struct sample_conf *c, const float *logits,
    const struct sample_at *at)
{
	bool penalty = c->repetition < 1 || c->repetition > 1 ||
		       c->presence < 0 || c->presence > 0 || c->frequency < 0 ||
		       c->frequency > 0;

	if (!c->biases && !penalty && !at->allowed && !at->barred_n)
		return logits;
	memcpy(s->x, logits, s->vocab * sizeof *s->x);
	for (size_t i = 0; i < c->biases; i++)
		if (in_vocab(s, c->bias[i].id))
			s->x[c->bias[i].id] += c->bias[i].by;
	if (penalty)
		penalize(s, c, at);
	for (size_t i = 0; at->allowed && i < s->vocab; i++)
		if (!(at->allowed[i / 64] >> i % 64 & 1) && s->x[i] <= FLT_MAX)
			s->x[i] = -INFINITY;
	for (size_t i = 0; i < at->barred_n; i++)
		if (in_vocab(s, at->barred[i]))
			s->x[at->barred[i]] = -INFINITY;
	return s->x;
}

/* The place of the highest logit, the first of equals; -1: see the header. */
static int32_t
highest(const float *x, size_t n)
{
	float top = -FLT_MAX;
	bool fit = true;
	int32_t at = -1;

	for (size_t i = 0; i < n; i++)
		fit &= x[i] <= FLT_MAX; /* false for NaN, too */
	for (size_t i = 0; fit && i < n; i++)
		if (x[i] > top || (at < 0 && x[i] >= top)) {
			top = x[i];
			at = (int32_t)i;
		}
	return at;
}

/*
 * Keep the fewest of the n candidates with the highest keys whose measure
 * (their weights, or one each where weight is NULL) reaches `want`; n where
 * all together do not. Three histograms find the key where that happens, from
 * its highest digits to its lowest. Returns how many are kept.
 */
static size_t
cut(struct sampler *s, size_t n, const uint64_t *weight, uint64_t want)
{
	uint32_t found = 0, mask = 0;
	uint64_t left = want;
	size_t kept = 0;

	for (int shift = 21; shift >= 0;
	     shift = shift == 21 ? 10 : shift - 10) {
		uint32_t digits = shift ? BUCKETS - 1 : 1023, b = digits;

		memset(s->sum, 0, sizeof s->sum);
		for (size_t i = 0; i < n; i++)
			if ((s->key[i] & mask) == found)
				s->sum[s->key[i] >> shift & digits] +=
				    weight ? weight[i] : 1;
		while (b && s->sum[b] < left)
			left -= s->sum[b--];
		if (!b && s->sum[0] < left)
			return n; /* only in the first round */
		found |= b << shift;
		mask |= digits << shift;
	}
	for (size_t i = 0; i < n; i++) {
		if (s->key[i] < found || (s->key[i] == found && !left))
			continue;
		if (s->key[i] == found) {
			uint64_t one = weight ? weight[i] : 1;

			left -= one < left ? one : left;
		}
		s->id[kept] = s->id[i];
		s->key[kept] = s->key[i];
		s->weight[kept++] = s->weight[i];
	}
	return kept;
}

static uint64_t
total(const uint64_t *weight, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += weight[i];
	return sum;
}

/* Candidates with their weights, after top_k. */
static size_t
candidates(
    struct sampler *s, const struct sample_conf *c, const float *x, float top)
{
	double by = 1 / c->temperature;
	size_t n = 0;

	if (c->top_k > 0 && (size_t)c->top_k < s->vocab) {
		for (size_t i = 0; i < s->vocab; i++) {
			s->id[i] = (int32_t)i;
			s->key[i] = key_of(x[i]);
		}
		n = cut(s, s->vocab, NULL, (uint64_t)c->top_k);
		for (size_t i = 0; i < n; i++)
			s->weight[i] =
			    weight_of(((double)x[s->id[i]] - (double)top) * by);
		return n;
	}
	for (size_t i = 0; i < s->vocab; i++) {
		uint64_t w = weight_of(((double)x[i] - (double)top) * by);

		s->id[n] = (int32_t)i;
		s->key[n] = key_of(x[i]);
		s->weight[n] = w;
		n += w > 0;
	}
	return n;
}

int32_t
sampler_draw(struct sampler *s, const struct sample_conf *c,
    const float *logits, const struct sample_at *at)
{
	const float *x = changed(s, c, logits, at);
	int32_t top = highest(x, s->vocab);
	uint64_t sum, need, mark;
	size_t n;

	if (top < 0 || c->temperature < 1e-5)
		return top;
	n = candidates(s, c, x, x[top]);
	sum = total(s->weight, n);
	if (c->top_p < 1) {
		need = (uint64_t)(c->top_p * (double)sum);
		n = cut(s, n, s->weight, need ? need : 1);
	}
	need = (uint64_t)(c->min_p * ONE);
	for (size_t i = 0; i < n; i++)
		if (s->weight[i] < need)
			s->weight[i] = 0;
	sum = total(s->weight, n);
	mark = rng_below(sum, c->seed, at->prompt,
	    (uint64_t)at->sample << 32 | at->position);
	for (size_t i = 0; i < n; i++) {
		if (mark < s->weight[i])
			return s->id[i];
		mark -= s->weight[i];
	}
	return top;
}
