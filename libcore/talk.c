#include "libcore/talk.h"

#include <assert.h>
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

/* Which of the members the key names; n if none. */
static size_t
which(const struct json_doc *d, const struct json *key,
    const struct json_set *set, size_t n)
{
	size_t i = 0;

	while (i < n && !key_is(d, key, set[i].name))
		i++;
	return i;
}

void
json_with(struct buf *b, const struct json_doc *d, const struct json *object,
    const struct json_set *set, size_t n)
{
	bool is = json_is(object, JSON_OBJECT);
	const struct json *k = is ? json_first(object) : NULL;
	uint64_t put = 0;

	assert(n <= 64);
	buf_char(b, '{');
	for (uint32_t i = 0; is && i < object->n; i++, k = json_member(k)) {
		size_t at = which(d, k, set, n);

		if (i)
			buf_char(b, ',');
		value(b, d, k);
		buf_char(b, ':');
		buf_str(b, at < n ? set[at].value : json_raw(d, k + 1));
		put |= at < n ? 1ull << at : 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (put >> i & 1)
			continue;
		if (b->s[b->n - 1] != '{')
			buf_char(b, ',');
		buf_json_str(b, str_of(set[i].name));
		buf_char(b, ':');
		buf_str(b, set[i].value);
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
			json_with(b, &r->doc, m->node,
			    &(struct json_set){ "content", { text.s, text.n } },
			    1);
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

bool
talk_failed(const struct json_doc *d, const struct json *response)
{
	const struct json *error = json_get(d, response, "error");
	const struct json *content = json_get(d, response, "content");

	return error && error->type != JSON_NULL &&
	       (!content || content->type == JSON_NULL);
}
