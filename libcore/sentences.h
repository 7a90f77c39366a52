#ifndef SENTENCES_H
#define SENTENCES_H
#include "libcore/str.h"
/*
 * English sentences, and the words in them, as the checkers of instructions
 * count them: near what Punkt and the Penn Treebank tokenizer make of a text,
 * not the same (Kiss & Strunk 2006, "Unsupervised Multilingual Sentence
 * Boundary Detection"; its decisions, over lists of abbreviations and common
 * words of our own). Line breaks end no sentence. Text is valid UTF-8.
 */

/* The next sentence of text at or behind *at, which moves behind it; without
 * white space around it. False at the end. */
bool sentence_next(struct str text, size_t *at, struct str *sentence);
size_t sentence_count(struct str text);

/* The next word of one sentence: signs stand alone, "'s" and "n't" too, a
 * hyphen joins. */
bool word_next(struct str sentence, size_t *at, struct str *word);
#endif
