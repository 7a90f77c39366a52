/* The way into the CPU backend: memory, mats, pages, and the paths. */
#include "gpu/cpu/cpu.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gpu/cpu/fun.h"
#include "gpu/cpu/pool.h"

/* Best first; the last three run anywhere. */
static const struct path *const paths[] = {
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#ifdef __x86_64__
	&path_amx,
	&path_avx512_bf16,
	&path_avx512,
	&path_avx2,
#endif
	&path_plain,
#endif
	&path_ref,
	&path_amx_ref,
};
enum { PATHS = sizeof paths / sizeof *paths };

/* Blocks that come from the system, zero and untouched; on huge pages. */
enum { MAP_FROM = 256 << 10, HUGE_FROM = 4 << 20, HUGE_PAGE = 2 << 20 };
enum { LINE = 64 };

/* A block starts with a line that says how to give it back. */
struct block {
	void *map;
	size_t bytes;
};

static void *
take_map(size_t bytes)
{
	bool huge = bytes >= HUGE_FROM;
	size_t all =
	    huge ? round_up(bytes + LINE, HUGE_PAGE) + HUGE_PAGE : bytes + LINE;
	char *map = mmap(NULL, all, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at;

	if (map == MAP_FAILED)
		die("out of memory (%zu bytes)", bytes);
	at = map;
	if (huge) {
		at += (HUGE_PAGE - (uintptr_t)map % HUGE_PAGE) % HUGE_PAGE;
		madvise(at, all - HUGE_PAGE, MADV_HUGEPAGE);
	}
	*(struct block *)(void *)at = (struct block){ map, all };
	return at + LINE;
}

void *
cpu_take(size_t bytes)
{
	char *at;

	if (bytes >= MAP_FROM)
		return take_map(bytes);
	at = aligned_alloc(LINE, round_up(bytes, LINE) + LINE);
	if (!at)
		die("out of memory (%zu bytes)", bytes);
	memset(at, 0, round_up(bytes, LINE) + LINE);
	return at + LINE;
}

void
cpu_give(void *p)
{
	struct block b;

	if (!p)
		return;
	memcpy(&b, (char *)p - LINE, sizeof b);
	if (b.map)
		munmap(b.map, b.bytes);
	else
		free((char *)p - LINE);
}

void
cpu_trim(void *p, size_t was, size_t now)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = round_up((uintptr_t)p + now, page);
	uintptr_t to = ((uintptr_t)p + was) / page * page;

	if (from < to)
		madvise((char *)p + (from - (uintptr_t)p), to - from,
		    MADV_DONTNEED);
}

static void *
room_grow(struct room *r, size_t bytes)
{
	if (bytes > r->bytes) {
		cpu_give(r->at);
		r->bytes = bytes + bytes / 4;
		r->at = cpu_take(r->bytes);
	}
	return r->at;
}

void *
cpu_room(struct dev *d, int which, size_t bytes)
{
	return room_grow(&d->room[which], bytes);
}

void
cpu_own(struct dev *d, size_t bytes)
{
	for (int i = 0; i < d->threads; i++)
		room_grow(&d->own[i], bytes);
}

struct spread {
	struct dev *d;
	size_t n, grain;
	spread_fn *fn;
	const void *arg;
};

static void
spread_job(void *arg, size_t job, int thread)
{
	const struct spread *s = arg;
	size_t from = job * s->grain, left = s->n - from;

	s->fn(s->d, s->arg, from, left < s->grain ? s->n : from + s->grain,
	    thread);
}

void
cpu_spread(
    struct dev *d, size_t n, size_t grain, spread_fn *fn, const void *arg)
{
	struct spread s = { d, n, grain ? grain : 1, fn, arg };

	pool_run(d->pool, (n + s.grain - 1) / s.grain, spread_job, &s);
}

static const struct path *
choose(const char *name, bool bf16, struct err *e)
{
	for (size_t i = 0; i < PATHS; i++) {
		const char *why = NULL;

		if (name && strcmp(name, paths[i]->name) != 0)
			continue;
		if (!name && paths[i]->slow && paths[i]->slow())
			continue;
		if (paths[i]->pairs && !bf16)
			why = "is for bf16 products only";
		else if (!paths[i]->have())
			why = "not on this CPU";
		if (!why)
			return paths[i];
		if (name) {
			err_set(e, "kernel '%s': %s", name, why);
			return NULL;
		}
	}
	err_set(e, "kernel '%s': there is no such kernel", name);
	return NULL;
}

