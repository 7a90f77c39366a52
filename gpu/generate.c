#include "gpu/generate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/crew.h"
#include "gpu/drip.h"
#include "gpu/pages.h"

const char *const gen_finishes[] = { "stop", "length", "error" };

/* Growing list of int32. */
struct list {
	int32_t *v;
	size_t n, room;
};

static void
put(struct list *l, int32_t x)
{
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 256;
		l->v = need_grow(l->v, l->room, sizeof *l->v);
	}
	l->v[l->n++] = x;
}

/* A prompt, from gen_add until its last sample has ended. */
struct job {
	struct job *next;
	struct gen_ask ask; /* ids, sample, next: its own copies */
	uint64_t hash;
	size_t most;     /* tokens a sample may have */
	int32_t *page;   /* [pages of the prompt] held while it is known */
	size_t pages;    /* held so far */
	size_t known;    /* prompt tokens in the cache */
	size_t promised; /* pages kept free for its first sample */
	/* Once the prompt is known: the first token of each sample. */
	int32_t *first;
	float *first_logp;
	struct gen_top *first_top; /* [samples, tops] */
	struct mask_text *begin;   /* where there is a mask */
	size_t started, ended;     /* samples */
	bool closed;               /* all have begun; off the list */
};

/* A sample that runs. */
struct slot {
	struct job *job; /* NULL: free */
	uint32_t sample;
	struct list ids;
	float *logps;
	struct gen_top *top; /* [ids.room, tops] */
	int32_t *page;
	size_t pages, promised, logps_room, top_room;
	struct buf text;        /* what stop strings are looked for in */
	size_t deaf;            /* bytes of it before min_tokens */
	struct mask_text *held; /* or NULL */
};

struct gen {
	struct model *model;
	const struct tok *tok;
	struct gen_conf conf;
	size_t vocab, context, page_n;
	struct pages *pages;
	struct kv *kv;
	struct crew *crew;
	struct sampler **sampler;           /* [threads] */
	struct slot *slot;                  /* [slots] */
	struct job *waiting, **waiting_end; /* not let in */
	struct job *open, **open_end;       /* let in, samples not all begun */
	size_t unstarted, running, promised;
	size_t prompt_rows, drawn;
	/* the rows of a step */
	struct list id, pos, at, first, page, want, target;
	float *logits, *logp;
	size_t logits_room;
	struct draw {
		struct slot *slot; /* NULL: the first of a job's samples */
		struct job *job;
		size_t which;
		const uint64_t *allowed;
		struct gen_top top[GEN_TOPS];
	} * draw;
	size_t draws, draws_room;
	struct buf text, clean;
};

uint64_t
gen_prompt_hash(const int32_t *ids, size_t n)
{
	return hash64(ids, n * sizeof *ids);
}

struct gen *
gen_new(struct model *m, const struct tok *tok, const struct gen_conf *conf,
    struct err *e)
{
	const struct model_conf *mc = model_conf(m);
	struct gen *g;

	if ((size_t)tok_size(tok) > mc->vocab + mc->family->spare) {
		err_set(e,
		    "the tokenizer has %d ids, but the model's vocabulary is "
		    "%zu",
		    (int)tok_size(tok), mc->vocab);
		return NULL;
	}
	g = need_zero(1, sizeof *g);
	g->model = m;
	g->tok = tok;
	g->conf = *conf;
	g->vocab = mc->vocab;
	g->context = mc->context;
	g->page_n = conf->kv_bytes / model_kv_bytes(m, 1);
	g->page_n = g->page_n ? g->page_n : 1;
	g->pages = pages_new(g->page_n);
	g->kv = model_kv_new(m, g->page_n);
	g->crew = crew_new(conf->threads);
	g->sampler = need_zero((size_t)conf->threads, sizeof *g->sampler);
	for (int i = 0; i < conf->threads; i++)
		g->sampler[i] = sampler_new(g->vocab);
	g->slot = need_zero(conf->slots, sizeof *g->slot);
	g->waiting_end = &g->waiting;
	g->open_end = &g->open;
	return g;
}

