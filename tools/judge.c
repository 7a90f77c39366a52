/* judge - score the responses in records. Page: man/judge.1 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/ask.h"
#include "gpu/cpu/fun.h"
#include "libcore/gold.h"
#include "libcore/hold.h"
#include "libcore/talk.h"
#include "libcore/tool.h"

static bool by_gold, both;
static const char *kind_name = "auto", *rubric_file, *name = "quality";

static const struct opt opts[] = {
	{ 'g', "gold", NULL, "check against the field gold: scores.gold",
	    .flag = &by_gold },
	{ 'k', "kind", "KIND", "of gold answers: auto, number, choice, text",
	    .str = &kind_name, .choice = gold_kinds },
	{ 'b', "both", NULL,
	    "with --gold and -m: ask the model also where there is gold",
	    .flag = &both },
	{ 'r', "rubric", "FILE", "what the model is asked, instead of its own",
	    .str = &rubric_file },
	{ 0, "name", "NAME", "the model's score is scores.NAME", .str = &name },
	{ 0 },
};

/* {prompt}, {response} and {gold} are put in. What comes first is shared by
 * all responses to a prompt and run once. */
static const char own_rubric[] =
    "Request: {prompt}\n\n"
    "Response: {response}\n\n"
    "Rate the response with a number from 1 (bad) to 9 (good). Only output "
    "the number.";

static struct asker *model;
static struct answers *cache;
static struct buf rubric;
static enum gold_kind kind;
static int32_t *digit_ids;
static int *digit_values;
static size_t digits;
static double mass;
static unsigned long asked;

/* A record in work. */
struct work {
	struct rec *r;
	struct hold *hold;
	size_t n, left;
	struct score {
		struct work *w;
		const struct json *response;
		double model;
		int gold; /* 1, 0, or -1: not checked */
		bool asked;
		struct hash128 key;
	} * score; /* [n] */
};

static void
read_rubric(void)
{
	char chunk[4096];
	size_t got;
	FILE *f;

	if (!rubric_file) {
		buf_puts(&rubric, own_rubric);
		return;
	}
	f = fopen(rubric_file, "r");
	if (!f)
		die_sys("cannot open '%s'", rubric_file);
	while ((got = fread(chunk, 1, sizeof chunk, f)))
		buf_put(&rubric, chunk, got);
	if (ferror(f))
		die_sys("cannot read '%s'", rubric_file);
	fclose(f);
	if (!rubric.n || !memmem(rubric.s, rubric.n, "{response}", 10))
		die("rubric '%s' has no {response}", rubric_file);
}

/* The digit a token is, white space around it aside; 0 if it is none. */
static int
digit_of(int32_t id)
{
	struct str s = tok_piece(model->tok, id);

	while (s.n && (s.s[0] == ' ' || s.s[0] == '\n')) {
		s.s++;
		s.n--;
	}
	return s.n == 1 && s.s[0] >= '1' && s.s[0] <= '9' ? s.s[0] - '0' : 0;
}

static void
find_digits(void)
{
	int32_t all = tok_size(model->tok);
	unsigned found = 0;

	digit_ids = need_zero((size_t)all, sizeof *digit_ids);
	digit_values = need_zero((size_t)all, sizeof *digit_values);
	for (int32_t id = 0; id < all; id++) {
		int d = tok_special(model->tok, id) ? 0 : digit_of(id);

		if (!d)
			continue;
		digit_ids[digits] = id;
		digit_values[digits++] = d;
		found |= 1u << d;
	}
	for (int d = 1; d <= 9; d++)
		if (!(found >> d & 1))
			die("model '%s' has no token for the digit %d",
			    model->name, d);
}

static void
start(void)
{
	while (strcmp(gold_kinds[kind], kind_name) != 0)
		kind++;
	if (ask_models.n > 1)
		die("one judge at a time: several -m are not there yet");
	if (!by_gold && !ask_models.n)
		die("nothing to judge by: give --gold, -m MODEL or both");
	if (!strcmp(name, "gold"))
		die("--name gold is what --gold writes");
	if (!*name || strpbrk(name, ".\"\\"))
		die("--name '%s' is no plain name", name);
	if (!ask_models.n)
		return;
	read_rubric();
	model = asker_open(ask_models.s[0], true);
	find_digits();
	if (ask_cache_file)
		cache = answers_open(ask_cache_file);
}

/* Does the response say what one of the gold answers says? */
static bool
is_right(struct rec *r, const struct json *gold, struct str text)
{
	const struct json *v;

	if (gold->type == JSON_STRING)
		return gold_match(kind, rec_text(r, gold), text);
	if (gold->type != JSON_ARRAY)
		return gold_match(kind, json_raw(&r->doc, gold), text);
	v = json_first(gold);
	for (uint32_t i = 0; i < gold->n; i++, v = json_next(v))
		if (is_right(r, v, text))
			return true;
	return false;
}

