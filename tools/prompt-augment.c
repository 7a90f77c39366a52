/* prompt-augment - append to each prompt what its answer should be like.
 * Page: man/prompt-augment.1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/reply.h"
#include "libcore/complement.h"
#include "libcore/hold.h"
#include "libcore/places.h"
#include "libcore/talk.h"
#include "libcore/tool.h"

static long tries = 4, words = 30, longest = 150, max_tokens = 96;
static double temperature = 0.7, top_p = 0.9;
static const char *request_file, *keywords_field;
static bool every;

static const struct opt opts[] = {
	{ 'w', "words", "N", "words of a complement at most", .num = &words,
	    .min = 1, .max = 1000 },
	{ 'l', "longest", "N", "prompts of more than N words need none",
	    .num = &longest, .min = 0, .max = 1 << 30 },
	{ 'a', "all", NULL, "also prompts that seem to need none",
	    .flag = &every },
	{ 'k', "keywords", "FIELD",
	    "search keywords that the complement keeps to",
	    .str = &keywords_field },
	{ 'r', "request", "FILE", "what the model is asked, instead of its own",
	    .str = &request_file },
	{ 0, "tries", "N",
	    "complements drawn; the first without a fault is "
	    "taken",
	    .num = &tries, .min = 1, .max = 256 },
	{ 't', "temperature", "T", "0: always the most likely token",
	    .real = &temperature, .min = 0, .max = 100 },
	{ 0, "top-p", "P", "nucleus: the fewest tokens that reach P",
	    .real = &top_p, .min = 0, .max = 1 },
	{ 0, "max-tokens", "N", "tokens of a reply at most", .num = &max_tokens,
	    .min = 1, .max = 1 << 24 },
	{ 0 },
};

/* A line with {keywords} is left out where there are none. */
static const char own_request[] =
    "## Background\n"
    "You help people to get better answers. A person's prompt is about to be "
    "given to an assistant. You write the complementary information that is "
    "appended to it: what the answer should be like.\n\n"
    "## Rules\n"
    "- At most {words} words, in the language of the prompt.\n"
    "- Say what the prompt leaves open: what its scene requires, what the "
    "person is likely to mean as well, a clear form.\n"
    "- Keep to the intent of the prompt. Do not answer it, do not repeat it, "
    "do not demand too much.\n\n"
    "## Examples\n"
    "<User prompt>: How do I remove a red wine stain from a carpet?\n"
    "<Complementary information>: Please give safe steps with things found at "
    "home, in order, and say what to avoid.\n\n"
    "<User prompt>: 帮我写一封请假邮件\n"
    "<Complementary information>: 请写明请假原因、时间和工作交接安排，语气礼貌"
    "简洁。\n\n"
    "<User prompt>: A train leaves at 9:40 and arrives at 13:05. How long is "
    "the ride?\n"
    "<Complementary information>: Please work step by step and state the "
    "result clearly at the end.\n\n"
    "<User prompt>: 为什么天空是蓝色的？\n"
    "<Complementary information>: "
    "请用通俗的语言解释原理，并举一个生活中的例子。"
    "\n\n"
    "## Task\n"
    "Keep to these search keywords: {keywords}\n"
    "<User prompt>: {prompt}\n"
    "<Complementary information>:";

static struct asker *model;
static struct answers *cache;
static struct reply_conf conf;
static struct buf request;

/* A record in work. */
struct work {
	struct rec *r;
	struct hold *hold;
	struct msgs ms;
	struct str prompt;   /* of the last user turn, without a complement */
	struct str keywords; /* one a line */
	size_t turn;         /* that turn's place */
	bool ask;
	struct replies of;
};

static void
start(void)
{
	if (ask_models.n != 1)
		die(ask_models.n ? "one model at a time: give one -m"
				 : "no model: give one with -m");
	if (request_file)
		places_read(&request, request_file, "request");
	else
		buf_puts(&request, own_request);
	if (!places_has((struct str){ request.s, request.n }, "prompt"))
		die("request '%s' has no {prompt}", request_file);
	if (keywords_field &&
	    !places_has((struct str){ request.s, request.n }, "keywords"))
		die("request '%s' has no {keywords}", request_file);
	conf.draw = sample_plain;
	conf.draw.temperature = temperature;
	conf.draw.top_p = top_p;
	conf.draw.seed = (uint64_t)tool_seed;
	conf.most = (size_t)max_tokens;
	model = asker_open(ask_models.s[0], true);
	if (ask_cache_file)
		cache = answers_open(ask_cache_file);
}

