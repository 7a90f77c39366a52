#include "libcore/taxonomy.h"

#include <stdlib.h>
#include <string.h>

#include "libcore/arena.h"
#include "libcore/langid.h"
#include "libcore/pattern.h"
#include "libcore/textstat.h"
#include "libcore/zio.h"

enum kind { CHOICE, UNDER, SCALE, NATURAL };
enum { MAX_DIMS = 32 };

/* One of: a pattern; a signal compared with x; a label of an earlier
 * dimension. */
struct rule {
	double weight;
	unsigned most;
	struct pattern *pattern;
	enum textstat stat; /* TEXTSTATS: none */
	char op;            /* < > = */
	double x;
	size_t dim;
	struct str labels; /* A,B */
	struct rule *next;
};

struct tlabel {
	struct str name, parent; /* parent: what stands before '/' */
	struct str other;        /* unused but by the parent's first label */
	double from, start;
	struct rule *rules, **end;
	struct tlabel *next;
};

struct tdim {
	const char *name;
	enum kind kind;
	size_t parent;
	struct tlabel *labels, **end;
	struct rule *rules, **rules_end; /* of a scale */
	struct rule *when;
};

struct taxonomy {
	struct arena mem;
	struct tdim dim[MAX_DIMS];
	size_t n;
};

/* --- reading the file --- */

struct reader {
	struct taxonomy *t;
	struct tdim *dim;
	struct tlabel *label;
	bool version;
	struct err *e;
};

/* The next word of a line; {NULL, 0} at its end. */
static struct str
word(char **s)
{
	struct str w;

	*s += strspn(*s, " \t");
	w = (struct str){ *s, strcspn(*s, " \t") };
	*s += w.n;
	return w.n ? w : (struct str){ 0 };
}

static char *
rest(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1]))
		s[--n] = '\0';
	return s;
}

static struct str
keep(struct reader *in, struct str s)
{
	return (struct str){ arena_text(&in->t->mem, s.s, s.n), s.n };
}

/* Index of a dimension read before; t->n if there is none. */
static size_t
find_dim(const struct reader *in, struct str name)
{
	size_t i = 0;

	while (i < in->t->n && !str_eq(name, in->t->dim[i].name))
		i++;
	return i;
}

static bool
read_dimension(struct reader *in, char *s)
{
	struct str name = word(&s), kind = word(&s), parent = word(&s);
	struct tdim *d = &in->t->dim[in->t->n];

	if (!name.s)
		return err_set(in->e, "a dimension needs a name");
	if (find_dim(in, name) < in->t->n)
		return err_set(in->e, "dimension '%.*s' stands here twice",
		    (int)name.n, name.s);
	if (in->t->n == MAX_DIMS)
		return err_set(in->e, "more than %d dimensions", MAX_DIMS);
	d->parent = find_dim(in, parent);
	if (!kind.s)
		d->kind = CHOICE;
	else if (str_eq(kind, "scale"))
		d->kind = SCALE;
	else if (str_eq(kind, "natural"))
		d->kind = NATURAL;
	else if (str_eq(kind, "under"))
		d->kind = UNDER;
	else
		return err_set(in->e,
		    "want scale, natural or under, not "
		    "'%.*s'",
		    (int)kind.n, kind.s);
	if (d->kind == UNDER && (!parent.s || d->parent == in->t->n))
		return err_set(
		    in->e, "the parent must be an earlier dimension");
	d->name = keep(in, name).s;
	d->end = &d->labels;
	d->rules_end = &d->rules;
	in->dim = d;
	in->label = NULL;
	in->t->n++;
	return true;
}

static struct tlabel *
find_label(const struct tdim *d, struct str name)
{
	struct tlabel *l = d->labels;

	while (l && !str_same(l->name, name))
		l = l->next;
	return l;
}

/* "PARENT/other" for labels under PARENT. */
static struct str
other_of(struct reader *in, struct str parent)
{
	struct buf b = { 0 };
	struct str s;

	buf_str(&b, parent);
	buf_puts(&b, "/other");
	s = keep(in, (struct str){ b.s, b.n });
	buf_done(&b);
	return s;
}

