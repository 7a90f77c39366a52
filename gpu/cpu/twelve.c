/* Weights of bf16 in 12 bits. */
#include "gpu/cpu/twelve.h"

#include <stdlib.h>
#include <string.h>

#include "libcore/die.h"

enum {
	EXPONENTS = 256,
	NAMES = 16,
	WAVE = 64, /* panels that are packed beside their places, then moved */
};

struct pack {
	struct mat *w;
	uint8_t *to;  /* of this wave */
	size_t first; /* its first panel */
};

static unsigned
exponent(uint16_t x)
{
	return x >> 7 & 0xff;
}

static const uint16_t *
numbers(const struct mat *w, size_t p)
{
	return (const uint16_t *)w->x + p * w->cols * PANEL;
}

/* The commonest exponents of a panel get names, in the order of `table`; how
 * many numbers have another one. */
static size_t
choose(const uint16_t *x, size_t n, uint8_t *table)
{
	uint32_t count[4][EXPONENTS] = { 0 };
	size_t odd = n;

	for (size_t i = 0; i < n; i += 4) /* panels are 32 wide */
		for (size_t j = 0; j < 4; j++)
			count[j][exponent(x[i + j])]++;
	for (size_t e = 0; e < EXPONENTS; e++)
		count[0][e] += count[1][e] + count[2][e] + count[3][e];
	for (uint8_t a = 0; a < NAMES; a++) {
		size_t most = 0;

		for (size_t e = 1; e < EXPONENTS; e++)
			if (count[0][e] > count[0][most])
				most = e;
		odd -= count[0][most];
		count[0][most] = 0;
		table[a] = (uint8_t)(most >> 1);
		table[NAMES + a] = (uint8_t)(most << 7);
	}
	return odd;
}

static void
choose_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct pack *a = arg;

	(void)d, (void)thread;
	for (size_t p = from; p < to; p++)
		a->w->odd_from[p + 1] = choose(numbers(a->w, p),
		    a->w->cols * PANEL, a->w->twelve + p * TWELVE_TABLE);
}

/* A row of a panel. Returns where the next odd number goes. */
static struct odd *
pack_row(const uint16_t *x, const uint8_t *name, uint8_t *to, struct odd *odd,
    size_t k)
{
	uint8_t names[PANEL];

	for (size_t c = 0; c < PANEL; c++) {
		size_t at = twelve_place(c);
		uint8_t a = name[exponent(x[c])];

		to[at] = (uint8_t)((x[c] & 0x7f) | (x[c] >> 8 & 0x80));
		names[at] = a % NAMES;
		if (a == NAMES)
			*odd++ = (struct odd){ (uint32_t)k, (uint16_t)c, x[c] };
	}
	for (size_t i = 0; i < PANEL / 2; i++)
		to[PANEL + i] = (uint8_t)(names[i] | names[i + PANEL / 2] << 4);
	return odd;
}

static void
pack_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct pack *a = arg;
	const struct mat *w = a->w;
	uint8_t name[EXPONENTS];

	(void)d, (void)thread;
	for (size_t i = from; i < to; i++) {
		size_t p = a->first + i;
		const uint8_t *table = w->twelve + p * TWELVE_TABLE;
		struct odd *odd = w->odd + w->odd_from[p];

		memset(name, NAMES, sizeof name);
		for (size_t j = NAMES; j-- > 0;)
			name[table[j] << 1 | table[NAMES + j] >> 7] =
			    (uint8_t)j;
		for (size_t k = 0; k < w->cols; k++)
			odd = pack_row(numbers(w, p) + k * PANEL, name,
			    a->to + (i * w->cols + k) * TWELVE, odd, k);
	}
}

/* Packed panels end before those begin that are not packed yet. */
static void
pack_all(struct dev *d, struct mat *w, size_t panels)
{
	size_t bytes = w->cols * TWELVE;
	struct pack a = { w, cpu_take(WAVE * bytes), 0 };

	for (; a.first < panels; a.first += WAVE) {
		size_t n = panels - a.first < WAVE ? panels - a.first : WAVE;

		cpu_spread(d, n, 1, pack_part, &a);
		memcpy((char *)w->x + a.first * bytes, a.to, n * bytes);
	}
	cpu_give(a.to);
	cpu_trim(
	    w->x, panels * w->cols * PANEL * sizeof(uint16_t), panels * bytes);
	w->use = (w->use & ~MAT_BF16) | MAT_BF12;
}

void
twelve_pack(struct dev *d, struct mat *w)
{
	size_t panels = round_up(w->rows, PANEL) / PANEL;
	bool fits = true;

	assert(w->use & MAT_BF16 && w->cols <= UINT32_MAX);
	w->twelve = need_zero(panels, TWELVE_TABLE);
	w->odd_from = need_zero(panels + 1, sizeof *w->odd_from);
	cpu_spread(d, panels, 1, choose_part, &(struct pack){ .w = w });
	for (size_t p = 0; p < panels; p++) {
		fits &= w->odd_from[p + 1] <= w->cols / TWELVE_ODD + PANEL;
		w->odd_from[p + 1] += w->odd_from[p];
	}
	if (fits) {
		w->odd = need_alloc((w->odd_from[panels] + 1) * sizeof *w->odd);
		pack_all(d, w, panels);
	}
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
