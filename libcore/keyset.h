#ifndef KEYSET_H
#define KEYSET_H
#include "libcore/hash.h"
/*
 * A growing set of 128-bit keys, each with a few bytes of the caller's.
 *
 * Memory: (16 + extra) / 0.7 bytes a key at most, beyond a few hundred keys:
 * 23 bytes for keys alone. Growing never holds the set twice, since it is
 * cut into 256 parts that grow one at a time by a fifth.
 *
 * Keys stand in the order of their value near where it says (linear probing,
 * ordered; Amble & Knuth 1974, "Ordered hash tables"), so that a table at
 * 85% is still searched in few steps. Keys must be hashes: evenly spread.
 */
struct keyset;

struct keyset *keyset_new(size_t extra); /* extra: a multiple of 8 */
/* The caller's bytes of the key, zeroed when it is new; valid until the next
 * call. With extra == 0 only tells (not to be read). */
void *keyset_add(struct keyset *, struct hash128, bool *isnew);
/* The same, or NULL if the key is not there. */
void *keyset_find(const struct keyset *, struct hash128);
size_t keyset_count(const struct keyset *);
void keyset_free(struct keyset *); /* NULL is allowed */
#endif
