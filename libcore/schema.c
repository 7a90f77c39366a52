/* Reading schemas; schema_check.c checks values. */
#include "libcore/schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/pattern.h"

struct read {
	struct schema *s;
	struct err *e;
	struct buf at; /* the place, as a JSON pointer */
	unsigned depth;
};

/* Of a place, what a message has room for. */
static int
shown(size_t n)
{
	return n < 200 ? (int)n : 200;
}

static bool
fault(struct read *r, const char *what, const char *key)
{
	return err_set(r->e, "schema: %.*s: %s%s%s", shown(r->at.n), r->at.s,
	    key ? "'" : "", key ? key : "", what);
}

static const struct {
	const char *name;
	unsigned types;
} types[] = {
	{ "null", SCHEMA_NULL },
	{ "boolean", SCHEMA_BOOLEAN },
	{ "integer", SCHEMA_INTEGER },
	{ "number", SCHEMA_NUMBER | SCHEMA_INTEGER },
	{ "string", SCHEMA_STRING },
	{ "array", SCHEMA_ARRAY },
	{ "object", SCHEMA_OBJECT },
};

static struct schema_node *read_node(struct read *, const struct json *);

/* The same below a step of the pointer. */
static struct schema_node *
read_below(struct read *r, const struct json *v, const char *key, size_t i)
{
	size_t n = r->at.n;
	struct schema_node *node;

	if (key)
		buf_printf(&r->at, "/%s", key);
	else
		buf_printf(&r->at, "/%zu", i);
	node = read_node(r, v);
	r->at.n = n;
	return node;
}

static bool
read_type(struct read *r, const struct json *v, struct schema_node *to)
{
	const struct json *item = v;
	uint32_t n = 1;

	if (v->type == JSON_ARRAY) {
		item = json_first(v);
		n = v->n;
	}
	to->types = 0;
	for (uint32_t i = 0; i < n; i++, item = json_next(item)) {
		struct str s = json_str(&r->s->doc, item, &r->s->mem);
		size_t k = 0;

		while (k < sizeof types / sizeof *types && s.s &&
		       !str_eq(s, types[k].name))
			k++;
		if (!s.s || k == sizeof types / sizeof *types)
			return fault(r, "' names no type", "type");
		to->types |= types[k].types;
	}
	return true;
}

static bool
read_list(struct read *r, const struct json *v, const char *key,
    struct schema_list *to)
{
	const struct json *item;
	size_t n = r->at.n;

	if (v->type != JSON_ARRAY || !v->n)
		return fault(r, "' is no list with schemas in it", key);
	to->v = arena_take(&r->s->mem, v->n * sizeof *to->v);
	item = json_first(v);
	buf_printf(&r->at, "/%s", key);
	for (uint32_t i = 0; i < v->n; i++, item = json_next(item))
		if (!(to->v[to->n++] = read_below(r, item, NULL, i)))
			return false;
	r->at.n = n;
	return true;
}

/* The property of that name, made where there is none. */
static struct schema_prop *
prop_of(struct read *r, struct schema_node *to, struct str name)
{
	struct schema_prop *more;

	for (size_t i = 0; i < to->props; i++)
		if (str_same(to->prop[i].name, name))
			return to->prop + i;
	more = arena_take(&r->s->mem, (to->props + 1) * sizeof *more);
	if (to->props)
		memcpy(more, to->prop, to->props * sizeof *more);
	more[to->props].name = name;
	to->prop = more;
	return more + to->props++;
}

/* Named schemas below `key`, $defs or properties; those of properties are the
 * node's (to: not NULL). */
static bool
read_named(struct read *r, const struct json *v, const char *key,
    struct schema_node *to)
{
	const struct json *at = json_first(v);
	size_t n = r->at.n;

