/* The objects that the API answers with. */
#include <math.h>
#include <stdio.h>

#include "tools/respond/call.h"

void
tell_fault(struct buf *b, const struct fault *f)
{
	static const struct {
		int status;
		const char *type;
	} types[] = {
		{ 401, "authentication_error" },
		{ 403, "permission_error" },
		{ 404, "not_found_error" },
		{ 500, "server_error" },
		{ 503, "server_error" },
	};
	const char *type = "invalid_request_error";

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].status == f->status)
			type = types[i].type;
	buf_puts(b, "{\"error\":{\"message\":");
	buf_json_str(b, str_of(f->message.why));
	buf_printf(b, ",\"type\":\"%s\",\"param\":", type);
	if (f->param)
		buf_json_str(b, str_of(f->param));
	else
		buf_puts(b, "null");
	if (f->code)
		buf_printf(b, ",\"code\":\"%s\"}}", f->code);
	else
		buf_puts(b, ",\"code\":null}}");
}

static void
tell_model(struct buf *b, const char *name)
{
	buf_puts(b, "{\"id\":");
	buf_json_str(b, str_of(name));
	buf_puts(b, ",\"object\":\"model\",\"created\":0,"
		    "\"owned_by\":\"plumbline\"}");
}

bool
tell_models(struct buf *b, const struct serve_conf *conf, const char *id)
{
	if (!id)
		buf_puts(b, "{\"object\":\"list\",\"data\":[");
	for (size_t i = 0; i < conf->n; i++) {
		const char *name = conf->models[i].a->name;

		if (id && !str_eq(str_of(id), name))
			continue;
		if (b->n && b->s[b->n - 1] == '}')
			buf_char(b, ',');
		tell_model(b, name);
		if (id)
			return true;
	}
	if (!id)
		buf_puts(b, "]}");
	return !id;
}

/* What all answers to a call begin with, through "choices":[. */
static void
begin(struct buf *b, const struct call *c)
{
	static const char *const objects[][2] = {
		[API_CHAT] = { "chat.completion", "chat.completion.chunk" },
		[API_TEXT] = { "text_completion", "text_completion" },
	};

	buf_printf(b, "{\"id\":\"%s\",\"object\":\"%s\",\"created\":%ld,",
	    c->id, objects[c->api][c->stream], c->created);
	buf_puts(b, "\"model\":");
	buf_json_str(b, str_of(c->model->a->name));
	buf_puts(b, ",\"seed\":");
	buf_json_int(b, (int64_t)c->conf.draw.seed);
	buf_puts(b, ",\"choices\":[");
}

static void
usage(struct buf *b, const struct call *c)
{
	size_t asked = 0, drawn = 0;

	call_count(c, &asked, &drawn);
	buf_printf(b,
	    "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,"
	    "\"total_tokens\":%zu}",
	    asked, drawn, asked + drawn);
}

/* JSON has no infinity; OpenAI's own servers say -9999. */
static void
logprob(struct buf *b, float x)
{
	buf_json_float(b, isfinite(x) ? x : -9999.0f);
}

static void
token_text(struct buf *b, struct str piece)
{
	struct buf clean = { 0 };

	drip_utf8(&clean, piece);
	buf_json_str(b, (struct str){ clean.n ? clean.s : "", clean.n });
	buf_done(&clean);
}

/* Tokens from, ... n - 1 with their log-probabilities. */
struct tokens {
	const int32_t *ids;
	const float *logps;
	size_t from, n;
};

static void
chat_logprobs(struct buf *b, const struct tok *tok, const struct tokens *t)
{
	buf_puts(b, "{\"content\":[");
	for (size_t i = t->from; i < t->n; i++) {
		struct str piece = tok_piece(tok, t->ids[i]);

		buf_puts(b, i > t->from ? ",{\"token\":" : "{\"token\":");
		token_text(b, piece);
		buf_puts(b, ",\"logprob\":");
		logprob(b, t->logps[i]);
		buf_puts(b, ",\"bytes\":[");
		for (size_t k = 0; k < piece.n; k++)
			buf_printf(
			    b, k ? ",%d" : "%d", (unsigned char)piece.s[k]);
		buf_puts(b, "],\"top_logprobs\":[]}");
	}
	buf_puts(b, "],\"refusal\":null}");
}

/* Characters of a piece: those that begin in it. */
static size_t
letters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
	return n;
}

/* *at: characters of the tokens before; += those of these. */
static void
text_logprobs(
    struct buf *b, const struct tok *tok, const struct tokens *t, size_t *at)
{
	buf_puts(b, "{\"tokens\":[");
	for (size_t i = t->from; i < t->n; i++) {
		buf_puts(b, i > t->from ? "," : "");
		token_text(b, tok_piece(tok, t->ids[i]));
	}
	buf_puts(b, "],\"token_logprobs\":[");
	for (size_t i = t->from; i < t->n; i++) {
		buf_puts(b, i > t->from ? "," : "");
		logprob(b, t->logps[i]);
	}
	buf_puts(b, "],\"top_logprobs\":null,\"text_offset\":[");
	for (size_t i = t->from; i < t->n; i++) {
		buf_printf(b, i > t->from ? ",%zu" : "%zu", *at);
		*at += letters(tok_piece(tok, t->ids[i]));
	}
	buf_puts(b, "]}");
}

