/* Operators, and the members and parts of values. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libcore/jinja_in.h"

_Noreturn static void
no_operator(struct rt *r, const char *op, struct val a, struct val b)
{
	if (a.type == V_UNDEF)
		v_undefined(r, a);
	if (b.type == V_UNDEF)
		v_undefined(r, b);
	if (a.type == V_BIG || b.type == V_BIG)
		fail(r, "arithmetic beyond 64 bits is not supported");
	fail(r, "'%s' between '%s' and '%s'", op, v_type(a), v_type(b));
}

static struct val
joined(struct rt *r, struct val a, struct val b)
{
	struct sb s = { 0 };
	struct val v;

	if (a.of || b.of) {
		a = v_safe(r, a);
		b = v_safe(r, b);
	}
	sb_put(r, &s, a.s);
	sb_put(r, &s, b.s);
	v = v_str(sb_text(&s));
	v.of = a.of;
	return v;
}

static struct val
appended(struct rt *r, struct val a, struct val b)
{
	struct seq *q = seq_new(r, a.q->n + b.q->n);

	for (size_t i = 0; i < a.q->n; i++)
		seq_add(r, q, a.q->v[i]);
	for (size_t i = 0; i < b.q->n; i++)
		seq_add(r, q, b.q->v[i]);
	return v_seq(a.type, q);
}

static struct val
repeated(struct rt *r, struct val v, int64_t times)
{
	struct sb s = { 0 };
	struct seq *q;

	if (v.type == V_STR) {
		for (; times > 0 && v.s.n; times--)
			sb_put(r, &s, v.s);
		return (
		    struct val){ .type = V_STR, .of = v.of, .s = sb_text(&s) };
	}
	q = seq_new(r, 0);
	for (; times > 0 && v.q->n; times--)
		for (size_t i = 0; i < v.q->n; i++)
			seq_add(r, q, v.q->v[i]);
	return v_seq(v.type, q);
}

static struct val
whole(struct rt *r, int op, int64_t a, int64_t b)
{
	int64_t c = 0, m;
	bool over = false;

	switch (op) {
	case '+':
		over = __builtin_add_overflow(a, b, &c);
		break;
	case '-':
		over = __builtin_sub_overflow(a, b, &c);
		break;
	case '*':
		over = __builtin_mul_overflow(a, b, &c);
		break;
	case OP_POW:
		for (c = 1; b > 0 && !over; b--) {
			charge(r, 1);
			over = __builtin_mul_overflow(c, a, &c);
		}
		break;
	default:
		if (b == 0)
			fail(r, "division by zero");
		if (b == -1 && op == OP_FLOORDIV) {
			over = __builtin_sub_overflow((int64_t)0, a, &c);
			break;
		}
		m = b == -1 ? 0 : a % b;
		c = op == '%' ? m : a / b;
		if (m && (m < 0) != (b < 0))
			c += op == '%' ? b : -1;
	}
	if (over)
		fail(r, "arithmetic beyond 64 bits is not supported");
	return v_int(c);
}

static struct val
reals(struct rt *r, int op, double a, double b)
{
	double m, d;

	switch (op) {
	case '+':
		return v_real(a + b);
	case '-':
		return v_real(a - b);
	case '*':
		return v_real(a * b);
	case OP_POW:
		if (a == 0 && b < 0)
			fail(r, "zero to a negative power");
		return v_real(pow(a, b));
	default:
		break;
	}
	if (b == 0)
		fail(r, "division by zero");
	if (op == '/')
		return v_real(a / b);
	m = fmod(a, b);
	d = (a - m) / b;
	if (m != 0 && (m < 0) != (b < 0)) {
		m += b;
		d -= 1;
	} else if (m == 0) {
		m = copysign(0, b);
	}
	if (op == '%')
		return v_real(m);
	if (d == 0)
		return v_real(copysign(0, a / b));
	return v_real(d - floor(d) > 0.5 ? floor(d) + 1 : floor(d));
}

static bool
listlike(struct val v)
{
	return v.type == V_LIST || v.type == V_TUPLE;
}

struct val
v_binary(struct rt *r, int op, struct val a, struct val b)
{
	static const char *const two[] = { [OP_FLOORDIV - OP_EQ] = "//",
		[OP_POW - OP_EQ] = "**" };
	char one[2] = { (char)op, 0 };
	int64_t i, j;
	double x, y;

	if (op == '%' && a.type == V_STR)
		return v_str(text_percent(r, a.s, b));
	if (op == '+' && a.type == V_STR && b.type == V_STR)
		return joined(r, a, b);
	if (op == '+' && listlike(a) && a.type == b.type)
		return appended(r, a, b);
	if (op == '*' && v_whole(b, &j) && (a.type == V_STR || listlike(a)))
		return repeated(r, a, j);
	if (op == '*' && v_whole(a, &i) && (b.type == V_STR || listlike(b)))
		return repeated(r, b, i);
	if (v_whole(a, &i) && v_whole(b, &j) && op != '/' &&
	    !(op == OP_POW && j < 0))
		return whole(r, op, i, j);
	if (!v_number(a, &x) || !v_number(b, &y) ||
	    (op != '/' && a.type != V_REAL && b.type != V_REAL && op != OP_POW))
		no_operator(r, op < 256 ? one : two[op - OP_EQ], a, b);
	return reals(r, op, x, y);
}

bool
v_related(struct rt *r, int op, struct val a, struct val b)
{
	int c; /* 2 where a NaN is among them: no order at all */

	switch (op) {
	case OP_EQ:
		return v_equal(r, a, b);
	case OP_NE:
		return !v_equal(r, a, b);
	case OP_IN:
		return v_in(r, a, b);
	case OP_NOT_IN:
		return !v_in(r, a, b);
	case '<':
		return v_compare(r, a, b, "<") == -1;
	case '>':
		return v_compare(r, a, b, ">") == 1;
	case OP_LE:
		return v_compare(r, a, b, "<=") <= 0;
	default:
		c = v_compare(r, a, b, ">=");
		return c == 0 || c == 1;
	}
}

