#include "libcore/talk.h"

#include <string.h>

static void
value(struct buf *b, const struct json_doc *d, const struct json *v)
{
	buf_str(b, json_raw(d, v));
}

static bool
key_is(const struct json_doc *d, const struct json *key, const char *name)
{
	struct arena mem = { 0 };
	bool same = str_eq(json_str(d, key, &mem), name);

	arena_done(&mem);
	return same;
}

void
json_with(struct buf *b, const struct json_doc *d, const struct json *object,
    const char *name, struct str text)
{
	bool is = json_is(object, JSON_OBJECT), put = false;
	const struct json *k = is ? json_first(object) : NULL;

	buf_char(b, '{');
	for (uint32_t i = 0; is && i < object->n; i++, k = json_member(k)) {
		if (i)
			buf_char(b, ',');
		value(b, d, k);
		buf_char(b, ':');
		if (key_is(d, k, name)) {
			buf_str(b, text);
			put = true;
		} else {
			value(b, d, k + 1);
		}
	}
	if (!put) {
		if (is && object->n)
			buf_char(b, ',');
		buf_json_str(b, str_of(name));
		buf_char(b, ':');
		buf_str(b, text);
	}
	buf_char(b, '}');
}

static void
adapted(struct buf *b, const struct msg *m)
{
	buf_puts(b, "{\"role\":");
	buf_json_str(b, m->role);
	buf_puts(b, ",\"content\":");
	if (m->content.s)
		buf_json_str(b, m->content);
	else
		buf_puts(b, "null");
	buf_char(b, '}');
}

void
talk_messages(
    struct buf *b, const struct rec *r, const struct msgs *ms, size_t n)
{
	struct buf text = { 0 };

	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		const struct msg *m = ms->m + i;
		const struct json *content;

		if (i)
			buf_char(b, ',');
		content =
		    m->node ? json_get(&r->doc, m->node, "content") : NULL;
		if (!m->node) {
			adapted(b, m);
		} else if (json_is(content, JSON_ARRAY)) {
			buf_reset(&text);
			buf_json_str(&text, m->content);
			json_with(b, &r->doc, m->node, "content",
			    (struct str){ text.s, text.n });
		} else {
			value(b, &r->doc, m->node);
		}
	}
	buf_char(b, ']');
	buf_done(&text);
}

size_t
talk_asked(const struct msgs *ms)
{
	size_t n = ms->n;

	while (n && str_eq(ms->m[n - 1].role, "assistant"))
		n--;
	return n;
}
