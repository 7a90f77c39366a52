/* Python's two ways to format: "..." % values and "...".format(values). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libcore/jinja_in.h"

/* [[fill]align][sign][#][0][width][,][.precision][type] */
struct spec {
	struct str fill;
	char align, sign, type;
	bool alt, zero, comma;
	int64_t width, prec; /* prec -1: none */
};

enum { WIDEST = 100000 };

static int64_t
digits(struct rt *r, struct str s, size_t *at)
{
	int64_t n = 0;

	for (; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9'; ++*at) {
		n = 10 * n + (s.s[*at] - '0');
		if (n > WIDEST)
			fail(r, "format: a width beyond %d", WIDEST);
	}
	return n;
}

static void
padded(struct rt *r, struct sb *b, struct str sign, struct str body,
    const struct spec *sp, char align)
{
	int64_t more =
	    sp->width - (int64_t)(text_len(r, sign) + text_len(r, body));
	int64_t left;

	if (sp->align)
		align = sp->align;
	left = align == '>' ? more : align == '^' ? more / 2 : 0;
	for (int64_t i = 0; i < left; i++)
		sb_put(r, b, sp->fill);
	sb_put(r, b, sign);
	if (align == '=')
		for (int64_t i = 0; i < more; i++)
			sb_put(r, b, sp->fill);
	sb_put(r, b, body);
	if (align == '<' || align == '^')
		for (int64_t i = left; i < more; i++)
			sb_put(r, b, sp->fill);
}

static struct str
sign_of(bool minus, char sign)
{
	return minus         ? STR("-")
	       : sign == '+' ? STR("+")
	       : sign == ' ' ? STR(" ")
			     : STR("");
}

static void
whole(struct rt *r, struct sb *b, struct val v, const struct spec *sp)
{
	char s[80], out[120];
	int64_t i = 0;
	struct str body, sign;
	bool minus;
	size_t n = 0, k = 0;

	if (v.type == V_BIG) {
		minus = v.s.s[0] == '-';
		body = (struct str){ v.s.s + minus, v.s.n - minus };
		if (sp->type && sp->type != 'd')
			fail(r, "format: a whole number beyond 64 bits");
		padded(r, b, sign_of(minus, sp->sign), body, sp, '>');
		return;
	}
	v_whole(v, &i);
	minus = i < 0;
	uint64_t u = minus ? 0 - (uint64_t)i : (uint64_t)i;

	if (sp->type == 'x' || sp->type == 'X' || sp->type == 'o')
		snprintf(s, sizeof s,
		    sp->type == 'o'   ? "%llo"
		    : sp->type == 'x' ? "%llx"
				      : "%llX",
		    (unsigned long long)u);
	else if (sp->type == 'b') {
		for (n = 63; n && !(u >> n & 1);)
			n--;
		for (k = 0; k <= n; k++)
			s[k] = (char)('0' + (u >> (n - k) & 1));
		s[k] = '\0';
	} else
		snprintf(s, sizeof s, "%llu", (unsigned long long)u);
	n = strlen(s);
	for (size_t c = k = 0; c < n; c++) {
		if (sp->comma && c && (n - c) % 3 == 0)
			out[k++] = ',';
		out[k++] = s[c];
	}
	body = (struct str){ out, k };
	sign = sign_of(minus, sp->sign);
	if (sp->alt && sp->type && strchr("xXob", sp->type)) {
		char pre[4] = { minus ? '-' : '0', minus ? '0' : sp->type,
			minus ? sp->type : 0, 0 };

		sign = str_of(pre);
		padded(r, b, sign, body, sp, '>');
		return;
	}
	padded(r, b, sign, body, sp, '>');
}

