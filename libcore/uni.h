#ifndef UNI_H
#define UNI_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcore/str.h"
/*
 * Unicode 16: what kind of character a code point is, UTF-8, and the
 * composed normal form (by Unicode 9, as in Hugging Face tokenizers: marks
 * that came later are left alone). Independent of the locale. The tables are
 * in uni_data.c, made by uni.py.
 */
enum {
	UNI_LU = 1, /* \p{Lu} and so on */
	UNI_LL = 2,
	UNI_LT = 4,
	UNI_LM = 8,
	UNI_LO = 16,
	UNI_L = 31,
	UNI_M = 32,
	UNI_N = 64,
	UNI_P = 128,
	UNI_S = 256,
	UNI_SPACE = 512,   /* White_Space */
	UNI_WORD = 1024,   /* what \w matches: Alphabetic, M, Nd, Pc, joiners */
	UNI_UNSURE = 2048, /* may change in NFC, or change what stands before */
};

/* The tables: use uni_is. A class is uni_mask and uni_ccc at
 * uni_kind[uni_block[c >> 7] * 128 + (c & 127)]. */
struct uni_pair {
	uint32_t whole, first, second; /* second 0: a singleton */
	uint32_t composes;             /* not excluded from composition */
};
extern const uint16_t uni_block[], uni_mask[], uni_compose[];
extern const uint8_t uni_kind[], uni_ccc[];
extern const struct uni_pair uni_pair[]; /* rising in whole */
extern const size_t uni_pairs;
extern const size_t uni_composes; /* uni_compose: rising in first, second */

static inline unsigned
uni_class(uint32_t c)
{
	return uni_kind[uni_block[c >> 7] * 128u + (c & 127)];
}

/* The UNI_ bits of a code point below 0x110000. */
static inline unsigned
uni_is(uint32_t c)
{
	return uni_mask[uni_class(c)];
}

/* The code point at s and its length in bytes. s must be valid UTF-8. */
static inline uint32_t
utf8_get(const char *s, unsigned *len)
{
	const unsigned char *u = (const unsigned char *)s;

	if (u[0] < 0x80) {
		*len = 1;
		return u[0];
	}
	if (u[0] < 0xe0) {
		*len = 2;
		return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
	}
	if (u[0] < 0xf0) {
		*len = 3;
		return (u[0] & 0xfu) << 12 | (u[1] & 0x3fu) << 6 |
		       (u[2] & 0x3fu);
	}
	*len = 4;
	return (u[0] & 7u) << 18 | (u[1] & 0x3fu) << 12 | (u[2] & 0x3fu) << 6 |
	       (u[3] & 0x3fu);
}

/* Bytes written to s (1 to 4). */
unsigned utf8_put(char s[4], uint32_t c);
/* Whether s is UTF-8; if not, *at is its first byte that is not. */
bool utf8_valid(struct str s, size_t *at);

/*
 * How far s is sure to be in NFC: text in NFC up to here, and nothing after
 * can change it. s.n for most texts, at several GB/s for ASCII.
 */
size_t nfc_sure(struct str s);
/*
 * Append the canonical composition of s (valid UTF-8). from, if not NULL,
 * gets one entry for every byte appended: the offset in s where the
 * characters that it came from end. It must have room for nfc_room(s.n)
 * entries.
 * Source: Unicode Standard Annex 15, and chapter 3.11 and 3.12.
 */
void nfc_put(struct buf *out, struct str s, uint32_t *from);
static inline size_t
nfc_room(size_t n)
{
	return 3 * n; /* UAX 15: NFC grows UTF-8 by a factor of 3 at most */
}
#endif
