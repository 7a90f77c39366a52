#ifndef CREW_H
#define CREW_H
#include <stddef.h>
/*
 * A few threads that share out the pieces of one job, for host work between
 * device passes.
 */
struct crew;

struct crew *crew_new(int threads); /* >= 1; the caller is one of them */
void crew_free(struct crew *);
/* work(ctx, i, thread) for i in 0 .. n - 1, each once, in any order; thread
 * is 0 .. threads - 1, and one piece at a time has it. Returns when all are
 * done. */
void crew_run(struct crew *, void (*work)(void *ctx, size_t i, int thread),
    void *ctx, size_t n);
#endif
