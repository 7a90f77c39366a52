#ifndef DIE_H
#define DIE_H
#include <stddef.h>
#ifdef __cplusplus
#define NORETURN [[noreturn]]
#else
#define NORETURN _Noreturn
#endif
/*
 * The way out when the world fails: a file, a stream, memory, a device.
 * Only the main thread calls these; workers hand a struct err back.
 *
 * die      prints "tool: message" on stderr and ends the run with status 1,
 *          after die_hook (tool_main's: finish what can be finished).
 * die_sys  the same, with the reason taken from errno.
 * warn     prints and returns.
 */
#define PRINTF_LIKE __attribute__((format(printf, 1, 2)))
#define PRINTF_LIKE2 __attribute__((format(printf, 2, 3)))

extern const char *die_name;   /* the tool's name, set once by tool_main */
extern void (*die_hook)(void); /* called once before exit; may be NULL */
/* Called before each message: takes a line of progress away; may be NULL. */
extern void (*die_clear)(void);

NORETURN void die(const char *fmt, ...) PRINTF_LIKE;
NORETURN void die_sys(const char *fmt, ...) PRINTF_LIKE;
void warn(const char *fmt, ...) PRINTF_LIKE;

/* malloc and friends that die when memory is out; n == 0 gives non-NULL. */
void *need_alloc(size_t n);
void *need_zero(size_t count, size_t size); /* overflow of the product dies */
void *need_grow(void *p, size_t count, size_t size);
char *need_text(const char *s); /* strdup */
#endif
