#include "libcore/split.h"

#include <stdlib.h>
#include <string.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "libcore/onig.h"
#include "libcore/scan.h"
#include "libcore/uni.h"

enum kind { REGEX, SCAN, STRING, DIGITS, BEFORE };

struct split_step {
	enum kind kind;
	enum split_how how;
	bool invert;
	struct scan scan; /* SCAN */
	char *text;       /* pattern or string, malloc'ed */
	size_t len;
	pcre2_code *code; /* REGEX */
	pcre2_match_context *context;
};

/* Most backtracking a pattern may do on one match. */
enum { STEPS = 10000000 };

static struct split_step *
add(struct splitter *s, enum kind kind, struct str text, enum split_how how,
    bool invert)
{
	struct split_step *step;

	s->step = need_grow(s->step, s->n + 1, sizeof *s->step);
	step = &s->step[s->n++];
	*step = (struct split_step){
		.kind = kind, .how = how, .invert = invert, .len = text.n
	};
	step->text = need_zero(text.n + 1, 1);
	if (text.n)
		memcpy(step->text, text.s, text.n);
	return step;
}

static bool
compile(struct split_step *step, struct err *e)
{
	PCRE2_UCHAR why[128];
	struct str p = { step->text, step->len };
	struct buf b = { 0 };
	PCRE2_SIZE at;
	int code;

	/* as Oniguruma: ^ and $ are those of lines, ended by \n only */
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);

	if (!onig_rewrite(p, &b, e)) {
		pcre2_compile_context_free(c);
		buf_done(&b);
		return false;
	}
	if (!c)
		die("out of memory");
	pcre2_set_newline(c, PCRE2_NEWLINE_LF);
	step->code = pcre2_compile((PCRE2_SPTR)(b.s ? b.s : ""), b.n,
	    PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NO_UTF_CHECK |
		PCRE2_NEVER_BACKSLASH_C,
	    &code, &at, c);
	pcre2_compile_context_free(c);
	buf_done(&b);
	if (!step->code) {
		pcre2_get_error_message(code, why, sizeof why);
		return err_set(
		    e, "pattern '%.200s': %s", step->text, (char *)why);
	}
	pcre2_jit_compile(step->code, PCRE2_JIT_COMPLETE);
	step->context = pcre2_match_context_create(NULL);
	if (!step->context)
		die("out of memory");
	pcre2_set_match_limit(step->context, STEPS);
	return true;
}

bool
split_add_regex(struct splitter *s, struct str pattern, enum split_how how,
    bool invert, struct err *e)
{
	struct scan scan;

	/* these scanners match every character, so that keeping matches and
	 * dropping the rest is the same as isolating them */
	if (scan_find(pattern, &scan) &&
	    (invert ? how == SPLIT_REMOVED : how == SPLIT_ISOLATED)) {
		add(s, SCAN, pattern, SPLIT_ISOLATED, false)->scan = scan;
		return true;
	}
	return compile(add(s, REGEX, pattern, how, invert), e);
}

void
split_add_string(
    struct splitter *s, struct str text, enum split_how how, bool invert)
{
	add(s, STRING, text, how, invert);
}

void
split_add_digits(struct splitter *s, bool each)
{
	add(s, DIGITS, STR(""), each ? SPLIT_ISOLATED : SPLIT_CONTIGUOUS,
	    false);
}

void
split_add_gpt2(struct splitter *s)
{
	struct split_step *last = s->n ? &s->step[s->n - 1] : NULL;

	/* digits one by one, then GPT-2's words: one pass */
	if (last && last->kind == DIGITS && last->how == SPLIT_ISOLATED) {
		last->kind = SCAN;
		last->scan = scan_smollm;
	} else {
		add(s, SCAN, STR(""), SPLIT_ISOLATED, false)->scan = scan_gpt2;
	}
}

void
split_add_before(struct splitter *s, struct str text)
{
	add(s, BEFORE, text, SPLIT_ISOLATED, false);
}

void
split_done(struct splitter *s)
{
	for (size_t i = 0; i < s->n; i++) {
		pcre2_code_free(s->step[i].code);
		pcre2_match_context_free(s->step[i].context);
		free(s->step[i].text);
	}
	free(s->step);
	*s = (struct splitter){ 0 };
}

void
split_name(const struct splitter *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct split_step *t = &s->step[i];

		if (t->kind == SCAN) {
			buf_printf(out, "scan %s\n", t->scan.name);
			continue;
		}
		buf_printf(out, "step %d %d %d ", t->kind, t->how, t->invert);
		buf_put(out, t->text, t->len);
		buf_char(out, '\n');
	}
}

static void
put(struct pieces *o, size_t from, size_t to)
{
	if (from == to)
		return;
	if (o->n == o->room) {
		o->room = o->room ? o->room + o->room / 2 : 256;
		o->p = need_grow(o->p, o->room, sizeof *o->p);
	}
	o->p[o->n++] = (struct piece){ (uint32_t)from, (uint32_t)to };
}

/* The pieces of one piece, as matches and gaps come in. */
struct cutter {
	const struct split_step *step;
	struct pieces *out;
	size_t from, to;    /* a piece not put yet */
	bool open, matched; /* whether there is one; was the last a match */
};

static void
flush(struct cutter *c)
{
	if (c->open)
		put(c->out, c->from, c->to);
	c->open = false;
}

static void
start(struct cutter *c, size_t from, size_t to)
{
	flush(c);
	c->from = from;
	c->to = to;
	c->open = true;
}

