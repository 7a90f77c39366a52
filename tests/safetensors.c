/* safetensors headers, sound and lying. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpu/safetensors.h"

static struct buf file;
static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

/* A file of this header and n bytes of data. */
static void
make(const char *header, size_t n)
{
	uint64_t len = strlen(header);

	buf_reset(&file);
	buf_put(&file, &len, 8);
	buf_puts(&file, header);
	while (n--)
		buf_char(&file, (char)n);
}

static void
refused(const char *why)
{
	struct err e = { "accepted" };
	struct safetensors *st = st_parse(file.s, file.n, "x", &e);

	if (st || !strstr(e.why, why)) {
		printf("FAIL wanted '%s': %s\n", why, e.why);
		bad = 1;
	}
	st_close(st);
}

static const struct {
	const char *header;
	size_t n;
	const char *why;
} lies[] = {
	{ "[]", 0, "is not a JSON object" },
	{ "{", 0, "header, byte 2:" },
	{ "{\"a\":1}", 0, "tensor 'a' is not an object" },
	{ "{\"\":{}}", 0, "the name of a tensor" },
	{ "{\"a\\u0000b\":{}}", 0, "the name of a tensor" },
	{ "{\"a\":{}}", 0, "tensor 'a' has no dtype" },
	{ "{\"a\":{\"dtype\":\"F31\"}}", 0,
	    "tensor 'a' has unknown dtype 'F31'" },
	{ "{\"a\":{\"dtype\":\"F32\"}}", 0, "tensor 'a' has no shape" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1]}}", 0,
	    "tensor 'a' has no shape of up to 8" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1]}}", 0,
	    "holds no whole number" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5]}}", 0,
	    "holds no whole number" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
	  "\"data_offsets\":[0,0]}}",
	    0, "the shape of tensor 'a' overflows" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],"
	  "\"data_offsets\":[0,0]}}",
	    0, "the shape of tensor 'a' overflows" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8,
	    "no two data_offsets" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,-8]}}",
	    8, "are no whole numbers" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8,
	    "lies at bytes 8 to 0 of 8" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7,
	    "lies at bytes 0 to 8 of 7" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8,
	    "tensor 'a' has 8 bytes; its shape needs 12" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
	  "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
	    12, "tensor 'b' overlaps the one before it" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
	  "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[9,17]}}",
	    17, "a hole before tensor 'b'" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9,
	    "1 bytes follow the last tensor" },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
	  "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
	    0, "tensor 'a' stands there twice" },
};

static const char good[] =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"b\":{\"dtype\":\"BF16\",\"shape\":[3,1],\"data_offsets\":[0,6]},"
    "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[6,10]},"
    "\"\\u0063\":{\"dtype\":\"I64\",\"shape\":[0,5],\"data_offsets\":[6,6]}} ";

static void
sound(void)
{
	struct safetensors *st;
	struct err e = { "" };

	make(good, 10);
	st = st_parse(file.s, file.n, "x", &e);
	expect(st && st->n == 3, e.why);
	if (!st)
		return;
	expect(st_find(st, "b")->dtype == st_bf16, "dtype");
	expect(st_find(st, "b")->dims == 2 && st_find(st, "b")->dim[0] == 3,
	    "shape");
	expect(st_find(st, "a")->data == st_find(st, "b")->data + 6 &&
		   st_find(st, "a")->bytes == 4 && !st_find(st, "a")->dims,
	    "an unaligned scalar");
	expect(st_find(st, "c") && !st_find(st, "d"), "names");
	st_close(st);
	for (size_t cut = 0; cut < file.n; cut++) {
		char *part = need_alloc(cut);

		memcpy(part, file.s, cut);
		st = st_parse(part, cut, "x", &e);
		expect(!st, "a file cut short");
		st_close(st);
		free(part);
	}
	for (unsigned i = 0; i < 8; i++) { /* every byte of the length */
		make(good, 10);
		file.s[i] = (char)(file.s[i] ^ 0x40);
		expect(!st_parse(file.s, file.n, "x", &e), "a wrong length");
	}
	make(good, 10);
	memset(file.s, 0xff, 8);
	refused("its header claims 18446744073709551615 bytes");
}

static void
save(const char *dir, const char *name)
{
	struct buf path = { 0 };
	FILE *f;

	buf_printf(&path, "%s/%s", dir, name);
	f = fopen(path.s, "wb");
	if (!f || (file.n && fwrite(file.s, file.n, 1, f) != 1) || fclose(f))
		die_sys("cannot write '%s'", path.s);
	buf_done(&path);
}

static void
remove_file(const char *dir, const char *name)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", dir, name);
	unlink(path.s);
	buf_done(&path);
}

static void
refused_dir(const char *dir, const char *index, const char *why)
{
	struct err e = { "accepted" };
	struct safetensors *st;

	buf_reset(&file);
	buf_puts(&file, index);
	save(dir, "model.safetensors.index.json");
	st = st_dir(dir, &e);
	if (st || !strstr(e.why, why)) {
		printf("FAIL wanted '%s': %s\n", why, e.why);
		bad = 1;
	}
	st_close(st);
}

static void
shards(void)
{
	char dir[] = "/tmp/plumbline-st-XXXXXX";
	struct safetensors *st;
	struct err e = { "" };

	if (!mkdtemp(dir))
		die_sys("cannot make a folder");
	expect(!st_dir(dir, &e) && strstr(e.why, "holds neither"), "empty");
	make("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
	    4);
	save(dir, "1");
	make("{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
	    4);
	save(dir, "2");
	refused_dir(dir, "{}", "has no weight_map");
	refused_dir(dir, "{\"weight_map\":{\"a\":\"1\",\"b\":\"1\"}}",
	    "tensor 'b' is not in");
	refused_dir(dir, "{\"weight_map\":{\"a\":\"2\",\"b\":\"1\"}}",
	    "tensor 'a' is not in");
	refused_dir(dir, "{\"weight_map\":{\"a\":\"3\"}}", "cannot open");
	refused_dir(dir, "{\"weight_map\":{\"a\":\"../1\"}}", "no plain name");
	refused_dir(dir, "{\"weight_map\":{\"a\":7}}", "no plain name");
	make("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
	    4);
	save(dir, "3");
	refused_dir(dir, "{\"weight_map\":{\"a\":\"1\",\"x\":\"3\"}}",
	    "tensor 'a' stands there twice");
	buf_reset(&file);
	buf_puts(&file, "{\"weight_map\":{\"b\":\"2\",\"a\":\"1\"}}");
	save(dir, "model.safetensors.index.json");
	st = st_dir(dir, &e);
	expect(st && st->n == 2 && st->files == 2 && st_find(st, "b"), e.why);
	st_close(st);
	buf_reset(&file);
	save(dir, "model.safetensors");
	expect(!st_dir(dir, &e) && strstr(e.why, "it has 0 bytes"),
	    "an empty file");
	remove_file(dir, "1");
	remove_file(dir, "2");
	remove_file(dir, "3");
	remove_file(dir, "model.safetensors");
	remove_file(dir, "model.safetensors.index.json");
	rmdir(dir);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		make(lies[i].header, lies[i].n);
		refused(lies[i].why);
	}
	sound();
	shards();
	buf_done(&file);
	return bad;
}
