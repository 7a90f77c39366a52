#ifndef CPU_H
#define CPU_H
#include <assert.h>
#include <math.h>

#include "gpu/ops.h"
/*
 * Inside the CPU backend. cpu.c owns memory, mats, pages and the way in; each
 * path computes. A path is a table of all the ops; "ref" is plain loops, the
 * others are one source compiled for several instruction sets.
 */
struct path {
	const char *name;
	bool (*have)(void); /* does this machine run it? */
	bool panels;        /* mats and pages in panels, else plain rows */
	bool pairs;         /* by instructions that only bf16 has */
	bool tiles;         /* weights' products in the order of AMX tiles */
	bool (*slow)(void); /* runs, but another does better; or NULL */
#define OP(name) void (*name)(struct dev *, const struct op_##name *);
	OPS(OP)
#undef OP
};

extern const struct path path_ref, path_plain, path_avx2, path_avx512,
    path_avx512_bf16, path_amx, path_amx_ref;

/* Room that ops share and each thread's own; grown when asked for more. */
enum { ROOM_A, ROOM_B, ROOM_C, ROOMS };

struct room {
	void *at;
	size_t bytes;
};

struct dev {
	const struct path *path;
	int threads;
	bool bf16; /* operands of products */
	struct pool *pool;
	struct room room[ROOMS], *own; /* own[threads] */
};

/*
 * Plain: x is [rows, cols] float (rounded to bf16 where d->bf16), dx unused.
 * Panels, as kernels read them: x in panels of 32 rows, [in][32]; dx in panels
 * of 32 columns, [out][32]; with bf16 each element is a pair along the first
 * index. What pads is zero. Kept smaller, x is in panels all the same: [in][32]
 * of bf16 or of bytes, or [in][16] of bytes that hold the codes of columns c
 * and c + 16.
 */
struct mat {
	size_t rows, cols;
	int use;
	void *x, *dx;
	/* coded, in panels: blocks of so many columns, [blocks][32] a panel */
	size_t block;
	float *scale, *min;
	/* MAT_BF12 (twelve.h), [panels]; odd[odd_from[p] .. odd_from[p + 1]]
	 * in order of k */
	uint8_t *twelve;
	struct odd *odd;
	size_t *odd_from;
};

enum { MAT_BF12 = 1 << 16 }; /* .use, not MAT_BF16: packed */

/*
 * Page p, layer l, head h is `unit` bytes of keys and `unit` bytes of values
 * at ((p * layers + l) * heads + h) * unit. Plain: both [32][dim] float.
 * Panels: keys [dim][32], values [dim / 32 panels][32][32].
 */
struct kv {
	size_t layers, heads, dim, pages, unit;
	char *k, *v;
};

enum { PANEL = 32 };

static inline size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Units along k of what a mat or a page holds: floats, or pairs of bf16. */
static inline size_t
units_deep(const struct dev *d, size_t k)
{
	return d->bf16 ? (k + 1) / 2 : k;
}

/* The same for a mat, whose tiles are whole. */
static inline size_t
mat_deep(const struct dev *d, size_t k)
{
	return d->path->tiles ? round_up(units_deep(d, k), 16)
			      : units_deep(d, k);
}

/*
 * cpu_room    at least that many bytes, contents undefined, until the next op
 * cpu_own     the same for every thread: d->own[thread].at
 * cpu_spread  0 .. n-1 in parts of `grain`, over the threads; the result must
 *             not depend on the cut
 */
typedef void spread_fn(
    struct dev *, const void *arg, size_t from, size_t to, int thread);
void *cpu_room(struct dev *, int which, size_t bytes);
void cpu_own(struct dev *, size_t bytes);
void cpu_spread(
    struct dev *, size_t n, size_t grain, spread_fn *, const void *arg);

static inline size_t
mat_blocks(const struct mat *w)
{
	return (w->cols + w->block - 1) / w->block;
}

/* Is it kept smaller than its numbers are multiplied? */
static inline bool
mat_small(const struct dev *d, const struct mat *w)
{
	return d->path->panels && !d->bf16 &&
	       (w->use & (MAT_BF16 | MAT_BF12 | MAT_CODED)) != 0;
}

/* op_rmsnorm: where row r of x[rows, cols] is, or head r % heads of x[n, heads,
 * cols] with ld. */
static inline size_t
row_at(size_t r, size_t cols, size_t heads, size_t ld)
{
	return heads ? r / heads * ld + r % heads * cols : r * cols;
}

/* op_glu: z = g (LINE + CUBE g^2), 2 sqrt(2 / pi) and 0.044715 times that */
#define GELU_LINE 1.5957691216f
#define GELU_CUBE 0.071354816273f

/* Segments follow one another, none is empty, none is longer than longest. */
static inline void
check_segments(const struct op_attn *a)
{
	assert(a->kv_heads && a->heads % a->kv_heads == 0);
	for (size_t s = 0; s < a->segs; s++) {
		assert(a->cu[s] < a->cu[s + 1]);
		assert((size_t)(a->cu[s + 1] - a->cu[s]) <= a->longest);
	}
	assert(a->cu[0] >= 0 && (size_t)a->cu[a->segs] <= a->n);
}

/* The coefficients of adamw, each rounded once. */
struct adamw_terms {
	float b1, not_b1, b2, not_b2, decay, step, root, eps;
};

static inline struct adamw_terms
adamw_terms(const struct op_adamw *a)
{
	return (struct adamw_terms){
		.b1 = (float)a->b1,
		.not_b1 = (float)(1 - a->b1),
		.b2 = (float)a->b2,
		.not_b2 = (float)(1 - a->b2),
		.decay = (float)(a->lr * a->wd),
		.step = (float)(a->lr / a->c1),
		.root = (float)(1 / sqrt(a->c2)),
		.eps = (float)a->eps,
	};
}

/* Zeroed memory on a line of 64 bytes, large blocks on huge pages. */
void *cpu_take(size_t bytes);
void cpu_give(void *);
/* Of so many bytes only the first are needed from now on. */
void cpu_trim(void *, size_t was, size_t now);
#endif
