/* Methods of texts, lists, mappings and loops. */
#include <stdio.h>
#include <string.h>

#include "libcore/jinja_in.h"
#include "libcore/uni.h"

struct method {
	const char *name;
	enum vtype of;
	struct val (*call)(struct rt *, struct val self, struct args *);
};

/* ---- str ---- */
static struct val
text(struct val self, struct str s)
{
	struct val v = v_str(s);

	v.of = self.of;
	return v;
}

static struct val
one_text(struct rt *r, const char *who, struct args *a)
{
	static const char *const names[] = { "x", NULL };
	struct val v[1];

	args_take(r, who, a, names, 1, v);
	return v[0];
}

static void
nothing(struct rt *r, const char *who, struct args *a)
{
	if (a->n || a->nkw)
		fail(r, "%s takes no arguments", who);
}

static struct val
stripped(
    struct rt *r, const char *who, struct val self, struct args *a, int sides)
{
	static const char *const names[] = { "chars", NULL };
	struct val v[1];

	args_take(r, who, a, names, 0, v);
	if (given(v[0]) && v[0].type != V_NONE)
		arg_str(r, who, v[0]);
	return text(self, text_strip(self.s, v[0], sides));
}

static struct val
m_strip(struct rt *r, struct val self, struct args *a)
{
	return stripped(r, "strip", self, a, 3);
}

static struct val
m_lstrip(struct rt *r, struct val self, struct args *a)
{
	return stripped(r, "lstrip", self, a, 1);
}

static struct val
m_rstrip(struct rt *r, struct val self, struct args *a)
{
	return stripped(r, "rstrip", self, a, 2);
}

static struct val
m_lower(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "lower", a);
	return text(self, text_all(r, self.s, 'l'));
}

static struct val
m_upper(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "upper", a);
	return text(self, text_all(r, self.s, 'u'));
}

static struct val
m_title(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "title", a);
	return text(self, text_title(r, self.s));
}

static struct val
m_capitalize(struct rt *r, struct val self, struct args *a)
{
	size_t first = self.s.n ? text_next(self.s, 0, NULL) : 0;
	struct sb b = { 0 };
	uint32_t c;

	nothing(r, "capitalize", a);
	if (first) {
		text_next(self.s, 0, &c);
		text_case(r, &b, c, 't');
	}
	/* the rest in its context: a final sigma looks at what is before */
	if (first) {
		struct str low = text_all(r, self.s, 'l');
		size_t skip = text_next(low, 0, NULL);

		sb_put(r, &b, (struct str){ low.s + skip, low.n - skip });
	}
	return text(self, sb_text(&b));
}

/* The start and end that find, count, startswith and endswith take. */
static struct str
window(struct rt *r, const char *who, struct str s, struct args *a,
    struct val *what, int64_t *from)
{
	static const char *const names[] = { "sub", "start", "end", NULL };
	struct val v[3], part[3];

	args_take(r, who, a, names, 1, v);
	*what = v[0];
	*from = 0;
	if (!given(v[1]) && !given(v[2]))
		return s;
	part[0] = given(v[1]) ? v[1] : v_none();
	part[1] = given(v[2]) ? v[2] : v_none();
	part[2] = v_none();
	s = v_slice(r, v_str(s), part).s;
	if (part[0].type != V_NONE)
		*from = arg_int(r, who, part[0]);
	if (*from < 0)
		fail(r, "%s with a negative start is not supported", who);
	return s;
}

static bool
edge(struct str s, struct str what, bool end)
{
	return s.n >= what.n &&
	       !memcmp(end ? s.s + s.n - what.n : s.s, what.s, what.n);
}

static struct val
at_edge(
    struct rt *r, const char *who, struct val self, struct args *a, bool end)
{
	struct val what;
	int64_t from;
	struct str s = window(r, who, self.s, a, &what, &from);

