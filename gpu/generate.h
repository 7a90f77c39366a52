#ifndef GENERATE_H
#define GENERATE_H
#include "gpu/mask.h"
#include "gpu/model.h"
#include "gpu/sample.h"
#include "libcore/tok.h"
/*
 * Generation for many prompts at once over one paged cache.
 *
 * Asks wait in a queue. Each step is one forward pass over a row for every
 * running sample and up to `chunk` rows of prompts that have just been let
 * in. The samples of one prompt share its full pages and copy the last,
 * partial one; a slot whose sample has ended is refilled in the next step;
 * full pages of finished prompts are kept for prompts that begin alike, until
 * their room is needed.
 *
 * What an ask is answered depends on the ask and the model alone: not on the
 * asks beside it, the slots, the chunk, the memory, or threads (model.h,
 * sample.h). Asks are answered in the order in which they end.
 *
 * Memory: `kv_bytes` for keys and values, all taken at the start; an ask is
 * let in only when its prompt and its first sample at its longest fit, so
 * nothing that runs is ever thrown out.
 *
 * All functions belong to one thread; sampling runs on `threads` of its own.
 */
struct gen;

struct gen_conf {
	size_t slots;    /* samples that run at once, >= 1 */
	size_t kv_bytes; /* at least a page is taken */
	size_t chunk;    /* prompt rows in one pass, >= 1 */
	int threads;     /* that sample, >= 1 */
};

/* The model and the tokeniser are borrowed. NULL with the reason when the
 * model has fewer rows of logits than the tokeniser has ids. */
struct gen *gen_new(
    struct model *, const struct tok *, const struct gen_conf *, struct err *);
void gen_free(struct gen *);

enum gen_finish {
	GEN_STOP,   /* a stop token or a stop string */
	GEN_LENGTH, /* max_tokens, or the end of the model's context */
	GEN_BROKEN, /* the model gave logits that are no numbers */
};
extern const char *const gen_finishes[]; /* "stop", "length", "error" */

/* A token that might have been drawn, and its log-probability, nats. */
struct gen_top {
	int32_t id;
	float logp;
};
enum { GEN_TOPS = 20 };

struct gen_answer {
	uint32_t sample;
	enum gen_finish finish;
	/* What was drawn, the stop token too, and its log-probabilities under
	 * the model itself (before bias, temperature, cuts), nats. */
	const int32_t *ids;
	const float *logps;
	size_t n;
	/* [n, tops] the likeliest tokens at each place, likeliest first; NULL
	 * where the ask's `tops` is 0. Their log-probabilities are that of what
	 * was drawn and the difference of logits, rounded once. */
	const struct gen_top *top;
	/* The text: without special tokens, cut before the stop string, bytes
	 * that are not UTF-8 replaced by U+FFFD. */
	struct str text;
	/* of an ask for probabilities: log p(next[i] | prompt) */
	const float *next;
};

struct gen_ask {
	const int32_t *ids; /* the prompt, at least one id; copied */
	size_t n;
	/* Which samples are wanted, by number; copied. */
	const uint32_t *sample;
	size_t samples;
	const struct sample_conf *conf; /* borrowed while it runs */
	size_t max_tokens;              /* >= 1 */
	/* Before so many, no stop token is drawn and no stop string ends. */
	size_t min_tokens;
	const struct str *stop; /* strings; borrowed while it runs */
	size_t stops;
	const int32_t *stop_id; /* tokens; borrowed while it runs */
	size_t stop_ids;
	/* Hold samples to a grammar, or NULL; borrowed while it runs. One that
	 * is whole ends with GEN_STOP, with or without a stop token. */
	struct mask *mask;
	size_t tops; /* GEN_TOPS at most */
	/* Instead of samples: log-probabilities of these tokens after the
	 * prompt; copied. */
	const int32_t *next;
	size_t nexts;
	/* Called from gen_step, once for each sample (once for `next`); the
	 * answer is borrowed for the call. */
	void (*done)(void *user, const struct gen_answer *);
	/* Or NULL: called from gen_step after each token with which a sample
	 * is not over: sample, and ids, logps and n up to here. */
	void (*token)(void *user, const struct gen_answer *so_far);
	void *user;
};

/* Queue an ask. False with the reason if it can never be answered: an id
 * outside the vocabulary, a prompt that leaves no room in the model's context
 * or in the memory for keys and values. */
bool gen_add(struct gen *, const struct gen_ask *, struct err *);
/* One step; false when nothing is left to do. */
bool gen_step(struct gen *);
/* Forget all asks with this user; nothing of them is called again. Not from
 * within done or token. */
void gen_cancel(struct gen *, const void *user);
/* Samples that are queued and not yet running: a caller keeps this at about
 * the number of slots. */
size_t gen_waiting(const struct gen *);
/* Tokens that were run through the model since the start: of prompts (found
 * again ones left out), and drawn. */
void gen_count(const struct gen *, size_t *prompt, size_t *drawn);

/* The hash of a prompt by which sampling is keyed. */
uint64_t gen_prompt_hash(const int32_t *ids, size_t n);
#endif
