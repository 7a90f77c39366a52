#ifndef CHOICES_H
#define CHOICES_H
#include "tools/judge/panel.h"
/*
 * The tokens that may answer a rubric without a word being generated: those
 * whose text, white space around it aside, is a number of the range, or A or B.
 */
struct choices {
	const struct rubric *rubric;
	const struct seat *seat;
	int32_t *id; /* [n] */
	int *value;  /* [n] the number; 1 for A, 0 for B */
	size_t n;
};

/* Fatal where the model has no token for one of them. */
struct choices *choices_new(const struct seat *, const struct rubric *);
void choices_free(struct choices *); /* NULL is legal */
/* The expected value under log-probabilities [n], and what all choices
 * together have. */
double choices_expect(const struct choices *, const float *logp, double *mass);
#endif
