/* What servers answer, and what is made of it. That it comes over a network is
 * tested by endpoint.sh. */
#include <stdio.h>
#include <string.h>

#include "gpu/wire.h"
#include "libcore/address.h"
#include "libcore/names.h"

static int bad;

static void
same(const char *of, struct str got, const char *want)
{
	if (str_eq(got, want))
		return;
	printf(
	    "%s: '%.*s', not '%s'\n", of, (int)got.n, got.s ? got.s : "", want);
	bad = 1;
}

#define CHOICE "{\"choices\":[{\"message\":"

/* Content, or the fault; tokens -1: not counted. */
static const struct {
	const char *body, *content, *fault;
	int tokens;
} answers[] = {
	{ CHOICE "{\"content\":\"a\\u00e9\"}}]}", "a\xc3\xa9", NULL, -1 },
	{ CHOICE "{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":3,"
		 "\"completion_tokens\":4}}",
	    "a", NULL, 4 },
	{ CHOICE "{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":\"3\","
		 "\"completion_tokens\":4}}",
	    "a", NULL, -1 },
	{ CHOICE "{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":-3,"
		 "\"completion_tokens\":4}}",
	    "a", NULL, -1 },
	{ CHOICE "{\"content\":\"a\"}}],\"usage\":null}", "a", NULL, -1 },
	{ CHOICE "{\"content\":null}}]}", "", NULL, -1 },
	{ CHOICE "{\"content\":null,\"refusal\":\"no\"}}]}", "no", NULL, -1 },
	{ CHOICE "{\"content\":\"a\",\"refusal\":\"no\"}}]}", "a", NULL, -1 },
	{ CHOICE "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{},"
		 "{\"text\":\"b\"}]}}]}",
	    "ab", NULL, -1 },
	{ CHOICE "{\"content\":[{\"text\":1}]}}]}", NULL,
	    "no text in its 'text'", 0 },
	{ CHOICE "{\"content\":\"a\"}},{\"message\":7}]}", "a", NULL, -1 },
	{ "", NULL, "it is not JSON: ", 0 },
	{ "{\"choices\":[{\"message\":{\"content\":\"ha", NULL,
	    "it is not JSON: ", 0 },
	{ "[]", NULL, "it has no choice", 0 },
	{ "{\"choices\":[]}", NULL, "it has no choice", 0 },
	{ "{\"choices\":[{}]}", NULL, "its choice has no message", 0 },
	{ "{\"choices\":[{\"message\":[]}]}", NULL, "its choice has no message",
	    0 },
	{ CHOICE "{}}]}", NULL, "its message has no content", 0 },
	{ CHOICE "{\"content\":true}}]}", NULL, "no text in its 'content'", 0 },
	{ CHOICE "{\"content\":\"\\ud800\"}}]}", NULL,
	    "no text in its 'content'", 0 },
	{ CHOICE "{\"content\":\"a\"},\"finish_reason\":7}]}", NULL,
	    "no text in its 'finish_reason'", 0 },
	{ CHOICE "{\"content\":\"a\"},\"finish_reason\":"
		 "\"0123456789012345678901234567890123456789x\"}]}",
	    NULL, "too long is its 'finish_reason'", 0 },
	{ CHOICE "{\"content\":\"a\"},\"logprobs\":{\"content\":{}}}]}", NULL,
	    "no list in its 'logprobs'", 0 },
	{ CHOICE "{\"content\":\"a\"},\"logprobs\":{\"content\":[{}]}}]}", NULL,
	    "no number in its 'logprob'", 0 },
	{ CHOICE "{\"content\":\"a\"},\"logprobs\":{\"content\":"
		 "[{\"logprob\":-1e300}]}}]}",
	    NULL, "no number in its 'logprob'", 0 },
	{ "{\"error\":{\"message\":\"too busy\"}}", NULL, "too busy", 0 },
	{ "{\"error\":\"too busy\"}", NULL, "too busy", 0 },
};

