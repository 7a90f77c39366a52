#ifndef TOK_H
#define TOK_H
#include "libcore/hash.h"
#include "libcore/str.h"
/*
 * Tokenisers: text to token ids and back, exactly as the model's own
 * tokeniser does it.
 *
 *   struct tok *t = tok_open("model", &e);      shared by all threads
 *   struct tok_cache *c = tok_cache_new(t);     one per thread
 *   struct ids ids = { 0 };
 *   tok_encode(t, c, text, TOK_ADD, &ids, &e);
 *   ...
 *   ids_done(&ids); tok_cache_free(c); tok_close(t);
 *
 * What is read:
 *
 *   tokenizer.json   (Hugging Face) models: BPE, byte-level or with byte
 *                    fallback; added tokens with all their flags; the
 *                    normalizers, pre-tokenizers, post-processors and
 *                    decoders listed in tokjson.c. Another kind, or a file
 *                    that contradicts itself, is refused and named.
 *   GGUF             tokenizer.ggml.model `gpt2` (byte-level BPE; the
 *                    pre-tokenizer by tokenizer.ggml.pre) and `llama`
 *                    (SentencePiece BPE: scores and byte fallback).
 *
 * The files are not trusted: nothing in them crashes or hangs a reader.
 */
struct tok;
struct tok_cache;

/*
 * Token ids that grow; `= {0}` is empty. Token i stands for the bytes of the
 * text from end[i - 1] (0 for the first) up to end[i]; ends never fall, and
 * are equal where a token stands for no text of its own (BOS, or the first of
 * two tokens that share one normalised character). A token may end within a
 * character. Dies when memory is out.
 */
struct ids {
	int32_t *id;
	uint32_t *end;
	size_t n, room;
	size_t parsed; /* += special tokens found in content (see below) */
	size_t lost;   /* += bytes that the model's own tokeniser drops, as it
	                  has no token for them; 0 for nearly all models */
};

void ids_put(struct ids *, int32_t id, uint32_t end);
void ids_reset(struct ids *); /* counts = 0, room kept */
void ids_done(struct ids *);  /* freed and zeroed */

/*
 * path: a directory that holds tokenizer.json, a tokenizer.json, or a .gguf
 * file. From a directory, tokenizer_config.json, generation_config.json and
 * config.json are also read, for the BOS and the tokens that end a reply;
 * each may be missing.
 * Returns NULL with the reason in *e.
 */
struct tok *tok_open(const char *path, struct err *e);
void tok_close(struct tok *); /* NULL is fine */

/* The same from the text of a tokenizer.json, and from a GGUF file that is
 * open (it may be closed after); name stands in messages. */
struct gguf;
struct tok *tok_parse(struct str text, const char *name, struct err *e);
struct tok *tok_gguf(const struct gguf *, const char *name, struct err *e);

/*
 * Words already merged, for one thread and one tokeniser; about 4 MB. The ids
 * do not depend on it.
 */
struct tok_cache *tok_cache_new(const struct tok *);
void tok_cache_free(struct tok_cache *);

enum {
	/* Special-token strings inside content are text like any other. By
	 * default they are parsed, as transformers does, and counted. Added
	 * tokens that are not special are found either way. */
	TOK_LITERAL = 1,
	/* Add what the model's own tokeniser adds around a text (BOS, EOS):
	 * the template post-processor; GGUF's add_bos_token. */
	TOK_ADD = 2,
};

/* Bytes [from, to) of a text. */
struct tok_range {
	size_t from, to;
};

/*
 * Append the ids of text to *out; ends count from the start of this text.
 * The whole text is content. cache may be NULL (slower).
 * False, with *out as it was, when the text is not UTF-8, or is 2 GiB or
 * longer, or defeats the pre-tokenizer's pattern.
 */
bool tok_encode(const struct tok *, struct tok_cache *cache, struct str text,
    unsigned flags, struct ids *out, struct err *);
/*
 * The same for a rendered template: only the n ranges (rising, not
 * overlapping) are content. A special token that touches no range is always
 * parsed; one that touches a range follows TOK_LITERAL. Merges run across the
 * borders, as they do when the model's tokeniser sees the rendered text.
 */
bool tok_encode_mixed(const struct tok *, struct tok_cache *cache,
    struct str text, const struct tok_range *content, size_t n, unsigned flags,
    struct ids *out, struct err *);

enum { TOK_SKIP_SPECIAL = 1 };
/*
 * Append the bytes that id[n] stand for, by the tokeniser's decoder. They are
 * UTF-8 only where whole characters were generated; nothing is replaced.
 * False when an id is not in the vocabulary.
 */
bool tok_decode(const struct tok *, const int32_t *id, size_t n, unsigned flags,
    struct buf *out, struct err *);
/* The bytes of one token as decoded in the middle of a text: " the", one
 * byte of a character, "<|im_end|>". {NULL, 0} when there is no such id. It
 * lives as long as the tokeniser. */
struct str tok_piece(const struct tok *, int32_t id);

/* One more than the highest id. Ids below it that no token has exist only in
 * odd files; tok_piece tells. (A model's embedding may have more rows.) */
int32_t tok_size(const struct tok *);
/* The id of a token written as in the vocabulary file ("<|im_end|>",
 * "\u0120the"); -1 if there is none. */
int32_t tok_find(const struct tok *, struct str);
/* Whether the id is a special (control) token. */
bool tok_special(const struct tok *, int32_t id);

/* -1 where the files name none. */
int32_t tok_bos(const struct tok *);
int32_t tok_eos(const struct tok *);
int32_t tok_pad(const struct tok *);
int32_t tok_unk(const struct tok *);
/* Whether a reply ends with this token: EOS, and every other token that
 * generation_config.json or GGUF (eot, eom) names as an end. */
bool tok_stops(const struct tok *, int32_t id);

/* Names what the tokeniser does: equal for a tokenizer.json and a GGUF of the
 * same vocabulary, merges, special tokens and pre-tokenizer; whatever else is
 * in the file. */
struct hash128 tok_hash(const struct tok *);

/*
 * Write tokenizer.json and tokenizer_config.json into a directory, so that a
 * saved model has its tokeniser: the bytes that were read, or, from GGUF, an
 * equal tokenizer.json made from it. chat_template: goes into
 * tokenizer_config.json; {NULL, 0} for none.
 */
bool tok_save(const struct tok *, const char *dir, struct str chat_template,
    struct err *);
#endif
