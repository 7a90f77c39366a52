/* Scores on one scale, and how they go with length. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/prefpair/prefpair.h"

/* ---- one scale ---- */
enum { MAX_SOURCES = 65536 };

/* The scores of one kind from one source. Mean and squares by Welford 1962,
 * "Note on a method for calculating corrected sums of squares". */
static struct source {
	char *key; /* source, a line break, the score's name */
	size_t key_n;
	double n, mean, squares, min, max;
} * sources; /* in the order of their keys */
static size_t nsources, room;

static int
compare(const struct source *s, struct str key)
{
	size_t n = s->key_n < key.n ? s->key_n : key.n;
	int c = n ? memcmp(s->key, key.s, n) : 0;

	return c ? c : (s->key_n > key.n) - (s->key_n < key.n);
}

/* The first place whose key is not before it. */
static size_t
place_of(struct str key)
{
	size_t lo = 0, n = nsources;

	while (n) {
		size_t half = n / 2;

		if (compare(&sources[lo + half], key) < 0) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

/* A record's source, or its set's name where it has none. */
static void
key_of(const struct group *g, struct buf *b)
{
	const struct json *v = rec_get(g->r, "source");
	const char *score = g->by ? g->by : g->set->value;

	if (json_is(v, JSON_STRING))
		buf_str(b, rec_text(g->r, v));
	else
		buf_puts(b, g->set->name);
	buf_char(b, '\n');
	buf_puts(b, g->ranks ? "human" : score ? score : "");
}

static struct source *
source_new(size_t at, struct str key)
{
	if (nsources == MAX_SOURCES)
		die("--normalise: more than %d sources", MAX_SOURCES);
	if (nsources == room) {
		room = 2 * room + 16;
		sources = need_grow(sources, room, sizeof *sources);
	}
	memmove(sources + at + 1, sources + at,
	    (nsources++ - at) * sizeof *sources);
	sources[at] = (struct source){ .key = need_alloc(key.n + 1),
		.key_n = key.n,
		.min = HUGE_VAL,
		.max = -HUGE_VAL };
	memcpy(sources[at].key, key.s, key.n);
	return &sources[at];
}

void
scale_see(const struct group *g)
{
	struct source *s = NULL;
	struct buf b = { 0 };
	struct str key;
	size_t at;

	key_of(g, &b);
	key = (struct str){ b.s, b.n };
	at = place_of(key);
	for (size_t i = 0; i < g->all; i++) {
		double x = g->reply[i].raw, apart;

		if (isnan(x))
			continue;
		if (!s)
			s = at < nsources && !compare(&sources[at], key)
				? &sources[at]
				: source_new(at, key);
		apart = x - s->mean;
		s->mean += apart / ++s->n;
		s->squares += apart * (x - s->mean);
		s->min = x < s->min ? x : s->min;
		s->max = x > s->max ? x : s->max;
	}
	buf_done(&b);
}

static double
scaled(const struct source *s, double x)
{
	double wide = s->max - s->min, sd = sqrt(s->squares / s->n);

	if (!strcmp(how.normalise, "minmax"))
		return wide > 0 ? (x - s->min) / wide : 0;
	return sd > 0 ? (x - s->mean) / sd : 0;
}

void
scale_apply(struct group *g)
{
	struct buf b = { 0 };
	struct str key;
	size_t at;

	key_of(g, &b);
	key = (struct str){ b.s, b.n };
	at = place_of(key);
	if (at < nsources && !compare(&sources[at], key))
		for (size_t i = 0; i < g->all; i++) {
			struct reply *x = &g->reply[i];

			if (isnan(x->raw))
				continue;
			x->value = scaled(&sources[at], x->raw);
			if (g->by && !g->ranks)
				x->order = x->value;
		}
	buf_done(&b);
}

static void
member(struct buf *b, const char *name, double x)
{
	buf_printf(b, ",\"%s\":", name);
	buf_json_real(b, x);
}

static void
scale_stats(void)
{
	struct buf b = { 0 };

	buf_char(&b, '[');
	for (size_t i = 0; i < nsources; i++) {
		const struct source *s = &sources[i];
		const char *nl = memrchr(s->key, '\n', s->key_n);

		buf_puts(&b, i ? ",{\"source\":" : "{\"source\":");
		buf_json_str(&b, (struct str){ s->key, (size_t)(nl - s->key) });
		buf_puts(&b, ",\"score\":");
		buf_json_str(&b, (struct str){ nl + 1,
				     s->key_n - (size_t)(nl + 1 - s->key) });
		member(&b, "n", s->n);
		member(&b, "mean", s->mean);
		member(&b, "sd", sqrt(s->squares / s->n));
		member(&b, "min", s->min);
		member(&b, "max", s->max);
		buf_char(&b, '}');
		free(s->key);
	}
	buf_char(&b, ']');
	if (nsources)
		tool_detail("normalised", (struct str){ b.s, b.n });
	buf_done(&b);
	free(sources);
	sources = NULL;
	nsources = room = 0;
}

/* ---- length ---- */
static struct {
	double pairs, longer, logs; /* of pairs written */
	double xx, yy, xy;          /* length and order, about their means */
} bias;

/* Length and order of answers to one prompt, each from its mean there. */
static void
see_lengths(const struct group *g)
{
	double n = (double)g->n, x = 0, y = 0;

	for (size_t i = 0; i < g->n; i++) {
		x += (double)g->reply[i].chars / n;
		y += g->reply[i].order / n;
	}
	for (size_t i = 0; i < g->n; i++) {
		double dx = (double)g->reply[i].chars - x;
		double dy = g->reply[i].order - y;

		bias.xx += dx * dx;
		bias.yy += dy * dy;
		bias.xy += dx * dy;
	}
}

static void
see_pair(size_t w, size_t l)
{
	bias.pairs++;
	bias.longer += w > l;
	bias.logs += log((double)(w + !w) / (double)(l + !l));
}

void
bias_see(const struct group *g)
{
	if (g->n > 1)
		see_lengths(g);
	for (size_t i = 0; i < g->pairs; i++)
		see_pair(g->reply[g->pair[i].chosen].chars,
		    g->reply[g->pair[i].rejected].chars);
	for (size_t i = 0; g->edits_paired && i < g->all; i++) {
		const struct reply *x = &g->reply[i];

		if (x->edited.s && !x->too_long)
			see_pair(x->edited_chars, x->chars);
	}
}

static void
stat_real(const char *name, double x)
{
	struct buf b = { 0 };

	buf_printf(&b, "%.4f", x);
	tool_stat(name, (struct str){ b.s, b.n });
	buf_done(&b);
}

void
scale_end(void)
{
	scale_stats();
	if (bias.pairs) {
		stat_real("length ratio", exp(bias.logs / bias.pairs));
		stat_real("chosen longer", bias.longer / bias.pairs);
		if (bias.xx > 0 && bias.yy > 0)
			stat_real("score-length r",
			    bias.xy / sqrt(bias.xx) / sqrt(bias.yy));
	}
	memset(&bias, 0, sizeof bias);
}
