/* record view: records for people to read. */
#include <string.h>
#include <unistd.h>

#include "tools/record/record.h"

static long most, width = 24;
static struct strs fields;
static const char *color = "auto";
static unsigned long shown;

static const char *const colors[] = { "auto", "always", "never", NULL };
static const struct opt opts[] = {
	{ 'n', "number", "N", "show the first N records, 0: all", .num = &most,
	    .min = 0, .max = 1e15 },
	{ 'f', "field", "PATH", "show this field only (may be repeated)",
	    .list = &fields },
	{ 0, "items", "N", "show at most N items of a list of numbers",
	    .num = &width, .min = 1, .max = 1e9 },
	{ 0, "color", "WHEN", "color names", .str = &color, .choice = colors },
	{ 0 },
};

static bool
colored(void)
{
	if (!strcmp(color, "auto"))
		return isatty(1);
	return !strcmp(color, "always");
}

static void
name(struct buf *b, const char *s, size_t n)
{
	if (colored())
		buf_printf(b, "\033[1m%.*s\033[0m", (int)n, s);
	else
		buf_put(b, s, n);
}

/* A string after its name: on the same line, or indented below. */
static void
text(struct rec *r, const struct json *v, struct buf *b)
{
	struct buf t = { 0 };

	record_show(r, v, "\n    ", &t);
	if (t.s && (strchr(t.s, '\n') || t.n > 60))
		buf_puts(b, "\n    ");
	else
		buf_char(b, ' ');
	buf_put(b, t.s, t.n);
	buf_char(b, '\n');
	buf_done(&t);
}

/* A list of numbers, words and the like, cut where it is long. */
static bool
flat(struct rec *r, const struct json *v, struct buf *b)
{
	const struct json *c = json_first(v);
	long i;

	for (i = 0; i < (long)v->n; i++, c = json_next(c))
		if (c->type >= JSON_STRING)
			return false;
	c = json_first(v);
	buf_puts(b, " [");
	for (i = 0; i < (long)v->n && i < width; i++, c = json_next(c)) {
		buf_puts(b, i ? ", " : "");
		buf_str(b, json_raw(&r->doc, c));
	}
	if (i < (long)v->n)
		buf_printf(b, ", ... %u in all", v->n);
	buf_puts(b, "]\n");
	return true;
}

/* One value under its path. A message stands under its role. */
static void
value(struct rec *r, const struct json *v, struct buf *path, struct buf *b)
{
	const struct json *c = json_first(v), *role;
	size_t n = path->n;

	if (v->type == JSON_OBJECT && v->n) {
		role = json_get(&r->doc, v, "role");
		if (json_is(role, JSON_STRING)) {
			buf_char(path, ' ');
			record_show(r, role, NULL, path);
		}
		for (uint32_t i = 0; i < v->n; i++, c = json_member(c)) {
			size_t m = path->n;

			if (c + 1 == role)
				continue;
			buf_puts(path, m && role ? " " : m ? "." : "");
			record_show(r, c, NULL, path);
			value(r, c + 1, path, b);
			path->n = m;
		}
		path->n = n;
		return;
	}
	if (v->type == JSON_ARRAY && v->n) {
		size_t at = b->n;

		name(b, path->s, path->n);
		buf_char(b, ':');
		if (flat(r, v, b))
			return;
		b->n = at;
		for (uint32_t i = 0; i < v->n; i++, c = json_next(c)) {
			buf_printf(path, "[%u]", i);
			value(r, c, path, b);
			path->n = n;
		}
		return;
	}
	name(b, path->s, path->n);
	buf_char(b, ':');
	text(r, v, b);
}

static void
show(struct rec *r)
{
	struct buf b = { 0 }, path = { 0 }, head = { 0 };

	buf_printf(&head, "%s%s:%lu  %.*s", shown++ ? "\n" : "", r->file, r->no,
	    (int)rec_id(r).n, rec_id(r).s);
	name(&b, head.s, head.n);
	buf_char(&b, '\n');
	if (!fields.n)
		value(r, r->doc.tape, &path, &b);
	for (size_t i = 0; i < fields.n; i++) {
		const struct json *v = rec_get(r, fields.s[i]);

		buf_reset(&path);
		buf_puts(&path, fields.s[i]);
		if (v)
			value(r, v, &path, &b);
	}
	rec_line(r, 0, (struct str){ b.s, b.n - 1 });
	buf_done(&b);
	buf_done(&path);
	buf_done(&head);
}

static int
pull(void)
{
	struct rec *r;

	while ((!most || shown < (unsigned long)most) && (r = tool_next())) {
		show(r);
		tool_done(r);
	}
	return 0;
}

const struct tool record_view = {
	.name = "record view",
	.operands = "[file ...]",
	.does = "show records to people",
	.opts = opts,
	.text = true,
	.pull = pull,
};