static bool
read_label(struct reader *in, char *s)
{
	struct tlabel *l;
	struct str name = { 0 };
	const char *from = NULL, *slash;
	double x = 0;

	if (!in->dim)
		return err_set(in->e, "a label before any dimension");
	s = rest(s);
	if (in->dim->kind == SCALE) {
		from = strstr(s, " from ");
		if (!from || !num_parse(str_of(rest(s + (from - s) + 6)), &x))
			return err_set(in->e,
			    "a label of a scale: label NAME from NUMBER");
	}
	name = (struct str){ s, from ? (size_t)(from - s) : strlen(s) };
	if (!name.n)
		return err_set(in->e, "a label needs a name");
	l = find_label(in->dim, name);
	if (l && l->rules)
		return err_set(in->e, "label '%s' stands here twice", s);
	if (!l) {
		l = arena_take(&in->t->mem, sizeof *l);
		*in->dim->end = l;
		in->dim->end = &l->next;
	}
	l->name = keep(in, name);
	l->from = x;
	l->end = &l->rules;
	in->label = l;
	if (in->dim->kind != UNDER)
		return true;
	slash = memchr(l->name.s, '/', l->name.n);
	if (!slash)
		return err_set(in->e, "a label under another: PARENT/NAME");
	l->parent = (struct str){ l->name.s, (size_t)(slash - l->name.s) };
	l->other = other_of(in, l->parent);
	if (!find_label(&in->t->dim[in->dim->parent], l->parent))
		return err_set(in->e, "'%s': no such label in dimension '%s'",
		    s, in->t->dim[in->dim->parent].name);
	return true;
}

static bool
read_default(struct reader *in, char *s)
{
	struct str name = word(&s), number = word(&s);
	struct tlabel *l;
	double x;

	if (!in->dim || in->dim->kind != CHOICE || in->dim->labels)
		return err_set(in->e, "a default stands first in a dimension "
				      "of choice");
	if (!name.s || !num_parse(number, &x) || !(x >= 0))
		return err_set(in->e, "want: default LABEL SCORE");
	l = arena_take(&in->t->mem, sizeof *l);
	l->name = keep(in, name);
	l->start = x;
	l->end = &l->rules;
	*in->dim->end = l;
	in->dim->end = &l->next;
	return true;
}

/* @words>120, @ability=code,math */
static bool
read_test(struct reader *in, struct rule *r, char *s)
{
	size_t n = strcspn(s, "<>=");
	struct str name = { s, n }, value;

	while (name.n && strchr(" \t", name.s[name.n - 1]))
		name.n--;
	r->op = s[n];
	if (!r->op)
		return err_set(in->e, "'@%s': want @NAME then < > or =", s);
	value = keep(in, str_of(rest(s + n + 1)));
	r->stat = textstat_find(name);
	if (r->stat < TEXTSTATS) {
		if (!num_parse(value, &r->x))
			return err_set(in->e, "'%s' is not a number", value.s);
		return true;
	}
	r->dim = find_dim(in, name);
	r->labels = value;
	if (r->dim + 1 >= in->t->n || r->op != '=')
		return err_set(in->e,
		    "'%.*s' is neither a signal nor an earlier dimension",
		    (int)name.n, name.s);
	return true;
}

static bool
read_weight(struct reader *in, struct rule *r, struct str w)
{
	const char *x = memchr(w.s, 'x', w.n);
	struct str number = { w.s, x ? (size_t)(x - w.s) : w.n };
	int64_t most = 1;

	if (x) {
		struct str times = { x + 1, w.n - number.n - 1 };

		if (!num_parse_int(times, &most) || most < 1 || most > 1000)
			return err_set(
			    in->e, "'%.*s': want WEIGHTxTIMES", (int)w.n, w.s);
	}
	r->most = (unsigned)most;
	if (!num_parse(number, &r->weight))
		return err_set(in->e, "what is '%.*s'?", (int)w.n, w.s);
	return true;
}

