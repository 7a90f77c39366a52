#ifndef TOKI_H
#define TOKI_H
#include "libcore/arena.h"
#include "libcore/bpe.h"
#include "libcore/json.h"
#include "libcore/split.h"
#include "libcore/tok.h"
/*
 * The inside of a tokeniser: what the readers (tokjson.c, tokgguf.c) fill in
 * and tok.c runs. For them alone.
 *
 * A text takes this way, as in Hugging Face tokenizers:
 *   1. added tokens that are not `normalized` are cut out (added[], raw)
 *   2. what lies between goes through the edits, step by step
 *   3. added tokens that are `normalized` are cut out (normal)
 *   4. what lies between goes through late edits and the splitter
 *   5. each piece is merged
 *   6. before[] and after[] are put around it all
 */

/* Strings to ids: a hash table over keys that stand elsewhere. */
struct strtab {
	int32_t *slot; /* -1: free */
	size_t mask;
};
void strtab_start(struct strtab *, size_t n); /* room for n keys */
/* The id under key k, or -1. key[id] are the keys. */
int32_t strtab_get(const struct strtab *, const struct str *key, struct str k);
/* Returns id, or the one that has the same key already. */
int32_t strtab_put(struct strtab *, const struct str *key, int32_t id);

/* Bytes to the longest string that begins them; nodes are child/sibling. */
struct trie {
	struct trie_node *node; /* [0] is the root */
	uint32_t n, room;
	uint32_t root[256]; /* the root's children; 0: none */
};
void trie_put(struct trie *, struct str, uint32_t value);
/* Length of the longest string in the trie that s begins with at from; 0 if
 * none. */
size_t trie_get(
    const struct trie *, struct str s, size_t from, uint32_t *value);

struct added {
	int32_t id;
	struct str content;
	bool special, single, lstrip, rstrip, normalized;
};

/* One step of a normalizer, or a change that a pre-tokenizer makes. */
enum edit_kind {
	EDIT_NFC,
	EDIT_REPLACE,      /* every from becomes to */
	EDIT_PREPEND,      /* to goes before a text that is not empty */
	EDIT_PREPEND_NEW,  /* ... that does not begin with to */
	EDIT_PREPEND_HEAD, /* ... and stands at the beginning of all */
};

struct edit {
	enum edit_kind kind;
	struct str from, to;
};

struct edits {
	struct edit step[8];
	size_t n;
};

/* Bits of kind[]. */
enum {
	KIND_ADDED = 1,
	KIND_SPECIAL = 2,
	KIND_BYTE = 4, /* <0x0A>: stands for one byte */
	KIND_STOPS = 8,
	KIND_NORMAL = 16, /* may come out of a merge */
};

/* Parts of a tokenizer.json as JSON text; NULL: none. */
struct tok_parts {
	const char *normalizer, *pre_tokenizer, *decoder;
};

struct tok {
	struct arena mem;
	int32_t size;
	struct str *name;  /* [size] as written in the file; s NULL: no id */
	struct str *piece; /* [size] the bytes it stands for */
	uint8_t *kind;     /* [size] */
	struct strtab names;
	struct strtab words; /* whole words to ids (ignore_merges) */
	bool ignore_merges;
	struct added *added;
	size_t addeds;
	struct trie raw, normal; /* values: index in added */
	struct edits edit, late;
	struct splitter split;
	struct bpe bpe;
	int32_t *before, *after; /* in mem */
	size_t befores, afters;
	bool strip; /* decoder: one space at the beginning goes */
	struct str shown_from, shown_to; /* decoder: Replace */
	int32_t bos, eos, pad, unk;
	struct hash128 hash;
	struct tok_parts parts; /* from GGUF; static text */
	char *source;           /* the tokenizer.json read, or NULL */
	size_t source_len;
};

/* Strings kept as long as the tokeniser. */
struct str tok_keep(struct tok *, struct str);
/* An empty tokeniser with ids 0 to size - 1, all missing. */
struct tok *tok_new(int32_t size);
/* Give an id below size its name; false when either is taken. */
bool tok_put(struct tok *, int32_t id, struct str name, struct err *);
/* Byte-level spelling (GPT-2's table) to bytes; false if a character is not
 * in the table. out has room for name.n bytes. */
bool tok_bytes(struct str name, char *out, size_t *n);
/* The byte of a name "<0x0A>"; -1 if it is no such name. */
int tok_byte(struct str name);
/* Append an added token's string as the normalizer leaves it. */
void tok_edit_name(const struct tok *, struct str name, struct buf *out);
/* Add a merge by names; where: its number, for messages. The rank is where,
 * unless it is given. */
bool tok_merge(struct tok *, struct str left, struct str right, size_t where,
    uint32_t rank, struct err *);
/*
 * The order of filling in: tok_new; names, kinds, added, decoder; edits and
 * split by tok_normalizer and tok_pretokenizer; bpe_start and bpe's flags;
 * tok_ready (pieces, tries, first symbols); tok_merge; tok_finish (hash).
 */
bool tok_ready(struct tok *, struct err *);
void tok_finish(struct tok *);

/*
 * Set edits, split and decoder from parts of a tokenizer.json; NULL: none.
 * GGUF's named pre-tokenizers are kept in that form, and saved so.
 */
bool tok_parts(
    struct tok *, const struct tok_parts *, bool *bytes, struct err *);

/* A word for word tokenizer.json of t, from what was put in. */
void tok_write(const struct tok *, struct buf *out);

#endif
