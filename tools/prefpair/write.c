/* Prompts, answers and pairs as fields of a record. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/talk.h"
#include "tools/prefpair/prefpair.h"

void
put_field(struct rec *r, const char *name, const struct buf *b)
{
	rec_put(r, name, (struct str){ b->s, b->n });
}

void
put_number(struct rec *r, const char *name, double x)
{
	char s[32];

	rec_put(r, name, (struct str){ s, num_real(s, x) });
}

void
put_id(struct group *g, const char *suffix)
{
	struct str id = rec_id(g->r);
	struct buf text = { 0 }, b = { 0 };

	buf_str(&text, id);
	buf_puts(&text, suffix);
	buf_json_str(&b, (struct str){ text.s, text.n });
	put_field(g->r, "id", &b);
	buf_done(&text);
	buf_done(&b);
}

/* ---- the prompt ---- */
static bool
one_text(const struct msgs *ask)
{
	return ask->n == 1 && str_eq(ask->m[0].role, "user") &&
	       ask->m[0].content.s && !ask->m[0].tool_calls;
}

static bool
any_list(const struct group *g)
{
	for (size_t i = 0; i < g->all; i++)
		if (g->reply[i].list)
			return true;
	return false;
}

/* As `prompt`, which is a list of messages. */
static void
put_as_list(struct group *g, struct buf *b)
{
	struct rec *r = g->r;
	const struct json *prompt = rec_get(r, "prompt");

	if (rec_member(r, r->doc.tape, STR("messages")))
		rec_del(r, "messages");
	else if (!g->adapted && json_is(prompt, JSON_ARRAY))
		return;
	buf_reset(b);
	talk_messages(b, r, &g->ask, g->ask.n);
	put_field(r, "prompt", b);
}

/* As it stands, but for an answer at its end; else one text as `prompt`, more
 * as `messages`. */
static void
put_as_text(struct group *g, struct buf *b)
{
	struct rec *r = g->r;
	const struct json *ms = rec_get(r, "messages");
	bool text = g->adapted && one_text(&g->ask);

	if (!g->adapted && (ms ? ms->n == g->ask.n : !!rec_get(r, "prompt")))
		return;
	buf_reset(b);
	if (text)
		buf_json_str(b, g->ask.m[0].content);
	else
		talk_messages(b, r, &g->ask, g->ask.n);
	/* `messages` would win over it; a prompt that held several turns is
	 * told by them */
	if (text && ms)
		rec_del(r, "messages");
	if (!text && g->adapted && rec_get(r, "prompt"))
		rec_del(r, "prompt");
	put_field(r, text ? "prompt" : "messages", b);
}

/* Who said it and what else. */
static void
put_annotator(struct group *g)
{
	static const char *const from[][2] = {
		{ "annotation.annotator", "annotator" },
		{ "annotation.note", "annotation_note" },
	};
	struct rec *r = g->r;

	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		const struct json *v = rec_get(r, from[i][0]);

		if (v)
			rec_put(r, from[i][1], json_raw(&r->doc, v));
	}
	rec_del(r, "annotation");
	if (how.keep_responses)
		put_responses(g);
}

void
put_prompt(struct group *g, struct buf *b)
{
	struct rec *r = g->r;

	g->lists = how.messages || (g->adapted && any_list(g));
	if (g->lists)
		put_as_list(g, b);
	else
		put_as_text(g, b);
	for (const char *const *f = g->set->consumed; *f && !how.keep_responses;
	     f++)
		if (rec_member(r, r->doc.tape, str_of(*f)))
			rec_del(r, *f);
	if (how.annotated)
		put_annotator(g);
	if (g->set->foreign && !rec_get(r, "source")) {
		buf_reset(b);
		buf_json_str(b, str_of(g->set->name));
		put_field(r, "source", b);
	}
}

/* ---- the answers ---- */
void
put_answer(struct group *g, struct buf *b, const char *name, struct str json,
    bool list)
{
	bool wrap = g->lists && !list;

	buf_reset(b);
	if (wrap)
		buf_puts(b, "[{\"role\":\"assistant\",\"content\":");
	buf_str(b, json);
	if (wrap)
		buf_puts(b, "}]");
	put_field(g->r, name, b);
}

