/* From tokens to a tree, by the grammar of jinja2's parser. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/jinja_in.h"
#include "libcore/uni.h"

struct parse {
	jmp_buf stop;
	struct err *e;
	struct arena *mem;
	const struct token *t; /* the one at hand; the last is T_END */
	unsigned depth, loops, uses;
};

static struct node *expression(struct parse *);
static struct node *unary(struct parse *, bool filters);
static struct node *statements(struct parse *, const char *const *until);

_Noreturn static void
wrong(struct parse *p, const char *fmt, ...)
{
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	err_set(p->e, "line %u: %s", p->t->line, why);
	longjmp(p->stop, 1);
}

static void
deeper(struct parse *p)
{
	if (++p->depth > JINJA_NEST)
		wrong(p, "the template nests too deeply");
}

static struct node *
node(struct parse *p, int kind)
{
	struct node *n = arena_take(p->mem, sizeof *n);

	n->kind = (uint8_t)kind;
	n->line = p->t->line;
	return n;
}

static bool
is_op(const struct token *t, int op)
{
	return t->type == T_OP && t->op == op;
}

static bool
is_name(const struct token *t, const char *s)
{
	return t->type == T_NAME && str_eq(t->s, s);
}

static bool
skip_op(struct parse *p, int op)
{
	if (!is_op(p->t, op))
		return false;
	p->t++;
	return true;
}

static bool
skip_name(struct parse *p, const char *s)
{
	if (!is_name(p->t, s))
		return false;
	p->t++;
	return true;
}

_Noreturn static void
unexpected(struct parse *p, const char *want)
{
	static const char *const what[] = {
		[T_END] = "the end of the template",
		[T_TEXT] = "text",
		[T_VAR_BEGIN] = "{{",
		[T_VAR_END] = "}}",
		[T_BLOCK_BEGIN] = "{%",
		[T_BLOCK_END] = "%}",
	};

	if (p->t->type < sizeof what / sizeof *what && what[p->t->type])
		wrong(p, "%s expected, not %s", want, what[p->t->type]);
	wrong(p, "%s expected, not '%.*s'", want,
	    (int)(p->t->s.n > 60 ? 60 : p->t->s.n), p->t->s.s);
}

static void
want_op(struct parse *p, int op)
{
	char what[4] = { '\'', (char)op, '\'', 0 };

	if (!skip_op(p, op))
		unexpected(p, what);
}

static struct str
want_name(struct parse *p)
{
	if (p->t->type != T_NAME)
		unexpected(p, "a name");
	return p->t++->s;
}

static void
want_block_end(struct parse *p)
{
	if (p->t->type != T_BLOCK_END)
		unexpected(p, "%}");
	p->t++;
}

/* ---- expressions ---- */
static struct node *
constant(struct parse *p, struct val v)
{
	struct node *n = node(p, E_CONST);

	n->v = v;
	return n;
}

static struct node **
append(struct node **end, struct node *n)
{
	*end = n;
	return &n->next;
}

/* Items up to the bracket `shut`, commas between them. */
static struct node *
display(struct parse *p, int kind, int shut)
{
	struct node *n = node(p, kind), **end = &n->list;

	while (!skip_op(p, shut)) {
		if (n->list)
			want_op(p, ',');
		if (skip_op(p, shut))
			break;
		end = append(end, expression(p));
		if (kind == E_DICT) {
			want_op(p, ':');
			end = append(end, expression(p));
		}
	}
	return n;
}

/* One expression, or a tuple of them where there are commas. */
static struct node *
tuple(struct parse *p, bool empty)
{
	struct node *n = node(p, E_TUPLE), **end = &n->list, *first;

	if (empty && is_op(p->t, ')'))
		return n;
	first = expression(p);
	if (!is_op(p->t, ','))
		return first;
	end = append(end, first);
	while (skip_op(p, ',')) {
		if (p->t->type == T_BLOCK_END || p->t->type == T_VAR_END ||
		    is_op(p->t, ')'))
			break;
		end = append(end, expression(p));
	}
	return n;
}

