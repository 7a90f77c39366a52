/* prompt-select - choose records by scores, labels, quotas and proportions.
 * Page: man/prompt-select.1 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/tool.h"

static struct strs where, label, not, quota, mix;
static const char *by;
static long total;

static const struct opt opts[] = {
	{ 'w', "where", "COND", "keep records for which FIELD OP VALUE holds",
	    .list = &where },
	{ 'l', "label", "DIM=A,B", "keep records with one of these labels",
	    .list = &label },
	{ 'x', "not", "DIM=A,B", "drop records with one of these labels",
	    .list = &not },
	{ 'u', "quota", "DIM[:A]=N", "at most N of each label, or of label A",
	    .list = &quota },
	{ 'M', "mix", "DIM:A=P", "the share P of what is kept has label A",
	    .list = &mix },
	{ 'n', "total", "N", "at most N records in all; 0: no limit",
	    .num = &total, .min = 0, .max = 4e9 },
	{ 'b', "by", "FIELD",
	    "choose those with the greatest FIELD; without "
	    "it, at random",
	    .str = &by },
	{ 0 },
};

/* Memory of the run: options cut into pieces, reasons, labels. */
static struct arena run;

/* A condition of --where, --label or --not. */
enum op { LESS, AT_MOST, EQUAL, OTHER, AT_LEAST, MORE, ONE_OF, NONE_OF };

static const struct {
	const char *text;
	enum op op;
} ops[] = {
	{ ">=", AT_LEAST },
	{ "<=", AT_MOST },
	{ "==", EQUAL },
	{ "!=", OTHER },
	{ ">", MORE },
	{ "<", LESS },
	{ "=", EQUAL },
};

struct cond {
	const char *path;
	enum op op;
	bool number; /* compare with x, else with the text */
	double x;
	struct str text;
	const char *reason, *absent;
};

static struct cond *conds;
static size_t nconds;

/* A dimension that has quotas or a mix: its labels as they turn up, number 0
 * being "no label". */
enum { DIMS = 8, LABELS = 65535 };

struct value {
	struct str name;
	size_t there, taken;
	size_t most;   /* quota */
	double share;  /* of --mix, < 0: none */
	size_t target; /* what the share comes to */
	const char *over_quota, *over_mix;
};

static struct dim {
	const char *path, *name;
	struct value *value;
	size_t n, room, most;
	bool mixed;
	size_t rest, rest_taken; /* room for labels without a share */
} dims[DIMS];
static size_t ndims;

/* One record that passed the conditions. 32 bytes. */
enum { TAKEN = UINT16_MAX, BY_TOTAL = UINT16_MAX - 1 };

struct item {
	double by;
	uint32_t at; /* its number in the input */
	uint16_t label[DIMS];
	uint16_t why; /* TAKEN, BY_TOTAL, or 2 * dimension + (mix) */
	uint16_t spare;
};

static struct item *items;
static size_t nitems, room;

static const char *
text_of(const char *a, struct str b, const char *c)
{
	struct buf s = { 0 };
	char *t;

	buf_puts(&s, a);
	buf_str(&s, b);
	buf_puts(&s, c);
	t = arena_text(&run, s.s, s.n);
	buf_done(&s);
	return t;
}

/* "ability" is labels.ability; ".source" is source. */
static const char *
dim_path(struct str name)
{
	if (name.n && name.s[0] == '.')
		return text_of("", (struct str){ name.s + 1, name.n - 1 }, "");
	return text_of("labels.", name, "");
}

_Noreturn static void
usage(const char *option, const char *value, const char *want)
{
	warn("--%s '%s': %s", option, value, want);
	exit(2);
}

static void
add_where(const char *s)
{
	struct cond *c = &conds[nconds++];
	size_t n = strcspn(s, "<>=!"), i = 0;
	const char *v;

	while (i < sizeof ops / sizeof *ops &&
	       strncmp(s + n, ops[i].text, strlen(ops[i].text)))
		i++;
	if (!n || i == sizeof ops / sizeof *ops)
		usage("where", s,
		    "want FIELD OP VALUE, OP one of < <= = != >= >");
	v = s + n + strlen(ops[i].text);
	while (*v == ' ')
		v++;
	while (n && s[n - 1] == ' ')
		n--;
	c->path = text_of("", (struct str){ s, n }, "");
	c->op = ops[i].op;
	c->text = str_of(v);
	c->number = num_parse(c->text, &c->x);
	if (!c->number && c->op != EQUAL && c->op != OTHER)
		usage("where", s, "only numbers have an order");
	c->reason = text_of("where ", str_of(s), "");
	c->absent = text_of("no ", str_of(c->path), "");
}

