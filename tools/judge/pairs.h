#ifndef PAIRS_H
#define PAIRS_H
#include "tools/judge/question.h"
#include "tools/judge/tally.h"
/*
 * Comparisons of responses: pairs.c asks for them, compared.c puts together
 * what judges have said.
 */
enum { GOLD = -1 };

/* One judge's comparison of two responses, shown as A, B and as B, A. */
struct twice {
	struct question order[2];
};

struct pair {
	int a, b;         /* responses; b may be GOLD */
	struct twice *by; /* [panel_n] */
};

/* One rubric for one record; a user of judge_at_give. */
struct round {
	const struct rubric *rubric;
	struct compared *all;
	struct pair *pair; /* [n] */
	size_t n;
	struct verdicts *to; /* [w->n] members of the responses */
};

/* What comparisons by a rubric came to, over the run. */
struct compared {
	struct tally *tally; /* of several judges, or NULL */
	/* answers in both orders, by a judge; of these, two that do not agree,
	 * and those that named what was shown first, or second, both times */
	size_t both, disagree, first, second;
	size_t failed; /* no answer in one order or both */
};

/* Fill the record's members and its table (comparisons.NAME), and count. */
void compared_give(struct work *, void *round);
/* How often the order in which two are shown decides; how judges agree. */
void compared_report(const char *name, const struct compared *);
#endif
