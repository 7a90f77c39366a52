#ifndef QUESTION_H
#define QUESTION_H
#include "gpu/reply.h"
#include "libcore/places.h"
#include "tools/judge/panel.h"
/*
 * One question to one judge. Set w, rubric, seat and text; all in the record's
 * memory. When the record is given, it has been answered or has failed with
 * the fault said. A template that fails, or a model that gives no numbers,
 * makes the record bad.
 */
struct question {
	struct work *w;
	const struct rubric *rubric;
	size_t seat;
	struct str text; /* what is asked */

	bool there; /* answered */
	/* The score; of a pair 1 where A is better, 0.5 or 0; by tokens the
	 * expected score, or how probable A is of A and B. */
	double value;
	int step;                    /* json: the score; of a pair 2, 1, 0 */
	double mass;                 /* token: probability of all choices */
	struct str reason;           /* json: "reason", else {NULL, 0} */
	int same_steps, same_result; /* json, pair: 1, 0, or -1 not said */
	const char *fault;           /* of the last answer, or NULL */
	unsigned asks;               /* json: answers that were wanted */

	/* question.c's own */
	struct replies of;
	struct question *next;
	struct str talk; /* the conversation so far, JSON */
	const struct choices *choices;
	struct hash128 key;
};

void question_ask(struct question *);

/* The text of a rubric with {prompt} and {gold} of the record, and the places
 * given, filled. In r->mem. */
struct str question_text(
    const struct work *, const struct rubric *, const struct place *, size_t n);

/* For panel.c: options; after the panel and rubrics are there; read the
 * answers that have come, true if there were any; the end. */
extern long question_asks, question_tokens; /* --asks, --max-tokens */
extern double question_temperature;         /* --temperature */
extern bool question_free;                  /* --free */
void question_start(void);
bool question_step(void);
void question_end(void);
#endif
