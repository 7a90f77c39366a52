#include "gpu/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/die.h"

struct crew {
	int threads;
	pthread_t *thread;
	pthread_mutex_t lock;
	pthread_cond_t begin, end;
	unsigned long turn; /* how many jobs there have been */
	int busy, named;
	bool leave;
	void (*work)(void *, size_t, int);
	void *ctx;
	size_t n;
	atomic_size_t next;
};

static void
share(struct crew *c, int thread)
{
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) < c->n)
		c->work(c->ctx, i, thread);
}

static void *
body(void *arg)
{
	struct crew *c = arg;
	unsigned long seen = 0;
	int me;

	pthread_mutex_lock(&c->lock);
	me = ++c->named;
	for (;;) {
		while (!c->leave && c->turn == seen)
			pthread_cond_wait(&c->begin, &c->lock);
		if (c->leave)
			break;
		seen = c->turn;
		pthread_mutex_unlock(&c->lock);
		share(c, me);
		pthread_mutex_lock(&c->lock);
		if (!--c->busy)
			pthread_cond_signal(&c->end);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct crew *
crew_new(int threads)
{
	struct crew *c = need_zero(1, sizeof *c);

	c->threads = threads;
	c->thread = need_zero((size_t)threads, sizeof *c->thread);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->begin, NULL);
	pthread_cond_init(&c->end, NULL);
	for (int i = 1; i < threads; i++) {
		int rc = pthread_create(&c->thread[i], NULL, body, c);

		if (rc)
			die("cannot start a thread: %s", strerror(rc));
	}
	return c;
}

void
crew_free(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->leave = true;
	pthread_cond_broadcast(&c->begin);
	pthread_mutex_unlock(&c->lock);
	for (int i = 1; i < c->threads; i++)
		pthread_join(c->thread[i], NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->begin);
	pthread_cond_destroy(&c->end);
	free(c->thread);
	free(c);
}

void
crew_run(struct crew *c, void (*work)(void *, size_t, int), void *ctx, size_t n)
{
	c->work = work;
	c->ctx = ctx;
	c->n = n;
	atomic_store(&c->next, 0);
	if (c->threads == 1 || n < 2) {
		share(c, 0);
		return;
	}
	pthread_mutex_lock(&c->lock);
	c->busy = c->threads - 1;
	c->turn++;
	pthread_cond_broadcast(&c->begin);
	pthread_mutex_unlock(&c->lock);
	share(c, 0);
	pthread_mutex_lock(&c->lock);
	while (c->busy)
		pthread_cond_wait(&c->end, &c->lock);
	pthread_mutex_unlock(&c->lock);
}