static void
job_free(struct job *j)
{
	free((void *)(uintptr_t)j->ask.ids);
	free((void *)(uintptr_t)j->ask.sample);
	free((void *)(uintptr_t)j->ask.next);
	mask_end(j->begin);
	free(j->page);
	free(j->first_top);
	free(j->first);
	free(j->first_logp);
	free(j);
}

/* One of its samples has ended. */
static void
job_ended(struct job *j)
{
	if (++j->ended == j->ask.samples && j->closed)
		job_free(j);
}

static void
jobs_free(struct job *j)
{
	while (j) {
		struct job *next = j->next;

		job_free(j);
		j = next;
	}
}

static void
slots_free(struct gen *g)
{
	for (size_t i = 0; i < g->conf.slots; i++) {
		struct slot *s = g->slot + i;

		/* a job that is still open is freed with the list */
		if (s->job && s->job->closed)
			job_ended(s->job);
		free(s->ids.v);
		free(s->logps);
		free(s->top);
		free(s->page);
		mask_end(s->held);
		buf_done(&s->text);
	}
	free(g->slot);
}

void
gen_free(struct gen *g)
{
	struct list *const lists[] = { &g->id, &g->pos, &g->at, &g->first,
		&g->page, &g->want, &g->target };

	if (!g)
		return;
	slots_free(g);
	jobs_free(g->waiting);
	jobs_free(g->open);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		free(lists[i]->v);
	for (int i = 0; i < g->conf.threads; i++)
		sampler_free(g->sampler[i]);
	free(g->sampler);
	crew_free(g->crew);
	model_kv_free(g->model, g->kv);
	pages_free(g->pages);
	free(g->logits);
	free(g->logp);
	free(g->draw);
	buf_done(&g->text);
	buf_done(&g->clean);
	free(g);
}

static size_t
pages_for(size_t tokens)
{
	return (tokens + KV_PAGE - 1) / KV_PAGE;
}

/* Pages a sample of its own may need beside the prompt's full ones. The last
 * token drawn is never put into the cache. */
static size_t
own_pages(const struct job *j)
{
	if (j->ask.nexts || j->most < 2)
		return 0;
	return pages_for(j->ask.n + j->most - 1) - j->ask.n / KV_PAGE;
}

static void *
copy_of(const void *p, size_t n, size_t size)
{
	void *to = need_alloc(n * size);

	if (n)
		memcpy(to, p, n * size);
	return to;
}

bool
gen_add(struct gen *g, const struct gen_ask *ask, struct err *e)
{
	struct job *j, probe = { .ask = *ask };

	if (!ask->n)
		return err_set(e, "the prompt has no tokens");
	for (size_t i = 0; i < ask->n; i++)
		if (ask->ids[i] < 0 || (size_t)ask->ids[i] >= g->vocab)
			return err_set(e,
			    "token %d is outside the model's vocabulary of %zu",
			    (int)ask->ids[i], g->vocab);
	if (ask->n > g->context || (!ask->nexts && ask->n == g->context))
		return err_set(e,
		    "the prompt has %zu tokens; the model's context is %zu",
		    ask->n, g->context);
	probe.most = g->context - ask->n;
	if (probe.most > ask->max_tokens)
		probe.most = ask->max_tokens;
	if (pages_for(ask->n) + own_pages(&probe) > g->page_n)
		return err_set(e,
		    "a prompt of %zu tokens and a response of up to %zu need "
		    "%zu MiB of keys and values; --kv-mem leaves room for %zu",
		    ask->n, ask->nexts ? 0 : probe.most,
		    (model_kv_bytes(
			 g->model, pages_for(ask->n) + own_pages(&probe)) >>
			20) +
			1,
		    model_kv_bytes(g->model, g->page_n) >> 20);
	j = need_zero(1, sizeof *j);
	*j = probe;
	j->hash = gen_prompt_hash(ask->ids, ask->n);
	j->ask.ids = copy_of(ask->ids, ask->n, sizeof *ask->ids);
	j->ask.sample = copy_of(ask->sample, ask->samples, sizeof *ask->sample);
	j->ask.next = copy_of(ask->next, ask->nexts, sizeof *ask->next);
	if (ask->nexts)
		j->ask.samples = 1;
	if (ask->mask && !ask->nexts)
		j->begin = mask_begin(ask->mask);
	j->page = need_zero(pages_for(ask->n), sizeof *j->page);
	j->first = need_zero(j->ask.samples + ask->nexts, sizeof *j->first);
	j->first_logp =
	    need_zero(j->ask.samples + ask->nexts, sizeof *j->first_logp);
	j->first_top =
	    need_zero(j->ask.samples * ask->tops + 1, sizeof *j->first_top);
	*g->waiting_end = j;
	g->waiting_end = &j->next;
	g->unstarted += j->ask.samples;
	return true;
}

