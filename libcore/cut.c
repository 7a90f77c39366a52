#include "libcore/cut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcore/pipe.h"

enum { STEP = 1 << 18 };

struct source {
	const char *name;
	bool known; /* read to its end, once */
	size_t bytes;
	struct hash128 digest;
	int spool; /* what it decoded to, for the second time; -1: none */
	char *why; /* what went wrong at its end, the first time */
};

/* Where in a JSON array the last byte was. */
enum place { BEFORE, ITEM, NEXT, AFTER };

struct cutter {
	char **files;
	struct source *src;
	size_t n, at, limit;
	struct zin *in;
	struct buf rest; /* decoded and not yet handed out */
	unsigned long no;
	bool begun, eof, over, long_line, array;
	enum place place; /* within the array */
	unsigned depth;
	bool quoted, escaped, indent;
	size_t done, all; /* bytes of files behind, of all files */
	const char *tmp;  /* spooling, if set */
	struct zpress *press;
	struct buf frame;
};

static size_t
size_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	return (size_t)st.st_size;
}

struct cutter *
cut_new(char **files, size_t n, size_t limit)
{
	static char dash[] = "-", *standard_input[] = { dash };
	struct cutter *c = need_zero(1, sizeof *c);
	bool known = true;

	c->files = n ? files : standard_input;
	c->n = n ? n : 1;
	c->limit = limit;
	c->src = need_zero(c->n, sizeof *c->src);
	for (size_t i = 0; i < c->n; i++) {
		bool dashed = !strcmp(c->files[i], "-");
		size_t size = dashed ? 0 : size_of(c->files[i]);

		c->src[i].name = dashed ? "stdin" : c->files[i];
		c->src[i].spool = -1;
		known = known && size;
		c->all += size;
	}
	if (!known)
		c->all = 0;
	return c;
}

void
cut_spool(struct cutter *c, const char *tmp)
{
	c->tmp = tmp;
	c->press = zpress_new();
}

static bool
open_spool(struct cutter *c, struct source *s, struct err *e)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/plumbline.XXXXXX", c->tmp);
	s->spool = mkostemp(b.s, O_CLOEXEC);
	if (s->spool < 0)
		err_set(e, "cannot create a file in '%s': %s", c->tmp,
		    strerror(errno));
	else
		unlink(b.s);
	buf_done(&b);
	return s->spool >= 0;
}

static bool
spool(struct cutter *c, const char *text, size_t n, struct err *e)
{
	int fd = c->src[c->at].spool;

	if (!n || fd < 0)
		return true;
	buf_reset(&c->frame);
	if (!zpress_frame(c->press, &c->frame, Z_ZSTD, 1, text, n, e))
		return false;
	for (size_t i = 0; i < c->frame.n;) {
		ssize_t w = write(fd, c->frame.s + i, c->frame.n - i);

		if (w < 0 && errno != EINTR)
			return err_set(e, "cannot write in '%s': %s", c->tmp,
			    strerror(errno));
		i += w > 0 ? (size_t)w : 0;
	}
	return true;
}

/* The next file, or its spool where it has been read once. */
static bool
open_next(struct cutter *c, struct err *e)
{
	struct source *s = &c->src[c->at];
	bool again = s->known && s->spool >= 0;

	if (again) {
		if (lseek(s->spool, 0, SEEK_SET) < 0)
			return err_set(e, "cannot read in '%s': %s", c->tmp,
			    strerror(errno));
		c->in = zin_fd(s->spool, s->name, e);
		s->spool = -1;
	} else
		c->in = zin_open(c->files[c->at], e);
	if (!c->in)
		return false;
	c->begun = c->eof = c->array = c->long_line = false;
	c->no = 0;
	/* Where standard input began is not known, so it is spooled too. */
	if (c->tmp && !again && !s->known &&
	    (!zin_regular(c->in) || !strcmp(c->files[c->at], "-")))
		return open_spool(c, s, e);
	return true;
}

static void
close_file(struct cutter *c)
{
	struct source *s = &c->src[c->at++];

	if (!s->known) {
		size_t all;

		zin_progress(c->in, &s->bytes, &all);
		s->digest = zin_digest(c->in);
		s->known = true;
		c->done += s->bytes;
	}
	zin_close(c->in);
	c->in = NULL;
}

