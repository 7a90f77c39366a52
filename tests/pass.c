/* pass - records in and out again: what the runner's tests run. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "libcore/hash.h"
#include "libcore/tool.h"

static const char *how = "any", *put, *add, *del, *need, *side, *line;
static const char *show;
static long hold, pause_ms, every;
static bool memory;

static const char *const hows[] = { "any", "each", "pull", "twice", NULL };
static const struct opt opts[] = {
	{ 0, "how", "WAY", "what runs the records", .str = &how,
	    .choice = hows },
	{ 0, "put", "PATH=JSON", "set a member", .str = &put },
	{ 0, "add", "PATH=JSON", "set a member unless it is there",
	    .str = &add },
	{ 0, "del", "NAME", "remove a member", .str = &del },
	{ 0, "need", "PATH", "a string that must be there", .str = &need },
	{ 0, "show", "WHAT", "id, prompt or messages", .str = &show },
	{ 0, "side", "FILE", "copies of all records", .str = &side },
	{ 0, "line", "TEXT", "write it before and after", .str = &line },
	{ 0, "hold", "N", "records to hold back (pull)", .num = &hold },
	{ 0, "pause", "MS", "time to take over a record", .num = &pause_ms },
	{ 0, "every", "N", "drop all but each Nth", .num = &every },
	{ 0, "memory", NULL, "say how much it took, MiB", .flag = &memory },
	{ 0 },
};

static void
edit(struct rec *r, const char *arg, bool keep)
{
	const char *eq = strchr(arg, '=');
	char *path = arena_text(r->mem, arg, (size_t)(eq - arg));

	if (keep)
		rec_add(r, path, str_of(eq + 1));
	else
		rec_put(r, path, str_of(eq + 1));
}

static void
show_it(struct rec *r)
{
	struct buf b = { 0 };
	struct msgs all;

	if (!strcmp(show, "id"))
		buf_str(&b, rec_id(r));
	else if (!strcmp(show, "prompt"))
		buf_str(&b, rec_prompt(r));
	else if (rec_msgs(r, &all) == 0)
		for (size_t i = 0; i < all.n; i++) {
			buf_str(&b, all.m[i].role);
			buf_puts(&b, ": ");
			buf_str(&b, all.m[i].content);
			buf_puts(&b, i + 1 < all.n ? "; " : "");
		}
	rec_line(r, 0, (struct str){ b.s, b.n });
	buf_done(&b);
}

static int
each(struct rec *r)
{
	struct timespec t = { 0, pause_ms * 1000000 };

	if (pause_ms)
		nanosleep(&t, NULL);
	if (need && !rec_str(r, need).s)
		return rec_missing(r, need);
	if (every && r->no % (unsigned long)every) {
		rec_drop(r, "not the Nth");
		return 0;
	}
	if (show) {
		show_it(r);
		return 0;
	}
	if (put)
		edit(r, put, false);
	if (add)
		edit(r, add, true);
	if (del)
		rec_del(r, del);
	rec_emit(r, 0);
	rec_emit(r, 1);
	return 0;
}

/* Holds some records back and gives them back newest first. */
static int
pull(void)
{
	struct rec **held = need_zero((size_t)hold + 1, sizeof *held), *r;
	size_t n = 0;

	if (!strcmp(how, "twice")) {
		while ((r = tool_next()))
			tool_done(r);
		tool_again();
	}
	while ((r = tool_next())) {
		each(r);
		held[n++] = r;
		if (n > (size_t)hold)
			while (n)
				tool_done(held[--n]);
	}
	while (n)
		tool_done(held[--n]);
	free(held);
	return 0;
}

static void
start(void)
{
	if (!strcmp(how, "twice"))
		tool_twice();
	if (line)
		tool_line(0, str_of(line));
}

static void
end(void)
{
	if (line)
		tool_line(0, str_of(line));
	if (memory) {
		struct buf b = { 0 };
		struct rusage u;

		getrusage(RUSAGE_SELF, &u);
		buf_json_int(&b, u.ru_maxrss >> 10);
		tool_stat("memory", (struct str){ b.s, b.n });
		buf_done(&b);
	}
}

int
main(int argc, char **argv)
{
	static const char *const sides[] = { "side", NULL };
	static struct tool pass = {
		.name = "pass",
		.operands = "[file ...]",
		.does = "records in and out again",
		.opts = opts,
		.sides = sides,
		.any_order = true,
		.start = start,
		.each = each,
		.end = end,
	};

	/* The way is chosen before the options are parsed. */
	for (int i = 1; i < argc; i++) {
		pass.any_order &= strcmp(argv[i], "--how=each") != 0;
		if (!strcmp(argv[i], "--how=pull") ||
		    !strcmp(argv[i], "--how=twice")) {
			pass.any_order = false;
			pass.each = NULL;
			pass.pull = pull;
		}
	}
	return tool_main(&pass, argc, argv);
}
