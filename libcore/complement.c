#include "libcore/complement.h"

#include <string.h>

#include "libcore/langid.h"
#include "libcore/pattern.h"
#include "libcore/rouge.h"
#include "libcore/textstat.h"

const char *const complement_faults[COMPLEMENT_FAULTS] = {
	[COMPLEMENT_FINE] = "fine",
	[COMPLEMENT_EMPTY] = "empty",
	[COMPLEMENT_LONG] = "too long",
	[COMPLEMENT_DRIFTS] = "drifts from intent",
	[COMPLEMENT_SUPERFLUOUS] = "superfluous",
	[COMPLEMENT_ANSWERS] = "answers instead",
	[COMPLEMENT_DEMANDS] = "demands too much",
	[COMPLEMENT_LANGUAGE] = "another language",
};

/* Patterns, compiled when they are first used. */
enum which {
	LABEL,
	REQUEST,
	CONDITION,
	FORM,
	ANSWER,
	AMOUNT,
	META,
	NAME,
	WHICHES
};
static const char *const texts[WHICHES] = {
	[LABEL] = "(?:complement(?:ary information)?|supplement(?:ary "
		  "(?:information|content))?|additional "
		  "(?:information|requirements?)|补充(?:信息|内容|要求|说明)?)"
		  "\\W{0,4}[:：]",
	[REQUEST] =
	    "\\?|？|؟|\\b(?:what|who|when|where|why|how|which|can|could|"
	    "please|write|explain|describe|list|give|make|create|generate|"
	    "find|calculate|compute|solve|translate|summari[sz]e|rewrite|"
	    "tell|show|compare|design|implement|suggest|identify|classify|"
	    "answer|provide|help|name|discuss|analy[sz]e|draft|compose|edit|"
	    "convert|complete|act|plan|recommend|build|fix|need|want)\\b|"
	    "[\\x{3040}-\\x{30ff}\\x{4e00}-\\x{9fff}\\x{ac00}-\\x{d7af}]{3}|"
	    "\\w+(?:\\W+\\w+){3}",
	[CONDITION] =
	    "\\b(?:at least|at most|no more than|exactly|must|should|only|"
	    "without|do not|don't|avoid|include|make sure|ensure|in the "
	    "style|tone|words|sentences|paragraphs|json|markdown|table|"
	    "bullets?|step by step)\\b|必须|不要|不能|至少|不超过|以内|格式|"
	    "要求|字数|语气|风格|表格|确保|包括|避免",
	[FORM] = "\\b(?:only|just)(?: \\w+){0,2} (?:output|answer|reply|"
		 "respond|return|print|say|give|the|a|one|with)\\b|\\b(?:in|"
		 "with) (?:a single|one|a one)[ -](?:word|letter|number|"
		 "sentence|line)\\b|\\byes or no\\b|\\bone word\\b|"
		 "只(?:需|要)?(?:输出|回答|给出|返回)|用一(?:个字|个词|句话)|"
		 "是或否|直接(?:输出|给出答案)",
	[ANSWER] =
	    "\\A\\W*(?:(?:sure|certainly|of course|absolutely|here(?:'s| is|"
	    " are)|yes|no|ok(?:ay)?|the answer|as an ai|hello|hi|thank|sorry)"
	    "\\b|当然|好的|以下是|这是|答案|作为(?:一个|一名)|您好|你好|抱歉)|"
	    "\\b(?-i:I|I'm|I'll|I've|My|my)\\b|answer is|答案是|结果是|"
	    "我(?!们)|```|= *-?[0-9]|[?？]\\W*\\z",
	[AMOUNT] = "\\b[3-9][0-9]{2,}[ -]words?\\b|\\b[1-9][0-9]{3,}[ -]?"
		   "(?:words?|字)|[1-9][0-9]+ (?:\\w+ )?(?:examples|points|"
		   "steps|sources|references|paragraphs|sections|reasons|"
		   "pages|items)|[1-9][0-9]+(?:个|条|段|页|点)",
	[META] = "\\b(?:the user|this (?:prompt|question|task)|user prompt|the "
		 "(?:above|given) (?:prompt|statement))\\b|\\A\\W*(?:let's|you "
		 "are|you're given)\\b|用户(?:的|想|希望|需要)|该提示",
	[NAME] =
	    ("https?://\\S+|\\S+@\\S+\\.\\w+|[\"“«「『][^\"”»」』]+"
	     "[\"”»」』]|(?<=[\\p{Ll}0-9,;] )(?-i:[A-Z][a-z]{2,})|[0-9]{3,}"),
};
static struct pattern *compiled[WHICHES];

