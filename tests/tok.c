/* Tokenisers: files that contradict themselves, long words, ranges of
 * content, GGUF against the tokenizer.json made from it. That the ids are
 * right is for tokens.sh. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcore/gguf.h"
#include "libcore/tok.h"
#include "libcore/uni.h"

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

#define PRE                                          \
	"\"pre_tokenizer\":{\"type\":\"ByteLevel\"," \
	"\"add_prefix_space\":false}"
#define DEC "\"decoder\":{\"type\":\"ByteLevel\"}"
#define ADDED \
	"\"added_tokens\":[{\"id\":4,\"content\":\"<e>\",\"special\":true}]"
#define VOCAB "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"abab\":3}"
#define MERGES "\"merges\":[\"a b\",[\"ab\",\"ab\"]]"
#define MODEL(vocab, merges) "\"model\":{\"type\":\"BPE\"," vocab "," merges "}"
#define ALL(added, pre, dec, model) "{" added "," pre "," dec "," model "}"
#define GOOD ALL(ADDED, PRE, DEC, MODEL(VOCAB, MERGES))

static struct tok *
parse(const char *json, struct err *e)
{
	return tok_parse(str_of(json), "t.json", e);
}

static void
refusals(void)
{
	static const struct {
		const char *json, *why;
	} cases[] = {
		{ "", "t.json: at byte 0:" },
		{ "[]", "model: there is none" },
		{ "{}", "model: there is none" },
		{ "{\"model\":{\"type\":\"Unigram\"}}",
		    "model 'Unigram' is not supported" },
		{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}",
		    "model 'WordPiece' is not supported" },
		{ "{\"model\":{\"vocab\":[]}}", "'vocab' is not an object" },
		{ "{\"model\":{\"vocab\":{\"a\":0}}}",
		    "'merges' is not an array" },
		{ ALL(ADDED, PRE, DEC, MODEL("\"vocab\":{}", MERGES)),
		    "added_tokens: id 4 is not one of 0 to 0" },
		{ ALL("\"added_tokens\":null", PRE, DEC,
		      MODEL("\"vocab\":{}", MERGES)),
		    "vocab: is empty" },
		{ ALL("\"added_tokens\":7", PRE, DEC, MODEL(VOCAB, MERGES)),
		    "'added_tokens' is not an array" },
		{ ALL("\"added_tokens\":[7]", PRE, DEC, MODEL(VOCAB, MERGES)),
		    "added_tokens: an id is no token number" },
		{ ALL("\"added_tokens\":[{\"id\":1,\"content\":\"<e>\"}]", PRE,
		      DEC, MODEL(VOCAB, MERGES)),
		    "id 1 stands for both 'b' and '<e>'" },
		{ ALL("\"added_tokens\":[{\"id\":4,\"content\":\"a\"}]", PRE,
		      DEC, MODEL(VOCAB, MERGES)),
		    "token 'a' has both id 0 and 4" },
		{ ALL("\"added_tokens\":[{\"id\":4,\"content\":\"x\","
		      "\"special\":1}]",
		      PRE, DEC, MODEL(VOCAB, MERGES)),
		    "'special' is not true or false" },
		{ ALL(ADDED, PRE, DEC, MODEL(VOCAB, "\"merges\":[\"a\"]")),
		    "merge 0 does not have two parts" },
		{ ALL(ADDED, PRE, DEC, MODEL(VOCAB, "\"merges\":[\"a b a\"]")),
		    "merge 0 does not have two parts" },
		{ ALL(ADDED, PRE, DEC, MODEL(VOCAB, "\"merges\":[[\"a\",1]]")),
		    "merge 0 is not of two strings" },
		{ ALL(ADDED, PRE, DEC, MODEL(VOCAB, "\"merges\":[7]")),
		    "merge 0 does not have two parts" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL(VOCAB, "\"merges\":[\"a b\",\"a c\"]")),
		    "merge 1: 'c' is not in the vocabulary" },
		{ ALL(ADDED, PRE, DEC, MODEL(VOCAB, "\"merges\":[\"b a\"]")),
		    "merge 0: 'ba' is not in the vocabulary" },
		{ ALL("\"added_tokens\":[]", PRE, DEC,
		      MODEL("\"vocab\":{\"\xe6\xb1\x89\":0,\"a\":1,"
			    "\"\xe6\xb1\x89"
			    "a\":2}",
			  "\"merges\":[\"\xe6\xb1\x89 a\"]")),
		    "is not spelt in bytes" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"b\":0,\"c\":1,\"d\":2}",
			  MERGES)),
		    "id 0 stands for both 'a' and 'b'" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"a\":1}", MERGES)),
		    "not one of 0 to 2" },
		{ ALL("\"added_tokens\":[]", PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"a\":1}", MERGES)),
		    "token 'a' has both id 0 and 1" },
		{ ALL("\"added_tokens\":[]", PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"b\":2}", MERGES)),
		    "the id of \"b\" is not one of 0 to 1" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"b\":1,\"ab\":2}", MERGES)),
		    "added_tokens: id 4 is not one of 0 to 3" },
		{ ALL("\"added_tokens\":[{\"id\":2,\"content\":\"\"},"
		      "{\"id\":3,\"content\":\"\"}]",
		      PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"b\":3}", "\"merges\":[]")),
		    "no token has id 1, though ids go up to 3" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"b\":-1}", MERGES)),
		    "the id of \"b\" is not" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"b\":1.5}", MERGES)),
		    "the id of \"b\" is not" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"b\":99999999999999999999}",
			  MERGES)),
		    "the id of \"b\" is not" },
		{ ALL(ADDED, PRE, DEC,
		      MODEL("\"vocab\":{\"a\":0,\"\\ud800\":1,\"c\":2,\"d\":3}",
			  MERGES)),
		    "a token is not Unicode" },
		{ ALL(ADDED, PRE, DEC,
		      "\"model\":{\"dropout\":0.1," VOCAB "," MERGES "}"),
		    "dropout is not supported" },
		{ ALL(ADDED, PRE, DEC,
		      "\"model\":{\"end_of_word_suffix\":\"</w>\"," VOCAB
		      "," MERGES "}"),
		    "end_of_word_suffix is not supported" },
		{ ALL(ADDED, PRE, DEC,
		      "\"model\":{\"unk_token\":\"<unk>\"," VOCAB "," MERGES
		      "}"),
		    "unk_token is not in the vocabulary" },
		{ ALL(ADDED, PRE, DEC,
		      "\"model\":{\"byte_fallback\":true," VOCAB "," MERGES
		      "}"),
		    "byte_fallback and a byte-level pre_tokenizer" },
		{ ALL(ADDED, "\"normalizer\":{\"type\":\"Nmt\"}", DEC,
		      MODEL(VOCAB, MERGES)),
		    "normalizer 'Nmt' is not supported" },
		{ ALL(ADDED, "\"normalizer\":[]", DEC, MODEL(VOCAB, MERGES)),
		    "'normalizer' is not an object" },
		{ ALL(ADDED,
		      "\"normalizer\":{\"type\":\"Replace\",\"pattern\":"
		      "{\"String\":\"\"},\"content\":\"x\"}",
		      DEC, MODEL(VOCAB, MERGES)),
		    "its pattern is empty" },
		{ ALL(ADDED, "\"pre_tokenizer\":{\"type\":\"BertPreTok\"}", DEC,
		      MODEL(VOCAB, MERGES)),
		    "pre_tokenizer 'BertPreTok' is not supported" },
		{ ALL(ADDED,
		      "\"pre_tokenizer\":{\"type\":\"Sequence\","
		      "\"pretokenizers\":[{\"type\":\"ByteLevel\"},"
		      "{\"type\":\"Digits\"}]}",
		      DEC, MODEL(VOCAB, MERGES)),
		    "'ByteLevel': must come last" },
		{ ALL(ADDED,
		      "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":"
		      "{\"Regex\":\"[a-z&&[^b]]\"},\"behavior\":"
		      "\"Isolated\"}",
		      DEC, MODEL(VOCAB, MERGES)),
		    "&& within a class is not supported" },
		{ ALL(ADDED,
		      "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":"
		      "{\"Regex\":\"a(b\"},\"behavior\":\"Isolated\"}",
		      DEC, MODEL(VOCAB, MERGES)),
		    "pattern 'a(b': missing closing parenthesis" },
		{ ALL(ADDED, PRE, "\"decoder\":null", MODEL(VOCAB, MERGES)),
		    "decoder: there is none" },
		{ ALL(ADDED, PRE, "\"decoder\":{\"type\":\"Fuse\"}",
		      MODEL(VOCAB, MERGES)),
		    "must both be byte-level or neither" },
		{ ALL(ADDED, PRE, "\"decoder\":{\"type\":\"CTC\"}",
		      MODEL(VOCAB, MERGES)),
		    "decoder 'CTC' is not supported" },
		{ ALL(ADDED "," PRE,
		      "\"post_processor\":{\"type\":\"TemplateProcessing\","
		      "\"single\":[{\"SpecialToken\":{\"id\":\"<x>\"}}],"
		      "\"special_tokens\":{}}",
		      DEC, MODEL(VOCAB, MERGES)),
		    "'<x>' has no ids" },
		{ ALL(ADDED "," PRE,
		      "\"post_processor\":{\"type\":\"TemplateProcessing\","
		      "\"single\":[{\"SpecialToken\":{\"id\":\"<e>\"}}],"
		      "\"special_tokens\":{\"<e>\":{\"ids\":[9]}}}",
		      DEC, MODEL(VOCAB, MERGES)),
		    "an id is no token" },
	};
	struct err e;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tok *t =
		    (e = (struct err){ "accepted" }, parse(cases[i].json, &e));

		if (t || !strstr(e.why, cases[i].why)) {
			printf("FAIL %s\n  wanted %s\n  got %s\n",
			    cases[i].json, cases[i].why, e.why);
			bad = 1;
		}
		tok_close(t);
	}
}

static bool
same_ids(const struct ids *a, const int32_t *id, size_t n)
{
	return a->n == n && !memcmp(a->id, id, n * sizeof *id);
}

#define IDS(...)                          \
	(const int32_t[]){ __VA_ARGS__ }, \
	    sizeof((const int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t)

static void
content(void)
{
	struct err e;
	struct tok *t = parse(GOOD, &e);
	struct tok_range r[] = { { 3, 8 } };
	struct ids ids = { 0 };
	struct buf b = { 0 };

	if (!t) {
		expect(false, e.why);
		return;
	}
	expect(tok_size(t) == 5 && tok_special(t, 4) && !tok_special(t, 0) &&
		   !tok_special(t, 5) && tok_find(t, STR("<e>")) == 4 &&
		   tok_find(t, STR("x")) == -1 && tok_bos(t) == -1,
	    "what it says of itself");
	expect(tok_encode(t, NULL, STR("ab<e>ababa"), 0, &ids, &e) &&
		   same_ids(&ids, IDS(2, 4, 3, 0)) && ids.parsed == 1 &&
		   ids.end[0] == 2 && ids.end[1] == 5 && ids.end[3] == 10,
	    "parsed");
	expect(tok_decode(t, ids.id, ids.n, 0, &b, &e) &&
		   !strcmp(b.s, "ab<e>ababa"),
	    "decoded");
	buf_reset(&b);
	expect(tok_decode(t, ids.id, ids.n, TOK_SKIP_SPECIAL, &b, &e) &&
		   !strcmp(b.s, "abababa"),
	    "decoded without special tokens");
	expect(!tok_decode(t, IDS(0, 5), 0, &b, &e) &&
		   !strcmp(b.s, "abababa") && strstr(e.why, "no token 5"),
	    "an id beyond the vocabulary");
	ids_reset(&ids);
	/* < and e and > have no token here: dropped, and counted */
	expect(tok_encode(t, NULL, STR("a<e>b"), TOK_LITERAL, &ids, &e) &&
		   same_ids(&ids, IDS(0, 1)) && !ids.parsed && ids.lost == 3,
	    "literal");
	ids_reset(&ids);
	expect(tok_encode_mixed(t, NULL, STR("<e>ab<e>ab<e>"), r, 1,
		   TOK_LITERAL, &ids, &e) &&
		   same_ids(&ids, IDS(4, 2, 2, 4)) && !ids.parsed,
	    "literal inside a range only");
	ids_reset(&ids);
	expect(tok_encode_mixed(
		   t, NULL, STR("<e>ab<e>ab<e>"), r, 1, 0, &ids, &e) &&
		   same_ids(&ids, IDS(4, 2, 4, 2, 4)) && ids.parsed == 1,
	    "counted inside a range only");
	expect(!tok_encode(t, NULL, STR("<e>a\xff"), 0, &ids, &e) &&
		   ids.n == 5 && ids.parsed == 1 &&
		   strstr(e.why, "not UTF-8 at byte 4"),
	    "text that is not UTF-8");
	ids_done(&ids);
	buf_done(&b);
	tok_close(t);
}

