#ifndef VEC_H
#define VEC_H
#include <stdbool.h>

#include "gpu/cpu/fun.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif
/*
 * Sixteen floats, whatever the machine: struct vec and what can be done with
 * it. Each operation is the IEEE one per lane; v_exp is fun_exp per lane.
 *
 *   v_get, v_put  the first n lanes (all where n >= 16); absent ones are zero
 *   v_gather      lane i from p[i * step]
 *   v_sum         lanes added 8, 4, 2, 1 apart; v_most: the greatest
 *   v_within      lanes from <= i < to kept, the others `other`
 *   v_round       to bf16 and back, as fun_round
 *   v_swap        each even lane exchanged with the odd one after it
 *   v_pair        bf16 of both, the even one in the low half of each word
 *   v_low, v_high the even and the odd elements of 16 pairs, as floats
 *   v_word, v_words  16 words as they are
 *   v_halves      16 bf16 numbers; v_bytes: 16 signed bytes; v_nibbles: the low
 *                 or the high halves of 16 bytes, 0 to 15; all as floats
 *   v_twelve      columns 0 to 15 or 16 to 31 of a row (twelve.h), the odd ones
 *                 aside, as floats
 */
enum { LANES = 16 };

#ifdef __AVX2__
/* Columns 0 to 15 or 16 to 31 of a row, as bf16: 0 to 3 and 8 to 11 in the low
 * halves of the two lanes, 4 to 7 and 12 to 15 in the high halves. */
static inline __m256i
twelve_words(const uint8_t *row, bool second, const uint8_t *table)
{
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)row);
	__m256i name = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)(row + 32)));
	__m256i upper = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)table));
	__m256i lower = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)(table + 16)));
	__m256i sign = _mm256_set1_epi8((char)0x80), low, high;

	name = _mm256_and_si256(
	    _mm256_srlv_epi32(name, _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4)),
	    _mm256_set1_epi8(15));
	high = _mm256_or_si256(
	    _mm256_shuffle_epi8(upper, name), _mm256_and_si256(x, sign));
	low = _mm256_or_si256(
	    _mm256_shuffle_epi8(lower, name), _mm256_andnot_si256(sign, x));
	return second ? _mm256_unpackhi_epi8(low, high)
		      : _mm256_unpacklo_epi8(low, high);
}
#endif

#if defined(__AVX512F__)
typedef __m512 vec;

static inline vec
v_set(float x)
{
	return _mm512_set1_ps(x);
}

static inline __mmask16
v_mask(size_t n)
{
	return n >= LANES ? 0xffff : (__mmask16)((1u << n) - 1);
}

static inline vec
v_get(const float *p, size_t n)
{
	return n >= LANES ? _mm512_loadu_ps(p)
			  : _mm512_maskz_loadu_ps(v_mask(n), p);
}

static inline void
v_put(float *p, vec x, size_t n)
{
	if (n >= LANES)
		_mm512_storeu_ps(p, x);
	else
		_mm512_mask_storeu_ps(p, v_mask(n), x);
}

static inline vec
v_gather(const float *p, size_t step, size_t n)
{
	__m512i at = _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6,
					    7, 8, 9, 10, 11, 12, 13, 14, 15),
	    _mm512_set1_epi32((int)step));

	return _mm512_mask_i32gather_ps(
	    _mm512_setzero_ps(), v_mask(n), at, p, 4);
}

static inline vec
v_add(vec a, vec b)
{
	return _mm512_add_ps(a, b);
}

static inline vec
v_sub(vec a, vec b)
{
	return _mm512_sub_ps(a, b);
}

static inline vec
v_mul(vec a, vec b)
{
	return _mm512_mul_ps(a, b);
}

static inline vec
v_div(vec a, vec b)
{
	return _mm512_div_ps(a, b);
}

static inline vec
v_fma(vec a, vec b, vec c)
{
	return _mm512_fmadd_ps(a, b, c);
}

static inline vec
v_neg(vec a)
{
	return _mm512_castsi512_ps(_mm512_xor_si512(
	    _mm512_castps_si512(a), _mm512_set1_epi32((int)0x80000000)));
}

