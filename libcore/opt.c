#include "libcore/opt.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/str.h"

const char *opt_operands = "[file ...]";

/* What has been set, and each option's default as --help shows it; both
 * parallel to the options of all tables taken together. */
static struct state {
	const struct opt *o;
	char *shown;
	bool set;
} * states;
static size_t nstates;
static char *kept; /* the text of -c FILE, which string options point into */

void
opt_usage(void)
{
	fprintf(stderr, "usage: %s [options] %s\n", die_name, opt_operands);
	exit(2);
}

static char *
shown(const struct opt *o)
{
	struct buf b = { 0 };
	char s[32];

	if (o->num)
		buf_printf(&b, "%ld", *o->num);
	else if (o->real && !isnan(*o->real)) /* NAN: nothing, if not given */
		buf_put(&b, s, num_real(s, *o->real));
	else if (o->str && *o->str)
		buf_puts(&b, *o->str);
	else if (o->flag && *o->flag)
		buf_puts(&b, "on");
	return b.s;
}

static struct state *
state_of(const struct opt *o)
{
	for (size_t i = 0; i < nstates; i++)
		if (states[i].o == o)
			return &states[i];
	return NULL;
}

static void
remember(const struct opt *const *tables)
{
	for (; *tables; tables++)
		for (const struct opt *o = *tables; o->name; o++) {
			if (state_of(o))
				continue;
			states = need_grow(states, nstates + 1, sizeof *states);
			states[nstates++] =
			    (struct state){ .o = o, .shown = shown(o) };
		}
}

void
opt_done(void)
{
	for (size_t i = 0; i < nstates; i++) {
		free(states[i].shown);
		if (states[i].o->list) {
			free(states[i].o->list->s);
			*states[i].o->list = (struct strs){ 0 };
		}
	}
	free(states);
	states = NULL;
	nstates = 0;
	free(kept);
	kept = NULL;
}

/* The option that was given and holds p. */
static const struct opt *
given(const void *p)
{
	for (size_t i = 0; i < nstates; i++) {
		const struct opt *o = states[i].o;

		if (states[i].set &&
		    (o->flag == p || o->num == p || o->real == p ||
			o->str == p || o->list == p))
			return o;
	}
	return NULL;
}

bool
opt_given(const void *p)
{
	return given(p) != NULL;
}

void
opt_clash(const struct opt *table, const void *beside)
{
	for (const struct opt *o = table; o->name; o++) {
		const struct state *s = state_of(o);

		if (!s || !s->set)
			continue;
		warn("options '--%s' and '--%s' exclude each other",
		    given(beside)->name, o->name);
		opt_usage();
	}
}

static const struct opt *
by_letter(const struct opt *const *tables, int letter)
{
	for (; *tables; tables++)
		for (const struct opt *o = *tables; o->name; o++)
			if (o->letter == letter)
				return o;
	return NULL;
}

/* The option whose long name is name[0, n) or, alone, begins so. */
static const struct opt *
by_name(const struct opt *const *tables, const char *name, size_t n, int *found)
{
	const struct opt *got = NULL;

	*found = 0;
	for (; *tables; tables++)
		for (const struct opt *o = *tables; o->name; o++) {
			if (strncmp(o->name, name, n))
				continue;
			if (!o->name[n]) {
				*found = 1;
				return o;
			}
			got = o;
			++*found;
		}
	return *found == 1 ? got : NULL;
}

static bool
in_bounds(const struct opt *o, double x)
{
	return !(o->max > o->min) || (x >= o->min && x <= o->max);
}

static bool
is_choice(const struct opt *o, const char *s)
{
	for (size_t i = 0; o->choice[i]; i++)
		if (!strcmp(o->choice[i], s))
			return true;
	return false;
}

static bool
set_flag(bool *flag, const char *s)
{
	static const char *const words[2][4] = {
		{ "false", "no", "off", "0" },
		{ "true", "yes", "on", "1" },
	};

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 4; j++)
			if (!strcmp(words[i][j], s)) {
				*flag = i;
				return true;
			}
	return false;
}

static bool
set(const struct opt *o, const char *s)
{
	int64_t i;
	double x;

	state_of(o)->set = true;
	if (o->flag)
		return set_flag(o->flag, s);
	if (o->num) {
		if (!num_parse_int(str_of(s), &i) || !in_bounds(o, (double)i) ||
		    i != (long)i)
			return false;
		*o->num = (long)i;
	} else if (o->real) {
		if (!num_parse(str_of(s), &x) || !in_bounds(o, x) ||
		    !isfinite(x))
			return false;
		*o->real = x;
	} else if (o->str) {
		if (o->choice && !is_choice(o, s))
			return false;
		*o->str = s;
	} else {
		o->list->s =
		    need_grow(o->list->s, o->list->n + 1, sizeof *o->list->s);
		o->list->s[o->list->n++] = s;
	}
	return true;
}

/* What would have been right, for a message. */
static void
wanted(struct buf *b, const struct opt *o)
{
	char s[32];

	if (o->choice) {
		buf_puts(b, ": one of");
		for (size_t i = 0; o->choice[i]; i++)
			buf_printf(b, "%s %s", i ? "," : "", o->choice[i]);
	} else if ((o->num || o->real) && o->max > o->min) {
		buf_puts(b, ": between ");
		if (o->num)
			buf_printf(b, "%.0f and %.0f", o->min, o->max);
		else {
			buf_put(b, s, num_real(s, o->min));
			buf_puts(b, " and ");
			buf_put(b, s, num_real(s, o->max));
		}
	} else if (o->flag)
		buf_puts(b, ": true or false");
}