	if (v->type != JSON_OBJECT)
		return fault(r, "' is no object", key);
	for (uint32_t i = 0; i < v->n; i++, at = json_member(at)) {
		struct str name = json_str(&r->s->doc, at, &r->s->mem);
		const struct schema_node *node;

		if (!name.s || memchr(name.s, '\0', name.n))
			return fault(r, "' has a name that is no text", key);
		buf_printf(&r->at, "/%s", key);
		node = read_below(
		    r, at + 1, arena_text(&r->s->mem, name.s, name.n), 0);
		if (!node)
			return false;
		r->at.n = n;
		if (to)
			prop_of(r, to, name)->node = node;
	}
	return true;
}

static bool
read_required(struct read *r, const struct json *v, struct schema_node *to)
{
	const struct json *item = json_first(v);

	if (v->type != JSON_ARRAY)
		return fault(r, "' is no list", "required");
	for (uint32_t i = 0; i < v->n; i++, item = json_next(item)) {
		struct str name = json_str(&r->s->doc, item, &r->s->mem);

		if (!name.s)
			return fault(r, "' holds what is no text", "required");
		prop_of(r, to, name)->required = true;
	}
	return true;
}

static bool
read_count(struct read *r, const struct json *v, const char *key, size_t *to)
{
	int64_t n;

	if (!json_int(&r->s->doc, v, &n) || n < 0)
		return fault(r, "' is no count", key);
	*to = (size_t)n;
	return true;
}

static bool
read_real(struct read *r, const struct json *v, const char *key, double *to)
{
	return (json_real(&r->s->doc, v, to) && isfinite(*to)) ||
	       fault(r, "' is no number", key);
}

/* exclusiveMinimum beside minimum: the stricter holds. */
static bool
read_limit(struct read *r, const struct json *v, const char *key,
    struct schema_node *to)
{
	bool lower = strstr(key, "inimum"), exclusive = key[0] == 'e';
	double x, *limit = lower ? &to->min : &to->max;
	bool *open = lower ? &to->above : &to->below;

	if (!read_real(r, v, key, &x))
		return false;
	if (lower ? x > *limit : x < *limit) {
		*limit = x;
		*open = exclusive;
	} else if (!(x > *limit) && !(x < *limit)) {
		*open |= exclusive;
	}
	return true;
}

static bool
read_pattern(struct read *r, const struct json *v, struct schema_node *to)
{
	struct str s = json_str(&r->s->doc, v, &r->s->mem);
	struct err why;

	if (!s.s || memchr(s.s, '\0', s.n))
		return fault(r, "' is no text", "pattern");
	/* caseful, as the standard has it */
	s.s = arena_text(&r->s->mem, s.s, s.n);
	{
		struct buf b = { 0 };

		buf_puts(&b, "(?-i)");
		buf_str(&b, s);
		to->pattern = pattern_new(b.s, &why);
		buf_done(&b);
	}
	return to->pattern || fault(r, why.why, NULL);
}

/* The node at "#/a/b", found by where nodes were read. */
static const struct schema_node *
find_ref(struct read *r, struct str ref)
{
	for (size_t i = 0; i < r->s->n; i++)
		if (str_same(r->s->at[i], ref))
			return r->s->node + i;
	return NULL;
}

/* additionalProperties, items and their like: a schema. */
static bool
read_one(struct read *r, const struct json *v, const char *key,
    const struct schema_node **to)
{
	*to = read_below(r, v, key, 0);
	return *to;
}

static bool
read_items(struct read *r, const struct json *object, const struct json *v,
    struct schema_node *to)
{
	const struct json *more;

	if (v->type != JSON_ARRAY)
		return read_one(r, v, "items", &to->items);
	more = json_get(&r->s->doc, object, "additionalItems");
	return read_list(r, v, "items", &to->prefix) &&
	       (!more || read_one(r, more, "additionalItems", &to->items));
}

/* What says nothing about the value. */
static bool
is_annotation(struct str key)
{
	static const char *const names[] = { "title", "description", "default",
		"examples", "format", "$comment", "$schema", "$id", "id",
		"$anchor", "readOnly", "writeOnly", "deprecated",
		"contentMediaType", "contentEncoding", "additionalItems" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(key, names[i]))
			return true;
	return false;
}

