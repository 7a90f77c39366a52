/* What a conversation trains: see chat.h. */
#include <stdlib.h>
#include <string.h>

#include "libcore/chat.h"

/* Tokens that end a turn in the templates of known models. A file that names
 * its own (eos_token, generation_config.json) adds to these. */
static const char *const usual[] = { "<|im_end|>", "<|eot_id|>", "<|eom_id|>",
	"<|end|>", "<|endoftext|>", "<|end_of_text|>", "<|eot|>", "<|return|>",
	"<|call|>", "<|END_OF_TURN_TOKEN|>", "<|end_of_msg|>", "<|role_end|>",
	"<|end_of_turn|>", "<|eos|>", "<end_of_turn>", "<turn|>",
	"<end_of_sentence>",
	"<\xef\xbd\x9c"
	"end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
	"<SPECIAL_12>", "</assistant>", "<sep>", "</s>", "<eos>", "[EOS]",
	"<|eom|>", NULL };

bool
chat_stop(struct str s)
{
	for (size_t i = 0; usual[i]; i++)
		if (str_eq(s, usual[i]))
			return true;
	return false;
}

struct spans {
	const struct chat *chat;
	const struct chat_talk *talk;
	const struct chat_want *want;
	struct json_doc doc; /* the messages */
	const struct json **m;
	struct err *e;
};

/* One rendering of a prefix of the conversation. */
struct shown {
	struct buf text;
	struct ranges content;
};

static void
shown_done(struct shown *s)
{
	buf_done(&s->text);
	free(s->content.r);
	*s = (struct shown){ 0 };
}

static struct str
of(const struct buf *b)
{
	return (struct str){ b->s ? b->s : "", b->n };
}

static bool
begins(struct str s, struct str with)
{
	return s.n >= with.n && (!with.n || !memcmp(s.s, with.s, with.n));
}