static inline vec
v_sqrt(vec a)
{
	return _mm512_sqrt_ps(a);
}

/* a > b ? a : b, and a < b ? a : b */
static inline vec
v_max(vec a, vec b)
{
	return _mm512_max_ps(a, b);
}

static inline vec
v_min(vec a, vec b)
{
	return _mm512_min_ps(a, b);
}

static inline vec
v_within(vec x, size_t from, size_t to, float other)
{
	__mmask16 keep = v_mask(to) & (__mmask16)~v_mask(from);

	return _mm512_mask_blend_ps(keep, _mm512_set1_ps(other), x);
}

/* p * 2^n, n the integer in the low bits of t (see fun_exp) */
static inline vec
v_scale(vec p, vec t)
{
	__m512i i = _mm512_sub_epi32(_mm512_castps_si512(t),
	    _mm512_set1_epi32((int)fun_bits(EXP_MAGIC)));
	__m512i half = _mm512_srai_epi32(i, 1), one = _mm512_set1_epi32(127);
	__m512i rest = _mm512_sub_epi32(i, half);

	p = _mm512_mul_ps(p, _mm512_castsi512_ps(_mm512_slli_epi32(
				 _mm512_add_epi32(half, one), 23)));
	return _mm512_mul_ps(p, _mm512_castsi512_ps(_mm512_slli_epi32(
				    _mm512_add_epi32(rest, one), 23)));
}

static inline vec
v_round(vec x)
{
	__m512i u = _mm512_castps_si512(x), r;
	__m512i top = _mm512_set1_epi32((int)0xffff0000);
	__mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
	__mmask16 tiny =
	    _mm512_testn_epi32_mask(u, _mm512_set1_epi32(0x7f800000));

	r = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7fff)),
	    _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1)));
	r = _mm512_mask_or_epi32(r, nan, u, _mm512_set1_epi32(0x400000));
	r = _mm512_mask_and_epi32(
	    r, tiny, u, _mm512_set1_epi32((int)0x80000000));
	return _mm512_castsi512_ps(_mm512_and_si512(r, top));
}

static inline float
v_sum(vec x)
{
	__m256 a = _mm256_add_ps(
	    _mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
	__m128 b =
	    _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	b = _mm_add_ps(b, _mm_movehl_ps(b, b));
	return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}

static inline float
v_most(vec x)
{
	return _mm512_reduce_max_ps(x);
}

static inline vec
v_swap(vec x)
{
	return _mm512_permute_ps(x, 0xb1);
}

static inline vec
v_word(const uint32_t *p)
{
	return _mm512_loadu_ps((const float *)(const void *)p);
}

static inline void
v_words(uint32_t *p, vec x, size_t n)
{
	_mm512_mask_storeu_ps(p, v_mask(n), x);
}

static inline vec
v_halves(const uint16_t *p)
{
	return _mm512_castsi512_ps(
	    _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(
				  (const __m256i *)(const void *)p)),
		16));
}

static inline vec
v_bytes(const int8_t *p)
{
	return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(
	    _mm_loadu_si128((const __m128i *)(const void *)p)));
}

static inline vec
v_nibbles(const uint8_t *p, bool high)
{
	__m512i x = _mm512_cvtepu8_epi32(
	    _mm_loadu_si128((const __m128i *)(const void *)p));

	return _mm512_cvtepi32_ps(
	    high ? _mm512_srli_epi32(x, 4)
		 : _mm512_and_si512(x, _mm512_set1_epi32(15)));
}

static inline vec
v_twelve(const uint8_t *row, bool second, const uint8_t *table)
{
	__m256i x = twelve_words(row, second, table);
	__m256i zero = _mm256_setzero_si256();

	return _mm512_castsi512_ps(_mm512_inserti64x4(
	    _mm512_castsi256_si512(_mm256_unpacklo_epi16(zero, x)),
	    _mm256_unpackhi_epi16(zero, x), 1));
}

