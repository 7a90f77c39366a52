/* Filters: x | NAME, x | NAME(arguments). Semantics: jinja2.filters, without
 * autoescape; tojson and from_json as transformers has them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/jinja_in.h"

/* soft_str(): a text as it is, anything else by str() */
static struct val
soft(struct rt *r, struct val v)
{
	return v.type == V_STR ? v : v_str(v_text(r, v));
}

static void
none(struct rt *r, const char *who, struct args *a)
{
	if (a->n || a->nkw)
		fail(r, "the filter '%s' takes no arguments", who);
}

struct val
v_safe(struct rt *r, struct val v)
{
	struct sb b = { 0 };

	if (v.type == V_STR && v.of)
		return v;
	v = soft(r, v);
	for (size_t i = 0; i < v.s.n; i++)
		switch (v.s.s[i]) {
		case '&':
			sb_put(r, &b, STR("&amp;"));
			break;
		case '<':
			sb_put(r, &b, STR("&lt;"));
			break;
		case '>':
			sb_put(r, &b, STR("&gt;"));
			break;
		case '"':
			sb_put(r, &b, STR("&#34;"));
			break;
		case '\'':
			sb_put(r, &b, STR("&#39;"));
			break;
		default:
			sb_char(r, &b, v.s.s[i]);
		}
	return (struct val){ .type = V_STR, .of = 1, .s = sb_text(&b) };
}

static struct val
marked(struct val like, struct str s)
{
	struct val v = v_str(s);

	v.of = like.of;
	return v;
}

static struct val
f_escape(struct rt *r, struct val v, struct args *a)
{
	none(r, "escape", a);
	return v_safe(r, v);
}

static struct val
f_forceescape(struct rt *r, struct val v, struct args *a)
{
	none(r, "forceescape", a);
	v = soft(r, v);
	v.of = 0;
	return v_safe(r, v);
}

static struct val
f_safe(struct rt *r, struct val v, struct args *a)
{
	none(r, "safe", a);
	v = soft(r, v);
	v.of = 1;
	return v;
}

static struct val
f_string(struct rt *r, struct val v, struct args *a)
{
	none(r, "string", a);
	return soft(r, v);
}

static struct val
f_lower(struct rt *r, struct val v, struct args *a)
{
	none(r, "lower", a);
	v = soft(r, v);
	return marked(v, text_all(r, v.s, 'l'));
}

static struct val
f_upper(struct rt *r, struct val v, struct args *a)
{
	none(r, "upper", a);
	v = soft(r, v);
	return marked(v, text_all(r, v.s, 'u'));
}

static struct val
f_capitalize(struct rt *r, struct val v, struct args *a)
{
	struct val m = v_attr(r, soft(r, v), STR("capitalize"));

	none(r, "capitalize", a);
	return v_call(r, m, a);
}

/* Words begin after white space and - ( { [ < */
static struct val
f_title(struct rt *r, struct val v, struct args *a)
{
	struct sb b = { 0 };
	bool start = true;
	uint32_t c;

	none(r, "title", a);
	v = soft(r, v);
	for (size_t i = 0; i < v.s.n;) {
		i = text_next(v.s, i, &c);
		if (code_space(c) ||
		    (c && c < 0x80 && strchr("-({[<", (int)c))) {
			text_case(r, &b, c, 'l');
			start = true;
			continue;
		}
		text_case(r, &b, c, start ? 'u' : 'l');
		start = false;
	}
	return marked(v, sb_text(&b));
}

static struct val
f_trim(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "chars", NULL };
	struct val x[1];

	args_take(r, "trim", a, names, 0, x);
	if (given(x[0]) && x[0].type != V_NONE)
		arg_str(r, "trim", x[0]);
	v = soft(r, v);
	return marked(v, text_strip(v.s, x[0], 3));
}

static struct val
f_replace(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "old", "new", "count", NULL };
	struct val x[3];

	args_take(r, "replace", a, names, 2, x);
	return v_str(
	    text_replace(r, soft(r, v).s, soft(r, x[0]).s, soft(r, x[1]).s,
		given(x[2]) && x[2].type != V_NONE ? arg_int(r, "replace", x[2])
						   : -1));
}

static struct val
f_length(struct rt *r, struct val v, struct args *a)
{
	none(r, "length", a);
	return v_int((int64_t)v_len(r, v));
}

static struct val
f_default(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "default_value", "boolean", NULL };
	struct val x[2];

	args_take(r, "default", a, names, 0, x);
	if (v.type == V_UNDEF || (v_true(x[1]) && !v_true(v)))
		return given(x[0]) ? x[0] : v_str(STR(""));
	return v;
}

