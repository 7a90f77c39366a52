#ifndef ASK_H
#define ASK_H
#include "gpu/generate.h"
#include "libcore/answers.h"
#include "libcore/chat.h"
#include "libcore/jinja.h"
#include "libcore/opt.h"
#include "libcore/rec.h"
/*
 * Asking the models that -m names: what respond, judge, evaluate and
 * prompt-score share. The options, the model opened by them, and the way from
 * a record to the ids a model is asked with.
 *
 * An asker is the engine with a model in it, or (http://, https://) a server
 * elsewhere. Replies (reply.h) come from either; ids and log-probabilities of
 * given tokens only from the engine, so a tool that needs them calls
 * ask_engine first.
 *
 * Failures to open are fatal (main thread); what is wrong with a record makes
 * the record bad.
 */
extern const struct opt ask_opts[]; /* a tool's .also table */
/* ask_opts + ASK_TEXT: the same for a tool that asks about plain texts only,
 * with neither template nor generation. */
enum { ASK_TEXT = 11 };
extern struct strs ask_models;     /* -m, in order */
extern const char *ask_cache_file; /* --cache, or NULL */

struct asker {
	const char *name;        /* as -m gave it */
	struct endpoint *server; /* NULL: the engine, with all below */
	struct answers *cache;   /* of the last replies asked for; or NULL */
	struct asker *next;      /* of all that are open */
	bool busy;               /* the engine has work left */
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
	size_t slots; /* samples that run at once */
	char dtype[8];
	bool int8;                 /* --weights int8 */
	struct buf text, messages; /* scratch */
	struct ids ids;
};

/* Open a model with the options. chat: it is asked through its template and
 * generates (a model without a template is refused; -T gives one); else it
 * only reads plain texts. */
struct asker *asker_open(const char *model, bool chat);
/* Open a model with a head of one score, for asked_score. */
struct asker *asker_open_scores(const char *model);
/* Does the model have a score head? Its shape alone is read. */
bool asker_has_scores(const char *model);
void asker_close(struct asker *);
/* Dies, naming the model, if it is a server: what ("perplexity needs the
 * model's own probabilities") says why that will not do. */
void ask_engine(const char *model, const char *what);

/* Let what was asked go on; false when nothing is left to do. Where all there
 * is to do is waiting for servers, it waits, at most for so long (50). */
bool asker_step_for(struct asker *, int ms);
bool asker_step(struct asker *);
/* Samples that are asked for and not yet begun: a caller adds records while
 * there are few. */
size_t asker_waiting(const struct asker *);
/* Tokens since the start: of prompts, and drawn; what the cache had is not
 * counted. */
void asker_count(const struct asker *, size_t *prompt, size_t *drawn);

/* A count among the tool's stats; answers_found and answers_new of a cache
 * (NULL: none), and what servers were asked. */
void ask_stat(const char *name, size_t);
void ask_stats(const struct answers *);

/* The ids that the first n messages are asked with: the template rendered
 * with its generation prompt. Valid until the next call. NULL and a bad
 * record where the template raises. */
const struct ids *asker_prompt(
    struct asker *, struct rec *, const struct msgs *, size_t n);
/* The same for messages as JSON text; tools as in chat.h. */
const struct ids *asker_render(
    struct asker *, struct rec *, struct str messages, struct str tools);
/* The ids of a whole conversation, without a generation prompt: what a model
 * with a score head reads. */
const struct ids *asker_whole(
    struct asker *, struct rec *, struct str messages, struct str tools);
/* The ids of a plain text, with what the tokeniser adds around it. */
const struct ids *asker_text(struct asker *, struct rec *, struct str text);

/* Begin a question for the cache: what is asked of which model, with which
 * template, tokeniser, numbers and kernel. */
void asker_question(struct asker *, struct buf *, const char *what);

/* The samples that training would make of the assistant's turns; the caller
 * frees them. False and a bad record where the template does not allow it. */
bool asker_samples(
    struct asker *, struct rec *, const struct msgs *, struct chat_samples *);
/* The ids of a rendered text with the ranges of its content, into *to. */
bool asker_encode(struct asker *, struct rec *, struct str text,
    const struct ranges *content, struct ids *to);
#endif
