/* Agreement of judges: values worked out by hand, and those of scikit-learn
 * 1.9, statsmodels 0.15 and SciPy 1.17 for the longer ones. */
#include <math.h>
#include <stdio.h>

#include "libcore/agreement.h"

static int bad;

static void
expect(double got, double want, const char *what)
{
	if (fabs(got - want) < 1e-14 || (isnan(got) && isnan(want)))
		return;
	printf("FAIL %s: %.17g, not %.17g\n", what, got, want);
	bad = 1;
}

static void
add(struct agreement *a, int x, int y, int times)
{
	const bool both[2] = { true, true };
	const int value[2] = { x, y };

	while (times--)
		agreement_add(a, value, both);
}

/* 20 times yes yes, 5 yes no, 10 no yes, 15 no no: 0.7 agree, by chance 0.5 x
 * 0.6 + 0.5 x 0.4 = 0.5, so kappa is 0.2 / 0.5. */
static void
two_by_two(void)
{
	struct agreement *a = agreement_new(2, 0, 1);
	const bool one[2] = { true, false };
	const int value[2] = { 1, 0 };
	size_t n;

	expect(agreement_cohen(a, 0, 1, false, &n), (double)NAN, "no items");
	add(a, 1, 1, 20);
	expect(agreement_cohen(a, 0, 1, false, &n), (double)NAN, "one step");
	add(a, 1, 0, 5);
	add(a, 0, 1, 10);
	add(a, 0, 0, 15);
	agreement_add(a, value, one);
	expect(agreement_cohen(a, 0, 1, false, &n), 0.4, "Cohen, two steps");
	expect((double)n, 50, "an item that one has rated is left out");
	expect(agreement_cohen(a, 1, 0, true, &n), 0.4, "the other way round");
	agreement_free(a);
}

/* Three steps: 1-1 twice, 2-2, 1-3, 3-2. Squared distances seen: 0 + 4 + 1 =
 * 5 of 5. Margins 3 1 1 and 2 2 1; by chance (row x column x distance, over
 * 5): (3x2x1 + 3x1x4 + 1x2x1 + 1x1x1 + 1x2x4 + 1x2x1) / 5 = 31 / 5. */
static void
weighted(void)
{
	struct agreement *a = agreement_new(2, 1, 3);
	size_t n;

	add(a, 1, 1, 2);
	add(a, 2, 2, 1);
	add(a, 1, 3, 1);
	add(a, 3, 2, 1);
	expect(agreement_cohen(a, 0, 1, true, &n), 1 - 25.0 / 31,
	    "Cohen, quadratic weights");
	expect(agreement_cohen(a, 0, 1, false, &n), (0.6 - 0.36) / 0.64,
	    "Cohen, three steps");
	agreement_free(a);
}

static const int x[] = { 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 3, 3 };
static const int y[] = { 1, 2, 2, 4, 5, 4, 4, 3, 1, 2, 3, 5 };
static const int z[] = { 2, 2, 3, 4, 4, 5, 3, 3, 2, 1, 2, 4 };

static void
three_raters(void)
{
	const bool all[3] = { true, true, true };
	const bool two[3] = { true, true, false };
	struct agreement *a = agreement_new(3, 1, 5);
	const int more[3] = { 1, 1, 0 };
	size_t n;

	for (int i = 0; i < 12; i++) {
		int value[3] = { x[i], y[i], z[i] };

		agreement_add(a, value, all);
	}
	expect(agreement_cohen(a, 0, 1, false, &n), 0.48275862068965514,
	    "Cohen, five steps");
	expect(agreement_cohen(a, 0, 1, true, &n), 0.8095238095238095,
	    "Cohen, five steps, quadratic");
	agreement_add(a, more, two);
	expect(agreement_fleiss(a, &n), 0.32941176470588224, "Fleiss");
	expect((double)n, 12, "items that all have rated");
	agreement_free(a);
}

/* The example in Fleiss's own form: 14 raters, 10 items, 5 steps. */
static void
fourteen_raters(void)
{
	static const int times[10][5] = {
		{ 0, 0, 0, 0, 14 },
		{ 0, 2, 6, 4, 2 },
		{ 0, 0, 3, 5, 6 },
		{ 0, 3, 9, 2, 0 },
		{ 2, 2, 8, 1, 1 },
		{ 7, 7, 0, 0, 0 },
		{ 3, 2, 6, 3, 0 },
		{ 2, 5, 3, 2, 2 },
		{ 6, 5, 2, 1, 0 },
		{ 0, 2, 2, 3, 7 },
	};
	struct agreement *a = agreement_new(14, 1, 5);
	int value[14];
	bool all[14];
	size_t n;

	for (int i = 0; i < 14; i++)
		all[i] = true;
	for (int i = 0; i < 10; i++) {
		int at = 0;

		for (int k = 0; k < 5; k++)
			for (int t = 0; t < times[i][k]; t++)
				value[at++] = k + 1;
		agreement_add(a, value, all);
	}
	expect(agreement_fleiss(a, &n), 0.20993070442195522, "14 raters");
	agreement_free(a);
}

static void
rankings(void)
{
	static const double up[] = { 1, 2, 3, 4 }, flat[] = { 2, 2, 2, 2 };
	static const double swap[] = { 1, 2, 4, 3 }, down[] = { 4, 3, 2, 1 };
	static const double a[] = { 1.5, 2.5, 2.5, 4 }, b[] = { 3, 1, 2, 2 };
	double dx[12], dy[12];

	for (int i = 0; i < 12; i++) {
		dx[i] = x[i];
		dy[i] = y[i];
	}
	expect(agreement_tau_b(up, up, 4), 1, "the same order");
	expect(agreement_tau_b(up, down, 4), -1, "the opposite order");
	/* one of six pairs is turned: (5 - 1) / 6 */
	expect(agreement_tau_b(up, swap, 4), 4.0 / 6, "two exchanged");
	expect(agreement_tau_b(up, flat, 4), (double)NAN, "all tied");
	expect(agreement_tau_b(up, up, 1), (double)NAN, "one item");
	/* 1 concordant, 3 discordant, one tie in each: -2 / sqrt(5 x 5) */
	expect(agreement_tau_b(a, b, 4), -0.4, "ties");
	expect(agreement_tau_b(dx, dy, 12), 0.7256921335399085, "twelve");
}

int
main(void)
{
	two_by_two();
	weighted();
	three_raters();
	fourteen_raters();
	rankings();
	return bad;
}
