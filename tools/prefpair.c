/* prefpair - turn judged responses into preference pairs, KTO rows or SFT
 * records. Page: man/prefpair.1 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/rouge.h"
#include "libcore/tool.h"

static const char *score;
static const char *trust = "gold";
static double margin, all_high = (double)NAN, similar = 0.9,
		      min_score = (double)NAN;
static double kto_from = (double)NAN;
static bool best_only, as_messages, keep_responses;

static const char *const trusts[] = { "gold", "none", NULL };
static const struct opt opts[] = {
	{ 's', "score", "NAME", "compare scores.NAME of the responses",
	    .str = &score },
	{ 't', "trust", "WHAT",
	    "gold: without --score, scores.gold decides "
	    "where there is one, else scores.quality",
	    .str = &trust, .choice = trusts },
	{ 'm', "margin", "M",
	    "drop prompts whose best and worst differ by "
	    "less",
	    .real = &margin, .min = 0, .max = 1e9 },
	{ 'a', "all-high", "T", "drop prompts whose scores all are at least T",
	    .real = &all_high },
	{ 'r', "rouge", "R",
	    "responses with ROUGE-L of R or more are "
	    "near-copies; above 1: none",
	    .real = &similar, .min = 0, .max = 2 },
	{ 'f', "messages", NULL, "write chosen and rejected as messages",
	    .flag = &as_messages },
	{ 'b', "best", NULL,
	    "write SFT records: the best response as the "
	    "assistant's turn",
	    .flag = &best_only },
	{ 'S', "min-score", "T",
	    "with --best: drop prompts whose best scores "
	    "less",
	    .real = &min_score },
	{ 'K', "kto", "T",
	    "write a row for each response, its label being "
	    "whether it scores at least T",
	    .real = &kto_from },
	{ 'k', "keep-responses", NULL, "leave the responses in the record",
	    .flag = &keep_responses },
	{ 0 },
};

/* One response that has a score. tie: the other score, where it has one. */
struct reply {
	struct str text;
	double score, tie;
	size_t at;
};

struct replies {
	struct reply *r; /* best first */
	size_t n;        /* those with a score */
	size_t all;
};

/* The number, or 1 and 0 of true and false, at scores.NAME of a response. */
static bool
score_of(
    struct rec *r, const struct json *response, const char *name, double *x)
{
	const struct json *v;

	v = json_get(&r->doc, json_get(&r->doc, response, "scores"), name);
	if (!v || json_is(v, JSON_NULL))
		return false;
	if (json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE)) {
		*x = json_is(v, JSON_TRUE);
		return true;
	}
	if (json_real(&r->doc, v, x))
		return true;
	rec_bad(r, v, "score '%s' is not a number", name);
	return false;
}

static bool
better(const struct reply *a, const struct reply *b)
{
	if (a->score > b->score || a->score < b->score)
		return a->score > b->score;
	if (a->tie > b->tie || a->tie < b->tie)
		return a->tie > b->tie;
	return a->at < b->at;
}

/* Insertion sort: there are few, and equals are told apart by place. */
static void
insert(struct replies *l, struct reply x)
{
	size_t i = l->n++;

	for (; i && better(&x, &l->r[i - 1]); i--)
		l->r[i] = l->r[i - 1];
	l->r[i] = x;
}

/* Which score decides: gold where it is trusted and any response has it. */
static const char *
deciding(struct rec *r, const struct json *list)
{
	const struct json *v = json_first(list);
	double x;

	if (score)
		return score;
	if (strcmp(trust, "gold"))
		return "quality";
	for (uint32_t i = 0; i < list->n; i++, v = json_next(v))
		if (score_of(r, v, "gold", &x))
			return "gold";
	return "quality";
}

static int
read_replies(struct rec *r, struct replies *l)
{
	const struct json *list = rec_get(r, "responses"), *v;
	const char *name, *other;

	*l = (struct replies){ 0 };
	if (r->bad)
		return -1;
	if (!list)
		return 0;
	if (!json_is(list, JSON_ARRAY))
		return rec_bad(r, list, "field 'responses' is not a list");
	name = deciding(r, list);
	other = strcmp(name, "quality") ? "quality" : "gold";
	l->all = list->n;
	l->r = arena_take(r->mem, (list->n + 1) * sizeof *l->r);
	v = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, v = json_next(v)) {
		struct reply x = { .at = i };
		const struct json *c;

		if (!json_is(v, JSON_OBJECT))
			return rec_bad(r, v, "a response is not an object");
		c = json_get(&r->doc, v, "content");
		if (!json_is(c, JSON_STRING))
			return rec_bad(
			    r, c ? c : v, "a response has no content string");
		x.text = rec_text(r, c);
		if (!score_of(r, v, other, &x.tie))
			x.tie = -HUGE_VAL;
		if (score_of(r, v, name, &x.score))
			insert(l, x);
	}
	return r->bad ? -1 : 0;
}

/* {"role":"assistant","content":text} */
static void
put_reply(struct buf *b, struct str text)
{
	buf_puts(b, "{\"role\":\"assistant\",\"content\":");
	buf_json_str(b, text);
	buf_char(b, '}');
}

/* The conversation up to the last turn that is not the assistant's, which is
 * what the responses answer; then the reply, where there is one. */
static void
put_messages(
    struct rec *r, struct buf *b, const struct msgs *c, const struct str *reply)
{
	size_t n = c->n;

	while (n && str_eq(c->m[n - 1].role, "assistant"))
		n--;
	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		const struct msg *m = &c->m[i];

