/* pack - conversations and pairs to rows of tokens. Page: man/pack.1 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/bins.h"
#include "libcore/chat.h"
#include "libcore/hub.h"
#include "libcore/packed.h"
#include "libcore/pieces.h"
#include "libcore/talk.h"
#include "libcore/tok.h"
#include "libcore/tool.h"
#include "tools/pack/show.h"

static const char *model, *template, *date, *kind = "auto";
static const char *train_on = "assistant", *weigh = "token";
static const char *overlong = "fail", *show;
static struct strs template_args, more_stops;
static long length = 4096, window = 1024, max_tokens;
static bool literal;

/* What rows are of; each file is of one. */
enum kind { SFT, PAIRS, KTO };
static const char *const kinds[] = { "auto", "sft", "pairs", "kto", NULL };
static const char *const a_kind[] = { "a conversation", "a pair", "a KTO row" };
static const char *const many[] = { "conversations", "pairs", "KTO rows" };
static const char *const trains[] = { "assistant", "last", "all", NULL };
static const char *const weighs[] = { "token", "sample", "sqrt", NULL };
static const char *const overlongs[] = { "fail", "drop", "left", "right",
	"split", NULL };
static const char *const shows[] = { "text", "spans", "tokens", NULL };

static const struct opt opts[] = {
	{ 'm', "model", "MODEL", "folder, org/name in the hub cache or .gguf",
	    .str = &model },
	{ 'T', "template", "TEMPLATE",
	    "file of a chat template, or the name of one of the model's",
	    .str = &template },
	{ 0, "template-arg", "NAME=VALUE", "variable for the template",
	    .list = &template_args },
	{ 0, "date", "YYYY-MM-DD", "today, for the template", .str = &date },
	{ 0, "kind", "KIND", "what the records are; auto: by the first",
	    .str = &kind, .choice = kinds },
	{ 'n', "length", "N", "most tokens of a row", .num = &length, .min = 2,
	    .max = 1 << 24 },
	{ 0, "window", "N", "samples that wait for a place in a row",
	    .num = &window, .min = 1, .max = 1 << 20 },
	{ 0, "train-on", "WHAT", "turns that are trained: assistant, last, all",
	    .str = &train_on, .choice = trains },
	{ 0, "weight", "HOW",
	    "weight of a sample's tokens: token 1, sample "
	    "1/n, sqrt 1/sqrt(n)",
	    .str = &weigh, .choice = weighs },
	{ 0, "overlong", "HOW",
	    "samples beyond --length: fail, drop, left, right, split",
	    .str = &overlong, .choice = overlongs },
	{ 0, "max-tokens", "N", "drop what would make it more; 0: no bound",
	    .num = &max_tokens, .min = 0, .max = 1e15 },
	{ 0, "stop", "TEXT", "one more token that ends a turn",
	    .list = &more_stops },
	{ 0, "literal-content", NULL,
	    "special tokens inside content are text like any other",
	    .flag = &literal },
	{ 0, "show", "WHAT",
	    "print for people what is trained: text, spans, tokens",
	    .str = &show, .choice = shows },
	{ 0 },
};

static struct hub *hub;
static struct tok *tok;
static struct chat *chat;
static struct buf source, args;
static char today[11];
static struct str *stops; /* texts of the tokens that end a turn */
static size_t nstops;
static struct chat_want want;
static struct pieces_how how;
static struct bins *bins;

/* What came of a record, in its memory. */
struct result {
	enum kind kind;
	bool good; /* KTO: its label */
	struct pieces all;
	struct str id, shown;
	const char *drop; /* why it does not go in */
	size_t untrained, rewritten;
};

/* ---- a word cache for each thread ---- */
static pthread_mutex_t words_lock = PTHREAD_MUTEX_INITIALIZER;
static struct words {
	struct words *next;
	struct tok_cache *cache;
} * all_words;

