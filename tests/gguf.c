/* GGUF headers, sound and lying: what is read, and what is refused why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/gguf.h"

static struct buf file;
static int bad;

static void
u32(uint32_t x)
{
	buf_put(&file, &x, 4);
}

static void
u64(uint64_t x)
{
	buf_put(&file, &x, 8);
}

static void
text(const char *s)
{
	u64(strlen(s));
	buf_puts(&file, s);
}

static void
header(uint64_t tensors, uint64_t values)
{
	buf_reset(&file);
	buf_puts(&file, "GGUF");
	u32(3);
	u64(tensors);
	u64(values);
}

static void
tensor(const char *name, uint64_t cols, uint64_t rows, uint32_t type,
    uint64_t offset)
{
	text(name);
	u32(2);
	u64(cols);
	u64(rows);
	u32(type);
	u64(offset);
}

static void
data(size_t n)
{
	while (file.n % 32)
		buf_char(&file, 0);
	while (n--)
		buf_char(&file, (char)n);
}

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

/* Refused, with `why` in the message. */
static void
refused(const char *why)
{
	struct err e = { "accepted" };
	struct gguf *g = gguf_parse(file.s, file.n, "x.gguf", &e);

	if (g || !strstr(e.why, why)) {
		printf("FAIL wanted '%s': %s\n", why, e.why);
		bad = 1;
	}
	gguf_close(g);
}

static void
values(void)
{
	text("a.str");
	u32(8);
	text("hello");
	text("a.minus");
	u32(5);
	u32((uint32_t)-7);
	text("a.real");
	u32(6);
	u32(0x3fc00000); /* 1.5f */
	text("a.flag");
	u32(7);
	buf_char(&file, 1);
	text("a.big");
	u32(10);
	u64(UINT64_MAX);
	text("a.words");
	u32(9);
	u32(8);
	u64(3);
	text("x");
	text("");
	text("yz");
	text("a.ints");
	u32(9);
	u32(1);
	u64(2);
	buf_put(&file, "\x01\xff", 2);
}

static void
sound(void)
{
	struct gguf *g;
	struct err e;
	struct str *s;
	int64_t i = 0, *x;
	double d;
	float *f;
	bool b = false;
	size_t n;

	header(2, 7);
	values();
	tensor("one", 4, 2, GGUF_F32, 0);
	tensor("two", 32, 1, GGUF_Q4_1, 32);
	data(52);
	g = gguf_parse(file.s, file.n, "x.gguf", &e);
	if (!g) {
		printf("FAIL %s\n", e.why);
		bad = 1;
		return;
	}
	expect(str_eq(gguf_str(g, "a.str"), "hello"), "string");
	expect(!gguf_str(g, "a.flag").s && !gguf_str(g, "no").s, "no string");
	expect(gguf_int(g, "a.minus", &i) && i == -7, "int");
	expect(!gguf_int(g, "a.big", &i), "int too large");
	expect(gguf_real(g, "a.real", &d) && d == 1.5, "real");
	expect(gguf_real(g, "a.minus", &d) && d == -7, "int as real");
	expect(gguf_bool(g, "a.flag", &b) && b, "bool");
	expect(!gguf_int(g, "a.flag", &i), "bool is no int");
	s = gguf_strs(g, "a.words", &n);
	expect(s && n == 3 && !s[1].n && str_eq(s[2], "yz"), "words");
	free(s);
	expect(!gguf_ints(g, "a.words", &n), "words are no ints");
	x = gguf_ints(g, "a.ints", &n);
	expect(x && n == 2 && x[0] == 1 && x[1] == -1, "ints");
	free(x);
	f = gguf_floats(g, "a.ints", &n);
	expect(f && n == 2 && f[1] == -1, "floats");
	free(f);
	expect(gguf_count(g, "a.words") == 3, "count");
	expect(gguf_tensors(g) == 2 && !gguf_find(g, "on"), "tensors");
	expect(gguf_find(g, "two")->bytes == 20, "bytes");
	expect(gguf_find(g, "two")->data == gguf_find(g, "one")->data + 32,
	    "place");
	gguf_close(g);

	/* Cut anywhere, it is refused and nothing is read past its end. */
	for (size_t cut = 0; cut < file.n; cut++) {
		char *part = need_alloc(cut);

		memcpy(part, file.s, cut);
		g = gguf_parse(part, cut, "x.gguf", &e);
		expect(!g, "a file cut short");
		gguf_close(g);
		free(part);
	}
}

