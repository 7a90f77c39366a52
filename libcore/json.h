#ifndef JSON_H
#define JSON_H
#include "libcore/arena.h"
#include "libcore/str.h"
/*
 * JSON as a tape of nodes over the text, which stays where it is.
 *
 * The whole text is checked by RFC 8259 and as UTF-8, also the values nobody
 * reads: no trailing commas, no leading zeros, no control characters in
 * strings, well-formed escapes. Numbers of any length are legal and kept as
 * bytes; duplicate keys and lone surrogates are legal here and found by
 * those who read them (json_count, json_str).
 *
 * A container's node is followed by its children: an array's items, an
 * object's key, value, key, value ... The node after a value v is
 * v + v->skip.
 */
enum json_type {
	JSON_NULL = 1,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	uint8_t type;
	uint8_t escaped;  /* a string with a backslash in it */
	uint32_t at, end; /* its bytes in the text, quotes and brackets too */
	uint32_t n;       /* items of an array, members of an object */
	uint32_t skip;    /* nodes of the whole value, this one included */
};

/* `= {0}` is a valid start; the tape is kept from one parse to the next.
 * text is borrowed and must outlive the use of the nodes. */
struct json_doc {
	const char *text;
	size_t len;
	struct json *tape; /* tape[0] is the root */
	size_t used, room;
};

/*
 * Parse one value that fills text[0, len) but for white space around it.
 * depth: how deeply containers may nest (SPEC: 1,024). len < 4 GiB.
 * On failure false, with the reason in *e and the byte where it went wrong
 * (0-based; columns are this + 1) in *at. Never dies but for memory.
 */
bool json_parse(struct json_doc *, const char *text, size_t len, unsigned depth,
    size_t *at, struct err *e);
void json_done(struct json_doc *); /* frees the tape, not the text */

/* Children: for (c = json_first(v), i = 0; i < v->n; i++, c = json_next(c)).
 * In an object c is a key and c + 1 its value; json_member steps over both. */
const struct json *json_first(const struct json *);
const struct json *json_next(const struct json *);
const struct json *json_member(const struct json *key);

/* The value under key in an object; the last one if it stands there twice
 * (as Python and JavaScript do); NULL if absent, or v is no object or NULL. */
const struct json *json_get(
    const struct json_doc *, const struct json *v, const char *key);
/* How often key stands in the object. */
unsigned json_count(
    const struct json_doc *, const struct json *v, const char *key);

/* The value's own bytes. */
struct str json_raw(const struct json_doc *, const struct json *);
/* A string's text, unescaped: a slice of the text itself when it holds no
 * escape, else in mem. {NULL, 0} when v is not a string or holds a lone
 * surrogate. */
struct str json_str(
    const struct json_doc *, const struct json *v, struct arena *mem);
bool json_real(const struct json_doc *, const struct json *, double *);
/* Whole numbers within range only ("3", "3.0" and "3e0" all are 3). */
bool json_int(const struct json_doc *, const struct json *, int64_t *);
bool json_is(const struct json *v, enum json_type); /* false for NULL */

/* Read a whole file (at most max bytes) and parse it; for configuration and
 * tokenizer files. text is malloc'ed into *text and belongs to the caller. */
bool json_load(struct json_doc *, const char *path, size_t max, char **text,
    struct err *e);
#endif
