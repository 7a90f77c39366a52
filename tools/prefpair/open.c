/* How the open sets hold their answers. */
#include <math.h>
#include <string.h>

#include "libcore/talk.h"
#include "tools/prefpair/prefpair.h"

/* ---- hh-rlhf: transcripts ---- */
#define HUMAN "\n\nHuman:"
#define ASSISTANT "\n\nAssistant:"

static bool
begins(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && !memcmp(s.s, with, n);
}

bool
open_is_hh(struct rec *r)
{
	const struct json *a = rec_get(r, "chosen");
	const struct json *b = rec_get(r, "rejected");

	return json_is(a, JSON_STRING) && json_is(b, JSON_STRING) &&
	       begins(rec_text(r, a), HUMAN) && begins(rec_text(r, b), HUMAN) &&
	       !rec_get(r, "prompt") && !rec_get(r, "messages");
}

static struct str
trimmed(struct str s)
{
	while (s.n && strchr(" \t\r\n", s.s[0]) && s.s[0]) {
		s.s++;
		s.n--;
	}
	while (s.n && s.s[s.n - 1] && strchr(" \t\r\n", s.s[s.n - 1]))
		s.n--;
	return s;
}

/* Where the next turn begins in s from `at`, or its end. */
static size_t
next_turn(struct str s, size_t at)
{
	for (; at + 1 < s.n; at++) {
		struct str rest = { s.s + at, s.n - at };

		if (begins(rest, HUMAN) || begins(rest, ASSISTANT))
			return at;
	}
	return s.n;
}

/* The turns of a transcript. */
static void
turns(struct rec *r, struct str s, struct msgs *to)
{
	size_t n = 0, at;

	for (at = 0; at < s.n; at = next_turn(s, at + 2))
		n++;
	*to = (struct msgs){ 0 };
	to->m = arena_take(r->mem, (n + 1) * sizeof *to->m);
	for (at = 0; at < s.n;) {
		size_t end = next_turn(s, at + 2);
		bool human = begins((struct str){ s.s + at, s.n - at }, HUMAN);
		size_t skip = strlen(human ? HUMAN : ASSISTANT);
		struct str said = { s.s + at + skip, end - at - skip };

		to->m[to->n++] =
		    (struct msg){ .role = str_of(human ? "user" : "assistant"),
			    .content = trimmed(said),
			    .weight = 1 };
		at = end;
	}
}

/* What follows the prompt's turns: a text, or where the talk went on, a list
 * of messages. */
static void
answer_turns(struct group *g, const struct msgs *ms, size_t from)
{
	struct msgs rest = { .m = ms->m + from, .n = ms->n - from };
	struct reply *x = group_add(g);
	struct buf b = { 0 };

	reply_room(g, x, 0);
	x->scored = true;
	x->order = g->all == 1;
	if (rest.n == 1) {
		reply_text(g, x, rest.m[0].content);
		return;
	}
	for (size_t i = 0; i < rest.n; i++) {
		buf_puts(&b, i ? "\n" : "");
		buf_str(&b, rest.m[i].content);
	}
	reply_text(g, x, (struct str){ arena_text(g->r->mem, b.s, b.n), b.n });
	buf_reset(&b);
	talk_messages(&b, g->r, &rest, rest.n);
	x->list = true;
	x->json = (struct str){ arena_text(g->r->mem, b.s, b.n), b.n };
	buf_done(&b);
}

int
open_hh(struct rec *r, struct group *g)
{
	static const char *const names[] = { "chosen", "rejected" };
	struct msgs side[2];
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		struct str s = rec_str(r, names[i]);

		if (!s.s)
			return r->bad ? -1 : rec_missing(r, names[i]);
		if (!begins(s, HUMAN))
			return rec_bad(r, rec_get(r, names[i]),
			    "field '%s' is no transcript", names[i]);
		turns(r, s, &side[i]);
	}
	while (n < side[0].n && n < side[1].n &&
	       str_same(side[0].m[n].role, side[1].m[n].role) &&
	       str_same(side[0].m[n].content, side[1].m[n].content))
		n++;
	while (n && !str_eq(side[0].m[n - 1].role, "user"))
		n--;
	for (int i = 0; i < 2; i++)
		if (n == side[i].n || !n ||
		    !str_eq(side[i].m[n].role, "assistant") ||
		    !str_eq(side[i].m[side[i].n - 1].role, "assistant"))
			return rec_bad(r, rec_get(r, names[i]),
			    "the transcripts do not part at an answer");
	g->ask = (struct msgs){ .m = side[0].m, .n = n };
	g->adapted = true;
	group_room(g, 2);
	answer_turns(g, &side[0], n);
	answer_turns(g, &side[1], n);
	return 0;
}

