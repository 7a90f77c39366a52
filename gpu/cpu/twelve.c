/* Weights of bf16 in 12 bits. */
#include "gpu/cpu/twelve.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/die.h"

enum { EXPONENTS = 256, NAMES = 16 };

struct pack {
	const struct mat *from;
	uint8_t *to, *table;
	struct odd *odd; /* [panels][odd_most] */
	uint32_t *odds;  /* [panels] */
	size_t odd_most;
	atomic_bool too_many;
};

static unsigned
exponent(uint16_t x)
{
	return x >> 7 & 0xff;
}

/* The commonest exponents get names; the others NAMES. */
static void
name_exponents(
    const uint16_t *x, size_t n, uint8_t name[EXPONENTS], uint8_t *table)
{
	uint32_t count[4][EXPONENTS] = { 0 };
	size_t i;

	for (i = 0; i + 4 <= n; i += 4)
		for (size_t j = 0; j < 4; j++)
			count[j][exponent(x[i + j])]++;
	for (size_t e = 0; e < EXPONENTS; e++)
		count[0][e] += count[1][e] + count[2][e] + count[3][e];
	memset(name, NAMES, EXPONENTS);
	for (uint8_t a = 0; a < NAMES; a++) {
		size_t most = 0;

		for (size_t e = 1; e < EXPONENTS; e++)
			if (count[0][e] > count[0][most])
				most = e;
		if (!count[0][most])
			break;
		count[0][most] = 0;
		name[most] = a;
		table[a] = (uint8_t)(most >> 1);
		table[NAMES + a] = (uint8_t)(most << 7);
	}
}

/* A row of a panel; how many of it are odd. */
static size_t
pack_row(const uint16_t *x, const uint8_t *name, uint8_t *to, struct odd *odd,
    size_t most, size_t k)
{
	uint8_t names[PANEL];
	size_t odds = 0;

	for (size_t c = 0; c < PANEL; c++) {
		size_t at = twelve_place(c);
		uint8_t a = name[exponent(x[c])];

		to[at] = (uint8_t)((x[c] & 0x7f) | (x[c] >> 8 & 0x80));
		names[at] = a % NAMES;
		if (a < NAMES)
			continue;
		if (odds < most)
			odd[odds] =
			    (struct odd){ (uint32_t)k, (uint16_t)c, x[c] };
		odds++;
	}
	for (size_t i = 0; i < PANEL / 2; i++)
		to[PANEL + i] = (uint8_t)(names[i] | names[i + PANEL / 2] << 4);
	return odds;
}

static void
pack_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	struct pack *a = *(struct pack *const *)arg;
	size_t cols = a->from->cols, most = a->odd_most;
	uint8_t name[EXPONENTS];

	(void)d, (void)thread;
	for (size_t p = from; p < to && !a->too_many; p++) {
		const uint16_t *x =
		    (const uint16_t *)a->from->x + p * cols * PANEL;
		size_t n = 0;

		name_exponents(
		    x, cols * PANEL, name, a->table + p * TWELVE_TABLE);
		for (size_t k = 0; k < cols && n <= most; k++)
			n += pack_row(x + k * PANEL, name,
			    a->to + (p * cols + k) * TWELVE,
			    a->odd + p * most + n, most - n, k);
		if (n > most)
			a->too_many = true;
		a->odds[p] = (uint32_t)n;
	}
}

/* The lists of all panels one after the other. */
static void
gather_odd(struct mat *w, const struct pack *a, size_t panels)
{
	size_t n = 0;

	for (size_t p = 0; p < panels; p++)
		n += a->odds[p];
	w->odd = need_alloc((n + 1) * sizeof *w->odd);
	w->odd_from = need_alloc((panels + 1) * sizeof *w->odd_from);
	n = 0;
	for (size_t p = 0; p < panels; p++) {
		w->odd_from[p] = n;
		memcpy(w->odd + n, a->odd + p * a->odd_most,
		    a->odds[p] * sizeof *w->odd);
		n += a->odds[p];
	}
	w->odd_from[panels] = n;
}

void
twelve_pack(struct dev *d, struct mat *w)
{
	size_t panels = round_up(w->rows, PANEL) / PANEL;
	struct pack a = { .from = w, .odd_most = w->cols / TWELVE_ODD + PANEL },
		    *at = &a;

	assert(w->use & MAT_BF16 && w->cols <= UINT32_MAX);
	a.to = cpu_take(panels * w->cols * TWELVE);
	a.table = need_zero(panels, TWELVE_TABLE);
	a.odd = need_alloc(panels * a.odd_most * sizeof *a.odd);
	a.odds = need_zero(panels, sizeof *a.odds);
	cpu_spread(d, panels, 1, pack_part, &at);
	if (a.too_many) {
		cpu_give(a.to);
		free(a.table);
	} else {
		cpu_give(w->x);
		w->x = a.to;
		w->twelve = a.table;
		w->use = (w->use & ~MAT_BF16) | MAT_BF12;
		gather_odd(w, &a, panels);
	}
	free(a.odd);
	free(a.odds);
}

uint16_t
twelve_one(const struct mat *w, size_t row, size_t k)
{
	size_t p = row / PANEL, c = row % PANEL, at = twelve_place(c);
	const uint8_t *x = twelve_row(w, p, k);
	const uint8_t *table = w->twelve + p * TWELVE_TABLE;
	unsigned a = x[PANEL + at % 16] >> (at < 16 ? 0 : 4) & 15;

	for (size_t i = w->odd_from[p]; i < w->odd_from[p + 1]; i++)
		if (w->odd[i].k == k && w->odd[i].c == c)
			return w->odd[i].number;
	return (uint16_t)((x[at] & 0x7f) | table[NAMES + a] |
			  (x[at] & 0x80) << 8 | table[a] << 8);
}