static void
real(struct rt *r, struct sb *b, double x, const struct spec *sp)
{
	char fmt[16], s[512], out[700];
	int prec = (int)(sp->prec < 0 ? 6 : sp->prec > 100 ? 100 : sp->prec);
	char type = sp->type;
	bool minus = signbit(x) && x == x;
	size_t n, whole_part, k = 0;

	if (sp->prec > 100)
		fail(r, "format: a precision beyond 100");
	x = fabs(x);
	if (type == '%')
		x *= 100;
	if (!isfinite(x)) {
		snprintf(s, sizeof s, x != x ? "nan" : "inf");
	} else if (!type && sp->prec < 0) {
		s[num_real(s, x)] = '\0';
	} else {
		snprintf(fmt, sizeof fmt, "%%%s.%d%c", sp->alt ? "#" : "",
		    type == 'g' || type == 'G' || !type ? (prec ? prec : 1)
							: prec,
		    type == '%' ? 'f'
		    : type == 0 ? 'g'
				: type);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(s, sizeof s, fmt, x);
#pragma GCC diagnostic pop
	}
	n = strlen(s);
	whole_part = strspn(s, "0123456789");
	for (size_t c = 0; c < n; c++) {
		if (sp->comma && c && c < whole_part &&
		    (whole_part - c) % 3 == 0)
			out[k++] = ',';
		out[k++] = s[c];
	}
	if (type == '%')
		out[k++] = '%';
	padded(r, b, sign_of(minus, sp->sign), (struct str){ out, k }, sp, '>');
}

static void
one(struct rt *r, struct sb *b, struct val v, const struct spec *sp)
{
	struct str s;
	double x = 0;
	bool is_int = v.type == V_INT || v.type == V_BIG || v.type == V_BOOL;

	if (is_int && (!sp->type || strchr("dxXob", sp->type))) {
		if (v.type == V_BOOL && !sp->type)
			goto plain;
		whole(r, b, v, sp);
		return;
	}
	if ((is_int || v.type == V_REAL) && sp->type != 's' &&
	    (!sp->type || strchr("fFeEgG%", sp->type))) {
		v_number(v, &x);
		real(r, b, x, sp);
		return;
	}
	if (sp->type && sp->type != 's')
		fail(r, "format: '%c' for a '%s'", sp->type, v_type(v));
plain:
	s = v_text(r, v);
	if (sp->prec >= 0)
		s.n = text_at(s, 0, (size_t)sp->prec);
	padded(r, b, STR(""), s, sp, '<');
}

/* ---- "..." % values ---- */
static struct val
next_value(struct rt *r, struct val values, size_t *used)
{
	if (values.type != V_TUPLE) {
		if ((*used)++)
			fail(r, "format: not enough values");
		return values;
	}
	if (*used == values.q->n)
		fail(r, "format: not enough values");
	return values.q->v[(*used)++];
}

static size_t
percent_flags(struct rt *r, struct str f, size_t i, struct spec *sp,
    struct val values, size_t *used)
{
	for (; i < f.n && strchr("-+ #0", f.s[i]) && f.s[i]; i++) {
		sp->align = f.s[i] == '-' ? '<' : sp->align;
		sp->zero |= f.s[i] == '0';
		sp->alt |= f.s[i] == '#';
		if (f.s[i] == '+' || (f.s[i] == ' ' && sp->sign != '+'))
			sp->sign = f.s[i];
	}
	if (i < f.n && f.s[i] == '*') {
		sp->width = arg_int(r, "format", next_value(r, values, used));
		if (sp->width > WIDEST || sp->width < 0)
			fail(r, "format: a width beyond %d", WIDEST);
		i++;
	} else {
		sp->width = digits(r, f, &i);
	}
	if (i < f.n && f.s[i] == '.') {
		i++;
		sp->prec = digits(r, f, &i);
	}
	while (i < f.n && (f.s[i] == 'l' || f.s[i] == 'h'))
		i++;
	return i;
}

static void
percent_one(
    struct rt *r, struct sb *b, struct val v, struct spec *sp, char type)
{
	struct sb text = { 0 };
	double x = 0;

