/* Running a template: scopes, expressions, statements, macros. */
#include <stdio.h>
#include <string.h>

#include "libcore/jinja_in.h"

static struct val eval(struct rt *, const struct node *);
static void run(struct rt *, const struct node *list);

/* ---- scopes: what a loop, a macro or a block sets is gone after it ---- */
static struct scope *
scope_new(struct rt *r, struct scope *up)
{
	struct scope *s = take(r, sizeof *s);

	s->up = up;
	return s;
}

static void
scope_set(struct rt *r, struct scope *s, struct str name, struct val v)
{
	struct named *more;

	for (size_t i = 0; i < s->n; i++)
		if (str_same(s->v[i].name, name)) {
			s->v[i].v = v;
			return;
		}
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 4;
		more = take(r, s->room * sizeof *more);
		if (s->n)
			memcpy(more, s->v, s->n * sizeof *more);
		s->v = more;
	}
	s->v[s->n++] = (struct named){ name, v };
}

static struct val
lookup(struct rt *r, struct str name)
{
	struct val *v, f;

	for (struct scope *s = r->scope; s; s = s->up)
		for (size_t i = 0; i < s->n; i++)
			if (str_same(s->v[i].name, name))
				return s->v[i].v;
	v = dict_get(r, r->vars, v_str(name));
	if (v)
		return *v;
	return func_find(name, &f) ? f : v_undef(name, U_NAME);
}

/* Run the list in a scope of its own and hand its text back. */
static struct str
captured(struct rt *r, const struct node *list, struct scope *up)
{
	struct sb text = { 0 }, *out = r->out;
	struct scope *here = r->scope;

	r->out = &text;
	r->scope = scope_new(r, up);
	run(r, list);
	r->scope = here;
	r->out = out;
	return sb_text(&text);
}

/* ---- calls ---- */
static void
add_named(
    struct rt *r, struct args *a, size_t *room, struct str name, struct val v)
{
	struct named *more;

	for (size_t i = 0; i < a->nkw; i++)
		if (str_same(a->kw[i].name, name))
			fail(r, "argument '%.*s' is given twice", (int)name.n,
			    name.s);
	if (a->nkw == *room) {
		*room = *room ? 2 * *room : 4;
		more = take(r, *room * sizeof *more);
		if (a->nkw)
			memcpy(more, a->kw, a->nkw * sizeof *more);
		a->kw = more;
	}
	a->kw[a->nkw++] = (struct named){ name, v };
}

static struct args
arguments(struct rt *r, const struct node *list)
{
	struct args a = { 0 };
	struct seq *q = NULL;
	size_t room = 0;
	struct val v;

	for (; list; list = list->next) {
		v = eval(r, list->a);
		if (list->op == ARG_POS) {
			if (!q)
				q = seq_new(r, 2);
			seq_add(r, q, v);
		} else if (list->op == ARG_NAMED) {
			add_named(r, &a, &room, list->text, v);
		} else if (list->op == ARG_STAR) {
			struct seq *more = v_items(r, v);

			if (!q)
				q = seq_new(r, more->n);
			for (size_t i = 0; i < more->n; i++)
				seq_add(r, q, more->v[i]);
		} else if (v.type == V_DICT) {
			for (size_t i = 0; i < v.d->n; i++) {
				if (v.d->p[i].k.type != V_STR)
					fail(r, "an argument's name is no "
						"text");
				add_named(
				    r, &a, &room, v.d->p[i].k.s, v.d->p[i].v);
			}
		} else {
			fail(r, "** needs a mapping, not '%s'", v_type(v));
		}
	}
	if (q) {
		a.v = q->v;
		a.n = q->n;
	}
	return a;
}

bool
given(struct val v)
{
	return !(v.type == V_UNDEF && v.of == U_PARAM);
}

