/* Which answers make pairs. */
#include <math.h>
#include <string.h>

#include "tools/prefpair/prefpair.h"

/* How far a pair came before something was against it. */
enum stage { SCORES, AGAINST, MODELS, LENGTH, COPIES };
static const char *const why_not[] = {
	[SCORES] = "scores equal or within --margin",
	[AGAINST] = "scores against the order",
	[MODELS] = "no pair of the models asked for",
	[LENGTH] = "no pair within --max-length-ratio",
	[COPIES] = "no pair but near-copies",
};

static const struct rouge *
words(struct reply *x)
{
	if (!x->cut)
		x->words = rouge_new(x->text);
	x->cut = true;
	return &x->words;
}

/* F is at most 2 min / (min + max) of the numbers of words. */
static bool
alike(struct reply *a, struct reply *b)
{
	const struct rouge *x, *y;
	size_t least;

	if (how.similar > 1)
		return false;
	x = words(a);
	y = words(b);
	least = x->n < y->n ? x->n : y->n;
	if (2 * (double)least < how.similar * (double)(x->n + y->n))
		return false;
	return rouge_f(x, y) >= how.similar;
}

size_t
group_thin(struct group *g)
{
	size_t n = 0;

	for (size_t i = 1; i < g->all; i++) {
		for (size_t j = 0; j < i && !g->reply[i].copy; j++)
			g->reply[i].copy = !g->reply[j].copy &&
					   alike(&g->reply[i], &g->reply[j]);
		n += g->reply[i].copy;
	}
	if (n)
		rec_count(g->r, "near-copies left out", n);
	return n;
}

/* ---- whose answers ---- */
static bool
is_policy(const struct reply *x)
{
	for (size_t i = 0; i < how.policy.n; i++)
		if (str_eq(x->model, how.policy.s[i]))
			return true;
	return false;
}

/* An answer whose model is not told is neither the policy's nor another's. */
static bool
is_from(const struct reply *x, const char *who)
{
	if (!strcmp(who, "any"))
		return true;
	return x->model.s && is_policy(x) == !strcmp(who, "policy");
}

static bool
models_fit(const struct reply *w, const struct reply *l)
{
	if (!is_from(w, how.chosen_from) || !is_from(l, how.rejected_from))
		return false;
	if (!strcmp(how.models, "any"))
		return true;
	return w->model.s && l->model.s &&
	       str_same(w->model, l->model) == !strcmp(how.models, "same");
}

/* ---- how far apart ---- */
static double
margin_of(const struct group *g, const struct reply *w, const struct reply *l)
{
	double by_value = w->value - l->value;

	if (g->by)
		return w->order - l->order;
	if (isnan(g->strength) ||
	    (strcmp(how.normalise, "no") && !isnan(by_value)))
		return by_value;
	return g->strength;
}

/* May w be preferred to l? The later the objection, the later its stage. */
static bool
may_pair(struct group *g, struct reply *w, struct reply *l, enum stage *last,
    double *margin)
{
	enum stage s = COPIES + 1;

	*margin = margin_of(g, w, l);
	if (!(w->order > l->order) || *margin < how.margin || *margin == 0)
		s = SCORES;
	if (*margin < 0)
		s = AGAINST;
	else if (s > MODELS && !models_fit(w, l))
		s = MODELS;
	else if (s > LENGTH &&
		 (double)w->chars >
		     how.max_ratio * (double)(l->chars + !l->chars))
		s = LENGTH;
	else if (s > COPIES && alike(w, l))
		s = COPIES;
	g->too_long += s == LENGTH;
	if (s <= COPIES && s > *last)
		*last = s;
	return s > COPIES;
}

/* What all pairs of a record take, in bytes, for they wait for it to be done:
 * edits, and thrice what they hold, as edit, line and output. */
enum { MOST_BYTES = 256 << 20, PAIR_BYTES = 1280 };

/* Of the record without its answers, which every pair has. */
static size_t
other_bytes(const struct group *g)
{
	size_t n = g->r->len;

	for (size_t i = 0; i < g->all; i++) {
		const struct reply *x = &g->reply[i];
		size_t mine =
		    x->node ? json_raw(&g->r->doc, x->node).n : x->json.n;

		mine++; /* the comma */
		n -= mine < n ? mine : n;
	}
	return 3 * n + PAIR_BYTES;
}

static void
take(struct group *g, size_t w, size_t l, double margin)
{
	if (g->pairs == g->pairs_room) {
		struct pair *old = g->pair;

		g->pairs_room = 2 * g->pairs_room + 16;
		g->pair =
		    arena_take(g->r->mem, g->pairs_room * sizeof *g->pair);
		if (old)
			memcpy(g->pair, old, g->pairs * sizeof *old);
	}
	g->pair[g->pairs++] = (struct pair){ w, l, margin };
	g->bytes += 3 * (g->reply[w].json.n + g->reply[l].json.n);
}

