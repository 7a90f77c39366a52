/* What Python's str does: code points, case, white space, find, split into
 * lines, replace, and reading numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/jinja_in.h"
#include "libcore/uni.h"
#include "libcore/unicode.h"

/* Texts are UTF-8 that was checked when it was read. */
size_t
text_next(struct str s, size_t at, uint32_t *code)
{
	unsigned char c = (unsigned char)s.s[at];
	size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t u;

	if (n > s.n - at)
		n = s.n - at;
	u = n == 1 ? c : c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		u = u << 6 | ((unsigned char)s.s[at + i] & 63);
	if (code)
		*code = u;
	return at + n;
}

size_t
text_len(struct rt *r, struct str s)
{
	size_t n = 0;

	charge(r, s.n / 64);
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
	return n;
}

size_t
text_at(struct str s, size_t from, size_t chars)
{
	while (chars-- && from < s.n)
		from = text_next(s, from, NULL);
	return from;
}

long
text_find(struct rt *r, struct str in, struct str what, size_t from)
{
	const char *p;

	charge(r, (in.n - from) / 64);
	if (!what.n)
		return (long)from;
	p = memmem(in.s + from, in.n - from, what.s, what.n);
	return p ? p - in.s : -1;
}

bool
text_printable(uint32_t c)
{
	unsigned low = 0, high = unprintables;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (c > unprintable[mid].to)
			low = mid + 1;
		else
			high = mid;
	}
	return low == unprintables || c < unprintable[low].from;
}

static void
put_code(struct rt *r, struct sb *b, uint32_t c)
{
	char s[4];

	sb_put(r, b, (struct str){ s, utf8_put(s, c) });
}

void
text_case(struct rt *r, struct sb *b, uint32_t c, int how)
{
	const char *s = NULL;
	uint32_t to = c;

	if (c < 0x80) {
		if (how == 'l')
			to += c >= 'A' && c <= 'Z' ? 32 : 0;
		else
			to -= c >= 'a' && c <= 'z' ? 32 : 0;
		sb_char(r, b, (char)to);
		return;
	}
	if (how == 'l') {
		s = case_text(special_lower, c);
		to = case_to(case_lower, c);
	} else {
		if (how == 't') {
			s = case_text(special_title, c);
			to = case_to(case_title, c);
		}
		if (!s && to == c) {
			s = case_text(special_upper, c);
			to = case_to(case_upper, c);
		}
	}
	if (s)
		sb_put(r, b, str_of(s));
	else
		put_code(r, b, to);
}

/* Greek capital sigma at a word's end is a final one in lower case. */
static bool
final_sigma(struct str s, size_t at, size_t next)
{
	uint32_t c = 0;
	size_t from = at;

	if (!from)
		return false;
	do
		from--;
	while (from && ((unsigned char)s.s[from] & 0xc0) == 0x80);
	text_next(s, from, &c);
	if (!code_cased(c))
		return false;
	if (next < s.n)
		text_next(s, next, &c);
	return next == s.n || !code_cased(c);
}

struct str
text_all(struct rt *r, struct str s, int how)
{
	struct sb b = { 0 };
	uint32_t c;

	for (size_t i = 0, next; i < s.n; i = next) {
		next = text_next(s, i, &c);
		if (how == 'l' && c == 0x3a3 && final_sigma(s, i, next))
			put_code(r, &b, 0x3c2);
		else
			text_case(r, &b, c, how);
	}
	return sb_text(&b);
}

struct str
text_title(struct rt *r, struct str s)
{
	struct sb b = { 0 };
	bool inside = false;
	uint32_t c;

	for (size_t i = 0, next; i < s.n; i = next) {
		next = text_next(s, i, &c);
		text_case(r, &b, c, inside ? 'l' : 't');
		inside = code_cased(c);
	}
	return sb_text(&b);
}

static bool
among(uint32_t code, struct val chars)
{
	uint32_t c;

	if (chars.type != V_STR)
		return code_space(code);
	for (size_t i = 0; i < chars.s.n;) {
		i = text_next(chars.s, i, &c);
		if (c == code)
			return true;
	}
	return false;
}

struct str
text_strip(struct str s, struct val chars, int sides)
{
	uint32_t c;
	size_t from;

	while (sides & 1 && s.n) {
		from = text_next(s, 0, &c);
		if (!among(c, chars))
			break;
		s.s += from;
		s.n -= from;
	}
	while (sides & 2 && s.n) {
		for (from = s.n - 1;
		     from && ((unsigned char)s.s[from] & 0xc0) == 0x80;)
			from--;
		text_next(s, from, &c);
		if (!among(c, chars))
			break;
		s.n = from;
	}
	return s;
}

