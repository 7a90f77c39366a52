#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libcore/pattern.h"
#include "libcore/schema.h"

enum { MOST_DEPTH = 256 };

struct check {
	const struct schema *s;
	const struct json_doc *d;
	struct arena mem;
	struct buf at;
	struct err *e; /* NULL: nobody wants to know */
	unsigned depth;
};

static bool node_check(
    struct check *, const struct schema_node *, const struct json *);

static bool
fault(struct check *c, const struct json *v, const char *what)
{
	struct str raw = json_raw(c->d, v);

	if (!c->e)
		return false;
	return err_set(c->e, "%.*s: %.*s%s %s",
	    c->at.n < 128 ? (int)c->at.n + !c->at.n : 128,
	    c->at.n ? c->at.s : "/", (int)(raw.n < 60 ? raw.n : 60), raw.s,
	    raw.n > 60 ? "..." : "", what);
}

static unsigned
type_of(const struct check *c, const struct json *v)
{
	double x;

	switch ((enum json_type)v->type) {
	case JSON_NULL:
		return SCHEMA_NULL;
	case JSON_FALSE:
	case JSON_TRUE:
		return SCHEMA_BOOLEAN;
	case JSON_STRING:
		return SCHEMA_STRING;
	case JSON_ARRAY:
		return SCHEMA_ARRAY;
	case JSON_OBJECT:
		return SCHEMA_OBJECT;
	case JSON_NUMBER:
		break;
	}
	if (json_real(c->d, v, &x) && !(floor(x) < x))
		return SCHEMA_INTEGER | SCHEMA_NUMBER;
	return SCHEMA_NUMBER;
}

static bool
equal_objects(const struct json_doc *a, const struct json *x,
    const struct json_doc *b, const struct json *y, struct arena *mem)
{
	const struct json *key = json_first(x);

	for (uint32_t i = 0; i < x->n; i++, key = json_member(key)) {
		struct str name = json_str(a, key, mem);
		const struct json *other = NULL, *k = json_first(y);

		for (uint32_t j = 0; j < y->n && !other;
		     j++, k = json_member(k))
			if (name.s && str_same(name, json_str(b, k, mem)))
				other = k + 1;
		if (!other || !schema_equal(a, key + 1, b, other))
			return false;
	}
	return true;
}

bool
schema_equal(const struct json_doc *a, const struct json *x,
    const struct json_doc *b, const struct json *y)
{
	struct arena mem = { 0 };
	double p, q;
	bool same = false;

	if (x->type != y->type || x->n != y->n)
		return false;
	switch ((enum json_type)x->type) {
	case JSON_NULL:
	case JSON_FALSE:
	case JSON_TRUE:
		return true;
	case JSON_NUMBER:
		return json_real(a, x, &p) && json_real(b, y, &q) && !(p < q) &&
		       !(p > q);
	case JSON_STRING: {
		struct str s = json_str(a, x, &mem), t = json_str(b, y, &mem);

		same = s.s && t.s && str_same(s, t);
		break;
	}
	case JSON_ARRAY:
		same = true;
		x = json_first(x);
		for (uint32_t i = 0, n = y->n; same && i < n; i++) {
			y = i ? json_next(y) : json_first(y);
			same = schema_equal(a, x, b, y);
			x = json_next(x);
		}
		return same;
	case JSON_OBJECT:
		same = equal_objects(a, x, b, y, &mem);
		break;
	}
	arena_done(&mem);
	return same;
}

static bool
listed(struct check *c, const struct schema_node *n, const struct json *v)
{
	const struct json *x = n->value;

	for (size_t i = 0; i < n->values; i++) {
		if (schema_equal(&c->s->doc, x, c->d, v))
			return true;
		if (i + 1 < n->values)
			x = json_next(x);
	}
	return fault(c, v, "is none of the values there may be");
}

static bool
number(struct check *c, const struct schema_node *n, const struct json *v)
{
	double x, q;

	if (!json_real(c->d, v, &x))
		return fault(c, v, "is no number that can be read");
	if (x < n->min || (n->above && !(x > n->min)))
		return fault(c, v, "is below the minimum");
	if (x > n->max || (n->below && !(x < n->max)))
		return fault(c, v, "is above the maximum");
	if (n->multiple > 0) {
		q = x / n->multiple;
		if (fabs(q - round(q)) > 1e-9 * fmax(1, fabs(q)))
			return fault(c, v, "is no multiple of multipleOf");
	}
	return true;
}

static bool
string(struct check *c, const struct schema_node *n, const struct json *v)
{
	struct str s = json_str(c->d, v, &c->mem);
	size_t chars = 0;

	if (!s.s)
		return fault(c, v, "is no text (a lone surrogate)");
	for (size_t i = 0; i < s.n; i++)
		chars += ((unsigned char)s.s[i] & 0xc0) != 0x80;
	if (chars < n->min_length)
		return fault(c, v, "is too short");
	if (chars > n->max_length)
		return fault(c, v, "is too long");
	if (n->pattern && !pattern_count(n->pattern, s, 1, NULL))
		return fault(c, v, "does not match the pattern");
	return true;
}