static void
add_label(const char *s, enum op op)
{
	struct cond *c = &conds[nconds++];
	const char *eq = strchr(s, '=');
	const char *option = op == ONE_OF ? "label" : "not";

	if (!eq || eq == s || !eq[1])
		usage(option, s, "want DIM=LABEL,LABEL...");
	c->path = dim_path((struct str){ s, (size_t)(eq - s) });
	c->op = op;
	c->text = str_of(eq + 1);
	c->reason = text_of(op == ONE_OF ? "label " : "not ", str_of(s), "");
	c->absent = c->reason;
}

static struct dim *
dim_of(struct str name, const char *option, const char *value)
{
	struct dim *d;

	for (d = dims; d < dims + ndims; d++)
		if (str_eq(name, d->name))
			return d;
	if (!name.n)
		usage(option, value, "no dimension is named");
	if (ndims == DIMS)
		usage(option, value, "more than 8 dimensions");
	ndims++;
	d->name = text_of("", name, "");
	d->path = dim_path(name);
	d->most = SIZE_MAX;
	return d;
}

/* The number of a label of d, which is new at first sight. */
static size_t
value_of(struct dim *d, struct str name)
{
	struct value *v;

	for (size_t i = 0; i < d->n; i++)
		if (str_same(d->value[i].name, name))
			return i;
	if (d->n == LABELS)
		return LABELS;
	if (d->n == d->room) {
		d->room = d->room ? 2 * d->room : 16;
		d->value = need_grow(d->value, d->room, sizeof *d->value);
	}
	v = &d->value[d->n];
	*v = (struct value){ .most = SIZE_MAX, .share = -1 };
	v->name.s = arena_text(&run, name.s ? name.s : "", name.n);
	v->name.n = name.n;
	if (!name.n)
		v->name = str_of("");
	v->over_quota = text_of("quota ", str_of(d->name), ":");
	v->over_quota = text_of(v->over_quota, v->name, "");
	v->over_mix = text_of("mix ", str_of(d->name), ":");
	v->over_mix = text_of(v->over_mix, v->name, "");
	return d->n++;
}

/* Cut "DIM:A=X" or "DIM=X"; X is returned, A is {NULL, 0} in the second. */
static const char *
cut(const char *s, struct str *dim, struct str *value, const char *option)
{
	const char *eq = strrchr(s, '='), *colon = strchr(s, ':');

	if (!eq || !eq[1])
		usage(option, s, "want DIM:LABEL=NUMBER");
	if (colon && colon > eq)
		colon = NULL;
	*dim = (struct str){ s, (size_t)((colon ? colon : eq) - s) };
	*value = (struct str){ 0 };
	if (colon)
		*value = (struct str){ colon + 1, (size_t)(eq - colon) - 1 };
	return eq + 1;
}

static void
add_quota(const char *s)
{
	struct str name, label_name;
	const char *x = cut(s, &name, &label_name, "quota");
	struct dim *d = dim_of(name, "quota", s);
	int64_t n;

	value_of(d, STR(""));
	if (!num_parse_int(str_of(x), &n) || n < 0)
		usage("quota", s, "the number must be whole and not negative");
	if (label_name.s)
		d->value[value_of(d, label_name)].most = (size_t)n;
	else
		d->most = (size_t)n;
}

static void
add_mix(const char *s)
{
	struct str name, label_name;
	const char *x = cut(s, &name, &label_name, "mix");
	struct dim *d = dim_of(name, "mix", s);
	struct str number = str_of(x);
	double p, sum = 0, scale = 1;

	value_of(d, STR(""));
	if (number.n && number.s[number.n - 1] == '%') {
		number.n--;
		scale = 0.01;
	}
	if (!label_name.s || !num_parse(number, &p) || !(p >= 0))
		usage("mix", s, "want DIM:LABEL=SHARE, e.g. ability:math=0.2");
	d->value[value_of(d, label_name)].share = p * scale;
	d->mixed = true;
	for (size_t i = 0; i < d->n; i++)
		if (d->value[i].share > 0)
			sum += d->value[i].share;
	if (sum > 1 + 1e-9)
		usage("mix", s, "the shares are more than 1");
}

static void
start(void)
{
	conds = need_zero(where.n + label.n + not .n + 1, sizeof *conds);
	for (size_t i = 0; i < where.n; i++)
		add_where(where.s[i]);
	for (size_t i = 0; i < label.n; i++)
		add_label(label.s[i], ONE_OF);
	for (size_t i = 0; i < not .n; i++)
		add_label(not .s[i], NONE_OF);
	for (size_t i = 0; i < quota.n; i++)
		add_quota(quota.s[i]);
	for (size_t i = 0; i < mix.n; i++)
		add_mix(mix.s[i]);
	if (ndims || total)
		tool_twice();
}

