#ifndef PIECES_H
#define PIECES_H
#include "libcore/chat.h"
#include "libcore/tok.h"
/*
 * Samples of text (chat.h) as tokens with weights: what is packed.
 *
 * A sample is tokenised as a whole, with nothing added around it: BOS is the
 * template's own affair. The tokens before a span must be those that its
 * prompt has alone, which is what a model is asked with; where the whole text
 * is cut otherwise there, the span becomes a piece of its own, prompt and
 * reply tokenised one after the other.
 */
struct piece {
	int32_t *id;
	float *weight; /* of predicting id[i]; weight[0] is 0 */
	uint32_t *end; /* byte of the text behind each token */
	size_t n;
};

struct pieces { /* `= {0}` is empty; all in the arena it was made with */
	struct piece *p;
	size_t n;
	size_t parsed;    /* special tokens found in content */
	size_t seams;     /* spans that became pieces of their own */
	size_t cut, lost; /* pieces cut, trained tokens lost by that */
};

struct pieces_how {
	const struct tok *tok;
	const struct str *stops; /* texts of tokens that end a turn, besides */
	size_t nstops;           /* those that tok_stops and chat_stop know */
	bool literal;            /* special tokens in content are text */
};

/* Append the pieces of a sample. cache is the thread's own. false with the
 * reason: the tokeniser's, a span whose last token is no stop token, or two
 * BOS at the start. */
bool pieces_of(struct pieces *, struct arena *, const struct pieces_how *,
    struct tok_cache *cache, const struct chat_sample *, struct err *);

/* Cut what is longer than `most` tokens: LEFT and RIGHT name the end that
 * goes; SPLIT makes pieces one after the other. The first token of a part is
 * predicted from nothing, so its weight is 0. Parts that train nothing are
 * left out, unless keep. */
enum pieces_cut { CUT_LEFT, CUT_RIGHT, CUT_SPLIT };
void pieces_cut(
    struct pieces *, struct arena *, enum pieces_cut, size_t most, bool keep);

size_t piece_trained(const struct piece *); /* tokens with a weight */
#endif