static struct node *
name_or_word(struct parse *p)
{
	static const struct {
		const char *word;
		uint8_t type, b;
	} words[] = {
		{ "true", V_BOOL, 1 },
		{ "True", V_BOOL, 1 },
		{ "false", V_BOOL, 0 },
		{ "False", V_BOOL, 0 },
		{ "none", V_NONE, 0 },
		{ "None", V_NONE, 0 },
	};
	struct node *n = node(p, E_NAME);

	n->text = p->t->s;
	p->uses |= str_eq(n->text, "varargs")  ? USES_VARARGS
		   : str_eq(n->text, "kwargs") ? USES_KWARGS
		   : str_eq(n->text, "caller") ? USES_CALLER
					       : 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(n->text, words[i].word)) {
			n->kind = E_CONST;
			n->v = words[i].type == V_BOOL ? v_bool(words[i].b)
						       : v_none();
		}
	p->t++;
	return n;
}

static struct node *
primary(struct parse *p)
{
	struct buf joined = { 0 };
	struct node *n;
	struct val v;
	double r;

	switch (p->t->type) {
	case T_NAME:
		return name_or_word(p);
	case T_STRING:
		n = constant(p, v_str(p->t->s));
		if (p->t[1].type != T_STRING) {
			p->t++;
			return n;
		}
		for (; p->t->type == T_STRING; p->t++)
			buf_str(&joined, p->t->s);
		n->v.s = (struct str){ arena_text(p->mem, joined.s, joined.n),
			joined.n };
		buf_done(&joined);
		return n;
	case T_INT:
		if (!text_parse_int(p->t->s, 10, &v))
			wrong(p, "a malformed number");
		n = constant(p, v);
		p->t++;
		return n;
	case T_REAL:
		if (!text_parse_real(p->t->s, &r))
			wrong(p, "a malformed number");
		n = constant(p, v_real(r));
		p->t++;
		return n;
	default:
		break;
	}
	if (skip_op(p, '(')) {
		n = tuple(p, true);
		want_op(p, ')');
		return n;
	}
	if (skip_op(p, '['))
		return display(p, E_LIST, ']');
	if (skip_op(p, '{'))
		return display(p, E_DICT, '}');
	unexpected(p, "an expression");
}

static struct node *
part(struct parse *p)
{
	if (is_op(p->t, ':') || is_op(p->t, ']') || is_op(p->t, ','))
		return NULL;
	return expression(p);
}

static struct node *
subscribed(struct parse *p)
{
	struct node *n = node(p, E_SLICE), *first = part(p);

	if (!is_op(p->t, ':')) {
		if (!first)
			unexpected(p, "an expression");
		return first;
	}
	p->t++;
	n->a = first;
	n->b = part(p);
	if (skip_op(p, ':'))
		n->c = part(p);
	return n;
}

static struct node *
subscript(struct parse *p, struct node *of)
{
	struct node *n = node(p, E_ITEM), **end;

	n->a = of;
	if (skip_op(p, '.')) {
		if (p->t->type == T_INT) {
			n->b = primary(p);
			return n;
		}
		n->kind = E_ATTR;
		n->text = want_name(p);
		return n;
	}
	p->t++;
	n->b = subscribed(p);
	if (is_op(p->t, ',')) {
		struct node *many = node(p, E_TUPLE);

		end = append(&many->list, n->b);
		while (skip_op(p, ',') && !is_op(p->t, ']'))
			end = append(end, subscribed(p));
		n->b = many;
	}
	want_op(p, ']');
	return n;
}

