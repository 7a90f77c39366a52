#ifndef PACKED_H
#define PACKED_H
#include "libcore/hash.h"
#include "libcore/str.h"
/*
 * Packed files: the rows that `pack` writes and `train` reads (SPEC 2). JSONL;
 * the first line is a header:
 *
 *   {"plumbline":"packed","version":1,"kind":"sft","tokenizer":"<32 hex>",
 *    "vocab":49152, ...}
 *
 *   kind       "sft", "pairs" or "kto"; rows as SPEC 2 has them
 *   tokenizer  tok_hash in hex
 *   vocab      one more than the greatest id the tokeniser knows
 *
 * Other members (template, options) only have to be equal where files are
 * joined: a further header line may stand anywhere if it equals the first.
 *
 * All rows are read once, checked, and kept in a file without a name under
 * `tmp`, mapped: memory is 64 bytes a sample and what the system keeps of the
 * file.
 */
enum { PACKED_VERSION = 1 };
enum packed_kind { PACKED_SFT, PACKED_PAIRS };

/* A sample, or a pair: the chosen response's tokens, then the other's. */
struct packed_unit {
	const int32_t *id;
	const float *weight; /* of predicting each token; >= 0, finite */
	size_t n[2];
};

/* A line of the file: units first .. first + n - 1. */
struct packed_row {
	size_t first, n, tokens;
};

struct packed {
	enum packed_kind kind;
	struct str header; /* the first line */
	struct packed_row *row;
	size_t rows;
	struct packed_unit *unit;
	size_t units;
	size_t tokens, longest; /* of all rows; of the longest unit */
	struct hash128 digest;  /* of all ids, weights and cuts */

	void *map; /* its own */
	size_t mapped;
};

struct packed_want {
	enum packed_kind kind;
	const char *tokenizer; /* hex, of the model */
	const char *model;     /* its name, for messages */
	size_t vocab;          /* of the model: ids are below it */
	size_t spare;          /* ids its tokeniser may know beyond it */
	const char *tmp;
};

/* files may be "-". NULL with the reason (file and line named): not a packed
 * file, a newer version, another kind, another tokeniser or a vocabulary
 * larger than the model's (both named), headers that differ, a malformed row,
 * a pair of which one side has no token to learn, no rows at all. */
struct packed *packed_open(const char *const *files, size_t n,
    const struct packed_want *, struct err *);
void packed_close(struct packed *);
#endif
