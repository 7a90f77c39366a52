#ifndef ASK_H
#define ASK_H
#include "gpu/generate.h"
#include "libcore/answers.h"
#include "libcore/chat.h"
#include "libcore/opt.h"
#include "libcore/rec.h"
/*
 * Asking the models that -m names: what respond, judge, evaluate and
 * prompt-score share. The options, the model opened by them, and the way from
 * a record to the ids a model is asked with.
 *
 * Failures to open are fatal (main thread); what is wrong with a record makes
 * the record bad.
 */
extern const struct opt ask_opts[]; /* a tool's .also table */
extern struct strs ask_models;      /* -m, in order */
extern const char *ask_cache_file;  /* --cache, or NULL */

struct asker {
	const char *name; /* as -m gave it */
	struct hub *hub;
	struct tok *tok;
	struct tok_cache *words;
	struct chat *chat;    /* NULL: the model has no template */
	struct buf source;    /* the template's text */
	struct hash128 model; /* content of the model; set by asker_question */
	bool hashed;
	struct model *engine;
	struct gen *gen;
	int32_t *stop; /* tokens that end a response */
	size_t stops;
	char dtype[8];
	struct buf text, messages; /* scratch */
	struct ids ids;
};

/* Open a model with the options. With need_chat a model that has no template
 * is refused (-T gives one). */
struct asker *asker_open(const char *model, bool need_chat);
void asker_close(struct asker *);

/* The ids that the first n messages are asked with: the template rendered
 * with its generation prompt. Valid until the next call. NULL and a bad
 * record where the template raises. */
const struct ids *asker_prompt(
    struct asker *, struct rec *, const struct msgs *, size_t n);
/* The same for messages as JSON text; tools as in chat.h. */
const struct ids *asker_render(
    struct asker *, struct rec *, struct str messages, struct str tools);
/* The ids of a plain text, with what the tokeniser adds around it. */
const struct ids *asker_text(struct asker *, struct rec *, struct str text);

/* Begin a question for the cache: what is asked of which model, with which
 * template, tokeniser, numbers and kernel. */
void asker_question(struct asker *, struct buf *, const char *what);

/* A conversation and the tokens of it that the model is to have written:
 * ids[at[0 .. n)], every assistant turn after its generation prompt, up to
 * and with the token that ends it. */
struct asker_spans {
	const struct ids *ids; /* valid until the next call */
	const int32_t *at;     /* rising, none is 0; in the record's memory */
	size_t n;
};
/* False and a bad record where the template raises, no assistant turn is
 * there, or the template renders the conversation's beginning otherwise than
 * the whole. */
bool asker_turns(
    struct asker *, struct rec *, const struct msgs *, struct asker_spans *);
/* *nll = the sum over them of -log p(id | all before), nats. False and a bad
 * record where it is longer than the model's context, or no number. */
bool asker_loss(
    struct asker *, struct rec *, const struct asker_spans *, double *nll);
/* The same over all ids of a plain text but the first, cut to the model's
 * context; *tokens counts them. */
bool asker_text_loss(
    struct asker *, struct rec *, struct str text, double *nll, size_t *tokens);
#endif