	if (what.type != V_TUPLE)
		return v_bool(edge(s, arg_str(r, who, what), end));
	for (size_t i = 0; i < what.q->n; i++)
		if (edge(s, arg_str(r, who, what.q->v[i]), end))
			return v_bool(true);
	return v_bool(false);
}

static struct val
m_startswith(struct rt *r, struct val self, struct args *a)
{
	return at_edge(r, "startswith", self, a, false);
}

static struct val
m_endswith(struct rt *r, struct val self, struct args *a)
{
	return at_edge(r, "endswith", self, a, true);
}

static struct val
found(struct rt *r, const char *who, struct val self, struct args *a, bool last)
{
	struct val what;
	int64_t from;
	struct str s = window(r, who, self.s, a, &what, &from), sub;
	long at = -1, next = 0;

	sub = arg_str(r, who, what);
	for (;;) {
		next = text_find(r, s, sub, (size_t)next);
		if (next < 0)
			break;
		at = next;
		if (!last || (size_t)next == s.n)
			break;
		next = (long)text_next(s, (size_t)next, NULL);
	}
	if (at < 0)
		return v_int(-1);
	return v_int(
	    from + (int64_t)text_len(r, (struct str){ s.s, (size_t)at }));
}

static struct val
m_find(struct rt *r, struct val self, struct args *a)
{
	return found(r, "find", self, a, false);
}

static struct val
m_rfind(struct rt *r, struct val self, struct args *a)
{
	return found(r, "rfind", self, a, true);
}

static struct val
m_index(struct rt *r, struct val self, struct args *a)
{
	struct val v = found(r, "index", self, a, false);

	if (v.i < 0)
		fail(r, "index: the text is not there");
	return v;
}

static struct val
m_count(struct rt *r, struct val self, struct args *a)
{
	struct val what;
	int64_t from, n = 0;
	struct str s = window(r, "count", self.s, a, &what, &from), sub;

	sub = arg_str(r, "count", what);
	if (!sub.n)
		return v_int((int64_t)text_len(r, s) + 1);
	for (long at = 0; (at = text_find(r, s, sub, (size_t)at)) >= 0; n++)
		at += (long)sub.n;
	return v_int(n);
}

static struct val
m_replace(struct rt *r, struct val self, struct args *a)
{
	static const char *const names[] = { "old", "new", "count", NULL };
	struct val v[3];

	args_take(r, "replace", a, names, 2, v);
	return text(self, text_replace(r, self.s, arg_str(r, "replace", v[0]),
			      arg_str(r, "replace", v[1]),
			      given(v[2]) ? arg_int(r, "replace", v[2]) : -1));
}

/* split() without a separator: runs of white space, none at the ends. */
static void
split_space(struct rt *r, struct seq *q, struct str s, int64_t most)
{
	size_t at, next;
	uint32_t c;

	for (s = text_strip(s, v_none(), 1); s.n;
	     s = text_strip(s, v_none(), 1)) {
		if (most-- == 0) {
			seq_add(r, q, v_str(s));
			return;
		}
		for (at = 0; at < s.n; at = next) {
			next = text_next(s, at, &c);
			if (code_space(c))
				break;
		}
		seq_add(r, q, v_str((struct str){ s.s, at }));
		s.s += at;
		s.n -= at;
	}
}

static void
split_by(struct rt *r, struct seq *q, struct str s, struct str by, int64_t most)
{
	size_t from = 0;
	long at;

	while (most-- && (at = text_find(r, s, by, from)) >= 0) {
		seq_add(
		    r, q, v_str((struct str){ s.s + from, (size_t)at - from }));
		from = (size_t)at + by.n;
	}
	seq_add(r, q, v_str((struct str){ s.s + from, s.n - from }));
}

static struct val
reversed(struct rt *r, struct seq *q)
{
	struct seq *back = seq_new(r, q->n);

	for (size_t i = q->n; i-- > 0;)
		seq_add(r, back, q->v[i]);
	return v_seq(V_LIST, back);
}

