#ifndef MINHASH_H
#define MINHASH_H
#include "libcore/str.h"
/*
 * How alike two texts are, by their sets of shingles: J = |A and B| / |A or B|.
 *
 * A shingle is n characters (code points) or n words in a row of a folded
 * text (libcore/fold.h); a text shorter than that is one shingle, the whole
 * of it. Words end at a space; a Chinese or Japanese character is a word.
 * Shingles are 64-bit hashes, in the order of the text, repeats included.
 */
struct shingling {
	unsigned n; /* at least 1 */
	bool words;
};

/* "c5", "w3", "5" (characters); false for anything else or n > 64. */
bool shingling_parse(struct shingling *, const char *text);

/* Room that is kept from one text to the next; `= {0}` is a valid start. */
struct shingles {
	uint64_t *h;
	size_t n, room;
};

void shingles_of(struct shingles *, struct shingling, struct str folded);
void shingles_done(struct shingles *);

/* The exact Jaccard similarity of two texts. */
double shingles_jaccard(const struct shingles *, const struct shingles *);

/*
 * MinHash signature: for each of 128 functions h -> a * h + b (mod 2^32; a
 * odd, from Philox, the same everywhere) of the upper half of a shingle's
 * hash, the least value over the text. Two signatures agree in a place with
 * probability J.
 * Source: Broder 1997, "On the resemblance and containment of documents".
 * The paths (plain C, AVX2, AVX-512) give equal bits; the fastest that the
 * CPU has is taken. n == 0 gives 128 times 0xffffffff.
 */
enum { MINHASHES = 128 };
void minhash(uint32_t sig[MINHASHES], const uint64_t *shingles, size_t n);

/* For tests: path 0 is plain C, the next ones faster; false beyond the last
 * or where the CPU lacks it. */
bool minhash_by(
    unsigned path, uint32_t sig[MINHASHES], const uint64_t *shingles, size_t n);

/*
 * What is kept of a signature: the lowest byte of each value.
 * Source: Li & Koenig 2010, "b-bit minwise hashing", b = 8. The share m of
 * equal bytes estimates J as (m - 1/256) / (1 - 1/256).
 */
double minhash_estimate(const uint8_t a[MINHASHES], const uint8_t b[MINHASHES]);

/*
 * 32-bit key of band i when a signature is cut into bands of `rows` rows;
 * equal rows give equal keys. The first 128 / rows bands are rows in a row;
 * as many again take every (128 / rows)th row, and cut it another way.
 */
uint32_t minhash_band(const uint32_t sig[MINHASHES], unsigned i, unsigned rows);
#endif
