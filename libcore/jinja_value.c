/* Python's values: made, compared, printed. */
#include <math.h>
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

/* ---- making ---- */
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

/* ---- asking ---- */
const char *
v_type(struct val v)
{
	static const char *const names[] = {
		[V_UNDEF] = "Undefined",
		[V_NONE] = "NoneType",
		[V_BOOL] = "bool",
		[V_INT] = "int",
		[V_BIG] = "int",
		[V_REAL] = "float",
		[V_STR] = "str",
		[V_LIST] = "list",
		[V_TUPLE] = "tuple",
		[V_RANGE] = "range",
		[V_VIEW] = "dict view",
		[V_ITER] = "generator",
		[V_DICT] = "dict",
		[V_NS] = "Namespace",
		[V_MACRO] = "Macro",
		[V_FUNC] = "function",
		[V_METHOD] = "method",
		[V_LOOP] = "LoopContext",
		[V_JOINER] = "Joiner",
	};

	return names[v.type];
}

void
v_undefined(struct rt *r, struct val v)
{
	int n = (int)(v.s.n > 100 ? 100 : v.s.n);

	switch (v.of) {
	case U_MEMBER:
		fail(r, "there is no member '%.*s'", n, v.s.s);
	case U_UNSAFE:
		fail(r, "access to '%.*s' is unsafe", n, v.s.s);
	case U_PARAM:
		fail(r, "parameter '%.*s' was not given", n, v.s.s);
	case U_COND:
		fail(r, "an if expression without else was false");
	default:
		fail(r, "'%.*s' is undefined", n, v.s.s);
	}
}

bool
v_true(struct val v)
{
	switch (v.type) {
	case V_UNDEF:
	case V_NONE:
		return false;
	case V_BOOL:
		return v.b;
	case V_INT:
		return v.i != 0;
	case V_REAL:
		return v.r != 0;
	case V_STR:
		return v.s.n != 0;
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		return v.q->n != 0;
	case V_DICT:
		return v.d->n != 0;
	default:
		return true;
	}
}

bool
v_whole(struct val v, int64_t *i)
{
	if (v.type != V_INT && v.type != V_BOOL)
		return false;
	*i = v.type == V_BOOL ? v.b : v.i;
	return true;
}

bool
v_number(struct val v, double *x)
{
	int64_t i;

	if (v.type == V_REAL)
		return *x = v.r, true;
	if (v.type == V_BIG)
		return num_parse(v.s, x);
	if (!v_whole(v, &i))
		return false;
	*x = (double)i;
	return true;
}

static bool
is_int(struct val v)
{
	return v.type == V_INT || v.type == V_BOOL || v.type == V_BIG;
}

/* Digits of two whole numbers beyond 64 bits. */
static int
big_compare(struct str a, struct str b)
{
	bool minus = a.s[0] == '-';
	int c;

	if (minus != (b.s[0] == '-'))
		return minus ? -1 : 1;
	c = a.n != b.n ? (a.n < b.n ? -1 : 1) : memcmp(a.s, b.s, a.n);
	c = c < 0 ? -1 : c > 0;
	return minus ? -c : c;
}

/* -1, 0, 1; 2 where a NaN is among them. */
static int
number_compare(struct val a, struct val b)
{
	double x = 0, y = 0;
	int64_t i, j;

	if (v_whole(a, &i) && v_whole(b, &j))
		return i < j ? -1 : i > j;
	if (a.type == V_BIG && b.type == V_BIG)
		return big_compare(a.s, b.s);
	if (a.type == V_BIG && v_whole(b, &j))
		return a.s.s[0] == '-' ? -1 : 1;
	if (b.type == V_BIG && v_whole(a, &i))
		return b.s.s[0] == '-' ? 1 : -1;
	v_number(a, &x);
	v_number(b, &y);
	if (x != x || y != y)
		return 2;
	if (x != y)
		return x < y ? -1 : 1;
	/* equal as doubles; a whole number may still lie beside it */
	if (v_whole(a, &i) && fabs(y) < 9e18)
		return i < (int64_t)y ? -1 : i > (int64_t)y;
	if (v_whole(b, &j) && fabs(x) < 9e18)
		return (int64_t)x < j ? -1 : (int64_t)x > j;
	return 0;
}