static const struct pattern *
pattern_of(enum which w)
{
	struct err e;

	if (!compiled[w] && !(compiled[w] = pattern_new(texts[w], &e)))
		die("a pattern of its own: %s", e.why);
	return compiled[w];
}

static bool
has(enum which w, struct str text, unsigned times)
{
	return pattern_count(pattern_of(w), text, times, NULL) == times;
}

static double
count(struct str text, enum textstat what)
{
	double v[TEXTSTATS];

	textstat(v, text);
	return v[what];
}

static char
low(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether part stands in text, ASCII case aside. */
static bool
within(struct str text, struct str part)
{
	for (size_t i = 0; i + part.n <= text.n; i++) {
		size_t k = 0;

		while (k < part.n && low(text.s[i + k]) == low(part.s[k]))
			k++;
		if (k == part.n)
			return true;
	}
	return false;
}

/* Names that anybody may use: of forms and of languages. */
static bool
is_common(struct str name)
{
	static const char *const common[] = { "English", "Chinese", "Markdown",
		"French", "German", "Spanish", "Japanese", "Korean", "Russian",
		"Italian", "Portuguese", "Python", "Please", "Ensure",
		"Include", "Provide", "Use", "Avoid", "The", "Keep", "Also",
		"And", NULL };

	for (size_t i = 0; common[i]; i++)
		if (str_eq(name, common[i]))
			return true;
	return false;
}

/* A quotation without its marks. */
static struct str
unquoted(struct str s)
{
	static const char *const marks[] = { "\"", "“", "”", "«", "»", "「",
		"」", "『", "』" };

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t n = strlen(marks[i]);

		if (s.n >= n && !memcmp(s.s, marks[i], n)) {
			s.s += n;
			s.n -= n;
		}
		if (s.n >= n && !memcmp(s.s + s.n - n, marks[i], n))
			s.n -= n;
	}
	return s;
}

static bool
drifts(struct str prompt, struct str c, struct str keywords)
{
	struct str name;
	size_t at = 0;

	if (has(META, c, 1))
		return true;
	while (pattern_find(pattern_of(NAME), c, &at, &name)) {
		name = unquoted(name);
		if (!is_common(name) && !within(prompt, name) &&
		    !within(keywords, name))
			return true;
	}
	return false;
}

/* The share of the complement's words that are a subsequence of the
 * prompt's: rouge.h's P, got back from F. */
static double
repeats(struct str prompt, struct str c)
{
	struct rouge a = rouge_new(prompt), b = rouge_new(c);
	double f = rouge_f(&a, &b), share = 0;

	if (b.n)
		share = f * (double)(a.n + b.n) / (2 * (double)b.n);
	rouge_free(&a);
	rouge_free(&b);
	return share;
}

static bool
demands(struct str c)
{
	return count(c, TS_ITEMS) > 3 || has(CONDITION, c, 5) ||
	       has(AMOUNT, c, 1);
}

/* Written Chinese is one language where one side is classical. */
static bool
same_language(const char *a, const char *b)
{
	bool chinese = strstr(a, "Chinese") && strstr(b, "Chinese");

	return !strcmp(a, b) || (chinese && (!strncmp(a, "Classical", 9) ||
						!strncmp(b, "Classical", 9)));
}

static bool
other_language(struct str prompt, struct str c)
{
	double sure[2];
	const char *a = langid(prompt, sure), *b = langid(c, sure + 1);

	if (sure[0] < 0.3 || sure[1] < 0.3 || !strcmp(a, "None") ||
	    !strcmp(b, "None"))
		return false;
	return !same_language(a, b);
}