/* The complement of an earlier run, where the turn ends with it. */
static void
take_back(struct work *w)
{
	struct str old = rec_str(w->r, "complement"), *p = &w->prompt;

	if (old.s && p->n > old.n && p->s[p->n - old.n - 1] == '\n' &&
	    !memcmp(p->s + p->n - old.n, old.s, old.n))
		p->n -= old.n + 1;
}

/* The field's strings, one a line. */
static void
read_keywords(struct work *w)
{
	const struct json *v = rec_get(w->r, keywords_field), *k;
	struct buf b = { 0 };

	if (!v)
		return;
	if (json_is(v, JSON_STRING)) {
		w->keywords = rec_text(w->r, v);
	} else if (json_is(v, JSON_ARRAY)) {
		k = json_first(v);
		for (uint32_t i = 0; i < v->n; i++, k = json_next(k)) {
			if (!json_is(k, JSON_STRING)) {
				rec_bad(w->r, k, "a keyword is not a string");
				break;
			}
			if (i)
				buf_char(&b, '\n');
			buf_str(&b, rec_text(w->r, k));
		}
		w->keywords.s = arena_text(w->r->mem, b.s ? b.s : "", b.n);
		w->keywords.n = b.n;
		buf_done(&b);
	} else {
		rec_bad(w->r, v, "field '%s' is neither a string nor a list",
		    keywords_field);
	}
}

/* The last user turn; false and a bad record without one. */
static bool
find_turn(struct work *w)
{
	if (rec_msgs(w->r, &w->ms))
		return false;
	for (w->turn = w->ms.n; w->turn; w->turn--)
		if (str_eq(w->ms.m[w->turn - 1].role, "user"))
			break;
	if (!w->turn-- || !w->ms.m[w->turn].content.s) {
		rec_bad(w->r, NULL, "there is no user turn with a text");
		return false;
	}
	w->prompt = w->ms.m[w->turn].content;
	return true;
}

/* The turn's content with the complement behind it. A list of parts gets one
 * more; a complement that is replaced is a list's last part. */
static void
put_content(struct buf *b, const struct work *w, struct str complement)
{
	const struct msg *m = w->ms.m + w->turn;
	const struct json *content =
	    m->node ? json_get(&w->r->doc, m->node, "content") : NULL;
	bool parts = json_is(content, JSON_ARRAY);
	uint32_t keep;
	struct buf text = { 0 };

	if (parts) {
		const struct json *v = json_first(content);

		keep = content->n - (w->prompt.n < m->content.n);
		for (uint32_t i = 0; i < keep; i++, v = json_next(v)) {
			buf_char(b, i ? ',' : '[');
			buf_str(b, json_raw(&w->r->doc, v));
		}
		buf_puts(b, ",{\"type\":\"text\",\"text\":");
	} else {
		buf_str(&text, w->prompt);
	}
	buf_char(&text, '\n');
	buf_str(&text, complement);
	buf_json_str(b, (struct str){ text.s, text.n });
	if (parts)
		buf_puts(b, "}]");
	buf_done(&text);
}

/* All messages, the turn's content another; those that stand in the record
 * keep their bytes. */
static void
put_messages(struct buf *b, const struct work *w, struct str content)
{
	struct json_set set = { "content", content };

	buf_char(b, '[');
	for (size_t i = 0; i < w->ms.n; i++) {
		const struct msg *m = w->ms.m + i;

		if (i)
			buf_char(b, ',');
		if (m->node && i == w->turn) {
			json_with(b, &w->r->doc, m->node, &set, 1);
		} else if (m->node) {
			buf_str(b, json_raw(&w->r->doc, m->node));
		} else {
			buf_puts(b, "{\"role\":");
			buf_json_str(b, m->role);
			buf_puts(b, ",\"content\":");
			if (i == w->turn)
				buf_str(b, content);
			else
				buf_json_str(b, m->content);
			buf_char(b, '}');
		}
	}
	buf_char(b, ']');
}

/* The record with its turn extended; its id stays that of the prompt. */
static void
extend(struct work *w, struct str complement)
{
	struct rec *r = w->r;
	const struct json *prompt = rec_get(r, "prompt");
	bool text = json_is(prompt, JSON_STRING) && !rec_get(r, "messages");
	struct buf content = { 0 }, b = { 0 };

	if (!rec_get(r, "id")) {
		buf_json_str(&b, rec_id(r));
		rec_put(r, "id", (struct str){ b.s, b.n });
		buf_reset(&b);
	}
	put_content(&content, w, complement);
	if (text) {
		rec_put(r, "prompt", (struct str){ content.s, content.n });
	} else {
		put_messages(&b, w, (struct str){ content.s, content.n });
		rec_put(r,
		    json_is(prompt, JSON_ARRAY) && !rec_get(r, "messages")
			? "prompt"
			: "messages",
		    (struct str){ b.s, b.n });
		buf_reset(&b);
	}
	buf_json_str(&b, complement);
	rec_put(r, "complement", (struct str){ b.s, b.n });
	buf_done(&content);
	buf_done(&b);
}

