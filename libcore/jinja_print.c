/* Values as texts: str(), repr() and json.dumps(). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libcore/jinja_in.h"

/* \\ and a letter, then the code in so many hex digits. */
static void
put_code(struct rt *r, struct sb *b, char letter, int digits, uint32_t code)
{
	char s[16];

	snprintf(s, sizeof s, "\\%c%0*x", letter, digits, code);
	sb_put(r, b, str_of(s));
}

static void
repr_text(struct rt *r, struct sb *b, struct str s)
{
	static const char from[] = "\n\r\t\\", to[] = "nrt\\";
	char quote = s.n && memchr(s.s, '\'', s.n) && !memchr(s.s, '"', s.n)
			 ? '"'
			 : '\'';
	const char *at;
	uint32_t code;

	sb_char(r, b, quote);
	for (size_t i = 0, next; i < s.n; i = next) {
		next = text_next(s, i, &code);
		at = code && code < 0x80 ? strchr(from, (int)code) : NULL;
		if (at) {
			sb_char(r, b, '\\');
			sb_char(r, b, to[at - from]);
		} else if (code == (uint32_t)quote) {
			sb_char(r, b, '\\');
			sb_char(r, b, quote);
		} else if (!text_printable(code)) {
			put_code(r, b,
			    code < 0x100     ? 'x'
			    : code < 0x10000 ? 'u'
					     : 'U',
			    code < 0x100     ? 2
			    : code < 0x10000 ? 4
					     : 8,
			    code);
		} else {
			sb_put(r, b, (struct str){ s.s + i, next - i });
		}
	}
	sb_char(r, b, quote);
}

static void
repr_items(struct rt *r, struct sb *b, const struct seq *q, const char *open,
    const char *shut)
{
	sb_put(r, b, str_of(open));
	for (size_t i = 0; i < q->n; i++) {
		if (i)
			sb_put(r, b, STR(", "));
		v_repr(r, b, q->v[i]);
	}
	sb_put(r, b, str_of(shut));
}

static void
repr_dict(struct rt *r, struct sb *b, const struct dict *d)
{
	sb_char(r, b, '{');
	for (size_t i = 0; i < d->n; i++) {
		if (i)
			sb_put(r, b, STR(", "));
		v_repr(r, b, d->p[i].k);
		sb_put(r, b, STR(": "));
		v_repr(r, b, d->p[i].v);
	}
	sb_char(r, b, '}');
}

static void
repr_range(struct rt *r, struct sb *b, const struct seq *q)
{
	char s[100];
	long long first = q->n ? (long long)q->v[0].i : 0;
	long long step = q->n > 1 ? (long long)(q->v[1].i - q->v[0].i) : 1;

	snprintf(s, sizeof s, "range(%lld, %lld", first,
	    first + step * (long long)q->n);
	sb_put(r, b, str_of(s));
	if (step != 1)
		fail(r, "printing a range with a step is not supported");
	sb_char(r, b, ')');
}

void
v_repr(struct rt *r, struct sb *b, struct val v)
{
	static const char *const view[] = { "dict_keys([", "dict_values([",
		"dict_items([" };

	enter(r);
	switch (v.type) {
	case V_STR:
		if (v.of)
			sb_put(r, b, STR("Markup("));
		repr_text(r, b, v.s);
		if (v.of)
			sb_char(r, b, ')');
		break;
	case V_UNDEF:
		sb_put(r, b, STR("Undefined"));
		break;
	case V_LIST:
		repr_items(r, b, v.q, "[", "]");
		break;
	case V_TUPLE:
		repr_items(r, b, v.q, "(", v.q->n == 1 ? ",)" : ")");
		break;
	case V_RANGE:
		if (v.of)
			fail(r, "printing a part of a range is not supported");
		repr_range(r, b, v.q);
		break;
	case V_VIEW:
		repr_items(r, b, v.q, view[v.of], "])");
		break;
	case V_DICT:
		repr_dict(r, b, v.d);
		break;
	case V_NS:
		sb_put(r, b, STR("<Namespace "));
		repr_dict(r, b, v.d);
		sb_char(r, b, '>');
		break;
	default:
		sb_put(r, b, v_text(r, v));
		break;
	}
	r->depth--;
}

struct str
v_text(struct rt *r, struct val v)
{
	struct sb b = { 0 };
	char s[48];

	switch (v.type) {
	case V_UNDEF:
		if (v.of == U_UNSAFE)
			v_undefined(r, v);
		return STR("");
	case V_NONE:
		return STR("None");
	case V_BOOL:
		return v.b ? STR("True") : STR("False");
	case V_STR:
	case V_BIG:
		return v.s;
	case V_INT:
		snprintf(s, sizeof s, "%lld", (long long)v.i);
		sb_put(r, &b, str_of(s));
		return sb_text(&b);
	case V_REAL:
		sb_put(r, &b, (struct str){ s, num_real(s, v.r) });
		return sb_text(&b);
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
	case V_VIEW:
	case V_DICT:
	case V_NS:
		v_repr(r, &b, v);
		return sb_text(&b);
	case V_MACRO:
		sb_put(r, &b, STR("<Macro '"));
		sb_put(r, &b, v.f->node->text);
		sb_put(r, &b, STR("'>"));
		return sb_text(&b);
	default:
		fail(r, "printing a '%s' is not supported", v_type(v));
	}
}

