/* The memory of a run, texts that grow and know their origin, and values made
 * from nothing, from JSON and from one another. */
#include <stdio.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/jinja_in.h"

void
fail(struct rt *r, const char *fmt, ...)
{
	char why[420];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	err_set(r->e, "line %u: %s", r->line, why);
	longjmp(r->stop, 1);
}

void
charge(struct rt *r, size_t steps)
{
	r->steps += steps;
	if (r->steps > r->limit)
		fail(r, "the template runs too long (%llu steps)",
		    (unsigned long long)r->limit);
}

void *
take(struct rt *r, size_t n)
{
	charge(r, 1 + n / 64);
	if (n > r->most || r->taken > r->most - n)
		fail(r, "the template needs too much memory (%zu MiB)",
		    r->most >> 20);
	r->taken += n;
	return arena_take(&r->mem, n);
}

/* Room for a text, with a byte of origin for each of its bytes. */
static char *
text_room(struct rt *r, size_t n)
{
	struct texts *t = &r->texts;
	struct text_block *b = t->block + t->blocks;

	if (!t->on)
		return take(r, n);
	if (!t->blocks || b[-1].room - b[-1].used < n) {
		size_t room = t->blocks ? 2 * b[-1].room : 1 << 16;

		if (t->blocks == sizeof t->block / sizeof *t->block)
			fail(r, "the template makes too many texts");
		b->room = room < n ? n : room;
		b->used = 0;
		b->s = take(r, 2 * b->room);
		t->blocks++;
		b++;
	}
	b[-1].used += n;
	return b[-1].s + b[-1].used - n;
}

/* The bytes of origin of a text made here; NULL if it was not. */
static char *
made_here(const struct rt *r, const char *s)
{
	uintptr_t at = (uintptr_t)s;

	for (size_t i = r->texts.blocks; i-- > 0;) {
		const struct text_block *b = r->texts.block + i;

		if (at >= (uintptr_t)b->s && at < (uintptr_t)(b->s + b->room))
			return b->s + (s - b->s) + b->room;
	}
	return NULL;
}

const char *
text_origin(const struct rt *r, const char *s, bool *all)
{
	const struct texts *t = &r->texts;
	uintptr_t at = (uintptr_t)s;

	*all = false;
	for (size_t i = 0; i < t->given; i++)
		if (at >= (uintptr_t)t->from[i] && at < (uintptr_t)t->to[i])
			*all = true;
	return *all ? NULL : made_here(r, s);
}

/* n bytes of to get the origin of those of from. */
static void
text_copied(struct rt *r, const char *to, const char *from, size_t n)
{
	const char *origin;
	bool all;

	if (!r->texts.on || !n)
		return;
	origin = text_origin(r, from, &all);
	if (origin)
		memcpy(made_here(r, to), origin, n);
	else
		memset(made_here(r, to), all, n);
}

void
sb_put(struct rt *r, struct sb *b, struct str s)
{
	size_t room = b->room ? b->room : 32;
	char *more;

	if (!s.n)
		return;
	if (b->room - b->n < s.n) {
		while (room - b->n < s.n)
			room *= 2;
		more = text_room(r, room);
		if (b->n)
			memcpy(more, b->s, b->n);
		text_copied(r, more, b->s, b->n);
		b->s = more;
		b->room = room;
	}
	memcpy(b->s + b->n, s.s, s.n);
	text_copied(r, b->s + b->n, s.s, s.n);
	b->n += s.n;
	charge(r, s.n / 64);
}

void
sb_char(struct rt *r, struct sb *b, char c)
{
	sb_put(r, b, (struct str){ &c, 1 });
}

struct str
sb_text(const struct sb *b)
{
	return (struct str){ b->n ? b->s : "", b->n };
}

void
enter(struct rt *r)
{
	charge(r, 1);
	if (++r->depth > JINJA_DEPTH)
		fail(r, "values or calls nest too deeply");
}

struct val
v_str(struct str s)
{
	return (struct val){ .type = V_STR, .s = s };
}

struct val
v_int(int64_t i)
{
	return (struct val){ .type = V_INT, .i = i };
}

struct val
v_real(double x)
{
	return (struct val){ .type = V_REAL, .r = x };
}

struct val
v_bool(bool b)
{
	return (struct val){ .type = V_BOOL, .b = b };
}

struct val
v_none(void)
{
	return (struct val){ .type = V_NONE };
}

struct val
v_undef(struct str name, enum undef of)
{
	return (struct val){ .type = V_UNDEF, .of = (uint8_t)of, .s = name };
}

struct val
v_seq(enum vtype type, struct seq *q)
{
	return (struct val){ .type = (uint8_t)type, .q = q };
}

static size_t
seq_room(size_t n)
{
	size_t room = 4;

	while (room < n)
		room *= 2;
	return room;
}

struct seq *
seq_new(struct rt *r, size_t room)
{
	struct seq *q = take(r, sizeof *q);

	if (room > SIZE_MAX / 4 / sizeof *q->v)
		fail(r, "a list is too long");
	q->v = take(r, seq_room(room) * sizeof *q->v);
	q->room = seq_room(room);
	return q;
}

void
seq_add(struct rt *r, struct seq *q, struct val v)
{
	struct val *more;

	if (q->n == q->room) {
		more = take(r, 2 * q->room * sizeof *more);
		memcpy(more, q->v, q->n * sizeof *more);
		q->v = more;
		q->room *= 2;
	}
	q->v[q->n++] = v;
}

struct dict *
dict_new(struct rt *r)
{
	return take(r, sizeof(struct dict));
}

