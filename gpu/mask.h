#ifndef MASK_H
#define MASK_H
#include "libcore/grammar.h"
#include "libcore/tok.h"
/*
 * Which tokens may follow in a text that is held to a grammar: those whose
 * bytes all may, and those that end a response where the text may end.
 * Special tokens never may.
 *
 * The pieces of the vocabulary are kept sorted, so that bytes which tokens
 * share at their beginnings are stepped once. What a state allows is kept, for
 * MASK_STATES of them or as many as there are texts; states recur (the inside of a string is one), so
 * that most steps find theirs.
 *
 * Memory: 12 bytes a token; vocab / 8 bytes a state that is kept.
 * One thread at a time.
 */
struct mask;
enum { MASK_STATES = 128, MASK_PIECE = 64 };

/* The grammar and the tokenizer are borrowed; stop[stops] is copied. vocab:
 * rows of logits. texts: how many are in the making at once. NULL with the
 * reason where the vocabulary cannot write what
 * the grammar asks for: a printable ASCII character has no token. */
struct mask *mask_new(const struct grammar *, const struct tok *, size_t vocab,
    size_t texts, const int32_t *stop, size_t stops, struct err *);
void mask_free(struct mask *);

/* A text in the making. */
struct mask_text;
struct mask_text *mask_begin(const struct mask *);
struct mask_text *mask_copy(const struct mask_text *);
void mask_end(struct mask_text *);

/* A bit a token, 64 to a word, the lowest first; the words are there until
 * mask_allowed has been called `texts` times more. */
const uint64_t *mask_allowed(struct mask *, const struct mask_text *);
/* The token, which is allowed and ends nothing, is written. True when nothing
 * can follow: the text is whole. */
bool mask_take(const struct mask *, struct mask_text *, int32_t id);
#endif
