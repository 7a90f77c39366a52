#ifndef SAFETENSORS_H
#define SAFETENSORS_H
#include "libcore/arena.h"
#include "libcore/str.h"
/*
 * Tensors in safetensors files, one or sharded with an index, mapped into
 * memory. Layout: u64 length of the header (little-endian), a JSON object
 * {name: {dtype, shape, data_offsets: [begin, end]}}, the data.
 *
 * Everything is checked before it is believed: the header's length (at most
 * 100 MB and inside the file), its JSON, duplicate names, dtypes, shapes
 * (product without overflow), offsets (begin <= end, the size the shape
 * needs, no overlap, no hole, none left over at the end), and of an index
 * that it names plain files that hold what it says. Data need not be aligned.
 */
enum { ST_DIMS = 8 };

struct st_dtype {
	const char *name; /* "BF16" */
	unsigned bytes;
};
/* The three that can be computed with; others are carried as bytes. */
extern const struct st_dtype *const st_f32, *const st_f16, *const st_bf16;
const struct st_dtype *st_dtype_named(struct str); /* or NULL */

struct st_tensor {
	struct str name; /* NUL-ended, no NUL inside */
	const struct st_dtype *dtype;
	unsigned dims;
	uint64_t dim[ST_DIMS]; /* outermost first */
	const unsigned char *data;
	size_t bytes;
};

struct safetensors {
	struct st_tensor *tensor; /* by name */
	size_t n;
	struct st_file *file; /* its own */
	size_t files;
	struct arena mem;
};

/* NULL on failure, with the reason. st_open: one file. st_dir: DIR's
 * model.safetensors, else what model.safetensors.index.json names.
 * st_parse: bytes that are borrowed until st_close. */
struct safetensors *st_open(const char *path, struct err *);
struct safetensors *st_dir(const char *dir, struct err *);
struct safetensors *st_parse(
    const void *bytes, size_t n, const char *name, struct err *);
void st_close(struct safetensors *);
const struct st_tensor *st_find(const struct safetensors *, const char *name);
#endif
