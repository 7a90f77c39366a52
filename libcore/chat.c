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

/* The variables as transformers passes them: tools and documents are none
 * where there are none. */
static void
variables(struct buf *b, const struct chat_talk *t, bool prompt)
{
	buf_puts(b, "{\"messages\":");
	buf_str(b, t->messages);
	buf_puts(b, ",\"tools\":");
	buf_str(b, t->tools.s ? t->tools : STR("null"));
	buf_puts(b, ",\"documents\":null,\"add_generation_prompt\":");
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

static bool
parsed(struct json_doc *doc, struct str s, const char *what, struct err *e)
{
	struct err why;
	size_t at;

	if (json_parse(doc, s.s, s.n, 1100, &at, &why))
		return true;
	return err_set(e, "%s: column %zu: %s", what, at + 1, why.why);
}

static bool
render(const struct chat *c, struct str base, struct str more, const char *date,
    struct buf *out, struct err *e)
{
	struct json_doc doc[2] = { { 0 }, { 0 } };
	struct jinja_vars vars[2];
	struct tm tm;
	bool ok;

	if (!day(date, &tm))
		return err_set(e, "'%s' is not a date (YYYY-MM-DD)", date);
	ok = parsed(&doc[0], base, "the conversation", e) &&
	     parsed(&doc[1], more.s ? more : STR("{}"), "the variables", e);
	if (ok) {
		vars[0] = (struct jinja_vars){ &doc[0], doc[0].tape };
		vars[1] = (struct jinja_vars){ &doc[1], doc[1].tape };
		ok = jinja_render(c->jinja, vars, 2, &tm, out, e);
	}
	json_done(&doc[0]);
	json_done(&doc[1]);
	return ok;
}

bool
chat_text(const struct chat *c, const struct chat_talk *t, bool prompt,
    struct buf *out, struct err *e)
{
	struct buf b = { 0 };
	bool ok;

	variables(&b, t, prompt);
	ok = render(c, (struct str){ b.s, b.n }, t->vars, t->date, out, e);
	buf_done(&b);
	return ok;
}

bool
chat_prompt(const struct chat *c, const struct chat_talk *t, struct buf *out,
    struct err *e)
{
	return chat_text(c, t, true, out, e);
}

bool
chat_render(const struct chat *c, struct str vars, const char *date,
    struct buf *out, struct err *e)
{
	return render(c, STR("{}"), vars, date, out, e);
}
