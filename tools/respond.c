/* respond - sample responses to prompts from one or several models. Page:
 * man/respond.1 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gpu/asked.h"
#include "gpu/reply.h"
#include "libcore/hold.h"
#include "libcore/places.h"
#include "libcore/talk.h"
#include "libcore/tool.h"
#include "tools/respond/retry.h"
#include "tools/respond/serve.h"

static long n = 1, top_k, min_tokens, max_tokens = 512, tops;
static double temperature = 1, top_p = 1, min_p, repetition = 1, presence,
	      frequency;
static struct strs stop_strings, biases;
static bool with_ids, with_logps, prompt_logps, ignore_eos, as_json,
    retry_failed;
static const char *where, *schema_file;
static long requests = 128, body = 4, idle = 60, drain = 30;

static const struct opt opts[] = {
	{ 'n', "samples", "N", "responses of each model to a prompt", .num = &n,
	    .min = 1, .max = 65536 },
	{ 't', "temperature", "T", "0: always the most likely token",
	    .real = &temperature, .min = 0, .max = 100 },
	{ 0, "top-p", "P", "nucleus: the fewest tokens that reach P",
	    .real = &top_p, .min = 0, .max = 1 },
	{ 0, "top-k", "K", "the K most likely tokens; 0: all", .num = &top_k,
	    .min = 0, .max = 1 << 30 },
	{ 0, "min-p", "P", "tokens with at least P of the highest probability",
	    .real = &min_p, .min = 0, .max = 1 },
	{ 0, "repetition-penalty", "R",
	    "divide logits of tokens seen before by R", .real = &repetition,
	    .min = 0.01, .max = 100 },
	{ 0, "presence-penalty", "X", "subtract X for tokens drawn before",
	    .real = &presence, .min = -100, .max = 100 },
	{ 0, "frequency-penalty", "X", "subtract X for each time drawn before",
	    .real = &frequency, .min = -100, .max = 100 },
	{ 0, "max-tokens", "N", "tokens of a response at most",
	    .num = &max_tokens, .min = 1, .max = 1 << 24 },
	{ 0, "min-tokens", "N", "tokens of a response at least",
	    .num = &min_tokens, .min = 0, .max = 1 << 24 },
	{ 0, "stop", "TEXT", "end a response before this text",
	    .list = &stop_strings },
	{ 0, "logit-bias", "TOKEN=X",
	    "add X to the logit of a token, by its text or number",
	    .list = &biases },
	{ 0, "json", NULL, "hold responses to a JSON object",
	    .flag = &as_json },
	{ 0, "schema", "FILE", "hold responses to this JSON Schema",
	    .str = &schema_file },
	{ 0, "ignore-eos", NULL, "go on after tokens that end a response",
	    .flag = &ignore_eos },
	{ 0, "ids", NULL, "add prompt_ids, and ids and logps of responses",
	    .flag = &with_ids },
	{ 0, "logprobs", NULL, "add logps of responses", .flag = &with_logps },
	{ 0, "top-logprobs", "K",
	    "add top_logps: the K likeliest tokens at each place", .num = &tops,
	    .min = 0, .max = GEN_TOPS },
	{ 0, "prompt-logprobs", NULL, "add prompt_ids and their prompt_logps",
	    .flag = &prompt_logps },
	{ 0, "retry-failed", NULL,
	    "in records with responses, ask again for those that are errors",
	    .flag = &retry_failed },
	{ 0, "serve", "HOST:PORT", "answer other programs there, by HTTP",
	    .str = &where },
	{ 0, "max-requests", "N", "of --serve: requests in work at once",
	    .num = &requests, .min = 1, .max = 4096 },
	{ 0, "max-body", "MIB", "of --serve: longest request", .num = &body,
	    .min = 1, .max = 1024 },
	{ 0, "idle", "SECONDS", "of --serve: how long a client may be silent",
	    .num = &idle, .min = 1, .max = 86400 },
	{ 0, "drain", "SECONDS", "of --serve: what a signal leaves to requests",
	    .num = &drain, .min = 0, .max = 86400 },
	{ 0 },
};

static struct model_of *models;
static struct str *stops;
static struct answers *cache;
static struct timespec began;
static struct buf schema;

enum { QUEUE = 32 }; /* samples that wait beside those that run */

