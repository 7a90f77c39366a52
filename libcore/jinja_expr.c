/* Tokens to a tree: what is shared, and expressions. */
#include <stdio.h>
#include <string.h>

#include "libcore/jinja_parse.h"

static struct node *unary(struct parse *, bool filters);

_Noreturn void
parse_wrong(struct parse *p, const char *fmt, ...)
{
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	err_set(p->e, "line %u: %s", p->t->line, why);
	longjmp(p->stop, 1);
}

void
parse_deeper(struct parse *p)
{
	if (++p->depth > JINJA_NEST)
		parse_wrong(p, "the template nests too deeply");
}

struct node *
parse_node(struct parse *p, int kind)
{
	struct node *n = arena_take(p->mem, sizeof *n);

	n->kind = (uint8_t)kind;
	n->line = p->t->line;
	return n;
}

bool
is_op(const struct token *t, int op)
{
	return t->type == T_OP && t->op == op;
}

bool
is_name(const struct token *t, const char *s)
{
	return t->type == T_NAME && str_eq(t->s, s);
}

bool
skip_op(struct parse *p, int op)
{
	if (!is_op(p->t, op))
		return false;
	p->t++;
	return true;
}

bool
skip_name(struct parse *p, const char *s)
{
	if (!is_name(p->t, s))
		return false;
	p->t++;
	return true;
}

_Noreturn void
parse_unexpected(struct parse *p, const char *want)
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
		parse_wrong(p, "%s expected, not %s", want, what[p->t->type]);
	parse_wrong(p, "%s expected, not '%.*s'", want,
	    (int)(p->t->s.n > 60 ? 60 : p->t->s.n), p->t->s.s);
}

void
want_op(struct parse *p, int op)
{
	char what[4] = { '\'', (char)op, '\'', 0 };

	if (!skip_op(p, op))
		parse_unexpected(p, what);
}

struct str
want_name(struct parse *p)
{
	if (p->t->type != T_NAME)
		parse_unexpected(p, "a name");
	return p->t++->s;
}

void
want_block_end(struct parse *p)
{
	if (p->t->type != T_BLOCK_END)
		parse_unexpected(p, "%}");
	p->t++;
}

struct node **
node_append(struct node **end, struct node *n)
{
	*end = n;
	return &n->next;
}

static struct node *
constant(struct parse *p, struct val v)
{
	struct node *n = parse_node(p, E_CONST);

	n->v = v;
	return n;
}

/* Items up to the bracket `shut`, commas between them. */
static struct node *
display(struct parse *p, int kind, int shut)
{
	struct node *n = parse_node(p, kind), **end = &n->list;

	while (!skip_op(p, shut)) {
		if (n->list)
			want_op(p, ',');
		if (skip_op(p, shut))
			break;
		end = node_append(end, parse_expression(p));
		if (kind == E_DICT) {
			want_op(p, ':');
			end = node_append(end, parse_expression(p));
		}
	}
	return n;
}

struct node *
parse_tuple(struct parse *p, bool empty)
{
	struct node *n = parse_node(p, E_TUPLE), **end = &n->list, *first;

	if (empty && is_op(p->t, ')'))
		return n;
	first = parse_expression(p);
	if (!is_op(p->t, ','))
		return first;
	end = node_append(end, first);
	while (skip_op(p, ',')) {
		if (p->t->type == T_BLOCK_END || p->t->type == T_VAR_END ||
		    is_op(p->t, ')'))
			break;
		end = node_append(end, parse_expression(p));
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
	struct node *n = parse_node(p, E_NAME);

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
			parse_wrong(p, "a malformed number");
		n = constant(p, v);
		p->t++;
		return n;
	case T_REAL:
		if (!text_parse_real(p->t->s, &r))
			parse_wrong(p, "a malformed number");
		n = constant(p, v_real(r));
		p->t++;
		return n;
	default:
		break;
	}
	if (skip_op(p, '(')) {
		n = parse_tuple(p, true);
		want_op(p, ')');
		return n;
	}
	if (skip_op(p, '['))
		return display(p, E_LIST, ']');
	if (skip_op(p, '{'))
		return display(p, E_DICT, '}');
	parse_unexpected(p, "an expression");
}

static struct node *
part(struct parse *p)
{
	if (is_op(p->t, ':') || is_op(p->t, ']') || is_op(p->t, ','))
		return NULL;
	return parse_expression(p);
}

