#ifndef ENGINE_H
#define ENGINE_H
#include "gpu/model.h"
/*
 * Inside the engine (gpu/model.c, pass.c, learn.c, tensors.c); others see
 * gpu/model.h.
 *
 * Shapes below: n tokens of a run; w = width, f = ffn, aw = heads * head_dim,
 * qw = aw + 2 * kv_heads * head_dim. Fused matrices: qkv [qw, w], gate above
 * up [2f, w].
 */
enum mat_part { MAT_QKV, MAT_O, MAT_GU, MAT_DOWN, LAYER_MATS };
enum vec_part {
	VEC_NORM1,
	VEC_QKV,
	VEC_QNORM,
	VEC_KNORM,
	VEC_O,
	VEC_POST1,
	VEC_NORM2,
	VEC_GU,
	VEC_DOWN,
	VEC_POST2,
	LAYER_VECS,
};
/* Indices into model.mat and model.vec. */
enum { EMBED, HEAD, MATS_OUTSIDE };
enum { FINAL_NORM, VECS_OUTSIDE };

/* A piece of device memory that grows when a larger one is asked for. */
struct room {
	void *p;
	size_t bytes;
};

/* Activations of one layer. Kept for the backward pass one set a layer, else
 * all layers share one (x2 and next are then x). */
struct acts {
	float *x;   /* [n, w] what came in */
	float *qkv; /* [n, qw]; q and k as qk says */
	float *qk;  /* [n, ldqk] q and k as attention sees them: qkv,
	                         but where heads are normed and qkv is kept */
	size_t ldqk;
	float *att;           /* [n, aw] */
	float *lse;           /* [n, heads] */
	float *x2;            /* [n, w] after attention */
	float *gu;            /* [n, 2f] */
	float *next;          /* [n, w] what goes out: the next layer's x */
	float *rstd1, *rstd2; /* [n] */
	float *rstdq, *rstdk; /* [n, heads], [n, kv_heads]; head norms only */
	/* Before the norms behind attention and MLP, where there are any. */
	float *out1, *out2;           /* [n, w] */
	float *rstdpost1, *rstdpost2; /* [n] */
};

/* The run in progress, its index arrays in device memory. */
struct pass {
	size_t n, segs, longest, targets;
	bool keep;
	const int32_t *id, *pos, *cu;    /* [n], [n], [segs + 1] */
	const int32_t *row, *target;     /* [targets] */
	const struct model_rows *cached; /* set: the following are too */
	struct kv *kv;
	const int32_t *slot, *first, *len, *page;
};

struct model {
	const struct ops *o;
	struct dev *d;
	struct model_conf c;
	bool train;
	size_t w, f, aw, qw;

	struct model_tensor *tensor;
	size_t tensors, params;
	enum model_keep keeping;
	int *kept;        /* how each is kept: flags of mat_new */
	struct mat **mat; /* EMBED, HEAD (the same if tied), layers' four */
	float **vec;      /* FINAL_NORM, layers' six; NULL where absent */
	float *vectors;   /* inference: all vectors in one block */
	float *block[4];  /* training: enum model_block */

	float *cs[2]; /* rotary tables of the first `positions`: of layers that
	                 see all, of local ones (NULL where there are none) */
	size_t positions;
	float *frequency[2]; /* host */

	struct pass pass;
	struct room ints, keep, scratch, logits, head, sums;
	size_t wants; /* rows of `logits` */
};

static inline struct mat *
layer_mat(const struct model *m, size_t l, enum mat_part p)
{
	return m->mat[MATS_OUTSIDE + l * LAYER_MATS + p];
}

static inline size_t
vec_index(size_t l, enum vec_part p)
{
	return VECS_OUTSIDE + l * LAYER_VECS + p;
}

static inline float *
layer_vec(const struct model *m, size_t l, enum vec_part p)
{
	return m->vec[vec_index(l, p)];
}

/* tensors.c: the one table, for this shape; *n tensors, *params elements. */
struct model_tensor *tensors_list(
    const struct model_conf *, size_t *n, size_t *params);
/* Rows and columns of the matrix that tensors with this `part` make up. */
void tensors_mat(
    const struct model_conf *, size_t part, size_t *rows, size_t *cols);

/* pass.c */
void *room_take(struct model *, struct room *, size_t bytes);
void pass_flat(struct model *, const struct model_run *, bool keep);
void pass_layers(struct model *); /* embedding and all layers */
/* The head over the pass's targets, in chunks. coef, where not NULL [targets,
 * host]: gradients of the head are added and dx [n, w] += those of the
 * trunk's output. logp: host, there after the next sync, or NULL. */
void pass_head(struct model *, const float *coef, float *dx, float *logp);
struct acts pass_acts(const struct model *, size_t layer);
/* Scratch of a pass, cut from one piece. */
struct scratch {
	float *h;   /* [n, w] */
	float *act; /* [n, f] */
	float *dx;  /* [n, w]; these with keep only */
	float *datt, *dqkv;
	float *dqk;  /* [n, ldqk] gradients of acts.qk: dqkv, or beside it */
	float *dout; /* [n, w] of acts.out1 and out2: dx, or beside it */
};
struct scratch pass_scratch(const struct model *);
/* The flat attention of a layer over the pass. */
struct op_attn pass_attn(
    const struct model *, size_t layer, const struct acts *);
/* The norm of n rows of the family's kind, in order. */
void pass_norm(struct model *, float *out, const float *x, const float *gain,
    float *rstd, size_t n);
/* 1 where the family's norms multiply by 1 + gain, else 0. */
float pass_plus(const struct model *);
/* What embeddings are multiplied by. */
float pass_scale(const struct model *);
/* The family's activation. */
enum act pass_act(const struct model *);
/* The rotation of a layer's q and k; x with ld. */
void pass_rope(struct model *, size_t layer, float *x, size_t ld, bool inverse);
size_t pass_keep_bytes(const struct model_conf *, size_t n, bool keep);
size_t pass_scratch_bytes(const struct model_conf *, size_t n, bool keep);
size_t pass_head_bytes(const struct model_conf *, size_t targets, bool grad);
#endif
