#ifndef SANDBOX_H
#define SANDBOX_H
#include "libcore/str.h"
/*
 * Programs that nobody has read, run by bubblewrap (bwrap) in namespaces of
 * their own: no network, no other process in sight, a user without rights,
 * nothing of the machine but /usr read-only, an empty /tmp that is gone at the
 * end, an empty environment. Several run at once.
 *
 * A program finds what it is given as descriptor 3. It ends, or is killed with
 * all it has begun: when its time is over, when it has written too much, when
 * this process ends. Limits hold for each of its processes, but for `files`,
 * which is all of /tmp too.
 *
 * All of it is one thread's.
 */
struct sandbox;

enum sandbox_end {
	SANDBOX_ENDED, /* by itself: status */
	SANDBOX_LATE,
	SANDBOX_WROTE, /* more than SANDBOX_OUT */
};
enum { SANDBOX_OUT = 1 << 20, SANDBOX_ERR = 4096 };

struct sandbox_result {
	enum sandbox_end end;
	int status;          /* waitpid's */
	struct str out, err; /* err: its first SANDBOX_ERR bytes */
};

struct sandbox_conf {
	const char *const *argv; /* what is run inside; NULL-ended */
	size_t copies;
	double seconds;   /* by the clock; of the CPU as many, rounded up */
	size_t memory;    /* bytes of address space */
	size_t files;     /* bytes of a file, and of all of /tmp */
	size_t processes; /* and threads, at once */
	/* Both are the callee's for the call alone. */
	void (*got)(void *item, const struct sandbox_result *);
};

/* NULL with the reason: there is no bwrap, or it may not do its work here. */
struct sandbox *sandbox_open(const struct sandbox_conf *, struct err *);
/* Kill what still runs. NULL is legal. */
void sandbox_close(struct sandbox *);
/* Queue a run; what it is given is copied. */
void sandbox_run(struct sandbox *, struct str given, void *item);
/* Go on; where nothing else happens wait up to ms for it. False with the
 * reason where a run does not begin. */
bool sandbox_step(struct sandbox *, int ms, bool *worked, struct err *e);
size_t sandbox_waiting(const struct sandbox *); /* runs that are not through */
#endif
