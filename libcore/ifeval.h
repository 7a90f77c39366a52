#ifndef IFEVAL_H
#define IFEVAL_H
#include "libcore/json.h"
/*
 * Instructions whose following a program can check: the 25 types of IFEval
 * (Zhou et al. 2023, arXiv 2311.07911), as the data set writes them, a list of
 * ids and beside it a list of objects with their arguments:
 *
 *   ["punctuation:no_comma", "length_constraints:number_words"]
 *   [{}, {"relation": "at least", "num_words": 300}]
 *
 * A null argument is absent. An id, an argument or a relation ("at least",
 * "less than") that is not known, and an argument that is missing, is an
 * error: nothing is made up. Words to look for are patterns (PCRE2).
 *
 * Behaviour is that of the published checkers, with these differences:
 *   - five types are approximate (ifeval_approximate): they ask which language
 *     a text has (langid.h), or for sentences or words (sentences.h), which the
 *     published ones leave to trained models
 *   - letter_frequency counts the character it is given, whatever it is
 *   - a count of 0 is 0
 *   - a match that takes too many steps (pattern.h) is none
 *   - a language that langid.h does not know is an error
 */
enum { IFEVAL_MOST = 64 }; /* instructions of a prompt */

struct ifeval {
	struct ifeval_item *item; /* in the arena */
	size_t n;
	bool given_up; /* some match was, in a check so far */
};

/* From the two lists, both of them values in the document. `= {0}` before;
 * ifeval_done after, also after an error. On failure *where, if not NULL, is
 * the value at fault. */
bool ifeval_read(struct ifeval *, const struct json_doc *,
    const struct json *ids, const struct json *kwargs, struct arena *,
    const struct json **where, struct err *);
void ifeval_done(struct ifeval *);

const char *ifeval_id(const struct ifeval *, size_t i);
bool ifeval_approximate(const struct ifeval *, size_t i);

/* Is instruction i followed? A blank text follows none. text is valid UTF-8.
 * Strict: by the text as it is. */
bool ifeval_strict(struct ifeval *, size_t i, struct str text);

/* The text and what is left of it without its first line, its last line, both
 * (these three without white space around them), and each of the four without
 * asterisks. */
enum { IFEVAL_VARIANTS = 8 };
struct ifeval_variants {
	struct str text[IFEVAL_VARIANTS]; /* [0] is borrowed */
	struct buf own;
};
void ifeval_variants(struct ifeval_variants *, struct str text);
void ifeval_variants_done(struct ifeval_variants *);
/* Loose: by any of them. */
bool ifeval_loose(struct ifeval *, size_t i, const struct ifeval_variants *);

/* The types, in a fixed order, for tables of results. */
enum { IFEVAL_TYPES = 25 };
const char *ifeval_type_name(size_t type);
bool ifeval_type_approximate(size_t type);
size_t ifeval_type(const struct ifeval *, size_t i);
#endif
