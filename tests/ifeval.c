/* Instructions and texts that follow them or do not: strict, loose, and lists
 * that cannot be read. */
#include <stdio.h>
#include <string.h>

#include "libcore/ifeval.h"

/* followed: 2 strictly, 1 loosely only, 0 not at all. */
static const struct {
	const char *id, *args;
	int followed;
	const char *text;
} cases[] = {
	{ "keywords:existence", "{\"keywords\":[\"cat\",\"dog\"]}", 2,
	    "CATS and Dogs" },
	{ "keywords:existence", "{\"keywords\":[\"cat\",\"dog\"]}", 0, "cats" },
	{ "keywords:existence", "{\"keywords\":[\"c.t\"]}", 2, "cut" },
	{ "keywords:frequency",
	    "{\"keyword\":\" an\",\"frequency\":3,\"relation\":\"at least\"}",
	    2, "an ANT can" },
	{ "keywords:frequency",
	    "{\"keyword\":\"an\",\"frequency\":3,\"relation\":\"less than\"}",
	    0, "an ANT can" },
	{ "keywords:forbidden_words", "{\"forbidden_words\":[\"cat\"]}", 2,
	    "cats, concat" },
	{ "keywords:forbidden_words", "{\"forbidden_words\":[\"cat\"]}", 0,
	    "A Cat." },
	{ "keywords:forbidden_words", "{\"forbidden_words\":[\"cat\"]}", 1,
	    "A cat here:\ndogs" },
	{ "keywords:letter_frequency",
	    "{\"letter\":\"A\",\"let_frequency\":2,\"let_relation\":"
	    "\"at least\"}",
	    2, "Aa" },
	{ "keywords:letter_frequency",
	    "{\"letter\":\"#\",\"let_frequency\":2,\"let_relation\":"
	    "\"less than\"}",
	    0, "# a # b" },
	{ "language:response_language", "{\"language\":\"de\"}", 2,
	    "Das ist nicht so, wie wir es haben wollten." },
	{ "language:response_language", "{\"language\":\"de\"}", 0,
	    "This is not what we wanted to have." },
	{ "language:response_language", "{\"language\":\"zh\"}", 2,
	    "这是一个很好的问题。" },
	{ "language:response_language", "{\"language\":\"de\"}", 2, "1 + 1" },
	{ "length_constraints:number_sentences",
	    "{\"num_sentences\":2,\"relation\":\"at least\"}", 2,
	    "A bit. C dur." },
	{ "length_constraints:number_sentences",
	    "{\"num_sentences\":2,\"relation\":\"less than\"}", 1,
	    "Here it is.\nA bit." },
	{ "length_constraints:number_paragraphs", "{\"num_paragraphs\":2}", 2,
	    "*** a *** b ***" },
	{ "length_constraints:number_paragraphs", "{\"num_paragraphs\":2}", 0,
	    "a *** *** b" },
	{ "length_constraints:number_paragraphs", "{\"num_paragraphs\":1}", 2,
	    "a\n\nb" },
	{ "length_constraints:number_words",
	    "{\"num_words\":3,\"relation\":\"at least\"}", 2, "don't_go-x" },
	{ "length_constraints:number_words",
	    "{\"num_words\":3,\"relation\":\"less than\"}", 0, "a b c" },
	{ "length_constraints:nth_paragraph_first_word",
	    "{\"num_paragraphs\":2,\"nth_paragraph\":2,\"first_word\":"
	    "\"Well\"}",
	    2, "one\n\n\"well, two" },
	{ "length_constraints:nth_paragraph_first_word",
	    "{\"num_paragraphs\":2,\"nth_paragraph\":2,\"first_word\":"
	    "\"well\"}",
	    0, "one\n\nwells" },
	{ "length_constraints:nth_paragraph_first_word",
	    "{\"num_paragraphs\":2,\"nth_paragraph\":2,\"first_word\":"
	    "\"well\"}",
	    0, "one\n\n \n\nwell" },
	{ "detectable_content:number_placeholders", "{\"num_placeholders\":2}",
	    2, "[a] [] [b" },
	{ "detectable_content:number_placeholders", "{\"num_placeholders\":2}",
	    0, "[a] [b\n]" },
	{ "detectable_content:number_placeholders", "{\"num_placeholders\":2}",
	    0, "[[a]]" },
	{ "detectable_content:postscript", "{\"postscript_marker\":\"P.S.\"}",
	    2, "a\nP. s. b" },
	{ "detectable_content:postscript", "{\"postscript_marker\":\"P.P.S\"}",
	    2, "a p.p. sb" },
	{ "detectable_content:postscript", "{\"postscript_marker\":\"P.P.S\"}",
	    0, "a P.S. b" },
	{ "detectable_content:postscript", "{\"postscript_marker\":\"PS:\"}", 2,
	    "a ps: b" },
	{ "detectable_format:number_bullet_lists", "{\"num_bullets\":2}", 2,
	    "* a\n\n  - b\n** c" },
	{ "detectable_format:number_bullet_lists", "{\"num_bullets\":1}", 2,
	    "*\n* a" },
	{ "detectable_format:number_bullet_lists", "{\"num_bullets\":1}", 1,
	    "Here:\n- a\n- b" },
	{ "detectable_format:constrained_response", "{}", 2,
	    "So: My answer is no. Yes." },
	{ "detectable_format:constrained_response", "{}", 0,
	    "My answer is no" },
	{ "detectable_format:number_highlighted_sections",
	    "{\"num_highlights\":2}", 2, "*a* and *b*" },
	{ "detectable_format:number_highlighted_sections",
	    "{\"num_highlights\":2}", 0, "* a\n* b" },
	{ "detectable_format:number_highlighted_sections",
	    "{\"num_highlights\":1}", 2, "**a**" },
	{ "detectable_format:number_highlighted_sections",
	    "{\"num_highlights\":1}", 0, "** **" },
	{ "detectable_format:number_highlighted_sections",
	    "{\"num_highlights\":2}", 2, "***x***" },
	{ "detectable_format:multiple_sections",
	    "{\"section_spliter\":\"SECTION\",\"num_sections\":2}", 2,
	    "SECTION 1 a SECTION2" },
	{ "detectable_format:multiple_sections",
	    "{\"section_spliter\":\"SECTION\",\"num_sections\":2}", 0,
	    "Section 1 a SECTION 2" },
	{ "detectable_format:json_format", "{}", 2,
	    "```json\n{\"a\":[1,NaN,-Infinity]}\n```" },
	{ "detectable_format:json_format", "{}", 2, "\"a \\\" NaN\"" },
	{ "detectable_format:json_format", "{}", 0, "{'a':1}" },
	{ "detectable_format:json_format", "{}", 0, "1NaN" },
	{ "detectable_format:json_format", "{}", 1, "Sure:\n{\"a\":1}" },
	{ "detectable_format:json_format", "{}", 0, "```" },
	{ "detectable_format:title", "{}", 2, "x <<a>> y" },
	{ "detectable_format:title", "{}", 0, "<<\n>>" },
	{ "detectable_format:title", "{}", 0, "<< >>" },
	{ "detectable_format:title", "{}", 2, "<<>> <<a>>" },
	{ "detectable_format:title", "{}", 0, "<<>>" },
	{ "combination:two_responses", "{}", 2, "a\n******\nb" },
	{ "combination:two_responses", "{}", 0, "a\n******\na" },
	{ "combination:two_responses", "{}", 0, "a******b******c" },
	{ "combination:two_responses", "{}", 2, "******a******b******" },
	{ "combination:two_responses", "{}", 0, "a************b" },
	{ "combination:repeat_prompt", "{\"prompt_to_repeat\":\" Say IT. \"}",
	    2, "\nsay it. It" },
	{ "combination:repeat_prompt", "{\"prompt_to_repeat\":\"Say it.\"}", 1,
	    "Here:\nsay it." },
	{ "startend:end_checker", "{\"end_phrase\":\"The End.\"}", 2,
	    "\"It is the end.\"\n" },
	{ "startend:end_checker", "{\"end_phrase\":\"The End.\"}", 0, "end." },
	{ "startend:quotation", "{}", 2, " \"a\"\n" },
	{ "startend:quotation", "{}", 0, "\"" },
	{ "startend:quotation", "{}", 0, "\"a\" b" },
	{ "change_case:capital_word_frequency",
	    "{\"capital_frequency\":3,\"capital_relation\":\"at least\"}", 2,
	    "I AM well-KNOWN, 2ND. OK" },
	{ "change_case:capital_word_frequency",
	    "{\"capital_frequency\":1,\"capital_relation\":\"less than\"}", 2,
	    "No such word" },
	{ "change_case:english_capital", "{}", 2, "THIS IS WHAT YOU GET." },
	{ "change_case:english_capital", "{}", 0, "THIS IS WHAT YOU get." },
	{ "change_case:english_capital", "{}", 0, "1 2 3" },
	{ "change_case:english_lowercase", "{}", 2, "this is what you get." },
	{ "change_case:english_lowercase", "{}", 0, "das ist nicht gut." },
	{ "change_case:english_lowercase", "{}", 1,
	    "Here you are:\nthis is what you get." },
	{ "punctuation:no_comma", "{}", 2, "a b" },
	{ "punctuation:no_comma", "{}", 1, "Well, here:\na b" },
	{ "punctuation:no_comma", "{}", 0, " \n" },
	{ "startend:quotation", "{\"relation\":null}", 1, "*\"a\"*" },
	{ "startend:quotation", "null", 1, "\"a\"\nDone." },
};

