#include "gpu/ask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/servers.h"
#include "libcore/talk.h"
#include "libcore/tool.h"

struct strs ask_models;
const char *ask_cache_file;
static const char *template, *date, *dtype = "auto", *kernel, *weights = "auto";
static struct strs template_args;
static long batch = 32, kv_mem = 1024;
static bool literal;
/* In the order of enum model_keep. */
static const char *const keeps[] = { "auto", "f32", "file", "int8", NULL };
static const char *const dtypes[] = { "auto", "f32", "bf16", NULL };
static struct asker *open_askers;

const struct opt ask_opts[] = {
	{ 'T', "template", "TEMPLATE",
	    "file of a chat template, or the name of one of the model's",
	    .str = &template },
	{ 0, "template-arg", "NAME=VALUE", "variable for the template",
	    .list = &template_args },
	{ 0, "date", "YYYY-MM-DD", "today, for the template", .str = &date },
	{ 0, "literal-content", NULL,
	    "special tokens inside content are text like any other",
	    .flag = &literal },
	{ 0, "batch", "N", "sequences that run at once", .num = &batch,
	    .min = 1, .max = 4096 },
	{ 0, "kv-mem", "MIB", "memory for keys and values", .num = &kv_mem,
	    .min = 1, .max = 1 << 30 },
	{ 0, "concurrency", "N", "requests to a server at once",
	    .num = &servers_conf.concurrency, .min = 1, .max = 1024 },
	{ 0, "rate", "N", "requests to a server in a minute; 0: any number",
	    .real = &servers_conf.rate, .min = 0, .max = 1e9 },
	{ 0, "timeout", "SECONDS", "that an answer of a server may take",
	    .real = &servers_conf.timeout, .min = 0.001, .max = 86400 },
	{ 0, "retries", "N", "how often a failed request is sent again",
	    .num = &servers_conf.retries, .min = 0, .max = 1000 },
	{ 0, "budget", "TOKENS",
	    "of all servers together: end before more are used; 0: any number",
	    .num = &servers_conf.budget, .min = 0, .max = 1e15 },
	/* from here on: ASK_TEXT */
	{ 'm', "model", "MODEL",
	    "folder, org/name in the hub cache, .gguf, or "
	    "http[s]://HOST/v1#NAME",
	    .list = &ask_models },
	{ 0, "models", "FILE", "names for models: lines NAME = MODEL",
	    .str = &servers_conf.models },
	{ 0, "dtype", "TYPE",
	    "numbers in products: f32, bf16, auto (bf16 where the CPU has it)",
	    .str = &dtype, .choice = dtypes },
	{ 0, "weights", "KIND",
	    "how weights are kept: f32, file (quantised as in the file), int8, "
	    "auto (bf16 where the file has it)",
	    .str = &weights, .choice = keeps },
	{ 0, "kernel", "NAME", "code path of products, instead of the best",
	    .str = &kernel },
	{ 0, "cache", "FILE", "keep answers in FILE (SQLite), ask only once",
	    .str = &ask_cache_file },
	{ 0 },
};

/* Does the best kernel here multiply bf16 by an instruction of its own? */
static bool
native_bf16(void)
{
#if defined __x86_64__ && defined __GNUC__
	return __builtin_cpu_supports("avx512bf16");
#else
	return false;
#endif
}

enum use { TEXTS, CHAT, SCORES };

static enum model_keep
keep_of(void)
{
	int i = 0;

	while (strcmp(keeps[i], weights))
		i++;
	return (enum model_keep)i;
}

