/* IFEval: the table of types, reading instructions, strict and loose. */
#include "libcore/ifeval.h"

#include <assert.h>
#include <string.h>

#include "libcore/casing.h"
#include "libcore/ifeval_in.h"

#define COUNT(name)                \
	{                          \
		name, IFEVAL_COUNT \
	}
#define RELATION(name)                \
	{                             \
		name, IFEVAL_RELATION \
	}
#define TEXT(name)                \
	{                         \
		name, IFEVAL_TEXT \
	}

static const struct ifeval_row rows[IFEVAL_TYPES] = {
	{ "keywords:existence", .check = ifeval_all_words,
	    .arg = { { "keywords", IFEVAL_WORDS } }, .before = "" },
	{ "keywords:frequency", .check = ifeval_word_count,
	    .arg = { TEXT("keyword"), COUNT("frequency"),
		RELATION("relation") },
	    .before = "" },
	{ "keywords:forbidden_words", .check = ifeval_no_words,
	    .arg = { { "forbidden_words", IFEVAL_WORDS } }, .before = "\\b",
	    .after = "\\b" },
	{ "keywords:letter_frequency", .check = ifeval_letters,
	    .arg = { TEXT("letter"), COUNT("let_frequency"),
		RELATION("let_relation") },
	    .also = ifeval_one_letter },
	{ "language:response_language", true, ifeval_language,
	    .arg = { TEXT("language") }, .also = ifeval_known_language },
	{ "length_constraints:number_sentences", true, ifeval_sentences,
	    .arg = { COUNT("num_sentences"), RELATION("relation") } },
	{ "length_constraints:number_paragraphs", .check = ifeval_paragraphs,
	    .arg = { COUNT("num_paragraphs") } },
	{ "length_constraints:number_words", .check = ifeval_words,
	    .arg = { COUNT("num_words"), RELATION("relation") } },
	{ "length_constraints:nth_paragraph_first_word",
	    .check = ifeval_nth_paragraph,
	    .arg = { COUNT("num_paragraphs"), { "nth_paragraph", IFEVAL_NTH },
		TEXT("first_word") },
	    .also = ifeval_nth_inside },
	{ "detectable_content:number_placeholders",
	    .check = ifeval_placeholders,
	    .arg = { COUNT("num_placeholders") } },
	{ "detectable_content:postscript", .check = ifeval_postscript,
	    .arg = { TEXT("postscript_marker") }, .before = "(?-i)",
	    .after = "" },
	{ "detectable_format:number_bullet_lists", .check = ifeval_bullets,
	    .arg = { COUNT("num_bullets") } },
	{ "detectable_format:constrained_response",
	    .check = ifeval_constrained },
	{ "detectable_format:number_highlighted_sections",
	    .check = ifeval_highlights, .arg = { COUNT("num_highlights") } },
	{ "detectable_format:multiple_sections", .check = ifeval_sections,
	    .arg = { TEXT("section_spliter"), COUNT("num_sections") },
	    .before = "(?-i)\\s?", .after = "\\s?\\d+\\s?" },
	{ "detectable_format:json_format", .check = ifeval_json },
	{ "detectable_format:title", .check = ifeval_title },
	{ "combination:two_responses", .check = ifeval_two },
	{ "combination:repeat_prompt", .check = ifeval_repeat,
	    .arg = { TEXT("prompt_to_repeat") } },
	{ "startend:end_checker", .check = ifeval_end,
	    .arg = { TEXT("end_phrase") } },
	{ "startend:quotation", .check = ifeval_quotation },
	{ "change_case:capital_word_frequency", true, ifeval_capital_words,
	    .arg = { COUNT("capital_frequency"),
		RELATION("capital_relation") } },
	{ "change_case:english_capital", true, ifeval_capitals },
	{ "change_case:english_lowercase", true, ifeval_small },
	{ "punctuation:no_comma", .check = ifeval_no_comma },
};

/* The list being read. */
struct reading {
	const struct json_doc *doc;
	struct arena *mem;
	struct ifeval_item *item;
	const char *name; /* of the argument */
	const struct json *at;
	struct err *e;
};

static bool
wrong(struct reading *r, const struct json *v, const char *what)
{
	if (v)
		r->at = v;
	return err_set(
	    r->e, "'%s' of '%s' %s", r->name, r->item->row->id, what);
}

static struct str
keep(struct reading *r, const struct buf *b)
{
	return (struct str){ arena_text(r->mem, b->s ? b->s : "", b->n), b->n };
}

/* Names as patterns in messages would be long; bytes that end a text early
 * would be lost. */
