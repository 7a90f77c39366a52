/* merge - several models into one. Page: man/merge.1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/merge.h"
#include "libcore/tool.h"

enum { METHODS_MOST = 64 };

static const char *dir, *method, *base, *weights, *dtype, *normalize;
static const char *missing = "fail";
static double lambda = 1;
static long shard = 5000000000;
static bool filter_wise;
static struct strs params;
static struct recipe recipe;
static bool from_file;

static const char *methods[METHODS_MOST];
static const char *const yes_no[] = { "yes", "no", NULL };
static const char *const dtypes[] = { "f32", "bf16", NULL };
static const char *const missings[] = { [MISSING_FAIL] = "fail",
	[MISSING_BASE] = "base",
	[MISSING_FIRST] = "first",
	[MISSING_SKIP] = "skip",
	NULL };

static const struct opt opts[] = {
	{ 'o', "output", "DIR", "the folder to write", .str = &dir },
	{ 0, "method", "NAME", "how to merge", .str = &method,
	    .choice = methods },
	{ 'b', "base", "MODEL", "the model that the others come from",
	    .str = &base },
	{ 'w', "weights", "W,W,...", "a weight for each model; 1 each",
	    .str = &weights },
	{ 0, "normalize", "YES|NO", "divide by the sum of weights",
	    .str = &normalize, .choice = yes_no },
	{ 0, "lambda", "X", "factor of the summed differences",
	    .real = &lambda },
	{ 0, "filter-wise", NULL, "model_stock: each row by itself",
	    .flag = &filter_wise },
	{ 'P', "param", "NAME=VALUE", "another parameter of the method",
	    .list = &params },
	{ 0, "dtype", "TYPE", "numbers of the output", .str = &dtype,
	    .choice = dtypes },
	{ 0, "missing", "WHAT", "what to do about tensors that a model lacks",
	    .str = &missing, .choice = missings },
	{ 0, "shard-size", "BYTES", "tensors in one file at most",
	    .num = &shard, .min = 1, .max = 1e15 },
	{ 0 },
};

/* mergekit's file is YAML: its first word is followed by a colon. */
static bool
is_yaml(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[1000];
	bool yaml = false;

	if (!f)
		die_sys("cannot open '%s'", path);
	while (fgets(line, sizeof line, f)) {
		const char *s = line + strspn(line, " \t\r\n");

		if (!*s || *s == '#' || !strncmp(s, "---", 3))
			continue;
		s += strcspn(s, ":= \t\r\n");
		yaml = *s == ':';
		break;
	}
	fclose(f);
	return yaml;
}

static bool
config(const char *path)
{
	struct err e;

	if (!is_yaml(path))
		return false;
	if (!recipe_read(&recipe, path, &e))
		die("%s", e.why);
	from_file = true;
	return true;
}

static _Noreturn void
usage(const char *why)
{
	warn("%s", why);
	opt_usage();
}

static void
set(long model, const char *name, const char *value)
{
	struct err e;

	if (!recipe_set(&recipe, model, name, value, &e))
		usage(e.why);
}

static bool
has_param(const struct merge_method *m, const char *name)
{
	for (size_t i = 0; i < MERGE_PARAMS && m->param[i].name; i++)
		if (!strcmp(m->param[i].name, name))
			return true;
	return false;
}

/* "0.5,0.3,0.2", one for each model. */
static void
set_weights(void)
{
	char *list = need_text(weights), *s = list, *word;
	size_t n = 0;

	while ((word = strsep(&s, ",")) && n < recipe.models)
		set((long)n++, "weight", word);
	if (word || n != recipe.models)
		usage("--weights wants as many weights as there are models");
	free(list);
}

static void
set_param(const char *text)
{
	const char *eq = strchr(text, '=');
	char *name;

	if (!eq || eq == text)
		usage("--param wants NAME=VALUE");
	name = need_text(text);
	name[eq - text] = '\0';
	set(RECIPE_ALL, name, eq + 1);
	free(name);
}

static void
from_command_line(int n, char **models)
{
	const struct merge_method *m;

	if (!method)
		usage("--method or a YAML file (-c) is wanted");
	recipe.method = method;
	recipe.base = base;
	for (int i = 0; i < n; i++)
		recipe_add(&recipe, models[i]);
	m = merge_named(method);
	if (weights)
		set_weights();
	else if (has_param(m, "weight"))
		set(RECIPE_ALL, "weight", "1");
}

static void
from_yaml(int n)
{
	if (n || method || base || weights)
		usage("the YAML file names method, base, models and weights");
}

static void
from_options(void)
{
	char number[32];

	if (dtype)
		recipe.dtype = dtype;
	if (normalize)
		set(RECIPE_ALL, "normalize", normalize);
	if (opt_given(&lambda)) {
		number[num_real(number, lambda)] = '\0';
		set(RECIPE_ALL, "lambda", number);
	}
	if (filter_wise)
		set(RECIPE_ALL, "filter_wise", "true");
	for (size_t i = 0; i < params.n; i++)
		set_param(params.s[i]);
}

static void
tell(const char *line)
{
	warn("%s", line);
}

static void
count(const char *name, uint64_t n)
{
	struct buf b = { 0 };

	buf_json_int(&b, (int64_t)n);
	tool_stat(name, (struct str){ b.s, b.n });
	buf_done(&b);
}

static int
run(int argc, char **argv)
{
	struct merge_conf c = { .recipe = &recipe, .stopping = tool_stopping };
	struct merge_counts n;
	struct err e;

	if (!dir)
		usage("-o DIR is wanted");
	if (from_file)
		from_yaml(argc);
	else
		from_command_line(argc, argv);
	from_options();
	c.dir = dir;
	c.threads = (int)tool_threads;
	c.shard = (uint64_t)shard;
	c.tell = tool_verbose ? tell : NULL;
	while (strcmp(missings[c.missing], missing))
		c.missing++;
	if (!merge_run(&c, &n, &e)) {
		if (!tool_stopping())
			warn("%s", e.why);
		return 1;
	}
	count("tensors", n.tensors);
	if (n.copied)
		count("copied", n.copied);
	if (n.left_out)
		count("left out", n.left_out);
	count("numbers", n.numbers);
	tool_stat(
	    "stored as", str_of(n.dtype[0] == 'b' ? "\"bf16\"" : "\"f32\""));
	return 0;
}

static void
end(void)
{
	recipe_done(&recipe);
}

int
main(int argc, char **argv)
{
	static const struct tool merge = {
		.name = "merge",
		.operands = "-o DIR [MODEL ...]",
		.does = "several models into one",
		.opts = opts,
		.run = run,
		.config = config,
		.end = end,
	};
	size_t n = 0;

	for (const struct merge_method *m = merges; m->name; m++)
		methods[n++] = m->name;
	return tool_main(&merge, argc, argv);
}
