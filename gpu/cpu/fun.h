#ifndef FUN_H
#define FUN_H
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif
/*
 * The project's own elementary functions, so that results do not depend on a
 * libm. Each is a fixed sequence of IEEE additions, multiplications and
 * divisions (build with -ffp-contract=off), within 2 units in the last place
 * (tests/ops.c). The vector paths repeat the float ones operation by
 * operation, from the constants below.
 *
 *   fun_exp     float; 0 below -87.3 where flushing is on, inf above 88.7
 *   fun_log     float; log 0 = -inf, of a negative NaN
 *   fun_exp64, fun_log64, fun_sin64, fun_cos64
 *               double, for tables made once; sin and cos for |x| < 2^20
 *   fun_fma     a * b + c rounded once, on any machine
 *   fun_bf16    the bf16 nearest to x (ties to even; subnormals become zero,
 *               as vcvtneps2bf16 has it), as bits; fun_round: as a float
 */

static inline uint32_t
fun_bits(float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof u);
	return u;
}

static inline float
fun_float(uint32_t u)
{
	float x;

	memcpy(&x, &u, sizeof x);
	return x;
}

static inline double
fun_double(uint64_t u)
{
	double x;

	memcpy(&x, &u, sizeof x);
	return x;
}

/* The product of two floats is exact in double, and so is the error of the
 * sum (Knuth); rounding the sum to odd makes the last rounding the only one
 * (Boldo & Melquiond 2008, IEEE Trans. Computers 57(4)). */
static inline float
fun_fma(float a, float b, float c)
{
#ifdef __FMA__
	return __builtin_fmaf(a, b, c);
#else
	double p = (double)a * (double)b, q = (double)c, s = p + q;
	double t = s - p, e = (p - (s - t)) + (q - t);
	uint64_t u;

	if (e > 0 || e < 0) {
		memcpy(&u, &s, sizeof u);
		if (!(u & 1))
			u += (e > 0) == (s > 0) ? 1 : -1;
		s = fun_double(u);
	}
	return (float)s;
#endif
}

