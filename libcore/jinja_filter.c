/* Filters: x | NAME, x | NAME(arguments). Semantics: jinja2.filters, without
 * autoescape; tojson and from_json as transformers has them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/jinja_in.h"

typedef struct val filter_fn(struct rt *, struct val, struct args *);

/* soft_str(): a text as it is, anything else by str() */
static struct val
soft(struct rt *r, struct val v)
{
	return v.type == V_STR ? v : v_str(v_text(r, v));
}

static void
none(struct rt *r, const char *who, struct args *a)
{
	if (a->n || a->nkw)
		fail(r, "the filter '%s' takes no arguments", who);
}

struct val
v_safe(struct rt *r, struct val v)
{
	struct sb b = { 0 };

	if (v.type == V_STR && v.of)
		return v;
	v = soft(r, v);
	for (size_t i = 0; i < v.s.n; i++)
		switch (v.s.s[i]) {
		case '&':
			sb_put(r, &b, STR("&amp;"));
			break;
		case '<':
			sb_put(r, &b, STR("&lt;"));
			break;
		case '>':
			sb_put(r, &b, STR("&gt;"));
			break;
		case '"':
			sb_put(r, &b, STR("&#34;"));
			break;
		case '\'':
			sb_put(r, &b, STR("&#39;"));
			break;
		default:
			sb_char(r, &b, v.s.s[i]);
		}
	return (struct val){ .type = V_STR, .of = 1, .s = sb_text(&b) };
}

static struct val
marked(struct val like, struct str s)
{
	struct val v = v_str(s);

	v.of = like.of;
	return v;
}

static struct val
f_escape(struct rt *r, struct val v, struct args *a)
{
	none(r, "escape", a);
	return v_safe(r, v);
}

static struct val
f_forceescape(struct rt *r, struct val v, struct args *a)
{
	none(r, "forceescape", a);
	v = soft(r, v);
	v.of = 0;
	return v_safe(r, v);
}

static struct val
f_safe(struct rt *r, struct val v, struct args *a)
{
	none(r, "safe", a);
	v = soft(r, v);
	v.of = 1;
	return v;
}

static struct val
f_string(struct rt *r, struct val v, struct args *a)
{
	none(r, "string", a);
	return soft(r, v);
}

static struct val
f_lower(struct rt *r, struct val v, struct args *a)
{
	none(r, "lower", a);
	v = soft(r, v);
	return marked(v, text_all(r, v.s, 'l'));
}

static struct val
f_upper(struct rt *r, struct val v, struct args *a)
{
	none(r, "upper", a);
	v = soft(r, v);
	return marked(v, text_all(r, v.s, 'u'));
}

static struct val
f_capitalize(struct rt *r, struct val v, struct args *a)
{
	struct val m = v_attr(r, soft(r, v), STR("capitalize"));

	none(r, "capitalize", a);
	return v_call(r, m, a);
}

/* Words begin after white space and - ( { [ < */
static struct val
f_title(struct rt *r, struct val v, struct args *a)
{
	struct sb b = { 0 };
	bool start = true;
	uint32_t c;

	none(r, "title", a);
	v = soft(r, v);
	for (size_t i = 0; i < v.s.n;) {
		i = text_next(v.s, i, &c);
		if (text_space(c) ||
		    (c && c < 0x80 && strchr("-({[<", (int)c))) {
			text_case(r, &b, c, 'l');
			start = true;
			continue;
		}
		text_case(r, &b, c, start ? 'u' : 'l');
		start = false;
	}
	return marked(v, sb_text(&b));
}

static struct val
f_trim(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "chars", NULL };
	struct val x[1];

	args_take(r, "trim", a, names, 0, x);
	if (given(x[0]) && x[0].type != V_NONE)
		arg_str(r, "trim", x[0]);
	v = soft(r, v);
	return marked(v, text_strip(v.s, x[0], 3));
}