static void
open_engine(struct asker *a, enum use use)
{
	bool chat = use == CHAT;
	enum model_keep keep = keep_of();
	bool bf16 =
	    !strcmp(dtype, "bf16") ||
	    (!strcmp(dtype, "auto") && keep < KEEP_FILE && native_bf16());
	struct model_how how = { .dev = { .threads = (int)tool_threads,
				     .products =
					 bf16 ? PRODUCTS_BF16 : PRODUCTS_F32,
				     .kernel = kernel },
		.keep = keep,
		.scores = use == SCORES };
	struct gen_conf conf = { .slots = chat ? (size_t)batch : 1,
		.kv_bytes = chat ? (size_t)kv_mem << 20 : 0,
		.chunk = 256,
		.threads = (int)tool_threads };
	struct err e;

	if (bf16 && keep >= KEEP_FILE)
		die("--weights %s is multiplied in f32: not with --dtype bf16",
		    weights);
	strcpy(a->dtype, bf16 ? "bf16" : "f32");
	a->int8 = keep == KEEP_INT8;
	a->slots = conf.slots;
	a->engine = model_open(a->hub, &how, &e);
	if (!a->engine)
		die("model '%s': %s", a->name, e.why);
	if (use != SCORES && !(a->gen = gen_new(a->engine, a->tok, &conf, &e)))
		die("model '%s': %s", a->name, e.why);
	if (tool_verbose)
		warn("model '%s': kernel %s, %s, %zu sequences, %zu MiB of "
		     "keys and values",
		    a->name, model_kernel(a->engine), a->dtype, conf.slots,
		    conf.kv_bytes >> 20);
}

static void
stop_ids(struct asker *a)
{
	a->stop = need_zero(a->hub->stops + 1, sizeof *a->stop);
	for (size_t i = 0; i < a->hub->stops; i++)
		if (a->hub->stop[i] >= 0 && a->hub->stop[i] < tok_size(a->tok))
			a->stop[a->stops++] = (int32_t)a->hub->stop[i];
}

static void
open_model(struct asker *a, const char *model, enum use use)
{
	struct err e;

	a->hub = hub_open(model, &e);
	if (!a->hub)
		die("%s", e.why);
	a->tok = tok_open(a->hub->file ? a->hub->file : a->hub->dir, &e);
	if (!a->tok)
		die("model '%s': %s", a->name, e.why);
	a->words = tok_cache_new(a->tok);
	if (use != TEXTS &&
	    !(a->chat = chat_open(a->hub, template, &a->source, &e)))
		die("%s", e.why);
	stop_ids(a);
	open_engine(a, use);
}

static const void *
value_of(const struct opt *o)
{
	return o->flag   ? (const void *)o->flag
	       : o->num  ? (const void *)o->num
	       : o->real ? (const void *)o->real
	       : o->str  ? (const void *)o->str
			 : (const void *)o->list;
}

static void
refuse(const void *const *list, const char *why)
{
	for (; *list; list++)
		for (const struct opt *o = ask_opts; o->name; o++)
			if (value_of(o) == *list && opt_given(*list))
				die("--%s is %s", o->name, why);
}

/* Options that would change nothing, since they are for the other kind. */
static void
check_options(void)
{
	static const void *const engines[] = { &template, &template_args, &date,
		&literal, &batch, &kv_mem, &dtype, &weights, &kernel, NULL };
	static const void *const servers[] = { &servers_conf.concurrency,
		&servers_conf.rate, &servers_conf.timeout,
		&servers_conf.retries, &servers_conf.budget, NULL };
	size_t n = 0;

	for (size_t i = 0; i < ask_models.n; i++)
		n += hub_is_server(servers_model(ask_models.s[i]));
	if (n == ask_models.n)
		refuse(engines, "for models that run here, and there is none");
	else if (!n)
		refuse(servers, "for servers, and no model is one");
}

static struct asker *
open_for(const char *name, enum use use)
{
	struct asker *a = need_zero(1, sizeof *a);
	const char *model = servers_model(name);

	if (!open_askers)
		check_options();
	a->name = name;
	if (!hub_is_server(model)) {
		open_model(a, model, use);
	} else {
		assert(use == CHAT); /* see ask_engine */
		a->server = servers_open(name);
	}
	a->next = open_askers;
	open_askers = a;
	return a;
}

struct asker *
asker_open(const char *name, bool chat)
{
	return open_for(name, chat ? CHAT : TEXTS);
}

struct asker *
asker_open_scores(const char *name)
{
	struct asker *a = open_for(name, SCORES);

	if (model_conf(a->engine)->labels != 1)
		die("model '%s': its head gives %zu scores; a reward model's "
		    "gives one",
		    name, model_conf(a->engine)->labels);
	return a;
}

