#include "gpu/toktext.h"

#include <stdlib.h>
#include <string.h>

/* Kinds of tokens, the file format's numbers. */
enum { NORMAL = 1, UNKNOWN, CONTROL, USER, UNUSED, BYTE };

struct vocab {
	const struct hub *h;
	struct str *word;
	int64_t *kind;
	float *score;    /* SentencePiece only */
	uint32_t *order; /* of words, for look-up */
	size_t n;
	struct err *e;
};

/*
 * Pre-tokenizers by the name GGUF files give them, as tokenizer.json writes
 * them. `words` splits as GPT-2 does: then ByteLevel does it itself.
 */
static const struct pre {
	const char *name;
	const char *first; /* what stands before ByteLevel, or NULL */
	bool words;
	bool ignore_merges, nfc, bos;
} pres[] = {
#define DIGITS "{\"type\":\"Digits\",\"individual_digits\":true}"
#define SPLIT(numbers)                                                    \
	"{\"type\":\"Split\",\"pattern\":{\"Regex\":"                     \
	"\"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?"   \
	"\\\\p{L}+|" numbers "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|" \
	"\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"},"                  \
	"\"behavior\":\"Isolated\",\"invert\":false}"
	{ "gpt-2", NULL, true, false, false, false },
	{ "smollm", DIGITS, true, false, false, false },
	{ "starcoder", DIGITS, true, false, false, false },
	{ "refact", DIGITS, true, false, false, false },
	{ "command-r", DIGITS, true, false, false, false },
	{ "llama-bpe", SPLIT("\\\\p{N}{1,3}"), false, true, false, true },
	{ "qwen2", SPLIT("\\\\p{N}"), false, false, true, false },
};

static bool
refuse(const struct vocab *v, const char *what, struct str s)
{
	return err_set(v->e,
	    "'%s': its vocabulary cannot be written as a"
	    " tokenizer.json: %s '%.*s'",
	    v->h->file, what, s.n < 100 ? (int)s.n : 100, s.s ? s.s : "");
}

static int
str_order(struct str a, struct str b)
{
	int d = memcmp(a.s, b.s, a.n < b.n ? a.n : b.n);

	return d ? d : (a.n > b.n) - (a.n < b.n);
}

static int
word_order(const void *a, const void *b, void *v)
{
	const struct str *word = ((struct vocab *)v)->word;

	return str_order(
	    word[*(const uint32_t *)a], word[*(const uint32_t *)b]);
}

