/*
 * The generation engine over a model made up here, whose logits depend on
 * every token that the pages hold for a row, and on nothing else: so a page
 * that is shared, copied or found again wrongly shows in what is drawn. What
 * is drawn must be the same whatever the slots, the chunk, the memory and the
 * threads, and the same as one sample asked for alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/drip.h"
#include "gpu/generate.h"

enum { VOCAB = 64, CONTEXT = 300, END = 1, SPECIAL = 2 };

/* The model: a cache of token ids. */
struct kv {
	size_t pages;
	int32_t *id;
};
struct model {
	struct model_conf conf;
	float *logits;
	size_t wants, rows, most;
	int forwards;
};

const struct model_conf *
model_conf(const struct model *m)
{
	return &m->conf;
}

size_t
model_kv_bytes(const struct model *m, size_t pages)
{
	(void)m;
	return pages * 1024;
}

struct kv *
model_kv_new(struct model *m, size_t pages)
{
	struct kv *kv = need_zero(1, sizeof *kv);

	(void)m;
	kv->pages = pages;
	kv->id = need_zero(pages * KV_PAGE, sizeof *kv->id);
	return kv;
}

void
model_kv_free(struct model *m, struct kv *kv)
{
	(void)m;
	free(kv->id);
	free(kv);
}

void
model_kv_copy(
    struct model *m, struct kv *kv, size_t to, size_t from, size_t tokens)
{
	(void)m;
	memcpy(kv->id + to * KV_PAGE, kv->id + from * KV_PAGE,
	    tokens * sizeof *kv->id);
}

static void
logits_of(float *out, const struct kv *kv, const struct model_rows *r, size_t i)
{
	int32_t seen[CONTEXT];
	size_t n = (size_t)r->pos[i] + 1;
	uint64_t h;

	for (size_t k = 0; k < n; k++)
		seen[k] = kv->id[r->page[(size_t)r->first[i] + k / KV_PAGE] *
				     KV_PAGE +
				 (int32_t)(k % KV_PAGE)];
	h = hash64(seen, n * sizeof *seen);
	for (uint64_t v = 0; v < VOCAB; v++)
		out[v] = (float)rng_unit(h, 0, v) * 6;
	out[END] -= 1;
}

void
model_infer(struct model *m, struct kv *kv, const struct model_rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		kv->id[r->slot[i]] = r->id[i];
	m->wants = r->wants;
	m->rows += r->n;
	m->forwards++;
	m->most = r->n > m->most ? r->n : m->most;
	m->logits = need_grow(m->logits, r->wants * VOCAB + 1, sizeof(float));
	for (size_t i = 0; i < r->wants; i++)
		logits_of(m->logits + i * VOCAB, kv, r, (size_t)r->want[i]);
}

void
model_logits(struct model *m, float *out)
{
	memcpy(out, m->logits, m->wants * VOCAB * sizeof *out);
}

void
model_logits_logp(struct model *m, const int32_t *target, float *logp)
{
	for (size_t i = 0; i < m->wants; i++)
		logp[i] = m->logits[i * VOCAB + (size_t)target[i]];
}

/* The tokeniser: id 32 + k is one letter; 2 is special. */
static char letters[VOCAB][2];

int32_t
tok_size(const struct tok *t)
{
	(void)t;
	return VOCAB;
}

bool
tok_special(const struct tok *t, int32_t id)
{
	(void)t;
	return id <= SPECIAL;
}

struct str
tok_piece(const struct tok *t, int32_t id)
{
	(void)t;
	letters[id][0] = (char)('A' + id % 26);
	return (struct str){ letters[id], 1 };
}

bool
tok_decode(const struct tok *t, const int32_t *id, size_t n, unsigned flags,
    struct buf *out, struct err *e)
{
	(void)flags;
	(void)e;
	for (size_t i = 0; i < n; i++)
		if (!tok_special(t, id[i]))
			buf_str(out, tok_piece(t, id[i]));
	return true;
}

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok && !bad++)
		printf("FAIL %s\n", what);
}

/* Prompts, some with the beginning of another, of awkward lengths. */
enum { PROMPTS = 12, SAMPLES = 5, MOST = 40 };
static const size_t lengths[PROMPTS] = { 1, 31, 32, 33, 64, 65, 100, 100, 7,
	200, 96, 33 };
static int32_t prompt[PROMPTS][CONTEXT];
static struct sample_conf plain;
static const struct family family;
static const int32_t ends[] = { END };
static struct str stops[] = { { "AB", 2 }, { "XYZ", 3 } };

struct got {
	size_t n;
	int32_t ids[MOST];
	float logps[MOST];
	char text[MOST + 1];
	int finish, times;
};
static struct got want_[PROMPTS][SAMPLES];

