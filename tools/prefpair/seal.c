#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "tools/prefpair/prefpair.h"

/* RFC 4648, section 5: base64 that needs no quoting anywhere; no padding. */
static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
encode(struct buf *b, const unsigned char *s, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)s[i] << 16;
		size_t k = n - i < 3 ? n - i : 3;

		if (k > 1)
			v |= (uint32_t)s[i + 1] << 8;
		if (k > 2)
			v |= s[i + 2];
		for (size_t j = 0; j <= k; j++)
			buf_char(b, digits[v >> (18 - 6 * j) & 63]);
	}
}

/* NULL where it is no base64. */
static char *
decode(struct str s, struct arena *mem, size_t *n)
{
	char *out = arena_take(mem, s.n / 4 * 3 + 4);
	uint32_t v = 0;
	int bits = 0;

	*n = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *p = s.s[i] ? strchr(digits, s.s[i]) : NULL;

		if (!p)
			return NULL;
		v = v << 6 | (uint32_t)(p - digits);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		out[(*n)++] = (char)(v >> bits & 0xff);
		v &= (1u << bits) - 1;
	}
	out[*n] = '\0';
	return out;
}

/* Version, place and how many there are, hashes of the text, of the prompt and
 * of all the rest, which is last. */
void
seal(struct buf *b, const struct sealed *s)
{
	struct buf text = { 0 };

	buf_printf(&text,
	    "1 %zu/%zu %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " ", s->place,
	    s->of, s->text, s->ask, hash64(s->rest.s, s->rest.n));
	buf_str(&text, s->rest);
	encode(b, (const unsigned char *)text.s, text.n);
	buf_done(&text);
}

bool
unseal(struct str word, struct arena *mem, struct sealed *to)
{
	uint64_t rest;
	size_t n;
	int head = 0;
	char *s = decode(word, mem, &n);

	if (!s ||
	    sscanf(s, "1 %9zu/%9zu %16" SCNx64 " %16" SCNx64 " %16" SCNx64 "%n",
		&to->place, &to->of, &to->text, &to->ask, &rest, &head) != 5 ||
	    s[head] != ' ')
		return false;
	head++;
	to->rest = (struct str){ s + head, n - (size_t)head };
	return hash64(to->rest.s, to->rest.n) == rest;
}