static struct node *
arguments(struct parse *p)
{
	struct node *first = NULL, **end = &first, *n;
	bool named = false;

	want_op(p, '(');
	while (!skip_op(p, ')')) {
		if (first)
			want_op(p, ',');
		if (skip_op(p, ')'))
			break;
		n = node(p, E_ARG);
		if (skip_op(p, '*'))
			n->op = ARG_STAR;
		else if (skip_op(p, OP_POW))
			n->op = ARG_STAR2;
		else if (p->t->type == T_NAME && is_op(p->t + 1, '=')) {
			n->op = ARG_NAMED;
			n->text = want_name(p);
			p->t++;
		} else if (named) {
			wrong(p, "an argument without a name after named ones");
		}
		named |= n->op == ARG_NAMED || n->op == ARG_STAR2;
		n->a = expression(p);
		end = append(end, n);
	}
	return first;
}

static struct node *
call(struct parse *p, struct node *of)
{
	struct node *n = node(p, E_CALL);

	n->a = of;
	n->list = arguments(p);
	return n;
}

static struct node *
postfix(struct parse *p, struct node *n)
{
	for (unsigned links = 0;; links++) {
		if (links > JINJA_NEST)
			wrong(p, "too many subscripts in a row");
		if (is_op(p->t, '.') || is_op(p->t, '['))
			n = subscript(p, n);
		else if (is_op(p->t, '('))
			n = call(p, n);
		else
			return n;
	}
}

static struct node *
filter(struct parse *p, struct node *of)
{
	struct node *n = node(p, E_FILTER);

	n->a = of;
	n->text = want_name(p);
	if (is_op(p->t, '('))
		n->list = arguments(p);
	return n;
}

static struct node *
test(struct parse *p, struct node *of)
{
	struct node *n = node(p, E_TEST), *arg, *not_;
	bool negated;
	int type;

	negated = skip_name(p, "not");
	n->a = of;
	n->text = want_name(p);
	type = p->t->type;
	if (is_op(p->t, '(')) {
		n->list = arguments(p);
	} else if ((type == T_NAME && !is_name(p->t, "else") &&
		       !is_name(p->t, "or") && !is_name(p->t, "and")) ||
		   type == T_STRING || type == T_INT || type == T_REAL ||
		   is_op(p->t, '[') || is_op(p->t, '{')) {
		if (is_name(p->t, "is"))
			wrong(p, "tests cannot be chained with 'is'");
		arg = node(p, E_ARG);
		arg->a = postfix(p, primary(p));
		n->list = arg;
	}
	if (!negated)
		return n;
	not_ = node(p, E_NOT);
	not_->a = n;
	return not_;
}

static struct node *
filters(struct parse *p, struct node *n)
{
	for (unsigned links = 0;; links++) {
		if (links > JINJA_NEST)
			wrong(p, "too many filters in a row");
		if (skip_op(p, '|'))
			n = filter(p, n);
		else if (skip_name(p, "is"))
			n = test(p, n);
		else if (is_op(p->t, '('))
			n = call(p, n);
		else
			return n;
	}
}

static struct node *
unary(struct parse *p, bool with_filters)
{
	struct node *n;

	deeper(p);
	if (is_op(p->t, '-') || is_op(p->t, '+')) {
		n = node(p, is_op(p->t, '-') ? E_NEG : E_POS);
		p->t++;
		n->a = unary(p, false);
	} else {
		n = primary(p);
	}
	n = postfix(p, n);
	if (with_filters)
		n = filters(p, n);
	p->depth--;
	return n;
}

