#ifndef TWELVE_H
#define TWELVE_H
#include "gpu/cpu/cpu.h"
/*
 * Weights of bf16 in 12 bits, with nothing lost. The exponents of a panel of
 * weights are few: each number is a byte of its sign and fraction and four bits
 * that name one of the panel's 16 commonest exponents. Numbers with another
 * exponent are odd: they stand in a list, their place holds anything.
 *
 * A panel is [cols][48] bytes: 32 of sign and fraction, then 16 that hold the
 * names for bytes b and b + 16 of those. Column c is byte twelve_place(c), so
 * that AVX2 has them in order after it has put halves beside each other.
 *
 * twelve[panel][32]: of each of the 16 exponents the upper seven bits, as they
 * stand in the upper byte of a bf16, then the lowest bit in the lower byte's
 * top.
 */
enum {
	TWELVE = 48, /* bytes for 32 numbers */
	TWELVE_ODD =
	    8, /* of a panel, one row in so many may have odd numbers */
	TWELVE_TABLE = 32 /* bytes a panel */
};

struct odd {
	uint32_t k;      /* column of the matrix, row of the panel */
	uint16_t c;      /* column of the panel */
	uint16_t number; /* bf16 */
};

static inline size_t
twelve_place(size_t c)
{
	return c / 8 * 4 + c % 4 + (c % 8 < 4 ? 0 : 16);
}

/* Pack a mat of panels that is kept as bf16; it stays as it is where too many
 * numbers are odd. */
void twelve_pack(struct dev *, struct mat *);
/* Element k of row `row`, as bf16. */
uint16_t twelve_one(const struct mat *, size_t row, size_t k);

static inline const uint8_t *
twelve_row(const struct mat *w, size_t p, size_t k)
{
	return (const uint8_t *)w->x + (p * w->cols + k) * TWELVE;
}
#endif
