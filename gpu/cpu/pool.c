#include "gpu/cpu/pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gpu/cpu/fun.h"
#include "libcore/die.h"

/* Some tens of microseconds: longer than the gaps between a model's ops, short
 * beside a time slice, so that on a busy machine the others' work goes on. */
enum { SPIN = 1000 };
#define OPEN 0x80000000u /* in `busy`: the run may be joined */

struct worker {
	struct pool *pool;
	pthread_t id;
	int thread;
};

struct pool {
	_Atomic uint32_t runs;   /* counts runs; workers wait for a new one */
	_Atomic uint32_t asleep; /* workers that wait in the kernel */
	_Atomic uint32_t busy;   /* workers inside the run, and OPEN */
	_Atomic uint32_t waits;  /* the caller waits in the kernel */
	_Atomic size_t next;
	_Atomic bool quit;
	size_t jobs;
	pool_fn *fn;
	void *arg;
	int threads;
	struct worker worker[];
};

static void
futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static void
pause_once(void)
{
#ifdef __SSE2__
	_mm_pause();
#endif
}

/* Wait until *word is no longer `was`. */
static void
wait_change(_Atomic uint32_t *word, uint32_t was, _Atomic uint32_t *sleepers)
{
	for (int i = 0; i < SPIN; i++) {
		if (atomic_load(word) != was)
			return;
		pause_once();
	}
	atomic_fetch_add(sleepers, 1);
	while (atomic_load(word) == was)
		futex(word, FUTEX_WAIT_PRIVATE, was);
	atomic_fetch_sub(sleepers, 1);
}

static void
do_jobs(struct pool *p, int thread)
{
	size_t job;

	while ((job = atomic_fetch_add(&p->next, 1)) < p->jobs)
		p->fn(p->arg, job, thread);
}

/* A worker that comes too late finds the run closed and leaves it alone, so
 * the caller never waits for a thread that has not begun. */
static bool
join(struct pool *p)
{
	uint32_t busy = atomic_load(&p->busy);

	while (busy & OPEN)
		if (atomic_compare_exchange_weak(&p->busy, &busy, busy + 1))
			return true;
	return false;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	uint32_t seen = 0;

	fun_flush_on();
	for (;;) {
		wait_change(&p->runs, seen, &p->asleep);
		seen = atomic_load(&p->runs);
		if (atomic_load(&p->quit))
			return NULL;
		if (!join(p))
			continue;
		do_jobs(p, w->thread);
		if (atomic_fetch_sub(&p->busy, 1) == 1 &&
		    atomic_load(&p->waits))
			futex(&p->busy, FUTEX_WAKE_PRIVATE, 1);
	}
}

static void
announce(struct pool *p)
{
	atomic_fetch_add(&p->runs, 1);
	if (atomic_load(&p->asleep))
		futex(&p->runs, FUTEX_WAKE_PRIVATE, INT32_MAX);
}

struct pool *
pool_new(int threads)
{
	struct pool *p =
	    need_zero(1, sizeof *p + (size_t)threads * sizeof *p->worker);
	sigset_t all, was;

	p->threads = threads;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	for (int i = 1; i < threads; i++) {
		p->worker[i] = (struct worker){ .pool = p, .thread = i };
		if (pthread_create(&p->worker[i].id, NULL, work, &p->worker[i]))
			die("cannot start thread %d of %d", i + 1, threads);
	}
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return p;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	atomic_store(&p->quit, true);
	announce(p);
	for (int i = 1; i < p->threads; i++)
		pthread_join(p->worker[i].id, NULL);
	free(p);
}

void
pool_run(struct pool *p, size_t jobs, pool_fn *fn, void *arg)
{
	uint32_t busy;

	if (p->threads == 1 || jobs <= 1) {
		for (size_t i = 0; i < jobs; i++)
			fn(arg, i, 0);
		return;
	}
	p->jobs = jobs;
	p->fn = fn;
	p->arg = arg;
	atomic_store(&p->next, 0);
	atomic_store(&p->busy, OPEN);
	announce(p);
	do_jobs(p, 0);
	atomic_fetch_and(&p->busy, ~OPEN);
	while ((busy = atomic_load(&p->busy)))
		wait_change(&p->busy, busy, &p->waits);
}
