/* Tokenisers as files: which reader, what stands beside, and saving. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcore/gguf.h"
#include "libcore/toki.h"

enum {
	MOST_TOKENIZER = 1 << 29, /* bytes */
	MOST_CONFIG = 1 << 26
};

static void
path_in(struct buf *b, const char *dir, const char *file)
{
	buf_reset(b);
	buf_printf(b, "%s/%s", dir, file);
}

static struct tok *
open_json(const char *path, struct err *e)
{
	struct json_doc d = { 0 };
	struct tok *t = NULL;
	char *text = NULL;

	/* json_load parses once too often, but finds what is wrong where */
	if (json_load(&d, path, MOST_TOKENIZER, &text, e))
		t = tok_parse((struct str){ d.text, d.len }, path, e);
	json_done(&d);
	free(text);
	return t;
}

/* The id of a token given as text or as {"content": text}. */
static int32_t
named(const struct tok *t, const struct json_doc *d, const struct json *v)
{
	struct arena mem = { 0 };
	struct str s;
	int32_t id;

	if (json_is(v, JSON_OBJECT))
		v = json_get(d, v, "content");
	s = v ? json_str(d, v, &mem) : (struct str){ 0 };
	id = s.s ? tok_find(t, s) : -1;
	arena_done(&mem);
	return id;
}

static void
read_names(struct tok *t, const struct json_doc *d)
{
	const struct {
		const char *key;
		int32_t *id;
	} names[] = {
		{ "bos_token", &t->bos },
		{ "eos_token", &t->eos },
		{ "pad_token", &t->pad },
		{ "unk_token", &t->unk },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int32_t id = named(t, d, json_get(d, d->tape, names[i].key));

		if (id >= 0)
			*names[i].id = id;
	}
}

static void
stop(struct tok *t, int64_t id)
{
	if (id >= 0 && id < t->size)
		t->kind[id] |= KIND_STOPS;
}

/* eos_token_id: one id or several. */
static void
read_stops(struct tok *t, const struct json_doc *d)
{
	const struct json *v = json_get(d, d->tape, "eos_token_id"), *x;
	int64_t id;

	if (json_is(v, JSON_ARRAY)) {
		x = json_first(v);
		for (uint32_t i = 0; i < v->n; i++, x = json_next(x))
			if (json_int(d, x, &id))
				stop(t, id);
	} else if (v && json_int(d, v, &id)) {
		stop(t, id);
	}
}

/* What a folder says of the special tokens; a file may be missing, but not
 * broken. */
static bool
read_beside(struct tok *t, const char *dir, struct err *e)
{
	static const struct {
		const char *file;
		void (*read)(struct tok *, const struct json_doc *);
	} files[] = {
		{ "tokenizer_config.json", read_names },
		{ "generation_config.json", read_stops },
		{ "config.json", read_stops },
	};
	struct buf path = { 0 };
	bool ok = true;

	for (size_t i = 0; i < 3 && ok; i++) {
		struct json_doc d = { 0 };
		char *text = NULL;
		struct stat st;

		path_in(&path, dir, files[i].file);
		if (stat(path.s, &st))
			continue;
		ok = json_load(&d, path.s, MOST_CONFIG, &text, e);
		if (ok)
			files[i].read(t, &d);
		json_done(&d);
		free(text);
	}
	stop(t, t->eos);
	buf_done(&path);
	return ok;
}

static struct tok *
open_gguf(const char *path, struct err *e)
{
	struct gguf *g = gguf_open(path, e);
	struct tok *t = g ? tok_gguf(g, path, e) : NULL;

	if (g)
		gguf_close(g);
	return t;
}

static bool
is_gguf(const char *path)
{
	FILE *f = fopen(path, "rb");
	char magic[4] = "";
	bool yes = f && fread(magic, 1, 4, f) == 4 && !memcmp(magic, "GGUF", 4);

	if (f)
		fclose(f);
	return yes;
}

struct tok *
tok_open(const char *path, struct err *e)
{
	struct buf b = { 0 };
	struct tok *t;
	struct stat st;

	if (stat(path, &st)) {
		err_set(e, "cannot open '%s': %s", path, strerror(errno));
		return NULL;
	}
	if (!S_ISDIR(st.st_mode))
		return is_gguf(path) ? open_gguf(path, e) : open_json(path, e);
	path_in(&b, path, "tokenizer.json");
	t = open_json(b.s, e);
	buf_done(&b);
	if (t && !read_beside(t, path, e)) {
		tok_close(t);
		t = NULL;
	}
	return t;
}
