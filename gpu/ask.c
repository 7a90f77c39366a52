#include "gpu/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/talk.h"
#include "libcore/tool.h"

struct strs ask_models;
const char *ask_cache_file;
static const char *template, *date, *dtype = "auto", *kernel;
static struct strs template_args;
static long batch = 32, kv_mem = 1024;
static const char *const dtypes[] = { "auto", "f32", "bf16", NULL };

const struct opt ask_opts[] = {
	{ 'm', "model", "MODEL", "folder, org/name in the hub cache or .gguf",
	    .list = &ask_models },
	{ 'T', "template", "TEMPLATE",
	    "file of a chat template, or the name of one of the model's",
	    .str = &template },
	{ 0, "template-arg", "NAME=VALUE", "variable for the template",
	    .list = &template_args },
	{ 0, "date", "YYYY-MM-DD", "today, for the template", .str = &date },
	{ 0, "dtype", "TYPE",
	    "numbers in products: f32, bf16, auto (bf16 where the CPU has it)",
	    .str = &dtype, .choice = dtypes },
	{ 0, "kernel", "NAME", "code path of products, instead of the best",
	    .str = &kernel },
	{ 0, "cache", "FILE", "keep answers in FILE (SQLite), ask only once",
	    .str = &ask_cache_file },
	{ 0, "batch", "N", "sequences that run at once", .num = &batch,
	    .min = 1, .max = 4096 },
	{ 0, "kv-mem", "MIB", "memory for keys and values", .num = &kv_mem,
	    .min = 1, .max = 1 << 30 },
	{ 0 },
};

/* A file's text, appended; false if there is no such file. */
static bool
read_file(struct buf *b, const char *path)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		buf_put(b, chunk, n);
	if (ferror(f))
		die("cannot read '%s'", path);
	fclose(f);
	return true;
}

/* The text of the template: the model's own, a file's, or that of another
 * one the model has, by name. False if the model has none. */
static bool
template_text(struct asker *a, struct buf *b)
{
	struct str s;

	if (template && read_file(b, template))
		return true;
	s = hub_template(a->hub, template);
	if (!s.s && template)
		die("template '%s' is no file, and model '%s' has none of "
		    "that name",
		    template, a->name);
	buf_str(b, s);
	return s.s != NULL;
}

static void
open_chat(struct asker *a, bool need)
{
	struct err e;

	buf_need(&a->source, 1);
	if (!template_text(a, &a->source)) {
		if (need)
			die("model '%s' has no chat template; give one with -T",
			    a->name);
		return;
	}
	a->chat = chat_parse((struct str){ a->source.s, a->source.n }, &e);
	if (!a->chat)
		die("template of '%s': %s", template ? template : a->name,
		    e.why);
}

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

static void
open_engine(struct asker *a)
{
	bool bf16 =
	    !strcmp(dtype, "bf16") || (!strcmp(dtype, "auto") && native_bf16());
	struct model_how how = { .dev = { .threads = (int)tool_threads,
				     .products =
					 bf16 ? PRODUCTS_BF16 : PRODUCTS_F32,
				     .kernel = kernel } };
	struct gen_conf conf = { .slots = (size_t)batch,
		.kv_bytes = (size_t)kv_mem << 20,
		.chunk = 256,
		.threads = (int)tool_threads };
	struct err e;

	strcpy(a->dtype, bf16 ? "bf16" : "f32");
	a->engine = model_open(a->hub, &how, &e);
	if (!a->engine)
		die("model '%s': %s", a->name, e.why);
	a->gen = gen_new(a->engine, a->tok, &conf, &e);
	if (!a->gen)
		die("model '%s': %s", a->name, e.why);
	if (tool_verbose)
		warn("model '%s': kernel %s, %s, %zu sequences, %ld MiB of "
		     "keys and values",
		    a->name, model_kernel(a->engine), a->dtype, conf.slots,
		    kv_mem);
}

static void
stop_ids(struct asker *a)
{
	a->stop = need_zero(a->hub->stops + 1, sizeof *a->stop);
	for (size_t i = 0; i < a->hub->stops; i++)
		if (a->hub->stop[i] >= 0 && a->hub->stop[i] < tok_size(a->tok))
			a->stop[a->stops++] = (int32_t)a->hub->stop[i];
}

