/* Patterns: what they match, and that none can hang a tool. */
#include <stdio.h>
#include <string.h>

#include "libcore/pattern.h"

static const struct {
	const char *pattern, *text;
	unsigned most, want;
} cases[] = {
	{ "abc", "xABCx", 9, 1 },
	{ "a", "banana", 9, 3 },
	{ "a", "banana", 2, 2 },
	{ "\\b\\w+\\b", "één 二 x", 9, 3 },
	{ "x*", "aé", 9, 3 }, /* empty matches end */
	{ "a.b", "a\nb", 9, 0 },
	{ "(?-i)A", "a", 9, 0 },
	{ "多少", "一共多少个", 1, 1 },
	{ "x", "", 1, 0 },
	{ "", "", 5, 1 },
};

int
main(void)
{
	static char as[4001];
	struct err e;
	struct pattern *p;
	bool up = false;
	int bad = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned n;

		p = pattern_new(cases[i].pattern, &e);
		n = p ? pattern_count(
			    p, str_of(cases[i].text), cases[i].most, &up)
		      : 99;
		if (n != cases[i].want || up) {
			printf("FAIL %s in '%s': %u\n", cases[i].pattern,
			    cases[i].text, n);
			bad = 1;
		}
		pattern_free(p);
	}
	if (pattern_new("a(b", &e) || !strstr(e.why, "character 4")) {
		printf("FAIL a(b: %s\n", e.why);
		bad = 1;
	}
	memset(as, 'a', sizeof as - 1);
	p = pattern_new("(a+)+[0-9]", &e);
	if (!p || pattern_count(p, str_of(as), 1, &up) || !up) {
		printf("FAIL a pattern that never ends\n");
		bad = 1;
	}
	pattern_free(p);
	return bad;
}
