/* The form of a response: a regular expression, JSON, a schema; scores.regex,
 * scores.json, scores.schema. */
#include <stdlib.h>
#include <string.h>

#include "libcore/pattern.h"
#include "libcore/schema.h"
#include "libcore/tool.h"
#include "tools/judge/judge.h"

static const char *regex_text, *regex_of, *schema_file, *schema_of;
static bool by_json;

static const struct opt opts[] = {
	{ 0, "regex", "PATTERN", "does it match somewhere: scores.regex",
	    .str = &regex_text },
	{ 0, "regex-of", "FIELD", "the same, the pattern of each record",
	    .str = &regex_of },
	{ 0, "json", NULL, "is it JSON: scores.json", .flag = &by_json },
	{ 0, "schema", "FILE", "is it JSON by this schema: scores.schema",
	    .str = &schema_file },
	{ 0, "schema-of", "FIELD", "the same, the schema of each record",
	    .str = &schema_of },
	{ 0 },
};

/* What responses are held against, kept while its text stays the same. */
static struct kept {
	struct buf text;
	struct pattern *pattern;
	struct schema *schema;
} regex, schema;

static bool
on(void)
{
	return regex_text || regex_of || by_json || schema_file || schema_of;
}

static void
forget(struct kept *k)
{
	pattern_free(k->pattern);
	schema_free(k->schema);
	buf_done(&k->text);
	*k = (struct kept){ 0 };
}

/* Is it this text that is kept? If not, it is from now on. */
static bool
is_kept(struct kept *k, struct str text)
{
	if ((k->pattern || k->schema) &&
	    str_same((struct str){ k->text.s, k->text.n }, text))
		return true;
	forget(k);
	buf_str(&k->text, text);
	return false;
}

static bool
keep_pattern(struct str text, struct err *e)
{
	struct buf b = { 0 };

	if (memchr(text.s, '\0', text.n))
		return err_set(e, "pattern: it holds a NUL");
	if (is_kept(&regex, text))
		return true;
	buf_str(&b, text); /* which ends with a NUL */
	regex.pattern = pattern_cased(b.s ? b.s : "", e);
	buf_done(&b);
	return regex.pattern;
}

static bool
keep_schema(struct str text, struct err *e)
{
	if (is_kept(&schema, text))
		return true;
	schema.schema = schema_new(text, e);
	return schema.schema;
}

static void
start_schema(void)
{
	struct json_doc d = { 0 };
	char *text = NULL;
	struct err e;

	if (!json_load(&d, schema_file, SCHEMA_TEXT, &text, &e))
		die("%s", e.why);
	if (!keep_schema((struct str){ text, d.len }, &e))
		die("'%s': %s", schema_file, e.why);
	json_done(&d);
	free(text);
}

static void
start(void)
{
	struct err e;

	if (regex_text && regex_of)
		die("--regex and --regex-of: one of them");
	if (schema_file && schema_of)
		die("--schema and --schema-of: one of them");
	if (regex_text && !keep_pattern(str_of(regex_text), &e))
		die("--regex: %s", e.why);
	if (schema_file)
		start_schema();
	if (regex_text || regex_of)
		judge_name("regex");
	if (by_json)
		judge_name("json");
	if (schema_file || schema_of)
		judge_name("schema");
}

/* One score of all responses. why: what is not right, or NULL. */
static void
set(struct work *w, size_t i, const char *name, bool right, const char *why)
{
	struct member *check;
	struct buf b = { 0 };

	judge_set(
	    w, judge_member(w, i, "scores", name), right ? STR("1") : STR("0"));
	check = judge_member(w, i, "checks", name);
	if (!right && why) {
		buf_json_str(&b, str_of(why));
		judge_set(w, check, (struct str){ b.s, b.n });
		buf_done(&b);
	} else {
		judge_unset(w, i, check);
	}
	buf_printf(&b, "%s %s", name, right ? "right" : "wrong");
	rec_count(w->r, b.s, 1);
	buf_done(&b);
}

static bool
is_there(struct work *w, size_t i, const char *name)
{
	struct buf b = { 0 };
	bool has = judge_has(w, i, name);

	w->response[i].decided = true;
	if (has) {
		buf_printf(&b, "kept scores.%s", name);
		rec_count(w->r, b.s, 1);
		buf_done(&b);
	}
	return has;
}