size_t
gen_waiting(const struct gen *g)
{
	return g->unstarted;
}

void
gen_count(const struct gen *g, size_t *prompt, size_t *drawn)
{
	*prompt = g->prompt_rows;
	*drawn = g->drawn;
}

/* The key of a prompt's page: the hash of all its tokens up to the page's
 * end. */
static struct hash128
page_key(const struct job *j, size_t page)
{
	return hash128(j->ask.ids, (page + 1) * KV_PAGE * sizeof *j->ask.ids);
}

/* Pages the prompt shares with what is remembered. At least one token stays
 * to be run: its logits are wanted. */
static void
find_prefix(struct gen *g, struct job *j)
{
	while ((j->pages + 1) * KV_PAGE < j->ask.n) {
		int32_t page = pages_find(g->pages, page_key(j, j->pages));

		if (page < 0)
			break;
		j->page[j->pages++] = page;
	}
	j->known = j->pages * KV_PAGE;
}

static void
drop_pages(struct gen *g, const int32_t *page, size_t n)
{
	/* backwards: what stands first is the longest of use */
	while (n)
		pages_drop(g->pages, page[--n]);
}

/* Let the first of the queue in, if there is room for it. */
static bool
let_in(struct gen *g)
{
	struct job *j = g->waiting;
	size_t all = pages_for(j->ask.n), own = own_pages(j);

	find_prefix(g, j);
	if (pages_left(g->pages) < g->promised + all - j->pages + own) {
		drop_pages(g, j->page, j->pages);
		j->pages = j->known = 0;
		return false;
	}
	while (j->pages < all)
		j->page[j->pages++] = pages_take(g->pages);
	j->promised = own;
	g->promised += own;
	g->waiting = j->next;
	if (!g->waiting)
		g->waiting_end = &g->waiting;
	j->next = NULL;
	*g->open_end = j;
	g->open_end = &j->next;
	return true;
}

/* Is s the token that ends a response? */
static bool
is_stop(const struct job *j, int32_t id)
{
	for (size_t i = 0; i < j->ask.stop_ids; i++)
		if (j->ask.stop_id[i] == id)
			return true;
	return false;
}

/* Where the first stop string begins in s[from ...]; s.n if none does. */
static size_t
find_stop(const struct job *j, struct str s, size_t from)
{
	size_t best = s.n;

	for (size_t i = 0; i < j->ask.stops; i++) {
		struct str t = j->ask.stop[i];
		const char *p = from < s.n && t.n
				    ? memmem(s.s + from, s.n - from, t.s, t.n)
				    : NULL;

		if (p && (size_t)(p - s.s) < best)
			best = (size_t)(p - s.s);
	}
	return best;
}