static struct rule *
new_rule(struct reader *in)
{
	struct rule *r = arena_take(&in->t->mem, sizeof *r);

	r->stat = TEXTSTATS;
	return r;
}

static bool
read_rule(struct reader *in, char *s)
{
	struct str weight = word(&s);
	struct rule *r = new_rule(in), ***end;

	if (!read_weight(in, r, weight))
		return false;
	if (!in->dim || (!in->label && in->dim->kind != SCALE))
		return err_set(in->e, "a rule before any label");
	s = rest(s);
	if (!*s)
		return err_set(in->e, "a rule without a pattern");
	end = in->dim->kind == SCALE ? &in->dim->rules_end : &in->label->end;
	**end = r;
	*end = &r->next;
	if (*s == '@')
		return read_test(in, r, s + 1);
	r->pattern = pattern_new(s, in->e);
	return r->pattern != NULL;
}

static bool
read_when(struct reader *in, char *s)
{
	struct rule *r = new_rule(in);

	if (!in->dim || in->dim->kind != NATURAL || in->dim->when)
		return err_set(in->e, "'when' stands once in a natural "
				      "dimension");
	in->dim->when = r;
	if (!read_test(in, r, rest(s)))
		return false;
	return r->stat == TEXTSTATS ||
	       err_set(in->e, "want: when DIMENSION=LABEL");
}

static bool
read_version(struct reader *in, char *s)
{
	int64_t v;

	if (!num_parse_int(str_of(rest(s)), &v) || v < 1)
		return err_set(in->e, "want: taxonomy VERSION");
	if (v > 1)
		return err_set(in->e,
		    "taxonomy version %lld is newer than "
		    "this program's 1",
		    (long long)v);
	in->version = true;
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct reader *, char *);
} lines[] = {
	{ "taxonomy", read_version },
	{ "dimension", read_dimension },
	{ "default", read_default },
	{ "label", read_label },
	{ "when", read_when },
};

static bool
read_line(struct reader *in, char *s)
{
	char *after = s;
	struct str first = word(&after);

	if (!first.s || first.s[0] == '#' || str_eq(first, "\r"))
		return true;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (!str_eq(first, lines[i].word))
			continue;
		if (i && !in->version)
			break;
		return lines[i].read(in, after);
	}
	if (!in->version)
		return err_set(in->e, "the first line must be 'taxonomy 1'");
	return read_rule(in, s);
}

/* What can only be told at the end. */
static bool
check(const struct taxonomy *t, struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct tdim *d = &t->dim[i];
		double last = -1e300;

		if (!d->labels && d->kind != NATURAL)
			return err_set(
			    e, "dimension '%s' has no labels", d->name);
		for (const struct tlabel *l = d->labels; l && d->kind == SCALE;
		     l = l->next) {
			if (!(l->from > last))
				return err_set(
				    e, "the labels of '%s' must rise", d->name);
			last = l->from;
		}
	}
	return t->n || err_set(e, "no dimensions");
}

struct taxonomy *
taxonomy_load(const char *path, struct err *e)
{
	struct err why = { 0 };
	struct zlines *z = zlines_open(path, e);
	struct reader in = { .e = &why };
	unsigned long no = 0;
	size_t n;
	char *s;
	bool ok = true;

	if (!z)
		return NULL;
	in.t = need_zero(1, sizeof *in.t);
	while (ok && (s = zlines_next(z, &n, e))) {
		no++;
		ok = read_line(&in, s);
	}
	zlines_close(z);
	if (!ok)
		err_set(e, "%s:%lu: %s", path, no, why.why);
	else if (e->why[0])
		ok = false;
	else if (!check(in.t, &why))
		ok = err_set(e, "%s: %s", path, why.why);
	if (ok)
		return in.t;
	taxonomy_free(in.t);
	return NULL;
}

static void
free_rules(struct rule *r)
{
	for (; r; r = r->next)
		pattern_free(r->pattern);
}