	sp->type = type == 'i' || type == 'u' ? 'd' : type;
	if (type == 's' || type == 'r' || type == 'c') {
		sp->type = 's';
		sp->sign = 0;
		if (type == 'c')
			fail(r, "format: '%%c' is not supported");
		if (type == 'r') {
			v_repr(r, &text, v);
			v = v_str(sb_text(&text));
		}
		v = v_str(v_text(r, v));
		if (!sp->align)
			sp->align = '>';
		one(r, b, v, sp);
		return;
	}
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (!v_number(v, &x))
		fail(r, "format: '%%%c' for a '%s'", type, v_type(v));
	if (sp->type == 'd' && v.type == V_REAL) {
		if (!(fabs(x) < 9e18))
			fail(r, "format: a number beyond 64 bits");
		v = v_int((int64_t)x);
	}
	if (sp->zero && !sp->align) {
		sp->fill = STR("0");
		sp->align = '=';
	}
	if (sp->type == 'd')
		sp->prec = -1;
	one(r, b, v, sp);
}

struct str
text_percent(struct rt *r, struct str f, struct val values)
{
	struct sb b = { 0 };
	size_t used = 0, i, from;

	for (i = 0; i < f.n;) {
		struct spec sp = { .fill = STR(" "), .prec = -1 };
		struct val v = values;
		bool named = false;

		for (from = i; i < f.n && f.s[i] != '%';)
			i++;
		sb_put(r, &b, (struct str){ f.s + from, i - from });
		if (i == f.n)
			break;
		i++;
		if (i < f.n && f.s[i] == '(') {
			const char *end = memchr(f.s + i, ')', f.n - i);

			if (!end || values.type != V_DICT)
				fail(r, "format: names need a mapping");
			from = i + 1;
			i = (size_t)(end - f.s) + 1;
			v = v_item(r, values,
			    v_str((struct str){ f.s + from, i - 1 - from }));
			named = true;
		}
		i = percent_flags(r, f, i, &sp, values, &used);
		if (i == f.n)
			fail(r, "format: the text ends inside a '%%'");
		if (f.s[i] == '%') {
			sb_char(r, &b, '%');
			i++;
			continue;
		}
		if (!f.s[i] || !strchr("diusrcxXofFeEgG", f.s[i]))
			fail(r, "format: '%%%c' is not supported",
			    f.s[i] > ' ' && f.s[i] < 127 ? f.s[i] : '?');
		if (!named)
			v = next_value(r, values, &used);
		percent_one(r, &b, v, &sp, f.s[i++]);
	}
	if (values.type == V_TUPLE
		? used < values.q->n
		: !used && values.type != V_DICT && values.type != V_LIST)
		fail(r, "format: not all values are used");
	return sb_text(&b);
}

/* ---- "...".format(values) ---- */
static void
parse_spec(struct rt *r, struct str s, struct spec *sp)
{
	size_t i = 0, next = s.n ? text_next(s, 0, NULL) : 0;

	*sp = (struct spec){ .fill = STR(" "), .prec = -1 };
	if (next < s.n && s.s[next] && strchr("<>=^", s.s[next])) {
		sp->fill = (struct str){ s.s, next };
		sp->align = s.s[next];
		i = next + 1;
	} else if (s.n && s.s[0] && strchr("<>=^", s.s[0])) {
		sp->align = s.s[i++];
	}
	if (i < s.n && s.s[i] && strchr("+- ", s.s[i]))
		sp->sign = s.s[i++];
	if (i < s.n && s.s[i] == '#')
		sp->alt = ++i;
	if (i < s.n && s.s[i] == '0') {
		i++;
		if (!sp->align) {
			sp->align = '=';
			sp->fill = STR("0");
		}
	}
	sp->width = digits(r, s, &i);
	if (i < s.n && s.s[i] == ',')
		sp->comma = ++i;
	if (i < s.n && s.s[i] == '.') {
		i++;
		sp->prec = digits(r, s, &i);
	}
	if (i < s.n)
		sp->type = s.s[i++];
	if (i != s.n || (sp->type && !strchr("sdxXobfFeEgG%", sp->type)))
		fail(r, "format: '%.*s' is not supported",
		    (int)(s.n > 40 ? 40 : s.n), s.s);
}

