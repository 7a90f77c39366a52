/* The exact checker of gold answers: scores.gold. */
#include "libcore/gold.h"

#include <string.h>

#include "tools/judge/judge.h"

static bool by_gold;
static const char *kind_name = "auto";
static enum gold_kind kind;

static const struct opt opts[] = {
	{ 'g', "gold", NULL, "check against the field gold: scores.gold",
	    .flag = &by_gold },
	{ 'k', "kind", "KIND", "of gold answers: auto, number, choice, text",
	    .str = &kind_name, .choice = gold_kinds },
	{ 0 },
};

static bool
on(void)
{
	return by_gold;
}

static void
start(void)
{
	while (strcmp(gold_kinds[kind], kind_name) != 0)
		kind++;
	judge_name("gold");
}

static void
record(struct work *w)
{
	if (!w->gold)
		rec_count(w->r, "no gold", 1);
}

static void
response(struct work *w, size_t i)
{
	struct judged *j = w->response + i;
	bool right;

	if (!w->gold)
		return;
	j->decided = true;
	if (judge_has(w, i, "gold")) {
		rec_count(w->r, "kept scores.gold", 1);
		return;
	}
	right = gold_right(kind, w->r, w->gold, j->text);
	judge_set(w, judge_member(w, i, "scores", "gold"),
	    right ? STR("1") : STR("0"));
	rec_count(w->r, right ? "right" : "wrong", 1);
}

const struct scorer gold_scorer = {
	.opts = opts,
	.on = on,
	.start = start,
	.record = record,
	.response = response,
};