static struct node *
subscribed(struct parse *p)
{
	struct node *n = parse_node(p, E_SLICE), *first = part(p);

	if (!is_op(p->t, ':')) {
		if (!first)
			parse_unexpected(p, "an expression");
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
	struct node *n = parse_node(p, E_ITEM), **end;

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
		struct node *many = parse_node(p, E_TUPLE);

		end = node_append(&many->list, n->b);
		while (skip_op(p, ',') && !is_op(p->t, ']'))
			end = node_append(end, subscribed(p));
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
		n = parse_node(p, E_ARG);
		if (skip_op(p, '*'))
			n->op = ARG_STAR;
		else if (skip_op(p, OP_POW))
			n->op = ARG_STAR2;
		else if (p->t->type == T_NAME && is_op(p->t + 1, '=')) {
			n->op = ARG_NAMED;
			n->text = want_name(p);
			p->t++;
		} else if (named) {
			parse_wrong(
			    p, "an argument without a name after named ones");
		}
		named |= n->op == ARG_NAMED || n->op == ARG_STAR2;
		n->a = parse_expression(p);
		end = node_append(end, n);
	}
	return first;
}

static struct node *
call(struct parse *p, struct node *of)
{
	struct node *n = parse_node(p, E_CALL);

	n->a = of;
	n->list = arguments(p);
	return n;
}

static struct node *
postfix(struct parse *p, struct node *n)
{
	for (unsigned links = 0;; links++) {
		if (links > JINJA_NEST)
			parse_wrong(p, "too many subscripts in a row");
		if (is_op(p->t, '.') || is_op(p->t, '['))
			n = subscript(p, n);
		else if (is_op(p->t, '('))
			n = call(p, n);
		else
			return n;
	}
}

struct node *
parse_filter(struct parse *p, struct node *of)
{
	struct node *n = parse_node(p, E_FILTER);

	n->a = of;
	n->text = want_name(p);
	if (is_op(p->t, '('))
		n->list = arguments(p);
	return n;
}

static struct node *
test(struct parse *p, struct node *of)
{
	struct node *n = parse_node(p, E_TEST), *arg, *not_;
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
			parse_wrong(p, "tests cannot be chained with 'is'");
		arg = parse_node(p, E_ARG);
		arg->a = postfix(p, primary(p));
		n->list = arg;
	}
	if (!negated)
		return n;
	not_ = parse_node(p, E_NOT);
	not_->a = n;
	return not_;
}

static struct node *
filters(struct parse *p, struct node *n)
{
	for (unsigned links = 0;; links++) {
		if (links > JINJA_NEST)
			parse_wrong(p, "too many filters in a row");
		if (skip_op(p, '|'))
			n = parse_filter(p, n);
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

	parse_deeper(p);
	if (is_op(p->t, '-') || is_op(p->t, '+')) {
		n = parse_node(p, is_op(p->t, '-') ? E_NEG : E_POS);
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
		n = parse_node(p, E_CONCAT);
		end = node_append(&n->list, left);
		while (skip_op(p, '~'))
			end = node_append(end, binary(p, 4));
		return n;
	}
	const int *op = ops[level == 4 ? 1 : level];
	int next = level == 0 ? 1 : level == 4 ? 2 : 3;

	left = binary(p, next);
	for (unsigned links = 0;; links++) {
		int found = 0;

		if (links > 4 * JINJA_NEST)
			parse_wrong(p, "too many operators in a row");
		for (int i = 0; i < 5 && op[i]; i++)
			if (is_op(p->t, op[i]))
				found = op[i];
		if (!found)
			return left;
		n = parse_node(p, E_BIN);
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
		parse_deeper(p);
		n = parse_node(p, E_NOT);
		p->t++;
		n->a = compare(p);
		p->depth--;
		return n;
	}
	n = parse_node(p, E_CMP);
	end = &n->list;
	first = binary(p, 0);
	while ((op = comparison(p))) {
		struct node *right = binary(p, 0), *link = parse_node(p, E_ARG);

		link->op = (uint16_t)op;
		link->a = right;
		end = node_append(end, link);
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
			parse_wrong(p, "too many operators in a row");
		n = parse_node(p, kind);
		p->t++;
		n->a = left;
		n->b = kind == E_AND ? compare(p) : junction(p, E_AND);
		left = n;
	}
	return left;
}

struct node *
parse_or(struct parse *p)
{
	return junction(p, E_OR);
}

struct node *
parse_expression(struct parse *p)
{
	struct node *n, *cond;

	parse_deeper(p);
	n = parse_or(p);
	while (skip_name(p, "if")) {
		cond = parse_node(p, E_COND);
		cond->b = n;
		cond->a = parse_or(p);
		if (skip_name(p, "else"))
			cond->c = parse_expression(p);
		n = cond;
	}
	p->depth--;
	return n;
}
