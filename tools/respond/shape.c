#include "tools/respond/shape.h"

#include <assert.h>
#include <stdlib.h>

static struct shape {
	struct shape *next;
	struct asker *a;
	struct held *held;
	bool object; /* any */
	size_t uses;
} * shapes; /* the last taken first */

static bool
is(const struct shape *s, const struct asker *a, struct str schema)
{
	if (s->a != a || s->object != !schema.s)
		return false;
	return s->object ||
	       str_same(
		   (struct str){ s->held->text.s, s->held->text.n }, schema);
}

/* Off the list if it is there. */
static struct shape *
find(const struct asker *a, struct str schema)
{
	for (struct shape **at = &shapes, *s; (s = *at); at = &s->next)
		if (is(s, a, schema)) {
			*at = s->next;
			return s;
		}
	return NULL;
}

/* No more than so many, but those in use. */
static void
trim(size_t most)
{
	size_t n = 0;

	for (struct shape **at = &shapes, *s; (s = *at);) {
		if (s->uses || n < most) {
			n++;
			at = &s->next;
			continue;
		}
		*at = s->next;
		held_free(s->held);
		free(s);
	}
}

const struct held *
shape_take(struct asker *a, struct str schema, struct err *e)
{
	struct shape *s = find(a, schema);

	if (!s) {
		struct held *h = held_new(a, schema, e);

		if (!h)
			return NULL;
		s = need_zero(1, sizeof *s);
		*s = (struct shape){ .a = a, .held = h, .object = !schema.s };
	}
	s->uses++;
	s->next = shapes;
	shapes = s;
	trim(SHAPES);
	return s->held;
}

void
shape_drop(const struct held *h)
{
	struct shape *s = shapes;

	if (!h)
		return;
	while (s && s->held != h)
		s = s->next;
	assert(s && s->uses);
	s->uses--;
	trim(SHAPES);
}

void
shape_done(void)
{
	trim(0);
}
