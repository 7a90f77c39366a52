/*
 * Tokenisers from GGUF metadata. `gpt2` is byte-level BPE: merges are there,
 * but of the pre-tokenizer only a name; presets[] says what each name means in
 * the model's own tokenizer.json. `gemma4` is BPE over characters. `llama` is
 * SentencePiece: the score of a token is the rank of every merge that makes
 * it, highest first.
 */
#include <stdlib.h>
#include <string.h>

#include "libcore/gguf.h"
#include "libcore/toki.h"
#include "libcore/uni.h"

/* llama.cpp's names of token types. */
enum { NORMAL = 1, UNKNOWN, CONTROL, USER, UNUSED, BYTE };
enum { MOST = 1 << 24 };

#define NFC "{\"type\":\"NFC\"}"
#define BYTES(regex)                                          \
	"{\"type\":\"ByteLevel\",\"add_prefix_space\":false," \
	"\"trim_offsets\":true,\"use_regex\":" regex "}"
#define SEQUENCE(parts) "{\"type\":\"Sequence\",\"pretokenizers\":[" parts "]}"
#define SPLIT(pattern)                                                 \
	"{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" pattern "\"}," \
	"\"behavior\":\"Isolated\",\"invert\":false}"
#define GPT2 BYTES("true")
#define DIGITS "{\"type\":\"Digits\",\"individual_digits\":true}"
#define ONE(pattern) SEQUENCE(SPLIT(pattern) "," BYTES("false"))

#define SHORT "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define SPACES "|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"
#define SIGNS "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*"
#define WORDS SHORT "|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|"
#define UPPER "[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]"
#define LOWER "[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]"
#define CASED(more)                                               \
	"[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?" UPPER "*" LOWER "+" more \
	"|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?" UPPER "+" LOWER "*" more
#define PATHS "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n/]*"
#define LLAMA3 ONE(WORDS "\\\\p{N}{1,3}" SIGNS SPACES)
#define QWEN2 ONE(WORDS "\\\\p{N}" SIGNS SPACES)
#define QWEN35                                                            \
	ONE(SHORT                                                         \
	    "|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{L}\\\\p{M}]+|\\\\p{N}" \
	    "| ?[^\\\\s\\\\p{L}\\\\p{M}\\\\p{N}]+[\\\\r\\\\n]*" SPACES)
#define GPT4O ONE(CASED(SHORT "?") "|\\\\p{N}{1,3}" PATHS SPACES)
#define TEKKEN ONE(CASED("") "|\\\\p{N}" PATHS SPACES)
#define DEEPSEEK_CODER                                                     \
	SEQUENCE(SPLIT("[\\r\\n]") "," SPLIT("\\\\s?\\\\p{L}+") "," SPLIT( \
	    "\\\\s?\\\\p{P}+") "," SPLIT("[\xe4\xb8\x80-"                  \
					 "\xe9\xbe\xa5\xe0\xa0\x80-"       \
					 "\xe4\xb8\x80\xea\xb0\x80-"       \
					 "\xed\x9f\xbf]+") "," DIGITS      \
							   "," BYTES("false"))
#define DEEPSEEK_V3                                                            \
	SEQUENCE(SPLIT("\\\\p{N}{1,3}") "," SPLIT(                             \
	    "[\xe4\xb8\x80-\xe9\xbe\xa5\xe3\x81\x80-\xe3\x82\x9f"              \
	    "\xe3\x82\xa0-\xe3\x83\xbf]+") "," SPLIT("[!\\\"#$%&'()*+,"        \
						     "\\\\-./"                 \
						     ":;<=>?@\\\\["            \
						     "\\\\\\\\\\\\]^_`{|}"     \
						     "~]"                      \
						     "[A-Za-z]+"               \
						     "|[^\\\\r\\\\n\\\\p{"     \
						     "L}\\\\p{P}\\\\p{S}]"     \
						     "?[\\\\p{L}\\\\p{M}]"     \
						     "+"                       \
						     "| "                      \
						     "?[\\\\p{P}\\\\p{S}]"     \
						     "+[\\\\r\\\\n]"           \
						     "*" SPACES) "," BYTES("f" \
									   "a" \
									   "l" \
									   "s" \
									   "e"))

#define MARK "\xe2\x96\x81"
#define TO_MARK                                                 \
	"{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"}," \
	"\"content\":\"" MARK "\"}"
#define WITH_PREFIX                                                      \
	"{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\"," \
	"\"prepend\":\"" MARK "\"}," TO_MARK "]}"
