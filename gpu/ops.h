#ifndef OPS_H
#define OPS_H
#include "libcore/str.h"
/*
 * Everything a backend must be able to do. One struct per backend, every
 * member set; gpu/cpu/ref.c is the reference that the others are tested
 * against, written to be read beside the equations.
 *
 * Shapes are written [rows, cols], row-major, last index fastest; `ld` is the
 * distance between rows where it is not cols. Activations, gradients and
 * master weights are float32; ids, positions and offsets int32. What a
 * backend stores inside a mat or a kv is its own business (packed panels,
 * bf16).
 *
 * Memory. Every pointer in an argument struct points into the backend's own
 * memory (take/give; pointer arithmetic is allowed). Host code never touches
 * it: put copies in (the host bytes are copied before it returns), get copies
 * out (the bytes are there after the next sync).
 *
 * Order. Calls are queued and run in the order given; an argument struct is
 * copied when it is queued. sync waits for all of it. give of memory that
 * queued work still uses is legal: it takes effect after that work.
 *
 * Outputs are overwritten unless marked +=. Inputs and outputs do not overlap
 * unless a line says so. Failures of the device are fatal (die); wrong shapes
 * are bugs (assert). n == 0 is legal everywhere and does nothing.
 *
 * Exactness. Every output element is ONE accumulator that starts at zero (or
 * at what it is added to, for dw and K blocks) and takes its terms in
 * increasing order, each by one fused multiply-add; sums over a row's columns
 * (norms, softmax) run in 16 lanes, lane = index % 16, which are then added
 * pairwise (8, 4, 2, 1 apart). So a row's bits do not depend on the rows
 * computed with it, on threads, on chunks or on the instruction set; with
 * PRODUCTS_BF16 operands are rounded to bf16 first (nearest even) and taken
 * in pairs (elements 0 and 1, 2 and 3, ...; a zero fills up), the odd element
 * of a pair before the even one: what vdpbf16ps computes, and what fused
 * multiply-adds do elsewhere. So dw over parts of the rows is dw over all of
 * them, to the bit, if the parts (but the last) are even. Weights' products
 * by AMX tiles are apart: of each 32 terms the even ones make a chain from
 * zero, the odd ones another, and their sum is added to the accumulator (what
 * tdpbf16ps computes); parts of dw are then multiples of 32 rows. Subnormals are
 * flushed to zero, as operands and as results, in every op. Results of
 * attention and its gradient have no negative zero: keys out of sight leave
 * no trace. exp, log, sin, cos, rsqrt are the project's own (gpu/cpu/fun.h).
 *
 * The CPU's paths: "ref", "plain" (any machine), "avx2", "avx512" and
 * "avx512-bf16" (bf16 products only; chosen where vdpbf16ps is the faster
 * way) have the same bits. "amx" (bf16 products only) has those of "amx-ref",
 * which runs anywhere.
 */
enum products { PRODUCTS_F32, PRODUCTS_BF16 };

struct dev_conf {
	int threads;            /* >= 1 */
	enum products products; /* operands of matrix products and attention */
	const char *kernel;     /* path to pin ("ref", "avx2", "avx512", ...),
	                           or NULL for the best this machine has */
};

struct dev; /* an open device: threads or streams, scratch, the queue */
struct mat; /* a weight matrix [rows, cols] as products want it */
struct kv;  /* a paged cache of keys and values, KV_PAGE tokens a page */
enum { KV_PAGE = 32 };
/*
 * Which products a mat is for: y = x W^T; dx = dy W. And how it is kept, which
 * changes its size alone: with PRODUCTS_F32 and MAT_X only, as bf16 (mat_put
 * rounds to it), or as codes of 8 or 4 bits in blocks of 32 columns, or of 16
 * (mat_code). Products are those of the numbers that it stands for.
 */
enum {
	MAT_X = 1,
	MAT_DX = 2,
	MAT_BF16 = 4,
	MAT_CODE8 = 8,
	MAT_CODE4 = 16,
	MAT_SHORT = 32, /* blocks of 16 */
	MAT_CODED = MAT_CODE8 | MAT_CODE4,
};

/* One line an op. */
/* clang-format off */
/* Element-wise and row-wise. */
struct op_fill { float *x; size_t n; float value; };
struct op_copy { float *to; const float *from; size_t n; };
struct op_axpy { float *y; const float *x; size_t n; float a; };
/* out[n, cols] = x[row[i], :];   and x[row[i], :] += scale * out[i, :] in order
 * of i */
