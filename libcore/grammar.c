/* Schemas to the nodes that grammar_step.c walks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/grammar_in.h"

enum { ENDLESS = 1 << 20, NODES = 3 * SCHEMA_NODES };

struct make {
	struct grammar *g;
	const struct schema *s;
	struct err *e;
	uint16_t *of; /* of the schema's nodes, or G_NONE */
};

static bool
fault(struct make *m, const struct schema_node *n, const char *what)
{
	struct str at = m->s->at[n - m->s->node];

	return err_set(m->e, "schema: %.*s: %s", (int)(at.n < 200 ? at.n : 200),
	    at.s, what);
}

static uint16_t
add(struct grammar *g, struct g_node n)
{
	if (g->n == g->room) {
		g->room = g->room ? 2 * g->room : 16;
		g->node = need_grow(g->node, g->room, sizeof *g->node);
	}
	g->node[g->n] = n;
	return (uint16_t)g->n++;
}

static uint16_t
add_texts(struct grammar *g, size_t n, const char *const *text)
{
	struct g_node to = { .kind = G_LITERALS, .n = n };

	to.text = arena_take(&g->mem, n * sizeof *to.text);
	for (size_t i = 0; i < n; i++)
		to.text[i] = str_of(text[i]);
	return add(g, to);
}

/* The node for any value: 0 in every grammar. */
static void
add_any(struct grammar *g)
{
	static const char *const words[] = { "false", "null", "true" };
	uint16_t list[5], self = add(g, (struct g_node){ .kind = G_CHOICE });

	list[0] = add_texts(g, 3, words);
	list[1] = add(g, (struct g_node){ .kind = G_STRING, .max = SIZE_MAX });
	list[2] =
	    add(g, (struct g_node){
		       .kind = G_NUMBER, .low = -HUGE_VAL, .high = HUGE_VAL });
	list[3] = add(g,
	    (struct g_node){ .kind = G_ARRAY, .max = SIZE_MAX, .more = self });
	list[4] = add(g, (struct g_node){ .kind = G_OBJECT, .more = self });
	g->node[self].list = arena_take(&g->mem, sizeof list);
	memcpy(g->node[self].list, list, sizeof list);
	g->node[self].n = 5;
}

static int
text_order(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = n ? memcmp(x->s, y->s, n) : 0;

	return c ? c : (x->n > y->n) - (x->n < y->n);
}

/* enum and const: those of the values that the rest of the node allows. */
static bool
literals(struct make *m, const struct schema_node *n, struct g_node *to)
{
	const struct json *v = n->value;
	size_t k = 0;

	to->kind = G_LITERALS;
	to->text = arena_take(&m->g->mem, n->values * sizeof *to->text);
	for (size_t i = 0; i < n->values; i++) {
		struct str raw = json_raw(&m->s->doc, v);

		if (schema_check_node(m->s, n, &m->s->doc, v, NULL)) {
			if (raw.n >= UINT16_MAX || n->values >= UINT16_MAX)
				return fault(m, n, "a value is too long");
			to->text[k++] = raw;
		}
		if (i + 1 < n->values)
			v = json_next(v);
	}
	if (!k)
		return fault(m, n, "no value of enum or const fits");
	qsort(to->text, k, sizeof *to->text, text_order);
	to->n = 1;
	for (size_t i = 1; i < k; i++)
		if (text_order(to->text + to->n - 1, to->text + i))
			to->text[to->n++] = to->text[i];
	return true;
}

static bool node_of(struct make *, const struct schema_node *, uint16_t *);

static bool
number(
    struct make *m, const struct schema_node *n, bool whole, struct g_node *to)
{
	double most = whole ? 1e15 - 1 : 1e6, step = whole ? 1 : 1e6;
	double limit[2] = { n->min, n->max };

