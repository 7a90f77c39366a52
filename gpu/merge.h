#ifndef MERGE_H
#define MERGE_H
#include "gpu/recipe.h"
/*
 * Several models into one, tensor by tensor.
 *
 * A method sees a piece of one tensor of every model at a time, as float32.
 * What it must know of the whole tensor is the products of the models'
 * vectors (their norms and angles), which a first pass over the mapped files
 * gathers in float64; so memory stays at a few pieces a thread. Pieces do not
 * depend on the number of threads, nor does a byte of the output.
 */
enum { MERGE_MODELS = 64, MERGE_PARAMS = 8 };

struct merge_param {
	const char *name;
	bool own;      /* a model may have its own value */
	bool required; /* of each model */
	double dflt;   /* NAN: none */
};

/* One piece of one tensor. Where the method has a base, models do not count
 * it. */
struct merge_piece {
	float *out;             /* [n], none of the inputs */
	const float *base;      /* [n], or NULL */
	const float *const *in; /* [models][n] */
	size_t models, n, cols; /* n is a multiple of cols */
	/* value[k][i]: of parameter k of the method's table for model i; of
	 * those that are not `own`, for all i alike */
	const double (*value)[MERGE_MODELS];
	/* What settle made of the products, [models + 1]: for each model, and
	 * at [models] for the base. NULL if there is no settle. */
	const double *coef;
};

/* Which products the first pass gathers: of the models' differences from the
 * base, or of the models themselves and, last, the base. */
enum merge_sums { SUMS_NONE, SUMS_DELTAS, SUMS_VECTORS };

struct merge_method {
	const char *name, *does;
	bool base;          /* needs one */
	size_t least, most; /* models beside the base */
	struct merge_param param[MERGE_PARAMS];
	const char *ignored; /* words it accepts without effect, as mergekit
	                        does, each followed by a space; or NULL */
	enum merge_sums sums;
	const char *told; /* what -v calls coef[models]; NULL: untold */
	/* product: the symmetric matrix [v, v] of the vectors' products */
	bool (*settle)(double *coef, const double *product,
	    const struct merge_piece *, struct err *);
	void (*piece)(const struct merge_piece *);
};

/* How many vectors a piece has products of, and to[v, v] of its numbers
 * at .. at + n - 1. */
size_t merge_vectors(size_t models, bool base, enum merge_sums);
void merge_products(double *to, const struct merge_piece *, enum merge_sums,
    size_t at, size_t n);

extern const struct merge_method merges[]; /* ends with a NULL name */
const struct merge_method *merge_named(const char *name); /* or NULL */

/* What becomes of a tensor that some models lack. */
enum merge_missing {
	MISSING_FAIL,  /* an error that names it */
	MISSING_BASE,  /* the base's is copied; left out if it has none */
	MISSING_FIRST, /* copied from the first model that has it, base first */
	MISSING_SKIP,  /* left out */
};

struct merge_conf {
	const struct recipe *recipe;
	const char *dir; /* the output folder */
	int threads;
	enum merge_missing missing;
	uint64_t shard;             /* bytes a file; 0: the default */
	bool (*stopping)(void);     /* asked between pieces; may be NULL */
	void (*tell)(const char *); /* one line a tensor (norms, cosines);
	                               NULL: nothing is told */
};

struct merge_counts {
	size_t tensors, copied, left_out;
	uint64_t numbers;
	const char *dtype; /* of the output */
};

/*
 * The whole merge. config.json, tokenizer and all other files come from the
 * base, or without one from the first model. Output is bf16 if every folder
 * that is read holds bf16 and nothing else was asked for, else f32; one
 * rounding, to nearest even.
 *
 * Errors: a tensor that a model lacks (see above) or that has another shape,
 * integers that are not identical, NaN or infinity in the result, a recipe
 * that does not fit the method. Nothing then stands under dir.
 */
bool merge_run(const struct merge_conf *, struct merge_counts *, struct err *);
#endif
