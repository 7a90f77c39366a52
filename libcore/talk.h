#ifndef TALK_H
#define TALK_H
#include "libcore/rec.h"
/*
 * Conversations and objects as JSON text, made from those in a record.
 */

/* Append the first n messages as a JSON array, as templates see them: a
 * message that stands in the record as it is there (a list of parts as one
 * string), an adapted one as its role and content. */
void talk_messages(
    struct buf *, const struct rec *, const struct msgs *, size_t n);

/* How many messages a model is asked with: all up to the last that is not the
 * assistant's. 0 if there is none. */
size_t talk_asked(const struct msgs *);

/* Is a response (an object of `responses`) one that a model failed to give? It
 * then has an `error`, which says why, and no content. */
bool talk_failed(const struct json_doc *, const struct json *response);

/* Append the object with members set to JSON texts (n <= 64): each in its
 * place if it is there, else after the others. object: NULL or not an object
 * stands for {}. */
struct json_set {
	const char *name;
	struct str value;
};
void json_with(struct buf *, const struct json_doc *, const struct json *object,
    const struct json_set *, size_t n);
#endif
