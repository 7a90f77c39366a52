#ifndef OUTDIR_H
#define OUTDIR_H
#include "libcore/str.h"
/*
 * `-o DIR`: a folder that is there whole or not at all (SPEC 3).
 *
 * Everything is written into a temporary folder beside DIR. outdir_close
 * syncs it to disk, adds the file DONE, which Make can depend on, and renames
 * it to DIR. DIR may not exist yet, may be an empty folder, or one that this
 * project wrote before (its DONE says so): that one is replaced and removed.
 * Anything else is refused when it is opened, before any work.
 */
struct outdir;

/* NULL on failure, with the reason. */
struct outdir *outdir_open(const char *dir, struct err *);
/* The temporary folder, to put files into; lives as long as the outdir. */
const char *outdir_path(const struct outdir *);
/* A whole file of this text; a copy of the file `from`. */
bool outdir_write(
    struct outdir *, const char *name, struct str text, struct err *);
bool outdir_copy(
    struct outdir *, const char *name, const char *from, struct err *);
/* Both free the outdir. kind: a word for DONE ("model"). After a failure and
 * after outdir_abort the temporary folder is gone and DIR is as it was. */
bool outdir_close(struct outdir *, const char *kind, struct err *);
void outdir_abort(struct outdir *);

/* Append any text as a part of a file's name: letters, digits, what is not
 * ASCII and a few signs stay, all else, a dot at the start too, becomes %XX; a
 * long one is cut, with its hash behind. */
void outdir_name(struct buf *, struct str);
#endif
