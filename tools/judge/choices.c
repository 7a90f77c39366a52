#include "tools/judge/choices.h"

#include <stdlib.h>
#include <string.h>

#include "gpu/cpu/fun.h"

static struct str
piece(const struct tok *tok, int32_t id)
{
	struct str s = tok_piece(tok, id);

	while (s.n && (s.s[0] == ' ' || s.s[0] == '\n')) {
		s.s++;
		s.n--;
	}
	return s;
}

/* The value that a token says; false if it is none of the choices. */
static bool
value_of(const struct rubric *r, struct str s, int *value)
{
	int64_t n;

	if (r->kind == RUBRIC_PAIR) {
		*value = str_eq(s, "A");
		return str_eq(s, "A") || str_eq(s, "B");
	}
	if (!s.n || s.n > 3 || s.s[0] < '0' || s.s[0] > '9' ||
	    (s.n > 1 && s.s[0] == '0') || !num_parse_int(s, &n) || n < r->low ||
	    n > r->high)
		return false;
	*value = (int)n;
	return true;
}

/* Every choice has a token. */
static void
check(const struct choices *c)
{
	const struct rubric *r = c->rubric;
	bool pair = r->kind == RUBRIC_PAIR;
	int low = pair ? 0 : r->low, high = pair ? 1 : r->high;

	for (int v = low; v <= high; v++) {
		size_t i = 0;

		while (i < c->n && c->value[i] != v)
			i++;
		if (i < c->n)
			continue;
		if (pair)
			die("model '%s' has no token for the letter %c",
			    c->seat->name, v ? 'A' : 'B');
		die("model '%s' has no token for the number %d, which rubric "
		    "'%s' wants",
		    c->seat->name, v, r->name);
	}
}

struct choices *
choices_new(const struct seat *seat, const struct rubric *r)
{
	const struct tok *tok = seat->a->tok;
	int32_t all = tok_size(tok);
	struct choices *c = need_zero(1, sizeof *c);

	c->rubric = r;
	c->seat = seat;
	c->id = need_zero((size_t)all, sizeof *c->id);
	c->value = need_zero((size_t)all, sizeof *c->value);
	for (int32_t id = 0; id < all; id++) {
		if (tok_special(tok, id) ||
		    !value_of(r, piece(tok, id), c->value + c->n))
			continue;
		c->id[c->n++] = id;
	}
	check(c);
	return c;
}

void
choices_free(struct choices *c)
{
	if (!c)
		return;
	free(c->id);
	free(c->value);
	free(c);
}

double
choices_expect(const struct choices *c, const float *logp, double *mass)
{
	double sum = 0, all = 0, top = (double)logp[0];

	for (size_t i = 0; i < c->n; i++)
		if ((double)logp[i] > top)
			top = (double)logp[i];
	for (size_t i = 0; i < c->n; i++) {
		double p = fun_exp64((double)logp[i] - top);

		sum += p * c->value[i];
		all += p;
	}
	*mass = all * fun_exp64(top);
	return sum / all;
}