static struct tok_cache *
words(void)
{
	static _Thread_local struct words *mine;

	if (mine)
		return mine->cache;
	mine = need_zero(1, sizeof *mine);
	mine->cache = tok_cache_new(tok);
	pthread_mutex_lock(&words_lock);
	mine->next = all_words;
	all_words = mine;
	pthread_mutex_unlock(&words_lock);
	return mine->cache;
}

/* ---- too long ---- */
static int
fit(struct rec *r, struct result *res)
{
	struct pieces *all = &res->all;
	size_t longest = 0;

	for (size_t i = 0; i < all->n; i++)
		longest = all->p[i].n > longest ? all->p[i].n : longest;
	if (longest <= (size_t)length)
		return 0;
	if (!strcmp(overlong, "fail"))
		return rec_bad(r, NULL,
		    "%zu tokens, more than the row's %ld (see --overlong)",
		    longest, length);
	if (!strcmp(overlong, "split") && res->kind != SFT)
		return rec_bad(r, NULL,
		    "%s of %zu tokens cannot be split (see --overlong)",
		    a_kind[res->kind], longest);
	if (strcmp(overlong, "drop"))
		pieces_cut(all, r->mem,
		    !strcmp(overlong, "left")    ? CUT_LEFT
		    : !strcmp(overlong, "right") ? CUT_RIGHT
						 : CUT_SPLIT,
		    (size_t)length, res->kind != SFT);
	if (!strcmp(overlong, "drop") || !all->n)
		res->drop = "overlong";
	for (size_t i = 0; i < all->n && res->kind != SFT; i++)
		if (!piece_trained(&all->p[i]))
			res->drop = "overlong";
	return 0;
}

static void
share(struct piece *p)
{
	size_t n = piece_trained(p);
	double by = !strcmp(weigh, "sample") ? (double)n : sqrt((double)n);

	if (!strcmp(weigh, "token") || !n)
		return;
	for (size_t i = 0; i < p->n; i++)
		p->weight[i] = (float)((double)p->weight[i] / by);
}

/* ---- for people ---- */
static void
shown(struct rec *r, struct result *res, const struct chat_samples *all)
{
	struct buf b = { 0 };
	bool tokens = !strcmp(show, "tokens");
	size_t n = tokens ? res->all.n : all->n;

	for (size_t i = 0; i < n; i++) {
		buf_puts(&b, "== ");
		buf_str(&b, res->id);
		if (res->kind == PAIRS)
			buf_puts(&b, i ? " rejected" : " chosen");
		else if (res->kind == KTO)
			buf_puts(&b, res->good ? " good" : " bad");
		else if (n > 1)
			buf_printf(&b, " %zu of %zu", i + 1, n);
		buf_char(&b, '\n');
		if (tokens)
			show_tokens(&b, tok, &res->all.p[i]);
		else if (!strcmp(show, "spans"))
			show_spans(&b, &all->s[i]);
		else
			show_text(&b, &all->s[i]);
	}
	if (b.n)
		b.n--;
	res->shown =
	    (struct str){ arena_text(r->mem, b.s ? b.s : "", b.n), b.n };
	buf_done(&b);
}

/* ---- records ---- */
static bool
is_list(const struct json *v)
{
	return json_is(v, JSON_ARRAY);
}

/* Samples of one conversation, whose first `first` messages are given. */
static int
samples(struct rec *r, struct str messages, struct str tools, size_t first,
    struct chat_samples *all)
{
	struct chat_talk talk = { .messages = messages,
		.tools = tools,
		.bos = hub->bos,
		.eos = hub->eos,
		.vars = { args.s, args.n },
		.date = today };
	struct chat_want w = want;
	struct err e;

	w.first = first;
	if (chat_samples(chat, &talk, &w, all, &e))
		return 0;
	return rec_bad(r, NULL, "template: %s", e.why);
}

