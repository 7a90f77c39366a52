#ifndef PAGES_H
#define PAGES_H
#include "libcore/hash.h"
/*
 * Who uses which page of a paged cache of keys and values (ops.h): counts of
 * holders, and what finished prompts left behind for the next ones.
 *
 * A page that is full and whose tokens and all tokens before them are known
 * can be remembered under the hash of them; when nobody holds it any more it
 * stays until its room is needed, the longest unused first. Keys and values
 * do not depend on who computed them (batch invariance), so a page found
 * again changes no bit.
 *
 * Searches are linear: a cache has hundreds of pages, thousands at most.
 */
struct pages;

struct pages *pages_new(size_t n);
void pages_free(struct pages *);

/* A page for the caller alone, held once; -1 if all are held. */
int32_t pages_take(struct pages *);
void pages_hold(struct pages *, int32_t page);
void pages_drop(struct pages *, int32_t page);
/* How many pages_take would give. */
size_t pages_left(const struct pages *);

void pages_remember(struct pages *, int32_t page, struct hash128 key);
/* The page remembered under key, held once more; -1 if there is none. */
int32_t pages_find(struct pages *, struct hash128 key);
/* Forget all that nobody holds (the weights changed). */
void pages_forget(struct pages *);
#endif
