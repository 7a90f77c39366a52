#ifndef FIT_H
#define FIT_H
#include "gpu/order.h"
#include "gpu/schedule.h"
#include "gpu/step.h"
/*
 * A training run: steps in order, clipping, AdamW, a log, checkpoints,
 * measures on other data. What is computed depends on nothing but this conf,
 * the model and the data: N steps are k steps, a kill, and N - k steps more
 * from the checkpoint, to the bit.
 */
struct fit_conf {
	struct step_conf step;
	const struct schedule *schedule;
	double lr, least, b1, b2, eps, decay;
	bool decay_all;
	double clip;   /* greatest norm of the gradients; 0: any */
	size_t warmup; /* steps */
	size_t steps;  /* of the whole run */

	const char *checkpoints; /* folder, or NULL: none */
	size_t checkpoint_every; /* steps; 0: only when stopped */
	struct str run;          /* of checkpoint.h */
	const char *log;         /* file of JSON lines, or NULL */
	size_t eval_every;       /* steps; 0: at the end only */
	struct model_plan plan;  /* for FLOPs */
	double peak;             /* FLOP/s that mfu is a share of; 0: unknown */
};

/* Units made from packed data; ref is zero. Freed by the caller. */
struct unit *fit_units(const struct packed *);

struct fit_result {
	size_t steps;   /* done in all, also before a resume */
	size_t skipped; /* of those in this run: no weight, nothing learnt */
	size_t tokens;  /* of this run */
	double loss;    /* of the last step */
	double eval;    /* the last measure; NAN without eval data */
	double seconds;
};

/*
 * Train m on the packed data, whose units (fit_units) are given; from the
 * checkpoint if there is one. eval and its units may be NULL. True when all
 * steps are done; false when a signal asked to stop (a checkpoint is then
 * written, where there is a folder). A loss or a gradient that is not finite
 * is fatal, with step and tensor named.
 */
bool fit(struct model *, const struct fit_conf *, struct order *,
    const struct packed *, const struct unit *, const struct packed *eval,
    const struct unit *eval_units, struct fit_result *);
#endif
