/*
 * tokenizer.json of Hugging Face tokenizers. What is known:
 *
 *   model           BPE
 *   normalizer      NFC Replace(String) Prepend Sequence
 *   pre_tokenizer   ByteLevel Split Digits Metaspace Sequence
 *   post_processor  TemplateProcessing ByteLevel Sequence
 *   decoder         ByteLevel Replace(String) ByteFallback Fuse Strip
 *                   Metaspace Sequence
 *
 * `truncation` and `padding` are not for those who pack, and are left alone,
 * as transformers does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcore/toki.h"

enum {
	DEPTH = 64,
	MOST = 1 << 24,      /* tokens */
	MOST_BYTES = 1 << 29 /* of the file */
};

/* What is being read. bytes: byte-level. */
struct in {
	const struct json_doc *d;
	struct tok *t;
	struct arena mem; /* unescaped strings */
	bool bytes, fallback, shows_bytes;
	struct err *e;
};

/* A kind of part by its "type". */
struct part {
	const char *type;
	bool (*read)(struct in *, const struct json *v);
};

static bool
refuse(struct in *in, const char *what, const char *why)
{
	return err_set(in->e, "%s: %s", what, why);
}

/* At most 100 bytes of a slice, for %.*s. */
#define SHOWN(str) (int)((str).n < 100 ? (str).n : 100), (str).s

/* The string under key; false with a message if it is none. */
static bool
text(struct in *in, const struct json *v, const char *key, struct str *s)
{
	*s = json_str(in->d, json_get(in->d, v, key), &in->mem);
	return s->s || err_set(in->e, "'%s' is not a string", key);
}

/* The truth value under key; absent or null: otherwise. */
static bool
flag(struct in *in, const struct json *v, const char *key, bool otherwise,
    bool *to)
{
	const struct json *x = json_get(in->d, v, key);

	*to = x && !json_is(x, JSON_NULL) ? json_is(x, JSON_TRUE) : otherwise;
	if (!x || json_is(x, JSON_NULL) || json_is(x, JSON_TRUE) ||
	    json_is(x, JSON_FALSE))
		return true;
	return err_set(in->e, "'%s' is not true or false", key);
}

static bool
is_array(struct in *in, const struct json *v, const char *what)
{
	return json_is(v, JSON_ARRAY) ||
	       err_set(in->e, "'%s' is not an array", what);
}

/* Read v by the table's row for its type; NULL and null are nothing. */
static bool
read_part(struct in *in, const struct json *v, const struct part *table,
    const char *what)
{
	struct str type;

	if (!v || json_is(v, JSON_NULL))
		return true;
	if (!json_is(v, JSON_OBJECT))
		return err_set(in->e, "'%s' is not an object", what);
	if (!text(in, v, "type", &type))
		return false;
	for (; table->type; table++)
		if (str_eq(type, table->type))
			return table->read(in, v);
	return err_set(in->e, "%s '%.*s' is not supported", what, SHOWN(type));
}

/* Each of a Sequence's parts. */
static bool
sequence(struct in *in, const struct json *v, const char *key,
    const struct part *table, const char *what)
{
	const struct json *list = json_get(in->d, v, key), *x;

	if (!is_array(in, list, key))
		return false;
	x = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, x = json_next(x))
		if (!read_part(in, x, table, what))
			return false;
	return true;
}

/* A pattern: {"String": s} or {"Regex": s}. */
static bool
pattern(struct in *in, const struct json *v, struct str *s, bool *regex)
{
	const struct json *p = json_get(in->d, v, "pattern");

	*regex = json_get(in->d, p, "Regex") != NULL;
	return text(in, p, *regex ? "Regex" : "String", s);
}

static bool
add_edit(struct in *in, struct edits *edits, enum edit_kind kind,
    struct str from, struct str to)
{
	if (edits->n == sizeof edits->step / sizeof *edits->step)
		return refuse(in, "normalizer", "has too many steps");
	if (to.n > 64)
		return refuse(in, "normalizer", "a replacement is too long");
	edits->step[edits->n++] =
	    (struct edit){ kind, tok_keep(in->t, from), tok_keep(in->t, to) };
	return true;
}

static bool
normalize_nfc(struct in *in, const struct json *v)
{
	(void)v;
	return add_edit(in, &in->t->edit, EDIT_NFC, STR(""), STR(""));
}

static bool
normalize_prepend(struct in *in, const struct json *v)
{
	struct str s;

	return text(in, v, "prepend", &s) &&
	       add_edit(in, &in->t->edit, EDIT_PREPEND, STR(""), s);
}