/* "logprobs" of a choice; tokens NULL: none. */
static void
logprobs(struct buf *b, const struct call *c, const struct tokens *t,
    size_t *letters_before)
{
	const struct tok *tok = c->model->a->tok;

	buf_puts(b, ",\"logprobs\":");
	if (!c->logprobs || !t)
		buf_puts(b, "null");
	else if (c->api == API_CHAT)
		chat_logprobs(b, tok, t);
	else
		text_logprobs(b, tok, t, letters_before);
}

static void
tell_choice(struct buf *b, const struct call *c, size_t i, uint32_t k)
{
	const struct reply *p = c->of[i].got + k;
	struct tokens t = { p->ids, p->logps, 0, p->n };
	size_t before = 0;

	buf_printf(b, "{\"index\":%zu,", i * c->n + k);
	if (c->api == API_CHAT)
		buf_puts(b, "\"message\":{\"role\":\"assistant\",\"content\":");
	else
		buf_puts(b, "\"text\":");
	buf_json_str(b, p->content);
	if (c->api == API_CHAT)
		buf_puts(b, ",\"refusal\":null}");
	logprobs(b, c, &t, &before);
	buf_puts(b, ",\"finish_reason\":");
	buf_json_str(b, p->finish);
	buf_char(b, '}');
}

void
tell_answer(struct buf *b, const struct call *c)
{
	begin(b, c);
	for (size_t i = 0; i < c->prompts; i++)
		for (uint32_t k = 0; k < c->n; k++) {
			if (i || k)
				buf_char(b, ',');
			tell_choice(b, c, i, k);
		}
	buf_puts(b, "],");
	usage(b, c);
	buf_char(b, '}');
}

/* An event: a choice with what is new of it. finish: it is over. */
static void
event(struct buf *b, const struct call *c, size_t index, const char *role,
    struct str text, const struct tokens *t, struct str finish)
{
	struct piece *p = c->piece + index;

	buf_puts(b, "data: ");
	begin(b, c);
	buf_printf(b, "{\"index\":%zu,", index);
	if (c->api == API_CHAT) {
		buf_puts(b, "\"delta\":{");
		if (role)
			buf_printf(b, "\"role\":\"%s\",", role);
		if (!finish.s) {
			buf_puts(b, "\"content\":");
			buf_json_str(b, text);
		}
		buf_char(b, '}');
	} else {
		buf_puts(b, "\"text\":");
		buf_json_str(b, text);
	}
	logprobs(b, c, t, &p->letters);
	buf_puts(b, ",\"finish_reason\":");
	if (finish.s)
		buf_json_str(b, finish);
	else
		buf_puts(b, "null");
	buf_puts(b, c->usage ? "}],\"usage\":null}\n\n" : "}]}\n\n");
	if (t)
		p->tokens = t->n;
}

void
tell_begin(struct buf *b, struct call *c)
{
	for (size_t i = 0; c->api == API_CHAT && i < c->prompts * c->n; i++)
		event(b, c, i, "assistant", STR(""), NULL, (struct str){ 0 });
}

void
tell_came(struct buf *b, struct call *c, size_t prompt, uint32_t k,
    const struct gen_answer *so_far)
{
	const struct reply *r = c->of[prompt].got + k;
	size_t index = prompt * c->n + k;
	struct piece *p = c->piece + index;
	struct tokens t = { .from = p->tokens };
	struct str text;

	if (so_far) {
		text = drip_more(&p->drip, c->model->a->tok, so_far->ids,
		    so_far->n, c->conf.stop, c->conf.stops);
		t.ids = so_far->ids;
		t.logps = so_far->logps;
		t.n = so_far->n;
	} else {
		text = drip_rest(&p->drip, r->content);
		t.ids = r->ids;
		t.logps = r->logps;
		t.n = r->n;
	}
	/* tokens without a text are told with the next that has one */
	if (text.n || (!so_far && c->logprobs && t.n > t.from))
		event(b, c, index, NULL, text, &t, (struct str){ 0 });
	if (!so_far)
		event(b, c, index, NULL, STR(""), NULL, r->finish);
}

void
tell_end(struct buf *b, struct call *c)
{
	if (c->usage) {
		buf_puts(b, "data: ");
		begin(b, c);
		buf_puts(b, "],");
		usage(b, c);
		buf_puts(b, "}\n\n");
	}
	buf_puts(b, "data: [DONE]\n\n");
}
