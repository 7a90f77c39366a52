/* Python's values: what they are, compared, looped over. */
#include <math.h>
#include <string.h>

#include "libcore/jinja_in.h"

const char *
v_type(struct val v)
{
	static const char *const names[] = {
		[V_UNDEF] = "Undefined",
		[V_NONE] = "NoneType",
		[V_BOOL] = "bool",
		[V_INT] = "int",
		[V_BIG] = "int",
		[V_REAL] = "float",
		[V_STR] = "str",
		[V_LIST] = "list",
		[V_TUPLE] = "tuple",
		[V_RANGE] = "range",
		[V_VIEW] = "dict view",
		[V_ITER] = "generator",
		[V_DICT] = "dict",
		[V_NS] = "Namespace",
		[V_MACRO] = "Macro",
		[V_FUNC] = "function",
		[V_METHOD] = "method",
		[V_LOOP] = "LoopContext",
		[V_JOINER] = "Joiner",
	};

	return names[v.type];
}

void
v_undefined(struct rt *r, struct val v)
{
	int n = (int)(v.s.n > 100 ? 100 : v.s.n);

	switch (v.of) {
	case U_MEMBER:
		fail(r, "there is no member '%.*s'", n, v.s.s);
	case U_UNSAFE:
		fail(r, "access to '%.*s' is unsafe", n, v.s.s);
	case U_PARAM:
		fail(r, "parameter '%.*s' was not given", n, v.s.s);
	case U_COND:
		fail(r, "an if expression without else was false");
	default:
		fail(r, "'%.*s' is undefined", n, v.s.s);
	}
}

bool
v_true(struct val v)
{
	switch (v.type) {
	case V_UNDEF:
	case V_NONE:
		return false;
	case V_BOOL:
		return v.b;
	case V_INT:
		return v.i != 0;
	case V_REAL:
		return v.r != 0;
	case V_STR:
		return v.s.n != 0;
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		return v.q->n != 0;
	case V_DICT:
		return v.d->n != 0;
	default:
		return true;
	}
}

bool
v_whole(struct val v, int64_t *i)
{
	if (v.type != V_INT && v.type != V_BOOL)
		return false;
	*i = v.type == V_BOOL ? v.b : v.i;
	return true;
}

bool
v_number(struct val v, double *x)
{
	int64_t i;

	if (v.type == V_REAL)
		return *x = v.r, true;
	if (v.type == V_BIG)
		return num_parse(v.s, x);
	if (!v_whole(v, &i))
		return false;
	*x = (double)i;
	return true;
}

static bool
is_int(struct val v)
{
	return v.type == V_INT || v.type == V_BOOL || v.type == V_BIG;
}

/* Digits of two whole numbers beyond 64 bits. */
static int
big_compare(struct str a, struct str b)
{
	bool minus = a.s[0] == '-';
	int c;

	if (minus != (b.s[0] == '-'))
		return minus ? -1 : 1;
	c = a.n != b.n ? (a.n < b.n ? -1 : 1) : memcmp(a.s, b.s, a.n);
	c = c < 0 ? -1 : c > 0;
	return minus ? -c : c;
}

/* -1, 0, 1; 2 where a NaN is among them. */
static int
number_compare(struct val a, struct val b)
{
	double x = 0, y = 0;
	int64_t i, j;

	if (v_whole(a, &i) && v_whole(b, &j))
		return i < j ? -1 : i > j;
	if (a.type == V_BIG && b.type == V_BIG)
		return big_compare(a.s, b.s);
	if (a.type == V_BIG && v_whole(b, &j))
		return a.s.s[0] == '-' ? -1 : 1;
	if (b.type == V_BIG && v_whole(a, &i))
		return b.s.s[0] == '-' ? 1 : -1;
	v_number(a, &x);
	v_number(b, &y);
	if (x != x || y != y)
		return 2;
	if (x != y)
		return x < y ? -1 : 1;
	/* equal as doubles; a whole number may still lie beside it */
	if (v_whole(a, &i) && fabs(y) < 9e18)
		return i < (int64_t)y ? -1 : i > (int64_t)y;
	if (v_whole(b, &j) && fabs(x) < 9e18)
		return (int64_t)x < j ? -1 : (int64_t)x > j;
	return 0;
}

static bool
numeric(struct val v)
{
	return is_int(v) || v.type == V_REAL;
}

static bool
dict_equal(struct rt *r, const struct dict *a, const struct dict *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		struct val *v = dict_get(r, b, a->p[i].k);

		if (!v || !v_equal(r, a->p[i].v, *v))
			return false;
	}
	return true;
}