static struct val
f_replace(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "old", "new", "count", NULL };
	struct val x[3];

	args_take(r, "replace", a, names, 2, x);
	return v_str(
	    text_replace(r, soft(r, v).s, soft(r, x[0]).s, soft(r, x[1]).s,
		given(x[2]) && x[2].type != V_NONE ? arg_int(r, "replace", x[2])
						   : -1));
}

static struct val
f_length(struct rt *r, struct val v, struct args *a)
{
	none(r, "length", a);
	return v_int((int64_t)v_len(r, v));
}

static struct val
f_default(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "default_value", "boolean", NULL };
	struct val x[2];

	args_take(r, "default", a, names, 0, x);
	if (v.type == V_UNDEF || (v_true(x[1]) && !v_true(v)))
		return given(x[0]) ? x[0] : v_str(STR(""));
	return v;
}

/* An attribute such as "function.name" or 0, as map and sort take it. */
static struct val
attribute(struct rt *r, struct val v, struct val path)
{
	size_t from = 0, i;
	struct val key;

	if (path.type != V_STR)
		return v_item(r, v, path);
	for (i = 0; i <= path.s.n; i++) {
		struct str part = { path.s.s + from, i - from };

		if (i < path.s.n && path.s.s[i] != '.')
			continue;
		if (!part.n || part.s[0] < '0' || part.s[0] > '9' ||
		    !text_parse_int(part, 10, &key))
			key = v_str(part);
		v = v_item(r, v, key);
		from = i + 1;
	}
	return v;
}

static struct val
f_join(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "d", "attribute", NULL };
	struct seq *q = v_items(r, v);
	struct sb b = { 0 };
	struct val x[2];
	struct str by;

	args_take(r, "join", a, names, 0, x);
	by = given(x[0]) ? v_text(r, x[0]) : STR("");
	for (size_t i = 0; i < q->n; i++) {
		struct val item = q->v[i];

		if (given(x[1]) && x[1].type != V_NONE)
			item = attribute(r, item, x[1]);
		if (i)
			sb_put(r, &b, by);
		sb_put(r, &b, v_text(r, item));
	}
	return v_str(sb_text(&b));
}

static struct val
f_items(struct rt *r, struct val v, struct args *a)
{
	none(r, "items", a);
	if (v.type == V_UNDEF)
		return v_seq(V_ITER, seq_new(r, 0));
	if (v.type != V_DICT)
		fail(r, "items of a '%s'", v_type(v));
	v = v_call(r, v_attr(r, v, STR("items")), a);
	v.type = V_ITER;
	return v;
}

static struct val
f_list(struct rt *r, struct val v, struct args *a)
{
	none(r, "list", a);
	return v_seq(V_LIST, v_items(r, v));
}

static struct val
f_first(struct rt *r, struct val v, struct args *a)
{
	struct seq *q;

	none(r, "first", a);
	if (v.type == V_ITER) { /* takes no more than it needs */
		if (!v.q->n)
			return v_undef(STR("first"), U_MEMBER);
		v.q->n--;
		return *v.q->v++;
	}
	q = v_items(r, v);
	return q->n ? q->v[0] : v_undef(STR("first"), U_MEMBER);
}

static struct val
f_last(struct rt *r, struct val v, struct args *a)
{
	struct seq *q;

	none(r, "last", a);
	if (v.type == V_ITER)
		fail(r, "last of a generator");
	q = v_items(r, v);
	return q->n ? q->v[q->n - 1] : v_undef(STR("last"), U_MEMBER);
}

static struct val
f_reverse(struct rt *r, struct val v, struct args *a)
{
	struct seq *q, *back;
	struct sb b = { 0 };

	none(r, "reverse", a);
	q = v_items(r, v);
	back = seq_new(r, q->n);
	for (size_t i = q->n; i-- > 0;)
		seq_add(r, back, q->v[i]);
	if (v.type != V_STR)
		return v_seq(V_ITER, back);
	for (size_t i = 0; i < back->n; i++)
		sb_put(r, &b, back->v[i].s);
	return v_str(sb_text(&b));
}

