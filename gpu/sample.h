#ifndef SAMPLE_H
#define SAMPLE_H
#include "libcore/hash.h"
#include "libcore/str.h"
/*
 * Choosing the next token from one row of logits.
 *
 * The steps, in this order (Hugging Face's and vLLM's, where temperature
 * comes before the cuts):
 *
 *   allowed, barred: tokens that are left out, whatever follows
 *   bias         logit[id] += by
 *   repetition   r != 1: for ids seen in the prompt or the output, logit / r
 *                where it is positive, logit * r where it is not
 *                (Keskar et al. 2019, arXiv 1909.05858, section 4.1)
 *   frequency, presence: logit -= frequency * count + presence * (count > 0),
 *                counted over the output only
 *   temperature  logits / T; T < 0.00001: the highest logit, nothing below
 *   top_k        the k highest; 0: all
 *   top_p        the fewest of the highest whose probability reaches p, in
 *                what top_k left; always one at least
 *                (Holtzman et al. 2019, arXiv 1904.09751)
 *   min_p        those with at least min_p times the highest probability
 *                (Nguyen et al. 2024, arXiv 2407.01082)
 *
 * Among equal logits the lower id stands first everywhere.
 *
 * Exact: a weight is exp((logit - highest) / T) in 40 binary digits, an
 * integer, so that sums do not depend on their order; below 2^-40 of the
 * highest it is 0. The cuts find their threshold by its binary digits (three
 * histograms), without a sort. What is drawn is a function of the logits, the
 * settings and (seed, prompt, sample, position) alone.
 */
struct sample_bias {
	int32_t id;
	float by;
};

struct sample_conf {
	double temperature, top_p, min_p; /* >= 0; (0, 1]; [0, 1] */
	long top_k;
	double repetition, presence, frequency; /* off: 1, 0, 0 */
	const struct sample_bias *bias;
	size_t biases;
	uint64_t seed;
};
/* temperature 1, everything else off, seed 0 */
extern const struct sample_conf sample_plain;

/* Which draw it is. */
struct sample_at {
	uint64_t prompt;   /* hash of the prompt's ids */
	uint32_t sample;   /* 0, 1 ... of the prompt's samples */
	uint32_t position; /* tokens drawn before */
	const int32_t *prompt_ids, *out_ids; /* for penalties */
	size_t prompt_n, out_n;
	/* Tokens that may be drawn, a bit each (gpu/mask.h); NULL: all. */
	const uint64_t *allowed;
	const int32_t *barred; /* tokens that may not; or NULL */
	size_t barred_n;
};

struct sampler; /* scratch for one thread and one vocabulary */

struct sampler *sampler_new(size_t vocab);
void sampler_free(struct sampler *);
/* An id within the vocabulary, or -1 where there is nothing to choose from:
 * a logit that is NaN or +inf, or all of them -inf. logits[vocab] are not
 * changed. */
int32_t sampler_draw(struct sampler *, const struct sample_conf *,
    const float *logits, const struct sample_at *);
#endif