/* ---- a prompt that is a text ---- */

/* HelpSteer2 parts turns by "<extra_id_1>ROLE\n". */
#define TURN "<extra_id_1>"

static size_t
find(struct str s, size_t at, const char *what)
{
	const char *p = memmem(s.s + at, s.n - at, what, strlen(what));

	return p ? (size_t)(p - s.s) : s.n;
}

static void
ask_text(struct group *g, struct str s)
{
	size_t n = 1, at = 0;
	bool first = true;

	for (size_t i = find(s, 0, TURN); i < s.n; i = find(s, i + 1, TURN))
		n++;
	g->ask.m = arena_take(g->r->mem, n * sizeof *g->ask.m);
	while (at <= s.n) {
		size_t end = find(s, at, TURN), from = at;
		const char *role = "user";

		if (!first) {
			struct str head = { s.s + at, end - at };

			if (begins(head, "Assistant"))
				role = "assistant";
			from = find((struct str){ s.s, end }, at, "\n");
		}
		g->ask.m[g->ask.n++] = (struct msg){ .role = str_of(role),
			.content =
			    trimmed((struct str){ s.s + from, end - from }),
			.weight = 1 };
		first = false;
		if (end == s.n)
			break;
		at = end + strlen(TURN);
	}
	if (g->ask.n > 1) /* the answer's own, which is empty */
		g->ask.n = talk_asked(&g->ask);
	g->adapted = true;
}

static int
ask_field(struct rec *r, struct group *g, const char *name)
{
	struct str s = rec_str(r, name);

	if (!s.s)
		return r->bad ? -1 : rec_missing(r, name);
	ask_text(g, s);
	/* a plain prompt may stand where it is */
	g->adapted = g->ask.n > 1 || strcmp(name, "prompt");
	if (!g->adapted)
		g->ask.m[0].content = s;
	return 0;
}

/* ---- HelpSteer: a row an answer, five scores each ---- */
static const char *const helpsteer_scores[] = { "helpfulness", "correctness",
	"coherence", "complexity", "verbosity", NULL };

int
open_helpsteer(struct rec *r, struct group *g)
{
	struct reply *x;
	double value;

	if (ask_field(r, g, "prompt"))
		return -1;
	group_room(g, 1);
	x = group_add(g);
	reply_room(g, x, 5);
	for (const char *const *s = helpsteer_scores; *s; s++)
		if (rec_real(r, *s, &value))
			reply_score(x, str_of(*s), value);
	return reply_node(g, x, rec_get(r, "response"), "response", 0);
}

/* ---- two answers and a number: < 0 for the first ---- */
static int
read_strength(struct rec *r, struct group *g, const char *first,
    const char *second, const char *by)
{
	const struct json *a = rec_get(r, first), *b = rec_get(r, second);
	double s;

	if (!rec_real(r, by, &s))
		return r->bad ? -1 : rec_missing(r, by);
	if (s < -1e6 || s > 1e6)
		return rec_bad(r, rec_get(r, by), "a strange '%s'", by);
	g->strength = fabs(s);
	return s > 0 ? group_two(g, b, second, a, first, 0)
		     : group_two(g, a, first, b, second, 0);
}

int
open_helpsteer2_preference(struct rec *r, struct group *g)
{
	if (ask_field(r, g, "prompt"))
		return -1;
	return read_strength(
	    r, g, "response_1", "response_2", "preference_strength");
}

int
open_helpsteer3(struct rec *r, struct group *g)
{
	const struct json *context = rec_get(r, "context");

	if (!json_is(context, JSON_ARRAY))
		return context
			   ? rec_bad(r, context,
				 "field 'context' is not a list of messages")
			   : rec_missing(r, "context");
	if (rec_list(r, context, &g->ask))
		return -1;
	g->ask.n = talk_asked(&g->ask);
	g->adapted = true;
	return read_strength(
	    r, g, "response1", "response2", "overall_preference");
}

