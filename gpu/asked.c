#include "gpu/asked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One run through the model: ids, and which of them are counted. */
struct run {
	struct ids ids;
	int32_t *at;
	size_t n;
};

static void
run_done(struct run *x)
{
	ids_done(&x->ids);
	free(x->at);
}

/* The answer to an asked question: "[nll]". */
static bool
known(struct answers *cache, struct hash128 key, double *nll)
{
	struct json_doc d = { 0 };
	struct buf b = { 0 };
	struct err e;
	size_t at;
	bool found = answers_get(cache, key, &b);

	if (found && (!json_parse(&d, b.s, b.n, 4, &at, &e) || d.tape->n != 1 ||
			 !json_real(&d, d.tape + 1, nll)))
		die("cache '%s': an answer cannot be read", ask_cache_file);
	json_done(&d);
	buf_done(&b);
	return found;
}

static void
keep(struct answers *cache, struct hash128 key, double nll)
{
	struct buf b = { 0 };

	buf_char(&b, '[');
	buf_json_real(&b, nll);
	buf_char(&b, ']');
	answers_put(cache, key, (struct str){ b.s, b.n });
	buf_done(&b);
}

static struct hash128
question(struct asker *a, const struct run *x)
{
	struct buf b = { 0 };
	struct hash128 key;

	asker_question(a, &b, "loss");
	ask_ids(&b, "ids", x->ids.id, x->ids.n);
	ask_ids(&b, "at", x->at, x->n);
	key = ask_key(&b);
	buf_done(&b);
	return key;
}

static double
ask_model(struct asker *a, const struct run *x)
{
	int32_t cu[2] = { 0, (int32_t)x->ids.n };
	struct model_run run = { x->ids.n, 1, x->n, x->ids.id, cu, x->at };
	float *logp = need_alloc(x->n * sizeof *logp);
	double sum = 0;

	model_logps(a->engine, &run, logp);
	for (size_t i = 0; i < x->n; i++)
		sum -= (double)logp[i];
	free(logp);
	return sum;
}

/* nll and tokens += those of the run. */
static bool
add_run(struct asker *a, struct answers *cache, struct rec *r,
    const struct run *x, double *nll, size_t *tokens)
{
	size_t most = model_conf(a->engine)->context;
	struct hash128 key = { 0 };
	double one;

	if (x->ids.n > most) {
		rec_bad(r, NULL,
		    "the conversation has %zu tokens; the model's context is "
		    "%zu",
		    x->ids.n, most);
		return false;
	}
	if (!x->n)
		return true;
	if (cache)
		key = question(a, x);
	if (!cache || !known(cache, key, &one)) {
		one = ask_model(a, x);
		if (!(one >= 0)) {
			rec_bad(r, NULL,
			    "model '%s' gave logits that are no numbers",
			    a->name);
			return false;
		}
		if (cache)
			keep(cache, key, one);
	}
	*nll += one;
	*tokens += x->n;
	return true;
}

/* How many tokens end at or before the byte; false if one lies across it. */
static bool
border(const struct ids *ids, size_t byte, size_t *tokens)
{
	size_t n = 0;

	while (n < ids->n && ids->end[n] <= byte)
		n++;
	*tokens = n;
	return byte == (n ? ids->end[n - 1] : 0);
}

/* The part [from, to) of a sample. */
static bool
part(struct asker *a, struct rec *r, const struct chat_sample *s, size_t from,
    size_t to, struct ids *ids)
{
	struct ranges in = { 0 };
	bool ok;

	for (size_t i = 0; i < s->content.n; i++) {
		struct tok_range c = s->content.r[i];

		c.from = c.from < from ? from : c.from;
		c.to = c.to > to ? to : c.to;
		if (c.from < c.to)
			ranges_add(&in, c.from - from, c.to - from);
	}
	ok = asker_encode(
	    a, r, (struct str){ s->text.s + from, to - from }, &in, ids);
	free(in.r);
	return ok;
}

/* A span by itself: its prompt's tokens, then its own. */
static bool
apart(struct asker *a, struct rec *r, const struct chat_sample *s,
    const struct chat_span *span, struct run *x)
{
	struct ids reply = { 0 };
	bool ok = part(a, r, s, 0, span->from, &x->ids) &&
		  part(a, r, s, span->from, span->to, &reply);

	if (ok) {
		x->at = need_alloc((reply.n + 1) * sizeof *x->at);
		for (size_t i = 0; i < reply.n; i++) {
			if (x->ids.n)
				x->at[x->n++] = (int32_t)x->ids.n;
			ids_put(&x->ids, reply.id[i], reply.end[i]);
		}
	}
	ids_done(&reply);
	return ok;
}

/* Is the span's prompt tokenised in the whole as it is alone? Then its
 * tokens in the whole are [*from, *to). */
static bool
together(struct asker *a, struct rec *r, const struct chat_sample *s,
    const struct chat_span *span, const struct ids *whole, size_t *from,
    size_t *to)
{
	struct ids alone = { 0 };
	bool same =
	    border(whole, span->from, from) && border(whole, span->to, to) &&
	    part(a, r, s, 0, span->from, &alone) && alone.n == *from &&
	    (!alone.n ||
		!memcmp(alone.id, whole->id, alone.n * sizeof *alone.id));

	ids_done(&alone);
	return same;
}