static void
done(void *user, const struct gen_answer *a)
{
	struct got *g = (struct got *)user + a->sample;

	g->times++;
	g->n = a->n;
	memcpy(g->ids, a->ids, a->n * sizeof *a->ids);
	memcpy(g->logps, a->logps, a->n * sizeof *a->logps);
	memcpy(g->text, a->text.s, a->text.n);
	g->text[a->text.n] = 0;
	g->finish = (int)a->finish;
}

static struct gen_ask
ask_for(size_t p, const uint32_t *sample, size_t samples, struct got *to)
{
	return (struct gen_ask){ .ids = prompt[p],
		.n = lengths[p],
		.sample = sample,
		.samples = samples,
		.conf = &plain,
		.max_tokens = MOST,
		.stop = stops,
		.stops = 2,
		.stop_id = ends,
		.stop_ids = 1,
		.done = done,
		.user = to };
}

static struct gen *
engine(struct model *m, size_t slots, size_t pages, size_t chunk, int threads)
{
	struct gen_conf c = { slots, pages * 1024, chunk, threads };
	struct err e;

	*m = (struct model){ .conf = { .family = &family,
				 .vocab = VOCAB,
				 .context = CONTEXT } };
	return gen_new(m, NULL, &c, &e);
}

/* Every sample by itself, in an engine of its own. */
static void
alone(void)
{
	for (size_t p = 0; p < PROMPTS; p++)
		for (uint32_t i = 0; i < SAMPLES; i++) {
			struct model m;
			struct gen *g = engine(&m, 1, 12, CONTEXT, 1);
			struct gen_ask a = ask_for(p, &i, 1, want_[p]);
			struct err e;

			expect(gen_add(g, &a, &e), "an ask is taken");
			while (gen_step(g))
				;
			expect(want_[p][i].times == 1, "answered once");
			gen_free(g);
			free(m.logits);
		}
}

static bool
alike(const struct got *a, const struct got *b)
{
	return a->n == b->n && a->finish == b->finish && b->times == 1 &&
	       !memcmp(a->ids, b->ids, a->n * sizeof *a->ids) &&
	       !memcmp(a->logps, b->logps, a->n * sizeof *a->logps) &&
	       !strcmp(a->text, b->text);
}

static void
together(size_t slots, size_t pages, size_t chunk, int threads)
{
	static const uint32_t sample[] = { 0, 1, 2, 3, 4 };
	static struct got got[PROMPTS][SAMPLES];
	struct model m;
	struct gen *g = engine(&m, slots, pages, chunk, threads);
	struct err e;
	char what[80];

	memset(got, 0, sizeof got);
	for (size_t p = 0; p < PROMPTS; p++) {
		struct gen_ask a = ask_for(p, sample, SAMPLES, got[p]);

		expect(gen_add(g, &a, &e), "an ask is taken");
		if (p % 3 == 2)
			gen_step(g);
	}
	expect(gen_waiting(g) > 0, "some wait");
	while (gen_step(g))
		;
	expect(gen_waiting(g) == 0, "none waits");
	snprintf(what, sizeof what, "slots %zu pages %zu chunk %zu threads %d",
	    slots, pages, chunk, threads);
	for (size_t p = 0; p < PROMPTS; p++)
		for (size_t i = 0; i < SAMPLES; i++)
			expect(alike(&want_[p][i], &got[p][i]), what);
	expect(m.most <= slots + chunk, "rows of a pass");
	gen_free(g);
	free(m.logits);
}

/* What the samples themselves must be like. */
static void
sane(void)
{
	size_t ended = 0, cut = 0, full = 0;

	for (size_t p = 0; p < PROMPTS; p++)
		for (size_t i = 0; i < SAMPLES; i++) {
			const struct got *g = &want_[p][i];

			if (g->finish == GEN_LENGTH) {
				full++;
				expect(g->n == MOST, "length");
			} else if (g->ids[g->n - 1] == END) {
				ended++;
			} else {
				cut++;
			}
			expect(
			    !strstr(g->text, "AB") && !strstr(g->text, "XYZ"),
			    "cut before the stop string");
			for (size_t k = 0; k + 1 < g->n; k++)
				expect(
				    g->ids[k] != END, "nothing after the end");
			expect(i == 0 || g->n != g[-1].n ||
				   memcmp(g->ids, g[-1].ids, g->n * 4) != 0,
			    "samples differ");
		}
	expect(ended && cut && full, "all three ways to end");
}

static void
next_done(void *user, const struct gen_answer *a)
{
	memcpy(user, a->next, 3 * sizeof *a->next);
}

