/* Pages of the key and value cache: holders, what is remembered, and which
 * page goes first. */
#include <stdio.h>

#include "gpu/pages.h"

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

int
main(void)
{
	struct pages *p = pages_new(3);
	struct hash128 a = { 1, 1 }, b = { 1, 2 }, c = { 2, 1 };
	int32_t x = pages_take(p), y = pages_take(p), z = pages_take(p);

	expect(x >= 0 && y >= 0 && z >= 0 && x != y && y != z && x != z,
	    "three pages");
	expect(pages_take(p) < 0 && pages_left(p) == 0, "no fourth");
	pages_remember(p, x, a);
	pages_remember(p, y, b);
	pages_hold(p, x);
	pages_drop(p, x);
	expect(pages_left(p) == 0, "still held");
	pages_drop(p, y);
	pages_drop(p, x);
	expect(pages_left(p) == 2, "two dropped");
	expect(pages_find(p, c) < 0, "never remembered");
	expect(pages_find(p, b) == y && pages_left(p) == 1, "found again");
	pages_drop(p, y);
	expect(pages_take(p) == x, "the longest unused goes");
	expect(pages_find(p, a) < 0, "and is forgotten");
	pages_drop(p, x);
	expect(pages_take(p) == x, "unknown pages go first");
	expect(pages_find(p, b) == y, "the known one stays");
	pages_drop(p, y);
	pages_forget(p);
	expect(pages_find(p, b) < 0 && pages_left(p) == 1, "all forgotten");
	pages_free(p);
	return bad;
}
