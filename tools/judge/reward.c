/* Reward models: scores.reward, what a score head makes of the conversation
 * with the response. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/asked.h"
#include "libcore/talk.h"
#include "tools/judge/models.h"

static const char *name = "reward";
static const struct opt opts[] = {
	{ 0, "reward-name", "NAME", "a reward model's score is scores.NAME",
	    .str = &name },
	{ 0 },
};

static struct asker **models; /* [jury.n] */
static struct jury jury;

static bool
on(void)
{
	bool any = false;

	for (size_t i = 0; i < ask_models.n; i++)
		any |= models_is_reward(i);
	return any;
}

static void
start(void)
{
	judge_name(name);
	models = need_zero(ask_models.n, sizeof *models);
	jury.names = need_zero(ask_models.n, sizeof *jury.names);
	for (size_t i = 0; i < ask_models.n; i++) {
		if (!models_is_reward(i))
			continue;
		models[jury.n] = asker_open_scores(ask_models.s[i]);
		jury.names[jury.n++] = ask_models.s[i];
	}
}

/* What was asked, and the response as the assistant's turn. */
static struct str
whole(const struct work *w, size_t i)
{
	struct buf b = { 0 };
	struct str out;

	talk_messages(&b, w->r, &w->ms, talk_asked(&w->ms));
	b.n--; /* the bracket */
	buf_puts(&b, ",{\"role\":\"assistant\",\"content\":");
	buf_json_str(&b, w->response[i].text);
	buf_puts(&b, "}]");
	out = (struct str){ arena_text(w->r->mem, b.s, b.n), b.n };
	buf_done(&b);
	return out;
}

static void
response(struct work *w, size_t i)
{
	struct str tools = { 0 };
	struct verdicts to;
	struct said *said;
	struct str messages;

	if (models_pass(w->response + i))
		return;
	if (judge_has(w, i, name)) {
		rec_count(w->r, "kept model scores", 1);
		return;
	}
	if (w->ms.tools)
		tools = json_raw(&w->r->doc, w->ms.tools);
	messages = whole(w, i);
	to = jury_members(w, i, &jury, name);
	said = arena_take(w->r->mem, jury.n * sizeof *said);
	for (size_t k = 0; k < jury.n && !w->r->bad; k++) {
		struct err e;

		if (asked_score(models[k], models_cache, w->r, messages, tools,
			&said[k].value, &e))
			continue;
		said[k].value = (double)NAN;
		said[k].fault = arena_text(w->r->mem, e.why, strlen(e.why));
		rec_count(w->r, "judge answers failed", 1);
	}
	if (!w->r->bad)
		jury_set(w, i, &jury, &to, said);
}

static void
end(void)
{
	for (size_t i = 0; i < jury.n; i++)
		asker_close(models[i]);
	free(models);
	free(jury.names);
}

const struct scorer reward_scorer = {
	.opts = opts,
	.on = on,
	.start = start,
	.response = response,
	.end = end,
};
