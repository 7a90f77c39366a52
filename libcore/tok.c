/* Tokenisers: the parts readers fill in, and what can be asked of them. */
#include "libcore/tok.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/toki.h"
#include "libcore/uni.h"

void
ids_put(struct ids *o, int32_t id, uint32_t end)
{
	if (o->n == o->room) {
		o->room = o->room ? o->room + o->room / 2 : 64;
		o->id = need_grow(o->id, o->room, sizeof *o->id);
		o->end = need_grow(o->end, o->room, sizeof *o->end);
	}
	o->id[o->n] = id;
	o->end[o->n++] = end;
}

void
ids_reset(struct ids *o)
{
	o->n = o->parsed = o->lost = 0;
}

void
ids_done(struct ids *o)
{
	free(o->id);
	free(o->end);
	*o = (struct ids){ 0 };
}

void
strtab_start(struct strtab *t, size_t n)
{
	t->mask = 15;
	while (t->mask < 2 * n)
		t->mask = 2 * t->mask + 1;
	t->slot = need_alloc((t->mask + 1) * sizeof *t->slot);
	memset(t->slot, 0xff, (t->mask + 1) * sizeof *t->slot);
}

int32_t
strtab_get(const struct strtab *t, const struct str *key, struct str k)
{
	size_t i = hash64(k.s, k.n) & t->mask;

	for (; t->slot[i] >= 0; i = (i + 1) & t->mask)
		if (str_same(key[t->slot[i]], k))
			return t->slot[i];
	return -1;
}

int32_t
strtab_put(struct strtab *t, const struct str *key, int32_t id)
{
	size_t i = hash64(key[id].s, key[id].n) & t->mask;

	for (; t->slot[i] >= 0; i = (i + 1) & t->mask)
		if (str_same(key[t->slot[i]], key[id]))
			return t->slot[i];
	return t->slot[i] = id;
}

/* One byte of a string in the trie. value: + 1; 0: no string ends here. */
struct trie_node {
	uint32_t child, next, value;
	unsigned char byte;
};

static uint32_t
node_new(struct trie *t, unsigned char byte, uint32_t next)
{
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 256;
		t->node = need_grow(t->node, t->room, sizeof *t->node);
		if (!t->n)
			t->n = 1; /* 0 says none */
	}
	t->node[t->n] = (struct trie_node){ .byte = byte, .next = next };
	return t->n++;
}

static uint32_t
child(const struct trie *t, uint32_t of, unsigned char byte)
{
	uint32_t k = t->node[of].child;

	while (k && t->node[k].byte != byte)
		k = t->node[k].next;
	return k;
}

void
trie_put(struct trie *t, struct str s, uint32_t value)
{
	uint32_t k, at;

	if (!s.n)
		return;
	at = t->root[(unsigned char)s.s[0]];
	if (!at)
		at = t->root[(unsigned char)s.s[0]] =
		    node_new(t, (unsigned char)s.s[0], 0);
	for (size_t i = 1; i < s.n; i++) {
		k = child(t, at, (unsigned char)s.s[i]);
		if (!k) {
			k = node_new(
			    t, (unsigned char)s.s[i], t->node[at].child);
			t->node[at].child = k;
		}
		at = k;
	}
	t->node[at].value = value + 1;
}

size_t
trie_get(const struct trie *t, struct str s, size_t from, uint32_t *value)
{
	uint32_t at = t->root[(unsigned char)s.s[from]];
	size_t len = 0;

	for (size_t i = from + 1; at; i++) {
		if (t->node[at].value) {
			*value = t->node[at].value - 1;
			len = i - from;
		}
		if (i == s.n)
			break;
		at = child(t, at, (unsigned char)s.s[i]);
	}
	return len;
}

struct str
tok_keep(struct tok *t, struct str s)
{
	return (struct str){ arena_text(&t->mem, s.s ? s.s : "", s.n), s.n };
}

struct tok *
tok_new(int32_t size)
{
	struct tok *t = need_zero(1, sizeof *t);

	t->size = size;
	t->name = need_zero((size_t)size, sizeof *t->name);
	t->piece = need_zero((size_t)size, sizeof *t->piece);
	t->kind = need_zero((size_t)size, 1);
	t->bos = t->eos = t->pad = t->unk = -1;
	strtab_start(&t->names, (size_t)size);
	return t;
}

void
tok_close(struct tok *t)
{
	if (!t)
		return;
	arena_done(&t->mem);
	free(t->name);
	free(t->piece);
	free(t->kind);
	free(t->names.slot);
	free(t->words.slot);
	free(t->added);
	free(t->raw.node);
	free(t->normal.node);
	split_done(&t->split);
	bpe_done(&t->bpe);
	free(t->source);
	free(t);
}

bool
tok_put(struct tok *t, int32_t id, struct str name, struct err *e)
{
	int32_t had;

	if (t->name[id].s)
		return err_set(e, "id %d stands for both '%.100s' and '%.100s'",
		    id, t->name[id].s, tok_keep(t, name).s);
	t->name[id] = tok_keep(t, name);
	had = strtab_put(&t->names, t->name, id);
	return had == id || err_set(e, "token '%.100s' has both id %d and %d",
				t->name[id].s, had, id);
}

