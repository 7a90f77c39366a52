#ifndef RETRY_H
#define RETRY_H
#include "libcore/rec.h"
/*
 * respond --retry-failed: the responses in a record that are errors, and
 * their places.
 */

/* Of one model: how many responses the record has, and which are no errors. */
struct retry {
	size_t samples;
	bool *skip; /* [samples], in r->mem */
};

/* Fill of[models]; returns how many responses are to be asked again. Errors of
 * other models are counted as kept. 0 too where the record turns out bad. */
size_t retry_find(
    struct rec *, const char *const *model, size_t models, struct retry *of);

/* Append the record's responses, those that were asked again as put writes
 * them. */
void retry_render(struct buf *, struct rec *, const char *const *model,
    size_t models,
    void (*put)(void *user, struct buf *, size_t model, size_t sample),
    void *user);
#endif