static bool
normalize_replace(struct in *in, const struct json *v)
{
	struct str from, to;
	bool regex;

	if (!pattern(in, v, &from, &regex) || !text(in, v, "content", &to))
		return false;
	if (regex)
		return refuse(in, "normalizer 'Replace'",
		    "a regular expression is not supported");
	return from.n
		   ? add_edit(in, &in->t->edit, EDIT_REPLACE, from, to)
		   : refuse(in, "normalizer 'Replace'", "its pattern is empty");
}

static bool normalize_all(struct in *, const struct json *);

static const struct part normalizers[] = {
	{ "NFC", normalize_nfc },
	{ "Prepend", normalize_prepend },
	{ "Replace", normalize_replace },
	{ "Sequence", normalize_all },
	{ 0 },
};

static bool
normalize_all(struct in *in, const struct json *v)
{
	return sequence(in, v, "normalizers", normalizers, "normalizer");
}

/* A change of the text is only right before anything was cut. */
static bool
first_step(struct in *in, const char *what)
{
	return !in->t->split.n || refuse(in, what, "must come first");
}

static bool
split_bytes(struct in *in, const struct json *v)
{
	static const char what[] = "pre_tokenizer 'ByteLevel'";
	bool prefix, regex;

	if (!flag(in, v, "add_prefix_space", true, &prefix) ||
	    !flag(in, v, "use_regex", true, &regex))
		return false;
	if (prefix &&
	    (!first_step(in, what) || !add_edit(in, &in->t->late,
					  EDIT_PREPEND_NEW, STR(""), STR(" "))))
		return false;
	if (regex)
		split_add_gpt2(&in->t->split);
	in->bytes = true;
	return true;
}

static bool
split_metaspace(struct in *in, const struct json *v)
{
	static const char what[] = "pre_tokenizer 'Metaspace'";
	struct str mark, when = json_str(in->d,
			     json_get(in->d, v, "prepend_scheme"), &in->mem);
	struct edits *late = &in->t->late;
	bool prefix, split;

	if (!text(in, v, "replacement", &mark) ||
	    !flag(in, v, "add_prefix_space", true, &prefix) ||
	    !flag(in, v, "split", true, &split) || !first_step(in, what))
		return false;
	if (!when.s)
		when = prefix ? STR("always") : STR("never");
	if (!add_edit(in, late, EDIT_REPLACE, STR(" "), mark))
		return false;
	if (str_eq(when, "always") || str_eq(when, "first")) {
		if (!add_edit(in, late,
			str_eq(when, "first") ? EDIT_PREPEND_HEAD
					      : EDIT_PREPEND_NEW,
			STR(""), mark))
			return false;
	} else if (!str_eq(when, "never")) {
		return refuse(in, what, "unknown prepend_scheme");
	}
	if (split)
		split_add_string(&in->t->split, mark, SPLIT_NEXT, false);
	return true;
}

static bool
split_digits(struct in *in, const struct json *v)
{
	bool each;

	if (!flag(in, v, "individual_digits", false, &each))
		return false;
	split_add_digits(&in->t->split, each);
	return true;
}

static bool
split_pattern(struct in *in, const struct json *v)
{
	static const char *const names[] = { "Removed", "Isolated",
		"MergedWithPrevious", "MergedWithNext", "Contiguous" };
	struct splitter *s = &in->t->split;
	struct str p, how;
	bool regex, invert;
	unsigned k = 0;

	if (!pattern(in, v, &p, &regex) || !text(in, v, "behavior", &how) ||
	    !flag(in, v, "invert", false, &invert))
		return false;
	while (k < 5 && !str_eq(how, names[k]))
		k++;
	if (k == 5)
		return err_set(in->e,
		    "pre_tokenizer 'Split': behavior '%.*s' is unknown",
		    SHOWN(how));
	if (regex)
		return split_add_regex(s, p, (enum split_how)k, invert, in->e);
	split_add_string(s, p, (enum split_how)k, invert);
	return true;
}

static bool split_all(struct in *, const struct json *);

static const struct part pre_tokenizers[] = {
	{ "ByteLevel", split_bytes },
	{ "Digits", split_digits },
	{ "Metaspace", split_metaspace },
	{ "Sequence", split_all },
	{ "Split", split_pattern },
	{ 0 },
};