static int
conversation(struct rec *r, struct chat_samples *all)
{
	struct str tools = { 0 };
	struct buf b = { 0 };
	struct msgs ms;
	int rc = -1;

	if (rec_msgs(r, &ms))
		return -1;
	if (ms.tools)
		tools = json_raw(&r->doc, ms.tools);
	talk_messages(&b, r, &ms, ms.n);
	rc = samples(r, (struct str){ b.s, b.n }, tools, 0, all);
	buf_done(&b);
	return rc;
}

/* Does a list of messages begin with the assistant's, as a reply does? */
static bool
is_reply(struct rec *r, const struct json *list)
{
	const struct json *role =
	    list->n ? rec_member(r, json_first(list), STR("role")) : NULL;

	return json_is(role, JSON_STRING) &&
	       str_eq(rec_text(r, role), "assistant");
}

/* One side of a pair: a text or messages after the prompt, or a conversation
 * of its own, in which the last turn is what differs. */
static int
side(struct rec *r, const char *name, struct chat_samples *all)
{
	const struct json *v = rec_get(r, name);
	struct str tools = { 0 }, raw;
	struct buf b = { 0 };
	struct msgs ms = { 0 };
	size_t first;
	int rc;

	if (!v)
		return rec_missing(r, name);
	if (!json_is(v, JSON_STRING) && !(is_list(v) && v->n))
		return rec_bad(
		    r, v, "field '%s' is neither a string nor messages", name);
	raw = json_raw(&r->doc, v);
	if (is_list(v) && !is_reply(r, v)) {
		const struct json *t = rec_get(r, "tools");

		if (t)
			tools = json_raw(&r->doc, t);
		return samples(r, raw, tools, v->n - 1, all);
	}
	if (rec_msgs(r, &ms))
		return -1;
	if (ms.tools)
		tools = json_raw(&r->doc, ms.tools);
	first = talk_asked(&ms);
	if (!first)
		return rec_bad(r, NULL, "there is no prompt");
	talk_messages(&b, r, &ms, first);
	b.n--; /* the bracket */
	buf_char(&b, ',');
	if (is_list(v)) {
		buf_put(&b, raw.s + 1, raw.n - 2);
	} else {
		buf_puts(&b, "{\"role\":\"assistant\",\"content\":");
		buf_str(&b, raw);
		buf_char(&b, '}');
	}
	buf_char(&b, ']');
	rc = samples(r, (struct str){ b.s, b.n }, tools, first, all);
	buf_done(&b);
	return rc;
}

/* The i-th sample of a record whose samples are one side each. */
static int
whole_side(struct rec *r, const char *name, size_t i, struct chat_samples *all)
{
	if (side(r, name, all))
		return -1;
	if (all->n != i + 1)
		return rec_bad(r, NULL,
		    "template: field '%s': later turns rewrite earlier "
		    "ones (use --train-on last)",
		    name);
	return 0;
}

static int
pair(struct rec *r, struct chat_samples *all)
{
	if (whole_side(r, "chosen", 0, all))
		return -1;
	return whole_side(r, "rejected", 1, all);
}

static int
kto(struct rec *r, struct result *res, struct chat_samples *all)
{
	const struct json *label = rec_get(r, "label");

	if (!label)
		return rec_missing(r, "label");
	if (!json_is(label, JSON_TRUE) && !json_is(label, JSON_FALSE))
		return rec_bad(
		    r, label, "field 'label' is neither true nor false");
	res->good = json_is(label, JSON_TRUE);
	return whole_side(r, "completion", 0, all);
}

static enum kind
kind_of(struct rec *r)
{
	if (!strcmp(kind, "auto")) {
		if (rec_get(r, "chosen") && rec_get(r, "rejected"))
			return PAIRS;
		return rec_get(r, "completion") && rec_get(r, "label") ? KTO
								       : SFT;
	}
	return !strcmp(kind, "pairs") ? PAIRS
	       : !strcmp(kind, "kto") ? KTO
				      : SFT;
}

