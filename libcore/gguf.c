#include "libcore/gguf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum value_type {
	U8,
	I8,
	U16,
	I16,
	U32,
	I32,
	F32,
	BOOL,
	STRING,
	ARRAY,
	U64,
	I64,
	F64,
	VALUE_TYPES,
};

static const uint8_t value_bytes[VALUE_TYPES] = {
	[U8] = 1,
	[I8] = 1,
	[U16] = 2,
	[I16] = 2,
	[U32] = 4,
	[I32] = 4,
	[F32] = 4,
	[BOOL] = 1,
	[U64] = 8,
	[I64] = 8,
	[F64] = 8,
};

/* All types of the format, so that one we cannot read is refused by name. */
static const struct gguf_type_info types[] = {
	[0] = { "F32", 1, 4 },
	[1] = { "F16", 1, 2 },
	[2] = { "Q4_0", 32, 18 },
	[3] = { "Q4_1", 32, 20 },
	[6] = { "Q5_0", 32, 22 },
	[7] = { "Q5_1", 32, 24 },
	[8] = { "Q8_0", 32, 34 },
	[9] = { "Q8_1", 32, 36 },
	[10] = { "Q2_K", 256, 84 },
	[11] = { "Q3_K", 256, 110 },
	[12] = { "Q4_K", 256, 144 },
	[13] = { "Q5_K", 256, 176 },
	[14] = { "Q6_K", 256, 210 },
	[15] = { "Q8_K", 256, 292 },
	[16] = { "IQ2_XXS", 256, 66 },
	[17] = { "IQ2_XS", 256, 74 },
	[18] = { "IQ3_XXS", 256, 98 },
	[19] = { "IQ1_S", 256, 50 },
	[20] = { "IQ4_NL", 32, 18 },
	[21] = { "IQ3_S", 256, 110 },
	[22] = { "IQ2_S", 256, 82 },
	[23] = { "IQ4_XS", 256, 136 },
	[24] = { "I8", 1, 1 },
	[25] = { "I16", 1, 2 },
	[26] = { "I32", 1, 4 },
	[27] = { "I64", 1, 8 },
	[28] = { "F64", 1, 8 },
	[29] = { "IQ1_M", 256, 56 },
	[30] = { "BF16", 1, 2 },
	[34] = { "TQ1_0", 256, 54 },
	[35] = { "TQ2_0", 256, 66 },
	[39] = { "MXFP4", 32, 17 },
};

struct value {
	struct str key;
	uint32_t type, item; /* item: of an array */
	uint64_t n;          /* items of an array; bytes of a string */
	const unsigned char *at;
};

struct gguf {
	const unsigned char *map;
	size_t len;
	bool mapped;
	struct value *value; /* by key */
	size_t values;
	struct gguf_tensor *tensor; /* in file order */
	uint32_t *by_name;
	size_t tensors;
};

/* Where the reader stands. Errors name the file. */
struct cursor {
	const unsigned char *s;
	size_t at, len;
	const char *name;
	struct err *e;
};

static bool bad(struct cursor *, const char *fmt, ...) PRINTF_LIKE2;

static bool
bad(struct cursor *c, const char *fmt, ...)
{
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return err_set(c->e, "'%s' is not a sound GGUF file: %s", c->name, why);
}

static bool
take(struct cursor *c, void *to, size_t n)
{
	if (c->len - c->at < n)
		return bad(c, "it ends inside the header (byte %zu)", c->len);
	memcpy(to, c->s + c->at, n);
	c->at += n;
	return true;
}

static bool
skip(struct cursor *c, uint64_t n)
{
	if (c->len - c->at < n)
		return bad(c, "it ends inside the header (byte %zu)", c->len);
	c->at += (size_t)n;
	return true;
}

static bool
text(struct cursor *c, struct str *s)
{
	uint64_t n = 0;

	if (!take(c, &n, sizeof n))
		return false;
	s->s = (const char *)c->s + c->at;
	s->n = (size_t)n;
	return skip(c, n);
}