/* Binary operators that group from the left, by how tightly they bind. */
static struct node *
binary(struct parse *p, int level)
{
	static const int ops[3][5] = {
		{ '+', '-' },
		{ '*', '/', OP_FLOORDIV, '%' },
		{ OP_POW },
	};
	struct node *left, *n, **end;

	if (level == 3)
		return unary(p, true);
	if (level == 1) { /* ~ stands between + and * */
		left = binary(p, 4);
		if (!is_op(p->t, '~'))
			return left;
		n = node(p, E_CONCAT);
		end = append(&n->list, left);
		while (skip_op(p, '~'))
			end = append(end, binary(p, 4));
		return n;
	}
	const int *op = ops[level == 4 ? 1 : level];
	int next = level == 0 ? 1 : level == 4 ? 2 : 3;

	left = binary(p, next);
	for (unsigned links = 0;; links++) {
		int found = 0;

		if (links > 4 * JINJA_NEST)
			wrong(p, "too many operators in a row");
		for (int i = 0; i < 5 && op[i]; i++)
			if (is_op(p->t, op[i]))
				found = op[i];
		if (!found)
			return left;
		n = node(p, E_BIN);
		p->t++;
		n->op = (uint16_t)found;
		n->a = left;
		n->b = binary(p, next);
		left = n;
	}
}

static int
comparison(struct parse *p)
{
	static const int ops[] = { OP_EQ, OP_NE, OP_LE, OP_GE, '<', '>' };

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (skip_op(p, ops[i]))
			return ops[i];
	if (skip_name(p, "in"))
		return OP_IN;
	if (is_name(p->t, "not") && is_name(p->t + 1, "in")) {
		p->t += 2;
		return OP_NOT_IN;
	}
	return 0;
}

static struct node *
compare(struct parse *p)
{
	struct node *first, *n, **end;
	int op;

	if (is_name(p->t, "not")) {
		deeper(p);
		n = node(p, E_NOT);
		p->t++;
		n->a = compare(p);
		p->depth--;
		return n;
	}
	n = node(p, E_CMP);
	end = &n->list;
	first = binary(p, 0);
	while ((op = comparison(p))) {
		struct node *right = binary(p, 0), *link = node(p, E_ARG);

		link->op = (uint16_t)op;
		link->a = right;
		end = append(end, link);
	}
	n->a = first;
	return n->list ? n : first;
}

static struct node *
junction(struct parse *p, int kind)
{
	const char *word = kind == E_AND ? "and" : "or";
	struct node *left = kind == E_AND ? compare(p) : junction(p, E_AND), *n;

	for (unsigned links = 0; is_name(p->t, word); links++) {
		if (links > 4 * JINJA_NEST)
			wrong(p, "too many operators in a row");
		n = node(p, kind);
		p->t++;
		n->a = left;
		n->b = kind == E_AND ? compare(p) : junction(p, E_AND);
		left = n;
	}
	return left;
}

static struct node *
expression(struct parse *p)
{
	struct node *n, *cond;

	deeper(p);
	n = junction(p, E_OR);
	while (skip_name(p, "if")) {
		cond = node(p, E_COND);
		cond->b = n;
		cond->a = junction(p, E_OR);
		if (skip_name(p, "else"))
			cond->c = expression(p);
		n = cond;
	}
	p->depth--;
	return n;
}

