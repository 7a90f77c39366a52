/*
 * check-tokens VOCAB CASES.jsonl - a tokeniser against texts with their ids
 *
 * VOCAB is a tokenizer.json, a folder that holds one, or a GGUF file. A case
 * is {"text", "ids"}, and may say "special": false (special-token strings in
 * the text are text) and "add": true (with the BOS and EOS that the tokeniser
 * adds). "tokenizer" is a label. Each case is run without and with a word
 * cache; the ends of the tokens must rise to the end of the text; and where
 * "decoded" is given, the ids must decode to it.
 * The last line is "N passed, N failed"; status 1 if one failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/json.h"
#include "libcore/tok.h"

static struct tok *tok;
static struct tok_cache *cache;
static unsigned long passed, failed;

static void
show(const char *what, const int32_t *id, size_t n)
{
	printf("  %s", what);
	for (size_t i = 0; i < n && i < 40; i++)
		printf(" %d", id[i]);
	puts(n > 40 ? " ..." : "");
}

static bool
ends_rise(const struct ids *ids, size_t len)
{
	uint32_t last = 0;

	for (size_t i = 0; i < ids->n; i++) {
		if (ids->end[i] < last || ids->end[i] > len)
			return false;
		last = ids->end[i];
	}
	return true;
}

static bool
same(struct str text, unsigned flags, struct tok_cache *c,
    const struct ids *want, struct ids *got)
{
	struct err e;

	ids_reset(got);
	if (!tok_encode(tok, c, text, flags, got, &e)) {
		printf("  %s\n", e.why);
		return false;
	}
	return got->n == want->n && ends_rise(got, text.n) &&
	       (!want->n ||
		   !memcmp(got->id, want->id, want->n * sizeof *got->id));
}

static bool
decodes(const struct ids *ids, struct str want)
{
	struct buf b = { 0 };
	struct err e;
	bool ok = tok_decode(tok, ids->id, ids->n, 0, &b, &e) &&
		  str_same((struct str){ b.s, b.n }, want);

	if (!ok)
		printf("  decoded %s\n", b.s ? b.s : e.why);
	buf_done(&b);
	return ok;
}

static bool
run(const struct json_doc *d, struct arena *mem)
{
	const struct json *list = json_get(d, d->tape, "ids"), *x;
	struct str text = json_str(d, json_get(d, d->tape, "text"), mem);
	const struct json *decoded = json_get(d, d->tape, "decoded");
	struct ids want = { 0 }, got = { 0 };
	unsigned flags = 0;
	int64_t id;
	bool ok = text.s && json_is(list, JSON_ARRAY);

	if (json_is(json_get(d, d->tape, "special"), JSON_FALSE))
		flags |= TOK_LITERAL;
	if (json_is(json_get(d, d->tape, "add"), JSON_TRUE))
		flags |= TOK_ADD;
	x = ok ? json_first(list) : NULL;
	for (uint32_t i = 0; ok && i < list->n; i++, x = json_next(x))
		if ((ok = json_int(d, x, &id)))
			ids_put(&want, (int32_t)id, 0);
	ok = ok && same(text, flags, NULL, &want, &got) &&
	     same(text, flags, cache, &want, &got) &&
	     same(text, flags, cache, &want, &got) &&
	     (!decoded || decodes(&got, json_str(d, decoded, mem)));
	if (!ok) {
		show("want", want.id, want.n);
		show("got ", got.id, got.n);
	}
	ids_done(&want);
	ids_done(&got);
	return ok;
}

static void
each(const char *line, size_t n, unsigned long number)
{
	struct json_doc d = { 0 };
	struct arena mem = { 0 };
	struct err e;
	size_t at;

	if (json_parse(&d, line, n, 64, &at, &e) && run(&d, &mem)) {
		passed++;
	} else {
		failed++;
		printf("FAIL line %lu: %.*s\n", number,
		    (int)(n < 200 ? n : 200), line);
	}
	json_done(&d);
	arena_done(&mem);
}

int
main(int argc, char **argv)
{
	unsigned long number = 0;
	char *line = NULL;
	size_t room = 0;
	struct err e;
	ssize_t n;
	FILE *f;

	if (argc != 3) {
		fputs("usage: check-tokens VOCAB CASES.jsonl\n", stderr);
		return 2;
	}
	die_name = "check-tokens";
	if (!(tok = tok_open(argv[1], &e)))
		die("%s", e.why);
	if (!(f = fopen(argv[2], "r")))
		die_sys("cannot open '%s'", argv[2]);
	cache = tok_cache_new(tok);
	while ((n = getline(&line, &room, f)) > 0) {
		n -= line[n - 1] == '\n';
		number++;
		if (n)
			each(line, (size_t)n, number);
	}
	fclose(f);
	free(line);
	tok_cache_free(cache);
	tok_close(tok);
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed || !passed;
}
