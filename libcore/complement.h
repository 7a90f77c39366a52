#ifndef COMPLEMENT_H
#define COMPLEMENT_H
#include "libcore/str.h"
/*
 * Complements of prompts: what Prompt Augmentation appends to a user's prompt
 * (Baichuan Alignment, arXiv 2410.14940, sections 2.3 and 4.6; PAS, arXiv
 * 2407.06027). A complement says what the answer should be like: a scenario's
 * demands, intent that is left open, a format. It has about thirty words and
 * is in the prompt's language.
 *
 * Rules alone, no model: the five faults that PAS's critique looks for, as
 * far as the texts show them. Words are textstat.h's. All texts are UTF-8.
 * Functions of one thread at a time; they cannot fail.
 */
enum complement_fault {
	COMPLEMENT_FINE,
	COMPLEMENT_EMPTY,       /* no letters at all, or broken characters */
	COMPLEMENT_LONG,        /* more than `words` words */
	COMPLEMENT_DRIFTS,      /* names, links, quotations or numbers of
	                           three digits that the prompt and the
	                           keywords do not have; speaks about the user
	                           or the prompt */
	COMPLEMENT_SUPERFLUOUS, /* seven tenths of its words or more are the
	                           prompt's, in the same order, or a sentence
	                           of 20 bytes or more is the request's */
	COMPLEMENT_ANSWERS,     /* begins as answers do, speaks as "I", gives a
	                           result, holds code, or asks back */
	COMPLEMENT_DEMANDS,     /* more than three items or four demands, or
	                           amounts of 300 words, 10 pieces or more */
	COMPLEMENT_LANGUAGE,    /* another language than the prompt's, where
	                           both can be told */
	COMPLEMENT_FAULTS
};
/* "empty", "too long", "drifts from intent" ... */
extern const char *const complement_faults[COMPLEMENT_FAULTS];

/* The first fault, in the order above. */
struct complement_of {
	struct str prompt;
	struct str keywords; /* names in it count as the prompt's; or none */
	struct str request;  /* what the model was asked; or none */
	long words;
};
enum complement_fault complement_check(
    const struct complement_of *, struct str complement);

/* Append the complement that a model's reply holds: the text after a label
 * ("Complementary information:") that it may repeat, without quotation marks
 * and markup around the whole, white space runs as one blank; of more than
 * `words` words the sentences that fit, if one does. */
void complement_clean(struct buf *, struct str reply, long words);

/* Why a prompt needs no complement, as a text of a few words for counting:
 * it asks for nothing, is long (more than `longest` words) or has four
 * conditions already, or prescribes the very form of its answer. NULL: it may
 * need one. */
const char *complement_needless(struct str prompt, long longest);

/* What the functions above have compiled. */
void complement_free(void);
#endif
