#include "libcore/zio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 1 << 17, LINE_MAX_BYTES = 64 << 20 };

int zin_stop_fd = -1;

struct zin {
	char *name;
	int fd;
	bool waits; /* reading may block: not a regular file */
	enum zformat format;
	ZSTD_DCtx *zstd;
	z_stream gzip;
	XXH3_state_t *digest;
	char *raw; /* [at, have): bytes read and not yet decoded */
	size_t at, have, done, all;
	bool inside, eof; /* within a frame; no more bytes */
};

/* Wait until there is something to read; false when asked to stop. */
static bool
ready(const struct zin *z)
{
	struct pollfd p[2] = {
		{ .fd = z->fd, .events = POLLIN },
		{ .fd = zin_stop_fd, .events = POLLIN },
	};

	if (!z->waits)
		return true;
	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return true;
	return !(p[1].revents & POLLIN);
}

/* Read more bytes behind those not yet decoded; false on failure. */
static bool
refill(struct zin *z, struct err *e)
{
	ssize_t n = 0;

	memmove(z->raw, z->raw + z->at, z->have - z->at);
	z->have -= z->at;
	z->at = 0;
	do
		n = ready(z) ? read(z->fd, z->raw + z->have, CHUNK - z->have)
			     : 0;
	while (n < 0 && (errno == EINTR || (errno == EAGAIN && z->waits)));
	if (n < 0)
		return err_set(
		    e, "cannot read '%s': %s", z->name, strerror(errno));
	XXH3_128bits_update(z->digest, z->raw + z->have, (size_t)n);
	z->have += (size_t)n;
	z->done += (size_t)n;
	z->eof = n == 0;
	return true;
}

/* zstd: a frame or a skippable frame; gzip; all else is plain. */
static enum zformat
sniff(const unsigned char *s, size_t n)
{
	if (n >= 4 && !memcmp(s, "\x28\xb5\x2f\xfd", 4))
		return Z_ZSTD;
	if (n >= 4 && (s[0] & 0xf0) == 0x50 &&
	    !memcmp(s + 1, "\x2a\x4d\x18", 3))
		return Z_ZSTD;
	return n >= 3 && !memcmp(s, "\x1f\x8b\x08", 3) ? Z_GZIP : Z_PLAIN;
}

static bool
start(struct zin *z, struct err *e)
{
	while (z->have < 4 && !z->eof)
		if (!refill(z, e))
			return false;
	z->eof = false;
	z->format = sniff((unsigned char *)z->raw, z->have);
	if (z->format == Z_ZSTD && !(z->zstd = ZSTD_createDCtx()))
		return err_set(e, "out of memory");
	if (z->format == Z_GZIP && inflateInit2(&z->gzip, 15 + 16) != Z_OK)
		return err_set(e, "out of memory");
	return true;
}

struct zin *
zin_fd(int fd, const char *name, struct err *e)
{
	struct zin *z = need_zero(1, sizeof *z);
	struct stat st;

	z->fd = fd;
	z->name = need_text(name);
	z->raw = need_alloc(CHUNK);
	z->digest = XXH3_createState();
	z->waits = fstat(fd, &st) || !S_ISREG(st.st_mode);
	if (!z->waits)
		z->all = (size_t)st.st_size;
	if (!z->digest)
		err_set(e, "out of memory");
	else {
		XXH3_128bits_reset(z->digest);
		if (start(z, e))
			return z;
	}
	zin_close(z);
	return NULL;
}

struct zin *
zin_open(const char *path, struct err *e)
{
	bool dash = !strcmp(path, "-");
	int fd = dash ? fcntl(0, F_DUPFD_CLOEXEC, 3)
		      : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set(e, "cannot open '%s': %s", dash ? "stdin" : path,
		    strerror(errno));
		return NULL;
	}
	return zin_fd(fd, dash ? "stdin" : path, e);
}

static long
read_plain(struct zin *z, char *to, size_t room, struct err *e)
{
	size_t n;

	if (z->at == z->have && !refill(z, e))
		return -1;
	n = z->have - z->at;
	n = n < room ? n : room;
	memcpy(to, z->raw + z->at, n);
	z->at += n;
	return (long)n;
}

static long
read_zstd(struct zin *z, char *to, size_t room, struct err *e)
{
	/* A block at a time: what a failing call has decoded is lost. */
	ZSTD_outBuffer out = { to, room < CHUNK ? room : CHUNK, 0 };

	while (!out.pos) {
		ZSTD_inBuffer in = { z->raw, z->have, z->at };
		size_t r;

		/* At its end, bytes of the frame may still wait inside. */
		if (in.pos == in.size && !z->eof) {
			if (!refill(z, e))
				return -1;
			in = (ZSTD_inBuffer){ z->raw, z->have, z->at };
		}
		if (in.pos == in.size && !z->inside)
			return 0;
		r = ZSTD_decompressStream(z->zstd, &out, &in);
		if (ZSTD_isError(r)) {
			err_set(e, "'%s' is corrupt: zstd: %s", z->name,
			    ZSTD_getErrorName(r));
			return -1;
		}
		if (z->eof && in.pos == z->at && !out.pos && r) {
			err_set(e, "'%s' is cut short", z->name);
			return -1;
		}
		z->at = in.pos;
		z->inside = r != 0;
	}
	return (long)out.pos;
}

