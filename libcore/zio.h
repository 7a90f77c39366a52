#ifndef ZIO_H
#define ZIO_H
#include "libcore/hash.h"
#include "libcore/str.h"
/*
 * Bytes in and out of compressed streams.
 *
 * Reading: zstd (joined frames, skippable ones too), gzip (joined members) or
 * plain, told by the first bytes. A stream cut short or failing its checksum
 * is an error that names the file. "-" is standard input, "stdin" in messages.
 */
struct zin;

struct zin *zin_open(const char *path, struct err *); /* NULL on failure */
/* The same over a descriptor, which zin_close closes. name: for messages. */
struct zin *zin_fd(int fd, const char *name, struct err *);
/* The next bytes of decoded text, at most room of them; 0 at the end, -1 on
 * failure (what came before it has been handed out). */
long zin_read(struct zin *, void *to, size_t room, struct err *);
/* Bytes of the file consumed so far, and its size or 0 if unknown: progress. */
void zin_progress(const struct zin *, size_t *done, size_t *all);
/* XXH3-128 of the bytes consumed so far, as they lie in the file. */
struct hash128 zin_digest(const struct zin *);
/* Is it a regular file, which can be read again? */
bool zin_regular(const struct zin *);
void zin_close(struct zin *);
/* Where this descriptor becomes readable, a read that waits (for a pipe or a
 * terminal) ends as if the file did; -1: none. For signals. */
extern int zin_stop_fd;

/* One line after another, for small readers (ledgers, packed files).
 * Without its newline (and a CR before it), NUL-ended, valid until the next
 * call; NULL at the end or on failure (then e->why is set, else it is empty).
 * A line of more than 64 MiB is a failure. */
struct zlines;
struct zlines *zlines_open(const char *path, struct err *);
char *zlines_next(struct zlines *, size_t *len, struct err *e);
void zlines_close(struct zlines *);

/*
 * Writing, by name: see SPEC 3. "-" is standard output (zstd, or plain text
 * on a terminal, with plain, or under PLUMBLINE_FORMAT=plain); a file goes by
 * its suffix (.zst, .gz, else plain). A new or regular file is written to a
 * unique temporary beside it and renamed by zout_close; anything else is
 * opened and written directly. zout_abort finishes the frame and leaves
 * FILE.partial. Failures to write die (status 1), except that where nobody
 * reads standard output any more, what follows is dropped in silence and
 * zout_gone says so. Main thread only.
 *
 * A stream that is compressed ends with a complete frame, also an empty one.
 */
struct zout;
enum zformat { Z_PLAIN, Z_ZSTD, Z_GZIP };

struct zout *zout_open(const char *path, bool plain);
extern int zout_level; /* of zstd, 1 to 19; gzip uses at most 9 */
enum zformat zout_format(const struct zout *);
/* Text to be compressed here; frames are cut every ZFRAME bytes of it. */
enum { ZFRAME = 1 << 20 };
void zout_put(struct zout *, const void *, size_t);
/* A whole frame (member) that zpress made elsewhere, in the stream's own
 * format; text gathered by zout_put before it is ended first. */
void zout_frame(struct zout *, const void *, size_t);
bool zout_gone(const struct zout *);
void zout_close(struct zout *);
void zout_abort(struct zout *);
/* Every stream still open: for the way out after a failure. */
void zout_abort_all(void);

/* Compress text into one complete frame, appended to out; one zpress for
 * each thread. The frame depends on nothing but the text and the level. */
struct zpress;
struct zpress *zpress_new(void);
bool zpress_frame(struct zpress *, struct buf *out, enum zformat, int level,
    const void *text, size_t n, struct err *);
void zpress_free(struct zpress *);
#endif
