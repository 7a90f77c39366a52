/*
 * check-templates CASES.jsonl DIR
 *
 * Render each case (one JSON object a line: template, context, and text or
 * error) with the template of that name in DIR, or the text of `source`, and
 * hold the result to the byte. A case with `error` passes when rendering fails with a message.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/chat.h"

static bool
slurp(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	char chunk[1 << 16];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		buf_put(b, chunk, n);
	fclose(f);
	return true;
}

static void
differ(struct str got, struct str want)
{
	size_t i = 0;

	while (i < got.n && i < want.n && got.s[i] == want.s[i])
		i++;
	printf("  at byte %zu:\n  got  %.*s\n  want %.*s\n", i,
	    (int)(got.n - i > 60 ? 60 : got.n - i), got.s + i,
	    (int)(want.n - i > 60 ? 60 : want.n - i), want.s + i);
}

static struct buf context;
static unsigned long passed, failed;

static void
one(const char *line, size_t len, const char *dir)
{
	struct json_doc doc = { 0 };
	struct arena mem = { 0 };
	struct buf path = { 0 }, src = { 0 }, out = { 0 };
	struct err e = { { 0 } };
	struct str name, label, source, want = { 0 };
	struct chat *chat = NULL;
	const struct json *vars;
	size_t at;
	bool ok, fine = false;

	if (!json_parse(&doc, line, len, 1024, &at, &e))
		die("a case is not JSON: column %zu: %s", at + 1, e.why);
	name = json_str(&doc, json_get(&doc, doc.tape, "template"), &mem);
	label = json_str(&doc, json_get(&doc, doc.tape, "case"), &mem);
	want = json_str(&doc, json_get(&doc, doc.tape, "text"), &mem);
	source = json_str(&doc, json_get(&doc, doc.tape, "source"), &mem);
	vars = json_get(&doc, doc.tape, "context");
	if (vars) {
		buf_reset(&context);
		buf_str(&context, json_raw(&doc, vars));
	}
	if (!name.s && !source.s) {
		json_done(&doc);
		return;
	}
	if (!context.n)
		die("a case without context");
	if (!name.s)
		name = source;
	buf_printf(&path, "%s/%.*s", dir, (int)name.n, name.s);
	if (source.s)
		chat = chat_parse(source, &e);
	else if (slurp(path.s, &src))
		chat = chat_parse((struct str){ src.s, src.n }, &e);
	else
		err_set(&e, "%s: %s", path.s, strerror(errno));
	ok = chat && chat_render(chat, (struct str){ context.s, context.n },
			 "2026-11-23", &out, &e);
	if (ok && want.s)
		fine = str_same((struct str){ out.s, out.n }, want);
	else if (!ok && !want.s)
		fine = e.why[0] != '\0' && (chat || source.s);
	if (!fine) {
		printf("FAIL %.*s %.*s%s%s\n", (int)name.n, name.s,
		    (int)label.n, label.s ? label.s : "", ok ? "" : ": ",
		    ok ? "" : e.why);
		if (ok && want.s)
			differ((struct str){ out.s ? out.s : "", out.n }, want);
	}
	chat_free(chat);
	buf_done(&path);
	buf_done(&src);
	buf_done(&out);
	json_done(&doc);
	arena_done(&mem);
	passed += fine;
	failed += !fine;
}

int
main(int argc, char **argv)
{
	struct buf text = { 0 };

	die_name = "check-templates";
	if (argc != 3) {
		fprintf(stderr, "usage: check-templates CASES.jsonl DIR\n");
		return 2;
	}
	if (!slurp(argv[1], &text))
		die_sys("cannot open '%s'", argv[1]);
	for (size_t at = 0, end; at < text.n; at = end + 1) {
		end = at + strcspn(text.s + at, "\n");
		if (end == at)
			continue;
		one(text.s + at, end - at, argv[2]);
	}
	buf_done(&context);
	buf_done(&text);
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed || !passed;
}
