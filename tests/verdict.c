/* Judges' answers: what is found in them, and what is said to be wrong. */
#include <stdio.h>
#include <string.h>

#include "libcore/verdict.h"

static int bad;

/* score: what is read, or the fault. */
static const struct {
	const char *answer, *fault;
	int score;
} cases[] = {
	{ "{\"reason\":\"fine\",\"score\":7}", NULL, 7 },
	{ "Let me think {so}.\n```json\n{\"score\": 10}\n```\nDone.", NULL,
	    10 },
	{ "{\"score\":3} or rather {\"score\":4}", NULL, 4 },
	{ "{\"score\":3} {\"other\":4}", NULL, 3 },
	{ "{\"score\":8,\"parts\":{\"score\":2}}", NULL, 8 },
	{ "{\"reason\":\"a } and a { and a \\\" in it\",\"score\":5}", NULL,
	    5 },
	{ "{\"score\":\"6\"}", NULL, 6 },
	{ "{\"score\":6.0}", NULL, 6 },
	{ "{ { \"score\":6}", NULL, 6 },
	{ "{{\"score\":6}}", NULL, 6 },
	{ "", "there is no JSON object in it", 0 },
	{ "I give it 7.", "there is no JSON object in it", 0 },
	{ "{\"score\":7", "its JSON object does not end", 0 },
	{ "{\"reason\":\"cut", "its JSON object does not end", 0 },
	{ "{score: 7}", "its object is not valid JSON", 0 },
	{ "{\"score\":7,}", "its object is not valid JSON", 0 },
	{ "{\"note\":7}", "its JSON object has no \"score\"", 0 },
	{ "{\"score\":0}", "its \"score\" is not a whole number from 1 to 10",
	    0 },
	{ "{\"score\":11}", "its \"score\" is not a whole number from 1 to 10",
	    0 },
	{ "{\"score\":7.5}", "its \"score\" is not a whole number from 1 to 10",
	    0 },
	{ "{\"score\":\"7.5\"}",
	    "its \"score\" is not a whole number from 1 to 10", 0 },
	{ "{\"score\":\"7/10\"}",
	    "its \"score\" is not a whole number from 1 to 10", 0 },
	{ "{\"score\":null}",
	    "its \"score\" is not a whole number from 1 to 10", 0 },
	{ "{\"score\":1e400}",
	    "its \"score\" is not a whole number from 1 to 10", 0 },
};

static void
scores(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct verdict v = { 0 };
		struct err e = { "" };
		int score = 0;
		bool ok =
		    verdict_read(&v, str_of(cases[i].answer), "score", &e) &&
		    verdict_whole(&v, "score", 1, 10, &score, &e);

		if (ok != !cases[i].fault || score != cases[i].score ||
		    (!ok && strcmp(e.why, cases[i].fault))) {
			printf(
			    "FAIL %s: %d, %s\n", cases[i].answer, score, e.why);
			bad = 1;
		}
		verdict_done(&v);
	}
}

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static void
words(void)
{
	static const char *const abc[] = { "A", "B", "tie", NULL };
	struct verdict v = { 0 };
	struct err e = { "" };
	int which = -1;

	expect(verdict_read(&v,
		   STR("{\"better\":\" TIE\\n\",\"reason\":\"both\","
		       "\"same_result\":true,\"x\":\"C\",\"n\":1}"),
		   "better", &e),
	    "read");
	expect(verdict_word(&v, "better", abc, &which, &e) && which == 2,
	    "a word");
	expect(!verdict_word(&v, "x", abc, &which, &e) &&
		   !strcmp(e.why, "its \"x\" is not \"A\", \"B\" or \"tie\""),
	    "no word");
	expect(!verdict_word(&v, "n", abc, &which, &e), "no string");
	expect(str_eq(verdict_text(&v, "reason"), "both"), "a text");
	expect(!verdict_text(&v, "n").s, "no text");
	expect(verdict_flag(&v, "same_result") == 1, "a flag");
	expect(verdict_flag(&v, "same_steps") == -1, "no flag");
	verdict_done(&v);
}

/* As many braces as one likes, in no time. */
static void
braces(void)
{
	struct verdict v = { 0 };
	struct buf b = { 0 };
	struct err e;

	for (int i = 0; i < 1 << 20; i++)
		buf_char(&b, '{');
	expect(!verdict_read(&v, (struct str){ b.s, b.n }, "score", &e) &&
		   !strcmp(e.why, "its JSON object does not end"),
	    "a million braces");
	buf_done(&b);
	verdict_done(&v);
}

int
main(void)
{
	scores();
	words();
	braces();
	return bad;
}