static _Noreturn void
bad_value(const struct opt *o, const char *s)
{
	struct buf b = { 0 };

	wanted(&b, o);
	warn("bad value '%s' for --%s%s", s, o->name, b.s ? b.s : "");
	opt_usage();
}

/* One argument that begins with "--"; returns how many more it took. */
static int
long_opt(const struct opt *const *tables, const char *a, const char *next)
{
	size_t n = strcspn(a + 2, "=");
	const char *val = a[2 + n] ? a + 3 + n : NULL;
	const struct opt *o;
	int found, took = 0;

	o = by_name(tables, a + 2, n, &found);
	if (!o) {
		warn(found ? "option '%.*s' is ambiguous"
			   : "unknown option '%.*s'",
		    (int)n + 2, a);
		opt_usage();
	}
	if (o->flag && val) {
		warn("option '--%s' takes no value", o->name);
		opt_usage();
	}
	if (!o->flag && !val) {
		took = 1;
		if (!(val = next)) {
			warn("option '--%s' needs %s", o->name, o->arg);
			opt_usage();
		}
	}
	if (!set(o, o->flag ? "true" : val))
		bad_value(o, val);
	return took;
}

/* One argument of letters: flags, the last of which may take a value. */
static int
short_opts(const struct opt *const *tables, const char *a, const char *next)
{
	for (const char *c = a + 1; *c; c++) {
		const struct opt *o = by_letter(tables, *c);
		const char *val;

		if (!o) {
			warn("unknown option '-%c'", *c);
			opt_usage();
		}
		if (o->flag) {
			set(o, "true");
			continue;
		}
		val = c[1] ? c + 1 : next;
		if (!val) {
			warn("option '-%c' needs %s", *c, o->arg);
			opt_usage();
		}
		if (!set(o, val))
			bad_value(o, val);
		return c[1] ? 0 : 1;
	}
	return 0;
}

int
opt_parse(const struct opt *const *tables, int argc, char **argv)
{
	char **rest = need_zero((size_t)argc + 1, sizeof *rest);
	int nrest = 0, nopt = 1;

	remember(tables);
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];
		int more;

		if (a[0] != '-' || !a[1]) {
			rest[nrest++] = a;
			continue;
		}
		argv[nopt++] = a;
		if (!strcmp(a, "--")) {
			while (++i < argc)
				rest[nrest++] = argv[i];
			break;
		}
		more = a[1] == '-' ? long_opt(tables, a, argv[i + 1])
				   : short_opts(tables, a, argv[i + 1]);
		while (more--)
			argv[nopt++] = argv[++i];
	}
	memcpy(argv + nopt, rest, (size_t)nrest * sizeof *rest);
	free(rest);
	return nopt;
}

static char *
trim(char *s, char *end)
{
	while (s < end && strchr(" \t\r", *s))
		s++;
	while (end > s && strchr(" \t\r", end[-1]))
		end--;
	*end = '\0';
	return s;
}

static void
file_line(const struct opt *const *tables, const bool *before, char *line,
    const char *path, unsigned no)
{
	char *eq = strchr(line, '='), *name, *val;
	const struct opt *o;
	int found;

	name = trim(line, eq ? eq : line + strlen(line));
	if (!*name || *name == '#')
		return;
	o = by_name(tables, name, strlen(name), &found);
	if (!o || strcmp(o->name, name)) {
		warn("%s:%u: unknown option '%s'", path, no, name);
		exit(2);
	}
	if (!eq) {
		warn("%s:%u: '=' is missing", path, no);
		exit(2);
	}
	val = trim(eq + 1, eq + 1 + strlen(eq + 1));
	if (before[state_of(o) - states])
		return;
	if (!set(o, val)) {
		struct buf b = { 0 };

		wanted(&b, o);
		warn("%s:%u: bad value '%s' for %s%s", path, no, val, name,
		    b.s ? b.s : "");
		exit(2);
	}
}

static char *
whole_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	size_t n;

	if (!f)
		die_sys("cannot open '%s'", path);
	do {
		buf_need(&b, 4096);
		b.n += n = fread(b.s + b.n, 1, 4096, f);
	} while (n);
	if (ferror(f))
		die_sys("cannot read '%s'", path);
	fclose(f);
	b.s[b.n] = '\0';
	return b.s;
}

void
opt_file(const struct opt *const *tables, const char *path)
{
	bool *before;
	unsigned no = 0;
	char *line, *next;

	remember(tables);
	before = need_zero(nstates, sizeof *before);
	for (size_t i = 0; i < nstates; i++)
		before[i] = states[i].set;
	free(kept);
	line = kept = whole_file(path);
	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		file_line(tables, before, line, path, ++no);
	}
	free(before);
}

void
opt_help(const struct opt *const *tables)
{
	struct buf b = { 0 };

	remember(tables);
	for (; *tables; tables++)
		for (const struct opt *o = *tables; o->name; o++) {
			const char *def = state_of(o)->shown;

			buf_reset(&b);
			if (o->letter)
				buf_printf(&b, "  -%c, ", o->letter);
			else
				buf_puts(&b, "      ");
			buf_printf(&b, "--%s%s%s", o->name, o->arg ? " " : "",
			    o->arg ? o->arg : "");
			printf("%-28s  %s", b.s, o->help);
			for (size_t i = 0; o->choice && o->choice[i]; i++)
				printf("%s %s", i ? "," : ":", o->choice[i]);
			if (def)
				printf(" [%s]", def);
			putchar('\n');
		}
	buf_done(&b);
}

void
opt_words(const struct opt *const *tables, const char *between)
{
	const char *sep = "";

	for (; *tables; tables++)
		for (const struct opt *o = *tables; o->name; o++) {
			printf("%s--%s", sep, o->name);
			sep = between;
			if (o->letter)
				printf("%s-%c", sep, o->letter);
		}
}