/* Its id; -1 if it is no token. */
static long
look_up(const struct vocab *v, struct str s)
{
	size_t from = 0, to = v->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int d = str_order(s, v->word[v->order[mid]]);

		if (!d)
			return v->order[mid];
		if (d < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return -1;
}

static bool
is_text(struct str s)
{
	struct json_doc d = { 0 };
	struct buf b = { 0 };
	struct err e;
	size_t at;
	bool ok;

	buf_json_str(&b, s);
	ok = json_parse(&d, b.s, b.n, 1, &at, &e);
	json_done(&d);
	buf_done(&b);
	return ok;
}

static bool
vocab_read(struct vocab *v)
{
	struct gguf *g = v->h->gguf;
	size_t n = 0;

	v->word = gguf_strs(g, "tokenizer.ggml.tokens", &v->n);
	v->kind = gguf_ints(g, "tokenizer.ggml.token_type", &n);
	if (!v->word || !v->n || v->n > INT32_MAX || (v->kind && n != v->n))
		return refuse(v, "tokens and types do not match in",
		    str_of("tokenizer.ggml"));
	v->order = need_alloc(v->n * sizeof *v->order);
	for (size_t i = 0; i < v->n; i++) {
		v->order[i] = (uint32_t)i;
		if (!is_text(v->word[i]))
			return refuse(v, "not UTF-8:", v->word[i]);
	}
	qsort_r(v->order, v->n, sizeof *v->order, word_order, v);
	for (size_t i = 1; i < v->n; i++)
		if (!word_order(&v->order[i - 1], &v->order[i], v))
			return refuse(v, "two tokens", v->word[v->order[i]]);
	return true;
}

static void
vocab_done(struct vocab *v)
{
	free(v->word);
	free(v->kind);
	free(v->score);
	free(v->order);
}

static int64_t
kind_of(const struct vocab *v, size_t i)
{
	return v->kind ? v->kind[i] : NORMAL;
}

/* Tokens that are found in the text before anything else is done. */
static bool
is_added(const struct vocab *v, size_t i)
{
	int64_t k = kind_of(v, i);

	return k == CONTROL || k == USER || k == UNKNOWN;
}

static void
put_added(struct buf *b, const struct vocab *v)
{
	bool first = true;

	buf_puts(b, "\"added_tokens\":[");
	for (size_t i = 0; i < v->n; i++) {
		if (!is_added(v, i))
			continue;
		buf_printf(
		    b, "%s\n{\"id\":%zu,\"content\":", first ? "" : ",", i);
		first = false;
		buf_json_str(b, v->word[i]);
		buf_printf(b,
		    ",\"single_word\":false,\"lstrip\":false,"
		    "\"rstrip\":false,\"normalized\":false,"
		    "\"special\":%s}",
		    kind_of(v, i) == USER ? "false" : "true");
	}
	buf_puts(b, "],\n");
}

static void
put_words(struct buf *b, const struct vocab *v)
{
	bool first = true;

	buf_puts(b, "\"vocab\":{");
	for (size_t i = 0; i < v->n; i++) {
		if (kind_of(v, i) == UNUSED)
			continue;
		buf_puts(b, first ? "\n" : ",\n");
		first = false;
		buf_json_str(b, v->word[i]);
		buf_printf(b, ":%zu", i);
	}
	buf_puts(b, "},\n");
}

/* One end of the template: a special token before or after the text. */
static void
put_special(struct buf *b, struct str s, int type)
{
	buf_puts(b, "{\"SpecialToken\":{\"id\":");
	buf_json_str(b, s);
	buf_printf(b, ",\"type_id\":%d}}", type);
}

static void
put_sequence(struct buf *b, struct str bos, struct str eos, int type)
{
	if (bos.s) {
		put_special(b, bos, type);
		buf_char(b, ',');
	}
	buf_printf(b, "{\"Sequence\":{\"id\":\"%c\",\"type_id\":%d}}",
	    "AB"[type], type);
	if (eos.s) {
		buf_char(b, ',');
		put_special(b, eos, type);
	}
}

static void
put_post(struct buf *b, const struct vocab *v, bool add_bos)
{
	const struct hub *h = v->h;
	struct str end[2] = { h->bos, h->eos };
	bool add_eos = false, first = true;

	gguf_bool(h->gguf, "tokenizer.ggml.add_bos_token", &add_bos);
	gguf_bool(h->gguf, "tokenizer.ggml.add_eos_token", &add_eos);
	if (!add_bos)
		end[0].s = NULL;
	if (!add_eos)
		end[1].s = NULL;
	buf_puts(b, "\"post_processor\":");
	if (!end[0].s && !end[1].s) {
		buf_puts(b, "null,\n");
		return;
	}
	buf_puts(b, "{\"type\":\"TemplateProcessing\",\"single\":[");
	put_sequence(b, end[0], end[1], 0);
	buf_puts(b, "],\"pair\":[");
	put_sequence(b, end[0], end[1], 0);
	buf_char(b, ',');
	put_sequence(b, end[0], end[1], 1);
	buf_puts(b, "],\"special_tokens\":{");
	for (int i = 0; i < 2; i++) {
		if (!end[i].s || (i && end[0].s && str_same(end[0], end[1])))
			continue;
		buf_puts(b, first ? "" : ",");
		first = false;
		buf_json_str(b, end[i]);
		buf_puts(b, ":{\"id\":");
		buf_json_str(b, end[i]);
		buf_printf(
		    b, ",\"ids\":[%ld],\"tokens\":[", look_up(v, end[i]));
		buf_json_str(b, end[i]);
		buf_puts(b, "]}");
	}
	buf_puts(b, "}},\n");
}

static void
put_model(struct buf *b, struct str unk, bool bytes, bool ignore_merges)
{
	buf_puts(b, "\"model\":{\"type\":\"BPE\",\"dropout\":null,"
		    "\"unk_token\":");
	if (unk.s)
		buf_json_str(b, unk);
	else
		buf_puts(b, "null");
	buf_printf(b,
	    ",\"continuing_subword_prefix\":null,"
	    "\"end_of_word_suffix\":null,\"fuse_unk\":%s,"
	    "\"byte_fallback\":%s,\"ignore_merges\":%s,\n",
	    bytes ? "true" : "false", bytes ? "true" : "false",
	    ignore_merges ? "true" : "false");
}

static bool
put_merges(struct buf *b, const struct vocab *v)
{
	size_t n = 0;
	struct str *m = gguf_strs(v->h->gguf, "tokenizer.ggml.merges", &n);
	struct buf both = { 0 };
	bool ok = true;

	buf_puts(b, "\"merges\":[");
	for (size_t i = 0; ok && i < n; i++) {
		const char *space = memchr(m[i].s, ' ', m[i].n);
		struct str l = { m[i].s, space ? (size_t)(space - m[i].s) : 0 };
		struct str r = { 0 };

		if (space)
			r = (struct str){ space + 1, m[i].n - l.n - 1 };
		ok = l.n && r.n && !memchr(r.s, ' ', r.n);
		if (ok) {
			buf_reset(&both);
			buf_str(&both, l);
			buf_str(&both, r);
			ok = look_up(v, l) >= 0 && look_up(v, r) >= 0 &&
			     look_up(v, (struct str){ both.s, both.n }) >= 0;
		}
		if (!ok)
			refuse(v, "the parts of a merge are no tokens:", m[i]);
		buf_puts(b, i ? ",\n" : "\n");
		buf_json_str(b, m[i]);
	}
	buf_puts(b, "]}}\n");
	buf_done(&both);
	free(m);
	return ok;
}

static bool
byte_level(struct buf *b, const struct vocab *v)
{
	struct str name = gguf_str(v->h->gguf, "tokenizer.ggml.pre");
	const struct pre *p = NULL;

	for (size_t i = 0; i < sizeof pres / sizeof *pres; i++)
		if (str_eq(name, pres[i].name))
			p = &pres[i];
	if (!p)
		return refuse(v, "pre-tokenizer", name);
	put_added(b, v);
	buf_printf(b, "\"normalizer\":%s,\n\"pre_tokenizer\":",
	    p->nfc ? "{\"type\":\"NFC\"}" : "null");
	if (p->first)
		buf_printf(b, "{\"type\":\"Sequence\",\"pretokenizers\":[%s,",
		    p->first);
	buf_printf(b,
	    "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"
	    "\"trim_offsets\":true,\"use_regex\":%s}%s,\n",
	    p->words ? "true" : "false", p->first ? "]}" : "");
	put_post(b, v, p->bos);
	buf_puts(b, "\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":"
		    "true,\"trim_offsets\":true,\"use_regex\":true},\n");
	put_model(b, (struct str){ 0 }, false, p->ignore_merges);
	put_words(b, v);
	return put_merges(b, v);
}

/* A merge that gives a SentencePiece token: its two parts by id, their
 * lengths in characters. */
struct merge {
	uint32_t left, right;
	uint32_t left_chars, right_chars;
	uint32_t whole;
	float score;
};

static uint32_t
chars(struct str s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
	return n;
}

/* Best score first, then the longer parts, then by id: the order in which
 * the transformers library converts these vocabularies. */
static int
merge_order(const void *a, const void *b)
{
	const struct merge *x = a, *y = b;
	uint32_t p[5][2] = {
		{ y->left_chars, x->left_chars },
		{ y->right_chars, x->right_chars },
		{ x->whole, y->whole },
		{ x->left, y->left },
		{ x->right, y->right },
	};

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	for (int i = 0; i < 5; i++)
		if (p[i][0] != p[i][1])
			return p[i][0] < p[i][1] ? -1 : 1;
	return 0;
}

/* Every way to make a token of two others. */
static struct merge *
find_merges(const struct vocab *v, size_t *n)
{
	struct merge *m = NULL;
	size_t room = 0;

	*n = 0;
	for (size_t i = 0; i < v->n; i++) {
		struct str w = v->word[i];

		if (kind_of(v, i) != NORMAL && kind_of(v, i) != USER)
			continue;
		for (size_t cut = 1; cut < w.n; cut++) {
			struct str l = { w.s, cut },
				   r = { w.s + cut, w.n - cut };
			long a, c;

			if (((unsigned char)*r.s & 0xc0) == 0x80)
				continue;
			if ((a = look_up(v, l)) < 0 || (c = look_up(v, r)) < 0)
				continue;
			if (*n == room) {
				room = room ? 2 * room : 1024;
				m = need_grow(m, room, sizeof *m);
			}
			m[(*n)++] = (struct merge){ (uint32_t)a, (uint32_t)c,
				chars(l), chars(r), (uint32_t)i, v->score[i] };
		}
	}
	if (*n)
		qsort(m, *n, sizeof *m, merge_order);
	return m;
}

static bool
sentencepiece(struct buf *b, struct vocab *v)
{
	struct gguf *g = v->h->gguf;
	bool prefix = true;
	struct merge *m;
	size_t n = 0;

	v->score = gguf_floats(g, "tokenizer.ggml.scores", &n);
	if (!v->score || n != v->n)
		return refuse(v, "there is no score for each token in",
		    str_of("tokenizer.ggml.scores"));
	gguf_bool(g, "tokenizer.ggml.add_space_prefix", &prefix);
	put_added(b, v);
	buf_printf(b,
	    "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["
	    "%s{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},"
	    "\"content\":\"\xe2\x96\x81\"}]},\n"
	    "\"pre_tokenizer\":null,\n",
	    prefix ? "{\"type\":\"Prepend\",\"prepend\":\"\xe2\x96\x81\"},"
		   : "");
	put_post(b, v, true);
	buf_printf(b,
	    "\"decoder\":{\"type\":\"Sequence\",\"decoders\":["
	    "{\"type\":\"Replace\",\"pattern\":{\"String\":"
	    "\"\xe2\x96\x81\"},\"content\":\" \"},"
	    "{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}%s]},\n",
	    prefix ? ",{\"type\":\"Strip\",\"content\":\" \",\"start\":1,"
		     "\"stop\":0}"
		   : "");
	put_model(b, v->h->unk, true, false);
	put_words(b, v);
	m = find_merges(v, &n);
	buf_puts(b, "\"merges\":[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(b, i ? ",\n[" : "\n[");
		buf_json_str(b, v->word[m[i].left]);
		buf_char(b, ',');
		buf_json_str(b, v->word[m[i].right]);
		buf_char(b, ']');
	}
	buf_puts(b, "]}}\n");
	free(m);
	return true;
}

bool
toktext_json(struct buf *b, const struct hub *h, struct err *e)
{
	struct str model = gguf_str(h->gguf, "tokenizer.ggml.model");
	struct vocab v = { .h = h, .e = e };
	bool ok = vocab_read(&v);

	buf_puts(b, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,"
		    "\n");
	if (ok && str_eq(model, "gpt2"))
		ok = byte_level(b, &v);
	else if (ok && str_eq(model, "llama"))
		ok = sentencepiece(b, &v);
	else if (ok)
		ok = refuse(&v, "tokenizer model", model);
	vocab_done(&v);
	return ok;
}

static void
put_token(struct buf *b, const char *name, struct str s)
{
	if (!s.s)
		return;
	buf_printf(b, "  \"%s\": ", name);
	buf_json_str(b, s);
	buf_puts(b, ",\n");
}

void
toktext_config(struct buf *b, const struct hub *h)
{
	struct str chat = gguf_str(h->gguf, "tokenizer.chat_template");
	struct str arch = gguf_str(h->gguf, "general.architecture");
	struct buf key = { 0 };
	int64_t context;

	buf_puts(b, "{\n");
	put_token(b, "bos_token", h->bos);
	put_token(b, "eos_token", h->eos);
	put_token(b, "pad_token", h->pad);
	put_token(b, "unk_token", h->unk);
	put_token(b, "chat_template", chat);
	buf_printf(&key, "%.*s.context_length", (int)(arch.n & 63), arch.s);
	if (gguf_int(h->gguf, key.s, &context))
		buf_printf(
		    b, "  \"model_max_length\": %lld,\n", (long long)context);
	buf_puts(b, "  \"clean_up_tokenization_spaces\": false,\n"
		    "  \"tokenizer_class\": \"PreTrainedTokenizerFast\"\n}\n");
	buf_done(&key);
}
