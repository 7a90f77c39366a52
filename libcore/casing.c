#include "libcore/casing.h"

#include "libcore/uni.h"
#include "libcore/unicode.h"

bool
code_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 ||
	       c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	       c == 0x3000;
}

/* Where the character before s[at] begins. */
static size_t
before(struct str s, size_t at)
{
	while (at && ((unsigned char)s.s[--at] & 0xc0) == 0x80)
		;
	return at;
}

struct str
text_trim(struct str s)
{
	unsigned len;

	while (s.n && code_space(utf8_get(s.s, &len))) {
		s.s += len;
		s.n -= len;
	}
	while (s.n) {
		size_t at = before(s, s.n);

		if (!code_space(utf8_get(s.s + at, &len)))
			break;
		s.n = at;
	}
	return s;
}

uint32_t
case_to(const struct case_run *t, uint32_t c)
{
	for (; t->from && t->from <= c; t++)
		if (c <= t->to && (c - t->from) % t->step == 0)
			return (uint32_t)((int32_t)c + t->add);
	return c;
}

const char *
case_text(const struct case_special *t, uint32_t c)
{
	for (; t->code; t++)
		if (t->code == c)
			return t->text;
	return NULL;
}

bool
code_cased(uint32_t c)
{
	if (c < 0x80)
		return (c | 32) >= 'a' && (c | 32) <= 'z';
	return case_to(case_lower, c) != c || case_to(case_upper, c) != c ||
	       case_text(special_upper, c);
}

static bool
final_sigma(struct str s, size_t at, size_t next)
{
	unsigned len;

	if (!at || !code_cased(utf8_get(s.s + before(s, at), &len)))
		return false;
	return next == s.n || !code_cased(utf8_get(s.s + next, &len));
}

static void
lower_wide(struct buf *b, struct str s, size_t at, unsigned len, uint32_t c)
{
	const char *text = case_text(special_lower, c);
	char to[4];

	if (text) {
		buf_puts(b, text);
		return;
	}
	if (c == 0x3a3 && final_sigma(s, at, at + len))
		c = 0x3c2;
	else
		c = case_to(case_lower, c);
	buf_put(b, to, utf8_put(to, c));
}

void
text_lower(struct buf *b, struct str s)
{
	unsigned len;

	buf_need(b, s.n);
	for (size_t at = 0; at < s.n; at += len) {
		uint32_t c = utf8_get(s.s + at, &len);

		if (c >= 0x80)
			lower_wide(b, s, at, len, c);
		else
			buf_char(b, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
	}
}

/* Other_Lowercase and Other_Uppercase of Unicode: case without being a
 * letter of that kind. */
static const struct {
	uint32_t from, to;
	bool upper;
} others[] = {
	{ 0xaa, 0xaa, false },
	{ 0xba, 0xba, false },
	{ 0x2b0, 0x2b8, false },
	{ 0x2c0, 0x2c1, false },
	{ 0x2e0, 0x2e4, false },
	{ 0x345, 0x345, false },
	{ 0x37a, 0x37a, false },
	{ 0x1d2c, 0x1d6a, false },
	{ 0x1d78, 0x1d78, false },
	{ 0x1d9b, 0x1dbf, false },
	{ 0x2071, 0x2071, false },
	{ 0x207f, 0x207f, false },
	{ 0x2090, 0x209c, false },
	{ 0x2160, 0x216f, true },
	{ 0x2170, 0x217f, false },
	{ 0x24b6, 0x24cf, true },
	{ 0x24d0, 0x24e9, false },
	{ 0x1f130, 0x1f149, true },
	{ 0x1f150, 0x1f169, true },
	{ 0x1f170, 0x1f189, true },
};

enum { UPPER = 1, LOWER = 2, TITLE = 4 };

static unsigned
case_of(uint32_t c)
{
	unsigned is = uni_is(c);

	if (is & (UNI_LU | UNI_LL | UNI_LT))
		return is & UNI_LU ? UPPER : is & UNI_LL ? LOWER : TITLE;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (c >= others[i].from && c <= others[i].to)
			return others[i].upper ? UPPER : LOWER;
	return 0;
}

/* The cases that stand in it. */
static unsigned
cases_in(struct str s)
{
	unsigned len, all = 0;

	for (size_t at = 0; at < s.n; at += len)
		all |= case_of(utf8_get(s.s + at, &len));
	return all;
}

bool
text_is_upper(struct str s)
{
	return cases_in(s) == UPPER;
}

bool
text_is_lower(struct str s)
{
	return cases_in(s) == LOWER;
}
