/* bf16 in 12 bits: every number comes back, of all 65,536 kinds; a matrix of
 * too many kinds stays as it is. */
#include "gpu/cpu/twelve.h"

#include <stdio.h>
#include <stdlib.h>

#include "gpu/cpu/fun.h"
#include "libcore/die.h"

enum { ROWS = 100, COLS = 700 };
static int bad;

/* Number i; `odd` in a thousand are of any kind. */
static uint16_t
number(size_t i, size_t odd)
{
	uint32_t x = (uint32_t)i * 2654435761u;

	x ^= x >> 15;
	x *= 2246822519u;
	x ^= x >> 13;
	if (x % 1000 < odd)
		return (uint16_t)(x >> 16);
	return (uint16_t)((x >> 16 & 0x80ff) | 0x3c00 | (x >> 8 & 7) << 7);
}

static void
one(size_t odd, bool packs)
{
	struct dev_conf conf = { .threads = 1, .kernel = "plain" };
	struct err e;
	struct dev *d = cpu_ops.open(&conf, &e);
	float *x = need_alloc(sizeof *x * ROWS * COLS);
	struct mat *w;

	if (!d)
		die("%s", e.why);
	w = cpu_ops.mat_new(d, ROWS, COLS, MAT_X | MAT_BF16);
	for (size_t i = 0; i < ROWS * COLS; i++)
		x[i] = fun_unbf16(number(i, odd));
	cpu_ops.mat_put(d, &(struct op_mat_put){ w, 0, ROWS, x });
	cpu_ops.mat_pack(d, &(struct op_mat_pack){ w });
	if (packs != ((w->use & MAT_BF12) != 0)) {
		printf("odd %zu: %s\n", odd, packs ? "not packed" : "packed");
		bad++;
	}
	for (size_t i = 0; packs && i < ROWS * COLS; i++) {
		uint16_t got = twelve_one(w, i / COLS, i % COLS);

		if (got != fun_bf16(x[i]) && bad++ < 5)
			printf("odd %zu, number %zu: %04x is %04x\n", odd, i,
			    fun_bf16(x[i]), got);
	}
	cpu_ops.mat_free(d, w);
	cpu_ops.close(d);
	free(x);
}

int
main(void)
{
	one(0, true);
	one(4, true);
	one(1000, false);
	return bad > 0;
}
