/*
 * check-spans CASES.jsonl DIR
 *
 * Find what a conversation trains and hold it to spans worked out by hand.
 * A case, one JSON object a line:
 *
 *   template | source  a template of DIR, or its text
 *   messages, tools    the conversation
 *   vars               variables for the template, an object
 *   train              assistant (if absent), last or all
 *   first              messages before this one are given
 *   stops              more stop tokens
 *   want               a list for each sample, of pairs [before, span]: what
 *                      the text right before the span ends with, and the span
 *   error              instead: what the message has in it
 *   untrained          opening turns that are not trained
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/chat.h"

static struct json_doc doc;
static struct arena mem;
static unsigned long passed, failed;

static bool
slurp(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	char chunk[1 << 16];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		buf_put(b, chunk, n);
	fclose(f);
	return true;
}

static struct str
raw(const char *name)
{
	const struct json *v = json_get(&doc, doc.tape, name);

	return v ? json_raw(&doc, v) : (struct str){ NULL, 0 };
}

static struct str
text(const char *name)
{
	return json_str(&doc, json_get(&doc, doc.tape, name), &mem);
}

static struct chat *
open_template(const char *dir, struct err *e)
{
	struct buf path = { 0 }, src = { 0 };
	struct str name = text("template"), source = text("source");
	struct chat *c = NULL;

	if (source.s) {
		c = chat_parse(source, e);
	} else {
		buf_printf(&path, "%s/%.*s", dir, (int)name.n, name.s);
		if (slurp(path.s, &src))
			c = chat_parse((struct str){ src.s, src.n }, e);
		else
			err_set(e, "%s: %s", path.s, strerror(errno));
	}
	buf_done(&path);
	buf_done(&src);
	return c;
}

static struct chat_want
wanted(void)
{
	static struct str stop[16];
	const struct json *stops = json_get(&doc, doc.tape, "stops"), *s;
	struct chat_want w = { .stops = stop };
	struct str train = text("train");
	int64_t first = 0;

	if (train.s)
		w.train = str_eq(train, "last")  ? CHAT_LAST
			  : str_eq(train, "all") ? CHAT_ALL
						 : CHAT_ASSISTANT;
	if (json_int(&doc, json_get(&doc, doc.tape, "first"), &first))
		w.first = (size_t)first;
	s = stops ? json_first(stops) : NULL;
	for (size_t i = 0; stops && i < stops->n && i < 16;
	     i++, s = json_next(s))
		stop[w.nstops++] = json_str(&doc, s, &mem);
	return w;
}

static bool
span_is(const struct chat_sample *s, const struct chat_span *x,
    const struct json *pair)
{
	const struct json *a = json_first(pair);
	struct str before = json_str(&doc, a, &mem);
	struct str span = json_str(&doc, json_next(a), &mem);

	return x->from >= before.n && x->to - x->from == span.n &&
	       !memcmp(s->text.s + x->from - before.n, before.s, before.n) &&
	       !memcmp(s->text.s + x->from, span.s, span.n);
}

static bool
sample_is(const struct chat_sample *s, const struct json *want)
{
	const struct json *pair = json_first(want);
	bool fine = want->n == s->spans;

	for (size_t i = 0; fine && i < s->spans; i++, pair = json_next(pair))
		fine = span_is(s, &s->span[i], pair);
	return fine && s->text.n == s->span[s->spans - 1].to;
}

static bool
all_are(const struct chat_samples *all)
{
	const struct json *want = json_get(&doc, doc.tape, "want");
	const struct json *v = want ? json_first(want) : NULL;
	int64_t untrained = 0;
	bool fine = want && want->n == all->n;

	for (size_t i = 0; fine && i < all->n; i++, v = json_next(v))
		fine = sample_is(&all->s[i], v);
	json_int(&doc, json_get(&doc, doc.tape, "untrained"), &untrained);
	return fine && (size_t)untrained == all->untrained;
}

static void
say(const struct chat_samples *all)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < all->s[i].spans; k++) {
			const struct chat_span *x = &all->s[i].span[k];
			size_t from = x->from < 40 ? 0 : x->from - 40;

			printf("  sample %zu: ...%.*s >>>%.*s<<<\n", i + 1,
			    (int)(x->from - from), all->s[i].text.s + from,
			    (int)(x->to - x->from), all->s[i].text.s + x->from);
		}
}

static void
one(const char *line, size_t len, const char *dir)
{
	struct chat_samples all = { 0 };
	struct err e = { { 0 } };
	struct chat_talk talk = {
		.bos = STR("<s>"), .eos = STR("</s>"), .date = "2026-11-23"
	};
	struct str error, name;
	struct chat_want want;
	struct chat *chat;
	size_t at;
	bool ok, fine;

	if (!json_parse(&doc, line, len, 100, &at, &e))
		die("a case is not JSON: column %zu: %s", at + 1, e.why);
	talk.messages = raw("messages");
	talk.tools = raw("tools");
	talk.vars = raw("vars");
	error = text("error");
	name = text("template");
	want = wanted();
	chat = open_template(dir, &e);
	ok = chat && chat_samples(chat, &talk, &want, &all, &e);
	fine = ok ? !error.s && all_are(&all)
		  : error.s && memmem(e.why, strlen(e.why), error.s, error.n) &&
			!all.n;
	if (!fine) {
		printf("FAIL %.*s %.*s: %s\n", (int)name.n,
		    name.s ? name.s : "", (int)len, line, ok ? "" : e.why);
		say(&all);
	}
	passed += fine;
	failed += !fine;
	chat_samples_done(&all);
	chat_free(chat);
}

int
main(int argc, char **argv)
{
	struct buf cases = { 0 };

	die_name = "check-spans";
	if (argc != 3) {
		fprintf(stderr, "usage: check-spans CASES.jsonl DIR\n");
		return 2;
	}
	if (!slurp(argv[1], &cases))
		die_sys("cannot open '%s'", argv[1]);
	for (size_t at = 0, end; at < cases.n; at = end + 1) {
		end = at + strcspn(cases.s + at, "\n");
		if (end > at)
			one(cases.s + at, end - at, argv[2]);
		arena_reset(&mem);
	}
	buf_done(&cases);
	json_done(&doc);
	arena_done(&mem);
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed || !passed;
}
