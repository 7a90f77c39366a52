#ifndef RUBRIC_H
#define RUBRIC_H
#include "libcore/str.h"
/*
 * Rubrics: what a judge is asked, and how its answer is read. A file:
 *
 *     ---
 *     # remark
 *     name: helpfulness       the score's name; else the file's, without .txt
 *     kind: absolute          absolute, pair or golden; absolute if not given
 *     answer: json            json or token; token if not given
 *     range: 1-10             whole numbers from 0 to 255; 1-9 if not given
 *     ---
 *     the text with its places
 *
 * A file that does not begin with a line --- is all text.
 *
 * absolute  {response} is scored by a number of the range
 * golden    the same against {gold}; only where the record has gold
 * pair      {a} or {b} is better
 *
 * {prompt} may stand in all, {gold} too; a line with {gold} is left out where
 * there is none.
 *
 * json   the judge writes what it likes and a JSON object with "score", or
 *        "better" ("A", "B" or "tie")
 * token  nothing is written: the probabilities of the tokens that are the
 *        numbers, or A and B, are read
 */
enum rubric_kind { RUBRIC_ABSOLUTE, RUBRIC_PAIR, RUBRIC_GOLDEN };

struct rubric {
	const char *name; /* of the score */
	enum rubric_kind kind;
	bool token;
	int low, high;
	struct buf text;
};

/* By path, or by the name of one that comes with the tools. Fatal (main
 * thread): what cannot be read, or is not as above, by file and line. */
void rubric_open(struct rubric *, const char *name);
void rubric_rename(struct rubric *, const char *name);
void rubric_close(struct rubric *);
#endif
