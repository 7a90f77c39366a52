#include "config.h"

#include "tools/judge/rubric.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcore/agreement.h"
#include "libcore/places.h"
#include "libcore/shared.h"

static const char *const kinds[] = { "absolute", "pair", "golden", NULL };
static const char *const answers[] = { "json", "token", NULL };

/* A file being read. */
struct reading {
	struct rubric *r;
	const char *path;
	unsigned line;
};

NORETURN static void
wrong(const struct reading *f, const char *what)
{
	die("rubric '%s': line %u: %s", f->path, f->line, what);
}

static int
one_of(const char *const *words, struct str s)
{
	for (int i = 0; words[i]; i++)
		if (str_eq(s, words[i]))
			return i;
	return -1;
}

void
rubric_rename(struct rubric *r, const char *name)
{
	free((void *)(uintptr_t)r->name);
	r->name = need_text(name);
}

static void
set_name(const struct reading *f, struct str value)
{
	struct buf b = { 0 };

	buf_str(&b, value);
	rubric_rename(f->r, b.n ? b.s : "");
	buf_done(&b);
}

static void
set_kind(const struct reading *f, struct str value)
{
	int i = one_of(kinds, value);

	if (i < 0)
		wrong(f, "kind is absolute, pair or golden");
	f->r->kind = (enum rubric_kind)i;
}

static void
set_answer(const struct reading *f, struct str value)
{
	int i = one_of(answers, value);

	if (i < 0)
		wrong(f, "answer is json or token");
	f->r->token = i == 1;
}

static void
set_range(const struct reading *f, struct str value)
{
	const char *dash = value.n ? memchr(value.s, '-', value.n) : NULL;
	int64_t low = -1, high = -1;

	if (!dash ||
	    !num_parse_int(
		(struct str){ value.s, (size_t)(dash - value.s) }, &low) ||
	    !num_parse_int((struct str){ dash + 1,
			       (size_t)(value.s + value.n - dash - 1) },
		&high) ||
	    low < 0 || low >= high || high >= AGREEMENT_SCALE)
		wrong(f, "range is two whole numbers from 0 to 255, like 1-10");
	f->r->low = (int)low;
	f->r->high = (int)high;
}

static const struct {
	const char *key;
	void (*set)(const struct reading *, struct str value);
} keys[] = {
	{ "name", set_name },
	{ "kind", set_kind },
	{ "answer", set_answer },
	{ "range", set_range },
};

static struct str
trim(struct str s)
{
	while (s.n && strchr(" \t\r", s.s[0])) {
		s.s++;
		s.n--;
	}
	while (s.n && strchr(" \t\r", s.s[s.n - 1]))
		s.n--;
	return s;
}

/* `key: value`, a remark or nothing. */
static void
read_key(const struct reading *f, struct str s)
{
	const char *colon;
	struct str key;

	s = trim(s);
	if (!s.n || *s.s == '#')
		return;
	colon = memchr(s.s, ':', s.n);
	if (!colon)
		wrong(f, "no `key: value`");
	key = trim((struct str){ s.s, (size_t)(colon - s.s) });
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_eq(key, keys[i].key)) {
			keys[i].set(f, trim((struct str){ colon + 1,
					   (size_t)(s.s + s.n - colon - 1) }));
			return;
		}
	wrong(f, "the keys are name, kind, answer and range");
}

static struct str
next_line(struct str *rest)
{
	const char *end = memchr(rest->s, '\n', rest->n);
	struct str s = { rest->s, end ? (size_t)(end - rest->s) : rest->n };
	size_t used = s.n + (end ? 1 : 0);

	rest->s += used;
	rest->n -= used;
	return s;
}

/* What stands between the first two lines ---; the text is left in *rest. */
static void
read_head(struct reading *f, struct str *rest)
{
	f->line = 1;
	if (!rest->n)
		return;
	if (!str_eq(trim(next_line(&(struct str){ rest->s, rest->n })), "---"))
		return;
	next_line(rest);
	while (rest->n) {
		struct str s = next_line(rest);

		f->line++;
		if (str_eq(trim(s), "---"))
			return;
		read_key(f, s);
	}
	wrong(f, "the head does not end with ---");
}

static void
need_place(const struct rubric *r, const char *path, const char *name)
{
	if (!places_has((struct str){ r->text.s, r->text.n }, name))
		die("rubric '%s' has no {%s}", path, name);
}

static void
check(const struct rubric *r, const char *path)
{
	if (r->kind == RUBRIC_PAIR) {
		need_place(r, path, "a");
		need_place(r, path, "b");
	} else {
		need_place(r, path, "response");
	}
	if (r->kind == RUBRIC_GOLDEN)
		need_place(r, path, "gold");
}

/* One that comes with the tools, or a path. */
static void
find(struct buf *path, const char *name)
{
	size_t n = strlen(name);

	if (!strchr(name, '/') && (n < 4 || strcmp(name + n - 4, ".txt"))) {
		struct buf file = { 0 };

		buf_printf(&file, "rubrics/%s.txt", name);
		shared_find(path, PKGDATADIR, file.s);
		buf_done(&file);
		if (!access(path->s, R_OK))
			return;
	}
	buf_reset(path);
	buf_puts(path, name);
}

/* The file's name without its folder and .txt. */
static void
name_by_file(const struct reading *f)
{
	const char *slash = strrchr(f->path, '/');
	struct str s = str_of(slash ? slash + 1 : f->path);

	if (s.n > 4 && !memcmp(s.s + s.n - 4, ".txt", 4))
		s.n -= 4;
	set_name(f, s);
}

void
rubric_open(struct rubric *r, const char *name)
{
	struct buf path = { 0 }, all = { 0 };
	struct reading f = { .r = r };
	struct str rest;

	*r = (struct rubric){ .token = true, .low = 1, .high = 9 };
	find(&path, name);
	f.path = path.s;
	name_by_file(&f);
	places_read(&all, path.s, "rubric");
	rest = (struct str){ all.s ? all.s : "", all.n };
	read_head(&f, &rest);
	while (rest.n && rest.s[rest.n - 1] == '\n')
		rest.n--;
	buf_str(&r->text, rest);
	check(r, name);
	buf_done(&path);
	buf_done(&all);
}

void
rubric_close(struct rubric *r)
{
	free((void *)(uintptr_t)r->name);
	buf_done(&r->text);
}