#define FROM_MARK                                                      \
	"{\"type\":\"Replace\",\"pattern\":{\"String\":\"" MARK "\"}," \
	"\"content\":\" \"},{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}"
#define SHOW(more) "{\"type\":\"Sequence\",\"decoders\":[" FROM_MARK more "]}"
#define STRIP ",{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}"

/* tokenizer.ggml.pre, and what the tokenizer.json of such models says.
 * whole: ignore_merges. bos: add_bos_token where the file says nothing. */
static const struct preset {
	const char *pre;
	const char *normalizer, *pre_tokenizer;
	bool whole, bos;
} presets[] = {
	{ "gpt-2", NULL, GPT2, false, false },
	{ "phi-2", NULL, GPT2, false, false },
	{ "mpt", NFC, GPT2, false, false },
	{ "olmo", NFC, GPT2, false, false },
	{ "smollm", NULL, SEQUENCE(DIGITS "," GPT2), false, false },
	{ "starcoder", NULL, SEQUENCE(DIGITS "," GPT2), false, false },
	{ "refact", NULL, SEQUENCE(DIGITS "," GPT2), false, false },
	{ "command-r", NFC, SEQUENCE(DIGITS "," GPT2), false, false },
	{ "llama-bpe", NULL, LLAMA3, true, true },
	{ "llama3", NULL, LLAMA3, true, true },
	{ "llama-v3", NULL, LLAMA3, true, true },
	{ "lfm2", NULL, LLAMA3, true, true },
	{ "smaug-bpe", NULL, LLAMA3, false, false },
	{ "dbrx", NULL, LLAMA3, false, false },
	{ "qwen2", NFC, QWEN2, false, false },
	{ "deepseek-r1-qwen", NFC, QWEN2, false, false },
	{ "qwen35", NFC, QWEN35, false, false },
	{ "gpt-4o", NULL, GPT4O, false, false },
	{ "llama4", NULL, GPT4O, false, false },
	{ "tekken", NULL, TEKKEN, true, true },
	{ "deepseek-coder", NULL, DEEPSEEK_CODER, false, false },
	{ "deepseek-v3", NULL, DEEPSEEK_V3, false, false },
};

struct in {
	const struct gguf *g;
	struct tok *t;
	struct str *name;
	int64_t *type;
	float *score;
	struct str *merge;
	size_t n, merges;
	struct err *e;
};

static const struct preset *
preset_of(const struct gguf *g, struct err *e)
{
	struct str pre = gguf_str(g, "tokenizer.ggml.pre");

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
		if (pre.s && str_eq(pre, presets[i].pre))
			return &presets[i];
	if (pre.s)
		err_set(e, "pre-tokenizer '%.*s' is not supported",
		    (int)(pre.n < 60 ? pre.n : 60), pre.s);
	else
		err_set(e, "tokenizer.ggml.pre is missing");
	return NULL;
}

/* Names, kinds and added tokens. chars: of a SentencePiece model. */
static bool
put_tokens(struct in *in, bool chars)
{
	struct tok *t = in->t;
	size_t at;

	t->added = need_zero(in->n, sizeof *t->added);
	for (size_t i = 0; i < in->n; i++) {
		int64_t type = in->type ? in->type[i] : NORMAL;
		bool special = type == CONTROL || type == UNKNOWN;
		uint8_t *kind = &t->kind[i];

		if (type < NORMAL || type > BYTE)
			return err_set(in->e,
			    "token %zu has the unknown type %lld", i,
			    (long long)type);
		if (!utf8_valid(in->name[i], &at))
			return err_set(in->e, "token %zu is not UTF-8", i);
		if (!tok_put(t, (int32_t)i, in->name[i], in->e))
			return false;
		if (type == NORMAL)
			*kind |= KIND_NORMAL;
		if (chars && type == BYTE) {
			if (tok_byte(in->name[i]) < 0)
				return err_set(in->e,
				    "token %zu, '%.60s', is no byte", i,
				    t->name[i].s);
			*kind |= KIND_BYTE;
		}
		if ((special || type == USER) && in->name[i].n) {
			*kind |= KIND_ADDED | (special ? KIND_SPECIAL : 0);
			t->added[t->addeds++] = (struct added){
				.id = (int32_t)i,
				.content = t->name[i],
				.special = special,
			};
		}
	}
	return true;
}

