#include "libcore/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str
str_of(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

bool
str_eq(struct str a, const char *s)
{
	return str_same(a, str_of(s));
}

bool
str_same(struct str a, struct str b)
{
	return a.n == b.n && (!a.n || !memcmp(a.s, b.s, a.n));
}

void
buf_need(struct buf *b, size_t more)
{
	size_t room = b->room;

	if (b->room - b->n > more)
		return;
	if (more > SIZE_MAX / 2 - b->n)
		die("out of memory (%zu bytes)", more);
	if (room < 64)
		room = 64;
	while (room - b->n <= more)
		room += room / 2;
	b->s = need_grow(b->s, room, 1);
	b->room = room;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	buf_need(b, n);
	if (n)
		memcpy(b->s + b->n, p, n);
	b->s[b->n += n] = '\0';
}

void
buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.s, s.n);
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("cannot format '%s'", fmt);
	buf_need(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	if (b->s)
		b->s[0] = '\0';
}

void
buf_done(struct buf *b)
{
	free(b->s);
	*b = (struct buf){ 0 };
}

void
buf_json_str(struct buf *b, struct str t)
{
	static const char hex[] = "0123456789abcdef";
	static const char letter[0x20] = {
		['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
	};
	size_t from = 0;

	buf_char(b, '"');
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.s[i];
		char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		char two[2] = { '\\', 0 };

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_put(b, t.s + from, i - from);
		from = i + 1;
		two[1] = c == '"' || c == '\\' ? (char)c : letter[c];
		if (two[1])
			buf_put(b, two, 2);
		else
			buf_put(b, u, 6);
	}
	buf_put(b, t.s + from, t.n - from);
	buf_char(b, '"');
}

void
buf_json_real(struct buf *b, double x)
{
	char s[32];

	if (isfinite(x))
		buf_put(b, s, num_real(s, x));
	else
		buf_puts(b, "null");
}

void
buf_json_float(struct buf *b, float x)
{
	char s[32];

	if (isfinite(x))
		buf_put(b, s, num_float(s, x));
	else
		buf_puts(b, "null");
}

void
buf_json_int(struct buf *b, int64_t x)
{
	buf_printf(b, "%lld", (long long)x);
}

bool
err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->why, sizeof e->why, fmt, ap);
	va_end(ap);
	return false;
}
