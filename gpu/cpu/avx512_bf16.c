/* AVX-512 with vdpbf16ps, for bf16 products. */
#define PATH_TABLE path_avx512_bf16
#define PATH_NAME "avx512-bf16"
#define PATH_HAVE                                 \
	(__builtin_cpu_supports("avx512f") &&     \
	    __builtin_cpu_supports("avx512bw") && \
	    __builtin_cpu_supports("avx512dq") && \
	    __builtin_cpu_supports("avx512vl") && \
	    __builtin_cpu_supports("avx512bf16") && dot_is_two_fmas())
/* On Intel's cores two fused multiply-adds take half the time of a vdpbf16ps
 * and give the same bits, so it is used only where it is asked for. */
#define PATH_SLOW (!__builtin_cpu_is("amd"))
#define PATH_DOT
#include "gpu/cpu/dot.h"

#include "gpu/cpu/path.h"
