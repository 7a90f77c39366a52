#include "libcore/hold.h"

#include <stdlib.h>

struct hold {
	struct hold *next;
	struct rec *r; /* NULL: through */
};

static struct hold *oldest, **newest = &oldest;
static size_t held;

struct hold *
hold_take(struct rec *r)
{
	struct hold *h = need_zero(1, sizeof *h);

	h->r = r;
	*newest = h;
	newest = &h->next;
	held++;
	return h;
}

static void
drop_first(void)
{
	struct hold *h = oldest;

	oldest = h->next;
	if (!oldest)
		newest = &oldest;
	held--;
	free(h);
}

void
hold_done(struct hold *h)
{
	tool_done(h->r);
	h->r = NULL;
	while (oldest && !oldest->r)
		drop_first();
}

bool
hold_full(void)
{
	return held >= HOLD_MOST;
}

void
hold_free(void)
{
	while (oldest)
		drop_first();
}
