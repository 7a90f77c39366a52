#include "libcore/rec.h"

#include <stdio.h>
#include <string.h>

int
rec_bad(struct rec *r, const struct json *v, const char *fmt, ...)
{
	char why[480];
	va_list ap;

	if (r->bad)
		return -1;
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	r->bad = arena_text(r->mem, why, strlen(why));
	r->bad_at = v ? v->at : REC_NO_COLUMN;
	return -1;
}

int
rec_missing(struct rec *r, const char *path)
{
	return rec_bad(r, NULL, "field '%s' is missing", path);
}

static bool
key_is(struct rec *r, const struct json *k, struct str want)
{
	struct str got;

	if (!k->escaped)
		return k->end - k->at - 2u == want.n &&
		       !memcmp(r->doc.text + k->at + 1, want.s, want.n);
	got = json_str(&r->doc, k, r->mem);
	return got.s && str_same(got, want);
}

/* The value under name, null too; a second one makes the record bad. */
const struct json *
rec_member(struct rec *r, const struct json *object, struct str name)
{
	const struct json *k, *got = NULL;

	if (!json_is(object, JSON_OBJECT))
		return NULL;
	k = json_first(object);
	for (uint32_t i = 0; i < object->n; i++, k = json_member(k)) {
		if (!key_is(r, k, name))
			continue;
		if (got) {
			rec_bad(r, k, "field '%.*s' is there twice",
			    (int)name.n, name.s);
			return NULL;
		}
		got = k + 1;
	}
	return got;
}

const struct json *
rec_get(struct rec *r, const char *path)
{
	const struct json *v = r->doc.tape;

	while (v && !r->bad) {
		size_t n = strcspn(path, ".");

		v = rec_member(r, v, (struct str){ path, n });
		if (!v || v->type == JSON_NULL)
			return NULL;
		if (!path[n])
			return v;
		path += n + 1;
	}
	return NULL;
}

static const struct json *
typed(struct rec *r, const char *path, enum json_type type, const char *what)
{
	const struct json *v = rec_get(r, path);

	if (!v || v->type == type)
		return v;
	rec_bad(r, v, "field '%s' is not %s", path, what);
	return NULL;
}

struct str
rec_text(struct rec *r, const struct json *v)
{
	struct str s;

	if (r->bad || !v)
		return (struct str){ 0 };
	s = json_str(&r->doc, v, r->mem);
	if (!s.s)
		rec_bad(r, v,
		    v->type == JSON_STRING ? "a lone surrogate"
					   : "not a string");
	return s;
}

struct str
rec_str(struct rec *r, const char *path)
{
	return rec_text(r, typed(r, path, JSON_STRING, "a string"));
}

bool
rec_real(struct rec *r, const char *path, double *x)
{
	const struct json *v = typed(r, path, JSON_NUMBER, "a number");

	return v && json_real(&r->doc, v, x);
}

bool
rec_int(struct rec *r, const char *path, int64_t *x)
{
	const struct json *v = typed(r, path, JSON_NUMBER, "a whole number");

	if (!v)
		return false;
	if (!json_int(&r->doc, v, x)) {
		rec_bad(r, v, "field '%s' is not a whole number", path);
		return false;
	}
	return true;
}
