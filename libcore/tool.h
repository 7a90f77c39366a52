#ifndef TOOL_H
#define TOOL_H
#include "libcore/opt.h"
#include "libcore/rec.h"
/*
 * A tool is a table of options and something to do with each record.
 * tool_main does the rest: options shared by all tools, --help, --version,
 * operands or standard input, decoding, parsing, order, threads, bad records
 * (--reject), outputs, --stats, the summary line, signals, exit status.
 *
 * Records are read in batches, cut by input bytes. One of these is set:
 *
 * each    one record: emit, drop or count it; -1 (rec_bad) if it is bad.
 *         Called in record order, one at a time; with .any_order from several
 *         threads at once, each record once (it may then touch only the
 *         record and constants). Output keeps record order in either case.
 * prepare optional, before each: the part that needs no order (hashing,
 *         matching), from several threads; leaves its result in r->user.
 * pull    the tool asks for records itself with tool_next, may hold as many
 *         as it states in its page, and gives each back with tool_done.
 *         Returns 0, or -1 after an error that it has reported by rec_bad.
 * run     instead of all these, for tools whose operands are not records
 *         (merge, train): the whole tool; gets the operands, returns the
 *         exit status.
 *
 * start   optional: after the options are parsed, before any record.
 * end     optional: after the last record, also after a data error; frees.
 */
struct tool {
	const char *name;
	const char *operands; /* as in the usage line */
	const char *does;     /* as in the man page's Nd line */
	const struct opt *opts;
	const struct opt *also;   /* a shared table (model options), or NULL */
	const char *const *sides; /* NULL-ended list of option names (.str in
	                             opts) that name side outputs; output 1
	                             is the first; not given: discarded */
	bool any_order;
	bool text; /* the main output is for people: plain, never compressed */
	void (*start)(void);
	int (*prepare)(struct rec *);
	int (*each)(struct rec *);
	int (*pull)(void);
	void (*end)(void);
	int (*run)(int argc, char **argv);
};

int tool_main(const struct tool *, int argc, char **argv);

/* For .pull: the next good record, or NULL at the end, at a data error and
 * after a signal. tool_done hands it back; its output then leaves in order. */
struct rec *tool_next(void);
void tool_done(struct rec *);
/* For tools that read their input twice (quotas, keep-best): start again
 * from the first record; standard input has been spooled to --tmp when
 * tool_twice was called from .start. */
void tool_twice(void);
void tool_again(void);

/* Values of the shared options, after parsing. */
extern long tool_threads;   /* -j, at least 1 */
extern long tool_seed;      /* --seed */
extern bool tool_overwrite; /* --overwrite */
extern bool tool_quiet, tool_verbose;
extern const char *tool_tmp; /* --tmp, else TMPDIR, else /tmp */
/* A line of the summary and of --stats that the runner does not know. */
void tool_stat(const char *name, struct str json);
/* True once a signal asked to stop: long work outside records looks at it. */
bool tool_stopping(void);
#endif