/* Render the first n messages. */
static bool
show(struct spans *c, size_t n, bool prompt, struct shown *out)
{
	struct chat_talk t = *c->talk;
	struct buf part = { 0 };
	bool ok;

	buf_char(&part, '[');
	if (n)
		buf_put(&part, t.messages.s + c->m[0]->at,
		    c->m[n - 1]->end - c->m[0]->at);
	buf_char(&part, ']');
	t.messages = of(&part);
	ok = chat_text(c->chat, &t, prompt, &out->text, &out->content, c->e);
	buf_done(&part);
	return ok;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t
stop_of(struct str s, struct str stop, bool front)
{
	if (!stop.n || stop.n > s.n)
		return 0;
	return memcmp(front ? s.s : s.s + s.n - stop.n, stop.s, stop.n) == 0
		   ? stop.n
		   : 0;
}

/* The length of the stop that s ends (or with `front`, begins) with; 0 if
 * there is none. The longest one counts. */
static size_t
stop_at(const struct spans *c, struct str s, bool front)
{
	size_t best = 0, n;

	for (size_t i = 0; usual[i]; i++) {
		n = stop_of(s, str_of(usual[i]), front);
		best = n > best ? n : best;
	}
	for (size_t i = 0; i < c->want->nstops; i++) {
		n = stop_of(s, c->want->stops[i], front);
		best = n > best ? n : best;
	}
	return best;
}

static size_t
trimmed(struct str s, size_t from)
{
	while (s.n > from && is_space(s.s[s.n - 1]))
		s.n--;
	return s.n;
}

/* A stop that somebody wrote is none. */
static bool
written(const struct ranges *content, size_t from, size_t to)
{
	for (size_t i = 0; i < content->n; i++)
		if (content->r[i].from < to && content->r[i].to > from)
			return true;
	return false;
}

/* Where the span ends that begins at `from` in a rendering which ends with its
 * turn: behind the stop that stands at the end, white space aside. 0: none. */
static size_t
end_within(const struct spans *c, const struct shown *turn, size_t from)
{
	struct str text = of(&turn->text);
	size_t n;

	text.n = trimmed(text, from);
	n = stop_at(c, (struct str){ text.s + from, text.n - from }, false);
	return n && !written(&turn->content, text.n - n, text.n) ? text.n : 0;
}

/* The same where the next message begins with the stop: text is the longer
 * rendering, turn where this one's ends. */
static size_t
end_beyond(const struct spans *c, const struct shown *now, size_t turn)
{
	struct str text = of(&now->text);
	size_t n;

	while (turn < text.n && is_space(text.s[turn]))
		turn++;
	n = stop_at(c, (struct str){ text.s + turn, text.n - turn }, true);
	return n && !written(&now->content, turn, turn + n) ? turn + n : 0;
}

static struct chat_sample *
sample_add(struct chat_samples *all)
{
	struct chat_sample *s;

	if (all->n == all->room) {
		all->room = all->room ? 2 * all->room : 4;
		all->s = need_grow(all->s, all->room, sizeof *all->s);
	}
	s = &all->s[all->n++];
	*s = (struct chat_sample){ 0 };
	return s;
}

/* Spans are found from the last turn on, so a new one goes to the front. */
static void
span_add(struct chat_sample *s, struct chat_span span)
{
	s->span = need_grow(s->span, s->spans + 1, sizeof *s->span);
	memmove(s->span + 1, s->span, s->spans * sizeof *s->span);
	s->span[0] = span;
	s->spans++;
}

/* The text ends with its last span. */
static void
sample_text(struct chat_sample *s, const struct shown *from, size_t to)
{
	buf_put(&s->text, from->text.s, to);
	for (size_t i = 0; i < from->content.n; i++) {
		struct tok_range r = from->content.r[i];

		if (r.from < to)
			ranges_add(&s->content, r.from, r.to < to ? r.to : to);
	}
}

static double
weight_of(const struct spans *c, size_t turn, bool *ok)
{
	const struct json *w = json_get(&c->doc, c->m[turn], "weight");
	double x = 1;

	*ok = !w || w->type == JSON_NULL ||
	      (json_real(&c->doc, w, &x) && x >= 0 && x - x == 0);
	return x;
}

static bool
is_role(const struct spans *c, size_t turn, const char *role)
{
	struct arena mem = { 0 };
	struct str s =
	    json_str(&c->doc, json_get(&c->doc, c->m[turn], "role"), &mem);
	bool is = str_eq(s, role);

	arena_done(&mem);
	return is;
}

/* Whether nobody but the system has spoken before. */
static bool
opening(const struct spans *c, size_t turn)
{
	while (turn--)
		if (!is_role(c, turn, "system") &&
		    !is_role(c, turn, "developer"))
			return false;
	return true;
}

static bool
refuse(struct spans *c, size_t turn, const char *why)
{
	return err_set(c->e, "message %zu: %s", turn + 1, why);
}

/* One turn of the assistant: how it is generated. */
struct turn {
	size_t at;
	struct shown prompt, whole; /* up to it, and with it */
	double weight;
};

static void
turn_done(struct turn *t)
{
	shown_done(&t->prompt);
	shown_done(&t->whole);
}

/* Place the turn in the rendering `now` of a longer prefix, if it stands
 * there as it was generated. Returns the span's end, or 0. */
static size_t
placed(const struct spans *c, const struct turn *t, const struct shown *now)
{
	struct str text = of(&now->text), prompt = of(&t->prompt.text);
	struct str whole = of(&t->whole.text);
	size_t end = end_within(c, &t->whole, prompt.n);

	if (end) {
		whole.n = end;
		return begins(text, whole) ? end : 0;
	}
	whole.n = trimmed(whole, prompt.n);
	return begins(text, whole) ? end_beyond(c, now, whole.n) : 0;
}

static bool
turn_shown(struct spans *c, struct turn *t)
{
	struct err why;

	if (!show(c, t->at, true, &t->prompt) ||
	    !show(c, t->at + 1, false, &t->whole)) {
		why = *c->e;
		return err_set(c->e, "message %zu: %.400s", t->at + 1, why.why);
	}
	if (!begins(of(&t->whole.text), of(&t->prompt.text)))
		return refuse(c, t->at,
		    "does not begin with its generation prompt: what it "
		    "trains is not what would be generated (a template "
		    "argument such as enable_thinking may change the prompt)");
	return true;
}

/* Add the turn to the sample at hand, or begin one that ends with it. */
static bool
turn_add(struct spans *c, struct turn *t, struct shown *now,
    struct chat_samples *all, bool *open)
{
	struct chat_span span = {
		.from = t->prompt.text.n, .turn = t->at, .weight = t->weight
	};

	if (now->text.s)
		span.to = placed(c, t, now);
	if (!span.to || (*open && span.to > all->s[all->n - 1].span[0].from)) {
		span.to = end_within(c, &t->whole, span.from);
		if (!span.to)
			return refuse(c, t->at, "no stop token at its end");
		shown_done(now);
		*now = t->whole;
		t->whole = (struct shown){ 0 };
		*open = false;
	}
	if (!*open)
		sample_text(sample_add(all), now, span.to);
	*open = true;
	span_add(&all->s[all->n - 1], span);
	return true;
}

/* The assistant's turns from the last on. */
static bool
assistant(struct spans *c, size_t n, struct chat_samples *all)
{
	struct shown now = { 0 };
	bool open = false, ok = true;

	if (!show(c, n, false, &now))
		ok = false;
	for (size_t i = n; ok && i-- > c->want->first;) {
		struct turn t = { .at = i };

		if (!is_role(c, i, "assistant"))
			continue;
		t.weight = weight_of(c, i, &ok);
		if (!ok)
			refuse(c, i, "weight is not a number from 0 on");
		else if (t.weight > 0 && turn_shown(c, &t))
			ok = turn_add(c, &t, &now, all, &open);
		else if (t.weight > 0 && opening(c, i))
			all->untrained++;
		else if (t.weight > 0)
			ok = false;
		turn_done(&t);
		if (c->want->train == CHAT_LAST)
			break;
	}
	shown_done(&now);
	return ok;
}

static bool
everything(struct spans *c, size_t n, struct chat_samples *all)
{
	struct shown now = { 0 };
	struct chat_sample *s;
	size_t end;

	if (!show(c, n, false, &now)) {
		shown_done(&now);
		return false;
	}
	end = end_within(c, &now, 0);
	if (!end) {
		shown_done(&now);
		return refuse(c, n - 1, "no stop token at its end");
	}
	s = sample_add(all);
	sample_text(s, &now, end);
	span_add(s, (struct chat_span){ 0, end, n - 1, 1 });
	shown_done(&now);
	return true;
}

static void
drop(struct chat_samples *all, size_t from)
{
	while (all->n > from) {
		struct chat_sample *s = &all->s[--all->n];

		buf_done(&s->text);
		free(s->content.r);
		free(s->span);
	}
}

void
chat_samples_done(struct chat_samples *all)
{
	drop(all, 0);
	free(all->s);
	*all = (struct chat_samples){ 0 };
}

static bool
find(struct spans *c, struct chat_samples *all)
{
	const struct json *root = c->doc.tape, *m = json_first(root);
	size_t before = all->n, n = root->n;

	if (root->type != JSON_ARRAY || !n)
		return err_set(c->e, "there are no messages");
	c->m = need_zero(n, sizeof *c->m);
	for (size_t i = 0; i < n; i++, m = json_next(m))
		c->m[i] = m;
	if (!(c->want->train == CHAT_ALL ? everything : assistant)(c, n, all))
		return false;
	if (all->n == before)
		return err_set(c->e, "there is no turn to train on");
	for (size_t i = before, j = all->n - 1; i < j; i++, j--) {
		struct chat_sample hold = all->s[i];

		all->s[i] = all->s[j];
		all->s[j] = hold;
	}
	return true;
}

bool
chat_samples(const struct chat *chat, const struct chat_talk *talk,
    const struct chat_want *want, struct chat_samples *all, struct err *e)
{
	struct spans c = { .chat = chat, .talk = talk, .want = want, .e = e };
	size_t before = all->n, at;
	struct err why;
	bool ok;

	if (!json_parse(
		&c.doc, talk->messages.s, talk->messages.n, 1100, &at, &why)) {
		json_done(&c.doc);
		return err_set(
		    e, "the conversation: column %zu: %s", at + 1, why.why);
	}
	ok = find(&c, all);
	if (!ok)
		drop(all, before);
	free(c.m);
	json_done(&c.doc);
	return ok;
}
