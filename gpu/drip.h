#ifndef DRIP_H
#define DRIP_H
#include "libcore/tok.h"
/*
 * The text of a sample while it is still being drawn, for those who show it
 * as it comes.
 *
 * What has been handed out never changes. So all this waits: what may be the
 * beginning of a stop string, part of a character, and bytes that are no
 * UTF-8, since what takes their place depends on what follows. The parts put
 * together, with drip_rest at the end, are the text of the answer.
 */
struct drip { /* `= {0}` is a valid start */
	struct buf raw, clean;
	size_t ids;   /* of which raw is the text */
	size_t from;  /* bytes of raw handed out */
	size_t given; /* bytes handed out; replaced ones are longer */
};

/* id[n]: all that has been drawn, none of which ends the sample. What has
 * become certain of its text; valid until the next call. */
struct str drip_more(struct drip *, const struct tok *, const int32_t *id,
    size_t n, const struct str *stop, size_t stops);
/* The rest of the answer's text: a slice of it. */
struct str drip_rest(const struct drip *, struct str text);
void drip_done(struct drip *);

/* Append the bytes of ids, special tokens and those that only a model's padded
 * vocabulary has left out. */
void drip_decode(struct buf *, const struct tok *, const int32_t *id, size_t n);
/* Append s with everything that is not UTF-8 replaced by U+FFFD. */
void drip_utf8(struct buf *, struct str s);
#endif
