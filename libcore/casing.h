#ifndef CASING_H
#define CASING_H
#include "libcore/str.h"
/*
 * White space and case as Python's str has them (Unicode 14): what published
 * checkers that are written in Python mean by strip(), lower(), isupper().
 * Texts are valid UTF-8.
 */
bool code_space(uint32_t code);
/* Without white space at both ends. */
struct str text_trim(struct str);
/* Append it in lower case; a Greek capital sigma at a word's end becomes the
 * final one. */
void text_lower(struct buf *, struct str);
/* isupper(), islower(): there is a letter with case, and none of the other
 * case. */
bool text_is_upper(struct str);
bool text_is_lower(struct str);

/* Tables of unicode.h: what a code point becomes (itself, where it stays), the
 * text that it becomes where that is longer, else NULL, and whether it has
 * case at all. */
struct case_run;
struct case_special;
uint32_t case_to(const struct case_run *, uint32_t code);
const char *case_text(const struct case_special *, uint32_t code);
bool code_cased(uint32_t code);
#endif
