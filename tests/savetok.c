/* savetok VOCAB DIR - a tokeniser as Hugging Face's files, and its hash */
#include <stdio.h>

#include "libcore/tok.h"

int
main(int argc, char **argv)
{
	struct tok *t;
	struct err e;
	char hex[33];

	if (argc != 3) {
		fputs("usage: savetok VOCAB DIR\n", stderr);
		return 2;
	}
	die_name = "savetok";
	if (!(t = tok_open(argv[1], &e)) ||
	    !tok_save(t, argv[2], (struct str){ 0 }, &e))
		die("%s", e.why);
	hash_hex(hex, tok_hash(t));
	printf("%s %d tokens\n", hex, tok_size(t));
	tok_close(t);
	return 0;
}
