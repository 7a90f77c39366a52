/* record count: how many records, also by the values of fields. */
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "tools/record/record.h"

static struct strs by;
static bool json;
static unsigned long total;

static const struct opt opts[] = {
	{ 0, "by", "PATH", "count each value of a field (may be repeated)",
	    .list = &by },
	{ 0, "json", NULL, "print JSON, a line for each value", .flag = &json },
	{ 0 },
};

/* Values seen, by open addressing on the hash of their text. */
struct value {
	char *text; /* its fields, each ended by a NUL */
	size_t len;
	unsigned long n;
};

static struct value *table;
static size_t used, room;

static struct value *
slot(const char *text, size_t len)
{
	size_t i = hash64(text, len) & (room - 1);

	while (table[i].text &&
	       (table[i].len != len || memcmp(table[i].text, text, len)))
		i = (i + 1) & (room - 1);
	return &table[i];
}

static void
grow(void)
{
	struct value *old = table;
	size_t n = room;

	room = n ? 2 * n : 256;
	table = need_zero(room, sizeof *table);
	for (size_t i = 0; i < n; i++)
		if (old[i].text)
			*slot(old[i].text, old[i].len) = old[i];
	free(old);
}

static int
each(struct rec *r)
{
	struct buf b = { 0 };
	struct value *v;

	for (size_t i = 0; i < by.n; i++) {
		const struct json *f = rec_get(r, by.s[i]);

		if (f)
			record_show(r, f, NULL, &b);
		else
			buf_char(&b, '-');
		buf_char(&b, '\0');
	}
	total++;
	if (by.n && !r->bad) {
		if (2 * used >= room)
			grow();
		v = slot(b.s, b.n);
		if (!v->text) {
			v->text = need_alloc(b.n);
			v->len = b.n;
			memcpy(v->text, b.s, b.n);
			used++;
		}
		v->n++;
	}
	buf_done(&b);
	return r->bad ? -1 : 0;
}

static int
by_count(const void *a, const void *b)
{
	const struct value *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->text && y->text ? memcmp(x->text, y->text, n) : 0;
}

static void
print(const struct value *v)
{
	struct buf b = { 0 };
	const char *s = v->text;

	buf_printf(&b, json ? "{\"n\":%lu" : "%8lu", v->n);
	for (size_t i = 0; i < by.n; i++, s += strlen(s) + 1) {
		if (!json) {
			buf_printf(&b, "\t%s", s);
			continue;
		}
		buf_char(&b, ',');
		buf_json_str(&b, str_of(by.s[i]));
		buf_char(&b, ':');
		buf_json_str(&b, str_of(s));
	}
	if (json)
		buf_char(&b, '}');
	tool_line(0, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
end(void)
{
	struct value all = { .text = NULL, .n = total };

	if (!by.n)
		print(&all);
	else if (table)
		qsort(table, room, sizeof *table, by_count);
	for (size_t i = 0; i < room; i++)
		if (table[i].text) {
			print(&table[i]);
			free(table[i].text);
		}
	free(table);
}

const struct tool record_count = {
	.name = "record count",
	.operands = "[file ...]",
	.does = "count records, also by the values of fields",
	.opts = opts,
	.text = true,
	.each = each,
	.end = end,
};
