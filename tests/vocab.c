/*
 * vocab FILE.gguf: its vocabulary as a tokenizer.json, on standard output.
 * For tests; it is not installed.
 */
#include <stdio.h>

#include "gpu/toktext.h"

int
main(int argc, char **argv)
{
	struct buf b = { 0 };
	struct hub *h;
	struct err e;

	die_name = "vocab";
	if (argc != 2)
		die("usage: vocab FILE.gguf");
	h = hub_open(argv[1], &e);
	if (!h || !h->gguf || !toktext_json(&b, h, &e))
		die("%s", h && !h->gguf ? "not a GGUF file" : e.why);
	fwrite(b.s, 1, b.n, stdout);
	buf_done(&b);
	hub_close(h);
	return fflush(stdout) ? 1 : 0;
}
