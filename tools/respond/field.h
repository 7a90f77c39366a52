#ifndef FIELD_H
#define FIELD_H
#include "tools/respond/call.h"
/*
 * A field of a request: a row of a table, whose function takes its value into
 * the call. False and a fault where the value will not do.
 */
struct field {
	const char *name;
	unsigned apis; /* enum api */
	bool (*take)(struct call *, const struct field *, const struct json *);
	size_t at;       /* in struct call */
	double min, max; /* of numbers */
	const char *as;  /* only: the one value it may have, as JSON */
};

/* Says nothing about the answer. */
bool field_skip(struct call *, const struct field *, const struct json *);
/* Has one value that is granted, `as`. */
bool field_only(struct call *, const struct field *, const struct json *);
/* A bool, a double, a size_t at `at`. */
bool field_flag(struct call *, const struct field *, const struct json *);
bool field_real(struct call *, const struct field *, const struct json *);
bool field_size(struct call *, const struct field *, const struct json *);
bool field_top_k(struct call *, const struct field *, const struct json *);
bool field_seed(struct call *, const struct field *, const struct json *);
#endif
