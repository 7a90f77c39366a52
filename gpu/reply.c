#include <string.h>

#include "gpu/reply_in.h"

#include "libcore/talk.h"

static struct hash128
question(const struct replies *w, uint32_t sample)
{
	const struct reply_conf *c = w->conf;
	const struct sample_conf *d = &c->draw;
	struct buf b = { 0 };
	struct hash128 key;

	asker_question(w->a, &b, "respond");
	ask_ids(&b, "ids", w->prompt, w->prompt_n);
	ask_real(&b, "temperature", d->temperature);
	ask_real(&b, "top_p", d->top_p);
	ask_real(&b, "min_p", d->min_p);
	ask_int(&b, "top_k", d->top_k);
	ask_real(&b, "repetition", d->repetition);
	ask_real(&b, "presence", d->presence);
	ask_real(&b, "frequency", d->frequency);
	ask_int(&b, "seed", (int64_t)d->seed);
	ask_int(&b, "sample", sample);
	ask_int(&b, "max_tokens", (int64_t)c->most);
	ask_int(&b, "ignore_eos", c->ignore_eos);
	/* what is not set is not named: answers of older caches stay found */
	if (c->least)
		ask_int(&b, "min_tokens", (int64_t)c->least);
	if (c->tops)
		ask_int(&b, "tops", (int64_t)c->tops);
	if (c->held)
		ask_text(&b, "schema",
		    (struct str){ c->held->text.s, c->held->text.n });
	for (size_t i = 0; i < d->biases; i++) {
		ask_int(&b, "bias", d->bias[i].id);
		ask_real(&b, "by", (double)d->bias[i].by);
	}
	for (size_t i = 0; i < c->stops; i++)
		ask_text(&b, "stop", c->stop[i]);
	key = ask_key(&b);
	buf_done(&b);
	return key;
}

void
reply_ids(struct buf *b, const int32_t *ids, size_t n)
{
	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(b, ',');
		buf_json_int(b, ids[i]);
	}
	buf_char(b, ']');
}

void
reply_logps(struct buf *b, const float *logps, size_t n)
{
	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(b, ',');
		buf_json_float(b, logps[i]);
	}
	buf_char(b, ']');
}

void
reply_tops(struct buf *b, const struct gen_top *top, size_t n, size_t tops)
{
	buf_char(b, '[');
	for (size_t i = 0; i < n * tops; i++) {
		buf_puts(b, i % tops ? ",[" : i ? ",[[" : "[[");
		buf_json_int(b, top[i].id);
		buf_char(b, ',');
		buf_json_float(b, top[i].logp);
		buf_puts(b, (i + 1) % tops ? "]" : "]]");
	}
	buf_char(b, ']');
}

void
reply_store(const struct replies *w, uint32_t sample)
{
	const struct reply *p = w->got + sample;
	struct buf b = { 0 };

	buf_puts(&b, "{\"content\":");
	buf_json_str(&b, p->content);
	buf_puts(&b, ",\"finish\":");
	buf_json_str(&b, p->finish);
	if (p->reasoning.s) {
		buf_puts(&b, ",\"reasoning\":");
		buf_json_str(&b, p->reasoning);
	}
	if (p->tool_calls.s) {
		buf_puts(&b, ",\"tool_calls\":");
		buf_str(&b, p->tool_calls);
	}
	if (p->ids) {
		buf_puts(&b, ",\"ids\":");
		reply_ids(&b, p->ids, p->n);
	} else {
		buf_printf(&b, ",\"tokens\":%zu", p->tokens);
	}
	if (p->logps) {
		buf_puts(&b, ",\"logps\":");
		reply_logps(&b, p->logps, p->n);
	}
	if (p->top) {
		buf_puts(&b, ",\"top\":");
		reply_tops(&b, p->top, p->n, w->conf->tops);
	}
	buf_char(&b, '}');
	answers_put(w->cache, w->key[sample], (struct str){ b.s, b.n });
	buf_done(&b);
}

