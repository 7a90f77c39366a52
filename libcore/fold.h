#ifndef FOLD_H
#define FOLD_H
#include "libcore/str.h"
/*
 * Text folded so that what only looks different becomes equal.
 *
 *   letters       lower case (full case folding) and compatibility forms
 *                 decomposed (NFKD of each code point): "Ｆ" is "f", "①" is
 *                 "1", "ß" is "ss", "é" is "e" and its accent
 *   white space,  one space; none at the ends, beside a sign or beside a
 *   punctuation   Chinese or Japanese character
 *   signs         kept: # % & * @ / \ ( ) - and Unicode's symbols, so that
 *                 "3 + 4" is "3+4" but not "3-4"; all short dashes are "-"
 *   formatting    (zero-width characters, variation selectors) dropped
 *
 * "Lite" beside NFKC: marks are not reordered or composed, Hangul syllables
 * and jamo stay as they are, and code points above U+1FFFF are themselves.
 * No numbers are changed. Works on the text alone, whatever the locale.
 */
enum { FOLD_VERSION = 1 };

/* The folded text, appended to out. Text is UTF-8 (bytes that are not are
 * passed through). Empty if text is nothing but space and punctuation. */
void fold(struct buf *out, struct str text);

/* The next code point at s[*at] of n bytes, *at moved behind it; a byte that
 * starts no well-formed sequence is its own value. */
uint32_t utf8_next(const char *s, size_t n, size_t *at);
#endif
