/* What judges have said of pairs, put together and written. */
#include <math.h>
#include <stdlib.h>

#include "tools/judge/pairs.h"

/* What a judge comes to. */

/* Of one order, what it says of a: 2 better, 1 tie, 0 worse. */
static int
says(const struct twice *t, int order)
{
	const struct question *q = t->order + order;
	int step = q->rubric->token ? (q->value > 0.5) * 2 : q->step;

	if (q->rubric->token && !(q->value > 0.5) && !(q->value < 0.5))
		step = 1;
	return order ? 2 - step : step;
}

/* Both orders: 2, 1, 0, or -1 where one has failed. Orders that disagree make
 * a tie. */
static int
result(const struct twice *t)
{
	if (!t->order[0].there || !t->order[1].there)
		return -1;
	return says(t, 0) == says(t, 1) ? says(t, 0) : 1;
}

static void
count(struct compared *c, const struct twice *t)
{
	int one = 0, two = 0;

	if (result(t) < 0) {
		c->failed++;
		return;
	}
	one = says(t, 0);
	two = says(t, 1);
	c->both++;
	c->disagree += one != two;
	c->first += one == 2 && two == 0;
	c->second += one == 0 && two == 2;
}

/* What the comparison is worth for a: 1, 0.5 or 0; by tokens the mean of both
 * orders' probabilities, where what the place adds cancels out; NaN where it
 * has failed.
 * Source: Wang et al. 2023, arXiv 2305.17926, section 4.2. */
static double
worth(const struct twice *t)
{
	int got = result(t);

	if (got < 0)
		return (double)NAN;
	if (t->order[0].rubric->token)
		return (t->order[0].value + 1 - t->order[1].value) / 2;
	return got / 2.0;
}

/* The mean over the judges whose comparison has not failed. */
static double
mean_worth(const struct pair *p)
{
	double sum = 0;
	size_t n = 0;

	for (size_t k = 0; k < panel_n; k++) {
		double x = worth(p->by + k);

		sum += isnan(x) ? 0 : x;
		n += !isnan(x);
	}
	return n ? sum / (double)n : (double)NAN;
}

/* What a response has won with one judge: the mean over its pairs. */
static struct said
won(const struct round *d, int i, size_t seat)
{
	struct said s = { (double)NAN, { 0 }, NULL };
	double sum = 0;
	size_t n = 0;

	for (size_t k = 0; k < d->n; k++) {
		const struct pair *p = d->pair + k;
		const struct twice *t = p->by + seat;
		double x = worth(t);

		if (p->a != i && p->b != i)
			continue;
		for (int o = 0; o < 2; o++)
			if (!t->order[o].there)
				s.fault = t->order[o].fault;
		if (isnan(x))
			continue;
		sum += p->a == i ? x : 1 - x;
		n++;
	}
	if (n)
		s = (struct said){ sum / (double)n, { 0 }, NULL };
	return s;
}

/* What is written. */

static void
put_says(struct buf *b, const struct twice *t, int order)
{
	static const char *const words[] = { "\"b\"", "\"tie\"", "\"a\"" };
	const struct question *q = t->order + order;

	if (!q->there)
		buf_puts(b, "null");
	else if (q->rubric->token)
		buf_json_real(b, order ? 1 - q->value : q->value);
	else
		buf_puts(b, words[says(t, order)]);
}

/* true where all that say something say yes; nothing where none does. */
static void
put_same(struct buf *b, const char *name, const struct pair *p, bool steps)
{
	int all = -1;

	for (size_t k = 0; k < panel_n; k++)
		for (int o = 0; o < 2; o++) {
			const struct question *q = p->by[k].order + o;
			int is = steps ? q->same_steps : q->same_result;

			if (is >= 0)
				all = all < 0 ? is : all & is;
		}
	if (all >= 0)
		buf_printf(b, ",\"%s\":%s", name, all ? "true" : "false");
}

static void
put_reasons(struct buf *b, const struct pair *p)
{
	bool any = false;

	if (!panel_jury.reasons)
		return;
	for (size_t k = 0; k < panel_n; k++)
		for (int o = 0; o < 2; o++)
			any |= p->by[k].order[o].reason.s != NULL;
	if (!any)
		return;
	buf_puts(b, ",\"reasons\":{");
	for (size_t k = 0; k < panel_n; k++) {
		buf_puts(b, k ? "," : "");
		buf_json_str(b, str_of(panel[k].name));
		for (int o = 0; o < 2; o++) {
			struct str s = p->by[k].order[o].reason;

			buf_puts(b, o ? "," : ":[");
			if (s.s)
				buf_json_str(b, s);
			else
				buf_puts(b, "null");
		}
		buf_char(b, ']');
	}
	buf_char(b, '}');
}

