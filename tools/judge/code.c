/* Code that is run with the record's tests, in a sandbox: scores.code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "libcore/child.h"
#include "libcore/sandbox.h"
#include "libcore/tool.h"
#include "tools/judge/harness.h"
#include "tools/judge/judge.h"

static bool by_code;
static const char *tests_of = "tests";
static double seconds = 10;
static long memory = 1024, files = 16, processes = 16;

static const struct opt opts[] = {
	{ 0, "code", NULL,
	    "run Python code with the record's tests, in a sandbox: "
	    "scores.code",
	    .flag = &by_code },
	{ 0, "tests-of", "FIELD", "the tests of each record",
	    .str = &tests_of },
	{ 0, "code-timeout", "SECONDS", "that code may take", .real = &seconds,
	    .min = 0.01, .max = 1e5 },
	{ 0, "code-memory", "MIB", "of each process of the code",
	    .num = &memory, .min = 64, .max = 1 << 20 },
	{ 0, "code-files", "MIB", "that code may write", .num = &files,
	    .min = 1, .max = 1 << 20 },
	{ 0, "code-processes", "N", "processes and threads of the code at once",
	    .num = &processes, .min = 1, .max = 4096 },
	{ 0 },
};

enum { WORD = 32 };

static struct sandbox *sandbox;
static char word[WORD + 1];

/* A response whose code is run; in the record's mem. */
struct ran {
	struct work *w;
	size_t i;
	struct member *score, *checks;
	const char *error; /* NULL: it has passed */
};

static bool
on(void)
{
	static const void *const others[] = { &tests_of, &seconds, &memory,
		&files, &processes };

	for (size_t i = 0; !by_code && i < sizeof others / sizeof *others; i++)
		if (opt_given(others[i]))
			die("--tests-of and --code-... go with --code");
	return by_code;
}

/* What has come of a response: no `error` where it has passed; both in the
 * record's mem. */
static void
set(struct ran *r, const char *error, struct str checks)
{
	r->error = error;
	judge_set(r->w, r->score, error ? STR("0") : STR("1"));
	if (error)
		judge_set(r->w, r->checks, checks);
	else
		judge_unset(r->w, r->i, r->checks);
}

/* In the order of responses, whatever was through first. */
static void
count(struct work *w, void *user)
{
	const struct ran *r = user;
	struct buf b = { 0 };

	buf_printf(&b, "code %s", r->error ? r->error : "right");
	rec_count(w->r, b.s, 1);
	buf_done(&b);
}

static void
fails(struct ran *r, const char *error)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"error\":");
	buf_json_str(&b, str_of(error));
	buf_char(&b, '}');
	set(r, arena_text(r->w->r->mem, error, strlen(error)),
	    (struct str){ b.s, b.n });
	buf_done(&b);
}

/* What the harness said, behind the last word. */
static struct str
verdict(struct str out)
{
	for (size_t i = out.n; i-- > 0;)
		if (out.n - i > WORD && !memcmp(out.s + i, word, WORD))
			return (
			    struct str){ out.s + i + WORD, out.n - i - WORD };
	return (struct str){ 0 };
}

/* True where the harness has said something that can be read. */
static bool
take_verdict(struct ran *r, struct str said)
{
	struct json_doc d = { 0 };
	const struct json *error;
	struct err e;
	size_t at;
	bool ok = json_parse(&d, said.s, said.n, 4, &at, &e) &&
		  d.tape->type == JSON_OBJECT;

	if (ok && !d.tape->n) {
		set(r, NULL, (struct str){ 0 });
	} else if (ok) {
		struct str why;

		error = json_get(&d, d.tape, "error");
		why = json_str(&d, error, r->w->r->mem);
		ok = why.s;
		if (ok)
			set(r, arena_text(r->w->r->mem, why.s, why.n),
			    json_raw(&d, d.tape));
	}
	json_done(&d);
	return ok;
}

/* It ended without a word. */
static void
fails_by(struct ran *r, int status)
{
	char text[CHILD_TEXT];
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	/* bwrap says as shells do what killed the program. */
	if (code == 128 + SIGXCPU) {
		fails(r, "timeout");
	} else if (code > 128) {
		snprintf(text, sizeof text, "signal %d", code - 128);
		fails(r, text);
	} else {
		fails(r, child_says(status, text));
	}
}

/* Where the harness has not begun the code is not to blame. */
static bool
has_begun(const struct sandbox_result *res)
{
	static const char begun[] = "begun\n";
	enum { N = sizeof begun - 1 };
	struct str s = res->err;
	struct buf b = { 0 };

	if (res->end != SANDBOX_ENDED ||
	    (res->out.n >= N && !memcmp(res->out.s, begun, N)))
		return true;
	while (s.n && s.s[s.n - 1] == '\n')
		s.n--;
	buf_str(&b, s);
	if (!tool_stopping())
		tool_fail("--code: no sandbox: %s", b.n ? b.s : "no reason");
	buf_done(&b);
	return false;
}

