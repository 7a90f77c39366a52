#include "libcore/onig.h"

#include <string.h>

/*
 * Letters and so on that Unicode 15 and 16 brought: PCRE2 10.42 has 14. None
 * lost its class. A newer PCRE2 has them twice, which does no harm.
 */
#define X(c) "\\x{" #c "}"
#define R(a, b) X(a) "-" X(b)
#define NEW_L                                                                \
	R(1c89, 1c8a)                                                        \
	R(a7cb, a7cd)                                                        \
	R(a7da, a7dc)                                                        \
	R(105c0, 105f3)                                                      \
	R(10d4a, 10d65) R(10d6f, 10d85) R(10ec2, 10ec4) R(1123f, 11240)      \
	    R(11380, 11389) X(1138b) X(1138e) R(11390, 113b5) X(113b7)       \
		X(113d1) X(113d3) R(11bc0, 11be0) X(11f02) R(11f04, 11f10)   \
		    R(11f12, 11f33) X(1342f) R(13441, 13446) R(13460, 143fa) \
			R(16100, 1611d) R(16d40, 16d6c) X(18cff) X(1b132)    \
			    X(1b155) R(1df25, 1df2a) R(1e030, 1e06d)         \
				R(1e4d0, 1e4eb) R(1e5d0, 1e5ed) X(1e5f0)     \
				    X(2b739) R(2ebf0, 2ee5d) R(31350, 323af)
#define NEW_Lu X(1c89) R(a7cb, a7cc) X(a7da) X(a7dc) R(10d50, 10d65)
#define NEW_Ll X(1c8a) X(a7cd) X(a7db) R(10d70, 10d85) R(1df25, 1df2a)
#define NEW_Lm   \
	X(10d4e) \
	X(10d6f) R(16d40, 16d42) R(16d6b, 16d6c) R(1e030, 1e06d) X(1e4eb)
#define NEW_Lo                                                               \
	R(105c0, 105f3)                                                      \
	R(10d4a, 10d4d)                                                      \
	X(10d4f)                                                             \
	R(10ec2, 10ec4)                                                      \
	R(1123f, 11240) R(11380, 11389) X(1138b) X(1138e) R(11390, 113b5)    \
	    X(113b7) X(113d1) X(113d3) R(11bc0, 11be0) X(11f02)              \
		R(11f04, 11f10) R(11f12, 11f33) X(1342f) R(13441, 13446)     \
		    R(13460, 143fa) R(16100, 1611d) R(16d43, 16d6a) X(18cff) \
			X(1b132) X(1b155) R(1e4d0, 1e4ea) R(1e5d0, 1e5ed)    \
			    X(1e5f0) X(2b739) R(2ebf0, 2ee5d) R(31350, 323af)
#define NEW_M                                                                  \
	X(897)                                                                 \
	X(cf3)                                                                 \
	X(ece)                                                                 \
	R(10d69, 10d6d)                                                        \
	R(10efc, 10eff) X(11241) R(113b8, 113c0) X(113c2) X(113c5)             \
	    R(113c7, 113ca) R(113cc, 113d0) X(113d2) R(113e1, 113e2)           \
		R(11f00, 11f01) X(11f03) R(11f34, 11f3a) R(11f3e, 11f42)       \
		    X(11f5a) X(13440) R(13447, 13455) R(1611e, 1612f) X(1e08f) \
			R(1e4ec, 1e4ef) R(1e5ee, 1e5ef)
#define NEW_N                                                           \
	R(10d40, 10d49)                                                 \
	R(116d0, 116e3)                                                 \
	R(11bf0, 11bf9)                                                 \
	R(11f50, 11f59)                                                 \
	R(16130, 16139) R(16d70, 16d79) R(1ccf0, 1ccf9) R(1d2c0, 1d2d3) \
	    R(1e4f0, 1e4f9) R(1e5f1, 1e5fa)
#define NEW_P                                                    \
	R(1b4e, 1b4f)                                            \
	X(1b7f)                                                  \
	X(10d6e)                                                 \
	R(113d4, 113d5)                                          \
	R(113d7, 113d8) R(11b00, 11b09) X(11be1) R(11f43, 11f4f) \
	    R(16d6d, 16d6f) X(1e5ff)
#define NEW_S                                                                \
	R(2427, 2429)                                                        \
	R(2ffc, 2fff)                                                        \
	R(31e4, 31e5)                                                        \
	X(31ef)                                                              \
	R(10d8e, 10d8f) R(1cc00, 1ccef) R(1cd00, 1ceb3) X(1f6dc)             \
	    R(1f774, 1f776) R(1f77b, 1f77f) X(1f7d9) R(1f8b2, 1f8bb)         \
		R(1f8c0, 1f8c1) R(1fa75, 1fa77) R(1fa87, 1fa89) X(1fa8f)     \
		    R(1faad, 1faaf) R(1fabb, 1fabf) X(1fac6) R(1face, 1facf) \
			R(1fada, 1fadc) X(1fadf) R(1fae8, 1fae9)             \
			    R(1faf7, 1faf8) R(1fbcb, 1fbef)

/* White_Space, all but it, and Oniguruma's \w: insides of classes. */
#define SPACES  \
	R(9, d) \
	X(20)   \
	X(85) X(a0) X(1680) R(2000, 200a) R(2028, 2029) X(202f) X(205f) X(3000)