static bool
has_score(const struct rec *r, const struct score *s, const char *which)
{
	const struct json *v =
	    json_get(&r->doc, json_get(&r->doc, s->response, "scores"), which);

	return v && v->type != JSON_NULL && !tool_overwrite;
}

static void
give(void *user)
{
	struct work *w = user;
	struct rec *r = w->r;
	struct buf b = { 0 }, scores = { 0 }, x = { 0 };

	buf_char(&b, '[');
	for (size_t i = 0; i < w->n; i++) {
		const struct score *s = w->score + i;
		struct json_set set[2], in = { "scores", { 0 } };
		size_t n = 0;

		buf_reset(&x);
		buf_reset(&scores);
		if (s->asked)
			buf_json_real(&x, s->model);
		if (s->gold >= 0)
			set[n++] = (struct json_set){ "gold",
				s->gold ? STR("1") : STR("0") };
		if (s->asked)
			set[n++] = (struct json_set){ name, { x.s, x.n } };
		json_with(&scores, &r->doc,
		    json_get(&r->doc, s->response, "scores"), set, n);
		in.value = (struct str){ scores.s, scores.n };
		if (i)
			buf_char(&b, ',');
		if (n)
			json_with(&b, &r->doc, s->response, &in, 1);
		else
			buf_str(&b, json_raw(&r->doc, s->response));
	}
	buf_char(&b, ']');
	rec_put(r, "responses", (struct str){ b.s, b.n });
	buf_done(&b);
	buf_done(&scores);
	buf_done(&x);
	rec_emit(r, 0);
}

/* The expected value of the digit, and how much of all probability digits
 * have. */
static double
expected(const float *logp)
{
	double sum = 0, all = 0, top = (double)logp[0];

	for (size_t i = 0; i < digits; i++)
		if ((double)logp[i] > top)
			top = (double)logp[i];
	for (size_t i = 0; i < digits; i++) {
		double p = fun_exp64((double)logp[i] - top);

		sum += p * digit_values[i];
		all += p;
	}
	mass += all * fun_exp64(top);
	asked++;
	return sum / all;
}

/* Cached: the log-probabilities as text. */
static void
store(struct hash128 key, const float *logp)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < digits; i++) {
		buf_char(&b, i ? ',' : '[');
		buf_json_float(&b, logp[i]);
	}
	buf_char(&b, ']');
	answers_put(cache, key, (struct str){ b.s, b.n });
	buf_done(&b);
}

static bool
restore(struct score *s, const struct buf *text)
{
	struct json_doc d = { 0 };
	float *logp = need_zero(digits, sizeof *logp);
	struct err e;
	size_t at;
	bool ok = json_parse(&d, text->s, text->n, 4, &at, &e) &&
		  d.tape->type == JSON_ARRAY && d.tape->n == digits;

	for (size_t i = 0; ok && i < digits; i++) {
		double x = 0;

		ok = json_real(&d, d.tape + 1 + i, &x);
		logp[i] = (float)x;
	}
	if (!ok)
		die("cache '%s': an answer cannot be read", ask_cache_file);
	s->model = expected(logp);
	s->asked = true;
	json_done(&d);
	free(logp);
	return true;
}

static void
answered(void *user, const struct gen_answer *a)
{
	struct score *s = user;
	struct work *w = s->w;
	bool ok = true;

	for (size_t i = 0; i < digits; i++)
		ok &= a->next[i] <= 0; /* no NaN */
	if (!ok)
		rec_bad(w->r, NULL,
		    "model '%s' gave logits that are no numbers", model->name);
	if (ok) {
		if (cache)
			store(s->key, a->next);
		s->model = expected(a->next);
		s->asked = true;
	}
	if (--w->left == 0)
		hold_ready(w->hold);
}

/* The conversation as one text: the prompt itself, or its turns by role. */
static void
put_talk(struct buf *b, const struct msgs *ms)
{
	size_t n = talk_asked(ms);

	if (n == 1) {
		buf_str(b, ms->m[0].content);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_puts(b, "\n\n");
		buf_str(b, ms->m[i].role);
		buf_puts(b, ": ");
		buf_str(b, ms->m[i].content);
	}
}

static void
put_gold(struct buf *b, struct rec *r)
{
	const struct json *gold = rec_get(r, "gold");

	if (json_is(gold, JSON_STRING))
		buf_str(b, rec_text(r, gold));
	else if (gold)
		buf_str(b, json_raw(&r->doc, gold));
}

/* The rubric with its places filled. */
static void
fill(struct buf *b, struct rec *r, const struct msgs *ms, struct str response)
{
	const char *p = rubric.s, *end = p + rubric.n;

	while (p < end) {
		const char *q = memchr(p, '{', (size_t)(end - p));

		q = q ? q : end;
		buf_put(b, p, (size_t)(q - p));
		p = q;
		if (end - p >= 8 && !memcmp(p, "{prompt}", 8)) {
			put_talk(b, ms);
			p += 8;
		} else if (end - p >= 10 && !memcmp(p, "{response}", 10)) {
			buf_str(b, response);
			p += 10;
		} else if (end - p >= 6 && !memcmp(p, "{gold}", 6)) {
			put_gold(b, r);
			p += 6;
		} else if (p < end) {
			buf_char(b, *p++);
		}
	}
}