/* ---- SHP: posts, two comments, their votes ---- */
int
open_shp(struct rec *r, struct group *g)
{
	static const char *const text[] = { "human_ref_A", "human_ref_B" };
	static const char *const votes[] = { "score_A", "score_B" };
	int64_t a_better;
	double value;
	int first, rc;

	if (ask_field(r, g, "history"))
		return -1;
	if (!rec_int(r, "labels", &a_better))
		return r->bad ? -1 : rec_missing(r, "labels");
	if (a_better != 0 && a_better != 1)
		return rec_bad(r, rec_get(r, "labels"),
		    "'labels' is neither 1 (A) nor 0 (B)");
	first = a_better ? 0 : 1;
	rc = group_two(g, rec_get(r, text[first]), text[first],
	    rec_get(r, text[!first]), text[!first], 0);
	for (int i = 0; i < 2 && !rc; i++)
		if (rec_real(r, votes[i ? !first : first], &value))
			reply_score(&g->reply[i], STR("votes"), value);
	return r->bad ? -1 : rc;
}

/* ---- UltraFeedback: completions with ratings ---- */
static const char *const ratings[] = { "helpfulness", "honesty",
	"instruction_following", "truthfulness", NULL };

/* "4", or "N/A". */
static void
rating(struct rec *r, struct reply *x, const struct json *all, const char *name)
{
	const struct json *v = rec_member(r, all, str_of(name));
	double value;

	v = rec_member(r, v, STR("Rating"));
	if (json_is(v, JSON_STRING) ? num_parse(rec_text(r, v), &value)
				    : v && json_real(&r->doc, v, &value))
		reply_score(x, str_of(name), value);
}

/* A number, also as a string; without one or with null none. */
static int
a_score(struct rec *r, const struct json *v, const char *name, double *value)
{
	v = rec_member(r, v, str_of(name));
	if (!v || json_is(v, JSON_NULL))
		return 0;
	if (json_is(v, JSON_STRING) ? !num_parse(rec_text(r, v), value)
				    : !json_real(&r->doc, v, value))
		return rec_bad(r, v, "'%s' is not a number", name);
	return 1;
}

/* A score of 10 was a 1 misread where the ratings, whose mean `fine` is, are
 * all low (the set's issue 8). */
static void
overall(struct rec *r, struct reply *x, const struct json *v)
{
	double value, fine = (double)NAN;

	if (a_score(r, v, "fine-grained_score", &fine) > 0)
		reply_score(x, STR("fine_grained"), fine);
	if (a_score(r, v, "overall_score", &value) <= 0)
		return;
	if (value == 10 && fine <= 2) {
		rec_count(r, "overall score of 10 read as 1", 1);
		value = 1;
	}
	reply_score(x, STR("overall"), value);
}

static int
completion(struct rec *r, struct group *g, const struct json *v)
{
	const struct json *all, *c;
	struct reply *x = group_add(g);

	if (!json_is(v, JSON_OBJECT))
		return rec_bad(r, v, "a completion is not an object");
	reply_room(g, x, 6);
	c = rec_member(r, v, STR("model"));
	if (json_is(c, JSON_STRING))
		x->model = rec_text(r, c);
	c = rec_member(r, v, STR("critique"));
	if (json_is(c, JSON_STRING))
		x->critique = json_raw(&r->doc, c);
	overall(r, x, v);
	all = rec_member(r, v, STR("annotations"));
	for (const char *const *s = ratings; *s; s++)
		rating(r, x, all, *s);
	c = rec_member(r, v, STR("response"));
	if (!json_is(c, JSON_STRING))
		return rec_bad(
		    r, c ? c : v, "a completion has no response string");
	return reply_node(g, x, c, "response", 0);
}

int
open_ultrafeedback(struct rec *r, struct group *g)
{
	const struct json *list = rec_get(r, "completions"), *v;

	if (ask_field(r, g, "instruction"))
		return -1;
	if (!json_is(list, JSON_ARRAY))
		return rec_bad(r, list, "field 'completions' is not a list");
	if (group_room(g, list->n))
		return -1;
	v = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, v = json_next(v))
		if (completion(r, g, v))
			return -1;
	return r->bad ? -1 : 0;
}
