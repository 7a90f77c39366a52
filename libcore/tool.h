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
 *         exit status. With .run_if beside one of the others: only where that
 *         option is given; it then takes no operands and none of the options
 *         of streams.
 *
 * config  optional: a file given by -c that is of a kind of its own (merge:
 *         YAML) is read here; false: it holds lines of options.
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
	const char *const *text_if; /* the same where this option is given */
	void (*start)(void);
	int (*prepare)(struct rec *);
	int (*each)(struct rec *);
	int (*pull)(void);
	void (*end)(void);
	int (*run)(int argc, char **argv);
	const char *const *run_if;
	bool (*config)(const char *path);
};

/*
 * Exit status: 0 done, 1 failed, 2 usage, 128 + N after signal N, 141 where
 * the reader of the main output left. A bad record, a damaged stream and a
 * signal let everything before them through; FILE of -o is then FILE.partial.
 *
 * For .run tools there is no main output: they write their own files
 * (zout_open), and tool_main adds --stats, the signals and the summary of
 * tool_stat lines.
 */

int tool_main(const struct tool *, int argc, char **argv);

/* For .pull: the next good record, or NULL at the end, at a data error and
 * after a signal. tool_done hands it back; its output then leaves in order. */
struct rec *tool_next(void);
void tool_done(struct rec *);
/* For .pull tools that read their input twice (quotas, keep-best): tool_twice,
 * called from .start, has standard input and other pipes spooled, compressed,
 * to --tmp; the first pass then writes and counts nothing; tool_again starts
 * anew from the first record and is the pass that counts. */
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
/* The same for --stats alone: more than fits into a line. */
void tool_detail(const char *name, struct str json);
/* A line that belongs to no record: from .start before all records, later
 * (.pull, .end; main thread only) after the last of them. */
void tool_line(int to, struct str line);
/* The operands of a tool of records, as r->file names them (by the same
 * pointer, but for standard input). */
extern char **tool_files;
extern size_t tool_nfiles;
/* The exit status as it stands, for .end: what it has written is whole only
 * at 0. */
int tool_status(void);
/* True once a signal asked to stop: long work outside records looks at it. */
bool tool_stopping(void);
/* True after a data error that stops the run (.pull, .end). */
bool tool_failed(void);
/* For .pull, on the main thread: end the run as a data error would, for a
 * reason that lies in no record. The message is printed, tool_stopping is true
 * from here on, what has been done up to the first record that is not through
 * is written, and the exit status is 1. */
void tool_fail(const char *fmt, ...) PRINTF_LIKE;

/*
 * A program of several tools: `record view`, `train sft`. subs is NULL-ended;
 * argv[1] picks by the word after the blank in .name. --help lists them.
 */
int tool_sub(const char *name, const char *does, const struct tool *const *subs,
    int argc, char **argv);
#endif
