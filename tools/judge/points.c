/* Scores that judges give to one response at a time: rubrics of the kinds
 * absolute and golden. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/tool.h"
#include "tools/judge/question.h"
#include "tools/judge/tally.h"

/* Over the run, for each rubric; [rubrics_n]. */
static struct tally **tallies;
static double mass;
static size_t read_by_tokens;

/* One rubric for one record. */
struct sheet {
	const struct rubric *rubric;
	struct line {
		struct verdicts to;
		struct question *asked; /* [panel_n], or NULL: not asked */
	} * line;                       /* [w->n] */
};

static bool
on(void)
{
	return panel_has(RUBRIC_ABSOLUTE) || panel_has(RUBRIC_GOLDEN);
}

static void
start(void)
{
	tallies = need_zero(rubrics_n, sizeof *tallies);
	for (size_t i = 0; i < rubrics_n && panel_n > 1; i++) {
		const struct rubric *r = rubrics + i;

		if (r->kind == RUBRIC_PAIR)
			continue;
		tallies[i] = tally_new(r->name, &panel_jury,
		    r->token ? 1 : r->low, r->token ? 0 : r->high);
	}
}

/* Giving: all has been answered. */

static void
give_line(struct work *w, size_t i, const struct sheet *s, struct said *said)
{
	struct line *l = s->line + i;

	for (size_t k = 0; k < panel_n; k++) {
		const struct question *q = l->asked + k;

		said[k] = (struct said){ q->there ? q->value : (double)NAN,
			q->reason, q->there ? NULL : q->fault };
		if (q->asks > 1)
			rec_count(w->r, "asked again", q->asks - 1);
		if (!q->there)
			rec_count(w->r, "judge answers failed", 1);
		if (s->rubric->token && q->there) {
			mass += q->mass;
			read_by_tokens++;
		}
	}
	jury_set(w, i, &panel_jury, &l->to, said);
}

static void
give_tally(const struct work *w, const struct sheet *s, struct tally *t)
{
	double *value = need_zero(panel_n * w->n + 1, sizeof *value);
	int *step = need_zero(panel_n, sizeof *step);
	bool *there = need_zero(panel_n, sizeof *there);

	for (size_t i = 0; i < w->n; i++) {
		const struct question *q = s->line[i].asked;

		for (size_t k = 0; k < panel_n; k++) {
			there[k] = q && q[k].there;
			step[k] = there[k] ? q[k].step : 0;
			value[k * w->n + i] =
			    there[k] ? q[k].value : (double)NAN;
		}
		if (q && !s->rubric->token)
			tally_item(t, step, there);
	}
	tally_ranking(t, value, w->n);
	free(value);
	free(step);
	free(there);
}

static void
give(struct work *w, void *user)
{
	struct sheet *s = user;
	struct said *said = need_zero(panel_n, sizeof *said);
	struct tally *t = tallies[s->rubric - rubrics];

	for (size_t i = 0; i < w->n; i++)
		if (s->line[i].asked)
			give_line(w, i, s, said);
	if (t)
		give_tally(w, s, t);
	free(said);
}

/* Asking. */

static void
ask(struct work *w, size_t i, struct sheet *s)
{
	const struct place response = { "response", w->response[i].text };
	struct line *l = s->line + i;
	struct str text = question_text(w, s->rubric, &response, 1);

	l->to = jury_members(w, i, &panel_jury, s->rubric->name);
	l->asked = arena_take(w->r->mem, panel_n * sizeof *l->asked);
	for (size_t k = 0; k < panel_n; k++)
		l->asked[k] = (struct question){
			.w = w, .rubric = s->rubric, .seat = k, .text = text
		};
	for (size_t k = 0; k < panel_n && !w->r->bad; k++)
		question_ask(l->asked + k);
}

static void
ask_rubric(struct work *w, const struct rubric *rubric)
{
	struct sheet *s;

	if (rubric->kind == RUBRIC_GOLDEN && !w->gold) {
		rec_count(w->r, "no gold to compare with", 1);
		return;
	}
	s = arena_take(w->r->mem, sizeof *s);
	s->rubric = rubric;
	s->line = arena_take(w->r->mem, (w->n + 1) * sizeof *s->line);
	judge_at_give(w, give, s);
	for (size_t i = 0; i < w->n && !w->r->bad; i++) {
		if (models_pass(w->response + i))
			continue;
		if (judge_has(w, i, rubric->name))
			rec_count(w->r, "kept model scores", 1);
		else
			ask(w, i, s);
	}
}

static void
record(struct work *w)
{
	for (size_t i = 0; i < rubrics_n && !w->r->bad; i++)
		if (rubrics[i].kind != RUBRIC_PAIR)
			ask_rubric(w, rubrics + i);
}

static void
end(void)
{
	struct buf b = { 0 };

	if (read_by_tokens) {
		buf_json_real(&b, mass / (double)read_by_tokens);
		tool_stat("digit_probability", (struct str){ b.s, b.n });
		buf_done(&b);
	}
	for (size_t i = 0; tallies && i < rubrics_n; i++) {
		if (!tool_failed() && !tool_stopping())
			tally_report(tallies[i]);
		tally_free(tallies[i]);
	}
	free(tallies);
}

const struct scorer points_scorer = {
	.on = on,
	.start = start,
	.record = record,
	.end = end,
};
