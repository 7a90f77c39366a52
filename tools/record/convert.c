/* record convert: from and to the shapes that other programs use. */
#include <string.h>

#include "tools/record/record.h"

static const char *to = "messages", *model;
static const char *const forms[] = { "messages", "alpaca", "sharegpt", "openai",
	"trl", "trl-text", "responses", NULL };

static const struct opt opts[] = {
	{ 't', "to", "FORM", "what to write", .str = &to, .choice = forms },
	{ 0, "model", "NAME", "the model that openai requests name",
	    .str = &model },
	{ 0 },
};

/* What makes up a conversation in any of the forms; the rest is kept. */
static const char *const shape[] = { "messages", "prompt", "instruction",
	"input", "output", "system", "history", "conversations", "completion",
	"chosen", "rejected", NULL };

/* A conversation on its way from one form to another. */
struct talk {
	struct msgs all;
	size_t skip; /* messages of `chosen` and `rejected` that are its own */
};

static void
message(struct rec *r, const struct msg *m, struct buf *b)
{
	if (m->node) {
		buf_str(b, json_raw(&r->doc, m->node));
		return;
	}
	buf_puts(b, "{\"role\":");
	buf_json_str(b, m->role);
	buf_puts(b, ",\"content\":");
	buf_json_str(b, m->content);
	buf_char(b, '}');
}

/* Messages [from, to) as a list. */
static void
messages(struct rec *r, const struct msgs *all, size_t from, size_t upto,
    struct buf *b)
{
	buf_char(b, '[');
	for (size_t i = from; i < upto; i++) {
		if (i > from)
			buf_char(b, ',');
		message(r, &all->m[i], b);
	}
	buf_char(b, ']');
}

static void
put(struct rec *r, const char *name, struct buf *b)
{
	rec_put(r, name, (struct str){ b->s, b->n });
	buf_reset(b);
}

/* Remove what the new form does not have. */
static void
clear(struct rec *r, const char *const *keep)
{
	for (size_t i = 0; shape[i]; i++) {
		bool kept = false;

		for (size_t j = 0; keep[j]; j++)
			kept |= !strcmp(shape[i], keep[j]);
		if (!kept)
			rec_del(r, shape[i]);
	}
}

/* An answer as a list of messages, without those of the prompt. */
static void
answer(struct rec *r, const char *name, size_t skip, struct buf *b)
{
	const struct json *v = rec_get(r, name), *c = v ? json_first(v) : NULL;

	if (!v) {
		rec_missing(r, name);
		return;
	}
	if (v->type == JSON_STRING) {
		buf_puts(b, "[{\"role\":\"assistant\",\"content\":");
		buf_str(b, json_raw(&r->doc, v));
		buf_puts(b, "}]");
		return;
	}
	if (v->type != JSON_ARRAY) {
		rec_bad(r, v, "field '%s' is not a string or a list", name);
		return;
	}
	buf_char(b, '[');
	for (size_t i = 0; i < v->n; i++, c = json_next(c)) {
		if (i < skip)
			continue;
		buf_puts(b, i > skip ? "," : "");
		buf_str(b, json_raw(&r->doc, c));
	}
	buf_char(b, ']');
}

/* Answers that begin with the prompt go without it. */
static void
trim_answers(struct rec *r, const struct talk *t, struct buf *b)
{
	static const char *const pair[] = { "chosen", "rejected" };

	for (int i = 0; i < 2 && t->skip; i++) {
		answer(r, pair[i], t->skip, b);
		put(r, pair[i], b);
	}
}

static const char *const no_prompt[] = { "messages", "chosen", "rejected",
	"completion", NULL };

static int
to_messages(struct rec *r, const struct talk *t)
{
	const struct msgs *all = &t->all;
	struct buf b = { 0 };

	messages(r, all, 0, all->n, &b);
	clear(r, no_prompt);
	put(r, "messages", &b);
	trim_answers(r, t, &b);
	buf_done(&b);
	return r->bad ? -1 : 0;
}

/* The turns after an opening system message: user and assistant in turn,
 * nothing else, text alone. Returns where they begin, or sets the record
 * bad. */
