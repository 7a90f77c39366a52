#ifndef MODEL_H
#define MODEL_H
#include "gpu/conf.h"
#include "gpu/ops.h"
#include "gpu/weights.h"
/*
 * A model on a device: forward (flat runs and cached rows), backward, AdamW.
 * Everything goes through the backend's ops; nothing here touches device
 * memory. All functions belong to one thread.
 *
 * Inference holds the packed matrices alone, filled a few rows at a time from
 * the model's files, so that the peak is about their size. Training holds in
 * addition one block each of float32 masters, gradients and two moments, cut
 * up by the table of tensors below.
 *
 * A row's results do not depend on what is computed with it: the same bits
 * come from a flat run, a cached run cut anyhow, and a model opened to train.
 */
struct model;

/* How weight matrices are kept while they are not trained, with products of
 * float32 (those of bf16 keep bf16): results are those of the numbers kept. */
enum model_keep {
	KEEP_AUTO, /* as bf16 where the file has bf16, else as float32 */
	KEEP_F32,
	KEEP_FILE, /* as the file's codes, too (quant.h): the same results */
	KEEP_INT8, /* as codes of 8 bits, made from whatever the file has */
};

struct model_how {
	const struct ops *ops; /* NULL: the CPU */
	struct dev_conf dev;   /* threads, products, kernel */
	enum model_keep keep;
	bool train;   /* room for gradients and moments */
	bool scores;  /* a score head in place of the language model's */
	size_t micro; /* tokens a flat run is expected to hold, for plans */
};

/*
 * Read hub's shape and weights and put them on a device. NULL with the reason:
 * a shape the engine cannot do, a tensor that is missing, of another shape or
 * no number, a kernel that is not on this machine, a head of the other kind
 * than is wanted. Tensors in the files that
 * the family does not have are refused by name (rotary buffers apart).
 */
struct model *model_open(
    const struct hub *, const struct model_how *, struct err *);
void model_close(struct model *);
const struct model_conf *model_conf(const struct model *);
const char *model_kernel(const struct model *); /* ops->kernel */

/* Tensors in file order: what masters, gradients, moments, checkpoints and
 * saved models are cut by. */
struct model_tensor {
	char name[96];     /* "model.layers.0.self_attn.q_proj.weight" */
	size_t rows, cols; /* a vector is one row */
	bool vector;
	bool decay;  /* norms and biases have no weight decay */
	size_t at;   /* first element in the block */
	size_t part; /* which matrix on the device; the reader's own */
	size_t row;  /* its first row there */
};
const struct model_tensor *model_tensors(const struct model *, size_t *n);
size_t model_params(const struct model *); /* elements of the block */

/* What opening it would take, in bytes, and what a token costs; nothing is
 * allocated but a device handle. */
struct model_plan {
	size_t params;
	size_t packed; /* matrices and vectors as products read them */
	size_t masters, grads, moments; /* 0 unless training */
	size_t runs;       /* activations and scratch of a run of `micro` tokens
	                   of which every one is a target */
	double flops;      /* of a token's products in the layers, forward */
	double flops_head; /* of a target's product with the head */
	double flops_pair; /* of one (query, key) pair through all layers */
};
bool model_plan(struct model_plan *, const struct model_conf *,
    const struct model_how *, struct err *);

/* Operations per second of a product of middling size, measured: what the use
 * of the machine is reported against. */
double model_peak(struct model *);

/* ---- cached inference ---- */

/* Pages of KV_PAGE tokens for keys and values of all layers. Who owns which
 * page is the caller's business. */
struct kv *model_kv_new(struct model *, size_t pages);
void model_kv_free(struct model *, struct kv *);
size_t model_kv_bytes(const struct model *, size_t pages);
/* Copy the first `tokens` of a page (copy on write). */
void model_kv_copy(
    struct model *, struct kv *, size_t to, size_t from, size_t tokens);

