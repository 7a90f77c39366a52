/* Asking: by tokens, which reads probabilities, and by JSON, which has the
 * judge write. */
#include "tools/judge/question.h"

#include <stdlib.h>
#include <string.h>

#include "libcore/talk.h"
#include "libcore/tool.h"
#include "libcore/verdict.h"
#include "tools/judge/choices.h"

long question_asks = 3, question_tokens = 1024;
double question_temperature;
bool question_free;

enum {
	SHOWN = 1000, /* bytes of a bad answer that are shown again */
	REST = 48,    /* tokens of an answer beside its reason */
};

/* How one judge is asked by one rubric; [panel_n * rubrics_n]. */
static struct way {
	struct choices *choices; /* token */
	struct reply_conf conf;  /* json */
} * ways;
static struct question *come, **come_end = &come; /* answers not read yet */

/* The object that a judge is held to. Its thoughts come first and end in time
 * for the rest, as far as a character takes no more than a token. */
static void
put_schema(struct buf *b, const struct rubric *r)
{
	long longest = question_tokens - REST;

	buf_printf(b,
	    "{\"type\":\"object\",\"properties\":{\"reason\":{\"type\":"
	    "\"string\",\"maxLength\":%ld},",
	    longest < REST ? REST : longest);
	if (r->kind == RUBRIC_PAIR)
		buf_puts(b, "\"same_steps\":{\"type\":\"boolean\"},"
			    "\"same_result\":{\"type\":\"boolean\"},"
			    "\"better\":{\"enum\":[\"A\",\"B\",\"tie\"]}},"
			    "\"required\":[\"reason\",\"better\"]");
	else
		buf_printf(b,
		    "\"score\":{\"type\":\"integer\",\"minimum\":%d,"
		    "\"maximum\":%d}},\"required\":[\"reason\",\"score\"]",
		    r->low, r->high);
	buf_puts(b, ",\"additionalProperties\":false}");
}

static void
open_json(struct way *w, const struct seat *seat, const struct rubric *r)
{
	struct buf schema = { 0 };
	struct err e;

	w->conf.draw = sample_plain;
	w->conf.draw.temperature = question_temperature;
	w->conf.draw.seed = (uint64_t)tool_seed;
	w->conf.most = (size_t)question_tokens;
	if (question_free)
		return;
	put_schema(&schema, r);
	w->conf.held =
	    held_new(seat->a, (struct str){ schema.s, schema.n }, &e);
	if (!w->conf.held)
		die("model '%s': %s", seat->name, e.why);
	buf_done(&schema);
}

static struct way *
way_of(const struct question *q)
{
	return ways + q->seat * rubrics_n + (size_t)(q->rubric - rubrics);
}

void
question_start(void)
{
	ways = need_zero(panel_n * rubrics_n, sizeof *ways);
	for (size_t i = 0; i < panel_n * rubrics_n; i++) {
		const struct seat *seat = panel + i / rubrics_n;
		const struct rubric *r = rubrics + i % rubrics_n;

		if (r->token)
			ask_engine(seat->name,
			    "a rubric with `answer: token` reads probabilities "
			    "of tokens; `answer: json` does not");
		if (r->token)
			ways[i].choices = choices_new(seat, r);
		else
			open_json(ways + i, seat, r);
	}
}

void
question_end(void)
{
	for (size_t i = 0; ways && i < panel_n * rubrics_n; i++) {
		choices_free(ways[i].choices);
		held_free((void *)(uintptr_t)ways[i].conf.held);
	}
	free(ways);
}

/* Texts. */

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

struct str
question_text(const struct work *w, const struct rubric *rubric,
    const struct place *more, size_t n)
{
	struct place places[8] = { { "prompt", { 0 } }, { "gold", { 0 } } };
	struct buf talk = { 0 }, text = { 0 };
	struct str out;

	put_talk(&talk, &w->ms);
	places[0].value = (struct str){ talk.s ? talk.s : "", talk.n };
	places[1].value = judge_gold(w);
	memcpy(places + 2, more, n * sizeof *more);
	places_fill(&text, (struct str){ rubric->text.s, rubric->text.n },
	    places, n + 2);
	out = (struct str){ arena_text(w->r->mem, text.s, text.n), text.n };
	buf_done(&talk);
	buf_done(&text);
	return out;
}

