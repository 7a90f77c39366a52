/* The parser against texts that are and are not JSON, and what it reads. */
#include <stdio.h>
#include <string.h>

#include "libcore/json.h"

static const struct {
	const char *text;
	long at; /* where it goes wrong; -1 where it does not */
} cases[] = {
	{ "{}", -1 }, { " [1, 2,\t{\"a\":[]}] ", -1 },
	{ "123456789012345678901234567890.5e-7", -1 },
	{ "\"\\ud800 \\u0000 \\n\"", -1 },
	{ "\"\xe6\xb1\x89\xf0\x9f\x98\x80\"", -1 }, { "[1,2,}", 5 },
	{ "[1,2,]", 5 }, { "{\"a\":01}", 5 }, { "{\"a\":1,}", 7 },
	{ "{\"a\" 1}", 5 }, { "{a:1}", 1 }, { "[1 2]", 3 }, { "\"\t\"", 1 },
	{ "\"\\x\"", 1 }, { "\"\\u12g4\"", 1 }, { "\"\xc0\x80\"", 1 },
	{ "\"\xed\xa0\x80\"", 1 }, { "\"abc", 4 }, { "nul", 0 }, { "-", 1 },
	{ "1.", 2 }, { "1e", 2 }, { "[", 1 }, { "", 0 }, { "{} {}", 3 },
	{ "[[[[[]]]]]", 4 }, /* depth 4 */
};

static int bad;

static void
expect(int ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static void
numbers(void)
{
	static const struct {
		double x;
		const char *want;
	} n[] = {
		{ 0.1, "0.1" },
		{ 1, "1.0" },
		{ -0.0, "-0.0" },
		{ 1e16, "1e+16" },
		{ 123456789012345680.0, "1.2345678901234568e+17" },
		{ 1e15, "1000000000000000.0" },
		{ 5e-324, "5e-324" },
		{ 0.0001, "0.0001" },
		{ 0.00001234, "1.234e-05" },
		{ 2.5, "2.5" },
	};
	char s[32];

	for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
		size_t len = num_real(s, n[i].x);

		expect(len == strlen(n[i].want) && !memcmp(s, n[i].want, len),
		    n[i].want);
	}
}

int
main(void)
{
	struct json_doc d = { 0 };
	struct arena mem = { 0 };
	struct err e;
	struct str s;
	int64_t i;
	size_t at;

	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		const char *t = cases[c].text;
		bool ok = json_parse(&d, t, strlen(t), 4, &at, &e);

		if (ok != (cases[c].at < 0) ||
		    (!ok && (long)at != cases[c].at)) {
			printf(
			    "FAIL %s: %s at %zu\n", t, ok ? "ok" : e.why, at);
			bad = 1;
		}
	}
	static const char t[] =
	    "{\"a\":[1,{\"b\":2}],\"c\":\"x\\u00e9\\ud83d"
	    "\\ude00\\n\",\"a\":3.0,\"\\u0064\":\"\\ud800\"}";
	expect(json_parse(&d, t, sizeof t - 1, 9, &at, &e), "object");
	expect(d.tape->n == 4 && d.tape->skip == d.used, "shape");
	expect(json_count(&d, d.tape, "a") == 2, "count");
	expect(json_int(&d, json_get(&d, d.tape, "a"), &i) && i == 3, "last");
	s = json_str(&d, json_get(&d, d.tape, "c"), &mem);
	expect(str_eq(s, "x\xc3\xa9\xf0\x9f\x98\x80\n"), "unescape");
	expect(!json_str(&d, json_get(&d, d.tape, "d"), &mem).s, "surrogate");
	numbers();
	json_done(&d);
	arena_done(&mem);
	return bad;
}
