#include "libcore/hold.h"

#include <stdlib.h>

struct hold {
	struct hold *next;
	struct rec *r;
	void (*give)(void *);
	void *user;
	bool ready;
};

static struct hold *oldest, **newest = &oldest;
static size_t held;

struct hold *
hold_take(struct rec *r, void (*give)(void *), void *user)
{
	struct hold *h = need_zero(1, sizeof *h);

	h->r = r;
	h->give = give;
	h->user = user;
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
hold_ready(struct hold *h)
{
	h->ready = true;
	while (oldest && oldest->ready) {
		if (!oldest->r->bad)
			oldest->give(oldest->user);
		tool_done(oldest->r);
		drop_first();
	}
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
