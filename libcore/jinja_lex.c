/* From a template's source to tokens. White space is Jinja's affair: see
 * jinja2's lexer, trim_blocks and lstrip_blocks on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/jinja_in.h"
#include "libcore/uni.h"

enum { DIGITS = 400 }; /* of a number's part; more are not read */

struct lex {
	struct arena *mem;
	struct str src;
	size_t at;
	uint32_t line;
	struct token *t;
	size_t n, room;
	struct err *e;
};

static bool
wrong(struct lex *l, const char *why)
{
	return err_set(l->e, "line %u: %s", l->line, why);
}

static struct token *
push(struct lex *l, int type, struct str s)
{
	struct token *more;

	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		more = arena_take(l->mem, l->room * sizeof *more);
		if (l->n)
			memcpy(more, l->t, l->n * sizeof *more);
		l->t = more;
	}
	l->t[l->n] =
	    (struct token){ .type = (uint8_t)type, .line = l->line, .s = s };
	return &l->t[l->n++];
}

static int
peek(const struct lex *l, size_t ahead)
{
	return l->at + ahead < l->src.n ? (unsigned char)l->src.s[l->at + ahead]
					: 0;
}

static bool
ahead(const struct lex *l, const char *what)
{
	size_t n = strlen(what);

	return l->src.n - l->at >= n && !memcmp(l->src.s + l->at, what, n);
}

static void
step(struct lex *l, size_t n)
{
	for (; n && l->at < l->src.n; n--)
		if (l->src.s[l->at++] == '\n')
			l->line++;
}

static void
skip_space(struct lex *l)
{
	uint32_t code;
	size_t next;

	while (l->at < l->src.n) {
		next = text_next(l->src, l->at, &code);
		if (!code_space(code))
			return;
		step(l, next - l->at);
	}
}

/* The text before a tag, as much of it as is left: sign is what stands after
 * the tag's opening, strip whether lstrip_blocks applies to such tags. */
static struct str
before_tag(struct str text, int sign, bool strip, bool line_start)
{
	size_t from = text.n, at = 0;
	uint32_t code;

	if (sign == '-')
		return text_strip(text, v_none(), 2);
	if (sign == '+' || !strip)
		return text;
	while (from && text.s[from - 1] != '\n')
		from--;
	if (!from && !line_start)
		return text;
	for (at = from; at < text.n;) {
		at = text_next(text, at, &code);
		if (!code_space(code))
			return text;
	}
	return (struct str){ text.s, from };
}

/* After a tag's end: -%} eats white space, %} eats a newline, +%} nothing. */
static void
after_tag(struct lex *l, bool minus, bool trim)
{
	if (minus)
		skip_space(l);
	else if (trim && peek(l, 0) == '\n')
		step(l, 1);
}

static bool
comment(struct lex *l)
{
	for (step(l, 2); l->at < l->src.n; step(l, 1)) {
		bool minus = ahead(l, "-#}"), plus = ahead(l, "+#}");

		if (!minus && !plus && !ahead(l, "#}"))
			continue;
		step(l, minus || plus ? 3 : 2);
		after_tag(l, minus, !plus);
		return true;
	}
	return wrong(l, "a comment is not ended by #}");
}

/* Whether {% ... %} at `at` is the tag `word`; *end is behind it. */
static bool
bare_tag(
    const struct lex *from, const char *word, size_t *end, int *open, int *shut)
{
	struct lex l = *from;

	l.at += 2;
	*open = *shut = 0;
	if (peek(&l, 0) == '-' || peek(&l, 0) == '+')
		*open = l.src.s[l.at++];
	skip_space(&l);
	if (!ahead(&l, word))
		return false;
	l.at += strlen(word);
	skip_space(&l);
	if (peek(&l, 0) == '-' || peek(&l, 0) == '+')
		*shut = l.src.s[l.at++];
	if (!ahead(&l, "%}"))
		return false;
	*end = l.at + 2;
	return true;
}

/* {% raw %} ... {% endraw %}; stands at the first. */
static bool
raw(struct lex *l, size_t body, int shut)
{
	bool start;
	size_t from, end;
	int open;
	struct str text;

	step(l, body - l->at);
	if (shut == '-')
		skip_space(l);
	start = l->at && l->src.s[l->at - 1] == '\n';
	for (from = l->at; l->at < l->src.n; step(l, 1)) {
		if (!ahead(l, "{%") ||
		    !bare_tag(l, "endraw", &end, &open, &shut))
			continue;
		text = (struct str){ l->src.s + from, l->at - from };
		push(l, T_TEXT, before_tag(text, open, true, start));
		step(l, end - l->at);
		after_tag(l, shut == '-', shut != '+');
		return true;
	}
	return wrong(l, "a raw block is not ended by endraw");
}

