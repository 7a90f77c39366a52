#include "libcore/gold.h"

#include <stdlib.h>
#include <string.h>

const char *const gold_kinds[] = { "auto", "number", "choice", "text", NULL };

/* Text made plain, with a copy in lower case of the same length. */
struct plain {
	char *s, *low;
	size_t n;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Is the full-width comma at s inside a number of full-width digits? */
static bool
inside_wide(struct str t, size_t at)
{
	return at >= 3 && at + 6 <= t.n &&
	       !memcmp(t.s + at - 3, "\xef\xbc", 2) &&
	       !memcmp(t.s + at + 3, "\xef\xbc", 2) &&
	       (unsigned char)t.s[at - 1] - 0x90u < 10 &&
	       (unsigned char)t.s[at + 5] - 0x90u < 10;
}

static const struct {
	const char *from, *to;
} folds[] = {
	{ "\xef\xbc\x8c", ";" },  /* full-width comma: parts, never groups */
	{ "\xe3\x80\x80", " " },  /* ideographic space */
	{ "\xc2\xa0", " " },      /* no-break space */
	{ "\xe2\x88\x92", "-" },  /* minus sign */
	{ "\xe8\xb4\x9f", "-" },  /* 负 */
	{ "\xc3\x97", "*" },      /* multiplication sign */
	{ "\xe3\x80\x82", "\n" }, /* ideographic full stop */
	{ "\\left", "" },
	{ "\\right", "" },
	{ "\\dfrac", "\\frac" },
	{ "\\tfrac", "\\frac" },
	{ "\\times", "*" },
	{ "\\cdot", "*" },
	{ "{,}", "," },
	{ "\\,", "" },
	{ "\\!", "" },
	{ "\\$", "$" },
	{ "\\%", "%" },
	{ "\\text{", " {" },
	{ NULL, NULL },
};

static size_t
fold_one(struct buf *b, struct str t, size_t at)
{
	const unsigned char *u = (const unsigned char *)t.s + at;
	size_t left = t.n - at;

	if (left >= 3 && !memcmp(u, "\xef\xbc\x8c", 3) && inside_wide(t, at)) {
		buf_char(b, ',');
		return 3;
	}
	for (size_t i = 0; folds[i].from; i++) {
		size_t n = strlen(folds[i].from);

		if (n <= left && !memcmp(u, folds[i].from, n)) {
			buf_puts(b, folds[i].to);
			return n;
		}
	}
	if (left >= 3 && u[0] == 0xef && (u[1] == 0xbc || u[1] == 0xbd)) {
		unsigned c = (u[1] - 0xbcu) * 64 + (u[2] - 0x80u);

		if (c >= 1 && c <= 0x5e) { /* U+FF01 .. U+FF5E */
			buf_char(b, (char)(c + 0x20));
			return 3;
		}
	}
	buf_char(b, t.s[at]);
	return 1;
}

static struct plain
plain_of(struct str t)
{
	struct buf b = { 0 };
	struct plain p;

	buf_need(&b, t.n);
	for (size_t at = 0; at < t.n;)
		at += fold_one(&b, t, at);
	buf_char(&b, ' '); /* so that s[n] may always be looked at */
	p = (struct plain){ b.s, need_alloc(b.n + 1), b.n - 1 };
	b.s[p.n] = 0;
	for (size_t i = 0; i <= p.n; i++)
		p.low[i] = b.s[i] >= 'A' && b.s[i] <= 'Z' ? (char)(b.s[i] + 32)
							  : b.s[i];
	return p;
}

static void
plain_done(struct plain *p)
{
	free(p->s);
	free(p->low);
}

static bool
begins(const struct plain *p, size_t at, const char *what)
{
	size_t n = strlen(what);

	return at <= p->n && n <= p->n - at && !memcmp(p->low + at, what, n);
}

/* Marks of an answer. after: what must follow before the answer itself, on
 * the same line and within 60 bytes; NULL where the mark is enough. */
static const char *const connects[] = { " is ", " is:", " is\n", ":", "=",
	" are ", " was ", "\xe6\x98\xaf" /* 是 */, "\xe4\xb8\xba" /* 为 */,
	NULL };
static const struct {
	const char *mark;
	bool connect;
} marks[] = {
	{ "####", false },
	{ "\\boxed{", false },
	{ "answer", true },
	{ "\xe7\xad\x94\xe6\xa1\x88", true }, /* 答案 */
	{ "\xe7\xad\x94:", false },           /* 答: */
	{ NULL, false },
};

/* Where what a mark at `at` announces begins; 0 if there is no mark. */
static size_t
announced(const struct plain *p, size_t at)
{
	for (size_t i = 0; marks[i].mark; i++) {
		size_t end = at + strlen(marks[i].mark), to;

		if (!begins(p, at, marks[i].mark))
			continue;
		if (!marks[i].connect)
			return end;
		to = end + 60 < p->n ? end + 60 : p->n;
		for (; end < to && !strchr("\n.!?", p->s[end]); end++)
			for (size_t k = 0; connects[k]; k++)
				if (begins(p, end, connects[k]))
					return end + strlen(connects[k]);
	}
	return 0;
}

/* What the last mark before *end announces, 0 if there is none; *end is moved
 * to that mark. */
static size_t
mark_before(const struct plain *p, size_t *end)
{
	for (size_t at = *end; at-- > 0;) {
		size_t to = announced(p, at);

		*end = at;
		if (to)
			return to;
	}
	return 0;
}

static size_t
last_mark(const struct plain *p)
{
	size_t end = p->n;

	return mark_before(p, &end);
}

/*
 * Numbers: n / d in lowest 36 digits, exactly, and the scale that a sign or a
 * word after it gives. ok is false where there is no number or it has more
 * digits than fit (then the text decides).
 */
typedef __int128 big;
struct number {
	big n, d, scale, below; /* n / d, times scale / below */
	bool ok;
};

static const struct {
	const char *word;
	long scale, below;
} scales[] = {
	{ "%", 1, 100 },
	{ "percent", 1, 100 },
	{ "\xe4\xb8\x87", 10000, 1 },     /* 万 */
	{ "\xe4\xba\xbf", 100000000, 1 }, /* 亿 */
	{ "thousand", 1000, 1 },
	{ "million", 1000000, 1 },
	{ "billion", 1000000000, 1 },
	{ NULL, 0, 0 },
};
enum { DIGITS = 17 };

/* Digits with thousands separators and a decimal point, at s[*at]. */
static bool
decimal(const struct plain *p, size_t *at, struct number *x)
{
	const char *s = p->s;
	size_t i = *at, lead = 0;
	int digits = 0;

	x->n = 0;
	x->d = 1;
	while (
	    is_digit(s[i]) || (s[i] == ',' && lead && lead <= 3 &&
				  is_digit(s[i + 1]) && is_digit(s[i + 2]) &&
				  is_digit(s[i + 3]) && !is_digit(s[i + 4]))) {
		if (s[i] == ',') {
			lead = 0;
			i++;
		}
		x->n = x->n * 10 + (s[i] - '0');
		digits += x->n > 0;
		lead++;
		i++;
		if (digits > DIGITS)
			return false;
	}
	if (s[i] == '.' && is_digit(s[i + 1]))
		for (i++; is_digit(s[i]); i++) {
			if (++digits > DIGITS)
				return false;
			x->n = x->n * 10 + (s[i] - '0');
			x->d *= 10;
		}
	x->ok = i > *at;
	*at = i;
	return x->ok;
}

static bool
shift(struct number *x, long by)
{
	if (by > DIGITS || by < -DIGITS)
		return false;
	for (; by > 0; by--)
		x->n *= 10;
	for (; by < 0; by++)
		x->d *= 10;
	return true;
}

static size_t
skip(const struct plain *p, size_t at, const char *set)
{
	while (at < p->n && strchr(set, p->s[at]) && p->s[at])
		at++;
	return at;
}

/* "e5", "* 10^5", "* 10^{5}" after a number. */
static void
power(const struct plain *p, size_t *at, struct number *x)
{
	size_t i = *at;
	bool minus;
	long by = 0;

	if (p->low[i] == 'e') {
		i++;
	} else {
		i = skip(p, i, " ");
		if (!strchr("*x", p->low[i]))
			return;
		i = skip(p, i + 1, " ");
		if (!begins(p, i, "10^"))
			return;
		i = skip(p, i + 3, "{");
	}
	minus = p->s[i] == '-';
	i += minus || p->s[i] == '+';
	if (!is_digit(p->s[i]))
		return;
	for (; is_digit(p->s[i]) && by < 1000; i++)
		by = by * 10 + (p->s[i] - '0');
	x->ok = shift(x, minus ? -by : by);
	*at = i + (p->s[i] == '}');
}

/* "\frac{a}{b}" at s[*at]. */
static bool
latex(const struct plain *p, size_t *at, struct number *x)
{
	struct number b = { 0 };
	size_t i = *at;

	if (!begins(p, i, "\\frac{"))
		return false;
	i += 6;
	if (!decimal(p, &i, x) || p->s[i] != '}' || p->s[i + 1] != '{')
		return false;
	i += 2;
	if (!decimal(p, &i, &b) || p->s[i] != '}' || !b.n)
		return false;
	x->n *= b.d;
	x->d *= b.n;
	*at = i + 1;
	return true;
}

/* "/4" or " 1/2" after a whole number. */
static void
fraction(const struct plain *p, size_t *at, struct number *x)
{
	struct number a = { 0 }, b = { 0 };
	size_t i = *at;

	if (p->s[i] == '/' && is_digit(p->s[i + 1])) {
		i++;
		if (decimal(p, &i, &b) && b.n) {
			x->n *= b.d;
			x->d *= b.n;
			*at = i;
		}
	} else if (p->s[i] == ' ' && x->d == 1 && is_digit(p->s[i + 1])) {
		i++;
		if (decimal(p, &i, &a) && a.d == 1 && p->s[i] == '/' &&
		    (i++, decimal(p, &i, &b)) && b.d == 1 && b.n > a.n) {
			x->n = x->n * b.n + a.n;
			x->d = b.n;
			*at = i;
		}
	} else if (p->s[i] == ' ' && begins(p, i + 1, "\\frac{")) {
		i++;
		if (latex(p, &i, &a) && a.n < a.d && a.d < 1000000) {
			x->n = x->n * a.d + a.n * x->d;
			x->d *= a.d;
			*at = i;
		}
	}
}

static void
scale(const struct plain *p, size_t *at, struct number *x)
{
	size_t i = skip(p, *at, " ");

	x->scale = x->below = 1;
	for (size_t k = 0; scales[k].word; k++)
		if (begins(p, i, scales[k].word)) {
			x->scale = scales[k].scale;
			x->below = scales[k].below;
			*at = i + strlen(scales[k].word);
			return;
		}
}

/* Does a minus sign, not the operator, stand before s[at]? "-5", "is -5",
 * "-$5", "= - 5"; but not "10 - 5", "3-5". */
static bool
minus_before(const struct plain *p, size_t at)
{
	const char *s = p->s;
	size_t i = at, b;

	while (i && at - i < 2 && strchr("$( ", s[i - 1]))
		i--;
	if (!i || s[i - 1] != '-')
		return false;
	for (b = i - 1; b && s[b - 1] == ' '; b--)
		;
	if (!b || strchr("=:(,;$", s[b - 1]))
		return true;
	if (is_digit(s[b - 1]) || s[b - 1] == ')')
		return b < i - 1 && s[i] != ' ';
	return !is_letter(s[b - 1]) || (b < i - 1 && s[i] != ' ');
}

/*
 * The number that begins at s[at] (a sign before it is looked for); its end
 * in *end. False if none begins there.
 */
static bool
number_at(const struct plain *p, size_t at, size_t *end, struct number *x)
{
	const char *s = p->s;
	const big limit = (big)1000000000 * 1000000000;
	size_t i = at, one;
	bool point = s[at] == '.' && is_digit(s[at + 1]);

	*x = (struct number){ .scale = 1, .below = 1 };
	if (!is_digit(s[at]) && !point && s[at] != '\\')
		return false;
	if (at && (is_digit(s[at - 1]) || is_letter(s[at - 1]) ||
		      s[at - 1] == '^' || s[at - 1] == '_' ||
		      (s[at - 1] == '.' && at > 1 && is_digit(s[at - 2])) ||
		      (s[at - 1] == '{' && at > 1 && s[at - 2] == '^')))
		return false;
	if (s[at] == '\\' ? !latex(p, &i, x) : !decimal(p, &i, x)) {
		while (is_digit(s[i]) || s[i] == ',' || s[i] == '.')
			i++;
		*end = i > at ? i : at + 1;
		return i > at && s[at] != '\\';
	}
	one = i;
	if (s[at] != '\\')
		fraction(p, &i, x);
	if (i == one)
		power(p, &i, x);
	scale(p, &i, x);
	/* so that scaling it stays within 128 bits */
	x->ok = x->ok && x->n / 1000000000 < limit && x->d / 1000000000 < limit;
	*end = i;
	if (minus_before(p, at))
		x->n = -x->n;
	return true;
}

/* The first number in s[at, end), or the last. */
static bool
find_number(
    const struct plain *p, size_t at, size_t end, bool last, struct number *x)
{
	struct number y;
	size_t to;
	bool found = false;

	while (at < end) {
		if (number_at(p, at, &to, &y)) {
			*x = y;
			found = true;
			if (!last)
				return true;
			at = to;
		} else {
			at++;
		}
	}
	return found;
}

/* Where the sentence at s[at] ends: a newline, or a stop that is no decimal
 * point, or the brace that closes \boxed{; 1,000 bytes on at the latest. */
static size_t
sentence(const struct plain *p, size_t at, bool boxed)
{
	size_t to = at + 1000 < p->n ? at + 1000 : p->n;
	int depth = 0;

	for (at = skip(p, at, " \n\r\t"); at < to; at++) {
		char c = p->s[at];

		depth += c == '{';
		if (c == '}' && depth-- == 0 && boxed)
			return at;
		if (c == '\n' || c == '!' || c == '?')
			return at;
		if (c == '.' && (at + 1 == p->n || is_space(p->s[at + 1])))
			return at;
	}
	return at;
}

static bool
is_boxed(const struct plain *p, size_t from)
{
	return from >= 7 && begins(p, from - 7, "\\boxed{");
}

static bool
answer_number(const struct plain *p, struct number *x)
{
	size_t end = p->n, from;

	while ((from = mark_before(p, &end))) {
		size_t to = sentence(p, from, is_boxed(p, from)), at = to;

		while (at > from && p->s[at - 1] != '=')
			at--;
		if (find_number(p, at, to, false, x) ||
		    find_number(p, from, to, true, x))
			return true;
	}
	return find_number(p, 0, p->n, true, x);
}

static bool
same_value(big an, big ad, big bn, big bd)
{
	big l, r;

	if (__builtin_mul_overflow(an, bd, &l) ||
	    __builtin_mul_overflow(bn, ad, &r))
		return false;
	return l == r;
}

static bool
same_number(const struct number *a, const struct number *b)
{
	big an = a->n * a->scale, ad = a->d * a->below;
	big bn = b->n * b->scale, bd = b->d * b->below;
	bool sa = a->scale != a->below, sb = b->scale != b->below;

	if (!a->ok || !b->ok)
		return false;
	if (same_value(an, ad, bn, bd))
		return true;
	return (!sa || !sb || (a->scale == b->scale && a->below == b->below)) &&
	       same_value(a->n, a->d, b->n, b->d);
}

/* Choices: a set of letters, bit 0 for A. 0: none. */

static bool
edge(const struct plain *p, size_t at) /* no letter or digit at s[at] */
{
	return at >= p->n || (!is_letter(p->s[at]) && !is_digit(p->s[at]));
}

/* A set of choices that begins exactly at s[at]: "B", "AC", "A, C",
 * "A and C"; *end after it. */
static unsigned
letters(const struct plain *p, size_t at, size_t *end)
{
	unsigned set = 0;

	while (at < p->n && p->s[at] >= 'A' && p->s[at] <= 'H') {
		unsigned bit = 1u << (p->s[at] - 'A');
		size_t next = at + 1;

		if (set >= bit) /* in order, each once */
			break;
		set |= bit;
		*end = next;
		if (p->s[next] >= 'A' && p->s[next] <= 'H') {
			at = next;
			continue;
		}
		next = skip(p, next, ",;&/ ");
		if (next > *end && begins(p, next, "and "))
			next += 4;
		if (next == *end || !(p->s[next] >= 'A' && p->s[next] <= 'H') ||
		    !edge(p, next + 1))
			break;
		at = next;
	}
	return set && edge(p, *end) ? set : 0;
}

/* Past what may stand between a mark and a choice. */
static size_t
to_choice(const struct plain *p, size_t at)
{
	static const char *const words[] = { "option", "choice", "the ",
		"letter", "correct", "answer", "is ", "probably", "likely",
		"most", "definitely", "\xe9\x80\x89\xe9\xa1\xb9" /* 选项 */,
		"\xe9\x80\x89\xe6\x8b\xa9" /* 选择 */, "\xe9\x80\x89" /* 选 */,
		"\xe6\x98\xaf" /* 是 */, "\xe4\xb8\xba" /* 为 */,
		"\xe3\x80\x90" /* 【 */, "\xe3\x80\x91", NULL };
	size_t k = 0;

	while (words[k]) {
		at = skip(p, at, " \n\t\r*_`:([{$\"'");
		for (k = 0; words[k]; k++)
			if (begins(p, at, words[k])) {
				at += strlen(words[k]);
				break;
			}
	}
	return at;
}

static unsigned
announced_choice(const struct plain *p)
{
	static const char *const more[] = { "\xe9\x80\x89" /* 选 */,
		"option is", "choice is", "option:", "choose", "select", NULL };

	for (size_t at = p->n; at-- > 0;) {
		size_t from = announced(p, at), end;
		unsigned set;

		for (size_t k = 0; !from && more[k]; k++)
			if (begins(p, at, more[k]))
				from = at + strlen(more[k]);
		if (from && (set = letters(p, to_choice(p, from), &end)))
			return set;
	}
	return 0;
}

/* "B", "(B)", "B.", "B: ...", at the beginning of the text. */
static unsigned
first_choice(const struct plain *p)
{
	size_t at = skip(p, 0, " \n\t\r*_`([{\"'"), end;
	unsigned set = letters(p, at, &end);

	if (!set)
		return 0;
	if (at && strchr("([{*", p->s[at - 1]))
		return set;
	return end >= p->n || strchr(".):;,\n]*", p->s[end]) ? set : 0;
}

static unsigned
last_choice(const struct plain *p)
{
	for (size_t at = p->n; at-- > 0;) {
		size_t end;
		unsigned set;

		if (at && (is_letter(p->s[at - 1]) || is_digit(p->s[at - 1])))
			continue;
		set = letters(p, at, &end);
		/* "A cat" is no choice */
		if (set && (set != 1 || end >= p->n || p->s[end] != ' ' ||
			       !is_letter(p->s[end + 1])))
			return set;
	}
	return 0;
}

static unsigned
answer_choice(const struct plain *p)
{
	unsigned set = announced_choice(p);

	if (!set)
		set = first_choice(p);
	return set ? set : last_choice(p);
}

/* Text. */

/* Is there a character to be put aside at the end of s[0, n)? Its length. */
static size_t
aside_end(const char *s, size_t n)
{
	static const char *const wide[] = { "\xe3\x80\x81", "\xe2\x80\x9d",
		"\xe2\x80\x9c", "\xe2\x80\x99", "\xe2\x80\x98", "\xe3\x80\x8d",
		"\xe3\x80\x8c", NULL };

	if (n && (is_space(s[n - 1]) || strchr(".,;:!*_`\"'$()[]{}", s[n - 1])))
		return 1;
	for (size_t k = 0; n >= 3 && wide[k]; k++)
		if (!memcmp(s + n - 3, wide[k], 3))
			return 3;
	return 0;
}

static size_t
aside_start(const char *s, size_t n)
{
	if (n && (is_space(s[0]) || strchr(".,;:!*_`\"'$()[]{}", s[0])))
		return 1;
	return n >= 3 && aside_end(s, 3) == 3 ? 3 : 0;
}

/* s[from, to) in lower case, trimmed, inner white space as one blank. */
static void
tidy(struct buf *b, const struct plain *p, size_t from, size_t to)
{
	size_t k;

	while (from < to && (k = aside_start(p->low + from, to - from)))
		from += k;
	while (to > from && (k = aside_end(p->low + from, to - from)))
		to -= k;
	buf_reset(b);
	buf_need(b, to - from);
	for (size_t i = from; i < to; i++)
		if (!is_space(p->low[i]))
			buf_char(b, p->low[i]);
		else if (b->n && b->s[b->n - 1] != ' ')
			buf_char(b, ' ');
}

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && a->n && !memcmp(a->s, b->s, a->n);
}

