#ifndef PANEL_H
#define PANEL_H
#include "tools/judge/models.h"
#include "tools/judge/rubric.h"
/*
 * The judges of a run, each a model of -m that writes, and what they are asked (--rubric).
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
extern struct jury panel_jury; /* their names; .reasons: --reasons */

/* Is there a rubric of the kind? For .on: the rubrics are not read before it
 * is asked. */
bool panel_has(enum rubric_kind);
#endif