static inline vec
v_low(vec x)
{
	return _mm512_castsi512_ps(
	    _mm512_slli_epi32(_mm512_castps_si512(x), 16));
}

static inline vec
v_high(vec x)
{
	return _mm512_castsi512_ps(_mm512_and_si512(
	    _mm512_castps_si512(x), _mm512_set1_epi32((int)0xffff0000)));
}

static inline vec
v_pair(vec even, vec odd)
{
#ifdef __AVX512BF16__
	__m512i lo = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
	__m512i hi = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));

	return _mm512_castsi512_ps(
	    _mm512_or_si512(lo, _mm512_slli_epi32(hi, 16)));
#else
	return _mm512_castsi512_ps(_mm512_or_si512(
	    _mm512_srli_epi32(_mm512_castps_si512(v_round(even)), 16),
	    _mm512_castps_si512(v_round(odd))));
#endif
}

#elif defined(__AVX2__)
typedef struct {
	__m256 a, b;
} vec;

#define V_EACH(name, op)                                    \
	static inline vec name(vec x, vec y)                \
	{                                                   \
		return (vec){ op(x.a, y.a), op(x.b, y.b) }; \
	}
V_EACH(v_add, _mm256_add_ps)
V_EACH(v_sub, _mm256_sub_ps)
V_EACH(v_mul, _mm256_mul_ps)
V_EACH(v_div, _mm256_div_ps)
V_EACH(v_max, _mm256_max_ps)
V_EACH(v_min, _mm256_min_ps)
#undef V_EACH

static inline vec
v_set(float x)
{
	return (vec){ _mm256_set1_ps(x), _mm256_set1_ps(x) };
}

/* All ones in the lanes first + i < n. */
static inline __m256i
v_mask(size_t n, int first)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32(n > LANES ? LANES : (int)n),
	    _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
		_mm256_set1_epi32(first)));
}

static inline vec
v_get(const float *p, size_t n)
{
	if (n >= LANES)
		return (vec){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) };
	return (vec){ _mm256_maskload_ps(p, v_mask(n, 0)),
		n > 8 ? _mm256_maskload_ps(p + 8, v_mask(n, 8))
		      : _mm256_setzero_ps() };
}

static inline void
v_put(float *p, vec x, size_t n)
{
	if (n >= LANES) {
		_mm256_storeu_ps(p, x.a);
		_mm256_storeu_ps(p + 8, x.b);
		return;
	}
	_mm256_maskstore_ps(p, v_mask(n, 0), x.a);
	if (n > 8)
		_mm256_maskstore_ps(p + 8, v_mask(n, 8), x.b);
}

static inline vec
v_gather(const float *p, size_t step, size_t n)
{
	__m256i at =
	    _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
		_mm256_set1_epi32((int)step));
	__m256 zero = _mm256_setzero_ps();

	return (vec){ _mm256_mask_i32gather_ps(
			  zero, p, at, _mm256_castsi256_ps(v_mask(n, 0)), 4),
		n > 8 ? _mm256_mask_i32gather_ps(zero, p + 8 * step, at,
			    _mm256_castsi256_ps(v_mask(n, 8)), 4)
		      : zero };
}

static inline vec
v_fma(vec x, vec y, vec z)
{
	return (vec){ _mm256_fmadd_ps(x.a, y.a, z.a),
		_mm256_fmadd_ps(x.b, y.b, z.b) };
}

static inline vec
v_neg(vec x)
{
	__m256 sign = _mm256_set1_ps(-0.0f);

	return (vec){ _mm256_xor_ps(x.a, sign), _mm256_xor_ps(x.b, sign) };
}

static inline vec
v_sqrt(vec x)
{
	return (vec){ _mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b) };
}

static inline __m256
v_within8(__m256 x, size_t from, size_t to, float other, int first)
{
	__m256i keep =
	    _mm256_andnot_si256(v_mask(from, first), v_mask(to, first));

	return _mm256_blendv_ps(
	    _mm256_set1_ps(other), x, _mm256_castsi256_ps(keep));
}