void
args_take(struct rt *r, const char *who, struct args *a,
    const char *const *names, size_t need, struct val *out)
{
	size_t n = 0, i, j;

	while (names[n])
		n++;
	if (a->n > n)
		fail(r, "%s: %zu arguments, at most %zu are taken", who, a->n,
		    n);
	for (i = 0; i < n; i++)
		out[i] =
		    i < a->n ? a->v[i] : v_undef(str_of(names[i]), U_PARAM);
	for (j = 0; j < a->nkw; j++) {
		for (i = 0; i < n && !str_eq(a->kw[j].name, names[i]); i++)
			;
		if (i == n)
			fail(r, "%s has no argument '%.*s'", who,
			    (int)a->kw[j].name.n, a->kw[j].name.s);
		if (i < a->n)
			fail(r, "%s: argument '%s' is given twice", who,
			    names[i]);
		out[i] = a->kw[j].v;
	}
	for (i = 0; i < need; i++)
		if (!given(out[i]))
			fail(r, "%s: argument '%s' is missing", who, names[i]);
}

struct str
arg_str(struct rt *r, const char *who, struct val v)
{
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (v.type != V_STR)
		fail(r, "%s needs a text, not '%s'", who, v_type(v));
	return v.s;
}

int64_t
arg_int(struct rt *r, const char *who, struct val v)
{
	int64_t i;

	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (!v_whole(v, &i))
		fail(r, "%s needs a whole number, not '%s'", who, v_type(v));
	return i;
}

struct val
macro_call(struct rt *r, struct macro *f, struct args *a)
{
	struct scope *here = r->scope, *s = scope_new(r, f->scope);
	struct val rest = v_seq(V_TUPLE, seq_new(r, 0)), v;
	struct val named = { .type = V_DICT, .d = dict_new(r) };
	const struct node *p = f->node->list;
	struct sb text = { 0 }, *out = r->out;
	uint32_t line = r->line;
	size_t i, at = 0;
	bool *used = take(r, a->nkw + 1);

	if (++r->depth > JINJA_DEPTH)
		fail(r, "values or calls nest too deeply");
	r->scope = s;
	for (; p; p = p->next, at++) {
		for (i = 0; i < a->nkw; i++)
			if (str_same(a->kw[i].name, p->text))
				break;
		if (i < a->nkw && at < a->n)
			fail(r, "argument '%.*s' is given twice",
			    (int)p->text.n, p->text.s);
		if (i < a->nkw)
			used[i] = true;
		v = at < a->n    ? a->v[at]
		    : i < a->nkw ? a->kw[i].v
		    : p->a       ? eval(r, p->a)
				 : v_undef(p->text, U_PARAM);
		if (v.type == V_UNDEF && v.of == U_PARAM)
			v.of = U_NAME;
		scope_set(r, s, p->text, v);
	}
	r->line = line;
	for (; at < a->n; at++)
		seq_add(r, rest.q, a->v[at]);
	for (i = 0; i < a->nkw; i++)
		if (!used[i] && str_eq(a->kw[i].name, "caller") &&
		    f->node->op & USES_CALLER)
			scope_set(r, s, a->kw[i].name, a->kw[i].v);
		else if (!used[i])
			dict_set(r, named.d, v_str(a->kw[i].name), a->kw[i].v);
	if (rest.q->n && !(f->node->op & USES_VARARGS))
		fail(r, "macro '%.*s' takes fewer arguments",
		    (int)f->node->text.n, f->node->text.s);
	if (named.d->n && !(f->node->op & USES_KWARGS))
		fail(r, "macro '%.*s' has no argument '%.*s'",
		    (int)f->node->text.n, f->node->text.s,
		    (int)named.d->p[0].k.s.n, named.d->p[0].k.s.s);
	if (f->node->op & USES_VARARGS)
		scope_set(r, s, STR("varargs"), rest);
	if (f->node->op & USES_KWARGS)
		scope_set(r, s, STR("kwargs"), named);
	r->out = &text;
	run(r, f->node->body);
	r->out = out;
	r->scope = here;
	r->depth--;
	return v_str(sb_text(&text));
}

