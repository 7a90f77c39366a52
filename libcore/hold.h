#ifndef HOLD_H
#define HOLD_H
#include "libcore/tool.h"
/*
 * Records that a .pull tool has in work, for tools whose records end out of
 * order. A record is given (written) when it and all before it are ready, so
 * that a run that is stopped has written the first of its records and none
 * behind one that is missing.
 */
struct hold;
enum { HOLD_MOST = 1024 };

/* r came from tool_next. give(user) writes it, if it is not bad; the record
 * is handed back (tool_done) right after that. */
struct hold *hold_take(struct rec *, void (*give)(void *user), void *user);
void hold_ready(struct hold *);
bool hold_full(void);
void hold_free(void); /* what a stopped run still has in work */
#endif
