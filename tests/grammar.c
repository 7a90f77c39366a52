/*
 * What grammars let through: texts made by chance satisfy their schema; texts
 * of JSON are let through, damaged ones as the parser judges them.
 */
#include <stdio.h>
#include <string.h>

#include "libcore/grammar.h"
#include "libcore/hash.h"

static int bad;

static const char *const schemas[] = {
	"true",
	"{\"type\":\"object\",\"properties\":{\"reason\":{\"type\":\"string\"},"
	"\"score\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}},"
	"\"required\":[\"reason\",\"score\"]}",
	"{\"type\":\"object\",\"properties\":{\"a\":{},\"ab\":{\"type\":"
	"\"null\"},\"abc\":{\"type\":\"boolean\"}},\"required\":[\"ab\"]}",
	"{\"enum\":[1,10,100,\"x\",null,[1, 2],{\"a\": 1}]}",
	"{\"type\":\"integer\",\"enum\":[1,10,\"x\"]}",
	"{\"type\":\"number\",\"minimum\":0,\"maximum\":1}",
	"{\"type\":\"number\",\"minimum\":-0.25,\"exclusiveMaximum\":0.12}",
	"{\"type\":\"number\",\"minimum\":0.12,\"maximum\":0.12}",
	"{\"type\":\"integer\",\"minimum\":-17,\"maximum\":-3}",
	"{\"type\":\"integer\",\"exclusiveMinimum\":99,\"maximum\":1200}",
	"{\"type\":\"integer\",\"maximum\":5}",
	"{\"type\":\"string\",\"minLength\":2,\"maxLength\":4}",
	"{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":2,"
	"\"maxItems\":3}",
	"{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"},{\"type\":"
	"\"null\"}],\"items\":false,\"minItems\":1}",
	"{\"type\":\"array\",\"items\":{\"enum\":[\"a\",\"b\"]},\"minItems\":"
	"3}",
	"{\"anyOf\":[{\"type\":\"string\",\"maxLength\":3},{\"type\":\"null\"},"
	"{\"type\":\"object\",\"properties\":{\"k\":{\"const\":1}},"
	"\"required\":"
	"[\"k\"]},{\"type\":\"object\",\"properties\":{\"k\":{\"const\":12}},"
	"\"required\":[\"k\"]}]}",
	"{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
	"{\"$defs\":{\"tree\":{\"type\":\"object\",\"properties\":{\"v\":"
	"{\"type\":\"integer\"},\"c\":{\"type\":\"array\",\"items\":{\"$ref\":"
	"\"#/$defs/tree\"}}},\"required\":[\"v\",\"c\"]}},\"$ref\":"
	"\"#/$defs/tree\"}",
	"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"array\","
	"\"items\":{\"type\":[\"null\",\"boolean\"]}}}",
	"{\"type\":\"object\",\"additionalProperties\":false}",
	"{\"type\":\"object\",\"required\":[\"any\"]}",
};

static uint64_t draws;

static uint64_t
chance(uint64_t n)
{
	return rng_below(n, 7, 1, draws++);
}

/* The next byte: one that closes where the dice say so, else any. */
static bool
next_byte(const struct grammar *g, const struct grammar_state *s,
    struct grammar_state *to, char *c, bool hurry)
{
	unsigned char may[256];
	size_t n = 0;

	for (unsigned b = 0; b < 256; b++)
		if (grammar_byte(g, to, s, (unsigned char)b))
			may[n++] = (unsigned char)b;
	if (!n)
		return false;
	*c = (char)may[chance(n)];
	for (size_t i = 0; i < n; i++)
		if (strchr("\"]}", may[i]) && may[i] &&
		    chance(hurry ? 2 : 8) == 0)
			*c = (char)may[i];
	return grammar_byte(g, to, s, (unsigned char)*c);
}

static bool
make(const struct grammar *g, struct buf *b)
{
	static struct grammar_state a, z;

	grammar_start(g, &a);
	buf_reset(b);
	while (!grammar_must_end(&a)) {
		char c;

		if (grammar_may_end(g, &a) && chance(3) == 0)
			break;
		if (b->n > 20000 || !next_byte(g, &a, &z, &c, b->n > 200))
			return grammar_may_end(g, &a); /* all digits there are */
		buf_char(b, c);
		grammar_copy(&a, &z);
	}
	return true;
}

static void
by_chance(size_t which, int times)
{
	struct schema *s;
	struct grammar *g;
	struct buf b = { 0 };
	struct err e = { "" };

	s = schema_new(str_of(schemas[which]), &e);
	g = s ? grammar_new(s, &e) : NULL;
	if (!g) {
		printf("FAIL %s: %s\n", schemas[which], e.why);
		bad = 1;
		schema_free(s);
		return;
	}
	for (int i = 0; i < times; i++) {
		struct json_doc d = { 0 };
		size_t at;

		if (!make(g, &b) || !json_parse(&d, b.s, b.n, 64, &at, &e) ||
		    !schema_check(s, &d, d.tape, &e)) {
			printf("FAIL %s: '%.*s': %s\n", schemas[which],
			    (int)b.n, b.s ? b.s : "", e.why);
			bad = 1;
		}
		json_done(&d);
	}
	buf_done(&b);
	grammar_free(g);
	schema_free(s);
}

