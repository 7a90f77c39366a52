#ifndef GGUF_H
#define GGUF_H
#include "libcore/str.h"
/*
 * GGUF files, version 2 and 3: typed metadata and a directory of tensors,
 * mapped into memory, never copied. Layout: the ggml project's docs/gguf.md.
 *
 * Everything in the header is checked before it is believed: magic, version,
 * counts against the bytes there are, lengths, value types, duplicate keys
 * and tensor names, dimensions (product without overflow, a whole number of
 * blocks), alignment, offsets inside the file, tensors that overlap. Nested
 * arrays are refused (no writer makes them).
 */
struct gguf;

/* NULL on failure, with the reason. gguf_parse reads the same from bytes that
 * are borrowed until gguf_close; name is used in messages. */
struct gguf *gguf_open(const char *path, struct err *);
struct gguf *gguf_parse(
    const void *bytes, size_t n, const char *name, struct err *);
void gguf_close(struct gguf *);

/*
 * Metadata. Strings and arrays of them are slices of the file and live until
 * gguf_close. A value of another type counts as absent; any integer type
 * serves as an int (if it fits), any number as a real.
 */
bool gguf_has(const struct gguf *, const char *key);
struct str gguf_str(const struct gguf *, const char *key); /* {NULL, 0} */
bool gguf_int(const struct gguf *, const char *key, int64_t *);
bool gguf_real(const struct gguf *, const char *key, double *);
bool gguf_bool(const struct gguf *, const char *key, bool *);
/* Items of an array of any type; 0 if there is none under this key. */
size_t gguf_count(const struct gguf *, const char *key);
/* Arrays, as one block of *n items that the caller frees; NULL if absent or
 * of another type (never NULL for an empty array). gguf_ints takes bools too. */
struct str *gguf_strs(const struct gguf *, const char *key, size_t *n);
int64_t *gguf_ints(const struct gguf *, const char *key, size_t *n);
float *gguf_floats(const struct gguf *, const char *key, size_t *n);

/* How a tensor's numbers are stored. One row a type; the numbers are the
 * file format's own. */
enum gguf_type {
	GGUF_F32 = 0,
	GGUF_F16 = 1,
	GGUF_Q4_0 = 2,
	GGUF_Q4_1 = 3,
	GGUF_Q5_0 = 6,
	GGUF_Q5_1 = 7,
	GGUF_Q8_0 = 8,
	GGUF_Q4_K = 12,
	GGUF_Q5_K = 13,
	GGUF_Q6_K = 14,
	GGUF_BF16 = 30,
};

struct gguf_type_info {
	const char *name; /* "Q4_1"; NULL: no such type */
	uint32_t items;   /* numbers in a block */
	uint32_t bytes;   /* bytes of a block */
};
const struct gguf_type_info *gguf_type_info(uint32_t type); /* or NULL */

/* dim[0] is the innermost (columns), as in the file; dims above are 1. */
struct gguf_tensor {
	struct str name;
	uint32_t type;
	unsigned dims;
	uint64_t dim[4];
	const unsigned char *data; /* aligned only as the file is */
	size_t bytes;
};
size_t gguf_tensors(const struct gguf *);
const struct gguf_tensor *gguf_tensor(const struct gguf *, size_t i);
const struct gguf_tensor *gguf_find(const struct gguf *, const char *name);
#endif