/* [from, to) is a match or a gap; they come in order, without holes. */
static void
cut(struct cutter *c, size_t from, size_t to, bool match)
{
	bool join = false;

	match ^= c->step->invert;
	switch (c->step->how) {
	case SPLIT_REMOVED:
		if (match) {
			flush(c);
			return;
		}
		break;
	case SPLIT_ISOLATED:
		break;
	case SPLIT_PREVIOUS:
		join = match && !c->matched;
		break;
	case SPLIT_NEXT:
		join = !match && c->matched;
		break;
	case SPLIT_CONTIGUOUS:
		join = match == c->matched;
		break;
	}
	if (join && c->open)
		c->to = to;
	else
		start(c, from, to);
	c->matched = match;
}

/* One match from at on; without JIT where its stack is too small. */
static int
match(const struct split_step *s, struct str t, size_t at, void *data)
{
	int rc = pcre2_match(s->code, (PCRE2_SPTR)t.s, t.n, at,
	    PCRE2_NO_UTF_CHECK, data, s->context);

	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(s->code, (PCRE2_SPTR)t.s, t.n, at,
		    PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, s->context);
	return rc;
}

static bool
cut_regex(struct cutter *c, struct str t, size_t from, struct err *e)
{
	size_t *v, at = 0, gap = 0;
	unsigned len;
	int rc = 0;

	if (!c->out->match &&
	    !(c->out->match = pcre2_match_data_create(1, NULL)))
		die("out of memory");
	v = pcre2_get_ovector_pointer(c->out->match);
	while (at <= t.n && (rc = match(c->step, t, at, c->out->match)) >= 0) {
		if (v[0] > gap)
			cut(c, from + gap, from + v[0], false);
		if (v[1] > v[0])
			cut(c, from + v[0], from + v[1], true);
		at = gap = v[1];
		if (v[1] > v[0])
			continue;
		if (at == t.n)
			break;
		utf8_get(t.s + at, &len);
		at += len;
	}
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		return err_set(e,
		    "the tokenizer's pattern needs too many steps on this "
		    "text (PCRE2 error %d)",
		    rc);
	if (gap < t.n)
		cut(c, from + gap, from + t.n, false);
	return true;
}

static void
cut_string(struct cutter *c, struct str t, size_t from)
{
	const struct split_step *s = c->step;
	size_t at = 0;

	while (s->len && t.n - at >= s->len) {
		const char *hit = memmem(t.s + at, t.n - at, s->text, s->len);
		size_t i = hit ? (size_t)(hit - t.s) : 0;

		if (!hit)
			break;
		if (i > at)
			cut(c, from + at, from + i, false);
		at = i + s->len;
		cut(c, from + i, from + at, true);
	}
	if (at < t.n)
		cut(c, from + at, from + t.n, false);
}

static void
cut_digits(struct cutter *c, struct str t, size_t from)
{
	size_t gap = 0;
	unsigned len;

	for (size_t i = 0; i < t.n; i += len) {
		if (!(uni_is(utf8_get(t.s + i, &len)) & UNI_N))
			continue;
		if (i > gap)
			cut(c, from + gap, from + i, false);
		gap = i + len;
		cut(c, from + i, from + gap, true);
	}
	if (gap < t.n)
		cut(c, from + gap, from + t.n, false);
}

static void
cut_scan(struct cutter *c, struct str t, size_t from)
{
	size_t to;

	for (size_t i = 0; i < t.n; i = to) {
		to = scan_next(&c->step->scan, t, i);
		put(c->out, from + i, from + to);
	}
}

static void
cut_before(struct cutter *c, struct str t, size_t from)
{
	const struct split_step *s = c->step;
	size_t start_at = 0, end = 0;
	const char *hit;

	while ((hit = memmem(t.s + end, t.n - end, s->text, s->len))) {
		size_t i = (size_t)(hit - t.s);

		if (i > end || end == 0) {
			put(c->out, from + start_at, from + i);
			start_at = i;
		}
		end = i + s->len;
	}
	put(c->out, from + start_at, from + t.n);
}

static bool
cut_piece(struct cutter *c, struct str t, size_t from, struct err *e)
{
	bool ok = true;

	switch (c->step->kind) {
	case REGEX:
		ok = cut_regex(c, t, from, e);
		break;
	case SCAN:
		cut_scan(c, t, from);
		break;
	case STRING:
		cut_string(c, t, from);
		break;
	case DIGITS:
		cut_digits(c, t, from);
		break;
	case BEFORE:
		cut_before(c, t, from);
		break;
	}
	flush(c);
	return ok;
}

/* What was put out becomes what is cut next. */
static size_t
swap(struct pieces *o)
{
	struct piece *p = o->p;
	size_t room = o->room, n = o->n;

	o->p = o->last;
	o->room = o->last_room;
	o->last = p;
	o->last_room = room;
	o->n = 0;
	return n;
}

bool
split_run(const struct splitter *s, struct str text, struct pieces *out,
    struct err *e)
{
	out->n = 0;
	put(out, 0, text.n);
	for (size_t k = 0; k < s->n; k++) {
		size_t n = swap(out);

		for (size_t i = 0; i < n; i++) {
			struct cutter c = { .step = &s->step[k], .out = out };
			struct piece p = out->last[i];
			struct str t = { text.s + p.from, p.to - p.from };

			if (!cut_piece(&c, t, p.from, e))
				return false;
		}
	}
	return true;
}

void
pieces_done(struct pieces *o)
{
	free(o->p);
	free(o->last);
	pcre2_match_data_free(o->match);
	*o = (struct pieces){ 0 };
}