struct asker *
asker_open(const char *name, bool need_chat)
{
	struct asker *a = need_zero(1, sizeof *a);
	struct err e;

	a->name = name;
	a->hub = hub_open(name, &e);
	if (!a->hub)
		die("%s", e.why);
	a->tok = tok_open(a->hub->file ? a->hub->file : a->hub->dir, &e);
	if (!a->tok)
		die("model '%s': %s", name, e.why);
	a->words = tok_cache_new(a->tok);
	open_chat(a, need_chat);
	stop_ids(a);
	open_engine(a);
	return a;
}

void
asker_close(struct asker *a)
{
	if (!a)
		return;
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

static const struct ids *
encode(struct asker *a, struct rec *r, struct str text, unsigned flags)
{
	struct err e;

	ids_reset(&a->ids);
	if (tok_encode(a->tok, a->words, text, flags, &a->ids, &e))
		return &a->ids;
	rec_bad(r, NULL, "tokenizer of '%s': %s", a->name, e.why);
	return NULL;
}

/* Render messages (JSON) into *to. */
static bool
render(struct asker *a, struct rec *r, struct str messages, struct str tools,
    bool prompt, struct buf *to)
{
	struct buf vars = { 0 };
	struct chat_talk t = { .messages = messages, .tools = tools };
	char today[11];
	struct err e;
	bool ok;

	if (!chat_args(&vars, &template_args, &e) ||
	    !chat_date(today, date, &e))
		die("%s", e.why);
	t.bos = a->hub->bos;
	t.eos = a->hub->eos;
	t.vars = (struct str){ vars.s, vars.n };
	t.date = today;
	buf_reset(to);
	ok = chat_text(a->chat, &t, prompt, to, NULL, &e);
	buf_done(&vars);
	if (!ok)
		rec_bad(r, NULL, "template: %s", e.why);
	return ok;
}

const struct ids *
asker_render(
    struct asker *a, struct rec *r, struct str messages, struct str tools)
{
	if (!render(a, r, messages, tools, true, &a->text))
		return NULL;
	return encode(a, r, (struct str){ a->text.s, a->text.n }, 0);
}

const struct ids *
asker_prompt(struct asker *a, struct rec *r, const struct msgs *ms, size_t n)
{
	struct str tools = { 0 };

	buf_reset(&a->messages);
	talk_messages(&a->messages, r, ms, n);
	if (ms->tools)
		tools = json_raw(&r->doc, ms->tools);
	return asker_render(
	    a, r, (struct str){ a->messages.s, a->messages.n }, tools);
}

const struct ids *
asker_text(struct asker *a, struct rec *r, struct str text)
{
	return encode(a, r, text, TOK_ADD);
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
	hash_hex(hex, hash128(a->source.s, a->source.n));
	ask_text(b, "template", str_of(hex));
	hash_hex(hex, tok_hash(a->tok));
	ask_text(b, "tokenizer", str_of(hex));
	ask_text(b, "kernel", str_of(model_kernel(a->engine)));
	ask_text(b, "dtype", str_of(a->dtype));
}

/* The first n messages, rendered. */
static bool
render_first(struct asker *a, struct rec *r, const struct msgs *ms, size_t n,
    bool prompt, struct buf *to)
{
	struct str tools = { 0 };

	buf_reset(&a->messages);
	talk_messages(&a->messages, r, ms, n);
	if (ms->tools)
		tools = json_raw(&r->doc, ms->tools);
	return render(a, r, (struct str){ a->messages.s, a->messages.n }, tools,
	    prompt, to);
}

static bool
same_start(const struct buf *whole, const struct buf *part)
{
	return part->n <= whole->n && !memcmp(whole->s, part->s, part->n);
}

/* Where the turn in s[from, to) really ends: after the last token there that
 * ends a response; what the template puts behind it is nothing to learn. */
static size_t
turn_end(const struct asker *a, const struct buf *b, size_t from, size_t to)
{
	size_t end = 0;

	for (size_t i = 0; i < a->stops; i++) {
		struct str t = tok_piece(a->tok, a->stop[i]);

		for (size_t at = to; t.n && at >= from + t.n; at--)
			if (!memcmp(b->s + at - t.n, t.s, t.n)) {
				end = at > end ? at : end;
				break;
			}
	}
	return end ? end : to;
}

/* Add the tokens of text[from, to) to the span. */
static void
add_span(struct asker_spans *s, int32_t *at, size_t from, size_t to)
{
	for (size_t i = 1; i < s->ids->n; i++)
		if (s->ids->end[i - 1] >= from && s->ids->end[i] <= to)
			at[s->n++] = (int32_t)i;
}

bool
asker_turns(struct asker *a, struct rec *r, const struct msgs *ms,
    struct asker_spans *s)
{
	struct buf part = { 0 };
	size_t last = ms->n;
	int32_t *at;
	bool ok;

	*s = (struct asker_spans){ 0 };
	while (last && !str_eq(ms->m[last - 1].role, "assistant"))
		last--;
	if (!last) {
		rec_bad(r, NULL, "there is no assistant turn");
		return false;
	}
	ok = render_first(a, r, ms, last, false, &a->text);
	s->ids =
	    ok ? encode(a, r, (struct str){ a->text.s, a->text.n }, 0) : NULL;
	if (!s->ids)
		return false;
	s->at = at = arena_take(r->mem, (s->ids->n + 1) * sizeof *at);
	for (size_t i = 0; i < last && ok; i++) {
		size_t from;

		if (!str_eq(ms->m[i].role, "assistant"))
			continue;
		ok = render_first(a, r, ms, i, true, &part);
		if (ok && !same_start(&a->text, &part)) {
			rec_bad(r, ms->m[i].node,
			    "template: the prompt of message %zu is no "
			    "beginning of the whole conversation",
			    i + 1);
			ok = false;
		}
		from = part.n;
		ok = ok && render_first(a, r, ms, i + 1, false, &part);
		if (ok)
			add_span(s, at, from,
			    turn_end(a, &a->text, from,
				same_start(&a->text, &part) ? part.n
							    : a->text.n));
	}
	buf_done(&part);
	if (ok && !s->n)
		rec_bad(r, NULL, "the assistant's turns have no tokens");
	return ok && s->n;
}

/* The summed loss of some tokens of a run. */
static double
sum_loss(struct asker *a, const int32_t *id, size_t n, const int32_t *at,
    size_t count)
{
	int32_t cu[2] = { 0, (int32_t)n };
	struct model_run run = { n, 1, count, id, cu, at };
	float *logp = need_alloc(count * sizeof *logp);
	double sum = 0;

	model_logps(a->engine, &run, logp);
	for (size_t i = 0; i < count; i++)
		sum -= (double)logp[i];
	free(logp);
	return sum;
}

bool
asker_loss(
    struct asker *a, struct rec *r, const struct asker_spans *s, double *nll)
{
	size_t most = model_conf(a->engine)->context;

	if (s->ids->n > most) {
		rec_bad(r, NULL,
		    "the conversation has %zu tokens; the model's context is "
		    "%zu",
		    s->ids->n, most);
		return false;
	}
	*nll = sum_loss(a, s->ids->id, s->ids->n, s->at, s->n);
	if (*nll >= 0 || *nll < 0)
		return true;
	rec_bad(r, NULL, "model '%s' gave logits that are no numbers", a->name);
	return false;
}

bool
asker_text_loss(struct asker *a, struct rec *r, struct str text, double *nll,
    size_t *tokens)
{
	size_t most = model_conf(a->engine)->context, n;
	const struct ids *ids = asker_text(a, r, text);
	int32_t *at;

	*nll = 0;
	*tokens = 0;
	if (!ids)
		return false;
	n = ids->n > most ? most : ids->n;
	if (n < 2)
		return true;
	at = arena_take(r->mem, n * sizeof *at);
	for (size_t i = 1; i < n; i++)
		at[i - 1] = (int32_t)i;
	*tokens = n - 1;
	*nll = sum_loss(a, ids->id, n, at, n - 1);
	return true;
}
