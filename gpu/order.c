/* The order of rows, epoch by epoch. */
#include "gpu/order.h"

#include <stdlib.h>

struct order {
	const struct packed *p;
	struct order_conf c;
	uint32_t *row; /* of the epoch at hand */
	size_t *cut;   /* [steps + 1] where its steps begin */
	size_t epoch, steps;
	size_t before; /* steps of earlier epochs */
};

static void
shuffle(struct order *o)
{
	size_t n = o->p->rows;

	for (size_t i = 0; i < n; i++)
		o->row[i] = (uint32_t)i;
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(i, o->c.seed, o->epoch, i);
		uint32_t row = o->row[j];

		o->row[j] = o->row[i - 1];
		o->row[i - 1] = row;
	}
}

static void
cut(struct order *o)
{
	size_t n = o->p->rows, tokens = 0;

	o->steps = 0;
	for (size_t i = 0; i < n; i++) {
		size_t more = o->p->row[o->row[i]].tokens;
		size_t held = o->steps ? i - o->cut[o->steps - 1] : 0;
		bool full = o->c.tokens ? tokens + more > o->c.tokens
					: held == o->c.rows;

		if (!o->steps || full) {
			o->cut[o->steps++] = i;
			tokens = 0;
		}
		tokens += more;
	}
	o->cut[o->steps] = n;
}

static void
go_to(struct order *o, size_t epoch)
{
	o->epoch = epoch;
	shuffle(o);
	cut(o);
}

struct order *
order_new(const struct packed *p, const struct order_conf *c)
{
	struct order *o = need_zero(1, sizeof *o);

	o->p = p;
	o->c = *c;
	o->row = need_alloc(p->rows * sizeof *o->row);
	o->cut = need_alloc((p->rows + 1) * sizeof *o->cut);
	go_to(o, 0);
	return o;
}

void
order_free(struct order *o)
{
	if (!o)
		return;
	free(o->row);
	free(o->cut);
	free(o);
}

size_t
order_steps(struct order *o, size_t epochs)
{
	size_t steps = 0;

	for (size_t e = 0; e < epochs; e++) {
		go_to(o, e);
		steps += o->steps;
	}
	go_to(o, 0);
	o->before = 0;
	return steps;
}

const uint32_t *
order_step(struct order *o, size_t step, size_t *n, double *epoch)
{
	size_t first;

	if (step < o->before) {
		o->before = 0;
		go_to(o, 0);
	}
	while (step >= o->before + o->steps) {
		o->before += o->steps;
		go_to(o, o->epoch + 1);
	}
	step -= o->before;
	first = o->cut[step];
	*n = o->cut[step + 1] - first;
	*epoch = (double)o->epoch + (double)(first + *n) / (double)o->p->rows;
	return o->row + first;
}
