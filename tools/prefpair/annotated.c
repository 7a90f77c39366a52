/* Answers on their way back from annotators. Whatever they left is checked. */
#include <math.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/keyset.h"
#include "libcore/talk.h"
#include "tools/prefpair/prefpair.h"

enum { DEPTH = 64 };

/* The three that are given as absolute scores; "human" is their mean. */
static const char *const aspects[] = { "helpfulness", "fluency", "safety" };
enum { ASPECTS = sizeof aspects / sizeof *aspects };

/* What annotators may have given, by which scores of before give way. */
static const char *const given[] = { "rank", "helpfulness", "fluency", "safety",
	"human" };

static bool
is_given(struct str name)
{
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		if (str_eq(name, given[i]))
			return true;
	return false;
}

static const struct json *
value(struct rec *r, const struct json *object, const char *name)
{
	const struct json *v = rec_member(r, object, str_of(name));

	return json_is(v, JSON_NULL) ? NULL : v;
}

static struct str
text(struct rec *r, const struct json *object, const char *name)
{
	const struct json *v = value(r, object, name);

	if (v && !json_is(v, JSON_STRING))
		rec_bad(r, v, "'%s' is not a string", name);
	return rec_text(r, v);
}

/* Roles and texts: what stays the same in all forms of a prompt. */
uint64_t
annotated_ask(const struct group *g)
{
	struct buf b = { 0 };
	uint64_t h;

	for (size_t i = 0; i < g->ask.n; i++) {
		const struct msg *m = &g->ask.m[i];

		buf_printf(&b, "%zu %zu ", m->role.n, m->content.n);
		buf_str(&b, m->role);
		if (m->content.s)
			buf_str(&b, m->content);
	}
	h = hash64(b.s ? b.s : "", b.n);
	buf_done(&b);
	return h;
}

/* What the answer had beside its text: model, scores and, where it is several
 * messages, these. */
static int
read_rest(struct group *g, struct reply *x, const struct json *key)
{
	struct rec *r = g->r;
	struct json_doc doc = { 0 };
	const struct json *scores, *k, *turns;
	struct err e;
	size_t at;

	if (!json_parse(&doc, x->rest.s, x->rest.n, DEPTH, &at, &e) ||
	    !json_is(doc.tape, JSON_OBJECT)) {
		json_done(&doc);
		return rec_bad(r, key, "the key is damaged");
	}
	x->model = json_str(&doc, json_get(&doc, doc.tape, "model"), r->mem);
	turns = json_get(&doc, doc.tape, "turns");
	if (json_is(turns, JSON_ARRAY)) {
		x->json = json_raw(&doc, turns);
		x->list = g->adapted = true;
	}
	scores = json_get(&doc, doc.tape, "scores");
	reply_room(
	    g, x, (json_is(scores, JSON_OBJECT) ? scores->n : 0) + ASPECTS + 2);
	k = json_is(scores, JSON_OBJECT) ? json_first(scores) : NULL;
	for (uint32_t i = 0; k && i < scores->n; i++, k = json_member(k)) {
		struct str name = json_str(&doc, k, r->mem);
		double v;

		if (json_is(k + 1, JSON_TRUE) || json_is(k + 1, JSON_FALSE))
			v = json_is(k + 1, JSON_TRUE);
		else if (!json_real(&doc, k + 1, &v))
			continue;
		if (name.s && !is_given(name))
			reply_score(x, name, v);
	}
	json_done(&doc);
	return 0;
}

/* Which answer it is, and that its text is the one that went out. */
static int
read_key(struct group *g, struct reply *x, const struct json *v)
{
	struct rec *r = g->r;
	struct str word = text(r, v, "key");
	struct str content = text(r, v, "content");
	struct sealed s;

	if (r->bad)
		return -1;
	if (!word.s)
		return rec_bad(r, v, "an answer has lost its key");
	if (!unseal(word, r->mem, &s))
		return rec_bad(r, value(r, v, "key"), "the key is damaged");
	if (!content.s)
		return rec_bad(r, v, "an answer has lost its content");
	if (hash64(content.s, content.n) != s.text)
		return rec_bad(r, value(r, v, "content"),
		    "the content is not what went out (changes belong in "
		    "'edited')");
	if (s.ask != annotated_ask(g))
		return rec_bad(r, v,
		    "an answer to another prompt, or the prompt is not what "
		    "went out");
	for (struct reply *y = g->reply; y < x; y++)
		if (y->at == s.place)
			return rec_bad(r, v, "an answer is there twice");
	if (s.of != g->room)
		return rec_bad(
		    r, v, "%zu answers went out, %zu are back", s.of, g->room);
	x->at = s.place;
	x->rest = s.rest;
	x->text = content;
	x->chars = text_chars(content);
	x->json = json_raw(&r->doc, value(r, v, "content"));
	return read_rest(g, x, value(r, v, "key"));
}

