/* Tests: x is NAME, x is NAME(arguments). */
#include <string.h>

#include "libcore/jinja_in.h"

static bool
t_sequence(struct val v)
{
	switch (v.type) {
	case V_UNDEF:
	case V_STR:
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_DICT:
		return true;
	default:
		return false;
	}
}

static bool
t_callable(struct val v)
{
	return v.type == V_MACRO || v.type == V_FUNC || v.type == V_METHOD ||
	       v.type == V_UNDEF || v.type == V_JOINER;
}

static bool
t_case(struct rt *r, struct val v, int how)
{
	struct str s = v_text(r, v);
	struct str other = text_all(r, s, how == 'l' ? 'u' : 'l');

	/* some letter has a case, and none the other one */
	return str_same(text_all(r, s, how), s) && !str_same(other, s);
}

static bool
leaves(struct rt *r, struct val v, struct val by, int64_t rest)
{
	return v_equal(r, v_binary(r, '%', v, by), v_int(rest));
}

static bool
same_as(struct val a, struct val b)
{
	if (a.type != b.type)
		return false;
	switch (a.type) {
	case V_NONE:
		return true;
	case V_BOOL:
		return a.b == b.b;
	case V_INT:
		return a.i == b.i;
	case V_STR:
		return str_same(a.s, b.s);
	case V_REAL:
		return a.r == b.r;
	default:
		return a.d == b.d;
	}
}

enum test {
	T_DEFINED,
	T_UNDEFINED,
	T_NONE,
	T_TRUE,
	T_FALSE,
	T_BOOLEAN,
	T_STR,
	T_NUMBER,
	T_INTEGER,
	T_FLOAT,
	T_MAPPING,
	T_ITERABLE,
	T_SEQUENCE,
	T_CALLABLE,
	T_ODD,
	T_EVEN,
	T_LOWER,
	T_UPPER,
	T_ESCAPED,
	T_DIVISIBLE, /* from here on with one argument */
	T_EQ,
	T_NE,
	T_LT,
	T_LE,
	T_GT,
	T_GE,
	T_IN,
	T_SAME,
};

static const struct {
	const char *name;
	enum test test;
} tests[] = {
	{ "defined", T_DEFINED },
	{ "undefined", T_UNDEFINED },
	{ "none", T_NONE },
	{ "true", T_TRUE },
	{ "false", T_FALSE },
	{ "boolean", T_BOOLEAN },
	{ "string", T_STR },
	{ "number", T_NUMBER },
	{ "integer", T_INTEGER },
	{ "float", T_FLOAT },
	{ "mapping", T_MAPPING },
	{ "iterable", T_ITERABLE },
	{ "sequence", T_SEQUENCE },
	{ "callable", T_CALLABLE },
	{ "odd", T_ODD },
	{ "even", T_EVEN },
	{ "lower", T_LOWER },
	{ "upper", T_UPPER },
	{ "escaped", T_ESCAPED },
	{ "divisibleby", T_DIVISIBLE },
	{ "eq", T_EQ },
	{ "equalto", T_EQ },
	{ "==", T_EQ },
	{ "ne", T_NE },
	{ "!=", T_NE },
	{ "lt", T_LT },
	{ "lessthan", T_LT },
	{ "<", T_LT },
	{ "le", T_LE },
	{ "<=", T_LE },
	{ "gt", T_GT },
	{ "greaterthan", T_GT },
	{ ">", T_GT },
	{ "ge", T_GE },
	{ ">=", T_GE },
	{ "in", T_IN },
	{ "sameas", T_SAME },
};

static bool
plain(struct rt *r, enum test t, struct val v)
{
	switch (t) {
	case T_DEFINED:
		return v.type != V_UNDEF;
	case T_UNDEFINED:
		return v.type == V_UNDEF;
	case T_NONE:
		return v.type == V_NONE;
	case T_TRUE:
		return v.type == V_BOOL && v.b;
	case T_FALSE:
		return v.type == V_BOOL && !v.b;
	case T_BOOLEAN:
		return v.type == V_BOOL;
	case T_STR:
		return v.type == V_STR;
	case T_NUMBER:
		return v.type == V_INT || v.type == V_BIG || v.type == V_BOOL ||
		       v.type == V_REAL;
	case T_INTEGER:
		return v.type == V_INT || v.type == V_BIG;
	case T_FLOAT:
		return v.type == V_REAL;
	case T_MAPPING:
		return v.type == V_DICT;
	case T_ITERABLE:
		return v_iterable(v);
	case T_SEQUENCE:
		return t_sequence(v);
	case T_CALLABLE:
		return t_callable(v);
	case T_ODD:
	case T_EVEN:
		return leaves(r, v, v_int(2), t == T_ODD);
	case T_LOWER:
	case T_UPPER:
		return t_case(r, v, t == T_LOWER ? 'l' : 'u');
	default:
		return v.type == V_STR && v.of;
	}
}

static bool
with(struct rt *r, enum test t, struct val v, struct val arg)
{
	switch (t) {
	case T_DIVISIBLE:
		return leaves(r, v, arg, 0);
	case T_EQ:
		return v_equal(r, v, arg);
	case T_NE:
		return !v_equal(r, v, arg);
	case T_LT:
		return v_compare(r, v, arg, "<") == -1;
	case T_LE:
		return v_compare(r, v, arg, "<=") <= 0;
	case T_GT:
		return v_compare(r, v, arg, ">") == 1;
	case T_GE:
		return !(v_compare(r, v, arg, ">=") & ~1);
	case T_IN:
		return v_in(r, v, arg);
	default:
		return same_as(v, arg);
	}
}

bool
test_apply(struct rt *r, struct str name, struct val v, struct args *a)
{
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		size_t want = tests[i].test >= T_DIVISIBLE;

		if (!str_eq(name, tests[i].name))
			continue;
		if (a->nkw || a->n != want)
			fail(r, "the test '%s' takes %zu arguments",
			    tests[i].name, want);
		return want ? with(r, tests[i].test, v, a->v[0])
			    : plain(r, tests[i].test, v);
	}
	fail(r, "the test '%.*s' is not supported",
	    (int)(name.n > 60 ? 60 : name.n), name.s);
}
