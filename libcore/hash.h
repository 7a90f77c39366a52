#ifndef HASH_H
#define HASH_H
#include "libcore/str.h"
/*
 * Hashes (xxHash's XXH3) and counter-based random numbers. Both depend on
 * nothing but their arguments: not on the machine, the order of calls or the
 * number of threads.
 */
struct hash128 {
	uint64_t hi, lo;
};

uint64_t hash64(const void *, size_t n);
struct hash128 hash128(const void *, size_t n);
void hash_hex(char hex[33], struct hash128); /* 32 lower-case digits and NUL */

/* Hash of a whole file's bytes, for digests in headers and stats. */
bool hash_file(const char *path, struct hash128 *, struct err *);

/*
 * Philox4x32-10: 128 random bits for (key, counter).
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
void philox(uint32_t out[4], uint64_t key, uint64_t hi, uint64_t lo);
/* A double in [0, 1) with 53 random bits, and one in [0, n) without bias
 * worth naming (n < 2^32). */
double rng_unit(uint64_t key, uint64_t hi, uint64_t lo);
uint64_t rng_below(uint64_t n, uint64_t key, uint64_t hi, uint64_t lo);
#endif