/* A record, from tool_next to tool_done. */
struct work {
	struct rec *r;
	struct hold *hold;
	struct replies *of;   /* [models] */
	struct retry *failed; /* [models]; NULL: all is asked anew */
	size_t left;          /* models that are not through */
};

static double
given_or(const void *option, double value, double model)
{
	return opt_given(option) || isnan(model) ? value : model;
}

/* The token that TOKEN=X names: by its number, else by its text. */
static int32_t
bias_token(const struct asker *a, struct str name)
{
	struct ids ids = { 0 };
	struct err e;
	int64_t id;

	if (num_parse_int(name, &id)) {
		if (id < 0 || id >= tok_size(a->tok))
			die("--logit-bias: '%s' has no token %lld", a->name,
			    (long long)id);
		return (int32_t)id;
	}
	id = tok_find(a->tok, name);
	if (id < 0) {
		if (!tok_encode(a->tok, a->words, name, 0, &ids, &e))
			die("--logit-bias: %s", e.why);
		if (ids.n != 1)
			die("--logit-bias: '%.*s' is %zu tokens of '%s', not "
			    "one",
			    (int)name.n, name.s, ids.n, a->name);
		id = ids.id[0];
		ids_done(&ids);
	}
	return (int32_t)id;
}

/* The last "=" parts them: a token may be one. */
static void
read_biases(struct model_of *m)
{
	struct sample_bias *b = need_zero(biases.n + 1, sizeof *b);

	for (size_t i = 0; i < biases.n; i++) {
		const char *eq = strrchr(biases.s[i], '=');
		double x;

		if (!eq || eq == biases.s[i] ||
		    !num_parse(str_of(eq + 1), &x) ||
		    !(x >= -1000 && x <= 1000))
			die("--logit-bias '%s' is not TOKEN=X, X from -1000 to "
			    "1000",
			    biases.s[i]);
		b[i].id = bias_token(m->a,
		    (struct str){ biases.s[i], (size_t)(eq - biases.s[i]) });
		b[i].by = (float)x;
	}
	m->conf.draw.bias = b;
	m->conf.draw.biases = biases.n;
}

/* --json and --schema. */
static void
read_held(struct model_of *m)
{
	struct err e;

	if (!as_json && !schema_file)
		return;
	m->conf.held = held_new(
	    m->a, (struct str){ schema_file ? schema.s : NULL, schema.n }, &e);
	if (!m->conf.held)
		die("%s%s%s", schema_file ? schema_file : "",
		    schema_file ? ": " : "", e.why);
}

/* Options win over the model's generation_config.json. */
static void
resolve_engine(struct sample_conf *d, const struct hub_generation *g)
{
	d->temperature = given_or(&temperature, temperature, g->temperature);
	d->top_p = given_or(&top_p, top_p, g->top_p);
	d->min_p = given_or(&min_p, min_p, g->min_p);
	d->repetition =
	    given_or(&repetition, repetition, g->repetition_penalty);
	if (!opt_given(&top_k) && g->top_k >= 0)
		d->top_k = (long)g->top_k;
}

