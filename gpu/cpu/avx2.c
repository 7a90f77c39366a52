/* AVX2 with FMA. __builtin_cpu_supports also asks whether the system saves
 * the registers. */
#define PATH_TABLE path_avx2
#define PATH_NAME "avx2"
#define PATH_HAVE \
	(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#include "gpu/cpu/path.h"