/* A list of log-probabilities, one for each token. */
static bool
restore_logps(struct reply *p, const struct json_doc *d, struct arena *mem)
{
	const struct json *v = json_get(d, d->tape, "logps");
	float *logp;

	if (!json_is(v, JSON_ARRAY))
		return !v;
	p->n = v->n;
	p->logps = logp = arena_take(mem, (p->n + 1) * sizeof *logp);
	v = json_first(v);
	for (size_t i = 0; i < p->n; i++, v = json_next(v)) {
		double real;

		if (!json_real(d, v, &real))
			return false;
		logp[i] = (float)real;
	}
	return true;
}

/* The ids of the engine's, or how many a server counted. */
static bool
restore_tokens(struct reply *p, const struct json_doc *d, struct arena *mem)
{
	const struct json *v = json_get(d, d->tape, "ids");
	const struct json *tokens = json_get(d, d->tape, "tokens");
	int64_t whole;
	int32_t *id;

	if (!v) {
		if (!tokens || !json_int(d, tokens, &whole) || whole < 0)
			return false;
		p->tokens = (size_t)whole;
		return true;
	}
	if (!json_is(v, JSON_ARRAY) || !p->logps || v->n != p->n)
		return false;
	p->tokens = p->n;
	p->ids = id = arena_take(mem, (p->n + 1) * sizeof *id);
	v = json_first(v);
	for (size_t i = 0; i < p->n; i++, v = json_next(v)) {
		if (!json_int(d, v, &whole))
			return false;
		id[i] = (int32_t)whole;
	}
	return true;
}

/* Pairs as reply_tops wrote them. */
static bool
restore_tops(struct replies *w, struct reply *p, const struct json_doc *d)
{
	const struct json *v = json_get(d, d->tape, "top"), *one, *x;
	size_t tops = w->conf->tops;
	struct gen_top *top;
	int64_t id;
	double logp;

	if (!tops)
		return true;
	if (!json_is(v, JSON_ARRAY) || v->n != p->n)
		return false;
	p->top = top = arena_take(w->r->mem, (p->n * tops + 1) * sizeof *top);
	v = json_first(v);
	for (size_t i = 0; i < p->n; i++, v = json_next(v)) {
		if (!json_is(v, JSON_ARRAY) || v->n != tops)
			return false;
		one = json_first(v);
		for (size_t k = 0; k < tops; k++, one = json_next(one)) {
			x = json_first(one);
			if (!json_is(one, JSON_ARRAY) || one->n != 2 ||
			    !json_int(d, x, &id) ||
			    !json_real(d, json_next(x), &logp))
				return false;
			*top++ = (struct gen_top){ (int32_t)id, (float)logp };
		}
	}
	return true;
}

/* An answer as reply_store wrote it. */
static bool
restore(struct replies *w, uint32_t sample, const struct buf *text)
{
	struct arena *mem = w->r->mem;
	struct reply *p = w->got + sample;
	struct json_doc d = { 0 };
	const struct json *calls;
	struct err e;
	size_t at;
	bool ok = json_parse(
	    &d, arena_text(mem, text->s, text->n), text->n, 70, &at, &e);

	if (ok) {
		p->content = json_str(&d, json_get(&d, d.tape, "content"), mem);
		p->finish = json_str(&d, json_get(&d, d.tape, "finish"), mem);
		p->reasoning =
		    json_str(&d, json_get(&d, d.tape, "reasoning"), mem);
		calls = json_get(&d, d.tape, "tool_calls");
		if (calls)
			p->tool_calls = json_raw(&d, calls);
		ok = p->content.s && p->finish.s && restore_logps(p, &d, mem) &&
		     restore_tokens(p, &d, mem) && restore_tops(w, p, &d);
	}
	json_done(&d);
	p->there = ok;
	return ok;
}