/* Did the model's server answer at all? */
static bool
is_answered(const struct work *w)
{
	for (size_t i = 0; i < w->of.samples; i++)
		if (!w->of.got[i].error.s)
			return true;
	return false;
}

/* The first complement without a fault, or the first fault. */
static enum complement_fault
choose(const struct work *w, struct buf *b)
{
	enum complement_fault first = COMPLEMENT_FINE, fault;
	struct complement_of of = { .prompt = w->prompt,
		.keywords = w->keywords,
		.request = { request.s, request.n },
		.words = words };

	for (size_t i = 0; i < w->of.samples; i++) {
		if (w->of.got[i].error.s)
			continue;
		buf_reset(b);
		complement_clean(b, w->of.got[i].content, words);
		fault = complement_check(
		    &of, (struct str){ b->s ? b->s : "", b->n });
		if (fault == COMPLEMENT_FINE)
			return fault;
		if (!first)
			first = fault;
	}
	return first;
}

static void
give(void *user)
{
	struct work *w = user;
	struct buf b = { 0 };
	enum complement_fault fault;

	if (w->ask && !is_answered(w)) {
		rec_count(w->r, "not augmented: no answer", 1);
	} else if (w->ask) {
		fault = choose(w, &b);
		if (fault == COMPLEMENT_FINE) {
			extend(w, (struct str){ b.s, b.n });
			rec_count(w->r, "augmented", 1);
		} else {
			char why[64];

			snprintf(why, sizeof why, "not augmented: %s",
			    complement_faults[fault]);
			rec_count(w->r, why, 1);
		}
		buf_done(&b);
	}
	rec_emit(w->r, 0);
}

static void
done(struct replies *p)
{
	struct work *w = p->user;

	hold_ready(w->hold);
}

static void
ask(struct work *w)
{
	char most[24];
	int n = snprintf(most, sizeof most, "%ld", words);
	const struct place places[] = {
		{ "prompt", w->prompt },
		{ "keywords", w->keywords },
		{ "words", { most, (size_t)n } },
	};
	struct buf text = { 0 }, talk = { 0 };

	places_fill(&text, (struct str){ request.s, request.n }, places, 3);
	buf_puts(&talk, "[{\"role\":\"user\",\"content\":");
	buf_json_str(&talk, (struct str){ text.s, text.n });
	buf_puts(&talk, "}]");
	w->of = (struct replies){ .r = w->r,
		.a = model,
		.cache = cache,
		.conf = &conf,
		.samples = (size_t)tries,
		.done = done,
		.user = w };
	w->ask = replies_ask_text(
	    &w->of, (struct str){ talk.s, talk.n }, (struct str){ 0 });
	buf_done(&text);
	buf_done(&talk);
}

/* Begin a record; it may be through at once. */
static void
take(struct rec *r)
{
	struct work *w = arena_take(r->mem, sizeof *w);
	const char *why = NULL;

	w->r = r;
	w->hold = hold_take(r, give, w);
	if (!tool_overwrite && rec_get(r, "complement")) {
		rec_count(r, "kept complement", 1);
	} else if (find_turn(w)) {
		take_back(w);
		if (keywords_field)
			read_keywords(w);
		if (!every)
			why = complement_needless(w->prompt, longest);
		if (why) {
			char text[64];

			snprintf(text, sizeof text, "needs none: %s", why);
			rec_count(r, text, 1);
		} else if (!r->bad) {
			ask(w);
		}
	}
	if (!w->ask || !w->of.left)
		hold_ready(w->hold);
}

static int
pull(void)
{
	struct rec *r;
	bool more = true, busy = false;

	while (!tool_stopping() && (more || busy)) {
		while (more && !hold_full() && asker_waiting(model) < 64) {
			r = tool_next();
			if (!r)
				more = false;
			else
				take(r);
		}
		busy = asker_step(model);
	}
	return 0;
}

static void
end(void)
{
	ask_stats(cache);
	asker_close(model);
	answers_close(cache);
	hold_free();
	buf_done(&request);
	complement_free();
}

int
main(int argc, char **argv)
{
	static const struct tool augment = {
		.name = "prompt-augment",
		.operands = "[file ...]",
		.does = "append to prompts what their answers should be like",
		.opts = opts,
		.also = ask_opts,
		.start = start,
		.pull = pull,
		.end = end,
	};

	return tool_main(&augment, argc, argv);
}