/* One more turn of the conversation with the judge. */
static void
add_turn(struct question *q, const char *role, struct str content)
{
	struct buf b = { 0 };

	buf_put(&b, q->talk.s, q->talk.n ? q->talk.n - 1 : 0);
	buf_printf(
	    &b, "%c{\"role\":\"%s\",\"content\":", b.n ? ',' : '[', role);
	buf_json_str(&b, content);
	buf_puts(&b, "}]");
	q->talk = (struct str){ arena_text(q->w->r->mem, b.s, b.n), b.n };
	buf_done(&b);
}

/* By tokens. */

static bool
is_number(const float *logp, size_t n)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok &= logp[i] <= 0; /* no NaN */
	return ok;
}

static void
read_tokens(struct question *q, const float *logp)
{
	q->value = choices_expect(q->choices, logp, &q->mass);
	q->there = true;
}

/* Cached: the log-probabilities as text. */
static void
store(struct hash128 key, const float *logp, size_t n)
{
	struct buf b = { 0 };

	reply_logps(&b, logp, n);
	answers_put(models_cache, key, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
restore(struct question *q, const struct buf *text)
{
	struct json_doc d = { 0 };
	size_t n = q->choices->n, at;
	float *logp = need_zero(n, sizeof *logp);
	struct err e;
	bool ok = json_parse(&d, text->s, text->n, 4, &at, &e) &&
		  d.tape->type == JSON_ARRAY && d.tape->n == n;

	for (size_t i = 0; ok && i < n; i++) {
		double x = 0;

		ok = json_real(&d, d.tape + 1 + i, &x);
		logp[i] = (float)x;
	}
	if (!ok || !is_number(logp, n))
		die("cache '%s': an answer cannot be read", ask_cache_file);
	read_tokens(q, logp);
	json_done(&d);
	free(logp);
}

static void
tokens_come(void *user, const struct gen_answer *a)
{
	struct question *q = user;

	if (!is_number(a->next, q->choices->n)) {
		rec_bad(q->w->r, NULL,
		    "model '%s' gave logits that are no numbers",
		    panel[q->seat].name);
	} else {
		if (models_cache)
			store(q->key, a->next, q->choices->n);
		read_tokens(q, a->next);
	}
	judge_ready(q->w);
}

/* Is it in the cache? Else q->key is where it belongs. */
static bool
known(struct question *q, const struct ids *ids)
{
	struct buf b = { 0 };
	bool found;

	asker_question(panel[q->seat].a, &b, "judge");
	ask_ids(&b, "ids", ids->id, ids->n);
	ask_ids(&b, "next", q->choices->id, q->choices->n);
	q->key = ask_key(&b);
	found = answers_get(models_cache, q->key, &b);
	if (found)
		restore(q, &b);
	buf_done(&b);
	return found;
}

static void
ask_tokens(struct question *q)
{
	struct asker *a = panel[q->seat].a;
	struct gen_ask g = { .done = tokens_come, .user = q };
	const struct ids *ids =
	    asker_render(a, q->w->r, q->talk, (struct str){ 0 });
	struct err e;

	q->choices = way_of(q)->choices;
	if (!ids || (models_cache && known(q, ids)))
		return;
	g.ids = ids->id;
	g.n = ids->n;
	g.next = q->choices->id;
	g.nexts = q->choices->n;
	if (gen_add(a->gen, &g, &e))
		judge_wait(q->w);
	else
		q->fault = arena_text(q->w->r->mem, e.why, strlen(e.why));
}

/* By JSON. */

/* What a pair's judge may say is better; 2 - its place is the step. */
static const char *const better[] = { "A", "tie", "B", NULL };

static bool
read_json(struct question *q, struct str answer, struct err *e)
{
	struct arena *mem = q->w->r->mem;
	bool pair = q->rubric->kind == RUBRIC_PAIR, ok;
	const char *key = pair ? "better" : "score";
	struct verdict v = { 0 };
	struct str reason;
	int which = 0;

	ok = verdict_read(&v, answer, key, e);
	if (ok && pair)
		ok = verdict_word(&v, key, better, &which, e);
	else if (ok)
		ok = verdict_whole(
		    &v, key, q->rubric->low, q->rubric->high, &which, e);
	if (!ok) {
		verdict_done(&v);
		return false;
	}
	q->step = pair ? 2 - which : which;
	q->value = pair ? q->step / 2.0 : q->step;
	if (pair) {
		q->same_steps = verdict_flag(&v, "same_steps");
		q->same_result = verdict_flag(&v, "same_result");
	}
	reason = verdict_text(&v, "reason");
	if (reason.s)
		q->reason = (struct str){ arena_text(mem, reason.s, reason.n),
			reason.n };
	verdict_done(&v);
	return true;
}

/* Bytes of the beginning of s, cut between characters. */
static struct str
beginning(struct str s, size_t most)
{
	if (s.n <= most)
		return s;
	s.n = most;
	while (s.n && ((unsigned char)s.s[s.n] & 0xc0) == 0x80)
		s.n--;
	return s;
}

/* The answer and its fault, as two more turns. */
static void
show_fault(struct question *q, struct str answer)
{
	struct buf b = { 0 };

	add_turn(q, "assistant", beginning(answer, SHOWN));
	buf_printf(&b,
	    "Your answer cannot be used: %s. Answer again, with one "
	    "JSON object and nothing after it: ",
	    q->fault);
	if (q->rubric->kind == RUBRIC_PAIR)
		buf_puts(&b, "{\"reason\": \"...\", \"better\": \"A\", \"B\" "
			     "or \"tie\"}");
	else
		buf_printf(&b,
		    "{\"reason\": \"...\", \"score\": a whole number "
		    "from %d to %d}",
		    q->rubric->low, q->rubric->high);
	add_turn(q, "user", (struct str){ b.s, b.n });
	buf_done(&b);
}

/* Read the answer that has come; true if the question is through. */
static bool
read_answer(struct question *q)
{
	const struct reply *p = q->of.got;
	struct buf b = { 0 };
	struct err e;

	if (p->error.s) {
		q->fault = arena_text(q->w->r->mem, p->error.s, p->error.n);
		return true;
	}
	if (read_json(q, p->content, &e)) {
		q->there = true;
		q->fault = NULL;
		return true;
	}
	if (str_eq(p->finish, "length"))
		buf_printf(
		    &b, "it is cut off after %zu tokens, and ", p->tokens);
	buf_puts(&b, e.why);
	q->fault = arena_text(q->w->r->mem, b.s, b.n);
	buf_done(&b);
	if (q->asks >= (unsigned)question_asks)
		return true;
	show_fault(q, p->content);
	return false;
}

static void
json_come(struct replies *of)
{
	struct question *q = of->user;

	*come_end = q;
	come_end = &q->next;
	q->next = NULL;
}

/* Ask until an answer must be waited for, or the question is through. */
static void
ask_json(struct question *q)
{
	struct rec *r = q->w->r;
	struct err e = { "" };
	bool asked;

	do {
		q->asks++;
		q->of = (struct replies){ .r = r,
			.a = panel[q->seat].a,
			.cache = models_cache,
			.conf = &way_of(q)->conf,
			.samples = 1,
			.done = json_come,
			.user = q,
			.why = &e };
		asked = replies_ask_text(&q->of, q->talk, (struct str){ 0 });
		q->of.why = NULL;
		if (asked && q->of.left)
			return;
	} while (asked && !read_answer(q));
	if (!asked && !q->fault) /* else it is the last answer's */
		q->fault = arena_text(r->mem, e.why, strlen(e.why));
	judge_ready(q->w);
}

bool
question_step(void)
{
	bool any = come != NULL;

	while (come) {
		struct question *q = come;

		come = q->next;
		if (!come)
			come_end = &come;
		if (q->w->r->bad || read_answer(q))
			judge_ready(q->w);
		else
			ask_json(q);
	}
	return any;
}

void
question_ask(struct question *q)
{
	q->same_steps = q->same_result = -1;
	add_turn(q, "user", q->text);
	if (q->rubric->token) {
		ask_tokens(q);
	} else {
		judge_wait(q->w);
		ask_json(q);
	}
}