struct val
v_call(struct rt *r, struct val f, struct args *a)
{
	switch (f.type) {
	case V_FUNC:
		return func_call(r, f.i, a);
	case V_METHOD:
		return method_call(r, f.m, a);
	case V_MACRO:
		return macro_call(r, f.f, a);
	case V_JOINER:
		if (f.j->used)
			return v_str(f.j->text);
		f.j->used = true;
		return v_str(STR(""));
	case V_UNDEF:
		v_undefined(r, f);
	case V_LOOP:
		fail(r, "recursive loops are not supported");
	default:
		fail(r, "'%s' cannot be called", v_type(f));
	}
}

static struct val
macro_value(struct rt *r, const struct node *n)
{
	struct macro *f = take(r, sizeof *f);

	*f = (struct macro){ .node = n, .scope = r->scope };
	return (struct val){ .type = V_MACRO, .f = f };
}

/* ---- expressions ---- */
static struct val
compared(struct rt *r, const struct node *n)
{
	struct val left = eval(r, n->a), right;

	for (const struct node *link = n->list; link; link = link->next) {
		right = eval(r, link->a);
		r->line = n->line;
		if (!v_related(r, link->op, left, right))
			return v_bool(false);
		left = right;
	}
	return v_bool(true);
}

static struct val
item(struct rt *r, const struct node *n)
{
	struct val of = eval(r, n->a), part[3];
	const struct node *s = n->b;

	if (s->kind != E_SLICE)
		return v_item(r, of, eval(r, s));
	part[0] = s->a ? eval(r, s->a) : v_none();
	part[1] = s->b ? eval(r, s->b) : v_none();
	part[2] = s->c ? eval(r, s->c) : v_none();
	r->line = n->line;
	return v_slice(r, of, part);
}

static struct val
built(struct rt *r, const struct node *n)
{
	struct val v = v_seq(n->kind == E_TUPLE ? V_TUPLE : V_LIST, NULL);
	struct sb text = { 0 };
	const struct node *c = n->list;

	if (n->kind == E_DICT) {
		v = (struct val){ .type = V_DICT, .d = dict_new(r) };
		for (; c; c = c->next->next) {
			struct val key = eval(r, c);

			dict_set(r, v.d, key, eval(r, c->next));
		}
		return v;
	}
	if (n->kind == E_CONCAT) {
		for (; c; c = c->next)
			sb_put(r, &text, v_text(r, eval(r, c)));
		return v_str(sb_text(&text));
	}
	v.q = seq_new(r, 0);
	for (; c; c = c->next)
		seq_add(r, v.q, eval(r, c));
	return v;
}

static struct val
applied(struct rt *r, const struct node *n)
{
	struct val v = n->a ? eval(r, n->a) : r->hole;
	struct args a = arguments(r, n->list);

	r->line = n->line;
	if (n->kind == E_FILTER)
		return filter_apply(r, n->text, v, &a);
	return v_bool(test_apply(r, n->text, v, &a));
}

static struct val
evaluated(struct rt *r, const struct node *n)
{
	struct val v, w;
	struct args a;

	switch (n->kind) {
	case E_CONST:
		return n->v;
	case E_NAME:
		return lookup(r, n->text);
	case E_ATTR:
		v = eval(r, n->a);
		r->line = n->line;
		return v_attr(r, v, n->text);
	case E_ITEM:
		return item(r, n);
	case E_CALL:
		v = eval(r, n->a);
		a = arguments(r, n->list);
		r->line = n->line;
		return v_call(r, v, &a);
	case E_FILTER:
	case E_TEST:
		return applied(r, n);
	case E_NOT:
		return v_bool(!v_true(eval(r, n->a)));
	case E_NEG:
	case E_POS:
		v = eval(r, n->a);
		return v_signed(r, n->kind == E_NEG, v);
	case E_AND:
		v = eval(r, n->a);
		return v_true(v) ? eval(r, n->b) : v;
	case E_OR:
		v = eval(r, n->a);
		return v_true(v) ? v : eval(r, n->b);
	case E_COND:
		if (v_true(eval(r, n->a)))
			return eval(r, n->b);
		return n->c ? eval(r, n->c) : v_undef(STR(""), U_COND);
	case E_BIN:
		v = eval(r, n->a);
		w = eval(r, n->b);
		r->line = n->line;
		return v_binary(r, n->op, v, w);
	case E_CMP:
		return compared(r, n);
	case E_SLICE:
		fail(r, "a slice among other subscripts");
	default:
		return built(r, n);
	}
}