/* ---- the three ways ---- */

/* The worst that may be rejected for w. */
static void
worst_for(struct group *g, size_t w, enum stage *last)
{
	double margin;

	for (size_t l = g->n; l-- > w + 1;)
		if (may_pair(g, &g->reply[w], &g->reply[l], last, &margin)) {
			take(g, w, l, margin);
			return;
		}
}

/* The best that may be chosen, against the worst that may be rejected: where
 * the rules on models leave it none, the next best. */
static void
best_pair(struct group *g, enum stage *last)
{
	enum stage mine = SCORES;
	bool any = false;

	for (size_t w = 0; w < g->n && !g->pairs && mine <= MODELS; w++) {
		if (!is_from(&g->reply[w], how.chosen_from))
			continue;
		any = true;
		mine = SCORES;
		worst_for(g, w, &mine);
		*last = mine > *last ? mine : *last;
	}
	if (!any)
		*last = MODELS;
}

static void
all_pairs(struct group *g, enum stage *last)
{
	size_t each = other_bytes(g);
	double margin;

	for (size_t w = 0; w < g->n; w++)
		for (size_t l = w + 1; l < g->n && g->bytes < MOST_BYTES; l++)
			if (!g->reply[w].copy && !g->reply[l].copy &&
			    may_pair(
				g, &g->reply[w], &g->reply[l], last, &margin)) {
				take(g, w, l, margin);
				g->bytes += each;
			}
	if (g->bytes >= MOST_BYTES)
		rec_bad(g->r, NULL,
		    "all pairs of %zu answers take more than %d MiB", g->n,
		    MOST_BYTES >> 20);
}

/* The end of the answers that are as good as the one at i. */
static size_t
level_end(const struct group *g, size_t i)
{
	size_t at = i;

	while (i < g->n && !(g->reply[i].order < g->reply[at].order))
		i++;
	return i;
}

/* One pair of two levels: the first that may be chosen, the last that may be
 * rejected. */
static void
level_pair(
    struct group *g, size_t from, size_t mid, size_t end, enum stage *last)
{
	double margin;

	for (size_t w = from; w < mid; w++)
		for (size_t l = end; l-- > mid;)
			if (!g->reply[w].copy && !g->reply[l].copy &&
			    may_pair(
				g, &g->reply[w], &g->reply[l], last, &margin)) {
				take(g, w, l, margin);
				return;
			}
}

static bool
all_copies(const struct group *g, size_t from, size_t end)
{
	while (from < end && g->reply[from].copy)
		from++;
	return from == end;
}

/* Each level with the next one that is not all near-copies. */
static void
adjacent_pairs(struct group *g, enum stage *last)
{
	size_t from = 0, mid = level_end(g, 0), end;

	for (; mid < g->n; mid = end) {
		end = level_end(g, mid);
		if (all_copies(g, mid, end))
			continue;
		level_pair(g, from, mid, end, last);
		from = mid;
	}
}

const char *
group_pairs(struct group *g)
{
	static const struct {
		const char *name;
		void (*pair)(struct group *, enum stage *);
		bool thin;
	} ways[] = {
		{ "best", best_pair, false },
		{ "all", all_pairs, true },
		{ "adjacent", adjacent_pairs, true },
	};
	enum stage last = SCORES;
	size_t copies = 0, i = 0;

	if (g->n < 2)
		return "fewer than two scored responses";
	while (strcmp(ways[i].name, how.pairs))
		i++;
	if (ways[i].thin)
		copies = group_thin(g);
	ways[i].pair(g, &last);
	if (g->pairs)
		return NULL;
	return why_not[copies && last == SCORES ? COPIES : last];
}

/* Of two of which the set says which is better. */
static const char *
screen_two(const struct group *g)
{
	double m = margin_of(g, &g->reply[0], &g->reply[1]);
	bool by_value = !isnan(how.kto) && !isnan(g->reply[0].value);

	if (m >= 0 && m < how.margin)
		return why_not[SCORES];
	if (how.to_annotate || by_value)
		return NULL;
	if (m < 0)
		return why_not[AGAINST];
	return m == 0 && !how.best ? why_not[SCORES] : NULL;
}

const char *
group_screen(const struct group *g)
{
	bool high = g->n > 0, low = g->n > 0;

	for (size_t i = 0; i < g->n; i++) {
		high &= g->reply[i].value >= how.all_high;
		low &= g->reply[i].value < how.all_low;
	}
	if (high)
		return "all high";
	if (low)
		return "all low";
	if (g->n == 2 && !g->by)
		return screen_two(g);
	if (g->n > 1 && g->by && how.margin > 0 &&
	    g->reply[0].order - g->reply[g->n - 1].order < how.margin)
		return why_not[SCORES];
	return NULL;
}

void
group_done(struct group *g)
{
	for (size_t i = 0; i < g->all; i++)
		rouge_free(&g->reply[i].words);
}
