/* A model that is asked for a digit: the score is what is expected of it.
 * Nothing is generated. */
#include <stdlib.h>
#include <string.h>

#include "gpu/ask.h"
#include "gpu/cpu/fun.h"
#include "libcore/places.h"
#include "libcore/talk.h"
#include "libcore/tool.h"
#include "tools/judge/judge.h"

static bool both;
static const char *rubric_file, *name = "quality";

static const struct opt opts[] = {
	{ 'b', "both", NULL,
	    "with --gold and -m: ask the model also where there is gold",
	    .flag = &both },
	{ 'r', "rubric", "FILE", "what the model is asked, instead of its own",
	    .str = &rubric_file },
	{ 0, "name", "NAME", "the model's score is scores.NAME", .str = &name },
	{ 0 },
};

/* What comes first is shared by all responses to a prompt and run once. */
static const char own_rubric[] =
    "Request: {prompt}\n\n"
    "Response: {response}\n\n"
    "Rate the response with a number from 1 (bad) to 9 (good). Only output "
    "the number.";

static struct asker *model;
static struct answers *cache;
static struct buf rubric;
static int32_t *digit_ids;
static int *digit_values;
static size_t digits;
static double mass;
static unsigned long asked;

/* A response that is asked about. */
struct ask {
	struct work *w;
	struct member *to;
	struct hash128 key;
};

static bool
on(void)
{
	return ask_models.n > 0;
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
	if (ask_models.n > 1)
		die("one judge at a time: several -m are not there yet");
	if (!strcmp(name, "gold"))
		die("--name gold is what --gold writes");
	judge_name("--name", name);
	if (rubric_file)
		places_read(&rubric, rubric_file, "rubric");
	else
		buf_puts(&rubric, own_rubric);
	if (!places_has((struct str){ rubric.s, rubric.n }, "response"))
		die("rubric '%s' has no {response}", rubric_file);
	model = asker_open(ask_models.s[0], true);
	find_digits();
	if (ask_cache_file)
		cache = answers_open(ask_cache_file);
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

static void
restore(struct ask *q, const struct buf *text)
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
	judge_set_real(q->w, q->to, expected(logp));
	json_done(&d);
	free(logp);
}

static void
answered(void *user, const struct gen_answer *a)
{
	struct ask *q = user;
	struct work *w = q->w;
	bool ok = true;

	for (size_t i = 0; i < digits; i++)
		ok &= a->next[i] <= 0; /* no NaN */
	if (!ok)
		rec_bad(w->r, NULL,
		    "model '%s' gave logits that are no numbers", model->name);
	if (ok) {
		if (cache)
			store(q->key, a->next);
		judge_set_real(w, q->to, expected(a->next));
	}
	judge_ready(w);
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

/* The rubric with its places filled, as a conversation. */
static void
fill(struct buf *b, struct work *w, struct str response)
{
	struct buf talk = { 0 }, text = { 0 };
	struct place places[] = {
		{ "prompt", { 0 } },
		{ "response", response },
		{ "gold", STR("") },
	};

	put_talk(&talk, &w->ms);
	places[0].value = (struct str){ talk.s ? talk.s : "", talk.n };
	if (json_is(w->gold, JSON_STRING))
		places[2].value = rec_text(w->r, w->gold);
	else if (w->gold)
		places[2].value = json_raw(&w->r->doc, w->gold);
	places_fill(&text, (struct str){ rubric.s, rubric.n }, places, 3);
	buf_puts(b, "[{\"role\":\"user\",\"content\":");
	buf_json_str(b, (struct str){ text.s, text.n });
	buf_puts(b, "}]");
	buf_done(&talk);
	buf_done(&text);
}

/* Is it in the cache? Else q->key is where it belongs. */
static bool
known(struct ask *q, const struct ids *ids)
{
	struct buf b = { 0 };
	bool found;

	asker_question(model, &b, "judge");
	ask_ids(&b, "ids", ids->id, ids->n);
	ask_ids(&b, "next", digit_ids, digits);
	q->key = ask_key(&b);
	found = answers_get(cache, q->key, &b);
	if (found)
		restore(q, &b);
	buf_done(&b);
	return found;
}

static void
response(struct work *w, size_t i)
{
	struct ask *q;
	struct gen_ask g = {
		.next = digit_ids, .nexts = digits, .done = answered
	};
	const struct judged *j = w->response + i;
	const struct ids *ids;
	struct buf talk = { 0 };
	struct err e;

	if (j->decided && !both)
		return;
	if (judge_has(w, i, name)) {
		rec_count(w->r, "kept model scores", 1);
		return;
	}
	q = arena_take(w->r->mem, sizeof *q);
	q->w = w;
	q->to = judge_member(w, i, "scores", name);
	fill(&talk, w, j->text);
	ids = asker_render(
	    model, w->r, (struct str){ talk.s, talk.n }, (struct str){ 0 });
	buf_done(&talk);
	if (!ids || (cache && known(q, ids)))
		return;
	g.ids = ids->id;
	g.n = ids->n;
	g.user = q;
	if (gen_add(model->gen, &g, &e))
		judge_wait(w);
	else
		rec_bad(w->r, j->node, "%s", e.why);
}

static enum judge_step
step(int ms)
{
	(void)ms;
	return asker_step(model) ? JUDGE_WORKED : JUDGE_DONE;
}

static size_t
waiting(void)
{
	return asker_waiting(model);
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
	buf_done(&rubric);
	free(digit_ids);
	free(digit_values);
}

const struct scorer digits_scorer = {
	.opts = opts,
	.talks = true,
	.on = on,
	.start = start,
	.response = response,
	.step = step,
	.waiting = waiting,
	.end = end,
};
