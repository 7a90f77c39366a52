/* Any text as a template: it parses or is refused with a message, and what it
 * renders is the same with and without a record of what is content. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/chat.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static const char messages[] =
    "[{\"role\":\"system\",\"content\":\"Be \\\"terse\\\".\\n\"},"
    "{\"role\":\"user\",\"content\":\"\\u00e9t\\u00e9 <|im_end|> {x}\"},"
    "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"Hm\","
    "\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":\"f\","
    "\"arguments\":{\"x\":[1,2.5,true,null,12345678901234567890]}}}]},"
    "{\"role\":\"tool\",\"content\":[{\"type\":\"text\",\"text\":\"7\"}]},"
    "{\"role\":\"assistant\",\"content\":\"  <think>a</think> b  \"}]";
static const char tools[] =
    "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
    "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"array\"}}}}}]";
static const char vars[] =
    "{\"n\":7,\"s\":\"H\\u00e9llo\",\"l\":[3,1,2],\"d\":{\"b\":1,\"a\":2}}";

static void
check(const struct buf *text, const struct ranges *content)
{
	size_t last = 0;

	for (size_t i = 0; i < content->n; i++) {
		assert(content->r[i].from < content->r[i].to);
		assert(content->r[i].to <= text->n);
		assert(!i || content->r[i].from > last);
		last = content->r[i].to;
	}
}

static void
render(const struct chat *c, const struct chat_talk *t, bool prompt)
{
	struct buf plain = { 0 }, marked = { 0 };
	struct ranges content = { 0 };
	struct err e = { { 0 } };
	bool ok = chat_text(c, t, prompt, &plain, NULL, &e);

	assert(ok || (e.why[0] && !plain.n));
	if (chat_text(c, t, prompt, &marked, &content, &e) && ok) {
		assert(plain.n == marked.n);
		assert(!plain.n || !memcmp(plain.s, marked.s, plain.n));
		check(&marked, &content);
	}
	buf_done(&plain);
	buf_done(&marked);
	free(content.r);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct chat_talk talk = { STR(messages), STR(tools), STR("<s>"),
		STR("</s>"), STR(vars), "2026-11-23" };
	struct err e = { { 0 } };
	struct chat *c;

	c = chat_parse((struct str){ (const char *)data, n }, &e);
	if (!c) {
		assert(e.why[0]);
		return 0;
	}
	render(c, &talk, true);
	chat_free(c);
	return 0;
}
