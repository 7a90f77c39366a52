#ifndef LOSS_H
#define LOSS_H
#include <stdbool.h>
#include <stddef.h>
/*
 * Losses on pairs of responses, in double, with the project's own exp and log.
 * Every row of losses[] takes this shape:
 *
 *   w, l     [n]  summed log-probability of the preferred and the other
 *                 response under the model being trained, nats (tokens
 *                 weighted as the row says)
 *   rw, rl   [n]  the same under the frozen reference model
 *   nw, nl   [n]  sums of the tokens' weights, > 0
 *   loss     [n]  out: each pair's loss; the step's is their mean
 *   dw, dl   [n]  out: d loss / d w and / d l of the pair (of all pairs'
 *                 losses summed, where the loss looks at the whole step)
 *
 * Below c = w - rw, r = l - rl; with --divergence f they are first passed
 * through it: reverse_kl x; forward_kl 1 - e^-x; js log 2 + log sigmoid x;
 * alpha (e^((a-1) x) - 1) / (a - 1) (Wang et al. 2023, arXiv 2309.16240).
 * d = beta (c - r).
 */
enum divergence { REVERSE_KL, FORWARD_KL, JS, ALPHA };
extern const char *const divergences[]; /* names, in that order; NULL-ended */

struct pairs {
	size_t n;
	const double *w, *l, *rw, *rl, *nw, *nl;
	double beta;   /* how hard the reference is held on to; > 0 */
	double smooth; /* share of labels taken to be wrong; losses that use
	                  it say so */
	enum divergence divergence;
	double alpha; /* of ALPHA; not 1 */
	double *loss, *dw, *dl;
};

/* One pair: what a loss's function sees. Its value is returned, its slopes
 * are left in dc and dr. */
struct pair {
	double c, r, d, beta, smooth;
	double dc, dr;
};

struct loss {
	const char *name; /* of train --loss */
	const char *does;
	double (*of)(struct pair *); /* one of these two */
	double (*of_d)(const struct pair *, double *slope); /* of d alone */
	bool per_token; /* c and r are divided by nw and nl */
	bool smooth;    /* uses .smooth, which must then be > 0 (and < 0.5) */
	int sort;       /* looks at the whole step: 1 sorts w - l, 2 c and r */
};

extern const struct loss losses[]; /* ends with a row without a name */
const struct loss *loss_named(const char *name); /* NULL if there is none */
void loss_pairs(const struct loss *, struct pairs *);
#endif