struct val
v_signed(struct rt *r, bool minus, struct val v)
{
	struct sb text = { 0 };
	int64_t i;

	if (v.type == V_REAL)
		return v_real(minus ? -v.r : v.r);
	if (v.type == V_BIG && minus) {
		if (v.s.s[0] == '-')
			v.s = (struct str){ v.s.s + 1, v.s.n - 1 };
		else
			sb_char(r, &text, '-');
		sb_put(r, &text, v.s);
		v.s = sb_text(&text);
		text_parse_int(v.s, 10, &v);
		return v;
	}
	if (v.type == V_BIG)
		return v;
	if (v_whole(v, &i))
		return minus ? whole(r, '-', 0, i) : v_int(i);
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	fail(r, "a sign before a '%s'", v_type(v));
}

/* ---- members ---- */
static struct val
loop_attr(struct rt *r, struct val v, struct str name)
{
	static const char *const names[] = { "index", "index0", "revindex",
		"revindex0", "first", "last", "length", "depth", "depth0",
		"previtem", "nextitem" };
	const struct loop *l = v.l;
	int64_t i = (int64_t)l->i, n = (int64_t)l->q->n;
	const struct method *m = method_find(V_LOOP, name);
	struct bound *b;
	size_t which = 0;

	if (m) {
		b = take(r, sizeof *b);
		*b = (struct bound){ v, m };
		return (struct val){ .type = V_METHOD, .m = b };
	}
	while (which < 11 && !str_eq(name, names[which]))
		which++;
	switch (which) {
	case 0:
		return v_int(i + 1);
	case 1:
		return v_int(i);
	case 2:
		return v_int(n - i);
	case 3:
		return v_int(n - i - 1);
	case 4:
		return v_bool(i == 0);
	case 5:
		return v_bool(i == n - 1);
	case 6:
		return v_int(n);
	case 7: /* of recursive loops only */
	case 8:
		return v_int(which == 7);
	case 9:
		return i ? l->q->v[i - 1] : v_undef(name, U_MEMBER);
	case 10:
		return i < n - 1 ? l->q->v[i + 1] : v_undef(name, U_MEMBER);
	default:
		return v_undef(name, U_MEMBER);
	}
}

