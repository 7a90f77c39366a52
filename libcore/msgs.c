/* The conversation in a record, from every shape that is in use, and the
 * record's id. */
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/rec.h"

static const struct json *
member(struct rec *r, const struct json *object, const char *name)
{
	const struct json *v = rec_member(r, object, str_of(name));

	return v && v->type != JSON_NULL ? v : NULL;
}

/* A string member, which may be absent. */
static struct str
text(struct rec *r, const struct json *object, const char *name)
{
	const struct json *v = member(r, object, name);

	if (v && v->type != JSON_STRING)
		rec_bad(r, v, "'%s' is not a string", name);
	return rec_text(r, v);
}

static bool
list(struct rec *r, const struct json *v, const char *name)
{
	if (!v)
		return false;
	if (v->type != JSON_ARRAY)
		rec_bad(r, v, "field '%s' is not a list", name);
	return !r->bad;
}

/* A list of {"type":"text","text":...}, joined. */
static struct str
parts(struct rec *r, const struct json *v)
{
	const struct json *p = json_first(v);
	struct buf b = { 0 };
	struct str s = { "", 0 };

	for (uint32_t i = 0; i < v->n && !r->bad; i++, p = json_next(p)) {
		struct str type = text(r, p, "type");

		if (p->type == JSON_STRING) {
			buf_str(&b, rec_text(r, p));
		} else if (!str_eq(type, "text")) {
			rec_bad(r, p, "a part of a content is not text");
		} else
			buf_str(&b, text(r, p, "text"));
	}
	if (b.n)
		s = (struct str){ arena_text(r->mem, b.s, b.n), b.n };
	buf_done(&b);
	return s;
}

static void
message(struct rec *r, const struct json *v, struct msg *m)
{
	const struct json *c, *w;

	*m = (struct msg){ .node = v, .weight = 1 };
	if (v->type != JSON_OBJECT) {
		rec_bad(r, v, "a message is not an object");
		return;
	}
	m->role = text(r, v, "role");
	if (!m->role.s)
		rec_bad(r, v, "a message has no role");
	c = member(r, v, "content");
	if (c && c->type == JSON_ARRAY)
		m->content = parts(r, c);
	else
		m->content = text(r, v, "content");
	m->reasoning = text(r, v, "reasoning_content");
	m->tool_calls = member(r, v, "tool_calls");
	if (!m->content.s && !m->tool_calls && !m->reasoning.s)
		rec_bad(r, v, "a message has no content");
	w = member(r, v, "weight");
	if (w && !json_real(&r->doc, w, &m->weight))
		rec_bad(r, w, "'weight' is not a number");
}

static void
messages(struct rec *r, const struct json *v, struct msgs *to)
{
	const struct json *p = json_first(v);

	to->m = arena_take(r->mem, (v->n + 1) * sizeof *to->m);
	for (; to->n < v->n && !r->bad; p = json_next(p))
		message(r, p, &to->m[to->n++]);
}

static void
say(struct msgs *to, const char *role, struct str content)
{
	to->m[to->n++] = (struct msg){
		.role = str_of(role), .content = content, .weight = 1
	};
}

/* [["asked", "answered"], ...] before the last turn. */
static void
history(struct rec *r, const struct json *v, struct msgs *to)
{
	const struct json *p = json_first(v);

	for (uint32_t i = 0; i < v->n && !r->bad; i++, p = json_next(p)) {
		if (p->type != JSON_ARRAY || p->n != 2) {
			rec_bad(r, p, "'history' is not a list of pairs");
			return;
		}
		say(to, "user", rec_text(r, json_first(p)));
		say(to, "assistant", rec_text(r, json_next(json_first(p))));
	}
}

/* Alpaca: instruction, input, output, system, history. */
static void
alpaca(struct rec *r, struct msgs *to)
{
	struct str ask = rec_str(r, "instruction"), in = rec_str(r, "input");
	struct str out = rec_str(r, "output"), sys = rec_str(r, "system");
	const struct json *past = rec_get(r, "history");
	size_t n = list(r, past, "history") ? past->n : 0;
	char *both;

	to->m = arena_take(r->mem, (2 * n + 3) * sizeof *to->m);
	if (sys.n)
		say(to, "system", sys);
	if (n)
		history(r, past, to);
	if (in.n) {
		both = arena_take(r->mem, ask.n + in.n + 2);
		memcpy(both, ask.s, ask.n);
		both[ask.n] = '\n';
		memcpy(both + ask.n + 1, in.s, in.n);
		ask = (struct str){ both, ask.n + 1 + in.n };
	}
	say(to, "user", ask);
	if (out.s)
		say(to, "assistant", out);
}

static const char *
sharegpt_role(struct str from)
{
	static const char *const roles[][2] = {
		{ "human", "user" },
		{ "user", "user" },
		{ "gpt", "assistant" },
		{ "assistant", "assistant" },
		{ "chatgpt", "assistant" },
		{ "bing", "assistant" },
		{ "bard", "assistant" },
		{ "model", "assistant" },
		{ "system", "system" },
		{ "tool", "tool" },
		{ "observation", "tool" },
		{ "function_response", "tool" },
	};

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_eq(from, roles[i][0]))
			return roles[i][1];
	return NULL;
}

/* ShareGPT: conversations of {from, value}, and perhaps system. */
static void
sharegpt(struct rec *r, const struct json *v, struct msgs *to)
{
	const struct json *p = json_first(v);
	struct str sys = rec_str(r, "system");

	if (v->n && member(r, p, "role")) {
		messages(r, v, to);
		return;
	}
	to->m = arena_take(r->mem, (v->n + 2) * sizeof *to->m);
	if (sys.n)
		say(to, "system", sys);
	for (uint32_t i = 0; i < v->n && !r->bad; i++, p = json_next(p)) {
		struct str from = text(r, p, "from");
		struct str said = text(r, p, "value");
		const char *role = from.s ? sharegpt_role(from) : NULL;

		if (!role)
			rec_bad(r, p, "'from' is missing or not known");
		else if (!said.s)
			rec_bad(r, p, "'value' is missing");
		else
			say(to, role, said);
	}
}

