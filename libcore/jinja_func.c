/* The functions that every template has. */
#include <stdio.h>
#include <string.h>

#include "libcore/jinja_in.h"

static struct val
f_range(struct rt *r, struct args *a)
{
	int64_t from = 0, to, step = 1;
	struct seq *q = seq_new(r, 0);

	if (a->nkw || a->n < 1 || a->n > 3)
		fail(r, "range takes one to three arguments");
	to = arg_int(r, "range", a->v[a->n > 1]);
	if (a->n > 1)
		from = arg_int(r, "range", a->v[0]);
	if (a->n > 2)
		step = arg_int(r, "range", a->v[2]);
	if (!step)
		fail(r, "range: the step is zero");
	while (step > 0 ? from < to : from > to) {
		if (q->n == 100000)
			fail(r, "range: more than 100000 numbers");
		seq_add(r, q, v_int(from));
		if (__builtin_add_overflow(from, step, &from))
			break;
	}
	return v_seq(V_RANGE, q);
}

/* dict(mapping or pairs, name=value ...), also what namespace() takes */
static struct dict *
gathered(struct rt *r, const char *who, struct args *a)
{
	struct dict *d = dict_new(r);
	struct seq *q, *two;

	if (a->n > 1)
		fail(r, "%s takes one argument and named ones", who);
	if (a->n && a->v[0].type == V_DICT) {
		for (size_t i = 0; i < a->v[0].d->n; i++)
			dict_set(r, d, a->v[0].d->p[i].k, a->v[0].d->p[i].v);
	} else if (a->n) {
		q = v_items(r, a->v[0]);
		for (size_t i = 0; i < q->n; i++) {
			two = v_items(r, q->v[i]);
			if (two->n != 2)
				fail(r, "%s: an item is no pair", who);
			dict_set(r, d, two->v[0], two->v[1]);
		}
	}
	for (size_t i = 0; i < a->nkw; i++)
		dict_set(r, d, v_str(a->kw[i].name), a->kw[i].v);
	return d;
}

static struct val
f_dict(struct rt *r, struct args *a)
{
	return (struct val){ .type = V_DICT, .d = gathered(r, "dict", a) };
}

static struct val
f_namespace(struct rt *r, struct args *a)
{
	return (struct val){ .type = V_NS, .d = gathered(r, "namespace", a) };
}

static struct val
f_raise(struct rt *r, struct args *a)
{
	static const char *const names[] = { "message", NULL };
	struct val v[1];
	struct str s;

	args_take(r, "raise_exception", a, names, 1, v);
	s = v_text(r, v[0]);
	fail(r, "%.*s", (int)(s.n > 400 ? 400 : s.n), s.s);
}

static struct val
f_strftime(struct rt *r, struct args *a)
{
	static const char *const names[] = { "format", NULL };
	struct val v[1];
	struct str s;
	struct sb b = { 0 };
	char fmt[256], text[1024];

	args_take(r, "strftime_now", a, names, 1, v);
	s = arg_str(r, "strftime_now", v[0]);
	if (s.n >= sizeof fmt || (s.n && memchr(s.s, 0, s.n)))
		fail(r, "strftime_now: the format is too long");
	memcpy(fmt, s.s, s.n);
	fmt[s.n] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	s = (struct str){ text, strftime(text, sizeof text, fmt, r->now) };
#pragma GCC diagnostic pop
	sb_put(r, &b, s);
	return v_str(sb_text(&b));
}

static struct val
f_joiner(struct rt *r, struct args *a)
{
	static const char *const names[] = { "sep", NULL };
	struct joiner *j = take(r, sizeof *j);
	struct val v[1];

	args_take(r, "joiner", a, names, 0, v);
	j->text = given(v[0]) ? arg_str(r, "joiner", v[0]) : STR(", ");
	return (struct val){ .type = V_JOINER, .j = j };
}

static const struct {
	const char *name;
	struct val (*call)(struct rt *, struct args *);
} functions[] = {
	{ "range", f_range },
	{ "dict", f_dict },
	{ "namespace", f_namespace },
	{ "raise_exception", f_raise },
	{ "strftime_now", f_strftime },
	{ "joiner", f_joiner },
	{ "cycler", NULL },
	{ "lipsum", NULL },
};

bool
func_find(struct str name, struct val *v)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (str_eq(name, functions[i].name)) {
			*v = (struct val){ .type = V_FUNC, .i = (int64_t)i };
			return true;
		}
	return false;
}

struct val
func_call(struct rt *r, int64_t which, struct args *a)
{
	if (!functions[which].call)
		fail(r, "the function '%s' is not supported",
		    functions[which].name);
	return functions[which].call(r, a);
}
