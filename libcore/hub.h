#ifndef HUB_H
#define HUB_H
#include "libcore/gguf.h"
#include "libcore/hash.h"
#include "libcore/json.h"
/*
 * What `-m MODEL` names, found and looked into: everything about a model but
 * its weights (gpu/weights.h) and its shape (gpu/conf.h).
 *
 *   a folder     in the Hugging Face layout, with config.json
 *   a file       GGUF, whatever its suffix
 *   org/name     a snapshot that is already in the local hub cache:
 *                $HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub
 *                or ~/.cache/huggingface/hub. Nothing is downloaded.
 *   http(s)://   refused by name: a server is no model to look into
 *
 * A path that exists wins over a name in the cache.
 */
struct hub {
	const char *name;      /* as given */
	const char *dir;       /* the folder (of a cached model: its snapshot);
	                     NULL for a GGUF file */
	const char *file;      /* path of the GGUF file, or NULL */
	struct gguf *gguf;     /* that file, open, or NULL */
	const char *tokenizer; /* path of DIR/tokenizer.json; NULL if there is
	                          none, and for GGUF, which holds its own */
	/* The folder's JSON files; tape == NULL where absent. For GGUF none. */
	struct json_doc config, generation, tokenizer_config;

	/* Texts of the special tokens, for templates; s == NULL: none. */
	struct str bos, eos, pad, unk;

	/*
	 * Ids that end generation, any of them, in the file's order:
	 * generation_config.json's eos_token_id (one or a list), else
	 * config.json's; of GGUF the eos, eot and eom ids it names, and no
	 * guess by a token's text. May be empty.
	 */
	int64_t *stop;
	size_t stops;

	/* generation_config.json's defaults; NAN or -1 where it has none.
	 * sample: do_sample (false if absent). */
	struct hub_generation {
		double temperature, top_p, min_p, repetition_penalty;
		int64_t top_k, max_new_tokens;
		bool sample;
	} gen;

	struct hub_own *own; /* what hub_close frees */
};

/* Is it the address of a server? */
bool hub_is_server(const char *model);
/* NULL on failure, with the reason. */
struct hub *hub_open(const char *model, struct err *);
void hub_close(struct hub *);

/*
 * The chat template's source. DIR/chat_template.jinja wins, then
 * tokenizer_config.json's chat_template (a string, or a list of named ones),
 * of GGUF tokenizer.chat_template. name: "default" where NULL; others are
 * "tool_use" and the like (also DIR/additional_chat_templates/NAME.jinja,
 * of GGUF tokenizer.chat_template.NAME). {NULL, 0} if there is none.
 */
struct str hub_template(struct hub *, const char *name);

/* What answers depend on beside the template and the tokens: config.json and
 * the weights (of GGUF: the file), hashed whole; the path does not matter.
 * Reads all of it. */
bool hub_hash(struct hub *, struct hash128 *, struct err *);
#endif
