#include "gpu/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcore/json.h"

enum { HEADER_MOST = 100000000, INDEX_MOST = 256 << 20 };

/* All dtypes of the format but the ones smaller than a byte. */
static const struct st_dtype dtypes[] = {
	{ "F32", 4 },
	{ "F16", 2 },
	{ "BF16", 2 },
	{ "F64", 8 },
	{ "BOOL", 1 },
	{ "U8", 1 },
	{ "I8", 1 },
	{ "U16", 2 },
	{ "I16", 2 },
	{ "U32", 4 },
	{ "I32", 4 },
	{ "U64", 8 },
	{ "I64", 8 },
	{ "F8_E4M3", 1 },
	{ "F8_E5M2", 1 },
	{ "F8_E8M0", 1 },
	{ "C64", 8 },
};
const struct st_dtype *const st_f32 = &dtypes[0], *const st_f16 = &dtypes[1],
			     *const st_bf16 = &dtypes[2];

struct st_file {
	const char *name;
	const unsigned char *map, *data;
	size_t len;
	bool mapped;
	size_t first, n; /* its tensors, while they stand in file order */
};

/* One file's header being read. */
struct reader {
	struct safetensors *st;
	struct st_file *file;
	struct json_doc doc;
	struct err *e;
};

static bool bad(struct reader *, const char *fmt, ...) PRINTF_LIKE2;

static bool
bad(struct reader *r, const char *fmt, ...)
{
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return err_set(r->e, "'%s' is not a sound safetensors file: %s",
	    r->file->name, why);
}

const struct st_dtype *
st_dtype_named(struct str s)
{
	for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
		if (str_eq(s, dtypes[i].name))
			return &dtypes[i];
	return NULL;
}

static bool
read_dtype(struct reader *r, const struct json *v, struct st_tensor *t)
{
	struct str s =
	    json_str(&r->doc, json_get(&r->doc, v, "dtype"), &r->st->mem);

	if (!s.s)
		return bad(r, "tensor '%s' has no dtype", t->name.s);
	t->dtype = st_dtype_named(s);
	return t->dtype || bad(r, "tensor '%s' has unknown dtype '%.*s'",
			       t->name.s, s.n < 40 ? (int)s.n : 40, s.s);
}

/* The bytes the shape needs go to *need. */
static bool
read_shape(
    struct reader *r, const struct json *v, struct st_tensor *t, uint64_t *need)
{
	const struct json *shape = json_get(&r->doc, v, "shape"), *x;

	if (!json_is(shape, JSON_ARRAY) || shape->n > ST_DIMS)
		return bad(r, "tensor '%s' has no shape of up to %d numbers",
		    t->name.s, ST_DIMS);
	t->dims = shape->n;
	*need = t->dtype->bytes;
	x = json_first(shape);
	for (unsigned i = 0; i < t->dims; i++, x = json_next(x)) {
		int64_t n;

		if (!json_int(&r->doc, x, &n) || n < 0)
			return bad(r,
			    "the shape of tensor '%s' holds no"
			    " whole number",
			    t->name.s);
		t->dim[i] = (uint64_t)n;
		if (__builtin_mul_overflow(*need, t->dim[i], need))
			return bad(
			    r, "the shape of tensor '%s' overflows", t->name.s);
	}
	return true;
}

static bool
read_offsets(
    struct reader *r, const struct json *v, struct st_tensor *t, uint64_t need)
{
	const struct json *o = json_get(&r->doc, v, "data_offsets"), *x;
	size_t room = (size_t)(r->file->map + r->file->len - r->file->data);
	int64_t at[2];

	if (!json_is(o, JSON_ARRAY) || o->n != 2)
		return bad(r, "tensor '%s' has no two data_offsets", t->name.s);
	x = json_first(o);
	for (unsigned i = 0; i < 2; i++, x = json_next(x))
		if (!json_int(&r->doc, x, &at[i]) || at[i] < 0)
			return bad(r,
			    "the data_offsets of tensor '%s' are no"
			    " whole numbers",
			    t->name.s);
	if (at[0] > at[1] || (uint64_t)at[1] > room)
		return bad(r, "tensor '%s' lies at bytes %lld to %lld of %zu",
		    t->name.s, (long long)at[0], (long long)at[1], room);
	if ((uint64_t)(at[1] - at[0]) != need)
		return bad(r,
		    "tensor '%s' has %lld bytes; its shape needs"
		    " %llu",
		    t->name.s, (long long)(at[1] - at[0]),
		    (unsigned long long)need);
	t->data = r->file->data + at[0];
	t->bytes = (size_t)need;
	return true;
}

