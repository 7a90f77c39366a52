#ifndef CUT_H
#define CUT_H
#include "libcore/zio.h"
/*
 * The input of a tool, cut into batches of whole lines. Where the cuts fall
 * depends on the bytes of the input alone: at the last line's end within
 * CUT_BYTES, or at the first one after them. A file whose first byte is '['
 * is one JSON array; its items are handed out as lines, the line breaks
 * within them taken out.
 *
 * One thread at a time may call cut_next, any thread.
 */
enum { CUT_BYTES = 1 << 20 };

struct cut {
	struct buf text;  /* lines, the last perhaps without its newline */
	const char *file; /* for messages */
	unsigned long no; /* of the line (or item) before the first one here */
	bool items;       /* of a JSON array: an empty one is no blank line */
	bool piece;       /* the first line belongs to the last of before */
	bool open;        /* the last line goes on: it is longer than allowed */
	bool failed;      /* behind these lines the input failed, for why.why */
	struct err why;
};

struct cutter;
struct cutter *cut_new(char **files, size_t n, size_t line_limit);
/* The next batch into one that is reused; false at the end of all input. */
bool cut_next(struct cutter *, struct cut *);
/* Spool what cannot be read twice into the folder tmp; cut_again reads the
 * rest and starts anew. */
void cut_spool(struct cutter *, const char *tmp);
void cut_again(struct cutter *);
/* Bytes consumed of how many (0: unknown; by the thread that cuts); and
 * [{"file","bytes","xxh3"}, ...]. */
void cut_progress(const struct cutter *, size_t *done, size_t *all);
void cut_json(const struct cutter *, struct buf *);
void cut_free(struct cutter *);
#endif
