/* Schemas, values that satisfy them and values that do not. */
#include <stdio.h>
#include <string.h>

#include "libcore/schema.h"

static int bad;

static const struct {
	const char *schema, *value, *why; /* why: NULL for a value that fits */
} cases[] = {
	{ "true", "[1]", NULL },
	{ "{}", "null", NULL },
	{ "false", "1", "/: 1 may not be there" },
	{ "{\"type\":\"integer\"}", "3", NULL },
	{ "{\"type\":\"integer\"}", "3.0", NULL },
	{ "{\"type\":\"integer\"}", "3.5", "of another type" },
	{ "{\"type\":\"number\"}", "3", NULL },
	{ "{\"type\":[\"string\",\"null\"]}", "null", NULL },
	{ "{\"type\":[\"string\",\"null\"]}", "false", "of another type" },
	{ "{\"minimum\":1,\"maximum\":10}", "10", NULL },
	{ "{\"minimum\":1,\"maximum\":10}", "0.9", "below the minimum" },
	{ "{\"minimum\":1,\"maximum\":10}", "11", "above the maximum" },
	{ "{\"minimum\":1,\"maximum\":10}", "\"a\"", NULL },
	{ "{\"exclusiveMinimum\":0}", "0", "below the minimum" },
	{ "{\"exclusiveMinimum\":0,\"minimum\":1}", "1", NULL },
	{ "{\"minimum\":1,\"exclusiveMinimum\":1}", "1", "below" },
	{ "{\"multipleOf\":0.1}", "0.3", NULL },
	{ "{\"multipleOf\":2}", "3", "no multiple" },
	{ "{\"minLength\":2,\"maxLength\":3}", "\"潮汐\"", NULL },
	{ "{\"minLength\":2,\"maxLength\":3}", "\"a\"", "too short" },
	{ "{\"maxLength\":3}", "\"abcd\"", "too long" },
	{ "{\"maxLength\":1}", "\"\\u00e9\"", NULL },
	{ "{\"pattern\":\"^a+$\"}", "\"aa\"", NULL },
	{ "{\"pattern\":\"^a+$\"}", "\"AA\"", "does not match" },
	{ "{\"enum\":[1,\"a\",{\"x\":[1,2]}]}", "{\"x\":[1.0,2]}", NULL },
	{ "{\"enum\":[1,\"a\"]}", "\"b\"", "none of the values" },
	{ "{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2,\"a\":1}", NULL },
	{ "{\"const\":null}", "0", "none of the values" },
	{ "{\"items\":{\"type\":\"integer\"}}", "[1,2]", NULL },
	{ "{\"items\":{\"type\":\"integer\"}}", "[1,\"a\"]",
	    "/1: \"a\" is of another" },
	{ "{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}",
	    "[\"a\"]", NULL },
	{ "{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}",
	    "[\"a\",1]", "/1: 1 may not" },
	{ "{\"items\":[{\"type\":\"string\"}],\"additionalItems\":"
	  "{\"type\":\"null\"}}",
	    "[\"a\",null]", NULL },
	{ "{\"minItems\":1}", "[]", "too few" },
	{ "{\"maxItems\":1}", "[1,2]", "too many" },
	{ "{\"uniqueItems\":true}", "[1,2,1.0]", "twice" },
	{ "{\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\","
	  "\"b\"]}",
	    "{\"a\":\"x\",\"b\":1}", NULL },
	{ "{\"required\":[\"a\",\"b\"]}", "{\"a\":1}", "lacks the member 'b'" },
	{ "{\"properties\":{\"a\":{\"properties\":{\"b\":{\"maximum\":1}}}}}",
	    "{\"a\":{\"b\":2}}", "/a/b: 2 is above" },
	{ "{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
	    "{\"b\":2}", "/b: 2 may not be there" },
	{ "{\"additionalProperties\":{\"type\":\"integer\"}}", "{\"b\":\"\"}",
	    "/b: \"\" is of another type" },
	{ "{\"minProperties\":1}", "{}", "too few members" },
	{ "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]}", "7", NULL },
	{ "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]}", "3",
	    "nothing of anyOf" },
	{ "{\"oneOf\":[{\"minimum\":1},{\"minimum\":5}]}", "3", NULL },
	{ "{\"oneOf\":[{\"minimum\":1},{\"minimum\":5}]}", "7",
	    "exactly one of" },
	{ "{\"allOf\":[{\"minimum\":1},{\"maximum\":5}]}", "7", "above" },
	{ "{\"not\":{\"type\":\"null\"}}", "null", "must not" },
	{ "{\"$defs\":{\"t\":{\"type\":\"object\",\"properties\":{\"c\":"
	  "{\"items\":{\"$ref\":\"#/$defs/t\"}}},\"required\":[\"n\"]}},"
	  "\"$ref\":\"#/$defs/t\"}",
	    "{\"n\":1,\"c\":[{\"n\":2,\"c\":[]},{\"c\":[]}]}",
	    "/c/1: {\"c\":[]} lacks the member 'n'" },
	{ "{\"properties\":{\"self\":{\"$ref\":\"#\"}},"
	  "\"additionalProperties\":false}",
	    "{\"self\":{\"self\":{}}}", NULL },
	{ "{\"type\":\"string\",\"format\":\"date\",\"title\":\"x\"}",
	    "\"no date\"", NULL },
};

static const struct {
	const char *schema, *why;
} refused[] = {
	{ "[", "schema: byte 2" },
	{ "7", "#: a schema is an object" },
	{ "{\"type\":\"int\"}", "#: 'type' names no type" },
	{ "{\"properties\":{\"a\":{\"minLength\":-1}}}",
	    "#/properties/a: 'minLength' is no count" },
	{ "{\"if\":{}}", "#: 'if' is not there yet" },
	{ "{\"anyOf\":[]}", "'anyOf' is no list with schemas" },
	{ "{\"pattern\":\"(\"}", "pattern, character" },
	{ "{\"$ref\":\"#/nowhere\"}", "'$ref' is no place" },
	{ "{\"$ref\":\"#\"}", "leads back to itself" },
	{ "{\"multipleOf\":0}", "not above zero" },
	{ "{\"maximum\":\"a\"}", "'maximum' is no number" },
	{ "{\"required\":[1]}", "'required' holds" },
};

static void
check(size_t i)
{
	struct json_doc d = { 0 };
	struct err e = { "" };
	struct schema *s = schema_new(str_of(cases[i].schema), &e);
	const char *why = cases[i].why;
	size_t at;
	bool ok;

	if (!s || !json_parse(&d, cases[i].value, strlen(cases[i].value), 64,
		      &at, &e)) {
		printf("FAIL %s: %s\n", cases[i].schema, e.why);
		bad = 1;
		return;
	}
	ok = schema_check(s, &d, d.tape, &e);
	if (ok == (why != NULL) || (why && !strstr(e.why, why))) {
		printf("FAIL %s of %s: %s\n", cases[i].value, cases[i].schema,
		    ok ? "fits" : e.why);
		bad = 1;
	}
	json_done(&d);
	schema_free(s);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(i);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct err e = { "accepted" };
		struct schema *s = schema_new(str_of(refused[i].schema), &e);

		if (s || !strstr(e.why, refused[i].why)) {
			printf("FAIL %s: %s\n", refused[i].schema, e.why);
			bad = 1;
		}
		schema_free(s);
	}
	return bad;
}
