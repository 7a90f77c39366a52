/* judge - score the responses in records. Page: man/judge.1 */
#include "tools/judge/judge.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gpu/ask.h"
#include "libcore/hold.h"
#include "libcore/talk.h"
#include "libcore/tool.h"

/* Exact checkers stand before those that ask a model, which need not be asked
 * about what is decided; models before panel before those that it serves; human
 * looks at what all others have given. */
static const struct scorer *const scorers[] = {
	&gold_scorer,
	&form_scorer,
	&ifeval_scorer,
	&code_scorer,
	&cmd_scorer,
	&models_scorer,
	&panel_scorer,
	&points_scorer,
	&pairs_scorer,
	&reward_scorer,
	&human_scorer,
};
enum { SCORERS = sizeof scorers / sizeof *scorers, OPTS = 96, OBJECTS = 8 };

static const struct scorer *on[SCORERS];
static size_t non;
static bool talks;

/* Members of responses. */

struct member *
judge_member(struct work *w, size_t i, const char *in, const char *name)
{
	struct judged *j = w->response + i;
	struct member *m = arena_take(w->r->mem, sizeof *m);

	if (j->count++ == JUDGE_MOST)
		die("more than %d scores of a response", JUDGE_MOST);
	m->in = in;
	m->name = name;
	*j->last = m;
	j->last = &m->next;
	return m;
}

void
judge_set(struct work *w, struct member *m, struct str json)
{
	m->value.s = arena_text(w->r->mem, json.s, json.n);
	m->value.n = json.n;
}

void
judge_set_real(struct work *w, struct member *m, double x)
{
	struct buf b = { 0 };

	buf_json_real(&b, x);
	judge_set(w, m, (struct str){ b.s, b.n });
	buf_done(&b);
}

void
judge_unset(struct work *w, size_t i, struct member *m)
{
	const struct json_doc *d = &w->r->doc;
	const struct json *old =
	    json_get(d, json_get(d, w->response[i].node, m->in), m->name);

	if (old && old->type != JSON_NULL)
		judge_set(w, m, STR("null"));
}

bool
judge_has(const struct work *w, size_t i, const char *name)
{
	const struct json_doc *d = &w->r->doc;
	const struct json *v =
	    json_get(d, json_get(d, w->response[i].node, "scores"), name);

	return v && v->type != JSON_NULL && !tool_overwrite;
}

struct str
judge_gold(const struct work *w)
{
	if (!w->gold)
		return (struct str){ 0 };
	return w->gold->type == JSON_STRING ? rec_text(w->r, w->gold)
					    : json_raw(&w->r->doc, w->gold);
}

void
judge_name(const char *name)
{
	static const char *names[JUDGE_MOST];
	static size_t n;

	if (!*name || strpbrk(name, ".\"\\"))
		die("score '%s': that is no plain name", name);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			die("two scores would be scores.%s", name);
	if (n == JUDGE_MOST)
		die("more than %d scores", JUDGE_MOST);
	names[n++] = name;
}

/* What is said of the run. */

void
judge_say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (tool_quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	warn("%s", line);
}

static struct group {
	const char *name;
	struct buf json;
} groups[OBJECTS];

void
judge_detail(const char *group, const char *name, struct str json)
{
	struct group *g = groups;

	while (g->name && strcmp(g->name, group))
		g++;
	assert(g < groups + OBJECTS);
	g->name = group;
	buf_char(&g->json, g->json.n ? ',' : '{');
	buf_json_str(&g->json, str_of(name));
	buf_char(&g->json, ':');
	buf_str(&g->json, json);
}

static void
end_groups(void)
{
	for (struct group *g = groups; g->name; g++) {
		buf_char(&g->json, '}');
		tool_detail(g->name, (struct str){ g->json.s, g->json.n });
		buf_done(&g->json);
	}
}

/* Records. */

struct at_give {
	struct at_give *next;
	void (*f)(struct work *, void *user);
	void *user;
};

void
judge_at_give(struct work *w, void (*f)(struct work *, void *user), void *user)
{
	struct at_give *a = arena_take(w->r->mem, sizeof *a);

	a->f = f;
	a->user = user;
	*w->at_give_end = a;
	w->at_give_end = &a->next;
}

/* The object `in` of a response with the members that are set. */
static void
put_object(
    struct buf *b, const struct work *w, const struct judged *j, const char *in)
{
	const struct json_doc *d = &w->r->doc;
	struct json_set set[JUDGE_MOST];
	size_t n = 0;

	for (const struct member *m = j->members; m; m = m->next)
		if (m->value.s && !strcmp(m->in, in))
			set[n++] = (struct json_set){ m->name, m->value };
	json_with(b, d, json_get(d, j->node, in), set, n);
}

/* Is it the first that is set of its object? */
static bool
is_first(const struct judged *j, const struct member *m)
{
	for (const struct member *k = j->members; k != m; k = k->next)
		if (k->value.s && !strcmp(k->in, m->in))
			return false;
	return m->value.s != NULL;
}

static void
put_response(struct buf *b, const struct work *w, const struct judged *j)
{
	struct json_set set[OBJECTS];
	struct buf object[OBJECTS] = { 0 };
	size_t n = 0;

	for (const struct member *m = j->members; m; m = m->next) {
		if (!is_first(j, m))
			continue;
		assert(n < OBJECTS);
		put_object(object + n, w, j, m->in);
		set[n].name = m->in;
		set[n].value = (struct str){ object[n].s, object[n].n };
		n++;
	}
	if (n)
		json_with(b, &w->r->doc, j->node, set, n);
	else
		buf_str(b, json_raw(&w->r->doc, j->node));
	while (n)
		buf_done(object + --n);
}