bool
asker_has_scores(const char *name)
{
	struct model_conf c;
	struct err e;
	struct hub *hub = hub_open(servers_model(name), &e);
	bool has;

	if (!hub)
		return false; /* who opens it says why */
	has = conf_read(&c, hub, &e) && c.labels;
	hub_close(hub);
	return has;
}

static void
forget(struct asker *a)
{
	struct asker **p = &open_askers;

	while (*p && *p != a)
		p = &(*p)->next;
	if (*p)
		*p = a->next;
	if (!open_askers)
		servers_forget();
}

void
asker_close(struct asker *a)
{
	if (!a)
		return;
	forget(a);
	endpoint_close(a->server);
	if (a->gen)
		gen_free(a->gen);
	model_close(a->engine);
	chat_free(a->chat);
	buf_done(&a->source);
	tok_cache_free(a->words);
	tok_close(a->tok);
	hub_close(a->hub);
	free(a->stop);
	buf_done(&a->text);
	buf_done(&a->messages);
	ids_done(&a->ids);
	free(a);
}

void
ask_engine(const char *name, const char *what)
{
	if (hub_is_server(servers_model(name)))
		die("model '%s' is a server: %s", name, what);
}

/* Has any engine something to do? Then nobody waits for servers. */
static bool
engines_work(void)
{
	for (const struct asker *a = open_askers; a; a = a->next)
		if (a->gen && (a->busy || gen_waiting(a->gen)))
			return true;
	return false;
}

bool
asker_step_for(struct asker *a, int ms)
{
	bool more;

	if (!a->server)
		return a->busy = gen_step(a->gen);
	more = endpoint_step(a->server, engines_work() ? 0 : ms);
	if (a->cache)
		answers_settle(a->cache);
	return more;
}

bool
asker_step(struct asker *a)
{
	return asker_step_for(a, 50);
}

size_t
asker_waiting(const struct asker *a)
{
	return a->server ? endpoint_waiting(a->server) : gen_waiting(a->gen);
}

void
asker_count(const struct asker *a, size_t *prompt, size_t *drawn)
{
	struct endpoint_count n;

	if (!a->server) {
		gen_count(a->gen, prompt, drawn);
		return;
	}
	n = endpoint_count(a->server);
	*prompt = n.prompt;
	*drawn = n.drawn;
}

void
ask_stat(const char *name, size_t n)
{
	char text[32];

	snprintf(text, sizeof text, "%zu", n);
	tool_stat(name, str_of(text));
}

/* What all servers that are open were asked. */
static void
server_stats(void)
{
	struct endpoint_count all = { 0 };
	size_t servers = 0;

	for (const struct asker *a = open_askers; a; a = a->next) {
		struct endpoint_count n;

		if (!a->server)
			continue;
		n = endpoint_count(a->server);
		all.requests += n.requests;
		all.again += n.again;
		servers++;
	}
	if (!servers)
		return;
	ask_stat("requests", all.requests);
	ask_stat("requests_again", all.again);
	if (servers_conf.budget)
		ask_stat("budget_used", endpoint_used());
}

void
ask_stats(const struct answers *cache)
{
	size_t found, new;

	server_stats();
	if (!cache)
		return;
	answers_count(cache, &found, &new);
	ask_stat("answers_found", found);
	ask_stat("answers_new", new);
}

/* What every rendering has beside the messages. vars is filled for it. */
static struct chat_talk
talk_of(const struct asker *a, struct str messages, struct str tools,
    struct buf *vars, char today[11])
{
	struct err e;

	if (!chat_args(vars, &template_args, &e) || !chat_date(today, date, &e))
		die("%s", e.why);
	return (struct chat_talk){ .messages = messages,
		.tools = tools,
		.bos = a->hub->bos,
		.eos = a->hub->eos,
		.vars = { vars->s, vars->n },
		.date = today };
}

bool
asker_encode(struct asker *a, struct rec *r, struct str text,
    const struct ranges *content, struct ids *to)
{
	struct err e;

	ids_reset(to);
	if (tok_encode_mixed(a->tok, a->words, text, content->r, content->n,
		literal ? TOK_LITERAL : 0, to, &e))
		return true;
	rec_bad(r, NULL, "tokenizer of '%s': %s", a->name, e.why);
	return false;
}

