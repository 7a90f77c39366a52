/* record sample: some of the records, drawn by their place and the seed. */
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "tools/record/record.h"

static long number;
static double rate;

static const struct opt opts[] = {
	{ 'n', "number", "N", "draw N records", .num = &number, .min = 0,
	    .max = 1e9 },
	{ 'r', "rate", "P", "keep each record with this probability",
	    .real = &rate, .min = 0, .max = 1 },
	{ 0 },
};

/* The records with the smallest random numbers: a heap, largest first. */
struct drawn {
	double x;
	unsigned long at; /* its place among all records, from 0 */
	char *line;
	size_t len;
};

static struct drawn *heap;
static size_t n;
static unsigned long at;

static bool
above(const struct drawn *a, const struct drawn *b)
{
	return a->x != b->x ? a->x > b->x : a->at > b->at;
}

static void
swap(size_t i, size_t j)
{
	struct drawn t = heap[i];

	heap[i] = heap[j];
	heap[j] = t;
}

static void
sink(void)
{
	for (size_t i = 0, c; (c = 2 * i + 1) < n; i = c) {
		if (c + 1 < n && above(&heap[c + 1], &heap[c]))
			c++;
		if (!above(&heap[c], &heap[i]))
			return;
		swap(i, c);
	}
}

static void
rise(void)
{
	for (size_t i = n - 1; i && above(&heap[i], &heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static struct drawn
copy(const struct rec *r, double x)
{
	struct drawn d = { x, at, need_alloc(r->len + 1), r->len };

	memcpy(d.line, r->line, r->len);
	return d;
}

static void
start(void)
{
	if (opt_given(&number) == opt_given(&rate)) {
		warn("one of --number and --rate is needed");
		opt_usage();
	}
	if (opt_given(&number))
		heap = need_zero((size_t)number, sizeof *heap);
}

static int
each(struct rec *r)
{
	double x = rng_unit((uint64_t)tool_seed, 0, at);

	if (!heap) {
		if (x < rate)
			rec_emit(r, 0);
	} else if (n < (size_t)number) {
		heap[n++] = copy(r, x);
		rise();
	} else if (n && x < heap[0].x) {
		free(heap[0].line);
		heap[0] = copy(r, x);
		sink();
	}
	at++;
	return 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct drawn *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void
end(void)
{
	if (n)
		qsort(heap, n, sizeof *heap, by_place);
	for (size_t i = 0; i < n; i++) {
		if (!tool_status())
			tool_line(0, (struct str){ heap[i].line, heap[i].len });
		free(heap[i].line);
	}
	free(heap);
}

const struct tool record_sample = {
	.name = "record sample",
	.operands = "-n N | -r P [file ...]",
	.does = "draw records at random, in their order",
	.opts = opts,
	.start = start,
	.each = each,
	.end = end,
};
