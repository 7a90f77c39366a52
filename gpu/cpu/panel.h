#ifndef PANEL_H
#define PANEL_H
#include "gpu/cpu/cpu.h"
#include "gpu/cpu/vec.h"
/*
 * Operands of products, laid along k in units of one float or, with bf16, of
 * a pair, the even element low; an odd count is filled up by a zero.
 *
 * The right operand is read as vectors: panels of [deep][32] units.
 *
 * The left one is read element by element, in rows [deep] or, `across`, in
 * columns [deep][width]. Where PATH_DOT is defined (vdpbf16ps) it is made of
 * the same units. Elsewhere it is made of floats: with bf16 two to a unit,
 * rounded, the odd one first, so that a kernel of fused multiply-adds takes
 * them in the order of vdpbf16ps and gets its bits.
 */
typedef uint32_t unit;
#ifdef PATH_DOT
typedef uint32_t left;
#else
typedef float left;
#endif

static inline size_t
deep(const struct dev *d, size_t k)
{
	return units_deep(d, k);
}

/* Lefts in a unit. */
static inline size_t
lefts(const struct dev *d)
{
#ifdef PATH_DOT
	(void)d;
	return 1;
#else
	return d->bf16 ? 2 : 1;
#endif
}

/* Lefts in a row of k elements. */
static inline size_t
left_deep(const struct dev *d, size_t k)
{
	return lefts(d) * deep(d, k);
}

/* Element k of column `at` of a right panel. */
static inline void
put_one(const struct dev *d, unit *panel, size_t k, size_t at, float x)
{
	unit *to;

	if (!d->bf16) {
		panel[k * PANEL + at] = fun_bits(x);
		return;
	}
	to = panel + k / 2 * PANEL + at;
	if (k & 1)
		*to = (*to & 0xffff) | (unit)fun_bf16(x) << 16;
	else
		*to = (*to & 0xffff0000) | fun_bf16(x);
}

static inline float
get_one(const struct dev *d, const unit *panel, size_t k, size_t at)
{
	if (!d->bf16)
		return fun_float(panel[k * PANEL + at]);
	return fun_unbf16(
	    (uint16_t)(panel[k / 2 * PANEL + at] >> (k & 1) * 16));
}

/* One row of n floats as a left operand: to[left_deep(n)]. */
static inline void
pack_row(const struct dev *d, left *to, const float *x, size_t n)
{
	size_t i = 0;
#ifdef PATH_DOT
	uint16_t *half = (uint16_t *)(void *)to;

	(void)d;
	for (; i + 2 * LANES <= n; i += 2 * LANES)
		_mm512_storeu_si512(half + i,
		    (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + LANES),
			_mm512_loadu_ps(x + i)));
	for (; i < n; i++)
		half[i] = fun_bf16(x[i]);
	if (n & 1)
		half[n] = 0;
#else
	if (!d->bf16) {
		memcpy(to, x, n * sizeof *x);
		return;
	}
	for (; i < n; i += LANES)
		v_put(to + i, v_swap(v_round(v_get(x + i, n - i))),
		    round_up(n, 2) - i);
#endif
}

/* Up to 16 columns of x[n][ld] as units along n, `width` apart; columns past
 * `have` are zero and units past `wide` are not written. */
static inline void
pack_16(const struct dev *d, unit *to, size_t width, const float *x, size_t ld,
    size_t n, size_t have, size_t wide)
{
	vec zero = v_set(0);

	for (size_t k = 0; k < n; k += d->bf16 ? 2 : 1) {
		vec v = have ? v_get(x + k * ld, have) : zero;

		if (d->bf16)
			v = v_pair(v, have && k + 1 < n
					  ? v_get(x + (k + 1) * ld, have)
					  : zero);
		v_words(to, v, wide);
		to += width;
	}
}

/* Columns of x[n][ld], the first `cols` (at most 32), as a right panel. */
static inline void
pack_cols(const struct dev *d, unit *to, const float *x, size_t ld, size_t n,
    size_t cols)
{
	for (size_t c = 0; c < PANEL; c += LANES)
		pack_16(d, to + c, PANEL, x + c, ld, n, cols > c ? cols - c : 0,
		    LANES);
}

/* The same as a left operand across: to[left_deep(n)][width]; columns past
 * `cols` are zero. */
static inline void
pack_left(const struct dev *d, left *to, size_t width, const float *x,
    size_t ld, size_t n, size_t cols)
{
	for (size_t c = 0; c < width; c += LANES) {
		size_t have = cols > c ? cols - c : 0;
#ifdef PATH_DOT
		pack_16(d, to + c, width, x + c, ld, n, have, width - c);
#else
		for (size_t k = 0; k < left_deep(d, n); k++) {
			size_t from = d->bf16 ? k ^ 1 : k;
			vec v = have && from < n
				    ? v_get(x + from * ld + c, have)
				    : v_set(0);

			v_put(to + k * width + c, d->bf16 ? v_round(v) : v,
			    width - c);
		}
#endif
	}
}

/* Up to 32 rows x[rows][ld] of n floats as a right panel along their length;
 * rows that are not there are zero. */
static inline void
pack_across(const struct dev *d, unit *to, const float *x, size_t ld,
    size_t rows, size_t n)
{
	for (size_t r = 0; r < PANEL; r += LANES) {
		size_t have = rows > r ? rows - r : 0;
		const float *from = have ? x + r * ld : x;
		unit *at = to + r;

		for (size_t k = 0; k < n; k += d->bf16 ? 2 : 1) {
			vec v = v_gather(from + k, ld, have);

			if (d->bf16)
				v = v_pair(v,
				    k + 1 < n ? v_gather(from + k + 1, ld, have)
					      : v_set(0));
			v_words(at, v, LANES);
			at += PANEL;
		}
	}
}
#endif
