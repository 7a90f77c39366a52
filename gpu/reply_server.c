#include <string.h>

#include "gpu/endpoint.h"
#include "gpu/reply_in.h"
#include "libcore/tool.h"

enum {
	NAMED = 10,
	FRAME = 64
}; /* failures named without -v; bytes of a
				    request beside its messages */

/* One sample that a server is asked for. */
struct asked {
	struct endpoint_ask ask;
	struct replies *of;
	uint32_t sample;
};

static void
put_request(const struct replies *w, uint32_t sample, struct buf *b)
{
	struct wire_ask q = { .model = endpoint_model(w->a->server),
		.messages = w->messages,
		.tools = w->tools,
		.conf = w->conf,
		.sample = sample,
		.limit = endpoint_limit(w->a->server) };

	wire_request(b, &q);
}

struct hash128
reply_server_question(const struct replies *w, uint32_t sample)
{
	struct buf b = { 0 }, request = { 0 };
	struct hash128 key;

	put_request(w, sample, &request);
	ask_text(&b, "ask", STR("server"));
	ask_text(&b, "url", endpoint_url(w->a->server));
	ask_text(&b, "request", (struct str){ request.s, request.n });
	ask_int(&b, "sample", sample);
	key = ask_key(&b);
	buf_done(&b);
	buf_done(&request);
	return key;
}

static struct str
copy(struct arena *mem, struct str s)
{
	if (s.s)
		s.s = arena_text(mem, s.s, s.n);
	return s;
}

static void
take(struct replies *w, uint32_t sample, const struct wire_answer *a)
{
	struct arena *mem = w->r->mem;
	struct reply *p = w->got + sample;

	p->content = copy(mem, a->content);
	p->reasoning = copy(mem, a->reasoning);
	p->tool_calls = copy(mem, a->tool_calls);
	p->finish = copy(mem, a->finish);
	p->tokens = a->counted ? a->drawn : 0;
	if (a->logps) {
		float *logp = arena_take(mem, (a->n + 1) * sizeof *logp);

		memcpy(logp, a->logps, a->n * sizeof *logp);
		p->logps = logp;
		p->n = a->n;
	}
	if (w->cache)
		reply_store(w, sample);
}

/* Given up: not kept, so that the next run asks again. */
static void
lose(struct replies *w, uint32_t sample, const char *why)
{
	static size_t named;
	struct reply *p = w->got + sample;

	p->error = copy(w->r->mem, str_of(why));
	p->content = STR("");
	p->finish = STR("error");
	rec_count(w->r, "answers that failed", 1);
	if (!tool_quiet && (tool_verbose || named++ < NAMED))
		warn("%s:%lu: model '%s': %s", w->r->file, w->r->no, w->a->name,
		    why);
}

static void
request(struct endpoint_ask *ask, struct buf *b)
{
	const struct asked *x = ask->user;

	put_request(x->of, x->sample, b);
}

static void
done(struct endpoint_ask *ask, const struct wire_answer *a, const char *why)
{
	struct asked *x = ask->user;
	struct replies *w = x->of;

	if (a)
		take(w, x->sample, a);
	else
		lose(w, x->sample, why);
	w->got[x->sample].there = true;
	if (--w->left == 0)
		w->done(w);
}

static bool
set_talk(struct replies *w, struct str messages, struct str tools)
{
	struct buf b = { 0 };
	struct err e;
	bool ok = wire_messages(&b, messages, &e);

	if (ok)
		w->messages = copy(w->r->mem, (struct str){ b.s, b.n });
	else
		rec_bad(w->r, NULL, "messages: %s", e.why);
	w->tools = copy(w->r->mem, tools);
	buf_done(&b);
	return ok;
}

bool
reply_server_ask(struct replies *w, struct str messages, struct str tools)
{
	struct arena *mem = w->r->mem;
	uint32_t *missing = arena_take(mem, w->samples * sizeof *missing);
	struct asked *x;

	if (w->r->bad || !set_talk(w, messages, tools))
		return false;
	w->a->cache = w->cache;
	w->got = arena_take(mem, w->samples * sizeof *w->got);
	w->key = arena_take(mem, w->samples * sizeof *w->key);
	w->left = reply_look_up(w, missing);
	x = arena_take(mem, (w->left + 1) * sizeof *x);
	for (size_t i = 0, n = w->left; i < n; i++) {
		x[i].of = w;
		x[i].sample = missing[i];
		x[i].ask = (struct endpoint_ask){ .prompt = w->messages.n +
							    w->tools.n + FRAME,
			.most = w->conf->most,
			.request = request,
			.done = done,
			.user = x + i };
		endpoint_ask(w->a->server, &x[i].ask);
	}
	return true;
}