/* The id under a key; -1 if absent; false if it is none. */
static bool
id_of(struct in *in, const char *key, int32_t *to)
{
	int64_t id;

	*to = -1;
	if (!gguf_has(in->g, key))
		return true;
	if (!gguf_int(in->g, key, &id) || id < 0 || id >= in->t->size)
		return err_set(in->e, "%s is no token", key);
	*to = (int32_t)id;
	return true;
}

static int32_t *
keep_id(struct tok *t, int32_t id)
{
	return memcpy(arena_take(&t->mem, sizeof id), &id, sizeof id);
}

static bool
put_around(struct in *in, bool bos)
{
	static const char *const stops[] = { "tokenizer.ggml.eos_token_id",
		"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id" };
	struct tok *t = in->t;
	bool eos = false;
	int32_t id;

	if (!id_of(in, "tokenizer.ggml.bos_token_id", &t->bos) ||
	    !id_of(in, "tokenizer.ggml.eos_token_id", &t->eos) ||
	    !id_of(in, "tokenizer.ggml.padding_token_id", &t->pad) ||
	    !id_of(in, "tokenizer.ggml.unknown_token_id", &t->unk))
		return false;
	for (int i = 0; i < 3; i++) {
		if (!id_of(in, stops[i], &id))
			return false;
		if (id >= 0)
			t->kind[id] |= KIND_STOPS;
	}
	gguf_bool(in->g, "tokenizer.ggml.add_bos_token", &bos);
	gguf_bool(in->g, "tokenizer.ggml.add_eos_token", &eos);
	if (bos && t->bos >= 0) {
		t->before = keep_id(t, t->bos);
		t->befores = 1;
	}
	if (eos && t->eos >= 0) {
		t->after = keep_id(t, t->eos);
		t->afters = 1;
	}
	return true;
}

/* What stands for a character without a token: as named, else the first of
 * that type. */
static int32_t
unknown(struct in *in)
{
	for (size_t i = 0; in->type && in->t->unk < 0 && i < in->n; i++)
		if (in->type[i] == UNKNOWN)
			in->t->unk = (int32_t)i;
	return in->t->unk;
}

/* "left right"; either may hold spaces in no vocabulary that is spelt in
 * bytes or marks. */
static bool
put_merges(struct in *in)
{
	for (size_t i = 0; i < in->merges; i++) {
		struct str s = in->merge[i], left, right;
		const char *gap = s.n ? memchr(s.s + 1, ' ', s.n - 1) : NULL;

		if (!gap)
			return err_set(
			    in->e, "merge %zu does not have two parts", i);
		left = (struct str){ s.s, (size_t)(gap - s.s) };
		right = (struct str){ gap + 1, s.n - left.n - 1 };
		if (!tok_merge(in->t, left, right, i, (uint32_t)i, in->e))
			return false;
	}
	return true;
}

static int
falling(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x > y ? -1 : x < y;
}

/* How many different scores are higher. */
static uint32_t
rank(const float *score, size_t n, float x)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (score[mid] > x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (uint32_t)lo;
}

/* The ways to make token id of two others. Counted, or put. */
static size_t
ways(struct in *in, int32_t id, bool put, uint32_t level)
{
	struct tok *t = in->t;
	struct str s = t->name[id];
	size_t n = 0;
	unsigned len;

	if (!(t->kind[id] & KIND_NORMAL) || !s.n)
		return 0;
	utf8_get(s.s, &len);
	for (size_t i = len; i < s.n; i += len) {
		int32_t a = tok_find(t, (struct str){ s.s, i });
		int32_t b = tok_find(t, (struct str){ s.s + i, s.n - i });

		utf8_get(s.s + i, &len);
		if (a < 0 || b < 0 || !(t->kind[a] & KIND_NORMAL) ||
		    !(t->kind[b] & KIND_NORMAL))
			continue;
		if (put)
			bpe_put(&t->bpe, a, b, level, id);
		n++;
	}
	return n;
}

static void
put_scores(struct in *in, const float *sorted)
{
	for (int32_t id = 0; id < in->t->size; id++)
		ways(in, id, true, rank(sorted, in->n, in->score[id]));
}

/* A token of a thousand characters has a thousand ways, and each is looked
 * up by its length: more than that is not a vocabulary. */
static bool
sane_lengths(struct in *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->name[i].n > 4096)
			return err_set(in->e, "token %zu is too long", i);
	return true;
}

