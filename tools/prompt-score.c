/* prompt-score - score the quality of prompts from signals in their text.
 * Page: man/prompt-score.1 */
#include <stdlib.h>
#include <string.h>

#include "gpu/asked.h"
#include "gpu/cpu/fun.h"
#include "libcore/pattern.h"
#include "libcore/textstat.h"
#include "libcore/tool.h"

static bool quality_only;
static struct asker *model;
static struct answers *cache;

static const struct opt opts[] = {
	{ 'Q', "quality-only", NULL, "write scores.quality without its parts",
	    .flag = &quality_only },
	{ 0 },
};

/* What a part is made from. */
struct prompt {
	struct str text;
	struct str constraints; /* labels.constraints, or {NULL, 0} */
	double stat[TEXTSTATS];
};

static double
clamp(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Words that ask for something, that set conditions, that come with no
 * prompt of a person's own. */
static const char request_words[] =
    "\\?|？|؟|\\b(?:what|who|when|where|why|how|which|can you|could you|please|"
    "write|explain|describe|list|give|make|create|generate|find|calculate|"
    "compute|solve|translate|summari[sz]e|rewrite|tell|show|compare|design|"
    "implement|suggest|identify|classify|answer|provide|help|name|discuss|"
    "analy[sz]e|draft|compose|edit|convert|complete|act as)\\b|请|写|什么|如何|"
    "怎么|怎样|为什么|多少|哪|吗|解释|介绍|列出|翻译|总结|计算|生成|帮|给出|"
    "分析|设计|推荐|回答|说明|比较";
static const char condition_words[] =
    "\\b(?:at least|at most|no more than|exactly|must|should|only|without|"
    "do not|don't|avoid|include|make sure|format|in the style|tone|words|"
    "sentences|paragraphs|json|markdown|table|bullet|step by step|for example|"
    "e\\.g\\.)\\b|必须|不要|不能|至少|不超过|以内|格式|要求|字数|语气|风格|"
    "表格|"
    "例如|步骤|[0-9]+字";
static const char boilerplate_words[] =
    "\\b(?:click here|all rights reserved|privacy policy|terms of (?:service|"
    "use)|subscribe (?:now|to)|cookies?|as an ai language model|lorem ipsum|"
    "sign up|log ?in to)\\b|版权所有|点击(?:这里|此处)|关注公众号|扫码|"
    "作为一个?(?:AI|人工智能)(?:语言)?模型|\\\\n";

static struct pattern *request, *condition, *boilerplate;

/* 0 for nothing, 1 from 12 to 1,500 words, then down to 0.3 at 6,750. */
static double
length(const struct prompt *p)
{
	double words = p->stat[TS_WORDS];

	if (words <= 1500)
		return clamp(words / 12);
	return words > 6750 ? 0.3 : 1 - (words - 1500) / 7500;
}

/* How much is said: d / (d + 10) for d different words. */
static double
information(const struct prompt *p)
{
	return p->stat[TS_DISTINCT] / (p->stat[TS_DISTINCT] + 10);
}

/* The share that is not said twice; half of it where one character stands
 * more than twenty times in a row. */
static double
variety(const struct prompt *p)
{
	double new = 1 - p->stat[TS_REPEATED];

	return p->stat[TS_RUN] > 20 ? new / 2 : new;
}

/* Whether one can tell what is wanted. */
static double
clarity(const struct prompt *p)
{
	const double *s = p->stat;
	double x = 0.4, mean = s[TS_WORDS] / s[TS_SENTENCES];

	if (pattern_count(request, p->text, 1, NULL))
		x += 0.4;
	if (mean >= 3 && mean <= 40)
		x += 0.1;
	if (s[TS_ITEMS] + s[TS_FENCES] > 0 || s[TS_LINES] > 1 ||
	    memchr(p->text.s, ':', p->text.n))
		x += 0.1;
	if (mean > 80)
		x -= 0.2;
	if (s[TS_UPPER] > 0.7 && s[TS_WORDS] > 5)
		x -= 0.3;
	return clamp(x);
}

/* What is demanded of the answer: by label, else by words that demand. */
static double
constraints(const struct prompt *p)
{
	unsigned n;

	if (str_eq(p->constraints, "none"))
		return 0.4;
	if (str_eq(p->constraints, "simple"))
		return 0.8;
	if (str_eq(p->constraints, "strong"))
		return 1;
	n = pattern_count(condition, p->text, 3, NULL);
	return 0.4 + 0.2 * n;
}

/* Free of broken encoding, links, boilerplate and what is not language. */
static double
clean(const struct prompt *p)
{
	const double *s = p->stat;
	double x = 1 - s[TS_BROKEN] / 20;

	x -= 0.1 * (s[TS_LINKS] < 3 ? s[TS_LINKS] : 3);
	x -= 0.2 * pattern_count(boilerplate, p->text, 3, NULL);
	if (s[TS_LETTERS] < 0.5)
		x -= 2 * (0.5 - s[TS_LETTERS]);
	return clamp(x);
}

/* quality = product of the parts without a weight times the weighted sum of
 * the others. Each is in [0, 1], and the weights add up to 1. */
static const struct part {
	const char *path;
	double weight;
	double (*of)(const struct prompt *);
} table[] = {
	{ "scores.length", 0.25, length },
	{ "scores.information", 0.30, information },
	{ "scores.clarity", 0.30, clarity },
	{ "scores.constraints", 0.15, constraints },
	{ "scores.variety", 0, variety },
	{ "scores.clean", 0, clean },
};

static void
put(struct rec *r, const char *path, double x)
{
	char s[32];

	x = (double)(long)(x * 1e4 + 0.5) / 1e4;
	rec_add(r, path, (struct str){ s, num_real(s, x) });
}

/* The signals, from any thread. */
static int
prepare(struct rec *r)
{
	struct prompt p = { .text = rec_prompt(r) };
	double sum = 0, product = 1;
	const struct json *v = rec_get(r, "labels.constraints");

	if (r->bad)
		return -1;
	if (json_is(v, JSON_STRING))
		p.constraints = rec_text(r, v);
	textstat(p.stat, p.text);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		double x = table[i].of(&p);

		if (table[i].weight > 0)
			sum += table[i].weight * x;
		else
			product *= x;
		if (!quality_only)
			put(r, table[i].path, x);
	}
	put(r, "scores.quality", product * sum);
	return r->bad ? -1 : 0;
}