/* Whole, from 1 to the number of answers. */
static int
read_rank(struct group *g, struct reply *x, const struct json *v)
{
	const struct json *rank = value(g->r, v, "rank");
	int64_t n;

	if (!rank)
		return 0;
	if (!json_int(&g->r->doc, rank, &n) || n < 1 || n > (int64_t)g->room)
		return rec_bad(g->r, rank,
		    "the rank is no whole number from 1 to %zu", g->room);
	reply_score(x, STR("rank"), (double)n);
	g->by = "rank";
	return 0;
}

static int
read_aspects(
    struct group *g, struct reply *x, const struct json *v, double scale)
{
	struct rec *r = g->r;
	double sum = 0, n = 0, y;

	for (size_t i = 0; i < ASPECTS; i++) {
		const struct json *a = value(r, v, aspects[i]);

		if (!a)
			continue;
		if (!json_real(&r->doc, a, &y) || !(y >= 1 && y <= scale))
			return rec_bad(r, a, "%s is no number from 1 to %g",
			    aspects[i], scale);
		reply_score(x, str_of(aspects[i]), y);
		sum += y;
		n++;
	}
	if (n > 0)
		reply_score(x, STR("human"), sum / n);
	return 0;
}

/* The byte at which a code point begins; s.n for the one after the last. */
static size_t
byte_of(struct str s, size_t point)
{
	size_t i = 0;

	for (; i < s.n; i++)
		if (((unsigned char)s.s[i] & 0xc0) != 0x80 && !point--)
			break;
	return i;
}

/* {"text","from","to","note",...}: a passage of the answer, by its words, its
 * place or both. */
static int
check_error(struct group *g, const struct reply *x, const struct json *v)
{
	struct rec *r = g->r;
	const struct json *from = value(r, v, "from"), *to = value(r, v, "to");
	struct str words, at = x->text;
	int64_t a = 0, b = (int64_t)x->chars;

	if (!json_is(v, JSON_OBJECT))
		return rec_bad(r, v, "an error is not an object");
	words = text(r, v, "text");
	text(r, v, "note");
	text(r, v, "type");
	if (r->bad)
		return -1;
	if (!words.n && !(from && to))
		return rec_bad(
		    r, v, "an error has neither a text nor from and to");
	if (!from != !to)
		return rec_bad(r, v, "an error has only one of from and to");
	if (from &&
	    (!json_int(&r->doc, from, &a) || !json_int(&r->doc, to, &b) ||
		a < 0 || b <= a || b > (int64_t)x->chars))
		return rec_bad(r, from,
		    "from and to are no span in the %zu characters of the "
		    "answer",
		    x->chars);
	if (from) {
		size_t i = byte_of(at, (size_t)a), j = byte_of(at, (size_t)b);

		at = (struct str){ at.s + i, j - i };
	}
	if (words.n && (from ? !str_same(words, at)
			     : !memmem(at.s, at.n, words.s, words.n)))
		return rec_bad(r, value(r, v, "text"),
		    "the text of an error does not stand there in the answer");
	return 0;
}

static int
read_errors(struct group *g, struct reply *x, const struct json *v)
{
	const struct json *list = value(g->r, v, "errors"), *c;

	if (!list)
		return 0;
	if (!json_is(list, JSON_ARRAY))
		return rec_bad(g->r, list, "'errors' is not a list");
	c = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, c = json_next(c))
		if (check_error(g, x, c))
			return -1;
	x->errors = list->n ? list : NULL;
	return 0;
}

static bool
is_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr(" \t\r\n", s.s[i], 4))
			return false;
	return true;
}

static int
read_edited(struct group *g, struct reply *x, const struct json *v)
{
	struct str s = text(g->r, v, "edited");

	if (!s.n || g->r->bad)
		return g->r->bad ? -1 : 0;
	if (is_blank(s))
		return rec_bad(
		    g->r, value(g->r, v, "edited"), "'edited' is blank");
	if (str_same(s, x->text)) {
		rec_count(g->r, "edited without a change", 1);
		return 0;
	}
	x->edited = s;
	x->edited_json = json_raw(&g->r->doc, value(g->r, v, "edited"));
	x->edited_chars = text_chars(s);
	g->edits++;
	return 0;
}

