/* evaluate - held-out loss and accuracy of models. Page: man/evaluate.1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/asked.h"
#include "gpu/cpu/fun.h"
#include "gpu/reply.h"
#include "libcore/gold.h"
#include "libcore/hold.h"
#include "libcore/interval.h"
#include "libcore/talk.h"
#include "libcore/tool.h"

static const char *only = "both", *kind_name = "auto", *json_file;
static long n = 1, max_tokens = 512, rounds = 1000;
static double temperature;
static const char *const tasks[] = { "both", "loss", "gold", NULL };

static const struct opt opts[] = {
	{ 0, "only", "TASK", "loss or gold, where records have both",
	    .str = &only, .choice = tasks },
	{ 'k', "kind", "KIND", "of gold answers: auto, number, choice, text",
	    .str = &kind_name, .choice = gold_kinds },
	{ 'n', "samples", "N", "responses to a prompt with a gold answer",
	    .num = &n, .min = 1, .max = 65536 },
	{ 't', "temperature", "T", "of these responses; 0: the most likely",
	    .real = &temperature, .min = 0, .max = 100 },
	{ 0, "max-tokens", "N", "tokens of a response at most",
	    .num = &max_tokens, .min = 1, .max = 1 << 24 },
	{ 0, "rounds", "N", "resamples of the bootstrap", .num = &rounds,
	    .min = 1, .max = 1000000 },
	{ 0, "json", "FILE", "write all figures to FILE", .str = &json_file },
	{ 0 },
};

/* What one model did, by record. */
struct column {
	const char *name;
	struct asker *a; /* NULL: responses that were in the records */
	struct reply_conf conf;
	/* [records] each; tokens or tries 0: the record has no such task */
	double *nll, *tokens, *right, *tries;
};
static struct column *columns;
static size_t ncolumns, records, room;
static struct answers *cache;
static enum gold_kind kind;
static bool want_loss, want_gold;

struct work {
	struct rec *r;
	struct hold *hold;
	size_t at; /* which record */
	const struct json *gold;
	struct replies *of; /* [columns] */
	size_t left;
};

static struct column *
column_new(const char *name)
{
	struct column *c;

	columns = need_grow(columns, ncolumns + 1, sizeof *columns);
	c = columns + ncolumns++;
	*c = (struct column){ .name = need_text(name) };
	c->nll = need_zero(room, sizeof(double));
	c->tokens = need_zero(room, sizeof(double));
	c->right = need_zero(room, sizeof(double));
	c->tries = need_zero(room, sizeof(double));
	return c;
}

static double *
longer(double *x, size_t to)
{
	x = need_grow(x, to, sizeof *x);
	memset(x + room, 0, (to - room) * sizeof *x);
	return x;
}

static size_t
record_new(void)
{
	if (records == room) {
		size_t to = room * 2;

		for (size_t i = 0; i < ncolumns; i++) {
			struct column *c = columns + i;

			c->nll = longer(c->nll, to);
			c->tokens = longer(c->tokens, to);
			c->right = longer(c->right, to);
			c->tries = longer(c->tries, to);
		}
		room = to;
	}
	return records++;
}

static void
start(void)
{
	while (strcmp(gold_kinds[kind], kind_name) != 0)
		kind++;
	want_loss = strcmp(only, "gold") != 0;
	want_gold = strcmp(only, "loss") != 0;
	room = 256;
	for (size_t i = 0; i < ask_models.n; i++) {
		struct column *c = column_new(ask_models.s[i]);

		if (want_loss)
			ask_engine(
			    c->name, "it tells no losses, so give --only gold");
		c->a = asker_open(ask_models.s[i], true);
		c->conf.draw = sample_plain;
		c->conf.draw.temperature = temperature;
		c->conf.draw.seed = (uint64_t)tool_seed;
		c->conf.most = (size_t)max_tokens;
	}
	if (ask_cache_file)
		cache = answers_open(ask_cache_file);
}

