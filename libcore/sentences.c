#include "libcore/sentences.h"

#include <string.h>

#include "libcore/casing.h"
#include "libcore/uni.h"

/* Abbreviations that a full stop does not end, without their last one. */
static const char *const abbreviations[] = { "a.m", "adm", "ala", "ariz", "ark",
	"aug", "ave", "bros", "calif", "capt", "cie", "co", "col", "colo",
	"conn", "corp", "d.c", "dec", "del", "dr", "e.g", "e.h", "f.w", "feb",
	"fla", "fri", "ga", "gen", "gov", "hon", "i.e", "ill", "inc", "ind",
	"j.p", "jan", "jr", "kan", "ky", "lt", "ltd", "maj", "mass", "md",
	"mich", "minn", "miss", "mo", "mr", "mrs", "ms", "n.c", "n.h", "n.j",
	"n.m", "n.v", "n.y", "neb", "nev", "nov", "oct", "okla", "ore", "p.m",
	"pa", "ph.d", "prof", "r.i", "rep", "reps", "rev", "s.a", "s.c", "s.p",
	"sen", "sens", "sept", "sgt", "sr", "st", "tenn", "tex", "tues", "u.k",
	"u.n", "u.s", "u.s.a", "va", "vs", "vt", "w.va", "wash", "wed", "wis",
	NULL };

/* Words that, with a capital, begin a sentence: their common form is small. */
static const char *const small_words[] = { "a", "about", "according", "after",
	"all", "almost", "also", "although", "always", "an", "and", "another",
	"any", "are", "as", "at", "be", "because", "before", "both", "but",
	"by", "call", "can", "come", "could", "did", "do", "does", "each",
	"even", "every", "finally", "find", "for", "from", "get", "give", "go",
	"had", "has", "have", "he", "help", "her", "here", "his", "how",
	"however", "if", "in", "indeed", "instead", "into", "is", "it", "its",
	"just", "keep", "let", "like", "look", "make", "many", "may", "maybe",
	"more", "most", "much", "my", "never", "no", "not", "nothing", "now",
	"of", "often", "on", "once", "one", "only", "or", "other", "others",
	"our", "over", "perhaps", "please", "put", "see", "she", "should",
	"since", "so", "some", "still", "such", "take", "than", "thank", "that",
	"the", "their", "then", "there", "these", "they", "this", "those",
	"though", "through", "thus", "to", "today", "together", "try", "under",
	"until", "up", "use", "very", "was", "we", "were", "what", "when",
	"where", "whether", "which", "while", "who", "why", "will", "with",
	"without", "would", "yes", "yet", "you", "your", NULL };

static bool
listed(const char *const *list, struct str s)
{
	for (; *list; list++)
		if (s.n && str_eq(s, *list))
			return true;
	return false;
}

/* s in lower case where it fits; longer words are in no list. */
static struct str
small(char to[32], struct str s)
{
	struct buf b = { 0 };
	struct str got = { to, 0 };

	if (s.n > 24)
		return got;
	text_lower(&b, s);
	if (b.n && b.n <= 32) {
		memcpy(to, b.s, b.n);
		got.n = b.n;
	}
	buf_done(&b);
	return got;
}

static bool
space_at(struct str t, size_t at, unsigned *len)
{
	return code_space(utf8_get(t.s + at, len));
}

static size_t
skip_space(struct str t, size_t at)
{
	unsigned len;

	while (at < t.n && space_at(t, at, &len))
		at += len;
	return at;
}

/* Where the run of anything but white space at s[at] ends. */
static size_t
chunk_end(struct str t, size_t at)
{
	unsigned len;

	while (at < t.n && !space_at(t, at, &len))
		at += len;
	return at;
}

static bool
among(char c, const char *set)
{
	return c && strchr(set, c);
}

/* A sign that is a word of its own, also within a run. */
static bool
is_sign(char c)
{
	return among(c, "?!)\";}]*:@'({[");
}

static bool
is_stop(char c)
{
	return c == '.' || c == '?' || c == '!';
}

/* What kind of word a full stop stands behind. */
enum stopped { WORD, SHORT, DOTS, INITIAL, NUMBER };

static bool
is_number(struct str s)
{
	bool any = false;

	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.s[i] >= '0' && s.s[i] <= '9';

		any |= digit;
		if (!digit && !among(s.s[i], ".,-/"))
			return false;
	}
	return any;
}

static bool
is_initial(struct str s)
{
	unsigned len;

	if (!s.n)
		return false;
	return (uni_is(utf8_get(s.s, &len)) & UNI_L) && len == s.n;
}

static bool
is_short(struct str s)
{
	char room[32];
	struct str low = small(room, s), part = low;

	for (size_t i = 0; i < low.n; i++)
		if (low.s[i] == '-')
			part = (struct str){ low.s + i + 1, low.n - i - 1 };
	return listed(abbreviations, low) || listed(abbreviations, part);
}

/* s: the word without the stop; dots: how many stand in a row. */
static enum stopped
kind_of(struct str s, size_t dots)
{
	if (dots > 1)
		return DOTS;
	if (is_short(s))
		return SHORT;
	if (is_initial(s))
		return INITIAL;
	return is_number(s) ? NUMBER : WORD;
}