static void
lying_header(void)
{
	header(0, 0);
	file.s[3] = 'X';
	refused("'x.gguf' is not a GGUF file");
	header(0, 0);
	file.s[4] = 9;
	refused("version 9; versions 2 and 3 are read");
	header(0, 0);
	file.s[4] = 0, file.s[7] = 3;
	refused("little-endian");
	header(0, UINT64_MAX);
	refused("18446744073709551615 values do not fit");
	header(1ull << 60, 0);
	refused("tensors do not fit");
	header(0, 1);
	u64(UINT64_MAX - 8);
	data(64);
	refused("it ends inside the header");
	header(0, 1);
	text("k");
	u32(13);
	data(64);
	refused("value 'k' has unknown type 13");
	header(0, 1);
	text("k");
	u32(9);
	u32(4);
	u64(UINT64_MAX / 4 + 2);
	data(64);
	refused("longer than the file");
	header(0, 1);
	text("k");
	u32(9);
	u32(9);
	u64(1);
	data(64);
	refused("array 'k' has items of type 9");
	header(0, 2);
	for (int i = 0; i < 2; i++) {
		text("k");
		u32(7);
		buf_char(&file, 0);
	}
	refused("value 'k' stands there twice");
	header(0, 1);
	text("");
	data(64);
	refused("the name of a value");
	header(1, 1);
	text("general.alignment");
	u32(4);
	u32(24);
	tensor("t", 4, 2, GGUF_F32, 0);
	data(64);
	refused("general.alignment");
}

static void
lying_tensors(void)
{
	static const struct {
		uint64_t cols, rows;
		uint32_t type;
		uint64_t offset;
		const char *why;
	} lie[] = {
		{ 4, 2, 99, 0, "tensor 't' has unknown type 99" },
		{ 4, 0, GGUF_F32, 0, "have a zero" },
		{ 1ull << 40, 1ull << 40, GGUF_F32, 0, "overflow" },
		{ 1ull << 40, 1ull << 22, GGUF_F32, 0, "larger than the file" },
		{ 33, 2, GGUF_Q8_0, 0, "no multiple of the 32 of Q8_0" },
		{ 4, 2, GGUF_F32, 8, "not aligned to 32" },
		{ 4, 2, GGUF_F32, 1 << 20, "past the end" },
		{ 4, 2, GGUF_F32, UINT64_MAX - 31, "past the end" },
		{ 4, 5, GGUF_F32, 0, "past the end" },
	};

	for (size_t i = 0; i < sizeof lie / sizeof *lie; i++) {
		header(1, 0);
		tensor(
		    "t", lie[i].cols, lie[i].rows, lie[i].type, lie[i].offset);
		data(64);
		refused(lie[i].why);
	}
	header(2, 0);
	tensor("t", 4, 4, GGUF_F32, 0);
	tensor("u", 4, 2, GGUF_F32, 32);
	data(64);
	refused("tensors 't' and 'u' overlap");
	header(2, 0);
	tensor("t", 4, 2, GGUF_F32, 0);
	tensor("t", 4, 2, GGUF_F32, 32);
	data(64);
	refused("tensor 't' stands there twice");
	header(1, 0);
	text("t");
	u32(5);
	data(64);
	refused("tensor 't' has 5 dimensions");
}

int
main(void)
{
	struct err e;

	sound();
	lying_header();
	lying_tensors();
	expect(!gguf_open("/", &e), "a folder");
	expect(!gguf_open("/no/such/file", &e) &&
		   strstr(e.why, "cannot open '/no/such/file'"),
	    "a missing file");
	buf_done(&file);
	return bad;
}
