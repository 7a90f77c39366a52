#include "gpu/wire.h"

#include <math.h>
#include <string.h>

#include "libcore/hash.h"

enum {
	DEPTH = 64,
	FINISH_MOST = 40,
	PLAIN_MOST = 200,
	WHY_MOST = 300,
	KEY_LEAST = 4
};

static bool
parse(struct json_doc *d, struct str s, struct err *e)
{
	size_t at;

	if (json_parse(d, s.s ? s.s : "", s.n, DEPTH, &at, e))
		return true;
	json_done(d);
	return false;
}

/* What is sent. */

static void
put_message(struct buf *b, const struct json_doc *d, const struct json *m)
{
	static const char *const known[] = { "role", "content", "name",
		"tool_calls", "tool_call_id", NULL };
	const char *sep = "{";

	for (size_t i = 0; known[i]; i++) {
		const struct json *v = json_get(d, m, known[i]);

		if (!v)
			continue;
		buf_printf(b, "%s\"%s\":", sep, known[i]);
		buf_str(b, json_raw(d, v));
		sep = ",";
	}
	buf_char(b, '}');
}

bool
wire_messages(struct buf *b, struct str messages, struct err *e)
{
	struct json_doc d = { 0 };
	const struct json *m;

	if (!parse(&d, messages, e))
		return false;
	if (d.tape->type != JSON_ARRAY) {
		json_done(&d);
		return err_set(e, "messages are no list");
	}
	m = json_first(d.tape);
	buf_char(b, '[');
	for (uint32_t i = 0; i < d.tape->n; i++, m = json_next(m)) {
		if (i)
			buf_char(b, ',');
		put_message(b, &d, m);
	}
	buf_char(b, ']');
	json_done(&d);
	return true;
}

static void
put_real(struct buf *b, const char *name, double x)
{
	buf_printf(b, ",\"%s\":", name);
	buf_json_real(b, x);
}

static void
put_stops(struct buf *b, const struct reply_conf *c)
{
	for (size_t i = 0; i < c->stops; i++) {
		buf_puts(b, i ? "," : ",\"stop\":[");
		buf_json_str(b, c->stop[i]);
	}
	if (c->stops)
		buf_char(b, ']');
}

static void
put_draw(struct buf *b, const struct reply_conf *c)
{
	const struct sample_conf *d = &c->draw;

	put_real(b, "temperature", d->temperature);
	put_real(b, "top_p", d->top_p);
	if (d->presence < 0 || d->presence > 0)
		put_real(b, "presence_penalty", d->presence);
	if (d->frequency < 0 || d->frequency > 0)
		put_real(b, "frequency_penalty", d->frequency);
	if (d->top_k || c->given & REPLY_TOP_K)
		buf_printf(b, ",\"top_k\":%ld", d->top_k ? d->top_k : -1);
	if (d->min_p > 0 || c->given & REPLY_MIN_P)
		put_real(b, "min_p", d->min_p);
	if (d->repetition < 1 || d->repetition > 1 ||
	    c->given & REPLY_REPETITION) {
		put_real(b, "repetition_penalty", d->repetition);
		put_real(b, "repeat_penalty", d->repetition); /* llama.cpp's */
	}
}

static void
put_held(struct buf *b, const struct held *h)
{
	if (!h->text.n) {
		buf_puts(b, ",\"response_format\":{\"type\":\"json_object\"}");
		return;
	}
	buf_puts(b, ",\"response_format\":{\"type\":\"json_schema\","
		    "\"json_schema\":{\"name\":\"answer\",\"strict\":true,"
		    "\"schema\":");
	buf_str(b, (struct str){ h->text.s, h->text.n });
	buf_puts(b, "}}");
}

/* A number of its own for each seed and sample, that any server's integer
 * holds. */
static uint64_t
seed_of(const struct reply_conf *c, uint32_t sample)
{
	return rng_below(1u << 31, c->draw.seed, 0x73656564, sample);
}

void
wire_request(struct buf *b, const struct wire_ask *a)
{
	const struct reply_conf *c = a->conf;

	buf_puts(b, "{\"model\":");
	buf_json_str(b, a->model);
	buf_puts(b, ",\"messages\":");
	buf_str(b, a->messages);
	if (a->tools.s) {
		buf_puts(b, ",\"tools\":");
		buf_str(b, a->tools);
	}
	put_draw(b, c);
	buf_printf(
	    b, ",\"%s\":%zu", a->limit ? a->limit : "max_tokens", c->most);
	if (c->least)
		buf_printf(b, ",\"min_tokens\":%zu", c->least);
	buf_printf(
	    b, ",\"seed\":%llu", (unsigned long long)seed_of(c, a->sample));
	put_stops(b, c);
	if (c->held)
		put_held(b, c->held);
	if (c->ignore_eos)
		buf_puts(b, ",\"ignore_eos\":true");
	if (c->logps)
		buf_puts(b, ",\"logprobs\":true");
	buf_char(b, '}');
}