static bool
accepts(const struct grammar *g, const char *text, size_t n)
{
	static struct grammar_state s[2];

	grammar_start(g, s);
	for (size_t i = 0; i < n; i++)
		if (!grammar_byte(
			g, s + !(i & 1), s + (i & 1), (unsigned char)text[i]))
			return false;
	return grammar_may_end(g, s + (n & 1));
}

static const struct {
	const char *schema, *text;
	bool yes;
} texts[] = {
	{ "true", "{\"a\": [1, 2.5e+3, -0, \"\\u00e9\\ud83d\\ude00\"]}", true },
	{ "true", "{\n  \"a\": 1,\n  \"b\": []\n}", true },
	{ "true", "{ \"a\":1}", true },
	{ "true", "{  \"a\":1}", false },
	{ "true", "{\"a\" :1}", false },
	{ "true", "[1 ,2]", false },
	{ "true", "[1,]", false },
	{ "true", "01", false },
	{ "true", "-", false },
	{ "true", "1.", false },
	{ "true", "\"\\ud83d\"", false },
	{ "true", "\"\\ude00\"", false },
	{ "true", "\"\\ud83d\\u0041\"", false },
	{ "true", "\"\xc0\x80\"", false },
	{ "true", "\"\xed\xa0\x80\"", false },
	{ "true", "\"\xf4\x8f\xbf\xbf\"", true },
	{ "true", "\"\xf4\x90\x80\x80\"", false },
	{ "true", "\"\n\"", false },
	{ "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}", "10", true },
	{ "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}", "11", false },
	{ "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}", "0", false },
	{ "{\"type\":\"integer\",\"minimum\":1}", "-1", false },
	{ "{\"enum\":[1,10]}", "1", true },
	{ "{\"enum\":[1,10]}", "10", true },
	{ "{\"enum\":[1,10]}", "100", false },
};

static const struct {
	const char *schema, *why;
} refused[] = {
	{ "{\"type\":\"string\",\"pattern\":\"a\"}", "'pattern' is not there" },
	{ "{\"uniqueItems\":true,\"type\":\"array\"}", "'uniqueItems' is" },
	{ "{\"not\":{}}", "'not' is not there" },
	{ "{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}",
	    "no number is within" },
	{ "{\"type\":\"integer\",\"minimum\":2.1,\"maximum\":2.9}",
	    "no number is within" },
	{ "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},"
	  "\"required\":[\"a\"]}",
	    "no value is shallow enough" },
	{ "{\"oneOf\":[{\"type\":\"number\"},{\"type\":\"integer\"}]}",
	    "'oneOf' whose schemas" },
	{ "{\"type\":\"object\",\"anyOf\":[{},{}]}", "beside other keywords" },
	{ "{\"type\":\"string\",\"enum\":[1]}", "no value of enum" },
	{ "{\"type\":\"number\",\"multipleOf\":0.5}", "'multipleOf' is" },
	{ "false", "nothing may be there" },
	{ "{\"type\":\"number\",\"minimum\":1e30}", "bounds that large" },
};

/* Damaged texts: what is let through, the parser takes. */
static void
damaged(void)
{
	static const char whole[] =
	    "{\"a\":[1,-2.5e+3,true,null],\"b\":{\"c\":\"x\\n\\u00e9\"},\"d\":"
	    "\"\xc3\xa9\"}";
	struct grammar *g = grammar_json();
	struct json_doc d = { 0 };
	struct err e;
	size_t at, n = sizeof whole - 1;

	if (!accepts(g, whole, n) || accepts(g, "1", 1) ||
	    accepts(g, "[]", 2)) {
		printf("FAIL an object, and nothing else\n");
		bad = 1;
	}
	for (int i = 0; i < 20000; i++) {
		char text[sizeof whole];

		memcpy(text, whole, sizeof whole);
		for (uint64_t k = 0; k <= chance(2); k++)
			text[chance(n)] =
			    chance(2) ? whole[chance(n)] : (char)chance(256);
		if (accepts(g, text, n) !=
			json_parse(&d, text, n, 64, &at, &e) &&
		    accepts(g, text, n)) {
			printf("FAIL '%s'\n", text);
			bad = 1;
		}
	}
	json_done(&d);
	grammar_free(g);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
		by_chance(i, 60);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct err e;
		struct schema *s = schema_new(str_of(texts[i].schema), &e);
		struct grammar *g = s ? grammar_new(s, &e) : NULL;

		if (!g || accepts(g, texts[i].text, strlen(texts[i].text)) !=
			      texts[i].yes) {
			printf("FAIL %s\n", texts[i].text);
			bad = 1;
		}
		grammar_free(g);
		schema_free(s);
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct err e = { "accepted" };
		struct schema *s = schema_new(str_of(refused[i].schema), &e);
		struct grammar *g = s ? grammar_new(s, &e) : NULL;

		if (g || !strstr(e.why, refused[i].why)) {
			printf("FAIL %s: %s\n", refused[i].schema, e.why);
			bad = 1;
		}
		grammar_free(g);
		schema_free(s);
	}
	damaged();
	return bad;
}
