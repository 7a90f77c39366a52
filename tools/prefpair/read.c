/* Answers and their order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/talk.h"
#include "tools/prefpair/prefpair.h"

size_t
text_chars(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
	return n;
}

int
group_room(struct group *g, size_t n)
{
	if (n > MOST_REPLIES)
		return rec_bad(
		    g->r, NULL, "more than %d answers", MOST_REPLIES);
	g->reply = arena_take(g->r->mem, (n + 1) * sizeof *g->reply);
	g->room = n;
	return 0;
}

struct reply *
group_add(struct group *g)
{
	struct reply *x = &g->reply[g->all];

	x->at = g->all++;
	x->value = x->raw = (double)NAN;
	return x;
}

void
reply_text(struct group *g, struct reply *x, struct str text)
{
	struct buf b = { 0 };

	x->text = text;
	x->chars = text_chars(text);
	buf_json_str(&b, text);
	x->json = (struct str){ arena_text(g->r->mem, b.s, b.n), b.n };
	buf_done(&b);
}

/* The words of messages, a line break between them. */
static struct str
words_of(struct rec *r, const struct msgs *ms)
{
	struct buf b = { 0 };
	struct str s;

	for (size_t i = 0; i < ms->n; i++) {
		if (i)
			buf_char(&b, '\n');
		if (ms->m[i].content.s)
			buf_str(&b, ms->m[i].content);
	}
	s = (struct str){ arena_text(r->mem, b.s ? b.s : "", b.n), b.n };
	buf_done(&b);
	return s;
}

static int
reply_list(struct group *g, struct reply *x, const struct json *v, size_t skip)
{
	struct msgs ms;
	struct buf b = { 0 };

	if (rec_list(g->r, v, &ms))
		return -1;
	ms.m += skip;
	ms.n -= skip;
	if (!ms.n || !str_eq(ms.m[0].role, "assistant"))
		return rec_bad(
		    g->r, v, "an answer does not begin with the assistant's");
	x->text = words_of(g->r, &ms);
	x->chars = text_chars(x->text);
	x->list = true;
	x->json = json_raw(&g->r->doc, v);
	if (!skip)
		return 0;
	talk_messages(&b, g->r, &ms, ms.n);
	x->json = (struct str){ arena_text(g->r->mem, b.s, b.n), b.n };
	buf_done(&b);
	return 0;
}

int
reply_node(struct group *g, struct reply *x, const struct json *v,
    const char *name, size_t skip)
{
	if (!v)
		return rec_missing(g->r, name);
	if (json_is(v, JSON_ARRAY))
		return reply_list(g, x, v, skip);
	if (!json_is(v, JSON_STRING))
		return rec_bad(g->r, v,
		    "field '%s' is neither a string nor messages", name);
	x->text = rec_text(g->r, v);
	x->chars = text_chars(x->text);
	x->json = json_raw(&g->r->doc, v);
	return g->r->bad ? -1 : 0;
}

void
reply_room(struct group *g, struct reply *x, size_t room)
{
	x->score = arena_take(g->r->mem, (room + 1) * sizeof *x->score);
}

static struct score *
find(const struct reply *x, struct str name)
{
	for (size_t i = 0; i < x->nscore; i++)
		if (str_same(x->score[i].name, name))
			return &x->score[i];
	return NULL;
}

void
reply_score(struct reply *x, struct str name, double value)
{
	struct score *s = find(x, name);

	if (!s)
		s = &x->score[x->nscore++];
	*s = (struct score){
		.name = name, .x = value, .odd = !(fabs(value) <= MOST_SCORE)
	};
}

static int
one_score(struct group *g, struct reply *x, const struct json *k)
{
	const struct json *v = k + 1;
	struct str name = rec_text(g->r, k);
	double value = (double)NAN;

	if (json_is(v, JSON_NULL) || g->r->bad)
		return g->r->bad ? -1 : 0;
	if (find(x, name))
		return rec_bad(g->r, k, "a score is there twice");
	if (json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE))
		value = json_is(v, JSON_TRUE);
	else if (!json_real(&g->r->doc, v, &value))
		value = (double)NAN;
	reply_score(x, name, value);
	x->score[x->nscore - 1].at = v;
	return 0;
}