/* What comes back. */

struct reader {
	struct json_doc d;
	struct arena *mem;
	struct buf *why;
	struct wire_answer *a;
};

static bool
wrong(const struct reader *r, const char *what, const char *name)
{
	buf_puts(r->why, what);
	if (name)
		buf_printf(r->why, " '%s'", name);
	return false;
}

/* A member that is not null. */
static const struct json *
member(const struct reader *r, const struct json *v, const char *name)
{
	const struct json *m = json_get(&r->d, v, name);

	return m && m->type != JSON_NULL ? m : NULL;
}

/* A string member, where there is one. */
static bool
text(const struct reader *r, const struct json *v, const char *name,
    struct str *to)
{
	const struct json *m = member(r, v, name);

	if (!m)
		return true;
	*to = json_str(&r->d, m, r->mem);
	return to->s || wrong(r, "no text in its", name);
}

/* Content as a list of parts, which are joined. */
static bool
parts(const struct reader *r, const struct json *v, struct str *to)
{
	const struct json *p = json_first(v);
	struct buf b = { 0 };
	bool ok = true;

	for (uint32_t i = 0; ok && i < v->n; i++, p = json_next(p)) {
		struct str s = { 0 };

		ok = text(r, p, "text", &s);
		buf_str(&b, s);
	}
	*to = (struct str){ arena_text(r->mem, b.s ? b.s : "", b.n), b.n };
	buf_done(&b);
	return ok;
}

/* JSON without its white space, on one line. */
static struct str
flat(struct arena *mem, struct str s)
{
	char *to = arena_take(mem, s.n + 1);
	size_t n = 0;
	bool in = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.s[i];

		if (!in && strchr(" \t\r\n", c))
			continue;
		to[n++] = c;
		if (in && c == '\\')
			to[n++] = s.s[++i];
		else if (c == '"')
			in = !in;
	}
	return (struct str){ to, n };
}

static bool
read_message(const struct reader *r, const struct json *m)
{
	const struct json *content = member(r, m, "content");
	const struct json *calls = member(r, m, "tool_calls");
	struct wire_answer *a = r->a;
	struct str refusal = { 0 };

	if (!json_is(m, JSON_OBJECT))
		return wrong(r, "its choice has no message", NULL);
	if (!json_get(&r->d, m, "content") && !calls)
		return wrong(r, "its message has no content", NULL);
	if (calls && calls->type != JSON_ARRAY)
		return wrong(r, "no list in its", "tool_calls");
	if (calls && calls->n)
		a->tool_calls = flat(r->mem, json_raw(&r->d, calls));
	if (!text(r, m, "refusal", &refusal) ||
	    !text(r, m, "reasoning", &a->reasoning) ||
	    !text(r, m, "reasoning_content", &a->reasoning))
		return false;
	a->content = refusal.s && !content ? refusal : STR("");
	return json_is(content, JSON_ARRAY)
		   ? parts(r, content, &a->content)
		   : text(r, m, "content", &a->content);
}

static bool
read_finish(const struct reader *r, const struct json *choice)
{
	struct wire_answer *a = r->a;

	a->finish = STR("stop");
	return text(r, choice, "finish_reason", &a->finish) &&
	       (a->finish.n <= FINISH_MOST ||
		   wrong(r, "too long is its", "finish_reason"));
}

static bool
read_logps(const struct reader *r, const struct json *choice)
{
	const struct json *v =
	    member(r, member(r, choice, "logprobs"), "content");
	const struct json *p;
	float *logp;

	if (!v)
		return true;
	if (v->type != JSON_ARRAY)
		return wrong(r, "no list in its", "logprobs");
	logp = arena_take(r->mem, (v->n + 1) * sizeof *logp);
	p = json_first(v);
	for (uint32_t i = 0; i < v->n; i++, p = json_next(p)) {
		const struct json *x = json_get(&r->d, p, "logprob");
		double value;

		if (!x || !json_real(&r->d, x, &value) ||
		    !isfinite((float)value))
			return wrong(r, "no number in its", "logprob");
		logp[i] = (float)value;
	}
	r->a->logps = logp;
	r->a->n = v->n;
	return true;
}