/* A word of a million letters is merged in n log n; the same with and without
 * a cache, and in a piece or in many. */
static void
long_word(void)
{
	enum { N = 1 << 20 };
	struct err e;
	struct tok *t = parse(GOOD, &e);
	struct tok_cache *c = tok_cache_new(t);
	struct ids one = { 0 };
	char *s = need_alloc(N);

	for (size_t i = 0; i < N; i++)
		s[i] = i % 2 ? 'b' : 'a';
	for (int k = 0; k < 2; k++) {
		bool ok = tok_encode(
		    t, k ? c : NULL, (struct str){ s, N }, 0, &one, &e);

		expect(ok && one.n == N / 4 && one.id[0] == 3 &&
			   one.end[one.n - 1] == N && one.id[one.n - 1] == 3,
		    "a long word");
		ids_reset(&one);
	}
	for (size_t n = 0; n < 200; n++) {
		expect(tok_encode(t, c, (struct str){ s, n }, 0, &one, &e) &&
			   one.n == n / 4 + (n % 4 + 1) / 2,
		    "words from short to long");
		ids_reset(&one);
	}
	free(s);
	ids_done(&one);
	tok_cache_free(c);
	tok_close(t);
}

static struct buf file;

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
strings(const char *key, const char *const *s, uint64_t n)
{
	text(key);
	u32(9); /* array of strings */
	u32(8);
	u64(n);
	for (uint64_t i = 0; i < n; i++)
		text(s[i]);
}