/* ---- sorting ---- */
struct row { /* something to sort */
	struct val v, *key;
	size_t keys;
};

static struct val
folded(struct rt *r, struct val v, bool fold)
{
	if (fold && v.type == V_STR)
		v.s = text_all(r, v.s, 'l');
	return v;
}

static int
row_compare(struct rt *r, const struct row *a, const struct row *b)
{
	int c = 0;

	charge(r, 1);
	for (size_t i = 0; i < a->keys && !c; i++)
		c = v_equal(r, a->key[i], b->key[i])
			? 0
			: v_compare(r, a->key[i], b->key[i], "<");
	return c == 2 ? 0 : c;
}

/* Stable merge sort; to: room for as many rows. */
static void
sort_rows(struct rt *r, struct row *v, size_t n, struct row *to, bool down)
{
	size_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 2)
		return;
	sort_rows(r, v, half, to, down);
	sort_rows(r, v + half, n - half, to, down);
	while (i < half || j < n) {
		int c = i == half ? 1
			: j == n  ? -1
				  : row_compare(r, &v[i], &v[j]);

		if (down && i < half && j < n)
			c = -c;
		to[k++] = c <= 0 ? v[i++] : v[j++];
	}
	memcpy(v, to, n * sizeof *v);
}

/* The items with their keys: attribute may name several, "a,b". */
static struct row *
rows(struct rt *r, const struct seq *q, struct val attr, bool fold)
{
	struct row *v = take(r, 2 * (q->n + 1) * sizeof *v);
	struct seq *names = seq_new(r, 1);

	if (attr.type == V_STR) {
		for (size_t i = 0, from = 0; i <= attr.s.n; i++)
			if (i == attr.s.n || attr.s.s[i] == ',') {
				seq_add(r, names,
				    v_str((struct str){
					attr.s.s + from, i - from }));
				from = i + 1;
			}
	} else {
		seq_add(r, names, attr);
	}
	for (size_t i = 0; i < q->n; i++) {
		v[i].v = q->v[i];
		v[i].keys = names->n;
		v[i].key = take(r, names->n * sizeof *v[i].key);
		for (size_t k = 0; k < names->n; k++)
			v[i].key[k] = folded(r,
			    given(attr) && attr.type != V_NONE
				? attribute(r, q->v[i], names->v[k])
				: q->v[i],
			    fold);
	}
	return v;
}

static struct val
f_sort(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "reverse", "case_sensitive",
		"attribute", NULL };
	struct seq *q = v_items(r, v), *out = seq_new(r, q->n);
	struct val x[3];
	struct row *row;

	args_take(r, "sort", a, names, 0, x);
	row = rows(r, q, x[2], !v_true(x[1]));
	sort_rows(r, row, q->n, row + q->n, v_true(x[0]));
	for (size_t i = 0; i < q->n; i++)
		seq_add(r, out, row[i].v);
	return v_seq(V_LIST, out);
}

static struct val
f_dictsort(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "case_sensitive", "by", "reverse",
		NULL };
	struct args empty = { 0 };
	struct val x[3], by = v_int(0);
	struct seq *q, *out;
	struct row *row;

	args_take(r, "dictsort", a, names, 0, x);
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (v.type != V_DICT)
		fail(r, "dictsort of a '%s'", v_type(v));
	if (given(x[1])) {
		struct str s = arg_str(r, "dictsort", x[1]);

		if (!str_eq(s, "key") && !str_eq(s, "value"))
			fail(r, "dictsort: by is 'key' or 'value'");
		by = v_int(str_eq(s, "value"));
	}
	q = v_call(r, v_attr(r, v, STR("items")), &empty).q;
	row = rows(r, q, by, !v_true(x[0]));
	sort_rows(r, row, q->n, row + q->n, v_true(x[2]));
	out = seq_new(r, q->n);
	for (size_t i = 0; i < q->n; i++)
		seq_add(r, out, row[i].v);
	return v_seq(V_LIST, out);
}

