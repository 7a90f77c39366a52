#ifndef GOLD_H
#define GOLD_H
#include "libcore/rec.h"
/*
 * Is a response right, given the gold answer? Exact checkers, no model.
 *
 * What the response answers is looked for in this order: what follows its
 * last mark (####, \boxed{...}, "answer is", "Answer:", 答案是, 答： and their
 * like); without a mark the last number, the last choice, or the last line.
 * Full-width letters, digits and signs count as their ASCII forms.
 *
 * GOLD_NUMBER  equal as exact numbers: 1,000 = 1000.0, 0.75 = 3/4 =
 *              \frac{3}{4}, 1 1/2 = 1.5, 1.5e3 = 1.5 x 10^3. Currency and
 *              units are passed over. A scale counts or is left out: "50%"
 *              agrees with 50 and with 0.5, "3万" with 3 and with 30000.
 *              After a mark the first number counts, or what follows the
 *              last "=" of its sentence. Numbers written in words are not
 *              read.
 * GOLD_CHOICE  one letter A-H or a set of them ("AC"): "B", "(B)", "B.",
 *              "the answer is B", "选B", "故选：B". Sets must be equal.
 * GOLD_TEXT    equal once ASCII case, white space, quotes, markup and closing
 *              punctuation are put aside; yes/no words also at the response's
 *              beginning ("No, because ...").
 * GOLD_AUTO    by the look of the gold answer: a number with or without a
 *              unit, letters of choices, else text.
 *
 * A gold answer that is itself worked out (GSM8K: "... #### 18") is read the
 * same way as a response.
 */
enum gold_kind { GOLD_AUTO, GOLD_NUMBER, GOLD_CHOICE, GOLD_TEXT };
extern const char *const gold_kinds[]; /* their names; ends with NULL */

bool gold_match(enum gold_kind, struct str gold, struct str response);
/* The same for the field of a record: a string, a number, or a list of which
 * any will do (golds.c). */
bool gold_right(
    enum gold_kind, struct rec *, const struct json *gold, struct str response);
/* What GOLD_AUTO takes this gold answer for. */
enum gold_kind gold_look(struct str gold);
#endif
