#ifndef JINJA_H
#define JINJA_H
#include <time.h>

#include "libcore/json.h"
#include "libcore/tok.h"
/*
 * The part of Jinja 2 that models' chat templates use, with Python's values.
 *
 *   settings    trim_blocks, lstrip_blocks, the last newline dropped; the
 *               marks {%- -%} {%+ +%} and alike
 *   statements  if elif else, for (tuple targets, if, else, loop), set, set
 *               blocks, namespace attributes, macro (defaults, varargs,
 *               kwargs, caller), call, filter, with, raw, break, continue,
 *               generation (its body is rendered as if the tags were absent)
 *   the rest    expressions, filters, tests and methods: the tables in
 *               jinja_filter.c, jinja_list.c, jinja_test.c, jinja_method.c,
 *               jinja_func.c
 *
 * Refused by name and line: include, import, from, extends, block, do, trans,
 * recursive loops, and any filter, test or method not in the tables (those
 * when they are reached). As in transformers' sandbox, lists and mappings
 * cannot be changed and names that begin with '_' cannot be reached.
 *
 * Whole numbers beyond 64 bits print and compare; arithmetic on them is
 * refused.
 */
struct jinja;

struct jinja *jinja_parse(struct str src, struct err *e); /* src is copied */
void jinja_free(struct jinja *);

/*
 * Render with the members of the objects vars[0, n) as variables, later ones
 * winning over earlier ones; now is what strftime_now sees. The text is
 * appended to out. On failure false, out as it was, and "line N: reason".
 * The bounds on steps and memory grow with the size of the variables.
 *
 * content, where not NULL, gets the ranges of out (rising, not touching) that
 * were copied from texts in the objects so marked, but for members named
 * "role": what users wrote, as against what the template wrote. What is made
 * anew from such a text (upper, title) does not count.
 */
struct jinja_vars {
	const struct json_doc *doc;
	const struct json *object;
	bool content;
};
struct ranges { /* `= {0}` is empty; r is malloc'ed */
	struct tok_range *r;
	size_t n, room;
};
bool jinja_render(const struct jinja *, const struct jinja_vars *vars, size_t n,
    const struct tm *now, struct buf *out, struct ranges *content,
    struct err *e);
void ranges_add(struct ranges *, size_t from, size_t to);
#endif