/* rsplit: at most so many, found from the end. */
static struct val
rsplit_by(struct rt *r, struct str s, struct str by, int64_t most)
{
	struct seq *q = seq_new(r, 4);
	size_t end = s.n, at;

	for (at = s.n; most && at >= by.n; at--) {
		charge(r, 1);
		if (memcmp(s.s + at - by.n, by.s, by.n) != 0 || at > end)
			continue;
		seq_add(r, q, v_str((struct str){ s.s + at, end - at }));
		end = at - by.n;
		at = end + 1;
		most--;
		if (end < by.n)
			break;
	}
	seq_add(r, q, v_str((struct str){ s.s, end }));
	return reversed(r, q);
}

static struct val
rsplit_space(struct rt *r, struct str s, int64_t most)
{
	struct seq *q = seq_new(r, 4);
	size_t from, at;
	uint32_t c;

	for (s = text_strip(s, v_none(), 2); s.n;
	     s = text_strip(s, v_none(), 2)) {
		if (most-- == 0) {
			seq_add(r, q, v_str(s));
			break;
		}
		for (from = s.n; from; from = at) {
			at = from - 1;
			while (at && ((unsigned char)s.s[at] & 0xc0) == 0x80)
				at--;
			text_next(s, at, &c);
			if (code_space(c))
				break;
		}
		seq_add(r, q, v_str((struct str){ s.s + from, s.n - from }));
		s.n = from;
	}
	return reversed(r, q);
}

static struct val
parts(
    struct rt *r, const char *who, struct val self, struct args *a, bool right)
{
	static const char *const names[] = { "sep", "maxsplit", NULL };
	struct seq *q = seq_new(r, 4);
	struct val v[2];
	struct str by;
	int64_t most;

	args_take(r, who, a, names, 0, v);
	most = given(v[1]) ? arg_int(r, who, v[1]) : -1;
	if (!given(v[0]) || v[0].type == V_NONE) {
		if (right && most >= 0)
			return rsplit_space(r, self.s, most);
		split_space(r, q, self.s, most);
		return v_seq(V_LIST, q);
	}
	by = arg_str(r, who, v[0]);
	if (!by.n)
		fail(r, "%s: the separator is empty", who);
	if (right && most >= 0)
		return rsplit_by(r, self.s, by, most);
	split_by(r, q, self.s, by, most);
	return v_seq(V_LIST, q);
}

static struct val
m_split(struct rt *r, struct val self, struct args *a)
{
	return parts(r, "split", self, a, false);
}

static struct val
m_rsplit(struct rt *r, struct val self, struct args *a)
{
	return parts(r, "rsplit", self, a, true);
}

static struct val
m_splitlines(struct rt *r, struct val self, struct args *a)
{
	static const char *const names[] = { "keepends", NULL };
	struct val v[1];

	args_take(r, "splitlines", a, names, 0, v);
	return v_seq(V_LIST, text_lines(r, self.s, v_true(v[0])));
}

static struct val
m_join(struct rt *r, struct val self, struct args *a)
{
	struct seq *q = v_items(r, one_text(r, "join", a));
	struct sb b = { 0 };

	for (size_t i = 0; i < q->n; i++) {
		if (i)
			sb_put(r, &b, self.s);
		sb_put(r, &b, arg_str(r, "join", q->v[i]));
	}
	return v_str(sb_text(&b));
}

static struct val
three(struct rt *r, struct str a, struct str b, struct str c)
{
	struct seq *q = seq_new(r, 3);

	seq_add(r, q, v_str(a));
	seq_add(r, q, v_str(b));
	seq_add(r, q, v_str(c));
	return v_seq(V_TUPLE, q);
}

