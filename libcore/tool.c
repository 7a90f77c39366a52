#include "config.h"

#include "libcore/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libcore/pipe.h"

enum { MAX_SIDES = 8 };

long tool_threads, tool_seed;
bool tool_overwrite, tool_quiet, tool_verbose;
const char *tool_tmp;
char **tool_files;
size_t tool_nfiles;

static const char *output = "-", *reject_name, *stats_name, *config;
static const char *completion;
static const char *const shells[] = { "bash", "words", NULL };
static bool plain, progress, help, version;
static long line_limit = 64 << 20, depth = REC_DEPTH, level = 1;

static const struct opt common[] = {
	{ 'j', "threads", "N", "threads to use", .num = &tool_threads, .min = 1,
	    .max = 1024 },
	{ 0, "seed", "N", "seed of everything random", .num = &tool_seed },
	{ 0, "stats", "FILE", "write counts, inputs and arguments as JSON",
	    .str = &stats_name },
	{ 0, "tmp", "DIR", "folder for temporary files", .str = &tool_tmp },
	{ 'c', "config", "FILE", "read options from FILE: option = value",
	    .str = &config },
	{ 'q', "quiet", NULL, "no summary, errors only", .flag = &tool_quiet },
	{ 'v', "verbose", NULL, "say more", .flag = &tool_verbose },
	{ 0, "progress", NULL, "show progress (by itself on a terminal)",
	    .flag = &progress },
	{ 'h', "help", NULL, "print this", .flag = &help },
	{ 'V', "version", NULL, "print the version", .flag = &version },
	{ 0, "completion", "SHELL", "print a completion script, or its words",
	    .str = &completion, .choice = shells },
	{ 0 },
};

static const struct opt streams[] = {
	{ 'o', "output", "FILE", "write to FILE: .zst, .gz, else plain",
	    .str = &output },
	{ 'p', "plain", NULL, "plain text on standard output", .flag = &plain },
	{ 0, "level", "N", "compression level", .num = &level, .min = 1,
	    .max = 19 },
	{ 0, "reject", "FILE", "set bad records aside in FILE and go on",
	    .str = &reject_name },
	{ 0, "overwrite", NULL, "replace values that are already there",
	    .flag = &tool_overwrite },
	{ 0, "max-line", "BYTES", "longest line", .num = &line_limit, .min = 1,
	    .max = 1 << 30 },
	{ 0, "max-depth", "N", "deepest nesting", .num = &depth, .min = 1,
	    .max = 10000 },
	{ 0 },
};

static struct {
	const struct tool *tool;
	int argc;
	char **argv;
	struct zout *out[1 + MAX_SIDES], *reject;
	size_t nout;
	struct buf tail[1 + MAX_SIDES]; /* tool_line, after all records */
	bool started;                   /* records may have been written */
	struct buf stats, summary;      /* tool_stat */
	struct timespec began, shown;
	bool on_line; /* a progress line stands on the terminal */
	pthread_t main;
	bool finished;
} run;

/* Does it run without records? */
static bool
is_run(const struct tool *t)
{
	return t->run && (!t->run_if || *t->run_if);
}

static double
since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - t->tv_sec) +
	       1e-9 * (double)(now.tv_nsec - t->tv_nsec);
}

/* Records, their rate, and how long it will still take. */
static void
show_progress(void)
{
	const struct pipe_result *r = pipe_result();
	double s = since(&run.began), left;

	if (!progress || since(&run.shown) < 0.5)
		return;
	clock_gettime(CLOCK_MONOTONIC, &run.shown);
	fprintf(stderr, "%s%s: %lu records, %.0f/s, %.1f MB/s",
	    run.on_line ? "\r" : "", die_name, r->in, (double)r->in / s,
	    (double)r->text / s / 1e6);
	if (r->all && r->done) {
		left = s * ((double)r->all / (double)r->done - 1);
		fprintf(stderr, ", %.0f %%, %.0f s left",
		    100 * (double)r->done / (double)r->all, left);
	}
	run.on_line = isatty(2);
	fputs(run.on_line ? "\033[K" : "\n", stderr);
}

