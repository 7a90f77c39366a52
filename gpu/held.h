#ifndef HELD_H
#define HELD_H
#include "gpu/ask.h"
/*
 * Responses held to JSON: a schema, its grammar, the model's mask. A server is
 * told the schema; what it makes of it is its own.
 */
struct held {
	struct buf text; /* the schema's; empty: any object */
	struct schema *schema;
	struct grammar *grammar;
	struct mask *mask; /* NULL: of a server */
};

/* schema: its text, or {NULL, 0} for any JSON object. The asker is borrowed.
 * NULL with the reason. */
struct held *held_new(struct asker *, struct str schema, struct err *);
void held_free(struct held *);
#endif
