/*
 * tokenise VOCAB TEXT - speed of one thread over TEXT in pieces of 4 kB
 *
 * Prints one JSON object: MB/s (the best of five passes), tokens, a sum of
 * the ids that tokenise.py compares with the peer's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcore/tok.h"

enum { PIECE = 4096, PASSES = 5 };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
slurp(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		die_sys("cannot open '%s'", path);
	do {
		buf_need(b, 1 << 20);
		n = fread(b->s + b->n, 1, 1 << 20, f);
		b->n += n;
	} while (n);
	fclose(f);
}

/* Where the piece that begins at i ends: behind a line, or at a character. */
static size_t
piece_end(const struct buf *b, size_t i)
{
	size_t to = i + PIECE;
	const char *line;

	if (to >= b->n)
		return b->n;
	line = memrchr(b->s + i, '\n', PIECE);
	if (line)
		return (size_t)(line + 1 - b->s);
	while (((unsigned char)b->s[to] & 0xc0) == 0x80)
		to--;
	return to;
}

static double
pass(const struct tok *t, const struct buf *text, size_t *tokens, uint64_t *sum)
{
	struct tok_cache *c = tok_cache_new(t);
	struct ids ids = { 0 };
	double start = now();
	struct err e;
	size_t to;

	*tokens = *sum = 0;
	for (size_t i = 0; i < text->n; i = to) {
		to = piece_end(text, i);
		ids_reset(&ids);
		if (!tok_encode(t, c, (struct str){ text->s + i, to - i },
			TOK_LITERAL, &ids, &e))
			die("%s", e.why);
		*tokens += ids.n;
		for (size_t k = 0; k < ids.n; k++)
			*sum = *sum * 31 + (uint64_t)ids.id[k];
	}
	start = now() - start;
	ids_done(&ids);
	tok_cache_free(c);
	return start;
}

int
main(int argc, char **argv)
{
	struct buf text = { 0 };
	double best = 1e9, s;
	size_t tokens = 0;
	uint64_t sum = 0;
	struct tok *t;
	struct err e;

	if (argc != 3) {
		fputs("usage: tokenise VOCAB TEXT\n", stderr);
		return 2;
	}
	die_name = "tokenise";
	if (!(t = tok_open(argv[1], &e)))
		die("%s", e.why);
	slurp(argv[2], &text);
	for (int i = 0; i < PASSES; i++)
		if ((s = pass(t, &text, &tokens, &sum)) < best)
			best = s;
	printf("{\"mb_s\": %.2f, \"tokens\": %zu, \"sum\": %llu}\n",
	    (double)text.n / best / 1e6, tokens, (unsigned long long)sum);
	buf_done(&text);
	tok_close(t);
	return 0;
}