/* The loss of one model on the record's assistant turns. */
static void
add_loss(struct column *c, struct rec *r, const struct msgs *ms, size_t at)
{
	size_t tokens;

	if (asked_turns(c->a, cache, r, ms, c->nll + at, &tokens))
		c->tokens[at] = (double)tokens;
}

/* Gold. */

/* Figures are all that is written. */
static void
give(void *user)
{
	(void)user;
}

static void
less(struct work *w)
{
	if (--w->left == 0)
		hold_ready(w->hold);
}

static void
count_replies(struct work *w, struct column *c, const struct replies *p)
{
	for (size_t i = 0; i < p->samples; i++) {
		if (p->got[i].error.s)
			continue;
		c->right[w->at] +=
		    gold_right(kind, w->r, w->gold, p->got[i].content) ? 1 : 0;
		c->tries[w->at]++;
	}
}

static void
done(struct replies *p)
{
	struct work *w = p->user;

	if (!w->r->bad)
		count_replies(w, columns + (p - w->of), p);
	less(w);
}

static void
ask_gold(struct work *w, const struct msgs *ms)
{
	w->of = arena_take(w->r->mem, ncolumns * sizeof *w->of);
	for (size_t i = 0; i < ncolumns && !w->r->bad; i++) {
		struct replies *p = w->of + i;

		*p = (struct replies){ .r = w->r,
			.a = columns[i].a,
			.cache = cache,
			.conf = &columns[i].conf,
			.samples = (size_t)n,
			.done = done,
			.user = w };
		if (!replies_ask(p, ms))
			return;
		if (p->left)
			w->left++;
		else
			count_replies(w, columns + i, p);
	}
}

static struct column *
column_named(struct str name)
{
	struct buf b = { 0 };
	struct column *c;

	for (size_t i = 0; i < ncolumns; i++)
		if (str_eq(name, columns[i].name))
			return columns + i;
	buf_str(&b, name);
	c = column_new(b.n ? b.s : "responses");
	buf_done(&b);
	return c;
}

/* Without -m: the responses that are there, by their model. */
static void
count_given(struct work *w)
{
	struct rec *r = w->r;
	const struct json *all = rec_get(r, "responses"), *v;

	if (!all) {
		rec_count(r, "no responses", 1);
		return;
	}
	if (all->type != JSON_ARRAY) {
		rec_bad(r, all, "field 'responses' is not a list");
		return;
	}
	v = json_first(all);
	for (uint32_t i = 0; i < all->n && !r->bad; i++, v = json_next(v)) {
		const struct json *m = json_get(&r->doc, v, "model");
		bool none = talk_failed(&r->doc, v);
		struct str text =
		    none ? (struct str){ 0 }
			 : rec_text(r, json_get(&r->doc, v, "content"));
		struct column *c;

		if (none) {
			rec_count(r, "failed responses", 1);
			continue;
		}
		if (!text.s) {
			rec_bad(r, v, "a response has no content");
			return;
		}
		c = column_named(json_is(m, JSON_STRING) ? rec_text(r, m)
							 : STR("responses"));
		c->right[w->at] += gold_right(kind, r, w->gold, text) ? 1 : 0;
		c->tries[w->at]++;
	}
}

static bool
is_answered(const struct msgs *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		if (str_eq(ms->m[i].role, "assistant"))
			return true;
	return false;
}

static void
take(struct rec *r)
{
	struct work *w = arena_take(r->mem, sizeof *w);
	struct msgs ms = { 0 };
	bool used = false;

	w->r = r;
	w->hold = hold_take(r, give, w);
	w->at = record_new();
	w->left = 1;
	w->gold = want_gold ? rec_get(r, "gold") : NULL;
	if (ask_models.n)
		rec_msgs(r, &ms);
	if (want_loss && ask_models.n && !r->bad && is_answered(&ms)) {
		used = true;
		for (size_t i = 0; i < ncolumns && !r->bad; i++)
			add_loss(columns + i, r, &ms, w->at);
	}
	if (w->gold && !r->bad) {
		used = true;
		if (!ask_models.n)
			count_given(w);
		else if (talk_asked(&ms))
			ask_gold(w, &ms);
		else
			rec_bad(r, NULL, "there is nothing to answer");
	}
	if (!used && !r->bad)
		rec_count(r, "without a task", 1);
	less(w);
}

