#ifndef CHILD_H
#define CHILD_H
#include <stdbool.h>
#include <sys/types.h>

#include "libcore/str.h"
/*
 * A program beside this one. It runs in a process group of its own, under a
 * small process that watches over it: when the program ends, when it is stopped
 * by child_stop, and when this process ends, however that comes (SIGKILL too),
 * the watcher kills all that is left of it, also processes that have gone into
 * other groups or sessions.
 *
 * It has descriptors 0, 1, 2 and what it is given, no others.
 *
 * May be used beside threads; one child is one thread's.
 */
struct child {
	pid_t pid; /* the watcher's; 0: none */
	int in;    /* its standard input, to write; -1: closed */
	int out;   /* its standard output, to read */
	int err;   /* its standard error, where .err was set; else -1 */
	int life;  /* the watcher's sign of life */
};

struct child_how {
	const char *const *argv; /* NULL-ended; argv[0] is looked up in PATH */
	const char *const *env;  /* NULL-ended; NULL: this process's own */
	bool err;   /* read its standard error; else it is this process's */
	bool ready; /* in, out and err do not block */
	int given;  /* a descriptor that it has as 3; 0: none */
	/* In the program before it begins; calls what is async-signal-safe
	 * alone. May be NULL. */
	void (*limits)(const void *user);
	const void *user;
};

/* False with the reason if it cannot be started. */
bool child_start(struct child *, const struct child_how *, struct err *);
/* End of its input. */
void child_shut(struct child *);
/* Does it end by itself within ms (-1: ever)? */
bool child_ends(const struct child *, int ms);
/* Kill it, if it still runs, and all that is left of it; wait for that and
 * close. The status is waitpid's; where the program had ended by itself, its
 * own. */
int child_stop(struct child *);
/* Wait until it ends by itself, then as above. */
int child_wait(struct child *);
/* "exit 3", "signal 9": into text[CHILD_TEXT]. */
enum { CHILD_TEXT = 32 };
const char *child_says(int status, char *text);
#endif
