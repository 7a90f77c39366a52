/* Learning rates over a run. */
#include "gpu/schedule.h"

#include <string.h>

#include "gpu/cpu/fun.h"

/* (1 + cos pi x) / 2. Source: Loshchilov & Hutter 2016, arXiv 1608.03983. */
static double
cosine(double x)
{
	return (1 + fun_cos64(3.14159265358979323846 * x)) / 2;
}

static double
linear(double x)
{
	return 1 - x;
}

static double
constant(double x)
{
	(void)x;
	return 1;
}

/* Warm up, stay, fall in a line over the last fifth.
 * Source: Hu et al. 2024, arXiv 2404.06395 (WSD). */
static double
wsd(double x)
{
	return x < 0.8 ? 1 : (1 - x) / 0.2;
}

const struct schedule schedules[] = {
	{ "cosine", "half a cosine down", cosine },
	{ "linear", "a line down", linear },
	{ "constant", "no change", constant },
	{ "wsd", "no change, then a line down over the last fifth", wsd },
	{ NULL, NULL, NULL },
};

const struct schedule *
schedule_named(const char *name)
{
	for (const struct schedule *s = schedules; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

double
schedule_rate(const struct schedule *s, size_t step, size_t steps,
    size_t warmup, double peak, double least)
{
	double x;

	if (step <= warmup)
		return peak * (double)step / (double)warmup;
	x = (double)(step - warmup - 1) / (double)(steps - warmup);
	return least + (peak - least) * s->share(x);
}