static struct val
f_join(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "d", "attribute", NULL };
	struct seq *q = v_items(r, v);
	struct sb b = { 0 };
	struct val x[2];
	struct str by;

	args_take(r, "join", a, names, 0, x);
	by = given(x[0]) ? v_text(r, x[0]) : STR("");
	for (size_t i = 0; i < q->n; i++) {
		struct val item = q->v[i];

		if (given(x[1]) && x[1].type != V_NONE)
			item = v_path(r, item, x[1]);
		if (i)
			sb_put(r, &b, by);
		sb_put(r, &b, v_text(r, item));
	}
	return v_str(sb_text(&b));
}

static struct val
f_items(struct rt *r, struct val v, struct args *a)
{
	none(r, "items", a);
	if (v.type == V_UNDEF)
		return v_seq(V_ITER, seq_new(r, 0));
	if (v.type != V_DICT)
		fail(r, "items of a '%s'", v_type(v));
	v = v_call(r, v_attr(r, v, STR("items")), a);
	v.type = V_ITER;
	return v;
}

static struct val
f_list(struct rt *r, struct val v, struct args *a)
{
	none(r, "list", a);
	return v_seq(V_LIST, v_items(r, v));
}

static struct val
f_first(struct rt *r, struct val v, struct args *a)
{
	struct seq *q;

	none(r, "first", a);
	if (v.type == V_ITER) { /* takes no more than it needs */
		if (!v.q->n)
			return v_undef(STR("first"), U_MEMBER);
		v.q->n--;
		return *v.q->v++;
	}
	q = v_items(r, v);
	return q->n ? q->v[0] : v_undef(STR("first"), U_MEMBER);
}

static struct val
f_last(struct rt *r, struct val v, struct args *a)
{
	struct seq *q;

	none(r, "last", a);
	if (v.type == V_ITER)
		fail(r, "last of a generator");
	q = v_items(r, v);
	return q->n ? q->v[q->n - 1] : v_undef(STR("last"), U_MEMBER);
}

static struct val
f_reverse(struct rt *r, struct val v, struct args *a)
{
	struct seq *q, *back;
	struct sb b = { 0 };

	none(r, "reverse", a);
	q = v_items(r, v);
	back = seq_new(r, q->n);
	for (size_t i = q->n; i-- > 0;)
		seq_add(r, back, q->v[i]);
	if (v.type != V_STR)
		return v_seq(V_ITER, back);
	for (size_t i = 0; i < back->n; i++)
		sb_put(r, &b, back->v[i].s);
	return v_str(sb_text(&b));
}

static struct val
f_attr(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "name", NULL };
	struct val x[1], out;

	args_take(r, "attr", a, names, 1, x);
	/* attributes only: a mapping's members are none */
	if (v.type == V_DICT && !method_find(V_DICT, v_text(r, x[0])))
		return v_undef(v_text(r, x[0]), U_MEMBER);
	out = v_attr(r, v, v_text(r, x[0]));
	return out;
}

/* ---- numbers ---- */
static struct val
f_abs(struct rt *r, struct val v, struct args *a)
{
	int64_t i;

	none(r, "abs", a);
	if (v.type == V_REAL)
		return v_real(fabs(v.r));
	i = arg_int(r, "abs", v);
	return i < 0 ? v_binary(r, '-', v_int(0), v) : v_int(i);
}

static struct val
f_int(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "default", "base", NULL };
	struct val x[2], out;
	double d;
	int64_t base = 10;

	args_take(r, "int", a, names, 0, x);
	if (given(x[1]))
		base = arg_int(r, "int", x[1]);
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (v.type == V_BIG || v.type == V_INT)
		return v;
	if (v.type == V_BOOL)
		return v_int(v.b);
	if (v.type == V_STR) {
		struct str s = text_strip(v.s, v_none(), 3);
		int mark = s.n > 2 && s.s[0] == '0' ? s.s[1] | 0x20 : 0;
		int64_t named = mark == 'x' ? 16 : mark == 'o' ? 8 : 2;

		if ((mark == 'x' || mark == 'o' || mark == 'b') &&
		    (base == named || base == 0)) {
			s = (struct str){ s.s + 2, s.n - 2 };
			base = named;
		} else if (base == 0) {
			base = 10;
		}
		if (base >= 2 && base <= 16 &&
		    text_parse_int(s, (int)base, &out))
			return out;
		if (text_parse_real(s, &d) && fabs(d) < 9e18)
			return v_int((int64_t)d);
	} else if (v.type == V_REAL && fabs(v.r) < 9e18) {
		return v_int((int64_t)v.r);
	}
	return given(x[0]) ? x[0] : v_int(0);
}

