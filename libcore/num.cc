/* Numbers to text and back by <charconv>: exact, shortest, no locale. */
#include <charconv>
#include <cmath>
#include <cstring>

extern "C" {
#include "libcore/str.h"
}

/* Python's repr: digits of the shortest form, an exponent below 1e-4 and
 * from 1e16 on, otherwise a point with at least one digit after it. */
template <class T>
static size_t
shortest(char *out, T x)
{
	char sci[40], *o = out, digit[24] = {};
	size_t n = 0;
	int exp = 0;

	if (std::isnan(x))
		return memcpy(out, "nan", 3), 3;
	if (std::signbit(x))
		*o++ = '-', x = -x;
	if (std::isinf(x))
		return memcpy(o, "inf", 3), (size_t)(o - out) + 3;
	auto r = std::to_chars(sci, sci + sizeof sci, x,
	    std::chars_format::scientific);
	char *e = (char *)memchr(sci, 'e', (size_t)(r.ptr - sci));
	std::from_chars(e[1] == '+' ? e + 2 : e + 1, r.ptr, exp);
	for (char *p = sci; p < e; p++)
		if (*p != '.')
			digit[n++] = *p;
	if (exp < -4 || exp >= 16) {
		*o++ = digit[0];
		if (n > 1) {
			*o++ = '.';
			memcpy(o, digit + 1, n - 1);
			o += n - 1;
		}
		*o++ = 'e';
		*o++ = exp < 0 ? '-' : '+';
		if (exp < 0)
			exp = -exp;
		if (exp < 10)
			*o++ = '0';
		o = std::to_chars(o, o + 4, exp).ptr;
		return (size_t)(o - out);
	}
	if (exp < 0) {
		*o++ = '0';
		*o++ = '.';
		for (int i = -1; i > exp; i--)
			*o++ = '0';
		memcpy(o, digit, n);
		return (size_t)(o - out) + n;
	}
	for (size_t i = 0; i < n || i <= (size_t)exp + 1; i++) {
		if (i == (size_t)exp + 1)
			*o++ = '.';
		*o++ = i < n ? digit[i] : '0';
	}
	return (size_t)(o - out);
}

size_t
num_real(char s[32], double x)
{
	return shortest(s, x);
}

size_t
num_float(char s[32], float x)
{
	return shortest(s, x);
}

bool
num_parse(struct str t, double *x)
{
	auto r = std::from_chars(t.s, t.s + t.n, *x);

	if (r.ec == std::errc::result_out_of_range && r.ptr == t.s + t.n) {
		/* Too large or too small: the nearest double, as strtod. */
		bool tiny = false;
		for (size_t i = 0; i + 1 < t.n; i++)
			if ((t.s[i] == 'e' || t.s[i] == 'E') &&
			    t.s[i + 1] == '-')
				tiny = true;
		*x = tiny ? 0.0 : HUGE_VAL;
		if (t.n && t.s[0] == '-')
			*x = -*x;
		return true;
	}
	return t.n && r.ec == std::errc() && r.ptr == t.s + t.n;
}

bool
num_parse_int(struct str t, int64_t *x)
{
	auto r = std::from_chars(t.s, t.s + t.n, *x);

	return t.n && r.ec == std::errc() && r.ptr == t.s + t.n;
}
