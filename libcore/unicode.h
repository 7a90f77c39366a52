#ifndef UNICODE_H
#define UNICODE_H
#include <stdint.h>
/*
 * Tables of Unicode 14. Each ends with a row of zeros; runs and ranges are
 * in rising order.
 */
struct case_run { /* from, from + step, ... to: add `add` */
	uint32_t from, to, step;
	int32_t add;
};
struct case_special { /* one character that becomes several */
	uint32_t code;
	const char *text;
};
struct code_range { /* both ends included */
	uint32_t from, to;
};

extern const struct case_run case_lower[], case_upper[];
extern const struct case_run case_title[]; /* where unlike upper case */
extern const struct case_special special_lower[], special_upper[];
extern const struct case_special special_title[]; /* where unlike upper */
/* What Python's str.isprintable() says no to. */
extern const struct code_range unprintable[];
extern const unsigned unprintables;
#endif
