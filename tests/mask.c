/*
 * mask [TOKENIZER] - what masks allow is what the grammar allows, token by
 * token, along texts made by chance. With a tokenizer it says how long masks
 * take instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gpu/mask.h"

static int bad;
static uint64_t draws;
static double took, longest; /* seconds */
static unsigned masks;

static const char *const schemas[] = {
	"{\"type\":\"object\",\"properties\":{\"reason\":{\"type\":\"string\"},"
	"\"score\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}},"
	"\"required\":[\"reason\",\"score\"]}",
	"{\"type\":\"array\",\"items\":{\"enum\":[\"the\",\"then\",1,12,null]},"
	"\"minItems\":1,\"maxItems\":5}",
	"{\"type\":\"string\",\"maxLength\":6}",
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The same, the plain way. */
static bool
allowed(const struct grammar *g, const struct tok *tok,
    const struct grammar_state *from, int32_t id, int32_t stop)
{
	static struct grammar_state s[2];
	struct str piece = tok_piece(tok, id);

	if (id == stop)
		return grammar_may_end(g, from);
	if (tok_special(tok, id) || !piece.n)
		return false;
	grammar_copy(s, from);
	for (size_t i = 0; i < piece.n; i++)
		if (!grammar_byte(g, s + !(i & 1), s + (i & 1),
			(unsigned char)piece.s[i]))
			return false;
	return true;
}

static void
walk(const struct grammar *g, struct mask *m, const struct tok *tok,
    int32_t stop, bool compare)
{
	static struct grammar_state s, z;
	struct mask_text *t = mask_begin(m);
	int32_t *may = need_zero((size_t)tok_size(tok), sizeof *may);
	bool whole = false;

	grammar_start(g, &s);
	for (int steps = 0; !whole && steps < 60; steps++) {
		double start = now();
		const uint64_t *bits = mask_allowed(m, t);
		size_t n = 0;
		int32_t id;
		struct str piece;

		start = now() - start;
		took += start;
		masks++;
		longest = start > longest ? start : longest;
		for (id = 0; id < tok_size(tok); id++) {
			bool yes = bits[id / 64] >> id % 64 & 1;

			if (compare && yes != allowed(g, tok, &s, id, stop)) {
				printf("FAIL token %d is %s\n", (int)id,
				    yes ? "allowed" : "not allowed");
				bad = 1;
			}
			if (yes && id != stop)
				may[n++] = id;
		}
		if (!n)
			break;
		id = may[rng_below(n, 3, 1, draws++)];
		whole = mask_take(m, t, id);
		piece = tok_piece(tok, id);
		for (size_t i = 0; i < piece.n; i++) {
			grammar_byte(g, &z, &s, (unsigned char)piece.s[i]);
			grammar_copy(&s, &z);
		}
	}
	free(may);
	mask_end(t);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/mask-XXXXXX", command[128];
	struct tok *tok;
	struct err e;
	int32_t stop;

	if (argc < 2) {
		if (!mkdtemp(dir))
			die_sys("cannot make '%s'", dir);
		snprintf(command, sizeof command, "tests/mktoy %s", dir);
		if (system(command))
			die("mktoy failed");
	}
	if (!(tok = tok_open(argc < 2 ? dir : argv[1], &e)))
		die("%s", e.why);
	stop = tok_eos(tok);
	for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
		struct schema *s = schema_new(str_of(schemas[i]), &e);
		struct grammar *g = s ? grammar_new(s, &e) : NULL;
		struct mask *m =
		    g ? mask_new(g, tok, (size_t)tok_size(tok), 4, &stop, 1, &e)
		      : NULL;

		if (!m)
			die("%s", e.why);
		took = longest = masks = 0;
		for (int k = 0; k < 12; k++)
			walk(g, m, tok, stop, argc < 2);
		if (argc > 1)
			printf("{\"vocab\":%d,\"masks\":%u,\"mean_us\":%.1f,"
			       "\"longest_us\":%.1f}\n",
			    (int)tok_size(tok), masks, took / masks * 1e6,
			    longest * 1e6);
		mask_free(m);
		grammar_free(g);
		schema_free(s);
	}
	tok_close(tok);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	if (argc < 2 && system(command))
		bad = 1;
	return bad;
}
