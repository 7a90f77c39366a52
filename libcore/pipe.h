#ifndef PIPE_H
#define PIPE_H
#include "libcore/cut.h"
#include "libcore/tool.h"
/*
 * The runner's own: batches of records on their way from the input to the
 * outputs, over several threads, results in record order (see tool.h).
 *
 * A batch is cut from the input, parsed, run through .each, packed
 * (compressed) and written. Cutting is for one thread at a time; parsing and
 * packing are for any; running (unless .any_order) and writing are for the
 * main thread, in order. With one thread the main one does it all.
 */
struct count {
	char *what;
	bool dropped;
	unsigned long n;
};

struct tally { /* in the order of first appearance; `= {0}` is empty */
	struct count *c;
	size_t n, room;
};

void tally_add(struct tally *, const char *what, bool dropped, unsigned long n);
void tally_done(struct tally *);

struct pipe_plan {
	const struct tool *tool;
	char **files; /* none: standard input */
	size_t nfiles;
	size_t line_limit;
	unsigned depth;
	struct zout **out; /* [nout]; NULL where a side output is discarded */
	size_t nout;
	struct zout *reject; /* or NULL: stop at a bad record */
	void (*tick)(void);  /* after each batch written; may be NULL */
};

struct pipe_result {
	unsigned long in, out, blank, rejected;
	struct tally tally;
	size_t done, all; /* bytes of input, for progress */
	size_t text;      /* bytes of text written or passed over */
	bool failed;      /* a data error, which has been reported */
	bool gone;        /* the reader of the main output left */
};

void pipe_open(const struct pipe_plan *);
void pipe_run(void);
/* Where it stands; main thread only. */
struct pipe_result *pipe_result(void);
/* Ends the helper threads (on the way out after a failure, too). */
void pipe_stop(void);
/* The inputs' digests as JSON. */
void pipe_inputs(struct buf *);
void pipe_close(void);

/* Signals: the number that asked to stop, or 0. The first one sets it, a
 * second one ends the process at once. */
void stop_init(void);
int stop_signal(void);
bool stop_asked(void); /* by a signal or stop_wake */
void stop_wake(void);  /* reads that wait end, as after a signal */
void stop_fail(void);  /* tool_stopping is true from here on */
void stop_done(void);
#endif