static bool
read_tensor(struct reader *r, const struct json *key, struct st_tensor *t)
{
	struct str name = json_str(&r->doc, key, &r->st->mem);
	uint64_t need = 0;

	if (!name.n || name.n > 1000 || memchr(name.s, 0, name.n))
		return bad(r, "the name of a tensor is empty, too long, or"
			      " holds a NUL or a lone surrogate");
	t->name.s = arena_text(&r->st->mem, name.s, name.n);
	t->name.n = name.n;
	if (key[1].type != JSON_OBJECT)
		return bad(r, "tensor '%s' is not an object", t->name.s);
	return read_dtype(r, key + 1, t) && read_shape(r, key + 1, t, &need) &&
	       read_offsets(r, key + 1, t, need);
}

static int
place_order(const void *a, const void *b)
{
	const struct st_tensor *x = a, *y = b;

	if (x->data != y->data)
		return x->data < y->data ? -1 : 1;
	return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* One after the other, from the first byte to the last. */
static bool
no_holes(struct reader *r)
{
	struct st_tensor *t = r->st->tensor + r->file->first;
	const unsigned char *at = r->file->data;

	qsort(t, r->file->n, sizeof *t, place_order);
	for (size_t i = 0; i < r->file->n; i++) {
		if (t[i].data != at)
			return bad(r,
			    t[i].data < at
				? "tensor '%s' overlaps the one before it"
				: "there is a hole before tensor '%s'",
			    t[i].name.s);
		at += t[i].bytes;
	}
	if (at != r->file->map + r->file->len)
		return bad(r, "%zu bytes follow the last tensor",
		    (size_t)(r->file->map + r->file->len - at));
	return true;
}

static bool
read_members(struct reader *r)
{
	const struct json *v = r->doc.tape, *key;
	struct safetensors *st = r->st;

	if (v->type != JSON_OBJECT)
		return bad(r, "its header is not a JSON object");
	st->tensor = need_grow(st->tensor, st->n + v->n, sizeof *st->tensor);
	r->file->first = st->n;
	key = json_first(v);
	for (uint32_t i = 0; i < v->n; i++, key = json_member(key)) {
		struct st_tensor *t = &st->tensor[st->n];

		if (str_eq(json_raw(&r->doc, key), "\"__metadata__\""))
			continue;
		*t = (struct st_tensor){ 0 };
		if (!read_tensor(r, key, t))
			return false;
		st->n++;
	}
	r->file->n = st->n - r->file->first;
	return no_holes(r);
}

static bool
read_header(struct reader *r)
{
	struct st_file *f = r->file;
	uint64_t len = 0;
	struct err why;
	size_t at;

	if (f->len < 8)
		return bad(r, "it has %zu bytes", f->len);
	memcpy(&len, f->map, 8);
	if (len > HEADER_MOST || len > f->len - 8)
		return bad(
		    r, "its header claims %llu bytes", (unsigned long long)len);
	f->data = f->map + 8 + len;
	if (!json_parse(
		&r->doc, (const char *)f->map + 8, (size_t)len, 16, &at, &why))
		return bad(r, "header, byte %zu: %s", at + 1, why.why);
	return read_members(r);
}

static int
name_order(const void *a, const void *b)
{
	const struct st_tensor *x = a, *y = b;

	return strcmp(x->name.s, y->name.s);
}

/* All files are read: names in order, each once. */
static bool
names_once(struct safetensors *st, const char *where, struct err *e)
{
	qsort(st->tensor, st->n, sizeof *st->tensor, name_order);
	for (size_t i = 1; i < st->n; i++)
		if (!name_order(&st->tensor[i - 1], &st->tensor[i]))
			return err_set(e,
			    "'%s': tensor '%s' stands there"
			    " twice",
			    where, st->tensor[i].name.s);
	return true;
}

static bool
map_file(struct st_file *f, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st)) {
		err_set(e, "cannot open '%s': %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < 8) {
		close(fd);
		return err_set(e,
		    "'%s' is not a sound safetensors file: it has %lld"
		    " bytes",
		    path, (long long)st.st_size);
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err_set(e, "cannot map '%s': %s", path, strerror(errno));
	close(fd);
	if (map == MAP_FAILED)
		return false;
	f->map = map;
	f->len = (size_t)st.st_size;
	f->mapped = true;
	return true;
}

static struct st_file *
add_file(struct safetensors *st, const char *name)
{
	struct st_file *f;

	st->file = need_grow(st->file, st->files + 1, sizeof *st->file);
	f = &st->file[st->files++];
	*f = (struct st_file){ 0 };
	f->name = arena_text(&st->mem, name, strlen(name));
	return f;
}

/* Read the last file added. Its name's slices of the header become copies,
 * so the header's tape can go. */
static bool
read_file(struct safetensors *st, struct err *e)
{
	struct reader r = {
		.st = st, .file = &st->file[st->files - 1], .e = e
	};
	bool ok = read_header(&r);

	json_done(&r.doc);
	return ok;
}

static bool
open_file(struct safetensors *st, const char *path, struct err *e)
{
	return map_file(add_file(st, path), path, e) && read_file(st, e);
}

/* What a sharded model's index says must be so. */
struct index {
	struct safetensors *st;
	struct json_doc doc;
	const char *dir, *path;
	struct err *e;
};

/* The number of the shard of this name, opened if it is new; -1: failed. */
static long
shard(struct index *x, struct str name)
{
	struct buf path = { 0 };
	bool ok;

	if (!name.n || name.n > 255 || memchr(name.s, '/', name.n) ||
	    memchr(name.s, 0, name.n)) {
		err_set(
		    x->e, "'%s' names a file that is no plain name", x->path);
		return -1;
	}
	buf_printf(&path, "%s/%.*s", x->dir, (int)name.n, name.s);
	for (size_t i = 0; i < x->st->files; i++)
		if (!strcmp(x->st->file[i].name, path.s)) {
			buf_done(&path);
			return (long)i;
		}
	ok = open_file(x->st, path.s, x->e);
	buf_done(&path);
	return ok ? (long)x->st->files - 1 : -1;
}

/* Each name of the map is in the file it is said to be in. */
static bool
check_map(struct index *x, const struct json *map, const long *at)
{
	const struct json *key = json_first(map);

	for (uint32_t i = 0; i < map->n; i++, key = json_member(key)) {
		struct str name = json_str(&x->doc, key, &x->st->mem);
		const struct st_tensor *t =
		    name.s ? st_find(
				 x->st, arena_text(&x->st->mem, name.s, name.n))
			   : NULL;
		const struct st_file *f = &x->st->file[at[i]];

		if (!t || t->data < f->map || t->data > f->map + f->len)
			return err_set(x->e,
			    "'%s': tensor '%.*s' is not in"
			    " '%s'",
			    x->path, name.n < 100 ? (int)name.n : 100,
			    name.s ? name.s : "", f->name);
	}
	return true;
}

static bool
read_index(struct index *x)
{
	const struct json *map = json_get(&x->doc, x->doc.tape, "weight_map");
	const struct json *key;
	long *at;
	bool ok = true;

	if (!json_is(map, JSON_OBJECT) || !map->n)
		return err_set(x->e, "'%s' has no weight_map", x->path);
	at = need_zero(map->n, sizeof *at);
	key = json_first(map);
	for (uint32_t i = 0; ok && i < map->n; i++, key = json_member(key)) {
		at[i] = shard(x, json_str(&x->doc, key + 1, &x->st->mem));
		ok = at[i] >= 0;
	}
	ok = ok && names_once(x->st, x->path, x->e) && check_map(x, map, at);
	free(at);
	return ok;
}

static bool
open_sharded(struct safetensors *st, const char *dir, struct err *e)
{
	struct index x = { .st = st, .dir = dir, .e = e };
	struct buf path = { 0 };
	char *text = NULL;
	bool ok;

	buf_printf(&path, "%s/model.safetensors.index.json", dir);
	x.path = path.s;
	ok = access(path.s, F_OK)
		 ? err_set(e,
		       "'%s' holds neither model.safetensors nor"
		       " model.safetensors.index.json",
		       dir)
		 : json_load(&x.doc, path.s, INDEX_MOST, &text, e) &&
		       read_index(&x);
	json_done(&x.doc);
	free(text);
	buf_done(&path);
	return ok;
}

struct safetensors *
st_open(const char *path, struct err *e)
{
	struct safetensors *st = need_zero(1, sizeof *st);

	if (open_file(st, path, e) && names_once(st, path, e))
		return st;
	st_close(st);
	return NULL;
}

struct safetensors *
st_dir(const char *dir, struct err *e)
{
	struct safetensors *st;
	struct buf path = { 0 };
	bool ok;

	buf_printf(&path, "%s/model.safetensors", dir);
	if (!access(path.s, F_OK)) {
		st = st_open(path.s, e);
		buf_done(&path);
		return st;
	}
	buf_done(&path);
	st = need_zero(1, sizeof *st);
	ok = open_sharded(st, dir, e);
	if (ok)
		return st;
	st_close(st);
	return NULL;
}

struct safetensors *
st_parse(const void *bytes, size_t n, const char *name, struct err *e)
{
	struct safetensors *st = need_zero(1, sizeof *st);
	struct st_file *f = add_file(st, name);

	f->map = bytes;
	f->len = n;
	if (read_file(st, e) && names_once(st, name, e))
		return st;
	st_close(st);
	return NULL;
}

void
st_close(struct safetensors *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->files; i++) {
		union { /* munmap wants what mmap gave */
			const void *c;
			void *p;
		} map = { st->file[i].map };

		if (st->file[i].mapped)
			munmap(map.p, st->file[i].len);
	}
	free(st->file);
	free(st->tensor);
	arena_done(&st->mem);
	free(st);
}

const struct st_tensor *
st_find(const struct safetensors *st, const char *name)
{
	struct st_tensor want = { .name = str_of(name) };

	return bsearch(
	    &want, st->tensor, st->n, sizeof *st->tensor, name_order);
}
