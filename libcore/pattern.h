#ifndef PATTERN_H
#define PATTERN_H
#include "libcore/str.h"
/*
 * One PCRE2 pattern that cannot hang a tool: caseless, Unicode (\w and \b
 * know all scripts), "." not across lines, compiled by JIT where there is
 * one. A match that takes more than PATTERN_STEPS steps is given up and
 * counts as none.
 */
struct pattern;
enum { PATTERN_STEPS = 200000 };

struct pattern *pattern_new(const char *text, struct err *); /* NULL: why */
/* The same, but case counts. */
struct pattern *pattern_cased(const char *text, struct err *);
void pattern_free(struct pattern *);
/* How often it matches, without overlap, up to `most` times. text is valid
 * UTF-8. *given_up, where not NULL, is set when it was. Any thread. */
unsigned pattern_count(
    const struct pattern *, struct str text, unsigned most, bool *given_up);
/* The next match at or behind byte *at, which then moves behind it; an empty
 * one moves it by a character. Any thread. */
bool pattern_find(
    const struct pattern *, struct str text, size_t *at, struct str *hit);
#endif
