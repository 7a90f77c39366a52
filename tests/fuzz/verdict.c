/* Any bytes as a judge's answer. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/verdict.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static const char *const words[] = { "A", "B", "tie", NULL };
	char *text = need_alloc(n); /* so that reading past its end is seen */
	struct verdict v = { 0 };
	struct err e;
	int x;

	memcpy(text, data, n);
	if (verdict_read(&v, (struct str){ text, n }, "score", &e)) {
		if (verdict_whole(&v, "score", 1, 10, &x, &e))
			assert(x >= 1 && x <= 10);
		if (verdict_word(&v, "score", words, &x, &e))
			assert(x >= 0 && x <= 2);
		verdict_text(&v, "reason");
		verdict_flag(&v, "same_result");
	}
	verdict_done(&v);
	free(text);
	return 0;
}
