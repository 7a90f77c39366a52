#ifndef SCHEDULE_H
#define SCHEDULE_H
#include <stddef.h>
/*
 * Learning rates. Over the first `warmup` steps the rate rises in a line to
 * its peak; after them a row of schedules[] says which share of the way from
 * `least` to the peak is left at x, the part of the remaining steps that is
 * done, 0 <= x < 1. No libm.
 */
struct schedule {
	const char *name;
	const char *does;
	double (*share)(double x);
};

extern const struct schedule schedules[]; /* ends with a row without a name */
const struct schedule *schedule_named(const char *name);
/* The rate of step `step`, from 1, of `steps`. */
double schedule_rate(const struct schedule *, size_t step, size_t steps,
    size_t warmup, double peak, double least);
#endif
