#ifndef ONIG_H
#define ONIG_H
#include "libcore/str.h"
/*
 * Patterns as Oniguruma reads them (Hugging Face tokenizers), said so that
 * PCRE2 (UTF, UCP, MULTILINE) matches the same by Unicode 16: \p{L} and its
 * kind, \s, \d, \w and \b are spelt out where the two differ.
 *
 * Appends to *out. A pattern that PCRE2 would misread (a class within a
 * class, `&&`, \B, \W or \D within a class) is refused with its reason.
 */
bool onig_rewrite(struct str pattern, struct buf *out, struct err *);
#endif