static int
all_tokens(struct rec *r, struct result *res, const struct chat_samples *all)
{
	struct err e;

	for (size_t i = 0; i < all->n; i++) {
		res->rewritten += i && res->kind == SFT;
		if (!pieces_of(
			&res->all, r->mem, &how, words(), &all->s[i], &e))
			return rec_bad(r, NULL, "%s", e.why);
		if (res->kind != SFT && res->all.n != i + 1)
			return rec_bad(r, NULL,
			    "the turns of a reply are tokenised otherwise "
			    "together (use --train-on last)");
	}
	res->untrained = all->untrained;
	if (fit(r, res))
		return -1;
	for (size_t i = 0; i < res->all.n; i++)
		share(&res->all.p[i]);
	return 0;
}

static int
prepare(struct rec *r)
{
	struct result *res = arena_take(r->mem, sizeof *res);
	struct chat_samples all = { 0 };
	int rc;

	r->user = res;
	res->kind = kind_of(r);
	res->id = rec_id(r);
	rc = res->kind == PAIRS ? pair(r, &all)
	     : res->kind == KTO ? kto(r, res, &all)
				: conversation(r, &all);
	if (!rc)
		rc = all_tokens(r, res, &all);
	if (!rc && show)
		shown(r, res, &all);
	chat_samples_done(&all);
	return rc;
}

/* ---- rows ---- */
struct sample { /* what waits for a place: on the heap */
	struct piece p;
	struct str id;
};

static struct {
	bool begun;
	enum kind kind;
	size_t rows, tokens, trained, samples, full; /* full: of SFT rows */
	struct rec *rec; /* the one at hand; NULL at the end */
} out;

static void
put_line(struct buf *b)
{
	struct str line = { b->s, b->n };

	if (out.rec)
		rec_line(out.rec, 0, line);
	else
		tool_line(0, line);
	buf_done(b);
}

static void
header(void)
{
	struct buf b = { 0 };
	char hex[33];

	out.begun = true;
	if (show)
		return;
	buf_printf(&b,
	    "{\"plumbline\":\"packed\",\"version\":%d,\"kind\":"
	    "\"%s\",\"tokenizer\":\"",
	    PACKED_VERSION, kinds[1 + out.kind]);
	hash_hex(hex, tok_hash(tok));
	buf_puts(&b, hex);
	hash_hex(hex, hash128(source.s, source.n));
	buf_printf(&b, "\",\"vocab\":%d,\"template\":\"%s\",\"template_args\":",
	    (int)tok_size(tok), hex);
	buf_put(&b, args.s, args.n);
	buf_printf(&b, ",\"length\":%ld,\"train_on\":\"%s\",\"weight\":\"%s\"",
	    length, train_on, weigh);
	buf_printf(&b, ",\"literal\":%s}", literal ? "true" : "false");
	put_line(&b);
}

static void
put_ids(struct buf *b, const struct piece *p)
{
	for (size_t i = 0; i < p->n; i++)
		buf_printf(b, i ? ",%d" : "%d", (int)p->id[i]);
}

static void
put_weights(struct buf *b, const struct piece *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_char(b, ',');
		if (p->weight[i] == 0 || p->weight[i] == 1)
			buf_char(b, p->weight[i] == 0 ? '0' : '1');
		else
			buf_json_float(b, p->weight[i]);
	}
}

static void
row(void *to, void *const *all, size_t n, size_t tokens)
{
	struct sample *const *s = (struct sample *const *)all;
	struct buf b = { 0 };
	size_t at = 0;

	(void)to;
	buf_puts(&b, "{\"input_ids\":[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&b, i ? "," : "");
		put_ids(&b, &s[i]->p);
	}
	buf_puts(&b, "],\"weights\":[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&b, i ? "," : "");
		put_weights(&b, &s[i]->p);
	}
	buf_puts(&b, "],\"cu_seqlens\":[0");
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, ",%zu", at += s[i]->p.n);
	buf_puts(&b, "],\"sample_ids\":[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&b, i ? "," : "");
		buf_json_str(&b, s[i]->id);
		free(s[i]);
	}
	buf_puts(&b, "]}");
	put_line(&b);
	out.rows++;
	out.full += tokens;
}