		if (i)
			buf_char(b, ',');
		if (m->node) {
			buf_str(b, json_raw(&r->doc, m->node));
			continue;
		}
		buf_puts(b, "{\"role\":");
		buf_json_str(b, m->role);
		buf_puts(b, ",\"content\":");
		buf_json_str(b, m->content.s ? m->content : STR(""));
		buf_char(b, '}');
	}
	if (reply) {
		buf_puts(b, n ? "," : "");
		put_reply(b, *reply);
	}
	buf_char(b, ']');
}

static void
put_real(struct rec *r, const char *path, double x)
{
	char s[32];

	rec_put(r, path, (struct str){ s, num_real(s, x) });
}

/* The text, as a string or as one message. */
static void
put_text(struct rec *r, struct buf *b, const char *name, struct str text)
{
	buf_reset(b);
	if (as_messages) {
		buf_char(b, '[');
		put_reply(b, text);
		buf_char(b, ']');
	} else {
		buf_json_str(b, text);
	}
	rec_put(r, name, (struct str){ b->s, b->n });
}

/* Make the record hold the prompt alone: a conversation that ends with the
 * assistant's turn, or that other fields spell, becomes messages; with
 * --messages a prompt string does too, as the prompt. */
static void
put_prompt(struct rec *r, struct buf *b, const struct msgs *c)
{
	const struct json *messages = rec_get(r, "messages");
	const struct json *prompt = rec_get(r, "prompt");
	bool answered = c->n && str_eq(c->m[c->n - 1].role, "assistant");

	buf_reset(b);
	put_messages(r, b, c, NULL);
	if (messages ? answered : !prompt)
		rec_put(r, "messages", (struct str){ b->s, b->n });
	else if (!messages && as_messages && !json_is(prompt, JSON_ARRAY))
		rec_put(r, "prompt", (struct str){ b->s, b->n });
}

static int
write_best(
    struct rec *r, struct buf *b, const struct msgs *c, const struct replies *l)
{
	const struct reply *best = &l->r[0];

	if (best->score < min_score) {
		rec_drop(r, "best below --min-score");
		return 0;
	}
	buf_reset(b);
	put_messages(r, b, c, &best->text);
	rec_put(r, "messages", (struct str){ b->s, b->n });
	put_real(r, "score_chosen", best->score);
	rec_emit(r, 0);
	return 0;
}

static int
write_kto(
    struct rec *r, struct buf *b, const struct msgs *c, const struct replies *l)
{
	put_prompt(r, b, c);
	for (size_t i = 0; i < l->n; i++) {
		bool good = l->r[i].score >= kto_from;

		put_text(r, b, "completion", l->r[i].text);
		rec_put(r, "label", good ? STR("true") : STR("false"));
		put_real(r, "score", l->r[i].score);
		rec_emit(r, 0);
	}
	rec_count(r, "rows", l->n);
	return 0;
}

/* The worst response that differs enough from the best, in score and in
 * words; NULL with the reason. */
static const struct reply *
pick_rejected(const struct replies *l, const char **why)
{
	struct rouge best = rouge_new(l->r[0].text);
	const struct reply *got = NULL;

	*why = "scores equal or within --margin";
	for (size_t i = l->n; i-- > 1 && !got;) {
		double apart = l->r[0].score - l->r[i].score;
		struct rouge other;

		if (!(apart > 0) || apart < margin)
			break;
		other = rouge_new(l->r[i].text);
		if (rouge_f(&best, &other) >= similar)
			*why = "near-copies";
		else
			got = &l->r[i];
		rouge_free(&other);
	}
	rouge_free(&best);
	return got;
}

static int
write_pair(
    struct rec *r, struct buf *b, const struct msgs *c, const struct replies *l)
{
	const struct reply *best = &l->r[0], *worst;
	const char *why;

	if (l->n < 2) {
		rec_drop(r, "fewer than two scored responses");
		return 0;
	}
	if (l->r[l->n - 1].score >= all_high) {
		rec_drop(r, "all high");
		return 0;
	}
	worst = pick_rejected(l, &why);
	if (!worst) {
		rec_drop(r, why);
		return 0;
	}
	put_prompt(r, b, c);
	put_text(r, b, "chosen", best->text);
	put_text(r, b, "rejected", worst->text);
	put_real(r, "margin", best->score - worst->score);
	put_real(r, "score_chosen", best->score);
	put_real(r, "score_rejected", worst->score);
	rec_emit(r, 0);
	return 0;
}

static int
each(struct rec *r)
{
	struct replies l;
	struct msgs c;
	struct buf b = { 0 };
	int rc;

	if (rec_msgs(r, &c) || read_replies(r, &l))
		return -1;
	if (!l.n) {
		rec_drop(r, l.all ? "no scored response" : "no responses");
		return 0;
	}
	if (!keep_responses)
		rec_del(r, "responses");
	if (best_only)
		rc = write_best(r, &b, &c, &l);
	else if (!isnan(kto_from))
		rc = write_kto(r, &b, &c, &l);
	else
		rc = write_pair(r, &b, &c, &l);
	buf_done(&b);
	return rc;
}

static void
start(void)
{
	if (best_only && !isnan(kto_from)) {
		warn("--best and --kto exclude each other");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static const struct tool tool = {
		.name = "prefpair",
		.operands = "[file ...]",
		.does = "turn judged responses into preference pairs or SFT "
			"records",
		.opts = opts,
		.any_order = true,
		.start = start,
		.each = each,
	};

	return tool_main(&tool, argc, argv);
}