static void
numbers(const char *key, uint32_t type, const void *x, uint64_t n)
{
	text(key);
	u32(9);
	u32(type);
	u64(n);
	buf_put(&file, x, 4 * n);
}

static void
string(const char *key, const char *s)
{
	text(key);
	u32(8);
	text(s);
}

static void
number(const char *key, uint32_t x)
{
	text(key);
	u32(4);
	u32(x);
}

static void
header(uint64_t values)
{
	buf_reset(&file);
	buf_puts(&file, "GGUF");
	u32(3);
	u64(0);
	u64(values);
}

static struct tok *
from_gguf(struct err *e)
{
	struct gguf *g = gguf_parse(file.s, file.n, "t.gguf", e);
	struct tok *t = g ? tok_gguf(g, "t.gguf", e) : NULL;

	gguf_close(g);
	return t;
}

static const char *const names[] = { "<s>", "<unk>", "a", "b", "ab",
	"\xe2\x96\x81",
	("\xe2\x96\x81"
	 "a"),
	"<0xE2>", "<0x82>", "<0xAC>" };
static const int32_t types[] = { 3, 2, 1, 1, 1, 1, 1, 6, 6, 6 };
static const float scores[] = { 0, 0, -3, -4, -1, -5, -2, 0, 0, 0 };
enum { NAMES = 10 };