/* Does the token just drawn complete a stop string? */
static bool
stop_string(struct gen *g, struct slot *s, int32_t id)
{
	size_t longest = 0, from = s->text.n;

	if (!s->job->ask.stops)
		return false;
	for (size_t i = 0; i < s->job->ask.stops; i++)
		if (s->job->ask.stop[i].n > longest)
			longest = s->job->ask.stop[i].n;
	if (!tok_special(g->tok, id))
		buf_str(&s->text, tok_piece(g->tok, id));
	if (s->ids.n < s->job->ask.min_tokens) {
		s->deaf = s->text.n;
		return false;
	}
	from -= from < longest ? from : longest;
	from = from < s->deaf ? s->deaf : from;
	return find_stop(s->job, (struct str){ s->text.s, s->text.n }, from) <
	       s->text.n;
}

static struct str
text_of(struct gen *g, const struct slot *s, bool by_token)
{
	size_t n = s->ids.n - (by_token ? 1 : 0), shorter;

	buf_reset(&g->text);
	buf_reset(&g->clean);
	buf_need(&g->text, 1);
	drip_decode(&g->text, g->tok, s->ids.v, n);
	/* a decoder may drop a blank before the first word */
	shorter = s->text.n > g->text.n ? s->text.n - g->text.n : 0;
	g->text.n = find_stop(s->job, (struct str){ g->text.s, g->text.n },
	    s->deaf > shorter ? s->deaf - shorter : 0);
	drip_utf8(&g->clean, (struct str){ g->text.s, g->text.n });
	return (struct str){ g->clean.n ? g->clean.s : "", g->clean.n };
}

/* Its sample is over: the slot is free again. */
static void
release(struct gen *g, struct slot *s)
{
	struct job *j = s->job;

	drop_pages(g, s->page, s->pages);
	mask_end(s->held);
	s->held = NULL;
	g->promised -= s->promised;
	s->job = NULL;
	g->running--;
	job_ended(j);
}

static void
finish(struct gen *g, struct slot *s, enum gen_finish how, bool by_token)
{
	struct job *j = s->job;
	struct gen_answer a = { .sample = s->sample,
		.finish = how,
		.ids = s->ids.v,
		.logps = s->logps,
		.top = s->job->ask.tops ? s->top : NULL,
		.n = s->ids.n,
		.text = text_of(g, s, by_token) };

	j->ask.done(j->ask.user, &a);
	release(g, s);
}

/* It goes on after a token. */
static void
tell_token(const struct slot *s)
{
	const struct gen_ask *ask = &s->job->ask;
	struct gen_answer a = { .sample = s->sample,
		.ids = s->ids.v,
		.logps = s->logps,
		.top = s->job->ask.tops ? s->top : NULL,
		.n = s->ids.n };

	if (ask->token)
		ask->token(ask->user, &a);
}

static void
keep(struct slot *s, int32_t id, float logp, const struct gen_top *top)
{
	size_t tops = s->job->ask.tops, at = s->ids.n * tops;

	if (at + tops > s->top_room) {
		s->top_room = 2 * (at + tops);
		s->top = need_grow(s->top, s->top_room, sizeof *s->top);
	}
	if (tops)
		memcpy(s->top + at, top, tops * sizeof *top);
	put(&s->ids, id);
	if (s->ids.n > s->logps_room) {
		s->logps_room = s->ids.room;
		s->logps = need_grow(s->logps, s->logps_room, sizeof *s->logps);
	}
	s->logps[s->ids.n - 1] = logp;
}

/* What was drawn for a slot. */
static void
drawn(struct gen *g, struct slot *s, int32_t id, float logp,
    const struct gen_top *top)
{
	const struct job *j = s->job;

	if (id < 0) {
		finish(g, s, GEN_BROKEN, false);
		return;
	}
	g->drawn++;
	keep(s, id, logp, top);
	if (is_stop(j, id))
		finish(g, s, GEN_STOP, true);
	else if (stop_string(g, s, id))
		finish(g, s, GEN_STOP, false);
	else if (s->held && mask_take(j->ask.mask, s->held, id))
		finish(g, s, GEN_STOP, false);
	else if (s->ids.n >= j->most)
		finish(g, s, GEN_LENGTH, false);
	else
		tell_token(s);
}

