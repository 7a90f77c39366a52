#ifndef IFEVAL_IN_H
#define IFEVAL_IN_H
#include "libcore/ifeval.h"
#include "libcore/pattern.h"
/* What the files of ifeval share. */

struct ifeval_item {
	const struct ifeval_row *row;
	int64_t count; /* num_words, frequency ... */
	int64_t nth;   /* nth_paragraph, from 1 */
	bool less;     /* relation: "less than", else "at least" */
	struct str
	    text;       /* keyword, end_phrase ..., white space around taken off
	                    where the published checker takes it off */
	struct str low; /* the same in lower case */
	struct pattern *pattern[32];
	size_t patterns;
};

enum ifeval_kind {
	IFEVAL_COUNT,
	IFEVAL_NTH,
	IFEVAL_RELATION,
	IFEVAL_TEXT,
	IFEVAL_WORDS
};

struct ifeval_row {
	const char *id;
	bool approximate;
	bool (*check)(const struct ifeval_item *, struct str, bool *given_up);
	struct {
		const char *name;
		enum ifeval_kind kind;
	} arg[4];
	/* A pattern made of each text: what stands before and after it. */
	const char *before, *after;
	/* Anything else that the arguments must be; or NULL. */
	bool (*also)(struct ifeval_item *, struct err *);
};

#define IFEVAL_CHECK(name) \
	bool name(const struct ifeval_item *, struct str, bool *given_up)
/* ifeval_words.c: words, letters, case, language */
IFEVAL_CHECK(ifeval_all_words);
IFEVAL_CHECK(ifeval_word_count);
IFEVAL_CHECK(ifeval_no_words);
IFEVAL_CHECK(ifeval_letters);
IFEVAL_CHECK(ifeval_language);
IFEVAL_CHECK(ifeval_sentences);
IFEVAL_CHECK(ifeval_words);
IFEVAL_CHECK(ifeval_capital_words);
IFEVAL_CHECK(ifeval_capitals);
IFEVAL_CHECK(ifeval_small);
bool ifeval_one_letter(struct ifeval_item *, struct err *);
bool ifeval_known_language(struct ifeval_item *, struct err *);
/* ifeval_form.c: what a text is built of */
IFEVAL_CHECK(ifeval_paragraphs);
IFEVAL_CHECK(ifeval_nth_paragraph);
IFEVAL_CHECK(ifeval_placeholders);
IFEVAL_CHECK(ifeval_postscript);
IFEVAL_CHECK(ifeval_bullets);
IFEVAL_CHECK(ifeval_constrained);
IFEVAL_CHECK(ifeval_highlights);
IFEVAL_CHECK(ifeval_sections);
IFEVAL_CHECK(ifeval_json);
IFEVAL_CHECK(ifeval_title);
IFEVAL_CHECK(ifeval_two);
IFEVAL_CHECK(ifeval_repeat);
IFEVAL_CHECK(ifeval_end);
IFEVAL_CHECK(ifeval_quotation);
IFEVAL_CHECK(ifeval_no_comma);
bool ifeval_nth_inside(struct ifeval_item *, struct err *);
#endif