static size_t
turns(struct rec *r, const struct msgs *all)
{
	size_t from = all->n && str_eq(all->m[0].role, "system");

	for (size_t i = from; i < all->n; i++) {
		const char *want = (i - from) % 2 ? "assistant" : "user";

		if (!str_eq(all->m[i].role, want) || !all->m[i].content.s ||
		    all->m[i].tool_calls) {
			rec_bad(r, all->m[i].node,
			    "not user and assistant in turn, text alone");
			break;
		}
	}
	if (from == all->n)
		rec_bad(r, NULL, "no message of a user in it");
	return from;
}

static int
to_alpaca(struct rec *r, const struct talk *t)
{
	const struct msgs *all = &t->all;
	static const char *const keep[] = { "instruction", "input", "output",
		"system", "chosen", "rejected", NULL };
	size_t from = turns(r, all), last, n = all->n;
	struct buf b = { 0 };

	if (r->bad)
		return -1;
	last = from + (n - from - 1) / 2 * 2; /* the last user message */
	clear(r, keep);
	buf_json_str(&b, all->m[last].content);
	put(r, "instruction", &b);
	rec_put(r, "input", STR("\"\""));
	buf_json_str(&b, last + 1 < n ? all->m[last + 1].content : STR(""));
	put(r, "output", &b);
	if (from)
		buf_json_str(&b, all->m[0].content);
	if (from)
		put(r, "system", &b);
	else
		rec_del(r, "system");
	for (size_t i = from; i < last; i += 2) {
		buf_puts(&b, i > from ? ",[" : "[[");
		buf_json_str(&b, all->m[i].content);
		buf_char(&b, ',');
		buf_json_str(&b, all->m[i + 1].content);
		buf_char(&b, ']');
	}
	if (b.n) {
		buf_char(&b, ']');
		put(r, "history", &b);
	}
	trim_answers(r, t, &b);
	buf_done(&b);
	return r->bad ? -1 : 0;
}

static const char *
sharegpt_role(struct str role)
{
	static const char *const roles[][2] = { { "user", "human" },
		{ "assistant", "gpt" }, { "system", "system" },
		{ "tool", "observation" } };

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_eq(role, roles[i][0]))
			return roles[i][1];
	return NULL;
}

static int
to_sharegpt(struct rec *r, const struct talk *t)
{
	const struct msgs *all = &t->all;
	static const char *const keep[] = { "conversations", "chosen",
		"rejected", NULL };
	struct buf b = { 0 };

	buf_char(&b, '[');
	for (size_t i = 0; i < all->n && !r->bad; i++) {
		const struct msg *m = &all->m[i];
		const char *from = sharegpt_role(m->role);

		if (!from || !m->content.s || m->tool_calls)
			rec_bad(r, m->node,
			    "a message that ShareGPT has no "
			    "place for");
		buf_puts(&b, i ? ",{\"from\":" : "{\"from\":");
		buf_json_str(&b, str_of(from ? from : ""));
		buf_puts(&b, ",\"value\":");
		buf_json_str(&b, m->content);
		buf_char(&b, '}');
	}
	buf_char(&b, ']');
	clear(r, keep);
	put(r, "conversations", &b);
	trim_answers(r, t, &b);
	buf_done(&b);
	return r->bad ? -1 : 0;
}

/* A line of a batch of chat completions; nothing else may stand in it. */
static int
to_openai(struct rec *r, const struct talk *t)
{
	const struct msgs *all = &t->all;
	struct str id = rec_id(r);
	struct buf b = { 0 };

	buf_puts(&b, "{\"custom_id\":");
	buf_json_str(&b, id);
	buf_puts(&b, ",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
		     "\"body\":{\"model\":");
	buf_json_str(&b, str_of(model));
	buf_puts(&b, ",\"messages\":");
	messages(r, all, 0, all->n, &b);
	if (all->tools) {
		buf_puts(&b, ",\"tools\":");
		buf_str(&b, json_raw(&r->doc, all->tools));
	}
	buf_puts(&b, "}}");
	rec_line(r, 0, (struct str){ b.s, b.n });
	buf_done(&b);
	return 1;
}