/* A name for messages, cut to what a line can hold. */
static int
shown(struct str s)
{
	return s.n < 100 ? (int)s.n : 100;
}

static bool
name_ok(struct cursor *c, struct str s, const char *what)
{
	if (!s.n || s.n > 65535 || memchr(s.s, 0, s.n))
		return bad(c, "the name of a %s has length %zu or a NUL in it",
		    what, s.n);
	return true;
}

static bool
read_array(struct cursor *c, struct value *v)
{
	if (!take(c, &v->item, 4) || !take(c, &v->n, 8))
		return false;
	if (v->item >= VALUE_TYPES || v->item == ARRAY)
		return bad(c, "array '%.*s' has items of type %u",
		    shown(v->key), v->key.s, v->item);
	v->at = c->s + c->at;
	if (v->item == STRING) {
		struct str s;

		for (uint64_t i = 0; i < v->n; i++)
			if (!text(c, &s))
				return false;
		return true;
	}
	if (v->n > (c->len - c->at) / value_bytes[v->item])
		return bad(c,
		    "array '%.*s' of %llu items is longer than the"
		    " file",
		    shown(v->key), v->key.s, (unsigned long long)v->n);
	return skip(c, v->n * value_bytes[v->item]);
}

static bool
read_value(struct cursor *c, struct value *v)
{
	struct str s;

	if (!text(c, &v->key) || !name_ok(c, v->key, "value") ||
	    !take(c, &v->type, 4))
		return false;
	if (v->type >= VALUE_TYPES)
		return bad(c, "value '%.*s' has unknown type %u", shown(v->key),
		    v->key.s, v->type);
	if (v->type == ARRAY)
		return read_array(c, v);
	if (v->type == STRING) {
		if (!text(c, &s))
			return false;
		v->at = (const unsigned char *)s.s;
		v->n = s.n;
		return true;
	}
	v->at = c->s + c->at;
	return skip(c, value_bytes[v->type]);
}

static bool
tensor_size(struct cursor *c, struct gguf_tensor *t)
{
	const struct gguf_type_info *ti = gguf_type_info(t->type);
	uint64_t n = 1;

	if (!ti)
		return bad(c, "tensor '%.*s' has unknown type %u",
		    shown(t->name), t->name.s, t->type);
	for (unsigned i = 0; i < 4; i++)
		if (!t->dim[i] || __builtin_mul_overflow(n, t->dim[i], &n))
			return bad(c, "the dimensions of tensor '%.*s' %s",
			    shown(t->name), t->name.s,
			    t->dim[i] ? "overflow" : "have a zero");
	if (t->dim[0] % ti->items)
		return bad(c,
		    "tensor '%.*s' has rows of %llu, no multiple of"
		    " the %u of %s",
		    shown(t->name), t->name.s, (unsigned long long)t->dim[0],
		    ti->items, ti->name);
	if (__builtin_mul_overflow(n / ti->items, ti->bytes, &n) || n > c->len)
		return bad(c, "tensor '%.*s' is larger than the file",
		    shown(t->name), t->name.s);
	t->bytes = (size_t)n;
	return true;
}

/* The offset goes to *offset; data is set when the data's start is known. */
static bool
read_tensor(struct cursor *c, struct gguf_tensor *t, uint64_t *offset)
{
	uint32_t dims = 0;

	if (!text(c, &t->name) || !name_ok(c, t->name, "tensor") ||
	    !take(c, &dims, 4))
		return false;
	if (dims < 1 || dims > 4)
		return bad(c, "tensor '%.*s' has %u dimensions", shown(t->name),
		    t->name.s, dims);
	t->dims = dims;
	for (unsigned i = 0; i < 4; i++) {
		t->dim[i] = 1;
		if (i < dims && !take(c, &t->dim[i], 8))
			return false;
	}
	return take(c, &t->type, 4) && take(c, offset, 8) && tensor_size(c, t);
}