	if (n->multiple > 0 &&
	    !(whole && !(n->multiple < 1) && !(n->multiple > 1)))
		return fault(m, n, "'multipleOf' is not there yet for writing");
	*to = (struct g_node){ .kind = G_NUMBER,
		.whole = whole,
		.low = n->min,
		.high = n->max,
		.above = n->above,
		.below = n->below,
		.bounded = n->min > -HUGE_VAL || n->max < HUGE_VAL };
	if (whole) {
		to->low = ceil(n->min);
		to->high = floor(n->max);
		if (n->above && !(n->min < to->low))
			to->low++;
		if (n->below && !(n->max > to->high))
			to->high--;
		to->above = to->below = false;
	}
	for (int i = 0; i < 2; i++)
		if (isfinite(limit[i]) &&
		    (fabs(limit[i]) > most ||
			(!whole && fabs(limit[i] * step -
					round(limit[i] * step)) > 1e-3)))
			return fault(m, n,
			    "bounds that large or fine are not there yet for "
			    "writing");
	if (to->low > to->high ||
	    (!(to->low < to->high) && (to->above || to->below)))
		return fault(m, n, "no number is within the bounds");
	return true;
}

static bool
array(struct make *m, const struct schema_node *n, struct g_node *to)
{
	*to = (struct g_node){
		.kind = G_ARRAY, .min = n->min_items, .max = n->max_items
	};
	if (n->unique)
		return fault(
		    m, n, "'uniqueItems' is not there yet for writing");
	to->list = arena_take(&m->g->mem, (n->prefix.n + 1) * sizeof *to->list);
	for (; to->n < n->prefix.n; to->n++)
		if (!node_of(m, n->prefix.v[to->n], to->list + to->n))
			return false;
	if (n->items && n->items->never)
		to->more = G_NONE;
	else if (n->items && !node_of(m, n->items, &to->more))
		return false;
	if (to->more == G_NONE && to->max > to->n)
		to->max = to->n;
	if (to->min >= UINT16_MAX ||
	    (to->max >= UINT16_MAX && to->max < SIZE_MAX))
		return fault(m, n, "an array is too long");
	if (to->max > UINT16_MAX)
		to->max = UINT16_MAX;
	return to->min <= to->max || fault(m, n, "no array has so many items");
}

static bool
object(struct make *m, const struct schema_node *n, struct g_node *to)
{
	size_t required = 0;
	struct buf b = { 0 };

	*to = (struct g_node){ .kind = G_OBJECT };
	to->prop = arena_take(&m->g->mem, (n->props + 1) * sizeof *to->prop);
	for (size_t i = 0; i < n->props; i++) {
		const struct schema_prop *p = n->prop + i;
		struct g_prop *q = to->prop + to->props;

		required += p->required;
		if (p->node && p->node->never && !p->required)
			continue;
		buf_reset(&b);
		buf_json_str(&b, p->name);
		q->key.s = arena_text(&m->g->mem, b.s, b.n);
		q->key.n = b.n;
		q->required = p->required;
		to->props++;
		if (p->node && !node_of(m, p->node, &q->node)) {
			buf_done(&b);
			return false;
		}
	}
	buf_done(&b);
	if (n->min_props > required || n->max_props < to->props)
		return fault(m, n,
		    "'minProperties' and 'maxProperties' are not there yet for "
		    "writing");
	if (to->props || (n->more && n->more->never))
		to->more = G_NONE;
	else if (n->more)
		return node_of(m, n->more, &to->more);
	return true;
}

/* One type of a node. */
static bool
typed(struct make *m, const struct schema_node *n, unsigned type,
    struct g_node *to)
{
	static const char *const words[] = { "false", "true", "null" };
	struct grammar *g = m->g;