/* TRL, conversational: prompt, chosen, rejected; or prompt, completion. */
static int
to_trl(struct rec *r, const struct talk *t)
{
	const struct msgs *all = &t->all;
	static const char *const pair[] = { "prompt", "chosen", "rejected",
		NULL };
	static const char *const one[] = { "prompt", "completion", NULL };
	bool pairs = rec_get(r, "chosen") || rec_get(r, "rejected");
	size_t n = all->n;
	struct buf b = { 0 };

	clear(r, pairs ? pair : one);
	if (!pairs && !rec_get(r, "completion")) {
		if (!n || !str_eq(all->m[n - 1].role, "assistant"))
			return rec_bad(r, NULL, "no answer at the end");
		messages(r, all, --n, all->n, &b);
		put(r, "completion", &b);
	} else if (!pairs) {
		answer(r, "completion", 0, &b);
		put(r, "completion", &b);
	}
	messages(r, all, 0, n, &b);
	put(r, "prompt", &b);
	for (int i = 1; pairs && i < 3; i++) {
		answer(r, pair[i], t->skip, &b);
		put(r, pair[i], &b);
	}
	buf_done(&b);
	return r->bad ? -1 : 0;
}

/* The text of an answer: a string, or a list of one message. */
static void
answer_text(struct rec *r, const char *name, size_t skip, struct buf *b)
{
	const struct json *v = rec_get(r, name), *m = v;

	if (!v)
		rec_missing(r, name);
	else if (v->type == JSON_ARRAY && v->n == skip + 1) {
		m = json_first(v);
		while (skip--)
			m = json_next(m);
		m = rec_member(r, m, STR("content"));
	}
	if (!json_is(m, JSON_STRING))
		rec_bad(r, v, "field '%s' is not one text", name);
	else
		buf_str(b, json_raw(&r->doc, m));
}

/* TRL, texts alone: there is no place for more than one turn. */
static int
to_trl_text(struct rec *r, const struct talk *t)
{
	const struct msgs *all = &t->all;
	static const char *const pair[] = { "prompt", "chosen", "rejected",
		NULL };
	static const char *const one[] = { "prompt", "completion", NULL };
	bool pairs = rec_get(r, "chosen") || rec_get(r, "rejected");
	bool given = pairs || rec_get(r, "completion");
	size_t from = turns(r, all);
	struct buf b = { 0 };

	if (r->bad)
		return -1;
	if (from || all->n != (given ? 1 : 2))
		return rec_bad(r, NULL, "more than one turn");
	clear(r, pairs ? pair : one);
	buf_json_str(&b, all->m[0].content);
	put(r, "prompt", &b);
	for (int i = 1; pairs && i < 3; i++) {
		answer_text(r, pair[i], t->skip, &b);
		put(r, pair[i], &b);
	}
	if (!pairs && given)
		answer_text(r, "completion", 0, &b);
	else if (!pairs)
		buf_json_str(&b, all->m[1].content);
	if (!pairs)
		put(r, "completion", &b);
	buf_done(&b);
	return r->bad ? -1 : 0;
}

/* A pair as responses that somebody has ranked, for judges: scores.human is 1
 * for the better one and 0 for the other. */
static int
to_responses(struct rec *r, const struct talk *t)
{
	static const char *const keep[] = { "messages", NULL };
	struct buf b = { 0 };

	if (rec_get(r, "responses"))
		return rec_bad(
		    r, rec_get(r, "responses"), "it has responses already");
	buf_puts(&b, "[{\"content\":");
	answer_text(r, "chosen", t->skip, &b);
	buf_puts(&b, ",\"scores\":{\"human\":1}},{\"content\":");
	answer_text(r, "rejected", t->skip, &b);
	buf_puts(&b, ",\"scores\":{\"human\":0}}]");
	put(r, "responses", &b);
	messages(r, &t->all, 0, t->all.n, &b);
	clear(r, keep);
	put(r, "messages", &b);
	buf_done(&b);
	return r->bad ? -1 : 0;
}

/* The messages with which two answers begin alike: TRL's implicit prompt. */
static size_t
common(struct rec *r, const struct json *a, const struct json *b)
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

