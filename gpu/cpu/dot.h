#ifndef DOT_H
#define DOT_H
#include <immintrin.h>
#include <stdbool.h>

#include "gpu/cpu/fun.h"
/*
 * Is vdpbf16ps here what the other paths compute: a fused multiply-add of the
 * odd elements, then of the even ones, subnormals flushed? Tried on 4,096
 * dots whose exponents reach from underflow to near overflow. True on Zen 4
 * and Sapphire Rapids; where it is not, the path is not offered.
 */
static inline uint32_t
dot_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (uint32_t)(*s >> 20);
}

/* Random sign and mantissa, exponent lo .. lo + span - 1. */
static inline uint32_t
dot_number(uint64_t *s, uint32_t lo, uint32_t span)
{
	uint32_t r = dot_random(s), e = lo + dot_random(s) % span;

	return (r & 0x807fffff) | e << 23;
}

/* Not inlined: its caller first asks whether the instructions are there. */
static __attribute__((noinline)) bool
dot_is_two_fmas(void)
{
	static const struct {
		uint32_t lo, span;
	} range[] = { { 120, 12 }, { 110, 30 }, { 60, 135 }, { 0, 190 } };
	unsigned was = fun_flush_on();
	uint64_t seed = 88172645463325252;
	bool same = true;

	for (uint32_t i = 0; i < 4096; i++) {
		uint32_t lo = range[i % 4].lo, span = range[i % 4].span;
		float acc = fun_float(dot_number(&seed, lo, span)), got, want;
		uint32_t x = dot_number(&seed, lo, span) >> 16 |
			     (dot_number(&seed, lo, span) & 0xffff0000);
		uint32_t y = dot_number(&seed, lo, span) >> 16 |
			     (dot_number(&seed, lo, span) & 0xffff0000);

		got = _mm512_cvtss_f32(_mm512_dpbf16_ps(_mm512_set1_ps(acc),
		    (__m512bh)_mm512_set1_epi32((int)x),
		    (__m512bh)_mm512_set1_epi32((int)y)));
		want = fun_fma(
		    fun_float(x & 0xffff0000), fun_float(y & 0xffff0000), acc);
		want = fun_fma(fun_float(x << 16), fun_float(y << 16), want);
		same = same && (fun_bits(got) == fun_bits(want) ||
				   (got != got && want != want));
	}
	fun_flush_off(was);
	return same;
}
#endif
