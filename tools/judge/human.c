/* How often judges prefer what people prefer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/agreement.h"
#include "libcore/interval.h"
#include "libcore/tool.h"
#include "tools/judge/judge.h"

static const char *human;

static const struct opt opts[] = {
	{ 0, "human", "NAME",
	    "people's scores are scores.NAME: say how far judges agree with "
	    "them",
	    .str = &human },
	{ 0 },
};

/* One score against people's, over the run. */
static struct against {
	char *name;
	size_t pairs, agree, tied; /* pairs that people order */
	double tau;
	size_t rankings;
} * all;
static size_t n;

static bool
on(void)
{
	return human != NULL;
}

static struct against *
against(const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].name, name))
			return all + i;
	all = need_grow(all, n + 1, sizeof *all);
	all[n] = (struct against){ .name = need_text(name) };
	return all + n++;
}

/* What people say of a response; NaN for nothing. */
static double
people(const struct work *w, size_t i)
{
	const struct json_doc *d = &w->r->doc;
	double x;

	return json_real(d,
		   json_get(
		       d, json_get(d, w->response[i].node, "scores"), human),
		   &x)
		   ? x
		   : (double)NAN;
}

/* What this run gave a response. */
static double
judged(const struct work *w, size_t i, const char *name)
{
	double x;

	for (const struct member *m = w->response[i].members; m; m = m->next)
		if (m->value.s && !strcmp(m->in, "scores") &&
		    !strcmp(m->name, name) && num_parse(m->value, &x))
			return x;
	return (double)NAN;
}

/* x[k] what people gave, y[k] what judges gave. */
static void
compare(struct against *a, const double *x, const double *y, size_t k)
{
	double tau = agreement_tau_b(x, y, k);

	for (size_t i = 0; i < k; i++)
		for (size_t j = 0; j < i; j++) {
			double p = x[i] - x[j], q = y[i] - y[j];

			if (!(p > 0) && !(p < 0))
				continue;
			a->pairs++;
			a->agree += (p > 0 && q > 0) || (p < 0 && q < 0);
			a->tied += !(q > 0) && !(q < 0);
		}
	if (!isnan(tau)) {
		a->tau += tau;
		a->rankings++;
	}
}

static void
give_name(struct work *w, const char *name, double *x, double *y)
{
	size_t k = 0;

	for (size_t i = 0; i < w->n; i++) {
		x[k] = people(w, i);
		y[k] = judged(w, i, name);
		k += !isnan(x[k]) && !isnan(y[k]);
	}
	compare(against(name), x, y, k);
}

/* Every score that this run has given: reserved by the same scorers in each
 * response, so the first that has a name stands for all. */
static void
give(struct work *w, void *user)
{
	double *x = need_zero(2 * w->n + 1, sizeof *x);

	(void)user;
	for (size_t i = 0; i < w->n; i++)
		for (const struct member *m = w->response[i].members; m;
		     m = m->next) {
			bool first = true;

			if (strcmp(m->in, "scores") || !strcmp(m->name, human))
				continue;
			for (size_t k = 0; k < i && first; k++)
				first = isnan(judged(w, k, m->name));
			if (first && !isnan(judged(w, i, m->name)))
				give_name(w, m->name, x, x + w->n);
		}
	free(x);
}

static void
record(struct work *w)
{
	size_t rated = 0;

	for (size_t i = 0; i < w->n; i++)
		rated += !isnan(people(w, i));
	if (rated < 2)
		rec_count(w->r, "no people's scores to compare with", 1);
	else
		judge_at_give(w, give, NULL);
}

static void
report(const struct against *a)
{
	double half = (double)a->agree + (double)a->tied / 2;
	struct interval i = interval_share(half, a->pairs);
	struct buf b = { 0 };

	judge_say("%s: agrees with people on %.1f%% [%.1f, %.1f] of %zu pairs, "
		  "%zu ties counted half",
	    a->name, 100 * i.value, 100 * i.low, 100 * i.high, a->pairs,
	    a->tied);
	buf_printf(&b,
	    "{\"pairs\":%zu,\"agree\":%zu,\"tied\":%zu,"
	    "\"agreement\":",
	    a->pairs, a->agree, a->tied);
	buf_json_real(&b, i.value);
	buf_puts(&b, ",\"low\":");
	buf_json_real(&b, i.low);
	buf_puts(&b, ",\"high\":");
	buf_json_real(&b, i.high);
	buf_printf(&b, ",\"rankings\":%zu,\"kendall_tau_b\":", a->rankings);
	buf_json_real(
	    &b, a->rankings ? a->tau / (double)a->rankings : (double)NAN);
	buf_char(&b, '}');
	judge_detail("human", a->name, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
end(void)
{
	for (size_t i = 0; i < n; i++) {
		if (!tool_failed() && !tool_stopping())
			report(all + i);
		free(all[i].name);
	}
	free(all);
}

const struct scorer human_scorer = {
	.opts = opts,
	.on = on,
	.record = record,
	.end = end,
};