static struct val
f_groupby(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "attribute", "default",
		"case_sensitive", NULL };
	struct seq *q = v_items(r, v), *out = seq_new(r, 4), *two, *in = NULL;
	struct val x[3], pair;
	struct row *row;
	bool fold;

	args_take(r, "groupby", a, names, 1, x);
	fold = !v_true(x[2]);
	row = rows(r, q, x[0], fold);
	for (size_t i = 0; i < q->n; i++)
		if (row[i].key[0].type == V_UNDEF && given(x[1]))
			row[i].key[0] = folded(r, x[1], fold);
		else if (row[i].key[0].type == V_UNDEF && q->n > 1)
			v_undefined(r, row[i].key[0]);
	sort_rows(r, row, q->n, row + q->n, false);
	for (size_t i = 0; i < q->n; i++) {
		if (!i || row_compare(r, &row[i - 1], &row[i])) {
			two = seq_new(r, 2);
			in = seq_new(r, 4);
			pair = attribute(r, row[i].v, x[0]);
			if (pair.type == V_UNDEF && given(x[1]))
				pair = x[1];
			seq_add(r, two, pair);
			seq_add(r, two, v_seq(V_LIST, in));
			pair = v_seq(V_TUPLE, two);
			pair.of = 1;
			seq_add(r, out, pair);
		}
		seq_add(r, in, row[i].v);
	}
	return v_seq(V_LIST, out);
}

static struct val
f_unique(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "case_sensitive", "attribute",
		NULL };
	struct seq *q = v_items(r, v), *out = seq_new(r, 4);
	struct dict *seen = dict_new(r);
	struct row *row;
	struct val x[2];

	args_take(r, "unique", a, names, 0, x);
	row = rows(r, q, x[1], !v_true(x[0]));
	for (size_t i = 0; i < q->n; i++)
		if (!dict_get(r, seen, row[i].key[0])) {
			dict_set(r, seen, row[i].key[0], v_none());
			seq_add(r, out, row[i].v);
		}
	return v_seq(V_ITER, out);
}

static struct val
extreme(struct rt *r, const char *who, struct val v, struct args *a, int want)
{
	static const char *const names[] = { "case_sensitive", "attribute",
		NULL };
	struct seq *q = v_items(r, v);
	struct row *row;
	struct val x[2];
	size_t best = 0;

	args_take(r, who, a, names, 0, x);
	if (!q->n)
		return v_undef(str_of(who), U_MEMBER);
	row = rows(r, q, x[1], !v_true(x[0]));
	for (size_t i = 1; i < q->n; i++)
		if (row_compare(r, &row[i], &row[best]) == want)
			best = i;
	return row[best].v;
}

static struct val
f_min(struct rt *r, struct val v, struct args *a)
{
	return extreme(r, "min", v, a, -1);
}

static struct val
f_max(struct rt *r, struct val v, struct args *a)
{
	return extreme(r, "max", v, a, 1);
}

/* ---- map, select, reject ---- */
static struct args
after(const struct args *a, size_t first)
{
	struct args rest = *a;

	rest.v += first;
	rest.n -= first;
	return rest;
}

