/* prefpair - turn judged responses into preference pairs, KTO rows or SFT
 * records. Page: man/prefpair.1 */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tools/prefpair/prefpair.h"

struct how how = {
	.trust = "gold",
	.pairs = "best",
	.schema = "auto",
	.normalise = "no",
	.chosen_from = "any",
	.rejected_from = "any",
	.models = "any",
	.all_high = (double)NAN,
	.all_low = (double)NAN,
	.similar = 0.9,
	.min_score = (double)NAN,
	.kto = (double)NAN,
	.max_ratio = HUGE_VAL,
	.scale = 10,
};

static const char *const trusts[] = { "gold", "none", NULL };
static const char *const ways[] = { "best", "all", "adjacent", NULL };
static const char *const schemas[] = { "auto", "responses", "pairs", "hh-rlhf",
	"helpsteer2", "helpsteer2-preference", "helpsteer3", "shp",
	"ultrafeedback", NULL };
static const char *const scales[] = { "no", "zscore", "minmax", NULL };
static const char *const whose[] = { "any", "policy", "other", NULL };
static const char *const mixes[] = { "any", "same", "different", NULL };

static const struct opt opts[] = {
	{ 's', "score", "NAME", "compare scores.NAME of the responses",
	    .str = &how.score },
	{ 't', "trust", "WHAT",
	    "gold: without --score, scores.gold decides "
	    "where there is one, else scores.quality",
	    .str = &how.trust, .choice = trusts },
	{ 0, "schema", "NAME", "how the records hold answers; auto: by fields",
	    .str = &how.schema, .choice = schemas },
	{ 0, "normalise", "HOW",
	    "scores on one scale for each source: zscore, minmax",
	    .str = &how.normalise, .choice = scales },
	{ 'P', "pairs", "WHICH", "best against worst, all, or adjacent in rank",
	    .str = &how.pairs, .choice = ways },
	{ 'm', "margin", "M",
	    "drop prompts whose best and worst differ by "
	    "less, and such pairs",
	    .real = &how.margin, .min = 0, .max = 1e9 },
	{ 'a', "all-high", "T", "drop prompts whose scores all are at least T",
	    .real = &how.all_high },
	{ 'l', "all-low", "T", "drop prompts whose scores all are less than T",
	    .real = &how.all_low },
	{ 'w', "rewrite", "FILE", "with --all-low: put such prompts in FILE",
	    .str = &how.rewrite },
	{ 'r', "rouge", "R",
	    "responses with ROUGE-L of R or more are "
	    "near-copies; above 1: none",
	    .real = &how.similar, .min = 0, .max = 2 },
	{ 'x', "max-length-ratio", "R",
	    "no pair whose chosen is over R times as long",
	    .real = &how.max_ratio, .min = 0.001, .max = 1e9 },
	{ 0, "policy", "MODEL", "a model that is the policy (may be repeated)",
	    .list = &how.policy },
	{ 0, "chosen-from", "WHOSE", "chosen of: any, policy, other",
	    .str = &how.chosen_from, .choice = whose },
	{ 0, "rejected-from", "WHOSE", "rejected of: any, policy, other",
	    .str = &how.rejected_from, .choice = whose },
	{ 0, "models", "WHICH", "the models of a pair: any, same, different",
	    .str = &how.models, .choice = mixes },
	{ 'f', "messages", NULL,
	    "write prompt, chosen and rejected as messages",
	    .flag = &how.messages },
	{ 'b', "best", NULL,
	    "write SFT records: the best response as the "
	    "assistant's turn",
	    .flag = &how.best },
	{ 'S', "min-score", "T",
	    "with --best: drop prompts whose best scores "
	    "less",
	    .real = &how.min_score },
	{ 'K', "kto", "T",
	    "write a row for each response, its label being "
	    "whether it scores at least T",
	    .real = &how.kto },
	{ 'k', "keep-responses", NULL, "leave the responses in the record",
	    .flag = &how.keep_responses },
	{ 0, "keep-scores", NULL, "write all scores of the two responses",
	    .flag = &how.keep_scores },
	{ 0, "to-annotate", "DIR",
	    "what gold does not decide into DIR, for annotators",
	    .str = &how.to_annotate },
	{ 0, "by", "FIELD", "with --to-annotate: a file for each value",
	    .str = &how.by },
	{ 0, "scale", "N", "with --to-annotate: scores are from 1 to N",
	    .num = &how.scale, .min = 2, .max = 1000 },
	{ 0, "critique", NULL, "with --to-annotate: critiques beside answers",
	    .flag = &how.critique },
	{ 0, "guideline", "FILE", "with --to-annotate: your own guideline",
	    .str = &how.guideline },
	{ 0, "from-annotated", NULL, "the records are back from annotators",
	    .flag = &how.annotated },
	{ 0, "sft", "FILE",
	    "with --from-annotated: edited answers as SFT records",
	    .str = &how.sft },
	{ 0 },
};