static bool
split_all(struct in *in, const struct json *v)
{
	const struct json *list = json_get(in->d, v, "pretokenizers"), *x;

	if (!is_array(in, list, "pretokenizers"))
		return false;
	x = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, x = json_next(x)) {
		if (in->bytes)
			return refuse(
			    in, "pre_tokenizer 'ByteLevel'", "must come last");
		if (!read_part(in, x, pre_tokenizers, "pre_tokenizer"))
			return false;
	}
	return true;
}

static bool
show_bytes(struct in *in, const struct json *v)
{
	(void)v;
	in->shows_bytes = true;
	return true;
}

static bool
show_fallback(struct in *in, const struct json *v)
{
	(void)v;
	in->fallback = true;
	return true;
}

static bool
show_fused(struct in *in, const struct json *v)
{
	(void)in;
	(void)v; /* what follows is done on the whole text: so it is here */
	return true;
}

static bool
shows_mark(struct in *in, struct str from, struct str to)
{
	if (in->t->shown_from.n || !from.n)
		return refuse(in, "decoder",
		    "has two replacements, or an "
		    "empty one");
	in->t->shown_from = tok_keep(in->t, from);
	in->t->shown_to = tok_keep(in->t, to);
	return true;
}

static bool
show_replaced(struct in *in, const struct json *v)
{
	struct str from, to;
	bool regex;

	if (!pattern(in, v, &from, &regex) || !text(in, v, "content", &to))
		return false;
	if (regex || to.n > 64)
		return refuse(in, "decoder 'Replace'",
		    "a regular expression or a long text is not supported");
	return shows_mark(in, from, to);
}

static bool
show_stripped(struct in *in, const struct json *v)
{
	int64_t start, stop;
	struct str s;

	if (!text(in, v, "content", &s))
		return false;
	if (!json_int(in->d, json_get(in->d, v, "start"), &start) ||
	    !json_int(in->d, json_get(in->d, v, "stop"), &stop) ||
	    !str_eq(s, " ") || start != 1 || stop != 0)
		return refuse(in, "decoder 'Strip'",
		    "only one space at the beginning is supported");
	in->t->strip = true;
	return true;
}

static bool
show_metaspace(struct in *in, const struct json *v)
{
	struct str mark, when = json_str(in->d,
			     json_get(in->d, v, "prepend_scheme"), &in->mem);
	bool prefix;

	if (!text(in, v, "replacement", &mark) ||
	    !flag(in, v, "add_prefix_space", true, &prefix))
		return false;
	in->t->strip = when.s ? !str_eq(when, "never") : prefix;
	return shows_mark(in, mark, STR(" "));
}

static bool show_all(struct in *, const struct json *);

static const struct part decoders[] = {
	{ "ByteFallback", show_fallback },
	{ "ByteLevel", show_bytes },
	{ "Fuse", show_fused },
	{ "Metaspace", show_metaspace },
	{ "Replace", show_replaced },
	{ "Sequence", show_all },
	{ "Strip", show_stripped },
	{ 0 },
};

static bool
show_all(struct in *in, const struct json *v)
{
	return sequence(in, v, "decoders", decoders, "decoder");
}

/* Byte-level text in, byte-level text out; no decoder at all means that
 * tokens are joined by spaces, which nobody wants to train on. */
static bool
read_decoder(struct in *in, const struct json *v)
{
	if (!v || json_is(v, JSON_NULL))
		return refuse(in, "decoder", "there is none");
	if (!read_part(in, v, decoders, "decoder"))
		return false;
	return in->shows_bytes == in->bytes ||
	       refuse(in, "decoder",
		   "it and the pre_tokenizer must both be byte-level or "
		   "neither");
}

static bool
one_part(struct in *in, const char *source, const struct part *table,
    const char *what)
{
	struct json_doc d = { 0 };
	size_t at;
	bool ok = !source ||
		  (json_parse(&d, source, strlen(source), DEPTH, &at, in->e) &&
		      (in->d = &d, read_part(in, d.tape, table, what)));

	json_done(&d);
	return ok;
}

bool
tok_parts(struct tok *t, const struct tok_parts *p, bool *bytes, struct err *e)
{
	struct in in = { .t = t, .e = e };
	bool ok =
	    one_part(&in, p->normalizer, normalizers, "normalizer") &&
	    one_part(&in, p->pre_tokenizer, pre_tokenizers, "pre_tokenizer") &&
	    one_part(&in, p->decoder, decoders, "decoder");

	arena_done(&in.mem);
	*bytes = in.bytes;
	return ok;
}

