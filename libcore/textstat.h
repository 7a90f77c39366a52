#ifndef TEXTSTAT_H
#define TEXTSTAT_H
#include "libcore/str.h"
/*
 * What can be counted in a text. Names are those that a taxonomy's rules
 * (`@words > 120`) and prompt-score(1) use.
 */
enum textstat {
	TS_CHARS,     /* code points */
	TS_WORDS,     /* runs of letters and digits, each CJK character half */
	TS_LINES,     /* lines that are not blank */
	TS_SENTENCES, /* runs ended by . ! ? or their CJK forms, at least 1 */
	TS_QUESTIONS, /* question marks (runs of them count once) */
	TS_NUMBERS,   /* runs of digits */
	TS_ITEMS,     /* lines that begin with a bullet or a number */
	TS_FENCES,    /* pairs of ``` */
	TS_LINKS,     /* http:// and https:// */
	TS_DISTINCT,  /* different words, CJK pairs of characters */
	TS_REPEATED,  /* share of the words that lie in a run of five (CJK:
	                 ten characters) seen earlier, [0, 1] */
	TS_LETTERS,   /* share of letters and digits in what is not space */
	TS_UPPER,     /* share of capitals in ASCII letters */
	TS_BROKEN,    /* replacement and control characters, and UTF-8 that
	                 was decoded as Latin-1, a thousand characters */
	TS_RUN,       /* longest run of one character that is not space */
	TEXTSTATS
};

extern const char *const textstat_names[TEXTSTATS];

/* TEXTSTATS if there is none of that name. */
enum textstat textstat_find(struct str name);
void textstat(double v[TEXTSTATS], struct str text);
#endif