/* One keyword of a schema. */
static bool
keyword(struct read *r, const struct json *object, struct str key,
    const struct json *v, struct schema_node *to)
{
	static const struct {
		const char *name;
		size_t at;
	} counts[] = {
		{ "minProperties", offsetof(struct schema_node, min_props) },
		{ "maxProperties", offsetof(struct schema_node, max_props) },
		{ "minItems", offsetof(struct schema_node, min_items) },
		{ "maxItems", offsetof(struct schema_node, max_items) },
		{ "minLength", offsetof(struct schema_node, min_length) },
		{ "maxLength", offsetof(struct schema_node, max_length) },
	};
	static const struct {
		const char *name;
		size_t at;
	} lists[] = {
		{ "anyOf", offsetof(struct schema_node, any) },
		{ "oneOf", offsetof(struct schema_node, one) },
		{ "allOf", offsetof(struct schema_node, all) },
		{ "prefixItems", offsetof(struct schema_node, prefix) },
	};
	static const char *const limits[] = { "minimum", "maximum",
		"exclusiveMinimum", "exclusiveMaximum" };
	char name[64];

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		if (str_eq(key, counts[i].name))
			return read_count(r, v, counts[i].name,
			    (size_t *)((char *)to + counts[i].at));
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (str_eq(key, lists[i].name))
			return read_list(r, v, lists[i].name,
			    (struct schema_list *)((char *)to + lists[i].at));
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (str_eq(key, limits[i]))
			return read_limit(r, v, limits[i], to);
	if (str_eq(key, "type"))
		return read_type(r, v, to);
	if (str_eq(key, "enum")) {
		to->value = json_first(v);
		to->values = v->n;
		return (v->type == JSON_ARRAY && v->n) ||
		       fault(r, "' is no list with values in it", "enum");
	}
	if (str_eq(key, "const")) {
		to->value = v;
		to->values = 1;
		return true;
	}
	if (str_eq(key, "properties"))
		return read_named(r, v, "properties", to);
	if (str_eq(key, "required"))
		return read_required(r, v, to);
	if (str_eq(key, "additionalProperties"))
		return read_one(r, v, "additionalProperties", &to->more);
	if (str_eq(key, "items"))
		return read_items(r, object, v, to);
	if (str_eq(key, "uniqueItems")) {
		to->unique = v->type == JSON_TRUE;
		return v->type == JSON_TRUE || v->type == JSON_FALSE ||
		       fault(r, "' is neither true nor false", "uniqueItems");
	}
	if (str_eq(key, "multipleOf"))
		return read_real(r, v, "multipleOf", &to->multiple) &&
		       (to->multiple > 0 ||
			   fault(r, "' is not above zero", "multipleOf"));
	if (str_eq(key, "pattern"))
		return read_pattern(r, v, to);
	if (str_eq(key, "not"))
		return read_one(r, v, "not", &to->no);
	if (str_eq(key, "$defs"))
		return read_named(r, v, "$defs", NULL);
	if (str_eq(key, "definitions"))
		return read_named(r, v, "definitions", NULL);
	if (str_eq(key, "$ref") || is_annotation(key))
		return true; /* references are resolved at the end */
	snprintf(
	    name, sizeof name, "%.*s", (int)(key.n < 60 ? key.n : 60), key.s);
	return fault(r, "' is not there yet", name);
}

