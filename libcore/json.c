#include "libcore/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The parser walks the text once. `open` is the chain of containers not yet
 * closed: each keeps its parent's index in `skip` until it is closed. */
struct parser {
	struct json_doc *d;
	const unsigned char *s;
	size_t at, len;
	struct err *e;
};

static bool
fail(struct parser *p, const char *why)
{
	return err_set(p->e, "%s", why);
}

static void
space(struct parser *p)
{
	while (
	    p->at < p->len && (p->s[p->at] == ' ' || p->s[p->at] == '\t' ||
				  p->s[p->at] == '\n' || p->s[p->at] == '\r'))
		p->at++;
}

static struct json *
node(struct parser *p, enum json_type type)
{
	struct json_doc *d = p->d;

	if (d->used == d->room) {
		d->room = d->room ? 2 * d->room : 64;
		d->tape = need_grow(d->tape, d->room, sizeof *d->tape);
	}
	d->tape[d->used] = (struct json){
		.type = (uint8_t)type, .at = (uint32_t)p->at, .skip = 1
	};
	return &d->tape[d->used++];
}

/* Bytes of the UTF-8 sequence at s, 0 if it is not one (RFC 3629). */
static inline size_t
utf8(const unsigned char *s, size_t n)
{
	size_t len = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (!len || s[0] > 0xf4 || n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static int
hex4(const unsigned char *s)
{
	int x = 0;

	for (int i = 0; i < 4; i++) {
		int c = s[i] | 32;

		if (s[i] >= '0' && s[i] <= '9')
			x = x * 16 + s[i] - '0';
		else if (c >= 'a' && c <= 'f')
			x = x * 16 + c - 'a' + 10;
		else
			return -1;
	}
	return x;
}

/* Eight bytes that a string may hold as they are: ASCII, no control
 * character, no quote, no backslash. ones * c is c in every byte; a byte of
 * x - ones * c borrows from its top bit where it was below c. */
static bool
plain8(const unsigned char *s)
{
	const uint64_t ones = UINT64_MAX / 255, top = ones * 0x80;
	uint64_t x, quote, slash;

	memcpy(&x, s, 8);
	quote = x ^ ones * '"';
	slash = x ^ ones * '\\';
	return !(
	    (x | (x - ones * 0x20) | (quote - ones) | (slash - ones)) & top);
}

/* To the next byte of a string that needs a look, or the end. */
static void
plain(struct parser *p)
{
	while (p->len - p->at >= 8 && plain8(p->s + p->at))
		p->at += 8;
	while (p->at < p->len && p->s[p->at] >= 0x20 && p->s[p->at] < 0x80 &&
	       p->s[p->at] != '"' && p->s[p->at] != '\\')
		p->at++;
}

static bool
escape(struct parser *p)
{
	unsigned char c;

	if (p->len - p->at < 2)
		return fail(p, "string without an end");
	c = p->s[p->at + 1];
	if (c == 'u') {
		if (p->len - p->at < 6 || hex4(p->s + p->at + 2) < 0)
			return fail(p, "bad \\u escape in a string");
		p->at += 6;
		return true;
	}
	if (c != 'n' && c != '"' && (!c || !strchr("\\/bfrt", c)))
		return fail(p, "bad escape in a string");
	p->at += 2;
	return true;
}

static bool
string(struct parser *p)
{
	struct json *v = node(p, JSON_STRING);
	unsigned char c;
	size_t n;

	for (p->at++;;) {
		plain(p);
		if (p->at == p->len)
			return fail(p, "string without an end");
		c = p->s[p->at];
		if (c == '"') {
			v->end = (uint32_t)++p->at;
			return true;
		}
		if (c == '\\') {
			v->escaped = 1;
			if (!escape(p))
				return false;
		} else if (c < 0x20)
			return fail(p, "control character in a string");
		while (p->at < p->len && p->s[p->at] >= 0x80) {
			n = utf8(p->s + p->at, p->len - p->at);
			if (!n)
				return fail(p, "invalid UTF-8");
			p->at += n;
		}
	}
}

static size_t
digits(struct parser *p)
{
	size_t from = p->at;

	while (p->at < p->len && p->s[p->at] >= '0' && p->s[p->at] <= '9')
		p->at++;
	return p->at - from;
}

static bool
number(struct parser *p)
{
	struct json *v = node(p, JSON_NUMBER);
	size_t from;

	if (p->s[p->at] == '-')
		p->at++;
	from = p->at;
	if (!digits(p))
		return fail(p, "not a JSON value");
	if (p->s[from] == '0' && p->at - from > 1) {
		p->at = from;
		return fail(p, "number with a leading zero");
	}
	if (p->at < p->len && p->s[p->at] == '.') {
		p->at++;
		if (!digits(p))
			return fail(p, "number without digits after the point");
	}
	if (p->at < p->len && (p->s[p->at] | 32) == 'e') {
		p->at++;
		if (p->at < p->len &&
		    (p->s[p->at] == '+' || p->s[p->at] == '-'))
			p->at++;
		if (!digits(p))
			return fail(p, "number without digits in its exponent");
	}
	v->end = (uint32_t)p->at;
	return true;
}

static bool
word(struct parser *p, const char *w, enum json_type type)
{
	size_t n = strlen(w);
	struct json *v;

	if (p->len - p->at < n || memcmp(p->s + p->at, w, n))
		return fail(p, "not a JSON value");
	v = node(p, type);
	v->end = (uint32_t)(p->at += n);
	return true;
}

static bool
scalar(struct parser *p)
{
	switch (p->s[p->at]) {
	case '"':
		return string(p);
	case 't':
		return word(p, "true", JSON_TRUE);
	case 'f':
		return word(p, "false", JSON_FALSE);
	case 'n':
		return word(p, "null", JSON_NULL);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return number(p);
	default:
		if (p->s[p->at] >= 0x80 && !utf8(p->s + p->at, p->len - p->at))
			return fail(p, "invalid UTF-8");
		return fail(p, "not a JSON value");
	}
}

static bool
key(struct parser *p)
{
	space(p);
	if (p->at == p->len || p->s[p->at] != '"')
		return fail(p, "a key in quotes is missing");
	if (!string(p))
		return false;
	space(p);
	if (p->at == p->len || p->s[p->at] != ':')
		return fail(p, "':' is missing after a key");
	p->at++;
	return true;
}

/* After a value: close what ends here. True when the root is complete. */
static bool
closes(struct parser *p, size_t *up, unsigned *deep, bool *more)
{
	*more = false;
	while (*deep) {
		struct json *v = &p->d->tape[*up];
		unsigned char end = v->type == JSON_OBJECT ? '}' : ']';

		space(p);
		if (p->at == p->len)
			return fail(p, "the text ends inside a container");
		if (p->s[p->at] == ',') {
			p->at++;
			v->n++;
			*more = true;
			return v->type == JSON_ARRAY || key(p);
		}
		if (p->s[p->at] != end)
			return fail(p, end == '}' ? "',' or '}' is missing"
						  : "',' or ']' is missing");
		v->n++;
		v->end = (uint32_t)++p->at;
		*up = v->skip;
		v->skip = (uint32_t)(p->d->used - (size_t)(v - p->d->tape));
		--*deep;
	}
	return true;
}

static bool
parse(struct parser *p, unsigned depth)
{
	size_t up = 0; /* the innermost open container */
	unsigned deep = 0;
	bool more = true;

	while (more) {
		space(p);
		if (p->at == p->len)
			return fail(
			    p, p->d->used ? "a value is missing" : "no value");
		if (p->s[p->at] == '{' || p->s[p->at] == '[') {
			bool object = p->s[p->at] == '{';
			struct json *v;

			if (deep == depth)
				return fail(p, "nested too deeply");
			v = node(p, object ? JSON_OBJECT : JSON_ARRAY);
			p->at++;
			space(p);
			if (p->at == p->len ||
			    p->s[p->at] != (object ? '}' : ']')) {
				v->skip = (uint32_t)up;
				up = p->d->used - 1;
				deep++;
				if (object && !key(p))
					return false;
				continue;
			}
			v->end = (uint32_t)++p->at;
		} else if (!scalar(p))
			return false;
		if (!closes(p, &up, &deep, &more))
			return false;
	}
	space(p);
	return p->at == p->len || fail(p, "something follows the value");
}

bool
json_parse(struct json_doc *d, const char *text, size_t len, unsigned depth,
    size_t *at, struct err *e)
{
	struct parser p = { d, (const unsigned char *)text, 0, len, e };
	bool ok;

	d->text = text;
	d->len = len;
	d->used = 0;
	if (len >= UINT32_MAX) {
		*at = 0;
		return err_set(e, "longer than 4 GiB");
	}
	ok = parse(&p, depth);
	*at = p.at;
	return ok;
}

void
json_done(struct json_doc *d)
{
	free(d->tape);
	*d = (struct json_doc){ 0 };
}

const struct json *
json_first(const struct json *v)
{
	return v + 1;
}

const struct json *
json_next(const struct json *v)
{
	return v + v->skip;
}

const struct json *
json_member(const struct json *k)
{
	return k + 1 + k[1].skip;
}

/* Four hex digits that json_parse has checked. */
static unsigned
code_unit(const char *s)
{
	return (unsigned)hex4((const unsigned char *)s);
}

static char *
put_utf8(char *o, unsigned c)
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

/* Unescape s[0, n) into o, which has room for n; NULL: lone surrogate. */
static char *
unescape(char *o, const char *s, size_t n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	for (size_t i = 0; i < n;) {
		unsigned c, low;

		if (s[i] != '\\') {
			*o++ = s[i++];
			continue;
		}
		if (s[i + 1] != 'u') {
			*o++ = to[strchr(from, s[i + 1]) - from];
			i += 2;
			continue;
		}
		c = code_unit(s + i + 2);
		i += 6;
		if (c >= 0xd800 && c < 0xe000) {
			if (c >= 0xdc00 || n - i < 6 || s[i] != '\\' ||
			    s[i + 1] != 'u')
				return NULL;
			low = code_unit(s + i + 2);
			if (low < 0xdc00 || low > 0xdfff)
				return NULL;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 6;
		}
		o = put_utf8(o, c);
	}
	return o;
}

struct str
json_str(const struct json_doc *d, const struct json *v, struct arena *mem)
{
	const char *s;
	char *o, *end;
	size_t n;

	if (!json_is(v, JSON_STRING))
		return (struct str){ 0 };
	s = d->text + v->at + 1;
	n = v->end - v->at - 2;
	if (!v->escaped)
		return (struct str){ s, n };
	o = arena_take(mem, n + 1);
	end = unescape(o, s, n);
	if (!end)
		return (struct str){ 0 };
	return (struct str){ o, (size_t)(end - o) };
}

static bool
key_is(const struct json_doc *d, const struct json *k, struct str want)
{
	const char *s = d->text + k->at + 1;
	size_t n = k->end - k->at - 2;
	char *t, *end;
	bool same;

	if (!k->escaped)
		return n == want.n && !memcmp(s, want.s, n);
	if (n < want.n)
		return false;
	t = need_alloc(n);
	end = unescape(t, s, n);
	same = end && (size_t)(end - t) == want.n && !memcmp(t, want.s, want.n);
	free(t);
	return same;
}

const struct json *
json_get(const struct json_doc *d, const struct json *v, const char *name)
{
	const struct json *k, *got = NULL;
	struct str want = str_of(name);

	if (!json_is(v, JSON_OBJECT))
		return NULL;
	k = json_first(v);
	for (uint32_t i = 0; i < v->n; i++, k = json_member(k))
		if (key_is(d, k, want))
			got = k + 1;
	return got;
}

unsigned
json_count(const struct json_doc *d, const struct json *v, const char *name)
{
	struct str want = str_of(name);
	const struct json *k;
	unsigned n = 0;

	if (!json_is(v, JSON_OBJECT))
		return 0;
	k = json_first(v);
	for (uint32_t i = 0; i < v->n; i++, k = json_member(k))
		n += key_is(d, k, want);
	return n;
}

struct str
json_raw(const struct json_doc *d, const struct json *v)
{
	return (struct str){ d->text + v->at, v->end - v->at };
}

bool
json_real(const struct json_doc *d, const struct json *v, double *x)
{
	return json_is(v, JSON_NUMBER) && num_parse(json_raw(d, v), x);
}

bool
json_int(const struct json_doc *d, const struct json *v, int64_t *x)
{
	double r;

	if (!json_is(v, JSON_NUMBER))
		return false;
	if (num_parse_int(json_raw(d, v), x))
		return true;
	if (!num_parse(json_raw(d, v), &r) || !(r > -9e15 && r < 9e15) ||
	    r != (double)(int64_t)r)
		return false;
	*x = (int64_t)r;
	return true;
}

bool
json_is(const struct json *v, enum json_type type)
{
	return v && v->type == type;
}

bool
json_load(struct json_doc *d, const char *path, size_t max, char **text,
    struct err *e)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	struct err why;
	size_t n, at;

	*text = NULL;
	if (!f)
		return err_set(
		    e, "cannot open '%s': %s", path, strerror(errno));
	do {
		buf_need(&b, 1 << 16);
		n = fread(b.s + b.n, 1, 1 << 16, f);
		b.n += n;
	} while (n && b.n <= max);
	n = (size_t)ferror(f);
	fclose(f);
	if (n || b.n > max) {
		buf_done(&b);
		return n ? err_set(e, "cannot read '%s'", path)
			 : err_set(
			       e, "'%s' is longer than %zu bytes", path, max);
	}
	*text = b.s;
	if (json_parse(d, b.s, b.n, 1024, &at, &why))
		return true;
	return err_set(e, "'%s': byte %zu: %s", path, at + 1, why.why);
}