/* A copy that outlives the record, in one block. */
static struct sample *
sample_new(const struct piece *p, struct str id)
{
	size_t ids = p->n * sizeof *p->id, ws = p->n * sizeof *p->weight;
	struct sample *s = need_alloc(sizeof *s + ids + ws + id.n);
	char *at = (char *)(s + 1);

	s->p = (struct piece){ .n = p->n };
	s->p.id = memcpy(at, p->id, ids);
	s->p.weight = memcpy(at + ids, p->weight, ws);
	s->id = (struct str){ memcpy(at + ids + ws, id.s, id.n), id.n };
	return s;
}

/* The tokens of one side of a row, as the members of an object. */
static void
put_side(struct buf *b, const struct piece *p)
{
	buf_puts(b, "{\"input_ids\":[");
	put_ids(b, p);
	buf_puts(b, "],\"weights\":[");
	put_weights(b, p);
	buf_char(b, ']');
}

static void
put_kto(const struct result *res)
{
	struct buf b = { 0 };

	put_side(&b, &res->all.p[0]);
	buf_printf(
	    &b, ",\"label\":%s,\"sample_ids\":[", res->good ? "true" : "false");
	buf_json_str(&b, res->id);
	buf_puts(&b, "]}");
	put_line(&b);
	out.rows++;
}

static void
put_pair(struct rec *r, const struct result *res)
{
	static const char *const carried[] = { "margin", "score_chosen",
		"score_rejected" };
	struct buf b = { 0 };

	buf_puts(&b, "{\"chosen\":");
	put_side(&b, &res->all.p[0]);
	buf_puts(&b, "},\"rejected\":");
	put_side(&b, &res->all.p[1]);
	buf_puts(&b, "},\"sample_ids\":[");
	buf_json_str(&b, res->id);
	buf_char(&b, ']');
	for (size_t i = 0; i < sizeof carried / sizeof *carried; i++) {
		const struct json *v = rec_get(r, carried[i]);

		if (!json_is(v, JSON_NUMBER))
			continue;
		buf_printf(&b, ",\"%s\":", carried[i]);
		buf_str(&b, json_raw(&r->doc, v));
	}
	buf_char(&b, '}');
	put_line(&b);
	out.rows++;
}

static void
count(struct rec *r, const struct result *res)
{
	const struct {
		const char *what;
		size_t n;
	} counts[] = {
		{ "special tokens in content", res->all.parsed },
		{ "opening turns not trained", res->untrained },
		{ "samples apart: history rewritten", res->rewritten },
		{ "samples apart: seam", res->all.seams },
		{ "samples cut", res->all.cut },
		{ "trained tokens lost by cutting", res->all.lost },
	};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		if (counts[i].n)
			rec_count(r, counts[i].what, counts[i].n);
}

static int
each(struct rec *r)
{
	struct result *res = r->user;
	size_t tokens = 0;

	if (!out.begun)
		out.kind = res->kind;
	if (out.kind != res->kind)
		return rec_bad(
		    r, NULL, "%s among %s", a_kind[res->kind], many[out.kind]);
	out.rec = r;
	if (!out.begun)
		header();
	for (size_t i = 0; i < res->all.n; i++)
		tokens += res->all.p[i].n;
	if (!res->drop && max_tokens &&
	    out.tokens + tokens > (size_t)max_tokens)
		res->drop = "beyond --max-tokens";
	count(r, res);
	if (res->drop) {
		rec_drop(r, res->drop);
		return 0;
	}
	for (size_t i = 0; i < res->all.n; i++) {
		out.tokens += res->all.p[i].n;
		out.trained += piece_trained(&res->all.p[i]);
		out.samples++;
		if (res->kind == SFT && !show)
			bins_add(bins, sample_new(&res->all.p[i], res->id),
			    res->all.p[i].n);
	}
	if (show)
		rec_line(r, 0, res->shown);
	else if (res->kind == PAIRS)
		put_pair(r, res);
	else if (res->kind == KTO)
		put_kto(res);
	return 0;
}

