#ifndef SAVE_H
#define SAVE_H
#include "gpu/safetensors.h"
#include "libcore/hub.h"
/*
 * A model written as a Hugging Face folder that transformers loads: the
 * weights as safetensors (one file, or shards with an index), and everything
 * else from the model it came from (`from`): of a folder, config.json with
 * only its dtype changed and all other files but weights verbatim; of a GGUF
 * file, config.json, generation_config.json, tokenizer.json,
 * tokenizer_config.json and chat_template.jinja made from its metadata.
 *
 *   s = save_open(&conf, tensors, n, &e);
 *   for every tensor i, in any order, from any thread:
 *       save_rows(s, i, first, count, floats, &e);
 *   save_close(s, &e);
 *
 * Nothing stands under conf.dir before save_close, which syncs, adds DONE and
 * renames (libcore/outdir.h). Memory: the header; rows are rounded in small
 * pieces and written where they belong.
 */
enum save_dtype { SAVE_F32, SAVE_BF16 }; /* bf16: nearest even */

struct save_tensor {
	const char *name;
	unsigned dims;
	uint64_t dim[ST_DIMS]; /* outermost first */
	/* NULL: numbers, stored as conf.dtype says. Else bytes of this type,
	 * given to save_bytes. */
	const struct st_dtype *raw;
};

struct save_conf {
	const char *dir;
	struct hub *from;
	enum save_dtype dtype;
	uint64_t shard; /* bytes of tensors in a file at most; 0: 5 GB. A
	                   larger tensor has a file of its own */
};

struct save;

/* "f32", "float32", "bf16", "bfloat16"; false: another word. */
bool save_dtype_named(struct str, enum save_dtype *);

/* tensors are copied. NULL on failure, with the reason. */
struct save *save_open(const struct save_conf *,
    const struct save_tensor *tensors, size_t n, struct err *);
/* Numbers first .. first + count - 1 of tensor i, counted through the whole
 * tensor, row by row. Any thread. */
bool save_rows(struct save *, size_t i, uint64_t first, size_t count,
    const float *, struct err *);
/* The whole of a raw tensor. */
bool save_bytes(struct save *, size_t i, const void *, struct err *);
/* Both free it. Every number must have been written: what was not is zero. */
bool save_close(struct save *, struct err *);
void save_abort(struct save *);
#endif
