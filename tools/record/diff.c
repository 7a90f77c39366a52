/* record diff: two files, record by record, matched by id. */
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "tools/record/record.h"

static bool brief;

static const struct opt opts[] = {
	{ 'b', "brief", NULL, "ids only, no fields", .flag = &brief },
	{ 0 },
};

struct old { /* a record of the first file */
	char *id, *line;
	size_t nid, len;
	bool met;
};

static struct old *olds;
static size_t nolds, roomolds;
static size_t *table, slots; /* index + 1 by hash of the id; 0 is empty */

static size_t *
slot(struct str id)
{
	size_t i = hash64(id.s, id.n) & (slots - 1);

	for (; table[i]; i = (i + 1) & (slots - 1)) {
		const struct old *o = &olds[table[i] - 1];

		if (str_same(id, (struct str){ o->id, o->nid }))
			break;
	}
	return &table[i];
}

static void
grow(void)
{
	slots = slots ? 2 * slots : 1024;
	free(table);
	table = need_zero(slots, sizeof *table);
	for (size_t i = 0; i < nolds; i++)
		*slot((struct str){ olds[i].id, olds[i].nid }) = i + 1;
}

static char *
copy(const char *s, size_t n)
{
	char *p = need_alloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

static int
keep(struct rec *r, struct str id)
{
	if (2 * nolds >= slots)
		grow();
	if (*slot(id))
		return rec_bad(
		    r, NULL, "id '%.*s' is there twice", (int)id.n, id.s);
	if (nolds == roomolds) {
		roomolds = roomolds ? 2 * roomolds : 1024;
		olds = need_grow(olds, roomolds, sizeof *olds);
	}
	olds[nolds] = (struct old){ copy(id.s, id.n), copy(r->line, r->len),
		id.n, r->len, false };
	*slot(id) = ++nolds;
	return 0;
}

static void
say(struct rec *r, char sign, struct str id)
{
	char *s = arena_take(r->mem, id.n + 3);

	s[0] = sign;
	s[1] = ' ';
	memcpy(s + 2, id.s, id.n);
	rec_line(r, 0, (struct str){ s, id.n + 2 });
}

static void
change(struct rec *r, struct rec *was, struct str key, const struct json *a,
    const struct json *b)
{
	struct buf line = { 0 };

	buf_puts(&line, "    ");
	buf_str(&line, key);
	buf_puts(&line, ": ");
	if (a)
		record_show(was, a, NULL, &line);
	else
		buf_puts(&line, "(none)");
	buf_puts(&line, " -> ");
	if (b)
		record_show(r, b, NULL, &line);
	else
		buf_puts(&line, "(none)");
	rec_line(r, 0, (struct str){ line.s, line.n });
	buf_done(&line);
}

/* The members of one record that are not the same in the other. */
static void
members(struct rec *r, struct rec *was, bool of_new)
{
	struct rec *from = of_new ? r : was, *to = of_new ? was : r;
	const struct json *k = json_first(from->doc.tape), *other;

	for (uint32_t i = 0; i < from->doc.tape->n; i++, k = json_member(k)) {
		struct str key = rec_text(from, k);

		other = key.s ? rec_member(to, to->doc.tape, key) : NULL;
		if (!key.s || (of_new && other))
			continue;
		if (of_new)
			change(r, was, key, NULL, k + 1);
		else if (!other)
			change(r, was, key, k + 1, NULL);
		else if (!str_same(json_raw(&was->doc, k + 1),
			     json_raw(&r->doc, other)))
			change(r, was, key, k + 1, other);
	}
}

static int
compare(struct rec *r, struct str id)
{
	size_t at = slots ? *slot(id) : 0;
	struct old *o = at ? &olds[at - 1] : NULL;
	struct rec was = { .mem = r->mem };
	struct err e;
	size_t col;

	if (!o) {
		say(r, '+', id);
		rec_count(r, "added", 1);
		return 0;
	}
	o->met = true;
	if (o->len == r->len && !memcmp(o->line, r->line, r->len))
		return 0;
	rec_count(r, "changed", 1);
	say(r, '~', id);
	if (brief)
		return 0;
	if (json_parse(&was.doc, o->line, o->len, UINT32_MAX, &col, &e)) {
		members(r, &was, false);
		members(r, &was, true);
	}
	json_done(&was.doc);
	return 0;
}

static int
each(struct rec *r)
{
	struct str id = rec_id(r);
	bool first = r->file == tool_files[0] ||
		     (!strcmp(tool_files[0], "-") && !strcmp(r->file, "stdin"));

	if (r->bad)
		return -1;
	return first ? keep(r, id) : compare(r, id);
}

static void
start(void)
{
	if (tool_nfiles != 2) {
		warn("two files are needed");
		opt_usage();
	}
}

static void
end(void)
{
	struct buf b = { 0 };
	long removed = 0;

	for (size_t i = 0; i < nolds; i++) {
		if (!olds[i].met && !tool_status()) {
			buf_reset(&b);
			buf_puts(&b, "- ");
			buf_put(&b, olds[i].id, olds[i].nid);
			tool_line(0, (struct str){ b.s, b.n });
			removed++;
		}
		free(olds[i].id);
		free(olds[i].line);
	}
	buf_reset(&b);
	buf_json_int(&b, removed);
	tool_stat("removed", (struct str){ b.s, b.n });
	buf_done(&b);
	free(olds);
	free(table);
}

const struct tool record_diff = {
	.name = "record diff",
	.operands = "old new",
	.does = "compare two files, records matched by id",
	.opts = opts,
	.text = true,
	.start = start,
	.each = each,
	.end = end,
};
