#ifndef GRAMMAR_IN_H
#define GRAMMAR_IN_H
#include "libcore/grammar.h"
/*
 * Inside grammar.c (schemas to nodes) and grammar_step.c (bytes).
 */
enum { G_NONE = 0xffff }; /* no node */

enum g_kind {
	G_LITERALS, /* texts, sorted, no two equal */
	G_STRING,
	G_NUMBER,
	G_ARRAY,
	G_OBJECT,
	G_CHOICE,
};

struct g_prop {
	struct str key; /* quoted, as it is written */
	uint16_t node;
	bool required;
};

struct g_node {
	enum g_kind kind;
	unsigned height; /* frames its smallest value needs, at least 1 */

	struct str *text; /* LITERALS: [n] */
	uint16_t *list;   /* CHOICE: [n]; ARRAY: [n], of the first items */
	size_t n;
	size_t min, max; /* STRING: code points; ARRAY: items */
	uint16_t more;   /* ARRAY: of items behind; OBJECT: of members of any
	                    name, where there are no props; or G_NONE */
	struct g_prop *prop;
	size_t props;

	bool whole, bounded; /* NUMBER: no fraction; no exponent */
	double low, high;
	bool above, below; /* low, high are exclusive */
};

struct grammar {
	struct g_node *node;
	size_t n, room;
	uint16_t root;
	struct arena mem;
};

/* Whether some number of the node begins with text[n], and whether text is one.
 * text is what the number's grammar lets through. */
bool g_number_leads(const struct g_node *, const char *text, size_t n);
bool g_number_ends(const struct g_node *, const char *text, size_t n);
#endif
