#ifndef BINS_H
#define BINS_H
#include <stdbool.h>
#include <stddef.h>
/*
 * Best-fit packing of samples into rows of `length` tokens, in bounded memory:
 * `window` samples wait; when there are as many, they are put into rows, the
 * longest first, each into the row with the least room left that takes it, and
 * the fuller half of the rows leaves. What stays waits on with those that
 * come. The rows depend on the order of the samples and on nothing else.
 *
 *   bins_add   a sample of n tokens, 1 <= n <= length; it is handed back to
 *              `row` sooner or later (also from within this call)
 *   bins_end   hands out all that wait
 *
 * row gets the samples of one row, in the order in which they were added.
 * The longest-first order is best-fit decreasing: at most 11/9 of the rows
 * that the best packing needs. Source: Johnson 1973, "Near-optimal bin
 * packing algorithms".
 */
struct bins;
typedef void bins_row(void *to, void *const *sample, size_t n, size_t tokens);

struct bins *bins_new(size_t length, size_t window, bins_row *row, void *to);
void bins_add(struct bins *, void *sample, size_t n);
void bins_end(struct bins *);
void bins_free(struct bins *); /* not what waits in it */
#endif