static bool
numeric(struct val v)
{
	return is_int(v) || v.type == V_REAL;
}

static bool
dict_equal(struct rt *r, const struct dict *a, const struct dict *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		struct val *v = dict_get(r, b, a->p[i].k);

		if (!v || !v_equal(r, a->p[i].v, *v))
			return false;
	}
	return true;
}

static void
enter(struct rt *r)
{
	charge(r, 1);
	if (++r->depth > JINJA_DEPTH)
		fail(r, "values or calls nest too deeply");
}

bool
v_equal(struct rt *r, struct val a, struct val b)
{
	bool same = true;

	if (numeric(a) && numeric(b))
		return number_compare(a, b) == 0;
	if (a.type != b.type)
		return false;
	switch (a.type) {
	case V_UNDEF:
	case V_NONE:
		return true;
	case V_STR:
		charge(r, a.s.n == b.s.n ? a.s.n / 64 : 0);
		return str_same(a.s, b.s);
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		if (a.q->n != b.q->n)
			return false;
		enter(r);
		for (size_t i = 0; same && i < a.q->n; i++)
			same = v_equal(r, a.q->v[i], b.q->v[i]);
		r->depth--;
		return same;
	case V_DICT:
		enter(r);
		same = dict_equal(r, a.d, b.d);
		r->depth--;
		return same;
	case V_FUNC:
		return a.i == b.i;
	case V_METHOD:
		return a.m->method == b.m->method &&
		       v_equal(r, a.m->self, b.m->self);
	default:
		return a.d == b.d;
	}
}

static int
text_compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.s, b.s, n) : 0;

	return c ? (c < 0 ? -1 : 1) : a.n < b.n ? -1 : a.n > b.n;
}

int
v_compare(struct rt *r, struct val a, struct val b, const char *op)
{
	int c = 0;

	if (numeric(a) && numeric(b))
		return number_compare(a, b);
	if (a.type == V_STR && b.type == V_STR)
		return text_compare(a.s, b.s);
	if ((a.type == V_LIST || a.type == V_TUPLE) && a.type == b.type) {
		enter(r);
		for (size_t i = 0; i < a.q->n && i < b.q->n; i++)
			if (!v_equal(r, a.q->v[i], b.q->v[i])) {
				c = v_compare(r, a.q->v[i], b.q->v[i], op);
				r->depth--;
				return c;
			}
		r->depth--;
		return a.q->n < b.q->n ? -1 : a.q->n > b.q->n;
	}
	if (a.type == V_UNDEF)
		v_undefined(r, a);
	if (b.type == V_UNDEF)
		v_undefined(r, b);
	fail(r, "'%s' is not supported between '%s' and '%s'", op, v_type(a),
	    v_type(b));
}

size_t
v_len(struct rt *r, struct val v)
{
	switch (v.type) {
	case V_UNDEF:
		return 0;
	case V_STR:
		return text_len(r, v.s);
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		return v.q->n;
	case V_DICT:
		return v.d->n;
	case V_LOOP:
		return v.l->q->n;
	default:
		fail(r, "'%s' has no length", v_type(v));
	}
}

bool
v_iterable(struct val v)
{
	switch (v.type) {
	case V_UNDEF:
	case V_STR:
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
	case V_ITER:
	case V_DICT:
	case V_LOOP:
		return true;
	default:
		return false;
	}
}

