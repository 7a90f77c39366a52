#ifndef CONF_H
#define CONF_H
#include "libcore/hub.h"
/*
 * A model's shape, read from config.json (as transformers 4 and 5 spell it)
 * or from GGUF metadata. What the engine cannot do is refused by name.
 *
 * Families: llama (also mistral without a sliding window) and qwen2. Per
 * layer: x += attention(rmsnorm(x)); x += down(silu(gate(h)) * up(h)), h =
 * rmsnorm(x); rotary positions in half-split order, over the whole head.
 */
enum family { FAMILY_LLAMA, FAMILY_QWEN2 };

/*
 * How rotary frequencies f_i = theta^(-2i/head_dim) are changed for contexts
 * longer than the trained one; formulas as in transformers'
 * modeling_rope_utils.py.
 *
 * LINEAR  f / factor
 * LLAMA3  wave length w = 2 pi / f, original context L: f / factor where
 *         w > L / low; f where w < L / high; between, with
 *         a = (L / w - low) / (high - low): (1 - a) f / factor + a f
 * YARN    f / factor and f blended by a ramp over dimensions between the
 *         corrections of beta_fast and beta_slow (floor and ceil taken if
 *         `truncate`); cos and sin times `attention`
 *         (Peng et al. 2023, arXiv 2309.00071)
 * TABLE   f_i / divide[i] (GGUF's rope_freqs)
 */
enum rope_kind { ROPE_PLAIN, ROPE_LINEAR, ROPE_LLAMA3, ROPE_YARN, ROPE_TABLE };
enum { ROPE_PAIRS = 256 }; /* head_dim is at most twice this */

struct rope_conf {
	enum rope_kind kind;
	double theta, factor;
	double low, high;            /* LLAMA3: low_, high_freq_factor */
	double original;             /* LLAMA3, YARN: the trained context */
	double beta_fast, beta_slow; /* YARN */
	double attention;            /* YARN; 1 for the others */
	bool truncate;               /* YARN */
	float divide[ROPE_PAIRS];    /* TABLE: [head_dim / 2] */
};

struct model_conf {
	enum family family;
	size_t layers, width, heads, kv_heads, head_dim, ffn, vocab;
	size_t context; /* max_position_embeddings */
	double eps;     /* of every RMS norm */
	struct rope_conf rope;
	bool qkv_bias, o_bias, mlp_bias;
	bool tied; /* lm_head.weight is model.embed_tokens.weight */
};

/* On success every count is at least 1 and at most 2^24 (vocab, context:
 * 2^31), heads is a multiple of kv_heads, head_dim even, all products of two
 * counts fit a size_t. */
bool conf_read(struct model_conf *, const struct hub *, struct err *);
#endif
