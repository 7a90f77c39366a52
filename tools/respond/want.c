/* What a request wants: its body, read by a table of fields. */
#include <string.h>

#include "tools/respond/field.h"
#include "tools/respond/shape.h"

/* What is wrong with the record that the body is. */
static bool
fail_bad(struct call *c, const char *param)
{
	if (!c->r.bad)
		return true;
	if (c->r.bad_at == REC_NO_COLUMN)
		return call_fail(c, 400, param, "%s", c->r.bad);
	return call_fail(
	    c, 400, param, "column %zu: %s", c->r.bad_at + 1, c->r.bad);
}

/* Of completions: a number, of alternatives; those of the tokens themselves
 * come with any. */
static bool
logprobs(struct call *c, const struct field *f, const struct json *v)
{
	if (v->type == JSON_TRUE || v->type == JSON_FALSE)
		return field_flag(c, f, v);
	c->logprobs = true;
	return field_only(c, f, v);
}

static bool
stop(struct call *c, const struct field *f, const struct json *v)
{
	const struct json *p = v->type == JSON_ARRAY ? json_first(v) : v;
	size_t n = v->type == JSON_ARRAY ? v->n : 1;
	struct str *to;

	if (n > CALL_STOPS)
		return call_fail(
		    c, 400, f->name, "more than %d stop strings", CALL_STOPS);
	to = arena_take(&c->mem, (n + 1) * sizeof *to);
	for (size_t i = 0; i < n; i++, p = json_next(p)) {
		to[i] = rec_text(&c->r, p);
		if (!fail_bad(c, f->name))
			return false;
		if (!to[i].n)
			return call_fail(c, 400, f->name,
			    "an empty stop string would stop at once");
	}
	c->conf.stop = to;
	c->conf.stops = n;
	return true;
}

static bool
one_bias(struct call *c, const struct json *key, struct sample_bias *to)
{
	struct str name = json_str(&c->r.doc, key, &c->mem);
	int32_t size = tok_size(c->model->a->tok);
	int64_t id;
	double by;

	if (!name.s || !num_parse_int(name, &id) || id < 0 || id >= size)
		return call_fail(c, 400, "logit_bias",
		    "'logit_bias' has a key that is not a token from 0 to %d",
		    (int)size - 1);
	if (key[1].type != JSON_NUMBER || !json_real(&c->r.doc, key + 1, &by) ||
	    by < -100 || by > 100)
		return call_fail(c, 400, "logit_bias",
		    "'logit_bias' has a value that is not between -100 and "
		    "100");
	*to = (struct sample_bias){ (int32_t)id, (float)by };
	return true;
}

static bool
logit_bias(struct call *c, const struct field *f, const struct json *v)
{
	const struct json *key = json_first(v);
	struct sample_bias *to;

	if (v->type != JSON_OBJECT || v->n > CALL_BIASES)
		return call_fail(c, 400, f->name,
		    "'logit_bias' is not an object of up to %d tokens",
		    CALL_BIASES);
	to = arena_take(&c->mem, (v->n + 1) * sizeof *to);
	for (size_t i = 0; i < v->n; i++, key = json_member(key)) {
		if (!one_bias(c, key, to + i))
			return false;
		for (size_t k = 0; k < i; k++)
			if (to[k].id == to[i].id)
				return call_fail(c, 400, f->name,
				    "'logit_bias' has token %d twice",
				    (int)to[i].id);
	}
	c->conf.draw.bias = to;
	c->conf.draw.biases = v->n;
	return true;
}

static bool
stream_options(struct call *c, const struct field *f, const struct json *v)
{
	static const struct field usage = { "include_usage", 0, field_flag,
		offsetof(struct call, usage) };
	const struct json *key = json_first(v);

	if (v->type != JSON_OBJECT)
		return call_fail(
		    c, 400, f->name, "'stream_options' is not an object");
	for (size_t i = 0; i < v->n; i++, key = json_member(key)) {
		struct str name = json_str(&c->r.doc, key, &c->mem);

		if (!str_eq(name, usage.name))
			return call_fail(c, 400, f->name,
			    "'stream_options' has '%.*s', which is not known",
			    (int)(name.n < 60 ? name.n : 60), name.s);
		if (!field_flag(c, &usage, key + 1))
			return false;
	}
	return true;
}

/* The schema's text in {"name", "schema", ...}; what else there may be says
 * nothing about the answer. */
static bool
schema_of(struct call *c, const struct json *v, struct str *schema)
{
	static const char *const known[] = { "name", "description", "strict",
		"schema" };
	const struct json *key = json_first(v);

	if (!json_is(v, JSON_OBJECT))
		return call_fail(c, 400, "response_format",
		    "'response_format' has no 'json_schema'");
	for (size_t i = 0, k; i < v->n; i++, key = json_member(key)) {
		struct str name = json_str(&c->r.doc, key, &c->mem);

		for (k = 0; k < 4 && !(name.s && str_eq(name, known[k])); k++)
			;
		if (k == 4)
			return call_fail(c, 400, "response_format",
			    "'json_schema' has '%.*s', which is not known",
			    (int)(name.n < 60 ? name.n : 60),
			    name.s ? name.s : "");
	}
	v = json_get(&c->r.doc, v, "schema");
	if (v)
		*schema = json_raw(&c->r.doc, v);
	return v || call_fail(c, 400, "response_format",
			"'json_schema' has no 'schema'");
}

