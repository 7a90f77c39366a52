/* What else comes out of a group: edited answers, SFT records, KTO rows,
 * records with responses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/prefpair/prefpair.h"

/* ---- answers that an annotator has edited ---- */
static void
edit_id(struct group *g, const struct reply *x)
{
	char suffix[64];

	snprintf(suffix, sizeof suffix, "#edited-%zu", x->at + 1);
	put_id(g, suffix);
}

static void
edit_pair(struct group *g, struct buf *b, const struct reply *x)
{
	struct rec *r = g->r;

	clear_pair(g);
	edit_id(g, x);
	put_answer(g, b, "chosen", x->edited_json, false);
	put_answer(g, b, "rejected", x->json, x->list);
	if (x->errors)
		rec_put(r, "errors_rejected", json_raw(&r->doc, x->errors));
	rec_put(r, "edited", STR("true"));
	rec_emit(r, TO_MAIN);
}

static void
edits_as_sft(struct group *g, struct buf *b)
{
	for (size_t i = 0; i < g->all; i++) {
		const struct reply *x = &g->reply[i];

		if (!x->edited.s)
			continue;
		edit_id(g, x);
		rec_put(g->r, "edited", STR("true"));
		put_talk(g, b, x->edited_json, false);
		rec_emit(g->r, TO_SFT);
	}
}

size_t
write_edits(struct group *g)
{
	struct buf b = { 0 };
	size_t n = 0;

	put_prompt(g, &b);
	for (size_t i = 0; i < g->all; i++) {
		struct reply *x = &g->reply[i];

		if (!x->edited.s)
			continue;
		x->too_long = (double)x->edited_chars >
			      how.max_ratio * (double)(x->chars + !x->chars);
		g->too_long += x->too_long;
		if (x->too_long)
			continue;
		edit_pair(g, &b, x);
		n++;
	}
	g->edits_paired = true;
	clear_pair(g);
	rec_del(g->r, "chosen");
	rec_del(g->r, "rejected");
	if (how.sft)
		edits_as_sft(g, &b);
	buf_done(&b);
	return n;
}

/* ---- SFT records ---- */
void
write_best(struct group *g)
{
	const struct reply *best = &g->reply[0];
	struct rec *r = g->r;
	struct buf b = { 0 };
	size_t edited = 0;

	while (edited < g->all && !g->reply[edited].edited.s)
		edited++;
	if (edited == g->all && best->value < how.min_score) {
		rec_drop(r, "best below --min-score");
		return;
	}
	put_prompt(g, &b);
	if (edited < g->all) {
		put_talk(g, &b, g->reply[edited].edited_json, false);
		rec_put(r, "edited", STR("true"));
	} else {
		put_talk(g, &b, best->json, best->list);
		if (!isnan(best->value))
			put_number(r, "score_chosen", best->value);
		if (!isnan(best->raw) && strcmp(how.normalise, "no"))
			put_number(r, "score_chosen_raw", best->raw);
		put_all_scores(g, &b, "scores_chosen", best);
	}
	rec_emit(r, TO_MAIN);
	buf_done(&b);
}

/* ---- KTO rows ---- */

/* Without a score the set's own order says it: what it prefers is good. */
static bool
is_good(const struct group *g, const struct reply *x)
{
	if (isnan(x->value))
		return g->set->order && x->order > 0;
	return x->value >= how.kto;
}

static void
kto_row(struct group *g, struct buf *b, const struct reply *x)
{
	struct rec *r = g->r;
	char suffix[32];

	snprintf(suffix, sizeof suffix, "#%zu", x->at + 1);
	put_id(g, suffix);
	put_answer(g, b, "completion", x->json, x->list);
	rec_put(r, "label", is_good(g, x) ? STR("true") : STR("false"));
	*(is_good(g, x) ? &g->good : &g->poor) += 1;
	if (isnan(x->value))
		rec_del(r, "score");
	else
		put_number(r, "score", x->value);
	if (!isnan(x->raw) && strcmp(how.normalise, "no"))
		put_number(r, "score_raw", x->raw);
	put_all_scores(g, b, "scores_completion", x);
	rec_emit(r, TO_MAIN);
}

