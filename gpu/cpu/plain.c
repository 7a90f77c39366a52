/* For any machine: no vector instructions, no fused multiply-add. */
#define PATH_TABLE path_plain
#define PATH_NAME "plain"
#define PATH_HAVE true
#include "gpu/cpu/path.h"