/* What the answer is held to. */
static bool
response_format(struct call *c, const struct field *f, const struct json *v)
{
	struct str type =
	    json_str(&c->r.doc, json_get(&c->r.doc, v, "type"), &c->mem);
	struct str schema = { 0 };
	struct err e;

	c->conf.held = NULL;
	if (type.s && str_eq(type, "text"))
		return true;
	if (!type.s ||
	    (!str_eq(type, "json_object") && !str_eq(type, "json_schema")))
		return call_fail(c, 400, f->name,
		    "'response_format' has no type that is known here: text, "
		    "json_object, json_schema");
	if (str_eq(type, "json_schema") &&
	    !schema_of(c, json_get(&c->r.doc, v, "json_schema"), &schema))
		return false;
	c->conf.held = c->shape = shape_take(c->model->a, schema, &e);
	return c->shape ||
	       call_fail(c, 400, f->name, "'%s': %s", f->name, e.why);
}

static bool
messages(struct call *c, const struct field *f, const struct json *v)
{
	if (rec_list(&c->r, v, &c->ms) < 0)
		return fail_bad(c, f->name);
	if (!c->ms.n)
		return call_fail(c, 400, f->name, "'messages' is empty");
	return true;
}

static bool
tools(struct call *c, const struct field *f, const struct json *v)
{
	if (v->type != JSON_ARRAY)
		return call_fail(c, 400, f->name, "'tools' is not a list");
	c->tools = v->n ? v : NULL;
	return true;
}

/* Whether to call a tool is up to the model. */
static bool
tool_choice(struct call *c, const struct field *f, const struct json *v)
{
	struct str s = json_raw(&c->r.doc, v);

	c->no_tools = str_eq(s, "\"none\"");
	if (c->no_tools || str_eq(s, "\"auto\""))
		return true;
	return call_fail(c, 400, f->name,
	    "'tool_choice' is not supported here, other than \"auto\" and "
	    "\"none\"");
}

static bool
is_ids(const struct json *v)
{
	return json_is(v, JSON_ARRAY) && v->n &&
	       json_is(json_first(v), JSON_NUMBER);
}

/* A text, a list of tokens, or a list of these. */
static bool
prompt(struct call *c, const struct field *f, const struct json *v)
{
	bool one = v->type == JSON_STRING || is_ids(v);
	const struct json *p = one ? v : json_first(v);

	if (!one && v->type != JSON_ARRAY)
		return call_fail(c, 400, f->name,
		    "'prompt' is not a text, a list of tokens or a list of "
		    "these");
	c->prompts = one ? 1 : v->n;
	if (!c->prompts || c->prompts > CALL_PROMPTS)
		return call_fail(c, 400, f->name,
		    "'prompt' has %zu prompts; from 1 to %d can be asked at "
		    "once",
		    c->prompts, CALL_PROMPTS);
	for (size_t i = 0; i < c->prompts; i++, p = json_next(p))
		if (p->type != JSON_STRING && !is_ids(p))
			return call_fail(c, 400, f->name,
			    "'prompt' has an item that is no text and no list "
			    "of tokens");
	c->prompt = one ? v : json_first(v);
	return true;
}

#define AT(member) .at = offsetof(struct call, member)
enum { BOTH = API_CHAT | API_TEXT };
static const struct field fields[] = {
	{ "model", BOTH, field_skip }, /* read before the others */
	{ "messages", API_CHAT, messages },
	{ "tools", API_CHAT, tools },
	{ "tool_choice", API_CHAT, tool_choice },
	{ "prompt", API_TEXT, prompt },
	{ "n", BOTH, field_size, AT(n), 1, CALL_SAMPLES },
	{ "max_tokens", BOTH, field_size, AT(conf.most), 1, 1 << 24 },
	{ "max_completion_tokens", API_CHAT, field_size, AT(conf.most), 1,
	    1 << 24 },
	{ "stop", BOTH, stop },
	{ "min_tokens", BOTH, field_size, AT(conf.least), 0, 1 << 24 },
	{ "ignore_eos", BOTH, field_flag, AT(conf.ignore_eos) },
	{ "temperature", BOTH, field_real, AT(conf.draw.temperature), 0, 100 },
	{ "top_p", BOTH, field_real, AT(conf.draw.top_p), 0, 1 },
	{ "top_k", BOTH, field_top_k, 0, -1, 1 << 30 },
	{ "min_p", BOTH, field_real, AT(conf.draw.min_p), 0, 1 },
	{ "repetition_penalty", BOTH, field_real, AT(conf.draw.repetition),
	    0.01, 100 },
	{ "presence_penalty", BOTH, field_real, AT(conf.draw.presence), -100,
	    100 },
	{ "frequency_penalty", BOTH, field_real, AT(conf.draw.frequency), -100,
	    100 },
	{ "logit_bias", BOTH, logit_bias },
	{ "seed", BOTH, field_seed },
	{ "stream", BOTH, field_flag, AT(stream) },
	{ "stream_options", BOTH, stream_options },
	{ "logprobs", API_CHAT, field_flag, AT(logprobs) },
	{ "logprobs", API_TEXT, logprobs, AT(logprobs), .as = "0" },
	{ "response_format", BOTH, response_format },
	{ "top_logprobs", API_CHAT, field_only, .as = "0" },
	{ "best_of", API_TEXT, field_only, .as = "1" },
	{ "echo", API_TEXT, field_only, .as = "false" },
	{ "suffix", API_TEXT, field_only, .as = "\"\"" },
	{ "parallel_tool_calls", API_CHAT, field_only, .as = "true" },
	{ "modalities", API_CHAT, field_only, .as = "[\"text\"]" },
	/* These do not change what is answered. */
	{ "user", BOTH, field_skip },
	{ "metadata", BOTH, field_skip },
	{ "store", BOTH, field_skip },
	{ "service_tier", BOTH, field_skip },
	{ "safety_identifier", BOTH, field_skip },
	{ "prompt_cache_key", BOTH, field_skip },
};