/* Set once the first of two passes is over; helper threads read it. */
static atomic_bool measured;
static bool twice;

/* Rows of one prompt, whose answers are gathered in the first one's group. */
static struct {
	struct group *g[64];
	size_t n;
} run;

/* KTO rows written. */
static size_t good, poor;

/* ---- a group ---- */
/* Sorted already: whether any answer has a gold score is known. */
static bool
to_people(const struct group *g)
{
	bool gold = g->n && g->by && !strcmp(g->by, "gold");

	return how.to_annotate && !(gold && !strcmp(how.trust, "gold"));
}

static void
count_unscored(const struct group *g)
{
	if (g->n && g->n < g->all)
		rec_count(g->r,
		    g->ranks ? "responses without a rank"
			     : "responses without a score",
		    g->all - g->n);
}

static void
write_preferences(struct group *g)
{
	const char *why = g->screened ? g->screened : group_pairs(g);
	size_t edits;

	if (g->r->bad)
		return;
	if (why && !g->edits) {
		rec_drop(g->r, why);
		return;
	}
	if (!why) {
		count_unscored(g);
		write_pairs(g);
	}
	edits = g->edits ? write_edits(g) : 0;
	if (!g->pairs && !edits && !how.sft)
		rec_drop(g->r, "no pair within --max-length-ratio");
}

/* Why there is nothing to do with it, or NULL. */
static const char *
empty(const struct group *g)
{
	size_t need = to_people(g) ? g->all : g->n;

	if (!g->all)
		return "no responses";
	if (how.annotated && !need && !g->edits)
		return "not annotated";
	return need || g->edits ? NULL : "no scored response";
}

/* Sort, choose, and queue what is to be written. */
static int
settle(struct group *g)
{
	const char *why;

	if (twice)
		scale_apply(g);
	group_sort(g);
	why = empty(g);
	if (!why)
		g->screened = why = group_screen(g);
	if (why && g->edits && !how.to_annotate) {
		rec_count(g->r, "kept for their edits alone", 1);
		why = NULL;
	}
	if (why) {
		if (!strcmp(why, "all low") && how.rewrite)
			write_rewrite(g);
		rec_drop(g->r, why);
		return 0;
	}
	if (to_people(g))
		return annotate_line(g);
	if (how.best) {
		write_best(g);
	} else if (isnan(how.kto)) {
		write_preferences(g);
	} else {
		count_unscored(g);
		write_kto(g);
	}
	return g->r->bad ? -1 : 0;
}

/* The words are of no use afterwards, and a bad record may not come back. */
static int
finish(struct group *g)
{
	int rc = settle(g);

	group_done(g);
	return rc;
}

static int
prepare(struct rec *r)
{
	struct group *g = arena_take(r->mem, sizeof *g);

	r->user = g;
	if (group_read(r, g) || group_weigh(g))
		return -1;
	if ((twice && !atomic_load(&measured)) || g->set->rows || how.annotated)
		return 0;
	return finish(g);
}

/* What needs the records' order, or one thread. */
static void
account(struct group *g)
{
	if (!g->r->bad)
		bias_see(g);
	if (!g->r->bad && g->too_long)
		rec_count(g->r, "pairs over --max-length-ratio", g->too_long);
	if (!g->r->bad && g->out.n)
		annotate_put(g);
	if (!g->r->bad) {
		good += g->good;
		poor += g->poor;
	}
	tool_done(g->r);
}

/* ---- rows of one prompt ---- */
static void
join(void)
{
	struct group *g = run.g[0];
	struct reply *all = arena_take(g->r->mem, (run.n + 1) * sizeof *all);

	for (size_t i = 0; i < run.n; i++) {
		all[i] = run.g[i]->reply[0];
		all[i].at = i;
	}
	g->reply = all;
	g->all = run.n;
	if (run.n > 1)
		rec_count(g->r, "rows joined", run.n);
}

