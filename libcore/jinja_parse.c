/* Tokens to a tree: statements. */
#include <stdlib.h>
#include <string.h>

#include "libcore/jinja_parse.h"
#include "libcore/uni.h"

static struct node *statements(struct parse *, const char *const *until);

static struct node *
target_one(struct parse *p, bool members)
{
	struct node *n;

	if (skip_op(p, '(')) {
		struct node **end;

		parse_deeper(p);
		n = parse_node(p, E_TUPLE);
		end = &n->list;
		do {
			if (is_op(p->t, ')'))
				break;
			end = node_append(end, target_one(p, members));
		} while (skip_op(p, ','));
		want_op(p, ')');
		p->depth--;
		return n;
	}
	n = parse_node(p, E_NAME);
	n->text = want_name(p);
	if (members && skip_op(p, '.')) {
		struct node *of = n;

		n = parse_node(p, E_ATTR);
		n->a = of;
		n->text = want_name(p);
	}
	return n;
}

static struct node *
target(struct parse *p, bool members)
{
	struct node *first = target_one(p, members), *n, **end;

	if (!is_op(p->t, ','))
		return first;
	n = parse_node(p, E_TUPLE);
	end = node_append(&n->list, first);
	while (skip_op(p, ',')) {
		if (is_name(p->t, "in") || is_op(p->t, '='))
			break;
		end = node_append(end, target_one(p, members));
	}
	return n;
}

static struct node *
body(struct parse *p, const char *const *until)
{
	struct node *n;

	want_block_end(p);
	parse_deeper(p);
	n = statements(p, until);
	p->depth--;
	return n;
}

#define UNTIL(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct node *
s_if(struct parse *p)
{
	struct node *n = parse_node(p, S_IF), *at = n;

	n->a = parse_tuple(p, false);
	n->body = body(p, UNTIL("elif", "else", "endif"));
	while (skip_name(p, "elif")) {
		at->op = 1;
		at->b = parse_node(p, S_IF);
		at = at->b;
		at->a = parse_tuple(p, false);
		at->body = body(p, UNTIL("elif", "else", "endif"));
	}
	if (skip_name(p, "else"))
		at->b = body(p, UNTIL("endif"));
	p->t++;
	return n;
}

static struct node *
s_for(struct parse *p)
{
	struct node *n = parse_node(p, S_FOR);

	n->a = target(p, false);
	if (!skip_name(p, "in"))
		parse_unexpected(p, "'in'");
	/* without "x if c", which is the loop's own condition here */
	n->b = parse_or(p);
	if (is_op(p->t, ',')) {
		struct node *many = parse_node(p, E_TUPLE), **end;

		end = node_append(&many->list, n->b);
		while (skip_op(p, ',') && p->t->type != T_BLOCK_END)
			end = node_append(end, parse_or(p));
		n->b = many;
	}
	if (skip_name(p, "if"))
		n->c = parse_expression(p);
	if (is_name(p->t, "recursive"))
		parse_wrong(p, "recursive loops are not supported");
	p->loops++;
	n->body = body(p, UNTIL("else", "endfor"));
	p->loops--;
	if (skip_name(p, "else"))
		n->list = body(p, UNTIL("endfor"));
	p->t++;
	return n;
}

/* The filters after a block's opening: {% set x | upper %} */
static struct node *
block_filters(struct parse *p)
{
	struct node *n = NULL;

	while (skip_op(p, '|'))
		n = parse_filter(p, n);
	return n;
}

static struct node *
s_set(struct parse *p)
{
	struct node *n = parse_node(p, S_SET);

	n->a = target(p, true);
	if (skip_op(p, '=')) {
		n->b = parse_tuple(p, false);
		return n;
	}
	n->kind = S_SETBLOCK;
	n->b = block_filters(p);
	n->body = body(p, UNTIL("endset"));
	p->t++;
	return n;
}

static struct node *
parameters(struct parse *p)
{
	struct node *first = NULL, **end = &first, *n;
	bool optional = false;

	want_op(p, '(');
	while (!skip_op(p, ')')) {
		if (first)
			want_op(p, ',');
		if (skip_op(p, ')'))
			break;
		n = parse_node(p, E_ARG);
		n->text = want_name(p);
		if (skip_op(p, '=')) {
			n->a = parse_expression(p);
			optional = true;
		} else if (optional) {
			parse_wrong(p,
			    "a parameter without a default after one "
			    "with a default");
		}
		end = node_append(end, n);
	}
	return first;
}

/* A macro's body is no part of the loop around it. */
static void
macro_body(struct parse *p, struct node *n, const char *end)
{
	unsigned loops = p->loops, uses = p->uses;

	p->loops = p->uses = 0;
	n->body = body(p, UNTIL(end));
	n->op = (uint16_t)p->uses;
	p->loops = loops;
	p->uses |= uses;
	p->t++;
}

