/* A call from its asking to its answer. */
#include "tools/respond/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/respond/shape.h"

struct call *
call_new(struct http_req *http, enum api api)
{
	static const char *const kinds[] = {
		[API_CHAT] = "chatcmpl", [API_TEXT] = "cmpl"
	};
	struct call *c = need_zero(1, sizeof *c);
	struct timespec t;
	uint32_t x[4];

	if (getentropy(x, sizeof x))
		die_sys("no random numbers");
	c->http = http;
	c->api = api;
	c->seed = (uint64_t)(x[2] & 0x1fffff) << 32 | x[3];
	snprintf(c->id, sizeof c->id, "%s-%08x%08x", kinds[api], x[0], x[1]);
	clock_gettime(CLOCK_REALTIME, &t);
	c->created = (long)t.tv_sec;
	return c;
}

/* Nothing of it is drawn any more. */
static void
cancel(struct call *c)
{
	for (size_t i = 0; c->of && i < c->prompts; i++)
		replies_cancel(c->of + i);
}

void
call_free(struct call *c)
{
	cancel(c);
	for (size_t i = 0; c->piece && i < c->prompts * c->n; i++)
		drip_done(&c->piece[i].drip);
	shape_drop(c->shape);
	json_done(&c->r.doc);
	arena_done(&c->mem);
	free(c);
}

static void
came(struct replies *w, uint32_t k, const struct gen_answer *so_far)
{
	struct call *c = w->user;
	struct buf b = { 0 };

	if (c->r.bad)
		return;
	tell_came(&b, c, (size_t)(w - c->of), k, so_far);
	if (b.n)
		http_put(c->http, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
through(struct replies *w)
{
	struct call *c = w->user;

	c->left--;
}

static const struct ids *
ids_of(struct call *c, const struct json *v, struct ids *to)
{
	const struct json *p = json_first(v);
	int64_t id;

	ids_reset(to);
	for (uint32_t i = 0; i < v->n; i++, p = json_next(p)) {
		if (!json_is(p, JSON_NUMBER) || !json_int(&c->r.doc, p, &id) ||
		    id < 0 || id > INT32_MAX) {
			rec_bad(&c->r, p, "a prompt has what is no token");
			return NULL;
		}
		ids_put(to, (int32_t)id, 0);
	}
	return to;
}

static bool
ask_one(struct call *c, struct replies *w, const struct json *v)
{
	struct asker *a = c->model->a;
	struct ids ids = { 0 };
	bool ok;

	if (c->api == API_CHAT)
		return replies_ask_ids(
		    w, asker_prompt(a, &c->r, &c->ms, c->ms.n));
	if (v->type == JSON_STRING) {
		struct str text = rec_text(&c->r, v);

		return replies_ask_ids(
		    w, text.s ? asker_text(a, &c->r, text) : NULL);
	}
	ok = replies_ask_ids(w, ids_of(c, v, &ids));
	ids_done(&ids);
	return ok;
}

/* The stream, and in it what the cache had. */
static void
begin_stream(struct call *c)
{
	struct buf b = { 0 };

	http_stream(c->http, "text/event-stream");
	tell_begin(&b, c);
	http_put(c->http, (struct str){ b.s, b.n });
	buf_done(&b);
	for (size_t i = 0; i < c->prompts; i++)
		for (uint32_t k = 0; k < c->n; k++)
			if (c->of[i].got[k].there)
				came(c->of + i, k, NULL);
}

bool
call_ask(struct call *c, const struct serve_conf *conf)
{
	const struct json *v = c->prompt;
	bool ok = true;

	c->of = arena_take(&c->mem, c->prompts * sizeof *c->of);
	if (c->stream)
		c->piece =
		    arena_take(&c->mem, c->prompts * c->n * sizeof *c->piece);
	for (size_t i = 0; i < c->prompts && ok; i++) {
		c->of[i] = (struct replies){ .r = &c->r,
			.a = c->model->a,
			.cache = conf->cache,
			.conf = &c->conf,
			.samples = c->n,
			.done = through,
			.came = c->stream ? came : NULL,
			.user = c };
		ok = ask_one(c, c->of + i, v);
		c->left += ok && c->of[i].left;
		v = v ? json_next(v) : NULL;
	}
	json_done(&c->r.doc); /* it may be many times the text */
	if (!ok) {
		cancel(c);
		return call_fail(c, 400, NULL, "%s", c->r.bad);
	}
	if (c->stream)
		begin_stream(c);
	return true;
}

void
call_count(const struct call *c, size_t *asked, size_t *drawn)
{
	*asked = *drawn = 0;
	for (size_t i = 0; c->of && i < c->prompts; i++) {
		*asked += c->of[i].prompt_n;
		for (size_t k = 0; c->of[i].got && k < c->n; k++)
			*drawn += c->of[i].got[k].n;
	}
}

void
call_refuse(struct call *c)
{
	struct buf b = { 0 };

	tell_fault(&b, &c->fault);
	http_answer(c->http, c->fault.status, "application/json", NULL,
	    (struct str){ b.s, b.n });
	buf_done(&b);
}

/* The end of a stream: with a fault in it, it is broken off as well. */
static void
end_stream(struct call *c)
{
	struct buf b = { 0 };

	if (c->fault.status) {
		buf_puts(&b, "data: ");
		tell_fault(&b, &c->fault);
		buf_puts(&b, "\n\n");
	} else
		tell_end(&b, c);
	http_put(c->http, (struct str){ b.s, b.n });
	http_end(c->http, !c->fault.status);
	buf_done(&b);
}

void
call_settle(struct call *c)
{
	struct buf b = { 0 };

	if (c->settled || (c->left && !c->r.bad))
		return;
	c->settled = true;
	if (c->r.bad) {
		cancel(c);
		call_fail(c, 500, NULL, "%s", c->r.bad);
	}
	if (c->stream) {
		end_stream(c);
	} else if (c->fault.status) {
		call_refuse(c);
	} else {
		tell_answer(&b, c);
		http_answer(c->http, 200, "application/json", NULL,
		    (struct str){ b.s, b.n });
		buf_done(&b);
	}
}
