/* Instructions that a program can check, IFEval's: scores.ifeval and
 * scores.ifeval_loose, one by one in checks.ifeval. */
#include "libcore/ifeval.h"

#include "libcore/tool.h"
#include "tools/judge/judge.h"

static bool by_ifeval;

static const struct opt opts[] = {
	{ 0, "ifeval", NULL,
	    "check instruction_id_list and kwargs: scores.ifeval",
	    .flag = &by_ifeval },
	{ 0 },
};

/* How many there were, and were followed, over the run. */
struct sum {
	size_t all, strict, loose;
};
static struct sum responses, instructions, types[IFEVAL_TYPES];

/* What one response came to. */
struct result {
	size_t n;
	struct one {
		size_t type;
		bool strict, loose;
	} one[];
};

static bool
on(void)
{
	return by_ifeval;
}

static void
start(void)
{
	judge_name("ifeval");
	judge_name("ifeval_loose");
}

static void
add(struct sum *s, bool strict, bool loose)
{
	s->all++;
	s->strict += strict;
	s->loose += loose;
}

/* The figures count what is written. */
static void
give(struct work *w, void *user)
{
	const struct result *r = user;
	bool strict = true, loose = true;

	(void)w;
	for (size_t i = 0; i < r->n; i++) {
		const struct one *o = r->one + i;

		add(types + o->type, o->strict, o->loose);
		add(&instructions, o->strict, o->loose);
		strict &= o->strict;
		loose &= o->loose;
	}
	add(&responses, strict, loose);
}

static struct result *
check(struct work *w, struct ifeval *all, struct str text)
{
	struct result *r =
	    arena_take(w->r->mem, sizeof *r + all->n * sizeof *r->one);
	struct ifeval_variants v;

	r->n = all->n;
	ifeval_variants(&v, text);
	for (size_t i = 0; i < all->n; i++) {
		struct one *o = r->one + i;

		o->type = ifeval_type(all, i);
		o->strict = ifeval_strict(all, i, text);
		o->loose = o->strict || ifeval_loose(all, i, &v);
	}
	ifeval_variants_done(&v);
	return r;
}

static void
put_one(struct buf *b, const struct one *o)
{
	buf_puts(b, "{\"id\":");
	buf_json_str(b, str_of(ifeval_type_name(o->type)));
	buf_printf(b, ",\"strict\":%d,\"loose\":%d%s}", o->strict, o->loose,
	    ifeval_type_approximate(o->type) ? ",\"approximate\":true" : "");
}

static void
put(struct work *w, size_t i, const struct result *r)
{
	struct buf b = { 0 };
	bool strict = true, loose = true;

	for (size_t k = 0; k < r->n; k++) {
		strict &= r->one[k].strict;
		loose &= r->one[k].loose;
		buf_char(&b, k ? ',' : '[');
		put_one(&b, r->one + k);
	}
	buf_char(&b, ']');
	judge_set(w, judge_member(w, i, "scores", "ifeval"),
	    strict ? STR("1") : STR("0"));
	judge_set(w, judge_member(w, i, "scores", "ifeval_loose"),
	    loose ? STR("1") : STR("0"));
	judge_set(w, judge_member(w, i, "checks", "ifeval"),
	    (struct str){ b.s, b.n });
	rec_count(w->r, strict ? "ifeval followed" : "ifeval not followed", 1);
	buf_done(&b);
}

static void
check_all(struct work *w, struct ifeval *all)
{
	for (size_t i = 0; i < w->n; i++) {
		struct result *r;

		w->response[i].decided = true;
		if (judge_has(w, i, "ifeval")) {
			rec_count(w->r, "kept scores.ifeval", 1);
			continue;
		}
		r = check(w, all, w->response[i].text);
		put(w, i, r);
		judge_at_give(w, give, r);
	}
	if (all->given_up)
		rec_count(w->r, "patterns given up", 1);
}

static void
record(struct work *w)
{
	const struct json *ids = rec_get(w->r, "instruction_id_list");
	const struct json *kwargs = rec_get(w->r, "kwargs"), *where;
	struct ifeval all = { 0 };
	struct err e;

	if (w->r->bad)
		return;
	if (!ids) {
		rec_count(w->r, "no instructions", 1);
		return;
	}
	if (!kwargs)
		rec_missing(w->r, "kwargs");
	else if (!ifeval_read(
		     &all, &w->r->doc, ids, kwargs, w->r->mem, &where, &e))
		rec_bad(w->r, where, "%s", e.why);
	else
		check_all(w, &all);
	ifeval_done(&all);
}

/* Figures. */

static void
detail(const char *name, size_t n, size_t all)
{
	struct buf b = { 0 };

	buf_json_real(&b, (double)n / (double)all);
	judge_detail("ifeval", name, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
detail_types(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < IFEVAL_TYPES; i++) {
		if (!types[i].all)
			continue;
		buf_char(&b, b.n ? ',' : '{');
		buf_json_str(&b, str_of(ifeval_type_name(i)));
		buf_printf(&b, ":{\"n\":%zu,\"strict\":%zu,\"loose\":%zu%s}",
		    types[i].all, types[i].strict, types[i].loose,
		    ifeval_type_approximate(i) ? ",\"approximate\":true" : "");
	}
	buf_char(&b, '}');
	judge_detail("ifeval", "types", (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
end(void)
{
	if (!responses.all)
		return;
	detail("prompt_strict", responses.strict, responses.all);
	detail("prompt_loose", responses.loose, responses.all);
	detail("instruction_strict", instructions.strict, instructions.all);
	detail("instruction_loose", instructions.loose, instructions.all);
	detail_types();
}

const struct scorer ifeval_scorer = {
	.opts = opts,
	.on = on,
	.start = start,
	.record = record,
	.end = end,
};
