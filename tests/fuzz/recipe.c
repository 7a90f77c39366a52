/* Any bytes as a recipe of a merge: what is accepted gives finite values. */
#include <assert.h>
#include <math.h>

#include "gpu/recipe.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct str text = { (const char *)data, n };
	struct recipe r = { 0 };
	struct err e;
	double x;

	if (recipe_parse(&r, text, "r.yml", &e)) {
		assert(r.method);
		for (long m = -1; m < (long)r.models; m++)
			for (double t = 0; t <= 1; t += 0.25)
				if (recipe_value(
					&r, m, "weight", "a.mlp.b", t, &x))
					assert(!isnan(x));
	}
	recipe_done(&r);
	return 0;
}
