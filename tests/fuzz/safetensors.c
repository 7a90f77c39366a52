/* Any bytes as a safetensors file: what is accepted lies inside them. */
#include <assert.h>
#include <string.h>

#include "gpu/safetensors.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct err e;
	struct safetensors *st = st_parse(data, n, "x", &e);
	size_t sum = 0;

	for (size_t i = 0; st && i < st->n; i++) {
		const struct st_tensor *t = &st->tensor[i];

		assert(t->data >= data && t->bytes <= n);
		assert(t->data + t->bytes <= data + n);
		assert(t->name.n == strlen(t->name.s));
		assert(st_find(st, t->name.s) == t);
		sum += t->bytes;
	}
	assert(sum <= n);
	st_close(st);
	return 0;
}