static struct val
m_partition(struct rt *r, struct val self, struct args *a)
{
	struct str s = self.s;
	struct str by = arg_str(r, "partition", one_text(r, "partition", a));
	long at;

	if (!by.n)
		fail(r, "partition: the separator is empty");
	at = text_find(r, s, by, 0);
	if (at < 0)
		return three(r, s, STR(""), STR(""));
	return three(r, (struct str){ s.s, (size_t)at }, by,
	    (struct str){ s.s + at + by.n, s.n - (size_t)at - by.n });
}

static struct val
m_rpartition(struct rt *r, struct val self, struct args *a)
{
	struct str s = self.s;
	struct str by = arg_str(r, "rpartition", one_text(r, "rpartition", a));

	if (!by.n)
		fail(r, "rpartition: the separator is empty");
	for (size_t at = s.n - (by.n > s.n ? s.n : by.n) + 1;
	     by.n <= s.n && at-- > 0;)
		if (!memcmp(s.s + at, by.s, by.n))
			return three(r, (struct str){ s.s, at }, by,
			    (struct str){ s.s + at + by.n, s.n - at - by.n });
	return three(r, STR(""), STR(""), s);
}

static struct val
m_removeprefix(struct rt *r, struct val self, struct args *a)
{
	struct str x = arg_str(r, "removeprefix", one_text(r, "x", a));
	struct str s = self.s;

	if (edge(s, x, false))
		s = (struct str){ s.s + x.n, s.n - x.n };
	return text(self, s);
}

static struct val
m_removesuffix(struct rt *r, struct val self, struct args *a)
{
	struct str x = arg_str(r, "removesuffix", one_text(r, "x", a));
	struct str s = self.s;

	if (edge(s, x, true))
		s.n -= x.n;
	return text(self, s);
}

static struct val
m_format(struct rt *r, struct val self, struct args *a)
{
	return text(self, text_format(r, self.s, a));
}

/* Every character, of at least one, is of one of the kinds. */
static bool
all_are(struct str s, unsigned kinds)
{
	uint32_t c;

	for (size_t i = 0; i < s.n;) {
		i = text_next(s, i, &c);
		if (!(uni_is(c) & kinds))
			return false;
	}
	return s.n != 0;
}

static struct val
m_isalpha(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "isalpha", a);
	return v_bool(all_are(self.s, UNI_L));
}

static struct val
m_isalnum(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "isalnum", a);
	return v_bool(all_are(self.s, UNI_L | UNI_N));
}

static struct val
m_isascii(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "isascii", a);
	return v_bool(text_len(r, self.s) == self.s.n);
}

/* Digits beyond ASCII are of several kinds in Python. */
static struct val
m_isdigit(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "isdigit", a);
	for (size_t i = 0; i < self.s.n; i++) {
		if ((unsigned char)self.s.s[i] >= 0x80 &&
		    all_are(self.s, UNI_N))
			fail(r, "isdigit beyond ASCII is not supported");
		if (self.s.s[i] < '0' || self.s.s[i] > '9')
			return v_bool(false);
	}
	return v_bool(self.s.n != 0);
}

static struct val
m_isspace(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "isspace", a);
	return v_bool(self.s.n && !text_strip(self.s, v_none(), 1).n);
}

static struct val
m_islower(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "islower", a);
	return v_bool(test_apply(r, STR("lower"), self, a));
}

static struct val
m_isupper(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "isupper", a);
	return v_bool(test_apply(r, STR("upper"), self, a));
}

static struct val
justified(
    struct rt *r, const char *who, struct val self, struct args *a, int side)
{
	static const char *const names[] = { "width", "fillchar", NULL };
	struct val v[2];
	struct str fill = STR(" ");
	struct sb b = { 0 };
	int64_t more, left;

	args_take(r, who, a, names, 1, v);
	if (given(v[1]))
		fill = arg_str(r, who, v[1]);
	if (text_len(r, fill) != 1)
		fail(r, "%s: fill with one character", who);
	more = arg_int(r, who, v[0]) - (int64_t)text_len(r, self.s);
	left = more <= 0 || side == 'l' ? 0
	       : side == 'r'            ? more
			     : more / 2 + (more & arg_int(r, who, v[0]) & 1);
	for (int64_t i = 0; i < left; i++)
		sb_put(r, &b, fill);
	sb_put(r, &b, self.s);
	for (int64_t i = left; i < more; i++)
		sb_put(r, &b, fill);
	return text(self, sb_text(&b));
}