/* A member's bytes as "name":value, where it is there. */
static void
carry(struct rec *r, const struct json *object, const char *from,
    const char *as, struct buf *b)
{
	const struct json *v = rec_member(r, object, str_of(from));

	if (!v || v->type == JSON_NULL)
		return;
	buf_puts(b, b->s[b->n - 1] == '{' ? "" : ",");
	buf_json_str(b, str_of(as));
	buf_char(b, ':');
	buf_str(b, json_raw(&r->doc, v));
}

/* The answers in a line of a batch's results. */
static void
responses(struct rec *r, const struct json *body, struct buf *b)
{
	const struct json *all = rec_member(r, body, STR("choices"));
	const struct json *c = all ? json_first(all) : NULL, *m;

	if (!json_is(all, JSON_ARRAY)) {
		rec_bad(r, body, "no choices in the response");
		return;
	}
	buf_puts(b, ",\"responses\":[");
	for (uint32_t i = 0; i < all->n && !r->bad; i++, c = json_next(c)) {
		m = rec_member(r, c, STR("message"));
		if (!json_is(m, JSON_OBJECT))
			rec_bad(r, c, "no message in a choice");
		buf_puts(b, i ? ",{" : "{");
		carry(r, m, "content", "content", b);
		carry(r, m, "tool_calls", "tool_calls", b);
		carry(r, body, "model", "model", b);
		carry(r, c, "finish_reason", "finish", b);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

/* A line of an OpenAI batch, or of its results, as a record. */
static int
from_openai(struct rec *r, const struct json *body, bool result)
{
	struct buf b = { 0 };

	if (strcmp(to, "messages"))
		return rec_bad(
		    r, NULL, "a batch of OpenAI's converts to messages only");
	buf_char(&b, '{');
	carry(r, r->doc.tape, "custom_id", "id", &b);
	if (result)
		responses(r, body, &b);
	else {
		carry(r, body, "messages", "messages", &b);
		carry(r, body, "tools", "tools", &b);
	}
	buf_char(&b, '}');
	rec_line(r, 0, (struct str){ b.s, b.n });
	buf_done(&b);
	return r->bad ? -1 : 0;
}

/* TRL without a prompt: what both answers begin with. */
static bool
implicit(struct rec *r, struct talk *t)
{
	const struct json *a = rec_get(r, "chosen");
	const struct json *b = rec_get(r, "rejected");

	if (!json_is(a, JSON_ARRAY) || !json_is(b, JSON_ARRAY) ||
	    rec_get(r, "messages") || rec_get(r, "prompt") ||
	    rec_get(r, "instruction") || rec_get(r, "conversations"))
		return false;
	t->skip = common(r, a, b);
	if (!t->skip)
		rec_bad(r, a, "the answers do not begin with the same prompt");
	else if (rec_list(r, a, &t->all) == 0)
		t->all.n = t->skip;
	return true;
}

static int
each(struct rec *r)
{
	static int (*const make[])(
	    struct rec *, const struct talk *) = { to_messages, to_alpaca,
		to_sharegpt, to_openai, to_trl, to_trl_text, to_responses };
	struct talk t = { 0 };
	const struct json *v;
	int rc;

	if (rec_get(r, "custom_id")) {
		if ((v = rec_get(r, "body")))
			return from_openai(r, v, false);
		if ((v = rec_get(r, "response.body")))
			return from_openai(r, v, true);
	}
	if (!implicit(r, &t) && rec_msgs(r, &t.all) < 0)
		return -1;
	if (r->bad)
		return -1;
	for (size_t i = 0; forms[i]; i++) {
		if (strcmp(to, forms[i]))
			continue;
		rc = make[i](r, &t);
		if (rc == 0)
			rec_emit(r, 0);
		return rc < 0 ? -1 : 0;
	}
	return -1;
}

static void
start(void)
{
	if (!strcmp(to, "openai") && !model) {
		warn("--to openai needs --model");
		opt_usage();
	}
}

const struct tool record_convert = {
	.name = "record convert",
	.operands = "[file ...]",
	.does = "convert from and to other shapes of records",
	.opts = opts,
	.any_order = true,
	.start = start,
	.each = each,
};
