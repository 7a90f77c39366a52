/* Every sample leaves once, no row is too long, rows are full, and the rows
 * do not depend on anything but the samples. */
#include "libcore/bins.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcore/hash.h"

enum { N = 5000, LENGTH = 1024 };

static int bad;
static size_t size[N], left[N], rows, order;

static void
row(void *to, void *const *sample, size_t n, size_t tokens)
{
	size_t sum = 0, last = 0;

	(void)to;
	for (size_t i = 0; i < n; i++) {
		size_t k = (size_t)((size_t *)sample[i] - size);

		sum += size[k];
		bad |= left[k]++ != 0 || (i && k < last);
		last = k;
		order = order * 31 + k;
	}
	bad |= sum != tokens || sum > LENGTH || !n;
	rows++;
}

static void
pack(size_t window)
{
	struct bins *b = bins_new(LENGTH, window, row, NULL);
	size_t all = 0;

	rows = order = 0;
	for (size_t i = 0; i < N; i++) {
		left[i] = 0;
		size[i] = 1 + rng_below(i % 7 ? 400 : LENGTH, 1, 2, i);
		all += size[i];
		bins_add(b, &size[i], size[i]);
	}
	bins_end(b);
	bins_free(b);
	for (size_t i = 0; i < N; i++)
		bad |= left[i] != 1;
	printf("window %zu: %zu rows, %.3f full\n", window, rows,
	    (double)all / (double)(rows * LENGTH));
	/* Fig. 2 of the report: 98 % useful tokens */
	bad |= window >= 512 && all * 100 < rows * LENGTH * 98;
}

int
main(void)
{
	size_t first;

	pack(1);
	bad |= rows != N;
	pack(512);
	first = order;
	pack(512);
	bad |= order != first;
	pack(4096);
	return bad;
}
