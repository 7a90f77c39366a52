/* Filters of lists: sorted, chosen, mapped, cut up, summed. */
#include <string.h>

#include "libcore/jinja_in.h"

/* An attribute such as "function.name" or 0, as map and sort take it. */
struct val
v_path(struct rt *r, struct val v, struct val path)
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
				? v_path(r, q->v[i], names->v[k])
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
			pair = v_path(r, row[i].v, x[0]);
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
			item = v_path(r, item, attr);
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
			item = v_path(r, item, a->v[0]);
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
			? v_path(r, q->v[i], x[0])
			: q->v[i]);
	return sum;
}

static const struct {
	const char *name;
	filter_fn *apply;
} filters[] = {
	{ "batch", f_batch },
	{ "dictsort", f_dictsort },
	{ "groupby", f_groupby },
	{ "map", f_map },
	{ "max", f_max },
	{ "min", f_min },
	{ "reject", f_reject },
	{ "rejectattr", f_rejectattr },
	{ "select", f_select },
	{ "selectattr", f_selectattr },
	{ "slice", f_slice },
	{ "sort", f_sort },
	{ "sum", f_sum },
	{ "unique", f_unique },
};

filter_fn *
filter_of_list(struct str name)
{
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (str_eq(name, filters[i].name))
			return filters[i].apply;
	return NULL;
}