/* A value as text: a string's, else its JSON. */
static struct str
value_text(struct rec *r, const struct json *v)
{
	return json_is(v, JSON_STRING) ? rec_text(r, v) : json_raw(&r->doc, v);
}

static bool
in_list(struct str list, struct str name)
{
	for (size_t at = 0; at <= list.n;) {
		const char *end = memchr(list.s + at, ',', list.n - at);
		size_t n = end ? (size_t)(end - list.s) - at : list.n - at;

		if (str_same((struct str){ list.s + at, n }, name))
			return true;
		at += n + 1;
	}
	return false;
}

static bool
compare(enum op op, double a, double b)
{
	switch (op) {
	case LESS:
		return a < b;
	case AT_MOST:
		return a <= b;
	case EQUAL:
		return a >= b && a <= b;
	case OTHER:
		return a < b || a > b;
	case AT_LEAST:
		return a >= b;
	default:
		return a > b;
	}
}

static bool
holds(const struct cond *c, struct rec *r, const struct json *v)
{
	struct str text = value_text(r, v);
	double x;

	if (c->op == ONE_OF)
		return in_list(c->text, text);
	if (c->op == NONE_OF)
		return !in_list(c->text, text);
	if (c->number && json_real(&r->doc, v, &x))
		return compare(c->op, x, c->x);
	if (c->op == EQUAL || c->op == OTHER)
		return str_same(text, c->text) == (c->op == EQUAL);
	rec_bad(r, v, "field '%s' is not a number", c->path);
	return false;
}

/* Why the record fails a condition, or NULL. */
static const char *
fails(struct rec *r)
{
	for (size_t i = 0; i < nconds; i++) {
		const struct json *v = rec_get(r, conds[i].path);

		if (!v && conds[i].op == NONE_OF)
			continue;
		if (!v)
			return conds[i].absent;
		if (!holds(&conds[i], r, v))
			return conds[i].reason;
	}
	return NULL;
}

/* What a record counts as, and how good it is. False if it fails a condition,
 * for *why, or is bad. */
static bool
look(struct rec *r, uint32_t at, struct item *it, const char **why)
{
	*it = (struct item){ .at = at };
	*why = fails(r);
	for (size_t k = 0; k < ndims && !*why; k++) {
		const struct json *v = rec_get(r, dims[k].path);
		size_t i = value_of(&dims[k], v ? value_text(r, v) : STR(""));

		if (i == LABELS)
			rec_bad(r, v, "more than %d labels of '%s'", LABELS,
			    dims[k].name);
		it->label[k] = (uint16_t)i;
	}
	if (!by)
		it->by = rng_unit((uint64_t)tool_seed, 0, at);
	else if (!rec_real(r, by, &it->by))
		it->by = -HUGE_VAL;
	return !*why && !r->bad;
}

static void
keep(const struct item *it)
{
	for (size_t k = 0; k < ndims; k++)
		dims[k].value[it->label[k]].there++;
	if (nitems == room) {
		room = room ? room + room / 2 : 1024;
		items = need_grow(items, room, sizeof *items);
	}
	items[nitems++] = *it;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Records of a label, as far as its quota goes. */
static size_t
available(const struct dim *d, const struct value *v)
{
	size_t most = v->most < SIZE_MAX ? v->most : d->most;

	return least(v->there, most);
}

/* The largest total at which every share of d can be had. */
static size_t
fitting(const struct dim *d)
{
	double n = (double)nitems, share = 0, rest = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct value *v = &d->value[i];
		double there = (double)available(d, v);

		if (v->share < 0) {
			rest += there;
			continue;
		}
		share += v->share;
		if (v->share > 0 && there / v->share < n)
			n = there / v->share;
	}
	if (share < 1 - 1e-9 && rest / (1 - share) < n)
		n = rest / (1 - share);
	return (size_t)(n + 1e-9);
}

/* Shares of n as whole numbers: rounded down, the ones left over going to
 * the largest remainders, the first of equals. */
static void
set_targets(struct dim *d, size_t n)
{
	double sum = 0, best;
	size_t given = 0, want, at;

	for (size_t i = 0; i < d->n; i++) {
		struct value *v = &d->value[i];

		if (v->share < 0)
			continue;
		v->target = (size_t)(v->share * (double)n + 1e-9);
		sum += v->share;
		given += v->target;
	}
	want = sum > 1 - 1e-9 ? n : (size_t)(sum * (double)n + 0.5);
	for (; given < want; given++) {
		best = -1;
		at = 0;
		for (size_t i = 0; i < d->n; i++) {
			const struct value *v = &d->value[i];
			double left = v->share * (double)n - (double)v->target;

			if (v->share >= 0 && left > best) {
				best = left;
				at = i;
			}
		}
		d->value[at].target++;
	}
	d->rest = n - want;
}

