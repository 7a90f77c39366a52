#ifndef PLACES_H
#define PLACES_H
#include "libcore/str.h"
/*
 * Texts with places: "{name}" stands for a value. What is asked of a model
 * (rubrics, requests) is such a text, the user's or a tool's own.
 */
struct place {
	const char *name;
	struct str value; /* s == NULL: a line with this place is left out */
};

/* Append text with its places filled (n <= 16). Values are not looked into;
 * braces around other names stay as they are. */
void places_fill(struct buf *, struct str text, const struct place *, size_t n);
/* Whether text has the place. */
bool places_has(struct str text, const char *name);
/* A file's text, whole; one that cannot be read is fatal (main thread). what:
 * "rubric", for the message. */
void places_read(struct buf *, const char *path, const char *what);
#endif
