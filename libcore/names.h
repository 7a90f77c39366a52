#ifndef NAMES_H
#define NAMES_H
#include "libcore/str.h"
/*
 * A file that gives models names: what is behind --models.
 *
 *     # comment
 *     NAME = MODEL [key=VARIABLE] [limit=MEMBER] [concurrency=N] [rate=N]
 *
 * MODEL is what -m takes otherwise. key is the environment's variable that
 * holds a server's key, limit the member of a request that bounds an answer
 * (max_completion_tokens); the other two stand for the options of these names.
 */
struct names_row {
	const char *name, *model;
	const char *key, *limit; /* NULL: not given */
	long concurrency;        /* 0: not given */
	double rate;             /* 0: not given */
};

struct names {
	struct names_row *row;
	size_t n;
	char *text; /* what the rows point into */
};

/* False with the file, the line and the reason. */
bool names_read(struct names *, const char *path, struct err *);
void names_done(struct names *);
/* The row of that name, or NULL. */
const struct names_row *names_find(const struct names *, const char *name);
#endif