static const struct ids *
render(struct asker *a, struct rec *r, struct str messages, struct str tools,
    bool generation)
{
	struct buf vars = { 0 };
	struct ranges content = { 0 };
	char today[11];
	struct chat_talk t = talk_of(a, messages, tools, &vars, today);
	struct err e;
	bool ok;

	buf_reset(&a->text);
	ok = chat_text(a->chat, &t, generation, &a->text, &content, &e);
	if (!ok)
		rec_bad(r, NULL, "template: %s", e.why);
	ok = ok && asker_encode(a, r, (struct str){ a->text.s, a->text.n },
		       &content, &a->ids);
	if (ok && a->ids.parsed)
		rec_count(r, "special tokens in content", a->ids.parsed);
	buf_done(&vars);
	free(content.r);
	return ok ? &a->ids : NULL;
}

const struct ids *
asker_render(
    struct asker *a, struct rec *r, struct str messages, struct str tools)
{
	return render(a, r, messages, tools, true);
}

const struct ids *
asker_whole(
    struct asker *a, struct rec *r, struct str messages, struct str tools)
{
	return render(a, r, messages, tools, false);
}

static struct str
tools_of(const struct rec *r, const struct msgs *ms)
{
	return ms->tools ? json_raw(&r->doc, ms->tools) : (struct str){ 0 };
}

const struct ids *
asker_prompt(struct asker *a, struct rec *r, const struct msgs *ms, size_t n)
{
	buf_reset(&a->messages);
	talk_messages(&a->messages, r, ms, n);
	return asker_render(a, r, (struct str){ a->messages.s, a->messages.n },
	    tools_of(r, ms));
}

bool
asker_samples(struct asker *a, struct rec *r, const struct msgs *ms,
    struct chat_samples *to)
{
	struct chat_want want = { .train = CHAT_ASSISTANT };
	struct str *stops = arena_take(r->mem, (a->stops + 1) * sizeof *stops);
	struct buf vars = { 0 };
	char today[11];
	struct chat_talk t;
	struct err e;
	bool ok;

	for (size_t i = 0; i < a->stops; i++)
		stops[i] = tok_piece(a->tok, a->stop[i]);
	want.stops = stops;
	want.nstops = a->stops;
	buf_reset(&a->messages);
	talk_messages(&a->messages, r, ms, ms->n);
	t = talk_of(a, (struct str){ a->messages.s, a->messages.n },
	    tools_of(r, ms), &vars, today);
	ok = chat_samples(a->chat, &t, &want, to, &e);
	if (!ok)
		rec_bad(r, NULL, "template: %s", e.why);
	buf_done(&vars);
	return ok;
}

const struct ids *
asker_text(struct asker *a, struct rec *r, struct str text)
{
	struct err e;

	ids_reset(&a->ids);
	if (tok_encode(a->tok, a->words, text, TOK_ADD, &a->ids, &e))
		return &a->ids;
	rec_bad(r, NULL, "tokenizer of '%s': %s", a->name, e.why);
	return NULL;
}

void
asker_question(struct asker *a, struct buf *b, const char *what)
{
	struct err e;
	char hex[33];

	if (!a->hashed && !hub_hash(a->hub, &a->model, &e))
		die("model '%s': %s", a->name, e.why);
	a->hashed = true;
	buf_reset(b);
	ask_text(b, "ask", str_of(what));
	hash_hex(hex, a->model);
	ask_text(b, "model", str_of(hex));
	hash_hex(hex, hash128(a->source.n ? a->source.s : "", a->source.n));
	ask_text(b, "template", str_of(hex));
	hash_hex(hex, tok_hash(a->tok));
	ask_text(b, "tokenizer", str_of(hex));
	ask_text(b, "kernel", str_of(model_kernel(a->engine)));
	ask_text(b, "dtype", str_of(a->dtype));
	if (a->int8) /* the other ways to keep weights change no answer */
		ask_text(b, "weights", str_of("int8"));
}