static void
dict_hash(struct rt *r, struct dict *d)
{
	d->slots = 4 * d->room;
	d->hash = take(r, d->slots * sizeof *d->hash);
	for (size_t i = 0; i < d->n; i++) {
		size_t at;

		if (d->p[i].k.type != V_STR)
			continue;
		at = hash64(d->p[i].k.s.s, d->p[i].k.s.n) & (d->slots - 1);
		while (d->hash[at])
			at = (at + 1) & (d->slots - 1);
		d->hash[at] = (uint32_t)i + 1;
	}
}

static struct pair *
dict_find(struct rt *r, const struct dict *d, struct val k)
{
	size_t at;

	if (d->hash && k.type == V_STR) {
		at = hash64(k.s.s, k.s.n) & (d->slots - 1);
		for (; d->hash[at]; at = (at + 1) & (d->slots - 1))
			if (str_same(d->p[d->hash[at] - 1].k.s, k.s))
				return &d->p[d->hash[at] - 1];
		return NULL;
	}
	charge(r, d->n / 8);
	for (size_t i = 0; i < d->n; i++) {
		const struct val *have = &d->p[i].k;

		if (k.type == V_STR
			? have->type == V_STR && str_same(have->s, k.s)
			: have->type != V_STR && v_equal(r, *have, k))
			return &d->p[i];
	}
	return NULL;
}

static void
hashable(struct rt *r, struct val k)
{
	if (k.type == V_LIST || k.type == V_DICT)
		fail(r, "unhashable type: '%s'", v_type(k));
	for (size_t i = 0; k.type == V_TUPLE && i < k.q->n; i++)
		hashable(r, k.q->v[i]);
}

struct val *
dict_get(struct rt *r, const struct dict *d, struct val k)
{
	struct pair *p;

	hashable(r, k);
	p = dict_find(r, d, k);
	return p ? &p->v : NULL;
}

void
dict_set(struct rt *r, struct dict *d, struct val k, struct val v)
{
	struct val *have = dict_get(r, d, k);
	struct pair *more;

	if (have) {
		*have = v;
		return;
	}
	if (d->n == d->room) {
		d->room = d->room ? 2 * d->room : 4;
		more = take(r, d->room * sizeof *more);
		if (d->n)
			memcpy(more, d->p, d->n * sizeof *more);
		d->p = more;
		d->p[d->n++] = (struct pair){ k, v };
		if (d->room > 8)
			dict_hash(r, d);
		return;
	}
	d->p[d->n++] = (struct pair){ k, v };
	if (d->hash && k.type == V_STR) {
		size_t at = hash64(k.s.s, k.s.n) & (d->slots - 1);

		while (d->hash[at])
			at = (at + 1) & (d->slots - 1);
		d->hash[at] = (uint32_t)d->n;
	}
}

static struct val
number_from_json(struct rt *r, struct str raw)
{
	struct val v;
	double x;

	if (!memchr(raw.s, '.', raw.n) && !memchr(raw.s, 'e', raw.n) &&
	    !memchr(raw.s, 'E', raw.n)) {
		if (text_parse_int(raw, 10, &v))
			return v;
	} else if (num_parse(raw, &x)) {
		return v_real(x);
	}
	fail(r, "a number that cannot be read: %.*s",
	    (int)(raw.n > 60 ? 60 : raw.n), raw.s);
}

/* A string of the variables. An unescaped copy is content like what it was
 * copied from. */
static struct val
string_from_json(struct rt *r, const struct json_doc *doc, const struct json *j)
{
	struct str s = json_str(doc, j, &r->mem);
	struct sb copy = { 0 };
	const char *origin;
	bool all;

	if (!s.s)
		fail(r, "a string with a lone surrogate");
	if (!r->texts.on || !j->escaped || !s.n)
		return v_str(s);
	origin = text_origin(r, doc->text + j->at, &all);
	if (!all && !(origin && *origin))
		return v_str(s);
	sb_put(r, &copy, s);
	memset(made_here(r, copy.s), 1, copy.n);
	return v_str(sb_text(&copy));
}

/* A role is not content, though it stands among it. */
static struct val
member_from_json(struct rt *r, const struct json_doc *doc, const struct json *j,
    struct val key)
{
	struct val v = v_from_json(r, doc, j);

	if (r->texts.on && v.type == V_STR && str_eq(key.s, "role"))
		v.s.s = arena_text(&r->mem, v.s.s, v.s.n);
	return v;
}

struct val
v_from_json(struct rt *r, const struct json_doc *doc, const struct json *j)
{
	const struct json *c;
	struct val v, k;

	charge(r, 1);
	switch (j->type) {
	case JSON_TRUE:
	case JSON_FALSE:
		return v_bool(j->type == JSON_TRUE);
	case JSON_NUMBER:
		return number_from_json(r, json_raw(doc, j));
	case JSON_STRING:
		return string_from_json(r, doc, j);
	case JSON_ARRAY:
		v = v_seq(V_LIST, seq_new(r, j->n));
		c = json_first(j);
		for (size_t i = 0; i < j->n; i++, c = json_next(c))
			seq_add(r, v.q, v_from_json(r, doc, c));
		return v;
	case JSON_OBJECT:
		v = (struct val){ .type = V_DICT, .d = dict_new(r) };
		c = json_first(j);
		for (size_t i = 0; i < j->n; i++, c = json_member(c)) {
			k = v_from_json(r, doc, c);
			dict_set(r, v.d, k, member_from_json(r, doc, c + 1, k));
		}
		return v;
	default:
		return v_none();
	}
}
