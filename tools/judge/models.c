#include "tools/judge/models.h"

#include <stdlib.h>
#include <string.h>

static bool both;
static const char *vote = "mean";
static const char *const votes[] = { "mean", "median", NULL };

static const struct opt opts[] = {
	{ 'b', "both", NULL,
	    "ask models also where an exact checker has decided",
	    .flag = &both },
	{ 0, "vote", "HOW", "one score from several models: mean or median",
	    .str = &vote, .choice = votes },
	{ 0 },
};

struct answers *models_cache;
static bool *reward; /* [ask_models.n] */

bool
models_is_reward(size_t i)
{
	if (!reward) {
		reward = need_zero(ask_models.n, sizeof *reward);
		for (size_t k = 0; k < ask_models.n; k++)
			reward[k] = asker_has_scores(ask_models.s[k]);
	}
	return reward[i];
}

bool
models_pass(const struct judged *j)
{
	return j->decided && !both;
}

static bool
on(void)
{
	return ask_models.n > 0;
}

static void
start(void)
{
	for (size_t i = 0; i < ask_models.n; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(ask_models.s[i], ask_models.s[k]))
				die("-m %s is given twice", ask_models.s[i]);
	jury_median = !strcmp(vote, "median");
	if (ask_cache_file)
		models_cache = answers_open(ask_cache_file);
}

void
models_stats(void)
{
	static bool said;

	if (!said)
		ask_stats(models_cache);
	said = true;
}

static void
end(void)
{
	models_stats();
	answers_close(models_cache);
	free(reward);
}

const struct scorer models_scorer = {
	.opts = opts,
	.talks = true,
	.on = on,
	.start = start,
	.end = end,
};
