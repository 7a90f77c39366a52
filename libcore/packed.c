/* Packed files read, checked and laid down for random access. */
#include "libcore/packed.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libcore/json.h"
#include "libcore/zio.h"

enum { DEPTH = 16 };

/* Reading in progress. Until the spool is mapped a unit's pointers are empty
 * and `at` says where its numbers stand. */
struct reader {
	struct packed *p;
	const struct packed_want *want;
	const char *file;
	unsigned long line;
	struct json_doc doc;
	FILE *spool;
	size_t *at; /* [units] byte of its ids; weights follow a row's ids */
	size_t *wat;
	size_t bytes;
	struct buf header;
	int32_t *id; /* of the row at hand */
	float *weight;
	size_t n, room;
	size_t row_room, unit_room;
	struct err *e;
};

static bool bad(struct reader *r, const char *fmt, ...) PRINTF_LIKE2;

static bool
bad(struct reader *r, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return err_set(r->e, "%s:%lu: %s", r->file, r->line, why);
}

static const struct json *
member(struct reader *r, const struct json *in, const char *key)
{
	return json_get(&r->doc, in, key);
}

static bool
string_is(struct reader *r, const struct json *v, const char *want)
{
	struct str raw;

	if (!json_is(v, JSON_STRING))
		return false;
	raw = json_raw(&r->doc, v);
	return raw.n == strlen(want) + 2 && !memcmp(raw.s + 1, want, raw.n - 2);
}

static const char *const kinds[] = { "sft", "pairs" };

/* The kind says what train may do with it. */
static bool
check_kind(struct reader *r)
{
	const struct json *kind = member(r, r->doc.tape, "kind");
	struct str raw;

	if (!kind || string_is(r, kind, kinds[r->want->kind]))
		return true;
	raw = json_raw(&r->doc, kind);
	return bad(r, "the rows are of kind %.*s, wanted is \"%s\"",
	    (int)(raw.n < 40 ? raw.n : 40), raw.s, kinds[r->want->kind]);
}

static bool
check_tokenizer(struct reader *r)
{
	const struct json *t = member(r, r->doc.tape, "tokenizer");
	int64_t vocab;
	struct str raw;

	if (!json_is(t, JSON_STRING))
		return bad(r, "the header does not name its tokenizer");
	raw = json_raw(&r->doc, t);
	if (!string_is(r, t, r->want->tokenizer))
		return bad(r,
		    "packed with tokenizer %.*s, but that of '%s' is "
		    "\"%s\"",
		    (int)(raw.n < 40 ? raw.n : 40), raw.s, r->want->model,
		    r->want->tokenizer);
	if (!json_int(&r->doc, member(r, r->doc.tape, "vocab"), &vocab))
		return true;
	if (vocab < 0 || (uint64_t)vocab > r->want->vocab + r->want->spare)
		return bad(r,
		    "packed for a vocabulary of %lld, but '%s' has %zu "
		    "rows",
		    (long long)vocab, r->want->model, r->want->vocab);
	return true;
}

static bool
read_header(struct reader *r, const char *line, size_t len)
{
	int64_t version;

	if (r->header.s) {
		if (r->header.n != len || memcmp(r->header.s, line, len))
			return bad(r, "this header differs from the first one");
		return true;
	}
	if (!string_is(r, member(r, r->doc.tape, "plumbline"), "packed"))
		return bad(r, "not a packed file: its first line is no header");
	if (!json_int(&r->doc, member(r, r->doc.tape, "version"), &version) ||
	    version < 1)
		return bad(r, "the header has no version");
	if (version > PACKED_VERSION)
		return bad(r, "packed by a newer version (%lld; known is %d)",
		    (long long)version, PACKED_VERSION);
	if (!check_kind(r) || !check_tokenizer(r))
		return false;
	buf_put(&r->header, line, len);
	return true;
}

static void
need_tokens(struct reader *r, size_t n)
{
	if (n <= r->room)
		return;
	r->room = n < 2 * r->room ? 2 * r->room : n;
	r->id = need_grow(r->id, r->room, sizeof *r->id);
	r->weight = need_grow(r->weight, r->room, sizeof *r->weight);
}