static const struct {
	const char *ids, *kwargs, *why;
} wrong[] = {
	{ "\"punctuation:no_comma\"", "[{}]",
	    "the instructions and their arguments are not two lists" },
	{ "[\"punctuation:no_comma\"]", "[]",
	    "there are 1 instructions (at most 64) and arguments for 0" },
	{ "[\"punctuation:comma\"]", "[{}]",
	    "instruction 'punctuation:comma' is not known" },
	{ "[7]", "[{}]", "instruction '' is not known" },
	{ "[\"keywords:frequency\"]", "[{\"keyword\":\"a\"}]",
	    "'frequency' of 'keywords:frequency' is missing" },
	{ "[\"keywords:frequency\"]",
	    "[{\"keyword\":\"a\",\"frequency\":1,\"relation\":\"most\"}]",
	    "'relation' of 'keywords:frequency' is neither 'at least' nor "
	    "'less than'" },
	{ "[\"keywords:frequency\"]",
	    "[{\"keyword\":\"a\",\"frequency\":1.5,\"relation\":null}]",
	    "'frequency' of 'keywords:frequency' is no count" },
	{ "[\"keywords:frequency\"]",
	    "[{\"keyword\":\"(\",\"frequency\":1,\"relation\":\"at least\"}]",
	    "'keyword' of 'keywords:frequency': pattern, character 2: missing "
	    "closing parenthesis" },
	{ "[\"keywords:existence\"]", "[{\"keywords\":[]}]",
	    "'keywords' of 'keywords:existence' is no list with words in it" },
	{ "[\"keywords:existence\"]", "[{\"keywords\":[1]}]",
	    "'keywords' of 'keywords:existence' holds what is no text" },
	{ "[\"keywords:letter_frequency\"]",
	    "[{\"letter\":\"ab\",\"let_frequency\":1,\"let_relation\":"
	    "\"at least\"}]",
	    "'letter' of 'keywords:letter_frequency' is not one letter" },
	{ "[\"language:response_language\"]", "[{\"language\":\"xx\"}]",
	    "'language' of 'language:response_language' is no code that is "
	    "known" },
	{ "[\"length_constraints:nth_paragraph_first_word\"]",
	    "[{\"num_paragraphs\":1,\"nth_paragraph\":2,\"first_word\":\"a\"}]",
	    "'nth_paragraph' of 'length_constraints:nth_paragraph_first_word' "
	    "is none of the paragraphs" },
	{ "[\"punctuation:no_comma\"]", "[{\"relation\":\"at least\"}]",
	    "'punctuation:no_comma' takes no 'relation'" },
	{ "[\"punctuation:no_comma\"]", "[3]",
	    "the arguments of 'punctuation:no_comma' are no object" },
	{ "[\"startend:end_checker\"]", "[{\"end_phrase\":\" \"}]",
	    "'end_phrase' of 'startend:end_checker' is empty" },
};