/* Ids of one special token of a template, appended to list. */
static bool
template_ids(struct in *in, const struct json *special, struct str name,
    int32_t *list, size_t *n, size_t room)
{
	const struct json *key = json_first(special), *ids, *x;
	int64_t id;

	for (uint32_t i = 0; i < special->n; i++, key = json_member(key)) {
		struct str s = json_str(in->d, key, &in->mem);

		if (!s.s || !str_same(s, name))
			continue;
		ids = json_get(in->d, key + 1, "ids");
		if (!is_array(in, ids, "ids"))
			return false;
		x = json_first(ids);
		for (uint32_t k = 0; k < ids->n; k++, x = json_next(x)) {
			if (!json_int(in->d, x, &id) || id < 0 ||
			    id >= in->t->size || *n == room)
				return refuse(in,
				    "post_processor 'TemplateProcessing'",
				    "an id is no token, or there are too "
				    "many");
			list[(*n)++] = (int32_t)id;
		}
		return true;
	}
	return err_set(in->e,
	    "post_processor 'TemplateProcessing': '%.*s' has no ids",
	    SHOWN(name));
}

static int32_t *
keep_ids(struct tok *t, const int32_t *id, size_t n)
{
	return memcpy(arena_take(&t->mem, n * sizeof *id), id, n * sizeof *id);
}

static bool
around_template(struct in *in, const struct json *v)
{
	static const char what[] = "post_processor 'TemplateProcessing'";
	const struct json *list = json_get(in->d, v, "single"), *x, *s;
	const struct json *special = json_get(in->d, v, "special_tokens");
	int32_t id[2][32];
	size_t n[2] = { 0 };
	int side = 0;
	struct str name;

	if (!is_array(in, list, "single"))
		return false;
	if (!json_is(special, JSON_OBJECT) || in->t->befores || in->t->afters)
		return refuse(in, what, "no special_tokens, or used twice");
	x = json_first(list);
	for (uint32_t i = 0; i < list->n; i++, x = json_next(x)) {
		s = json_get(in->d, x, "SpecialToken");
		if (s) {
			if (!text(in, s, "id", &name) ||
			    !template_ids(
				in, special, name, id[side], &n[side], 32))
				return false;
			continue;
		}
		s = json_get(in->d, x, "Sequence");
		if (!text(in, s, "id", &name))
			return false;
		if (!str_eq(name, "A") || side++)
			return refuse(in, what, "not one sequence A");
	}
	if (side != 1)
		return refuse(in, what, "not one sequence A");
	in->t->before = keep_ids(in->t, id[0], in->t->befores = n[0]);
	in->t->after = keep_ids(in->t, id[1], in->t->afters = n[1]);
	return true;
}

static bool
around_nothing(struct in *in, const struct json *v)
{
	(void)in;
	(void)v; /* ByteLevel only trims offsets */
	return true;
}

static bool around_all(struct in *, const struct json *);

static const struct part post_processors[] = {
	{ "ByteLevel", around_nothing },
	{ "Sequence", around_all },
	{ "TemplateProcessing", around_template },
	{ 0 },
};

static bool
around_all(struct in *in, const struct json *v)
{
	return sequence(in, v, "processors", post_processors, "post_processor");
}

static bool
read_added(struct in *in, const struct json *v, struct added *a)
{
	int64_t id;
	struct str s;

	if (!json_int(in->d, json_get(in->d, v, "id"), &id) || id < 0 ||
	    id >= MOST)
		return refuse(in, "added_tokens", "an id is no token number");
	if (!text(in, v, "content", &s))
		return false;
	a->id = (int32_t)id;
	a->content = s;
	return flag(in, v, "special", false, &a->special) &&
	       flag(in, v, "single_word", false, &a->single) &&
	       flag(in, v, "lstrip", false, &a->lstrip) &&
	       flag(in, v, "rstrip", false, &a->rstrip) &&
	       flag(in, v, "normalized", !a->special, &a->normalized);
}

/* The highest id, among the vocabulary and the added tokens; -1 and a message
 * when one cannot be. */