/* "input_ids" and "weights" of v, after the n tokens at hand. */
static bool
read_tokens(struct reader *r, const struct json *v)
{
	const struct json *ids = member(r, v, "input_ids");
	const struct json *ws = member(r, v, "weights"), *a, *b;

	if (!json_is(ids, JSON_ARRAY) || !json_is(ws, JSON_ARRAY))
		return bad(r, "'input_ids' and 'weights' must be lists");
	if (ids->n != ws->n || !ids->n)
		return bad(r, "%u input_ids and %u weights", ids->n, ws->n);
	need_tokens(r, r->n + ids->n);
	a = json_first(ids);
	b = json_first(ws);
	for (uint32_t i = 0; i < ids->n; i++) {
		int64_t id;
		double w;

		if (!json_int(&r->doc, a, &id) || id < 0 ||
		    (uint64_t)id >= r->want->vocab)
			return bad(r,
			    "token %u is no id below %zu, the vocabulary of "
			    "'%s'",
			    i, r->want->vocab, r->want->model);
		if (!json_real(&r->doc, b, &w) || !(w >= 0 && w < 1e30))
			return bad(r, "weight %u is no number >= 0", i);
		r->id[r->n] = (int32_t)id;
		r->weight[r->n++] = (float)w;
		a = json_next(a);
		b = json_next(b);
	}
	return true;
}

static void
add_unit(struct reader *r, size_t from, size_t n0, size_t n1)
{
	struct packed *p = r->p;

	if (p->units == r->unit_room) {
		r->unit_room = 2 * r->unit_room + 256;
		p->unit = need_grow(p->unit, r->unit_room, sizeof *p->unit);
		r->at = need_grow(r->at, r->unit_room, sizeof *r->at);
		r->wat = need_grow(r->wat, r->unit_room, sizeof *r->wat);
	}
	r->at[p->units] = r->bytes + from * sizeof *r->id;
	r->wat[p->units] = r->bytes + (r->n + from) * sizeof *r->id;
	p->unit[p->units++] = (struct packed_unit){ .n = { n0, n1 } };
	if (n0 + n1 > p->longest)
		p->longest = n0 + n1;
}

static bool
learns(const struct reader *r, size_t from, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (r->weight[from + i] > 0)
			return true;
	return false;
}

static bool
read_sft(struct reader *r)
{
	const struct json *cu = member(r, r->doc.tape, "cu_seqlens"), *v;
	int64_t last = 0, at;

	if (!read_tokens(r, r->doc.tape))
		return false;
	if (!json_is(cu, JSON_ARRAY) || cu->n < 2)
		return bad(r, "'cu_seqlens' must be a list of two or more");
	v = json_first(cu);
	for (uint32_t i = 0; i < cu->n; i++, v = json_next(v)) {
		if (!json_int(&r->doc, v, &at) || (i ? at <= last : at != 0) ||
		    (uint64_t)at > r->n ||
		    (i + 1 == cu->n && (uint64_t)at != r->n))
			return bad(
			    r, "'cu_seqlens' must rise from 0 to %zu", r->n);
		if (i)
			add_unit(r, (size_t)last, (size_t)(at - last), 0);
		last = at;
	}
	return true;
}

static bool
read_pair(struct reader *r)
{
	static const char *const side[] = { "chosen", "rejected" };
	size_t n[2];

	for (int i = 0; i < 2; i++) {
		const struct json *v = member(r, r->doc.tape, side[i]);
		size_t from = r->n;

		if (!json_is(v, JSON_OBJECT))
			return bad(r, "field '%s' is missing", side[i]);
		if (!read_tokens(r, v))
			return false;
		n[i] = r->n - from;
		if (!learns(r, from, n[i]))
			return bad(
			    r, "'%s' has no token to learn from", side[i]);
	}
	add_unit(r, 0, n[0], n[1]);
	return true;
}

static bool
spool_row(struct reader *r, size_t first)
{
	struct packed *p = r->p;

	if (p->rows == r->row_room) {
		r->row_room = 2 * r->row_room + 256;
		p->row = need_grow(p->row, r->row_room, sizeof *p->row);
	}
	p->row[p->rows++] =
	    (struct packed_row){ first, p->units - first, r->n };
	p->tokens += r->n;
	if (fwrite(r->id, sizeof *r->id, r->n, r->spool) != r->n ||
	    fwrite(r->weight, sizeof *r->weight, r->n, r->spool) != r->n)
		return err_set(r->e, "cannot write under '%s': %s",
		    r->want->tmp, strerror(errno));
	r->bytes += r->n * (sizeof *r->id + sizeof *r->weight);
	return true;
}