static int
str_order(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = memcmp(a.s, b.s, n);

	return d ? d : (a.n > b.n) - (a.n < b.n);
}

static int
value_order(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return str_order(x->key, y->key);
}

static bool
read_values(struct cursor *c, struct gguf *g, uint64_t n)
{
	/* key length, type and one byte at the least */
	if (n > (c->len - c->at) / 13)
		return bad(
		    c, "%llu values do not fit into it", (unsigned long long)n);
	g->value = need_zero((size_t)n, sizeof *g->value);
	for (; g->values < n; g->values++)
		if (!read_value(c, &g->value[g->values]))
			return false;
	qsort(g->value, g->values, sizeof *g->value, value_order);
	for (size_t i = 1; i < g->values; i++)
		if (!value_order(&g->value[i - 1], &g->value[i]))
			return bad(c, "value '%.*s' stands there twice",
			    shown(g->value[i].key), g->value[i].key.s);
	return true;
}

static int
name_order(const void *a, const void *b, void *g)
{
	const uint32_t *x = a, *y = b;
	const struct gguf_tensor *t = ((struct gguf *)g)->tensor;

	return str_order(t[*x].name, t[*y].name);
}

static int
place_order(const void *a, const void *b, void *g)
{
	const uint32_t *x = a, *y = b;
	const struct gguf_tensor *t = ((struct gguf *)g)->tensor;

	if (t[*x].data != t[*y].data)
		return t[*x].data < t[*y].data ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

/* No two tensors share bytes, and no two share a name. */
static bool
tensors_apart(struct cursor *c, struct gguf *g)
{
	const struct gguf_tensor *t = g->tensor;

	g->by_name = need_alloc(g->tensors * sizeof *g->by_name);
	for (size_t i = 0; i < g->tensors; i++)
		g->by_name[i] = (uint32_t)i;
	qsort_r(g->by_name, g->tensors, sizeof *g->by_name, place_order, g);
	for (size_t i = 1; i < g->tensors; i++) {
		const struct gguf_tensor *a = &t[g->by_name[i - 1]];
		const struct gguf_tensor *b = &t[g->by_name[i]];

		if (a->data + a->bytes > b->data)
			return bad(c, "tensors '%.*s' and '%.*s' overlap",
			    shown(a->name), a->name.s, shown(b->name),
			    b->name.s);
	}
	qsort_r(g->by_name, g->tensors, sizeof *g->by_name, name_order, g);
	for (size_t i = 1; i < g->tensors; i++)
		if (!name_order(&g->by_name[i - 1], &g->by_name[i], g))
			return bad(c, "tensor '%.*s' stands there twice",
			    shown(t[g->by_name[i]].name),
			    t[g->by_name[i]].name.s);
	return true;
}

static bool
place_tensors(struct cursor *c, struct gguf *g, const uint64_t *offset)
{
	int64_t align = 32;
	size_t start;

	if (gguf_has(g, "general.alignment") &&
	    (!gguf_int(g, "general.alignment", &align) || align < 1 ||
		align > 1 << 20 || (align & (align - 1))))
		return bad(c, "general.alignment is no power of two up to"
			      " 1048576");
	start = (c->at + (size_t)align - 1) & ~((size_t)align - 1);
	if (g->tensors && start > c->len)
		return bad(c, "it ends before its tensors");
	for (size_t i = 0; i < g->tensors; i++) {
		struct gguf_tensor *t = &g->tensor[i];

		if (offset[i] & ((uint64_t)align - 1))
			return bad(c, "tensor '%.*s' is not aligned to %lld",
			    shown(t->name), t->name.s, (long long)align);
		if (offset[i] > c->len - start ||
		    t->bytes > c->len - start - offset[i])
			return bad(c,
			    "tensor '%.*s' reaches past the end of"
			    " the file",
			    shown(t->name), t->name.s);
		t->data = c->s + start + offset[i];
	}
	return tensors_apart(c, g);
}

static bool
read_tensors(struct cursor *c, struct gguf *g, uint64_t n)
{
	uint64_t *offset;
	bool ok = true;

	/* name length, dimensions, one of them, type and offset */
	if (n > (c->len - c->at) / 32 || n > UINT32_MAX)
		return bad(c, "%llu tensors do not fit into it",
		    (unsigned long long)n);
	g->tensor = need_zero((size_t)n, sizeof *g->tensor);
	offset = need_zero((size_t)n, sizeof *offset);
	for (; ok && g->tensors < n; g->tensors++)
		ok =
		    read_tensor(c, &g->tensor[g->tensors], &offset[g->tensors]);
	ok = ok && place_tensors(c, g, offset);
	free(offset);
	return ok;
}

static bool
read_all(struct cursor *c, struct gguf *g)
{
	uint64_t values = 0, tensors = 0;
	uint32_t version = 0;

	if (c->len < 4 || memcmp(c->s, "GGUF", 4))
		return err_set(c->e, "'%s' is not a GGUF file", c->name);
	c->at = 4;
	if (!take(c, &version, 4) || !take(c, &tensors, 8) ||
	    !take(c, &values, 8))
		return false;
	if (version != 2 && version != 3)
		return err_set(c->e,
		    "'%s' is GGUF version %u; versions 2 and 3%s are read",
		    c->name, version,
		    version & 0xffff ? "" : ", little-endian,");
	return read_values(c, g, values) && read_tensors(c, g, tensors);
}

struct gguf *
gguf_parse(const void *bytes, size_t n, const char *name, struct err *e)
{
	struct cursor c = { .s = bytes, .len = n, .name = name, .e = e };
	struct gguf *g = need_zero(1, sizeof *g);

	g->map = bytes;
	g->len = n;
	if (read_all(&c, g))
		return g;
	gguf_close(g);
	return NULL;
}

struct gguf *
gguf_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct gguf *g;
	void *map;

	if (fd < 0 || fstat(fd, &st)) {
		err_set(e, "cannot open '%s': %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		err_set(e, "'%s' is not a GGUF file", path);
		return NULL;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err_set(e, "cannot map '%s': %s", path, strerror(errno));
	close(fd);
	if (map == MAP_FAILED)
		return NULL;
	g = gguf_parse(map, (size_t)st.st_size, path, e);
	if (g)
		g->mapped = true;
	else
		munmap(map, (size_t)st.st_size);
	return g;
}

void
gguf_close(struct gguf *g)
{
	union { /* munmap wants what mmap gave */
		const void *c;
		void *p;
	} map;

	if (!g)
		return;
	map.c = g->map;
	if (g->mapped)
		munmap(map.p, g->len);
	free(g->value);
	free(g->tensor);
	free(g->by_name);
	free(g);
}

static const struct value *
find(const struct gguf *g, const char *key, uint32_t type)
{
	struct value want = { .key = str_of(key) };
	const struct value *v =
	    bsearch(&want, g->value, g->values, sizeof *g->value, value_order);

	return v && (type == VALUE_TYPES || v->type == type) ? v : NULL;
}

/* One number of the file. False: not an integer, or it does not fit. */
static bool
integer(uint32_t type, const unsigned char *at, int64_t *x)
{
	uint64_t u = 0;
	unsigned bits;

	if (type == F32 || type == F64 || type == STRING || type == ARRAY)
		return false;
	bits = 8u * value_bytes[type];
	memcpy(&u, at, value_bytes[type]);
	if (type == U64 && u > INT64_MAX)
		return false;
	if ((type == I8 || type == I16 || type == I32) && u >> (bits - 1))
		u |= ~(uint64_t)0 << bits;
	*x = (int64_t)u;
	return true;
}

static bool
real(uint32_t type, const unsigned char *at, double *x)
{
	int64_t i;
	float f;

	if (type == F32) {
		memcpy(&f, at, 4);
		*x = (double)f;
		return true;
	}
	if (type == F64) {
		memcpy(x, at, 8);
		return true;
	}
	if (!integer(type, at, &i))
		return false;
	*x = (double)i;
	return true;
}

bool
gguf_has(const struct gguf *g, const char *key)
{
	return find(g, key, VALUE_TYPES);
}

struct str
gguf_str(const struct gguf *g, const char *key)
{
	const struct value *v = find(g, key, STRING);

	if (!v)
		return (struct str){ 0 };
	return (struct str){ (const char *)v->at, (size_t)v->n };
}

bool
gguf_int(const struct gguf *g, const char *key, int64_t *x)
{
	const struct value *v = find(g, key, VALUE_TYPES);

	return v && v->type != BOOL && integer(v->type, v->at, x);
}

bool
gguf_real(const struct gguf *g, const char *key, double *x)
{
	const struct value *v = find(g, key, VALUE_TYPES);

	return v && v->type != BOOL && real(v->type, v->at, x);
}

bool
gguf_bool(const struct gguf *g, const char *key, bool *x)
{
	const struct value *v = find(g, key, BOOL);

	if (v)
		*x = *v->at;
	return v;
}

size_t
gguf_count(const struct gguf *g, const char *key)
{
	const struct value *v = find(g, key, ARRAY);

	return v ? (size_t)v->n : 0;
}

struct str *
gguf_strs(const struct gguf *g, const char *key, size_t *n)
{
	const struct value *v = find(g, key, ARRAY);
	const unsigned char *at;
	struct str *s;

	if (!v || v->item != STRING)
		return NULL;
	*n = (size_t)v->n;
	s = need_zero(*n, sizeof *s);
	at = v->at;
	for (size_t i = 0; i < *n; i++) {
		uint64_t len;

		memcpy(&len, at, 8);
		s[i] = (struct str){ (const char *)at + 8, (size_t)len };
		at += 8 + len;
	}
	return s;
}

int64_t *
gguf_ints(const struct gguf *g, const char *key, size_t *n)
{
	const struct value *v = find(g, key, ARRAY);
	int64_t *x;

	if (!v)
		return NULL;
	x = need_zero((size_t)v->n, sizeof *x);
	*n = (size_t)v->n;
	for (size_t i = 0; i < *n; i++)
		if (!integer(
			v->item, v->at + i * value_bytes[v->item], &x[i])) {
			free(x);
			return NULL;
		}
	return x;
}

float *
gguf_floats(const struct gguf *g, const char *key, size_t *n)
{
	const struct value *v = find(g, key, ARRAY);
	float *x;

	if (!v || v->item == STRING || v->item == BOOL)
		return NULL;
	x = need_zero((size_t)v->n, sizeof *x);
	*n = (size_t)v->n;
	for (size_t i = 0; i < *n; i++) {
		double d;

		if (!real(v->item, v->at + i * value_bytes[v->item], &d)) {
			free(x);
			return NULL;
		}
		x[i] = (float)d;
	}
	return x;
}

const struct gguf_type_info *
gguf_type_info(uint32_t type)
{
	if (type >= sizeof types / sizeof *types || !types[type].name)
		return NULL;
	return &types[type];
}

size_t
gguf_tensors(const struct gguf *g)
{
	return g->tensors;
}

const struct gguf_tensor *
gguf_tensor(const struct gguf *g, size_t i)
{
	return &g->tensor[i];
}

const struct gguf_tensor *
gguf_find(const struct gguf *g, const char *name)
{
	struct str want = str_of(name);
	size_t from = 0, to = g->tensors;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct gguf_tensor *t = &g->tensor[g->by_name[mid]];
		int d = str_order(want, t->name);

		if (!d)
			return t;
		if (d < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}