/* Give the slot the next sample of a job whose prompt is known. */
static void
start(struct gen *g, struct slot *s, struct job *j)
{
	size_t full = j->ask.n / KV_PAGE, part = j->ask.n % KV_PAGE;
	size_t own = own_pages(j), k = j->started++;

	s->job = j;
	s->sample = j->ask.sample[k];
	s->ids.n = s->pages = 0;
	buf_reset(&s->text);
	s->held = j->begin ? mask_copy(j->begin) : NULL;
	s->deaf = 0;
	s->page = need_grow(s->page, full + own + 1, sizeof *s->page);
	for (; s->pages < full; s->pages++) {
		s->page[s->pages] = j->page[s->pages];
		pages_hold(g->pages, s->page[s->pages]);
	}
	g->promised -= j->promised;
	j->promised = 0;
	s->promised = own;
	g->promised += own;
	if (part && own) {
		s->page[s->pages] = pages_take(g->pages);
		model_kv_copy(g->model, g->kv, (size_t)s->page[s->pages++],
		    (size_t)j->page[full], part);
		s->promised--;
		g->promised--;
	}
	g->running++;
	g->unstarted--;
	drawn(g, s, j->first[k], j->first_logp[k],
	    j->first_top + k * j->ask.tops);
}

/* A job whose samples have all begun leaves the list. The prompt's pages stay
 * with those that hold them. */
static void
close_job(struct gen *g, struct job **at)
{
	struct job *j = *at;

	drop_pages(g, j->page, j->pages);
	g->promised -= j->promised;
	*at = j->next;
	if (!*at)
		g->open_end = at;
	j->closed = true;
	if (j->ended == j->ask.samples)
		job_free(j);
}

/* Answer an ask for probabilities. */
static void
tell(struct gen *g, struct job *j)
{
	struct gen_answer a = { .next = j->first_logp };

	j->started = j->ended = 1;
	g->unstarted--;
	j->ask.done(j->ask.user, &a);
}

/* Begin samples of a known prompt while there are slots and pages; false when
 * it must wait. */
static bool
start_all(struct gen *g, struct job *j)
{
	size_t own = own_pages(j), i = 0;

	if (j->ask.nexts) {
		tell(g, j);
		return true;
	}
	while (j->started < j->ask.samples) {
		while (i < g->conf.slots && g->slot[i].job)
			i++;
		if (i == g->conf.slots ||
		    pages_left(g->pages) + j->promised < g->promised + own)
			return false;
		start(g, g->slot + i, j);
	}
	return true;
}

/* Fill free slots, prompts in order. */
static void
fill(struct gen *g)
{
	struct job **at = &g->open;

	while (*at) {
		if ((*at)->known < (*at)->ask.n)
			at = &(*at)->next;
		else if (start_all(g, *at))
			close_job(g, at);
		else
			return;
	}
}

/* A row of the step: token id at position pos of the sequence whose pages are
 * in the list from `first` on. */
static void
row(struct gen *g, int32_t id, size_t pos, size_t first)
{
	int32_t page = g->page.v[first + pos / KV_PAGE];

	put(&g->id, id);
	put(&g->pos, (int32_t)pos);
	put(&g->at, page * KV_PAGE + (int32_t)(pos % KV_PAGE));
	put(&g->first, (int32_t)first);
}

static void
want(struct gen *g, struct slot *s, struct job *j, size_t which)
{
	put(&g->want, (int32_t)g->id.n - 1);
	if (g->draws == g->draws_room) {
		g->draws_room = g->draws_room ? g->draws_room * 2 : 64;
		g->draw = need_grow(g->draw, g->draws_room, sizeof *g->draw);
	}
	g->draw[g->draws++] =
	    (struct draw){ .slot = s, .job = j, .which = which };
}

