/* prompt-classify - label prompts in six dimensions.
 * Page: man/prompt-classify.1 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "libcore/shared.h"
#include "libcore/taxonomy.h"
#include "libcore/tool.h"
#include "libcore/zio.h"

static const char *taxonomy_file, *engine = "rules", *low;
static double low_below = 0.3;

static const char *const sides[] = { "low", NULL };
static const struct opt opts[] = {
	{ 't', "taxonomy", "FILE",
	    "the labels and their rules; without it, "
	    "the one that is installed",
	    .str = &taxonomy_file },
	{ 'e', "engine", "NAME", "what labels: rules", .str = &engine },
	{ 'l', "low", "FILE",
	    "set prompts aside in FILE that have a label "
	    "of low confidence",
	    .str = &low },
	{ 'b', "low-below", "P", "confidence below P is low",
	    .real = &low_below, .min = 0, .max = 1 },
	{ 0 },
};

/* A member of "labels" is written where it is absent, null, or --overwrite. */
enum { MAX_TEXT = 16384 };
static struct taxonomy *taxonomy;

static void
start(void)
{
	struct buf path = { 0 };
	struct err e = { 0 };

	if (strcmp(engine, "rules")) {
		warn("--engine %s: only rules are in this version", engine);
		zout_abort_all();
		exit(2);
	}
	if (taxonomy_file)
		buf_puts(&path, taxonomy_file);
	else
		shared_find(&path, PKGDATADIR, "taxonomy.txt");
	taxonomy = taxonomy_load(path.s, &e);
	if (!taxonomy)
		die("%s", e.why);
	buf_done(&path);
}

/* The first MAX_TEXT bytes, cut between characters. */
static struct str
beginning(struct str t)
{
	if (t.n <= MAX_TEXT)
		return t;
	t.n = MAX_TEXT;
	while (t.n && ((unsigned char)t.s[t.n] & 0xc0) == 0x80)
		t.n--;
	return t;
}

/* Write one label and its confidence; the confidence that matters for --low:
 * 1 where another label stood there and stays. */
static double
put_label(struct rec *r, struct buf *b, const char *dim, struct labelled l)
{
	char number[32];

	buf_reset(b);
	buf_printf(b, "labels.%s", dim);
	buf_char(b, '\0');
	buf_json_str(b, l.label);
	if (!rec_add(r, b->s,
		(struct str){
		    b->s + strlen(b->s) + 1, b->n - strlen(b->s) - 1 }))
		return 1;
	buf_reset(b);
	buf_printf(b, "label_p.%s", dim);
	rec_put(r, b->s, (struct str){ number, num_real(number, l.p) });
	return l.p;
}

static int
each(struct rec *r)
{
	struct str text = rec_prompt(r);
	struct labelled *got;
	struct buf b = { 0 };
	double least = 1;
	unsigned given_up;

	if (r->bad)
		return -1;
	got = arena_take(r->mem, taxonomy_dims(taxonomy) * sizeof *got);
	given_up = taxonomy_label(taxonomy, beginning(text), got);
	if (given_up)
		rec_count(r, "patterns given up", given_up);
	for (size_t i = 0; i < taxonomy_dims(taxonomy); i++) {
		double p = put_label(r, &b, taxonomy_dim(taxonomy, i), got[i]);

		if (p < least)
			least = p;
	}
	buf_done(&b);
	if (r->bad)
		return -1;
	if (low && least < low_below) {
		rec_emit(r, 1);
		rec_drop(r, "unsure");
	} else {
		rec_emit(r, 0);
	}
	return 0;
}

static void
end(void)
{
	taxonomy_free(taxonomy);
}

int
main(int argc, char **argv)
{
	static const struct tool tool = {
		.name = "prompt-classify",
		.operands = "[file ...]",
		.does = "label prompts in six dimensions",
		.opts = opts,
		.sides = sides,
		.any_order = true,
		.start = start,
		.each = each,
		.end = end,
	};

	return tool_main(&tool, argc, argv);
}