static struct val
f_map(struct rt *r, struct val v, struct args *a)
{
	/* nothing of what is empty or none, unlike other filters */
	struct seq *q = v_true(v) ? v_items(r, v) : seq_new(r, 0);
	struct seq *out = seq_new(r, q->n);
	struct val attr = v_undef(STR(""), U_PARAM), otherwise = attr;
	struct args rest = { 0 };
	struct str name = STR("");

	if (!a->n) {
		for (size_t i = 0; i < a->nkw; i++)
			if (str_eq(a->kw[i].name, "attribute"))
				attr = a->kw[i].v;
			else if (str_eq(a->kw[i].name, "default"))
				otherwise = a->kw[i].v;
			else
				fail(r, "map has no argument '%.*s'",
				    (int)a->kw[i].name.n, a->kw[i].name.s);
		if (!given(attr))
			fail(r, "map needs a filter or an attribute");
	} else {
		name = arg_str(r, "map", a->v[0]);
		rest = after(a, 1);
	}
	for (size_t i = 0; i < q->n; i++) {
		struct val item = q->v[i];

		if (a->n) {
			item = filter_apply(r, name, item, &rest);
		} else {
			item = attribute(r, item, attr);
			if (item.type == V_UNDEF && given(otherwise))
				item = otherwise;
		}
		seq_add(r, out, item);
	}
	return v_seq(V_ITER, out);
}

static struct val
chosen(struct rt *r, struct val v, struct args *a, bool by_attr, bool keep)
{
	struct seq *q = v_true(v) ? v_items(r, v) : seq_new(r, 0);
	struct seq *out = seq_new(r, 4);
	struct args rest = { 0 };

	if (by_attr && !a->n)
		fail(r, "an attribute's name is missing");
	if (a->n > by_attr)
		rest = after(a, by_attr + 1u);
	for (size_t i = 0; i < q->n; i++) {
		struct val item = q->v[i];
		bool yes;

		if (by_attr)
			item = attribute(r, item, a->v[0]);
		yes = a->n > by_attr
			  ? test_apply(r, arg_str(r, "select", a->v[by_attr]),
				item, &rest)
			  : v_true(item);
		if (yes == keep)
			seq_add(r, out, q->v[i]);
	}
	return v_seq(V_ITER, out);
}

static struct val
f_select(struct rt *r, struct val v, struct args *a)
{
	return chosen(r, v, a, false, true);
}

static struct val
f_reject(struct rt *r, struct val v, struct args *a)
{
	return chosen(r, v, a, false, false);
}

static struct val
f_selectattr(struct rt *r, struct val v, struct args *a)
{
	return chosen(r, v, a, true, true);
}

static struct val
f_rejectattr(struct rt *r, struct val v, struct args *a)
{
	return chosen(r, v, a, true, false);
}

static struct val
f_attr(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "name", NULL };
	struct val x[1], out;

	args_take(r, "attr", a, names, 1, x);
	/* attributes only: a mapping's members are none */
	if (v.type == V_DICT && !method_find(V_DICT, v_text(r, x[0])))
		return v_undef(v_text(r, x[0]), U_MEMBER);
	out = v_attr(r, v, v_text(r, x[0]));
	return out;
}

/* ---- numbers ---- */
static struct val
f_abs(struct rt *r, struct val v, struct args *a)
{
	int64_t i;

	none(r, "abs", a);
	if (v.type == V_REAL)
		return v_real(fabs(v.r));
	i = arg_int(r, "abs", v);
	return i < 0 ? v_binary(r, '-', v_int(0), v) : v_int(i);
}

static struct val
f_int(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "default", "base", NULL };
	struct val x[2], out;
	double d;
	int64_t base = 10;

	args_take(r, "int", a, names, 0, x);
	if (given(x[1]))
		base = arg_int(r, "int", x[1]);
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (v.type == V_BIG || v.type == V_INT)
		return v;
	if (v.type == V_BOOL)
		return v_int(v.b);
	if (v.type == V_STR) {
		struct str s = text_strip(v.s, v_none(), 3);
		int mark = s.n > 2 && s.s[0] == '0' ? s.s[1] | 0x20 : 0;
		int64_t named = mark == 'x' ? 16 : mark == 'o' ? 8 : 2;

		if ((mark == 'x' || mark == 'o' || mark == 'b') &&
		    (base == named || base == 0)) {
			s = (struct str){ s.s + 2, s.n - 2 };
			base = named;
		} else if (base == 0) {
			base = 10;
		}
		if (base >= 2 && base <= 16 &&
		    text_parse_int(s, (int)base, &out))
			return out;
		if (text_parse_real(s, &d) && fabs(d) < 9e18)
			return v_int((int64_t)d);
	} else if (v.type == V_REAL && fabs(v.r) < 9e18) {
		return v_int((int64_t)v.r);
	}
	return given(x[0]) ? x[0] : v_int(0);
}

