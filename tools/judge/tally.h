#ifndef TALLY_H
#define TALLY_H
#include "tools/judge/models.h"
/*
 * How far several judges agree on one score, over the run: kappas of their
 * whole numbers, and Kendall's tau-b of their rankings within records, the
 * mean over the records where both have an order. In record order, so that
 * sums do not depend on who answers first.
 */
struct tally;
/* low .. high: the scale of whole numbers; low > high: there is none, only
 * rankings count. The jury is borrowed. */
struct tally *tally_new(
    const char *score, const struct jury *, int low, int high);
/* An item: step[judges] of those that are there[judges]. */
void tally_item(struct tally *, const int *step, const bool *there);
/* All items of a record: value[judges * n], judge by judge; NaN for none. */
void tally_ranking(struct tally *, const double *value, size_t n);
/* Say it, on stderr and in --stats; NULL is legal here and below. */
void tally_report(const struct tally *);
void tally_free(struct tally *);
#endif
