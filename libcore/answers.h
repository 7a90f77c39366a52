#ifndef ANSWERS_H
#define ANSWERS_H
#include "libcore/hash.h"
#include "libcore/str.h"
/*
 * The cache of answers behind --cache FILE.db: an SQLite file from the hash
 * of what was asked to what was answered.
 *
 * Who asks builds a question with ask_* (everything the answer depends on:
 * the model's content, the template's, token ids, parameters, kernel path,
 * type of numbers) and gets its key. Answers are text, most often JSON.
 *
 * One process at a time holds a file, from open to close; it is opened after
 * any fork, and closed on exec. Answers are committed when a second has gone
 * by or ANSWERS_BATCH are waiting, and at the end; after a kill the file holds
 * every answer committed before, and nothing else. The journal is SQLite's
 * rollback journal, never a WAL, so network file systems serve as well.
 *
 * For the main thread: a file that cannot be opened, written, is another
 * program's or of a newer version is a fatal error that names it.
 */
struct answers;
enum { ANSWERS_VERSION = 1, ANSWERS_BATCH = 64 };

struct answers *answers_open(const char *path);
/* True when there is one; it replaces what out holds. */
bool answers_get(struct answers *, struct hash128 key, struct buf *out);
/* One that is already there is replaced. */
void answers_put(struct answers *, struct hash128 key, struct str answer);
/* Commit what has waited for a second: for callers to whom answers come
 * rarely. */
void answers_settle(struct answers *);
/* How many were found and put since it was opened. */
void answers_count(const struct answers *, size_t *found, size_t *put);
void answers_close(struct answers *); /* NULL is legal */

/* A question: named parts, each with its length, so that no two questions
 * have the same bytes. */
void ask_text(struct buf *, const char *name, struct str);
void ask_real(struct buf *, const char *name, double);
void ask_int(struct buf *, const char *name, int64_t);
void ask_ids(struct buf *, const char *name, const int32_t *ids, size_t n);
struct hash128 ask_key(const struct buf *);
#endif