static void
resolve(struct model_of *m)
{
	struct reply_conf *c = &m->conf;

	c->draw = (struct sample_conf){
		.temperature = temperature,
		.top_p = top_p,
		.min_p = min_p,
		.top_k = top_k,
		.repetition = repetition,
		.presence = presence,
		.frequency = frequency,
		.seed = (uint64_t)tool_seed,
	};
	c->most = (size_t)max_tokens;
	if (!m->a->server) {
		const struct hub_generation *g = &m->a->hub->gen;

		resolve_engine(&c->draw, g);
		if (!opt_given(&max_tokens) && g->max_new_tokens >= 1)
			c->most = (size_t)g->max_new_tokens;
	}
	c->least = (size_t)min_tokens;
	c->stop = stops;
	c->stops = stop_strings.n;
	c->ignore_eos = ignore_eos;
	c->logps = with_logps;
	c->tops = (size_t)tops;
	c->given = (opt_given(&top_k) ? REPLY_TOP_K : 0) |
		   (opt_given(&min_p) ? REPLY_MIN_P : 0) |
		   (opt_given(&repetition) ? REPLY_REPETITION : 0);
	if (biases.n)
		read_biases(m);
	read_held(m);
	if (tool_verbose)
		warn("model '%s': temperature %g, top-p %g, top-k %ld, min-p "
		     "%g, repetition-penalty %g, max-tokens %zu, seed %ld",
		    m->a->name, c->draw.temperature, c->draw.top_p,
		    c->draw.top_k, c->draw.min_p, c->draw.repetition, c->most,
		    tool_seed);
}

/* What servers do not do. */
static void
need_engine(const char *model)
{
	if (with_ids)
		ask_engine(model, "--ids needs its tokens");
	if (prompt_logps)
		ask_engine(model, "--prompt-logprobs needs its tokens");
	if (tops)
		ask_engine(model, "--top-logprobs needs its tokens");
	if (biases.n)
		ask_engine(model, "--logit-bias needs its tokens");
	if (where)
		ask_engine(model, "--serve needs the model itself");
}

static void
start(void)
{
	if (where && (opt_given(&n) || with_ids || tops || prompt_logps)) {
		warn("-n, --ids, --top-logprobs and --prompt-logprobs are for "
		     "records: requests say what they want");
		opt_usage();
	}
	if ((as_json && schema_file) ||
	    ((as_json || schema_file) && (ignore_eos || min_tokens))) {
		warn("--json, --schema, --ignore-eos and --min-tokens: one of "
		     "the first two, and not with the others");
		opt_usage();
	}
	if (min_tokens > max_tokens) {
		warn("--min-tokens is more than --max-tokens");
		opt_usage();
	}
	if (!ask_models.n)
		die("no model: give one with -m");
	if (schema_file)
		places_read(&schema, schema_file, "schema");
	stops = need_zero(stop_strings.n + 1, sizeof *stops);
	for (size_t i = 0; i < stop_strings.n; i++) {
		stops[i] = str_of(stop_strings.s[i]);
		if (!stops[i].n)
			die("an empty --stop would stop at once");
	}
	models = need_zero(ask_models.n, sizeof *models);
	for (size_t i = 0; i < ask_models.n; i++) {
		need_engine(ask_models.s[i]);
		models[i].a = asker_open(ask_models.s[i], true);
		resolve(models + i);
	}
	if (ask_cache_file)
		cache = answers_open(ask_cache_file);
	clock_gettime(CLOCK_MONOTONIC, &began);
}

static void
put_text(struct buf *b, const char *name, struct str s)
{
	buf_printf(b, "\"%s\":", name);
	buf_json_str(b, s);
}

static void
put_logps(struct buf *b, const struct reply *p)
{
	double sum = 0;

	for (size_t k = 0; k < p->n; k++)
		sum += (double)p->logps[k];
	buf_puts(b, ",\"logprob\":");
	buf_json_real(b, sum);
	if (with_ids) {
		buf_puts(b, ",\"ids\":");
		reply_ids(b, p->ids, p->n);
	}
	if (with_ids || with_logps) {
		buf_puts(b, ",\"logps\":");
		reply_logps(b, p->logps, p->n);
	}
	if (tops) {
		buf_puts(b, ",\"top_logps\":");
		reply_tops(b, p->top, p->n, (size_t)tops);
	}
}

