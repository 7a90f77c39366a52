#include "libcore/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JSON_MOST = 256 << 20 };

struct hub_own {
	struct arena mem;
	char *text[3]; /* of config, generation, tokenizer_config */
	struct json_doc special_doc; /* special_tokens_map.json */
	char *special;
};

static const char *
path_in(struct hub *h, const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *p = arena_take(&h->own->mem, n);

	snprintf(p, n, "%s/%s", dir, name);
	return p;
}

static bool
is_there(const char *path)
{
	return !access(path, F_OK);
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* A whole small file, in the model's memory; {NULL, 0} if it cannot be. */
static struct str
file_text(struct hub *h, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	struct str s;
	size_t n;

	if (!f)
		return (struct str){ 0 };
	do {
		buf_need(&b, 1 << 14);
		n = fread(b.s + b.n, 1, 1 << 14, f);
		b.n += n;
	} while (n && b.n < 16 << 20);
	fclose(f);
	s = (struct str){ arena_text(&h->own->mem, b.s, b.n), b.n };
	buf_done(&b);
	return s;
}

/*
 * The hub cache: CACHE/models--ORG--NAME/refs/main holds a commit,
 * .../snapshots/COMMIT its files.
 */

static void
cache_root(struct buf *b)
{
	static const struct {
		const char *var, *under;
	} root[] = {
		{ "HF_HUB_CACHE", "" },
		{ "HF_HOME", "/hub" },
		{ "XDG_CACHE_HOME", "/huggingface/hub" },
		{ "HOME", "/.cache/huggingface/hub" },
	};

	for (size_t i = 0; i < sizeof root / sizeof *root; i++) {
		const char *v = getenv(root[i].var);

		if (v && *v) {
			buf_printf(b, "%s%s", v, root[i].under);
			return;
		}
	}
	buf_puts(b, ".cache/huggingface/hub");
}

/* org/name: two plain words. */
static bool
repo_name(const char *s)
{
	const char *ok = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789._-";
	size_t org = strspn(s, ok), name;

	if (!org || s[org] != '/' || *s == '.')
		return false;
	name = strspn(s + org + 1, ok);
	return name && !s[org + 1 + name] && s[org + 1] != '.';
}

static bool
from_cache(struct hub *h, struct err *e)
{
	const char *slash = strchr(h->name, '/');
	struct buf b = { 0 };
	struct str commit;
	size_t root;
	bool ok;

	cache_root(&b);
	buf_printf(&b, "/models--%.*s--%s", (int)(slash - h->name), h->name,
	    slash + 1);
	root = b.n;
	buf_puts(&b, "/refs/main");
	commit = file_text(h, b.s);
	while (commit.n && strchr("\r\n ", commit.s[commit.n - 1]))
		commit.n--;
	b.n = root;
	buf_printf(&b, "/snapshots/%.*s", (int)(commit.n & 255), commit.s);
	ok = commit.n && commit.n < 256 && commit.s[0] != '.' &&
	     !memchr(commit.s, '/', commit.n) && is_dir(b.s);
	b.s[ok ? b.n : root] = '\0';
	if (ok)
		h->dir = arena_text(&h->own->mem, b.s, b.n);
	else
		err_set(e,
		    "there is no folder or file '%s', and no such model in the"
		    " hub cache (%s)",
		    h->name, b.s);
	buf_done(&b);
	return ok;
}

bool
hub_is_server(const char *model)
{
	return !strncmp(model, "http://", 7) || !strncmp(model, "https://", 8);
}

/* Folder, file or cached name; GGUF is told by its first bytes. */
static bool
locate(struct hub *h, struct err *e)
{
	char magic[4] = "";
	FILE *f;

	if (hub_is_server(h->name))
		return err_set(e,
		    "'%s' is a server, and the model itself is needed: a "
		    "folder or a GGUF file",
		    h->name);
	if (is_dir(h->name)) {
		h->dir = h->name;
		return true;
	}
	if (!is_there(h->name) && repo_name(h->name))
		return from_cache(h, e);
	f = fopen(h->name, "rb");
	if (!f)
		return err_set(
		    e, "cannot open '%s': %s", h->name, strerror(errno));
	if (fread(magic, 1, 4, f) != 4)
		magic[0] = '\0';
	fclose(f);
	if (memcmp(magic, "GGUF", 4))
		return err_set(e,
		    "'%s' is neither a model folder nor a GGUF"
		    " file",
		    h->name);
	h->file = h->name;
	return true;
}

/* One of the folder's JSON files, which must be an object if it is there. */
static bool
load(struct hub *h, struct json_doc *d, char **text, const char *name,
    bool must, struct err *e)
{
	const char *path = path_in(h, h->dir, name);

	if (!must && !is_there(path))
		return true;
	if (!json_load(d, path, JSON_MOST, text, e)) {
		d->used = 0;
		return false;
	}
	return d->tape->type == JSON_OBJECT ||
	       err_set(e, "'%s' is not a JSON object", path);
}

/* The root of a file, NULL where it is not there. */
static const struct json *
root(const struct json_doc *d)
{
	return d->tape;
}

/* A special token: a string, or an object with its content. */
static struct str
token_text(struct hub *h, const struct json_doc *d, const char *name)
{
	const struct json *v = json_get(d, root(d), name);

	if (json_is(v, JSON_OBJECT))
		v = json_get(d, v, "content");
	return json_str(d, v, &h->own->mem);
}

static void
hf_tokens(struct hub *h)
{
	struct {
		const char *name;
		struct str *to;
	} t[] = {
		{ "bos_token", &h->bos },
		{ "eos_token", &h->eos },
		{ "pad_token", &h->pad },
		{ "unk_token", &h->unk },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		*t[i].to = token_text(h, &h->tokenizer_config, t[i].name);
		if (!t[i].to->s)
			*t[i].to =
			    token_text(h, &h->own->special_doc, t[i].name);
	}
}

static bool
add_stop(struct hub *h, int64_t id)
{
	if (id < 0 || id > INT32_MAX)
		return false;
	for (size_t i = 0; i < h->stops; i++)
		if (h->stop[i] == id)
			return true;
	h->stop = need_grow(h->stop, h->stops + 1, sizeof *h->stop);
	h->stop[h->stops++] = id;
	return true;
}

/* eos_token_id of one file: a number or a list of them; null is absent. */
static bool
stop_ids(struct hub *h, const struct json_doc *d, struct err *e)
{
	const struct json *v = json_get(d, root(d), "eos_token_id");
	bool list = json_is(v, JSON_ARRAY);
	uint32_t n = list ? v->n : 1;
	int64_t id;

	if (!v || v->type == JSON_NULL)
		return true;
	if (list)
		v = json_first(v);
	for (uint32_t i = 0; i < n; i++, v = json_next(v))
		if (!json_int(d, v, &id) || !add_stop(h, id))
			return err_set(e,
			    "model '%s': eos_token_id is neither"
			    " a token id nor a list of them",
			    h->name);
	return true;
}

static void
generation(struct hub *h)
{
	const struct json_doc *d = &h->generation;
	const struct json *v = root(d);
	struct hub_generation *g = &h->gen;

	json_real(d, json_get(d, v, "temperature"), &g->temperature);
	json_real(d, json_get(d, v, "top_p"), &g->top_p);
	json_real(d, json_get(d, v, "min_p"), &g->min_p);
	json_real(
	    d, json_get(d, v, "repetition_penalty"), &g->repetition_penalty);
	json_int(d, json_get(d, v, "top_k"), &g->top_k);
	json_int(d, json_get(d, v, "max_new_tokens"), &g->max_new_tokens);
	g->sample = json_is(json_get(d, v, "do_sample"), JSON_TRUE);
}

static bool
open_dir(struct hub *h, struct err *e)
{
	struct hub_own *o = h->own;

	if (!is_there(path_in(h, h->dir, "config.json")) &&
	    is_there(path_in(h, h->dir, "adapter_config.json")))
		return err_set(e,
		    "'%s' is a LoRA adapter: adapters are not"
		    " there yet",
		    h->name);
	if (!load(h, &h->config, &o->text[0], "config.json", true, e) ||
	    !load(h, &h->generation, &o->text[1], "generation_config.json",
		false, e) ||
	    !load(h, &h->tokenizer_config, &o->text[2], "tokenizer_config.json",
		false, e) ||
	    !load(h, &o->special_doc, &o->special, "special_tokens_map.json",
		false, e))
		return false;
	h->tokenizer = path_in(h, h->dir, "tokenizer.json");
	if (!is_there(h->tokenizer))
		h->tokenizer = NULL;
	hf_tokens(h);
	generation(h);
	return stop_ids(h, &h->generation, e) &&
	       (h->stops || stop_ids(h, &h->config, e));
}

static bool
open_gguf(struct hub *h, struct err *e)
{
	struct {
		const char *key;
		struct str *to; /* its text, or NULL */
		bool stops;
	} t[] = {
		{ "tokenizer.ggml.bos_token_id", &h->bos, false },
		{ "tokenizer.ggml.eos_token_id", &h->eos, true },
		{ "tokenizer.ggml.eot_token_id", NULL, true },
		{ "tokenizer.ggml.eom_token_id", NULL, true },
		{ "tokenizer.ggml.padding_token_id", &h->pad, false },
		{ "tokenizer.ggml.unknown_token_id", &h->unk, false },
	};
	struct str *word;
	size_t n = 0;
	bool ok = true;

	h->gguf = gguf_open(h->file, e);
	if (!h->gguf)
		return false;
	word = gguf_strs(h->gguf, "tokenizer.ggml.tokens", &n);
	for (size_t i = 0; ok && i < sizeof t / sizeof *t; i++) {
		int64_t id;

		if (!gguf_int(h->gguf, t[i].key, &id))
			continue;
		ok = id >= 0 && (uint64_t)id < n;
		if (!ok)
			err_set(e, "'%s': %s is %lld, outside its %zu tokens",
			    h->name, t[i].key, (long long)id, n);
		else if (t[i].to)
			*t[i].to = word[id];
		if (ok && t[i].stops)
			add_stop(h, id);
	}
	free(word);
	return ok;
}

struct hub *
hub_open(const char *model, struct err *e)
{
	struct hub *h = need_zero(1, sizeof *h);

	h->own = need_zero(1, sizeof *h->own);
	h->name = arena_text(&h->own->mem, model, strlen(model));
	h->gen = (struct hub_generation){ (double)NAN, (double)NAN, (double)NAN,
		(double)NAN, -1, -1, false };
	if (locate(h, e) && (h->dir ? open_dir(h, e) : open_gguf(h, e)))
		return h;
	hub_close(h);
	return NULL;
}

void
hub_close(struct hub *h)
{
	if (!h)
		return;
	gguf_close(h->gguf);
	json_done(&h->config);
	json_done(&h->generation);
	json_done(&h->tokenizer_config);
	json_done(&h->own->special_doc);
	for (size_t i = 0; i < 3; i++)
		free(h->own->text[i]);
	free(h->own->special);
	free(h->stop);
	arena_done(&h->own->mem);
	free(h->own);
	free(h);
}

/* Of a list of {"name", "template"}, the one so named. */
static struct str
named(struct hub *h, const struct json *list, const char *name)
{
	const struct json_doc *d = &h->tokenizer_config;
	const struct json *v = json_first(list);

	for (uint32_t i = 0; i < list->n; i++, v = json_next(v)) {
		struct str s =
		    json_str(d, json_get(d, v, "name"), &h->own->mem);

		if (s.s && str_eq(s, name))
			return json_str(
			    d, json_get(d, v, "template"), &h->own->mem);
	}
	return (struct str){ 0 };
}

static struct str
dir_template(struct hub *h, const char *name)
{
	const struct json_doc *d = &h->tokenizer_config;
	const struct json *v = json_get(d, root(d), "chat_template");
	bool plain = !strcmp(name, "default");
	char file[300];
	struct str s;

	if (strlen(name) > 200 || strchr(name, '/'))
		return (struct str){ 0 };
	snprintf(file, sizeof file, "additional_chat_templates/%s.jinja", name);
	s = file_text(
	    h, path_in(h, h->dir, plain ? "chat_template.jinja" : file));
	if (s.s)
		return s;
	if (json_is(v, JSON_ARRAY))
		return named(h, v, name);
	return plain ? json_str(d, v, &h->own->mem) : (struct str){ 0 };
}

struct str
hub_template(struct hub *h, const char *name)
{
	struct buf key = { 0 };
	struct str s;

	if (!name)
		name = "default";
	if (h->dir)
		return dir_template(h, name);
	buf_puts(&key, "tokenizer.chat_template");
	if (strcmp(name, "default"))
		buf_printf(&key, ".%s", name);
	s = gguf_str(h->gguf, key.s);
	buf_done(&key);
	return s;
}

/* The files that hold the weights: those the index names, else the one. */
static bool
hash_weights(struct hub *h, struct buf *all, struct err *e)
{
	const char *one = path_in(h, h->dir, "model.safetensors");
	const char *index = path_in(h, h->dir, "model.safetensors.index.json");
	struct json_doc d = { 0 };
	const struct json *map, *k;
	struct str *name;
	struct hash128 x;
	char *text = NULL;
	size_t n = 0;
	bool ok;

	if (is_there(one)) {
		ok = hash_file(one, &x, e);
		buf_put(all, &x, sizeof x);
		return ok;
	}
	ok = json_load(&d, index, JSON_MOST, &text, e);
	map = ok ? json_get(&d, root(&d), "weight_map") : NULL;
	ok = ok && (json_is(map, JSON_OBJECT) ||
		       err_set(e, "'%s' has no weight_map", index));
	name = need_zero(ok ? map->n : 0, sizeof *name);
	k = ok ? json_first(map) : NULL;
	for (uint32_t i = 0; ok && i < map->n; i++, k = json_member(k)) {
		struct str s = json_str(&d, k + 1, &h->own->mem);
		size_t at = 0;

		while (at < n && !str_same(name[at], s))
			at++;
		if (at < n)
			continue;
		name[n++] = s;
		ok = s.n && s.n < 256 && !memchr(s.s, '/', s.n) &&
		     !memchr(s.s, 0, s.n);
		if (!ok) {
			err_set(e, "'%s' names a file that is no plain name",
			    index);
			break;
		}
		ok = hash_file(
		    path_in(h, h->dir, arena_text(&h->own->mem, s.s, s.n)), &x,
		    e);
		buf_put(all, &x, sizeof x);
	}
	free(name);
	free(text);
	json_done(&d);
	return ok;
}

bool
hub_hash(struct hub *h, struct hash128 *x, struct err *e)
{
	struct buf all = { 0 };
	bool ok;

	if (h->file)
		return hash_file(h->file, x, e);
	*x = hash128(h->config.text, h->config.len);
	buf_put(&all, x, sizeof *x);
	ok = hash_weights(h, &all, e);
	*x = hash128(all.s, all.n);
	buf_done(&all);
	return ok;
}