static int64_t
highest(struct in *in, const struct json *vocab, const struct added *added,
    size_t n)
{
	const struct json *key = json_first(vocab);
	int64_t top = -1, id, most = (int64_t)vocab->n + (int64_t)n;

	if (most > MOST) {
		refuse(in, "vocab", "has too many tokens");
		return -1;
	}
	for (uint32_t i = 0; i < vocab->n; i++, key = json_member(key)) {
		if (!json_int(in->d, key + 1, &id) || id < 0 || id >= most) {
			struct str s = json_raw(in->d, key);

			err_set(in->e,
			    "vocab: the id of %.*s is not one of 0 to %lld",
			    SHOWN(s), (long long)most - 1);
			return -1;
		}
		top = id > top ? id : top;
	}
	for (size_t i = 0; i < n; i++) {
		if (added[i].id >= most) {
			err_set(in->e,
			    "added_tokens: id %d is not one of 0 to %lld",
			    added[i].id, (long long)most - 1);
			return -1;
		}
		top = added[i].id > top ? added[i].id : top;
	}
	if (top < 0)
		refuse(in, "vocab", "is empty");
	return top;
}

static bool
put_vocab(struct in *in, const struct json *vocab)
{
	const struct json *key = json_first(vocab);
	int64_t id = 0;

	for (uint32_t i = 0; i < vocab->n; i++, key = json_member(key)) {
		struct str s = json_str(in->d, key, &in->mem);

		if (!s.s)
			return refuse(in, "vocab", "a token is not Unicode");
		json_int(in->d, key + 1, &id);
		if (!tok_put(in->t, (int32_t)id, s, in->e))
			return false;
		in->t->kind[id] = KIND_NORMAL;
		if (in->fallback && tok_byte(s) >= 0)
			in->t->kind[id] |= KIND_BYTE;
	}
	return true;
}

static bool
put_added(struct in *in, const struct added *added, size_t n)
{
	struct tok *t = in->t;

	t->added = need_zero(n + 1, sizeof *t->added);
	for (size_t i = 0; i < n; i++) {
		struct added *a = &t->added[t->addeds];

		*a = added[i];
		if (!a->content.n)
			continue;
		a->content = tok_keep(t, a->content);
		if (!(t->name[a->id].s &&
			str_same(t->name[a->id], a->content)) &&
		    !tok_put(t, a->id, a->content, in->e))
			return false;
		t->kind[a->id] |= KIND_ADDED;
		if (a->special)
			t->kind[a->id] |= KIND_SPECIAL;
		t->addeds++;
	}
	return true;
}

static bool
merge_parts(struct in *in, const struct json *v, size_t i, struct str part[2])
{
	struct str s;
	const char *gap;

	if (json_is(v, JSON_ARRAY) && v->n == 2) {
		const struct json *x = json_first(v);

		part[0] = json_str(in->d, x, &in->mem);
		part[1] = json_str(in->d, json_next(x), &in->mem);
		return (part[0].s && part[1].s) ||
		       err_set(in->e, "merge %zu is not of two strings", i);
	}
	s = json_str(in->d, v, &in->mem);
	gap = s.s ? memchr(s.s, ' ', s.n) : NULL;
	if (!gap || memchr(gap + 1, ' ', s.n - (size_t)(gap + 1 - s.s)))
		return err_set(in->e, "merge %zu does not have two parts", i);
	part[0] = (struct str){ s.s, (size_t)(gap - s.s) };
	part[1] = (struct str){ gap + 1, s.n - part[0].n - 1 };
	return true;
}

static bool
put_merges(struct in *in, const struct json *list)
{
	const struct json *x = json_first(list);
	struct str part[2];

	for (uint32_t i = 0; i < list->n; i++, x = json_next(x)) {
		if (!merge_parts(in, x, i, part) ||
		    !tok_merge(in->t, part[0], part[1], i, i, in->e))
			return false;
		if (i % 1024 == 0)
			arena_reset(&in->mem);
	}
	return true;
}

/* Fields that would change what the model does, and must be empty. */
static bool
plain_model(struct in *in, const struct json *m)
{
	static const char *const fields[] = { "continuing_subword_prefix",
		"end_of_word_suffix", "dropout" };

	for (int i = 0; i < 3; i++) {
		const struct json *x = json_get(in->d, m, fields[i]);
		double p;

		if (!x || json_is(x, JSON_NULL) ||
		    str_eq(json_raw(in->d, x), "\"\"") ||
		    (i == 2 && json_real(in->d, x, &p) && p <= 0))
			continue;
		return err_set(in->e, "model: %s is not supported", fields[i]);
	}
	return true;
}

static bool
read_model(
    struct in *in, const struct json *m, const struct added *added, size_t n)
{
	const struct json *vocab = json_get(in->d, m, "vocab"), *unk;
	const struct json *merges = json_get(in->d, m, "merges");
	struct tok *t = in->t;
	bool fallback, fuse;