#define NO_SPACES                                                           \
	R(0, 8)                                                             \
	R(e, 1f)                                                            \
	R(21, 84)                                                           \
	R(86, 9f)                                                           \
	R(a1, 167f) R(1681, 1fff) R(200b, 2027) R(202a, 202e) R(2030, 205e) \
	    R(2060, 2fff) R(3001, d7ff) R(e000, 10ffff)
#define NEW_ND                                                          \
	R(10d40, 10d49)                                                 \
	R(116d0, 116e3)                                                 \
	R(11bf0, 11bf9)                                                 \
	R(11f50, 11f59) R(16130, 16139) R(16d70, 16d79) R(1ccf0, 1ccf9) \
	    R(1e4f0, 1e4f9) R(1e5f1, 1e5fa)
#define DIGITS "\\p{Nd}" NEW_ND
#define WORDS                                                         \
	"\\p{L}\\p{M}\\p{Nl}\\p{Pc}" DIGITS NEW_L NEW_M R(24b6, 24e9) \
	    R(1f130, 1f149) R(1f150, 1f169) R(1f170, 1f189)

/* Oniguruma's \w has these, but not within a class. */
#define MORE_WORDS WORDS R(b2, b3) X(b9) R(bc, be)

static const struct {
	const char *name, *more;
} props[] = {
	{ "L", NEW_L },
	{ "Ll", NEW_Ll },
	{ "Lm", NEW_Lm },
	{ "Lo", NEW_Lo },
	{ "Lu", NEW_Lu },
	{ "M", NEW_M },
	{ "N", NEW_N },
	{ "P", NEW_P },
	{ "S", NEW_S },
};

/* What the class is called, as the inside of a class. */
static void
put_class(struct buf *out, bool in, bool not, const char *inside)
{
	if (!in)
		buf_puts(out, not ? "[^" : "[");
	buf_puts(out, inside);
	if (!in)
		buf_char(out, ']');
}

/* \p{NAME} or \P{NAME} at p[0, n); its length, 0 if it is left as it is. */
static size_t
property(struct buf *out, bool in, const char *p, size_t n)
{
	const char *end = n > 3 && p[2] == '{' ? memchr(p, '}', n) : NULL;
	struct str name = { p + 3, end ? (size_t)(end - p) - 3 : 0 };

	if (!end || (in && p[1] == 'P'))
		return 0;
	for (size_t i = 0; i < sizeof props / sizeof *props; i++) {
		if (!str_eq(name, props[i].name))
			continue;
		if (!in)
			buf_puts(out, p[1] == 'P' ? "[^" : "[");
		buf_puts(out, "\\p{");
		buf_str(out, name);
		buf_puts(out, "}");
		buf_puts(out, props[i].more);
		if (!in)
			buf_char(out, ']');
		return (size_t)(end - p) + 1;
	}
	return 0;
}

/* The escape at p[0, n), n > 1; its length, 0 if it cannot be said. */
static size_t
escape(struct buf *out, bool in, const char *p, size_t n)
{
	size_t len;

	switch (p[1]) {
	case 'p':
	case 'P':
		len = property(out, in, p, n);
		if (len)
			return len;
		break;
	case 's':
		put_class(out, in, false, SPACES);
		return 2;
	case 'S':
		put_class(out, in, false, NO_SPACES);
		return 2;
	case 'd':
	case 'w':
		put_class(out, in, false,
		    p[1] == 'd' ? DIGITS
		    : in        ? WORDS
				: MORE_WORDS);
		return 2;
	case 'D':
	case 'W':
		if (in)
			return 0;
		put_class(out, in, true, p[1] == 'D' ? DIGITS : MORE_WORDS);
		return 2;
	case 'b':
		if (in)
			break;
		buf_puts(out, "(?:(?<=[" MORE_WORDS "])(?![" MORE_WORDS "])"
			      "|(?<![" MORE_WORDS "])(?=[" MORE_WORDS "]))");
		return 2;
	case 'B':
		return 0;
	}
	buf_put(out, p, 2);
	return 2;
}

static bool
refuse(struct str p, const char *what, struct err *e)
{
	return err_set(e, "pattern '%.*s': %s is not supported",
	    (int)(p.n < 200 ? p.n : 200), p.s, what);
}

bool
onig_rewrite(struct str p, struct buf *out, struct err *e)
{
	bool in = false;
	size_t len;

	for (size_t i = 0; i < p.n; i += len) {
		char c = p.s[i], d = i + 1 < p.n ? p.s[i + 1] : '\0';

		len = 1;
		if (c == '\\' && i + 1 < p.n) {
			len = escape(out, in, p.s + i, p.n - i);
			if (!len)
				return refuse(
				    p, "\\B, or \\W or \\D within a class", e);
			continue;
		}
		if (in && c == '[')
			return refuse(p, "a class within a class", e);
		if (in && c == '&' && d == '&')
			return refuse(p, "&& within a class", e);
		if (!in && c == '[' && d == '^')
			len = 2;
		in = in ? c != ']' : c == '[';
		buf_put(out, p.s + i, len);
	}
	return true;
}
