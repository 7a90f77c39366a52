/*
 * tensors MODEL        names, types and shapes of a model's tensors
 * tensors MODEL NAME   the tensor as raw float32
 * For tests and for looking; it is not installed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gpu/weights.h"

static void
list(const struct weights *w)
{
	for (size_t i = 0; i < weights_count(w); i++) {
		const struct weight *x = weights_at(w, i);

		printf("%s\t%s\t%zu\t%zu\n", x->name.s, x->dtype, x->rows,
		    x->cols);
	}
}

static void
dump(const struct weights *w, const char *name)
{
	const struct weight *x = weights_find(w, name);
	float *row;

	if (!x || !x->real)
		die("no tensor '%s' that can be read", name);
	row = need_alloc(x->cols * sizeof *row);
	for (size_t i = 0; i < x->rows; i++) {
		weights_read(w, x, i, 1, row);
		fwrite(row, sizeof *row, x->cols, stdout);
	}
	free(row);
}

int
main(int argc, char **argv)
{
	struct weights *w;
	struct hub *h;
	struct err e;

	die_name = "tensors";
	if (argc < 2)
		die("usage: tensors MODEL [NAME]");
	h = hub_open(argv[1], &e);
	w = h ? weights_open(h, &e) : NULL;
	if (!w)
		die("%s", e.why);
	if (argc > 2)
		dump(w, argv[2]);
	else
		list(w);
	weights_close(w);
	hub_close(h);
	return fflush(stdout) ? 1 : 0;
}