static void
kto_edited(struct group *g, struct buf *b, const struct reply *x)
{
	edit_id(g, x);
	put_answer(g, b, "completion", x->edited_json, false);
	rec_put(g->r, "label", STR("true"));
	g->good++;
	rec_del(g->r, "score");
	rec_del(g->r, "score_raw");
	rec_del(g->r, "scores_completion");
	rec_emit(g->r, TO_MAIN);
}

static void
kto_rows(struct group *g, struct buf *b)
{
	size_t unknown = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct reply *x = &g->reply[i];

		if (x->copy)
			continue;
		if (isnan(x->value) && !g->set->order)
			unknown++;
		else
			kto_row(g, b, x);
	}
	if (unknown)
		rec_count(g->r, "ranked without a score", unknown);
}

void
write_kto(struct group *g)
{
	struct buf b = { 0 };

	group_thin(g);
	put_prompt(g, &b);
	if (g->set->order)
		clear_pair(g);
	if (!g->screened)
		kto_rows(g, &b);
	for (size_t i = 0; i < g->all; i++)
		if (g->reply[i].edited.s)
			kto_edited(g, &b, &g->reply[i]);
	if (g->good)
		rec_count(g->r, "desirable", g->good);
	if (g->poor)
		rec_count(g->r, "undesirable", g->poor);
	if (!g->good && !g->poor)
		rec_drop(g->r, "no response with an absolute score");
	buf_done(&b);
}

/* ---- records with responses ---- */
static int
by_place(const void *a, const void *b)
{
	const struct reply *const *x = a, *const *y = b;

	return (*x)->at < (*y)->at ? -1 : (*x)->at > (*y)->at;
}

/* What came back, beside what had gone out. */
static void
annotated_response(struct buf *b, const struct group *g, const struct reply *x)
{
	buf_puts(b, "{\"content\":");
	if (x->list)
		buf_json_str(b, x->text);
	else
		buf_str(b, x->json);
	if (x->rest.n > 2) {
		buf_char(b, ',');
		buf_put(b, x->rest.s + 1, x->rest.n - 2);
	}
	buf_puts(b, ",\"annotation\":{");
	annotated_marks(b, g, x);
	buf_puts(b, "}}");
}

static void
response(struct buf *b, const struct group *g, const struct reply *x)
{
	if (x->rest.s) {
		annotated_response(b, g, x);
		return;
	}
	if (x->node) {
		buf_str(b, json_raw(&g->r->doc, x->node));
		return;
	}
	buf_puts(b, "{\"content\":");
	if (x->list)
		buf_json_str(b, x->text);
	else
		buf_str(b, x->json);
	if (x->model.s) {
		buf_puts(b, ",\"model\":");
		buf_json_str(b, x->model);
	}
	buf_puts(b, ",\"scores\":");
	put_scores(b, x);
	if (x->critique.s) {
		buf_puts(b, ",\"critique\":");
		buf_str(b, x->critique);
	}
	buf_char(b, '}');
}

void
put_responses(struct group *g)
{
	const struct reply **all;
	struct buf b = { 0 };

	all = arena_take(g->r->mem, (g->all + 1) * sizeof *all);
	for (size_t i = 0; i < g->all; i++)
		all[i] = &g->reply[i];
	qsort(all, g->all, sizeof *all, by_place);
	buf_char(&b, '[');
	for (size_t i = 0; i < g->all; i++) {
		buf_puts(&b, i ? "," : "");
		response(&b, g, all[i]);
	}
	buf_char(&b, ']');
	put_field(g->r, "responses", &b);
	buf_done(&b);
}

void
write_rewrite(struct group *g)
{
	struct buf b = { 0 };

	if (!strcmp(g->set->name, "responses")) {
		rec_line(
		    g->r, TO_REWRITE, (struct str){ g->r->line, g->r->len });
		return;
	}
	put_prompt(g, &b);
	put_responses(g);
	rec_emit(g->r, TO_REWRITE);
	buf_done(&b);
}
