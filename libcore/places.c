#include "libcore/places.h"

#include <stdio.h>
#include <string.h>

/* The place that begins at s, which is a '{', or NULL; *n bytes long. */
static const struct place *
place_at(const char *s, const char *end, const struct place *p, size_t places,
    size_t *n)
{
	for (size_t i = 0; i < places; i++) {
		size_t len = strlen(p[i].name);

		*n = len + 2;
		if ((size_t)(end - s) >= *n && s[len + 1] == '}' &&
		    !memcmp(s + 1, p[i].name, len))
			return p + i;
	}
	return NULL;
}

/* One line, its newline too. False: it has a place without a value. */
static bool
line(struct buf *b, struct str text, const struct place *p, size_t places)
{
	const char *s = text.s, *end = s + text.n;

	while (s < end) {
		const char *q = memchr(s, '{', (size_t)(end - s));
		const struct place *at;
		size_t n;

		q = q ? q : end;
		buf_put(b, s, (size_t)(q - s));
		s = q;
		if (s == end)
			break;
		at = place_at(s, end, p, places, &n);
		if (!at) {
			buf_char(b, *s++);
			continue;
		}
		if (!at->value.s)
			return false;
		buf_str(b, at->value);
		s += n;
	}
	return true;
}

void
places_fill(struct buf *b, struct str text, const struct place *p, size_t n)
{
	while (text.n) {
		const char *end = memchr(text.s, '\n', text.n);
		size_t len = end ? (size_t)(end + 1 - text.s) : text.n;
		size_t from = b->n;

		if (!line(b, (struct str){ text.s, len }, p, n))
			b->n = from;
		text.s += len;
		text.n -= len;
	}
	buf_need(b, 0);
	b->s[b->n] = '\0';
}

bool
places_has(struct str text, const char *name)
{
	const struct place p = { name, { 0 } };
	size_t n;

	for (size_t i = 0; i < text.n; i++)
		if (text.s[i] == '{' &&
		    place_at(text.s + i, text.s + text.n, &p, 1, &n))
			return true;
	return false;
}

void
places_read(struct buf *b, const char *path, const char *what)
{
	char chunk[4096];
	FILE *f = fopen(path, "r");
	size_t got;

	if (!f)
		die_sys("cannot open %s '%s'", what, path);
	while ((got = fread(chunk, 1, sizeof chunk, f)))
		buf_put(b, chunk, got);
	if (ferror(f))
		die_sys("cannot read %s '%s'", what, path);
	fclose(f);
}
