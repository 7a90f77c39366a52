#ifndef CHECKPOINT_H
#define CHECKPOINT_H
#include "gpu/model.h"
#include "libcore/hash.h"
/*
 * The state of a training run in one file, DIR/state:
 *
 *   8 bytes  "plumtrn\n"           8 bytes  version (1)
 *   8 bytes  step                  8 bytes  updates made by AdamW
 *   8 bytes  parameters            8 bytes  length of the run's text
 *   the run's text: lines `name=value` of all that shapes the result
 *   masters, first and second moments, float32 each
 *   8 bytes  XXH3-64 over the hashes of the pieces before
 *
 * Numbers are little-endian. The file is written beside its name, synced and
 * renamed, so that a kill leaves the last whole one.
 */
enum { CHECKPOINT_VERSION = 1 };

struct checkpoint {
	uint64_t step, updates;
	struct str run;
};

bool checkpoint_write(
    const char *dir, struct model *, const struct checkpoint *, struct err *);
/*
 * What DIR holds: 1 and step, updates set (and the model's blocks filled,
 * where the model is not NULL); 0 if there is no checkpoint; -1 with the
 * reason: damaged, of a newer version, or made by another run (the first line
 * of the run's text that differs is named).
 */
int checkpoint_read(const char *dir, struct model *, size_t params,
    struct checkpoint *, struct err *);
/* Remove DIR and its file. */
void checkpoint_remove(const char *dir);
#endif
