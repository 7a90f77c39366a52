/* Bytes through the nodes of a grammar. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/grammar_in.h"
#include "libcore/hash.h"

/* What a frame is. VALUE: one of `node` is to begin. */
enum { F_VALUE, F_LITERALS, F_STRING, F_NUMBER, F_ARRAY, F_OBJECT, F_KEY };
/* Where an array or object stands. OPEN: behind its bracket; NEXT: behind a
 * value; MORE: behind a comma; COLON: behind a key. */
enum { OPEN, NEXT, MORE, COLON };
/* Where a string is: behind a backslash, in \uXXXX, behind the \uD83D of a
 * pair; else `sub` counts the bytes that its character lacks. */
enum { ESCAPE = 8, HEX1, HEX2, HEX3, HEX4, PAIR_SLASH, PAIR_U };
enum { SPACES = 20, INT_DIGITS = 15, ALL_DIGITS = 15, EXP_DIGITS = 2 };
enum { CHOICES_DEEP = 64 }; /* choices within choices */

struct step {
	const struct grammar *g;
	struct grammar_state *to;
	unsigned char byte;
};

static void go(struct step *, struct grammar_way *);

static struct grammar_frame *
top(struct grammar_way *w)
{
	return w->frame + w->depth - 1;
}

/* ---- numbers ---- */

/* The parts of what has been written of a number. */
struct number {
	bool minus, point, exponent, exp_sign;
	bool zero;                     /* begins with 0 */
	unsigned ints, fraction, exps; /* digits */
	double digits;                 /* before the exponent, as a number */
};

static struct number
take_apart(const char *s, size_t n)
{
	struct number x = { 0 };

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (c == '-' && i == 0) {
			x.minus = true;
		} else if (c == '.') {
			x.point = true;
		} else if (c == 'e' || c == 'E') {
			x.exponent = true;
		} else if (c == '+' || c == '-') {
			x.exp_sign = true;
		} else if (x.exponent) {
			x.exps++;
		} else {
			x.zero |= !x.ints && c == '0';
			x.ints += !x.point;
			x.fraction += x.point;
			x.digits = x.digits * 10 + (c - '0');
		}
	}
	return x;
}

/* 10^n, exact for what digits there are. */
static double
ten(unsigned n)
{
	double x = 1;

	while (n--)
		x *= 10;
	return x;
}

/* Does [a, b), or for whole numbers [a, b - 1], meet the bounds on the size? */
static bool
meets(const struct g_node *n, bool minus, double a, double b)
{
	double low = minus ? -n->high : n->low,
	       high = minus ? -n->low : n->high;
	bool above = minus ? n->below : n->above;
	bool below = minus ? n->above : n->below;

	if (n->whole)
		return a <= high && b - 1 >= low;
	return (a < high || (!below && !(a > high))) && b > low &&
	       (b - a > 0 || !above || a > low);
}

bool
g_number_leads(const struct g_node *n, const char *text, size_t len)
{
	struct number x = take_apart(text, len);

	if (!n->bounded && !n->whole)
		return true;
	if (!len) /* either sign */
		return meets(n, false, 0, HUGE_VAL) ||
		       meets(n, true, 0, HUGE_VAL);
	if (!x.ints)
		return meets(n, x.minus, 0, HUGE_VAL);
	if (x.point)
		return meets(n, x.minus, x.digits / ten(x.fraction),
		    (x.digits + 1) / ten(x.fraction));
	for (unsigned d = x.ints; d <= INT_DIGITS; d++) {
		double unit = ten(d - x.ints);

		if (meets(n, x.minus, x.digits * unit, (x.digits + 1) * unit))
			return true;
		if (x.zero)
			return false;
	}
	return false;
}

bool
g_number_ends(const struct g_node *n, const char *text, size_t len)
{
	struct number x = take_apart(text, len);
	double v = x.digits / ten(x.fraction);

	v = x.minus ? -v : v;
	if (!x.ints || (x.point && !x.fraction) || (x.exponent && !x.exps))
		return false;
	if (!n->bounded && !n->whole)
		return true;
	return v >= n->low && v <= n->high && (!n->above || v > n->low) &&
	       (!n->below || v < n->high);
}

