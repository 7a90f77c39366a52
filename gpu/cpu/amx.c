/* AVX-512, with the products of bf16 weights by AMX tiles. */
#define PATH_TABLE path_amx
#define PATH_NAME "amx"
#define PATH_HAVE (have_tiles() && tiles_are_as_ref())
#define PATH_TILES
#include "gpu/cpu/tiles.h"

#include "gpu/cpu/path.h"
