#include "libcore/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcore/die.h"

/* Between fork and exec, and in the watcher, only async-signal-safe calls. */

enum { READ, WRITE };
enum { GIVEN = 3 };

/* Pipes of a child: their ends here and there. */
struct pipes {
	int in[2], out[2], err[2], life[2], fault[2];
};

static void
close_at(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
close_both(int fd[2])
{
	close_at(fd);
	close_at(fd + 1);
}

static void
close_pipes(struct pipes *p)
{
	close_both(p->in);
	close_both(p->out);
	close_both(p->err);
	close_both(p->life);
	close_both(p->fault);
}

static bool
open_pipes(struct pipes *p, bool err)
{
	memset(p, -1, sizeof *p);
	return pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 &&
	       (!err || pipe2(p->err, O_CLOEXEC) == 0) &&
	       pipe2(p->life, O_CLOEXEC) == 0 &&
	       pipe2(p->fault, O_CLOEXEC) == 0;
}

static void
signals_as_new(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Move a pipe's end to where the program looks for it. */
static void
put_at(int from, int to)
{
	if (from == to) /* then dup2 would leave it to be closed by exec */
		fcntl(to, F_SETFD, 0);
	else
		dup2(from, to);
}

/* Ends above those, that none is overwritten before it is moved. */
static bool
lift(int *fd)
{
	int to;

	if (*fd < 0 || *fd > GIVEN)
		return true;
	to = fcntl(*fd, F_DUPFD_CLOEXEC, GIVEN + 1);
	if (to < 0)
		return false;
	close(*fd);
	*fd = to;
	return true;
}

static bool
lift_all(struct pipes *p)
{
	for (int i = 0; i < 2; i++)
		if (!lift(p->in + i) || !lift(p->out + i) ||
		    !lift(p->err + i) || !lift(p->life + i) ||
		    !lift(p->fault + i))
			return false;
	return true;
}

static _Noreturn void
be_program(const struct child_how *how, const struct pipes *p, pid_t watcher)
{
	int why;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != watcher) /* it is gone already */
		_exit(127);
	setpgid(0, 0);
	put_at(p->in[READ], STDIN_FILENO);
	put_at(p->out[WRITE], STDOUT_FILENO);
	if (how->err)
		put_at(p->err[WRITE], STDERR_FILENO);
	if (how->given > 0)
		put_at(how->given, GIVEN);
	close_range(
	    how->given > 0 ? GIVEN + 1 : GIVEN, ~0u, CLOSE_RANGE_CLOEXEC);
	signals_as_new();
	if (how->limits)
		how->limits(how->user);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user loses it */
	execvpe(how->argv[0], (char *const *)(uintptr_t)how->argv,
	    how->env ? (char *const *)(uintptr_t)how->env : environ);
	why = errno;
	while (write(p->fault[WRITE], &why, sizeof why) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* The process id that a list of them, "1 23 456 ", begins with; 0: none. */
static pid_t
first_pid(const char *s)
{
	pid_t pid = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		pid = pid * 10 + (*s - '0');
	return pid;
}

/* Kill children until there are none: their own become this one's. */
static void
kill_left(void)
{
	char path[] = "/proc/thread-self/children", list[32];

	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, list, sizeof list - 1);
		pid_t pid;

		close_at(&fd);
		list[n > 0 ? n : 0] = '\0';
		pid = first_pid(list);
		if (pid <= 0 || kill(pid, SIGKILL) != 0)
			return;
		if (waitpid(pid, NULL, 0) < 0 && errno != EINTR)
			return;
	}
}

static void
on_child(int sig)
{
	(void)sig;
}

/* Until the program ends or the life pipe does; the program's status. */
static int
wait_for(pid_t pid, int life)
{
	struct pollfd fd = { life, POLLIN, 0 };
	struct sigaction sa = { .sa_handler = on_child };
	sigset_t none;
	int status = 0;

	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&none);
	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return status;
		if (ppoll(&fd, 1, NULL, &none) > 0) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				;
			return status;
		}
	}
}