static void
slot_rows(struct gen *g)
{
	for (size_t i = 0; i < g->conf.slots; i++) {
		struct slot *s = g->slot + i;
		size_t pos, first = g->page.n;

		if (!s->job)
			continue;
		pos = s->job->ask.n + s->ids.n - 1;
		if (pos / KV_PAGE == s->pages) {
			s->page[s->pages++] = pages_take(g->pages);
			s->promised--;
			g->promised--;
		}
		for (size_t k = 0; k < s->pages; k++)
			put(&g->page, s->page[k]);
		row(g, s->ids.v[s->ids.n - 1], pos, first);
		want(g, s, s->job, 0);
	}
}

/* Rows of prompts, at most `chunk`; a prompt that ends has its last row's
 * logits wanted once for each sample (or token asked for). */
static void
prompt_rows(struct gen *g)
{
	size_t left = g->conf.chunk;

	for (struct job *j = g->open; j && left; j = j->next) {
		size_t first = g->page.n;
		size_t n = j->ask.nexts ? j->ask.nexts : j->ask.samples;

		if (j->known == j->ask.n)
			continue;
		for (size_t k = 0; k < j->pages; k++)
			put(&g->page, j->page[k]);
		for (; j->known < j->ask.n && left; left--, g->prompt_rows++) {
			row(g, j->ask.ids[j->known], j->known, first);
			j->known++;
		}
		for (size_t k = 0; j->known == j->ask.n && k < n; k++)
			want(g, NULL, j, k);
	}
}

/* Full pages of a prompt that is known now. */
static void
remember(struct gen *g, const struct job *j)
{
	for (size_t k = 0; (k + 1) * KV_PAGE <= j->ask.n; k++)
		pages_remember(g->pages, j->page[k], page_key(j, k));
}

/* Draw for row i of the logits, on any of the crew. */
static void
draw_one(void *ctx, size_t i, int thread)
{
	struct gen *g = ctx;
	const struct draw *d = g->draw + i;
	const struct job *j = d->job;
	struct sample_at at = { .prompt = j->hash,
		.sample = d->slot ? d->slot->sample : 0,
		.position = d->slot ? (uint32_t)d->slot->ids.n : 0,
		.prompt_ids = j->ask.ids,
		.prompt_n = j->ask.n,
		.allowed = d->allowed };
	size_t n = d->slot ? d->slot->ids.n : 0;

	if (!d->slot && j->ask.nexts) {
		g->target.v[i] = j->ask.next[d->which];
		return;
	}
	if (n < j->ask.min_tokens) {
		at.barred = j->ask.stop_id;
		at.barred_n = j->ask.stop_ids;
	}
	if (d->slot) {
		at.out_ids = d->slot->ids.v;
		at.out_n = d->slot->ids.n;
	} else {
		at.sample = j->ask.sample[d->which];
	}
	g->target.v[i] = sampler_draw(
	    g->sampler[thread], j->ask.conf, g->logits + i * g->vocab, &at);
}

static void
room_for(struct gen *g, size_t rows)
{
	if (rows > g->logits_room) {
		g->logits =
		    need_grow(g->logits, rows * g->vocab, sizeof *g->logits);
		g->logp = need_grow(g->logp, rows, sizeof *g->logp);
		g->logits_room = rows;
	}
	g->target.n = 0;
	for (size_t i = 0; i < rows; i++)
		put(&g->target, 0);
}

/* The likeliest tokens of row i, the lower id first among equals. */
static void
likeliest(struct gen *g, size_t i)
{
	struct draw *d = g->draw + i;
	const float *x = g->logits + i * g->vocab;
	size_t tops = d->job->ask.nexts ? 0 : d->job->ask.tops, n = 0;
	int32_t got = g->target.v[i];

	for (size_t id = 0; got >= 0 && tops && id < g->vocab; id++) {
		size_t k = n;

		if (n == tops && !(x[id] > x[d->top[n - 1].id]))
			continue;
		for (; k && x[id] > x[d->top[k - 1].id]; k--)
			if (k < tops)
				d->top[k] = d->top[k - 1];
		d->top[k].id = (int32_t)id;
		n += n < tops;
	}
	for (size_t k = 0; k < n; k++)
		d->top[k].logp =
		    (float)((double)g->logp[i] +
			    ((double)x[d->top[k].id] - (double)x[got]));
}

