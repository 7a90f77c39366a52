#ifndef TAXONOMY_H
#define TAXONOMY_H
#include "libcore/str.h"
/*
 * A taxonomy: dimensions, their labels, and the rules that choose them. The
 * file's format is told in prompt-classify(1).
 *
 * How a label and its confidence p come about, by kind of dimension:
 *
 *   choice    each label's score is the sum of its rules' weights, never
 *             below 0; the greatest wins, the first in the file of equals.
 *             p = best / (sum of all + 2).
 *   under     a choice among the labels under the parent's label; when no
 *             rule speaks for one, "PARENT/other" with p = 1/3.
 *   scale     one score for the dimension; the last label whose threshold it
 *             reaches. p = d / (d + 1), d being how much the score would
 *             have to change for another label.
 *   natural   the language by langid.h and its p, unless `when` holds and a
 *             label of the dimension scores: then a choice among them.
 */
struct taxonomy;

struct taxonomy *taxonomy_load(const char *path, struct err *); /* NULL: why */
void taxonomy_free(struct taxonomy *);
size_t taxonomy_dims(const struct taxonomy *);
const char *taxonomy_dim(const struct taxonomy *, size_t dim);

struct labelled {
	struct str label; /* lives as long as the taxonomy; s is never NULL */
	double p;         /* [0, 1], to four decimals */
};

/* Label a text (valid UTF-8) in every dimension: got[taxonomy_dims]. Returns
 * how many patterns were given up. Any thread. */
unsigned taxonomy_label(
    const struct taxonomy *, struct str text, struct labelled *got);
#endif