static void
put_pair(struct buf *b, const struct work *w, const struct pair *p)
{
	buf_printf(b, "{\"a\":%zu,\"b\":", w->response[p->a].at);
	if (p->b == GOLD)
		buf_puts(b, "\"gold\"");
	else
		buf_printf(b, "%zu", w->response[p->b].at);
	buf_puts(b, ",\"score\":");
	buf_json_real(b, mean_worth(p));
	put_same(b, "same_steps", p, true);
	put_same(b, "same_result", p, false);
	buf_puts(b, ",\"by\":{");
	for (size_t k = 0; k < panel_n; k++) {
		buf_puts(b, k ? "," : "");
		buf_json_str(b, str_of(panel[k].name));
		buf_puts(b, ":[");
		put_says(b, p->by + k, 0);
		buf_char(b, ',');
		put_says(b, p->by + k, 1);
		buf_char(b, ']');
	}
	buf_char(b, '}');
	put_reasons(b, p);
	buf_char(b, '}');
}

static void
put_table(struct work *w, const struct round *d)
{
	struct buf b = { 0 }, path = { 0 };

	for (size_t k = 0; k < d->n; k++) {
		buf_char(&b, k ? ',' : '[');
		put_pair(&b, w, d->pair + k);
	}
	buf_char(&b, ']');
	buf_printf(&path, "comparisons.%s", d->rubric->name);
	rec_put(w->r, path.s, (struct str){ b.s, b.n });
	buf_done(&b);
	buf_done(&path);
}

static void
count_asks(struct work *w, const struct pair *p)
{
	for (size_t k = 0; k < panel_n; k++)
		for (int o = 0; o < 2; o++) {
			const struct question *q = p->by[k].order + o;

			if (q->asks > 1)
				rec_count(w->r, "asked again", q->asks - 1);
			if (!q->there)
				rec_count(w->r, "judge answers failed", 1);
		}
}

static void
give_tally(const struct work *w, const struct round *d, struct tally *t)
{
	double *value = need_zero(panel_n * w->n + 1, sizeof *value);
	int *step = need_zero(panel_n, sizeof *step);
	bool *there = need_zero(panel_n, sizeof *there);

	for (size_t i = 0; i < d->n; i++) {
		for (size_t k = 0; k < panel_n; k++) {
			step[k] = result(d->pair[i].by + k);
			there[k] = step[k] >= 0;
		}
		tally_item(t, step, there);
	}
	for (size_t k = 0; k < panel_n; k++)
		for (size_t i = 0; i < w->n; i++)
			value[k * w->n + i] = won(d, (int)i, k).value;
	tally_ranking(t, value, w->n);
	free(value);
	free(step);
	free(there);
}

void
compared_give(struct work *w, void *round)
{
	struct round *d = round;
	struct compared *c = d->all;
	struct said *said = need_zero(panel_n, sizeof *said);

	for (size_t i = 0; i < d->n; i++) {
		for (size_t k = 0; k < panel_n; k++)
			count(c, d->pair[i].by + k);
		count_asks(w, d->pair + i);
	}
	for (size_t i = 0; i < w->n; i++) {
		for (size_t k = 0; k < panel_n; k++)
			said[k] = won(d, (int)i, k);
		jury_set(w, i, &panel_jury, d->to + i, said);
	}
	put_table(w, d);
	if (c->tally)
		give_tally(w, d, c->tally);
	free(said);
}

void
compared_report(const char *name, const struct compared *c)
{
	struct buf b = { 0 };

	judge_say("%s: %zu comparisons in both orders; %zu with another "
		  "verdict in the other order, %zu of them for the first shown "
		  "and %zu for the second; %zu failed",
	    name, c->both, c->disagree, c->first, c->second, c->failed);
	buf_printf(&b,
	    "{\"both_orders\":%zu,\"disagree\":%zu,\"first\":%zu,"
	    "\"second\":%zu,\"failed\":%zu,\"position_bias\":",
	    c->both, c->disagree, c->first, c->second, c->failed);
	buf_json_real(&b, c->both
			      ? (double)(c->first + c->second) / (double)c->both
			      : (double)NAN);
	buf_char(&b, '}');
	judge_detail("comparisons", name, (struct str){ b.s, b.n });
	tally_report(c->tally);
	buf_done(&b);
}