/* Read until b holds `want` bytes, the file ends or fails. */
static bool
gather(struct cutter *c, struct buf *b, size_t want, struct err *e)
{
	size_t from = b->n;
	const char *why = c->src[c->at].why;
	long n = 0;

	while (b->n < want && !c->eof) {
		buf_need(b, want - b->n);
		n = zin_read(c->in, b->s + b->n, want - b->n, e);
		if (n < 0)
			break;
		b->n += (size_t)n;
		c->eof = n == 0;
	}
	if (n >= 0 && c->eof && why)
		n = -1 + err_set(e, "%s", why);
	return spool(c, b->s ? b->s + from : "", b->n - from, e) && n >= 0;
}

/* The end, before its time. A spool, read again, fails in the same place. */
static void
fail_file(struct cutter *c, const struct err *e)
{
	struct source *s = &c->src[c->at];

	c->over = true;
	if (s->spool >= 0 && !s->known) {
		s->known = true;
		s->why = need_text(e->why);
	}
}

static unsigned long
count_lines(const struct buf *b)
{
	const char *s = b->s, *end = b->s + b->n;
	unsigned long n = 0;

	while (s < end && (s = memchr(s, '\n', (size_t)(end - s)))) {
		s++;
		n++;
	}
	return n;
}

/* Everything behind text[0, n) waits for the next batch. */
static void
keep_rest(struct cutter *c, struct buf *text, size_t n)
{
	buf_reset(&c->rest);
	buf_put(&c->rest, text->s + n, text->n - n);
	text->n = n;
	text->s[n] = '\0';
}

/* A line that is longer than allowed comes in pieces, to be set aside. */
static void
cut_piece(struct cutter *c, struct cut *b)
{
	char *nl = b->text.n ? memchr(b->text.s, '\n', b->text.n) : NULL;

	b->piece = true;
	if (nl)
		keep_rest(c, &b->text, (size_t)(nl - b->text.s) + 1);
	c->long_line = b->open = !nl && !c->eof;
}

/* No line ends within CUT_BYTES: read on to the end of the first one. */
static bool
to_line_end(struct cutter *c, struct cut *b, char **nl)
{
	bool ok = true;

	while (ok && !*nl && !c->eof && b->text.n <= c->limit) {
		size_t from = b->text.n;

		ok = gather(c, &b->text, from + STEP, &b->why);
		if (b->text.n > from)
			*nl = memchr(b->text.s + from, '\n', b->text.n - from);
	}
	return ok;
}

static void
cut_lines(struct cutter *c, struct cut *b)
{
	struct buf swap = b->text;
	char *nl = NULL;
	size_t n;

	b->text = c->rest;
	c->rest = swap;
	buf_reset(&c->rest);
	b->failed = !gather(c, &b->text, CUT_BYTES, &b->why);
	if (c->long_line) {
		cut_piece(c, b);
		return;
	}
	n = b->text.n < CUT_BYTES ? b->text.n : CUT_BYTES;
	if (n && (!c->eof || b->text.n > CUT_BYTES))
		nl = memrchr(b->text.s, '\n', n);
	if (!nl && !b->failed && n)
		b->failed = !to_line_end(c, b, &nl);
	if (nl)
		keep_rest(c, &b->text, (size_t)(nl - b->text.s) + 1);
	else if (b->failed)
		b->text.n = 0; /* a line cut short is no record */
	else if (!c->eof)
		c->long_line = b->open = true;
	c->no += count_lines(&b->text);
	if (b->text.n && b->text.s[b->text.n - 1] != '\n')
		c->no++;
}

static bool
is_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

/* One byte of an item; a line break within it goes, with the indentation
 * after it. One within a string stays, as another forbidden character. */
static void
item_byte(struct cutter *c, struct buf *b, char ch)
{
	if (c->quoted) {
		if (c->escaped)
			c->escaped = false;
		else if (ch == '\\')
			c->escaped = true;
		else if (ch == '"')
			c->quoted = false;
		buf_char(b, ch == '\n' ? '\r' : ch);
		return;
	}
	if (ch == '\n' || ch == '\r' || (c->indent && is_space(ch))) {
		c->indent = true;
		return;
	}
	c->indent = false;
	if (ch == '"')
		c->quoted = true;
	else if (ch == '{' || ch == '[')
		c->depth++;
	else if ((ch == '}' || ch == ']') && c->depth)
		c->depth--;
	buf_char(b, ch);
}

/* One byte of an array; true when an item is complete. */
static bool
array_byte(struct cutter *c, struct cut *b, char ch)
{
	bool ends = c->place == ITEM && !c->quoted && !c->depth;

	if (ends && (ch == ',' || ch == ']')) {
		c->place = ch == ',' ? NEXT : AFTER;
		buf_char(&b->text, '\n');
		c->no++;
		return true;
	}
	if (c->place == ITEM)
		item_byte(c, &b->text, ch);
	else if (is_space(ch))
		;
	else if (c->place == AFTER)
		b->failed = !err_set(
		    &b->why, "'%s': something follows the array", b->file);
	else if (c->place == BEFORE && ch == ']')
		c->place = AFTER;
	else if (ch == ',' || ch == ']')
		b->failed = !err_set(&b->why,
		    "'%s': a value is missing after item %lu", b->file, c->no);
	else {
		c->place = ITEM;
		item_byte(c, &b->text, ch);
	}
	return false;
}

