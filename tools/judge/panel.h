#ifndef PANEL_H
#define PANEL_H
#include "gpu/ask.h"
#include "tools/judge/judge.h"
#include "tools/judge/rubric.h"
/*
 * The judges of a run, each a model of -m, and what they are asked (--rubric).
 * panel_scorer, a row before those that use it, opens and closes them.
 */
struct seat {
	const char *name; /* as -m gave it */
	struct asker *a;
};
extern struct seat *panel; /* [panel_n] */
extern size_t panel_n;
extern struct rubric *rubrics; /* [rubrics_n] */
extern size_t rubrics_n;
extern struct answers *panel_cache; /* or NULL */
extern bool panel_reasons;          /* --reasons */

/* Is there a rubric of the kind? For .on: the rubrics are not read before it
 * is asked. */
bool panel_has(enum rubric_kind);
/* Is the response left to the exact checkers? */
bool panel_passes(const struct judged *);

/*
 * What the judges came to about one response, and where it is written:
 *
 *   scores.NAME     one value by --vote from those there are; null if none
 *   scores_by.NAME  several judges: {judge: value or null}
 *   reasons.NAME    with --reasons: what they wrote; several: {judge: ...}
 *   errors.NAME     why there is no value; null where an older one is over
 */
struct said {
	double value; /* NaN: none */
	struct str reason;
	const char *fault; /* why there is no value, or NULL */
};
struct verdicts {
	struct member *score, *by, *reasons, *errors;
};
/* Reserve the members; name is borrowed. */
struct verdicts panel_members(struct work *, size_t i, const char *name);
/* Fill them; said[panel_n]. Returns the value of scores.NAME, NaN for null. */
double panel_set(
    struct work *, size_t i, const struct verdicts *, const struct said *);
#endif
