#ifndef CONF_H
#define CONF_H
#include "libcore/hub.h"
/*
 * A model's shape, read from config.json (as transformers 4 and 5 spell it)
 * or from GGUF metadata. What the engine cannot do is refused by name.
 *
 * Per layer: x += attention(norm(x)); x += down(act(gate(h)) * up(h)), h =
 * norm(x); rotary positions in half-split order, over the whole head. What
 * families do otherwise is a row of one table in conf.c.
 */
struct family {
	const char *type;  /* config.json's model_type */
	const char *arch;  /* GGUF's general.architecture, or NULL: none */
	const char *class; /* transformers' */
	bool permuted;   /* GGUF interleaves the halves of q's and k's heads */
	bool qkv_bias;   /* q, k and v always have one, o never */
	bool biases;     /* attention_bias: q, k, v and o have one */
	bool mlp_biases; /* mlp_bias: there may be some */
	bool head_norms; /* q and k are normed, head by head, and then rotated
	                    */
	bool post_norms; /* what attention and MLP give is normed, too */
	bool plus_one;   /* norms multiply by 1 + gain */
	bool scaled;     /* embeddings are multiplied by sqrt(width) */
	bool tied;       /* unless config.json says otherwise */
	bool gelu;       /* act is GELU by tanh, else SiLU */
	/* Which layers see the last `window` positions only, where no
	 * layer_types tell. */
	enum {
		WINDOW_NONE,
		WINDOW_ALL,   /* sliding_window, where it is set: all */
		WINDOW_UPPER, /* if use_sliding_window: from max_window_layers
		                 up */
		WINDOW_MOST,  /* all but each sliding_window_pattern-th */
	} windows;
	size_t spare; /* ids its tokenizer may have beyond the vocabulary: those
	                 of pictures */
	size_t head_dim;           /* where none is given; 0: width / heads */
	double theta, local_theta; /* defaults; local: of layers with a window,
	                              0: theta */
};

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

enum { WINDOW_LAYERS = 1024 }; /* models with a window have at most so many */

struct model_conf {
	const struct family *family;
	size_t layers, width, heads, kv_heads, head_dim, ffn, vocab;
	size_t context; /* max_position_embeddings */
	size_t window;  /* local layers see so many positions, their own too */
	uint8_t local[WINDOW_LAYERS / 8]; /* a bit a layer; none: all see all */
	double eps;                       /* of every RMS norm */
	double query; /* scores are divided by sqrt(query): head_dim for most */
	struct rope_conf rope, rope_local; /* rope_local: of local layers */
	bool qkv_bias, o_bias, mlp_bias;
	bool tied;     /* lm_head.weight is model.embed_tokens.weight */
	size_t labels; /* 0: a language model; else score.weight [labels, width]
	                  stands in the place of its head */
};

/* Rows of the head. */
static inline size_t
conf_outs(const struct model_conf *c)
{
	return c->labels ? c->labels : c->vocab;
}

static inline bool
conf_is_local(const struct model_conf *c, size_t layer)
{
	return c->window && c->local[layer / 8] >> layer % 8 & 1;
}

/* On success every count is at least 1 and at most 2^24 (vocab, context:
 * 2^31), heads is a multiple of kv_heads, head_dim even, all products of two
 * counts fit a size_t. */
bool conf_read(struct model_conf *, const struct hub *, struct err *);
#endif