static int
read_answer(struct group *g, const struct json *v, double scale)
{
	struct reply *x = group_add(g);

	if (!json_is(v, JSON_OBJECT))
		return rec_bad(g->r, v, "an answer is not an object");
	if (read_key(g, x, v) || read_rank(g, x, v) ||
	    read_aspects(g, x, v, scale) || read_errors(g, x, v) ||
	    read_edited(g, x, v))
		return -1;
	return g->r->bad ? -1 : 0;
}

static int
check_version(struct rec *r, const struct json *note, double *scale)
{
	const struct json *v = value(r, note, "version");
	const struct json *s = value(r, note, "scale");
	int64_t version;

	if (!v || !json_int(&r->doc, v, &version) || version < 1)
		return rec_bad(r, note, "the annotation has no version");
	if (version > 1)
		return rec_bad(r, v,
		    "an annotation of a newer version (%lld; known is 1)",
		    (long long)version);
	if (!s || !json_real(&r->doc, s, scale) || !(*scale >= 2))
		return rec_bad(r, s ? s : note, "the annotation has no scale");
	return 0;
}

int
annotated_read(struct rec *r, struct group *g)
{
	const struct json *note = rec_get(r, "annotation"), *list, *v;
	double scale;

	if (!note || !json_is(note, JSON_OBJECT))
		return note ? rec_bad(r, note,
				  "field 'annotation' is not an object")
			    : rec_missing(r, "annotation");
	if (rec_msgs(r, &g->ask) || check_version(r, note, &scale))
		return -1;
	g->ask.n = talk_asked(&g->ask);
	list = value(r, note, "answers");
	if (!json_is(list, JSON_ARRAY))
		return rec_bad(r, note, "the annotation has no list 'answers'");
	if (!list->n)
		return rec_bad(r, list, "the annotation has no answers");
	g->by = "human";
	if (group_room(g, list->n))
		return -1;
	v = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, v = json_next(v))
		if (read_answer(g, v, scale))
			return -1;
	return r->bad ? -1 : 0;
}

void
annotated_marks(struct buf *b, const struct group *g, const struct reply *x)
{
	static const char *const marks[] = { "rank", "helpfulness", "fluency",
		"safety" };
	size_t from = b->n;

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const struct score *s = reply_find(x, marks[i]);

		if (!s)
			continue;
		buf_printf(b, b->n > from ? ",\"%s\":" : "\"%s\":", marks[i]);
		if (i)
			buf_json_real(b, s->x);
		else
			buf_json_int(b, (int64_t)s->x);
	}
	if (x->errors) {
		buf_puts(b, b->n > from ? ",\"errors\":" : "\"errors\":");
		buf_str(b, json_raw(&g->r->doc, x->errors));
	}
	if (x->edited.s) {
		buf_puts(b, b->n > from ? ",\"edited\":" : "\"edited\":");
		buf_str(b, x->edited_json);
	}
}

/* ---- the same again ---- */
static struct keyset *said, *tasks;

/* What was said of all answers, by whom; false where nothing was. */
static bool
put_said(struct buf *b, const struct group *g)
{
	static const char *const who[] = { "annotation.annotator",
		"annotation.note" };
	bool any = false;

	for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
		const struct json *v = rec_get(g->r, who[i]);

		buf_char(b, '\n');
		if (v)
			buf_str(b, json_raw(&g->r->doc, v));
	}
	for (size_t i = 0; i < g->all; i++) {
		size_t from;

		buf_printf(b, "\n%zu ", g->reply[i].at);
		from = b->n;
		annotated_marks(b, g, &g->reply[i]);
		any |= b->n > from;
	}
	return any;
}

bool
annotated_again(const struct group *g)
{
	struct str id = rec_id(g->r);
	struct buf b = { 0 };
	bool isnew = true, first = true;

	if (!said) {
		said = keyset_new(0);
		tasks = keyset_new(0);
	}
	buf_str(&b, id);
	if (put_said(&b, g)) {
		keyset_add(said, hash128(b.s, b.n), &isnew);
		keyset_add(tasks, hash128(id.s, id.n), &first);
	}
	buf_done(&b);
	if (isnew && !first)
		rec_count(g->r, "annotated more than once", 1);
	return !isnew;
}

void
annotated_end(void)
{
	keyset_free(said);
	keyset_free(tasks);
	said = tasks = NULL;
}