static bool
step(void)
{
	bool more = false;

	for (size_t i = 0; i < ask_models.n; i++)
		more |= asker_step(columns[i].a);
	return more;
}

static size_t
waiting(void)
{
	size_t most = 0;

	for (size_t i = 0; i < ask_models.n; i++)
		if (asker_waiting(columns[i].a) > most)
			most = asker_waiting(columns[i].a);
	return most;
}

/* The figures. */

struct figures {
	size_t loss_records, tokens, items;
	struct interval loss, gold;
};

/* The records that both columns (b may be a) have, packed. */
struct pairs {
	size_t n;
	double *a, *b, *c, *d;
};

static struct pairs
common(const double *a, const double *b, const double *c, const double *d)
{
	struct pairs p = { 0 };

	p.a = need_zero(4 * records + 1, sizeof *p.a);
	p.b = p.a + records;
	p.c = p.b + records;
	p.d = p.c + records;
	for (size_t i = 0; i < records; i++) {
		if (!(b[i] > 0) || !(d[i] > 0))
			continue;
		p.a[p.n] = a[i];
		p.b[p.n] = b[i];
		p.c[p.n] = c[i];
		p.d[p.n++] = d[i];
	}
	return p;
}

static struct figures
figures_of(const struct column *c)
{
	struct figures f = { 0 };
	struct pairs p = common(c->nll, c->tokens, c->nll, c->tokens);
	uint64_t seed = (uint64_t)tool_seed;
	double right = 0, tries = 0;

	f.loss_records = p.n;
	for (size_t i = 0; i < p.n; i++)
		f.tokens += (size_t)p.b[i];
	f.loss =
	    interval_ratio(p.a, p.b, NULL, NULL, p.n, (size_t)rounds, seed);
	free(p.a);
	p = common(c->right, c->tries, c->right, c->tries);
	f.items = p.n;
	for (size_t i = 0; i < p.n; i++) {
		right += p.a[i];
		tries += p.b[i];
	}
	/* one response each: the items are independent throws */
	f.gold = tries > (double)p.n ? interval_ratio(p.a, p.b, NULL, NULL, p.n,
					   (size_t)rounds, seed)
				     : interval_share(right, p.n);
	free(p.a);
	return f;
}

static struct figures
difference(const struct column *c, const struct column *to)
{
	struct figures f = { 0 };
	struct pairs p = common(c->nll, c->tokens, to->nll, to->tokens);
	uint64_t seed = (uint64_t)tool_seed;

	f.loss_records = p.n;
	f.loss = interval_ratio(p.a, p.b, p.c, p.d, p.n, (size_t)rounds, seed);
	free(p.a);
	p = common(c->right, c->tries, to->right, to->tries);
	f.items = p.n;
	f.gold = interval_ratio(p.a, p.b, p.c, p.d, p.n, (size_t)rounds, seed);
	free(p.a);
	return f;
}

static void
put_interval(struct buf *b, const char *name, const struct interval *i)
{
	buf_printf(b, "\"%s\":", name);
	buf_json_real(b, i->value);
	buf_puts(b, ",\"low\":");
	buf_json_real(b, i->low);
	buf_puts(b, ",\"high\":");
	buf_json_real(b, i->high);
}

static void
put_figures(struct buf *b, const struct figures *f, bool differ)
{
	if (f->loss_records) {
		buf_puts(b, ",\"loss\":{");
		put_interval(b, differ ? "difference" : "nll", &f->loss);
		if (!differ) {
			buf_puts(b, ",\"ppl\":");
			buf_json_real(b, fun_exp64(f->loss.value));
			buf_printf(b, ",\"tokens\":%zu", f->tokens);
		}
		buf_printf(b, ",\"records\":%zu}", f->loss_records);
	}
	if (f->items) {
		buf_puts(b, ",\"gold\":{");
		put_interval(b, differ ? "difference" : "accuracy", &f->gold);
		buf_printf(b, ",\"items\":%zu}", f->items);
	}
}

