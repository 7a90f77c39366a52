#include "libcore/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libcore/child.h"
#include "libcore/die.h"

enum { NOBODY = 65534, WORDS = 96, DESCRIPTORS = 256 };

struct job {
	struct job *next;
	void *item;
	struct buf given;
};

struct cell {
	struct child child;
	struct job *job; /* NULL: empty */
	struct buf out, err;
	double since;
};

struct sandbox {
	struct sandbox_conf conf;
	const char *argv[WORDS];
	char size[32], processes[32]; /* words of argv */
	struct cell *cell;
	struct pollfd *fd; /* [2 copies]: out, err */
	struct job *first, **last;
	size_t waiting;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* How bwrap is called. */

static void
add(struct sandbox *sb, size_t *n, const char *const *words)
{
	for (; *words; words++) {
		if (*n + 1 == WORDS)
			die("too many words for bwrap");
		sb->argv[(*n)++] = *words;
	}
}
#define ADD(...) add(sb, &n, (const char *const[]){ __VA_ARGS__, NULL })

/* A folder beside /usr: where it is a link into it, the same link. */
static void
add_beside(struct sandbox *sb, size_t *n, const char *path, const char *usr)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return;
	add(sb, n,
	    S_ISLNK(st.st_mode)
		? (const char *const[]){ "--symlink", usr, path, NULL }
		: (const char *const[]){ "--ro-bind", path, path, NULL });
}

static void
make_argv(struct sandbox *sb)
{
	size_t n = 0;

	snprintf(sb->size, sizeof sb->size, "%zu", sb->conf.files);
	snprintf(sb->processes, sizeof sb->processes, "--nproc=%zu",
	    sb->conf.processes + 1); /* and bwrap's own */
	ADD("bwrap", "--unshare-all", "--unshare-user", "--disable-userns",
	    "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL",
	    "--die-with-parent", "--new-session", "--hostname", "sandbox");
	ADD("--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv",
	    "HOME", "/tmp", "--setenv", "LANG", "C.UTF-8", "--setenv",
	    "PYTHONHASHSEED", "0");
	ADD("--ro-bind", "/usr", "/usr");
	add_beside(sb, &n, "/bin", "usr/bin");
	add_beside(sb, &n, "/lib", "usr/lib");
	add_beside(sb, &n, "/lib64", "usr/lib64");
	ADD("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev");
	ADD("--size", sb->size, "--tmpfs", "/tmp", "--chdir", "/tmp",
	    "--remount-ro", "/", "--");
	/* Only inside is a number of processes this sandbox's own. */
	ADD("prlimit", sb->processes);
	add(sb, &n, sb->conf.argv);
}

static void
limit(int what, rlim_t most)
{
	struct rlimit l = { most, most };

	setrlimit((__rlimit_resource_t)what, &l);
}

/* In the new process. Root is not held to numbers of processes, so it becomes
 * nobody first. */
static void
limits(const void *user)
{
	const struct sandbox_conf *conf = user;

	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, (rlim_t)ceil(conf->seconds));
	limit(RLIMIT_AS, conf->memory);
	limit(RLIMIT_FSIZE, conf->files);
	limit(RLIMIT_NOFILE, DESCRIPTORS);
	if (geteuid() == 0) {
		if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 ||
		    setuid(NOBODY) != 0)
			_exit(126);
	}
}

/* Cells. */

/* bwrap stays as process 1 of the sandbox, where what it has been started with
 * can be read: it gets no environment. */
static const char *const nothing[] = { NULL };