static bool
add_pattern(struct reading *r, const struct json *v, struct str s)
{
	const struct ifeval_row *row = r->item->row;
	struct ifeval_item *item = r->item;
	struct buf b = { 0 };
	struct err why;
	struct pattern *p;

	if (item->patterns == sizeof item->pattern / sizeof *item->pattern)
		return wrong(r, v, "holds more than 32 words");
	if (memchr(s.s, '\0', s.n))
		return wrong(r, v, "holds a NUL");
	buf_puts(&b, row->before);
	buf_str(&b, s);
	buf_puts(&b, row->after ? row->after : "");
	p = pattern_new(b.s, &why);
	buf_done(&b);
	if (!p) {
		r->at = v;
		return err_set(
		    r->e, "'%s' of '%s': %s", r->name, row->id, why.why);
	}
	item->pattern[item->patterns++] = p;
	return true;
}

static bool
read_text(struct reading *r, const struct json *v)
{
	struct str s = json_str(r->doc, v, r->mem);
	struct buf b = { 0 };

	if (!s.s)
		return wrong(r, v, "is no text");
	s = text_trim(s);
	if (!s.n)
		return wrong(r, v, "is empty");
	r->item->text = s;
	text_lower(&b, s);
	r->item->low = keep(r, &b);
	buf_done(&b);
	if (!r->item->row->before)
		return true;
	/* the one pattern that is looked for in a text in lower case */
	return add_pattern(
	    r, v, r->item->row->check == ifeval_postscript ? r->item->low : s);
}

static bool
read_words(struct reading *r, const struct json *v)
{
	const struct json *word = json_first(v);

	if (v->type != JSON_ARRAY || !v->n)
		return wrong(r, v, "is no list with words in it");
	for (uint32_t i = 0; i < v->n; i++, word = json_next(word)) {
		struct str s = json_str(r->doc, word, r->mem);

		if (!s.s)
			return wrong(r, word, "holds what is no text");
		if (!add_pattern(r, word, s))
			return false;
	}
	return true;
}

static bool
read_relation(struct reading *r, const struct json *v)
{
	struct str s = json_str(r->doc, v, r->mem);

	r->item->less = s.s && str_eq(s, "less than");
	return r->item->less || (s.s && str_eq(s, "at least")) ||
	       wrong(r, v, "is neither 'at least' nor 'less than'");
}

static bool
read_count(struct reading *r, const struct json *v, int64_t *to)
{
	return (json_int(r->doc, v, to) && *to >= 0) ||
	       wrong(r, v, "is no count");
}

static bool
read_arg(struct reading *r, const struct json *v, enum ifeval_kind kind)
{
	switch (kind) {
	case IFEVAL_COUNT:
		return read_count(r, v, &r->item->count);
	case IFEVAL_NTH:
		return read_count(r, v, &r->item->nth);
	case IFEVAL_RELATION:
		return read_relation(r, v);
	case IFEVAL_TEXT:
		return read_text(r, v);
	case IFEVAL_WORDS:
		return read_words(r, v);
	}
	return false;
}

static bool
takes(const struct ifeval_row *row, struct str name)
{
	for (size_t i = 0; i < 4 && row->arg[i].name; i++)
		if (str_eq(name, row->arg[i].name))
			return true;
	return false;
}

/* Arguments that the type does not have. */
static bool
no_others(struct reading *r, const struct json *args)
{
	const struct json *key = json_first(args);

	for (uint32_t i = 0; i < args->n; i++, key = json_member(key)) {
		struct str name = json_str(r->doc, key, r->mem);

		if (key[1].type == JSON_NULL ||
		    (name.s && takes(r->item->row, name)))
			continue;
		r->at = key;
		return err_set(r->e, "'%s' takes no '%.*s'", r->item->row->id,
		    name.n < 60 ? (int)name.n : 60, name.s ? name.s : "");
	}
	return true;
}

static bool
read_args(struct reading *r, const struct json *args)
{
	const struct ifeval_row *row = r->item->row;

	if (args->type != JSON_OBJECT && args->type != JSON_NULL) {
		r->at = args;
		return err_set(
		    r->e, "the arguments of '%s' are no object", row->id);
	}
	for (size_t i = 0; i < 4 && row->arg[i].name; i++) {
		const struct json *v = json_get(r->doc, args, row->arg[i].name);

		r->name = row->arg[i].name;
		if (!v || v->type == JSON_NULL)
			return wrong(r, args, "is missing");
		if (!read_arg(r, v, row->arg[i].kind))
			return false;
	}
	if (args->type == JSON_OBJECT && !no_others(r, args))
		return false;
	r->at = args;
	return !row->also || row->also(r->item, r->e);
}