/* ---- begin and end ---- */
static void
find_stops(void)
{
	stops =
	    need_zero((size_t)tok_size(tok) + more_stops.n + 1, sizeof *stops);
	for (int32_t i = 0; i < tok_size(tok); i++)
		if (tok_stops(tok, i))
			stops[nstops++] = tok_piece(tok, i);
	for (size_t i = 0; i < more_stops.n; i++) {
		if (tok_find(tok, str_of(more_stops.s[i])) < 0)
			die("--stop: '%s' is no token of '%s'", more_stops.s[i],
			    model);
		stops[nstops++] = str_of(more_stops.s[i]);
	}
}

static void
start(void)
{
	struct err e;

	if (!model)
		die("which model's tokens? give -m MODEL");
	if ((!strcmp(kind, "pairs") || !strcmp(kind, "kto")) &&
	    !strcmp(overlong, "split"))
		die("%s cannot be split: --overlong fail, drop, left or right",
		    kind);
	hub = hub_open(model, &e);
	if (!hub)
		die("%s", e.why);
	tok = tok_open(hub->file ? hub->file : hub->dir, &e);
	if (!tok)
		die("model '%s': %s", model, e.why);
	chat = chat_open(hub, template, &source, &e);
	if (!chat)
		die("%s", e.why);
	find_stops();
	if (!chat_args(&args, &template_args, &e) ||
	    !chat_date(today, date, &e))
		die("%s", e.why);
	want = (struct chat_want){ .train = !strcmp(train_on, "all") ? CHAT_ALL
					    : !strcmp(train_on, "last")
						? CHAT_LAST
						: CHAT_ASSISTANT,
		.stops = stops,
		.nstops = nstops };
	how = (struct pieces_how){ tok, stops, nstops, literal };
	bins = bins_new((size_t)length, (size_t)window, row, NULL);
}

static void
stat_num(const char *name, size_t n)
{
	char s[24];

	snprintf(s, sizeof s, "%zu", n);
	tool_stat(name, str_of(s));
}

static void
end(void)
{
	struct words *w;
	char full[16];

	out.rec = NULL;
	if (!out.begun) {
		out.kind = !strcmp(kind, "pairs") ? PAIRS
			   : !strcmp(kind, "kto") ? KTO
						  : SFT;
		header();
	}
	bins_end(bins);
	stat_num("samples", out.samples);
	stat_num("rows", out.rows);
	stat_num("tokens", out.tokens);
	stat_num("trained", out.trained);
	if (out.rows && out.kind == SFT) {
		snprintf(full, sizeof full, "%.4f",
		    (double)out.full / (double)(out.rows * (size_t)length));
		tool_stat("full", str_of(full));
	}
	while ((w = all_words)) {
		all_words = w->next;
		tok_cache_free(w->cache);
		free(w);
	}
	bins_free(bins);
	free(stops);
	chat_free(chat);
	buf_done(&source);
	buf_done(&args);
	tok_close(tok);
	hub_close(hub);
}

int
main(int argc, char **argv)
{
	static const struct tool pack = {
		.name = "pack",
		.operands = "[file ...]",
		.does = "conversations and pairs to rows of tokens",
		.opts = opts,
		.text_if = &show,
		.start = start,
		.prepare = prepare,
		.each = each,
		.end = end,
	};

	return tool_main(&pack, argc, argv);
}