/* Does what follows begin a sentence? 1 yes, 0 no, -1 it does not say. */
static int
begins(struct str next)
{
	char room[32];
	unsigned len;
	uint32_t c;
	size_t n = 0;

	if (!next.n)
		return -1;
	if (among(*next.s, ";:,.!?"))
		return 0;
	c = utf8_get(next.s, &len);
	if (uni_is(c) & UNI_LL)
		return 0;
	while (n < next.n && !is_sign(next.s[n]) && next.s[n] != ',' &&
	       next.s[n] != '.')
		n++;
	next.n = n;
	if ((uni_is(c) & UNI_LU) && listed(small_words, small(room, next)))
		return 1;
	return -1;
}

static bool
breaks(enum stopped kind, struct str next)
{
	int how = begins(next);

	switch (kind) {
	case SHORT:
	case DOTS:
		return how == 1;
	case NUMBER:
		return how != 0;
	case INITIAL: /* of a name, most often */
		return how == 1 ||
		       (how < 0 && next.n &&
			   !(uni_is(utf8_get(next.s, &(unsigned){ 0 })) &
			       UNI_LU));
	case WORD:
		return true;
	}
	return true;
}

/* Does the stop at s[at], the last one of its run that text or a sign follow
 * (next), end the sentence that begins at `from`? */
static bool
ends_at(struct str t, size_t from, size_t at, size_t next)
{
	size_t start = at;
	struct str word, after;

	if (t.s[at] != '.')
		return true;
	while (start > from && t.s[start - 1] == '.')
		start--;
	for (word.s = t.s + start; word.s > t.s + from; word.s--)
		if (is_sign(word.s[-1]) || among(word.s[-1], " \n\t\r"))
			break;
	word.n = (size_t)(t.s + start - word.s);
	after = (struct str){ t.s + next, chunk_end(t, next) - next };
	return breaks(kind_of(word, at + 1 - start), after);
}

/* In the run s[at, end), the last stop with a sign behind it, or with white
 * space and more text; false if there is none. */
static bool
last_stop(struct str t, size_t at, size_t end, size_t *stop, size_t *next)
{
	for (size_t i = end; i-- > at;) {
		if (!is_stop(t.s[i]) || !(i + 1 == end || is_sign(t.s[i + 1])))
			continue;
		*next = skip_space(t, i + 1);
		*stop = i;
		if (*next < t.n)
			return true;
	}
	return false;
}

bool
sentence_next(struct str t, size_t *at, struct str *s)
{
	size_t from = skip_space(t, *at), end = t.n, stop, next;
	unsigned len;

	if (from == t.n)
		return false;
	for (size_t i = from, to; i < t.n; i = skip_space(t, to)) {
		to = chunk_end(t, i);
		if (last_stop(t, i, to, &stop, &next) &&
		    ends_at(t, from, stop, next)) {
			end = stop + 1;
			break;
		}
	}
	/* quotes and brackets that close belong to it */
	for (size_t i = end; i < t.n && among(t.s[i], "\"')]}");) {
		i++;
		if (i == t.n || space_at(t, i, &len))
			end = i;
	}
	*at = end;
	*s = text_trim((struct str){ t.s + from, end - from });
	return true;
}

size_t
sentence_count(struct str t)
{
	struct str s;
	size_t at = 0, n = 0;

	while (sentence_next(t, &at, &s))
		n++;
	return n;
}

/* Endings that are words of their own. */
static const char *const endings[] = { "n't", "'s", "'m", "'d", "'ll", "'re",
	"'ve", NULL };

static size_t
ending(struct str w)
{
	char room[32];
	struct str low = small(room, w);

	for (size_t i = 0; endings[i] && low.n == w.n; i++) {
		size_t n = strlen(endings[i]);

		if (w.n > n && !memcmp(low.s + w.n - n, endings[i], n))
			return n;
	}
	return 0;
}

/* How many bytes of signs that stand alone begin at s[at]; 0 for none. */
static size_t
alone(struct str t, size_t at)
{
	char c = t.s[at];
	unsigned len;
	uint32_t code;

	if (among(c, ";@#$%&?!()[]{}<>\"`"))
		return 1;
	if ((c == ',' || c == ':') &&
	    (at + 1 == t.n || !(t.s[at + 1] >= '0' && t.s[at + 1] <= '9')))
		return 1;
	if (c == '-' && at + 1 < t.n && t.s[at + 1] == '-')
		return 2;
	if (c == '.' && at + 2 < t.n && !memcmp(t.s + at, "...", 3))
		return 3;
	if ((unsigned char)c < 0x80)
		return 0;
	code = utf8_get(t.s + at, &len);
	return code == 0xab || code == 0xbb ||
		       (code >= 0x2018 && code <= 0x201f)
		   ? len
		   : 0;
}

bool
word_next(struct str t, size_t *at, struct str *w)
{
	size_t from = skip_space(t, *at), end, stop, n;

	if (from >= t.n)
		return false;
	stop = chunk_end(t, from);
	n = alone(t, from);
	if (n) {
		*w = (struct str){ t.s + from, n };
		*at = from + n;
		return true;
	}
	for (end = from + 1; end < stop; end++)
		if (alone(t, end))
			break;
	*w = (struct str){ t.s + from, end - from };
	if (w->n > 1 && end == t.n && w->s[w->n - 1] == '.')
		w->n--; /* the sentence's own stop */
	n = ending(*w);
	if (n && *w->s != '\'')
		w->n -= n;
	*at = from + w->n;
	return true;
}
