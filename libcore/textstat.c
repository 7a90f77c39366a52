#include "libcore/textstat.h"

#include <stdlib.h>
#include <string.h>

#include "libcore/fold.h"
#include "libcore/hash.h"

const char *const textstat_names[TEXTSTATS] = {
	[TS_CHARS] = "chars",
	[TS_WORDS] = "words",
	[TS_LINES] = "lines",
	[TS_SENTENCES] = "sentences",
	[TS_QUESTIONS] = "questions",
	[TS_NUMBERS] = "numbers",
	[TS_ITEMS] = "items",
	[TS_FENCES] = "fences",
	[TS_LINKS] = "links",
	[TS_DISTINCT] = "distinct",
	[TS_REPEATED] = "repeated",
	[TS_LETTERS] = "letters",
	[TS_UPPER] = "upper",
	[TS_BROKEN] = "broken",
	[TS_RUN] = "run",
};

enum textstat
textstat_find(struct str name)
{
	int i = 0;

	while (i < TEXTSTATS && !str_eq(name, textstat_names[i]))
		i++;
	return (enum textstat)i;
}

enum kind { SPACE, LETTER, DIGIT, WIDE, END, MARK, BROKEN };

static enum kind
kind_of(uint32_t c)
{
	if (c < 0x80) {
		if ((c | 32) >= 'a' && (c | 32) <= 'z')
			return LETTER;
		if (c >= '0' && c <= '9')
			return DIGIT;
		if (c == ' ' || (c >= '\t' && c <= '\r'))
			return SPACE;
		if (c == '.' || c == '!' || c == '?')
			return END;
		return c < 0x20 || c == 0x7f ? BROKEN : MARK;
	}
	if (c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200d))
		return SPACE;
	if (c == 0x3002 || c == 0xff01 || c == 0xff1f || c == 0x61f ||
	    c == 0x964)
		return END;
	if (c == 0xfffd || c < 0xa0 || (c >= 0xe000 && c < 0xf900))
		return BROKEN;
	if ((c >= 0x3040 && c < 0xa000) || c >= 0x20000)
		return WIDE;
	if (c < 0xc0 || c == 0xd7 || c == 0xf7 || (c >= 0x2010 && c < 0x2e80) ||
	    (c >= 0x3000 && c < 0x3040) || (c >= 0xfe10 && c < 0xfe70) ||
	    (c >= 0xff00 && c < 0xff10) || (c >= 0xff1a && c < 0xff21) ||
	    (c >= 0x1f000 && c < 0x20000))
		return MARK;
	return LETTER;
}

/* A set of 64-bit hashes, for one text. */
struct seen {
	uint64_t *h;
	size_t room; /* a power of two, at least twice what goes in */
};

static bool
see(struct seen *s, uint64_t h)
{
	size_t i;

	h |= 1;
	for (i = h >> 20 & (s->room - 1); s->h[i]; i = (i + 1) & (s->room - 1))
		if (s->h[i] == h)
			return false;
	s->h[i] = h;
	return true;
}

/* Words as hashes: of a run of letters, or of one wide character. */
struct words {
	uint64_t *h;
	bool *wide;
	size_t n;
};

static void
add_word(struct words *w, const char *s, size_t n, bool wide)
{
	w->h[w->n] = hash64(s, n);
	w->wide[w->n++] = wide;
}

/* Distinct words and pairs of wide characters; the share in repeated runs. */
static void
count_words(double v[TEXTSTATS], const struct words *w)
{
	struct seen s = { .room = 64 };
	size_t repeated = 0, covered = 0;

	while (s.room < 4 * w->n)
		s.room *= 2;
	s.h = need_zero(s.room, sizeof *s.h);
	for (size_t i = 0; i < w->n; i++) {
		uint64_t h = w->h[i];

		v[TS_WORDS] += w->wide[i] ? 0.5 : 1;
		if (w->wide[i] && i + 1 < w->n && w->wide[i + 1])
			h = h * 31 + w->h[i + 1];
		v[TS_DISTINCT] += see(&s, h);
	}
	for (size_t i = 0; i < w->n; i++) {
		size_t n = w->wide[i] ? 10 : 5;
		uint64_t h = n;

		if (i + n > w->n)
			break;
		for (size_t k = 0; k < n; k++)
			h = (h ^ w->h[i + k]) * 0x9e3779b97f4a7c15u;
		if (see(&s, h))
			continue;
		repeated += i + n - (covered > i ? covered : i);
		covered = i + n;
	}
	v[TS_REPEATED] = w->n ? (double)repeated / (double)w->n : 0;
	free(s.h);
}

