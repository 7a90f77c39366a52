#ifndef STEP_H
#define STEP_H
#include "gpu/loss.h"
#include "gpu/model.h"
/*
 * One rule for every loss: the gradients of sum_i w_i l_i / W, with W the
 * weight of the whole step, known before the first forward pass. The step is
 * run as micro-batches of whole units; how it is cut changes the gradients by
 * rounding only and the loss not at all.
 *
 *   sft    units are samples; l = -log p of a token, w its weight; with dft
 *          times p, which is held constant (Wu et al. 2025, arXiv 2508.05629)
 *   pairs  units are pairs (the chosen response's segment, then the
 *          other's); l is the loss of gpu/loss.h, w = 1. With sft > 0 the
 *          chosen responses' token loss is added, times sft, over their
 *          own weight.
 */
struct unit {
	const int32_t *id;   /* the segments' tokens, one after another */
	const float *weight; /* of predicting each; 0: not a target; a
	                        segment's first token never is one */
	size_t segs;         /* 1, or 2 of a pair */
	size_t n[2];         /* tokens of each */
	double ref[2];       /* pairs: weighted log-probability of each
	                        segment under the reference model */
};

struct step_conf {
	const struct loss *loss; /* NULL: sft */
	bool dft;
	double beta, smooth, alpha, sft;
	enum divergence divergence;
	size_t micro; /* tokens of a micro-batch; a larger unit goes alone */
};

struct step_out {
	double loss;
	double weight; /* W; 0: nothing to learn, loss is 0 */
	size_t tokens, targets;
	double pairs_qk; /* (query, key) pairs of attention, for FLOPs */
	/* pairs: means of beta (w - rw), beta (l - rl) and their difference,
	 * and the share of pairs where it is above 0 */
	double chosen, rejected, margin, accuracy;
};

/* Gradients += those of the step. */
void step_learn(struct model *, const struct step_conf *,
    const struct unit *const *, size_t n, struct step_out *);
/* The loss alone; the model need not be open for training. */
void step_measure(struct model *, const struct step_conf *,
    const struct unit *const *, size_t n, struct step_out *);
/* Fill each unit's ref from this model. */
void step_reference(
    struct model *, struct unit *const *, size_t n, size_t micro);
#endif