static _Noreturn void
end_as(int status)
{
	struct rlimit no_core = { 0, 0 };
	sigset_t all;

	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	kill(getpid(), WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

static void
close_all_but(int keep)
{
	long most = sysconf(_SC_OPEN_MAX);

	if ((keep == 0 || close_range(0, (unsigned)keep - 1, 0) == 0) &&
	    close_range((unsigned)keep + 1, ~0u, 0) == 0)
		return;
	for (int fd = 0; fd < (most > 0 ? most : 1024); fd++)
		if (fd != keep)
			close(fd);
}

static _Noreturn void
be_watcher(const struct child_how *how, struct pipes *p)
{
	pid_t self = getpid(), pid;
	sigset_t child;
	int status;

	setpgid(0, 0); /* what a terminal sends is not for it */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signals_as_new();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	close_at(p->life + WRITE);
	pid = fork();
	if (pid == 0) {
		close_at(p->life + READ);
		be_program(how, p, self);
	}
	if (pid < 0) {
		status = errno;
		if (write(p->fault[WRITE], &status, sizeof status) < 0)
			_exit(127);
		_exit(127);
	}
	close_all_but(p->life[READ]);
	status = wait_for(pid, p->life[READ]);
	kill(-pid, SIGKILL);
	kill_left();
	end_as(status);
}

static void
no_block(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Why the program did not begin: 0 where it did. */
static int
fault_of(const struct pipes *p)
{
	int why = 0;
	ssize_t n;

	do
		n = read(p->fault[READ], &why, sizeof why);
	while (n < 0 && errno == EINTR);
	return n == sizeof why ? why : 0;
}

bool
child_start(struct child *c, const struct child_how *how, struct err *e)
{
	struct pipes p;
	sigset_t all, was;
	int why = 0;

	*c = (struct child){ .in = -1, .out = -1, .err = -1, .life = -1 };
	if (!open_pipes(&p, how->err) || !lift_all(&p)) {
		why = errno;
		close_pipes(&p);
		return err_set(
		    e, "'%s' does not start: %s", how->argv[0], strerror(why));
	}
	sigfillset(&all); /* no handler of this process runs in the new one */
	pthread_sigmask(SIG_SETMASK, &all, &was);
	c->pid = fork();
	if (c->pid == 0)
		be_watcher(how, &p);
	why = errno;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (c->pid > 0) {
		close_at(p.fault + WRITE);
		why = fault_of(&p);
	}
	c->in = p.in[WRITE];
	c->out = p.out[READ];
	c->err = p.err[READ];
	c->life = p.life[WRITE];
	p.in[WRITE] = p.out[READ] = p.err[READ] = p.life[WRITE] = -1;
	close_pipes(&p);
	if (c->pid <= 0 || why) {
		if (c->pid <= 0)
			c->pid = 0;
		child_stop(c);
		return err_set(
		    e, "'%s' does not start: %s", how->argv[0], strerror(why));
	}
	if (how->ready) {
		no_block(c->in);
		no_block(c->out);
		no_block(c->err);
	}
	return true;
}

void
child_shut(struct child *c)
{
	close_at(&c->in);
}

bool
child_ends(const struct child *c, int ms)
{
	struct pollfd fd = { c->life, 0, 0 }; /* an error: nobody reads */

	return poll(&fd, 1, ms) > 0;
}

static int
reap(struct child *c)
{
	int status = 0;

	while (c->pid > 0 && waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	close_at(&c->in);
	close_at(&c->out);
	close_at(&c->err);
	close_at(&c->life);
	return status;
}

int
child_stop(struct child *c)
{
	close_at(&c->life);
	return reap(c);
}

int
child_wait(struct child *c)
{
	close_at(&c->in);
	return reap(c);
}

const char *
child_says(int status, char *text)
{
	if (WIFSIGNALED(status))
		snprintf(text, CHILD_TEXT, "signal %d", WTERMSIG(status));
	else
		snprintf(text, CHILD_TEXT, "exit %d", WEXITSTATUS(status));
	return text;
}