static long
read_gzip(struct zin *z, char *to, size_t room, struct err *e)
{
	int r;

	room = room < UINT32_MAX ? room : UINT32_MAX;
	z->gzip.next_out = (unsigned char *)to;
	z->gzip.avail_out = (unsigned)room;
	while (z->gzip.avail_out == room) {
		if (z->at == z->have) {
			if (!refill(z, e))
				return -1;
			if (z->eof && !z->inside)
				return 0;
			if (z->eof) {
				err_set(e, "'%s' is cut short", z->name);
				return -1;
			}
		}
		if (!z->inside && inflateReset(&z->gzip) != Z_OK)
			r = Z_STREAM_ERROR;
		else {
			z->gzip.next_in = (unsigned char *)z->raw + z->at;
			z->gzip.avail_in = (unsigned)(z->have - z->at);
			r = inflate(&z->gzip, Z_NO_FLUSH);
			z->at = z->have - z->gzip.avail_in;
		}
		if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR) {
			err_set(e, "'%s' is corrupt: gzip: %s", z->name,
			    z->gzip.msg ? z->gzip.msg : "bad data");
			return -1;
		}
		z->inside = r != Z_STREAM_END;
	}
	return (long)(room - z->gzip.avail_out);
}

long
zin_read(struct zin *z, void *to, size_t room, struct err *e)
{
	if (!room)
		return 0;
	switch (z->format) {
	case Z_ZSTD:
		return read_zstd(z, to, room, e);
	case Z_GZIP:
		return read_gzip(z, to, room, e);
	default:
		return read_plain(z, to, room, e);
	}
}

void
zin_progress(const struct zin *z, size_t *done, size_t *all)
{
	*done = z->done;
	*all = z->all;
}

struct hash128
zin_digest(const struct zin *z)
{
	XXH128_hash_t h = XXH3_128bits_digest(z->digest);

	return (struct hash128){ h.high64, h.low64 };
}

bool
zin_regular(const struct zin *z)
{
	return !z->waits;
}

void
zin_close(struct zin *z)
{
	if (!z)
		return;
	if (z->fd >= 0)
		close(z->fd);
	ZSTD_freeDCtx(z->zstd);
	if (z->format == Z_GZIP)
		inflateEnd(&z->gzip);
	XXH3_freeState(z->digest);
	free(z->raw);
	free(z->name);
	free(z);
}

struct zlines {
	struct zin *in;
	struct buf text; /* [at, n) not yet handed out */
	size_t at;
	char *name;
	bool end;
};

struct zlines *
zlines_open(const char *path, struct err *e)
{
	struct zin *in = zin_open(path, e);
	struct zlines *l;

	if (!in)
		return NULL;
	l = need_zero(1, sizeof *l);
	l->in = in;
	l->name = need_text(path);
	return l;
}

/* Drop what has been handed out and read more; false on failure. */
static bool
more_text(struct zlines *l, struct err *e)
{
	long n;

	if (l->at) {
		memmove(l->text.s, l->text.s + l->at, l->text.n - l->at);
		l->text.n -= l->at;
		l->at = 0;
	}
	if (l->text.n > LINE_MAX_BYTES)
		return err_set(e, "'%s': a line is longer than %d bytes",
		    l->name, LINE_MAX_BYTES);
	buf_need(&l->text, CHUNK);
	n = zin_read(l->in, l->text.s + l->text.n, CHUNK, e);
	if (n < 0)
		return false;
	l->text.n += (size_t)n;
	l->end = n == 0;
	return true;
}

char *
zlines_next(struct zlines *l, size_t *len, struct err *e)
{
	char *nl = NULL, *line;
	size_t seen = 0, n;

	e->why[0] = '\0';
	for (;;) {
		n = l->text.n - l->at;
		if (n > seen)
			nl = memchr(l->text.s + l->at + seen, '\n', n - seen);
		if (nl || l->end)
			break;
		seen = n;
		if (!more_text(l, e))
			return NULL;
	}
	if (!nl && !n)
		return NULL;
	line = l->text.s + l->at;
	n = nl ? (size_t)(nl - line) : n;
	l->at += n + (nl != NULL);
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	*len = n;
	return line;
}

void
zlines_close(struct zlines *l)
{
	if (!l)
		return;
	zin_close(l->in);
	buf_done(&l->text);
	free(l->name);
	free(l);
}