static inline vec
v_within(vec x, size_t from, size_t to, float other)
{
	return (vec){ v_within8(x.a, from, to, other, 0),
		v_within8(x.b, from, to, other, 8) };
}

static inline __m256
v_scale8(__m256 p, __m256 t)
{
	__m256i i = _mm256_sub_epi32(_mm256_castps_si256(t),
	    _mm256_set1_epi32((int)fun_bits(EXP_MAGIC)));
	__m256i half = _mm256_srai_epi32(i, 1), one = _mm256_set1_epi32(127);
	__m256i rest = _mm256_sub_epi32(i, half);

	p = _mm256_mul_ps(p, _mm256_castsi256_ps(_mm256_slli_epi32(
				 _mm256_add_epi32(half, one), 23)));
	return _mm256_mul_ps(p, _mm256_castsi256_ps(_mm256_slli_epi32(
				    _mm256_add_epi32(rest, one), 23)));
}

static inline vec
v_scale(vec p, vec t)
{
	return (vec){ v_scale8(p.a, t.a), v_scale8(p.b, t.b) };
}

static inline __m256
v_round8(__m256 x)
{
	__m256i u = _mm256_castps_si256(x), r, zero = _mm256_setzero_si256();
	__m256i tiny = _mm256_cmpeq_epi32(
	    _mm256_and_si256(u, _mm256_set1_epi32(0x7f800000)), zero);
	__m256 nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q);

	r = _mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7fff)),
	    _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1)));
	r = _mm256_blendv_epi8(r,
	    _mm256_or_si256(u, _mm256_set1_epi32(0x400000)),
	    _mm256_castps_si256(nan));
	r = _mm256_blendv_epi8(
	    r, _mm256_and_si256(u, _mm256_set1_epi32((int)0x80000000)), tiny);
	return _mm256_castsi256_ps(
	    _mm256_and_si256(r, _mm256_set1_epi32((int)0xffff0000)));
}

static inline vec
v_round(vec x)
{
	return (vec){ v_round8(x.a), v_round8(x.b) };
}

static inline float
v_sum(vec x)
{
	__m256 a = _mm256_add_ps(x.a, x.b);
	__m128 b =
	    _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	b = _mm_add_ps(b, _mm_movehl_ps(b, b));
	return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}

static inline float
v_most(vec x)
{
	__m256 a = _mm256_max_ps(x.a, x.b);
	__m128 b =
	    _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	b = _mm_max_ps(b, _mm_movehl_ps(b, b));
	return _mm_cvtss_f32(_mm_max_ss(b, _mm_movehdup_ps(b)));
}

static inline vec
v_swap(vec x)
{
	return (
	    vec){ _mm256_permute_ps(x.a, 0xb1), _mm256_permute_ps(x.b, 0xb1) };
}

static inline vec
v_word(const uint32_t *p)
{
	return v_get((const float *)(const void *)p, LANES);
}

static inline void
v_words(uint32_t *p, vec x, size_t n)
{
	v_put((float *)(void *)p, x, n);
}

static inline vec
v_halves(const uint16_t *p)
{
	const __m128i *at = (const __m128i *)(const void *)p;

	return (vec){ _mm256_castsi256_ps(_mm256_slli_epi32(
			  _mm256_cvtepu16_epi32(_mm_loadu_si128(at)), 16)),
		_mm256_castsi256_ps(_mm256_slli_epi32(
		    _mm256_cvtepu16_epi32(_mm_loadu_si128(at + 1)), 16)) };
}

static inline vec
v_bytes(const int8_t *p)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);

	return (vec){ _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(x)),
		_mm256_cvtepi32_ps(
		    _mm256_cvtepi8_epi32(_mm_srli_si128(x, 8))) };
}

static inline vec
v_nibbles(const uint8_t *p, bool high)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);

	x = _mm_and_si128(high ? _mm_srli_epi16(x, 4) : x, _mm_set1_epi8(15));
	return (vec){ _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(x)),
		_mm256_cvtepi32_ps(
		    _mm256_cvtepu8_epi32(_mm_srli_si128(x, 8))) };
}

