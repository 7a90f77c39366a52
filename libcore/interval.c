#include "libcore/interval.h"

#include <math.h>
#include <stdlib.h>

#include "libcore/die.h"
#include "libcore/hash.h"

struct interval
interval_share(double right, size_t n)
{
	const double z = 1.959963984540054, all = (double)n;
	double p, mid, half;

	if (!n)
		return (struct interval){ 0, 0, 0 };
	p = right / all;
	mid = (p + z * z / (2 * all)) / (1 + z * z / all);
	half = z * sqrt(p * (1 - p) / all + z * z / (4 * all * all)) /
	       (1 + z * z / all);
	return (struct interval){ p, mid - half > 0 ? mid - half : 0,
		mid + half < 1 ? mid + half : 1 };
}

struct sums {
	double a, b, c, d;
};

static double
ratio(const struct sums *s, const double *c)
{
	double x = s->b > 0 ? s->a / s->b : 0;

	return c ? x - (s->d > 0 ? s->c / s->d : 0) : x;
}

static int
by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return a < b ? -1 : a > b;
}

struct interval
interval_ratio(const double *a, const double *b, const double *c,
    const double *d, size_t n, size_t rounds, uint64_t seed)
{
	struct interval got = { 0 };
	double *x = need_zero(rounds, sizeof *x);

	for (size_t k = 0; n && k <= rounds; k++) {
		struct sums s = { 0 };

		for (size_t i = 0; i < n; i++) {
			size_t at = k == rounds ? i : rng_below(n, seed, k, i);

			s.a += a[at];
			s.b += b ? b[at] : 1;
			s.c += c ? c[at] : 0;
			s.d += d ? d[at] : 1;
		}
		if (k == rounds)
			got.value = ratio(&s, c);
		else
			x[k] = ratio(&s, c);
	}
	if (n && rounds) {
		qsort(x, rounds, sizeof *x, by_value);
		got.low = x[rounds * 25 / 1000];
		got.high = x[rounds - 1 - rounds * 25 / 1000];
	}
	free(x);
	return got;
}