static void
write_json(const struct figures *f, const struct figures *diff)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"plumbline\":\"evaluate\",\"version\":1,\"models\":[");
	for (size_t i = 0; i < ncolumns; i++) {
		buf_puts(&b, i ? ",{\"model\":" : "{\"model\":");
		buf_json_str(&b, str_of(columns[i].name));
		put_figures(&b, f + i, false);
		buf_char(&b, '}');
	}
	buf_puts(&b, "],\"differences\":[");
	for (size_t i = 1; i < ncolumns; i++) {
		buf_puts(&b, i > 1 ? ",{\"model\":" : "{\"model\":");
		buf_json_str(&b, str_of(columns[i].name));
		buf_puts(&b, ",\"to\":");
		buf_json_str(&b, str_of(columns[0].name));
		put_figures(&b, diff + i, true);
		buf_char(&b, '}');
	}
	buf_puts(&b, "]}");
	tool_line(1, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
row(const char *name, const struct figures *f, bool differ)
{
	struct buf b = { 0 };

	buf_printf(&b, "%-28s", name);
	if (f->loss_records) {
		buf_printf(&b, differ ? "  %+8.4f" : "  %8.4f", f->loss.value);
		buf_printf(&b, differ ? " [%+.4f, %+.4f]" : " [%.4f, %.4f]",
		    f->loss.low, f->loss.high);
		if (!differ)
			buf_printf(&b, "  ppl %.3f, %zu tokens",
			    fun_exp64(f->loss.value), f->tokens);
	}
	if (f->items) {
		buf_printf(&b, differ ? "  %+6.1f%%" : "  %6.1f%%",
		    100 * f->gold.value);
		buf_printf(&b, differ ? " [%+.1f, %+.1f]" : " [%.1f, %.1f]",
		    100 * f->gold.low, 100 * f->gold.high);
		buf_printf(&b, ", %zu items", f->items);
	}
	tool_line(0, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
report(void)
{
	struct figures *f = need_zero(ncolumns, sizeof *f);
	struct figures *diff = need_zero(ncolumns, sizeof *diff);
	struct buf b = { 0 };

	for (size_t i = 0; i < ncolumns; i++) {
		f[i] = figures_of(columns + i);
		diff[i] = difference(columns + i, columns);
	}
	for (size_t i = 0; i < ncolumns; i++)
		row(columns[i].name, f + i, false);
	for (size_t i = 1; i < ncolumns; i++) {
		buf_reset(&b);
		buf_printf(&b, "%s - %s", columns[i].name, columns[0].name);
		row(b.s, diff + i, true);
	}
	if (json_file)
		write_json(f, diff);
	buf_done(&b);
	free(f);
	free(diff);
}

static int
pull(void)
{
	struct rec *r;
	bool more = true, busy = false;

	while (!tool_stopping() && (more || busy)) {
		while (more && !hold_full() && waiting() < 32) {
			r = tool_next();
			if (!r)
				more = false;
			else
				take(r);
		}
		busy = step();
	}
	if (!tool_stopping() && !tool_failed())
		report();
	return 0;
}

static void
end(void)
{
	for (size_t i = 0; i < ncolumns; i++) {
		struct column *c = columns + i;

		asker_close(c->a);
		free((void *)(uintptr_t)c->name);
		free(c->nll);
		free(c->tokens);
		free(c->right);
		free(c->tries);
	}
	free(columns);
	answers_close(cache);
	hold_free();
}

int
main(int argc, char **argv)
{
	static const char *const sides[] = { "json", NULL };
	static const struct tool evaluate = {
		.name = "evaluate",
		.operands = "[file ...]",
		.does = "held-out loss and accuracy of models",
		.opts = opts,
		.also = ask_opts,
		.sides = sides,
		.text = true,
		.start = start,
		.pull = pull,
		.end = end,
	};

	return tool_main(&evaluate, argc, argv);
}