struct op_gather { float *out; const float *x; const int32_t *row; size_t n, cols; };
struct op_scatter { float *x; const float *out; const int32_t *row; size_t n, cols, rows; float scale; };

/* out[n, cols(w)] = scale * w[id[i], :]; ids are within rows(w) */
struct op_embed { float *out; const struct mat *w; const int32_t *id; size_t n; float scale; };

/* out[rows, cols]: each row divided by its root mean square, times
 * (gain[cols] + plus). rstd[rows], where not NULL: 1 / sqrt(mean square + eps).
 * out may be x. With `heads`, rows are the heads of x[n, heads, cols] with
 * ldx, and of out with ldout; rows = n * heads.
 * Source: Zhang & Sennrich 2019, arXiv 1910.07467, eq. 4. */
struct op_rmsnorm { float *out; const float *x, *gain; float *rstd; size_t rows, cols; float eps, plus; size_t heads, ldx, ldout; };
/* dx += ... (over: dx =), dgain[cols] += ... (either may be NULL). With
 * `heads`, dx and x have ldx, dy has lddy. */
struct op_rmsnorm_grad { float *dx, *dgain; const float *dy, *x, *gain, *rstd; size_t rows, cols; float plus; bool over; size_t heads, ldx, lddy; };

/* Rotate the halves (i, i + dim/2) of each head of x[n, heads, dim] in place
 * by the angle of its position: cs[position, dim/2, {cos, sin}]. inverse: by
 * minus the angle (the gradient). Source: Su et al. 2021, arXiv 2104.09864,
 * in the half-split layout of Hugging Face models. */
struct op_rope { float *x; size_t ld; const int32_t *pos; const float *cs; size_t n, heads, dim; bool inverse; };

/* out[n, f] = act(gu[:, 0:f]) * gu[:, f:2f], act(g) = g sigmoid(z(g)):
 *   ACT_SILU  z = g
 *   ACT_GELU  z = 2 sqrt(2 / pi) (g + 0.044715 g^3), which is 0.5 g (1 +
 *             tanh(z / 2)) (Hendrycks & Gimpel 2016, arXiv 1606.08415)
 * Source: Shazeer 2020, arXiv 2002.05202, eq. 6. dgu may be gu. */
enum act { ACT_SILU, ACT_GELU };
struct op_glu { float *out; const float *gu; size_t n, f; enum act act; };
struct op_glu_grad { float *dgu; const float *dout, *gu; size_t n, f; enum act act; };

/* Products with a weight matrix W[out, in]. add: y += instead of y =. */
struct op_mat_put { struct mat *w; size_t first, rows; const float *from; };
/* code[rows, cols], scale and min [rows, blocks]: the numbers are code * scale +
 * min, rounded twice. Codes of 4 bits are 0 to 15. */
struct op_mat_code { struct mat *w; size_t first, rows; const int8_t *code; const float *scale, *min; };
/* All rows are there and will not change: keep them smaller where that loses
 * nothing. */
struct op_mat_pack { struct mat *w; };
struct op_linear { float *y; const float *x; const struct mat *w; const float *bias; size_t n; bool add; };
struct op_linear_dx { float *dx; const float *dy; const struct mat *w; size_t n; bool add; };
/* dw[rows, cols] += dy[n, rows]^T x[n, cols], the terms in order of n */
struct op_linear_dw { float *dw; const float *dy, *x; size_t n, rows, cols; };
struct op_bias_grad { float *db; const float *dy; size_t n, cols; }; /* += */

/*
 * Causal attention over a flat run of segments: rows cu[s] .. cu[s+1] - 1 see
 * each other and nothing else. q, k, v are [n, heads, dim], [n, kv_heads, dim]
 * twice, each with its own ld; query head h reads key head
 * h / (heads / kv_heads). Row i sees the last `window` keys (0: all).
 * lse[n, heads], where not NULL: log of the sum of exp of the scaled scores.
 * Source: Vaswani et al. 2017, arXiv 1706.03762, eq. 1; Ainslie et al. 2023,
 * arXiv 2305.13245 (grouped heads).
 */
