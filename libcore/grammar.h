#ifndef GRAMMAR_H
#define GRAMMAR_H
#include "libcore/hash.h"
#include "libcore/schema.h"
/*
 * JSON texts, byte by byte: which bytes may follow, so that a model that is
 * held to them writes a text that satisfies a schema, and nothing else.
 *
 * A state is a set of ways to go on (alternatives that have not parted yet),
 * each a stack of at most GRAMMAR_DEPTH open values. No state is a dead end: a
 * value is begun only if it can be ended within the depth.
 *
 * What is written: objects with their declared properties in their order,
 * those that are not required or left out, and no others; without declared
 * ones, members of any name. Strings are UTF-8 with JSON's escapes and no lone
 * surrogates. Numbers have 15 digits at most; an exponent only where there are
 * no bounds. White space: after "{", "[", ":" and "," and before "}" and "]" a
 * space, or a newline and up to 20 spaces; none elsewhere.
 *
 * What a schema may say: type, enum, const, properties, required,
 * additionalProperties, items, prefixItems, minItems, maxItems, minLength,
 * maxLength, minimum, maximum and their exclusive forms, anyOf, oneOf of
 * different types or values, allOf of one, $ref. Others are refused by name,
 * and so is a schema that no value of GRAMMAR_DEPTH satisfies.
 */
enum { GRAMMAR_DEPTH = 32, GRAMMAR_WAYS = 32 };

struct grammar;

/* The schema is borrowed. NULL: with the reason. */
struct grammar *grammar_new(const struct schema *, struct err *);
/* Any JSON object. */
struct grammar *grammar_json(void);
void grammar_free(struct grammar *);

/* An open value; the reader's own. */
struct grammar_frame {
	uint8_t kind, phase, space, sub;
	uint16_t node, at;
	uint16_t n, m;
};

/* A way to go on. Plain: copied with grammar_copy, or whole. */
struct grammar_way {
	uint8_t depth, digits;
	char number[22];
	struct grammar_frame frame[GRAMMAR_DEPTH];
};

struct grammar_state {
	unsigned ways; /* 0: no text goes on like this */
	struct grammar_way way[GRAMMAR_WAYS];
};

void grammar_start(const struct grammar *, struct grammar_state *);
void grammar_copy(struct grammar_state *to, const struct grammar_state *from);
/* to = from after one byte; to is not from. False when the byte cannot
 * follow. */
bool grammar_byte(const struct grammar *, struct grammar_state *to,
    const struct grammar_state *from, unsigned char byte);
/* The text may end here; nothing can follow. */
bool grammar_may_end(const struct grammar *, const struct grammar_state *);
bool grammar_must_end(const struct grammar_state *);
/* Names the state: equal states, equal bytes. */
struct hash128 grammar_hash(const struct grammar_state *);
#endif
