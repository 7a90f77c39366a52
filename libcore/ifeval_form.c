/* IFEval: what a text is built of. By hand where the published patterns could
 * take long on a long text. */
#include <limits.h>
#include <string.h>

#include "libcore/casing.h"
#include "libcore/ifeval_in.h"
#include "libcore/uni.h"

static bool
begins(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && !memcmp(s.s, with, n);
}

static bool
ends(struct str s, struct str with)
{
	return s.n >= with.n && !memcmp(s.s + s.n - with.n, with.s, with.n);
}

/* Where what stands in s at or behind `at`; s.n if it does not. */
static size_t
find(struct str s, size_t at, const char *what)
{
	size_t n = strlen(what);

	for (; at + n <= s.n; at++) {
		const char *hit = memchr(s.s + at, *what, s.n - at - n + 1);

		if (!hit)
			break;
		at = (size_t)(hit - s.s);
		if (!memcmp(hit, what, n))
			return at;
	}
	return s.n;
}

static bool
has(struct str s, const char *what)
{
	return find(s, 0, what) < s.n;
}

static bool
blank(struct str s)
{
	return !text_trim(s).n;
}

/* The next piece between signs; *at moves behind the sign, and past s.n + 1
 * behind the last piece. */
static bool
piece(struct str s, size_t *at, const char *sign, struct str *p)
{
	size_t end;

	if (*at > s.n)
		return false;
	end = find(s, *at, sign);
	*p = (struct str){ s.s + *at, end - *at };
	*at = end < s.n ? end + strlen(sign) : s.n + 1;
	return true;
}

/* Pieces that are not blank; SIZE_MAX where a blank one stands inside. */
static size_t
full_pieces(struct str s, const char *sign, struct str first[2])
{
	size_t at = 0, i = 0, n = 0;
	struct str p;

	for (; piece(s, &at, sign, &p); i++) {
		if (!blank(p)) {
			if (n < 2)
				first[n] = text_trim(p);
			n++;
		} else if (i && at <= s.n) {
			return SIZE_MAX;
		}
	}
	return n;
}

bool
ifeval_paragraphs(const struct ifeval_item *it, struct str s, bool *given_up)
{
	struct str first[2];

	(void)given_up;
	return full_pieces(s, "***", first) == (size_t)it->count;
}

bool
ifeval_two(const struct ifeval_item *it, struct str s, bool *given_up)
{
	struct str first[2];

	(void)it;
	(void)given_up;
	return full_pieces(s, "******", first) == 2 &&
	       !str_same(first[0], first[1]);
}

bool
ifeval_nth_inside(struct ifeval_item *it, struct err *e)
{
	return (it->nth >= 1 && it->nth <= it->count) ||
	       err_set(e, "'nth_paragraph' of '%s' is none of the paragraphs",
		   it->row->id);
}

/* The first word of a paragraph, in lower case: without quotes before it, up
 * to the first sign. */
static void
first_word(struct buf *b, struct str s)
{
	size_t end = 0;
	unsigned len;

	s = text_trim(s);
	while (end < s.n && !code_space(utf8_get(s.s + end, &len)))
		end += len;
	s.n = end;
	for (const char *quote = "'\""; *quote; quote++)
		while (s.n && *s.s == *quote) {
			s.s++;
			s.n--;
		}
	for (end = 0; end < s.n; end++)
		if (s.s[end] && strchr(".,?!'\"", s.s[end]))
			break;
	s.n = end;
	text_lower(b, s);
}

bool
ifeval_nth_paragraph(const struct ifeval_item *it, struct str s, bool *given_up)
{
	size_t at = 0, n = 0;
	struct str p, nth = { 0 };
	struct buf b = { 0 };
	bool ok;

	(void)given_up;
	for (int64_t i = 1; piece(s, &at, "\n\n", &p); i++) {
		if (i == it->nth)
			nth = p;
		n += !blank(p);
	}
	if (n != (size_t)it->count || blank(nth))
		return false;
	first_word(&b, nth);
	ok = str_same((struct str){ b.s, b.n }, it->low);
	buf_done(&b);
	return ok;
}

/* "[...]" on one line. */
bool
ifeval_placeholders(const struct ifeval_item *it, struct str s, bool *given_up)
{
	size_t n = 0;
	struct str line;

	(void)given_up;
	for (size_t at = 0; piece(s, &at, "\n", &line);)
		for (size_t i = 0; (i = find(line, i, "[")) < line.n;) {
			i = find(line, i + 1, "]");
			n += i < line.n;
		}
	return n >= (size_t)it->count;
}

/* What stands at s[at]: the text of `what`, in which a blank is any white
 * space or nothing. */
static bool
loosely(struct str s, size_t at, const char *what)
{
	unsigned len;

	for (; *what; what++) {
		if (*what == ' ') {
			if (at < s.n && code_space(utf8_get(s.s + at, &len)))
				at += len;
		} else if (at == s.n || s.s[at++] != *what) {
			return false;
		}
	}
	return true;
}

bool
ifeval_postscript(const struct ifeval_item *it, struct str s, bool *given_up)
{
	const char *what = str_eq(it->text, "P.P.S")  ? "p. p. s"
			   : str_eq(it->text, "P.S.") ? "p. s."
						      : NULL;
	struct buf b = { 0 };
	struct str low;
	bool ok = false;

	text_lower(&b, s);
	low = (struct str){ b.s ? b.s : "", b.n };
	if (!what)
		ok = pattern_count(it->pattern[0], low, 1, given_up);
	for (size_t i = 0; what && !ok && i < low.n; i++)
		ok = low.s[i] == 'p' && loosely(low, i, what);
	buf_done(&b);
	return ok;
}