static void
end_progress_line(void)
{
	if (!pthread_equal(pthread_self(), run.main))
		return;
	if (run.on_line)
		fputs("\r\033[K", stderr);
	run.on_line = false;
}

/* --stats FILE, and the same counts in short. */
static void
write_stats(int status)
{
	const struct pipe_result *r = pipe_result();
	struct buf b = { 0 };
	struct zout *z;

	buf_puts(&b, "{\"plumbline\":\"stats\",\"version\":1,\"tool\":");
	buf_json_str(&b, str_of(run.tool->name));
	buf_puts(&b, ",\"release\":\"" VERSION "\",\"argv\":[");
	for (int i = 0; i < run.argc; i++) {
		buf_puts(&b, i ? "," : "");
		buf_json_str(&b, str_of(run.argv[i]));
	}
	buf_printf(&b, "],\"seed\":%ld,\"status\":%d", tool_seed, status);
	if (!is_run(run.tool)) {
		buf_puts(&b, ",\"inputs\":");
		pipe_inputs(&b);
		buf_printf(&b, ",\"in\":%lu,\"out\":%lu,\"blank\":%lu", r->in,
		    r->out, r->blank);
		buf_printf(&b, ",\"rejected\":%lu", r->rejected);
	}
	for (int drop = 1; drop >= 0; drop--) {
		const char *sep = "";

		buf_puts(&b, drop ? ",\"dropped\":{" : ",\"counted\":{");
		for (size_t i = 0; i < r->tally.n; i++) {
			if (r->tally.c[i].dropped != (drop == 1))
				continue;
			buf_puts(&b, sep);
			sep = ",";
			buf_json_str(&b, str_of(r->tally.c[i].what));
			buf_printf(&b, ":%lu", r->tally.c[i].n);
		}
		buf_char(&b, '}');
	}
	buf_str(&b, (struct str){ run.stats.s, run.stats.n });
	buf_puts(&b, "}\n");
	z = zout_open(stats_name, true);
	zout_put(z, b.s, b.n);
	zout_close(z);
	buf_done(&b);
}

static void
say_summary(void)
{
	const struct pipe_result *r = pipe_result();
	struct buf b = { 0 };

	if (!is_run(run.tool))
		buf_printf(&b, ", %lu in, %lu out", r->in, r->out);
	for (size_t i = 0; i < r->tally.n; i++)
		buf_printf(&b, ", %lu %s", r->tally.c[i].n, r->tally.c[i].what);
	if (r->rejected)
		buf_printf(&b, ", %lu rejected", r->rejected);
	if (r->blank)
		buf_printf(&b, ", %lu blank", r->blank);
	buf_str(&b, (struct str){ run.summary.s, run.summary.n });
	if (b.n)
		warn("%s", b.s + 2);
	buf_done(&b);
}

/* Side files, statistics and the summary; also on the way out of die. */
static void
finish(int status)
{
	if (run.finished)
		return;
	run.finished = true;
	end_progress_line();
	if (stop_signal())
		warn("stopped by SIG%s", sigabbrev_np(stop_signal()));
	if (stats_name)
		write_stats(status);
	if (!tool_quiet)
		say_summary();
}

static void
on_die(void)
{
	if (!pthread_equal(pthread_self(), run.main))
		return;
	pipe_stop();
	zout_abort_all();
	finish(1);
}

void
tool_detail(const char *name, struct str json)
{
	buf_char(&run.stats, ',');
	buf_json_str(&run.stats, str_of(name));
	buf_char(&run.stats, ':');
	buf_str(&run.stats, json);
}

void
tool_stat(const char *name, struct str json)
{
	tool_detail(name, json);
	buf_printf(&run.summary, ", %s %.*s", name, (int)json.n, json.s);
}

void
tool_line(int to, struct str line)
{
	struct zout *z = run.out[to];

	if (to == 0)
		pipe_result()->out++;
	if (z && run.started) {
		buf_str(&run.tail[to], line);
		buf_char(&run.tail[to], '\n');
	} else if (z) {
		zout_put(z, line.s, line.n);
		zout_put(z, "\n", 1);
	}
}