static void
give(void *user)
{
	struct work *w = user;
	const struct json *all = rec_get(w->r, "responses");
	const struct json *v = json_first(all);
	struct buf b = { 0 };
	size_t next = 0;

	for (const struct at_give *a = w->at_give; a; a = a->next)
		a->f(w, a->user);
	buf_char(&b, '[');
	for (size_t i = 0; i < all->n; i++, v = json_next(v)) {
		if (i)
			buf_char(&b, ',');
		if (next < w->n && w->response[next].at == i)
			put_response(&b, w, w->response + next++);
		else
			buf_str(&b, json_raw(&w->r->doc, v));
	}
	buf_char(&b, ']');
	rec_put(w->r, "responses", (struct str){ b.s, b.n });
	buf_done(&b);
	rec_emit(w->r, 0);
}

void
judge_wait(struct work *w)
{
	w->left++;
}

void
judge_ready(struct work *w)
{
	if (--w->left == 0)
		hold_ready(w->hold);
}

/* The responses; false and a bad record where they are not as they should
 * be. */
static bool
read_responses(struct work *w)
{
	struct rec *r = w->r;
	const struct json *all = rec_get(r, "responses"), *v;

	if (!all)
		rec_missing(r, "responses");
	else if (all->type != JSON_ARRAY)
		rec_bad(r, all, "field 'responses' is not a list");
	if (!r->bad && talks && rec_msgs(r, &w->ms) == 0 && !talk_asked(&w->ms))
		rec_bad(r, NULL, "there is nothing that is answered");
	if (r->bad)
		return false;
	w->response = arena_take(r->mem, (all->n + 1) * sizeof *w->response);
	v = json_first(all);
	for (size_t i = 0; i < all->n; i++, v = json_next(v)) {
		struct judged *j = w->response + w->n;

		if (talk_failed(&r->doc, v)) {
			rec_count(r, "failed responses", 1);
			continue;
		}
		w->n++;
		j->node = v;
		j->at = i;
		j->last = &j->members;
		if (v->type != JSON_OBJECT) {
			rec_bad(r, v, "a response is not an object");
			return false;
		}
		j->text = rec_text(r, json_get(&r->doc, v, "content"));
		if (!j->text.s) {
			rec_bad(r, v, "a response has no content");
			return false;
		}
	}
	return true;
}

/* Begin a record; it may be through at once. */
static void
take(struct rec *r)
{
	struct work *w = arena_take(r->mem, sizeof *w);

	w->r = r;
	w->at_give_end = &w->at_give;
	w->gold = rec_get(r, "gold");
	w->hold = hold_take(r, give, w);
	w->left = 1;
	if (read_responses(w))
		for (size_t s = 0; s < non; s++) {
			if (on[s]->record && !r->bad)
				on[s]->record(w);
			for (size_t i = 0; i < w->n && !r->bad; i++)
				if (on[s]->response)
					on[s]->response(w, i);
		}
	judge_ready(w);
}

/* Is any scorer behind? */
static bool
ahead(void)
{
	for (size_t s = 0; s < non; s++)
		if (on[s]->waiting && on[s]->waiting() >= JUDGE_AHEAD)
			return true;
	return false;
}

static enum judge_step
step(int ms)
{
	enum judge_step most = JUDGE_DONE;

	for (size_t s = 0; s < non; s++) {
		enum judge_step got =
		    on[s]->step ? on[s]->step(ms) : JUDGE_DONE;

		most = got > most ? got : most;
	}
	return most;
}

static int
pull(void)
{
	enum judge_step last = JUDGE_DONE;
	struct rec *r;
	bool more = true;

	while (!tool_stopping() && (more || last != JUDGE_DONE)) {
		while (more && !hold_full() && !ahead()) {
			r = tool_next();
			if (!r)
				more = false;
			else
				take(r);
		}
		last = step(last == JUDGE_WAITS ? 20 : 0);
	}
	return 0;
}

static void
start(void)
{
	for (size_t s = 0; s < SCORERS; s++)
		if (scorers[s]->on())
			on[non++] = scorers[s];
	if (!non)
		die("nothing to judge by: give -m MODEL or a check like "
		    "--gold");
	for (size_t s = 0; s < non; s++) {
		talks |= on[s]->talks;
		if (on[s]->start)
			on[s]->start();
	}
}

static void
end(void)
{
	while (non) /* those that others use stand first */
		if (on[--non]->end)
			on[non]->end();
	end_groups();
	hold_free();
}

/* The tables of all scorers as one. */
static const struct opt *
gather(void)
{
	static struct opt all[OPTS];
	size_t n = 0;

	for (size_t s = 0; s < SCORERS; s++)
		for (const struct opt *o = scorers[s]->opts; o && o->name; o++)
			all[n++] = *o;
	assert(n < OPTS);
	return all;
}

int
main(int argc, char **argv)
{
	static struct tool judge = {
		.name = "judge",
		.operands = "[file ...]",
		.does = "score the responses in records",
		.also = ask_opts,
		.start = start,
		.pull = pull,
		.end = end,
	};

	judge.opts = gather();
	return tool_main(&judge, argc, argv);
}
