#include "libcore/bins.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/die.h"

struct item {
	void *sample;
	size_t n, no, bin;
};

struct bin {
	size_t used, no;
};

struct bins {
	size_t length, window, next;
	bins_row *row;
	void *to;
	struct item *item;
	size_t items;
	struct bin *bin;
	size_t bins;
	void **part; /* scratch: a row's samples */
};

struct bins *
bins_new(size_t length, size_t window, bins_row *row, void *to)
{
	struct bins *b = need_zero(1, sizeof *b);

	b->length = length;
	b->window = window ? window : 1;
	b->row = row;
	b->to = to;
	b->item = need_zero(b->window, sizeof *b->item);
	b->bin = need_zero(b->window, sizeof *b->bin);
	b->part = need_zero(b->window, sizeof *b->part);
	return b;
}

void
bins_free(struct bins *b)
{
	if (!b)
		return;
	free(b->item);
	free(b->bin);
	free(b->part);
	free(b);
}

static int
longest_first(const void *pa, const void *pb)
{
	const struct item *a = pa, *b = pb;

	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	return a->no < b->no ? -1 : a->no > b->no;
}

static int
by_number(const void *pa, const void *pb)
{
	const struct item *a = pa, *b = pb;

	return a->no < b->no ? -1 : a->no > b->no;
}

static int
fullest_first(const void *pa, const void *pb)
{
	const struct bin *a = pa, *b = pb;

	if (a->used != b->used)
		return a->used < b->used ? 1 : -1;
	return a->no < b->no ? -1 : a->no > b->no;
}

static void
fill(struct bins *b)
{
	qsort(b->item, b->items, sizeof *b->item, longest_first);
	b->bins = 0;
	for (size_t i = 0; i < b->items; i++) {
		struct item *it = &b->item[i];
		size_t best = b->bins;

		for (size_t k = 0; k < b->bins; k++)
			if (b->bin[k].used + it->n <= b->length &&
			    (best == b->bins ||
				b->bin[k].used > b->bin[best].used))
				best = k;
		if (best == b->bins)
			b->bin[b->bins++] = (struct bin){ 0, best };
		b->bin[best].used += it->n;
		it->bin = best;
	}
}

/* Hand out the samples of one row and mark them as gone. */
static void
leave(struct bins *b, const struct bin *bin)
{
	size_t n = 0;

	for (size_t i = 0; i < b->items; i++)
		if (b->item[i].sample && b->item[i].bin == bin->no) {
			b->part[n++] = b->item[i].sample;
			b->item[i].sample = NULL;
		}
	b->row(b->to, b->part, n, bin->used);
}

static void
flush(struct bins *b, bool all)
{
	size_t kept = 0, rows;

	fill(b);
	qsort(b->item, b->items, sizeof *b->item, by_number);
	qsort(b->bin, b->bins, sizeof *b->bin, fullest_first);
	rows = all ? b->bins : (b->bins + 1) / 2;
	for (size_t i = 0; i < rows; i++)
		leave(b, &b->bin[i]);
	for (size_t i = 0; i < b->items; i++)
		if (b->item[i].sample)
			b->item[kept++] = b->item[i];
	b->items = kept;
}

void
bins_add(struct bins *b, void *sample, size_t n)
{
	assert(n && n <= b->length && sample);
	b->item[b->items++] = (struct item){ sample, n, b->next++, 0 };
	if (b->items == b->window)
		flush(b, false);
}

void
bins_end(struct bins *b)
{
	if (b->items)
		flush(b, true);
}