static struct val
m_ljust(struct rt *r, struct val self, struct args *a)
{
	return justified(r, "ljust", self, a, 'l');
}

static struct val
m_rjust(struct rt *r, struct val self, struct args *a)
{
	return justified(r, "rjust", self, a, 'r');
}

static struct val
m_center(struct rt *r, struct val self, struct args *a)
{
	return justified(r, "center", self, a, 'c');
}

static struct val
m_zfill(struct rt *r, struct val self, struct args *a)
{
	int64_t width = arg_int(r, "zfill", one_text(r, "zfill", a));
	int64_t more = width - (int64_t)text_len(r, self.s);
	size_t sign = self.s.n && (self.s.s[0] == '-' || self.s.s[0] == '+');
	struct sb b = { 0 };

	sb_put(r, &b, (struct str){ self.s.s, sign });
	while (more-- > 0)
		sb_char(r, &b, '0');
	sb_put(r, &b, (struct str){ self.s.s + sign, self.s.n - sign });
	return text(self, sb_text(&b));
}

/* ---- list, tuple ---- */
static struct val
m_seq_count(struct rt *r, struct val self, struct args *a)
{
	struct val x = one_text(r, "count", a);
	int64_t n = 0;

	for (size_t i = 0; i < self.q->n; i++)
		n += v_equal(r, self.q->v[i], x);
	return v_int(n);
}

static struct val
m_seq_index(struct rt *r, struct val self, struct args *a)
{
	struct val x = one_text(r, "index", a);

	for (size_t i = 0; i < self.q->n; i++)
		if (v_equal(r, self.q->v[i], x))
			return v_int((int64_t)i);
	fail(r, "index: the item is not in the list");
}

static struct val
m_copy(struct rt *r, struct val self, struct args *a)
{
	nothing(r, "copy", a);
	return self; /* neither lists nor mappings can be changed */
}

/* ---- dict ---- */
static struct val
view(struct rt *r, struct val self, struct args *a, enum view which)
{
	struct seq *q = seq_new(r, self.d->n), *two;

	nothing(r, "a view of a mapping", a);
	for (size_t i = 0; i < self.d->n; i++) {
		if (which != ITEMS) {
			seq_add(r, q,
			    which == KEYS ? self.d->p[i].k : self.d->p[i].v);
			continue;
		}
		two = seq_new(r, 2);
		seq_add(r, two, self.d->p[i].k);
		seq_add(r, two, self.d->p[i].v);
		seq_add(r, q, v_seq(V_TUPLE, two));
	}
	return (struct val){ .type = V_VIEW, .of = (uint8_t)which, .q = q };
}

static struct val
m_keys(struct rt *r, struct val self, struct args *a)
{
	return view(r, self, a, KEYS);
}

static struct val
m_values(struct rt *r, struct val self, struct args *a)
{
	return view(r, self, a, VALUES);
}

static struct val
m_items(struct rt *r, struct val self, struct args *a)
{
	return view(r, self, a, ITEMS);
}

static struct val
m_get(struct rt *r, struct val self, struct args *a)
{
	static const char *const names[] = { "key", "default", NULL };
	struct val v[2], *have;

	if (a->nkw)
		fail(r, "get takes no named arguments");
	args_take(r, "get", a, names, 1, v);
	have = dict_get(r, self.d, v[0]);
	return have ? *have : given(v[1]) ? v[1] : v_none();
}

/* ---- loop ---- */
static struct val
m_cycle(struct rt *r, struct val self, struct args *a)
{
	if (!a->n)
		fail(r, "cycle: no items");
	return a->v[self.l->i % a->n];
}

