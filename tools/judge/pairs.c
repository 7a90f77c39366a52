/* Responses against each other: rubrics of the kind pair. Every pair is asked
 * about in both orders. */
#include "tools/judge/pairs.h"

#include <stdlib.h>

#include "libcore/tool.h"

/* Of a record, at most: all pairs of 64 responses. */
enum { PAIRS_MOST = 64 * 63 / 2 };

static const char *against = "all";
static const char *const againsts[] = { "all", "first", "gold", NULL };

static const struct opt opts[] = {
	{ 0, "against", "WHICH",
	    "what pair rubrics compare responses with: all others, the first, "
	    "or gold",
	    .str = &against, .choice = againsts },
	{ 0 },
};

static struct compared *compared; /* [rubrics_n] */

static bool
on(void)
{
	return panel_has(RUBRIC_PAIR);
}

static void
start(void)
{
	compared = need_zero(rubrics_n, sizeof *compared);
	for (size_t i = 0; i < rubrics_n && panel_n > 1; i++)
		if (rubrics[i].kind == RUBRIC_PAIR)
			compared[i].tally =
			    tally_new(rubrics[i].name, &panel_jury, 0, 2);
}

/* Asking. */

static void
ask(struct work *w, const struct round *d, struct pair *p)
{
	struct str a = w->response[p->a].text;
	struct str b = p->b == GOLD ? judge_gold(w) : w->response[p->b].text;
	struct str text[2];

	for (int o = 0; o < 2; o++) {
		const struct place places[] = { { "a", o ? b : a },
			{ "b", o ? a : b } };

		text[o] = question_text(w, d->rubric, places, 2);
	}
	p->by = arena_take(w->r->mem, panel_n * sizeof *p->by);
	for (size_t k = 0; k < panel_n; k++)
		for (int o = 0; o < 2; o++)
			p->by[k].order[o] = (struct question){ .w = w,
				.rubric = d->rubric,
				.seat = k,
				.text = text[o] };
	for (size_t k = 0; k < panel_n && !w->r->bad; k++)
		for (int o = 0; o < 2 && !w->r->bad; o++)
			question_ask(p->by[k].order + o);
}

/* Which responses are compared; false: there is nothing to compare. */
static bool
choose(struct work *w, struct round *d)
{
	size_t n = w->n, most = n;

	if (*against == 'a')
		most = n * (n - 1) / 2;
	if (n > 1 << 16 || most > PAIRS_MOST) {
		rec_bad(w->r, rec_get(w->r, "responses"),
		    "%zu responses make more than %d pairs", n, PAIRS_MOST);
		return false;
	}
	d->pair = arena_take(w->r->mem, (most + 1) * sizeof *d->pair);
	for (size_t i = 0; i < n; i++) {
		if (*against == 'g')
			d->pair[d->n++] = (struct pair){ (int)i, GOLD, NULL };
		else if (*against == 'f' && i)
			d->pair[d->n++] = (struct pair){ 0, (int)i, NULL };
		for (size_t j = i + 1; *against == 'a' && j < n; j++)
			d->pair[d->n++] = (struct pair){ (int)i, (int)j, NULL };
	}
	return true;
}

/* Pairs make sense together only: all are asked where one score is missing, or
 * one response is not decided by an exact checker. */
static bool
all_have(const struct work *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (!judge_has(w, i, name))
			return false;
	return true;
}

static bool
all_pass(const struct work *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!models_pass(w->response + i))
			return false;
	return true;
}

static void
ask_rubric(struct work *w, const struct rubric *rubric)
{
	struct round *d;

	if (*against == 'g' && !w->gold) {
		rec_count(w->r, "no gold to compare with", 1);
		return;
	}
	if (w->n < 2 && *against != 'g') {
		rec_count(w->r, "nothing to compare with", 1);
		return;
	}
	if (all_pass(w))
		return;
	if (all_have(w, rubric->name)) {
		rec_count(w->r, "kept model scores", w->n);
		return;
	}
	d = arena_take(w->r->mem, sizeof *d);
	d->rubric = rubric;
	d->all = compared + (rubric - rubrics);
	d->to = arena_take(w->r->mem, w->n * sizeof *d->to);
	if (!choose(w, d))
		return;
	for (size_t i = 0; i < w->n; i++)
		d->to[i] = jury_members(w, i, &panel_jury, rubric->name);
	judge_at_give(w, compared_give, d);
	for (size_t i = 0; i < d->n && !w->r->bad; i++)
		ask(w, d, d->pair + i);
}

static void
record(struct work *w)
{
	for (size_t i = 0; i < rubrics_n && !w->r->bad; i++)
		if (rubrics[i].kind == RUBRIC_PAIR)
			ask_rubric(w, rubrics + i);
}

static void
end(void)
{
	for (size_t i = 0; compared && i < rubrics_n; i++) {
		if (!tool_failed() && !tool_stopping() &&
		    rubrics[i].kind == RUBRIC_PAIR) {
			compared_report(rubrics[i].name, compared + i);
		}
		tally_free(compared[i].tally);
	}
	free(compared);
}

const struct scorer pairs_scorer = {
	.opts = opts,
	.on = on,
	.start = start,
	.record = record,
	.end = end,
};