static struct val
f_float(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "default", NULL };
	struct val x[1];
	double d;

	args_take(r, "float", a, names, 0, x);
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (v_number(v, &d) || (v.type == V_STR && text_parse_real(v.s, &d)))
		return v_real(d);
	return given(x[0]) ? x[0] : v_real(0);
}

static struct val
f_round(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "precision", "method", NULL };
	struct val x[2];
	int64_t prec = 0;
	double d = 0, scale;
	char s[500];
	bool common = true, up = false;

	args_take(r, "round", a, names, 0, x);
	if (given(x[0]))
		prec = arg_int(r, "round", x[0]);
	if (given(x[1])) {
		struct str m = arg_str(r, "round", x[1]);

		common = str_eq(m, "common");
		up = str_eq(m, "ceil");
		if (!common && !up && !str_eq(m, "floor"))
			fail(r, "round: method is common, ceil or floor");
	}
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (!v_number(v, &d))
		fail(r, "round of a '%s'", v_type(v));
	if (prec < -300 || prec > 300 || !isfinite(d))
		return v_real(d);
	if (common && v.type != V_REAL && prec >= 0)
		return v.type == V_BOOL ? v_int(v.b) : v;
	if (!common || prec < 0) {
		scale = pow(10, (double)prec);
		d = common ? nearbyint(d * scale)
		    : up   ? ceil(d * scale)
			   : floor(d * scale);
		d /= scale;
		return common && v.type != V_REAL ? v_int((int64_t)d)
						  : v_real(d);
	}
	snprintf(s, sizeof s, "%.*f", (int)prec, d);
	return num_parse(str_of(s), &d) ? v_real(d) : v;
}

static struct val
f_sum(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "attribute", "start", NULL };
	struct seq *q = v_items(r, v);
	struct val x[2], sum;

	args_take(r, "sum", a, names, 0, x);
	sum = given(x[1]) ? x[1] : v_int(0);
	for (size_t i = 0; i < q->n; i++)
		sum = v_binary(r, '+', sum,
		    given(x[0]) && x[0].type != V_NONE
			? attribute(r, q->v[i], x[0])
			: q->v[i]);
	return sum;
}

/* ---- lists of lists ---- */
static struct val
f_batch(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "linecount", "fill_with", NULL };
	struct seq *q = v_items(r, v), *out = seq_new(r, 4), *in = NULL;
	struct val x[2];
	int64_t n;

	args_take(r, "batch", a, names, 1, x);
	n = arg_int(r, "batch", x[0]);
	if (n < 1)
		fail(r, "batch: a size below 1");
	for (size_t i = 0; i < q->n; i++) {
		if (i % (size_t)n == 0) {
			in = seq_new(r, 4);
			seq_add(r, out, v_seq(V_LIST, in));
		}
		seq_add(r, in, q->v[i]);
	}
	if (in && given(x[1]) && x[1].type != V_NONE)
		while ((int64_t)in->n < n)
			seq_add(r, in, x[1]);
	return v_seq(V_ITER, out);
}

static struct val
f_slice(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "slices", "fill_with", NULL };
	struct seq *q = v_items(r, v), *out = seq_new(r, 4);
	struct val x[2];
	size_t n, per, more, at = 0;

	args_take(r, "slice", a, names, 1, x);
	if (arg_int(r, "slice", x[0]) < 1)
		fail(r, "slice: fewer than one");
	n = (size_t)arg_int(r, "slice", x[0]);
	per = q->n / n;
	more = q->n % n;
	for (size_t i = 0; i < n; i++) {
		struct seq *in = seq_new(r, per + 1);

		for (size_t k = 0; k < per + (i < more); k++)
			seq_add(r, in, q->v[at++]);
		if (given(x[1]) && x[1].type != V_NONE && i >= more && more)
			seq_add(r, in, x[1]);
		seq_add(r, out, v_seq(V_LIST, in));
	}
	return v_seq(V_ITER, out);
}

