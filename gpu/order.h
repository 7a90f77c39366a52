#ifndef ORDER_H
#define ORDER_H
#include "libcore/packed.h"
/*
 * Which rows make up which step. Each epoch is one permutation of the rows, a
 * pure function of seed and epoch (Fisher-Yates over counter-based numbers),
 * cut into steps of `rows` rows, or of as many as fit `tokens` tokens (at
 * least one) where that is not 0. The last step of an epoch may be smaller.
 * So a step's rows follow from its number alone.
 */
struct order;

struct order_conf {
	uint64_t seed;
	size_t rows, tokens;
};

struct order *order_new(const struct packed *, const struct order_conf *);
void order_free(struct order *);
/* Steps of the first `epochs` epochs. */
size_t order_steps(struct order *, size_t epochs);
/* Row numbers of step `step`, from 0; valid until the next call. *epoch: how
 * many epochs are done after it, as a fraction. */
const uint32_t *order_step(
    struct order *, size_t step, size_t *n, double *epoch);
#endif
