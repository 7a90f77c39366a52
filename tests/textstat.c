/* Counts worked out by hand. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libcore/textstat.h"

static const struct {
	const char *text;
	enum textstat what;
	double want;
} cases[] = {
	{ "", TS_CHARS, 0 },
	{ "", TS_REPEATED, 0 },
	{ "Two words.", TS_WORDS, 2 },
	{ "你好 world", TS_WORDS, 2 },
	{ "你好吗", TS_DISTINCT, 3 }, /* two pairs and the last */
	{ "a b a c", TS_DISTINCT, 3 },
	{ "One. Two! Three???", TS_SENTENCES, 3 },
	{ "它是3.14。好！", TS_SENTENCES, 2 },
	{ "no end", TS_SENTENCES, 1 },
	{ "What?? Why？", TS_QUESTIONS, 2 },
	{ "12 and 3.4", TS_NUMBERS, 3 },
	{ "a\n\n b\n", TS_LINES, 2 },
	{ "- a\n* b\n1. c\n23) d\n2、e\n-f\n1.5", TS_ITEMS, 5 },
	{ "```\nx\n```", TS_FENCES, 1 },
	{ "see https://a.b and http://c", TS_LINKS, 2 },
	{ "a b c d e a b c d e", TS_REPEATED, 0.5 },
	{ "a b c d e f g h", TS_REPEATED, 0 },
	{ "ab, c", TS_LETTERS, 0.75 },
	{ "ABcd", TS_UPPER, 0.5 },
	{ "x\xef\xbf\xbd\x01y", TS_BROKEN, 500 },
	{ "caf\xc3\x83\xc2\xa9", TS_BROKEN, 200 },
	{ "so!!!! yes", TS_RUN, 4 },
	{ "a     b", TS_RUN, 1 },
};

int
main(void)
{
	double v[TEXTSTATS];
	int bad = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		textstat(v, str_of(cases[i].text));
		if (fabs(v[cases[i].what] - cases[i].want) > 1e-12) {
			printf("FAIL %s of '%s': %g, not %g\n",
			    textstat_names[cases[i].what], cases[i].text,
			    v[cases[i].what], cases[i].want);
			bad = 1;
		}
	}
	if (textstat_find(STR("words")) != TS_WORDS ||
	    textstat_find(STR("word")) != TEXTSTATS) {
		printf("FAIL names\n");
		bad = 1;
	}
	return bad;
}
