/* Texts with places, filled. */
#include <stdio.h>
#include <string.h>

#include "libcore/places.h"

static const struct place places[] = {
	{ "a", { "A", 1 } },
	{ "ab", { "{a}", 3 } },
	{ "empty", { "", 0 } },
	{ "none", { NULL, 0 } },
};

static const struct {
	const char *text, *want;
} cases[] = {
	{ "", "" },
	{ "x", "x" },
	{ "{a}{ab}{a}", "A{a}A" },
	{ "{a", "{a" },
	{ "{", "{" },
	{ "{{a}}", "{A}" },
	{ "{b} {a }", "{b} {a }" },
	{ "1{empty}2\n", "12\n" },
	{ "x\ny {a} {none} {a}\nz", "x\nz" },
	{ "{none}", "" },
	{ "\n\n{a}\n", "\n\nA\n" },
};

int
main(void)
{
	struct buf b = { 0 };
	int bad = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		places_fill(&b, str_of(cases[i].text), places,
		    sizeof places / sizeof *places);
		if (strcmp(b.s, cases[i].want) != 0) {
			printf("FAIL '%s': '%s'\n", cases[i].text, b.s);
			bad = 1;
		}
	}
	if (!places_has(STR("x {a}"), "a") ||
	    places_has(STR("{ab} a {"), "a")) {
		printf("FAIL places_has\n");
		bad = 1;
	}
	buf_done(&b);
	return bad;
}