/* The value a field names: a number, a name or nothing, then .a and [b]. */
static struct val
field_value(struct rt *r, struct str f, struct args *a, size_t *next)
{
	size_t i = 0, from;
	struct str name;
	struct val v = { 0 }, key;
	bool found = false;

	while (i < f.n && f.s[i] != '.' && f.s[i] != '[')
		i++;
	name = (struct str){ f.s, i };
	if (!name.n || (name.s[0] >= '0' && name.s[0] <= '9')) {
		from = 0;
		size_t k = name.n ? (size_t)digits(r, name, &from) : (*next)++;

		if (k >= a->n)
			fail(r, "format: there is no value %zu", k);
		v = a->v[k];
		found = true;
	}
	for (size_t k = 0; !found && k < a->nkw; k++)
		if (str_same(a->kw[k].name, name)) {
			v = a->kw[k].v;
			found = true;
		}
	if (!found)
		fail(
		    r, "format: there is no value '%.*s'", (int)name.n, name.s);
	while (i < f.n) {
		char open = f.s[i++];

		from = i;
		while (
		    i < f.n && (open == '[' ? f.s[i] != ']'
					    : f.s[i] != '.' && f.s[i] != '['))
			i++;
		name = (struct str){ f.s + from, i - from };
		if (open == '.') {
			v = v_attr(r, v, name);
			continue;
		}
		i++;
		if (!text_parse_int(name, 10, &key) || key.type != V_INT)
			key = v_str(name);
		v = v_item(r, v, key);
		if (v.type == V_UNDEF)
			v_undefined(r, v);
	}
	return v;
}

static void
field(struct rt *r, struct sb *b, struct str f, struct args *a, size_t *next)
{
	size_t end = 0, colon;
	struct spec sp;
	struct str spec = STR("");
	struct sb text = { 0 };
	struct val v;
	char convert = 0;

	while (end < f.n && f.s[end] != '!' && f.s[end] != ':') {
		if (f.s[end] == '[')
			while (end < f.n && f.s[end] != ']')
				end++;
		if (end < f.n)
			end++;
	}
	colon = end;
	if (end < f.n && f.s[end] == '!') {
		convert = end + 1 < f.n ? f.s[end + 1] : 0;
		colon = end + 2;
		if ((convert != 'r' && convert != 's') ||
		    (colon < f.n && f.s[colon] != ':'))
			fail(r, "format: a conversion that is not supported");
	}
	if (colon < f.n)
		spec = (struct str){ f.s + colon + 1, f.n - colon - 1 };
	v = field_value(r, (struct str){ f.s, end }, a, next);
	if (spec.n && memchr(spec.s, '{', spec.n))
		spec = text_format(r, spec, a);
	parse_spec(r, spec, &sp);
	if (convert == 'r') {
		v_repr(r, &text, v);
		v = v_str(sb_text(&text));
	} else if (convert == 's') {
		v = v_str(v_text(r, v));
	}
	if (spec.n && v.type != V_STR && v.type != V_REAL && v.type != V_INT &&
	    v.type != V_BIG && v.type != V_BOOL)
		fail(r, "format: a specification for a '%s'", v_type(v));
	one(r, b, v, &sp);
}

struct str
text_format(struct rt *r, struct str f, struct args *a)
{
	struct sb b = { 0 };
	size_t next = 0, from, depth;

	if (++r->depth > JINJA_DEPTH)
		fail(r, "values or calls nest too deeply");
	for (size_t i = 0; i < f.n;) {
		char c = f.s[i++];

		if ((c == '{' || c == '}') && i < f.n && f.s[i] == c) {
			sb_char(r, &b, c);
			i++;
		} else if (c == '{') {
			for (from = i, depth = 1; i < f.n; i++) {
				depth += f.s[i] == '{';
				if (f.s[i] == '}' && !--depth)
					break;
			}
			if (i == f.n)
				fail(r, "format: a '{' is not closed");
			field(r, &b, (struct str){ f.s + from, i - from }, a,
			    &next);
			i++;
		} else if (c == '}') {
			fail(r, "format: a single '}'");
		} else {
			for (from = i - 1;
			     i < f.n && f.s[i] != '{' && f.s[i] != '}';)
				i++;
			sb_put(r, &b, (struct str){ f.s + from, i - from });
		}
	}
	r->depth--;
	return sb_text(&b);
}
