#ifndef SERVE_H
#define SERVE_H
#include "gpu/reply.h"
/*
 * respond --serve: the models of -m for other programs, by OpenAI's API.
 */

/* A model, with the parameters resolved for it: what a request leaves out. */
struct model_of {
	struct asker *a;
	struct reply_conf conf;
};

struct serve_conf {
	const char *where; /* HOST:PORT */
	long requests;     /* in work at once */
	long body;         /* MiB of a request */
	long idle;         /* seconds: httpd.h */
	long drain;        /* seconds that what runs has after a signal */
	const struct model_of *models;
	size_t n; /* models, at least one */
	struct answers *cache;
	bool seeded; /* a request without a seed has the model's, not one of
			its own */
};

/* Serve until a signal asks to stop; returns tool.h's .run status. */
int serve(const struct serve_conf *);
#endif
