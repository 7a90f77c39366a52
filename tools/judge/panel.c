#include "tools/judge/panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/tool.h"
#include "tools/judge/question.h"

static bool both;
static const char *name, *vote = "mean";
static struct strs rubric_names;
static const char *const votes[] = { "mean", "median", NULL };

static const struct opt opts[] = {
	{ 'b', "both", NULL,
	    "ask models also where an exact checker has decided",
	    .flag = &both },
	{ 'r', "rubric", "RUBRIC",
	    "what models are asked: a file, or the name of one that comes with "
	    "the tools",
	    .list = &rubric_names },
	{ 0, "name", "NAME", "the score of the one rubric is scores.NAME",
	    .str = &name },
	{ 0, "vote", "HOW", "one score from several judges: mean or median",
	    .str = &vote, .choice = votes },
	{ 0, "asks", "N", "answers of a judge until one can be read",
	    .num = &question_asks, .min = 1, .max = 16 },
	{ 't', "temperature", "T",
	    "of what judges write; 0: the most likely token",
	    .real = &question_temperature, .min = 0, .max = 100 },
	{ 0, "max-tokens", "N", "tokens of a judge's answer at most",
	    .num = &question_tokens, .min = 1, .max = 1 << 24 },
	{ 0, "reasons", NULL, "keep what judges write before their score",
	    .flag = &panel_reasons },
	{ 0 },
};

struct seat *panel;
struct rubric *rubrics;
size_t panel_n, rubrics_n;
struct answers *panel_cache;
bool panel_reasons;

static void
open_rubrics(void)
{
	static const char *own = "quality";
	const struct strs *from =
	    rubric_names.n ? &rubric_names : &(struct strs){ &own, 1 };

	rubrics = need_zero(from->n, sizeof *rubrics);
	for (size_t i = 0; i < from->n; i++)
		rubric_open(rubrics + rubrics_n++, from->s[i]);
	if (!name)
		return;
	if (rubrics_n > 1)
		die("--name with several rubrics: their files have names");
	rubric_rename(rubrics, name);
}

static bool
on(void)
{
	if (!ask_models.n) {
		if (rubric_names.n)
			die("--rubric asks a model: give one with -m");
		return false;
	}
	open_rubrics();
	return true;
}

static void
start(void)
{
	panel = need_zero(ask_models.n, sizeof *panel);
	for (size_t i = 0; i < rubrics_n; i++)
		judge_name(rubrics[i].name);
	if (ask_cache_file)
		panel_cache = answers_open(ask_cache_file);
	for (size_t i = 0; i < ask_models.n; i++) {
		for (size_t k = 0; k < panel_n; k++)
			if (!strcmp(panel[k].name, ask_models.s[i]))
				die("-m %s is given twice", ask_models.s[i]);
		panel[panel_n].name = ask_models.s[i];
		panel[panel_n++].a = asker_open(ask_models.s[i], true);
	}
	question_start();
}

static enum judge_step
step(int ms)
{
	bool more = question_step();

	(void)ms;
	for (size_t i = 0; i < panel_n; i++)
		more |= asker_step(panel[i].a);
	more |= question_step();
	return more ? JUDGE_WORKED : JUDGE_DONE;
}

static size_t
waiting(void)
{
	size_t most = 0;

	for (size_t i = 0; i < panel_n; i++)
		if (asker_waiting(panel[i].a) > most)
			most = asker_waiting(panel[i].a);
	return most;
}

static void
end(void)
{
	if (panel_cache)
		ask_stats(panel_cache);
	question_end();
	for (size_t i = 0; i < panel_n; i++)
		asker_close(panel[i].a);
	free(panel);
	for (size_t i = 0; i < rubrics_n; i++)
		rubric_close(rubrics + i);
	free(rubrics);
	answers_close(panel_cache);
}

const struct scorer panel_scorer = {
	.opts = opts,
	.talks = true,
	.on = on,
	.start = start,
	.step = step,
	.waiting = waiting,
	.end = end,
};