static struct dev *
cpu_open(const struct dev_conf *conf, struct err *e)
{
	bool bf16 = conf->products == PRODUCTS_BF16;
	const struct path *path = choose(conf->kernel, bf16, e);
	struct dev *d;

	if (!path)
		return NULL;
	assert(conf->threads >= 1);
	d = need_zero(1, sizeof *d);
	d->path = path;
	d->threads = conf->threads;
	d->bf16 = bf16;
	d->pool = pool_new(d->threads);
	d->own = need_zero((size_t)d->threads, sizeof *d->own);
	return d;
}

static void
cpu_close(struct dev *d)
{
	if (!d)
		return;
	pool_free(d->pool);
	for (int i = 0; i < ROOMS; i++)
		cpu_give(d->room[i].at);
	for (int i = 0; i < d->threads; i++)
		cpu_give(d->own[i].at);
	free(d->own);
	free(d);
}

static const char *
cpu_kernel(const struct dev *d)
{
	return d->path->name;
}

static void *
dev_take(struct dev *d, size_t bytes)
{
	(void)d;
	return cpu_take(bytes);
}

static void
dev_give(struct dev *d, void *p)
{
	(void)d;
	cpu_give(p);
}

static void
dev_put(struct dev *d, void *to, const void *host, size_t bytes)
{
	(void)d;
	if (bytes)
		memcpy(to, host, bytes);
}

static void
dev_get(struct dev *d, void *host, const void *from, size_t bytes)
{
	(void)d;
	if (bytes)
		memcpy(host, from, bytes);
}

static void
dev_sync(struct dev *d)
{
	(void)d;
}

/* Bytes of an operand in panels of 32, so many units deep. */
static size_t
panels_bytes(size_t n, size_t units)
{
	return round_up(n, PANEL) * units * sizeof(float);
}

static size_t
mat_x_bytes(const struct dev *d, size_t rows, size_t cols, int use)
{
	if (!d->path->panels)
		return rows * cols * sizeof(float);
	if (use & (MAT_BF16 | MAT_CODED) && !d->bf16)
		return round_up(rows, PANEL) * cols * 4 /
		       (use & MAT_CODE4      ? 8
			   : use & MAT_CODE8 ? 4
					     : 2);
	return use & MAT_X ? panels_bytes(rows, mat_deep(d, cols)) : 0;
}

static size_t
mat_dx_bytes(const struct dev *d, size_t rows, size_t cols, int use)
{
	if (!d->path->panels || !(use & MAT_DX))
		return 0;
	return panels_bytes(cols, mat_deep(d, rows));
}

/* Scales of a coded mat, and as many minima. */
static size_t
mat_scale_bytes(const struct dev *d, size_t rows, size_t cols, int use)
{
	size_t block = use & MAT_SHORT ? 16 : 32;

	if (!(use & MAT_CODED) || !d->path->panels)
		return 0;
	return round_up(rows, PANEL) * ((cols + block - 1) / block) *
	       sizeof(float);
}

static size_t
cpu_mat_bytes(struct dev *d, size_t rows, size_t cols, int use)
{
	return mat_x_bytes(d, rows, cols, use) +
	       mat_dx_bytes(d, rows, cols, use) +
	       2 * mat_scale_bytes(d, rows, cols, use);
}

static struct mat *
cpu_mat_new(struct dev *d, size_t rows, size_t cols, int use)
{
	struct mat *w = need_zero(1, sizeof *w);

	assert(rows && cols && use);
	assert(!(use & MAT_CODED) || (!d->bf16 && !(use & MAT_DX)));
	*w = (struct mat){ .rows = rows,
		.cols = cols,
		.use = use,
		.block = use & MAT_SHORT ? 16 : 32 };
	if (mat_scale_bytes(d, rows, cols, use)) {
		w->scale = cpu_take(mat_scale_bytes(d, rows, cols, use));
		w->min = cpu_take(mat_scale_bytes(d, rows, cols, use));
	}
	if (mat_x_bytes(d, rows, cols, use))
		w->x = cpu_take(mat_x_bytes(d, rows, cols, use));
	if (mat_dx_bytes(d, rows, cols, use))
		w->dx = cpu_take(mat_dx_bytes(d, rows, cols, use));
	return w;
}

