/* Conversations through templates. */
#include "libcore/chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/jinja.h"

struct chat {
	struct jinja *jinja;
};

struct chat *
chat_parse(struct str src, struct err *e)
{
	struct jinja *j = jinja_parse(src, e);
	struct chat *c;

	if (!j)
		return NULL;
	c = need_zero(1, sizeof *c);
	c->jinja = j;
	return c;
}

/* 1: read, 0: there is no such file, -1: it cannot be read. */
static int
read_file(struct buf *b, const char *path)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;
	bool bad;

	if (!f)
		return 0;
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		buf_put(b, chunk, n);
	bad = ferror(f);
	fclose(f);
	return bad ? -1 : 1;
}

/* The template's text; false if there is none. */
static bool
source_of(struct hub *hub, const char *name, struct buf *source, struct err *e)
{
	int got = name ? read_file(source, name) : 0;
	struct str s;

	if (got < 0)
		return err_set(e, "cannot read '%s'", name);
	if (got)
		return true;
	s = hub_template(hub, name);
	if (!s.s && name)
		return err_set(e,
		    "template '%s' is no file, and model '%s' has none of "
		    "that name",
		    name, hub->name);
	if (!s.s)
		return err_set(e,
		    "model '%s' has no chat template; give one with -T",
		    hub->name);
	buf_str(source, s);
	return true;
}

struct chat *
chat_open(struct hub *hub, const char *name, struct buf *source, struct err *e)
{
	struct chat *c;
	struct err why;

	buf_need(source, 1);
	if (!source_of(hub, name, source, e))
		return NULL;
	c = chat_parse((struct str){ source->s, source->n }, &why);
	if (!c)
		err_set(e, "template of '%s': %.400s", name ? name : hub->name,
		    why.why);
	return c;
}

void
chat_free(struct chat *c)
{
	if (!c)
		return;
	jinja_free(c->jinja);
	free(c);
}

static bool
day(const char *date, struct tm *tm)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
		273, 304, 334 };
	int y, m, d, end = 0;
	long days;
	bool leap;

	if (sscanf(date, "%4d-%2d-%2d%n", &y, &m, &d, &end) != 3 || date[end] ||
	    end != 10 || m < 1 || m > 12 || d < 1 || d > 31 || y < 1)
		return false;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d > (m == 2                                     ? 28 + leap
		    : m == 4 || m == 6 || m == 9 || m == 11 ? 30
							    : 31))
		return false;
	*tm = (struct tm){ .tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d };
	tm->tm_yday = before[m - 1] + d - 1 + (leap && m > 2);
	days = 365L * (y - 1) + (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400 +
	       tm->tm_yday;
	tm->tm_wday = (int)((days + 1) % 7);
	return true;
}

bool
chat_date(char date[11], const char *option, struct err *e)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	time_t now = time(NULL);
	struct tm tm;
	int64_t t;

	if (option) {
		if (!day(option, &tm))
			return err_set(
			    e, "'%s' is not a date (YYYY-MM-DD)", option);
		memcpy(date, option, 11);
		return true;
	}
	if (epoch && *epoch) {
		if (!num_parse_int(str_of(epoch), &t))
			return err_set(
			    e, "SOURCE_DATE_EPOCH '%s' is no number", epoch);
		now = (time_t)t;
	}
	if (!gmtime_r(&now, &tm) || !strftime(date, 11, "%Y-%m-%d", &tm))
		return err_set(e, "the time of day cannot be read");
	return true;
}

bool
chat_args(struct buf *b, const struct strs *args, struct err *e)
{
	struct json_doc doc = { 0 };
	struct err why;
	size_t at;

	buf_char(b, '{');
	for (size_t i = 0; i < args->n; i++) {
		const char *eq = strchr(args->s[i], '=');

		if (!eq || eq == args->s[i]) {
			json_done(&doc);
			return err_set(e,
			    "template argument '%s' is not NAME=VALUE",
			    args->s[i]);
		}
		if (i)
			buf_char(b, ',');
		buf_json_str(
		    b, (struct str){ args->s[i], (size_t)(eq - args->s[i]) });
		buf_char(b, ':');
		if (json_parse(&doc, eq + 1, strlen(eq + 1), 500, &at, &why))
			buf_puts(b, eq + 1);
		else
			buf_json_str(b, str_of(eq + 1));
	}
	buf_char(b, '}');
	json_done(&doc);
	return true;
}

static bool
parsed(struct json_doc *doc, struct str s, const char *what, struct err *e)
{
	struct err why;
	size_t at;

	if (json_parse(doc, s.s, s.n, 1100, &at, &why))
		return true;
	return err_set(e, "%s: column %zu: %s", what, at + 1, why.why);
}

/* The variables that are no content, as transformers passes them: documents
 * is none where there are none. */
static void
around(struct buf *b, const struct chat_talk *t, bool prompt)
{
	buf_puts(b, "{\"documents\":null,\"add_generation_prompt\":");
	buf_puts(b, prompt ? "true" : "false");
	if (t->bos.s) {
		buf_puts(b, ",\"bos_token\":");
		buf_json_str(b, t->bos);
	}
	if (t->eos.s) {
		buf_puts(b, ",\"eos_token\":");
		buf_json_str(b, t->eos);
	}
	buf_char(b, '}');
}

static void
content(struct buf *b, const struct chat_talk *t)
{
	buf_puts(b, "{\"messages\":");
	buf_str(b, t->messages);
	buf_puts(b, ",\"tools\":");
	buf_str(b, t->tools.s ? t->tools : STR("null"));
	buf_char(b, '}');
}

enum { CONTENT, AROUND, MORE, DOCS };

static bool
render(const struct chat *c, const struct str json[DOCS], const char *date,
    struct buf *out, struct ranges *content_at, struct err *e)
{
	static const char *const what[DOCS] = { "the conversation",
		"the tokens", "the variables" };
	struct json_doc doc[DOCS] = { { 0 } };
	struct jinja_vars vars[DOCS];
	struct tm tm;
	bool ok = true;

	if (!day(date, &tm))
		return err_set(e, "'%s' is not a date (YYYY-MM-DD)", date);
	for (int i = 0; i < DOCS && ok; i++) {
		ok = parsed(
		    &doc[i], json[i].s ? json[i] : STR("{}"), what[i], e);
		vars[i] =
		    (struct jinja_vars){ &doc[i], doc[i].tape, i == CONTENT };
	}
	if (ok)
		ok =
		    jinja_render(c->jinja, vars, DOCS, &tm, out, content_at, e);
	for (int i = 0; i < DOCS; i++)
		json_done(&doc[i]);
	return ok;
}

bool
chat_text(const struct chat *c, const struct chat_talk *t, bool prompt,
    struct buf *out, struct ranges *content_at, struct err *e)
{
	struct buf talk = { 0 }, more = { 0 };
	bool ok;

	content(&talk, t);
	around(&more, t, prompt);
	ok = render(c,
	    (const struct str[DOCS]){
		{ talk.s, talk.n }, { more.s, more.n }, t->vars },
	    t->date, out, content_at, e);
	buf_done(&talk);
	buf_done(&more);
	return ok;
}

bool
chat_prompt(const struct chat *c, const struct chat_talk *t, struct buf *out,
    struct err *e)
{
	return chat_text(c, t, true, out, NULL, e);
}

bool
chat_render(const struct chat *c, struct str vars, const char *date,
    struct buf *out, struct err *e)
{
	return render(
	    c, (const struct str[DOCS]){ [MORE] = vars }, date, out, NULL, e);
}