/* ask and the answer as `messages`. */
void
put_talk(struct group *g, struct buf *b, struct str json, bool list)
{
	buf_reset(b);
	talk_messages(b, g->r, &g->ask, g->ask.n);
	b->n--; /* the bracket */
	buf_puts(b, g->ask.n ? "," : "");
	if (list) {
		buf_put(b, json.s + 1, json.n - 2);
	} else {
		buf_puts(b, "{\"role\":\"assistant\",\"content\":");
		buf_str(b, json);
		buf_char(b, '}');
	}
	buf_char(b, ']');
	put_field(g->r, "messages", b);
}

void
put_scores(struct buf *b, const struct reply *x)
{
	const char *sep = "";

	buf_char(b, '{');
	for (size_t i = 0; i < x->nscore; i++) {
		if (x->score[i].odd)
			continue;
		buf_puts(b, sep);
		buf_json_str(b, x->score[i].name);
		buf_char(b, ':');
		buf_json_real(b, x->score[i].x);
		sep = ",";
	}
	buf_char(b, '}');
}

void
put_all_scores(
    struct group *g, struct buf *b, const char *name, const struct reply *x)
{
	if (!x->nscore || !(how.keep_scores || g->set->aspects))
		return;
	buf_reset(b);
	put_scores(b, x);
	put_field(g->r, name, b);
}

/* What a pair says of each of its sides. */
static const struct side {
	const char *score, *raw, *rank, *model, *scores, *errors;
} sides[] = {
	{ "score_chosen", "score_chosen_raw", "rank_chosen", "model_chosen",
	    "scores_chosen", "errors_chosen" },
	{ "score_rejected", "score_rejected_raw", "rank_rejected",
	    "model_rejected", "scores_rejected", "errors_rejected" },
};

/* Of an earlier pair from the same record. */
void
clear_pair(struct group *g)
{
	struct rec *r = g->r;

	for (size_t i = 0; i < 2; i++) {
		const char *const all[] = { sides[i].score, sides[i].raw,
			sides[i].rank, sides[i].model, sides[i].scores,
			sides[i].errors };

		for (size_t j = 0; j < sizeof all / sizeof *all; j++)
			rec_del(r, all[j]);
	}
	rec_del(r, "margin");
}

static bool
several(const struct group *g)
{
	return !g->set->order && strcmp(how.pairs, "best");
}

static void
put_side(
    struct group *g, struct buf *b, const struct side *s, const struct reply *x)
{
	struct rec *r = g->r;
	bool scaled = strcmp(how.normalise, "no");

	/* a score that stands there is the pair's own */
	if (!isnan(x->value) &&
	    (scaled || g->by || !g->set->value || !rec_get(r, s->score)))
		put_number(r, s->score, x->value);
	if (!isnan(x->raw) && scaled)
		put_number(r, s->raw, x->raw);
	if (several(g)) {
		buf_reset(b);
		buf_json_int(b, (int64_t)x->rank);
		put_field(r, s->rank, b);
	}
	if (x->model.s) {
		buf_reset(b);
		buf_json_str(b, x->model);
		put_field(r, s->model, b);
	}
	put_all_scores(g, b, s->scores, x);
	if (x->errors)
		rec_put(r, s->errors, json_raw(&r->doc, x->errors));
}

static void
put_pair(struct group *g, struct buf *b, const struct pair *p)
{
	const struct reply *w = &g->reply[p->chosen];
	const struct reply *l = &g->reply[p->rejected];
	struct rec *r = g->r;
	char suffix[64];

	put_answer(g, b, "chosen", w->json, w->list);
	put_answer(g, b, "rejected", l->json, l->list);
	if (several(g)) {
		snprintf(
		    suffix, sizeof suffix, "#%zu-%zu", w->at + 1, l->at + 1);
		put_id(g, suffix);
	}
	/* a margin that stands there is the pair's own */
	if (!isnan(p->margin) && !(g->set->value && p->margin == g->strength))
		put_number(r, "margin", p->margin);
	put_side(g, b, &sides[0], w);
	put_side(g, b, &sides[1], l);
	rec_emit(r, TO_MAIN);
}

void
write_pairs(struct group *g)
{
	struct buf b = { 0 };
	size_t against = 0;

	if (g->pairs)
		put_prompt(g, &b);
	for (size_t i = 0; i < g->pairs; i++) {
		const struct pair *p = &g->pair[i];

		if (i)
			clear_pair(g);
		put_pair(g, &b, p);
		against += g->ranks && g->reply[p->chosen].value <
					   g->reply[p->rejected].value;
	}
	if (against)
		rec_count(g->r, "ranked against the scores", against);
	buf_done(&b);
}
