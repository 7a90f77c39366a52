#include "libcore/zio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

int zout_level = 1;

struct zout {
	char *path; /* as given, for messages */
	char *real; /* where it will stand, symbolic links followed */
	char *temp; /* what is written, NULL when it is written directly */
	int fd;
	enum zformat format;
	struct buf text, frame; /* gathered and not yet compressed; scratch */
	struct zpress *press;
	bool any, gone, failed; /* bytes written; reader left; disk full */
	struct zout *next;
};

static struct zout *all; /* every open stream */

struct zpress {
	ZSTD_CCtx *zstd;
};

struct zpress *
zpress_new(void)
{
	return need_zero(1, sizeof(struct zpress));
}

void
zpress_free(struct zpress *p)
{
	if (p)
		ZSTD_freeCCtx(p->zstd);
	free(p);
}

static bool
frame_zstd(struct zpress *p, struct buf *out, int level, const void *text,
    size_t n, struct err *e)
{
	size_t r;

	if (!p->zstd && !(p->zstd = ZSTD_createCCtx()))
		return err_set(e, "out of memory");
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1);
	buf_need(out, ZSTD_compressBound(n));
	r = ZSTD_compress2(
	    p->zstd, out->s + out->n, out->room - out->n, text, n);
	if (ZSTD_isError(r))
		return err_set(e, "zstd: %s", ZSTD_getErrorName(r));
	out->n += r;
	return true;
}

static bool
frame_gzip(
    struct buf *out, int level, const void *text, size_t n, struct err *e)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)text };
	int r = Z_OK;

	if (deflateInit2(&z, level < 9 ? level : 9, Z_DEFLATED, 15 + 16, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(e, "out of memory");
	while (r == Z_OK) {
		size_t some = n < 1 << 30 ? n : 1 << 30;

		buf_need(out, deflateBound(&z, some) + 64);
		z.avail_in = (unsigned)some;
		z.next_out = (unsigned char *)out->s + out->n;
		z.avail_out = (unsigned)(deflateBound(&z, some) + 64);
		r = deflate(&z, some == n ? Z_FINISH : Z_NO_FLUSH);
		n -= some - z.avail_in;
		out->n = (size_t)((char *)z.next_out - out->s);
	}
	deflateEnd(&z);
	return r == Z_STREAM_END || err_set(e, "gzip: cannot compress");
}

bool
zpress_frame(struct zpress *p, struct buf *out, enum zformat format, int level,
    const void *text, size_t n, struct err *e)
{
	switch (format) {
	case Z_ZSTD:
		return frame_zstd(p, out, level, text, n, e);
	case Z_GZIP:
		return frame_gzip(out, level, text, n, e);
	default:
		buf_put(out, text, n);
		return true;
	}
}

static enum zformat
format_of(const char *path, bool plain)
{
	const char *env = getenv("PLUMBLINE_FORMAT");
	size_t n = strlen(path);

	if (!strcmp(path, "-")) {
		if (plain || isatty(1) || (env && !strcmp(env, "plain")))
			return Z_PLAIN;
		return Z_ZSTD;
	}
	if (n > 4 && !strcmp(path + n - 4, ".zst"))
		return Z_ZSTD;
	return n > 3 && !strcmp(path + n - 3, ".gz") ? Z_GZIP : Z_PLAIN;
}

/* The path with symbolic links at its end followed, also a dangling one. */
static char *
follow(const char *path)
{
	char *at = need_text(path);
	char to[PATH_MAX];

	for (int hops = 0; hops < 40; hops++) {
		ssize_t n = readlink(at, to, sizeof to - 1);
		char *slash = strrchr(at, '/');
		struct buf b = { 0 };

		if (n < 0)
			return at;
		to[n] = '\0';
		if (to[0] != '/' && slash)
			buf_put(&b, at, (size_t)(slash + 1 - at));
		buf_puts(&b, to);
		free(at);
		at = b.s;
	}
	errno = ELOOP;
	die_sys("cannot write '%s'", path);
}

static mode_t
new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* A temporary beside the file it will become: ".NAME.XXXXXX". */
static void
open_temp(struct zout *z, const struct stat *old)
{
	char *slash = strrchr(z->real, '/');
	size_t dir = slash ? (size_t)(slash + 1 - z->real) : 0;
	struct buf b = { 0 };

	buf_put(&b, z->real, dir);
	buf_printf(&b, ".%.200s.XXXXXX", z->real + dir);
	z->temp = b.s;
	z->fd = mkostemp(z->temp, O_CLOEXEC);
	if (z->fd < 0) {
		free(z->temp);
		z->temp = NULL;
		die_sys("cannot create a file beside '%s'", z->path);
	}
	if (fchmod(z->fd, old ? old->st_mode & 07777 : new_mode()))
		die_sys("cannot set the mode of '%s'", z->temp);
}

/* Whatever way the process ends, no temporary stays behind. */
static void
drop_temps(void)
{
	for (struct zout *z = all; z; z = z->next)
		if (z->temp)
			unlink(z->temp);
}

struct zout *
zout_open(const char *path, bool plain)
{
	static bool once;
	struct zout *z = need_zero(1, sizeof *z);
	struct stat st;
	bool there;

	z->format = format_of(path, plain);
	z->path = need_text(strcmp(path, "-") ? path : "stdout");
	z->fd = 1;
	z->press = zpress_new();
	if (strcmp(path, "-")) {
		z->real = follow(path);
		there = !stat(z->real, &st);
		if (!there || S_ISREG(st.st_mode))
			open_temp(z, there ? &st : NULL);
		else {
			z->fd = open(z->real, O_WRONLY | O_CLOEXEC);
			if (z->fd < 0)
				die_sys("cannot open '%s'", path);
		}
	}
	if (!once)
		atexit(drop_temps);
	once = true;
	z->next = all;
	all = z;
	return z;
}

enum zformat
zout_format(const struct zout *z)
{
	return z->format;
}

bool
zout_gone(const struct zout *z)
{
	return z->gone;
}

/* Write it all; false with errno where that cannot be done. */
static bool
write_all(struct zout *z, const char *s, size_t n)
{
	struct pollfd p = { .fd = z->fd, .events = POLLOUT };

	z->any |= n > 0;
	while (n && !z->gone && !z->failed) {
		ssize_t w = write(z->fd, s, n);

		if (w >= 0) {
			s += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN)
			poll(&p, 1, -1);
		else if (errno == EPIPE && !z->temp)
			z->gone = true;
		else if (errno != EINTR)
			z->failed = true;
	}
	return !z->failed;
}

static bool
write_text(struct zout *z, const char *s, size_t n)
{
	struct err e;

	if (z->format == Z_PLAIN)
		return write_all(z, s, n);
	buf_reset(&z->frame);
	if (!zpress_frame(
		z->press, &z->frame, z->format, zout_level, s, n, &e)) {
		errno = ENOMEM;
		return false;
	}
	return write_all(z, z->frame.s, z->frame.n);
}

/* Compress what has been gathered and write it. */
static bool
flush(struct zout *z)
{
	bool ok = !z->text.n || write_text(z, z->text.s, z->text.n);

	buf_reset(&z->text);
	return ok;
}

static void
must(struct zout *z, bool ok)
{
	if (!ok)
		die_sys("cannot write '%s'", z->path);
}

void
zout_put(struct zout *z, const void *text, size_t n)
{
	const char *s = text;

	while (n && !z->gone) {
		size_t some = ZFRAME - z->text.n;

		some = n < some ? n : some;
		buf_put(&z->text, s, some);
		s += some;
		n -= some;
		if (z->text.n == ZFRAME)
			must(z, flush(z));
	}
}

void
zout_frame(struct zout *z, const void *frame, size_t n)
{
	must(z, flush(z));
	must(z, write_all(z, frame, n));
}

/* What is still gathered, and a frame where there is none yet. */
static bool
finish(struct zout *z)
{
	if (!flush(z))
		return false;
	return z->any || z->format == Z_PLAIN || write_text(z, "", 0);
}

static void
sync_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir =
	    slash ? strndup(path, (size_t)(slash + 1 - path)) : need_text(".");
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(dir);
}

