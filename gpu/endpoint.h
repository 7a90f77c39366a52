#ifndef ENDPOINT_H
#define ENDPOINT_H
#include "gpu/wire.h"
/*
 * A model behind an OpenAI-compatible server, asked through chat completions:
 * when requests are sent, sent again and given up, and what they cost.
 *
 * Sent again, up to `retries` times: what did not reach the server, broke off
 * or timed out, HTTP 408, 409, 429 and 5xx, and answers that cannot be read.
 * Between two tries pass 0.5 seconds, then twice as long each time, up to
 * 30, less a quarter at most by chance; or what the server asks for
 * (Retry-After, retry-after-ms), if that is no more than 120 seconds. After
 * 429 and 503 no other request is begun meanwhile either.
 *
 * The whole run ends (tool_fail), since what is wrong is not with one prompt:
 * when the budget has no room for the next request; when the server cannot be
 * reached, or says 401, 403 or 404, before it has answered anything; when too
 * many requests in a row are given up.
 *
 * The budget is one for all endpoints. Before a request is sent, room is set
 * aside for the most it can cost: its prompt's bytes, as if each were a token,
 * and the most tokens of an answer. What the server counts replaces that; an
 * HTTP error costs nothing. Where a request broke off, or the tokens are not
 * told, all that was set aside counts as used.
 *
 * Keys are never part of a message: they are taken out of what servers say.
 *
 * All of it is the main thread's.
 */
struct endpoint;

struct endpoint_conf {
	const char *name;    /* for messages */
	const char *address; /* http[s]://HOST[:PORT]/PATH#MODEL */
	/* The variable of the environment that holds the key. NULL:
	 * OPENAI_API_KEY, where it is set, and not in the clear to another
	 * machine (http:// to anything but the loopback). */
	const char *key;
	const char *limit; /* wire.h */
	size_t at_once;
	double rate; /* requests a minute; 0: any */
	double timeout;
	long retries;
	uint64_t seed; /* of the chance in waiting */
};

/* NULL with the reason. */
struct endpoint *endpoint_open(const struct endpoint_conf *, struct err *);
void endpoint_close(struct endpoint *); /* NULL is legal */

/* Tokens that all endpoints together may use; 0: any number. */
void endpoint_budget(size_t tokens);

/* Where it is asked and what for: a key of answers depends on both. */
struct str endpoint_url(const struct endpoint *);
struct str endpoint_model(const struct endpoint *);
const char *endpoint_limit(const struct endpoint *);
/* "KEY" for the variable a key came from; NULL: no key is sent. */
const char *endpoint_key(const struct endpoint *);

/* A question, the caller's. It stays where it is until done is called, or
 * nothing is stepped any more: what is on its way then does not touch it. */
struct endpoint_ask {
	size_t prompt, most; /* bytes of the prompt; tokens of the answer */
	/* Append the request; called before each try. */
	void (*request)(struct endpoint_ask *, struct buf *);
	/* The answer, borrowed for the call; or NULL, and why there is none. */
	void (*done)(
	    struct endpoint_ask *, const struct wire_answer *, const char *why);
	void *user;

	/* the endpoint's own */
	struct endpoint_ask *next;
	long tries;
	double wait;
};
void endpoint_ask(struct endpoint *, struct endpoint_ask *);

/* Take what has come and send what may be sent; false when nothing is left to
 * do. If nothing has come, wait for it, at most so long. */
bool endpoint_step(struct endpoint *, int ms);
/* Questions that are not sent yet. */
size_t endpoint_waiting(const struct endpoint *);

struct endpoint_count {
	size_t prompt, drawn;         /* tokens, as the server counts them */
	size_t requests, again, lost; /* sent; of these not for the first time;
	                                 questions given up */
};
struct endpoint_count endpoint_count(const struct endpoint *);
/* Tokens of the budget that are used. */
size_t endpoint_used(void);
#endif
