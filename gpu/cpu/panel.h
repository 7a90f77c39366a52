#ifndef PANEL_H
#define PANEL_H
#include "gpu/cpu/cpu.h"
#include "gpu/cpu/vec.h"
/*
 * Operands of products. An operand is a string of units along k: floats, or,
 * where PATH_DOT is defined (a machine with vdpbf16ps), pairs of bf16, the
 * even element low. Without PATH_DOT, bf16 operands are rounded floats whose
 * pairs are swapped, so that the same float kernel takes the odd one first:
 * the bits of vdpbf16ps. Pairs are filled up with a zero.
 *
 * A panel is [deep][width] units, width 32 (what a kernel reads as vectors)
 * or less (what it reads one by one).
 */
#ifdef PATH_DOT
typedef uint32_t unit;
#else
typedef float unit;
#endif

static inline size_t
deep(const struct dev *d, size_t k)
{
	return units_deep(d, k);
}

#ifdef PATH_DOT
/* Lanes of bf16 pairs: even low, odd high. */
static inline void
put_pair(unit *to, vec even, vec odd, size_t n)
{
	__m512i lo = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
	__m512i hi = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));

	_mm512_mask_storeu_epi32(
	    to, v_mask(n), _mm512_or_si512(lo, _mm512_slli_epi32(hi, 16)));
}
#endif

/* Where element k of a column lies, in units from the first, and how it is
 * stored: one element of a panel of this width. */
static inline void
put_one(const struct dev *d, unit *panel, size_t width, size_t k, size_t at,
    float x)
{
#ifdef PATH_DOT
	uint16_t *half = (uint16_t *)(void *)(panel + k / 2 * width + at);

	(void)d;
	half[k & 1] = fun_bf16(x);
#else
	if (d->bf16)
		panel[(k ^ 1) * width + at] = fun_round(x);
	else
		panel[k * width + at] = x;
#endif
}

/* to[deep(n)]: one row of n floats. */
static inline void
pack_row(const struct dev *d, unit *to, const float *x, size_t n)
{
#ifdef PATH_DOT
	uint16_t *half = (uint16_t *)(void *)to;
	size_t i = 0;

	(void)d;
	for (; i + 2 * LANES <= n; i += 2 * LANES)
		_mm512_storeu_si512(half + i,
		    (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + LANES),
			_mm512_loadu_ps(x + i)));
	if (n & 1)
		half[n] = 0;
	for (; i < n; i++)
		half[i] = fun_bf16(x[i]);
#else
	size_t i = 0;

	if (!d->bf16) {
		memcpy(to, x, n * sizeof *x);
		return;
	}
	for (; i < n; i += LANES) {
		float lane[LANES];

		v_put(lane, v_round(v_get(x + i, n - i)), LANES);
		for (size_t k = i; k < i + LANES && k < round_up(n, 2); k++)
			to[k ^ 1] = lane[k - i];
	}
#endif
}

/* Rows to columns: to[deep(n)][width] from x[n][ld], the first `cols` columns
 * (at most width); the rest of the width is zero. k runs along n. */
static inline void
pack_cols(const struct dev *d, unit *to, size_t width, const float *x,
    size_t ld, size_t n, size_t cols)
{
	for (size_t c = 0; c < width; c += LANES) {
		size_t wide = width - c, have = cols > c ? cols - c : 0;
		const float *from = x + c;
		vec zero = v_set(0);

#ifdef PATH_DOT
		for (size_t k = 0; k < n; k += 2)
			put_pair(to + k / 2 * width + c,
			    have ? v_get(from + k * ld, have) : zero,
			    have && k + 1 < n ? v_get(from + (k + 1) * ld, have)
					      : zero,
			    wide);
		(void)d;
#else
		for (size_t k = 0; k < deep(d, n); k++) {
			vec v =
			    have && k < n ? v_get(from + k * ld, have) : zero;

			if (d->bf16)
				v_put(
				    to + (k ^ 1) * width + c, v_round(v), wide);
			else
				v_put(to + k * width + c, v, wide);
		}
#endif
	}
}

/* Rows to a panel across: to[deep(n)][32] from up to 32 rows x[rows][ld] of n
 * floats, rows that are not there zero. k runs along n. */
static inline void
pack_across(const struct dev *d, unit *to, const float *x, size_t ld,
    size_t rows, size_t n)
{
	for (size_t r = 0; r < PANEL; r += LANES) {
		size_t have = rows > r ? rows - r : 0;
		const float *from = have ? x + r * ld : x;

#ifdef PATH_DOT
		for (size_t k = 0; k < n; k += 2)
			put_pair(to + k / 2 * PANEL + r,
			    v_gather(from + k, ld, have),
			    k + 1 < n ? v_gather(from + k + 1, ld, have)
				      : v_set(0),
			    LANES);
		(void)d;
#else
		for (size_t k = 0; k < deep(d, n); k++) {
			vec v = k < n ? v_gather(from + k, ld, have) : v_set(0);

			if (d->bf16)
				v_put(to + (k ^ 1) * PANEL + r, v_round(v),
				    LANES);
			else
				v_put(to + k * PANEL + r, v, LANES);
		}
#endif
	}
}
#endif
