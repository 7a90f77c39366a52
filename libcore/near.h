#ifndef NEAR_H
#define NEAR_H
#include "libcore/minhash.h"
/*
 * Near-duplicates among n texts, by locality-sensitive hashing of MinHash
 * signatures, as stars: each dropped text is alike to one that is kept, so
 * nothing is merged through a chain of others, and no two kept texts that
 * share a band are alike.
 *
 * Texts are looked at best first (greatest `by`, then longest where wanted,
 * then the earliest). One that is alike to a kept text it shares a band with
 * is dropped; else it is kept. Two texts share one of `bands` bands of
 * rows = 128 / bands rows with probability 1 - (1 - J^rows)^bands; half as
 * many bands again, of the same rows in another order, find a little more.
 * Source: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4.
 *
 * Memory: 144 + 6 * bands bytes a text, and 20 more while deciding: 260 for
 * 16 bands. At most 2^32 - 2 texts.
 */
struct near;

enum { NEAR_BANDS = 48 }; /* keys of a text, at most: for 32 bands */
/* bands divides 128. Alike: similarity of at least threshold. */
struct near *near_new(unsigned bands, double threshold, bool longest);
void near_free(struct near *); /* NULL is allowed */

/* The next text: its number is how many were added before it. by: NAN is
 * worse than any number. */
struct near_text {
	uint8_t sig[MINHASHES];
	uint32_t band[NEAR_BANDS];
	double by;
	uint32_t len;
};
void near_sign(struct near_text *, const struct near *, struct shingles *);
void near_add(struct near *, const struct near_text *);

/*
 * Decide. Without exact, alike is judged by the signatures' estimate; with
 * it, pairs whose estimate is at most 0.1 below the threshold are asked for
 * their exact similarity, so that nothing is dropped wrongly. Returns false
 * if stop said so before the end.
 */
bool near_decide(
    struct near *, double (*exact)(uint32_t a, uint32_t b), bool (*stop)(void));

/* After that: the kept text that text i is alike to and how alike, or i. */
uint32_t near_kept(const struct near *, uint32_t i, double *j);
size_t near_count(const struct near *);
#endif