/* May the number go on with this byte, by its grammar alone? */
static bool
number_byte(const struct g_node *n, const struct number *x, unsigned char c)
{
	bool digit = c >= '0' && c <= '9';

	if (x->exponent) {
		if (c == '+' || c == '-')
			return !x->exp_sign && !x->exps;
		return digit && x->exps < EXP_DIGITS;
	}
	if (digit && x->point)
		return x->ints + x->fraction < ALL_DIGITS;
	if (digit)
		return !x->zero && x->ints < INT_DIGITS;
	if (c == '-')
		return !x->minus && !x->ints;
	if (c == '.')
		return !n->whole && x->ints && !x->point &&
		       x->ints < ALL_DIGITS;
	if (c == 'e' || c == 'E')
		return !n->whole && !n->bounded && x->ints &&
		       (!x->point || x->fraction);
	return false;
}

/* ---- ways ---- */

static void
emit(struct step *s, const struct grammar_way *w)
{
	struct grammar_way *to = s->to->way + s->to->ways;

	if (s->to->ways == GRAMMAR_WAYS)
		return; /* fewer ways, each as good */
	memcpy(to, w,
	    offsetof(struct grammar_way, frame) + w->depth * sizeof *w->frame);
	s->to->ways++;
}

static bool
fits(const struct step *s, const struct grammar_way *w, uint16_t node)
{
	return w->depth + s->g->node[node].height <= GRAMMAR_DEPTH;
}

static void
push(struct grammar_way *w, struct grammar_frame f)
{
	w->frame[w->depth++] = f;
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\n';
}

/* A byte of white space, where it may stand. */
static void
space(struct step *s, struct grammar_way *w)
{
	uint8_t *n = &top(w)->space;

	if (s->byte == '\n' ? *n != 0 : *n == 1 || *n == 2 + SPACES)
		return;
	*n = s->byte == '\n' ? 2 : *n ? (uint8_t)(*n + 1) : 1;
	emit(s, w);
}

/* ---- beginnings ---- */

static void
begin(struct step *s, const struct grammar_way *w, uint16_t node, unsigned deep)
{
	const struct g_node *n = s->g->node + node;
	struct grammar_way mine;

	if (n->kind == G_CHOICE) {
		for (size_t i = 0; i < n->n && deep < CHOICES_DEEP; i++)
			if (fits(s, w, n->list[i]))
				begin(s, w, n->list[i], deep + 1);
		return;
	}
	if (!fits(s, w, node))
		return;
	memcpy(&mine, w, sizeof mine);
	switch (n->kind) {
	case G_LITERALS:
		push(&mine, (struct grammar_frame){ .kind = F_LITERALS,
				.node = node,
				.m = (uint16_t)n->n });
		go(s, &mine);
		return;
	case G_NUMBER:
		push(&mine,
		    (struct grammar_frame){ .kind = F_NUMBER, .node = node });
		mine.digits = 0;
		go(s, &mine);
		return;
	case G_STRING:
		if (s->byte != '"')
			return;
		push(&mine,
		    (struct grammar_frame){ .kind = F_STRING, .node = node });
		break;
	case G_ARRAY:
		if (s->byte != '[')
			return;
		push(&mine,
		    (struct grammar_frame){ .kind = F_ARRAY, .node = node });
		break;
	case G_OBJECT:
		if (s->byte != '{')
			return;
		push(&mine,
		    (struct grammar_frame){ .kind = F_OBJECT, .node = node });
		break;
	case G_CHOICE:
		return;
	}
	emit(s, &mine);
}

/* ---- literals ---- */

static void
literals(struct step *s, struct grammar_way *w)
{
	struct grammar_frame *f = top(w);
	const struct g_node *n = s->g->node + f->node;
	uint16_t from = f->n, to = f->m;

	/* the shortest may end here, and longer ones go on */
	if (n->text[from].n == f->at) {
		struct grammar_way up;

		memcpy(&up, w, sizeof up);
		up.depth--;
		go(s, &up);
		from++;
	}
	while (from < to && (unsigned char)n->text[from].s[f->at] < s->byte)
		from++;
	while (from < to && (unsigned char)n->text[to - 1].s[f->at] > s->byte)
		to--;
	if (from == to)
		return;
	f->n = from;
	f->m = to;
	f->at++;
	if (to == from + 1 && n->text[from].n == f->at)
		w->depth--; /* nothing longer */
	emit(s, w);
}