int
reply_scores(struct group *g, struct reply *x, const struct json *v)
{
	const struct json *k;

	reply_room(g, x, json_is(v, JSON_OBJECT) ? v->n : 0);
	if (!v || json_is(v, JSON_NULL))
		return 0;
	if (!json_is(v, JSON_OBJECT))
		return rec_bad(g->r, v, "'scores' is not an object");
	if (v->n > MOST_SCORES)
		return rec_bad(g->r, v, "more than %d scores", MOST_SCORES);
	k = json_first(v);
	for (uint32_t i = 0; i < v->n; i++, k = json_member(k))
		if (one_score(g, x, k))
			return -1;
	return 0;
}

const struct score *
reply_find(const struct reply *x, const char *name)
{
	return find(x, str_of(name));
}

static bool
has_fields(struct rec *r, const char *const *names)
{
	for (; *names; names++)
		if (!rec_get(r, *names))
			return false;
	return true;
}

/* The row of sets[] that the record is of: the one asked for, or the first
 * that it fits; the first of all where none does. */
static const struct set *
set_of(struct rec *r)
{
	for (const struct set *s = sets; s->name; s++) {
		if (how.annotated ? s->read != annotated_read
				  : s->read == annotated_read)
			continue;
		if (how.annotated)
			return s;
		if (strcmp(how.schema, "auto")) {
			if (!strcmp(how.schema, s->name))
				return s;
			continue;
		}
		if (has_fields(r, s->tells) && (!s->is || s->is(r)))
			return s;
	}
	return sets;
}

int
group_read(struct rec *r, struct group *g)
{
	*g = (struct group){ .r = r, .strength = (double)NAN };
	g->set = set_of(r);
	g->by = g->set->order ? NULL : g->set->by;
	if (r->bad || g->set->read(r, g))
		return -1;
	if (how.score)
		g->by = how.score;
	g->ranks =
	    g->by && !strcmp(g->by, "rank") && g->set->read == annotated_read;
	return r->bad ? -1 : 0;
}

static int
number(struct group *g, const struct reply *x, const char *name, double *to)
{
	const struct score *s = reply_find(x, name);

	if (!s)
		return 0;
	if (s->odd)
		return rec_bad(g->r, s->at,
		    isnan(s->x) ? "score '%s' is not a number"
				: "score '%s' is too large a number",
		    name);
	*to = s->x;
	return 1;
}

/* What it is sorted by, and its absolute score. Those that scale_apply has
 * set stay. */
static int
weigh(struct group *g, struct reply *x)
{
	const char *other = "quality", *value = g->by;
	double v = (double)NAN, raw = (double)NAN;
	int got;

	if (g->by && !strcmp(g->by, "quality"))
		other = "gold";
	x->tie = -HUGE_VAL;
	if (number(g, x, other, &x->tie) < 0)
		return -1;
	if (!g->by)
		value = g->set->value;
	else if (g->ranks)
		value = "human";
	if (g->by) {
		got = number(g, x, g->by, &v);
		if (got < 0)
			return -1;
		x->scored = got > 0;
		x->order = g->ranks ? -v : v;
	}
	if (value && number(g, x, value, &raw) < 0)
		return -1;
	x->raw = x->value = raw;
	return 0;
}

static int
by_preference(const void *a, const void *b)
{
	const struct reply *x = a, *y = b;

	if (x->scored != y->scored)
		return x->scored ? -1 : 1;
	if (x->scored && (x->order < y->order || x->order > y->order))
		return x->order > y->order ? -1 : 1;
	if (x->scored && (x->tie < y->tie || x->tie > y->tie))
		return x->tie > y->tie ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

int
group_weigh(struct group *g)
{
	for (size_t i = 0; i < g->all; i++)
		if (weigh(g, &g->reply[i]))
			return -1;
	return 0;
}

void
group_sort(struct group *g)
{
	if (g->all > 1)
		qsort(g->reply, g->all, sizeof *g->reply, by_preference);
	g->n = 0;
	while (g->n < g->all && g->reply[g->n].scored)
		g->n++;
	for (size_t i = 0; i < g->n; i++) {
		struct reply *x = &g->reply[i];

		x->rank = i && !(x->order < x[-1].order) ? x[-1].rank : i + 1;
	}
}