static void
got(void *item, const struct sandbox_result *res)
{
	struct ran *r = item;
	struct str said = verdict(res->out);

	if (!has_begun(res))
		return; /* the run ends */
	if (res->end == SANDBOX_LATE)
		fails(r, "timeout");
	else if (res->end == SANDBOX_WROTE)
		fails(r, "output");
	else if (!said.s || !take_verdict(r, said))
		fails_by(r, res->status);
	judge_ready(r->w);
}

/* Blocks of code. */

/* The next line of s, which it leaves. */
static struct str
line_of(struct str *s)
{
	const char *end = memchr(s->s, '\n', s->n);
	struct str line = { s->s, end ? (size_t)(end - s->s) : s->n };

	s->n -= line.n + (end ? 1 : 0);
	s->s += line.n + (end ? 1 : 0);
	return line;
}

/* Is the line a fence? Its tag, if so. */
static bool
fence(struct str line, struct str *tag)
{
	while (line.n && *line.s == ' ') {
		line.s++;
		line.n--;
	}
	if (line.n < 3 || memcmp(line.s, "```", 3) != 0)
		return false;
	line.s += 3;
	line.n -= 3;
	while (line.n && (*line.s == '`' || *line.s == ' ')) {
		line.s++;
		line.n--;
	}
	while (
	    line.n && (line.s[line.n - 1] == ' ' || line.s[line.n - 1] == '\r'))
		line.n--;
	*tag = line;
	return true;
}

static int
rank(struct str tag)
{
	static const char *const python[] = { "python", "py", "python3",
		"Python", "Python3" };

	for (size_t i = 0; i < sizeof python / sizeof *python; i++)
		if (str_eq(tag, python[i]))
			return 2;
	return tag.n == 0;
}

/*
 * The code of a response: the longest block that is marked as Python, else the
 * longest without a mark, else, where there is no block at all, all of it.
 * {NULL, 0}: blocks of other languages alone.
 */
static struct str
code_of(struct str text)
{
	struct str rest = text, best = { 0 };
	bool blocks = false;
	int best_rank = 0;

	while (rest.n) {
		struct str tag, end, block;

		if (!fence(line_of(&rest), &tag))
			continue;
		blocks = true;
		block = (struct str){ rest.s, 0 };
		while (rest.n) {
			struct str line = line_of(&rest);

			if (fence(line, &end) && !end.n)
				break;
			block.n = (size_t)(rest.s - block.s);
		}
		if (rank(tag) > best_rank ||
		    (rank(tag) && rank(tag) == best_rank &&
			block.n >= best.n)) {
			best = block;
			best_rank = rank(tag);
		}
	}
	return blocks ? best : text;
}

/* Tests: where they stand, and whether they are what tests can be. */
struct tests {
	const struct json *tests, *entry; /* entry: HumanEval's form */
};

static bool
is_case(const struct json_doc *d, const struct json *v)
{
	return json_is(v, JSON_OBJECT) &&
	       json_is(json_get(d, v, "input"), JSON_STRING) &&
	       json_is(json_get(d, v, "output"), JSON_STRING);
}

/* False where there are none, or the record is bad. */
static bool
find_tests(struct work *w, struct tests *t)
{
	const struct json_doc *d = &w->r->doc;
	const struct json *v;

	*t = (struct tests){ .tests = rec_get(w->r, tests_of) };
	if (!t->tests && rec_get(w->r, "entry_point")) {
		t->entry = rec_get(w->r, "entry_point");
		t->tests = rec_get(w->r, "test");
		if (t->tests &&
		    (!json_is(t->tests, JSON_STRING) ||
			!json_is(t->entry, JSON_STRING) ||
			!json_is(rec_get(w->r, "prompt"), JSON_STRING)))
			rec_bad(w->r, t->entry,
			    "'prompt', 'test' and 'entry_point' are not text");
	}
	if (!t->tests || w->r->bad || t->tests->type == JSON_STRING)
		return t->tests && !w->r->bad;
	v = json_first(t->tests);
	for (size_t i = 0; t->tests->type == JSON_ARRAY && i < t->tests->n;
	     i++, v = json_next(v))
		if (v->type != json_first(t->tests)->type ||
		    (v->type != JSON_STRING && !is_case(d, v)))
			break;
		else if (i + 1 == t->tests->n)
			return true;
	rec_bad(w->r, t->tests,
	    "tests are neither text, texts, nor objects of input and output");
	return false;
}

