#ifndef BACKEND_H
#define BACKEND_H
#include "gpu/ops.h"

/* The backend called `name` ("cpu"); NULL if it is not built in. */
const struct ops *backend_named(const char *name);
extern const struct ops *const backends[]; /* ends with NULL; cpu first */
#endif
