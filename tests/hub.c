/* What -m finds: folders, GGUF files and models in a hub cache. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcore/hub.h"

static int bad;
static char top[] = "/tmp/plumbline-hub-XXXXXX";

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static void
folder(const char *name)
{
	if (mkdir(name, 0777) && errno != EEXIST)
		die_sys("cannot make '%s'", name);
}

static void
file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		die_sys("cannot write '%s'", name);
}

/* Opening it fails with these words. */
static void
refused(const char *model, const char *why)
{
	struct err e = { "accepted" };
	struct hub *h = hub_open(model, &e);

	if (h || !strstr(e.why, why)) {
		printf("FAIL %s: wanted '%s': %s\n", model, why, e.why);
		bad = 1;
	}
	hub_close(h);
}

static struct hub *
opened(const char *model)
{
	struct err e;
	struct hub *h = hub_open(model, &e);

	if (!h)
		die("%s", e.why);
	return h;
}

static void
hf(void)
{
	struct hub *h;

	folder("m");
	refused("m", "cannot open 'm/config.json'");
	file("m/adapter_config.json", "{}");
	refused("m", "LoRA adapter");
	file("m/config.json", "{\"eos_token_id\":7}");
	h = opened("m");
	expect(str_eq((struct str){ h->dir, 1 }, "m") && !h->tokenizer, "dir");
	expect(h->stops == 1 && h->stop[0] == 7, "stop of config.json");
	expect(isnan(h->gen.temperature) && h->gen.top_k == -1, "no defaults");
	expect(!hub_template(h, NULL).s, "no template");
	hub_close(h);

	file("m/generation_config.json",
	    "{\"eos_token_id\":[5,6,5],\"temperature\":0.6,\"top_k\":40,"
	    "\"do_sample\":true}");
	file("m/tokenizer.json", "{}");
	file("m/tokenizer_config.json",
	    "{\"bos_token\":\"<s>\",\"eos_token\":{\"content\":\"</s>\"},"
	    "\"unk_token\":null,\"chat_template\":[{\"name\":\"tool_use\","
	    "\"template\":\"T\"},{\"name\":\"default\",\"template\":\"D\"}]}");
	file("m/special_tokens_map.json", "{\"pad_token\":\"<pad>\"}");
	h = opened("m");
	expect(h->stops == 2 && h->stop[0] == 5 && h->stop[1] == 6, "stops");
	expect(h->gen.temperature == 0.6 && h->gen.top_k == 40 && h->gen.sample,
	    "defaults");
	expect(str_eq(h->bos, "<s>") && str_eq(h->eos, "</s>"), "bos, eos");
	expect(str_eq(h->pad, "<pad>") && !h->unk.s, "pad, unk");
	expect(h->tokenizer && !strcmp(h->tokenizer, "m/tokenizer.json"),
	    "tokenizer");
	expect(str_eq(hub_template(h, NULL), "D"), "template of the list");
	expect(str_eq(hub_template(h, "tool_use"), "T"), "named template");
	expect(!hub_template(h, "rag").s, "no such template");
	hub_close(h);

	file("m/chat_template.jinja", "J\n");
	h = opened("m");
	expect(str_eq(hub_template(h, NULL), "J\n"), "the file wins");
	hub_close(h);
	file("m/generation_config.json", "{\"eos_token_id\":[5,\"x\"]}");
	refused("m", "eos_token_id is neither");
	file("m/generation_config.json", "[]");
	refused("m", "is not a JSON object");
	file("m/generation_config.json", "{,}");
	refused("m", "'m/generation_config.json': byte 2");
	file("m/generation_config.json", "{}");
}

static void
hashes(void)
{
	struct hash128 a, b, c;
	struct hub *h = opened("m");
	struct err e;

	expect(!hub_hash(h, &a, &e), "no weights, no hash");
	file("m/model.safetensors", "one");
	expect(hub_hash(h, &a, &e), "hash");
	file("m/tokenizer_config.json", "{}");
	expect(hub_hash(h, &b, &e) && a.hi == b.hi && a.lo == b.lo,
	    "the hash is the weights'");
	file("m/model.safetensors", "two");
	expect(hub_hash(h, &b, &e) && a.lo != b.lo, "other weights");
	unlink("m/model.safetensors");
	file("m/a.safetensors", "one");
	file("m/b.safetensors", "two");
	file("m/model.safetensors.index.json",
	    "{\"weight_map\":{\"x\":\"a.safetensors\",\"y\":\"b.safetensors\","
	    "\"z\":\"a.safetensors\"}}");
	expect(hub_hash(h, &c, &e), "hash of shards");
	file("m/model.safetensors.index.json",
	    "{\"weight_map\":{\"x\":\"../m/a.safetensors\"}}");
	expect(!hub_hash(h, &c, &e) && strstr(e.why, "no plain name"),
	    "a shard outside the folder");
	hub_close(h);
}

