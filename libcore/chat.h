#ifndef CHAT_H
#define CHAT_H
#include "libcore/hub.h"
#include "libcore/jinja.h"
#include "libcore/opt.h"
/*
 * Chat templates: from a conversation to the text a model is given, and to
 * the parts of it that a model is trained on.
 *
 * A template is written in the Jinja subset that models' templates use
 * (jinja.h lists it); what it renders is what transformers renders, byte for
 * byte: trim_blocks and lstrip_blocks, loop controls, tojson without HTML
 * escapes. Anything else in it is refused with its name and line.
 *
 * A template is parsed once; it is then constant, and any number of threads
 * may render it. Rendering is bounded in steps, output and depth, so that no
 * template can hang a run or fill the memory.
 */
struct chat;

/* NULL, with the line and the reason in *e, if it does not parse. src is
 * copied. */
struct chat *chat_parse(struct str src, struct err *e);
/* The template that -T names, parsed: a file, or another one the model has by
 * that name; the model's own where name is NULL. Its text is appended to
 * source. NULL with the reason: no such template, or one that does not parse. */
struct chat *chat_open(
    struct hub *, const char *name, struct buf *source, struct err *e);
void chat_free(struct chat *);

/*
 * A conversation as a template sees it; all members are borrowed.
 *
 *   messages  JSON: an array of {"role","content",...}; every member of a
 *             message is seen by the template, as in transformers
 *   tools     JSON: an array; s == NULL: none
 *   bos, eos  the tokens' texts; s == NULL: the variable is not defined
 *   vars      JSON: an object of more variables (--template-arg), which win
 *             over the others; s == NULL: no more
 *   date      "YYYY-MM-DD", what strftime_now sees (at midnight)
 */
struct chat_talk {
	struct str messages, tools, bos, eos, vars;
	const char *date;
};

/* Append what a model is asked with: the conversation and the generation
 * prompt (add_generation_prompt = true). false with the template's own
 * message (raise_exception), or what went wrong and in which line. */
bool chat_prompt(
    const struct chat *, const struct chat_talk *, struct buf *, struct err *);
/* The same with add_generation_prompt as given. content, where not NULL: the
 * ranges of the text that the conversation's own texts made (jinja.h), which
 * tok_encode_mixed takes. */
bool chat_text(const struct chat *, const struct chat_talk *, bool prompt,
    struct buf *, struct ranges *content, struct err *);
/* Render with exactly these variables: vars is a JSON object. */
bool chat_render(const struct chat *, struct str vars, const char *date,
    struct buf *, struct err *);

/*
 * What is trained on.
 *
 * A span is what the model would generate: everything after the generation
 * prompt of a turn through the token that ends it, with reasoning and tool
 * calls as they are rendered; what the generation prompt supplies is left out.
 * Spans are found by rendering the conversation up to each of the assistant's
 * turns with and without the generation prompt; no mark in the template is
 * needed.
 *
 *   - The prompt of a turn must be what its rendering begins with. Where it
 *     is not (a prompt that opens a thought the turn does not have), the
 *     conversation is refused: no text would train what is generated later.
 *   - A turn that later messages rewrite (a template that strips the thoughts
 *     of earlier turns) is trained as it was generated: in a sample of its
 *     own, which ends there.
 *   - A turn ends with a stop token: the last one before the next message
 *     begins, white space aside, or the one the next message begins with. A
 *     span without one is refused. No stop token is ever added.
 *   - Text after the last span is left out.
 *
 * struct chat_want says what is wanted:
 *   train   every turn of the assistant; only the last; or all text, through
 *           the end of the last turn (whoever's)
 *   first   messages before this one are not trained (the prompt of a pair)
 *   stops   texts of tokens that end a turn, besides the usual ones
 * A message's "weight" (a number, 1 if absent) goes with its span; with 0 it
 * is not trained. An opening turn of the assistant that cannot be rendered as
 * a reply to nothing is not trained either; untrained counts those.
 */
enum chat_train { CHAT_ASSISTANT, CHAT_LAST, CHAT_ALL };

struct chat_want {
	enum chat_train train;
	size_t first;
	const struct str *stops;
	size_t nstops;
};
struct chat_span {
	size_t from, to; /* bytes of the text */
	size_t turn;     /* index of the message */
	double weight;
};
struct chat_sample {
	struct buf text;
	struct ranges content;
	struct chat_span *span; /* in rising order, at least one */
	size_t spans;
};
struct chat_samples { /* `= {0}` is empty */
	struct chat_sample *s;
	size_t n, room;
	size_t untrained;
};

/* Append the samples a conversation gives, in the order of their last turns.
 * On failure (the reason says which message) nothing is added. */
bool chat_samples(const struct chat *, const struct chat_talk *,
    const struct chat_want *, struct chat_samples *, struct err *);
void chat_samples_done(struct chat_samples *);

/* Whether a text is a token that usually ends a turn ("<|im_end|>", ...). */
bool chat_stop(struct str);

/* --template-arg values NAME=VALUE as one JSON object, appended: VALUE is
 * JSON, else a string. false names the one that is no NAME=VALUE. */
bool chat_args(struct buf *, const struct strs *args, struct err *);
/* The date to render with: option (--date) if not NULL, else
 * SOURCE_DATE_EPOCH, else today in UTC. false if it is no date. */
bool chat_date(char date[11], const char *option, struct err *);
#endif
