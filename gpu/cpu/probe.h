#ifndef PROBE_H
#define PROBE_H
#include "gpu/cpu/fun.h"
/* Random operands for asking what an instruction computes. */

/* Exponents: near one, wide, to overflow, from underflow. */
struct probe {
	uint32_t lo, span;
};
static const struct probe probe_range[] = { { 120, 12 }, { 110, 30 },
	{ 60, 135 }, { 0, 190 } };

static inline uint32_t
probe_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (uint32_t)(*s >> 20);
}

/* Random sign and mantissa, exponent lo .. lo + span - 1. */
static inline uint32_t
probe_number(uint64_t *s, struct probe p)
{
	uint32_t r = probe_random(s), e = p.lo + probe_random(s) % p.span;

	return (r & 0x807fffff) | e << 23;
}

/* Two of them, as bf16. */
static inline uint32_t
probe_pair(uint64_t *s, struct probe p)
{
	uint32_t low = probe_number(s, p) >> 16;

	return low | (probe_number(s, p) & 0xffff0000);
}
#endif