static void
cpu_mat_free(struct dev *d, struct mat *w)
{
	(void)d;
	if (!w)
		return;
	cpu_give(w->x);
	cpu_give(w->dx);
	cpu_give(w->scale);
	cpu_give(w->min);
	free(w->twelve);
	free(w->odd);
	free(w->odd_from);
	free(w);
}

static size_t
kv_unit(const struct dev *d, size_t dim)
{
	size_t keys, values;

	if (!d->path->panels)
		return KV_PAGE * dim * sizeof(float);
	keys = panels_bytes(KV_PAGE, units_deep(d, dim));
	values = panels_bytes(dim, units_deep(d, KV_PAGE));
	return round_up(keys > values ? keys : values, LINE);
}

static size_t
cpu_kv_bytes(
    struct dev *d, size_t layers, size_t kv_heads, size_t dim, size_t pages)
{
	return 2 * pages * layers * kv_heads * kv_unit(d, dim);
}

static struct kv *
cpu_kv_new(
    struct dev *d, size_t layers, size_t kv_heads, size_t dim, size_t pages)
{
	struct kv *kv = need_zero(1, sizeof *kv);
	size_t bytes = cpu_kv_bytes(d, layers, kv_heads, dim, pages) / 2;

	*kv = (struct kv){ .layers = layers,
		.heads = kv_heads,
		.dim = dim,
		.pages = pages,
		.unit = kv_unit(d, dim),
		.k = cpu_take(bytes),
		.v = cpu_take(bytes) };
	return kv;
}

static void
cpu_kv_free(struct dev *d, struct kv *kv)
{
	(void)d;
	if (!kv)
		return;
	cpu_give(kv->k);
	cpu_give(kv->v);
	free(kv);
}

/* Which member says that there is nothing to do (sumsq of nothing is 0). */
#define COUNT_fill n
#define COUNT_copy n
#define COUNT_axpy n
#define COUNT_gather n
#define COUNT_scatter n
#define COUNT_embed n
#define COUNT_rmsnorm rows
#define COUNT_rmsnorm_grad rows
#define COUNT_rope n
#define COUNT_glu n
#define COUNT_glu_grad n
#define COUNT_mat_put rows
#define COUNT_mat_code rows
#define COUNT_mat_pack w->rows
#define COUNT_linear n
#define COUNT_linear_dx n
#define COUNT_linear_dw n
#define COUNT_bias_grad n
#define COUNT_attn n
#define COUNT_attn_grad fwd.n
#define COUNT_kv_put n
#define COUNT_kv_attn n
#define COUNT_kv_copy tokens
#define COUNT_logp n
#define COUNT_sumsq n + 1
#define COUNT_adamw n

/* The way into an op: subnormals are flushed while it runs. */
#define OP(name)                                                         \
	static void cpu_##name(struct dev *d, const struct op_##name *a) \
	{                                                                \
		unsigned was;                                            \
                                                                         \
		if (a->COUNT_##name == 0)                                \
			return;                                          \
		was = fun_flush_on();                                    \
		d->path->name(d, a);                                     \
		fun_flush_off(was);                                      \
	}
OPS(OP)
#undef OP

const struct ops cpu_ops = { .name = "cpu",
	.open = cpu_open,
	.close = cpu_close,
	.kernel = cpu_kernel,
	.take = dev_take,
	.give = dev_give,
	.put = dev_put,
	.get = dev_get,
	.sync = dev_sync,
	.mat_new = cpu_mat_new,
	.mat_free = cpu_mat_free,
	.mat_bytes = cpu_mat_bytes,
	.kv_new = cpu_kv_new,
	.kv_free = cpu_kv_free,
	.kv_bytes = cpu_kv_bytes,
#define OP(name) .name = cpu_##name,
	OPS(OP)
#undef OP
};
