#include "libcore/agreement.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "libcore/die.h"

struct agreement {
	size_t raters, steps, items; /* items: rated by all */
	int low;
	double *table; /* [raters, raters, steps, steps], a < b used */
	double *step;  /* [steps] ratings of items that all have rated */
	double *count; /* [steps] scratch */
	double agreed; /* sum over these items of the pairs that agree */
};

struct agreement *
agreement_new(size_t raters, int low, int high)
{
	struct agreement *a = need_zero(1, sizeof *a);

	assert(raters && high >= low && high - low < AGREEMENT_SCALE);
	a->raters = raters;
	a->steps = (size_t)(high - low) + 1;
	a->low = low;
	a->table =
	    need_zero(raters * raters, a->steps * a->steps * sizeof *a->table);
	a->step = need_zero(a->steps, sizeof *a->step);
	a->count = need_zero(a->steps, sizeof *a->count);
	return a;
}

void
agreement_free(struct agreement *a)
{
	if (!a)
		return;
	free(a->table);
	free(a->step);
	free(a->count);
	free(a);
}

static double *
table_of(const struct agreement *g, size_t a, size_t b)
{
	return g->table + (a * g->raters + b) * g->steps * g->steps;
}

/* An item that all have rated. */
static void
add_whole(struct agreement *g, const int *value)
{
	for (size_t i = 0; i < g->raters; i++) {
		double *n = g->count + (value[i] - g->low);

		/* one more makes as many pairs as there were */
		g->agreed += (*n)++;
		g->step[value[i] - g->low]++;
	}
	for (size_t i = 0; i < g->raters; i++)
		g->count[value[i] - g->low] = 0;
	g->items++;
}

void
agreement_add(struct agreement *g, const int *value, const bool *there)
{
	bool all = true;

	for (size_t a = 0; a < g->raters; a++) {
		if (!there[a]) {
			all = false;
			continue;
		}
		assert(value[a] >= g->low &&
		       (size_t)(value[a] - g->low) < g->steps);
		for (size_t b = a + 1; b < g->raters; b++)
			if (there[b])
				table_of(g, a,
				    b)[(size_t)(value[a] - g->low) * g->steps +
				       (size_t)(value[b] - g->low)]++;
	}
	if (all)
		add_whole(g, value);
}

double
agreement_cohen(
    const struct agreement *g, size_t a, size_t b, bool quadratic, size_t *n)
{
	const double *t = table_of(g, a < b ? a : b, a < b ? b : a);
	double row[AGREEMENT_SCALE] = { 0 }, col[AGREEMENT_SCALE] = { 0 };
	double all = 0, seen = 0, chance = 0;

	assert(a != b && a < g->raters && b < g->raters);
	for (size_t i = 0; i < g->steps; i++)
		for (size_t j = 0; j < g->steps; j++) {
			row[i] += t[i * g->steps + j];
			col[j] += t[i * g->steps + j];
			all += t[i * g->steps + j];
		}
	for (size_t i = 0; i < g->steps; i++)
		for (size_t j = 0; j < g->steps; j++) {
			double d = (double)i - (double)j;
			double w = quadratic ? d * d : i != j;

			seen += w * t[i * g->steps + j];
			chance += w * row[i] * col[j] / (all > 0 ? all : 1);
		}
	*n = (size_t)all;
	return chance > 0 ? 1 - seen / chance : (double)NAN;
}

double
agreement_fleiss(const struct agreement *g, size_t *n)
{
	double r = (double)g->raters, items = (double)g->items;
	double mean, chance = 0;

	*n = g->items;
	if (!g->items || g->raters < 2)
		return (double)NAN;
	mean = g->agreed / (items * r * (r - 1) / 2);
	for (size_t i = 0; i < g->steps; i++) {
		double p = g->step[i] / (items * r);

		chance += p * p;
	}
	return chance < 1 ? (mean - chance) / (1 - chance) : (double)NAN;
}

static int
order(double a, double b)
{
	return (a > b) - (a < b);
}

double
agreement_tau_b(const double *x, const double *y, size_t n)
{
	double same = 0, in_x = 0, in_y = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			int a = order(x[i], x[j]), b = order(y[i], y[j]);

			same += a * b;
			in_x += a * a; /* pairs that x, or y, orders */
			in_y += b * b;
		}
	return in_x > 0 && in_y > 0 ? same / sqrt(in_x * in_y) : (double)NAN;
}
