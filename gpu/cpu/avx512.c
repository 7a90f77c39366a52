/* AVX-512, bf16 by fused multiply-adds. */
#define PATH_TABLE path_avx512
#define PATH_NAME "avx512"
#define PATH_HAVE                                 \
	(__builtin_cpu_supports("avx512f") &&     \
	    __builtin_cpu_supports("avx512bw") && \
	    __builtin_cpu_supports("avx512dq") && \
	    __builtin_cpu_supports("avx512vl"))
#include "gpu/cpu/path.h"