static void
ask(struct score *s, const struct msgs *ms, struct str text)
{
	struct rec *r = s->w->r;
	struct buf b = { 0 }, talk = { 0 };
	struct gen_ask q = {
		.next = digit_ids, .nexts = digits, .done = answered, .user = s
	};
	const struct ids *ids;
	struct err e;

	fill(&b, r, ms, text);
	buf_puts(&talk, "[{\"role\":\"user\",\"content\":");
	buf_json_str(&talk, (struct str){ b.s, b.n });
	buf_puts(&talk, "}]");
	ids = asker_render(
	    model, r, (struct str){ talk.s, talk.n }, (struct str){ 0 });
	if (ids && cache) {
		asker_question(model, &b, "judge");
		ask_ids(&b, "ids", ids->id, ids->n);
		ask_ids(&b, "next", digit_ids, digits);
		s->key = ask_key(&b);
		if (answers_get(cache, s->key, &b) && restore(s, &b))
			ids = NULL;
	}
	if (ids) {
		q.ids = ids->id;
		q.n = ids->n;
		if (gen_add(model->gen, &q, &e))
			s->w->left++;
		else
			rec_bad(r, s->response, "%s", e.why);
	}
	buf_done(&b);
	buf_done(&talk);
}

static void
score_one(struct score *s, const struct json *gold, const struct msgs *ms)
{
	struct rec *r = s->w->r;
	struct str text;

	if (s->response->type != JSON_OBJECT) {
		rec_bad(r, s->response, "a response is not an object");
		return;
	}
	text = rec_text(r, json_get(&r->doc, s->response, "content"));
	if (!text.s) {
		rec_bad(r, s->response, "a response has no content");
		return;
	}
	if (by_gold && gold) {
		if (has_score(r, s, "gold"))
			rec_count(r, "kept scores.gold", 1);
		else
			s->gold = is_right(r, gold, text);
		if (s->gold >= 0)
			rec_count(r, s->gold ? "right" : "wrong", 1);
	}
	if (!model || (by_gold && gold && !both))
		return;
	if (has_score(r, s, name))
		rec_count(r, "kept model scores", 1);
	else
		ask(s, ms, text);
}

/* Begin a record; it may be through at once. */
static void
take(struct rec *r)
{
	struct work *w = arena_take(r->mem, sizeof *w);
	const struct json *all = rec_get(r, "responses"), *v;
	const struct json *gold = rec_get(r, "gold");
	struct msgs ms = { 0 };

	w->r = r;
	w->hold = hold_take(r, give, w);
	w->left = 1;
	if (!all)
		rec_missing(r, "responses");
	else if (all->type != JSON_ARRAY)
		rec_bad(r, all, "field 'responses' is not a list");
	if (!r->bad && model && rec_msgs(r, &ms) == 0 && !talk_asked(&ms))
		rec_bad(r, NULL, "there is nothing that is answered");
	if (by_gold && !gold)
		rec_count(r, "no gold", 1);
	if (!r->bad) {
		w->score = arena_take(r->mem, all->n * sizeof *w->score);
		w->n = all->n;
		v = json_first(all);
		for (size_t i = 0; i < w->n && !r->bad; i++, v = json_next(v)) {
			w->score[i] =
			    (struct score){ w, v, 0, -1, false, { 0 } };
			score_one(w->score + i, gold, &ms);
		}
	}
	if (--w->left == 0)
		hold_ready(w->hold);
}

static int
pull(void)
{
	struct rec *r;
	bool more = true, busy = false;

	while (!tool_stopping() && (more || busy)) {
		while (more && !hold_full() &&
		       (!model || asker_waiting(model) < 64)) {
			r = tool_next();
			if (!r)
				more = false;
			else
				take(r);
		}
		busy = model && asker_step(model);
	}
	return 0;
}

static void
end(void)
{
	struct buf b = { 0 };

	if (asked) {
		buf_json_real(&b, mass / (double)asked);
		tool_stat("digit_probability", (struct str){ b.s, b.n });
		buf_done(&b);
	}
	asker_close(model);
	answers_close(cache);
	hold_free();
	buf_done(&rubric);
	free(digit_ids);
	free(digit_values);
}

int
main(int argc, char **argv)
{
	static const struct tool judge = {
		.name = "judge",
		.operands = "[file ...]",
		.does = "score the responses in records",
		.opts = opts,
		.also = ask_opts,
		.start = start,
		.pull = pull,
		.end = end,
	};

	return tool_main(&judge, argc, argv);
}