static inline vec
v_twelve(const uint8_t *row, bool second, const uint8_t *table)
{
	__m256i x = twelve_words(row, second, table);
	__m256i zero = _mm256_setzero_si256();

	return (vec){ _mm256_castsi256_ps(_mm256_unpacklo_epi16(zero, x)),
		_mm256_castsi256_ps(_mm256_unpackhi_epi16(zero, x)) };
}

static inline vec
v_low(vec x)
{
	return (vec){ _mm256_castsi256_ps(
			  _mm256_slli_epi32(_mm256_castps_si256(x.a), 16)),
		_mm256_castsi256_ps(
		    _mm256_slli_epi32(_mm256_castps_si256(x.b), 16)) };
}

static inline vec
v_high(vec x)
{
	__m256 top = _mm256_castsi256_ps(_mm256_set1_epi32((int)0xffff0000));

	return (vec){ _mm256_and_ps(x.a, top), _mm256_and_ps(x.b, top) };
}

static inline __m256
v_pair8(__m256 even, __m256 odd)
{
	return _mm256_castsi256_ps(_mm256_or_si256(
	    _mm256_srli_epi32(_mm256_castps_si256(v_round8(even)), 16),
	    _mm256_castps_si256(v_round8(odd))));
}

static inline vec
v_pair(vec even, vec odd)
{
	return (vec){ v_pair8(even.a, odd.a), v_pair8(even.b, odd.b) };
}

#else
typedef struct {
	float at[LANES];
} vec;

#define V_EACH(name, expr)                      \
	static inline vec name(vec x, vec y)    \
	{                                       \
		for (int i = 0; i < LANES; i++) \
			x.at[i] = expr;         \
		return x;                       \
	}
V_EACH(v_add, x.at[i] + y.at[i])
V_EACH(v_sub, x.at[i] - y.at[i])
V_EACH(v_mul, x.at[i] * y.at[i])
V_EACH(v_div, x.at[i] / y.at[i])
V_EACH(v_max, x.at[i] > y.at[i] ? x.at[i] : y.at[i])
V_EACH(v_min, x.at[i] < y.at[i] ? x.at[i] : y.at[i])
#undef V_EACH

static inline vec
v_set(float x)
{
	vec v;

	for (int i = 0; i < LANES; i++)
		v.at[i] = x;
	return v;
}

static inline vec
v_gather(const float *p, size_t step, size_t n)
{
	vec v;

	for (size_t i = 0; i < LANES; i++)
		v.at[i] = i < n ? p[i * step] : 0;
	return v;
}

static inline vec
v_get(const float *p, size_t n)
{
	return v_gather(p, 1, n);
}

static inline void
v_put(float *p, vec x, size_t n)
{
	for (size_t i = 0; i < LANES && i < n; i++)
		p[i] = x.at[i];
}

static inline vec
v_fma(vec x, vec y, vec z)
{
	for (int i = 0; i < LANES; i++)
		z.at[i] = fun_fma(x.at[i], y.at[i], z.at[i]);
	return z;
}

static inline vec
v_neg(vec x)
{
	for (int i = 0; i < LANES; i++)
		x.at[i] = -x.at[i];
	return x;
}

static inline vec
v_sqrt(vec x)
{
	for (int i = 0; i < LANES; i++)
		x.at[i] = sqrtf(x.at[i]);
	return x;
}

static inline vec
v_within(vec x, size_t from, size_t to, float other)
{
	for (size_t i = 0; i < LANES; i++)
		x.at[i] = i >= from && i < to ? x.at[i] : other;
	return x;
}

static inline vec
v_scale(vec p, vec t)
{
	for (int k = 0; k < LANES; k++) {
		uint32_t i = fun_bits(t.at[k]) - fun_bits(EXP_MAGIC);
		uint32_t half = (uint32_t)((int32_t)i >> 1);

		p.at[k] *= fun_float((half + 127) << 23);
		p.at[k] *= fun_float((i - half + 127) << 23);
	}
	return p;
}

