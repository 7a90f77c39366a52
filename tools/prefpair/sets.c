/* How sets hold their answers: those of this project and the open ones. */
#include <math.h>
#include <string.h>

#include "libcore/talk.h"
#include "tools/prefpair/prefpair.h"

/* ---- responses, as respond and judge leave them ---- */

/* Which score decides: gold where it is trusted and any response has it. */
static const char *
deciding(const struct group *g)
{
	if (strcmp(how.trust, "gold"))
		return "quality";
	for (size_t i = 0; i < g->all; i++)
		if (reply_find(&g->reply[i], "gold"))
			return "gold";
	return "quality";
}

static int
read_response(struct rec *r, struct group *g, const struct json *v)
{
	const struct json *c;
	struct reply *x;

	if (!json_is(v, JSON_OBJECT))
		return rec_bad(r, v, "a response is not an object");
	if (talk_failed(&r->doc, v)) {
		rec_count(r, "failed responses", 1);
		return 0;
	}
	x = group_add(g);
	c = json_get(&r->doc, v, "content");
	if (!json_is(c, JSON_STRING))
		return rec_bad(
		    r, c ? c : v, "a response has no content string");
	x->node = v;
	c = json_get(&r->doc, v, "model");
	if (json_is(c, JSON_STRING))
		x->model = rec_text(r, c);
	c = json_get(&r->doc, v, "critique");
	if (!c)
		c = json_get(&r->doc, v, "reasons");
	if (c && !json_is(c, JSON_NULL))
		x->critique = json_raw(&r->doc, c);
	if (reply_scores(g, x, json_get(&r->doc, v, "scores")))
		return -1;
	return reply_node(g, x, json_get(&r->doc, v, "content"), "content", 0);
}

static int
read_responses(struct rec *r, struct group *g)
{
	const struct json *list = rec_get(r, "responses"), *v;

	if (rec_msgs(r, &g->ask))
		return -1;
	if (rec_get(r, "annotation"))
		return rec_bad(r, rec_get(r, "annotation"),
		    "a record for annotators (see --from-annotated)");
	g->ask.n = talk_asked(&g->ask);
	g->by = "quality";
	if (!list)
		return 0;
	if (!json_is(list, JSON_ARRAY))
		return rec_bad(r, list, "field 'responses' is not a list");
	if (group_room(g, list->n))
		return -1;
	v = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, v = json_next(v))
		if (read_response(r, g, v))
			return -1;
	g->by = deciding(g);
	return 0;
}

/* ---- two answers of which one is said to be better ---- */

int
group_two(struct group *g, const struct json *better, const char *name0,
    const struct json *worse, const char *name1, size_t skip)
{
	struct reply *x;

	group_room(g, 2);
	x = group_add(g);
	x->order = 1;
	x->scored = true;
	reply_room(g, x, 1);
	if (reply_node(g, x, better, name0, skip))
		return -1;
	x = group_add(g);
	x->scored = true;
	reply_room(g, x, 1);
	return reply_node(g, x, worse, name1, skip);
}

/* The messages with which both lists begin alike. */
static size_t
alike(struct rec *r, const struct json *a, const struct json *b)
{
	const struct json *x = json_first(a), *y = json_first(b);
	size_t n = 0;

	while (n + 1 < a->n && n + 1 < b->n &&
	       str_same(json_raw(&r->doc, x), json_raw(&r->doc, y))) {
		x = json_next(x);
		y = json_next(y);
		n++;
	}
	return n;
}

/* The prompt stands in both answers, as TRL and the binarised UltraFeedback
 * have it: how many messages it has; 0: it stands elsewhere. */
static size_t
implicit(struct rec *r, const struct json *a, const struct json *b)
{
	const struct json *role;
	size_t n;

	if (!json_is(a, JSON_ARRAY) || !json_is(b, JSON_ARRAY) || !a->n)
		return 0;
	role = rec_member(r, json_first(a), STR("role"));
	if (json_is(role, JSON_STRING) &&
	    str_eq(rec_text(r, role), "assistant"))
		return 0;
	n = alike(r, a, b);
	if (!n)
		rec_bad(r, a, "the answers do not begin with the same prompt");
	return n;
}