static struct val
eval(struct rt *r, const struct node *n)
{
	struct val v;

	charge(r, 1);
	if (++r->depth > JINJA_DEPTH)
		fail(r, "values or calls nest too deeply");
	r->line = n->line;
	v = evaluated(r, n);
	r->depth--;
	return v;
}

/* ---- statements ---- */
static void
assign(struct rt *r, const struct node *target, struct val v)
{
	const struct node *c = target->list;
	struct seq *q;
	struct val ns;
	size_t n = 0;

	if (target->kind == E_NAME) {
		scope_set(r, r->scope, target->text, v);
		return;
	}
	if (target->kind == E_ATTR) {
		ns = eval(r, target->a);
		if (ns.type != V_NS)
			fail(r, "cannot set a member of a '%s'", v_type(ns));
		dict_set(r, ns.d, v_str(target->text), v);
		return;
	}
	q = v_items(r, v);
	for (; c; c = c->next)
		n++;
	if (n != q->n)
		fail(r, "%zu values for %zu names", q->n, n);
	n = 0;
	for (c = target->list; c; c = c->next)
		assign(r, c, q->v[n++]);
}

static struct seq *
filtered(struct rt *r, const struct node *n, struct seq *all)
{
	struct scope *here = r->scope;
	struct seq *q;

	if (!n->c)
		return all;
	q = seq_new(r, 0);
	for (size_t i = 0; i < all->n; i++) {
		r->scope = scope_new(r, here);
		assign(r, n->a, all->v[i]);
		if (v_true(eval(r, n->c)))
			seq_add(r, q, all->v[i]);
	}
	r->scope = here;
	return q;
}

static void
s_for(struct rt *r, const struct node *n)
{
	struct scope *here = r->scope;
	struct loop *l = take(r, sizeof *l);
	struct seq *q = v_items(r, eval(r, n->b));

	l->q = filtered(r, n, q);
	for (; l->i < l->q->n && r->flow != FLOW_BREAK; l->i++) {
		charge(r, 1);
		r->flow = FLOW_ON;
		r->scope = scope_new(r, here);
		scope_set(r, r->scope, STR("loop"),
		    (struct val){ .type = V_LOOP, .l = l });
		assign(r, n->a, l->q->v[l->i]);
		run(r, n->body);
	}
	r->flow = FLOW_ON;
	r->scope = here;
	if (!l->q->n) {
		r->scope = scope_new(r, here);
		run(r, n->list);
		r->scope = here;
	}
}

static void
s_if(struct rt *r, const struct node *n)
{
	for (;;) {
		if (v_true(eval(r, n->a))) {
			run(r, n->body);
			return;
		}
		if (!n->op) { /* no elif follows */
			run(r, n->b);
			return;
		}
		n = n->b;
	}
}

static void
s_call(struct rt *r, const struct node *n)
{
	struct val f = eval(r, n->a->a), v;
	struct args a = arguments(r, n->a->list);
	size_t room = a.nkw;

	add_named(r, &a, &room, STR("caller"), macro_value(r, n));
	r->line = n->line;
	v = v_call(r, f, &a);
	sb_put(r, r->out, v_text(r, v));
}

static void
s_with(struct rt *r, const struct node *n)
{
	struct scope *here = r->scope, *in = scope_new(r, here);
	struct val v;

	for (const struct node *c = n->list; c; c = c->next) {
		v = eval(r, c->a);
		r->scope = in;
		assign(r, c->b, v);
		r->scope = here;
	}
	r->scope = in;
	run(r, n->body);
	r->scope = here;
}

/* The body's text through the filters of its block. */
static struct val
through(struct rt *r, const struct node *n)
{
	struct val hole = r->hole, v;

	r->hole = v_str(captured(r, n->body, r->scope));
	v = n->b ? eval(r, n->b) : r->hole;
	r->hole = hole;
	return v;
}

