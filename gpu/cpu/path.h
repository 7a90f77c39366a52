/*
 * One fast path: included by a file that names it and is compiled for its
 * instruction set (gpu/local.mk).
 *   PATH_TABLE  the struct path     PATH_NAME  its name
 *   PATH_HAVE   an expression: does this machine run it?
 *   PATH_DOT    defined where bf16 products use vdpbf16ps
 */
#include <math.h>

#include "gpu/cpu/attn_grad.h"

static bool
have(void)
{
	return PATH_HAVE;
}

const struct path PATH_TABLE = { .name = PATH_NAME,
	.have = have,
	.panels = true,
#ifdef PATH_DOT
	.dot = true,
#endif
#define OP(name) .name = path_##name,
	OPS(OP)
#undef OP
};