/* ---- texts ---- */
static struct val
f_indent(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "width", "first", "blank", NULL };
	struct sb by = { 0 }, b = { 0 };
	struct val x[3];
	struct seq *q;
	bool blank;

	args_take(r, "indent", a, names, 0, x);
	if (given(x[0]) && x[0].type == V_STR) {
		sb_put(r, &by, x[0].s);
	} else {
		int64_t n = given(x[0]) ? arg_int(r, "indent", x[0]) : 4;

		while (n-- > 0)
			sb_char(r, &by, ' ');
	}
	blank = v_true(x[2]);
	v.s = arg_str(r, "indent", v);
	sb_put(r, &b, v.s);
	sb_char(r, &b, '\n');
	q = text_lines(r, sb_text(&b), false);
	b = (struct sb){ 0 };
	if (v_true(x[1]))
		sb_put(r, &b, sb_text(&by));
	for (size_t i = 0; i < q->n; i++) {
		if (i) {
			sb_char(r, &b, '\n');
			if (blank || q->v[i].s.n)
				sb_put(r, &b, sb_text(&by));
		}
		sb_put(r, &b, q->v[i].s);
	}
	return marked(v, sb_text(&b));
}

static struct val
f_format(struct rt *r, struct val v, struct args *a)
{
	struct val values = v_seq(V_TUPLE, NULL);
	struct seq *q = seq_new(r, a->n);

	v = soft(r, v);
	if (a->n && a->nkw)
		fail(r, "format takes values or names, not both");
	if (a->nkw) {
		values = (struct val){ .type = V_DICT, .d = dict_new(r) };
		for (size_t i = 0; i < a->nkw; i++)
			dict_set(r, values.d, v_str(a->kw[i].name), a->kw[i].v);
	} else {
		for (size_t i = 0; i < a->n; i++)
			seq_add(r, q, a->v[i]);
		values.q = q;
	}
	return v_str(text_percent(r, v.s, values));
}

static struct val
f_center(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "width", NULL };
	struct val x[1], width = v_int(80);
	struct args one = { .v = &width, .n = 1 };

	args_take(r, "center", a, names, 0, x);
	if (given(x[0]))
		width = x[0];
	return v_call(r, v_attr(r, soft(r, v), STR("center")), &one);
}

static struct val
f_truncate(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "length", "killwords", "end",
		"leeway", NULL };
	struct val x[4];
	int64_t length, leeway;
	struct str end = STR("..."), s;
	struct sb b = { 0 };
	size_t last;

	args_take(r, "truncate", a, names, 0, x);
	length = given(x[0]) ? arg_int(r, "truncate", x[0]) : 255;
	if (given(x[2]))
		end = arg_str(r, "truncate", x[2]);
	leeway = given(x[3]) && x[3].type != V_NONE
		     ? arg_int(r, "truncate", x[3])
		     : 5;
	if (length < (int64_t)text_len(r, end) || leeway < 0)
		fail(r, "truncate: a length below the end's");
	if ((int64_t)v_len(r, v) <= length + leeway)
		return v;
	s = arg_str(r, "truncate", v);
	s.n = text_at(s, 0, (size_t)length - text_len(r, end));
	if (!v_true(x[1])) {
		for (last = s.n; last && s.s[last - 1] != ' ';)
			last--;
		if (last)
			s.n = last - 1;
	}
	sb_put(r, &b, s);
	sb_put(r, &b, end);
	return v_str(sb_text(&b));
}

