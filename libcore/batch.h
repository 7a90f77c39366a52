#ifndef BATCH_H
#define BATCH_H
#include "libcore/pipe.h"
/*
 * One batch: its lines, its records, what they wrote. One thread at a time
 * has it; pipe.c says which.
 */
enum stage { CUT, PARSED, RAN, PACKED };

struct rec_piece { /* what a record wrote or counted */
	struct rec_piece *next;
	int to;          /* output, or one of the two below */
	struct str text; /* the line, or what is counted */
	unsigned long n;
};
enum { PIECE_COUNT = -1, PIECE_DROP = -2 };
enum { NOTES = 10 }; /* bad records that are named without -v */

struct out {
	struct buf text;   /* not compressed */
	struct buf packed; /* one frame of the output's format */
};

struct batch {
	struct batch *next; /* in record order */
	enum stage stage;
	bool busy; /* a thread works on it */
	bool seen; /* .pull has come to it */
	struct cut cut;
	struct arena mem;    /* of its records; with .any_order of the one */
	struct json_doc doc; /* scratch of the parser */
	struct rec *r;       /* [n]; with .any_order one */
	size_t n, room;
	size_t at;     /* the next record to run, or to hand out */
	size_t left;   /* handed out and not back */
	size_t cursor; /* in cut.text: the next line */
	unsigned long no;
	struct out *out; /* [nout] */
	struct buf reject, notes;
	struct tally tally;
	unsigned long in, made, blank, rejected;
	struct buf why; /* the data error behind these records, if any */
	bool last;      /* nothing may follow it */
};

struct batch *batch_new(const struct pipe_plan *);
void batch_clear(struct batch *, const struct pipe_plan *);
void batch_free(struct batch *, const struct pipe_plan *);

/* Parse the lines; with .any_order run them as well, else prepare them. */
void batch_parse(struct batch *, const struct pipe_plan *);
/* .each for every record, in order. */
void batch_each(struct batch *, const struct pipe_plan *);
/* Take over what records [0, n) of .pull wrote, in order. */
void batch_settle(struct batch *, const struct pipe_plan *);
/* Compress what is large enough for a frame of its own. */
bool batch_pack(
    struct batch *, const struct pipe_plan *, struct zpress *, struct err *);
#endif