/* ---- strings ---- */

/* How many bytes follow the first byte of a character; -1: none begins so. */
static int
follow(unsigned char c)
{
	return c < 0x80   ? 0
	       : c < 0xc2 ? -1
	       : c < 0xe0 ? 1
	       : c < 0xf0 ? 2
	       : c < 0xf5 ? 3
			  : -1;
}

/* The second byte of a character whose first is `lead`: no overlong form, no
 * surrogate, nothing above U+10FFFF. */
static bool
second(unsigned char lead, unsigned char c)
{
	unsigned char low = 0x80, high = 0xbf;

	if (lead == 0xe0)
		low = 0xa0;
	if (lead == 0xed)
		high = 0x9f;
	if (lead == 0xf0)
		low = 0x90;
	if (lead == 0xf4)
		high = 0x8f;
	return c >= low && c <= high;
}

static int
hex(unsigned char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* A character more, as far as anybody counts: f->n. False: too many. */
static bool
count(const struct g_node *n, struct grammar_frame *f)
{
	if (n->max != SIZE_MAX) {
		if (f->n == n->max)
			return false;
		f->n++;
	} else if (f->n < n->min) {
		f->n++;
	}
	return true;
}

/* A digit of \uXXXX: f->m holds those before it; f->at is 1 in the second half
 * of a pair. */
static bool
hex_digit(struct grammar_frame *f, unsigned char c)
{
	int d = hex(c);
	unsigned v = (unsigned)f->m << 4 | (unsigned)d;

	if (d < 0)
		return false;
	f->m = (uint16_t)v;
	if (f->sub == HEX1 && f->at && d != 0xd)
		return false;
	if (f->sub == HEX2 && f->at)
		return (v & 0xff) >= 0xdc;
	if (f->sub == HEX2 && (v & 0xff) >= 0xdc && (v & 0xff) <= 0xdf)
		return false; /* a second half alone */
	return true;
}

/* A byte within an escape. */
static bool
escape(struct grammar_frame *f, unsigned char c)
{
	switch (f->sub) {
	case ESCAPE:
		f->m = 0;
		f->sub = c == 'u' ? HEX1 : 0;
		return c == 'u' || (c && strchr("\"\\/bfnrt", c));
	case PAIR_SLASH:
		f->sub = PAIR_U;
		return c == '\\';
	case PAIR_U:
		f->sub = HEX1;
		f->m = 0;
		f->at = 1;
		return c == 'u';
	}
	if (!hex_digit(f, c))
		return false;
	if (f->sub++ < HEX4)
		return true;
	f->sub = 0;
	if (!f->at && f->m >= 0xd800 && f->m <= 0xdbff)
		f->sub = PAIR_SLASH;
	else
		f->at = 0;
	f->m = 0;
	return true;
}

/* A byte of a string's inside; *ended: it was its closing quote. */
static bool
string_byte(const struct g_node *n, struct grammar_frame *f, unsigned char c,
    bool *ended)
{
	int more;

	*ended = false;
	if (f->sub >= ESCAPE)
		return escape(f, c);
	if (f->sub) {
		bool ok = f->m ? second((unsigned char)f->m, c)
			       : c >= 0x80 && c <= 0xbf;

		f->sub--;
		f->m = 0;
		return ok;
	}
	if (c == '"') {
		*ended = f->n >= n->min;
		return *ended;
	}
	more = follow(c);
	if (c < 0x20 || more < 0 || !count(n, f))
		return false;
	f->sub = c == '\\' ? ESCAPE : (uint8_t)more;
	f->m = more ? c : 0;
	f->at = 0;
	return true;
}

static void
string(struct step *s, struct grammar_way *w)
{
	struct grammar_frame *f = top(w);
	bool ended;

	if (!string_byte(s->g->node + f->node, f, s->byte, &ended))
		return;
	w->depth -= ended;
	emit(s, w);
}

static void
number(struct step *s, struct grammar_way *w)
{
	const struct g_node *n = s->g->node + top(w)->node;
	struct number x = take_apart(w->number, w->digits);

	if (w->digits < sizeof w->number && number_byte(n, &x, s->byte)) {
		w->number[w->digits] = (char)s->byte;
		if (g_number_leads(n, w->number, w->digits + 1u)) {
			w->digits++;
			emit(s, w);
		}
		return;
	}
	if (!g_number_ends(n, w->number, w->digits))
		return;
	w->digits = 0;
	memset(w->number, 0, sizeof w->number);
	w->depth--;
	go(s, w);
}

/* ---- arrays ---- */

static uint16_t
item_of(const struct g_node *n, size_t i)
{
	return i < n->n ? n->list[i] : n->more;
}

/* May another item stand at place i? */
static bool
item_fits(const struct step *s, const struct grammar_way *w,
    const struct g_node *n, size_t i)
{
	uint16_t item = item_of(n, i);

	return i < n->max && item != G_NONE && fits(s, w, item);
}

static void
array(struct step *s, struct grammar_way *w)
{
	struct grammar_frame *f = top(w);
	const struct g_node *n = s->g->node + f->node;
	size_t i = f->n; /* items so far, saturating at what counts */

	if (s->byte == ']' && f->phase != MORE && i >= n->min) {
		w->depth--;
		emit(s, w);
	} else if (is_space(s->byte)) {
		if (f->phase != NEXT || i >= n->min)
			space(s, w);
	} else if (f->phase == NEXT) {
		if (s->byte != ',' || f->space || !item_fits(s, w, n, i))
			return;
		f->phase = MORE;
		emit(s, w);
	} else if (item_fits(s, w, n, i)) {
		f->phase = NEXT;
		f->space = 0;
		if (n->max != UINT16_MAX || i < n->min || i < n->n)
			f->n++;
		begin(s, w, item_of(n, i), 0);
	}
}

/* ---- objects ---- */

/* Behind a key's colon: its value. */
static void
member_value(struct step *s, struct grammar_way *w)
{
	struct grammar_frame *f = top(w);
	const struct g_node *n = s->g->node + f->node;
	uint16_t node = n->more == G_NONE ? n->prop[f->n - 1u].node : n->more;

	if (is_space(s->byte)) {
		space(s, w);
		return;
	}
	f->phase = NEXT;
	f->space = 0;
	begin(s, w, node, 0);
}

/* The keys that may stand next: all up to the first required one. */
static void
keys(struct step *s, const struct grammar_way *w)
{
	const struct grammar_frame *f = w->frame + w->depth - 1;
	const struct g_node *n = s->g->node + f->node;
	struct grammar_way mine;

	for (size_t i = f->n; i < n->props; i++) {
		if (fits(s, w, n->prop[i].node)) {
			memcpy(&mine, w, sizeof mine);
			top(&mine)->n = (uint16_t)(i + 1);
			push(&mine, (struct grammar_frame){ .kind = F_KEY,
					.node = f->node,
					.n = (uint16_t)i });
			go(s, &mine);
		}
		if (n->prop[i].required)
			return;
	}
	if (n->more != G_NONE && s->byte == '"' && fits(s, w, n->more)) {
		memcpy(&mine, w, sizeof mine);
		push(&mine,
		    (struct grammar_frame){ .kind = F_KEY, .n = G_NONE });
		emit(s, &mine);
	}
}

/* Is there nothing left that must follow; could anything? */
static bool
complete(const struct g_node *n, size_t from)
{
	for (size_t i = from; i < n->props; i++)
		if (n->prop[i].required)
			return false;
	return true;
}

static bool
member_fits(const struct step *s, const struct grammar_way *w,
    const struct g_node *n, size_t from)
{
	for (size_t i = from; i < n->props; i++)
		if (fits(s, w, n->prop[i].node))
			return true;
	return n->more != G_NONE && fits(s, w, n->more);
}

static void
object(struct step *s, struct grammar_way *w)
{
	struct grammar_frame *f = top(w);
	const struct g_node *n = s->g->node + f->node;

	if (f->phase == COLON) {
		member_value(s, w);
	} else if (s->byte == '}' && f->phase != MORE && complete(n, f->n)) {
		w->depth--;
		emit(s, w);
	} else if (is_space(s->byte)) {
		if (f->phase != NEXT || complete(n, f->n))
			space(s, w);
	} else if (f->phase == NEXT) {
		if (s->byte != ',' || f->space || !member_fits(s, w, n, f->n))
			return;
		f->phase = MORE;
		emit(s, w);
	} else {
		f->space = 0;
		keys(s, w);
	}
}

/* A key and its colon; f->n: which property, or G_NONE for any text. */
static void
key(struct step *s, struct grammar_way *w)
{
	static const struct g_node any = { .kind = G_STRING, .max = SIZE_MAX };
	struct grammar_frame *f = top(w);
	bool ended = false;

	if (f->phase) { /* behind the text */
		if (s->byte != ':')
			return;
		w->depth--;
		top(w)->phase = COLON;
		top(w)->space = 0;
		emit(s, w);
		return;
	}
	if (f->n == G_NONE) {
		uint16_t n = f->n;

		f->n = 0;
		if (!string_byte(&any, f, s->byte, &ended))
			return;
		f->n = n;
	} else {
		struct str text = s->g->node[f->node].prop[f->n].key;

		if ((unsigned char)text.s[f->at] != s->byte)
			return;
		ended = ++f->at == text.n;
	}
	f->phase = ended;
	emit(s, w);
}

static void
go(struct step *s, struct grammar_way *w)
{
	uint16_t node;

	if (!w->depth)
		return; /* all is written */
	switch (top(w)->kind) {
	case F_VALUE:
		node = top(w)->node;
		w->depth--;
		begin(s, w, node, 0);
		break;
	case F_LITERALS:
		literals(s, w);
		break;
	case F_STRING:
		string(s, w);
		break;
	case F_NUMBER:
		number(s, w);
		break;
	case F_ARRAY:
		array(s, w);
		break;
	case F_OBJECT:
		object(s, w);
		break;
	case F_KEY:
		key(s, w);
		break;
	}
}

void
grammar_start(const struct grammar *g, struct grammar_state *s)
{
	memset(s, 0, sizeof *s);
	s->ways = 1;
	push(
	    s->way, (struct grammar_frame){ .kind = F_VALUE, .node = g->root });
}

void
grammar_copy(struct grammar_state *to, const struct grammar_state *from)
{
	to->ways = from->ways;
	for (unsigned i = 0; i < from->ways; i++)
		memcpy(to->way + i, from->way + i,
		    offsetof(struct grammar_way, frame) +
			from->way[i].depth * sizeof *from->way[i].frame);
}

bool
grammar_byte(const struct grammar *g, struct grammar_state *to,
    const struct grammar_state *from, unsigned char byte)
{
	struct step s = { g, to, byte };
	struct grammar_way w;

	to->ways = 0;
	for (unsigned i = 0; i < from->ways; i++) {
		const struct grammar_way *f = from->way + i;

		memcpy(&w, f,
		    offsetof(struct grammar_way, frame) +
			f->depth * sizeof *f->frame);
		go(&s, &w);
	}
	return to->ways > 0;
}

static bool
way_may_end(const struct grammar *g, const struct grammar_way *w)
{
	const struct grammar_frame *f = w->frame;
	const struct g_node *n;

	if (w->depth != 1)
		return !w->depth;
	n = g->node + f->node;
	if (f->kind == F_NUMBER)
		return g_number_ends(n, w->number, w->digits);
	return f->kind == F_LITERALS && n->text[f->n].n == f->at;
}

bool
grammar_may_end(const struct grammar *g, const struct grammar_state *s)
{
	for (unsigned i = 0; i < s->ways; i++)
		if (way_may_end(g, s->way + i))
			return true;
	return false;
}

bool
grammar_must_end(const struct grammar_state *s)
{
	for (unsigned i = 0; i < s->ways; i++)
		if (s->way[i].depth)
			return false;
	return s->ways > 0;
}

struct hash128
grammar_hash(const struct grammar_state *s)
{
	struct buf b = { 0 };
	struct hash128 h;

	for (unsigned i = 0; i < s->ways; i++)
		buf_put(&b, s->way + i,
		    offsetof(struct grammar_way, frame) +
			s->way[i].depth * sizeof *s->way[i].frame);
	h = hash128(b.s ? b.s : "", b.n);
	buf_done(&b);
	return h;
}
