#include "libcore/outdir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcore/hash.h"

struct outdir {
	char *dir; /* where it will stand, links followed */
	char *tmp;
};

static const char mark[] = "{\"plumbline\":";

static bool
failed(struct err *e, const char *what, const char *path)
{
	return err_set(e, "cannot %s '%s': %s", what, path, strerror(errno));
}

static char *
joined(const char *dir, const char *name)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/%s", dir, name);
	return b.s;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void
remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	int n = 0;

	if (!d)
		return false;
	while ((x = readdir(d)))
		n += strcmp(x->d_name, ".") && strcmp(x->d_name, "..");
	closedir(d);
	return !n;
}

/* Its DONE was written here. */
static bool
is_ours(const char *dir)
{
	char *path = joined(dir, "DONE"), head[sizeof mark] = "";
	FILE *f = fopen(path, "rb");
	bool ours =
	    f && fread(head, 1, sizeof mark - 1, f) > 0 && !strcmp(head, mark);

	if (f)
		fclose(f);
	free(path);
	return ours;
}

static bool
may_replace(const char *dir, struct err *e)
{
	struct stat st;

	if (lstat(dir, &st))
		return errno == ENOENT || failed(e, "look at", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "'%s' is there and is no folder", dir);
	if (is_empty(dir) || is_ours(dir))
		return true;
	return err_set(e,
	    "'%s' is there and was not written by this program"
	    " (no DONE of its kind inside)",
	    dir);
}

struct outdir *
outdir_open(const char *dir, struct err *e)
{
	struct outdir *o = need_zero(1, sizeof *o);
	struct buf b = { 0 };
	mode_t mask = umask(0);

	umask(mask);
	o->dir = realpath(dir, NULL);
	if (!o->dir)
		o->dir = need_text(dir);
	for (size_t n = strlen(o->dir); n > 1 && o->dir[n - 1] == '/'; n--)
		o->dir[n - 1] = '\0';
	if (!*o->dir) {
		err_set(e, "a folder without a name");
		outdir_abort(o);
		return NULL;
	}
	if (!may_replace(o->dir, e)) {
		outdir_abort(o);
		return NULL;
	}
	buf_printf(&b, "%s.tmp-XXXXXX", o->dir);
	o->tmp = b.s;
	if (!mkdtemp(o->tmp)) {
		failed(e, "make a folder like", o->tmp);
		free(o->tmp);
		o->tmp = NULL;
	} else if (chmod(o->tmp, 0777 & ~mask)) {
		failed(e, "make", o->tmp);
	} else {
		return o;
	}
	outdir_abort(o);
	return NULL;
}

const char *
outdir_path(const struct outdir *o)
{
	return o->tmp;
}

/* Write it all; the file descriptor is closed in any case. */
static bool
put(int fd, const char *path, struct str s, struct err *e)
{
	while (s.n) {
		ssize_t n = write(fd, s.s, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(e, "write", path);
		s.s += n;
		s.n -= (size_t)n;
	}
	return true;
}

static int
create(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		failed(e, "make", path);
	return fd;
}

bool
outdir_write(struct outdir *o, const char *name, struct str text, struct err *e)
{
	char *path = joined(o->tmp, name);
	int fd = create(path, e);
	bool ok = fd >= 0 && put(fd, path, text, e);

	if (fd >= 0 && close(fd) && ok)
		ok = failed(e, "write", path);
	free(path);
	return ok;
}

bool
outdir_copy(struct outdir *o, const char *name, const char *from, struct err *e)
{
	char *path = joined(o->tmp, name), *chunk = need_alloc(1 << 16);
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	bool ok = in >= 0 || failed(e, "open", from);

	if (ok)
		ok = (out = create(path, e)) >= 0;
	while (ok) {
		ssize_t n = read(in, chunk, 1 << 16);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = failed(e, "read", from);
		if (n <= 0)
			break;
		ok = put(out, path, (struct str){ chunk, (size_t)n }, e);
	}
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) && ok)
		ok = failed(e, "write", path);
	free(chunk);
	free(path);
	return ok;
}

static bool
sync_path(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && (!fsync(fd) || errno == EINVAL);

	if (!ok)
		failed(e, "sync", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Everything below dir, then dir itself. */
static bool
sync_tree(const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	bool ok = d || failed(e, "open", dir);

	while (ok && (x = readdir(d))) {
		char *path;
		struct stat st;

		if (!strcmp(x->d_name, ".") || !strcmp(x->d_name, ".."))
			continue;
		path = joined(dir, x->d_name);
		ok = !stat(path, &st) || failed(e, "look at", path);
		if (ok)
			ok = S_ISDIR(st.st_mode) ? sync_tree(path, e)
						 : sync_path(path, e);
		free(path);
	}
	if (d)
		closedir(d);
	return ok && sync_path(dir, e);
}

/* Put tmp in dir's place. What stood there is left under tmp's name where
 * the file system can exchange two names; else under a third for a moment. */
static bool
put_in_place(struct outdir *o, struct err *e)
{
	char *old;
	bool ok;

	if (!may_replace(o->dir, e))
		return false;
	if (!rename(o->tmp, o->dir)) /* nothing or an empty folder there */
		return true;
	if (!renameat2(AT_FDCWD, o->tmp, AT_FDCWD, o->dir, RENAME_EXCHANGE)) {
		remove_tree(o->tmp);
		return true;
	}
	old = joined(o->tmp, "");
	old[strlen(old) - 1] = '~';
	ok = !rename(o->dir, old) && !rename(o->tmp, o->dir);
	if (ok)
		remove_tree(old);
	else
		failed(e, "rename to", o->dir);
	free(old);
	return ok;
}

/* The folder that holds dir. */
static bool
sync_parent(const char *dir, struct err *e)
{
	char *up = need_text(dir), *slash = strrchr(up, '/');
	bool ok;

	if (slash)
		slash[slash == up] = '\0';
	ok = sync_path(slash ? up : ".", e);
	free(up);
	return ok;
}

bool
outdir_close(struct outdir *o, const char *kind, struct err *e)
{
	struct buf done = { 0 };
	bool ok;

	buf_printf(&done, "%s\"%s\",\"version\":1}\n", mark, kind);
	ok = outdir_write(o, "DONE", (struct str){ done.s, done.n }, e) &&
	     sync_tree(o->tmp, e) && put_in_place(o, e);
	buf_done(&done);
	if (!ok) {
		outdir_abort(o);
		return false;
	}
	ok = sync_parent(o->dir, e);
	free(o->dir);
	free(o->tmp);
	free(o);
	return ok;
}

void
outdir_abort(struct outdir *o)
{
	if (!o)
		return;
	if (o->tmp)
		remove_tree(o->tmp);
	free(o->dir);
	free(o->tmp);
	free(o);
}

enum { NAME_MOST = 172 };

void
outdir_name(struct buf *b, struct str s)
{
	size_t from = b->n, n = 0;

	for (; n < s.n; n++) {
		unsigned char c = (unsigned char)s.s[n];

		if (b->n - from > NAME_MOST && s.n - n > 8 &&
		    (c & 0xc0) != 0x80)
			break; /* not within a character */
		if (c >= 0x80 || (c && (isalnum(c) || strchr("-_+=@,", c))) ||
		    (c == '.' && b->n > from))
			buf_char(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
	if (n < s.n)
		buf_printf(b, "~%016llx", (unsigned long long)hash64(s.s, s.n));
}