bool
panel_has(enum rubric_kind kind)
{
	for (size_t i = 0; i < rubrics_n; i++)
		if (rubrics[i].kind == kind)
			return true;
	return false;
}

bool
panel_passes(const struct judged *j)
{
	return j->decided && !both;
}

/* What is written. */

struct verdicts
panel_members(struct work *w, size_t i, const char *score)
{
	struct verdicts v = { .score = judge_member(w, i, "scores", score) };

	if (panel_n > 1)
		v.by = judge_member(w, i, "scores_by", score);
	if (panel_reasons)
		v.reasons = judge_member(w, i, "reasons", score);
	v.errors = judge_member(w, i, "errors", score);
	return v;
}

static int
by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* One value from those that there are, NaN if there are none. */
static double
cast(const struct said *said)
{
	double *v = need_zero(panel_n, sizeof *v), x = 0;
	size_t n = 0;

	for (size_t i = 0; i < panel_n; i++)
		if (!isnan(said[i].value))
			v[n++] = said[i].value;
	for (size_t i = 0; i < n; i++)
		x += v[i];
	x = n ? x / (double)n : (double)NAN;
	if (n && !strcmp(vote, "median")) {
		qsort(v, n, sizeof *v, by_value);
		x = (v[(n - 1) / 2] + v[n / 2]) / 2;
	}
	free(v);
	return x;
}

static void
put_value(struct buf *b, double x)
{
	double whole = nearbyint(x);

	if (!(x < whole) && !(x > whole) && fabs(x) < 1e9)
		buf_json_int(b, (int64_t)x);
	else
		buf_json_real(b, x); /* NaN is null */
}

static void
set_by(struct work *w, struct member *m, const struct said *said)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < panel_n; i++) {
		buf_char(&b, i ? ',' : '{');
		buf_json_str(&b, str_of(panel[i].name));
		buf_char(&b, ':');
		put_value(&b, said[i].value);
	}
	buf_char(&b, '}');
	judge_set(w, m, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
set_reasons(struct work *w, struct member *m, const struct said *said)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < panel_n; i++) {
		if (!said[i].reason.s)
			continue;
		if (panel_n > 1) {
			buf_char(&b, b.n ? ',' : '{');
			buf_json_str(&b, str_of(panel[i].name));
			buf_char(&b, ':');
		}
		buf_json_str(&b, said[i].reason);
	}
	if (b.n && panel_n > 1)
		buf_char(&b, '}');
	if (b.n)
		judge_set(w, m, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
set_errors(struct work *w, size_t i, struct member *m, const struct said *said)
{
	const struct json *old = json_get(&w->r->doc,
	    json_get(&w->r->doc, w->response[i].node, "errors"), m->name);
	struct buf b = { 0 }, json = { 0 };

	for (size_t k = 0; k < panel_n; k++) {
		if (!said[k].fault)
			continue;
		buf_puts(&b, b.n ? "; " : "");
		if (panel_n > 1)
			buf_printf(&b, "%s: ", panel[k].name);
		buf_puts(&b, said[k].fault);
	}
	if (b.n)
		buf_json_str(&json, (struct str){ b.s, b.n });
	else if (old && old->type != JSON_NULL)
		buf_puts(&json, "null");
	if (json.n)
		judge_set(w, m, (struct str){ json.s, json.n });
	buf_done(&b);
	buf_done(&json);
}

double
panel_set(
    struct work *w, size_t i, const struct verdicts *v, const struct said *said)
{
	struct buf b = { 0 };
	double x = cast(said);

	put_value(&b, x);
	judge_set(w, v->score, (struct str){ b.s, b.n });
	buf_done(&b);
	if (v->by)
		set_by(w, v->by, said);
	if (v->reasons)
		set_reasons(w, v->reasons, said);
	set_errors(w, i, v->errors, said);
	return x;
}
