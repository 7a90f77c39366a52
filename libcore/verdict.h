#ifndef VERDICT_H
#define VERDICT_H
#include "libcore/json.h"
/*
 * A judge's answer: text, and in it the JSON object that says what the judge
 * comes to. There may be anything around it (steps of thought, a fence of
 * code); of several objects the last one that has the wanted member counts.
 *
 * What is wrong with an answer is said in words that a judge can be shown,
 * after "Your answer cannot be used: ".
 */
struct verdict {
	struct json_doc doc; /* of the object alone; its root is the object */
	struct arena mem;
};
enum { VERDICT_MOST = 256 }; /* braces that an answer may open */

/* `= {0}` is a valid start; key: "score". The answer is borrowed while the
 * verdict is used. False with the fault: no object, none that ends, none that
 * is JSON, none with the key. */
bool verdict_read(
    struct verdict *, struct str answer, const char *key, struct err *);
void verdict_done(struct verdict *);

/* A whole number from low to high, which may stand in quotes; else the
 * fault. */
bool verdict_whole(const struct verdict *, const char *key, int low, int high,
    int *, struct err *);
/* Which of the words (NULL-ended) a member is, without case and white space
 * around it; else the fault. */
bool verdict_word(struct verdict *, const char *key, const char *const *words,
    int *which, struct err *);
/* A member that is a string, else {NULL, 0}; lives as long as the verdict. */
struct str verdict_text(struct verdict *, const char *key);
/* 1, 0, or -1 where it is no boolean. */
int verdict_flag(const struct verdict *, const char *key);
#endif