/*
 * Rows of any sequences, in host memory, borrowed for the call. The keys and
 * values of all rows are stored before any row looks, so rows of one sequence
 * may stand in one batch. Row i sees positions 0 .. pos[i] of the pages
 * page[first[i]], page[first[i] + 1] ...
 */
struct model_rows {
	size_t n;
	const int32_t *id;    /* [n] tokens, 0 .. vocab - 1 */
	const int32_t *pos;   /* [n] positions in their sequences, from 0 */
	const int32_t *slot;  /* [n] page * KV_PAGE + pos % KV_PAGE */
	const int32_t *first; /* [n] where their sequence's page list starts */
	const int32_t *page;  /* [pages] all lists */
	size_t pages;
	const int32_t *want; /* [wants] rows whose logits are wanted */
	size_t wants;
};

/* Queue the forward pass. The logits [wants, vocab] stay in device memory
 * until the next call that runs the model. */
void model_infer(struct model *, struct kv *, const struct model_rows *);
/* out[wants, vocab] in host memory, after a sync. */
void model_logits(struct model *, float *out);
/* logp[wants] of one token each, as training and model_logps compute it. */
void model_logits_logp(struct model *, const int32_t *target, float *logp);

/* ---- flat runs ---- */

/*
 * Segments one after another, host memory, borrowed for the call; positions
 * start at 0 in each. at[t] names the tokens whose log-probability is wanted;
 * at[t] is never the first of its segment; increasing.
 */
struct model_run {
	size_t n, segs, targets;
	const int32_t *id; /* [n] */
	const int32_t *cu; /* [segs + 1] offsets, cu[0] = 0, cu[segs] = n */
	const int32_t *at; /* [targets] */
};

/* logp[targets] = log p(id[at[t]] | the tokens before it in its segment),
 * nats, in host memory. Memory grows with n; the head runs in chunks, so there
 * never is a full matrix of logits. */
void model_logps(struct model *, const struct model_run *, float *logp);
/* Logits of every row, [n, vocab]; hidden [n, width] (after the last norm),
 * where not NULL. For tests and small runs. */
void model_flat_logits(
    struct model *, const struct model_run *, float *logits, float *hidden);

/* What the score head makes of the last token of each segment: out[segs,
 * labels], in host memory. targets are not looked at. */
void model_flat_scores(struct model *, const struct model_run *, float *out);

/* ---- training ---- */

/*
 * One micro-batch in two calls: model_forward keeps the activations and gives
 * logp (may be NULL where the coefficients do not depend on it: the head then
 * runs once); model_backward adds d(sum_t coef[t] logp[t]) / d parameter to the
 * gradients. It gives logp as well, where not NULL. The run is the same in
 * both.
 */
void model_forward(struct model *, const struct model_run *, float *logp);
void model_backward(
    struct model *, const struct model_run *, const float *coef, float *logp);

void model_grads_zero(struct model *);
/* The square root of the sum of squares of all gradients. *bad names the
 * first tensor whose gradient is not finite, else NULL. */
double model_grad_norm(struct model *, const char **bad);

struct model_adamw {
	double lr, b1, b2, eps, decay;
	size_t t;       /* this step, from 1 */
	double gscale;  /* clipping: gradients are multiplied by it */
	bool decay_all; /* norms and biases too */
};
/* One step of AdamW on the masters, then the packed matrices anew. */
void model_adamw(struct model *, const struct model_adamw *);

/* The blocks, for checkpoints, saving and tests: n elements from `first` on,
 * to or from host memory, after a sync. After the masters were put,
 * model_repack must run before the next pass. */
enum model_block { MODEL_MASTERS, MODEL_GRADS, MODEL_M, MODEL_V };
void model_get(
    struct model *, enum model_block, size_t first, size_t n, float *out);
void model_put(struct model *, enum model_block, size_t first, size_t n,
    const float *from);
void model_repack(struct model *);
#endif
