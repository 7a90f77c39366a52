#ifndef BPE_H
#define BPE_H
#include "libcore/tok.h"
/*
 * Byte-pair merges: one word to token ids.
 * Source: Sennrich et al. 2016, arXiv 1508.07909; ties and unknown symbols
 * as Hugging Face tokenizers and SentencePiece treat them.
 *
 * A word starts as one symbol a byte (bytes) or a character (chars). Of all
 * adjacent pairs that have a merge, the one of lowest rank is merged, the
 * leftmost of equals, until no pair has a merge.
 *
 * Symbols without a token: under chars, the bytes' own tokens (byte fallback)
 * if all are there; else the unknown token (a run of them once, if fuse);
 * else nothing, as the model's own tokeniser does, and they are counted.
 */
struct bpe_merge {
	int32_t left, right; /* left -1: free slot */
	uint32_t rank;
	int32_t id; /* what they become */
};

struct bpe {
	bool bytes, fuse;
	bool fallback;          /* chars: of_byte are the tokens <0x00> .. */
	int32_t unk;            /* -1: none */
	int32_t of_byte[256];   /* id of the byte's token; -1: none */
	int32_t *of_char;       /* chars: [0x110000] ids or -1 */
	struct bpe_merge *slot; /* hash table, size a power of two */
	unsigned bits;
	size_t merges;
};

/* Empty, with room for n merges. */
void bpe_start(struct bpe *, bool bytes, size_t n);
/* Merge left and right to id; a later rank for the same pair replaces the
 * earlier one, as in the reference. n of bpe_start is not exceeded. */
void bpe_put(
    struct bpe *, int32_t left, int32_t right, uint32_t rank, int32_t id);
/* The merge of the pair, or NULL. */
const struct bpe_merge *bpe_get(
    const struct bpe *, int32_t left, int32_t right);
void bpe_done(struct bpe *);

/* What one thread needs while it merges; `= {0}` is a valid start. */
struct bpe_room {
	struct bpe_sym *sym;
	struct bpe_wait *heap;
	struct bpe_slot *slot; /* words already seen; NULL: not remembered */
	size_t syms, heaps;
	size_t lost; /* += bytes that no token stands for */
};
void bpe_room_cache(struct bpe_room *); /* remember words from now on */
void bpe_room_done(struct bpe_room *);

/*
 * Append the ids of word; each end counts from the start of the word. Short
 * words are scanned, long ones kept in a heap: n log n at worst.
 */
void bpe_word(
    const struct bpe *, struct bpe_room *, struct str word, struct ids *out);
#endif
