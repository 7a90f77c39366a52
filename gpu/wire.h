#ifndef WIRE_H
#define WIRE_H
#include "gpu/reply.h"
#include "libcore/arena.h"
/*
 * Chat completions as OpenAI's interface has them on the wire, and as vLLM,
 * SGLang, llama.cpp and the others have them: what is sent, and what comes
 * back. A server is not trusted: all that it says is checked.
 */

/* Append messages (JSON: an array of objects) with what the interface knows:
 * role, content, name, tool_calls and tool_call_id; some servers refuse an
 * object with more. */
bool wire_messages(struct buf *, struct str messages, struct err *);

struct wire_ask {
	struct str model;
	struct str messages, tools; /* JSON; tools.s == NULL: none */
	const struct reply_conf *conf;
	uint32_t sample;   /* which of the samples: decides the seed */
	const char *limit; /* member for the most tokens; NULL: max_tokens */
};
/*
 * Append the request. temperature, top_p, the most tokens and the seed are
 * always in it, the rest where it differs from what changes nothing or was
 * given (conf->given): penalties, stop strings and JSON that the answer is held
 * to, and top_k, min_p, the repetition penalty, min_tokens and ignore_eos,
 * which OpenAI's own interface lacks.
 */
void wire_request(struct buf *, const struct wire_ask *);

struct wire_answer {
	struct str content;   /* of a refusal: what it says */
	struct str reasoning; /* s == NULL: none */
	struct str
	    tool_calls; /* JSON, an array, on one line; s == NULL: none */
	struct str finish;
	bool counted; /* the server said how many tokens: */
	size_t prompt, drawn;
	const float *logps; /* [n] of the tokens; NULL: none were sent */
	size_t n;
};
/* All in mem. False with the reason, appended: no JSON, cut short, no choice, a
 * type that is wrong; or the error that the server tells instead, as it stands
 * there. */
bool wire_answer(
    struct wire_answer *, struct str body, struct arena *mem, struct buf *why);

/* Append what a body says of an error, as it stands there; nothing where it
 * says nothing that is fit for a message (a page of HTML). */
void wire_error(struct buf *, struct str body);
/* Make what a server said of an error one line of at most some 300 bytes, fit
 * for a terminal, in which the key (NULL: none) does not stand. */
void wire_tidy(struct buf *, const char *key);
#endif
