#ifndef POOL_H
#define POOL_H
#include <stddef.h>
/*
 * Threads that share jobs. A run hands out jobs 0 .. n-1 one by one to
 * whichever thread asks next, so what a busy machine takes from one thread
 * the others do; no job's result may depend on who does it. Waiting threads
 * spin for some microseconds, then sleep, so an idle pool costs nothing.
 *
 * pool_new  threads >= 1, the caller's included; dies if there are no more
 * pool_run  returns when all jobs are done; thread is 0 .. threads-1, 0 the
 *           caller. Workers flush subnormals (fun_flush_on) and take no
 *           signals. fn must not die.
 */
struct pool;
typedef void pool_fn(void *arg, size_t job, int thread);

struct pool *pool_new(int threads);
void pool_free(struct pool *);
void pool_run(struct pool *, size_t jobs, pool_fn *, void *arg);
#endif
