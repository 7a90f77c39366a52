/* Losses on pairs: values worked out by hand, slopes by differences. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gpu/loss.h"

static int bad;

static void
near(const char *what, double got, double want, double within)
{
	if (!(fabs(got - want) <= within)) {
		printf("FAIL %s: %.12g, not %.12g\n", what, got, want);
		bad = 1;
	}
}

/* c = 2, r = -1, beta 0.5, so d = 1.5; 4 and 2 tokens: per token d = 0.5. */
static const struct {
	const char *name;
	double value;
} hand[] = {
	{ "sigmoid", 0.201413277982752 },      /* log(1 + e^-1.5) */
	{ "sigmoid_norm", 0.474076984180107 }, /* log(1 + e^-0.5) */
	{ "cdpo", 0.351413277982752 },         /* + 0.1 * 1.5 */
	{ "robust", 0.013913277982752 },       /* - 0.1 * 1.5 / 0.8 */
	{ "hinge", 0 }, { "ipo", 0 },          /* (1 - 1 / (2 * 0.5))^2 */
	{ "sppo_hard", 1 },                    /* (2 - 1)^2 + (-1 + 1)^2 */
	{ "bco_pair", 0.787338671698329 }, /* log(1 + e^-1) + log(1 + e^-.5) */
	{ "apo_zero", 0.646482090168141 }, /* 1 - s(1) + s(-0.5) */
	{ "apo_down", 0.913484102436361 }, /* s(1) + 1 - s(1.5) */
};

static void
by_hand(void)
{
	double w = -3, l = -6, rw = -5, rl = -5, nw = 4, nl = 2, loss, dw, dl;

	for (size_t i = 0; i < sizeof hand / sizeof *hand; i++) {
		struct pairs p = { 1, &w, &l, &rw, &rl, &nw, &nl, 0.5, 0.1,
			REVERSE_KL, 0.5, &loss, &dw, &dl };

		loss_pairs(loss_named(hand[i].name), &p);
		near(hand[i].name, loss, hand[i].value, 1e-12);
	}
}

enum { N = 5 };
static const double w0[N] = { -3, -10.5, -7.25, -4, -20 };
static const double l0[N] = { -6, -9.5, -7.75, -11, -18.5 };
static const double rw[N] = { -5, -10, -7, -6.5, -19 };
static const double rl[N] = { -5, -11, -8.5, -9, -20.25 };
static const double nw[N] = { 4, 3, 2, 5, 7 }, nl[N] = { 2, 6, 3, 4, 5 };

static double
total(const struct loss *loss, enum divergence f, const double *w,
    const double *l, double *dw, double *dl)
{
	double v[N], sum = 0;
	struct pairs p = { N, w, l, rw, rl, nw, nl, 0.3, 0.1, f, 0.5, v, dw,
		dl };

	loss_pairs(loss, &p);
	for (int i = 0; i < N; i++)
		sum += v[i];
	return sum;
}

/* Each slope against (f(x + h) - f(x - h)) / 2h. */
static void
slopes(const struct loss *loss, enum divergence f)
{
	double x[2][N], d[2][N], e[2][N], h = 1e-6;
	char what[80];

	memcpy(x[0], w0, sizeof w0);
	memcpy(x[1], l0, sizeof l0);
	total(loss, f, x[0], x[1], d[0], d[1]);
	for (int i = 0; i < 2 * N; i++) {
		double *at = &x[i / N][i % N], was = *at, up, down;

		*at = was + h;
		up = total(loss, f, x[0], x[1], e[0], e[1]);
		*at = was - h;
		down = total(loss, f, x[0], x[1], e[0], e[1]);
		*at = was;
		snprintf(what, sizeof what, "%s, %s, slope %d", loss->name,
		    divergences[f], i);
		near(what, d[i / N][i % N], (up - down) / (2 * h),
		    1e-6 * (1 + fabs(d[i / N][i % N])));
	}
}

/* What is far from zero neither overflows nor loses its slope. */
static void
far(void)
{
	double w[2] = { -1000, -10 }, l[2] = { -10, -1000 }, zero[2] = { 0 };
	double one[2] = { 1, 1 }, v[2], dw[2], dl[2];
	struct pairs p = { 2, w, l, zero, zero, one, one, 1, 0.1, REVERSE_KL,
		0.5, v, dw, dl };

	loss_pairs(loss_named("sigmoid"), &p);
	near("far below", v[0], 990, 1e-9);
	near("its slope", dw[0], -1, 1e-12);
	near("far above", v[1], 0, 1e-12);
	near("its slope", dw[1], 0, 1e-12);
}

int
main(void)
{
	by_hand();
	for (const struct loss *l = losses; l->name; l++)
		for (int f = REVERSE_KL; f <= ALPHA; f++)
			slopes(l, (enum divergence)f);
	far();
	if (loss_named("none")) {
		printf("FAIL a loss that there is not\n");
		bad = 1;
	}
	return bad;
}
