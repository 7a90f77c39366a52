/* Signals that ask to stop. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "libcore/pipe.h"

static atomic_int caught, asked, failed;
static int wake[2] = { -1, -1 };

static void
handler(int sig)
{
	int none = 0, err = errno;

	if (!atomic_compare_exchange_strong(&caught, &none, sig))
		_exit(128 + sig);
	if (write(wake[1], "", 1) < 0)
		errno = err;
	errno = err;
}

void
stop_init(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction a = { .sa_handler = handler }, old;

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK))
		die_sys("cannot make a pipe");
	zin_stop_fd = wake[0];
	sigemptyset(&a.sa_mask);
	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++)
		/* What the parent has us ignore (nohup) stays ignored. */
		if (!sigaction(sigs[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(sigs[i], &a, NULL);
	a.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &a, NULL);
}

int
stop_signal(void)
{
	return atomic_load(&caught);
}

void
stop_wake(void)
{
	atomic_store(&asked, 1);
	if (wake[1] >= 0 && write(wake[1], "", 1) < 0)
		return;
}

bool
tool_stopping(void)
{
	return stop_signal() || atomic_load(&failed);
}

void
stop_fail(void)
{
	atomic_store(&failed, 1);
}

bool
stop_asked(void)
{
	return stop_signal() || atomic_load(&asked);
}

void
stop_done(void)
{
	zin_stop_fd = -1;
	for (int i = 0; i < 2; i++)
		if (wake[i] >= 0) {
			close(wake[i]);
			wake[i] = -1;
		}
}