_Static_assert(sizeof fields / sizeof *fields <= 64, "bits of what is seen");

static const struct field *
field_of(const struct call *c, struct str name)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].apis & c->api && str_eq(name, fields[i].name))
			return fields + i;
	return NULL;
}

static bool
read_fields(struct call *c)
{
	const struct json *key = json_first(c->r.doc.tape);
	uint64_t seen = 0;

	for (uint32_t i = 0; i < c->r.doc.tape->n;
	     i++, key = json_member(key)) {
		struct str name = json_str(&c->r.doc, key, &c->mem);
		const struct field *f = name.s ? field_of(c, name) : NULL;
		uint64_t bit = f ? 1ull << (f - fields) : 0;

		if (!f)
			return call_fail(c, 400, NULL,
			    "field '%.*s' is not known here",
			    (int)(name.n < 60 ? name.n : 60),
			    name.s ? name.s : "");
		if (seen & bit)
			return call_fail(c, 400, f->name,
			    "field '%s' is there twice", f->name);
		seen |= bit;
		if (key[1].type != JSON_NULL && !f->take(c, f, key + 1))
			return false;
	}
	return true;
}

static bool
read_model(struct call *c, const struct serve_conf *conf)
{
	const struct json *v = json_get(&c->r.doc, c->r.doc.tape, "model");
	struct str name = json_str(&c->r.doc, v, &c->mem);

	c->model = conf->models;
	for (size_t i = 0; v && v->type != JSON_NULL; i++) {
		if (v->type != JSON_STRING)
			return call_fail(
			    c, 400, "model", "'model' is not a string");
		if (i == conf->n) {
			c->fault.code = "model_not_found";
			return call_fail(c, 404, "model",
			    "the model '%.*s' is not served here",
			    (int)(name.n < 200 ? name.n : 200),
			    name.s ? name.s : "");
		}
		c->model = conf->models + i;
		if (name.s && str_eq(name, c->model->a->name))
			break;
	}
	return true;
}

static bool
parse(struct call *c, struct str body)
{
	struct err e;
	size_t at;

	c->r = (struct rec){ .line = body.n ? body.s : "",
		.len = body.n,
		.file = "request",
		.no = 1,
		.mem = &c->mem };
	if (!json_parse(&c->r.doc, c->r.line, c->r.len, REC_DEPTH, &at, &e))
		return call_fail(c, 400, NULL,
		    "the body is not JSON: byte %zu: %s", at + 1, e.why);
	if (c->r.doc.tape->type != JSON_OBJECT)
		return call_fail(c, 400, NULL, "the body is not an object");
	return true;
}

/* What only the whole tells. */
static bool
check(struct call *c)
{
	if (c->api == API_CHAT && !c->ms.n)
		return call_fail(
		    c, 400, "messages", "field 'messages' is missing");
	if (c->api == API_TEXT && !c->prompt)
		return call_fail(c, 400, "prompt", "field 'prompt' is missing");
	if (c->usage && !c->stream)
		return call_fail(c, 400, "stream_options",
		    "'stream_options' is for \"stream\": true");
	if (c->conf.least > c->conf.most)
		return call_fail(c, 400, "min_tokens",
		    "'min_tokens' is more than 'max_tokens', %zu",
		    c->conf.most);
	if (c->conf.held && (c->conf.least || c->conf.ignore_eos))
		return call_fail(c, 400, "response_format",
		    "what is held to JSON ends where the JSON does: neither "
		    "'min_tokens' nor 'ignore_eos' goes with it");
	c->ms.tools = c->no_tools ? NULL : c->tools;
	return true;
}

bool
call_read(struct call *c, const struct serve_conf *conf)
{
	struct str body = { c->http->body.s, c->http->body.n };

	if (!parse(c, body) || !read_model(c, conf))
		return false;
	c->conf = c->model->conf;
	if (!conf->seeded)
		c->conf.draw.seed = c->seed;
	c->n = 1;
	c->prompts = 1;
	return read_fields(c) && check(c);
}