static void
statement(struct rt *r, const struct node *n)
{
	struct val v;

	switch (n->kind) {
	case S_TEXT:
		sb_put(r, r->out, n->text);
		return;
	case S_OUT:
		v = eval(r, n->a);
		sb_put(r, r->out, v_text(r, v));
		return;
	case S_IF:
		s_if(r, n);
		return;
	case S_FOR:
		s_for(r, n);
		return;
	case S_SET:
		v = eval(r, n->b);
		assign(r, n->a, v);
		return;
	case S_SETBLOCK:
		v = through(r, n);
		assign(r, n->a, v);
		return;
	case S_MACRO:
		scope_set(r, r->scope, n->text, macro_value(r, n));
		return;
	case S_CALL:
		s_call(r, n);
		return;
	case S_FILTER:
		v = through(r, n);
		sb_put(r, r->out, v_text(r, v));
		return;
	case S_WITH:
		s_with(r, n);
		return;
	case S_SCOPE:
		sb_put(r, r->out, captured(r, n->body, r->scope));
		return;
	case S_BREAK:
		r->flow = FLOW_BREAK;
		return;
	default:
		r->flow = FLOW_CONTINUE;
		return;
	}
}

static void
run(struct rt *r, const struct node *list)
{
	if (++r->depth > JINJA_DEPTH)
		fail(r, "values or calls nest too deeply");
	for (; list && r->flow == FLOW_ON; list = list->next) {
		charge(r, 1);
		r->line = list->line;
		statement(r, list);
	}
	r->depth--;
}

/* ---- the whole ---- */
static size_t
bytes_of(const struct jinja_vars *vars, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += vars[i].object->end - vars[i].object->at;
	return bytes;
}

static void
load(struct rt *r, const struct jinja_vars *vars, size_t n)
{
	struct texts *t = &r->texts;
	struct val v;

	r->vars = dict_new(r);
	for (size_t i = 0; i < n; i++) {
		if (!json_is(vars[i].object, JSON_OBJECT))
			fail(r, "the variables are not a JSON object");
		if (t->on && vars[i].content && t->given < 2) {
			t->from[t->given] = vars[i].doc->text;
			t->to[t->given++] =
			    vars[i].doc->text + vars[i].doc->len;
		}
		v = v_from_json(r, vars[i].doc, vars[i].object);
		for (size_t k = 0; k < v.d->n; k++)
			dict_set(r, r->vars, v.d->p[k].k, v.d->p[k].v);
	}
}

void
ranges_add(struct ranges *r, size_t from, size_t to)
{
	if (r->n && r->r[r->n - 1].to == from) {
		r->r[r->n - 1].to = to;
		return;
	}
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 16;
		r->r = need_grow(r->r, r->room, sizeof *r->r);
	}
	r->r[r->n++] = (struct tok_range){ from, to };
}

static void
hand_over(const struct rt *r, const struct sb *text, struct buf *out,
    struct ranges *content)
{
	size_t base = out->n;
	const char *origin;
	bool all;

	buf_put(out, text->s, text->n);
	if (!content || !text->n)
		return;
	origin = text_origin(r, text->s, &all);
	for (size_t i = 0; i < text->n; i++)
		if (origin[i])
			ranges_add(content, base + i, base + i + 1);
}

bool
jinja_render(const struct jinja *j, const struct jinja_vars *vars, size_t n,
    const struct tm *now, struct buf *out, struct ranges *content,
    struct err *e)
{
	struct rt r = { .e = e, .now = now, .texts.on = content != NULL };
	struct sb text = { 0 };
	size_t bytes = bytes_of(vars, n);

	r.most = ((size_t)64 << 20) + 48 * bytes;
	r.limit = 5000000 + 16 * (uint64_t)bytes;
	r.out = &text;
	if (setjmp(r.stop)) {
		arena_done(&r.mem);
		return false;
	}
	load(&r, vars, n);
	r.scope = scope_new(&r, NULL);
	run(&r, j->body);
	hand_over(&r, &text, out, content);
	arena_done(&r.mem);
	return true;
}
