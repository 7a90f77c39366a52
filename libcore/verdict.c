#include "libcore/verdict.h"

#include <string.h>
#include <strings.h>

enum { DEPTH = 64 };

/* Past the brace that closes the one at s; NULL if none does. */
static const char *
object_end(const char *s, const char *end)
{
	unsigned open = 0;
	bool quoted = false;

	for (; s < end; s++) {
		if (quoted) {
			if (*s == '\\' && s + 1 < end)
				s++;
			else if (*s == '"')
				quoted = false;
		} else if (*s == '"') {
			quoted = true;
		} else if (*s == '{') {
			open++;
		} else if (*s == '}' && --open == 0) {
			return s + 1;
		}
	}
	return NULL;
}

/* How far the best of the objects came, for the fault. */
enum found { NO_OBJECT, NO_END, NO_JSON, NO_KEY, FOUND };

static enum found
look(struct verdict *v, const char *s, const char *end, const char *key,
    const char **past)
{
	const char *to = object_end(s, end);
	struct json_doc d = { 0 };
	struct err e;
	size_t at;

	*past = s + 1;
	if (!to)
		return NO_END;
	if (!json_parse(&d, s, (size_t)(to - s), DEPTH, &at, &e)) {
		json_done(&d);
		return NO_JSON;
	}
	*past = to;
	if (!json_get(&d, d.tape, key)) {
		json_done(&d);
		return NO_KEY;
	}
	json_done(&v->doc);
	v->doc = d;
	return FOUND;
}

bool
verdict_read(
    struct verdict *v, struct str answer, const char *key, struct err *e)
{
	const char *s = answer.s, *end = s + answer.n;
	enum found most = NO_OBJECT, got;
	unsigned tries = 0;

	while (s < end && (s = memchr(s, '{', (size_t)(end - s)))) {
		if (tries++ == VERDICT_MOST)
			break;
		got = look(v, s, end, key, &s);
		most = got > most ? got : most;
	}
	switch (most) {
	case NO_OBJECT:
		return err_set(e, "there is no JSON object in it");
	case NO_END:
		return err_set(e, "its JSON object does not end");
	case NO_JSON:
		return err_set(e, "its object is not valid JSON");
	case NO_KEY:
		return err_set(e, "its JSON object has no \"%s\"", key);
	case FOUND:
		break;
	}
	return true;
}

void
verdict_done(struct verdict *v)
{
	json_done(&v->doc);
	arena_done(&v->mem);
	*v = (struct verdict){ 0 };
}

static struct str
inside_quotes(struct str s)
{
	if (s.n >= 2 && s.s[0] == '"')
		return (struct str){ s.s + 1, s.n - 2 };
	return s;
}

bool
verdict_whole(const struct verdict *v, const char *key, int low, int high,
    int *to, struct err *e)
{
	const struct json *m = json_get(&v->doc, v->doc.tape, key);
	double x = 0;
	int64_t n = 0;
	bool ok = json_int(&v->doc, m, &n);

	if (!ok && json_is(m, JSON_STRING) &&
	    num_parse(inside_quotes(json_raw(&v->doc, m)), &x) && x >= low &&
	    x <= high) {
		n = (int64_t)x;
		ok = !(x > (double)n) && !(x < (double)n);
	}
	if (!ok || n < low || n > high)
		return err_set(e,
		    "its \"%s\" is not a whole number from %d to "
		    "%d",
		    key, low, high);
	*to = (int)n;
	return true;
}

struct str
verdict_text(struct verdict *v, const char *key)
{
	return json_str(&v->doc, json_get(&v->doc, v->doc.tape, key), &v->mem);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool
verdict_word(struct verdict *v, const char *key, const char *const *words,
    int *which, struct err *e)
{
	struct str s = verdict_text(v, key);
	struct buf all = { 0 };

	while (s.n && is_blank(*s.s)) {
		s.s++;
		s.n--;
	}
	while (s.n && is_blank(s.s[s.n - 1]))
		s.n--;
	for (int i = 0; words[i]; i++) {
		if (s.s && strlen(words[i]) == s.n &&
		    !strncasecmp(words[i], s.s, s.n)) {
			buf_done(&all);
			*which = i;
			return true;
		}
		buf_printf(&all, "%s\"%s\"",
		    !i             ? ""
		    : words[i + 1] ? ", "
				   : " or ",
		    words[i]);
	}
	err_set(e, "its \"%s\" is not %s", key, all.s ? all.s : "");
	buf_done(&all);
	return false;
}

int
verdict_flag(const struct verdict *v, const char *key)
{
	const struct json *m = json_get(&v->doc, v->doc.tape, key);

	return json_is(m, JSON_TRUE) ? 1 : json_is(m, JSON_FALSE) ? 0 : -1;
}
