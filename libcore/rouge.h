#ifndef ROUGE_H
#define ROUGE_H
#include "libcore/str.h"
/*
 * ROUGE-L between two texts: how much of them is one common subsequence of
 * words.
 *
 *   P = lcs / words(b)    R = lcs / words(a)    F = 2 P R / (P + R)
 *
 * in [0, 1], the same in either order; two texts without words give 1, one
 * of them without gives 0.
 *
 * A word is a run of letters and digits, ASCII capitals folded; every CJK
 * character (ideograph, kana, hangul syllable) is a word by itself; all else
 * parts words. No stemming.
 *
 * Cost: the longest common subsequence is found 64 words at a step, so two
 * texts of w words take w^2 / 64 steps. Of each text only the first
 * ROUGE_WORDS words are looked at.
 *
 * Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries",
 * section 3.1; Hyyro 2004, "Bit-parallel LCS-length computation revisited".
 */
enum { ROUGE_WORDS = 16384 };

double rouge_l(struct str a, struct str b);

/* The same where one text is compared with many: cut once, compare often. */
struct rouge {
	uint64_t *word; /* a hash for each word */
	size_t n;
};
struct rouge rouge_new(struct str text);
double rouge_f(const struct rouge *a, const struct rouge *b);
void rouge_free(struct rouge *);
#endif