/* GPT-2's spelling: printable bytes are themselves, the other 68 are the
 * characters from U+0100 on, in order. */
static int
byte_spelt(uint32_t c)
{
	if ((c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xff && c != 0xad))
		return (int)c;
	if (c >= 0x100 && c <= 0x120)
		return (int)(c - 0x100);
	if (c >= 0x121 && c <= 0x142)
		return (int)(c - 0x121 + 0x7f);
	return c == 0x143 ? 0xad : -1;
}

static uint32_t
spelling(unsigned char b)
{
	for (uint32_t c = 0; c < 0x144; c++)
		if (byte_spelt(c) == b)
			return c;
	return 0;
}

bool
tok_bytes(struct str name, char *out, size_t *n)
{
	unsigned len;
	int b;

	*n = 0;
	for (size_t i = 0; i < name.n; i += len) {
		b = byte_spelt(utf8_get(name.s + i, &len));
		if (b < 0)
			return false;
		out[(*n)++] = (char)b;
	}
	return true;
}

int
tok_byte(struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *a, *b;

	if (s.n != 6 || memcmp(s.s, "<0x", 3) || s.s[5] != '>' || !s.s[3] ||
	    !s.s[4])
		return -1;
	a = strchr(hex, s.s[3]);
	b = strchr(hex, s.s[4]);
	return a && b ? (int)((a - hex) * 16 + (b - hex)) : -1;
}

/* name with every from replaced. */
static struct str
replaced(struct tok *t, struct str name, struct str from, struct str to)
{
	struct buf b = { 0 };
	struct str s;
	size_t at = 0;
	const char *hit;

	while (from.n &&
	       (hit = memmem(name.s + at, name.n - at, from.s, from.n))) {
		buf_put(&b, name.s + at, (size_t)(hit - name.s) - at);
		buf_str(&b, to);
		at = (size_t)(hit - name.s) + from.n;
	}
	if (!at)
		return name;
	buf_put(&b, name.s + at, name.n - at);
	s = tok_keep(t, (struct str){ b.s, b.n });
	buf_done(&b);
	return s;
}

static struct str
piece_of(struct tok *t, int32_t id)
{
	struct str name = t->name[id];
	size_t n;
	char *s, byte;

	if (t->kind[id] & KIND_ADDED)
		return name;
	if (t->kind[id] & KIND_BYTE) {
		byte = (char)tok_byte(name);
		return tok_keep(t, (struct str){ &byte, 1 });
	}
	if (!t->bpe.bytes)
		return replaced(t, name, t->shown_from, t->shown_to);
	s = arena_take(&t->mem, name.n + 1);
	if (!tok_bytes(name, s, &n))
		return name;
	s[n] = '\0';
	return (struct str){ s, n };
}

static void
first_symbols(struct tok *t)
{
	char s[8];
	unsigned len;

	for (int b = 0; b < 256; b++) {
		struct str name = { s, 0 };

		if (t->bpe.bytes)
			name.n = utf8_put(s, spelling((unsigned char)b));
		else
			name.n = (size_t)snprintf(s, sizeof s, "<0x%02X>", b);
		t->bpe.of_byte[b] = strtab_get(&t->names, t->name, name);
	}
	for (int32_t id = 0; id < t->size && !t->bpe.bytes; id++) {
		if (!(t->kind[id] & KIND_NORMAL) || !t->name[id].n)
			continue;
		uint32_t c = utf8_get(t->name[id].s, &len);

		if (len == t->name[id].n)
			t->bpe.of_char[c] = id;
	}
}

static void
whole_words(struct tok *t)
{
	struct buf b = { 0 };
	size_t n;

	strtab_start(&t->words, (size_t)t->size);
	for (int32_t id = 0; id < t->size; id++) {
		buf_need(&b, t->name[id].n);
		if (!(t->kind[id] & KIND_NORMAL))
			continue;
		if (!t->bpe.bytes)
			strtab_put(&t->words, t->name, id);
		else if (tok_bytes(t->name[id], b.s, &n))
			strtab_put(&t->words, t->piece, id);
	}
	buf_done(&b);
}

bool
tok_ready(struct tok *t, struct err *e)
{
	struct buf b = { 0 };

	for (int32_t id = 0; id < t->size; id++) {
		if (!t->name[id].s)
			return err_set(e,
			    "no token has id %d, though ids go up to %d", id,
			    t->size - 1);
		t->piece[id] = piece_of(t, id);
	}
	for (size_t i = 0; i < t->addeds; i++) {
		const struct added *a = &t->added[i];

		if (a->normalized) {
			buf_reset(&b);
			tok_edit_name(t, a->content, &b);
			trie_put(
			    &t->normal, (struct str){ b.s, b.n }, (uint32_t)i);
		} else {
			trie_put(&t->raw, a->content, (uint32_t)i);
		}
	}
	buf_done(&b);
	first_symbols(t);
	if (t->ignore_merges)
		whole_words(t);
	return true;
}

