#include "tools/judge/panel.h"

#include <stdlib.h>

#include "tools/judge/question.h"

static const char *name;
static struct strs rubric_names;

static const struct opt opts[] = {
	{ 'r', "rubric", "RUBRIC",
	    "what models are asked: a file, or the name of one that comes with "
	    "the tools",
	    .list = &rubric_names },
	{ 0, "name", "NAME", "the score of the one rubric is scores.NAME",
	    .str = &name },
	{ 0, "asks", "N", "answers of a judge until one can be read",
	    .num = &question_asks, .min = 1, .max = 16 },
	{ 't', "temperature", "T",
	    "of what judges write; 0: the most likely token",
	    .real = &question_temperature, .min = 0, .max = 100 },
	{ 0, "max-tokens", "N", "tokens of a judge's answer at most",
	    .num = &question_tokens, .min = 1, .max = 1 << 24 },
	{ 0, "free", NULL,
	    "do not hold what judges write to the JSON that is wanted",
	    .flag = &question_free },
	{ 0, "reasons", NULL, "keep what judges write before their score",
	    .flag = &panel_jury.reasons },
	{ 0 },
};

struct seat *panel;
struct rubric *rubrics;
size_t panel_n, rubrics_n;
struct jury panel_jury;

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
	size_t judges = 0;

	for (size_t i = 0; i < ask_models.n; i++)
		judges += !models_is_reward(i);
	if (judges)
		open_rubrics();
	else if (rubric_names.n)
		die(ask_models.n ? "--rubric asks a model that writes: -m %s "
				   "has a score head"
				 : "--rubric asks a model: give one with -m",
		    ask_models.n ? ask_models.s[0] : "");
	return judges;
}

static void
start(void)
{
	panel = need_zero(ask_models.n, sizeof *panel);
	for (size_t i = 0; i < rubrics_n; i++)
		judge_name(rubrics[i].name);
	panel_jury.names = need_zero(ask_models.n, sizeof *panel_jury.names);
	for (size_t i = 0; i < ask_models.n; i++) {
		if (models_is_reward(i))
			continue;
		panel_jury.names[panel_jury.n++] = ask_models.s[i];
		panel[panel_n].name = ask_models.s[i];
		panel[panel_n++].a = asker_open(ask_models.s[i], true);
	}
	question_start();
}

static enum judge_step
step(int ms)
{
	bool worked = question_step(), waits = false;

	for (size_t i = 0; i < panel_n; i++) {
		bool more = asker_step_for(panel[i].a, ms);

		if (panel[i].a->server)
			waits |= more;
		else
			worked |= more;
	}
	worked |= question_step();
	return worked ? JUDGE_WORKED : waits ? JUDGE_WAITS : JUDGE_DONE;
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
	models_stats();
	question_end();
	for (size_t i = 0; i < panel_n; i++)
		asker_close(panel[i].a);
	free(panel);
	for (size_t i = 0; i < rubrics_n; i++)
		rubric_close(rubrics + i);
	free(rubrics);
	free(panel_jury.names);
}

const struct scorer panel_scorer = {
	.opts = opts,
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
