#include "gpu/drip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at s[0, n), 0 if there is none. */
static size_t
utf8_len(const unsigned char *s, size_t n)
{
	unsigned c = s[0], low = 0x80, high = 0xbf;
	size_t len = c < 0x80   ? 1
		     : c < 0xc2 ? 0
		     : c < 0xe0 ? 2
		     : c < 0xf0 ? 3
		     : c < 0xf5 ? 4
				: 0;

	if (len > n)
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	if (c == 0xed)
		high = 0x9f;
	if (c == 0xf0)
		low = 0x90;
	if (c == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < len; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

void
drip_utf8(struct buf *b, struct str s)
{
	bool bad = false;

	for (size_t i = 0, len; i < s.n; i += len ? len : 1) {
		len = utf8_len((const unsigned char *)s.s + i, s.n - i);
		if (len)
			buf_put(b, s.s + i, len);
		else if (!bad || ((unsigned char)s.s[i] & 0xc0) != 0x80)
			buf_puts(b, "\xef\xbf\xbd");
		bad = !len;
	}
}

void
drip_decode(struct buf *b, const struct tok *t, const int32_t *id, size_t n)
{
	int32_t *known;
	size_t m = 0;
	struct err e;

	if (tok_decode(t, id, n, TOK_SKIP_SPECIAL, b, &e))
		return;
	known = need_alloc(n * sizeof *known);
	for (size_t i = 0; i < n; i++)
		if (tok_piece(t, id[i]).s)
			known[m++] = id[i];
	tok_decode(t, known, m, TOK_SKIP_SPECIAL, b, &e);
	free(known);
}

/* The bytes of tokens not seen before. A decoder treats the beginning of a
 * text apart, never what follows. */
static void
more_raw(struct drip *d, const struct tok *t, const int32_t *id, size_t n)
{
	if (!d->raw.n)
		drip_decode(&d->raw, t, id, n);
	else
		for (; d->ids < n; d->ids++)
			if (!tok_special(t, id[d->ids]))
				buf_str(&d->raw, tok_piece(t, id[d->ids]));
	d->ids = n;
}

/* The longest end of s that t begins with, all of t left aside. */
static size_t
begun(struct str s, struct str t)
{
	size_t n = t.n && t.n - 1 < s.n ? t.n - 1 : s.n;

	while (n && memcmp(s.s + s.n - n, t.s, n) != 0)
		n--;
	return t.n ? n : 0;
}

struct str
drip_more(struct drip *d, const struct tok *t, const int32_t *id, size_t n,
    const struct str *stop, size_t stops)
{
	size_t held = 0, cut = d->from, end;

	more_raw(d, t, id, n);
	for (size_t i = 0; i < stops; i++) {
		size_t k = begun((struct str){ d->raw.s, d->raw.n }, stop[i]);

		held = k > held ? k : held;
	}
	end = d->raw.n - held;
	for (size_t i = cut, len; i < end; i += len ? len : 1) {
		len = utf8_len((unsigned char *)d->raw.s + i, end - i);
		cut = len ? i + len : cut;
	}
	buf_reset(&d->clean);
	if (cut > d->from)
		drip_utf8(&d->clean,
		    (struct str){ d->raw.s + d->from, cut - d->from });
	d->from = cut;
	d->given += d->clean.n;
	return (struct str){ d->clean.n ? d->clean.s : "", d->clean.n };
}

struct str
drip_rest(const struct drip *d, struct str text)
{
	assert(d->given <= text.n);
	return (struct str){ text.s + d->given, text.n - d->given };
}

void
drip_done(struct drip *d)
{
	buf_done(&d->raw);
	buf_done(&d->clean);
	*d = (struct drip){ 0 };
}