static struct val
f_float(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "default", NULL };
	struct val x[1];
	double d;

	args_take(r, "float", a, names, 0, x);
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (v_number(v, &d) || (v.type == V_STR && text_parse_real(v.s, &d)))
		return v_real(d);
	return given(x[0]) ? x[0] : v_real(0);
}

static struct val
f_round(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "precision", "method", NULL };
	struct val x[2];
	int64_t prec = 0;
	double d = 0, scale;
	char s[500];
	bool common = true, up = false;

	args_take(r, "round", a, names, 0, x);
	if (given(x[0]))
		prec = arg_int(r, "round", x[0]);
	if (given(x[1])) {
		struct str m = arg_str(r, "round", x[1]);

		common = str_eq(m, "common");
		up = str_eq(m, "ceil");
		if (!common && !up && !str_eq(m, "floor"))
			fail(r, "round: method is common, ceil or floor");
	}
	if (v.type == V_UNDEF)
		v_undefined(r, v);
	if (!v_number(v, &d))
		fail(r, "round of a '%s'", v_type(v));
	if (prec < -300 || prec > 300 || !isfinite(d))
		return v_real(d);
	if (common && v.type != V_REAL && prec >= 0)
		return v.type == V_BOOL ? v_int(v.b) : v;
	if (!common || prec < 0) {
		scale = pow(10, (double)prec);
		d = common ? nearbyint(d * scale)
		    : up   ? ceil(d * scale)
			   : floor(d * scale);
		d /= scale;
		return common && v.type != V_REAL ? v_int((int64_t)d)
						  : v_real(d);
	}
	snprintf(s, sizeof s, "%.*f", (int)prec, d);
	return num_parse(str_of(s), &d) ? v_real(d) : v;
}

/* ---- texts ---- */
static struct val
f_indent(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "width", "first", "blank", NULL };
	struct sb by = { 0 }, b = { 0 };
	struct val x[3];
	struct seq *q;
	bool blank;

	args_take(r, "indent", a, names, 0, x);
	if (given(x[0]) && x[0].type == V_STR) {
		sb_put(r, &by, x[0].s);
	} else {
		int64_t n = given(x[0]) ? arg_int(r, "indent", x[0]) : 4;

		while (n-- > 0)
			sb_char(r, &by, ' ');
	}
	blank = v_true(x[2]);
	v.s = arg_str(r, "indent", v);
	sb_put(r, &b, v.s);
	sb_char(r, &b, '\n');
	q = text_lines(r, sb_text(&b), false);
	b = (struct sb){ 0 };
	if (v_true(x[1]))
		sb_put(r, &b, sb_text(&by));
	for (size_t i = 0; i < q->n; i++) {
		if (i) {
			sb_char(r, &b, '\n');
			if (blank || q->v[i].s.n)
				sb_put(r, &b, sb_text(&by));
		}
		sb_put(r, &b, q->v[i].s);
	}
	return marked(v, sb_text(&b));
}

static struct val
f_format(struct rt *r, struct val v, struct args *a)
{
	struct val values = v_seq(V_TUPLE, NULL);
	struct seq *q = seq_new(r, a->n);

	v = soft(r, v);
	if (a->n && a->nkw)
		fail(r, "format takes values or names, not both");
	if (a->nkw) {
		values = (struct val){ .type = V_DICT, .d = dict_new(r) };
		for (size_t i = 0; i < a->nkw; i++)
			dict_set(r, values.d, v_str(a->kw[i].name), a->kw[i].v);
	} else {
		for (size_t i = 0; i < a->n; i++)
			seq_add(r, q, a->v[i]);
		values.q = q;
	}
	return v_str(text_percent(r, v.s, values));
}

static struct val
f_center(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "width", NULL };
	struct val x[1], width = v_int(80);
	struct args one = { .v = &width, .n = 1 };

	args_take(r, "center", a, names, 0, x);
	if (given(x[0]))
		width = x[0];
	return v_call(r, v_attr(r, soft(r, v), STR("center")), &one);
}