	switch (type) {
	case SCHEMA_STRING:
		if (n->pattern)
			return fault(
			    m, n, "'pattern' is not there yet for writing");
		*to = (struct g_node){ .kind = G_STRING,
			.min = n->min_length,
			.max = n->max_length };
		if (n->min_length >= UINT16_MAX ||
		    (n->max_length >= UINT16_MAX && n->max_length < SIZE_MAX))
			return fault(m, n, "a string is too long");
		return n->min_length <= n->max_length ||
		       fault(m, n, "no string is so long and so short");
	case SCHEMA_INTEGER:
	case SCHEMA_NUMBER:
		return number(m, n, type == SCHEMA_INTEGER, to);
	case SCHEMA_ARRAY:
		return array(m, n, to);
	case SCHEMA_OBJECT:
		return object(m, n, to);
	default:
		*to = (struct g_node){ .kind = G_LITERALS,
			.n = type == SCHEMA_NULL ? 1 : 2 };
		to->text = arena_take(&g->mem, 2 * sizeof *to->text);
		for (size_t i = 0; i < to->n; i++)
			to->text[i] =
			    str_of(words[type == SCHEMA_NULL ? 2 : i]);
		return true;
	}
}

/* Says the node nothing but by its combination (or its type)? */
static bool
says_nothing_else(const struct schema_node *n)
{
	return n->types == SCHEMA_ANY && !n->value && !n->props && !n->more &&
	       !n->prefix.n && !n->items && !n->min_props && !n->min_items &&
	       !n->min_length && n->max_props == SIZE_MAX &&
	       n->max_items == SIZE_MAX && n->max_length == SIZE_MAX &&
	       !n->unique && !(n->min > -HUGE_VAL) && !(n->max < HUGE_VAL) &&
	       !(n->multiple > 0) && !n->pattern && !n->no;
}

/* Can no value satisfy both? By type, or as listed values. */
static bool
apart(struct make *m, const struct schema_node *a, const struct schema_node *b)
{
	while (a->ref && says_nothing_else(a))
		a = a->ref;
	while (b->ref && says_nothing_else(b))
		b = b->ref;
	if (!(a->types & b->types))
		return true;
	if (a->value) {
		const struct json *v = a->value;

		for (size_t i = 0; i < a->values; i++) {
			if (schema_check_node(m->s, b, &m->s->doc, v, NULL))
				return false;
			if (i + 1 < a->values)
				v = json_next(v);
		}
		return true;
	}
	return b->value && apart(m, b, a);
}

static bool
choice(struct make *m, const struct schema_node *n, const struct schema_list *l,
    struct g_node *to)
{
	*to = (struct g_node){ .kind = G_CHOICE };
	if (l->n > GRAMMAR_WAYS / 2)
		return fault(m, n, "too many alternatives");
	to->list = arena_take(&m->g->mem, l->n * sizeof *to->list);
	for (size_t i = 0; i < l->n; i++) {
		for (size_t k = 0; l == &n->one && k < i; k++)
			if (!apart(m, l->v[i], l->v[k]))
				return fault(m, n,
				    "'oneOf' whose schemas are not apart is "
				    "not there yet for writing");
		if (l->v[i]->never)
			continue;
		if (!node_of(m, l->v[i], to->list + to->n++))
			return false;
	}
	return to->n || fault(m, n, "no alternative is left");
}

static bool
by_types(struct make *m, const struct schema_node *n, struct g_node *to)
{
	unsigned types = n->types;
	uint16_t list[8];
	size_t k = 0;

	if (types & SCHEMA_NUMBER)
		types &= ~(unsigned)SCHEMA_INTEGER;
	if (!(types & (types - 1)))
		return typed(m, n, types, to);
	for (unsigned type = 1; type <= types; type <<= 1) {
		struct g_node one;

		if (!(types & type))
			continue;
		if (!typed(m, n, type, &one))
			return false;
		list[k++] = add(m->g, one);
	}
	*to = (struct g_node){ .kind = G_CHOICE, .n = k };
	to->list = arena_take(&m->g->mem, k * sizeof *to->list);
	memcpy(to->list, list, k * sizeof *list);
	return true;
}

