#ifndef MODELS_H
#define MODELS_H
#include "gpu/ask.h"
#include "tools/judge/judge.h"
/*
 * What all models of -m share, judges and reward models. models_scorer, a row
 * before those that use it, sorts them and opens the cache.
 */
extern struct answers *models_cache; /* or NULL */
/* Is ask_models.s[i] a reward model? It then is no judge. Also before
 * .start. */
bool models_is_reward(size_t i);
/* What was asked, among the stats, once; before the askers are closed. */
void models_stats(void);
/* Is the response left to the exact checkers (no --both)? */
bool models_pass(const struct judged *);

/*
 * Those who give one score, together: what each came to about a response, and
 * where it is written.
 *
 *   scores.NAME     one value by --vote from those there are; null if none
 *   scores_by.NAME  of several: {judge: value or null}
 *   reasons.NAME    where wanted, what they wrote; of several: {judge: ...}
 *   errors.NAME     why there is no value; null where an older one is over
 */
struct jury {
	const char **names; /* [n], as -m gave them */
	size_t n;
	bool reasons;
};
struct said {
	double value; /* NaN: none */
	struct str reason;
	const char *fault; /* why there is no value, or NULL */
};
struct verdicts {
	struct member *score, *by, *reasons, *errors;
};
extern bool jury_median; /* --vote median */
/* Reserve the members; score is borrowed. */
struct verdicts jury_members(
    struct work *, size_t i, const struct jury *, const char *score);
/* Fill them; said[n]. */
void jury_set(struct work *, size_t i, const struct jury *,
    const struct verdicts *, const struct said *);
#endif