static bool
line_end(uint32_t c)
{
	return (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 ||
	       c == 0x2028 || c == 0x2029;
}

struct seq *
text_lines(struct rt *r, struct str s, bool keep)
{
	struct seq *q = seq_new(r, 4);
	size_t from = 0, next;
	uint32_t c;

	for (size_t i = 0; i < s.n; i = next) {
		next = text_next(s, i, &c);
		if (!line_end(c))
			continue;
		if (c == '\r' && next < s.n && s.s[next] == '\n')
			next++;
		seq_add(r, q,
		    v_str(
			(struct str){ s.s + from, (keep ? next : i) - from }));
		from = next;
	}
	if (from < s.n)
		seq_add(r, q, v_str((struct str){ s.s + from, s.n - from }));
	return q;
}

struct str
text_replace(
    struct rt *r, struct str s, struct str old, struct str with, int64_t count)
{
	struct sb b = { 0 };
	size_t from = 0, next;
	long at;

	if (!old.n) {
		/* between all characters, and at both ends */
		for (; count && from < s.n; from = next, count--) {
			next = text_next(s, from, NULL);
			sb_put(r, &b, with);
			sb_put(r, &b, (struct str){ s.s + from, next - from });
		}
		if (count)
			sb_put(r, &b, with);
	} else {
		for (; count && (at = text_find(r, s, old, from)) >= 0;
		     count--) {
			sb_put(r, &b,
			    (struct str){ s.s + from, (size_t)at - from });
			sb_put(r, &b, with);
			from = (size_t)at + old.n;
		}
		if (!from)
			return s;
	}
	sb_put(r, &b, (struct str){ s.s + from, s.n - from });
	return sb_text(&b);
}

/* ---- numbers ---- */

/* Whole numbers of the base, with a sign; those in base 10 that do not fit
 * 64 bits become V_BIG, without leading zeros (s is borrowed). */
bool
text_parse_int(struct str s, int base, struct val *v)
{
	const char *hex = "0123456789abcdef", *at;
	bool minus = s.n && s.s[0] == '-', big = false;
	size_t i = s.n && (s.s[0] == '-' || s.s[0] == '+');
	struct str digits = { s.s + i, s.n - i };
	uint64_t u = 0;

	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		int c = s.s[i] >= 'A' && s.s[i] <= 'F' ? s.s[i] + 32 : s.s[i];

		at = c ? strchr(hex, c) : NULL;
		if (!at || at - hex >= base)
			return false;
		big |= __builtin_mul_overflow(u, (uint64_t)base, &u);
		big |= __builtin_add_overflow(u, (uint64_t)(at - hex), &u);
	}
	if (!big && u <= INT64_MAX) {
		*v = v_int(minus ? -(int64_t)u : (int64_t)u);
		return true;
	}
	if (base != 10)
		return false;
	if (!big && minus && u == (uint64_t)INT64_MAX + 1) {
		*v = v_int(INT64_MIN);
		return true;
	}
	while (digits.n > 1 && digits.s[0] == '0')
		digits.s++, digits.n--;
	/* A sign and its digits stand together, or there is no sign. */
	if (minus && digits.s[-1] != '-')
		return false;
	*v = (struct val){ .type = V_BIG,
		.s = { digits.s - minus, digits.n + minus } };
	return true;
}

/* float(): white space around, a sign, _ between digits, inf and nan. */
bool
text_parse_real(struct str s, double *x)
{
	char clean[400];
	size_t n = 0, sign;

	s = text_strip(s, v_none(), 3);
	if (s.n >= sizeof clean)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool between = i && i + 1 < s.n && s.s[i - 1] >= '0' &&
			       s.s[i - 1] <= '9' && s.s[i + 1] >= '0' &&
			       s.s[i + 1] <= '9';

		if (s.s[i] == '_' && between)
			continue;
		clean[n++] = s.s[i];
	}
	sign = n && clean[0] == '+';
	if (n > sign && clean[sign] == '-' && sign)
		return false;
	if (n > sign && !strchr("0123456789.+-iInN", clean[sign]))
		return false;
	return num_parse((struct str){ clean + sign, n - sign }, x);
}