struct seq *
v_items(struct rt *r, struct val v)
{
	struct seq *q;
	size_t at, next;

	switch (v.type) {
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
		return v.q;
	case V_ITER:
		q = seq_new(r, v.q->n);
		for (; v.q->n; v.q->n--, v.q->v++)
			seq_add(r, q, v.q->v[0]);
		return q;
	case V_UNDEF:
		return seq_new(r, 0);
	case V_STR:
		q = seq_new(r, 4);
		for (at = 0; at < v.s.n; at = next) {
			next = text_next(v.s, at, NULL);
			seq_add(
			    r, q, v_str((struct str){ v.s.s + at, next - at }));
		}
		return q;
	case V_DICT:
		q = seq_new(r, v.d->n);
		for (size_t i = 0; i < v.d->n; i++)
			seq_add(r, q, v.d->p[i].k);
		return q;
	default:
		fail(r, "'%s' cannot be iterated over", v_type(v));
	}
}

bool
v_in(struct rt *r, struct val item, struct val in)
{
	struct seq *q;

	if (in.type == V_STR) {
		if (item.type == V_UNDEF)
			v_undefined(r, item);
		if (item.type != V_STR)
			fail(r, "'in' a string needs a string, not '%s'",
			    v_type(item));
		return text_find(r, in.s, item.s, 0) >= 0;
	}
	if (in.type == V_DICT)
		return dict_get(r, in.d, item) != NULL;
	q = v_items(r, in);
	for (size_t i = 0; i < q->n; i++) {
		charge(r, 1);
		if (v_equal(r, item, q->v[i]))
			return true;
	}
	return false;
}

/* ---- printing ---- */
/* \\ and a letter, then the code in so many hex digits. */
static void
put_code(struct rt *r, struct sb *b, char letter, int digits, uint32_t code)
{
	char s[16];

	snprintf(s, sizeof s, "\\%c%0*x", letter, digits, code);
	sb_put(r, b, str_of(s));
}

static void
repr_text(struct rt *r, struct sb *b, struct str s)
{
	static const char from[] = "\n\r\t\\", to[] = "nrt\\";
	char quote = s.n && memchr(s.s, '\'', s.n) && !memchr(s.s, '"', s.n)
			 ? '"'
			 : '\'';
	const char *at;
	uint32_t code;

	sb_char(r, b, quote);
	for (size_t i = 0, next; i < s.n; i = next) {
		next = text_next(s, i, &code);
		at = code && code < 0x80 ? strchr(from, (int)code) : NULL;
		if (at) {
			sb_char(r, b, '\\');
			sb_char(r, b, to[at - from]);
		} else if (code == (uint32_t)quote) {
			sb_char(r, b, '\\');
			sb_char(r, b, quote);
		} else if (!text_printable(code)) {
			put_code(r, b,
			    code < 0x100     ? 'x'
			    : code < 0x10000 ? 'u'
					     : 'U',
			    code < 0x100     ? 2
			    : code < 0x10000 ? 4
					     : 8,
			    code);
		} else {
			sb_put(r, b, (struct str){ s.s + i, next - i });
		}
	}
	sb_char(r, b, quote);
}

static void
repr_items(struct rt *r, struct sb *b, const struct seq *q, const char *open,
    const char *shut)
{
	sb_put(r, b, str_of(open));
	for (size_t i = 0; i < q->n; i++) {
		if (i)
			sb_put(r, b, STR(", "));
		v_repr(r, b, q->v[i]);
	}
	sb_put(r, b, str_of(shut));
}

static void
repr_dict(struct rt *r, struct sb *b, const struct dict *d)
{
	sb_char(r, b, '{');
	for (size_t i = 0; i < d->n; i++) {
		if (i)
			sb_put(r, b, STR(", "));
		v_repr(r, b, d->p[i].k);
		sb_put(r, b, STR(": "));
		v_repr(r, b, d->p[i].v);
	}
	sb_char(r, b, '}');
}

static void
repr_range(struct rt *r, struct sb *b, const struct seq *q)
{
	char s[100];
	long long first = q->n ? (long long)q->v[0].i : 0;
	long long step = q->n > 1 ? (long long)(q->v[1].i - q->v[0].i) : 1;

	snprintf(s, sizeof s, "range(%lld, %lld", first,
	    first + step * (long long)q->n);
	sb_put(r, b, str_of(s));
	if (step != 1)
		fail(r, "printing a range with a step is not supported");
	sb_char(r, b, ')');
}

