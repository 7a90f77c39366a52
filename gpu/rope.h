#ifndef ROPE_H
#define ROPE_H
#include "gpu/conf.h"
/*
 * Tables for op_rope. Frequencies as conf.h gives them, computed in double and
 * rounded to float32; the angle of a position is their product in float32, as
 * transformers has it; its cosine and sine are the project's own (no libm).
 */

/* f[dim / 2], radians per position; dim: of a head. */
void rope_frequencies(const struct rope_conf *, size_t dim, float *f);
/* cs[n, dim / 2, {cos, sin}] of positions first .. first + n - 1, which
 * are below 2^20; times the attention factor. */
void rope_table(const struct rope_conf *, size_t dim, const float *f,
    size_t first, size_t n, float *cs);
#endif
