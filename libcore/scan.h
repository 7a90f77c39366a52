#ifndef SCAN_H
#define SCAN_H
#include "libcore/str.h"
/*
 * The pre-tokenizer patterns of the known model families, by hand: what the
 * pattern matches at a place, by Unicode 16 and without backtracking. Each of
 * them matches every character, so a text is cut without gaps.
 *
 * Two shapes of pattern, with options:
 *
 *   old   's|'t|'re|'ve|'m|'ll|'d| ?L+| ?N+| ?[^\sLN]+|\s+(?!\S)|\s+
 *         (GPT-2; SmolLM and StarCoder cut every digit off first)
 *   new   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\nLN]?L+|N{1,3}
 *         | ?[^\sLN]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *         (GPT-4, Llama 3; Qwen: single digits; Qwen 3.5: marks are letters)
 */
struct scan {
	const char *name;
	bool old;
	bool alone;      /* old: every digit is cut off before all else */
	unsigned digits; /* new: most digits in a piece */
	bool marks;      /* new: M stands with L */
};

extern const struct scan scan_gpt2, scan_smollm;

/* Whether the pattern (Oniguruma's syntax) is one of them. */
bool scan_find(struct str pattern, struct scan *);
/* Where the piece that begins at from ends; from < t.n. */
size_t scan_next(const struct scan *, struct str t, size_t from);
#endif
