#ifndef SCHEMA_H
#define SCHEMA_H
#include "libcore/json.h"
/*
 * JSON Schema (draft 2020-12, and what drafts 6 and 7 write alike): read from
 * its text into nodes, and values checked against them.
 *
 * Known: type, enum, const, properties, required, additionalProperties,
 * minProperties, maxProperties, items, prefixItems (and items as a list, with
 * additionalItems), minItems, maxItems, uniqueItems, minimum, maximum,
 * exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength (code
 * points), pattern (PCRE2, anywhere in the string), anyOf, oneOf, allOf, not,
 * $ref within the document ("#", "#/$defs/name" ...), true and false.
 * Annotations (title, description, default, examples, format, $comment ...)
 * say nothing; a keyword that is neither is refused by name, for it would be a
 * constraint that nobody checks.
 *
 * Bounded: SCHEMA_NODES nodes, SCHEMA_DEPTH deep, a megabyte of text.
 */
enum { SCHEMA_NODES = 4096, SCHEMA_DEPTH = 64, SCHEMA_TEXT = 1 << 20 };

/* Bits of schema_node.types. A number without a fraction is an integer too. */
enum {
	SCHEMA_NULL = 1,
	SCHEMA_BOOLEAN = 2,
	SCHEMA_INTEGER = 4,
	SCHEMA_NUMBER = 8, /* whole ones too */
	SCHEMA_STRING = 16,
	SCHEMA_ARRAY = 32,
	SCHEMA_OBJECT = 64,
	SCHEMA_ANY = 127,
};

struct schema_node;
struct schema_list {
	const struct schema_node **v;
	size_t n;
};

struct schema_prop {
	struct str name;                /* unescaped */
	const struct schema_node *node; /* NULL: only required */
	bool required;
};

struct schema_node {
	unsigned types;
	bool never; /* the schema `false` */
	/* enum (n values, json_next apart) or const (n = 1); NULL: none */
	const struct json *value;
	size_t values;
	struct schema_prop *prop; /* in the document's order */
	size_t props;
	const struct schema_node *more; /* of other members; NULL: any */
	struct schema_list prefix;
	const struct schema_node *items; /* behind the prefix; NULL: any */
	size_t min_props, max_props, min_items, max_items, min_length,
	    max_length; /* most: SIZE_MAX where not given */
	bool unique;
	double min, max;   /* -inf, inf where not given */
	bool above, below; /* min, max are exclusive */
	double multiple;   /* 0: none */
	struct pattern *pattern;
	struct schema_list any, one, all;
	const struct schema_node *no, *ref; /* not, $ref */
};

struct schema {
	struct json_doc doc; /* what enum and const values stand in */
	const struct schema_node *root;

	/* its own */
	struct schema_node *node;
	struct str *at; /* where in the document each node stands */
	size_t n;
	struct arena mem;
};

/* NULL with the reason, the place in the schema named as a JSON pointer. */
struct schema *schema_new(struct str text, struct err *);
void schema_free(struct schema *);
/* Whether the value satisfies the schema; if not, where and why ("/a/0: 7 is
 * above the maximum"). Any thread. */
bool schema_check(const struct schema *, const struct json_doc *,
    const struct json *value, struct err *);
/* The same for one of its nodes. */
bool schema_check_node(const struct schema *, const struct schema_node *,
    const struct json_doc *, const struct json *value, struct err *);
/* Whether two values are equal: numbers by value, objects in any order. */
bool schema_equal(const struct json_doc *, const struct json *,
    const struct json_doc *, const struct json *);
#endif