/* The pattern or the schema in a field of the record, {NULL, 0} where there
 * is none. */
static struct str
own(struct work *w, const char *field, const char *missing)
{
	const struct json *v = rec_get(w->r, field);

	if (!v) {
		if (!w->r->bad)
			rec_count(w->r, missing, 1);
		return (struct str){ 0 };
	}
	return v->type == JSON_STRING ? rec_text(w->r, v)
				      : json_raw(&w->r->doc, v);
}

static void
by_regex(struct work *w)
{
	bool given_up = false;
	struct err e;

	if (regex_of) {
		struct str s = own(w, regex_of, "no pattern");

		if (!s.s)
			return;
		if (!keep_pattern(s, &e)) {
			rec_bad(w->r, rec_get(w->r, regex_of), "%s", e.why);
			return;
		}
	}
	for (size_t i = 0; i < w->n; i++)
		if (!is_there(w, i, "regex"))
			set(w, i, "regex",
			    pattern_count(regex.pattern, w->response[i].text, 1,
				&given_up) > 0,
			    NULL);
	if (given_up)
		rec_count(w->r, "patterns given up", 1);
}

static struct str
trim(struct str s)
{
	while (s.n && strchr(" \t\r\n", *s.s) && *s.s) {
		s.s++;
		s.n--;
	}
	while (s.n && s.s[s.n - 1] && strchr(" \t\r\n", s.s[s.n - 1]))
		s.n--;
	return s;
}

/* Without a fence around it: a line ``` or ```json, and ``` at the end. */
static struct str
unfenced(struct str s)
{
	const char *line;
	struct str tag;

	s = trim(s);
	if (s.n < 7 || memcmp(s.s, "```", 3) != 0 ||
	    memcmp(s.s + s.n - 3, "```", 3) != 0)
		return s;
	line = memchr(s.s, '\n', s.n);
	if (!line)
		return s;
	tag = trim((struct str){ s.s + 3, (size_t)(line - s.s - 3) });
	if (tag.n && !str_eq(tag, "json") && !str_eq(tag, "JSON"))
		return s;
	return trim(
	    (struct str){ line + 1, (size_t)(s.s + s.n - 3 - (line + 1)) });
}

static void
is_json(struct work *w, size_t i, bool json, bool by_schema)
{
	struct str s = unfenced(w->response[i].text);
	struct json_doc d = { 0 };
	struct err e = { "" };
	size_t at;
	bool ok = json_parse(&d, s.s, s.n, REC_DEPTH, &at, &e);
	struct buf why = { 0 };

	if (!ok)
		buf_printf(&why, "no JSON, byte %zu: ", at + 1);
	buf_puts(&why, e.why);
	if (json)
		set(w, i, "json", ok, why.s);
	if (by_schema) {
		if (ok && !schema_check(schema.schema, &d, d.tape, &e)) {
			ok = false;
			buf_reset(&why);
			buf_puts(&why, e.why);
		}
		set(w, i, "schema", ok, why.s);
	}
	buf_done(&why);
	json_done(&d);
}

static void
all_json(struct work *w)
{
	bool by_schema = schema_file != NULL;
	struct err e;

	if (schema_of) {
		struct str s = own(w, schema_of, "no schema");

		by_schema = s.s != NULL;
		if (w->r->bad)
			return;
		if (by_schema && !keep_schema(s, &e)) {
			rec_bad(w->r, rec_get(w->r, schema_of), "%s", e.why);
			return;
		}
	}
	for (size_t i = 0; i < w->n; i++) {
		bool json = by_json && !is_there(w, i, "json");
		bool valid = by_schema && !is_there(w, i, "schema");

		if (json || valid)
			is_json(w, i, json, valid);
	}
}

static void
record(struct work *w)
{
	if (regex_text || regex_of)
		by_regex(w);
	if (!w->r->bad && (by_json || schema_file || schema_of))
		all_json(w);
}

static void
end(void)
{
	forget(&regex);
	forget(&schema);
}

const struct scorer form_scorer = {
	.opts = opts,
	.on = on,
	.start = start,
	.record = record,
	.end = end,
};