static void
llama(uint64_t n_scores, uint32_t bos, uint64_t n_types)
{
	header(5);
	string("tokenizer.ggml.model", "llama");
	strings("tokenizer.ggml.tokens", names, NAMES);
	numbers("tokenizer.ggml.scores", 6, scores, n_scores);
	numbers("tokenizer.ggml.token_type", 5, types, n_types);
	number("tokenizer.ggml.bos_token_id", bos);
}

static void
gpt2(const char *pre, const char *merge)
{
	static const char *const spelt[] = { "a", "b", "ab", "<e>",
		"\xc4\xa0" };
	static const int32_t type[] = { 1, 1, 1, 3, 1 };

	header(5);
	string("tokenizer.ggml.model", "gpt2");
	string("tokenizer.ggml.pre", pre);
	strings("tokenizer.ggml.tokens", spelt, 5);
	strings("tokenizer.ggml.merges", &merge, 1);
	numbers("tokenizer.ggml.token_type", 5, type, 5);
}

static void
refused(const char *why)
{
	struct err e = { "accepted" };
	struct tok *t = from_gguf(&e);

	if (t || !strstr(e.why, why)) {
		printf("FAIL wanted '%s': %s\n", why, e.why);
		bad = 1;
	}
	tok_close(t);
}

/* t again, from what tok_save writes. */
static struct tok *
saved(const struct tok *t, struct err *e)
{
	char dir[] = "tok-XXXXXX", path[64];
	struct tok *again = NULL;

	if (mkdtemp(dir) && tok_save(t, dir, STR("{{ x }}\n"), e))
		again = tok_open(dir, e);
	snprintf(path, sizeof path, "%s/tokenizer.json", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/tokenizer_config.json", dir);
	unlink(path);
	rmdir(dir);
	return again;
}

/* Both give ids for s, and decode to it. */
static void
gives(const struct tok *t, const struct tok *u, struct str s, unsigned flags,
    const int32_t *id, size_t n)
{
	struct ids ids = { 0 };
	struct buf b = { 0 };
	struct err e;

	for (int k = 0; k < 2; k++) {
		ids_reset(&ids);
		buf_reset(&b);
		expect(tok_encode(k ? u : t, NULL, s, flags, &ids, &e) &&
			   same_ids(&ids, id, n) &&
			   tok_decode(k ? u : t, ids.id, ids.n, 0, &b, &e) &&
			   (flags & TOK_ADD ||
			       str_same((struct str){ b.s, b.n }, s)),
		    s.s);
	}
	ids_done(&ids);
	buf_done(&b);
}

static void
from_metadata(void)
{
	struct err e = { "" };
	struct tok *t, *u;

	gpt2("smollm", "a b");
	t = from_gguf(&e);
	u = t ? saved(t, &e) : NULL;
	if (u) {
		struct hash128 h = tok_hash(t), i = tok_hash(u);

		expect(h.hi == i.hi && h.lo == i.lo, "hash of a saved copy");
		gives(t, u, STR("ab a<e>"), 0, IDS(2, 4, 0, 3));
	}
	expect(u, e.why);
	tok_close(t);
	tok_close(u);
	llama(NAMES, 0, NAMES);
	t = from_gguf(&e);
	u = t ? saved(t, &e) : NULL;
	if (u) {
		/* ab has the higher score; the euro sign falls to bytes */
		gives(t, u, STR("ab"), 0, IDS(5, 4));
		gives(t, u, STR("aba a"), 0, IDS(5, 4, 2, 6));
		gives(t, u, STR("\xe2\x82\xac"), TOK_ADD, IDS(0, 5, 7, 8, 9));
		gives(t, u, STR("xx"), TOK_ADD, IDS(0, 5, 1));
		expect(tok_bos(u) == 0 && tok_bos(t) == 0, "bos");
	}
	expect(u, e.why);
	tok_close(t);
	tok_close(u);
}

static void
lying_gguf(void)
{
	static const char *const broken[] = { "a", "\xff" };
	static const char *const twice[] = { "a", "a" };

	gpt2("no-such", "a b");
	refused("pre-tokenizer 'no-such' is not supported");
	gpt2("gpt-2", "ab");
	refused("merge 0 does not have two parts");
	gpt2("gpt-2", "a c");
	refused("merge 0: 'c' is not in the vocabulary");
	llama(NAMES - 1, 0, NAMES);
	refused("scores has 9 items for 10 tokens");
	llama(NAMES, 10, NAMES);
	refused("tokenizer.ggml.bos_token_id is no token");
	llama(NAMES, 0, 3);
	refused("token_type has 3 items for 10 tokens");
	header(1);
	string("tokenizer.ggml.model", "bert");
	refused("tokenizer.ggml.tokens is missing");
	header(0);
	refused("t.gguf: holds no tokenizer");
	header(2);
	string("tokenizer.ggml.model", "bert");
	strings("tokenizer.ggml.tokens", names, NAMES);
	refused("tokenizer model 'bert' is not supported");
	for (int k = 0; k < 2; k++) {
		header(3);
		string("tokenizer.ggml.model", "llama");
		strings("tokenizer.ggml.tokens", k ? twice : broken, 2);
		numbers("tokenizer.ggml.scores", 6, scores, 2);
		refused(k ? "token 'a' has both id 0 and 1"
			  : "token 1 is not UTF-8");
	}
}

static void
missing_file(void)
{
	struct err e;

	expect(!tok_open("no/such/file", &e) &&
		   !strcmp(e.why,
		       "cannot open 'no/such/file': No such file or directory"),
	    "no such file");
}

static void
composed(void)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "", "" },
		{ "e\xcc\x81", "\xc3\xa9" },
		{ "e\xcc\x81\xcc\xa3", "\xe1\xba\xb9\xcc\x81" },
		{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c" },
		{ "\xe2\x84\xab", "\xc3\x85" },                 /* Angstrom */
		{ "\xe0\xa5\x98", "\xe0\xa4\x95\xe0\xa4\xbc" }, /* excluded */
		{ "\xcc\x81", "\xcc\x81" },
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		nfc_put(&b, str_of(cases[i].from), NULL);
		expect(str_same((struct str){ b.s, b.n }, str_of(cases[i].to)),
		    cases[i].from);
	}
	buf_done(&b);
}

int
main(void)
{
	refusals();
	content();
	long_word();
	from_metadata();
	lying_gguf();
	missing_file();
	composed();
	buf_done(&file);
	return bad;
}