void
taxonomy_free(struct taxonomy *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free_rules(t->dim[i].rules);
		for (struct tlabel *l = t->dim[i].labels; l; l = l->next)
			free_rules(l->rules);
	}
	arena_done(&t->mem);
	free(t);
}

size_t
taxonomy_dims(const struct taxonomy *t)
{
	return t->n;
}

const char *
taxonomy_dim(const struct taxonomy *t, size_t i)
{
	return t->dim[i].name;
}

/* --- labelling --- */

struct job {
	const struct taxonomy *t;
	struct str text;
	double stat[TEXTSTATS];
	struct labelled *got;
	unsigned given_up;
};

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

/* How often a rule holds, up to its limit. */
static unsigned
holds(struct job *j, const struct rule *r)
{
	bool up = false;
	unsigned n;

	if (r->pattern) {
		n = pattern_count(r->pattern, j->text, r->most, &up);
		j->given_up += up;
		return n;
	}
	if (r->stat == TEXTSTATS)
		return in_list(r->labels, j->got[r->dim].label);
	if (r->op == '<')
		return j->stat[r->stat] < r->x;
	if (r->op == '>')
		return j->stat[r->stat] > r->x;
	return j->stat[r->stat] >= r->x && j->stat[r->stat] <= r->x;
}

static double
total(struct job *j, const struct rule *r)
{
	double sum = 0;

	for (; r; r = r->next)
		sum += r->weight * holds(j, r);
	return sum;
}

/* The best of the labels under `parent` (all where it is NULL). False if
 * none has a score. */
static bool
choose(struct job *j, const struct tdim *d, const struct str *parent,
    struct labelled *got)
{
	double best = 0, all = 0;

	for (const struct tlabel *l = d->labels; l; l = l->next) {
		double s;

		if (parent && !str_same(l->parent, *parent))
			continue;
		s = l->start + total(j, l->rules);
		if (s <= 0)
			continue;
		all += s;
		if (s > best) {
			best = s;
			got->label = l->name;
		}
	}
	got->p = best / (all + 2);
	return best > 0;
}

static void
choose_under(struct job *j, const struct tdim *d, struct labelled *got)
{
	const struct str *parent = &j->got[d->parent].label;

	if (choose(j, d, parent, got))
		return;
	got->p = 1 / 3.0;
	got->label = STR("other");
	for (const struct tlabel *l = d->labels; l; l = l->next)
		if (str_same(l->parent, *parent))
			got->label = l->other;
}

static void
scale(struct job *j, const struct tdim *d, struct labelled *got)
{
	double s = total(j, d->rules), up = 1e9, down = 1e9, far;
	const struct tlabel *l = d->labels;

	for (; l->next && s >= l->next->from; l = l->next)
		;
	if (l->next)
		up = l->next->from - s;
	if (l != d->labels)
		down = s - l->from + 1;
	far = up < down ? up : down;
	got->label = l->name;
	got->p = far / (far + 1);
}

static void
natural(struct job *j, const struct tdim *d, struct labelled *got)
{
	if (d->when && holds(j, d->when) && choose(j, d, NULL, got))
		return;
	got->label = str_of(langid(j->text, &got->p));
}

unsigned
taxonomy_label(const struct taxonomy *t, struct str text, struct labelled *got)
{
	struct job j = { .t = t, .text = text, .got = got };

	textstat(j.stat, text);
	for (size_t i = 0; i < t->n; i++) {
		const struct tdim *d = &t->dim[i];

		got[i] = (struct labelled){ STR("none"), 0 };
		if (d->kind == CHOICE)
			choose(&j, d, NULL, &got[i]);
		else if (d->kind == UNDER)
			choose_under(&j, d, &got[i]);
		else if (d->kind == SCALE)
			scale(&j, d, &got[i]);
		else
			natural(&j, d, &got[i]);
		got[i].p = (double)(long)(got[i].p * 1e4 + 0.5) / 1e4;
	}
	return j.given_up;
}