/* Both numbers or none. */
static void
read_usage(const struct reader *r)
{
	const struct json *u = member(r, r->d.tape, "usage");
	const struct json *p = member(r, u, "prompt_tokens");
	const struct json *c = member(r, u, "completion_tokens");
	int64_t prompt, drawn;

	if (!p || !c || !json_int(&r->d, p, &prompt) ||
	    !json_int(&r->d, c, &drawn) || prompt < 0 || drawn < 0 ||
	    prompt > INT32_MAX || drawn > INT32_MAX)
		return;
	r->a->counted = true;
	r->a->prompt = (size_t)prompt;
	r->a->drawn = (size_t)drawn;
}

/* {"error":{"message":...}}, {"error":...}, {"message":...} and FastAPI's
 * {"detail":...}: the text. */
static bool
told(struct buf *b, const struct json_doc *d, struct arena *mem)
{
	const struct json *root = d->tape, *v = json_get(d, root, "error");
	struct str s;

	if (json_is(v, JSON_OBJECT))
		v = json_get(d, v, "message");
	if (!v)
		v = json_get(d, root, "message");
	if (!v)
		v = json_get(d, root, "detail");
	if (!v || v->type == JSON_NULL)
		return false;
	s = json_str(d, v, mem);
	buf_str(b, s.s ? s : json_raw(d, v));
	return true;
}

static bool
read_answer(const struct reader *r)
{
	const struct json *all = member(r, r->d.tape, "choices");
	const struct json *choice;

	if (!json_is(all, JSON_ARRAY) || !all->n)
		return told(r->why, &r->d, r->mem)
			   ? false
			   : wrong(r, "it has no choice", NULL);
	choice = json_first(all);
	read_usage(r);
	return read_message(r, member(r, choice, "message")) &&
	       read_finish(r, choice) && read_logps(r, choice);
}

bool
wire_answer(
    struct wire_answer *a, struct str body, struct arena *mem, struct buf *why)
{
	struct reader r = { .mem = mem, .why = why, .a = a };
	struct err e;
	bool ok;

	*a = (struct wire_answer){ 0 };
	body.s = arena_text(mem, body.s ? body.s : "", body.n);
	if (!parse(&r.d, body, &e)) {
		buf_printf(why, "it is not JSON: %s", e.why);
		return false;
	}
	ok = read_answer(&r);
	json_done(&r.d);
	return ok;
}

/* A line or two of plain text, and no page. */
static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.s[i] == '<' || (unsigned char)s.s[i] > '~' ||
		    (s.s[i] < ' ' && !strchr("\t\r\n", s.s[i])))
			return false;
	return s.n <= PLAIN_MOST;
}

void
wire_error(struct buf *b, struct str body)
{
	struct json_doc d = { 0 };
	struct arena mem = { 0 };
	struct err e;

	if (parse(&d, body, &e))
		told(b, &d, &mem);
	else if (is_plain(body))
		buf_str(b, body);
	json_done(&d);
	arena_done(&mem);
}

static void
take_out_key(struct buf *b, const char *key)
{
	size_t n = key ? strlen(key) : 0;
	char *s;

	while (
	    n >= KEY_LEAST && b->n >= n && (s = memmem(b->s, b->n, key, n))) {
		memcpy(s, "***", 3);
		memmove(s + 3, s + n, b->n - (size_t)(s - b->s) - n + 1);
		b->n -= n - 3;
	}
}

/* One line of text that is fit for a terminal, not too long. */
static void
one_line(struct buf *b)
{
	bool cut = b->n > WHY_MOST;

	if (cut)
		b->n = WHY_MOST;
	while (cut && b->n && (b->s[b->n] & 0xc0) == 0x80)
		b->n--;
	for (size_t i = 0; i < b->n; i++) {
		unsigned char c = (unsigned char)b->s[i];

		if (c < ' ' || c == 0x7f)
			b->s[i] = ' ';
		else if (c == 0xc2 && i + 1 < b->n &&
			 (unsigned char)b->s[i + 1] < 0xa0)
			b->s[i] = b->s[i + 1] = ' ';
	}
	if (b->s)
		b->s[b->n] = '\0';
	if (cut)
		buf_puts(b, "...");
}

void
wire_tidy(struct buf *b, const char *key)
{
	take_out_key(b, key);
	one_line(b);
}