static void
answered(void *user, const struct gen_answer *a)
{
	struct replies *w = user;
	struct arena *mem = w->r->mem;
	struct reply *p = w->got + a->sample;
	int32_t *id = arena_take(mem, (a->n + 1) * sizeof *id);
	float *logp = arena_take(mem, (a->n + 1) * sizeof *logp);

	p->content.s = arena_text(mem, a->text.s, a->text.n);
	p->content.n = a->text.n;
	p->finish = str_of(gen_finishes[a->finish]);
	p->n = p->tokens = a->n;
	if (a->n) {
		memcpy(id, a->ids, a->n * sizeof *id);
		memcpy(logp, a->logps, a->n * sizeof *logp);
	}
	p->ids = id;
	p->logps = logp;
	if (a->top) {
		size_t all = a->n * w->conf->tops;
		struct gen_top *top = arena_take(mem, (all + 1) * sizeof *top);

		memcpy(top, a->top, all * sizeof *top);
		p->top = top;
	}
	p->there = true;
	if (a->finish == GEN_BROKEN)
		rec_bad(w->r, NULL,
		    "model '%s' gave logits that are no numbers", w->a->name);
	else if (w->cache)
		reply_store(w, a->sample);
	if (w->came)
		w->came(w, a->sample, NULL);
	if (--w->left == 0)
		w->done(w);
}

static void
went_on(void *user, const struct gen_answer *so_far)
{
	struct replies *w = user;

	w->came(w, so_far->sample, so_far);
}

size_t
reply_look_up(struct replies *w, uint32_t *missing)
{
	struct buf b = { 0 };
	size_t n = 0;

	for (uint32_t i = 0; i < (uint32_t)w->samples; i++) {
		if (w->skip && w->skip[i])
			continue;
		if (w->cache) {
			w->key[i] = w->a->server ? reply_server_question(w, i)
						 : question(w, i);
			if (answers_get(w->cache, w->key[i], &b) &&
			    !restore(w, i, &b))
				die("cache '%s': an answer cannot be read",
				    ask_cache_file);
		}
		if (!w->got[i].there)
			missing[n++] = i;
	}
	buf_done(&b);
	return n;
}

bool
replies_ask_ids(struct replies *w, const struct ids *ids)
{
	struct arena *mem = w->r->mem;
	uint32_t *missing = arena_take(mem, w->samples * sizeof *missing);
	struct gen_ask q = { .conf = &w->conf->draw,
		.max_tokens = w->conf->most,
		.min_tokens = w->conf->least,
		.tops = w->conf->tops,
		.mask = w->conf->held ? w->conf->held->mask : NULL,
		.stop = w->conf->stop,
		.stops = w->conf->stops,
		.stop_id = w->a->stop,
		.stop_ids = w->conf->ignore_eos ? 0 : w->a->stops,
		.sample = missing,
		.done = answered,
		.token = w->came ? went_on : NULL,
		.user = w };
	struct err e;
	int32_t *prompt;

	if (!ids)
		return false;
	prompt = arena_take(mem, (ids->n + 1) * sizeof *prompt);
	if (ids->n)
		memcpy(prompt, ids->id, ids->n * sizeof *prompt);
	w->prompt = prompt;
	w->prompt_n = ids->n;
	w->got = arena_take(mem, w->samples * sizeof *w->got);
	w->key = arena_take(mem, w->samples * sizeof *w->key);
	q.ids = prompt;
	q.n = ids->n;
	q.samples = reply_look_up(w, missing);
	w->left = q.samples;
	if (!w->left || gen_add(w->a->gen, &q, &e))
		return true;
	w->left = 0;
	if (w->why)
		*w->why = e;
	else
		rec_bad(w->r, NULL, "%s", e.why);
	return false;
}

bool
replies_ask(struct replies *w, const struct msgs *ms)
{
	struct buf b = { 0 };
	bool ok;

	if (!w->a->server)
		return replies_ask_ids(
		    w, asker_prompt(w->a, w->r, ms, talk_asked(ms)));
	talk_messages(&b, w->r, ms, talk_asked(ms));
	ok = reply_server_ask(w, (struct str){ b.s, b.n },
	    ms->tools ? json_raw(&w->r->doc, ms->tools) : (struct str){ 0 });
	buf_done(&b);
	return ok;
}

bool
replies_ask_text(struct replies *w, struct str messages, struct str tools)
{
	if (w->a->server)
		return reply_server_ask(w, messages, tools);
	return replies_ask_ids(w, asker_render(w->a, w->r, messages, tools));
}

void
replies_cancel(struct replies *w)
{
	if (w->left)
		gen_cancel(w->a->gen, w);
	w->left = 0;
}