void
v_repr(struct rt *r, struct sb *b, struct val v)
{
	static const char *const view[] = { "dict_keys([", "dict_values([",
		"dict_items([" };

	enter(r);
	switch (v.type) {
	case V_STR:
		if (v.of)
			sb_put(r, b, STR("Markup("));
		repr_text(r, b, v.s);
		if (v.of)
			sb_char(r, b, ')');
		break;
	case V_UNDEF:
		sb_put(r, b, STR("Undefined"));
		break;
	case V_LIST:
		repr_items(r, b, v.q, "[", "]");
		break;
	case V_TUPLE:
		repr_items(r, b, v.q, "(", v.q->n == 1 ? ",)" : ")");
		break;
	case V_RANGE:
		if (v.of)
			fail(r, "printing a part of a range is not supported");
		repr_range(r, b, v.q);
		break;
	case V_VIEW:
		repr_items(r, b, v.q, view[v.of], "])");
		break;
	case V_DICT:
		repr_dict(r, b, v.d);
		break;
	case V_NS:
		sb_put(r, b, STR("<Namespace "));
		repr_dict(r, b, v.d);
		sb_char(r, b, '>');
		break;
	default:
		sb_put(r, b, v_text(r, v));
		break;
	}
	r->depth--;
}

struct str
v_text(struct rt *r, struct val v)
{
	struct sb b = { 0 };
	char s[48];

	switch (v.type) {
	case V_UNDEF:
		if (v.of == U_UNSAFE)
			v_undefined(r, v);
		return STR("");
	case V_NONE:
		return STR("None");
	case V_BOOL:
		return v.b ? STR("True") : STR("False");
	case V_STR:
	case V_BIG:
		return v.s;
	case V_INT:
		snprintf(s, sizeof s, "%lld", (long long)v.i);
		sb_put(r, &b, str_of(s));
		return sb_text(&b);
	case V_REAL:
		sb_put(r, &b, (struct str){ s, num_real(s, v.r) });
		return sb_text(&b);
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
	case V_DICT:
	case V_NS:
		v_repr(r, &b, v);
		return sb_text(&b);
	case V_MACRO:
		sb_put(r, &b, STR("<Macro '"));
		sb_put(r, &b, v.f->node->text);
		sb_put(r, &b, STR("'>"));
		return sb_text(&b);
	default:
		fail(r, "printing a '%s' is not supported", v_type(v));
	}
}

/* ---- JSON as json.dumps writes it ---- */
struct style {
	bool ascii, sort;
	struct str item, key, indent; /* indent.s == NULL: on one line */
};

static void
json_text(struct rt *r, struct sb *b, struct str s, bool ascii)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	const char *at;
	uint32_t c;

	sb_char(r, b, '"');
	for (size_t i = 0, next; i < s.n; i = next) {
		next = text_next(s, i, &c);
		at = c && c < 0x80 ? strchr(from, (int)c) : NULL;
		if (at) {
			sb_char(r, b, '\\');
			sb_char(r, b, to[at - from]);
		} else if (c < 0x20 || (ascii && c >= 0x7f && c < 0x10000)) {
			put_code(r, b, 'u', 4, c);
		} else if (ascii && c >= 0x10000) {
			put_code(r, b, 'u', 4, 0xd800 + ((c - 0x10000) >> 10));
			put_code(
			    r, b, 'u', 4, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			sb_put(r, b, (struct str){ s.s + i, next - i });
		}
	}
	sb_char(r, b, '"');
}

static void
json_line(struct rt *r, struct sb *b, const struct style *st, unsigned level)
{
	if (!st->indent.s)
		return;
	sb_char(r, b, '\n');
	while (level--)
		sb_put(r, b, st->indent);
}

