#ifndef CALL_H
#define CALL_H
#include "gpu/drip.h"
#include "libcore/httpd.h"
#include "tools/respond/serve.h"
/*
 * A call of the API: what a request wants (want.c), and how it is told
 * (tell.c). serve.c owns it and moves it on.
 */
enum api { API_CHAT = 1, API_TEXT = 2 };

enum {
	CALL_SAMPLES = 128, /* of one prompt */
	CALL_PROMPTS = 256,
	CALL_STOPS = 32,
	CALL_BIASES = 1024
};

/* Why it cannot be answered, as OpenAI's errors tell it. */
struct fault {
	int status;        /* 0: none */
	const char *param; /* the field, or NULL */
	const char *code;  /* or NULL */
	struct err message;
};

/* What has been told of a sample's stream. */
struct piece {
	struct drip drip;
	size_t tokens;  /* of which log-probabilities were told */
	size_t letters; /* characters of their texts */
};

struct call {
	enum api api;
	struct http_req *http;
	struct fault fault;

	/* The body, as a record: what reads records reads it too. */
	struct rec r;
	struct arena mem;

	/* what is wanted */
	const struct model_of *model;
	struct reply_conf conf;
	size_t n; /* samples of each prompt */
	bool stream, usage, logprobs, no_tools;
	const struct held *shape; /* of its own, for conf; or NULL */
	struct msgs ms;
	const struct json *prompt, *tools;

	/* what is asked */
	struct replies *of; /* [prompts] */
	size_t prompts;
	size_t left;         /* prompts that are not through */
	struct piece *piece; /* [prompts * n] of a stream */
	bool settled;        /* answered, or its stream is ended */

	uint64_t seed; /* of a request that names none, where the server does
			  not either */
	char id[32];
	long created; /* seconds since 1970 */
	double began; /* seconds of the monotonic clock */
	struct call *next, **at;
};

/* Note why the call fails; returns false. The first fault stays. */
bool call_fail(struct call *, int status, const char *param, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

/* Read the body: every field is checked, one that is not known refused. False
 * and a fault. */
bool call_read(struct call *, const struct serve_conf *);

struct call *call_new(struct http_req *, enum api);
void call_free(struct call *); /* cancels what is still asked */
/* Ask what was read; a stream begins. False and a fault: nothing is asked. */
bool call_ask(struct call *, const struct serve_conf *);
/* Where all has come, or one of its prompts has failed: answer, or end the
 * stream. Not from within an asker's step. */
void call_settle(struct call *);
/* Tokens of its prompts, and drawn for it so far. */
void call_count(const struct call *, size_t *asked, size_t *drawn);
/* Answer with the fault it has. */
void call_refuse(struct call *);

/* The objects of the API, appended as JSON. */
void tell_fault(struct buf *, const struct fault *);
/* All models, or the one of this name: false if there is none. */
bool tell_models(struct buf *, const struct serve_conf *, const char *id);
void tell_answer(struct buf *, const struct call *);
/* Of a stream, as server-sent events: its beginning, what has come of sample
 * k of a prompt (so_far as in reply.h), its end. */
void tell_begin(struct buf *, struct call *);
void tell_came(struct buf *, struct call *, size_t prompt, uint32_t k,
    const struct gen_answer *so_far);
void tell_end(struct buf *, struct call *);
#endif
