/*
 * Texts that are shown while they are drawn: the parts must make up the text
 * of the answer, whatever the tokens are cut into, and stop strings and broken
 * characters must never show.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/drip.h"
#include "libcore/hash.h"

/* The tokeniser: pieces that cut characters and stop strings anywhere. The
 * first is special, the last has no text; a space at the beginning goes. */
static const char *const pieces[] = { "<s>", " a", "b", "ab", "STO", "P", "S",
	"T", "OP", "\xe6\xb1\x89", "\xe6", "\xb1", "\x89", "\xf0\x9f",
	"\x98\x80", "\xff", "\x80", " ", "", "\xc3\xa9S", "END" };
enum { PIECES = sizeof pieces / sizeof *pieces };

bool
tok_special(const struct tok *t, int32_t id)
{
	(void)t;
	return id == 0;
}

struct str
tok_piece(const struct tok *t, int32_t id)
{
	(void)t;
	return id < PIECES ? str_of(pieces[id]) : (struct str){ 0 };
}

bool
tok_decode(const struct tok *t, const int32_t *id, size_t n, unsigned flags,
    struct buf *out, struct err *e)
{
	size_t had = out->n;

	(void)flags;
	for (size_t i = 0; i < n; i++) {
		struct str s = tok_piece(t, id[i]);

		if (!s.s) {
			out->n = had;
			return err_set(e, "no such token");
		}
		if (tok_special(t, id[i]))
			continue;
		if (out->n == had && s.n && s.s[0] == ' ')
			s = (struct str){ s.s + 1, s.n - 1 };
		buf_str(out, s);
	}
	return true;
}

static const struct str stops[] = { { "STOP", 4 }, { "TT", 2 },
	{ "\x89"
	  "E",
	    2 },
	{ "bEND", 4 } };
enum { STOPS = sizeof stops / sizeof *stops, MOST = 24 };
static int bad;

static void
expect(bool ok, const char *what, uint64_t seed)
{
	if (!ok && bad++ < 10)
		printf("FAIL seed %llu: %s\n", (unsigned long long)seed, what);
}

/* What a sample of these tokens is answered: cut before the first stop
 * string, cleaned. *ended: by a stop string. */
static void
answer(struct buf *b, const int32_t *id, size_t n, bool *ended)
{
	struct buf raw = { 0 };
	size_t end;

	buf_need(&raw, 1);
	drip_decode(&raw, NULL, id, n);
	end = raw.n;
	for (size_t i = 0; i < STOPS; i++) {
		char *p = memmem(raw.s, raw.n, stops[i].s, stops[i].n);

		if (p && (size_t)(p - raw.s) < end)
			end = (size_t)(p - raw.s);
	}
	*ended = end < raw.n;
	buf_reset(b);
	buf_need(b, 1);
	drip_utf8(b, (struct str){ raw.s, end });
	buf_done(&raw);
}

static void
sample(uint64_t seed, size_t *shown)
{
	int32_t id[MOST];
	struct drip d = { 0 };
	struct buf got = { 0 }, want = { 0 };
	bool ended = false;
	size_t n = 0;

	while (n < MOST && !ended) {
		id[n] = (int32_t)rng_below(PIECES + 1, seed, 0, n);
		answer(&want, id, ++n, &ended);
		if (!ended && n < MOST) {
			buf_str(&got, drip_more(&d, NULL, id, n, stops, STOPS));
			expect(d.given == got.n, "counted", seed);
		}
	}
	*shown += got.n;
	expect(got.n <= want.n && !memcmp(got.s ? got.s : "", want.s, got.n),
	    "the answer begins otherwise", seed);
	buf_str(&got, drip_rest(&d, (struct str){ want.s, want.n }));
	expect(got.n == want.n && (!got.n || !memcmp(got.s, want.s, got.n)),
	    "the rest is another", seed);
	drip_done(&d);
	buf_done(&got);
	buf_done(&want);
}

/* What is certain is shown at once. */
static void
at_once(void)
{
	static const struct {
		int32_t id[6];
		size_t n;
		const char *shown;
	} c[] = {
		{ { 2, 1 }, 2, "b a" },
		{ { 1, 4 }, 2, "a" },           /* STO may become STOP */
		{ { 1, 4, 2 }, 3, "aSTO" },     /* b may become bEND */
		{ { 1, 4, 2, 2 }, 4, "aSTOb" }, /* not so this one */
		{ { 1, 10 }, 2, "a" },          /* part of a character */
		{ { 1, 10, 11 }, 3, "a" },      /* more of it */
		{ { 1, 10, 11, 12, 2 }, 5, "a\xe6\xb1\x89" }, /* all */
		{ { 15, 3 }, 2,
		    "\xef\xbf\xbd"
		    "a" },
		{ { 0, 1, 0 }, 3, "a" },
		{ { PIECES, 1 }, 2, "a" },
	};

	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct drip d = { 0 };
		struct str s =
		    drip_more(&d, NULL, c[i].id, c[i].n, stops, STOPS);

		expect(str_eq(s, c[i].shown), c[i].shown, i);
		drip_done(&d);
	}
}

static void
utf8(void)
{
	static const struct {
		const char *in, *out;
	} c[] = {
		{ "abc \xe6\xb1\x89", "abc \xe6\xb1\x89" },
		{ "\xe6\xb1", "\xef\xbf\xbd" },
		{ "a\xff"
		  "b",
		    "a\xef\xbf\xbd"
		    "b" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd" },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98",
		    "\xf0\x9f\x98\x80\xef\xbf\xbd" },
		{ "\xc0\x80", "\xef\xbf\xbd" },
		{ "\xe6\xe6\xb1\x89", "\xef\xbf\xbd\xe6\xb1\x89" },
	};

	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct buf b = { 0 };

		drip_utf8(&b, str_of(c[i].in));
		expect(!strcmp(b.s, c[i].out), c[i].in, i);
		buf_done(&b);
	}
}

int
main(void)
{
	size_t shown = 0;

	utf8();
	at_once();
	for (uint64_t seed = 0; seed < 20000; seed++)
		sample(seed, &shown);
	expect(shown > 100000, "hardly anything is shown early", shown);
	return bad != 0;
}
