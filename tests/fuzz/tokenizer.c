/*
 * libFuzzer: tokenizer files and what is read with them.
 *
 * The input is a GGUF file (by its magic) or a tokenizer.json. If it is
 * taken, a text is encoded and the ids are decoded: the ends must rise, each
 * id must be in the vocabulary, and byte-level text that lost nothing must
 * come back as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "libcore/gguf.h"
#include "libcore/tok.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct tok *
from_gguf(const uint8_t *data, size_t n, struct err *e)
{
	struct gguf *g = gguf_parse(data, n, "fuzz", e);
	struct tok *t = g ? tok_gguf(g, "fuzz", e) : NULL;

	gguf_close(g);
	return t;
}

static void
check(const struct tok *t, struct tok_cache *c, struct str text, unsigned flags)
{
	struct ids ids = { 0 };
	struct buf b = { 0 };
	struct err e;
	uint32_t last = 0;

	if (tok_encode(t, c, text, flags, &ids, &e)) {
		for (size_t i = 0; i < ids.n; i++) {
			if (ids.end[i] < last || ids.end[i] > text.n)
				abort();
			last = ids.end[i];
		}
		if (!tok_decode(t, ids.id, ids.n, 0, &b, &e))
			abort();
	}
	ids_done(&ids);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char text[] =
	    "It's 12 of\t345, na\xc3\xafve; \xe6\xb1\x89\xe5\xad\x97 "
	    "e\xcc\x81\xcc\xa3<|end|><s>  [x]\r\n \xf0\x9f\x99\x82"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaa";
	struct str s = { (const char *)data, n };
	struct tok_cache *c;
	struct tok *t;
	struct err e;

	if (n >= 4 && !memcmp(data, "GGUF", 4))
		t = from_gguf(data, n, &e);
	else
		t = tok_parse(s, "fuzz", &e);
	if (!t)
		return 0;
	c = tok_cache_new(t);
	for (unsigned flags = 0; flags < 4; flags++)
		check(t, c, (struct str){ text, sizeof text - 1 }, flags);
	check(t, NULL, s, 0);
	for (int32_t id = -1; id <= tok_size(t); id++)
		if (tok_piece(t, id).n > n + 8)
			abort();
	tok_cache_free(c);
	tok_close(t);
	return 0;
}