/* An escape of a string literal; p is behind the backslash. */
static bool
escape(struct lex *l, char **o, const char **p, const char *end)
{
	static const char from[] = "nrtabfv0\\'\"",
			  to[] = "\n\r\t\a\b\f\v\0\\'\"";
	int c = *(*p)++, digits = 0;
	const char *at;
	uint32_t code = 0;

	if (c == '\n')
		return true;
	if (c >= '0' && c <= '7') {
		code = (uint32_t)(c - '0');
		while (++digits < 3 && *p < end && **p >= '0' && **p <= '7')
			code = 8 * code + (uint32_t)(*(*p)++ - '0');
		*o += utf8_put(*o, code);
		return true;
	}
	if ((at = strchr(from, c)) && c) {
		*(*o)++ = to[at - from];
		return true;
	}
	digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	if (!digits) {
		if (c == 'N')
			return wrong(
			    l, "\\N{...} in a string is not supported");
		*(*o)++ = '\\';
		*(*o)++ = (char)c;
		return true;
	}
	for (; digits; digits--, ++*p) {
		const char *hex = "0123456789abcdef";

		at = *p < end && **p ? strchr(hex, **p | 0x20) : NULL;
		if (!at)
			return wrong(l, "a truncated escape in a string");
		code = 16 * code + (uint32_t)(at - hex);
	}
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return wrong(l, "an escape that is no character");
	*o += utf8_put(*o, code);
	return true;
}

static bool
string(struct lex *l)
{
	char quote = l->src.s[l->at], *o, *text;
	size_t end = l->at + 1;
	const char *p;

	while (end < l->src.n && l->src.s[end] != quote)
		end += l->src.s[end] == '\\' ? 2 : 1;
	if (end >= l->src.n)
		return wrong(l, "a string is not ended");
	text = o = arena_take(l->mem, end - l->at + 1);
	for (p = l->src.s + l->at + 1; p < l->src.s + end;)
		if (*p != '\\')
			*o++ = *p++;
		else if (p++, !escape(l, &o, &p, l->src.s + end))
			return false;
	push(l, T_STRING, (struct str){ text, (size_t)(o - text) });
	step(l, end + 1 - l->at);
	return true;
}

static bool
digit(int c, int base)
{
	if (c >= '0' && c <= '9')
		return c - '0' < base;
	return base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f';
}

static void
digits(struct lex *l, char **o, int base)
{
	for (size_t n = 0; n < DIGITS; n++, l->at++) {
		if (digit(peek(l, 0), base))
			*(*o)++ = l->src.s[l->at];
		else if (peek(l, 0) != '_' || !digit(peek(l, 1), base))
			return;
	}
}

static bool
number(struct lex *l)
{
	int base = 10, type = T_INT, mark = peek(l, 1) | 0x20;
	struct val v;
	char *text, *o;

	o = text = arena_take(l->mem, 3 * DIGITS + 64);
	if (peek(l, 0) == '0' && (mark == 'x' || mark == 'o' || mark == 'b')) {
		base = mark == 'x' ? 16 : mark == 'o' ? 8 : 2;
		l->at += 2;
	}
	digits(l, &o, base);
	if (base == 10 && peek(l, 0) == '.' && digit(peek(l, 1), 10)) {
		type = T_REAL;
		*o++ = '.';
		l->at++;
		digits(l, &o, 10);
	}
	if (base == 10 && (peek(l, 0) | 0x20) == 'e') {
		size_t sign = peek(l, 1) == '-' || peek(l, 1) == '+';

		if (digit(peek(l, 1 + sign), 10)) {
			type = T_REAL;
			*o++ = 'e';
			if (sign)
				*o++ = l->src.s[l->at + 1];
			l->at += 1 + sign;
			digits(l, &o, 10);
		}
	}
	if (base != 10) {
		if (!text_parse_int(
			(struct str){ text, (size_t)(o - text) }, base, &v) ||
		    v.type != V_INT)
			return wrong(l, "a number is malformed or too large");
		o = text + snprintf(text, 24, "%lld", (long long)v.i);
	}
	push(l, type, (struct str){ text, (size_t)(o - text) });
	return true;
}