/* What a pair's two sides are called: chosen and rejected. */
static void
side_score(struct rec *r, struct reply *x, size_t side)
{
	static const char *const names[][2] = {
		{ "score_chosen", "score_rejected" },
		{ "chosen-rating", "rejected-rating" },
		{ "chosen_rating", "rejected_rating" },
		{ "chosen_score", "rejected_score" },
	};
	double value;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (rec_get(r, names[i][side])) {
			if (rec_real(r, names[i][side], &value))
				reply_score(x, STR("score"), value);
			return;
		}
}

static void
side_model(struct rec *r, struct reply *x, size_t side)
{
	static const char *const names[][2] = {
		{ "model_chosen", "model_rejected" },
		{ "chosen-model", "rejected-model" },
		{ "chosen_model", "rejected_model" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names && !x->model.s; i++)
		x->model = rec_str(r, names[i][side]);
}

static int
read_pair(struct rec *r, struct group *g)
{
	const struct json *a = rec_get(r, "chosen");
	const struct json *b = rec_get(r, "rejected");
	size_t skip = implicit(r, a, b);

	if (r->bad)
		return -1;
	if (skip) {
		if (rec_list(r, a, &g->ask))
			return -1;
		g->ask.n = skip;
		g->adapted = true;
	} else {
		if (rec_msgs(r, &g->ask))
			return -1;
		g->ask.n = talk_asked(&g->ask);
	}
	if (group_two(g, a, "chosen", b, "rejected", skip))
		return -1;
	for (size_t i = 0; i < 2; i++) {
		side_score(r, &g->reply[i], i);
		side_model(r, &g->reply[i], i);
	}
	if (rec_real(r, "margin", &g->strength) &&
	    !(fabs(g->strength) <= MOST_SCORE))
		return rec_bad(r, rec_get(r, "margin"),
		    "field 'margin' is too large a number");
	return r->bad ? -1 : 0;
}

/* ---- the table ---- */
#define FIELDS(...)               \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

const struct set sets[] = {
	{ .name = "responses",
	    .tells = FIELDS("responses"),
	    .read = read_responses,
	    .consumed = FIELDS("responses") },
	{ .name = "annotated",
	    .tells = FIELDS("annotation"),
	    .read = annotated_read,
	    .aspects = true,
	    .consumed = FIELDS("annotation") },
	{ .name = "ultrafeedback",
	    .tells = FIELDS("instruction", "completions"),
	    .read = open_ultrafeedback,
	    .by = "overall",
	    .aspects = true,
	    .foreign = true,
	    .consumed = FIELDS("instruction", "completions", "models") },
	{ .name = "helpsteer2",
	    .tells = FIELDS("prompt", "response", "helpfulness"),
	    .read = open_helpsteer,
	    .by = "helpfulness",
	    .rows = true,
	    .aspects = true,
	    .foreign = true,
	    .consumed = FIELDS("response", "helpfulness", "correctness",
		"coherence", "complexity", "verbosity") },
	{ .name = "helpsteer2-preference",
	    .tells = FIELDS(
		"prompt", "response_1", "response_2", "preference_strength"),
	    .read = open_helpsteer2_preference,
	    .order = true,
	    .foreign = true,
	    .consumed =
		FIELDS("response_1", "response_2", "preference_strength") },
	{ .name = "helpsteer3",
	    .tells = FIELDS(
		"context", "response1", "response2", "overall_preference"),
	    .read = open_helpsteer3,
	    .order = true,
	    .foreign = true,
	    .consumed = FIELDS(
		"context", "response1", "response2", "overall_preference") },
	{ .name = "shp",
	    .tells = FIELDS("history", "human_ref_A", "human_ref_B", "labels"),
	    .read = open_shp,
	    .order = true,
	    .foreign = true,
	    .consumed = FIELDS("history", "human_ref_A", "human_ref_B",
		"labels", "score_A", "score_B") },
	{ .name = "hh-rlhf",
	    .tells = FIELDS("chosen", "rejected"),
	    .is = open_is_hh,
	    .read = open_hh,
	    .order = true,
	    .foreign = true,
	    .consumed = FIELDS("chosen", "rejected") },
	{ .name = "pairs",
	    .tells = FIELDS("chosen", "rejected"),
	    .read = read_pair,
	    .order = true,
	    .value = "score",
	    .consumed = FIELDS("chosen", "rejected") },
	{ 0 },
};