static void
let_go(struct zout *z)
{
	struct zout **at = &all;

	while (*at && *at != z)
		at = &(*at)->next;
	if (*at)
		*at = z->next;
	zpress_free(z->press);
	buf_done(&z->text);
	buf_done(&z->frame);
	free(z->path);
	free(z->real);
	free(z->temp);
	free(z);
}

void
zout_close(struct zout *z)
{
	int fd;

	if (!z)
		return;
	must(z, finish(z));
	must(z, !z->temp || !fsync(z->fd));
	fd = z->fd == 1 ? fcntl(1, F_DUPFD_CLOEXEC, 3) : z->fd;
	z->fd = -1;
	must(z, fd < 0 || !close(fd));
	if (z->temp) {
		must(z, !rename(z->temp, z->real));
		sync_dir(z->real);
	}
	let_go(z);
}

/* The temporary becomes FILE.partial; nothing is reported any more. */
void
zout_abort(struct zout *z)
{
	struct buf b = { 0 };

	if (!z)
		return;
	if (z->fd >= 0 && !z->failed)
		finish(z);
	if (z->fd > 1)
		close(z->fd);
	if (z->temp) {
		buf_printf(&b, "%s.partial", z->real);
		if (rename(z->temp, b.s))
			unlink(z->temp);
		buf_done(&b);
	}
	let_go(z);
}

void
zout_abort_all(void)
{
	while (all)
		zout_abort(all);
}