static bool
is_verdict(const struct buf *b)
{
	static const char *const words[] = { "yes", "no", "true", "false",
		"valid", "invalid", "\xe6\x98\xaf" /* 是 */,
		"\xe5\x90\xa6" /* 否 */, "\xe5\xaf\xb9" /* 对 */,
		"\xe9\x94\x99" /* 错 */, "\xe6\xad\xa3\xe7\xa1\xae" /* 正确 */,
		"\xe9\x94\x99\xe8\xaf\xaf" /* 错误 */, NULL };

	for (size_t i = 0; words[i]; i++)
		if (b->n == strlen(words[i]) && !memcmp(b->s, words[i], b->n))
			return true;
	return false;
}

static bool
opens_with(const struct plain *p, const struct buf *word)
{
	size_t at = 0, k;

	while (at < p->n && (k = aside_start(p->low + at, p->n - at)))
		at += k;
	return word->n <= p->n - at && !memcmp(p->low + at, word->s, word->n) &&
	       edge(p, at + word->n) && p->s[at + word->n] != '-';
}

/* What the text answers, tidied, into b; whole: the text itself. */
static void
answer_text(struct buf *b, const struct plain *p)
{
	size_t from = last_mark(p), to = p->n, k;

	if (from) {
		tidy(b, p, from, sentence(p, from, is_boxed(p, from)));
		return;
	}
	while (to && (k = aside_end(p->low, to)))
		to -= k;
	for (from = to; from && p->s[from - 1] != '\n'; from--)
		;
	tidy(b, p, from, to);
}