bool
v_equal(struct rt *r, struct val a, struct val b)
{
	bool same = true;

	if (numeric(a) && numeric(b))
		return number_compare(a, b) == 0;
	if (a.type != b.type)
		return false;
	switch (a.type) {
	case V_UNDEF:
	case V_NONE:
		return true;
	case V_STR:
		charge(r, a.s.n == b.s.n ? a.s.n / 64 : 0);
		return str_same(a.s, b.s);
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		if (a.q->n != b.q->n)
			return false;
		enter(r);
		for (size_t i = 0; same && i < a.q->n; i++)
			same = v_equal(r, a.q->v[i], b.q->v[i]);
		r->depth--;
		return same;
	case V_DICT:
		enter(r);
		same = dict_equal(r, a.d, b.d);
		r->depth--;
		return same;
	case V_FUNC:
		return a.i == b.i;
	case V_METHOD:
		return a.m->method == b.m->method &&
		       v_equal(r, a.m->self, b.m->self);
	default:
		return a.d == b.d;
	}
}

static int
text_compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.s, b.s, n) : 0;

	return c ? (c < 0 ? -1 : 1) : a.n < b.n ? -1 : a.n > b.n;
}

int
v_compare(struct rt *r, struct val a, struct val b, const char *op)
{
	int c = 0;

	if (numeric(a) && numeric(b))
		return number_compare(a, b);
	if (a.type == V_STR && b.type == V_STR)
		return text_compare(a.s, b.s);
	if ((a.type == V_LIST || a.type == V_TUPLE) && a.type == b.type) {
		enter(r);
		for (size_t i = 0; i < a.q->n && i < b.q->n; i++)
			if (!v_equal(r, a.q->v[i], b.q->v[i])) {
				c = v_compare(r, a.q->v[i], b.q->v[i], op);
				r->depth--;
				return c;
			}
		r->depth--;
		return a.q->n < b.q->n ? -1 : a.q->n > b.q->n;
	}
	if (a.type == V_UNDEF)
		v_undefined(r, a);
	if (b.type == V_UNDEF)
		v_undefined(r, b);
	fail(r, "'%s' is not supported between '%s' and '%s'", op, v_type(a),
	    v_type(b));
}

size_t
v_len(struct rt *r, struct val v)
{
	switch (v.type) {
	case V_UNDEF:
		return 0;
	case V_STR:
		return text_len(r, v.s);
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		return v.q->n;
	case V_DICT:
		return v.d->n;
	case V_LOOP:
		return v.l->q->n;
	default:
		fail(r, "'%s' has no length", v_type(v));
	}
}

bool
v_iterable(struct val v)
{
	switch (v.type) {
	case V_UNDEF:
	case V_STR:
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
	case V_ITER:
	case V_DICT:
	case V_LOOP:
		return true;
	default:
		return false;
	}
}

struct seq *
v_items(struct rt *r, struct val v)
{
	struct seq *q;
	size_t at, next;

	switch (v.type) {
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		return v.q;
	case V_ITER:
		q = seq_new(r, v.q->n);
		for (; v.q->n; v.q->n--, v.q->v++)
			seq_add(r, q, v.q->v[0]);
		return q;
	case V_UNDEF:
		return seq_new(r, 0);
	case V_STR:
		q = seq_new(r, 4);
		for (at = 0; at < v.s.n; at = next) {
			next = text_next(v.s, at, NULL);
			seq_add(
			    r, q, v_str((struct str){ v.s.s + at, next - at }));
		}
		return q;
	case V_DICT:
		q = seq_new(r, v.d->n);
		for (size_t i = 0; i < v.d->n; i++)
			seq_add(r, q, v.d->p[i].k);
		return q;
	default:
		fail(r, "'%s' cannot be iterated over", v_type(v));
	}
}

bool
v_in(struct rt *r, struct val item, struct val in)
{
	struct seq *q;

	if (in.type == V_STR) {
		if (item.type == V_UNDEF)
			v_undefined(r, item);
		if (item.type != V_STR)
			fail(r, "'in' a string needs a string, not '%s'",
			    v_type(item));
		return text_find(r, in.s, item.s, 0) >= 0;
	}
	if (in.type == V_DICT)
		return dict_get(r, in.d, item) != NULL;
	q = v_items(r, in);
	for (size_t i = 0; i < q->n; i++) {
		charge(r, 1);
		if (v_equal(r, item, q->v[i]))
			return true;
	}
	return false;
}
