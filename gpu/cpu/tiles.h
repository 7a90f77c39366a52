#ifndef TILES_H
#define TILES_H
#include <cpuid.h>
#include <immintrin.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gpu/cpu/probe.h"
/*
 * Has this machine AMX with bf16, and lets the kernel us use it? Does
 * tdpbf16ps do what ref.c computes: the even terms of 16 pairs from zero, the
 * odd ones from zero, their sum added to the accumulator, subnormals flushed?
 */
static inline bool
have_tiles(void)
{
	enum { REQ_XCOMP_PERM = 0x1023, XTILEDATA = 18 };
	enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24 };
	unsigned a, b, c, d;

	return __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512bf16") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & AMX_BF16) &&
	       (d & AMX_TILE) &&
	       syscall(SYS_arch_prctl, REQ_XCOMP_PERM, XTILEDATA) == 0;
}

/* One tile of sums: c[16][16] += a[16][16 pairs] b[16 pairs][16]. Not inlined:
 * its caller first asks whether the instructions are there. */
static __attribute__((noinline)) void
tile_once(float *c, const uint32_t *a, const uint32_t *b)
{
	struct {
		uint8_t palette, start, zero[14];
		uint16_t bytes[16];
		uint8_t rows[16];
	} conf = {
		.palette = 1, .bytes = { 64, 64, 64 }, .rows = { 16, 16, 16 }
	};

	_tile_loadconfig(&conf);
	__asm__ volatile("" ::: "memory");
	_tile_loadd(0, c, 64);
	_tile_loadd(1, a, 64);
	_tile_loadd(2, b, 64);
	_tile_dpbf16ps(0, 1, 2);
	_tile_stored(0, c, 64);
	__asm__ volatile("" ::: "memory");
	_tile_release();
}

static float
tile_want(float acc, const uint32_t *a, const uint32_t *b)
{
	float even = 0, odd = 0;

	for (int k = 0; k < 16; k++) {
		even = fun_fma(
		    fun_float(a[k] << 16), fun_float(b[k * 16] << 16), even);
		odd = fun_fma(fun_float(a[k] & 0xffff0000),
		    fun_float(b[k * 16] & 0xffff0000), odd);
	}
	return acc + (even + odd);
}

static inline bool
tiles_are_as_ref(void)
{
	uint64_t seed = 88172645463325252;
	unsigned was = fun_flush_on();
	uint32_t a[256], b[256];
	float c[256], want[256];
	bool same = true;

	for (int i = 0; i < 16; i++) {
		struct probe at = probe_range[i % 4];

		for (int k = 0; k < 256; k++) {
			a[k] = probe_pair(&seed, at);
			b[k] = probe_pair(&seed, at);
			c[k] = fun_float(probe_number(&seed, at));
		}
		for (int k = 0; k < 256; k++)
			want[k] = tile_want(c[k], a + k / 16 * 16, b + k % 16);
		tile_once(c, a, b);
		for (int k = 0; k < 256; k++)
			same =
			    same && (fun_bits(c[k]) == fun_bits(want[k]) ||
					(c[k] != c[k] && want[k] != want[k]));
	}
	fun_flush_off(was);
	return same;
}
#endif
