/* Any line as judged responses, a row of an open set or what came back from
 * annotators: read, paired, written; what comes out are records again, and
 * what goes to annotators comes back as it went. The first byte says how. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/batch.h"
#include "tools/prefpair/prefpair.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

struct how how;

static const struct how plain = {
	.trust = "gold",
	.schema = "auto",
	.normalise = "no",
	.chosen_from = "any",
	.rejected_from = "any",
	.models = "any",
	.sft = "x",
	.all_high = (double)NAN,
	.all_low = (double)NAN,
	.similar = 0.9,
	.min_score = (double)NAN,
	.kto = 0.5,
	.max_ratio = HUGE_VAL,
	.scale = 10,
	.critique = true,
};

static void
choose(unsigned char bits)
{
	static const char *const ways[] = { "best", "all", "adjacent", "best" };

	how = plain;
	how.pairs = ways[bits & 3];
	how.messages = bits & 4;
	how.keep_responses = bits & 8;
	how.keep_scores = bits & 16;
	how.annotated = bits & 32;
	how.models = bits & 64 ? "different" : "any";
}

/* Every line that was written is an object. */
static void
check_lines(const struct rec *r)
{
	for (const struct rec_piece *p = r->pieces; p; p = p->next) {
		struct json_doc d = { 0 };
		struct err e;
		size_t at;

		if (p->to < 0)
			continue;
		assert(json_parse(
		    &d, p->text.s, p->text.n, REC_DEPTH + 8, &at, &e));
		assert(d.tape->type == JSON_OBJECT);
		json_done(&d);
	}
}

/* A task that nobody has touched is what annotated_read knows: as many
 * answers, of which nothing is said. */
static void
check_task(const struct group *g)
{
	struct arena mem = { 0 };
	struct buf line = { 0 };
	struct rec r = { .mem = &mem, .file = "task", .no = 1 };
	struct group back;
	struct err e;
	size_t at;

	buf_put(&line, g->out.s, g->out.n - 1);
	buf_char(&line, '\0');
	r.line = line.s;
	r.len = line.n - 1;
	assert(json_parse(&r.doc, r.line, r.len, REC_DEPTH + 8, &at, &e));
	how.annotated = true;
	assert(!group_read(&r, &back) && !group_weigh(&back));
	group_sort(&back);
	assert(back.all >= 2 && back.all <= g->all && !back.n && !back.edits);
	assert(!annotated_again(&back));
	write_rewrite(&back);
	check_lines(&r);
	group_done(&back);
	annotated_end();
	json_done(&r.doc);
	buf_done(&line);
	arena_done(&mem);
}

static void
run(struct rec *r, unsigned what)
{
	struct group g;

	if (!group_read(r, &g) && !group_weigh(&g)) {
		group_sort(&g);
		assert(g.n <= g.all);
		group_screen(&g);
		if (what == 0 && (!group_pairs(&g) || g.edits)) {
			write_pairs(&g);
			if (g.edits)
				write_edits(&g);
		} else if (what == 1 && g.all) {
			write_kto(&g);
		} else if (what == 2 && g.n) {
			write_best(&g);
		} else if (what == 3 && g.all) {
			if (!annotate_line(&g) && g.out.n && !how.annotated)
				check_task(&g);
		} else if (what == 4 && g.all) {
			write_rewrite(&g);
		}
	}
	if (!r->bad)
		check_lines(r);
	group_done(&g);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct arena mem = { 0 };
	struct rec r = { .mem = &mem, .file = "fuzz", .no = 1 };
	struct err e;
	size_t at;
	char *line;

	if (n < 2)
		return 0;
	choose(data[0]);
	line = need_alloc(n);
	memcpy(line, data + 2, n - 2);
	line[n - 2] = '\0';
	r.line = line;
	r.len = n - 2;
	if (json_parse(&r.doc, line, n - 2, REC_DEPTH, &at, &e) &&
	    r.doc.tape->type == JSON_OBJECT)
		run(&r, data[1] % 5);
	json_done(&r.doc);
	arena_done(&mem);
	free(line);
	return 0;
}
