/* Any bytes as what a server answers: what is taken of it fits a record. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/wire.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
check(const struct wire_answer *a)
{
	struct json_doc d = { 0 };
	struct err e;
	size_t at;

	assert(a->content.s && a->finish.s);
	assert(!a->n || a->logps);
	if (!a->tool_calls.s)
		return;
	assert(!memchr(a->tool_calls.s, '\n', a->tool_calls.n));
	assert(json_parse(&d, a->tool_calls.s, a->tool_calls.n, 64, &at, &e));
	assert(d.tape->type == JSON_ARRAY);
	json_done(&d);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	char *text = need_alloc(n); /* so that reading past its end is seen */
	struct str body = { text, n };
	struct wire_answer a;
	struct arena mem = { 0 };
	struct buf b = { 0 };
	struct err e;

	memcpy(text, data, n);
	if (wire_answer(&a, body, &mem, &b))
		check(&a);
	buf_reset(&b);
	wire_error(&b, body);
	wire_tidy(&b, "secret");
	assert(!b.n || !memmem(b.s, b.n, "secret", 6));
	assert(!b.n || !memchr(b.s, '\n', b.n));
	buf_reset(&b);
	wire_messages(&b, body, &e);
	buf_done(&b);
	arena_done(&mem);
	free(text);
	return 0;
}
