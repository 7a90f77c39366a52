/* A user's own scorer, a program that answers lines: scores.NAME. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/coproc.h"
#include "libcore/tool.h"
#include "tools/judge/judge.h"

static const char *command, *name = "cmd";
static double timeout = 60;

static const struct opt opts[] = {
	{ 0, "cmd", "PROGRAM",
	    "score by a program, a line in and a line out: scores.cmd",
	    .str = &command },
	{ 0, "cmd-name", "NAME", "its score is scores.NAME", .str = &name },
	{ 0, "cmd-timeout", "SECONDS", "that it may take for an answer",
	    .real = &timeout, .min = 0.001, .max = 1e6 },
	{ 0 },
};

static struct coprocs *program;

/* A response that is asked about; in the record's mem. */
struct asked {
	struct work *w;
	size_t i;
	struct member *score, *checks, *error;
};

static bool
on(void)
{
	if (!command && (opt_given(&name) || opt_given(&timeout)))
		die("--cmd-name and --cmd-timeout go with --cmd");
	return command;
}

/* Members of an object but those of these names. */
static void
put_others(struct buf *b, const struct json_doc *d, const struct json *v,
    const char *but, const char *nor)
{
	const struct json *key = json_first(v);
	char between = '{';

	for (size_t i = 0; i < v->n; i++, key = json_member(key)) {
		struct str k = json_raw(d, key);
		struct str word = { k.s + 1, k.n - 2 };

		if (str_eq(word, but) || str_eq(word, nor))
			continue;
		buf_char(b, between);
		buf_str(b, k);
		buf_char(b, ':');
		buf_str(b, json_raw(d, key + 1));
		between = ',';
	}
	if (between == '{')
		buf_char(b, '{');
	buf_char(b, '}');
}

static bool
is_finite(const struct json_doc *d, const struct json *v, double *x)
{
	return json_real(d, v, x) && isfinite(*x);
}

/* The score that a value says, {NULL, 0}: none. */
static struct str
score_of(const struct json_doc *d, const struct json *v)
{
	double x;

	if (json_is(v, JSON_TRUE))
		return STR("1");
	if (json_is(v, JSON_FALSE))
		return STR("0");
	if (v && is_finite(d, v, &x))
		return json_raw(d, v);
	return (struct str){ 0 };
}

static void
failed(struct asked *a, const char *why)
{
	struct buf b = { 0 };

	buf_json_str(&b, str_of(why));
	judge_set(a->w, a->score, STR("null"));
	judge_set(a->w, a->error, (struct str){ b.s, b.n });
	rec_count(a->w->r, "programs' answers failed", 1);
	buf_done(&b);
}

/* The answer is an object: its score, or its error; the rest is kept. False:
 * it has neither. */
static bool
take_object(struct asked *a, const struct json_doc *d)
{
	const struct json *v = d->tape;
	struct str score = score_of(d, json_get(d, v, "score"));
	const struct json *error = json_get(d, v, "error");
	struct buf rest = { 0 };

	put_others(&rest, d, v, "score", "error");
	if (rest.n > 2)
		judge_set(a->w, a->checks, (struct str){ rest.s, rest.n });
	buf_done(&rest);
	if (json_is(error, JSON_STRING)) {
		struct str why = json_str(d, error, a->w->r->mem);

		failed(a, why.s ? arena_text(a->w->r->mem, why.s, why.n)
				: "its error is no text");
	} else if (score.s) {
		judge_set(a->w, a->score, score);
	} else {
		failed(a, "the program's answer has no score");
		return false;
	}
	return true;
}

static bool
got(void *item, struct str line, const char *fault)
{
	struct asked *a = item;
	struct json_doc d = { 0 };
	struct buf b = { 0 };
	struct err e;
	size_t at;
	bool used = false;

	if (!line.s) {
		failed(a, fault);
	} else if (!json_parse(&d, line.s, line.n, REC_DEPTH, &at, &e)) {
		buf_printf(&b, "the program's answer is no JSON, byte %zu: %s",
		    at + 1, e.why);
		failed(a, b.s);
	} else if (d.tape->type == JSON_OBJECT) {
		used = take_object(a, &d);
	} else if (score_of(&d, d.tape).s) {
		judge_set(a->w, a->score, score_of(&d, d.tape));
		used = true;
	} else {
		failed(a, "the program's answer is no score");
	}
	buf_done(&b);
	json_done(&d);
	if (!a->checks->value.s)
		judge_unset(a->w, a->i, a->checks);
	if (!a->error->value.s)
		judge_unset(a->w, a->i, a->error);
	judge_ready(a->w);
	return used;
}

static void
start(void)
{
	judge_name(name);
	program = coprocs_open(&(struct coprocs_conf){
	    .command = command,
	    .copies = (size_t)tool_threads,
	    .timeout = timeout,
	    .got = got,
	});
}

/* {"record": without its responses, "index": i, "response": {...}}, on one
 * line: what is a newline in JSON is white space. */
static void
put_question(struct buf *b, struct work *w, size_t i)
{
	const struct json_doc *d = &w->r->doc;

	buf_puts(b, "{\"record\":");
	put_others(b, d, d->tape, "responses", "responses");
	buf_printf(b, ",\"index\":%zu,\"response\":", w->response[i].at);
	buf_str(b, json_raw(d, w->response[i].node));
	buf_char(b, '}');
	for (size_t k = 0; k < b->n; k++)
		if (b->s[k] == '\n' || b->s[k] == '\r')
			b->s[k] = ' ';
}

static void
response(struct work *w, size_t i)
{
	struct asked *a;
	struct buf b = { 0 };

	if (judge_has(w, i, name)) {
		buf_printf(&b, "kept scores.%s", name);
		rec_count(w->r, b.s, 1);
		buf_done(&b);
		return;
	}
	a = arena_take(w->r->mem, sizeof *a);
	a->w = w;
	a->i = i;
	a->score = judge_member(w, i, "scores", name);
	a->checks = judge_member(w, i, "checks", name);
	a->error = judge_member(w, i, "errors", name);
	put_question(&b, w, i);
	judge_wait(w);
	coprocs_ask(program, (struct str){ b.s, b.n }, a);
	buf_done(&b);
}

static enum judge_step
step(int ms)
{
	bool worked = false;
	struct err e;

	if (!coprocs_step(program, ms, &worked, &e))
		tool_fail("--cmd: %s", e.why);
	return worked                         ? JUDGE_WORKED
	       : coprocs_waiting(program) > 0 ? JUDGE_WAITS
					      : JUDGE_DONE;
}

static size_t
waiting(void)
{
	size_t n = coprocs_waiting(program), copies = (size_t)tool_threads;

	return n > copies ? n - copies : 0;
}

static void
end(void)
{
	coprocs_close(program);
}

const struct scorer cmd_scorer = {
	.opts = opts,
	.on = on,
	.start = start,
	.response = response,
	.step = step,
	.waiting = waiting,
	.end = end,
};