static void
end_run(void)
{
	struct group *g = run.g[0];

	if (!run.n)
		return;
	join();
	if (finish(g))
		rec_bad(g->r, NULL, "not a record for this tool");
	account(g);
	for (size_t i = 1; i < run.n; i++)
		tool_done(run.g[i]->r);
	run.n = 0;
}

static bool
same_prompt(const struct group *a, const struct group *b)
{
	if (a->set != b->set || a->ask.n != b->ask.n)
		return false;
	for (size_t i = 0; i < a->ask.n; i++)
		if (!str_same(a->ask.m[i].content, b->ask.m[i].content))
			return false;
	return true;
}

static void
take(struct group *g)
{
	if (run.n == sizeof run.g / sizeof *run.g ||
	    (run.n && !(g->set->rows && same_prompt(run.g[0], g))))
		end_run();
	if (g->set->rows) {
		run.g[run.n++] = g;
		return;
	}
	if (how.annotated && annotated_again(g))
		rec_drop(g->r, "the same annotation again");
	else if (how.annotated)
		finish(g);
	account(g);
}

/* ---- all records ---- */
static int
pull(void)
{
	struct rec *r;

	if (twice) {
		while ((r = tool_next())) {
			scale_see(r->user);
			tool_done(r);
		}
		atomic_store(&measured, true);
		tool_again();
	}
	while ((r = tool_next()))
		take(r->user);
	end_run();
	return 0;
}

/* What must not stand together, or not alone. */
static void
check_options(void)
{
	bool out = how.to_annotate, kto = !isnan(how.kto);
	bool rules =
	    opt_given(&how.chosen_from) || opt_given(&how.rejected_from);
	bool pairs = opt_given(&how.pairs) || opt_given(&how.max_ratio) ||
		     opt_given(&how.models) || rules;
	const struct {
		bool wrong;
		const char *why;
	} checks[] = {
		{ how.best && kto, "--best and --kto exclude each other" },
		{ (how.best || kto) && pairs,
		    "--best and --kto make no pairs, which --pairs, "
		    "--max-length-ratio, --models and --policy are for" },
		{ how.best && (how.messages || opt_given(&how.similar)),
		    "--messages and --rouge are not for --best" },
		{ !isnan(how.min_score) && !how.best,
		    "--min-score goes with --best" },
		{ how.rewrite && isnan(how.all_low),
		    "--rewrite needs --all-low" },
		{ rules && !how.policy.n,
		    "--chosen-from and --rejected-from need --policy" },
		{ how.policy.n && !rules,
		    "--policy needs --chosen-from or --rejected-from" },
		{ out && how.annotated,
		    "--to-annotate and --from-annotated exclude each other" },
		{ how.by && !out, "--by goes with --to-annotate" },
		{ how.guideline && !out,
		    "--guideline goes with --to-annotate" },
		{ how.critique && !out, "--critique goes with --to-annotate" },
		{ opt_given(&how.scale) && !out,
		    "--scale goes with --to-annotate" },
		{ how.sft && !how.annotated,
		    "--sft goes with --from-annotated" },
		{ how.annotated && opt_given(&how.schema),
		    "--from-annotated and --schema exclude each other" },
	};

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i].wrong) {
			warn("%s", checks[i].why);
			opt_usage();
		}
}

static void
start(void)
{
	check_options();
	twice = strcmp(how.normalise, "no");
	if (twice)
		tool_twice();
	if (how.to_annotate)
		annotate_open();
}

/* KTO weighs the two against each other. */
static void
check_balance(void)
{
	if (!tool_quiet && !good != !poor)
		warn("all KTO rows are %s: see --kto",
		    good ? "desirable" : "undesirable");
}

static void
end(void)
{
	check_balance();
	scale_end();
	annotated_end();
	annotate_close(!tool_status());
}

int
main(int argc, char **argv)
{
	static const char *const sides[] = { "rewrite", "sft", NULL };
	static const struct tool tool = {
		.name = "prefpair",
		.operands = "[file ...]",
		.does = "turn judged responses into preference pairs or SFT "
			"records",
		.opts = opts,
		.sides = sides,
		.start = start,
		.prepare = prepare,
		.pull = pull,
		.end = end,
	};

	return tool_main(&tool, argc, argv);
}
