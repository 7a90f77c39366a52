/* Rotary positions: frequencies and tables. */
#include "gpu/rope.h"

#include <assert.h>
#include <math.h>

#include "gpu/cpu/fun.h"

static const double TAU = 6.28318530717958647692;

static double
clamp01(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double
llama3(const struct rope_conf *r, double f)
{
	double wave = TAU / f, a;

	if (wave < r->original / r->high)
		return f;
	if (wave > r->original / r->low)
		return f / r->factor;
	a = (r->original / wave - r->low) / (r->high - r->low);
	return (1 - a) * f / r->factor + a * f;
}

/* The dimension whose wave turns `turns` times within the trained context. */
static double
yarn_dim(const struct rope_conf *r, double turns, double dim)
{
	return dim * fun_log64(r->original / (turns * TAU)) /
	       (2 * fun_log64(r->theta));
}

static double
yarn(const struct rope_conf *r, double f, double i, double dim)
{
	double low = yarn_dim(r, r->beta_fast, dim);
	double high = yarn_dim(r, r->beta_slow, dim), ramp;

	if (r->truncate) {
		low = floor(low);
		high = ceil(high);
	}
	low = low < 0 ? 0 : low;
	high = high > dim - 1 ? dim - 1 : high;
	if (!(high > low) && !(high < low))
		high += 0.001;
	ramp = clamp01((i - low) / (high - low));
	return f / r->factor * ramp + f * (1 - ramp);
}

void
rope_frequencies(const struct rope_conf *r, size_t dim, float *f)
{
	for (size_t i = 0; i < dim / 2; i++) {
		double x = fun_exp64(
		    -(2 * (double)i / (double)dim) * fun_log64(r->theta));

		switch (r->kind) {
		case ROPE_PLAIN:
			break;
		case ROPE_LINEAR:
			x /= r->factor;
			break;
		case ROPE_LLAMA3:
			x = llama3(r, x);
			break;
		case ROPE_YARN:
			x = yarn(r, x, (double)i, (double)dim);
			break;
		case ROPE_TABLE:
			x /= (double)r->divide[i];
			break;
		}
		f[i] = (float)x;
	}
}

void
rope_table(const struct rope_conf *r, size_t dim, const float *f, size_t first,
    size_t n, float *cs)
{
	double scale = r->kind == ROPE_YARN ? r->attention : 1;

	assert(first + n <= 1 << 20);
	for (size_t p = 0; p < n; p++)
		for (size_t i = 0; i < dim / 2; i++) {
			float angle = (float)(first + p) * f[i];

			*cs++ = (float)(fun_cos64((double)angle) * scale);
			*cs++ = (float)(fun_sin64((double)angle) * scale);
		}
}