static struct val
f_truncate(struct rt *r, struct val v, struct args *a)
{
	static const char *const names[] = { "length", "killwords", "end",
		"leeway", NULL };
	struct val x[4];
	int64_t length, leeway;
	struct str end = STR("..."), s;
	struct sb b = { 0 };
	size_t last;

	args_take(r, "truncate", a, names, 0, x);
	length = given(x[0]) ? arg_int(r, "truncate", x[0]) : 255;
	if (given(x[2]))
		end = arg_str(r, "truncate", x[2]);
	leeway = given(x[3]) && x[3].type != V_NONE
		     ? arg_int(r, "truncate", x[3])
		     : 5;
	if (length < (int64_t)text_len(r, end) || leeway < 0)
		fail(r, "truncate: a length below the end's");
	if ((int64_t)v_len(r, v) <= length + leeway)
		return v;
	s = arg_str(r, "truncate", v);
	s.n = text_at(s, 0, (size_t)length - text_len(r, end));
	if (!v_true(x[1])) {
		for (last = s.n; last && s.s[last - 1] != ' ';)
			last--;
		if (last)
			s.n = last - 1;
	}
	sb_put(r, &b, s);
	sb_put(r, &b, end);
	return v_str(sb_text(&b));
}

static struct val
f_urlencode(struct rt *r, struct val v, struct args *a)
{
	struct sb b = { 0 };
	char hex[4];

	none(r, "urlencode", a);
	if (v.type != V_STR && v.type != V_UNDEF && v_iterable(v))
		fail(r, "urlencode of a '%s' is not supported", v_type(v));
	v = soft(r, v);
	for (size_t i = 0; i < v.s.n; i++) {
		unsigned char c = (unsigned char)v.s.s[i];

		if ((c >= '0' && c <= '9') ||
		    ((c | 32) >= 'a' && (c | 32) <= 'z') ||
		    (c && strchr("_.-~/", c))) {
			sb_char(r, &b, (char)c);
			continue;
		}
		snprintf(hex, sizeof hex, "%%%02X", c);
		sb_put(r, &b, str_of(hex));
	}
	return v_str(sb_text(&b));
}

/* ---- JSON ---- */
static struct val
f_tojson(struct rt *r, struct val v, struct args *a)
{
	struct sb b = { 0 };

	v_json(r, &b, v, a);
	return v_str(sb_text(&b));
}

static struct val
f_from_json(struct rt *r, struct val v, struct args *a)
{
	struct json_doc doc = { 0 };
	struct err e = { 0 };
	size_t at;
	struct val out;
	struct str s = arg_str(r, "from_json", v);
	jmp_buf hold;

	none(r, "from_json", a);
	if (!json_parse(&doc, s.s, s.n, 500, &at, &e)) {
		json_done(&doc);
		fail(r, "from_json: %s", e.why);
	}
	/* the tape is freed also where the values do not fit */
	memcpy(&hold, &r->stop, sizeof hold);
	if (setjmp(r->stop)) {
		json_done(&doc);
		memcpy(&r->stop, &hold, sizeof hold);
		longjmp(r->stop, 1);
	}
	out = v_from_json(r, &doc, doc.tape);
	memcpy(&r->stop, &hold, sizeof hold);
	json_done(&doc);
	return out;
}

static const struct {
	const char *name;
	filter_fn *apply;
} filters[] = {
	{ "abs", f_abs },
	{ "attr", f_attr },
	{ "capitalize", f_capitalize },
	{ "center", f_center },
	{ "count", f_length },
	{ "d", f_default },
	{ "default", f_default },
	{ "e", f_escape },
	{ "escape", f_escape },
	{ "first", f_first },
	{ "float", f_float },
	{ "forceescape", f_forceescape },
	{ "format", f_format },
	{ "from_json", f_from_json },
	{ "fromjson", f_from_json },
	{ "indent", f_indent },
	{ "int", f_int },
	{ "items", f_items },
	{ "join", f_join },
	{ "last", f_last },
	{ "length", f_length },
	{ "list", f_list },
	{ "lower", f_lower },
	{ "replace", f_replace },
	{ "reverse", f_reverse },
	{ "round", f_round },
	{ "safe", f_safe },
	{ "string", f_string },
	{ "title", f_title },
	{ "tojson", f_tojson },
	{ "trim", f_trim },
	{ "truncate", f_truncate },
	{ "upper", f_upper },
	{ "urlencode", f_urlencode },
};

struct val
filter_apply(struct rt *r, struct str name, struct val v, struct args *a)
{
	filter_fn *f;

	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (str_eq(name, filters[i].name))
			return filters[i].apply(r, v, a);
	f = filter_of_list(name);
	if (f)
		return f(r, v, a);
	fail(r, "the filter '%.*s' is not supported",
	    (int)(name.n > 60 ? 60 : name.n), name.s);
}