static bool
fill(struct make *m, const struct schema_node *n, struct g_node *to)
{
	const struct schema_list ref = {
		(const struct schema_node **)(uintptr_t)&n->ref, n->ref != NULL
	};
	const struct schema_list *lists[] = { &n->any, &n->one, &n->all, &ref },
				 *only = NULL;

	if (n->never)
		return fault(m, n, "nothing may be there");
	if (n->no)
		return fault(m, n, "'not' is not there yet for writing");
	if (n->value)
		return literals(m, n, to);
	for (int i = 0; i < 4; i++) {
		if (!lists[i]->n)
			continue;
		if (only || !says_nothing_else(n) ||
		    (lists[i] == &n->all && n->all.n > 1))
			return fault(m, n,
			    "anyOf, oneOf, allOf or $ref beside other keywords "
			    "is not there yet for writing");
		only = lists[i];
	}
	if (only)
		return choice(m, n, only, to);
	return by_types(m, n, to);
}

static bool
node_of(struct make *m, const struct schema_node *n, uint16_t *to)
{
	uint16_t *of = m->of + (n - m->s->node);
	struct g_node node;

	if (says_nothing_else(n) && !n->any.n && !n->one.n && !n->all.n &&
	    !n->ref && !n->never) {
		*to = 0;
		return true;
	}
	if (*of == G_NONE) {
		if (m->g->n >= NODES)
			return fault(m, n, "too large");
		*of = add(m->g, (struct g_node){ 0 });
		if (!fill(m, n, &node))
			return false;
		m->g->node[*of] = node;
	}
	*to = *of;
	return true;
}

static unsigned
height(const struct grammar *g, const struct g_node *n)
{
	unsigned most = 0, least = ENDLESS;

	switch (n->kind) {
	case G_LITERALS:
	case G_STRING:
	case G_NUMBER:
		return 1;
	case G_ARRAY:
		for (size_t i = 0; i < n->min && i <= n->n; i++) {
			unsigned h =
			    g->node[i < n->n ? n->list[i] : n->more].height;

			most = h > most ? h : most;
		}
		return most < ENDLESS ? 1 + most : ENDLESS;
	case G_OBJECT:
		for (size_t i = 0; i < n->props; i++) {
			unsigned h = g->node[n->prop[i].node].height;

			if (n->prop[i].required && h > most)
				most = h;
		}
		return most < ENDLESS ? 1 + most : ENDLESS;
	case G_CHOICE:
		for (size_t i = 0; i < n->n; i++)
			if (g->node[n->list[i]].height < least)
				least = g->node[n->list[i]].height;
	}
	return least;
}

/* The least heights, from below, until none changes. */
static void
heights(struct grammar *g)
{
	bool more = true;

	for (size_t i = 0; i < g->n; i++)
		g->node[i].height = ENDLESS;
	while (more) {
		more = false;
		for (size_t i = 0; i < g->n; i++) {
			unsigned h = height(g, g->node + i);

			more |= h < g->node[i].height;
			g->node[i].height = h;
		}
	}
}

struct grammar *
grammar_new(const struct schema *s, struct err *e)
{
	struct make m = { need_zero(1, sizeof *m.g), s, e,
		need_alloc((s->n + 1) * sizeof *m.of) };
	bool ok;

	for (size_t i = 0; i < s->n; i++)
		m.of[i] = G_NONE;
	add_any(m.g);
	ok = node_of(&m, s->root, &m.g->root);
	if (ok) {
		heights(m.g);
		if (m.g->node[m.g->root].height > GRAMMAR_DEPTH)
			ok = fault(&m, s->root, "no value is shallow enough");
	}
	free(m.of);
	if (ok)
		return m.g;
	grammar_free(m.g);
	return NULL;
}

struct grammar *
grammar_json(void)
{
	struct grammar *g = need_zero(1, sizeof *g);

	add_any(g);
	g->root = add(g, (struct g_node){ .kind = G_OBJECT, .more = 0 });
	heights(g);
	return g;
}

void
grammar_free(struct grammar *g)
{
	if (!g)
		return;
	free(g->node);
	arena_done(&g->mem);
	free(g);
}