static void
cache(void)
{
	struct hub *h;

	setenv("HF_HUB_CACHE", "cache", 1);
	refused("org/name", "no such model in the hub cache (cache/models--");
	folder("cache");
	folder("cache/models--org--name");
	folder("cache/models--org--name/refs");
	folder("cache/models--org--name/snapshots");
	file("cache/models--org--name/refs/main", "abc");
	refused("org/name", "no such model in the hub cache");
	folder("cache/models--org--name/snapshots/abc");
	file("cache/models--org--name/snapshots/abc/config.json", "{}");
	h = opened("org/name");
	expect(!strcmp(h->dir, "cache/models--org--name/snapshots/abc"),
	    "snapshot");
	hub_close(h);
	file("cache/models--org--name/refs/main", "../snapshots/abc");
	refused("org/name", "no such model");
	refused("org/name/x", "cannot open 'org/name/x'");
	refused("none", "cannot open 'none'");
	refused("http://localhost/v1#x",
	    "is a server, and the model itself is needed");
	file("plain", "GGU");
	refused("plain", "neither a model folder nor a GGUF");
}

static void
put(struct buf *b, const char *key, uint32_t type, uint64_t value, size_t n)
{
	uint64_t len = strlen(key);

	buf_put(b, &len, 8);
	buf_puts(b, key);
	buf_put(b, &type, 4);
	buf_put(b, &value, n);
}

static void
gguf(void)
{
	static const char *const word[] = { "<s>", "</s>", "<eot>" };
	struct buf b = { 0 };
	struct hub *h;
	uint32_t u = 8;
	uint64_t n = 3;
	FILE *f;

	buf_puts(&b, "GGUF");
	buf_put(&b, "\3\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0", 20);
	put(&b, "tokenizer.ggml.bos_token_id", 4, 0, 4);
	put(&b, "tokenizer.ggml.eos_token_id", 4, 1, 4);
	put(&b, "tokenizer.ggml.eot_token_id", 4, 2, 4);
	put(&b, "tokenizer.chat_template", 8, 1, 8);
	buf_puts(&b, "G");
	put(&b, "tokenizer.ggml.tokens", 9, u, 4);
	buf_put(&b, &n, 8);
	for (size_t i = 0; i < 3; i++) {
		n = strlen(word[i]);
		buf_put(&b, &n, 8);
		buf_puts(&b, word[i]);
	}
	f = fopen("x.gguf", "w");
	if (!f || fwrite(b.s, b.n, 1, f) != 1 || fclose(f))
		die_sys("cannot write 'x.gguf'");
	h = opened("x.gguf");
	expect(h->gguf && !h->dir && !strcmp(h->file, "x.gguf"), "gguf");
	expect(str_eq(h->bos, "<s>") && str_eq(h->eos, "</s>"), "its tokens");
	expect(h->stops == 2 && h->stop[0] == 1 && h->stop[1] == 2, "its eog");
	expect(str_eq(hub_template(h, NULL), "G"), "its template");
	expect(!hub_template(h, "tool_use").s, "no other template");
	hub_close(h);
	b.s[24 + 8 + 27 + 4] = 3;
	f = fopen("x.gguf", "w");
	if (!f || fwrite(b.s, b.n, 1, f) != 1 || fclose(f))
		die_sys("cannot write 'x.gguf'");
	refused("x.gguf", "bos_token_id is 3, outside its 3 tokens");
	buf_done(&b);
}

int
main(void)
{
	struct buf b = { 0 };

	if (!mkdtemp(top) || chdir(top))
		die_sys("cannot make a folder");
	hf();
	hashes();
	cache();
	gguf();
	if (chdir("/"))
		die_sys("cannot leave");
	buf_printf(&b, "rm -r %s", top);
	if (system(b.s))
		bad = 1;
	buf_done(&b);
	return bad;
}