static bool
name_char(int c)
{
	return c == '_' || c >= 0x80 || digit(c, 10) ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool
operator(struct lex *l, char *stack, size_t *depth)
{
	static const struct {
		char text[3];
		int op;
	} two[] = {
		{ "==", OP_EQ },
		{ "!=", OP_NE },
		{ "<=", OP_LE },
		{ ">=", OP_GE },
		{ "//", OP_FLOORDIV },
		{ "**", OP_POW },
	};
	int c = peek(l, 0), op = c;
	size_t n = 1;
	char what[40];

	for (size_t i = 0; i < sizeof two / sizeof *two; i++)
		if (ahead(l, two[i].text)) {
			op = two[i].op;
			n = 2;
		}
	if (n == 1 && (!c || !strchr("+-/*%~[](){}><=.:|,;", c))) {
		snprintf(what, sizeof what, "unexpected character '%c'",
		    c >= 0x20 && c < 0x7f ? c : '?');
		return wrong(l, what);
	}
	if (n == 1 && strchr("([{", c)) {
		if (*depth == JINJA_NEST)
			return wrong(l, "brackets nest too deeply");
		stack[(*depth)++] = c == '(' ? ')' : c == '[' ? ']' : '}';
	} else if (n == 1 && strchr(")]}", c)) {
		if (!*depth || stack[--*depth] != c)
			return wrong(l, "a bracket that was not opened");
	}
	push(l, T_OP, (struct str){ l->src.s + l->at, n })->op = (uint16_t)op;
	l->at += n;
	return true;
}

/* What stands between {{ and }}, or {% and %}. */
static bool
inside(struct lex *l, bool block)
{
	char stack[JINJA_NEST];
	size_t depth = 0, from;
	const char *end = block ? "%}" : "}}";

	for (;;) {
		bool minus, plus;
		int c;

		skip_space(l);
		minus = peek(l, 0) == '-' && l->src.n - l->at >= 3 &&
			!memcmp(l->src.s + l->at + 1, end, 2);
		plus = block && ahead(l, "+%}");
		if (!depth && (minus || plus || ahead(l, end))) {
			push(l, block ? T_BLOCK_END : T_VAR_END, STR(""));
			step(l, minus || plus ? 3 : 2);
			after_tag(l, minus, block && !plus);
			return true;
		}
		c = peek(l, 0);
		if (l->at >= l->src.n)
			return wrong(l, "the template ends inside a tag");
		if (c == '"' || c == '\'') {
			if (!string(l))
				return false;
		} else if (digit(c, 10)) {
			if (!number(l))
				return false;
		} else if (name_char(c)) {
			for (from = l->at; name_char(peek(l, 0));)
				l->at++;
			push(l, T_NAME,
			    (struct str){ l->src.s + from, l->at - from });
		} else if (!operator(l, stack, &depth)) {
			return false;
		}
	}
}

/* One tag, with the text before it. */
static bool
tag(struct lex *l, size_t from, bool line_start)
{
	int c = peek(l, 1), sign = peek(l, 2), open, shut;
	struct str text = { l->src.s + from, l->at - from };
	size_t body;

	if (sign != '-' && sign != '+')
		sign = 0;
	text = before_tag(text, sign, c != '{', line_start);
	if (text.n)
		push(l, T_TEXT, text);
	if (c == '#')
		return comment(l);
	if (c == '%' && bare_tag(l, "raw", &body, &open, &shut))
		return raw(l, body, shut);
	push(l, c == '%' ? T_BLOCK_BEGIN : T_VAR_BEGIN, STR(""));
	step(l, sign ? 3 : 2);
	return inside(l, c == '%');
}

/* \r\n and \r are newlines; one at the end is dropped. */
static struct str
newlines(struct arena *mem, struct str src)
{
	char *s = arena_take(mem, src.n + 1), *o = s;

	for (size_t i = 0; i < src.n; i++) {
		if (src.s[i] == '\r' && i + 1 < src.n && src.s[i + 1] == '\n')
			continue;
		*o++ = src.s[i] == '\r' ? '\n' : src.s[i];
	}
	if (o > s && o[-1] == '\n')
		o--;
	return (struct str){ s, (size_t)(o - s) };
}

struct token *
jinja_lex(struct arena *mem, struct str src, size_t *n, struct err *e)
{
	struct lex l = { .mem = mem, .line = 1, .e = e };
	size_t from = 0;
	bool start = true;

	l.src = newlines(mem, src);
	while (l.at < l.src.n) {
		if (peek(&l, 0) != '{' || !strchr("{%#", peek(&l, 1)) ||
		    !peek(&l, 1)) {
			step(&l, 1);
			continue;
		}
		if (!tag(&l, from, start))
			return NULL;
		from = l.at;
		start = from && l.src.s[from - 1] == '\n';
	}
	if (from < l.src.n)
		push(
		    &l, T_TEXT, (struct str){ l.src.s + from, l.src.n - from });
	push(&l, T_END, STR(""));
	*n = l.n;
	return l.t;
}
