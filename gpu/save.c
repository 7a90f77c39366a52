#include "gpu/save.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpu/export.h"
#include "gpu/quant.h"
#include "libcore/outdir.h"

enum { DATA_ALIGN = 64, PIECE = 1 << 15 };
#define SHARD_BYTES 5000000000u

struct out_file {
	char name[72];
	int fd;
	uint64_t start; /* of the data in the file */
	uint64_t bytes; /* of tensors */
};

struct place {
	const char *name;
	const struct st_dtype *dtype;
	unsigned dims;
	uint64_t dim[ST_DIMS], items, at; /* at: from the data's start */
	bool raw;
	size_t file;
};

struct save {
	struct outdir *out;
	enum save_dtype dtype;
	struct place *place;
	size_t n;
	size_t *order; /* of the tensors in the files */
	struct out_file *file;
	size_t files;
	struct arena mem;
};

static const struct {
	const char *name, *also; /* also: config.json's word */
	enum save_dtype dtype;
	const struct st_dtype *const *stored;
} dtypes[] = {
	{ "f32", "float32", SAVE_F32, &st_f32 },
	{ "bf16", "bfloat16", SAVE_BF16, &st_bf16 },
};

bool
save_dtype_named(struct str s, enum save_dtype *d)
{
	for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
		if (str_eq(s, dtypes[i].name) || str_eq(s, dtypes[i].also)) {
			*d = dtypes[i].dtype;
			return true;
		}
	return false;
}

/* Tensors of larger items first, so that all are aligned to their items. */
static void
set_order(struct save *s)
{
	static const unsigned size[] = { 8, 4, 2, 1 };
	size_t n = 0;

	s->order = need_alloc(s->n * sizeof *s->order);
	for (size_t k = 0; k < sizeof size / sizeof *size; k++)
		for (size_t i = 0; i < s->n; i++)
			if (s->place[i].dtype->bytes == size[k])
				s->order[n++] = i;
	assert(n == s->n);
}

static bool
take_tensor(struct save *s, const struct save_tensor *t, struct err *e)
{
	struct place *p = &s->place[s->n++];
	uint64_t bytes;

	*p = (struct place){ .dims = t->dims, .items = 1, .raw = t->raw };
	p->name = arena_text(&s->mem, t->name, strlen(t->name));
	p->dtype = t->raw ? t->raw : *dtypes[s->dtype].stored;
	bytes = p->dtype->bytes;
	for (unsigned i = 0; i < t->dims; i++) {
		p->dim[i] = t->dim[i];
		if (__builtin_mul_overflow(bytes, t->dim[i], &bytes) ||
		    bytes > INT64_MAX / 2)
			return err_set(e, "tensor '%s' is too large", t->name);
		p->items *= t->dim[i];
	}
	return true;
}

static uint64_t
bytes_of(const struct place *p)
{
	return p->items * p->dtype->bytes;
}

static struct out_file *
new_file(struct save *s)
{
	s->file = need_grow(s->file, s->files + 1, sizeof *s->file);
	s->file[s->files] = (struct out_file){ .fd = -1 };
	return &s->file[s->files++];
}

/* Which tensor goes where. */
static void
cut_shards(struct save *s, uint64_t most)
{
	struct out_file *f = new_file(s);

	for (size_t k = 0; k < s->n; k++) {
		struct place *p = &s->place[s->order[k]];

		if (f->bytes && f->bytes + bytes_of(p) > most)
			f = new_file(s);
		p->file = s->files - 1;
		p->at = f->bytes;
		f->bytes += bytes_of(p);
	}
	for (size_t i = 0; i < s->files; i++)
		if (s->files == 1)
			strcpy(s->file[i].name, "model.safetensors");
		else
			snprintf(s->file[i].name, sizeof s->file[i].name,
			    "model-%05zu-of-%05zu.safetensors", i + 1,
			    s->files);
}

static void
put_header(const struct save *s, size_t file, struct buf *b)
{
	uint64_t len = 0;

	buf_put(b, &len, 8);
	buf_puts(b, "{\"__metadata__\":{\"format\":\"pt\"}");
	for (size_t k = 0; k < s->n; k++) {
		const struct place *p = &s->place[s->order[k]];

		if (p->file != file)
			continue;
		buf_char(b, ',');
		buf_json_str(b, str_of(p->name));
		buf_printf(b, ":{\"dtype\":\"%s\",\"shape\":[", p->dtype->name);
		for (unsigned i = 0; i < p->dims; i++)
			buf_printf(b, "%s%llu", i ? "," : "",
			    (unsigned long long)p->dim[i]);
		buf_printf(b, "],\"data_offsets\":[%llu,%llu]}",
		    (unsigned long long)p->at,
		    (unsigned long long)(p->at + bytes_of(p)));
	}
	buf_char(b, '}');
	while (b->n % DATA_ALIGN)
		buf_char(b, ' ');
	len = b->n - 8;
	memcpy(b->s, &len, 8);
}

