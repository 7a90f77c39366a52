/* Texts cut into sentences, sentences into words. */
#include <stdio.h>
#include <string.h>

#include "libcore/sentences.h"

/* Pieces are shown with | between them. */
static const struct {
	const char *text, *want;
} cut[] = {
	{ "", "" },
	{ " \n ", "" },
	{ "One", "One" },
	{ "One. Two? Three! Four", "One.|Two?|Three!|Four" },
	{ "One.\nTwo\nthree.", "One.|Two\nthree." },
	{ "Mr. Smith met Dr. Jones. They talked.",
	    "Mr. Smith met Dr. Jones.|They talked." },
	{ "It costs 3.5 dollars. It is cheap.",
	    "It costs 3.5 dollars.|It is cheap." },
	{ "J. Smith wrote it.", "J. Smith wrote it." },
	{ "Well... you know. Yes", "Well... you know.|Yes" },
	{ "Well... The end.", "Well...|The end." },
	{ "What?! No!!! Yes.", "What?!|No!!!|Yes." },
	{ "He said \"Go.\" Then he went.", "He said \"Go.\"|Then he went." },
	{ "(It is so.) Then he went.", "(It is so.)|Then he went." },
	{ "See example.com for more. Bye.", "See example.com for more.|Bye." },
	{ "1. Buy milk.\n2. Eat it.", "1.|Buy milk.|2.|Eat it." },
	{ "version 2. of it", "version 2. of it" },
	{ "in the U.S. today. Yes.", "in the U.S. today.|Yes." },
	{ "in the U.S. The end.", "in the U.S.|The end." },
	{ "\xe4\xb8\x80\xe3\x80\x82\xe4\xba\x8c",
	    "\xe4\xb8\x80\xe3\x80\x82\xe4\xba\x8c" },
};
static const struct {
	const char *text, *want;
} words[] = {
	{ "One two", "One|two" },
	{ "Hi, there: it's 3:15, a 1,000.",
	    "Hi|,|there|:|it|'s|3:15|,|a|1,000|." },
	{ "DON'T well-known AT&T", "DO|N'T|well-known|AT|&|T" },
	{ "(U.S. \"NOW\")", "(|U.S.|\"|NOW|\"|)" },
	{ "A--B...C", "A|--|B|...|C" },
	{ "**BOLD** #TAG", "**BOLD**|#|TAG" },
};

static bool
same(const char *what, struct buf *b, const char *want)
{
	bool ok = !strcmp(b->s ? b->s : "", want);

	if (!ok)
		printf("FAIL %s: %s\nwant %s\n", what, b->s, want);
	buf_done(b);
	return ok;
}

int
main(void)
{
	int bad = 0;

	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		struct buf b = { 0 };
		struct str s;

		for (size_t at = 0;
		     sentence_next(str_of(cut[i].text), &at, &s);) {
			if (b.n)
				buf_char(&b, '|');
			buf_str(&b, s);
		}
		bad |= !same(cut[i].text, &b, cut[i].want);
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct buf b = { 0 };
		struct str s;

		for (size_t at = 0;
		     word_next(str_of(words[i].text), &at, &s);) {
			if (b.n)
				buf_char(&b, '|');
			buf_str(&b, s);
		}
		bad |= !same(words[i].text, &b, words[i].want);
	}
	return bad;
}
