#include "gpu/backend.h"

#include <string.h>

/* The one place that knows which backends were built. */
const struct ops *const backends[] = {
	&cpu_ops,
	NULL,
};

const struct ops *
backend_named(const char *name)
{
	for (size_t i = 0; backends[i]; i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	return NULL;
}