static bool
read_scores(struct in *in)
{
	struct tok *t = in->t;
	size_t merges = 0, n = 0;
	float *sorted;
	bool prefix = true, extra = false;

	gguf_bool(in->g, "tokenizer.ggml.add_space_prefix", &prefix);
	gguf_bool(in->g, "tokenizer.ggml.remove_extra_whitespaces", &extra);
	if (extra)
		return err_set(
		    in->e, "remove_extra_whitespaces is not supported");
	in->score = gguf_floats(in->g, "tokenizer.ggml.scores", &n);
	if (!in->score || n != in->n)
		return err_set(in->e,
		    "tokenizer.ggml.scores has %zu items for %zu tokens", n,
		    in->n);
	for (size_t i = 0; i < n; i++)
		if (in->score[i] != in->score[i])
			return err_set(
			    in->e, "the score of token %zu is NaN", i);
	t->parts = (struct tok_parts){ prefix ? WITH_PREFIX : TO_MARK, NULL,
		prefix ? SHOW(STRIP) : SHOW("") };
	if (!tok_parts(t, &t->parts, &(bool){ false }, in->e) ||
	    !sane_lengths(in) || !put_tokens(in, true))
		return false;
	for (int32_t id = 0; id < t->size; id++)
		merges += ways(in, id, false, 0);
	bpe_start(&t->bpe, false, merges);
	t->bpe.fallback = t->bpe.fuse = true;
	if (!put_around(in, true))
		return false;
	t->bpe.unk = unknown(in);
	if (!tok_ready(t, in->e))
		return false;
	sorted = need_alloc(n * sizeof *sorted);
	memcpy(sorted, in->score, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, falling);
	put_scores(in, sorted);
	free(sorted);
	return true;
}

static bool
read_merges(struct in *in, bool gemma)
{
	static const struct preset gemma4 = { "gemma4", TO_MARK,
		SPLIT("[^\\\\n]+|[\\\\n]+"), false, true };
	const struct preset *p = gemma ? &gemma4 : preset_of(in->g, in->e);
	struct tok *t = in->t;
	bool bytes;

	if (!p)
		return false;
	in->merge = gguf_strs(in->g, "tokenizer.ggml.merges", &in->merges);
	if (!in->merge)
		return err_set(in->e, "tokenizer.ggml.merges is missing");
	t->parts = (struct tok_parts){ p->normalizer, p->pre_tokenizer,
		gemma ? SHOW("") : BYTES("true") };
	t->ignore_merges = p->whole;
	if (!tok_parts(t, &t->parts, &bytes, in->e) || !put_tokens(in, gemma))
		return false;
	bpe_start(&t->bpe, bytes, in->merges);
	t->bpe.fallback = t->bpe.fuse = gemma;
	if (!put_around(in, p->bos))
		return false;
	if (gemma)
		t->bpe.unk = unknown(in);
	return tok_ready(t, in->e) && put_merges(in);
}

static bool
read_all(struct in *in)
{
	struct str model = gguf_str(in->g, "tokenizer.ggml.model");
	size_t types = 0;

	if (!model.s)
		return err_set(in->e, "holds no tokenizer");
	in->name = gguf_strs(in->g, "tokenizer.ggml.tokens", &in->n);
	if (!in->name || !in->n || in->n > MOST)
		return err_set(
		    in->e, "tokenizer.ggml.tokens is missing or too long");
	in->type = gguf_ints(in->g, "tokenizer.ggml.token_type", &types);
	if (in->type && types != in->n)
		return err_set(in->e,
		    "tokenizer.ggml.token_type has %zu items for %zu tokens",
		    types, in->n);
	in->t = tok_new((int32_t)in->n);
	if (str_eq(model, "llama"))
		return read_scores(in);
	if (str_eq(model, "gpt2") || str_eq(model, "gemma4"))
		return read_merges(in, str_eq(model, "gemma4"));
	return err_set(in->e,
	    "tokenizer model '%.*s' is not supported (gpt2, llama and gemma4 "
	    "are)",
	    (int)(model.n < 60 ? model.n : 60), model.s);
}

struct tok *
tok_gguf(const struct gguf *g, const char *name, struct err *e)
{
	struct in in = { .g = g, .e = e };

	if (read_all(&in)) {
		tok_finish(in.t);
	} else {
		struct err was = *e;

		err_set(e, "%.200s: %.260s", name, was.why);
		tok_close(in.t);
		in.t = NULL;
	}
	free(in.name);
	free(in.type);
	free(in.score);
	free(in.merge);
	return in.t;
}
