#ifndef REPLY_H
#define REPLY_H
#include "gpu/held.h"
/*
 * Sampled responses to a record's prompt, drawn or taken from the cache of
 * answers; whichever, the same bytes come out.
 */
struct reply_conf {
	struct sample_conf draw;
	size_t least, most; /* tokens */
	const struct str *stop;
	size_t stops;
	bool ignore_eos;
	const struct held *held; /* to JSON; NULL: to nothing */
	/* Of servers: what is sent though it changes nothing (wire.h), since
	 * their own defaults may differ; and whether log-probabilities are
	 * asked for. */
	unsigned given;
	bool logps;
	size_t tops; /* the likeliest tokens at each place; engine only */
};
enum { REPLY_TOP_K = 1, REPLY_MIN_P = 2, REPLY_REPETITION = 4 };

struct reply {
	struct str content; /* UTF-8 */
	struct str finish;  /* gen_finishes */
	const int32_t *ids; /* the stop token too; NULL: from a server */
	const float
	    *logps; /* NULL: a server that was not asked, or did not say */
	size_t n;   /* of both */
	const struct gen_top *top; /* [n, tops]; NULL: none were wanted */
	size_t tokens; /* n, or as the server counts; 0: it did not */
	/* What a server tells apart from the content: thoughts, and calls of
	 * tools as JSON. s == NULL: none. */
	struct str reasoning, tool_calls;
	/* Why there is none, though it was asked for again and again;
	 * s == NULL: there is one. content is then empty, finish "error".
	 * Servers only. */
	struct str error;
	bool there;
};

/* The responses of one model to one record; all but the caller's members in
 * r->mem. */
struct replies {
	struct rec *r;
	struct asker *a;
	struct answers *cache; /* or NULL */
	const struct reply_conf *conf;
	const bool *skip;      /* [samples]: not wanted; NULL: all are */
	const int32_t *prompt; /* the engine's */
	size_t prompt_n;
	struct str messages, tools; /* a server's; JSON */
	struct reply *got;          /* [samples] */
	struct hash128 *key;
	size_t samples, left;           /* left: not there yet */
	void (*done)(struct replies *); /* when the last one has come, from
					   asker_step; r may be bad by then */
	/* Or NULL: called from asker_step after each token with which a sample
	 * goes on (so_far: gen_ask's token), and with NULL when got[sample] is
	 * there; not for what the cache had. */
	void (*came)(
	    struct replies *, uint32_t sample, const struct gen_answer *so_far);
	void *user;
	/* Or NULL: a prompt that can never be answered (too long) is said here
	 * and leaves the record good. */
	struct err *why;
};

/* Set r, a, cache, conf, skip, samples, done, came and user; the rest is filled. Asks for
 * what the cache does not have; when nothing is left (left == 0) done is not
 * called. False and a bad record if the prompt cannot be asked. */
bool replies_ask(struct replies *, const struct msgs *);
/* The same for messages as JSON text; tools as in chat.h. */
bool replies_ask_text(struct replies *, struct str messages, struct str tools);
/* The same for a prompt as ids; NULL: it could not be made, the record is
 * bad. */
bool replies_ask_ids(struct replies *, const struct ids *);
/* What is not there yet is wanted no more; not from within done or came. */
void replies_cancel(struct replies *);

/* A JSON array of ids or of log-probabilities, appended. */
void reply_ids(struct buf *, const int32_t *, size_t n);
void reply_logps(struct buf *, const float *, size_t n);
/* A list for each of n places, of pairs [id, log-probability]. */
void reply_tops(struct buf *, const struct gen_top *, size_t n, size_t tops);
#endif