static void
prompt(struct rec *r, const struct json *v, struct msgs *to)
{
	if (v->type == JSON_ARRAY) {
		messages(r, v, to);
		return;
	}
	if (v->type != JSON_STRING)
		rec_bad(r, v, "field 'prompt' is not a string or a list");
	to->m = arena_take(r->mem, sizeof *to->m);
	say(to, "user", rec_text(r, v));
}

/* Find it; false where there is none, or the record is bad. */
static bool
converse(struct rec *r, struct msgs *to)
{
	const struct json *v;

	*to = (struct msgs){ 0 };
	if ((v = rec_get(r, "messages"))) {
		if (list(r, v, "messages"))
			messages(r, v, to);
	} else if ((v = rec_get(r, "prompt")))
		prompt(r, v, to);
	else if (rec_get(r, "instruction"))
		alpaca(r, to);
	else if ((v = rec_get(r, "conversations"))) {
		if (list(r, v, "conversations"))
			sharegpt(r, v, to);
	} else
		return false;
	v = rec_get(r, "tools");
	if (v && v->type == JSON_ARRAY && v->n)
		to->tools = v;
	return !r->bad;
}

int
rec_list(struct rec *r, const struct json *v, struct msgs *to)
{
	*to = (struct msgs){ 0 };
	if (list(r, v, "messages"))
		messages(r, v, to);
	return r->bad ? -1 : 0;
}

int
rec_msgs(struct rec *r, struct msgs *to)
{
	if (converse(r, to))
		return 0;
	return rec_bad(r, NULL,
	    "no messages, prompt, instruction or "
	    "conversations in it");
}

struct str
rec_prompt(struct rec *r)
{
	struct msgs all;

	if (rec_msgs(r, &all) < 0)
		return (struct str){ 0 };
	for (size_t i = all.n; i-- > 0;)
		if (str_eq(all.m[i].role, "user") && all.m[i].content.s)
			return all.m[i].content;
	rec_bad(r, NULL, "no message of a user in it");
	return (struct str){ 0 };
}

/* Length, then bytes; none is not the same as empty. */
static void
field(struct buf *b, struct str s)
{
	uint64_t n = s.s ? s.n : UINT64_MAX;
	unsigned char le[8];

	for (int i = 0; i < 8; i++)
		le[i] = (unsigned char)(n >> 8 * i);
	buf_put(b, le, 8);
	if (s.s)
		buf_str(b, s);
}

struct pair {
	struct str key;
	const struct json *value;
	size_t order;
};

static int
by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	int c = n ? memcmp(x->key.s, y->key.s, n) : 0;

	if (c)
		return c;
	if (x->key.n != y->key.n)
		return x->key.n < y->key.n ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* A string without its escapes; the text as it is, where it has none. */
static struct str
plain(struct rec *r, const struct json *v)
{
	struct str s = json_str(&r->doc, v, r->mem);

	return s.s ? s : json_raw(&r->doc, v);
}

/* A value so that neither the order of keys nor escapes nor white space
 * matter: a letter for the type, then its parts, each with its length. */
static void
canonical(struct rec *r, const struct json *v, struct buf *b)
{
	const struct json *c = json_first(v);
	struct pair *p;

	buf_char(b, (char)('a' + v->type));
	if (v->type == JSON_STRING)
		field(b, plain(r, v));
	else if (v->type == JSON_NUMBER)
		field(b, json_raw(&r->doc, v));
	if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
		return;
	buf_printf(b, "%u:", v->n);
	if (v->type == JSON_ARRAY) {
		for (uint32_t i = 0; i < v->n; i++, c = json_next(c))
			canonical(r, c, b);
		return;
	}
	p = arena_take(r->mem, (v->n + 1) * sizeof *p);
	for (uint32_t i = 0; i < v->n; i++, c = json_member(c))
		p[i] = (struct pair){ plain(r, c), c + 1, i };
	qsort(p, v->n, sizeof *p, by_key);
	for (uint32_t i = 0; i < v->n; i++) {
		field(b, p[i].key);
		canonical(r, p[i].value, b);
	}
}

static void
maybe(struct rec *r, const struct json *v, struct buf *b)
{
	if (v)
		canonical(r, v, b);
	else
		buf_char(b, 'a');
}

static struct str
hashed(struct rec *r, const void *p, size_t n)
{
	char *hex = arena_take(r->mem, 33);

	hash_hex(hex, hash128(p, n));
	return (struct str){ hex, 32 };
}

struct str
rec_id(struct rec *r)
{
	const struct json *v = rec_get(r, "id");
	struct buf b = { 0 };
	struct msgs all;
	struct str id;

	if (v && v->type == JSON_NUMBER)
		return json_raw(&r->doc, v);
	if (v)
		return rec_str(r, "id");
	if (!converse(r, &all)) {
		if (r->bad)
			return (struct str){ 0 };
		return hashed(r, r->line, r->len);
	}
	for (size_t i = 0; i < all.n; i++) {
		field(&b, all.m[i].role);
		field(&b, all.m[i].content);
		maybe(r, all.m[i].tool_calls, &b);
	}
	maybe(r, all.tools, &b);
	id = hashed(r, b.s ? b.s : "", b.n);
	buf_done(&b);
	return id;
}
