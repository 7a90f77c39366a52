/* Tokenisers written as Hugging Face's files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/toki.h"

static void
put_added(const struct tok *t, struct buf *o)
{
	static const char *const truth[] = { "false", "true" };

	for (size_t i = 0; i < t->addeds; i++) {
		const struct added *a = &t->added[i];

		buf_printf(o,
		    "%s\n    {\"id\": %d, \"content\": ", i ? "," : "", a->id);
		buf_json_str(o, a->content);
		buf_printf(o,
		    ", \"single_word\": %s, \"lstrip\": %s, \"rstrip\": %s, "
		    "\"normalized\": %s, \"special\": %s}",
		    truth[a->single], truth[a->lstrip], truth[a->rstrip],
		    truth[a->normalized], truth[a->special]);
	}
}

static void
put_special(const struct tok *t, const int32_t *id, size_t n, struct buf *o,
    const char *before, const char *after)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(o, before);
		buf_puts(o, "{\"SpecialToken\": {\"id\": ");
		buf_json_str(o, t->name[id[i]]);
		buf_puts(o, ", \"type_id\": 0}}");
		buf_puts(o, after);
	}
}

static void
put_ids(const struct tok *t, const int32_t *id, size_t n, struct buf *o)
{
	for (size_t i = 0; i < n; i++) {
		if (o->s[o->n - 1] != '{')
			buf_puts(o, ", ");
		buf_json_str(o, t->name[id[i]]);
		buf_puts(o, ": {\"id\": ");
		buf_json_str(o, t->name[id[i]]);
		buf_printf(o, ", \"ids\": [%d], \"tokens\": [", id[i]);
		buf_json_str(o, t->name[id[i]]);
		buf_puts(o, "]}");
	}
}

static void
put_template(const struct tok *t, struct buf *o)
{
	if (!t->befores && !t->afters) {
		buf_puts(o, "null");
		return;
	}
	buf_puts(o, "{\"type\": \"TemplateProcessing\", \"single\": [");
	put_special(t, t->before, t->befores, o, "", ", ");
	buf_puts(o, "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}");
	put_special(t, t->after, t->afters, o, ", ", "");
	buf_puts(o, "], \"pair\": [");
	put_special(t, t->before, t->befores, o, "", ", ");
	buf_puts(o, "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, "
		    "{\"Sequence\": {\"id\": \"B\", \"type_id\": 1}}");
	put_special(t, t->after, t->afters, o, ", ", "");
	buf_puts(o, "], \"special_tokens\": {");
	put_ids(t, t->before, t->befores, o);
	if (!(t->befores && t->afters && *t->before == *t->after))
		put_ids(t, t->after, t->afters, o);
	buf_puts(o, "}}");
}

/* By rank; ways to make one token, whose ranks are equal, by its parts. */
static int
by_rank(const void *a, const void *b)
{
	const struct bpe_merge *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->left < y->left ? -1 : x->left > y->left;
}

static void
put_merges(const struct tok *t, struct buf *o)
{
	struct bpe_merge *m = need_alloc((t->bpe.merges + 1) * sizeof *m);
	size_t n = 0;

	for (size_t i = 0; i >> t->bpe.bits == 0; i++)
		if (t->bpe.slot[i].left >= 0)
			m[n++] = t->bpe.slot[i];
	qsort(m, n, sizeof *m, by_rank);
	for (size_t i = 0; i < n; i++) {
		buf_puts(o, i ? ",\n      [" : "\n      [");
		buf_json_str(o, t->name[m[i].left]);
		buf_puts(o, ", ");
		buf_json_str(o, t->name[m[i].right]);
		buf_puts(o, "]");
	}
	free(m);
}

static void
put_model(const struct tok *t, struct buf *o)
{
	static const char *const truth[] = { "false", "true" };

	buf_puts(o, "{\n    \"type\": \"BPE\", \"dropout\": null, "
		    "\"unk_token\": ");
	if (t->bpe.unk >= 0)
		buf_json_str(o, t->name[t->bpe.unk]);
	else
		buf_puts(o, "null");
	buf_printf(o,
	    ", \"continuing_subword_prefix\": null,\n"
	    "    \"end_of_word_suffix\": null, \"fuse_unk\": %s, "
	    "\"byte_fallback\": %s, \"ignore_merges\": %s,\n    \"vocab\": {",
	    truth[t->bpe.fuse], truth[t->bpe.fallback],
	    truth[t->ignore_merges]);
	for (int32_t id = 0; id < t->size; id++) {
		buf_puts(o, id ? ",\n      " : "\n      ");
		buf_json_str(o, t->name[id]);
		buf_printf(o, ": %d", id);
	}
	buf_puts(o, "},\n    \"merges\": [");
	put_merges(t, o);
	buf_puts(o, "]}");
}

void
tok_write(const struct tok *t, struct buf *o)
{
	const struct {
		const char *name, *json;
	} parts[] = {
		{ "normalizer", t->parts.normalizer },
		{ "pre_tokenizer", t->parts.pre_tokenizer },
		{ "decoder", t->parts.decoder },
	};

	if (t->source) {
		buf_put(o, t->source, t->source_len);
		return;
	}
	buf_puts(o, "{\n  \"version\": \"1.0\", \"truncation\": null, "
		    "\"padding\": null,\n  \"added_tokens\": [");
	put_added(t, o);
	buf_puts(o, "],\n");
	for (size_t i = 0; i < 3; i++)
		buf_printf(o, "  \"%s\": %s,\n", parts[i].name,
		    parts[i].json ? parts[i].json : "null");
	buf_puts(o, "  \"post_processor\": ");
	put_template(t, o);
	buf_puts(o, ",\n  \"model\": ");
	put_model(t, o);
	buf_puts(o, "\n}\n");
}

static void
put_config(const struct tok *t, struct str chat_template, struct buf *o)
{
	const struct {
		const char *key;
		int32_t id;
	} names[] = {
		{ "bos_token", t->bos },
		{ "eos_token", t->eos },
		{ "pad_token", t->pad },
		{ "unk_token", t->unk },
	};

	buf_puts(o, "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\",\n"
		    "  \"clean_up_tokenization_spaces\": false");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].id < 0)
			continue;
		buf_printf(o, ",\n  \"%s\": ", names[i].key);
		buf_json_str(o, t->name[names[i].id]);
	}
	if (chat_template.s) {
		buf_puts(o, ",\n  \"chat_template\": ");
		buf_json_str(o, chat_template);
	}
	buf_puts(o, "\n}\n");
}

static bool
save(const char *dir, const char *file, const struct buf *b, struct err *e)
{
	struct buf path = { 0 };
	bool ok;
	FILE *f;

	buf_printf(&path, "%s/%s", dir, file);
	f = fopen(path.s, "wb");
	ok = f && fwrite(b->s, 1, b->n, f) == b->n;
	if (f && fclose(f))
		ok = false;
	if (!ok)
		err_set(e, "cannot write '%s': %s", path.s, strerror(errno));
	buf_done(&path);
	return ok;
}

bool
tok_save(const struct tok *t, const char *dir, struct str chat_template,
    struct err *e)
{
	struct buf b = { 0 };
	bool ok;

	tok_write(t, &b);
	ok = save(dir, "tokenizer.json", &b, e);
	buf_reset(&b);
	put_config(t, chat_template, &b);
	ok = ok && save(dir, "tokenizer_config.json", &b, e);
	buf_done(&b);
	return ok;
}
