/*
 * One fast path: included by a file that names it and is compiled for its
 * instruction set (gpu/local.mk).
 *   PATH_TABLE  the struct path     PATH_NAME  its name
 *   PATH_HAVE   an expression: does this machine run it?
 *   PATH_DOT    defined where bf16 products use vdpbf16ps
 *   PATH_SLOW   an expression: is it one to use only when named?
 *   PATH_TILES  defined where bf16 products with weights use AMX tiles
 * Fuzz targets run no kernel and are built without the fast paths, which
 * take minutes to compile with a fuzzer's instrumentation.
 */
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#include <math.h>

#include "gpu/cpu/attn_grad.h"
#ifdef PATH_TILES
#include "gpu/cpu/amx.h"
#else
#include "gpu/cpu/linear.h"
#endif

static bool
have(void)
{
	return PATH_HAVE;
}

#ifdef PATH_SLOW
static bool
slow(void)
{
	return PATH_SLOW;
}
#endif

const struct path PATH_TABLE = { .name = PATH_NAME,
	.have = have,
	.panels = true,
#if defined PATH_DOT || defined PATH_TILES
	.pairs = true,
#endif
#ifdef PATH_TILES
	.tiles = true,
#endif
#ifdef PATH_SLOW
	.slow = slow,
#endif
#define OP(name) .name = path_##name,
	OPS(OP)
#undef OP
};
#endif
