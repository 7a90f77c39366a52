#ifndef SHARED_H
#define SHARED_H
#include "libcore/str.h"
/*
 * Files that come with the tools (samples/ in the sources): the taxonomy, the
 * rubrics.
 */

/* Where the file is: installed beside the program, in samples/ of a build
 * folder, else in pkgdata, the folder that was configured. Replaces what path
 * holds; the file need not exist. */
void shared_find(struct buf *path, const char *pkgdata, const char *name);
#endif
