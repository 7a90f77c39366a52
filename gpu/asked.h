#ifndef ASKED_H
#define ASKED_H
#include "gpu/ask.h"
/*
 * How likely a text that is there is to a model: summed negative
 * log-probabilities, in nats, of tokens given all before them, as training
 * computes them. From the cache of answers (NULL: none) where it has them.
 *
 * False and a bad record where a template or the tokeniser fails, the text is
 * longer than the model's context, or the result is no number.
 */

/* Over the tokens of the assistant's turns: what `pack` gives weight to. A
 * turn whose prompt would be tokenised otherwise by itself is run by itself;
 * turns with weight 0 are left out. */
bool asked_turns(struct asker *, struct answers *, struct rec *,
    const struct msgs *, double *nll, size_t *tokens);

/* What a model with a score head makes of a conversation, as JSON text: the
 * score of its last token, padding at its end left out as transformers does.
 * One that is too long, or has an id that the model has not, gives false with
 * the reason; the record is bad where the template fails or the model gives no
 * number. */
bool asked_score(struct asker *, struct answers *, struct rec *,
    struct str messages, struct str tools, double *score, struct err *);

/* Over all tokens of a plain text but the first, or but BOS where the
 * tokeniser adds one. Cut to the model's context. */
bool asked_text(struct asker *, struct answers *, struct rec *, struct str text,
    double *nll, size_t *tokens);

/* logps[n - 1]: log-probabilities of ids 1 .. n - 1, each given all before it,
 * as training computes them; n is within the model's context. */
void asked_ids(struct asker *, const int32_t *ids, size_t n, float *logps);
#endif