static struct str
json_plain(struct rt *r, struct val v)
{
	if (v.type == V_BOOL)
		return v.b ? STR("true") : STR("false");
	if (v.type == V_NONE)
		return STR("null");
	if (v.type == V_REAL && !isfinite(v.r))
		return v.r != v.r ? STR("NaN")
		       : v.r > 0  ? STR("Infinity")
				  : STR("-Infinity");
	if (v.type == V_INT || v.type == V_BIG || v.type == V_REAL)
		return v_text(r, v);
	if (v.type == V_UNDEF && v.of != U_MEMBER)
		v_undefined(r, v);
	fail(r, "tojson of a value of type '%s'", v_type(v));
}

static struct pair *
by_key(struct rt *r, const struct dict *d)
{
	struct pair *p = take(r, (d->n + 1) * sizeof *p), hold;

	/* a stable insertion sort: keys are few, and charged for */
	for (size_t i = 0, j; i < d->n; i++) {
		hold = d->p[i];
		for (j = i; j && v_compare(r, hold.k, p[j - 1].k, "<") < 0;
		     j--) {
			charge(r, 1);
			p[j] = p[j - 1];
		}
		p[j] = hold;
	}
	return p;
}

static void
json_value(struct rt *r, struct sb *b, struct val v, const struct style *st,
    unsigned level)
{
	const struct pair *p;

	enter(r);
	if (v.type == V_STR) {
		json_text(r, b, v.s, st->ascii);
	} else if (v.type == V_LIST || v.type == V_TUPLE) {
		sb_char(r, b, '[');
		for (size_t i = 0; i < v.q->n; i++) {
			if (i)
				sb_put(r, b, st->item);
			json_line(r, b, st, level + 1);
			json_value(r, b, v.q->v[i], st, level + 1);
		}
		if (v.q->n)
			json_line(r, b, st, level);
		sb_char(r, b, ']');
	} else if (v.type == V_DICT) {
		p = st->sort ? by_key(r, v.d) : v.d->p;
		sb_char(r, b, '{');
		for (size_t i = 0; i < v.d->n; i++) {
			if (i)
				sb_put(r, b, st->item);
			json_line(r, b, st, level + 1);
			json_text(r, b,
			    p[i].k.type == V_STR ? p[i].k.s
						 : json_plain(r, p[i].k),
			    st->ascii);
			sb_put(r, b, st->key);
			json_value(r, b, p[i].v, st, level + 1);
		}
		if (v.d->n)
			json_line(r, b, st, level);
		sb_char(r, b, '}');
	} else {
		sb_put(r, b, json_plain(r, v));
	}
	r->depth--;
}

void
v_json(struct rt *r, struct sb *b, struct val v, struct args *args)
{
	static const char *const names[] = { "ensure_ascii", "indent",
		"separators", "sort_keys", NULL };
	struct style st = { .item = STR(", "), .key = STR(": ") };
	struct val a[4];
	struct sb in = { 0 };
	int64_t n;

	args_take(r, "tojson", args, names, 0, a);
	st.ascii = given(a[0]) && v_true(a[0]);
	st.sort = given(a[3]) && v_true(a[3]);
	if (given(a[1]) && a[1].type != V_NONE) {
		if (a[1].type == V_STR) {
			in = (struct sb){ 0 };
			sb_put(r, &in, a[1].s);
		} else {
			n = arg_int(r, "tojson", a[1]);
			if (n > 1000)
				fail(r, "tojson: an indent of %lld",
				    (long long)n);
			while (n-- > 0)
				sb_char(r, &in, ' ');
		}
		st.indent = sb_text(&in);
		st.item = STR(",");
	}
	if (given(a[2]) && a[2].type != V_NONE) {
		struct seq *q = v_items(r, a[2]);

		if (q->n != 2)
			fail(r, "tojson: separators are two texts");
		st.item = arg_str(r, "tojson", q->v[0]);
		st.key = arg_str(r, "tojson", q->v[1]);
	}
	json_value(r, b, v, &st, 0);
}