bool
tok_merge(struct tok *t, struct str left, struct str right, size_t where,
    uint32_t rank, struct err *e)
{
	int32_t a = strtab_get(&t->names, t->name, left);
	int32_t b = strtab_get(&t->names, t->name, right), id = -1;
	struct buf both = { 0 };
	bool spelt = true;
	char *bytes;
	size_t n;

	buf_str(&both, left);
	buf_str(&both, right);
	if (t->bpe.bytes) {
		bytes = need_alloc(both.n);
		spelt = tok_bytes((struct str){ both.s, both.n }, bytes, &n);
		free(bytes);
	}
	if (a >= 0 && b >= 0)
		id = strtab_get(
		    &t->names, t->name, (struct str){ both.s, both.n });
	if (id < 0)
		err_set(e, "merge %zu: '%.100s' is not in the vocabulary",
		    where,
		    a < 0   ? tok_keep(t, left).s
		    : b < 0 ? tok_keep(t, right).s
			    : both.s);
	else if (!spelt)
		err_set(e, "merge %zu: '%.100s' is not spelt in bytes", where,
		    both.s);
	else
		bpe_put(&t->bpe, a, b, rank, id);
	buf_done(&both);
	return id >= 0 && spelt;
}

/* Words of SentencePiece text can be merged on their own where no token has
 * a mark behind anything but a mark. */
static void
cut_at_marks(struct tok *t)
{
	static const char mark[] = "\xe2\x96\x81";

	if (t->bpe.bytes || t->split.n || t->ignore_merges)
		return;
	for (int32_t id = 0; id < t->size; id++) {
		struct str s = t->name[id];

		if (!(t->kind[id] & KIND_NORMAL))
			continue;
		for (size_t i = 3; i + 3 <= s.n; i++)
			if (!memcmp(s.s + i, mark, 3) &&
			    memcmp(s.s + i - 3, mark, 3))
				return;
		/* a mark after one or two bytes */
		for (size_t i = 1; i < 3 && i + 3 <= s.n; i++)
			if (!memcmp(s.s + i, mark, 3))
				return;
	}
	split_add_before(&t->split, STR("\xe2\x96\x81"));
}

static void
hash_edits(struct buf *b, const struct edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		buf_printf(b, "edit %d ", edits->step[i].kind);
		buf_json_str(b, edits->step[i].from);
		buf_json_str(b, edits->step[i].to);
		buf_char(b, '\n');
	}
}

void
tok_finish(struct tok *t)
{
	uint64_t merges[2] = { 0 };
	struct buf b = { 0 };

	buf_printf(&b, "tokeniser 1: %d tokens, %zu merges, %d %d %d %d\n",
	    t->size, t->bpe.merges, t->bpe.bytes, t->bpe.fallback, t->bpe.fuse,
	    t->ignore_merges);
	hash_edits(&b, &t->edit);
	hash_edits(&b, &t->late);
	split_name(&t->split, &b);
	for (int32_t id = 0; id < t->size; id++) {
		buf_printf(&b, "%d %zu ",
		    t->kind[id] & (KIND_ADDED | KIND_SPECIAL), t->name[id].n);
		buf_str(&b, t->name[id]);
	}
	/* a sum, as the table's order says nothing */
	for (size_t i = 0; i >> t->bpe.bits == 0; i++) {
		struct hash128 h;

		if (t->bpe.slot[i].left < 0)
			continue;
		h = hash128(&t->bpe.slot[i], sizeof t->bpe.slot[i]);
		merges[0] += h.hi;
		merges[1] += h.lo;
	}
	buf_put(&b, merges, sizeof merges);
	t->hash = hash128(b.s, b.n);
	buf_done(&b);
	cut_at_marks(t);
}

struct str
tok_piece(const struct tok *t, int32_t id)
{
	return id >= 0 && id < t->size ? t->piece[id] : (struct str){ 0 };
}

int32_t
tok_size(const struct tok *t)
{
	return t->size;
}

int32_t
tok_find(const struct tok *t, struct str name)
{
	return strtab_get(&t->names, t->name, name);
}

static bool
has(const struct tok *t, int32_t id, int kind)
{
	return id >= 0 && id < t->size && t->kind[id] & kind;
}

bool
tok_special(const struct tok *t, int32_t id)
{
	return has(t, id, KIND_SPECIAL);
}

bool
tok_stops(const struct tok *t, int32_t id)
{
	return has(t, id, KIND_STOPS);
}

int32_t
tok_bos(const struct tok *t)
{
	return t->bos;
}

int32_t
tok_eos(const struct tok *t)
{
	return t->eos;
}

int32_t
tok_pad(const struct tok *t)
{
	return t->pad;
}

int32_t
tok_unk(const struct tok *t)
{
	return t->unk;
}

struct hash128
tok_hash(const struct tok *t)
{
	return t->hash;
}