/* One member of each test of input and output. */
static void
put_column(struct buf *b, const struct json_doc *d, const struct json *tests,
    const char *name)
{
	const struct json *v = json_first(tests);

	buf_printf(b, ",\"%ss\":[", name);
	for (size_t i = 0; i < tests->n; i++, v = json_next(v)) {
		buf_puts(b, i ? "," : "");
		buf_str(b, json_raw(d, json_get(d, v, name)));
	}
	buf_char(b, ']');
}

/* A member of the record that may be missing. */
static void
put_own(struct buf *b, struct work *w, const char *name, bool there)
{
	buf_printf(b, ",\"%s\":", name);
	if (there)
		buf_str(b, json_raw(&w->r->doc, rec_get(w->r, name)));
	else
		buf_puts(b, "null");
}

/* What the harness is given. */
static void
put_given(struct buf *b, struct work *w, const struct tests *t, struct str code)
{
	const struct json_doc *d = &w->r->doc;
	bool list = t->tests->type == JSON_ARRAY;
	bool pairs = list && json_first(t->tests)->type == JSON_OBJECT;
	struct buf first = { 0 };

	buf_puts(&first, "{\"code\":");
	buf_json_str(&first, code);
	put_own(&first, w, "entry_point", t->entry != NULL);
	put_own(&first, w, "prompt", t->entry != NULL);
	if (pairs)
		put_column(&first, d, t->tests, "input");
	else
		buf_puts(&first, ",\"inputs\":null");
	buf_char(&first, '}');
	buf_printf(b, "%020zu", first.n);
	buf_str(b, (struct str){ first.s, first.n });
	buf_done(&first);
	buf_printf(b, "{\"word\":\"%s\"", word);
	if (pairs) {
		put_column(b, d, t->tests, "output");
	} else {
		buf_puts(b, list ? ",\"tests\":" : ",\"tests\":[");
		buf_str(b, json_raw(d, t->tests));
		buf_puts(b, list ? "" : "]");
	}
	buf_char(b, '}');
}

static void
run(struct work *w, size_t i, const struct tests *t)
{
	struct str code = code_of(w->response[i].text);
	struct ran *r = arena_take(w->r->mem, sizeof *r);
	struct buf b = { 0 };

	r->w = w;
	r->i = i;
	r->score = judge_member(w, i, "scores", "code");
	r->checks = judge_member(w, i, "checks", "code");
	judge_at_give(w, count, r);
	if (!code.s) {
		fails(r, "language");
		return;
	}
	put_given(&b, w, t, code);
	judge_wait(w);
	sandbox_run(sandbox, (struct str){ b.s, b.n }, r);
	buf_done(&b);
}

static void
record(struct work *w)
{
	struct tests t;

	if (!find_tests(w, &t)) {
		if (!w->r->bad)
			rec_count(w->r, "no tests", 1);
		return;
	}
	for (size_t i = 0; i < w->n; i++) {
		w->response[i].decided = true;
		if (judge_has(w, i, "code"))
			rec_count(w->r, "kept scores.code", 1);
		else
			run(w, i, &t);
	}
}

static enum judge_step
step(int ms)
{
	bool worked = false;
	struct err e;

	if (!sandbox_step(sandbox, ms, &worked, &e))
		tool_fail("--code: %s", e.why);
	return worked                         ? JUDGE_WORKED
	       : sandbox_waiting(sandbox) > 0 ? JUDGE_WAITS
					      : JUDGE_DONE;
}

static size_t
waiting(void)
{
	size_t n = sandbox_waiting(sandbox), copies = (size_t)tool_threads;

	return n > copies ? n - copies : 0;
}

static void
start(void)
{
	static const char *argv[] = { "python3", "-I", "-c", code_harness,
		NULL };
	unsigned char random[WORD / 2];
	struct err e;

	judge_name("code");
	if (getrandom(random, sizeof random, 0) != sizeof random)
		die_sys("no random numbers");
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(word + 2 * i, 3, "%02x", random[i]);
	sandbox = sandbox_open(
	    &(struct sandbox_conf){
		.argv = argv,
		.copies = (size_t)tool_threads,
		.seconds = seconds,
		.memory = (size_t)memory << 20,
		.files = (size_t)files << 20,
		.processes = (size_t)processes,
		.got = got,
	    },
	    &e);
	if (!sandbox)
		die("--code: %s", e.why);
}

static void
end(void)
{
	sandbox_close(sandbox);
}

const struct scorer code_scorer = {
	.opts = opts,
	.on = on,
	.start = start,
	.record = record,
	.step = step,
	.waiting = waiting,
	.end = end,
};
