#ifndef DOT_H
#define DOT_H
#include <immintrin.h>
#include <stdbool.h>

#include "gpu/cpu/probe.h"
/*
 * Is vdpbf16ps here what the other paths compute: a fused multiply-add of the
 * odd elements, then of the even ones, subnormals flushed? Tried on 4,096
 * dots whose exponents reach from underflow to near overflow. True on Zen 4
 * and Sapphire Rapids; where it is not, the path is not offered.
 */
/* Not inlined: its caller first asks whether the instructions are there. */
static __attribute__((noinline)) bool
dot_is_two_fmas(void)
{
	unsigned was = fun_flush_on();
	uint64_t seed = 88172645463325252;
	bool same = true;

	for (uint32_t i = 0; i < 4096; i++) {
		struct probe at = probe_range[i % 4];
		float acc = fun_float(probe_number(&seed, at)), got, want;
		uint32_t x = probe_pair(&seed, at), y = probe_pair(&seed, at);

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