/* What a run is given, in a file without a name; -1: errno. */
static int
given_fd(const struct buf *given)
{
	int fd = memfd_create("given", MFD_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < given->n) {
		ssize_t n = write(fd, given->s + at, given->n - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			close(fd);
			return -1;
		}
		at += (size_t)n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static bool
begin(struct sandbox *sb, struct cell *c, struct err *e)
{
	struct child_how how = { .argv = sb->argv,
		.env = nothing,
		.err = true,
		.ready = true,
		.limits = limits,
		.user = &sb->conf };
	bool ok;

	how.given = given_fd(&sb->first->given);
	if (how.given < 0)
		return err_set(e, "no memory file: %s", strerror(errno));
	ok = child_start(&c->child, &how, e);
	close(how.given);
	if (!ok)
		return false;
	child_shut(&c->child);
	c->job = sb->first;
	sb->first = c->job->next;
	if (!sb->first)
		sb->last = &sb->first;
	c->since = now();
	return true;
}

static void
job_free(struct job *j)
{
	if (j)
		buf_done(&j->given);
	free(j);
}

static void
through(struct sandbox *sb, struct cell *c, enum sandbox_end end)
{
	struct sandbox_result r = { .end = end };
	struct job *j = c->job;

	r.status = end == SANDBOX_ENDED ? child_wait(&c->child)
					: child_stop(&c->child);
	r.out = (struct str){ c->out.s ? c->out.s : "", c->out.n };
	r.err = (struct str){ c->err.s ? c->err.s : "", c->err.n };
	c->job = NULL;
	sb->waiting--;
	sb->conf.got(j->item, &r);
	job_free(j);
	buf_reset(&c->out);
	buf_reset(&c->err);
}

/* Read what is there, keep `most` bytes of it. False: it has ended. */
static bool
hear(int *fd, struct buf *to, size_t most)
{
	char piece[1 << 14];

	for (;;) {
		ssize_t n = read(*fd, piece, sizeof piece);
		size_t room = to->n < most ? most - to->n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		buf_put(to, piece, (size_t)n < room ? (size_t)n : room);
		if (to->n >= most) /* the others shall be heard as well */
			return true;
	}
}

static void
look(struct sandbox *sb, size_t i)
{
	struct cell *c = sb->cell + i;

	if (sb->fd[2 * i + 1].revents &&
	    !hear(&c->child.err, &c->err, SANDBOX_ERR)) {
		close(c->child.err);
		c->child.err = -1;
	}
	if (sb->fd[2 * i].revents &&
	    !hear(&c->child.out, &c->out, SANDBOX_OUT + 1)) {
		close(c->child.out);
		c->child.out = -1;
	}
	if (c->out.n > SANDBOX_OUT)
		through(sb, c, SANDBOX_WROTE);
	else if (c->child.out < 0 && c->child.err < 0)
		through(sb, c, SANDBOX_ENDED);
	else if (now() - c->since > sb->conf.seconds)
		through(sb, c, SANDBOX_LATE);
}

bool
sandbox_step(struct sandbox *sb, int ms, bool *worked, struct err *e)
{
	size_t before = sb->waiting;

	for (size_t i = 0; i < sb->conf.copies && sb->first; i++)
		if (!sb->cell[i].job && !begin(sb, sb->cell + i, e))
			return false;
	for (size_t i = 0; i < sb->conf.copies; i++) {
		const struct cell *c = sb->cell + i;

		sb->fd[2 * i] =
		    (struct pollfd){ c->job ? c->child.out : -1, POLLIN, 0 };
		sb->fd[2 * i + 1] =
		    (struct pollfd){ c->job ? c->child.err : -1, POLLIN, 0 };
	}
	if (poll(sb->fd, 2 * sb->conf.copies, sb->waiting ? ms : 0) < 0 &&
	    errno != EINTR)
		return err_set(e, "poll: %s", strerror(errno));
	for (size_t i = 0; i < sb->conf.copies; i++)
		if (sb->cell[i].job)
			look(sb, i);
	*worked = sb->waiting != before;
	return true;
}

void
sandbox_run(struct sandbox *sb, struct str given, void *item)
{
	struct job *j = need_zero(1, sizeof *j);

	j->item = item;
	buf_str(&j->given, given);
	*sb->last = j;
	sb->last = &j->next;
	sb->waiting++;
}

size_t
sandbox_waiting(const struct sandbox *sb)
{
	return sb->waiting;
}

/* Can it be done here? */
static bool
try_it(struct sandbox *sb, struct err *e)
{
	struct child_how how = { .argv = sb->argv,
		.env = nothing,
		.err = true,
		.limits = limits,
		.user = &sb->conf };
	char text[CHILD_TEXT];
	struct child c;
	struct buf b = { 0 };
	int status;

	how.given = given_fd(&(struct buf){ 0 });
	if (how.given < 0 || !child_start(&c, &how, e)) {
		if (how.given >= 0)
			close(how.given);
		return err_set(e,
		    "no bwrap (package bubblewrap), without which no code is "
		    "run");
	}
	close(how.given);
	child_shut(&c);
	hear(&c.err, &b, 200);
	status = child_wait(&c);
	if (status != 0)
		err_set(e, "bwrap can run nothing here: %s",
		    b.n ? (b.s[strcspn(b.s, "\n")] = '\0', b.s)
			: child_says(status, text));
	buf_done(&b);
	return status == 0;
}

struct sandbox *
sandbox_open(const struct sandbox_conf *conf, struct err *e)
{
	struct sandbox *sb = need_zero(1, sizeof *sb);

	sb->conf = *conf;
	sb->cell = need_zero(conf->copies, sizeof *sb->cell);
	sb->fd = need_zero(2 * conf->copies, sizeof *sb->fd);
	sb->last = &sb->first;
	make_argv(sb);
	if (!try_it(sb, e)) {
		sandbox_close(sb);
		return NULL;
	}
	return sb;
}

void
sandbox_close(struct sandbox *sb)
{
	if (!sb)
		return;
	for (size_t i = 0; i < sb->conf.copies; i++) {
		if (sb->cell[i].job)
			child_stop(&sb->cell[i].child);
		job_free(sb->cell[i].job);
		buf_done(&sb->cell[i].out);
		buf_done(&sb->cell[i].err);
	}
	while (sb->first) {
		struct job *j = sb->first;

		sb->first = j->next;
		job_free(j);
	}
	free(sb->cell);
	free(sb->fd);
	free(sb);
}