static bool
add_sample(struct asker *a, struct answers *cache, struct rec *r,
    const struct chat_sample *s, double *nll, size_t *tokens)
{
	struct run whole = { 0 };
	bool ok = part(a, r, s, 0, s->text.n, &whole.ids);
	size_t from, to, end = 0;

	whole.at = need_alloc((whole.ids.n + 1) * sizeof *whole.at);
	for (size_t i = 0; ok && i < s->spans; i++) {
		const struct chat_span *span = s->span + i;

		if (!(span->weight > 0))
			continue;
		if (together(a, r, s, span, &whole.ids, &from, &to)) {
			for (size_t k = from ? from : 1; k < to; k++)
				whole.at[whole.n++] = (int32_t)k;
			end = to;
		} else if (!r->bad) {
			struct run x = { 0 };

			ok = apart(a, r, s, span, &x) &&
			     add_run(a, cache, r, &x, nll, tokens);
			run_done(&x);
		}
	}
	whole.ids.n = end; /* what follows the last turn changes nothing */
	ok = ok && !r->bad && add_run(a, cache, r, &whole, nll, tokens);
	run_done(&whole);
	return ok;
}

bool
asked_turns(struct asker *a, struct answers *cache, struct rec *r,
    const struct msgs *ms, double *nll, size_t *tokens)
{
	struct chat_samples all = { 0 };
	bool ok = asker_samples(a, r, ms, &all);

	*nll = 0;
	*tokens = 0;
	for (size_t i = 0; ok && i < all.n; i++)
		ok = add_sample(a, cache, r, all.s + i, nll, tokens);
	chat_samples_done(&all);
	return ok;
}

bool
asked_text(struct asker *a, struct answers *cache, struct rec *r,
    struct str text, double *nll, size_t *tokens)
{
	size_t most = model_conf(a->engine)->context;
	const struct ids *ids = asker_text(a, r, text);
	struct run x = { 0 };
	bool ok;

	*nll = 0;
	*tokens = 0;
	if (!ids)
		return false;
	x.at = need_alloc((ids->n + 1) * sizeof *x.at);
	for (size_t i = 0; i < ids->n && i < most; i++) {
		if (i)
			x.at[x.n++] = (int32_t)i;
		ids_put(&x.ids, ids->id[i], ids->end[i]);
	}
	ok = add_run(a, cache, r, &x, nll, tokens);
	run_done(&x);
	return ok;
}

/* The score of the last token that is no padding: transformers'
 * ...ForSequenceClassification, with pad_token_id of config.json. */
static size_t
unpadded(const struct asker *a, const struct ids *ids)
{
	const struct json_doc *d = &a->hub->config;
	size_t n = ids->n;
	int64_t pad;

	if (!d->used ||
	    !json_int(d, json_get(d, d->tape, "pad_token_id"), &pad))
		return n;
	while (n > 1 && ids->id[n - 1] == pad)
		n--;
	return n;
}

static bool
can_score(const struct asker *a, const int32_t *id, size_t n, struct err *e)
{
	const struct model_conf *c = model_conf(a->engine);

	if (!n || n > c->context)
		return err_set(e,
		    "the conversation has %zu tokens; the model's context is "
		    "%zu",
		    n, c->context);
	for (size_t i = 0; i < n; i++)
		if (id[i] < 0 || (size_t)id[i] >= c->vocab)
			return err_set(e,
			    "token %d is outside the model's vocabulary of %zu",
			    (int)id[i], c->vocab);
	return true;
}

bool
asked_score(struct asker *a, struct answers *cache, struct rec *r,
    struct str messages, struct str tools, double *score, struct err *e)
{
	const struct ids *ids = asker_whole(a, r, messages, tools);
	struct hash128 key = { 0 };
	int32_t cu[2] = { 0 };
	size_t n = ids ? unpadded(a, ids) : 0;
	struct model_run run = { n, 1, 0, ids ? ids->id : NULL, cu, NULL };
	float got;

	if (!ids)
		return err_set(e, "its template fails");
	if (!can_score(a, ids->id, n, e))
		return false;
	if (cache) {
		struct buf b = { 0 };

		asker_question(a, &b, "score");
		ask_ids(&b, "ids", ids->id, n);
		key = ask_key(&b);
		buf_done(&b);
		if (known(cache, key, score))
			return true;
	}
	cu[1] = (int32_t)n;
	model_flat_scores(a->engine, &run, &got);
	*score = (double)got;
	if (!isfinite(got)) {
		rec_bad(r, NULL, "model '%s' gave a score that is no number",
		    a->name);
		return err_set(e, "no number");
	}
	if (cache)
		keep(cache, key, *score);
	return true;
}

void
asked_ids(struct asker *a, const int32_t *ids, size_t n, float *logps)
{
	int32_t cu[2] = { 0, (int32_t)n };
	struct model_run run = { n, 1, n - 1, ids, cu, NULL };
	int32_t *at = need_alloc(n * sizeof *at);

	for (size_t i = 1; i < n; i++)
		at[i - 1] = (int32_t)i;
	run.at = at;
	if (n > 1)
		model_logps(a->engine, &run, logps);
	free(at);
}