static void
render(struct buf *b, const struct reply *p, const char *model)
{
	buf_char(b, '{');
	if (!p->error.s) {
		put_text(b, "content", p->content);
		buf_char(b, ',');
	}
	put_text(b, "model", str_of(model));
	buf_printf(b, ",\"seed\":%ld,", tool_seed);
	put_text(b, "finish", p->finish);
	if (p->error.s) {
		buf_char(b, ',');
		put_text(b, "error", p->error);
	}
	if (p->tokens || p->ids)
		buf_printf(b, ",\"tokens\":%zu", p->tokens);
	if (p->logps)
		put_logps(b, p);
	if (p->reasoning.s) {
		buf_char(b, ',');
		put_text(b, "reasoning_content", p->reasoning);
	}
	if (p->tool_calls.s) {
		buf_puts(b, ",\"tool_calls\":");
		buf_str(b, p->tool_calls);
	}
	buf_char(b, '}');
}

static void
put_again(void *user, struct buf *b, size_t model, size_t sample)
{
	const struct work *w = user;

	render(b, w->of[model].got + sample, ask_models.s[model]);
}

static void
put_all(const struct work *w, struct buf *b)
{
	for (size_t i = 0; i < ask_models.n; i++)
		for (size_t k = 0; k < (size_t)n; k++) {
			buf_char(b, b->n ? ',' : '[');
			render(b, w->of[i].got + k, ask_models.s[i]);
		}
	buf_char(b, ']');
}

/* The first model's view of the prompt: its ids; how likely each is after those
 * before it, the first without a number. */
static void
put_prompt(struct work *w, struct buf *b)
{
	const struct replies *p = w->of;
	float *logps;

	buf_reset(b);
	reply_ids(b, p->prompt, p->prompt_n);
	rec_put(w->r, "prompt_ids", (struct str){ b->s, b->n });
	if (!prompt_logps || !p->prompt_n)
		return;
	logps = arena_take(w->r->mem, p->prompt_n * sizeof *logps);
	asked_ids(models[0].a, p->prompt, p->prompt_n, logps);
	buf_reset(b);
	buf_puts(b, "[null");
	for (size_t i = 0; i + 1 < p->prompt_n; i++) {
		buf_char(b, ',');
		buf_json_float(b, logps[i]);
	}
	buf_char(b, ']');
	rec_put(w->r, "prompt_logps", (struct str){ b->s, b->n });
}

static void
give(void *user)
{
	struct work *w = user;
	struct buf b = { 0 };

	if (!w->of) { /* its own were kept */
		rec_emit(w->r, 0);
		return;
	}
	if (w->failed)
		retry_render(
		    &b, w->r, ask_models.s, ask_models.n, put_again, w);
	else
		put_all(w, &b);
	rec_put(w->r, "responses", (struct str){ b.s, b.n });
	if ((with_ids || prompt_logps) && !w->failed)
		put_prompt(w, &b);
	buf_done(&b);
	rec_emit(w->r, 0);
}

/* A model is through with the record; the last one makes it ready. */
static void
less(struct work *w)
{
	if (--w->left == 0)
		hold_ready(w->hold);
}

static void
done(struct replies *p)
{
	less(p->user);
}

/* Is anything to be asked of the record? */
static bool
wanted(struct work *w)
{
	struct rec *r = w->r;

	if (tool_overwrite || !rec_get(r, "responses"))
		return !r->bad;
	if (retry_failed) {
		w->failed =
		    arena_take(r->mem, ask_models.n * sizeof *w->failed);
		if (retry_find(r, ask_models.s, ask_models.n, w->failed)) {
			rec_count(r, "asked again", 1);
			return true;
		}
	}
	if (!r->bad)
		rec_count(r, "kept responses", 1);
	return false;
}

