#include "tests/guard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = 64, BLOCKS = 1 << 16 };
#define REGION ((size_t)1 << 32)

/* Queued work: its argument struct, or bytes, follow. */
struct node {
	struct node *next;
	void (*run)(struct dev *cpu, const void *arg);
	_Alignas(max_align_t) unsigned char arg[];
};

struct guard {
	struct dev *cpu;
	char *base;  /* the device's memory */
	size_t used; /* blocks follow one another and are never merged */
	struct block {
		size_t at, bytes;
		bool free;
	} * block;
	size_t blocks;
	struct node *first, **last;
};

static struct guard *
guard_of(struct dev *d)
{
	return (struct guard *)(void *)d;
}

static void
doors(struct guard *g, int how)
{
	if (mprotect(g->base, REGION, how))
		die_sys("mprotect");
}

static void *
later(struct dev *d, void (*run)(struct dev *, const void *), const void *arg,
    size_t bytes, size_t room)
{
	struct guard *g = guard_of(d);
	struct node *n = need_alloc(sizeof *n + room);

	n->next = NULL;
	n->run = run;
	memcpy(n->arg, arg, bytes);
	*g->last = n;
	g->last = &n->next;
	return n->arg;
}

static void
guard_sync(struct dev *d)
{
	struct guard *g = guard_of(d);
	struct node *next;

	doors(g, PROT_READ | PROT_WRITE);
	for (struct node *n = g->first; n; n = next) {
		next = n->next;
		n->run(g->cpu, n->arg);
		free(n);
	}
	g->first = NULL;
	g->last = &g->first;
	cpu_ops.sync(g->cpu);
	doors(g, PROT_NONE);
}

static struct dev *
guard_open(const struct dev_conf *conf, struct err *e)
{
	struct dev *cpu = cpu_ops.open(conf, e);
	struct guard *g;

	if (!cpu)
		return NULL;
	g = need_zero(1, sizeof *g);
	g->cpu = cpu;
	g->last = &g->first;
	g->block = need_zero(BLOCKS, sizeof *g->block);
	g->base = mmap(NULL, REGION, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (g->base == MAP_FAILED)
		die_sys("mmap");
	return (struct dev *)(void *)g;
}

static void
guard_close(struct dev *d)
{
	struct guard *g = guard_of(d);

	if (!g)
		return;
	guard_sync(d);
	cpu_ops.close(g->cpu);
	munmap(g->base, REGION);
	free(g->block);
	free(g);
}

static const char *
guard_kernel(const struct dev *d)
{
	return cpu_ops.kernel(((const struct guard *)(const void *)d)->cpu);
}

static struct block *
block_of(struct guard *g, size_t bytes)
{
	struct block *b = g->block;

	for (; b < g->block + g->blocks; b++)
		if (b->free && b->bytes == bytes)
			return b;
	assert(g->blocks < BLOCKS && g->used + bytes <= REGION);
	g->blocks++;
	b->at = g->used;
	b->bytes = bytes;
	g->used += bytes;
	return b;
}

static void *
guard_take(struct dev *d, size_t bytes)
{
	struct guard *g = guard_of(d);
	struct block *b = block_of(g, (bytes / LINE + 1) * LINE);

	b->free = false;
	doors(g, PROT_READ | PROT_WRITE);
	memset(g->base + b->at, 0, b->bytes);
	doors(g, PROT_NONE);
	return g->base + b->at;
}

static void
run_give(struct dev *cpu, const void *arg)
{
	struct block *const *b = arg;

	(void)cpu;
	(*b)->free = true;
}

static void
guard_give(struct dev *d, void *p)
{
	struct guard *g = guard_of(d);
	struct block *b = g->block;

	if (!p)
		return;
	while (g->base + b->at != (char *)p || b->free) {
		b++;
		assert(b < g->block + g->blocks);
	}
	later(d, run_give, &b, sizeof b, sizeof b);
}

struct transfer {
	void *to;
	const void *from;
	size_t bytes;
};

static void
run_put(struct dev *cpu, const void *arg)
{
	const struct transfer *t = arg;

	cpu_ops.put(cpu, t->to, t + 1, t->bytes);
}

static void
guard_put(struct dev *d, void *to, const void *host, size_t bytes)
{
	struct transfer t = { to, NULL, bytes }, *queued;

	queued = later(d, run_put, &t, sizeof t, sizeof t + bytes);
	if (bytes)
		memcpy(queued + 1, host, bytes);
}

static void
run_get(struct dev *cpu, const void *arg)
{
	const struct transfer *t = arg;

	cpu_ops.get(cpu, t->to, t->from, t->bytes);
}

static void
guard_get(struct dev *d, void *host, const void *from, size_t bytes)
{
	struct transfer t = { host, from, bytes };

	if (bytes)
		memset(host, 0xa5, bytes);
	later(d, run_get, &t, sizeof t, sizeof t);
}

static struct mat *
guard_mat_new(struct dev *d, size_t rows, size_t cols, int use)
{
	return cpu_ops.mat_new(guard_of(d)->cpu, rows, cols, use);
}

static void
run_mat_free(struct dev *cpu, const void *arg)
{
	cpu_ops.mat_free(cpu, *(struct mat *const *)arg);
}

static void
guard_mat_free(struct dev *d, struct mat *w)
{
	later(d, run_mat_free, &w, sizeof w, sizeof w);
}

static size_t
guard_mat_bytes(struct dev *d, size_t rows, size_t cols, int use)
{
	return cpu_ops.mat_bytes(guard_of(d)->cpu, rows, cols, use);
}

static struct kv *
guard_kv_new(
    struct dev *d, size_t layers, size_t kv_heads, size_t dim, size_t pages)
{
	return cpu_ops.kv_new(guard_of(d)->cpu, layers, kv_heads, dim, pages);
}

static void
run_kv_free(struct dev *cpu, const void *arg)
{
	cpu_ops.kv_free(cpu, *(struct kv *const *)arg);
}

static void
guard_kv_free(struct dev *d, struct kv *kv)
{
	later(d, run_kv_free, &kv, sizeof kv, sizeof kv);
}

static size_t
guard_kv_bytes(
    struct dev *d, size_t layers, size_t kv_heads, size_t dim, size_t pages)
{
	return cpu_ops.kv_bytes(guard_of(d)->cpu, layers, kv_heads, dim, pages);
}

/* Each op is queued with a copy of its arguments. */
#define OP(name)                                                           \
	static void run_##name(struct dev *cpu, const void *arg)           \
	{                                                                  \
		cpu_ops.name(cpu, arg);                                    \
	}                                                                  \
	static void guard_##name(struct dev *d, const struct op_##name *a) \
	{                                                                  \
		later(d, run_##name, a, sizeof *a, sizeof *a);             \
	}
OPS(OP)
#undef OP

const struct ops guard_ops = { .name = "guard",
	.open = guard_open,
	.close = guard_close,
	.kernel = guard_kernel,
	.take = guard_take,
	.give = guard_give,
	.put = guard_put,
	.get = guard_get,
	.sync = guard_sync,
	.mat_new = guard_mat_new,
	.mat_free = guard_mat_free,
	.mat_bytes = guard_mat_bytes,
	.kv_new = guard_kv_new,
	.kv_free = guard_kv_free,
	.kv_bytes = guard_kv_bytes,
#define OP(name) .name = guard_##name,
	OPS(OP)
#undef OP
};