static bool
read_line(struct reader *r, const char *line, size_t len)
{
	size_t at, first = r->p->units;
	struct err e;

	if (!json_parse(&r->doc, line, len, DEPTH, &at, &e))
		return bad(r, "column %zu: %s", at + 1, e.why);
	if (!json_is(r->doc.tape, JSON_OBJECT))
		return bad(r, "not an object");
	if (!r->header.s || member(r, r->doc.tape, "plumbline"))
		return read_header(r, line, len);
	if (member(r, r->doc.tape, "label"))
		return bad(r, "a KTO row: train kto is not there yet");
	r->n = 0;
	if (r->want->kind == PACKED_SFT ? !read_sft(r) : !read_pair(r))
		return false;
	return spool_row(r, first);
}

static bool
read_file(struct reader *r, const char *file)
{
	struct zlines *z = zlines_open(file, r->e);
	size_t len;
	char *line;
	bool ok = true;

	if (!z)
		return false;
	r->file = strcmp(file, "-") ? file : "stdin";
	r->line = 0;
	while (ok && (line = zlines_next(z, &len, r->e))) {
		r->line++;
		if (len)
			ok = read_line(r, line, len);
	}
	zlines_close(z);
	return ok && !r->e->why[0];
}

static FILE *
spool_open(const char *tmp, struct err *e)
{
	char path[4096];
	int fd;
	FILE *f;

	snprintf(path, sizeof path, "%s/packed-XXXXXX", tmp);
	fd = mkostemp(path, 02000000); /* close on exec */
	f = fd < 0 ? NULL : fdopen(fd, "w+b");
	if (!f) {
		err_set(e, "cannot make a file under '%s': %s", tmp,
		    strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	unlink(path);
	return f;
}

static bool
map_spool(struct reader *r)
{
	struct packed *p = r->p;
	struct hash128 *parts;

	if (!p->rows)
		return err_set(r->e, "%s: no rows to train on",
		    r->file ? r->file : "stdin");
	if (fflush(r->spool))
		return err_set(r->e, "cannot write under '%s': %s",
		    r->want->tmp, strerror(errno));
	p->map =
	    mmap(NULL, r->bytes, PROT_READ, MAP_SHARED, fileno(r->spool), 0);
	if (p->map == MAP_FAILED) {
		p->map = NULL;
		return err_set(r->e, "cannot map: %s", strerror(errno));
	}
	p->mapped = r->bytes;
	parts = need_zero(2, sizeof *parts);
	parts[0] = hash128(p->map, r->bytes);
	parts[1] = hash128(p->unit, p->units * sizeof *p->unit);
	p->digest = hash128(parts, 2 * sizeof *parts);
	free(parts);
	for (size_t i = 0; i < p->units; i++) {
		p->unit[i].id =
		    (const int32_t *)(const void *)((char *)p->map + r->at[i]);
		p->unit[i].weight =
		    (const float *)(const void *)((char *)p->map + r->wat[i]);
	}
	return true;
}

struct packed *
packed_open(const char *const *files, size_t n, const struct packed_want *want,
    struct err *e)
{
	struct reader r = {
		.p = need_zero(1, sizeof *r.p), .want = want, .e = e
	};
	bool ok;

	e->why[0] = 0;
	r.spool = spool_open(want->tmp, e);
	ok = r.spool != NULL;
	for (size_t i = 0; ok && i < n; i++)
		ok = read_file(&r, files[i]);
	ok = ok && map_spool(&r);
	if (r.spool)
		fclose(r.spool);
	r.p->header = (struct str){ r.header.s, r.header.n };
	json_done(&r.doc);
	free(r.at);
	free(r.wat);
	free(r.id);
	free(r.weight);
	if (ok)
		return r.p;
	packed_close(r.p);
	return NULL;
}

void
packed_close(struct packed *p)
{
	char *header;

	if (!p)
		return;
	if (p->map)
		munmap(p->map, p->mapped);
	memcpy(&header, &p->header.s, sizeof header);
	free(header);
	free(p->row);
	free(p->unit);
	free(p);
}