/* Without --total, a mix makes it as large as its shares can be held. */
static void
plan(void)
{
	size_t n = total ? (size_t)total : SIZE_MAX;
	bool mixed = false;

	for (struct dim *d = dims; d < dims + ndims; d++) {
		mixed |= d->mixed;
		if (d->mixed && !total)
			n = least(n, fitting(d));
	}
	if (!mixed)
		return;
	n = least(n, nitems);
	total = (long)n;
	for (struct dim *d = dims; d < dims + ndims; d++)
		if (d->mixed)
			set_targets(d, n);
}

/* TAKEN, or which quota or share leaves no room. */
static uint16_t
try(const struct item *it)
{
	for (uint16_t k = 0; k < ndims; k++) {
		const struct dim *d = &dims[k];
		const struct value *v = &d->value[it->label[k]];

		if (v->taken >= available(d, v))
			return 2 * k;
		if (d->mixed && (v->share < 0 ? d->rest_taken >= d->rest
					      : v->taken >= v->target))
			return 2 * k + 1;
	}
	for (size_t k = 0; k < ndims; k++) {
		struct value *v = &dims[k].value[it->label[k]];

		v->taken++;
		dims[k].rest_taken += v->share < 0;
	}
	return TAKEN;
}

static int
best_first(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->by > y->by || x->by < y->by)
		return x->by > y->by ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int
as_read(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Heapsort (Williams 1964): qsort takes as much memory again as the items. */
static void
sort_items(int (*before)(const void *, const void *))
{
	size_t n = nitems, top = n / 2;
	struct item x;

	while (n > 1) {
		size_t i, child;

		if (top) {
			x = items[--top];
		} else {
			x = items[--n];
			items[n] = items[0];
		}
		for (i = top; (child = 2 * i + 1) < n; i = child) {
			if (child + 1 < n &&
			    before(&items[child], &items[child + 1]) < 0)
				child++;
			if (before(&x, &items[child]) >= 0)
				break;
			items[i] = items[child];
		}
		items[i] = x;
	}
}

static void
choose(void)
{
	bool limited = total || ndims;
	size_t taken = 0;

	plan();
	sort_items(best_first);
	for (size_t i = 0; i < nitems; i++) {
		struct item *it = &items[i];

		if (limited && total && taken == (size_t)total)
			it->why = BY_TOTAL;
		else
			it->why = try(it);
		taken += it->why == TAKEN;
	}
	sort_items(as_read);
	for (struct dim *d = dims; d < dims + ndims; d++)
		for (size_t i = 0; d->mixed && i < d->n; i++)
			if (d->value[i].taken < d->value[i].target)
				warn("%s: %zu short of the %zu wanted",
				    d->value[i].over_mix,
				    d->value[i].target - d->value[i].taken,
				    d->value[i].target);
}

static const char *
reason(const struct item *it)
{
	const struct value *v;

	if (it->why == BY_TOTAL)
		return "total";
	v = &dims[it->why / 2].value[it->label[it->why / 2]];
	return it->why % 2 ? v->over_mix : v->over_quota;
}

static int
stream(void)
{
	struct rec *r;
	const char *why;

	while ((r = tool_next())) {
		why = fails(r);
		if (!r->bad && why)
			rec_drop(r, why);
		else if (!r->bad)
			rec_emit(r, 0);
		tool_done(r);
	}
	return 0;
}

/* The first time through only looks; the second writes. */
static int
pull(void)
{
	uint32_t at = 0;
	size_t next = 0;
	const char *why;
	struct item it;
	struct rec *r;

	if (!ndims && !total)
		return stream();
	for (; (r = tool_next()); at++) {
		if (at == UINT32_MAX)
			die("more than %u records", UINT32_MAX);
		if (look(r, at, &it, &why))
			keep(&it);
		tool_done(r);
	}
	choose();
	tool_again();
	for (at = 0; (r = tool_next()); at++) {
		if (!look(r, at, &it, &why)) {
			if (!r->bad)
				rec_drop(r, why);
		} else if (next == nitems) {
			die("the input changed between the two passes");
		} else if (items[next].why == TAKEN) {
			rec_emit(r, 0);
			next++;
		} else {
			rec_drop(r, reason(&items[next++]));
		}
		tool_done(r);
	}
	return 0;
}

static void
end(void)
{
	for (size_t i = 0; i < ndims; i++)
		free(dims[i].value);
	free(items);
	free(conds);
}

int
main(int argc, char **argv)
{
	static const struct tool tool = {
		.name = "prompt-select",
		.operands = "[file ...]",
		.does = "choose records by scores, labels, quotas and "
			"proportions",
		.opts = opts,
		.start = start,
		.pull = pull,
		.end = end,
	};

	return tool_main(&tool, argc, argv);
}