/* ---- statements ---- */
static struct node *
target_one(struct parse *p, bool members)
{
	struct node *n;

	if (skip_op(p, '(')) {
		struct node **end;

		deeper(p);
		n = node(p, E_TUPLE);
		end = &n->list;
		do {
			if (is_op(p->t, ')'))
				break;
			end = append(end, target_one(p, members));
		} while (skip_op(p, ','));
		want_op(p, ')');
		p->depth--;
		return n;
	}
	n = node(p, E_NAME);
	n->text = want_name(p);
	if (members && skip_op(p, '.')) {
		struct node *of = n;

		n = node(p, E_ATTR);
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
	n = node(p, E_TUPLE);
	end = append(&n->list, first);
	while (skip_op(p, ',')) {
		if (is_name(p->t, "in") || is_op(p->t, '='))
			break;
		end = append(end, target_one(p, members));
	}
	return n;
}

static struct node *
body(struct parse *p, const char *const *until)
{
	struct node *n;

	want_block_end(p);
	deeper(p);
	n = statements(p, until);
	p->depth--;
	return n;
}

#define UNTIL(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct node *
s_if(struct parse *p)
{
	struct node *n = node(p, S_IF), *at = n;

	n->a = tuple(p, false);
	n->body = body(p, UNTIL("elif", "else", "endif"));
	while (skip_name(p, "elif")) {
		at->op = 1;
		at->b = node(p, S_IF);
		at = at->b;
		at->a = tuple(p, false);
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
	struct node *n = node(p, S_FOR);

	n->a = target(p, false);
	if (!skip_name(p, "in"))
		unexpected(p, "'in'");
	/* without "x if c", which is the loop's own condition here */
	n->b = junction(p, E_OR);
	if (is_op(p->t, ',')) {
		struct node *many = node(p, E_TUPLE), **end;

		end = append(&many->list, n->b);
		while (skip_op(p, ',') && p->t->type != T_BLOCK_END)
			end = append(end, junction(p, E_OR));
		n->b = many;
	}
	if (skip_name(p, "if"))
		n->c = expression(p);
	if (is_name(p->t, "recursive"))
		wrong(p, "recursive loops are not supported");
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
		n = filter(p, n);
	return n;
}

static struct node *
s_set(struct parse *p)
{
	struct node *n = node(p, S_SET);

	n->a = target(p, true);
	if (skip_op(p, '=')) {
		n->b = tuple(p, false);
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
		n = node(p, E_ARG);
		n->text = want_name(p);
		if (skip_op(p, '=')) {
			n->a = expression(p);
			optional = true;
		} else if (optional) {
			wrong(p, "a parameter without a default after one "
				 "with a default");
		}
		end = append(end, n);
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
	struct node *n = node(p, S_MACRO);

	n->text = want_name(p);
	n->list = parameters(p);
	macro_body(p, n, "endmacro");
	return n;
}

static struct node *
s_call(struct parse *p)
{
	struct node *n = node(p, S_CALL);

	n->text = STR("caller");
	if (is_op(p->t, '('))
		n->list = parameters(p);
	n->a = expression(p);
	if (n->a->kind != E_CALL)
		wrong(p, "a call block without a call");
	macro_body(p, n, "endcall");
	return n;
}

static struct node *
s_filter(struct parse *p)
{
	struct node *n = node(p, S_FILTER);

	n->b = filter(p, NULL);
	while (skip_op(p, '|'))
		n->b = filter(p, n->b);
	n->body = body(p, UNTIL("endfilter"));
	p->t++;
	return n;
}

static struct node *
s_with(struct parse *p)
{
	struct node *n = node(p, S_WITH), **end = &n->list, *v;

	while (p->t->type != T_BLOCK_END) {
		if (n->list)
			want_op(p, ',');
		v = node(p, E_ARG);
		v->b = target_one(p, false);
		want_op(p, '=');
		v->a = expression(p);
		end = append(end, v);
	}
	n->body = body(p, UNTIL("endwith"));
	p->t++;
	return n;
}

static struct node *
s_generation(struct parse *p)
{
	struct node *n = node(p, S_SCOPE);

	macro_body(p, n, "endgeneration");
	return n;
}

static struct node *
s_jump(struct parse *p)
{
	struct node *n =
	    node(p, is_name(p->t - 1, "break") ? S_BREAK : S_CONTINUE);

	if (!p->loops)
		wrong(p, "'%.*s' outside a loop", (int)p->t[-1].s.n,
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
	wrong(p, "the statement '%.*s' is not supported",
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
			n = node(p, S_TEXT);
			n->text = p->t++->s;
			break;
		case T_VAR_BEGIN:
			n = node(p, S_OUT);
			p->t++;
			n->a = tuple(p, false);
			if (p->t->type != T_VAR_END)
				unexpected(p, "}}");
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
				wrong(p, "'%s' is missing",
				    until[1] ? until[1 + !!until[2]]
					     : until[0]);
			return first;
		}
		end = append(end, n);
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
