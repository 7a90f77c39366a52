#ifndef COPROC_H
#define COPROC_H
#include "libcore/str.h"
/*
 * A program that answers lines: each question is a line to one of several
 * copies of it, each answer a line back. A copy has one question at a time and
 * stays for the next.
 *
 * A copy that ends, is silent for too long, writes too long a line or one that
 * is of no use is killed and started anew; its question has failed. Where a copy ends that has
 * answered before, the question goes to another one, once. A program that ends
 * COPROC_VAIN times before it has answered anything is of no use: coprocs_step
 * says so.
 *
 * All of it is one thread's.
 */
enum { COPROC_LINE = 1 << 20, COPROC_VAIN = 3 };

struct coprocs;

struct coprocs_conf {
	const char *command; /* for /bin/sh */
	size_t copies;
	double timeout; /* seconds for an answer */
	/* An answer, without its newline; or, line.s == NULL, why there is
	 * none. Both are the callee's for the call alone. False: the answer
	 * is of no use. */
	bool (*got)(void *item, struct str line, const char *fault);
};

/* No copy is started before it is needed. */
struct coprocs *coprocs_open(const struct coprocs_conf *);
/* End their input, wait some seconds unless the tool is stopping, kill what
 * still runs; questions that wait are forgotten. NULL is legal. */
void coprocs_close(struct coprocs *);
/* Queue a question; the line, without a newline in it, is copied. */
void coprocs_ask(struct coprocs *, struct str line, void *item);
/* Go on; where nothing else happens wait up to ms for it. False with the
 * reason where the program is of no use. */
bool coprocs_step(struct coprocs *, int ms, bool *worked, struct err *e);
size_t coprocs_waiting(const struct coprocs *); /* questions without answer */
#endif
