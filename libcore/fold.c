#include "libcore/fold.h"

#include <pthread.h>
#include <string.h>

enum { FOLD_SPACE = 1, FOLD_DROP, FOLD_SIGN };

struct fold_class {
	uint32_t first, last, kind;
};

struct fold_range {
	uint32_t first, last;
	int32_t delta;
	uint32_t step; /* first, first + step, ..., last are mapped */
};

#include "libcore/fold_data.h"

/*
 * What becomes of a code point: 0 it stays; a kind from the enum above; the
 * code point it is mapped to, plus MAP; or where its longer mapping stands in
 * fold_longs, plus LONG.
 */
enum { TOP = 0x20000, MAP = 0x1000000, LONG = 0x2000000 };
static uint32_t what[TOP];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The same for ASCII, where no mapping is longer: what it becomes, 0 for
 * white space; and whether that is a sign. */
static char plain[128];
static bool sign[128];

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void
make_table(void)
{
	for (size_t i = 0; i < COUNT(fold_classes); i++)
		for (uint32_t c = fold_classes[i].first;
		     c <= fold_classes[i].last; c++)
			what[c] = fold_classes[i].kind;
	for (size_t i = 0; i < COUNT(fold_ranges); i++) {
		const struct fold_range *r = &fold_ranges[i];

		for (uint32_t c = r->first; c <= r->last; c += r->step)
			what[c] = MAP + (uint32_t)((int32_t)c + r->delta);
	}
	for (size_t i = 0; i < COUNT(fold_longs); i += 2 + fold_longs[i + 1])
		what[fold_longs[i]] = LONG + (uint32_t)i;
	for (uint32_t c = 0; c < 128; c++) {
		sign[c] = what[c] == FOLD_SIGN;
		if (what[c] != FOLD_SPACE)
			plain[c] = (char)(what[c] >= MAP ? what[c] - MAP : c);
	}
}

uint32_t
utf8_next(const char *text, size_t n, size_t *at)
{
	const unsigned char *s = (const unsigned char *)text + *at;
	size_t left = n - *at, more;
	uint32_t c = *s;

	more = c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
	if (more >= left)
		more = 0;
	for (size_t i = 1; i <= more; i++)
		if ((s[i] & 0xc0) != 0x80)
			more = 0;
	*at += 1 + more;
	if (more == 1)
		return (c & 0x1f) << 6 | (s[1] & 0x3f);
	if (more == 2)
		return (c & 0xf) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3f);
	if (more == 3)
		return (c & 7) << 18 | (s[1] & 0x3fu) << 12 |
		       (s[2] & 0x3fu) << 6 | (s[3] & 0x3f);
	return c;
}

static char *
put(char *o, uint32_t c)
{
	if (c < 0x80) {
		*o++ = (char)c;
	} else if (c < 0x800) {
		*o++ = (char)(0xc0 | c >> 6);
		*o++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*o++ = (char)(0xe0 | c >> 12);
		*o++ = (char)(0x80 | (c >> 6 & 63));
		*o++ = (char)(0x80 | (c & 63));
	} else {
		*o++ = (char)(0xf0 | c >> 18);
		*o++ = (char)(0x80 | (c >> 12 & 63));
		*o++ = (char)(0x80 | (c >> 6 & 63));
		*o++ = (char)(0x80 | (c & 63));
	}
	return o;
}

/* The text so far: a space is only noted, and written before the next
 * character if neither side of it is tight. */
struct folding {
	char *o, *start;
	bool space, tight;
};

/* Characters beside which white space says nothing. */
static bool
is_tight(uint32_t c, uint32_t w)
{
	return w == FOLD_SIGN || (c >= 0x2e80 && c < 0xa000) || c >= TOP;
}

/* One code point that is mapped no further. */
static void
emit(struct folding *f, uint32_t c)
{
	uint32_t w = c < TOP ? what[c] : 0;
	bool tight;

	if (w == FOLD_DROP)
		return;
	if (w == FOLD_SPACE) {
		f->space = true;
		return;
	}
	tight = is_tight(c, w);
	if (f->space && f->o > f->start && !tight && !f->tight)
		*f->o++ = ' ';
	f->o = put(f->o, c);
	f->space = false;
	f->tight = tight;
}

static void
fold_point(struct folding *f, uint32_t c)
{
	uint32_t w = c < TOP ? what[c] : 0;

	if (w >= LONG) {
		const uint32_t *l = &fold_longs[w - LONG];

		for (uint32_t i = 0; i < l[1]; i++)
			emit(f, l[2 + i]);
	} else {
		emit(f, w >= MAP ? w - MAP : c);
	}
}

/* A run of ASCII; returns where it ends. What emit does, without asking what
 * each character is. */
static size_t
fold_ascii(struct folding *f, const char *s, size_t at, size_t end)
{
	char *o = f->o;
	bool space = f->space, tight = f->tight;

	for (; at < end && !(s[at] & 0x80); at++) {
		unsigned char c = (unsigned char)s[at];

		if (!plain[c]) {
			space = true;
			continue;
		}
		if (space && o > f->start && !tight && !sign[c])
			*o++ = ' ';
		*o++ = plain[c];
		space = false;
		tight = sign[c];
	}
	f->o = o;
	f->space = space;
	f->tight = tight;
	return at;
}

void
fold(struct buf *out, struct str t)
{
	/* No code point grows to more than eleven times its bytes and a
	 * space; most texts shrink, so room is made a piece at a time. */
	enum { PIECE = 256, GROW = 12 };
	struct folding f = { 0 };
	size_t from = out->n, at = 0, stop;

	pthread_once(&once, make_table);
	while (at < t.n) {
		buf_need(out, PIECE * GROW + 8);
		f.start = out->s + from;
		f.o = out->s + out->n;
		stop = t.n - at > PIECE ? at + PIECE : t.n;
		while (at < stop) {
			at = fold_ascii(&f, t.s, at, stop);
			if (at < stop)
				fold_point(&f, utf8_next(t.s, t.n, &at));
		}
		out->n = (size_t)(f.o - out->s);
	}
	buf_need(out, 0);
	out->s[out->n] = '\0';
}