/* Probabilities of given tokens; a long common beginning is run once. */
static void
probabilities(void)
{
	static const int32_t next[] = { 5, 6, 63 };
	float one[3], two[3];
	struct model m;
	struct gen *g = engine(&m, 4, 12, 64, 1);
	struct gen_ask a = { .ids = prompt[9],
		.n = 200,
		.next = next,
		.nexts = 3,
		.done = next_done,
		.user = one };
	struct err e;
	size_t rows, drawn;

	expect(gen_add(g, &a, &e), "an ask is taken");
	while (gen_step(g))
		;
	rows = m.rows;
	expect(rows == 200, "every row of the prompt");
	a.user = two;
	expect(gen_add(g, &a, &e), "an ask is taken");
	while (gen_step(g))
		;
	expect(m.rows - rows == 200 - 192, "the beginning is found again");
	expect(!memcmp(one, two, sizeof one), "and changes nothing");
	gen_count(g, &rows, &drawn);
	expect(rows == 208 && drawn == 0, "counts");
	gen_free(g);
	free(m.logits);
}

static void
refused(size_t n, size_t most, size_t pages, int32_t id, const char *why)
{
	int32_t ids[CONTEXT + 1] = { 0 };
	uint32_t sample = 0;
	struct got to;
	struct model m;
	struct gen *g = engine(&m, 4, pages, 64, 1);
	struct gen_ask a = ask_for(0, &sample, 1, &to);
	struct err e = { "" };

	ids[0] = id;
	a.ids = ids;
	a.n = n;
	a.max_tokens = most;
	if (gen_add(g, &a, &e) || !strstr(e.why, why)) {
		printf("FAIL '%s' is not '%s'\n", e.why, why);
		bad++;
	}
	gen_free(g);
}

/* Freed in the middle: nothing is lost (sanitizers watch). */
static void
left_early(void)
{
	static const uint32_t sample[] = { 0, 1, 2, 3, 4 };
	static struct got got[SAMPLES];
	struct model m;
	struct gen *g = engine(&m, 3, 40, 64, 2);
	struct err e;

	for (size_t p = 5; p < 9; p++) {
		struct gen_ask a = ask_for(p, sample, SAMPLES, got);

		expect(gen_add(g, &a, &e), "an ask is taken");
	}
	for (int i = 0; i < 7; i++)
		gen_step(g);
	gen_free(g);
	free(m.logits);
}

/* Each token with which a sample goes on is told, as it will be answered. */
static void
token(void *user, const struct gen_answer *a)
{
	struct got *g = (struct got *)user + a->sample;

	expect(a->n == g->n + 1 && !g->times, "one token more");
	g->n = a->n;
	memcpy(g->ids, a->ids, a->n * sizeof *a->ids);
	memcpy(g->logps, a->logps, a->n * sizeof *a->logps);
}

static void
told_done(void *user, const struct gen_answer *a)
{
	struct got *g = (struct got *)user + a->sample;

	expect(a->n == g->n + 1, "the last token is told with the answer");
	expect(!memcmp(g->ids, a->ids, g->n * sizeof *a->ids) &&
		   !memcmp(g->logps, a->logps, g->n * sizeof *a->logps),
	    "tokens told are those answered");
	done(user, a);
}

static void
told(void)
{
	static const uint32_t sample[] = { 0, 1, 2, 3, 4 };
	static struct got got[PROMPTS][SAMPLES];
	struct model m;
	struct gen *g = engine(&m, 7, 40, 64, 2);
	struct err e;

	for (size_t p = 0; p < PROMPTS; p++) {
		struct gen_ask a = ask_for(p, sample, SAMPLES, got[p]);

		a.token = token;
		a.done = told_done;
		expect(gen_add(g, &a, &e), "an ask is taken");
	}
	while (gen_step(g))
		;
	for (size_t p = 0; p < PROMPTS; p++)
		for (size_t i = 0; i < SAMPLES; i++)
			expect(alike(&want_[p][i], &got[p][i]), "told");
	gen_free(g);
	free(m.logits);
}

/* What is shown of a text while it is drawn is what it begins with, also where
 * stop strings are not heeded yet. */
static struct shown {
	struct drip drip;
	struct buf text;
	int times;
} shown_[SAMPLES];
static const struct str pairs[] = { { "AB", 2 }, { "BC", 2 }, { "CD", 2 },
	{ "DE", 2 }, { "EF", 2 }, { "FG", 2 }, { "GH", 2 }, { "HI", 2 },
	{ "IJ", 2 }, { "JK", 2 }, { "KL", 2 }, { "LM", 2 }, { "MN", 2 },
	{ "NO", 2 }, { "OP", 2 }, { "PQ", 2 }, { "QR", 2 }, { "RS", 2 } };
enum { PAIRS = sizeof pairs / sizeof *pairs };