static struct schema_node *
read_node(struct read *r, const struct json *v)
{
	struct schema_node *to;
	const struct json *key;
	bool ok = true;

	if (r->s->n == SCHEMA_NODES || r->depth == SCHEMA_DEPTH) {
		fault(r, "the schema is too large or too deep", NULL);
		return NULL;
	}
	to = r->s->node + r->s->n;
	r->s->at[r->s->n].s = arena_text(&r->s->mem, r->at.s, r->at.n);
	r->s->at[r->s->n++].n = r->at.n;
	*to = (struct schema_node){ .types = SCHEMA_ANY,
		.max_props = SIZE_MAX,
		.max_items = SIZE_MAX,
		.max_length = SIZE_MAX,
		.min = -HUGE_VAL,
		.max = HUGE_VAL };
	if (v->type == JSON_TRUE)
		return to;
	if (v->type == JSON_FALSE) {
		to->never = true;
		return to;
	}
	if (v->type != JSON_OBJECT) {
		fault(r, "a schema is an object, true or false", NULL);
		return NULL;
	}
	r->depth++;
	key = json_first(v);
	for (uint32_t i = 0; ok && i < v->n; i++, key = json_member(key)) {
		struct str name = json_str(&r->s->doc, key, &r->s->mem);

		ok = name.s ? keyword(r, v, name, key + 1, to)
			    : fault(r, "a keyword is no text", NULL);
	}
	r->depth--;
	return ok ? to : NULL;
}

/* Follow what v's pointers of the document are, and give nodes their $ref. */
static bool
resolve(struct read *r, const struct json *v)
{
	const struct json *child = json_first(v);

	if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
		return true;
	if (v->type == JSON_OBJECT) {
		const struct json *ref = json_get(&r->s->doc, v, "$ref");
		struct str at = { r->at.s, r->at.n }, to;
		struct schema_node *node =
		    (struct schema_node *)(uintptr_t)find_ref(r, at);

		if (ref && node) {
			to = json_str(&r->s->doc, ref, &r->s->mem);
			node->ref = to.s ? find_ref(r, to) : NULL;
			if (!node->ref)
				return fault(r,
				    "' is no place of a schema in this "
				    "document",
				    "$ref");
		}
	}
	for (uint32_t i = 0; i < v->n; i++) {
		const struct json *value =
		    v->type == JSON_OBJECT ? child + 1 : child;
		struct str name = v->type == JSON_OBJECT
				      ? json_str(&r->s->doc, child, &r->s->mem)
				      : (struct str){ 0 };
		size_t n = r->at.n;

		if (v->type == JSON_OBJECT)
			buf_printf(
			    &r->at, "/%.*s", (int)name.n, name.s ? name.s : "");
		else
			buf_printf(&r->at, "/%u", (unsigned)i);
		if (!resolve(r, value))
			return false;
		r->at.n = n;
		child = v->type == JSON_OBJECT ? json_member(child)
					       : json_next(child);
	}
	return true;
}

/* Nodes that only refer to each other would never end. */
static bool
circles(struct read *r)
{
	for (size_t i = 0; i < r->s->n; i++) {
		const struct schema_node *n = r->s->node + i;

		for (size_t steps = 0; n->ref; n = n->ref)
			if (steps++ > r->s->n)
				return err_set(r->e,
				    "schema: %.*s: '$ref' leads back to itself",
				    shown(r->s->at[i].n), r->s->at[i].s);
	}
	return true;
}

struct schema *
schema_new(struct str text, struct err *e)
{
	struct schema *s = need_zero(1, sizeof *s);
	struct read r = { .s = s, .e = e };
	char *own = arena_text(&s->mem, text.s, text.n);
	size_t at;
	bool ok;

	s->node = need_zero(SCHEMA_NODES, sizeof *s->node);
	s->at = need_zero(SCHEMA_NODES, sizeof *s->at);
	buf_puts(&r.at, "#");
	if (text.n > SCHEMA_TEXT) {
		ok = fault(&r, "the schema is too large or too deep", NULL);
	} else if (!json_parse(
		       &s->doc, own, text.n, 2 * SCHEMA_DEPTH, &at, e)) {
		struct err why = *e;

		ok = err_set(e, "schema: byte %zu: %.400s", at + 1, why.why);
	} else {
		s->root = read_node(&r, s->doc.tape);
		r.at.n = 1;
		ok = s->root && resolve(&r, s->doc.tape) && circles(&r);
	}
	buf_done(&r.at);
	if (ok)
		return s;
	schema_free(s);
	return NULL;
}

void
schema_free(struct schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		pattern_free(s->node[i].pattern);
	free(s->node);
	free(s->at);
	json_done(&s->doc);
	arena_done(&s->mem);
	free(s);
}