	if (!plain_model(in, m) || !put_vocab(in, vocab) ||
	    !put_added(in, added, n) ||
	    !flag(in, m, "byte_fallback", false, &fallback) ||
	    !flag(in, m, "fuse_unk", false, &fuse) ||
	    !flag(in, m, "ignore_merges", false, &t->ignore_merges))
		return false;
	bpe_start(&t->bpe, in->bytes, merges->n);
	t->bpe.fuse = fuse;
	t->bpe.fallback = fallback;
	if (fallback && in->bytes)
		return refuse(in, "model",
		    "byte_fallback and a byte-level pre_tokenizer");
	unk = json_get(in->d, m, "unk_token");
	if (unk && !json_is(unk, JSON_NULL)) {
		struct str s = json_str(in->d, unk, &in->mem);

		t->unk = t->bpe.unk = s.s ? tok_find(t, s) : -1;
		if (t->unk < 0)
			return refuse(
			    in, "model", "unk_token is not in the vocabulary");
	}
	return tok_ready(t, in->e) && put_merges(in, merges);
}

/* Whether model is a BPE; older files do not say. */
static bool
is_bpe(struct in *in, const struct json *m)
{
	struct str type;

	if (!json_is(m, JSON_OBJECT))
		return refuse(in, "model", "there is none");
	if (json_get(in->d, m, "type")) {
		if (!text(in, m, "type", &type))
			return false;
		if (!str_eq(type, "BPE"))
			return err_set(in->e,
			    "model '%.*s' is not supported (BPE is)",
			    SHOWN(type));
	}
	if (!json_is(json_get(in->d, m, "vocab"), JSON_OBJECT))
		return refuse(in, "model", "'vocab' is not an object");
	return is_array(in, json_get(in->d, m, "merges"), "merges");
}

static bool
read_all(struct in *in)
{
	const struct json *root = in->d->tape;
	const struct json *model = json_get(in->d, root, "model");
	const struct json *list = json_get(in->d, root, "added_tokens"), *x;
	struct added *added;
	size_t n = list && json_is(list, JSON_ARRAY) ? list->n : 0;
	int64_t top = -1;
	bool ok = true;

	if (!is_bpe(in, model))
		return false;
	if (list && !json_is(list, JSON_NULL) &&
	    !is_array(in, list, "added_tokens"))
		return false;
	added = need_zero(n + 1, sizeof *added);
	x = n ? json_first(list) : NULL;
	for (size_t i = 0; i < n && ok; i++, x = json_next(x))
		ok = read_added(in, x, &added[i]);
	if (ok)
		top = highest(in, json_get(in->d, model, "vocab"), added, n);
	if (top >= 0) {
		in->t = tok_new((int32_t)top + 1);
		ok = read_part(in, json_get(in->d, root, "normalizer"),
			 normalizers, "normalizer") &&
		     read_part(in, json_get(in->d, root, "pre_tokenizer"),
			 pre_tokenizers, "pre_tokenizer") &&
		     read_decoder(in, json_get(in->d, root, "decoder")) &&
		     read_part(in, json_get(in->d, root, "post_processor"),
			 post_processors, "post_processor") &&
		     read_model(in, model, added, n);
	}
	free(added);
	return ok && top >= 0;
}

/* name: may be in *e already. */
static void
name_error(struct err *e, const char *name)
{
	struct err was = *e;

	err_set(e, "%.200s: %.260s", name, was.why);
}

struct tok *
tok_parse(struct str source, const char *name, struct err *e)
{
	struct json_doc d = { 0 };
	struct in in = { .d = &d, .e = e };
	size_t at;
	bool ok;

	if (source.n > MOST_BYTES) {
		err_set(e, "%.200s: is too large", name);
		return NULL;
	}
	ok = json_parse(&d, source.s, source.n, DEPTH, &at, e);
	if (!ok) {
		struct err was = *e;

		err_set(e, "at byte %zu: %.200s", at, was.why);
	}
	ok = ok && read_all(&in);
	if (ok) {
		tok_finish(in.t);
		in.t->source = need_alloc(source.n + 1);
		memcpy(in.t->source, source.s, source.n);
		in.t->source_len = source.n;
	} else {
		name_error(e, name);
		tok_close(in.t);
		in.t = NULL;
	}
	arena_done(&in.mem);
	json_done(&d);
	return in.t;
}
