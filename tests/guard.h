#ifndef GUARD_H
#define GUARD_H
#include "gpu/ops.h"
/*
 * A backend for tests: the CPU's, behind device memory that cannot be read
 * or written except while its queue runs, and a queue that runs only at sync
 * (and at close). Whatever is right on a real device is right here; what
 * touches device memory from the host dies of SIGSEGV, and what reads a `get`
 * before the sync finds bytes 0xa5. Conf is the CPU backend's.
 *
 * It is not in backends[]: list tests/guard.c beside a test's own source.
 */
extern const struct ops guard_ops;
#endif
