#ifndef SHAPE_H
#define SHAPE_H
#include "gpu/held.h"
/*
 * What answers of a server are held to. To make one takes a look at the whole
 * vocabulary, and clients ask with few schemas again and again, so the last
 * SHAPES of them are kept.
 */
enum { SHAPES = 16 };

/* schema: its text, or {NULL, 0} for any JSON object. NULL with the reason.
 * It is there until shape_drop. */
const struct held *shape_take(struct asker *, struct str schema, struct err *);
void shape_drop(const struct held *); /* NULL is fine */
void shape_done(void);                /* frees those that are kept */
#endif