/* ---- JSON as json.dumps writes it ---- */
struct style {
	bool ascii, sort;
	struct str item, key, indent; /* indent.s == NULL: on one line */
};

static void
json_text(struct rt *r, struct sb *b, struct str s, bool ascii)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	const char *at;
	uint32_t c;

	sb_char(r, b, '"');
	for (size_t i = 0, next; i < s.n; i = next) {
		next = text_next(s, i, &c);
		at = c && c < 0x80 ? strchr(from, (int)c) : NULL;
		if (at) {
			sb_char(r, b, '\\');
			sb_char(r, b, to[at - from]);
		} else if (c < 0x20 || (ascii && c >= 0x7f && c < 0x10000)) {
			put_code(r, b, 'u', 4, c);
		} else if (ascii && c >= 0x10000) {
			put_code(r, b, 'u', 4, 0xd800 + ((c - 0x10000) >> 10));
			put_code(
			    r, b, 'u', 4, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			sb_put(r, b, (struct str){ s.s + i, next - i });
		}
	}
	sb_char(r, b, '"');
}

static void
json_line(struct rt *r, struct sb *b, const struct style *st, unsigned level)
{
	if (!st->indent.s)
		return;
	sb_char(r, b, '\n');
	while (level--)
		sb_put(r, b, st->indent);
}

static struct str
json_plain(struct rt *r, struct val v)
{
	if (v.type == V_BOOL)
		return v.b ? STR("true") : STR("false");
	if (v.type == V_NONE)
		return STR("null");
	if (v.type == V_REAL && !isfinite(v.r))
		return v.r != v.r ? STR("NaN")
		       : v.r > 0  ? STR("Infinity")
				  : STR("-Infinity");
	if (v.type == V_INT || v.type == V_BIG || v.type == V_REAL)
		return v_text(r, v);
	if (v.type == V_UNDEF && v.of != U_MEMBER)
		v_undefined(r, v);
	fail(r, "tojson of a value of type '%s'", v_type(v));
}

static struct pair *
by_key(struct rt *r, const struct dict *d)
{
	struct pair *p = take(r, (d->n + 1) * sizeof *p), hold;

	/* a stable insertion sort: keys are few, and charged for */
	for (size_t i = 0, j; i < d->n; i++) {
		hold = d->p[i];
		for (j = i; j && v_compare(r, hold.k, p[j - 1].k, "<") < 0;
		     j--) {
			charge(r, 1);
			p[j] = p[j - 1];
		}
		p[j] = hold;
	}
	return p;
}

static void
json_value(struct rt *r, struct sb *b, struct val v, const struct style *st,
    unsigned level)
{
	const struct pair *p;

	enter(r);
	if (v.type == V_STR) {
		json_text(r, b, v.s, st->ascii);
	} else if (v.type == V_LIST || v.type == V_TUPLE) {
		sb_char(r, b, '[');
		for (size_t i = 0; i < v.q->n; i++) {
			if (i)
				sb_put(r, b, st->item);
			json_line(r, b, st, level + 1);
			json_value(r, b, v.q->v[i], st, level + 1);
		}
		if (v.q->n)
			json_line(r, b, st, level);
		sb_char(r, b, ']');
	} else if (v.type == V_DICT) {
		p = st->sort ? by_key(r, v.d) : v.d->p;
		sb_char(r, b, '{');
		for (size_t i = 0; i < v.d->n; i++) {
			if (i)
				sb_put(r, b, st->item);
			json_line(r, b, st, level + 1);
			json_text(r, b,
			    p[i].k.type == V_STR ? p[i].k.s
						 : json_plain(r, p[i].k),
			    st->ascii);
			sb_put(r, b, st->key);
			json_value(r, b, p[i].v, st, level + 1);
		}
		if (v.d->n)
			json_line(r, b, st, level);
		sb_char(r, b, '}');
	} else {
		sb_put(r, b, json_plain(r, v));
	}
	r->depth--;
}

void
v_json(struct rt *r, struct sb *b, struct val v, struct args *args)
{
	static const char *const names[] = { "ensure_ascii", "indent",
		"separators", "sort_keys", NULL };
	struct style st = { .item = STR(", "), .key = STR(": ") };
	struct val a[4];
	struct sb in = { 0 };
	int64_t n;

	args_take(r, "tojson", args, names, 0, a);
	st.ascii = given(a[0]) && v_true(a[0]);
	st.sort = given(a[3]) && v_true(a[3]);
	if (given(a[1]) && a[1].type != V_NONE) {
		if (a[1].type == V_STR) {
			in = (struct sb){ 0 };
			sb_put(r, &in, a[1].s);
		} else {
			n = arg_int(r, "tojson", a[1]);
			if (n > 1000)
				fail(r, "tojson: an indent of %lld",
				    (long long)n);
			while (n-- > 0)
				sb_char(r, &in, ' ');
		}
		st.indent = sb_text(&in);
		st.item = STR(",");
	}
	if (given(a[2]) && a[2].type != V_NONE) {
		struct seq *q = v_items(r, a[2]);

		if (q->n != 2)
			fail(r, "tojson: separators are two texts");
		st.item = arg_str(r, "tojson", q->v[0]);
		st.key = arg_str(r, "tojson", q->v[1]);
	}
	json_value(r, b, v, &st, 0);
}