/* {"ids":...,"kwargs":...} read; NULL and the reason where it cannot be. */
static bool
read_case(struct ifeval *all, struct json_doc *d, struct buf *text,
    struct arena *mem, const char *ids, const char *kwargs, struct err *e)
{
	size_t at;

	buf_reset(text);
	buf_printf(text, "{\"ids\":%s,\"kwargs\":%s}", ids, kwargs);
	if (!json_parse(d, text->s, text->n, 10, &at, e))
		die("%s: %s", text->s, e->why);
	return ifeval_read(all, d, json_get(d, d->tape, "ids"),
	    json_get(d, d->tape, "kwargs"), mem, NULL, e);
}

static int
followed(struct ifeval *all, struct str text)
{
	struct ifeval_variants v;
	int how = ifeval_strict(all, 0, text) ? 2 : 0;

	ifeval_variants(&v, text);
	if (ifeval_loose(all, 0, &v))
		how += how == 0;
	else if (how)
		how = -1; /* loose is the weaker one */
	ifeval_variants_done(&v);
	return how;
}

int
main(void)
{
	struct json_doc d = { 0 };
	struct arena mem = { 0 };
	struct buf text = { 0 }, id = { 0 }, args = { 0 };
	struct err e;
	int bad = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ifeval all = { 0 };
		int how;

		buf_reset(&id);
		buf_reset(&args);
		buf_printf(&id, "[\"%s\"]", cases[i].id);
		buf_printf(&args, "[%s]", cases[i].args);
		if (!read_case(&all, &d, &text, &mem, id.s, args.s, &e)) {
			printf("FAIL %s %s: %s\n", id.s, args.s, e.why);
			bad = 1;
			ifeval_done(&all);
			continue;
		}
		how = followed(&all, str_of(cases[i].text));
		if (how != cases[i].followed) {
			printf("FAIL %s %s '%s': %d, not %d\n", id.s, args.s,
			    cases[i].text, how, cases[i].followed);
			bad = 1;
		}
		ifeval_done(&all);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct ifeval all = { 0 };

		if (read_case(&all, &d, &text, &mem, wrong[i].ids,
			wrong[i].kwargs, &e) ||
		    strcmp(e.why, wrong[i].why) != 0) {
			printf("FAIL %s: '%s'\nnot '%s'\n", text.s, e.why,
			    wrong[i].why);
			bad = 1;
		}
		ifeval_done(&all);
	}
	json_done(&d);
	arena_done(&mem);
	buf_done(&text);
	buf_done(&id);
	buf_done(&args);
	return bad;
}