/* What Python's getattr finds; false where it finds nothing. */
static bool
attribute(struct rt *r, struct val v, struct str name, struct val *out)
{
	static const char *const changes[] = { "append", "clear", "pop",
		"popitem", "setdefault", "update", "reverse", "insert", "sort",
		"extend", "remove" };
	const struct method *m = method_find(v.type, name);
	struct bound *b;

	if (name.n > 4 && !memcmp(name.s, "__", 2) &&
	    !memcmp(name.s + name.n - 2, "__", 2)) {
		*out = v_undef(name, U_UNSAFE);
		return true;
	}
	if (m) {
		b = take(r, sizeof *b);
		*b = (struct bound){ v, m };
		*out = (struct val){ .type = V_METHOD, .m = b };
		return true;
	}
	/* The sandbox hides what would change a list or a mapping. */
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		bool map = (i >= 1 && i <= 5), list = i <= 2 || i >= 6;

		if (str_eq(name, changes[i]) &&
		    ((v.type == V_DICT && map) || (v.type == V_LIST && list))) {
			*out = v_undef(name, U_UNSAFE);
			return true;
		}
	}
	if (v.type == V_LOOP) {
		*out = loop_attr(r, v, name);
		return out->type != V_UNDEF || str_eq(name, "previtem") ||
		       str_eq(name, "nextitem");
	}
	if (v.type == V_NS) {
		struct val *have = dict_get(r, v.d, v_str(name));

		if (have)
			*out = *have;
		return have;
	}
	if (v.type == V_TUPLE && v.of) { /* of groupby */
		if (!str_eq(name, "grouper") && !str_eq(name, "list"))
			return false;
		*out = v.q->v[str_eq(name, "list")];
		return true;
	}
	if (v.type == V_MACRO && str_eq(name, "name")) {
		*out = v_str(v.f->node->text);
		return true;
	}
	return false;
}

static bool
element(struct rt *r, struct val v, struct val key, struct val *out)
{
	struct val *have;
	int64_t i, n;
	size_t at;

	if (v.type == V_DICT) {
		if (key.type == V_LIST || key.type == V_DICT)
			return false;
		have = dict_get(r, v.d, key);
		if (have)
			*out = *have;
		return have;
	}
	if (!v_whole(key, &i))
		return false;
	if (v.type == V_STR) {
		n = (int64_t)text_len(r, v.s);
		i += i < 0 ? n : 0;
		if (i < 0 || i >= n)
			return false;
		at = text_at(v.s, 0, (size_t)i);
		*out = v_str(
		    (struct str){ v.s.s + at, text_next(v.s, at, NULL) - at });
		return true;
	}
	if (!listlike(v) && v.type != V_RANGE)
		return false;
	n = (int64_t)v.q->n;
	i += i < 0 ? n : 0;
	if (i < 0 || i >= n)
		return false;
	*out = v.q->v[i];
	return true;
}

struct val
v_attr(struct rt *r, struct val v, struct str name)
{
	struct val out;

	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (attribute(r, v, name, &out) || element(r, v, v_str(name), &out))
		return out;
	return v_undef(name, U_MEMBER);
}

struct val
v_item(struct rt *r, struct val v, struct val key)
{
	struct val out;

	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (element(r, v, key, &out) ||
	    (key.type == V_STR && attribute(r, v, key.s, &out)))
		return out;
	return v_undef(key.type == V_STR ? key.s : STR("[...]"), U_MEMBER);
}

/* Bounds of a slice as Python's slice.indices(n) gives them. */
static int64_t
bound(struct rt *r, struct val v, int64_t n, int64_t step, int64_t otherwise)
{
	int64_t i;

	if (v.type == V_NONE)
		return otherwise;
	i = arg_int(r, "a slice", v);
	if (i < 0)
		i = i < -n ? (step < 0 ? -1 : 0) : i + n;
	if (i < 0)
		i = step < 0 ? -1 : 0;
	if (i >= n)
		i = step < 0 ? n - 1 : n;
	return i;
}

struct val
v_slice(struct rt *r, struct val v, const struct val part[3])
{
	int64_t n, step = 1, from, to;
	struct seq *all, *q;
	struct sb text = { 0 };

	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (v.type != V_STR && !listlike(v) && v.type != V_RANGE)
		fail(r, "a slice of a '%s'", v_type(v));
	if (part[2].type != V_NONE)
		step = arg_int(r, "a slice", part[2]);
	if (!step)
		fail(r, "a slice's step is zero");
	n = (int64_t)v_len(r, v);
	from = bound(r, part[0], n, step, step < 0 ? n - 1 : 0);
	to = bound(r, part[1], n, step, step < 0 ? -1 : n);
	if (v.type == V_STR && step == 1) {
		size_t a = text_at(v.s, 0, (size_t)from), b = a;

		if (to > from)
			b = text_at(v.s, a, (size_t)(to - from));
		return (struct val){
			.type = V_STR, .of = v.of, .s = { v.s.s + a, b - a }
		};
	}
	all = v_items(r, v);
	q = seq_new(r, 0);
	while (step > 0 ? from < to : from > to) {
		seq_add(r, q, all->v[from]);
		if (__builtin_add_overflow(from, step, &from))
			break;
	}
	if (v.type != V_STR)
		return (struct val){ .type = v.type,
			.of = v.type == V_RANGE, /* not as range() made it */
			.q = q };
	for (size_t i = 0; i < q->n; i++)
		sb_put(r, &text, q->v[i].s);
	return v_str(sb_text(&text));
}
