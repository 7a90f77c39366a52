#ifndef SPLIT_H
#define SPLIT_H
#include "libcore/str.h"
/*
 * Pre-tokenizers: cut a text into the words that are merged on their own.
 *
 * A splitter is a list of steps; each cuts the pieces that the step before
 * left. A step finds matches of its pattern in a piece; what lies between
 * matches is kept as a piece too. The patterns of the known model families
 * have scanners of their own (by Unicode 16); others go through PCRE2.
 */
enum split_how {
	SPLIT_REMOVED,    /* matches are dropped */
	SPLIT_ISOLATED,   /* each match is a piece */
	SPLIT_PREVIOUS,   /* each match belongs to what stands before it */
	SPLIT_NEXT,       /* ... after it */
	SPLIT_CONTIGUOUS, /* matches in a row are one piece */
};

struct split_step;
struct splitter {
	struct split_step *step;
	size_t n;
};

/* Bytes [from, to) of the text. */
struct piece {
	uint32_t from, to;
};

/* Pieces, and room for those of the step before. `= {0}` is a valid start. */
struct pieces {
	struct piece *p, *last;
	size_t n, room, last_room;
	void *match; /* PCRE2's */
};

/*
 * Add a step. invert: what does not match is the match.
 * A pattern PCRE2 would read otherwise than Oniguruma (a class within a
 * class, `&&`) is refused.
 */
bool split_add_regex(struct splitter *, struct str pattern, enum split_how,
    bool invert, struct err *);
void split_add_string(
    struct splitter *, struct str, enum split_how, bool invert);
/* Runs of digits (Unicode N), or each of them. */
void split_add_digits(struct splitter *, bool each);
/* The pattern of GPT-2. */
void split_add_gpt2(struct splitter *);
/* Before every s that does not follow an s. */
void split_add_before(struct splitter *, struct str s);
void split_done(struct splitter *);

/* A line that is equal for splitters that cut alike, as far as is known. */
void split_name(const struct splitter *, struct buf *out);

/*
 * Cut text (valid UTF-8); out->p[0, n) are not empty and rise. With no steps
 * the text is one piece. False when a pattern needs more than its share of
 * steps.
 */
bool split_run(
    const struct splitter *, struct str text, struct pieces *out, struct err *);
void pieces_done(struct pieces *);
#endif