static struct val
f_urlencode(struct rt *r, struct val v, struct args *a)
{
	struct sb b = { 0 };
	char hex[4];

	none(r, "urlencode", a);
	if (v.type != V_STR && v.type != V_UNDEF && v_iterable(v))
		fail(r, "urlencode of a '%s' is not supported", v_type(v));
	v = soft(r, v);
	for (size_t i = 0; i < v.s.n; i++) {
		unsigned char c = (unsigned char)v.s.s[i];

		if ((c >= '0' && c <= '9') ||
		    ((c | 32) >= 'a' && (c | 32) <= 'z') ||
		    (c && strchr("_.-~/", c))) {
			sb_char(r, &b, (char)c);
			continue;
		}
		snprintf(hex, sizeof hex, "%%%02X", c);
		sb_put(r, &b, str_of(hex));
	}
	return v_str(sb_text(&b));
}

/* ---- JSON ---- */
static struct val
f_tojson(struct rt *r, struct val v, struct args *a)
{
	struct sb b = { 0 };

	v_json(r, &b, v, a);
	return v_str(sb_text(&b));
}

static struct val
f_from_json(struct rt *r, struct val v, struct args *a)
{
	struct json_doc doc = { 0 };
	struct err e = { 0 };
	size_t at;
	struct val out;
	struct str s = arg_str(r, "from_json", v);
	jmp_buf hold;

	none(r, "from_json", a);
	if (!json_parse(&doc, s.s, s.n, 500, &at, &e)) {
		json_done(&doc);
		fail(r, "from_json: %s", e.why);
	}
	/* the tape is freed also where the values do not fit */
	memcpy(&hold, &r->stop, sizeof hold);
	if (setjmp(r->stop)) {
		json_done(&doc);
		memcpy(&r->stop, &hold, sizeof hold);
		longjmp(r->stop, 1);
	}
	out = v_from_json(r, &doc, doc.tape);
	memcpy(&r->stop, &hold, sizeof hold);
	json_done(&doc);
	return out;
}

static const struct {
	const char *name;
	filter_fn *apply;
} filters[] = {
	{ "abs", f_abs },
	{ "attr", f_attr },
	{ "batch", f_batch },
	{ "capitalize", f_capitalize },
	{ "center", f_center },
	{ "count", f_length },
	{ "d", f_default },
	{ "default", f_default },
	{ "dictsort", f_dictsort },
	{ "e", f_escape },
	{ "escape", f_escape },
	{ "first", f_first },
	{ "float", f_float },
	{ "forceescape", f_forceescape },
	{ "format", f_format },
	{ "from_json", f_from_json },
	{ "fromjson", f_from_json },
	{ "groupby", f_groupby },
	{ "indent", f_indent },
	{ "int", f_int },
	{ "items", f_items },
	{ "join", f_join },
	{ "last", f_last },
	{ "length", f_length },
	{ "list", f_list },
	{ "lower", f_lower },
	{ "map", f_map },
	{ "max", f_max },
	{ "min", f_min },
	{ "reject", f_reject },
	{ "rejectattr", f_rejectattr },
	{ "replace", f_replace },
	{ "reverse", f_reverse },
	{ "round", f_round },
	{ "safe", f_safe },
	{ "select", f_select },
	{ "selectattr", f_selectattr },
	{ "slice", f_slice },
	{ "sort", f_sort },
	{ "string", f_string },
	{ "sum", f_sum },
	{ "title", f_title },
	{ "tojson", f_tojson },
	{ "trim", f_trim },
	{ "truncate", f_truncate },
	{ "unique", f_unique },
	{ "upper", f_upper },
	{ "urlencode", f_urlencode },
};

struct val
filter_apply(struct rt *r, struct str name, struct val v, struct args *a)
{
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (str_eq(name, filters[i].name))
			return filters[i].apply(r, v, a);
	fail(r, "the filter '%.*s' is not supported",
	    (int)(name.n > 60 ? 60 : name.n), name.s);
}
