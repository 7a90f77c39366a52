#ifndef AGREEMENT_H
#define AGREEMENT_H
#include <stdbool.h>
#include <stddef.h>
/*
 * How far judges agree. Figures that are not defined (nothing rated, or no
 * variance where one is divided by) are NaN.
 */

/*
 * Ratings of items by several raters on a scale of whole numbers low .. high
 * (at most AGREEMENT_SCALE steps), kept as tables of counts: memory does not
 * grow with the items.
 */
struct agreement;
enum { AGREEMENT_SCALE = 256 };

struct agreement *agreement_new(size_t raters, int low, int high);
void agreement_free(struct agreement *); /* NULL is legal */
/* An item: value[raters], of which there[i] says whether rater i gave one
 * (the others are not read). Values outside the scale are a bug. */
void agreement_add(struct agreement *, const int *value, const bool *there);

/*
 * Cohen's kappa of raters a and b over the *n items that both have rated:
 * 1 - sum(w o) / sum(w e), with o the table of their ratings, e the one that
 * their margins give, and w[i][j] = 1 for i != j. quadratic: w = (i - j)^2,
 * for scales whose steps are in order.
 * Sources: Cohen 1960, Educ. Psychol. Meas. 20, 37-46; Cohen 1968, Psychol.
 * Bull. 70, 213-220.
 */
double agreement_cohen(
    const struct agreement *, size_t a, size_t b, bool quadratic, size_t *n);

/*
 * Fleiss' kappa over the *n items that all raters have rated:
 * (P - Pe) / (1 - Pe), P the mean share of pairs of raters who agree on an
 * item, Pe the sum of the squared shares of the steps.
 * Source: Fleiss 1971, Psychol. Bull. 76, 378-382.
 */
double agreement_fleiss(const struct agreement *, size_t *n);

/*
 * Kendall's tau-b of two rankings of the same n items: (c - d) /
 * sqrt((c + d + tx)(c + d + ty)), c concordant and d discordant pairs, tx and
 * ty pairs tied in x or in y alone. Takes n^2 steps.
 * Source: Kendall 1945, Biometrika 33, 239-251.
 */
double agreement_tau_b(const double *x, const double *y, size_t n);
#endif
