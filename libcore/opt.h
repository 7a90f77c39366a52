#ifndef OPT_H
#define OPT_H
#include <stdbool.h>
#include <stddef.h>
/*
 * A tool's options are one table; parsing, -c FILE, --help, completions and
 * the man-page check all read it. The member that is set says what kind of
 * value is wanted; its value before parsing is the default, shown by --help.
 */
struct strs { /* values of a repeatable option, in order */
	const char **s;
	size_t n;
};

struct opt {
	int letter;       /* -k, or 0 for none */
	const char *name; /* --key */
	const char *arg;  /* word for the value in --help; NULL for a flag */
	const char *help;
	bool *flag; /* exactly one of these five */
	long *num;
	double *real;
	const char **str;
	struct strs *list;         /* may be repeated */
	const char *const *choice; /* .str only: NULL-ended list of values */
	double min, max;           /* .num, .real: bounds, where max > min */
};

/*
 * tables: NULL-ended list of option tables (a tool's own, then shared ones:
 * input/output, model). Returns the index of the first operand; operands and
 * options may be mixed as GNU getopt_long allows, and argv is permuted so
 * that operands stand last; "--" ends options; unambiguous prefixes of long
 * names are accepted. Exits 2 on a bad command line, after the message and
 * the usage line.
 */
int opt_parse(const struct opt *const *tables, int argc, char **argv);
/* Lines `option = value` (long names, # comments, flags take true or false).
 * What the command line has set stays. A bad line is named by file and line
 * and exits 2. */
void opt_file(const struct opt *const *tables, const char *path);
/* One line for each option, on standard output. */
void opt_help(const struct opt *const *tables);
/* The options as they are typed, for completions: "--key" and "-k". */
void opt_words(const struct opt *const *tables, const char *between);
/* Was the option given, by the command line or a file? */
bool opt_given(const void *value); /* the pointer its row holds */
/* Exits 2 where an option of the table was given beside this one, which was
 * given (the pointer its row holds). */
void opt_clash(const struct opt *table, const void *beside);
/* "usage: NAME [options] OPERANDS" on stderr, and exit 2. */
extern const char *opt_operands;
_Noreturn void opt_usage(void);
/* What opt_parse and opt_file took from the heap. */
void opt_done(void);
#endif
