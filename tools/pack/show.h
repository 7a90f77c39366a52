#ifndef SHOW_H
#define SHOW_H
#include "libcore/chat.h"
#include "libcore/pieces.h"
#include "libcore/tok.h"
/*
 * What pack --show prints of a sample, appended as lines.
 */

/* The text, what is trained in double angle brackets. */
void show_text(struct buf *, const struct chat_sample *);
/* A line for each span: its message (from 1), bytes, weight and text. */
void show_spans(struct buf *, const struct chat_sample *);
/* A line for each token: place, id, weight and bytes, tabs between. */
void show_tokens(struct buf *, const struct tok *, const struct piece *);
#endif