/* Draw a token for every wanted row, then its log-probability. */
static void
draw_all(struct gen *g)
{
	struct list ids = { 0 };

	room_for(g, g->draws);
	model_logits(g->model, g->logits);
	for (size_t i = 0; i < g->draws; i++) {
		struct draw *d = g->draw + i;

		if (d->job->begin)
			d->allowed = mask_allowed(d->job->ask.mask,
			    d->slot ? d->slot->held : d->job->begin);
	}
	crew_run(g->crew, draw_one, g, g->draws);
	for (size_t i = 0; i < g->draws; i++)
		put(&ids, g->target.v[i] < 0 ? 0 : g->target.v[i]);
	model_logits_logp(g->model, ids.v, g->logp);
	free(ids.v);
	for (size_t i = 0; i < g->draws; i++)
		likeliest(g, i);
	for (size_t i = 0; i < g->draws; i++) {
		const struct draw *d = g->draw + i;

		if (d->slot) {
			drawn(g, d->slot, g->target.v[i], g->logp[i], d->top);
			continue;
		}
		if (!d->which)
			remember(g, d->job);
		d->job->first[d->which] = g->target.v[i];
		d->job->first_logp[d->which] = g->logp[i];
		if (d->job->ask.tops)
			memcpy(d->job->first_top + d->which * d->job->ask.tops,
			    d->top, d->job->ask.tops * sizeof *d->top);
	}
}

static void
pass(struct gen *g)
{
	struct model_rows r;

	g->id.n = g->pos.n = g->at.n = g->first.n = g->page.n = g->want.n = 0;
	g->draws = 0;
	slot_rows(g);
	prompt_rows(g);
	if (!g->id.n)
		return;
	r = (struct model_rows){ g->id.n, g->id.v, g->pos.v, g->at.v,
		g->first.v, g->page.v, g->page.n, g->want.v, g->want.n };
	model_infer(g->model, g->kv, &r);
	if (g->draws)
		draw_all(g);
}

/* Samples of jobs that are let in and not running yet. */
static size_t
coming(const struct gen *g)
{
	size_t n = 0;

	for (const struct job *j = g->open; j; j = j->next)
		n += j->ask.samples - j->started;
	return n;
}

bool
gen_step(struct gen *g)
{
	fill(g);
	while (g->waiting && g->running + coming(g) < g->conf.slots)
		if (!let_in(g))
			break;
	pass(g);
	fill(g);
	return g->running || g->open || g->waiting;
}

/* A job that waits is gone; of one that is let in, what has not begun. */
static void
cancel_jobs(struct gen *g, const void *user)
{
	struct job **at;

	for (at = &g->waiting; *at;) {
		struct job *j = *at;

		if (j->ask.user == user) {
			g->unstarted -= j->ask.samples;
			*at = j->next;
			job_free(j);
		} else
			at = &j->next;
	}
	g->waiting_end = at;
	for (at = &g->open; *at;) {
		struct job *j = *at;

		if (j->ask.user == user) {
			g->unstarted -= j->ask.samples - j->started;
			j->ended += j->ask.samples - j->started;
			close_job(g, at);
		} else
			at = &j->next;
	}
}

void
gen_cancel(struct gen *g, const void *user)
{
	cancel_jobs(g, user);
	for (size_t i = 0; i < g->conf.slots; i++) {
		struct slot *s = g->slot + i;

		if (s->job && s->job->ask.user == user)
			release(g, s);
	}
}