static void
show(void *user, const struct gen_answer *a)
{
	struct shown *s = (struct shown *)user + a->sample;

	buf_str(
	    &s->text, drip_more(&s->drip, NULL, a->ids, a->n, pairs, PAIRS));
}

static void
show_done(void *user, const struct gen_answer *a)
{
	struct shown *s = (struct shown *)user + a->sample;

	s->times++;
	expect(s->text.n <= a->text.n, "no more is shown than is answered");
	if (s->text.n <= a->text.n)
		buf_str(&s->text, drip_rest(&s->drip, a->text));
	expect(s->text.n == a->text.n &&
		   (!a->text.n || !memcmp(s->text.s, a->text.s, a->text.n)),
	    "what is shown is what is answered");
}

static void
shown(size_t least)
{
	static const uint32_t sample[] = { 0, 1, 2, 3, 4 };
	struct model m;
	struct gen *g = engine(&m, 7, 40, 64, 1);
	struct err e;

	for (size_t p = 0; p < PROMPTS; p++) {
		struct gen_ask a = ask_for(p, sample, SAMPLES, NULL);

		a.stop = pairs;
		a.stops = PAIRS;
		a.min_tokens = least;
		a.token = show;
		a.done = show_done;
		a.user = shown_;
		expect(gen_add(g, &a, &e), "an ask is taken");
		while (gen_step(g))
			;
		for (size_t i = 0; i < SAMPLES; i++) {
			expect(shown_[i].times == 1, "answered once");
			drip_done(&shown_[i].drip);
			buf_done(&shown_[i].text);
			shown_[i].times = 0;
		}
	}
	gen_free(g);
	free(m.logits);
}

/* Two of three prompts are cancelled after so many steps, wherever they are by
 * then: the others are answered as ever, and all pages come back. */
static void
cancelled(int steps, size_t slots, size_t pages)
{
	static const uint32_t sample[] = { 0, 1, 2, 3, 4 };
	static struct got got[PROMPTS][SAMPLES];
	struct model m;
	struct gen *g = engine(&m, slots, pages, 64, 1);
	struct got last = { 0 };
	struct gen_ask whole = ask_for(0, sample, 1, &last);
	struct err e;
	int had[PROMPTS][SAMPLES];

	memset(got, 0, sizeof got);
	for (size_t p = 0; p < PROMPTS; p++) {
		struct gen_ask a = ask_for(p, sample, SAMPLES, got[p]);

		expect(gen_add(g, &a, &e), "an ask is taken");
	}
	for (int i = 0; i < steps; i++)
		gen_step(g);
	for (size_t p = 0; p < PROMPTS; p++) {
		if (p % 3)
			gen_cancel(g, got[p]);
		for (size_t i = 0; i < SAMPLES; i++)
			had[p][i] = got[p][i].times;
	}
	while (gen_step(g))
		;
	expect(gen_waiting(g) == 0, "none waits");
	for (size_t p = 0; p < PROMPTS; p++)
		for (size_t i = 0; i < SAMPLES; i++)
			expect(p % 3 ? got[p][i].times == had[p][i]
				     : alike(&want_[p][i], &got[p][i]),
			    "cancelled ones are silent, others answered");
	whole.n = CONTEXT - MOST; /* it needs eleven pages */
	whole.ids = prompt[9];
	expect(gen_add(g, &whole, &e), "a long ask is taken");
	while (gen_step(g))
		;
	expect(last.times == 1, "no page is lost");
	gen_free(g);
	free(m.logits);
}

int
main(void)
{
	plain = sample_plain;
	plain.seed = 42;
	for (size_t p = 0; p < PROMPTS; p++)
		for (size_t i = 0; i < lengths[p]; i++) /* two families */
			prompt[p][i] = (int32_t)rng_below(
			    VOCAB, p % 2, i >= 70 ? p : 0, i);
	alone();
	sane();
	together(1, 12, 1, 1);
	together(3, 9, 17, 2);
	together(8, 40, 64, 3);
	together(32, 400, 512, 2);
	together(60, 30, 256, 1);
	probabilities();
	refused(CONTEXT, 1, 12, 0, "the model's context is 300");
	refused(5, 1, 12, VOCAB, "outside the model's vocabulary of 64");
	refused(5, 1, 12, -1, "token -1 is outside");
	refused(0, 1, 12, 0, "no tokens");
	refused(200, 100, 7, 0, "--kv-mem leaves room for");
	left_early();
	told();
	for (size_t least = 0; least < MOST; least++)
		shown(least);
	for (int steps = 0; steps < 60; steps += 3) {
		cancelled(steps, 4, 11);
		cancelled(steps, 9, 60);
	}
	return bad != 0;
}
