#ifndef CHAT_H
#define CHAT_H
#include "libcore/json.h"
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
/* The same with add_generation_prompt as given. */
bool chat_text(const struct chat *, const struct chat_talk *, bool prompt,
    struct buf *, struct err *);
/* Render with exactly these variables: vars is a JSON object. */
bool chat_render(const struct chat *, struct str vars, const char *date,
    struct buf *, struct err *);

/* --template-arg values NAME=VALUE as one JSON object, appended: VALUE is
 * JSON, else a string. false names the one that is no NAME=VALUE. */
bool chat_args(struct buf *, const struct strs *args, struct err *);
/* The date to render with: option (--date) if not NULL, else
 * SOURCE_DATE_EPOCH, else today in UTC. false if it is no date. */
bool chat_date(char date[11], const char *option, struct err *);
#endif