static inline uint16_t
fun_bf16(float x)
{
	uint32_t u = fun_bits(x);

	if ((u & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(u >> 16 | 0x40);
	if (!(u & 0x7f800000))
		u &= 0x80000000;
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static inline float
fun_unbf16(uint16_t b)
{
	return fun_float((uint32_t)b << 16);
}

static inline float
fun_round(float x)
{
	return fun_unbf16(fun_bf16(x));
}

/* exp x = 2^n exp r, |r| <= log(2)/2; exp r = 1 + r + r^2 P(r). */
#define EXP_LOW (-104.0f)
#define EXP_HIGH 89.0f
#define EXP_LOG2E 1.44269504f
#define EXP_MAGIC 12582912.0f /* 1.5 * 2^23: adding it rounds to an integer */
#define EXP_LN2_HIGH 0.693359375f
#define EXP_LN2_LOW (-2.12194440e-4f)
#define EXP_P5 1.9875691500e-4f
#define EXP_P4 1.3981999507e-3f
#define EXP_P3 8.3334519073e-3f
#define EXP_P2 4.1665795894e-2f
#define EXP_P1 1.6666665459e-1f
#define EXP_P0 5.0000001201e-1f

static inline float
fun_exp(float x)
{
	float t, n, r, p;
	uint32_t i, half;

	x = x < EXP_LOW ? EXP_LOW : x;
	x = x > EXP_HIGH ? EXP_HIGH : x;
	t = fun_fma(x, EXP_LOG2E, EXP_MAGIC);
	n = t - EXP_MAGIC;
	r = fun_fma(-n, EXP_LN2_HIGH, x);
	r = fun_fma(-n, EXP_LN2_LOW, r);
	p = fun_fma(EXP_P5, r, EXP_P4);
	p = fun_fma(p, r, EXP_P3);
	p = fun_fma(p, r, EXP_P2);
	p = fun_fma(p, r, EXP_P1);
	p = fun_fma(p, r, EXP_P0);
	p = fun_fma(p, r * r, r) + 1;
	/* 2^n in two steps, so that neither overflows. */
	i = fun_bits(t) - fun_bits(EXP_MAGIC);
	half = (uint32_t)((int32_t)i >> 1);
	p *= fun_float((half + 127) << 23);
	return p * fun_float((i - half + 127) << 23);
}

static inline double
fun_exp64(double x)
{
	double n, r, p = 0;
	uint64_t half;
	int64_t i;

	if (!(x > -750))
		return x < 0 ? 0 : x;
	x = x > 710 ? 710 : x;
	i = (int64_t)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
	n = (double)i;
	r = x - n * 6.93147180369123816490e-01; /* 33 bits: exact product */
	r -= n * 1.90821492927058770002e-10;
	for (int k = 13; k >= 2; k--)
		p = (p + 1) * r / k;
	p = 1 + (r + r * p);
	half = (uint64_t)(i >> 1);
	p *= fun_double((half + 1023) << 52);
	return p * fun_double(((uint64_t)i - half + 1023) << 52);
}

/* x = 2^n m, m in [sqrt(1/2), sqrt(2)), s = (m - 1) / (m + 1):
 * log m = 2 (s + s^3/3 + s^5/5 + ...). */
static inline double
fun_log64(double x)
{
	uint64_t u;
	double n = 0, f, s, z, p = 0;

	if (!(x > 0))
		return x < 0 ? (x - x) / 0.0 : x == 0 ? -1 / 0.0 : x;
	if (x > 1.7976931348623157e308)
		return x;
	if (x < 2.2250738585072014e-308) {
		x *= 18014398509481984.0; /* 2^54 */
		n = -54;
	}
	memcpy(&u, &x, sizeof u);
	n += (double)((int64_t)(u >> 52) - 1023);
	f = fun_double((u & 0xfffffffffffff) | (uint64_t)1023 << 52);
	if (f > 1.4142135623730951) {
		f /= 2;
		n++;
	}
	f--;
	s = f / (2 + f);
	z = s * s;
	for (int k = 21; k >= 3; k -= 2)
		p = p * z + 2.0 / k;
	/* 2s = f - s f, which keeps the rounding of s out of the sum. */
	p = f - (s * f - s * z * p);
	return n * 6.93147180369123816490e-01 +
	       (p + n * 1.90821492927058770002e-10);
}

static inline float
fun_log(float x)
{
	return (float)fun_log64((double)x);
}

/* sin for quarter 0, cos for 1, ... of the circle, by Taylor on
 * |r| <= pi/4. */
static inline double
fun_circle(double x, int64_t quarter)
{
	int64_t n = (int64_t)(x * 0.63661977236758138 + (x < 0 ? -0.5 : 0.5));
	double q = (double)n, r, z, p = 0;

	r = x - q * 1.57079632673412561417e+00; /* 33 bits each: exact */
	r -= q * 6.07710050630396597660e-11;
	r -= q * 2.02226624879595063154e-21;
	z = r * r;
	quarter = (quarter + n) & 3;
	if (quarter & 1) {
		for (int k = 18; k >= 4; k -= 2)
			p = (p + 1) * z / -(double)(k * (k - 1));
		p = 1 - (z / 2 + z / 2 * p);
	} else {
		for (int k = 19; k >= 3; k -= 2)
			p = (p + 1) * z / -(double)(k * (k - 1));
		p = r + r * p;
	}
	return quarter & 2 ? -p : p;
}

static inline double
fun_sin64(double x)
{
	return fun_circle(x, 0);
}

static inline double
fun_cos64(double x)
{
	return fun_circle(x, 1);
}

/* Flush subnormals to zero, as operands and as results: every op runs so, in
 * every thread. Returns what fun_flush_off takes to restore the state. */
static inline unsigned
fun_flush_on(void)
{
#ifdef __SSE2__
	unsigned was = _mm_getcsr();

	_mm_setcsr((was | 0x8040) & ~0x603fu);
	return was;
#else
	return 0;
#endif
}

static inline void
fun_flush_off(unsigned was)
{
#ifdef __SSE2__
	_mm_setcsr(was);
#else
	(void)was;
#endif
}
#endif