static void
read_answers(void)
{
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct arena mem = { 0 };
		struct wire_answer a;
		struct buf why = { 0 };
		const char *body = answers[i].body, *fault = answers[i].fault;
		bool ok = wire_answer(&a, str_of(body), &mem, &why);

		if (ok == (fault != NULL)) {
			printf("%s: %s\n", body, why.s ? why.s : "taken");
			bad = 1;
		} else if (ok) {
			same(body, a.content, answers[i].content);
			same(body, a.finish, "stop");
			if ((a.counted ? (int)a.drawn : -1) !=
			    answers[i].tokens) {
				printf("%s: %zu tokens\n", body, a.drawn);
				bad = 1;
			}
		} else {
			why.n = strlen(fault) < why.n ? strlen(fault) : why.n;
			same(body, (struct str){ why.s, why.n }, fault);
		}
		buf_done(&why);
		arena_done(&mem);
	}
}

/* All that may stand beside the content. */
static void
read_more(void)
{
	static const char body[] =
	    CHOICE "{\"content\":null,\"reasoning\":\"hm\",\"tool_calls\": "
		   "[ {\"a\" :\n\"b \\\" \\\\\"} ]},\"finish_reason\":"
		   "\"tool_calls\",\"logprobs\":{\"content\":[{\"logprob\":"
		   "-0.5},{\"logprob\":0}]}}]}";
	struct arena mem = { 0 };
	struct wire_answer a;
	struct buf why = { 0 };

	if (!wire_answer(&a, str_of(body), &mem, &why)) {
		printf("more: %s\n", why.s);
		bad = 1;
		return;
	}
	same("reasoning", a.reasoning, "hm");
	same("calls", a.tool_calls, "[{\"a\":\"b \\\" \\\\\"}]");
	same("finish", a.finish, "tool_calls");
	if (a.n != 2 || a.logps[0] > -0.5f || a.logps[1] < 0) {
		printf("%zu log-probabilities\n", a.n);
		bad = 1;
	}
	arena_done(&mem);
}

/* What is said of an error; the key is "secret". */
static const struct {
	const char *body, *said;
} errors[] = {
	{ "{\"error\":{\"message\":\"bad\\nkey secret\",\"code\":1}}",
	    "bad key ***" },
	{ "{\"error\":\"a\\u001b[31m\\u0085b\"}", "a [31m  b" },
	{ "{\"message\":\"secretsecret\"}", "******" },
	{ "{\"detail\":[{\"msg\":\"x\"}]}", "[{\"msg\":\"x\"}]" },
	{ "{\"error\":null,\"code\":7}", "" },
	{ "<html>secret</html>", "" },
	{ "Unauthorized\r\n", "Unauthorized  " },
	{ "\xff\xfe", "" },
	{ "", "" },
};

static void
read_errors(void)
{
	char body[2000], cut[1000];

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		struct buf b = { 0 };

		wire_error(&b, str_of(errors[i].body));
		wire_tidy(&b, "secret");
		same(errors[i].body, (struct str){ b.s ? b.s : "", b.n },
		    errors[i].said);
		buf_done(&b);
	}
	/* cut between characters, the key taken out before */
	strcpy(body, "{\"error\":\"secret ");
	strcpy(cut, "*** ");
	while (strlen(cut) < 299)
		strcat(cut, "a");
	sprintf(body + strlen(body), "%s\xc3\xa9\xc3\xa9 secret\"}", cut + 4);
	strcat(cut, "...");
	{
		struct buf b = { 0 };

		wire_error(&b, str_of(body));
		wire_tidy(&b, "secret");
		same("cut", (struct str){ b.s, b.n }, cut);
		buf_done(&b);
	}
}

static void
messages(void)
{
	struct buf b = { 0 };
	struct err e;

	if (!wire_messages(&b,
		STR("[{\"x\":1,\"content\":\"a\",\"role\":\"user\"},"
		    "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"name\":\"n\","
		    "\"content\":null}]"),
		&e))
		bad = 1;
	same("messages", (struct str){ b.s, b.n },
	    "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"tool\","
	    "\"content\":null,\"name\":\"n\",\"tool_call_id\":\"c\"}]");
	if (wire_messages(&b, STR("{}"), &e) || wire_messages(&b, STR("["), &e))
		bad = 1;
	buf_done(&b);
}