static struct val
m_changed(struct rt *r, struct val self, struct args *a)
{
	struct loop *l = self.l;
	bool same = l->last && l->nlast == a->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = v_equal(r, l->last[i], a->v[i]);
	l->nlast = a->n;
	l->last = take(r, (a->n + 1) * sizeof *l->last);
	if (a->n)
		memcpy(l->last, a->v, a->n * sizeof *l->last);
	return v_bool(!same);
}

static const struct method methods[] = {
	{ "strip", V_STR, m_strip },
	{ "lstrip", V_STR, m_lstrip },
	{ "rstrip", V_STR, m_rstrip },
	{ "lower", V_STR, m_lower },
	{ "upper", V_STR, m_upper },
	{ "title", V_STR, m_title },
	{ "capitalize", V_STR, m_capitalize },
	{ "startswith", V_STR, m_startswith },
	{ "endswith", V_STR, m_endswith },
	{ "find", V_STR, m_find },
	{ "rfind", V_STR, m_rfind },
	{ "index", V_STR, m_index },
	{ "count", V_STR, m_count },
	{ "replace", V_STR, m_replace },
	{ "split", V_STR, m_split },
	{ "rsplit", V_STR, m_rsplit },
	{ "splitlines", V_STR, m_splitlines },
	{ "join", V_STR, m_join },
	{ "partition", V_STR, m_partition },
	{ "rpartition", V_STR, m_rpartition },
	{ "removeprefix", V_STR, m_removeprefix },
	{ "removesuffix", V_STR, m_removesuffix },
	{ "format", V_STR, m_format },
	{ "isalpha", V_STR, m_isalpha },
	{ "isalnum", V_STR, m_isalnum },
	{ "isascii", V_STR, m_isascii },
	{ "isdigit", V_STR, m_isdigit },
	{ "isspace", V_STR, m_isspace },
	{ "islower", V_STR, m_islower },
	{ "isupper", V_STR, m_isupper },
	{ "ljust", V_STR, m_ljust },
	{ "rjust", V_STR, m_rjust },
	{ "center", V_STR, m_center },
	{ "zfill", V_STR, m_zfill },
	/* known to Python, and refused when called */
	{ "casefold", V_STR, NULL },
	{ "encode", V_STR, NULL },
	{ "expandtabs", V_STR, NULL },
	{ "format_map", V_STR, NULL },
	{ "isdecimal", V_STR, NULL },
	{ "isidentifier", V_STR, NULL },
	{ "isnumeric", V_STR, NULL },
	{ "isprintable", V_STR, NULL },
	{ "istitle", V_STR, NULL },
	{ "maketrans", V_STR, NULL },
	{ "rindex", V_STR, NULL },
	{ "swapcase", V_STR, NULL },
	{ "translate", V_STR, NULL },
	{ "count", V_LIST, m_seq_count },
	{ "index", V_LIST, m_seq_index },
	{ "copy", V_LIST, m_copy },
	{ "count", V_TUPLE, m_seq_count },
	{ "index", V_TUPLE, m_seq_index },
	{ "count", V_RANGE, m_seq_count },
	{ "index", V_RANGE, m_seq_index },
	{ "keys", V_DICT, m_keys },
	{ "values", V_DICT, m_values },
	{ "items", V_DICT, m_items },
	{ "get", V_DICT, m_get },
	{ "copy", V_DICT, m_copy },
	{ "fromkeys", V_DICT, NULL },
	{ "cycle", V_LOOP, m_cycle },
	{ "changed", V_LOOP, m_changed },
};

const struct method *
method_find(enum vtype of, struct str name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (methods[i].of == of && str_eq(name, methods[i].name))
			return &methods[i];
	return NULL;
}

struct val
method_call(struct rt *r, struct bound *b, struct args *a)
{
	if (!b->method->call)
		fail(r, "the method '%s' is not supported", b->method->name);
	return b->method->call(r, b->self, a);
}