static void
print_help(const struct tool *t, const struct opt *const *tables)
{
	printf("%s - %s\nusage: %s [options] %s\n", t->name, t->does, t->name,
	    t->operands);
	opt_help(tables);
}

static void
print_completion(const char *name, const struct opt *const *tables)
{
	if (!strcmp(completion, "bash")) {
		printf("complete -o default -W '");
		opt_words(tables, " ");
		printf("' %s\n", name);
	} else
		opt_words(tables, "\n");
}

/* What --help, --version and --completion ask for, on standard output. */
static bool
answer(const struct tool *t, const struct opt *const *tables)
{
	if (help)
		print_help(t, tables);
	else if (version)
		printf("%s (plumbline) %s\n", t->name, VERSION);
	else if (completion)
		print_completion(t->name, tables);
	return help || version || completion;
}

static const char *
side_file(const struct tool *t, const char *name)
{
	for (const struct opt *o = t->opts; o && o->name; o++)
		if (!strcmp(o->name, name))
			return *o->str;
	return NULL;
}

static void
open_outputs(const struct tool *t)
{
	run.out[run.nout++] =
	    zout_open(output, plain || t->text || (t->text_if && *t->text_if));
	for (size_t i = 0; t->sides && t->sides[i]; i++) {
		const char *file = side_file(t, t->sides[i]);

		run.out[run.nout++] = file ? zout_open(file, false) : NULL;
	}
	if (reject_name)
		run.reject = zout_open(reject_name, false);
}

/* A run that failed leaves FILE.partial; one whose reader left does not. */
static void
close_outputs(bool whole)
{
	void (*end)(struct zout *) = whole ? zout_close : zout_abort;

	for (size_t i = 0; i < run.nout; i++) {
		if (run.out[i] && run.tail[i].n)
			zout_put(run.out[i], run.tail[i].s, run.tail[i].n);
		buf_done(&run.tail[i]);
	}
	for (size_t i = run.nout; i-- > 1;)
		end(run.out[i]);
	end(run.reject);
	end(run.out[0]);
	run.nout = 0;
}

/* An operand that cannot be read is named before anything is written. */
static void
check_operands(int n, char **files)
{
	for (int i = 0; i < n; i++)
		if (strcmp(files[i], "-") && access(files[i], R_OK))
			die_sys("cannot open '%s'", files[i]);
}

int
tool_status(void)
{
	const struct pipe_result *r = pipe_result();

	if (r->failed)
		return 1;
	if (stop_signal())
		return 128 + stop_signal();
	return r->gone ? 141 : 0;
}

static int
run_stream(const struct tool *t, int n, char **files)
{
	struct pipe_plan plan = {
		.tool = t,
		.files = files,
		.nfiles = (size_t)n,
		.line_limit = (size_t)line_limit,
		.depth = (unsigned)depth,
		.out = run.out,
		.tick = show_progress,
	};
	int status;

	tool_files = files;
	tool_nfiles = (size_t)n;
	check_operands(n, files);
	open_outputs(t);
	plan.nout = run.nout;
	plan.reject = run.reject;
	pipe_open(&plan);
	if (t->start)
		t->start();
	run.started = true;
	pipe_run();
	if (t->end)
		t->end();
	status = tool_status();
	close_outputs(status == 0 || status == 141);
	if (!status && pipe_result()->gone)
		status = 141;
	return status;
}

static int
run_other(const struct tool *t, int n, char **operands)
{
	int status;

	if (t->start)
		t->start();
	status = t->run(n, operands);
	if (t->end)
		t->end();
	if (stop_signal() && status)
		status = 128 + stop_signal();
	if (status)
		zout_abort_all();
	return status;
}

static long
processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set))
		return 1;
	return CPU_COUNT(&set);
}

static void
defaults(void)
{
	const char *tmp = getenv("TMPDIR");

	tool_threads = processors();
	tool_tmp = tmp && *tmp ? tmp : "/tmp";
	progress = isatty(2);
	clock_gettime(CLOCK_MONOTONIC, &run.began);
	run.shown = run.began;
}

