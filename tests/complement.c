/* Complements with each fault and without, cleaned replies, prompts that need
 * none. */
#include <stdio.h>
#include <string.h>

#include "libcore/complement.h"

static const char how[] = "How do I look after a cactus at home?";

static const struct {
	const char *prompt, *complement, *keywords;
	enum complement_fault want;
} checks[] = {
	{ how,
	    "Please give practical steps on watering and light for beginners, "
	    "clearly structured.",
	    "", COMPLEMENT_FINE },
	{ "如何照顾家里的仙人掌？", "请从浇水和光照两方面分条说明，语言通俗。",
	    "", COMPLEMENT_FINE },
	{ how, " -- ", "", COMPLEMENT_EMPTY },
	{ how, "Please explain \xef\xbf\xbd clearly", "", COMPLEMENT_EMPTY },
	{ how, "The user wants to keep a plant.", "", COMPLEMENT_DRIFTS },
	{ how,
	    "one two three four five six seven eight nine ten eleven twelve "
	    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
	    "twenty more words than thirty would be here now and so on yes "
	    "really",
	    "", COMPLEMENT_LONG },
	{ how, "Focus on what experts such as Monty Don recommend.", "",
	    COMPLEMENT_DRIFTS },
	{ how, "Focus on what experts such as Monty Don recommend.",
	    "monty\ndon", COMPLEMENT_FINE },
	{ how, "Follow https://example.org closely.", "", COMPLEMENT_DRIFTS },
	{ how, "Explain what \"areole\" means as well.", "",
	    COMPLEMENT_DRIFTS },
	{ how, "Use simple English and a Markdown list.", "", COMPLEMENT_FINE },
	{ how, "How do I look after a cactus at home, please?", "",
	    COMPLEMENT_SUPERFLUOUS },
	{ how, "Please help. Keep to the intent of the prompt.", "",
	    COMPLEMENT_SUPERFLUOUS },
	{ how, "Be brief.", "", COMPLEMENT_FINE },
	{ how, "Sure! Water it once a month.", "", COMPLEMENT_ANSWERS },
	{ how, "In summer I water mine every month.", "", COMPLEMENT_ANSWERS },
	{ how, "Do you want tips on light?", "", COMPLEMENT_ANSWERS },
	{ "2 + 3?", "Give the steps: 2 + 3 = 5.", "", COMPLEMENT_ANSWERS },
	{ "如何照顾仙人掌？", "好的，请说明浇水的方法。", "",
	    COMPLEMENT_ANSWERS },
	{ how, "Write 1500 words on light.", "", COMPLEMENT_DRIFTS },
	{ "Which 1500 words?", "Write at least 1500 words on light.", "",
	    COMPLEMENT_DEMANDS },
	{ how, "Give 20 detailed examples.", "", COMPLEMENT_DEMANDS },
	{ how,
	    "It must only include a table, at least two paragraphs and exactly "
	    "five sentences.",
	    "", COMPLEMENT_DEMANDS },
	{ how, "请从浇水和光照两方面分条说明，语言通俗。", "",
	    COMPLEMENT_LANGUAGE },
	{ "如何照顾家里的仙人掌？",
	    "Please explain the steps for watering and light clearly.", "",
	    COMPLEMENT_LANGUAGE },
};

static const struct {
	const char *reply, *want;
	long words;
} cleaned[] = {
	{ " \"Be  brief\nand clear.\" ", "Be brief and clear.", 30 },
	{ "<Complementary Information>: **Be brief.**", "Be brief.", 30 },
	{ "补充信息：请简洁。", "请简洁。", 30 },
	{ "Be brief. Give steps. Then go on and on.", "Be brief. Give steps.",
	    5 },
	{ "请简洁。请分条说明步骤。", "请简洁。", 3 },
	{ "No end in these words", "No end in these words", 3 },
	{ "", "", 30 },
};

static const struct {
	const char *prompt, *want;
} needless[] = {
	{ "How do I look after a cactus?", NULL },
	{ "如何照顾仙人掌", NULL },
	{ "hi", "asks for nothing" },
	{ "", "asks for nothing" },
	{ "12345", "asks for nothing" },
	{ "Is 7 a prime number? Only answer with one word.",
	    "prescribes its answer's form" },
	{ "翻译这句话，只输出译文", "prescribes its answer's form" },
	{ "Write a poem of exactly ten words without the letter e, in the "
	  "style of Poe, as JSON",
	    "four conditions already" },
};

int
main(void)
{
	struct buf b = { 0 };
	char text[4096] = "";
	int bad = 0;

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		struct complement_of of = { .prompt = str_of(checks[i].prompt),
			.keywords = str_of(checks[i].keywords),
			.request = STR("Keep to the intent of the prompt. Be "
				       "brief.\n"),
			.words = 30 };
		enum complement_fault got =
		    complement_check(&of, str_of(checks[i].complement));

		if (got != checks[i].want) {
			printf("FAIL '%s': %s, not %s\n", checks[i].complement,
			    complement_faults[got],
			    complement_faults[checks[i].want]);
			bad = 1;
		}
	}
	for (size_t i = 0; i < sizeof cleaned / sizeof *cleaned; i++) {
		buf_reset(&b);
		complement_clean(
		    &b, str_of(cleaned[i].reply), cleaned[i].words);
		if (!str_eq(
			(struct str){ b.s ? b.s : "", b.n }, cleaned[i].want)) {
			printf("FAIL '%s': '%.*s'\n", cleaned[i].reply,
			    (int)b.n, b.s ? b.s : "");
			bad = 1;
		}
	}
	for (size_t i = 0; i < sizeof needless / sizeof *needless; i++) {
		const char *got =
		    complement_needless(str_of(needless[i].prompt), 150);
		const char *want = needless[i].want;

		if ((got == NULL) != (want == NULL) ||
		    (got && strcmp(got, want) != 0)) {
			printf("FAIL '%s': %s\n", needless[i].prompt,
			    got ? got : "may need one");
			bad = 1;
		}
	}
	for (int i = 0; i < 200; i++)
		strcat(text, "why so? ");
	if (!complement_needless(str_of(text), 150) ||
	    strcmp(complement_needless(str_of(text), 150), "long already")) {
		printf("FAIL a long prompt\n");
		bad = 1;
	}
	buf_done(&b);
	complement_free();
	return bad;
}