static bool
match_text(const struct plain *g, const struct plain *r)
{
	struct buf want = { 0 }, all = { 0 }, got = { 0 };
	bool ok;

	if (last_mark(g))
		answer_text(&want, g);
	else
		tidy(&want, g, 0, g->n);
	tidy(&all, r, 0, r->n);
	answer_text(&got, r);
	ok = same(&want, &all) || same(&want, &got);
	if (!ok && is_verdict(&want) && !last_mark(r))
		ok = opens_with(r, &want);
	buf_done(&want);
	buf_done(&all);
	buf_done(&got);
	return ok;
}

/* The gold answer's own number: it stands first, or after a mark. */
static bool
gold_number(const struct plain *p, struct number *x)
{
	return answer_number(p, x) && x->ok;
}

static enum gold_kind
look(const struct plain *p)
{
	size_t from = last_mark(p), end, at;
	size_t to = from ? sentence(p, from, is_boxed(p, from)) : p->n;
	struct number x;

	while (to > from && is_space(p->s[to - 1]))
		to--;
	at = skip(p, from, " \n\t\r(\"'*");
	if (letters(p, at, &end) && skip(p, end, " \n\t\r).\"'*") >= to)
		return GOLD_CHOICE;
	at = skip(p, from, " \n\t\r$-+");
	if (begins(p, at, "\xc2\xa3") || begins(p, at, "\xc2\xa5"))
		at += 2;
	if (begins(p, at, "\xe2\x82\xac"))
		at += 3;
	if (!number_at(p, at, &end, &x) || !x.ok || to > end + 24)
		return GOLD_TEXT;
	for (at = skip(p, end, " "); at < to; at++)
		if (is_digit(p->s[at]) || strchr(" :,;+*=<>\n", p->s[at]))
			return GOLD_TEXT; /* more than a unit */
	return GOLD_NUMBER;
}

enum gold_kind
gold_look(struct str gold)
{
	struct plain p = plain_of(gold);
	enum gold_kind kind = look(&p);

	plain_done(&p);
	return kind;
}

static bool
match(enum gold_kind kind, const struct plain *g, const struct plain *r)
{
	struct number a, b;
	size_t end;
	unsigned set;

	if (kind == GOLD_NUMBER)
		return gold_number(g, &a) && answer_number(r, &b) &&
		       same_number(&a, &b);
	if (kind != GOLD_CHOICE)
		return match_text(g, r);
	set = letters(g, skip(g, 0, " (\"'*"), &end);
	if (!set)
		set = answer_choice(g);
	return set && set == answer_choice(r);
}

bool
gold_match(enum gold_kind kind, struct str gold, struct str response)
{
	struct plain g = plain_of(gold), r = plain_of(response);
	bool ok;

	if (kind == GOLD_AUTO)
		kind = look(&g);
	ok = match(kind, &g, &r);
	plain_done(&g);
	plain_done(&r);
	return ok;
}