/* URL and model, or the fault. */
static const struct {
	const char *address, *url, *model, *fault;
	bool open;
} addresses[] = {
	{ "http://h/v1#m", "http://h/v1/chat/completions", "m", NULL, true },
	{ "https://h/v1/#a/b#c", "https://h/v1/chat/completions", "a/b#c", NULL,
	    false },
	{ "http://localhost:80/v1?x=1#m",
	    "http://localhost:80/v1/chat/completions?x=1", "m", NULL, false },
	{ "http://127.0.0.1:80#m", "http://127.0.0.1:80/chat/completions", "m",
	    NULL, false },
	{ "http://[::1]:80/v1#m", "http://[::1]:80/v1/chat/completions", "m",
	    NULL, false },
	{ "http://[fe80::1]/v1#m", "http://[fe80::1]/v1/chat/completions", "m",
	    NULL, true },
	{ "http://127.example.org/v1#m",
	    "http://127.example.org/v1/chat/completions", "m", NULL, true },
	{ "http://localhost.example.org/v1#m",
	    "http://localhost.example.org/v1/chat/completions", "m", NULL,
	    true },
	{ "http://h/v1", NULL, NULL, "names no model", false },
	{ "http://h/v1#", NULL, NULL, "names no model", false },
	{ "http:///v1#m", NULL, NULL, "has no host", false },
	{ "http://:80/v1#m", NULL, NULL, "has no host", false },
	{ "http://u:p@h/v1#m", NULL, NULL, "a user or a password", false },
	{ "http://h/v 1#m", NULL, NULL, "has a character", false },
	{ "http://h/v1\r\nX: y#m", NULL, NULL, "has a character", false },
};

static void
split_addresses(void)
{
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		const char *s = addresses[i].address;
		struct address a;
		struct err e = { "" };
		bool ok = address_split(&a, s, &e);

		if (ok == (addresses[i].fault != NULL) ||
		    (!ok && !strstr(e.why, addresses[i].fault))) {
			printf("%s: %s\n", s, ok ? a.url : e.why);
			bad = 1;
		} else if (ok) {
			same(s, str_of(a.url), addresses[i].url);
			same(s, str_of(a.model), addresses[i].model);
			if (a.open != addresses[i].open) {
				printf("%s: open %d\n", s, a.open);
				bad = 1;
			}
		}
		address_done(&a);
	}
}

/* Files of names; NULL: fine. */
static const struct {
	const char *text, *fault;
} names[] = {
	{ "", NULL },
	{ "# a\n\n \t\na = b\nc = http://h#m key=K limit=l concurrency=2 "
	  "rate=0.5",
	    NULL },
	{ "a = b\r\nc = d\r\n", NULL },
	{ "a", ":1: a line is NAME = MODEL" },
	{ "a =", ":1: a line is NAME = MODEL" },
	{ "a = b\na = c", ":2: 'a' is there twice" },
	{ "a = b c", ":1: a word that is no NAME=VALUE" },
	{ "a = b color=red", ":1: unknown setting 'color'" },
	{ "a = b key=1", ":1: key= wants the name of a variable" },
	{ "a = b key=", ":1: key= wants" },
	{ "a = b limit=a\"b", ":1: limit= wants" },
	{ "a = b concurrency=0", ":1: concurrency= wants" },
	{ "a = b concurrency=1025", ":1: concurrency= wants" },
	{ "a = b rate=0", ":1: rate= wants" },
	{ "a = b rate=nan", ":1: rate= wants" },
};

static void
read_names(void)
{
	static const char file[] = "wire-names.tmp";

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		FILE *f = fopen(file, "w");
		struct names n;
		struct err e = { "" };
		bool ok;

		if (!f || fputs(names[i].text, f) < 0 || fclose(f))
			die_sys("cannot write '%s'", file);
		ok = names_read(&n, file, &e);
		if (ok == (names[i].fault != NULL) ||
		    (!ok && !strstr(e.why, names[i].fault))) {
			printf("%s: %s\n", names[i].text, ok ? "fine" : e.why);
			bad = 1;
		}
		if (i == 1 && (n.n != 2 || names_find(&n, "b") ||
				  strcmp(names_find(&n, "c")->key, "K") ||
				  names_find(&n, "c")->concurrency != 2)) {
			printf("names: not what is there\n");
			bad = 1;
		}
		names_done(&n);
	}
	remove(file);
}

int
main(void)
{
	read_answers();
	read_more();
	read_errors();
	messages();
	split_addresses();
	read_names();
	return bad;
}