static bool
put_at(int fd, const char *name, const void *from, size_t n, uint64_t at,
    struct err *e)
{
	const char *s = from;

	while (n) {
		ssize_t did = pwrite(fd, s, n, (off_t)at);

		if (did < 0 && errno == EINTR)
			continue;
		if (did < 0)
			return err_set(
			    e, "cannot write '%s': %s", name, strerror(errno));
		s += did;
		n -= (size_t)did;
		at += (uint64_t)did;
	}
	return true;
}

static bool
start_file(struct save *s, size_t i, struct err *e)
{
	struct out_file *f = &s->file[i];
	struct buf path = { 0 }, head = { 0 };
	bool ok;

	put_header(s, i, &head);
	f->start = head.n;
	buf_printf(&path, "%s/%s", outdir_path(s->out), f->name);
	f->fd = open(path.s, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ok = f->fd >= 0 && !ftruncate(f->fd, (off_t)(f->start + f->bytes));
	if (!ok)
		err_set(e, "cannot make '%s': %s", path.s, strerror(errno));
	ok = ok && put_at(f->fd, f->name, head.s, head.n, 0, e);
	buf_done(&path);
	buf_done(&head);
	return ok;
}

static bool
write_index(struct save *s, struct err *e)
{
	struct buf b = { 0 };
	uint64_t total = 0;
	bool ok;

	for (size_t i = 0; i < s->files; i++)
		total += s->file[i].bytes;
	buf_printf(&b,
	    "{\n  \"metadata\": {\n    \"total_size\": %llu\n  },\n"
	    "  \"weight_map\": {",
	    (unsigned long long)total);
	for (size_t i = 0; i < s->n; i++) {
		buf_puts(&b, i ? ",\n    " : "\n    ");
		buf_json_str(&b, str_of(s->place[i].name));
		buf_printf(&b, ": \"%s\"", s->file[s->place[i].file].name);
	}
	buf_puts(&b, "\n  }\n}\n");
	ok = outdir_write(s->out, "model.safetensors.index.json",
	    (struct str){ b.s, b.n }, e);
	buf_done(&b);
	return ok;
}

/* Files of a model's folder that are not carried over: weights in any form,
 * what a trainer left, and the card, which speaks of another model. */
static bool
left_behind(const char *name)
{
	static const char *const end[] = { ".safetensors",
		".safetensors.index.json", ".bin", ".bin.index.json", ".pt",
		".pth", ".gguf", ".h5", ".msgpack", ".onnx", ".ot", ".npz",
		".partial" };
	static const char *const whole[] = { "config.json", "DONE", "README.md",
		"trainer_state.json", "adapter_config.json" };
	size_t n = strlen(name);

	if (*name == '.')
		return true;
	for (size_t i = 0; i < sizeof end / sizeof *end; i++) {
		size_t k = strlen(end[i]);

		if (n >= k && !strcmp(name + n - k, end[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		if (!strcmp(name, whole[i]))
			return true;
	return false;
}

/* Regular files of from/sub, verbatim; sub is "" or ends with '/'. */
static bool
copy_files(struct outdir *o, const char *from, const char *sub, struct err *e)
{
	struct buf path = { 0 }, name = { 0 };
	struct dirent *x;
	struct stat st;
	bool ok = true;
	DIR *d;

	buf_printf(&path, "%s/%s", from, sub);
	d = opendir(path.s);
	if (!d)
		ok =
		    err_set(e, "cannot open '%s': %s", path.s, strerror(errno));
	while (ok && (x = readdir(d))) {
		if (left_behind(x->d_name))
			continue;
		buf_reset(&path);
		buf_printf(&path, "%s/%s%s", from, sub, x->d_name);
		buf_reset(&name);
		buf_printf(&name, "%s%s", sub, x->d_name);
		if (!stat(path.s, &st) && S_ISREG(st.st_mode))
			ok = outdir_copy(o, name.s, path.s, e);
	}
	if (d)
		closedir(d);
	buf_done(&path);
	buf_done(&name);
	return ok;
}

static bool
copy_folder(struct outdir *o, const char *from, struct err *e)
{
	static const char sub[] = "additional_chat_templates/";
	struct buf a = { 0 }, b = { 0 };
	struct stat st;
	bool ok = copy_files(o, from, "", e);

	buf_printf(&a, "%s/%s", from, sub);
	buf_printf(&b, "%s/%s", outdir_path(o), sub);
	if (ok && !stat(a.s, &st) && S_ISDIR(st.st_mode))
		ok = (!mkdir(b.s, 0777) || err_set(e, "cannot make '%s': %s",
					       b.s, strerror(errno))) &&
		     copy_files(o, from, sub, e);
	buf_done(&a);
	buf_done(&b);
	return ok;
}

/* config.json as it is, but for its dtype (torch_dtype before
 * transformers 5), which is added where there is none. */
static bool
copy_config(struct save *s, const struct json_doc *d, struct err *e)
{
	const char *word = dtypes[s->dtype].also;
	const char *key =
	    json_get(d, d->tape, "dtype") ? "dtype" : "torch_dtype";
	const struct json *v = json_get(d, d->tape, key);
	struct buf b = { 0 };
	bool ok;

	if (v) {
		buf_put(&b, d->text, v->at);
		buf_printf(&b, "\"%s\"", word);
		buf_put(&b, d->text + v->end, d->len - v->end);
	} else {
		buf_put(&b, d->text, d->tape->at + 1);
		buf_printf(&b, "\n  \"%s\": \"%s\"%s", key, word,
		    d->tape->n ? "," : "");
		buf_put(
		    &b, d->text + d->tape->at + 1, d->len - d->tape->at - 1);
	}
	ok = outdir_write(s->out, "config.json", (struct str){ b.s, b.n }, e);
	buf_done(&b);
	return ok;
}

static bool
write_rest(struct save *s, struct hub *from, struct err *e)
{
	if (from->gguf)
		return export_files(s->out, from, dtypes[s->dtype].also, e);
	return copy_config(s, &from->config, e) &&
	       copy_folder(s->out, from->dir, e);
}

struct save *
save_open(const struct save_conf *c, const struct save_tensor *t, size_t n,
    struct err *e)
{
	struct save *s = need_zero(1, sizeof *s);
	bool ok = true;

	s->dtype = c->dtype;
	s->place = need_zero(n, sizeof *s->place);
	while (ok && s->n < n)
		ok = take_tensor(s, &t[s->n], e);
	if (ok) {
		set_order(s);
		cut_shards(s, c->shard ? c->shard : SHARD_BYTES);
		s->out = outdir_open(c->dir, e);
	}
	ok = ok && s->out && write_rest(s, c->from, e);
	for (size_t i = 0; ok && i < s->files; i++)
		ok = start_file(s, i, e);
	if (ok && s->files > 1)
		ok = write_index(s, e);
	if (ok)
		return s;
	save_abort(s);
	return NULL;
}

bool
save_rows(struct save *s, size_t i, uint64_t first, size_t count,
    const float *x, struct err *e)
{
	const struct place *p = &s->place[i];
	const struct out_file *f = &s->file[p->file];
	uint16_t piece[PIECE];
	uint64_t at = f->start + p->at + first * p->dtype->bytes;

	assert(!p->raw && first <= p->items && count <= p->items - first);
	if (s->dtype == SAVE_F32)
		return put_at(f->fd, f->name, x, 4 * count, at, e);
	while (count) {
		size_t n = count < PIECE ? count : PIECE;

		bf16_rows(piece, x, n);
		if (!put_at(f->fd, f->name, piece, 2 * n, at, e))
			return false;
		x += n;
		at += 2 * n;
		count -= n;
	}
	return true;
}

bool
save_bytes(struct save *s, size_t i, const void *from, struct err *e)
{
	const struct place *p = &s->place[i];
	const struct out_file *f = &s->file[p->file];

	assert(p->raw);
	return put_at(f->fd, f->name, from, bytes_of(p), f->start + p->at, e);
}

static bool
done(struct save *s, struct err *e)
{
	bool ok = true;

	for (size_t i = 0; i < s->files; i++)
		if (s->file[i].fd >= 0 && close(s->file[i].fd) && ok)
			ok = err_set(e, "cannot write '%s': %s",
			    s->file[i].name, strerror(errno));
	free(s->file);
	free(s->place);
	free(s->order);
	arena_done(&s->mem);
	free(s);
	return ok;
}

bool
save_close(struct save *s, struct err *e)
{
	struct outdir *o = s->out;

	if (done(s, e))
		return outdir_close(o, "model", e);
	outdir_abort(o);
	return false;
}

void
save_abort(struct save *s)
{
	struct outdir *o;
	struct err e;

	if (!s)
		return;
	o = s->out;
	done(s, &e);
	outdir_abort(o);
}