/* Does a line that begins here begin with a bullet or a number? */
static bool
is_item(const char *s, size_t n)
{
	size_t i = 0, d;

	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	if (n - i >= 2 && strchr("-*+", s[i]) && s[i] && s[i + 1] == ' ')
		return true;
	if (n - i >= 3 && !memcmp(s + i, "\xe2\x80\xa2", 3)) /* bullet */
		return true;
	for (d = i; d < n && s[d] >= '0' && s[d] <= '9'; d++)
		;
	if (d == i || d - i > 3 || d >= n)
		return false;
	if (n - d >= 3 && !memcmp(s + d, "\xe3\x80\x81", 3)) /* ideographic , */
		return true;
	return (s[d] == '.' || s[d] == ')') && d + 1 < n && s[d + 1] == ' ';
}

static size_t
count_of(struct str t, const char *what)
{
	size_t n = strlen(what), found = 0;
	const char *s = t.s, *end = t.s + t.n;

	while (s && s < end && (s = memmem(s, (size_t)(end - s), what, n))) {
		found++;
		s += n;
	}
	return found;
}

static void
count_lines(double v[TEXTSTATS], struct str t)
{
	for (size_t at = 0; at < t.n;) {
		const char *end = memchr(t.s + at, '\n', t.n - at);
		size_t n = end ? (size_t)(end - t.s) - at : t.n - at;
		size_t blank = 0;

		while (blank < n && strchr(" \t\r", t.s[at + blank]) &&
		       t.s[at + blank])
			blank++;
		v[TS_LINES] += blank < n;
		v[TS_ITEMS] += is_item(t.s + at, n);
		at += n + 1;
	}
	v[TS_FENCES] = (double)(count_of(t, "```") / 2);
	v[TS_LINKS] =
	    (double)(count_of(t, "http://") + count_of(t, "https://"));
}

/* Counts of one walk over the characters that the shares are made of. */
struct walk {
	double solid, letters, ascii, upper, broken;
	double run;
	uint32_t last;
	enum kind before;
};

static void
step(double v[TEXTSTATS], struct walk *w, uint32_t c)
{
	enum kind k = kind_of(c);
	bool question = c == '?' || c == 0xff1f || c == 0x61f;

	v[TS_CHARS]++;
	w->run = c == w->last ? w->run + 1 : 1;
	if (k != SPACE && w->run > v[TS_RUN])
		v[TS_RUN] = w->run;
	w->solid += k != SPACE;
	w->letters += k == LETTER || k == DIGIT || k == WIDE;
	w->ascii += c < 0x80 && k == LETTER;
	w->upper += c >= 'A' && c <= 'Z';
	/* "Ã©", "â€™": a lead byte and what follows it, read as Latin-1 */
	w->broken +=
	    k == BROKEN ||
	    ((w->last == 0xc3 || w->last == 0xc2) && c >= 0x80 && c < 0xc0) ||
	    (w->last == 0xe2 && c == 0x20ac);
	v[TS_QUESTIONS] += question && !(w->last == '?' || w->last == 0xff1f);
	v[TS_NUMBERS] += k == DIGIT && w->before != DIGIT;
	v[TS_SENTENCES] +=
	    k == END && w->before != END && !(c == '.' && w->before == DIGIT);
	w->before = k;
	w->last = c;
}

void
textstat(double v[TEXTSTATS], struct str t)
{
	struct words words = { 0 };
	struct walk w = { 0 };
	size_t from = 0;
	bool in = false;

	memset(v, 0, TEXTSTATS * sizeof *v);
	words.h = need_alloc((t.n + 1) * sizeof *words.h);
	words.wide = need_alloc(t.n + 1);
	for (size_t at = 0; at < t.n;) {
		size_t start = at;
		uint32_t c = utf8_next(t.s, t.n, &at);
		enum kind k = kind_of(c);
		bool part = k == LETTER || k == DIGIT;

		step(v, &w, c);
		if (in && !part)
			add_word(&words, t.s + from, start - from, false);
		if (!in && part)
			from = start;
		if (k == WIDE)
			add_word(&words, t.s + start, at - start, true);
		in = part;
	}
	if (in)
		add_word(&words, t.s + from, t.n - from, false);
	count_words(v, &words);
	count_lines(v, t);
	if (v[TS_SENTENCES] < 1)
		v[TS_SENTENCES] = 1;
	v[TS_LETTERS] = w.solid > 0 ? w.letters / w.solid : 0;
	v[TS_UPPER] = w.ascii > 0 ? w.upper / w.ascii : 0;
	v[TS_BROKEN] = v[TS_CHARS] > 0 ? 1000 * w.broken / v[TS_CHARS] : 0;
	free(words.h);
	free(words.wide);
}
