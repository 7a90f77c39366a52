#ifndef REC_H
#define REC_H
#include "libcore/json.h"
/*
 * One record: one JSON object on one line, parsed and checked.
 *
 * A tool reads fields, adds its own, and passes every other byte through:
 * rec_put queues an edit, rec_emit splices the queued edits into the line.
 *
 * Errors are sticky: the first one (rec_bad, or an accessor that meets a
 * duplicate key or a lone surrogate) is kept in the record, accessors then
 * return nothing, and the runner in tool.h stops at the record or sets it
 * aside (--reject). So a tool may read all it needs and check once.
 */
struct rec {
	const char *line; /* NUL-ended, without its newline */
	size_t len;
	const char *file; /* as in messages: a path, or "stdin" */
	unsigned long no; /* line number, from 1 (of an array: item number) */
	struct json_doc doc;
	struct arena *mem; /* lives as long as the record */
	void *user;        /* what .prepare left for .each */

	/* the runner's own */
	const char *bad; /* why it is bad, in mem; NULL while it is good */
	size_t bad_at;   /* column - 1, or REC_NO_COLUMN */
	struct rec_edit *edits;
	struct batch *batch;
	struct rec_piece *pieces, *last_piece; /* written and counted so far */
	bool item, cr, done; /* of an array; line ended CR LF; handed back */
};
enum { REC_DEPTH = 1024 };
#define REC_NO_COLUMN ((size_t)-1)

/* The value at a path of member names joined by '.', e.g. "labels.ability";
 * NULL if absent or null anywhere along it. A duplicate key on the way makes
 * the record bad. */
const struct json *rec_get(struct rec *, const char *path);
/* The value under one name in an object of the record, null too; NULL if
 * absent. */
const struct json *rec_member(
    struct rec *, const struct json *object, struct str name);
/* rec_get, typed: {NULL, 0} / false if absent. Another type makes the
 * record bad ("field 'id' is not a string"). */
struct str rec_str(struct rec *, const char *path);
bool rec_real(struct rec *, const char *path, double *);
bool rec_int(struct rec *, const char *path, int64_t *);
/* Any value in the record as a string, unescaped; a lone surrogate makes the
 * record bad. */
struct str rec_text(struct rec *, const struct json *);

/* Mark it bad and return -1: `return rec_bad(r, v, "...")`. v, where not
 * NULL, gives the column. rec_missing: "field 'NAME' is missing". */
int rec_bad(struct rec *, const struct json *v, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int rec_missing(struct rec *, const char *path);

/*
 * Set the member at path ("a" or "a.b"; objects on the way are made where
 * absent or null) to the JSON text, which is copied. rec_put replaces what
 * stands there; rec_add keeps it, unless --overwrite was given, and returns
 * whether it wrote (kept values are counted as "kept FIELD").
 * rec_del removes a top-level member.
 */
void rec_put(struct rec *, const char *path, struct str json);
bool rec_add(struct rec *, const char *path, struct str json);
void rec_del(struct rec *, const char *name);

/* The line with its edits; what rec_emit writes. */
void rec_render(struct rec *, struct buf *);
/* Write the record (without a newline) to output `to`: 0 is the main output,
 * others are the tool's side outputs (tool.h). */
void rec_emit(struct rec *, int to);
/* Write one line of your own instead (or as well). */
void rec_line(struct rec *, int to, struct str line);
/* Count the record as dropped for this reason (a text of a few words, the
 * same for many records; it is copied); rec_count counts without dropping.
 * What a record that turns out bad has written and counted is taken back. */
void rec_drop(struct rec *, const char *reason);
void rec_count(struct rec *, const char *what, unsigned long n);

/*
 * The conversation in a record, whatever shape it came in: `messages`; else
 * `prompt` (string or messages); else Alpaca (instruction, input, output,
 * system, history) or ShareGPT (conversations: from/value). Content may be a
 * string, null, or a list of {"type":"text","text"} parts (joined).
 */
struct msg {
	struct str role, content, reasoning; /* s == NULL: absent */
	const struct json *tool_calls;       /* in the record's tape, or NULL */
	const struct json *node; /* the message's own object; NULL if adapted */
	double weight;           /* 1 unless given */
};

struct msgs {
	struct msg *m; /* in r->mem */
	size_t n;
	const struct json *tools; /* or NULL */
};

/* -1 and a bad record if there is no conversation or it is malformed. */
int rec_msgs(struct rec *, struct msgs *);
/* The same for one value of the record, a list of messages ("chosen"). */
int rec_list(struct rec *, const struct json *, struct msgs *);
/* The text of the last user message: "the prompt"; without one the record is
 * bad. */
struct str rec_prompt(struct rec *);
/* The record's id: its own (a string, or a number as it is written), or 32
 * hex digits of XXH3-128 over length-prefixed
 * roles, contents, tool calls and tools (SPEC 2). In r->mem. A record with
 * neither id nor conversation hashes its whole line. */
struct str rec_id(struct rec *);
#endif