static struct node *
s_macro(struct parse *p)
{
	struct node *n = parse_node(p, S_MACRO);

	n->text = want_name(p);
	n->list = parameters(p);
	macro_body(p, n, "endmacro");
	return n;
}

static struct node *
s_call(struct parse *p)
{
	struct node *n = parse_node(p, S_CALL);

	n->text = STR("caller");
	if (is_op(p->t, '('))
		n->list = parameters(p);
	n->a = parse_expression(p);
	if (n->a->kind != E_CALL)
		parse_wrong(p, "a call block without a call");
	macro_body(p, n, "endcall");
	return n;
}

static struct node *
s_filter(struct parse *p)
{
	struct node *n = parse_node(p, S_FILTER);

	n->b = parse_filter(p, NULL);
	while (skip_op(p, '|'))
		n->b = parse_filter(p, n->b);
	n->body = body(p, UNTIL("endfilter"));
	p->t++;
	return n;
}

static struct node *
s_with(struct parse *p)
{
	struct node *n = parse_node(p, S_WITH), **end = &n->list, *v;

	while (p->t->type != T_BLOCK_END) {
		if (n->list)
			want_op(p, ',');
		v = parse_node(p, E_ARG);
		v->b = target_one(p, false);
		want_op(p, '=');
		v->a = parse_expression(p);
		end = node_append(end, v);
	}
	n->body = body(p, UNTIL("endwith"));
	p->t++;
	return n;
}

static struct node *
s_generation(struct parse *p)
{
	struct node *n = parse_node(p, S_SCOPE);

	macro_body(p, n, "endgeneration");
	return n;
}

static struct node *
s_jump(struct parse *p)
{
	struct node *n =
	    parse_node(p, is_name(p->t - 1, "break") ? S_BREAK : S_CONTINUE);

	if (!p->loops)
		parse_wrong(p, "'%.*s' outside a loop", (int)p->t[-1].s.n,
		    p->t[-1].s.s);
	return n;
}

static struct node *
statement(struct parse *p)
{
	static const struct {
		const char *name;
		struct node *(*parse)(struct parse *);
	} table[] = {
		{ "if", s_if },
		{ "for", s_for },
		{ "set", s_set },
		{ "macro", s_macro },
		{ "call", s_call },
		{ "filter", s_filter },
		{ "with", s_with },
		{ "generation", s_generation },
		{ "break", s_jump },
		{ "continue", s_jump },
	};
	struct str name = want_name(p);
	struct node *n;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_eq(name, table[i].name)) {
			n = table[i].parse(p);
			want_block_end(p);
			return n;
		}
	p->t--;
	parse_wrong(p, "the statement '%.*s' is not supported",
	    (int)(name.n > 60 ? 60 : name.n), name.s);
}

/* Up to the tag whose name is in the list (which is then at hand), or to the
 * end of the template where the list is NULL. */
static struct node *
statements(struct parse *p, const char *const *until)
{
	struct node *first = NULL, **end = &first, *n;

	for (;;) {
		switch (p->t->type) {
		case T_TEXT:
			n = parse_node(p, S_TEXT);
			n->text = p->t++->s;
			break;
		case T_VAR_BEGIN:
			n = parse_node(p, S_OUT);
			p->t++;
			n->a = parse_tuple(p, false);
			if (p->t->type != T_VAR_END)
				parse_unexpected(p, "}}");
			p->t++;
			break;
		case T_BLOCK_BEGIN:
			p->t++;
			for (size_t i = 0; until && until[i]; i++)
				if (is_name(p->t, until[i]))
					return first;
			n = statement(p);
			break;
		default:
			if (until)
				parse_wrong(p, "'%s' is missing",
				    until[1] ? until[1 + !!until[2]]
					     : until[0]);
			return first;
		}
		end = node_append(end, n);
	}
}

struct jinja *
jinja_parse(struct str src, struct err *e)
{
	struct jinja *j = need_zero(1, sizeof *j);
	struct parse p = { .e = e, .mem = &j->mem };
	size_t n, at;

	if (!utf8_valid(src, &at)) {
		err_set(e, "byte %zu is not UTF-8", at + 1);
		jinja_free(j);
		return NULL;
	}
	p.t = jinja_lex(&j->mem, src, &n, e);
	if (!p.t || setjmp(p.stop)) {
		jinja_free(j);
		return NULL;
	}
	j->body = statements(&p, NULL);
	return j;
}

void
jinja_free(struct jinja *j)
{
	if (!j)
		return;
	arena_done(&j->mem);
	free(j);
}
