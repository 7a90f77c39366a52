#ifndef HOLD_H
#define HOLD_H
#include "libcore/tool.h"
/*
 * Records that a .pull tool has in work, for tools whose records end out of
 * order. Output keeps the order of the input, so what is through but stands
 * behind one that is not is held back by the runner; hold_full says when that
 * has become enough.
 */
struct hold;
enum { HOLD_MOST = 1024 };

struct hold *hold_take(struct rec *); /* r came from tool_next */
void hold_done(struct hold *);        /* tool_done; h is gone */
bool hold_full(void);
void hold_free(void); /* what a stopped run still has in work */
#endif