static bool
array(struct check *c, const struct schema_node *n, const struct json *v)
{
	const struct json *item = json_first(v), *other;

	if (v->n < n->min_items)
		return fault(c, v, "has too few items");
	if (v->n > n->max_items)
		return fault(c, v, "has too many items");
	for (uint32_t i = 0; i < v->n; i++, item = json_next(item)) {
		const struct schema_node *of =
		    i < n->prefix.n ? n->prefix.v[i] : n->items;
		size_t at = c->at.n;

		buf_printf(&c->at, "/%u", (unsigned)i);
		if (of && !node_check(c, of, item))
			return false;
		c->at.n = at;
		other = json_first(v);
		for (uint32_t k = 0; n->unique && k < i;
		     k++, other = json_next(other))
			if (schema_equal(c->d, item, c->d, other))
				return fault(c, v, "has an item twice");
	}
	return true;
}

static const struct schema_prop *
prop_of(const struct schema_node *n, struct str name)
{
	for (size_t i = 0; i < n->props; i++)
		if (str_same(n->prop[i].name, name))
			return n->prop + i;
	return NULL;
}

static bool
has_member(struct check *c, const struct json *v, struct str name)
{
	const struct json *key = json_first(v);

	for (uint32_t i = 0; i < v->n; i++, key = json_member(key))
		if (str_same(json_str(c->d, key, &c->mem), name))
			return true;
	return false;
}

static bool
required(struct check *c, const struct schema_node *n, const struct json *v)
{
	char why[96];

	for (size_t i = 0; i < n->props; i++) {
		struct str name = n->prop[i].name;

		if (!n->prop[i].required || has_member(c, v, name))
			continue;
		snprintf(why, sizeof why, "lacks the member '%.*s'",
		    (int)(name.n < 60 ? name.n : 60), name.s);
		return fault(c, v, why);
	}
	return true;
}

static bool
object(struct check *c, const struct schema_node *n, const struct json *v)
{
	const struct json *key = json_first(v);

	if (v->n < n->min_props)
		return fault(c, v, "has too few members");
	if (v->n > n->max_props)
		return fault(c, v, "has too many members");
	for (uint32_t i = 0; i < v->n; i++, key = json_member(key)) {
		struct str name = json_str(c->d, key, &c->mem);
		const struct schema_prop *p = name.s ? prop_of(n, name) : NULL;
		const struct schema_node *of = p && p->node ? p->node : n->more;
		size_t at = c->at.n;

		if (!name.s)
			return fault(c, v, "has a name that is no text");
		buf_printf(
		    &c->at, "/%.*s", (int)(name.n < 60 ? name.n : 60), name.s);
		if (of && !node_check(c, of, key + 1))
			return false;
		c->at.n = at;
	}
	return required(c, n, v);
}

/* How many of a list it satisfies, counted up to `most`; nobody is told why
 * not. */
static size_t
satisfied(struct check *c, const struct schema_list *l, const struct json *v,
    size_t most)
{
	struct err *e = c->e;
	size_t n = 0, at = c->at.n;

	c->e = NULL;
	for (size_t i = 0; i < l->n && n < most; i++) {
		n += node_check(c, l->v[i], v);
		c->at.n = at;
	}
	c->e = e;
	return n;
}

static bool
combined(struct check *c, const struct schema_node *n, const struct json *v)
{
	const struct schema_list no = { (const struct schema_node *[]){ n->no },
		1 };

	for (size_t i = 0; i < n->all.n; i++)
		if (!node_check(c, n->all.v[i], v))
			return false;
	if (n->any.n && !satisfied(c, &n->any, v, 1))
		return fault(c, v, "satisfies nothing of anyOf");
	if (n->one.n && satisfied(c, &n->one, v, 2) != 1)
		return fault(c, v, "does not satisfy exactly one of oneOf");
	if (n->no && satisfied(c, &no, v, 1))
		return fault(c, v, "satisfies what it must not");
	return true;
}

static bool
node_check(struct check *c, const struct schema_node *n, const struct json *v)
{
	unsigned type = type_of(c, v);
	bool ok = true;

	if (n->never)
		return fault(c, v, "may not be there");
	if (c->depth == MOST_DEPTH)
		return fault(c, v, "is nested too deeply");
	if (!(type & n->types))
		return fault(c, v, "is of another type");
	if (n->value && !listed(c, n, v))
		return false;
	c->depth++;
	if (type & SCHEMA_NUMBER)
		ok = number(c, n, v);
	else if (type == SCHEMA_STRING)
		ok = string(c, n, v);
	else if (type == SCHEMA_ARRAY)
		ok = array(c, n, v);
	else if (type == SCHEMA_OBJECT)
		ok = object(c, n, v);
	ok = ok && combined(c, n, v) && (!n->ref || node_check(c, n->ref, v));
	c->depth--;
	return ok;
}

bool
schema_check(const struct schema *s, const struct json_doc *d,
    const struct json *v, struct err *e)
{
	return schema_check_node(s, s->root, d, v, e);
}

bool
schema_check_node(const struct schema *s, const struct schema_node *n,
    const struct json_doc *d, const struct json *v, struct err *e)
{
	struct check c = { .s = s, .d = d, .e = e };
	bool ok = node_check(&c, n, v);

	arena_done(&c.mem);
	buf_done(&c.at);
	return ok;
}