static void
ask(struct work *w, size_t i, const struct msgs *ms)
{
	const struct retry *again = w->failed ? w->failed + i : NULL;

	w->of[i] = (struct replies){ .r = w->r,
		.a = models[i].a,
		.cache = cache,
		.conf = &models[i].conf,
		.samples = again ? again->samples : (size_t)n,
		.skip = again ? again->skip : NULL,
		.done = done,
		.user = w };
	if (w->of[i].samples && replies_ask(w->of + i, ms) && w->of[i].left)
		w->left++;
}

/* Begin a record; it may be through at once. */
static void
take(struct rec *r)
{
	struct work *w = arena_take(r->mem, sizeof *w);
	struct msgs ms = { 0 };

	w->r = r;
	w->hold = hold_take(r, give, w);
	if (!wanted(w)) {
		hold_ready(w->hold);
		return;
	}
	w->of = arena_take(r->mem, ask_models.n * sizeof *w->of);
	w->left = 1; /* until all have been asked */
	if (rec_msgs(r, &ms) == 0 && !talk_asked(&ms))
		rec_bad(r, NULL, "there is nothing to answer");
	for (size_t i = 0; i < ask_models.n && !r->bad; i++)
		ask(w, i, &ms);
	less(w);
}

static bool
step(void)
{
	bool more = false;

	for (size_t i = 0; i < ask_models.n; i++)
		more |= asker_step(models[i].a);
	return more;
}

/* Is there work for another record, and room to hold it? */
static bool
wants_more(void)
{
	for (size_t i = 0; i < ask_models.n; i++)
		if (asker_waiting(models[i].a) < QUEUE)
			return !hold_full();
	return false;
}

static int
pull(void)
{
	struct rec *r;
	bool more = true;

	while (!tool_stopping()) {
		while (more && wants_more()) {
			r = tool_next();
			if (!r)
				more = false;
			else
				take(r);
		}
		if (!step() && !more)
			break;
	}
	return 0;
}

/* --serve */
static int
run(int argc, char **argv)
{
	const struct serve_conf conf = {
		.where = where,
		.requests = requests,
		.body = body,
		.idle = idle,
		.drain = drain,
		.models = models,
		.n = ask_models.n,
		.cache = cache,
		.seeded = opt_given(&tool_seed),
	};

	(void)argc;
	(void)argv;
	return serve(&conf);
}

static void
stats(void)
{
	size_t prompt = 0, drawn = 0, p, d;
	struct timespec now;
	double s;
	char text[32];

	clock_gettime(CLOCK_MONOTONIC, &now);
	s = (double)(now.tv_sec - began.tv_sec) +
	    (double)(now.tv_nsec - began.tv_nsec) * 1e-9;
	for (size_t i = 0; i < ask_models.n; i++) {
		asker_count(models[i].a, &p, &d);
		prompt += p;
		drawn += d;
	}
	ask_stat("tokens_prompt", prompt);
	ask_stat("tokens_drawn", drawn);
	snprintf(text, sizeof text, "%.1f", s > 0 ? (double)drawn / s : 0);
	tool_stat("tokens_per_second", str_of(text));
	ask_stats(cache);
}

static void
end(void)
{
	if (models)
		stats();
	for (size_t i = 0; i < ask_models.n && models; i++) {
		held_free((void *)(uintptr_t)models[i].conf.held);
		free((void *)(uintptr_t)models[i].conf.draw.bias);
		asker_close(models[i].a);
	}
	buf_done(&schema);
	answers_close(cache);
	hold_free();
	free(models);
	free(stops);
}

int
main(int argc, char **argv)
{
	static const struct tool respond = {
		.name = "respond",
		.operands = "[file ...]",
		.does = "sample responses to prompts from one or several "
			"models",
		.opts = opts,
		.also = ask_opts,
		.start = start,
		.pull = pull,
		.run = run,
		.run_if = &where,
		.end = end,
	};

	return tool_main(&respond, argc, argv);
}
