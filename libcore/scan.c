#include "libcore/scan.h"

#include "libcore/uni.h"

#define NEW_REST \
	"| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define NEW_HEAD "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
#define OLD_REST " ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

const struct scan scan_gpt2 = { .name = "gpt2", .old = true };
const struct scan scan_smollm = {
	.name = "smollm", .old = true, .alone = true
};

static const struct {
	const char *pattern;
	struct scan scan;
} known[] = {
	{ "'s|'t|'re|'ve|'m|'ll|'d|" OLD_REST, { "gpt2", .old = true } },
	{ "'(?:[sdmt]|ll|ve|re)|" OLD_REST, { "gpt2", .old = true } },
	{ NEW_HEAD "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" NEW_REST,
	    { "llama3", .digits = 3 } },
	{ NEW_HEAD "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" NEW_REST,
	    { "qwen2", .digits = 1 } },
	{ NEW_HEAD "[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
		   "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
		   "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
	    { "qwen35", .digits = 1, .marks = true } },
};

bool
scan_find(struct str pattern, struct scan *s)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(pattern, known[i].pattern)) {
			*s = known[i].scan;
			return true;
		}
	return false;
}

/* What the patterns tell apart. LINE is a SPACE that is \r or \n. */
enum { LETTER = 1, MARK = 2, DIGIT = 4, SPACE = 8, LINE = 16, OTHER = 32 };

static const unsigned char ascii[128] = {
#define X16(a) a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a
#define LETTERS                                                             \
	LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,     \
	    LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, \
	    LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, \
	    LETTER, LETTER
	OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, SPACE,
	SPACE | LINE, SPACE, SPACE, SPACE | LINE, OTHER, OTHER, X16(OTHER),
	SPACE, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER,
	OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, DIGIT, DIGIT, DIGIT, DIGIT,
	DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, OTHER, OTHER, OTHER, OTHER,
	OTHER, OTHER, OTHER, LETTERS, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER,
	LETTERS, OTHER, OTHER, OTHER, OTHER, OTHER
};

/* The kind of the character at i and its length; 0 at the end. */
static inline unsigned
kind(struct str t, size_t i, unsigned *len)
{
	unsigned m;

	*len = 1;
	if (i >= t.n)
		return 0;
	if ((unsigned char)t.s[i] < 0x80)
		return ascii[(unsigned char)t.s[i]];
	m = uni_is(utf8_get(t.s + i, len));
	return m & UNI_L       ? LETTER
	       : m & UNI_N     ? DIGIT
	       : m & UNI_SPACE ? SPACE
	       : m & UNI_M     ? MARK
			       : OTHER;
}

/* Where the characters of these kinds end. */
static inline size_t
run(struct str t, size_t i, unsigned kinds)
{
	unsigned len;

	while (kind(t, i, &len) & kinds)
		i += len;
	return i;
}

/* The letter at i in lower case as (?i:) folds those of the contractions:
 * U+017F is an s. */
static char
folded(struct str t, size_t i, unsigned *len)
{
	unsigned char c = i < t.n ? (unsigned char)t.s[i] : 0;

	*len = 1;
	if (c == 0xc5 && (unsigned char)t.s[i + 1] == 0xbf) {
		*len = 2;
		return 's';
	}
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : (char)c;
}

/* End of a contraction whose ' stands at i; 0 if there is none. */
static size_t
contraction(struct str t, size_t i, bool fold)
{
	unsigned len = 1, len2 = 1;
	char a, b;

	i++;
	a = fold ? folded(t, i, &len) : i < t.n ? t.s[i] : '\0';
	if (a == 's' || a == 't' || a == 'm' || a == 'd')
		return i + len;
	b = fold ? folded(t, i + 1, &len2) : i + 1 < t.n ? t.s[i + 1] : '\0';
	if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') ||
	    (a == 'l' && b == 'l'))
		return i + 2;
	return 0;
}

/* \s+(?!\S)|\s+ at i: the run up to its end, less its last character when
 * something follows that is not cut off before (unless that is all). */
static size_t
space(const struct scan *s, struct str t, size_t i)
{
	size_t last = i, end = i;
	unsigned len, k;

	while ((k = kind(t, end, &len)) & SPACE) {
		last = end;
		end += len;
	}
	if (!k || last == i || (s->alone && k == DIGIT))
		return end;
	return last;
}

static size_t
next_old(const struct scan *s, struct str t, size_t i)
{
	unsigned len, k = kind(t, i, &len);
	unsigned any = OTHER | MARK;
	size_t end;

	if (t.s[i] == '\'' && (end = contraction(t, i, false)))
		return end;
	if (k == DIGIT && s->alone)
		return i + len;
	if (t.s[i] == ' ') {
		unsigned after = kind(t, i + 1, &len);

		if (!after || after & SPACE || (after == DIGIT && s->alone))
			return space(s, t, i);
		k = after;
		i++;
	}
	if (k & SPACE)
		return space(s, t, i);
	return run(t, i, k & any ? any : k);
}

/* \s*[\r\n]+, else as in the old pattern. */
static size_t
space_new(const struct scan *s, struct str t, size_t i)
{
	size_t line = 0, end = i;
	unsigned len, k;

	for (; (k = kind(t, end, &len)) & SPACE; end += len)
		if (k & LINE)
			line = end + 1;
	return line ? line : space(s, t, i);
}

static size_t
next_new(const struct scan *s, struct str t, size_t i)
{
	unsigned len, more, k = kind(t, i, &len), after;
	unsigned word = s->marks ? LETTER | MARK : LETTER;
	unsigned any = s->marks ? OTHER : OTHER | MARK;
	size_t end;

	if (t.s[i] == '\'' && (end = contraction(t, i, true)))
		return end;
	if (k & word)
		return run(t, i, word);
	if (k == DIGIT) {
		end = i + len;
		for (unsigned n = 1; n < s->digits; n++, end += more)
			if (kind(t, end, &more) != DIGIT)
				break;
		return end;
	}
	after = kind(t, i + len, &more);
	if (!(k & LINE) && after & word)
		return run(t, i + len, word);
	if (k & any || (t.s[i] == ' ' && after & any))
		return run(t, run(t, i + len, any), LINE);
	return space_new(s, t, i);
}

size_t
scan_next(const struct scan *s, struct str t, size_t from)
{
	return s->old ? next_old(s, t, from) : next_new(s, t, from);
}
