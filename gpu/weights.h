#ifndef WEIGHTS_H
#define WEIGHTS_H
#include "gpu/conf.h"
#include "gpu/quant.h"
/*
 * A model's tensors, whatever file holds them, under Hugging Face names
 * ("model.layers.0.self_attn.q_proj.weight") and in Hugging Face layout: the
 * rows of q and k that GGUF permutes for llama are put back, the 1 that it adds
 * to norms that multiply by 1 + gain is taken off. Files stay
 * mapped and unconverted; what is asked for is decoded.
 */
struct weight {
	struct str name;   /* NUL-ended */
	const char *dtype; /* as stored: "BF16", "Q4_1"; for messages */
	bool real;         /* can be read as numbers (not I64, BOOL, F8 ...) */
	/* [rows, cols]: all dimensions but the last, and the last; a vector
	 * is one row. */
	size_t rows, cols;
	unsigned dims; /* the true shape, outermost first */
	uint64_t dim[8];
	const unsigned char *data; /* as stored */
	size_t bytes;

	/* the reader's own */
	uint32_t type;
	size_t heads; /* of permuted rows; 0: none */
	float less;   /* subtracted: what a file has added to a norm's gain */
};

struct weights;

/* The model's files, opened and checked; NULL on failure. The hub is
 * borrowed until weights_close. A GGUF tensor that has no Hugging Face name
 * or a type that cannot be decoded is refused by name. */
struct weights *weights_open(const struct hub *, struct err *);
void weights_close(struct weights *);

size_t weights_count(const struct weights *);
const struct weight *weights_at(const struct weights *, size_t i); /* by name */
const struct weight *weights_find(const struct weights *, const char *name);
/* The same, with its shape checked and `real`; NULL with the reason ("tensor
 * '...' is missing", "is [3, 4], not [3, 5]"). rows = 1 for vectors. */
const struct weight *weights_need(const struct weights *, const char *name,
    size_t rows, size_t cols, struct err *);

/* out[n, cols] = rows first .. first + n - 1 as float32. Any thread; cannot
 * fail (w->real; a range outside the tensor is a bug). */
void weights_read(const struct weights *, const struct weight *, size_t first,
    size_t n, float *out);
/* Rows first .. first + n - 1 have been read: their pages of the file may leave
 * memory (they come back when they are read again). */
void weights_passed(const struct weight *, size_t first, size_t n);
/* How the numbers are stored, where that is codes (quant.h); bits 16: bf16. */
struct quant_form weights_form(const struct weight *);
/* The same rows as codes: code[n, cols], scale and min [n, cols / block]. */
void weights_codes(const struct weight *, size_t first, size_t n, size_t block,
    int8_t *code, float *scale, float *min);
#endif