/* Where the first sentence of s ends, behind its stop. */
static size_t
sentence_end(struct str s)
{
	static const char *const ends[] = { ". ", "! ", "; ", "。", "！",
		"；" };

	for (size_t i = 0; i < s.n; i++)
		for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
			size_t n = strlen(ends[k]);

			if (n <= s.n - i && !memcmp(s.s + i, ends[k], n))
				return i + n - (ends[k][n - 1] == ' ');
		}
	return s.n;
}

static struct str
behind(struct str s, size_t n)
{
	n += n < s.n && s.s[n] == ' ';
	return (struct str){ s.s + n, s.n - n };
}

/* Whether a sentence of it stands in the request. */
static bool
copies(struct str request, struct str c)
{
	while (c.n) {
		size_t n = sentence_end(c);

		if (n >= 20 && within(request, (struct str){ c.s, n }))
			return true;
		c = behind(c, n);
	}
	return false;
}

enum complement_fault
complement_check(const struct complement_of *of, struct str c)
{
	if (!(count(c, TS_LETTERS) > 0) || count(c, TS_BROKEN) > 0)
		return COMPLEMENT_EMPTY;
	if (count(c, TS_WORDS) > (double)of->words)
		return COMPLEMENT_LONG;
	if (drifts(of->prompt, c, of->keywords))
		return COMPLEMENT_DRIFTS;
	if (repeats(of->prompt, c) >= 0.7 || copies(of->request, c))
		return COMPLEMENT_SUPERFLUOUS;
	if (has(ANSWER, c, 1))
		return COMPLEMENT_ANSWERS;
	if (demands(c))
		return COMPLEMENT_DEMANDS;
	return other_language(of->prompt, c) ? COMPLEMENT_LANGUAGE
					     : COMPLEMENT_FINE;
}

/* Without what stands around it: white space, quotation marks, markup. */
static struct str
bare(struct str s)
{
	static const char around[] = " \t\r\n\"*_`<>#";

	while (s.n && strchr(around, s.s[0])) {
		s.s++;
		s.n--;
	}
	while (s.n && s.s[s.n - 1] && strchr(around, s.s[s.n - 1]))
		s.n--;
	return unquoted(s);
}

/* How many bytes of whole sentences have at most so many words; 0: not even
 * the first. */
static size_t
sentences(struct str s, long words)
{
	size_t fits = 0;

	for (struct str rest = s; rest.n;) {
		struct str more = behind(rest, sentence_end(rest));
		size_t to = (size_t)(rest.s - s.s) + sentence_end(rest);

		if (count((struct str){ s.s, to }, TS_WORDS) > (double)words)
			break;
		fits = to;
		rest = more;
	}
	return fits;
}

void
complement_clean(struct buf *b, struct str s, long words)
{
	size_t from = b->n, at = 0, cut;
	struct str label;
	bool blank = false;

	if (pattern_find(pattern_of(LABEL), s, &at, &label) &&
	    label.s - s.s < 40)
		s = (struct str){ label.s + label.n,
			s.n - (size_t)(label.s + label.n - s.s) };
	s = bare(s);
	for (size_t i = 0; i < s.n; i++) {
		bool white =
		    s.s[i] == ' ' || (s.s[i] >= '\t' && s.s[i] <= '\r');

		if (!white && blank)
			buf_char(b, ' ');
		if (!white)
			buf_char(b, s.s[i]);
		blank = white;
	}
	s = (struct str){ b->s + from, b->n - from };
	if (!s.n || count(s, TS_WORDS) <= (double)words)
		return;
	cut = sentences(s, words);
	if (cut)
		b->s[b->n = from + cut] = '\0';
}

const char *
complement_needless(struct str prompt, long longest)
{
	if (!has(REQUEST, prompt, 1))
		return "asks for nothing";
	if (count(prompt, TS_WORDS) > (double)longest)
		return "long already";
	if (has(CONDITION, prompt, 4))
		return "four conditions already";
	if (has(FORM, prompt, 1))
		return "prescribes its answer's form";
	return NULL;
}

void
complement_free(void)
{
	for (size_t i = 0; i < WHICHES; i++) {
		pattern_free(compiled[i]);
		compiled[i] = NULL;
	}
}
