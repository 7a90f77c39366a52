#ifndef LANGID_H
#define LANGID_H
#include "libcore/str.h"
/*
 * The natural language of a text, told by its script and, where one script
 * serves several languages, by telling letters and function words.
 *
 * Letters are counted by script, an ideograph, kana or hangul syllable as
 * three. The heaviest script decides:
 *
 *   Han             Japanese if kana make up a twentieth of Han and kana;
 *                   else Classical Chinese if its particles outweigh modern
 *                   ones by two and are one in ten; else Simplified or
 *                   Traditional by the characters only one of them has
 *   Cyrillic, Arabic  by letters (Russian, Ukrainian, Bulgarian, ...; Arabic,
 *                   Persian, Urdu)
 *   Devanagari      by function words (Hindi, Marathi, Nepali)
 *   Latin           function words of twenty languages, a word weighing 1 /
 *                   (languages that have it), of words of one letter only
 *                   "a", for half), and telling letters
 *   others          one language each: Korean, Greek, Hebrew, Thai, Tamil ...
 *
 * Returns the English name of it, "Other" for a script without a row and
 * "None" for a text without letters. *p, in [0, 1], is the script's share of
 * all letters times the share of the evidence that speaks for the language,
 * (best) / (best + next + 1/2); 1 where the script alone decides.
 */
const char *langid(struct str text, double *p);
#endif