static const struct ifeval_row *
find_row(struct str id)
{
	for (size_t i = 0; id.s && i < IFEVAL_TYPES; i++)
		if (str_eq(id, rows[i].id))
			return rows + i;
	return NULL;
}

static bool
read_all(struct ifeval *all, struct reading *r, const struct json *ids,
    const struct json *kwargs)
{
	const struct json *id = json_first(ids), *args = json_first(kwargs);

	for (uint32_t i = 0; i < ids->n; i++) {
		struct str name = json_str(r->doc, id, r->mem);

		r->item = all->item + i;
		r->item->row = find_row(name);
		if (!r->item->row) {
			r->at = id;
			return err_set(r->e, "instruction '%.*s' is not known",
			    name.n < 60 ? (int)name.n : 60,
			    name.s ? name.s : "");
		}
		all->n++; /* so that its patterns are freed */
		if (!read_args(r, args))
			return false;
		id = json_next(id);
		args = json_next(args);
	}
	return true;
}

bool
ifeval_read(struct ifeval *all, const struct json_doc *d,
    const struct json *ids, const struct json *kwargs, struct arena *mem,
    const struct json **where, struct err *e)
{
	struct reading r = { .doc = d, .mem = mem, .e = e };
	bool ok;

	if (!json_is(ids, JSON_ARRAY) || !json_is(kwargs, JSON_ARRAY))
		ok = err_set(e, "the instructions and their arguments are not "
				"two lists");
	else if (ids->n != kwargs->n || ids->n > IFEVAL_MOST || !ids->n)
		ok = err_set(e,
		    "there are %u instructions (at most %d) and arguments for "
		    "%u",
		    (unsigned)ids->n, IFEVAL_MOST, (unsigned)kwargs->n);
	else {
		all->item = arena_take(mem, ids->n * sizeof *all->item);
		ok = read_all(all, &r, ids, kwargs);
	}
	if (!ok && where)
		*where = r.at ? r.at : ids;
	return ok;
}

void
ifeval_done(struct ifeval *all)
{
	for (size_t i = 0; i < all->n; i++)
		while (all->item[i].patterns)
			pattern_free(
			    all->item[i].pattern[--all->item[i].patterns]);
	*all = (struct ifeval){ 0 };
}

const char *
ifeval_id(const struct ifeval *all, size_t i)
{
	return all->item[i].row->id;
}

bool
ifeval_approximate(const struct ifeval *all, size_t i)
{
	return all->item[i].row->approximate;
}

size_t
ifeval_type(const struct ifeval *all, size_t i)
{
	return (size_t)(all->item[i].row - rows);
}

const char *
ifeval_type_name(size_t type)
{
	return rows[type].id;
}

bool
ifeval_type_approximate(size_t type)
{
	return rows[type].approximate;
}

bool
ifeval_strict(struct ifeval *all, size_t i, struct str text)
{
	const struct ifeval_item *item = all->item + i;

	assert(i < all->n);
	return text_trim(text).n &&
	       item->row->check(item, text, &all->given_up);
}

bool
ifeval_loose(struct ifeval *all, size_t i, const struct ifeval_variants *v)
{
	for (size_t k = 0; k < IFEVAL_VARIANTS; k++)
		if (ifeval_strict(all, i, v->text[k]))
			return true;
	return false;
}

/* The variants. */

/* s without its first or its last line; a text of one line is all gone. */
static struct str
cut(struct str s, bool first, bool last)
{
	const char *end;

	if (first) {
		end = s.n ? memchr(s.s, '\n', s.n) : NULL;
		if (!end)
			return (struct str){ s.s, 0 };
		s.n -= (size_t)(end + 1 - s.s);
		s.s = end + 1;
	}
	if (last) {
		while (s.n && s.s[s.n - 1] != '\n')
			s.n--;
		s.n -= s.n > 0;
	}
	return s;
}

void
ifeval_variants(struct ifeval_variants *v, struct str s)
{
	struct str to[4] = { s, text_trim(cut(s, true, false)),
		text_trim(cut(s, false, true)), text_trim(cut(s, true, true)) };

	*v = (struct ifeval_variants){ 0 };
	buf_need(&v->own, 4 * s.n); /* so that it never moves */
	for (size_t k = 0; k < 4; k++) {
		size_t from = v->own.n;

		for (size_t i = 0; i < to[k].n; i++)
			if (to[k].s[i] != '*')
				buf_char(&v->own, to[k].s[i]);
		v->text[k] = to[k];
		v->text[4 + k] =
		    (struct str){ v->own.s + from, v->own.n - from };
	}
}

void
ifeval_variants_done(struct ifeval_variants *v)
{
	buf_done(&v->own);
}
