#ifndef STR_H
#define STR_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcore/die.h"
/*
 * Text: slices, growing buffers, errors as values.
 *
 * A slice is borrowed bytes with a length; it may hold NULs and is not
 * ended by one. s == NULL says "none" where a function may return that.
 */
struct str {
	const char *s;
	size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

struct str str_of(const char *s); /* strlen; {NULL, 0} for NULL */
bool str_eq(struct str, const char *s);
bool str_same(struct str, struct str);

/*
 * A growing buffer; `= {0}` is empty. s is NULL or ended by a NUL that n does
 * not count. Dies when memory is out.
 */
struct buf {
	char *s;
	size_t n, room;
};

void buf_need(struct buf *, size_t more); /* room for more bytes + NUL */
void buf_put(struct buf *, const void *, size_t);
void buf_str(struct buf *, struct str);
void buf_puts(struct buf *, const char *);
void buf_char(struct buf *, char);
void buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_reset(struct buf *); /* n = 0, room kept */
void buf_done(struct buf *);  /* freed and zeroed */

/* One JSON value. Numbers in shortest round-trip form (1.0 prints as 1.0,
 * NaN and infinities as null); strings quoted and escaped, UTF-8 kept. */
void buf_json_str(struct buf *, struct str);
void buf_json_real(struct buf *, double);
void buf_json_float(struct buf *, float); /* shortest that reads back as it */
void buf_json_int(struct buf *, int64_t);

/* Shortest round-trip text of x in s (no NUL), Python's repr() form
 * ("0.1", "1e-07", "1.0", "inf", "nan"); returns its length, at most 32. */
size_t num_real(char s[32], double x);
size_t num_float(char s[32], float x);
/* The whole of s as a number, "." whatever the locale; false if it is not. */
bool num_parse(struct str, double *);
bool num_parse_int(struct str, int64_t *);

/*
 * Why something failed, for functions that hand errors back rather than die
 * (parsers of untrusted files, anything a worker thread runs). err_set fills
 * it and returns false, so that `return err_set(e, "...")` reads well.
 */
struct err {
	char why[480];
};
bool err_set(struct err *, const char *fmt, ...) PRINTF_LIKE2;
#endif
