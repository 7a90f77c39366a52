#include "libcore/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 20, AT_ONCE_MOST = 1024 };

static const char blanks[] = " \t\r";

/* The next word of a line, ended; NULL at its end. */
static char *
word(char **line)
{
	char *s = *line + strspn(*line, blanks);
	size_t n = strcspn(s, blanks);

	if (!n)
		return NULL;
	*line = s + n + (s[n] != '\0');
	s[n] = '\0';
	return s;
}

/* A name as variables of the environment and members have it. */
static bool
is_name(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return !*s;
}

static bool
set_key(struct names_row *r, const char *s)
{
	r->key = s;
	return is_name(s);
}

static bool
set_limit(struct names_row *r, const char *s)
{
	r->limit = s;
	return is_name(s);
}

static bool
set_concurrency(struct names_row *r, const char *s)
{
	int64_t n = 0;
	bool ok = num_parse_int(str_of(s), &n);

	r->concurrency = (long)n;
	return ok && n >= 1 && n <= AT_ONCE_MOST;
}

static bool
set_rate(struct names_row *r, const char *s)
{
	return num_parse(str_of(s), &r->rate) && r->rate > 0 && r->rate < 1e9;
}

static const struct setting {
	const char *name, *wants;
	bool (*set)(struct names_row *, const char *);
} settings[] = {
	{ "key", "the name of a variable of the environment, not a key",
	    set_key },
	{ "limit", "the name of a member of requests", set_limit },
	{ "concurrency", "a number from 1 to 1024", set_concurrency },
	{ "rate", "requests in a minute, more than 0", set_rate },
};

/* No value is printed: it might be a key. */
static bool
setting(
    struct names_row *r, char *s, const char *path, unsigned no, struct err *e)
{
	char *value = strchr(s, '=');

	if (!value)
		return err_set(e,
		    "%s:%u: a word that is no NAME=VALUE stands behind the "
		    "model",
		    path, no);
	*value++ = '\0';
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		const struct setting *t = settings + i;

		if (strcmp(t->name, s) != 0)
			continue;
		return t->set(r, value) ||
		       err_set(e, "%s:%u: %s= wants %s", path, no, s, t->wants);
	}
	return err_set(e, "%s:%u: unknown setting '%s'", path, no, s);
}

static bool
line(struct names *m, char *s, const char *path, unsigned no, struct err *e)
{
	struct names_row r = { 0 };
	char *equals, *more;

	r.name = word(&s);
	if (!r.name || *r.name == '#')
		return true;
	equals = word(&s);
	r.model = word(&s);
	if (!equals || strcmp(equals, "=") != 0 || !r.model)
		return err_set(
		    e, "%s:%u: a line is NAME = MODEL, with blanks", path, no);
	if (names_find(m, r.name))
		return err_set(
		    e, "%s:%u: '%s' is there twice", path, no, r.name);
	while ((more = word(&s)))
		if (!setting(&r, more, path, no, e))
			return false;
	m->row = need_grow(m->row, m->n + 1, sizeof *m->row);
	m->row[m->n++] = r;
	return true;
}

static char *
read_text(const char *path, struct err *e)
{
	FILE *f = fopen(path, "rb");
	char *s = need_zero(1, FILE_MOST + 1);
	size_t n = f ? fread(s, 1, FILE_MOST, f) : 0;
	bool ok = f && !ferror(f);

	if (!ok)
		err_set(e, "cannot read '%s': %s", path, strerror(errno));
	else if (n == FILE_MOST)
		ok = err_set(e, "'%s' is too long", path);
	else if (memchr(s, '\0', n))
		ok = err_set(e, "'%s' is no text", path);
	if (f)
		fclose(f);
	if (ok)
		return s;
	free(s);
	return NULL;
}

bool
names_read(struct names *m, const char *path, struct err *e)
{
	unsigned no = 0;
	char *s, *next;

	*m = (struct names){ .text = read_text(path, e) };
	for (s = m->text; s; s = next) {
		next = strchr(s, '\n');
		if (next)
			*next++ = '\0';
		if (!line(m, s, path, ++no, e))
			return false;
	}
	return m->text != NULL;
}

void
names_done(struct names *m)
{
	free(m->row);
	free(m->text);
	*m = (struct names){ 0 };
}

const struct names_row *
names_find(const struct names *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->row[i].name, name))
			return m->row + i;
	return NULL;
}