struct op_attn {
	float *out, *lse;
	const float *q, *k, *v;
	size_t ldout, ldq, ldk, ldv, n;
	const int32_t *cu;
	size_t segs, longest; /* segments; rows of the longest one */
	size_t heads, kv_heads, dim, window;
	float scale;
};
/* dq, dk, dv overwritten; fwd.lse is needed */
struct op_attn_grad {
	struct op_attn fwd; /* out and lse as the forward pass left them */
	const float *dout;  /* [n, heads, dim], ld = fwd.ldout */
	float *dq, *dk, *dv; /* with the ld of q, k, v */
};

/* Cached attention: the same rows, the same bits. slot[i] = page * KV_PAGE +
 * place. Row i sees the keys 0 .. len[i] - 1 of the pages
 * page[first[i] ...], each full but the last. */
struct op_kv_put { struct kv *kv; size_t layer; const float *k, *v; size_t ldk, ldv, n; const int32_t *slot; };
struct op_kv_attn {
	float *out;
	const float *q;
	size_t ldout, ldq, n;
	const struct kv *kv;
	size_t layer;
	const int32_t *page, *first, *len;
	size_t longest; /* the greatest len */
	size_t heads, window;
	float scale;
};
/* The first `tokens` of a page, all layers: copy on write. */
struct op_kv_copy { struct kv *kv; size_t to, from, tokens; };

/* logp[i] = log softmax(logits[i, :])[target[i]]. Where grad is set, logits
 * become d(sum_i coef[i] logp[i]) / d logits. logits[i, vocab:ld] untouched. */
struct op_logp { float *logits; size_t ld; const int32_t *target; const float *coef; float *logp; size_t n, vocab; bool grad; };

/* out[0] = sum of squares, float64, in fixed blocks of 4,096 */
struct op_sumsq { double *out; const float *x; size_t n; };
/*
 * AdamW. g is multiplied by gscale (clipping). c1 = 1 - beta1^t, c2 likewise.
 *   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
 *   p = p - lr wd p - lr (m / c1) / (sqrt(v / c2) + eps)
 * as torch.optim.AdamW orders it. Source: Loshchilov & Hutter 2017,
 * arXiv 1711.05101, alg. 2. The scalars are doubles because 1 - b2 in float32
 * is off by 1e-5; each coefficient is rounded once: b1, 1 - b1, b2, 1 - b2,
 * lr wd, lr / c1, 1 / sqrt(c2).
 */
struct op_adamw { float *p, *m, *v; const float *g; size_t n; double lr, b1, b2, eps, wd, c1, c2; float gscale; };

/* The ops: OP(name) is `void (*name)(struct dev *, const struct op_name *)`. */
#define OPS(OP)                                                               \
	OP(fill) OP(copy) OP(axpy) OP(gather) OP(scatter) OP(embed)           \
	OP(rmsnorm) OP(rmsnorm_grad) OP(rope) OP(glu) OP(glu_grad)            \
	OP(mat_put) OP(mat_code) OP(mat_pack) OP(linear) OP(linear_dx)        \
	OP(linear_dw) OP(bias_grad)                                           \
	OP(attn) OP(attn_grad) OP(kv_put) OP(kv_attn) OP(kv_copy) OP(logp)    \
	OP(sumsq) OP(adamw)
/* clang-format on */

struct ops {
	const char *name;
	/* NULL with the reason if there is no such device or kernel. */
	struct dev *(*open)(const struct dev_conf *, struct err *);
	void (*close)(struct dev *);
	/* The path in use, e.g. "avx512-bf16": for logs and cache keys. */
	const char *(*kernel)(const struct dev *);

	void *(*take)(struct dev *, size_t bytes); /* zeroed; never NULL */
	void (*give)(struct dev *, void *);
	void (*put)(struct dev *, void *to, const void *host, size_t bytes);
	void (*get)(struct dev *, void *host, const void *from, size_t bytes);
	void (*sync)(struct dev *);

	struct mat *(*mat_new)(struct dev *, size_t rows, size_t cols, int use);
	void (*mat_free)(struct dev *, struct mat *);
	size_t (*mat_bytes)(struct dev *, size_t rows, size_t cols, int use);
	struct kv *(*kv_new)(struct dev *, size_t layers, size_t kv_heads,
	    size_t dim, size_t pages);
	void (*kv_free)(struct dev *, struct kv *);
	size_t (*kv_bytes)(struct dev *, size_t layers, size_t kv_heads,
	    size_t dim, size_t pages);

#define OP(name) void (*name)(struct dev *, const struct op_##name *);
	OPS(OP)
#undef OP
};

extern const struct ops cpu_ops;
#endif