static inline vec
v_round(vec x)
{
	for (int i = 0; i < LANES; i++)
		x.at[i] = fun_round(x.at[i]);
	return x;
}

static inline float
v_sum(vec x)
{
	for (int apart = LANES / 2; apart; apart /= 2)
		for (int i = 0; i < apart; i++)
			x.at[i] += x.at[i + apart];
	return x.at[0];
}

static inline float
v_most(vec x)
{
	float most = x.at[0];

	for (int i = 1; i < LANES; i++)
		most = x.at[i] > most ? x.at[i] : most;
	return most;
}

static inline vec
v_swap(vec x)
{
	vec y;

	for (int i = 0; i < LANES; i++)
		y.at[i] = x.at[i ^ 1];
	return y;
}

static inline vec
v_word(const uint32_t *p)
{
	vec x;

	for (int i = 0; i < LANES; i++)
		x.at[i] = fun_float(p[i]);
	return x;
}

static inline void
v_words(uint32_t *p, vec x, size_t n)
{
	for (size_t i = 0; i < LANES && i < n; i++)
		p[i] = fun_bits(x.at[i]);
}

static inline vec
v_halves(const uint16_t *p)
{
	vec x;

	for (int i = 0; i < LANES; i++)
		x.at[i] = fun_unbf16(p[i]);
	return x;
}

static inline vec
v_bytes(const int8_t *p)
{
	vec x;

	for (int i = 0; i < LANES; i++)
		x.at[i] = (float)p[i];
	return x;
}

static inline vec
v_nibbles(const uint8_t *p, bool high)
{
	vec x;

	for (int i = 0; i < LANES; i++)
		x.at[i] = (float)(p[i] >> (high ? 4 : 0) & 15);
	return x;
}

static inline vec
v_twelve(const uint8_t *row, bool second, const uint8_t *table)
{
	vec x;

	for (size_t i = 0; i < LANES; i++) {
		size_t c = second ? LANES + i : i;
		size_t at = c / 8 * 4 + c % 4 + (c % 8 < 4 ? 0 : 16);
		unsigned a = row[32 + at % 16] >> (at < 16 ? 0 : 4) & 15;

		x.at[i] =
		    fun_unbf16((uint16_t)((row[at] & 0x7f) | table[16 + a] |
					  ((row[at] & 0x80) | table[a]) << 8));
	}
	return x;
}

static inline vec
v_low(vec x)
{
	for (int i = 0; i < LANES; i++)
		x.at[i] = fun_float(fun_bits(x.at[i]) << 16);
	return x;
}

static inline vec
v_high(vec x)
{
	for (int i = 0; i < LANES; i++)
		x.at[i] = fun_float(fun_bits(x.at[i]) & 0xffff0000);
	return x;
}

static inline vec
v_pair(vec even, vec odd)
{
	for (int i = 0; i < LANES; i++)
		even.at[i] = fun_float((uint32_t)fun_bf16(even.at[i]) |
				       (uint32_t)fun_bf16(odd.at[i]) << 16);
	return even;
}
#endif

static inline vec
v_exp(vec x)
{
	vec t, n, r, p;

	/* The second operand wins where one is NaN. */
	x = v_max(v_set(EXP_LOW), x);
	x = v_min(v_set(EXP_HIGH), x);
	t = v_fma(x, v_set(EXP_LOG2E), v_set(EXP_MAGIC));
	n = v_neg(v_sub(t, v_set(EXP_MAGIC)));
	r = v_fma(n, v_set(EXP_LN2_HIGH), x);
	r = v_fma(n, v_set(EXP_LN2_LOW), r);
	p = v_fma(v_set(EXP_P5), r, v_set(EXP_P4));
	p = v_fma(p, r, v_set(EXP_P3));
	p = v_fma(p, r, v_set(EXP_P2));
	p = v_fma(p, r, v_set(EXP_P1));
	p = v_fma(p, r, v_set(EXP_P0));
	p = v_add(v_fma(p, v_mul(r, r), r), v_set(1));
	return v_scale(p, t);
}
#endif