/* The tables that hold for the tool, its own first. */
static void
tables_of(const struct tool *t, const struct opt *tables[5])
{
	size_t n = 0;

	if (t->opts)
		tables[n++] = t->opts;
	if (t->also)
		tables[n++] = t->also;
	if (!t->run || t->run_if)
		tables[n++] = streams;
	tables[n++] = common;
	tables[n] = NULL;
}

/* An option that turns a tool of records into another takes away what is for
 * records. */
static void
check_run(const struct tool *t, const char *operand)
{
	if (!t->run_if || !*t->run_if)
		return;
	if (operand) {
		warn("unexpected operand '%s'", operand);
		opt_usage();
	}
	opt_clash(streams, t->run_if);
}

static char **
copy_of(int argc, char **argv)
{
	char **copy = need_zero((size_t)argc + 1, sizeof *copy);

	memcpy(copy, argv, (size_t)argc * sizeof *copy);
	return copy;
}

static void
clean_up(void)
{
	pipe_close();
	stop_done();
	buf_done(&run.stats);
	buf_done(&run.summary);
	free(run.argv);
	run.argv = NULL;
	opt_done();
}

int
tool_main(const struct tool *t, int argc, char **argv)
{
	const struct opt *tables[5];
	int i, status;

	run.tool = t;
	run.argc = argc;
	run.argv = copy_of(argc, argv);
	run.main = pthread_self();
	die_name = t->name;
	opt_operands = t->operands;
	defaults();
	tables_of(t, tables);
	i = opt_parse(tables, argc, argv);
	if (answer(t, tables)) {
		clean_up();
		return fflush(stdout) || ferror(stdout);
	}
	if (config && !(t->config && t->config(config)))
		opt_file(tables, config);
	check_run(t, argv[i]);
	progress = progress && !tool_quiet;
	zout_level = (int)level;
	stop_init();
	die_hook = on_die;
	die_clear = end_progress_line;
	status = is_run(t) ? run_other(t, argc - i, argv + i)
			   : run_stream(t, argc - i, argv + i);
	die_hook = NULL;
	finish(status);
	die_clear = NULL;
	clean_up();
	return status;
}

static void
list_subs(const char *name, const char *does, const struct tool *const *subs,
    FILE *to)
{
	fprintf(to, "%s - %s\nusage: %s", name, does, name);
	for (size_t i = 0; subs[i]; i++)
		fprintf(
		    to, "%s%s", i ? "|" : " ", strchr(subs[i]->name, ' ') + 1);
	fprintf(to, " [options] [operands]\n");
	for (size_t i = 0; subs[i]; i++)
		fprintf(to, "  %-16s %s\n", subs[i]->name, subs[i]->does);
}

/* The commands first, then the options of the one that is there. */
static void
complete_subs(const char *name, const struct tool *const *subs)
{
	printf("_%s() {\n\tlocal w\n\tif [ $COMP_CWORD = 1 ]; then w='", name);
	for (size_t i = 0; subs[i]; i++)
		printf("%s%s", i ? " " : "", strchr(subs[i]->name, ' ') + 1);
	printf("'\n\telse w=$(\"$1\" \"${COMP_WORDS[1]}\" --completion "
	       "words 2>/dev/null)\n\tfi\n"
	       "\tCOMPREPLY=($(compgen -W \"$w\" -- \"$2\"))\n}\n"
	       "complete -o default -F _%s %s\n",
	    name, name);
}

int
tool_sub(const char *name, const char *does, const struct tool *const *subs,
    int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	die_name = name;
	for (size_t i = 0; subs[i]; i++)
		if (!strcmp(word, strchr(subs[i]->name, ' ') + 1)) {
			argv[1] = argv[0];
			return tool_main(subs[i], argc - 1, argv + 1);
		}
	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		list_subs(name, does, subs, stdout);
		return 0;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("%s (plumbline) %s\n", name, VERSION);
		return 0;
	}
	if (!strcmp(word, "--completion")) {
		complete_subs(name, subs);
		return 0;
	}
	if (*word)
		warn("unknown command '%s'", word);
	list_subs(name, does, subs, stderr);
	return 2;
}
