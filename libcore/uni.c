#include "libcore/uni.h"

#include <stdlib.h>
#include <string.h>

unsigned
utf8_put(char s[4], uint32_t c)
{
	if (c < 0x80) {
		s[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	s[0] = (char)(0xf0 | c >> 18);
	s[1] = (char)(0x80 | (c >> 12 & 0x3f));
	s[2] = (char)(0x80 | (c >> 6 & 0x3f));
	s[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* The first byte from i on that is not ASCII; eight at a time. */
static size_t
skip_ascii(const char *s, size_t i, size_t n)
{
	uint64_t w;

	for (; i + 8 <= n; i += 8) {
		memcpy(&w, s + i, 8);
		if (w & 0x8080808080808080u)
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

/* Length of the character at u, of which left bytes are there; 0 if it is
 * none. Source: Unicode Standard, table 3-7. */
static unsigned
utf8_len(const unsigned char *u, size_t left)
{
	unsigned len = u[0] < 0xc2   ? 0
		       : u[0] < 0xe0 ? 2
		       : u[0] < 0xf0 ? 3
		       : u[0] < 0xf5 ? 4
				     : 0;
	unsigned low = u[0] == 0xe0 ? 0xa0 : u[0] == 0xf0 ? 0x90 : 0x80;
	unsigned high = u[0] == 0xed ? 0x9f : u[0] == 0xf4 ? 0x8f : 0xbf;

	if (!len || left < len || u[1] < low || u[1] > high)
		return 0;
	for (unsigned k = 2; k < len; k++)
		if ((u[k] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
utf8_valid(struct str s, size_t *at)
{
	size_t i = 0;
	unsigned len;

	while ((i = skip_ascii(s.s, i, s.n)) < s.n) {
		len = utf8_len((const unsigned char *)s.s + i, s.n - i);
		if (!len) {
			*at = i;
			return false;
		}
		i += len;
	}
	return true;
}

/* One character on its way through: where its sources end in the text. */
struct mark {
	uint32_t c, end;
	uint32_t place; /* before ordering, which keeps equals in place */
	uint8_t ccc;
};

struct marks {
	struct mark *m;
	size_t n, room;
};

/* Hangul syllables are composed by rule: chapter 3.12. */
enum {
	S0 = 0xac00,
	L0 = 0x1100,
	V0 = 0x1161,
	T0 = 0x11a7,
	LS = 19,
	VS = 21,
	TS = 28,
	SS = LS * VS * TS,
};

static void
mark_put(struct marks *r, uint32_t c, uint32_t end)
{
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->m = need_grow(r->m, r->room, sizeof *r->m);
	}
	r->m[r->n] =
	    (struct mark){ c, end, (uint32_t)r->n, uni_ccc[uni_class(c)] };
	r->n++;
}

static const struct uni_pair *
pair_of(uint32_t c)
{
	size_t lo = 0, hi = uni_pairs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (uni_pair[mid].whole < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < uni_pairs && uni_pair[lo].whole == c ? &uni_pair[lo] : NULL;
}

/* Full canonical decomposition; it nests four deep at most. */
static void
decompose(struct marks *r, uint32_t c, uint32_t end)
{
	const struct uni_pair *p = c < 0xc0 ? NULL : pair_of(c);
	uint32_t s = c - S0;

	if (s < SS) {
		mark_put(r, L0 + s / (VS * TS), end);
		mark_put(r, V0 + s / TS % VS, end);
		if (s % TS)
			mark_put(r, T0 + s % TS, end);
	} else if (!p) {
		mark_put(r, c, end);
	} else {
		decompose(r, p->first, end);
		if (p->second)
			decompose(r, p->second, end);
	}
}

static int
by_class(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->ccc != y->ccc)
		return x->ccc < y->ccc ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* Canonical order: each run of non-starters by class, equals as they were. */
static void
order(struct marks *r)
{
	for (size_t i = 0, j; i < r->n; i = j) {
		j = i + 1;
		if (!r->m[i].ccc)
			continue;
		while (j < r->n && r->m[j].ccc)
			j++;
		if (j - i > 1)
			qsort(r->m + i, j - i, sizeof *r->m, by_class);
	}
}

/* The character that a and b compose to; 0 if none. */
static uint32_t
compose(uint32_t a, uint32_t b)
{
	size_t lo = 0, hi = uni_composes;

	if (a - L0 < LS && b - V0 < VS)
		return S0 + ((a - L0) * VS + (b - V0)) * TS;
	if (a - S0 < SS && (a - S0) % TS == 0 && b > T0 && b < T0 + TS)
		return a + (b - T0);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct uni_pair *p = &uni_pair[uni_compose[mid]];

		if (p->first == a && p->second == b)
			return p->whole;
		if (p->first < a || (p->first == a && p->second < b))
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

/* In place: m[0, n) shrinks to the composed form. */
static void
compose_all(struct marks *r)
{
	size_t starter = SIZE_MAX, n = 0;
	struct mark *m = r->m;
	uint32_t whole;

	for (size_t i = 0; i < r->n; i++) {
		/* not blocked: nothing between, or only lower classes */
		bool open = starter != SIZE_MAX &&
			    (n == starter + 1 ||
				(m[n - 1].ccc && m[n - 1].ccc < m[i].ccc));

		whole = open ? compose(m[starter].c, m[i].c) : 0;
		if (whole) {
			m[starter].c = whole;
			if (m[starter].end < m[i].end)
				m[starter].end = m[i].end;
			continue;
		}
		if (!m[i].ccc)
			starter = n;
		m[n++] = m[i];
	}
	r->n = n;
}

size_t
nfc_sure(struct str s)
{
	size_t before = 0, i = 0;
	unsigned len;

	while (i < s.n) {
		size_t a = skip_ascii(s.s, i, s.n);

		if (a > i)
			before = a - 1;
		if ((i = a) == s.n)
			break;
		if (uni_is(utf8_get(s.s + i, &len)) & UNI_UNSURE)
			return before;
		before = i;
		i += len;
	}
	return s.n;
}

static void
plain(struct buf *out, struct str s, size_t from, size_t to, uint32_t **map)
{
	size_t i = from;
	unsigned len;

	buf_put(out, s.s + from, to - from);
	while (*map && i < to) {
		utf8_get(s.s + i, &len);
		i += len;
		while (len--)
			*(*map)++ = (uint32_t)i;
	}
}

void
nfc_put(struct buf *out, struct str s, uint32_t *map)
{
	struct marks r = { 0 };
	size_t i = 0, start, stop;
	uint32_t c, end;
	unsigned len;
	char u[4];

	while (i < s.n) {
		start = i + nfc_sure((struct str){ s.s + i, s.n - i });
		plain(out, s, i, start, &map);
		r.n = 0;
		for (stop = start; stop < s.n; stop += len) {
			c = utf8_get(s.s + stop, &len);
			if (stop > start && !(uni_is(c) & UNI_UNSURE))
				break;
			decompose(&r, c, (uint32_t)(stop + len));
		}
		order(&r);
		compose_all(&r);
		end = 0;
		for (size_t k = 0; k < r.n; k++) {
			if (end < r.m[k].end)
				end = r.m[k].end;
			len = utf8_put(u, r.m[k].c);
			buf_put(out, u, len);
			while (map && len--)
				*map++ = end;
		}
		i = stop;
	}
	free(r.m);
}