/*
 * Lines that begin with the sign, white space before it, also line breaks,
 * passed over. single: the sign must not be doubled, and some character, also a
 * line break, must follow; the match then goes on to the end of its line.
 */
static size_t
bullets(struct str s, char sign, bool single)
{
	size_t at = 0, n = 0;
	unsigned len;

	while (at < s.n) {
		size_t i = at, end;

		while (i < s.n && code_space(utf8_get(s.s + i, &len)))
			i += len;
		if (i < s.n && s.s[i] == sign &&
		    (!single || (i + 1 < s.n && s.s[i + 1] != sign))) {
			n++;
			i += single ? 2 : 1;
		}
		end = find(s, i < s.n ? i : s.n, "\n");
		at = end + 1;
	}
	return n;
}

bool
ifeval_bullets(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)given_up;
	return bullets(s, '*', true) + bullets(s, '-', false) ==
	       (size_t)it->count;
}

bool
ifeval_constrained(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)it;
	(void)given_up;
	return has(s, "My answer is yes.") || has(s, "My answer is no.") ||
	       has(s, "My answer is maybe.");
}

/* "*...*" within a line, or "**...**"; something between them. */
static size_t
highlights(struct str s, const char *sign)
{
	size_t n = 0, width = strlen(sign);

	for (size_t at = 0; (at = find(s, at, sign)) < s.n;) {
		size_t from = at + width, end = from;

		while (end < s.n && s.s[end] != '*' && s.s[end] != '\n')
			end++;
		if (begins((struct str){ s.s + end, s.n - end }, sign)) {
			n += !blank((struct str){ s.s + from, end - from });
			at = end + width;
		} else {
			/* the next sign: within `sign` itself, or where this
			 * search came to an end */
			at = end > from ? end : at + 1;
		}
	}
	return n;
}

bool
ifeval_highlights(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)given_up;
	return highlights(s, "*") + highlights(s, "**") >= (size_t)it->count;
}

bool
ifeval_sections(const struct ifeval_item *it, struct str s, bool *given_up)
{
	return pattern_count(it->pattern[0], s, UINT_MAX, given_up) >=
	       (size_t)it->count;
}

/* NaN and infinities, which Python reads too, become null. */
static void
plain_json(struct buf *b, struct str s)
{
	static const char *const words[] = { "-Infinity", "Infinity", "NaN",
		NULL };
	bool inside = false;

	for (size_t i = 0; i < s.n; i++) {
		struct str rest = { s.s + i, s.n - i };
		size_t k = 0;

		while (!inside && words[k] && !begins(rest, words[k]))
			k++;
		if (!inside && words[k]) {
			buf_puts(b, "null");
			i += strlen(words[k]) - 1;
			continue;
		}
		if (s.s[i] == '"')
			inside = !inside;
		buf_char(b, s.s[i]);
		if (inside && s.s[i] == '\\' && i + 1 < s.n)
			buf_char(b, s.s[++i]);
	}
}

bool
ifeval_json(const struct ifeval_item *it, struct str s, bool *given_up)
{
	static const char *const fences[] = { "```json", "```Json", "```JSON",
		"```", NULL };
	struct json_doc d = { 0 };
	struct buf b = { 0 };
	struct err e;
	size_t at;
	bool ok;

	(void)it;
	(void)given_up;
	s = text_trim(s);
	for (size_t k = 0; fences[k]; k++)
		if (begins(s, fences[k])) {
			s.s += strlen(fences[k]);
			s.n -= strlen(fences[k]);
		}
	if (ends(s, STR("```")))
		s.n -= 3;
	plain_json(&b, text_trim(s));
	ok = b.n && json_parse(&d, b.s, b.n, 1024, &at, &e);
	json_done(&d);
	buf_done(&b);
	return ok;
}

/* "<<...>>" within a line, from the first "<<" to the last ">>". */
static bool
line_title(struct str s)
{
	size_t from = find(s, 0, "<<"), end = s.n;

	while (end >= from + 5 && memcmp(s.s + end - 2, ">>", 2) != 0)
		end--;
	if (from == s.n || end < from + 5)
		return false;
	s = (struct str){ s.s + from, end - from };
	while (s.n && *s.s == '<') {
		s.s++;
		s.n--;
	}
	while (s.n && s.s[s.n - 1] == '>')
		s.n--;
	return !blank(s);
}

bool
ifeval_title(const struct ifeval_item *it, struct str s, bool *given_up)
{
	struct str line;

	(void)it;
	(void)given_up;
	for (size_t at = 0; piece(s, &at, "\n", &line);)
		if (line_title(line))
			return true;
	return false;
}

bool
ifeval_repeat(const struct ifeval_item *it, struct str s, bool *given_up)
{
	struct buf b = { 0 };
	bool ok;

	(void)given_up;
	text_lower(&b, text_trim(s));
	ok = b.n >= it->low.n && !memcmp(b.s, it->low.s, it->low.n);
	buf_done(&b);
	return ok;
}

bool
ifeval_end(const struct ifeval_item *it, struct str s, bool *given_up)
{
	struct buf b = { 0 };
	bool ok;

	(void)given_up;
	s = text_trim(s);
	while (s.n && *s.s == '"') {
		s.s++;
		s.n--;
	}
	while (s.n && s.s[s.n - 1] == '"')
		s.n--;
	text_lower(&b, s);
	ok = b.n && ends((struct str){ b.s, b.n }, it->low);
	buf_done(&b);
	return ok;
}

bool
ifeval_quotation(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)it;
	(void)given_up;
	s = text_trim(s);
	return s.n > 1 && *s.s == '"' && s.s[s.n - 1] == '"';
}

bool
ifeval_no_comma(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)it;
	(void)given_up;
	return !s.n || !memchr(s.s, ',', s.n);
}