static void
cut_items(struct cutter *c, struct cut *b)
{
	size_t item = 0, i = 0; /* where the last item began */

	b->items = true;
	while (!b->failed && item < CUT_BYTES) {
		if (i == c->rest.n) {
			buf_reset(&c->rest);
			i = 0;
			b->failed = !gather(c, &c->rest, STEP, &b->why);
			if (!c->rest.n)
				break;
		}
		if (array_byte(c, b, c->rest.s[i++]))
			item = b->text.n;
		else if (b->text.n - item > c->limit)
			b->failed = !err_set(&b->why,
			    "'%s': item %lu is longer than %zu bytes", b->file,
			    c->no + 1, c->limit);
	}
	if (!b->failed && i == c->rest.n && c->eof && c->place != AFTER)
		b->failed =
		    !err_set(&b->why, "'%s': the array does not end", b->file);
	b->text.n = item;
	memmove(c->rest.s, c->rest.s + i, c->rest.n - i);
	c->rest.n -= i;
}

/* A byte order mark goes; '[' as the first byte says it is an array. */
static bool
begin(struct cutter *c, struct err *e)
{
	struct buf *b = &c->rest;
	size_t i = 0;

	buf_reset(b);
	if (!gather(c, b, STEP, e))
		return false;
	if (b->n >= 3 && !memcmp(b->s, "\xef\xbb\xbf", 3)) {
		b->n -= 3;
		memmove(b->s, b->s + 3, b->n);
	}
	while (i < b->n && is_space(b->s[i]))
		i++;
	c->array = i < b->n && b->s[i] == '[';
	if (c->array) {
		b->n -= i + 1;
		memmove(b->s, b->s + i + 1, b->n);
		c->place = BEFORE;
		c->depth = 0;
		c->quoted = c->escaped = c->indent = false;
	}
	c->begun = true;
	return true;
}

bool
cut_next(struct cutter *c, struct cut *b)
{
	struct buf text = b->text;

	buf_reset(&text);
	*b = (struct cut){ .text = text };
	if (c->over || c->at == c->n)
		return false;
	b->file = c->src[c->at].name;
	if (!c->in && !open_next(c, &b->why)) {
		b->failed = c->over = true;
		return true;
	}
	if (!c->begun && !begin(c, &b->why))
		b->failed = true;
	b->no = c->no;
	if (!b->failed && c->array)
		cut_items(c, b);
	else if (!b->failed)
		cut_lines(c, b);
	if (stop_asked()) {
		/* The read may have been broken off. */
		c->over = true;
		return false;
	}
	if (b->failed)
		fail_file(c, &b->why);
	else if (c->eof && !c->rest.n)
		close_file(c);
	return true;
}

void
cut_again(struct cutter *c)
{
	struct cut b = { 0 };

	while (cut_next(c, &b))
		;
	buf_done(&b.text);
	zin_close(c->in);
	c->in = NULL;
	c->at = 0;
	c->over = false;
	buf_reset(&c->rest);
}

void
cut_progress(const struct cutter *c, size_t *done, size_t *all)
{
	size_t here = 0, size;

	if (c->in && !c->src[c->at].known)
		zin_progress(c->in, &here, &size);
	*done = c->done + here;
	*all = c->all;
}

void
cut_json(const struct cutter *c, struct buf *b)
{
	char hex[33];

	buf_char(b, '[');
	for (size_t i = 0; i < c->n; i++) {
		const struct source *s = &c->src[i];

		buf_puts(b, i ? ",{\"file\":" : "{\"file\":");
		buf_json_str(b, str_of(s->name));
		if (s->known) {
			hash_hex(hex, s->digest);
			buf_printf(b, ",\"bytes\":%zu,\"xxh3_128\":\"%s\"",
			    s->bytes, hex);
		}
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

void
cut_free(struct cutter *c)
{
	if (!c)
		return;
	zin_close(c->in);
	for (size_t i = 0; i < c->n; i++) {
		if (c->src[i].spool >= 0)
			close(c->src[i].spool);
		free(c->src[i].why);
	}
	zpress_free(c->press);
	buf_done(&c->frame);
	buf_done(&c->rest);
	free(c->src);
	free(c);
}
