/* IFEval: words, letters, case, languages. */
#include <limits.h>
#include <string.h>

#include "libcore/casing.h"
#include "libcore/ifeval_in.h"
#include "libcore/langid.h"
#include "libcore/sentences.h"
#include "libcore/uni.h"

static bool
compares(const struct ifeval_item *it, size_t n)
{
	return it->less ? n < (size_t)it->count : n >= (size_t)it->count;
}

bool
ifeval_all_words(const struct ifeval_item *it, struct str s, bool *given_up)
{
	for (size_t i = 0; i < it->patterns; i++)
		if (!pattern_count(it->pattern[i], s, 1, given_up))
			return false;
	return true;
}

bool
ifeval_no_words(const struct ifeval_item *it, struct str s, bool *given_up)
{
	for (size_t i = 0; i < it->patterns; i++)
		if (pattern_count(it->pattern[i], s, 1, given_up))
			return false;
	return true;
}

bool
ifeval_word_count(const struct ifeval_item *it, struct str s, bool *given_up)
{
	return compares(
	    it, pattern_count(it->pattern[0], s, UINT_MAX, given_up));
}

bool
ifeval_one_letter(struct ifeval_item *it, struct err *e)
{
	unsigned len;

	utf8_get(it->text.s, &len);
	return len == it->text.n ||
	       err_set(e, "'letter' of '%s' is not one letter", it->row->id);
}

bool
ifeval_letters(const struct ifeval_item *it, struct str s, bool *given_up)
{
	struct buf low = { 0 };
	size_t n = 0;

	(void)given_up;
	text_lower(&low, s);
	for (size_t i = 0; i + it->low.n <= low.n; i++)
		n += !memcmp(low.s + i, it->low.s, it->low.n);
	buf_done(&low);
	return compares(it, n);
}

bool
ifeval_sentences(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)given_up;
	return compares(it, sentence_count(s));
}

/* Runs of letters, digits and _. */
bool
ifeval_words(const struct ifeval_item *it, struct str s, bool *given_up)
{
	bool inside = false;
	unsigned len;
	size_t n = 0;

	(void)given_up;
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(s.s + i, &len);
		bool word = c == '_' || (uni_is(c) & (UNI_L | UNI_N));

		n += word && !inside;
		inside = word;
	}
	return compares(it, n);
}

bool
ifeval_capital_words(const struct ifeval_item *it, struct str s, bool *given_up)
{
	struct str sentence, word;
	size_t at = 0, n = 0;

	(void)given_up;
	while (sentence_next(s, &at, &sentence))
		for (size_t i = 0; word_next(sentence, &i, &word);)
			n += text_is_upper(word);
	return compares(it, n);
}

/* Languages by their codes; one may have several names here. */
static const struct {
	const char *code, *name;
} languages[] = {
	{ "ar", "Arabic" },
	{ "bg", "Bulgarian" },
	{ "bn", "Bengali" },
	{ "cs", "Czech" },
	{ "da", "Danish" },
	{ "de", "German" },
	{ "el", "Greek" },
	{ "en", "English" },
	{ "es", "Spanish" },
	{ "fa", "Persian" },
	{ "fi", "Finnish" },
	{ "fr", "French" },
	{ "gu", "Gujarati" },
	{ "he", "Hebrew" },
	{ "hi", "Hindi" },
	{ "hu", "Hungarian" },
	{ "id", "Indonesian" },
	{ "it", "Italian" },
	{ "ja", "Japanese" },
	{ "kn", "Kannada" },
	{ "ko", "Korean" },
	{ "ml", "Malayalam" },
	{ "mr", "Marathi" },
	{ "ne", "Nepali" },
	{ "nl", "Dutch" },
	{ "no", "Norwegian" },
	{ "pa", "Punjabi" },
	{ "pl", "Polish" },
	{ "pt", "Portuguese" },
	{ "ro", "Romanian" },
	{ "ru", "Russian" },
	{ "sv", "Swedish" },
	{ "sw", "Swahili" },
	{ "ta", "Tamil" },
	{ "te", "Telugu" },
	{ "th", "Thai" },
	{ "tr", "Turkish" },
	{ "uk", "Ukrainian" },
	{ "ur", "Urdu" },
	{ "vi", "Vietnamese" },
	{ "zh", "Simplified Chinese" },
	{ "zh", "Traditional Chinese" },
	{ "zh", "Classical Chinese" },
	{ "zh-cn", "Simplified Chinese" },
	{ "zh-tw", "Traditional Chinese" },
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

bool
ifeval_known_language(struct ifeval_item *it, struct err *e)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (str_eq(it->text, languages[i].code))
			return true;
	return err_set(
	    e, "'language' of '%s' is no code that is known", it->row->id);
}

/* A text of no letters speaks every language. */
static bool
speaks(struct str s, struct str code)
{
	double p;
	const char *name = langid(s, &p);

	for (size_t i = 0; i < LANGUAGES; i++)
		if (str_eq(code, languages[i].code) &&
		    !strcmp(name, languages[i].name))
			return true;
	return !strcmp(name, "None");
}

bool
ifeval_language(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)given_up;
	return speaks(s, it->text);
}

bool
ifeval_capitals(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)it;
	(void)given_up;
	return text_is_upper(s) && speaks(s, STR("en"));
}

bool
ifeval_small(const struct ifeval_item *it, struct str s, bool *given_up)
{
	(void)it;
	(void)given_up;
	return text_is_lower(s) && speaks(s, STR("en"));
}