/* The prompt's perplexity, the exponential of its mean loss. */
static void
perplexity(struct rec *r)
{
	struct buf b = { 0 };
	size_t tokens;
	double nll;

	if (!tool_overwrite && rec_get(r, "scores.ppl")) {
		rec_add(r, "scores.ppl", STR("0")); /* kept, and counted */
		return;
	}
	if (!asked_text(model, cache, r, rec_prompt(r), &nll, &tokens))
		return;
	if (!tokens) {
		rec_count(r, "too short for perplexity", 1);
		return;
	}
	buf_json_real(&b, fun_exp64(nll / (double)tokens));
	rec_add(r, "scores.ppl", (struct str){ b.s, b.n });
	buf_done(&b);
}

static int
each(struct rec *r)
{
	if (model)
		perplexity(r);
	if (r->bad)
		return -1;
	rec_emit(r, 0);
	return 0;
}

static struct pattern *
compiled(const char *text)
{
	struct err e;
	struct pattern *p = pattern_new(text, &e);

	if (!p)
		die("%s", e.why);
	return p;
}

static void
start(void)
{
	if (ask_models.n > 1)
		die("one model at a time: several -m are not there yet");
	if (ask_models.n) {
		ask_engine(ask_models.s[0],
		    "it does not tell the probabilities of a prompt");
		model = asker_open(ask_models.s[0], false);
	}
	if (ask_models.n && ask_cache_file)
		cache = answers_open(ask_cache_file);
	request = compiled(request_words);
	condition = compiled(condition_words);
	boilerplate = compiled(boilerplate_words);
}

static void
end(void)
{
	pattern_free(request);
	pattern_free(condition);
	pattern_free(boilerplate);
	asker_close(model);
	answers_close(cache);
}

int
main(int argc, char **argv)
{
	static const struct tool tool = {
		.name = "prompt-score",
		.operands = "[file ...]",
		.does =
		    "score the quality of prompts from signals in their text",
		.opts = opts,
		.also = ask_opts + ASK_TEXT,
		.start = start,
		.prepare = prepare,
		.each = each,
		.end = end,
	};

	return tool_main(&tool, argc, argv);
}
