#ifndef INTERVAL_H
#define INTERVAL_H
#include <stddef.h>
#include <stdint.h>
/*
 * Figures with their uncertainty: 95% intervals, reproducible for a seed.
 */
struct interval {
	double value, low, high;
};

/* The share of `right` in n. n == 0: all zero. Source: Wilson 1927, "Probable
 * inference", J. Amer. Stat. Assoc. 22. */
struct interval interval_share(double right, size_t n);

/*
 * sum(a) / sum(b) over n records, and the range of it over `rounds` samples
 * of n records drawn with replacement (percentiles 2.5 and 97.5). b NULL:
 * ones, so the mean. With c (and d as b), the difference to sum(c) / sum(d),
 * the records drawn together (paired).
 * Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", ch. 13.
 */
struct interval interval_ratio(const double *a, const double *b,
    const double *c, const double *d, size_t n, size_t rounds, uint64_t seed);
#endif
