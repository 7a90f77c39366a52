#include "libcore/bpe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "libcore/uni.h"

enum {
	SCAN = 64,         /* symbols; a longer word goes through the heap */
	SLOT_WORD = 20,    /* longest word remembered, bytes */
	SLOT_IDS = 8,      /* and most tokens */
	SLOT_BITS = 15,    /* sets of two slots */
	KEEP = 1 << 16,    /* symbols; room beyond is given back */
	UNICODE = 0x110000 /* code points */
};

/* A symbol of the word. end: where it ends in the word. In a scanned word,
 * merge is that of it and the next (NULL: none); in a heap, prev and next
 * link what is left. */
struct bpe_sym {
	int32_t id;
	uint32_t end;
	union {
		const struct bpe_merge *merge;
		struct {
			uint32_t prev, next;
		} link;
	} u;
};

/* A merge that was possible when it was put down. */
struct bpe_wait {
	const struct bpe_merge *merge;
	uint32_t rank, at;
};

/* One word and its tokens: a cache line. n 0: empty. */
struct bpe_slot {
	uint8_t len, n, spare[2];
	char word[SLOT_WORD];
	uint8_t end[SLOT_IDS];
	int32_t id[SLOT_IDS];
};

static size_t
place(const struct bpe *b, int32_t left, int32_t right)
{
	uint64_t k = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;

	k *= 0x9e3779b97f4a7c15u;
	k ^= k >> 29;
	k *= 0xbf58476d1ce4e5b9u;
	return (size_t)(k >> (64 - b->bits));
}

void
bpe_start(struct bpe *b, bool bytes, size_t n)
{
	*b = (struct bpe){ .bytes = bytes, .unk = -1, .bits = 4 };
	while (((size_t)1 << b->bits) < 2 * n)
		b->bits++;
	b->slot = need_zero((size_t)1 << b->bits, sizeof *b->slot);
	for (size_t i = 0; i >> b->bits == 0; i++)
		b->slot[i].left = -1;
	memset(b->of_byte, 0xff, sizeof b->of_byte);
	if (!bytes) {
		b->of_char = need_alloc(UNICODE * sizeof *b->of_char);
		memset(b->of_char, 0xff, UNICODE * sizeof *b->of_char);
	}
}

void
bpe_put(struct bpe *b, int32_t left, int32_t right, uint32_t rank, int32_t id)
{
	size_t mask = ((size_t)1 << b->bits) - 1;
	size_t i = place(b, left, right);

	while (b->slot[i].left >= 0 &&
	       (b->slot[i].left != left || b->slot[i].right != right))
		i = (i + 1) & mask;
	if (b->slot[i].left < 0) {
		b->merges++;
		assert(b->merges <= mask);
	}
	b->slot[i] = (struct bpe_merge){ left, right, rank, id };
}

const struct bpe_merge *
bpe_get(const struct bpe *b, int32_t left, int32_t right)
{
	size_t mask = ((size_t)1 << b->bits) - 1;
	size_t i = place(b, left, right);

	for (; b->slot[i].left >= 0; i = (i + 1) & mask)
		if (b->slot[i].left == left && b->slot[i].right == right)
			return &b->slot[i];
	return NULL;
}

void
bpe_done(struct bpe *b)
{
	free(b->slot);
	free(b->of_char);
	*b = (struct bpe){ 0 };
}

void
bpe_room_cache(struct bpe_room *r)
{
	size_t size = ((size_t)2 << SLOT_BITS) * sizeof *r->slot;

	r->slot = aligned_alloc(64, size);
	if (!r->slot)
		die("out of memory (%zu bytes)", size);
	memset(r->slot, 0, size);
}

void
bpe_room_done(struct bpe_room *r)
{
	free(r->sym);
	free(r->heap);
	free(r->slot);
	*r = (struct bpe_room){ 0 };
}

/* Symbols of a word as they are laid down. */
struct lay {
	struct bpe_sym *sym;
	size_t n, lost;
	int32_t unk; /* an unknown not laid down yet; -1: none */
	uint32_t unk_end;
};

static void
lay(struct lay *l, int32_t id, uint32_t end)
{
	l->sym[l->n++] = (struct bpe_sym){ .id = id, .end = end };
}

static void
lay_unk(const struct bpe *b, struct lay *l, size_t len, uint32_t end)
{
	if (b->unk < 0) {
		l->lost += len;
		return;
	}
	if (l->unk >= 0 && !b->fuse)
		lay(l, l->unk, l->unk_end);
	l->unk = b->unk;
	l->unk_end = end;
}

static void
lay_id(struct lay *l, int32_t id, uint32_t end)
{
	if (l->unk >= 0)
		lay(l, l->unk, l->unk_end);
	l->unk = -1;
	lay(l, id, end);
}

/* A character that has no token: its bytes, if each has one. An unknown that
 * waits stays behind them, as in the reference. */
static bool
lay_fallback(const struct bpe *b, struct lay *l, const char *s, unsigned len,
    uint32_t from)
{
	for (unsigned k = 0; k < len; k++)
		if (!b->fallback || b->of_byte[(unsigned char)s[k]] < 0)
			return false;
	for (unsigned k = 0; k < len; k++)
		lay(l, b->of_byte[(unsigned char)s[k]], from + k + 1);
	return true;
}

/* The word's first symbols. */
static size_t
first(const struct bpe *b, struct bpe_room *r, struct str w)
{
	struct lay l = { .sym = r->sym, .unk = -1 };
	unsigned len = 1;
	int32_t id;

	for (size_t i = 0; i < w.n; i += len) {
		if (b->bytes)
			id = b->of_byte[(unsigned char)w.s[i]];
		else
			id = b->of_char[utf8_get(w.s + i, &len)];
		if (id >= 0)
			lay_id(&l, id, (uint32_t)(i + len));
		else if (!lay_fallback(b, &l, w.s + i, len, (uint32_t)i))
			lay_unk(b, &l, len, (uint32_t)(i + len));
	}
	if (l.unk >= 0)
		lay(&l, l.unk, l.unk_end);
	r->lost += l.lost;
	return l.n;
}

/* Merge sym[n] in place by looking for the least rank again and again. */
static size_t
scan(const struct bpe *b, struct bpe_sym *sym, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		sym[i].u.merge = bpe_get(b, sym[i].id, sym[i + 1].id);
	while (n > 1) {
		const struct bpe_merge *m = NULL;
		size_t at = 0;

		for (size_t i = 0; i + 1 < n; i++)
			if (sym[i].u.merge &&
			    (!m || sym[i].u.merge->rank < m->rank))
				m = sym[at = i].u.merge;
		if (!m)
			break;
		sym[at].id = m->id;
		sym[at].end = sym[at + 1].end;
		n--;
		memmove(sym + at + 1, sym + at + 2, (n - at - 1) * sizeof *sym);
		if (at)
			sym[at - 1].u.merge = bpe_get(b, sym[at - 1].id, m->id);
		if (at + 1 < n)
			sym[at].u.merge = bpe_get(b, m->id, sym[at + 1].id);
	}
	return n;
}

static bool
sooner(const struct bpe_wait *x, const struct bpe_wait *y)
{
	return x->rank < y->rank || (x->rank == y->rank && x->at < y->at);
}

static void
sink(struct bpe_wait *h, size_t n, size_t i)
{
	struct bpe_wait x = h[i];
	size_t k;

	while ((k = 2 * i + 1) < n) {
		if (k + 1 < n && sooner(&h[k + 1], &h[k]))
			k++;
		if (!sooner(&h[k], &x))
			break;
		h[i] = h[k];
		i = k;
	}
	h[i] = x;
}

static void
rise(struct bpe_wait *h, size_t i)
{
	struct bpe_wait x = h[i];

	for (; i && sooner(&x, &h[(i - 1) / 2]); i = (i - 1) / 2)
		h[i] = h[(i - 1) / 2];
	h[i] = x;
}

enum { END = UINT32_MAX };

/* Put down the merge of symbol at and the next, if there is one. */
static size_t
wait_put(const struct bpe *b, struct bpe_room *r, size_t n, uint32_t at)
{
	uint32_t next = r->sym[at].u.link.next;
	const struct bpe_merge *m;

	if (next == END || !(m = bpe_get(b, r->sym[at].id, r->sym[next].id)))
		return n;
	if (n == r->heaps) {
		r->heaps = r->heaps ? r->heaps + r->heaps / 2 : 256;
		r->heap = need_grow(r->heap, r->heaps, sizeof *r->heap);
	}
	r->heap[n] = (struct bpe_wait){ m, m->rank, at };
	return n + 1;
}

static size_t
heap_merge(const struct bpe *b, struct bpe_room *r, size_t n)
{
	struct bpe_sym *sym = r->sym;
	size_t waits = 0, left = 0;

	for (size_t i = 0; i < n; i++) {
		sym[i].u.link.prev = i ? (uint32_t)i - 1 : END;
		sym[i].u.link.next = i + 1 < n ? (uint32_t)i + 1 : END;
	}
	for (size_t i = 0; i + 1 < n; i++)
		waits = wait_put(b, r, waits, (uint32_t)i);
	for (size_t i = waits / 2; i-- > 0;)
		sink(r->heap, waits, i);
	while (waits) {
		struct bpe_wait w = r->heap[0];
		struct bpe_sym *s = &sym[w.at];
		uint32_t next = s->u.link.next, prev = s->u.link.prev;
		size_t had;

		r->heap[0] = r->heap[--waits];
		if (waits)
			sink(r->heap, waits, 0);
		/* a dead symbol has id -1; a changed one another id */
		if (s->id != w.merge->left || next == END ||
		    sym[next].id != w.merge->right)
			continue;
		s->id = w.merge->id;
		s->end = sym[next].end;
		s->u.link.next = sym[next].u.link.next;
		sym[next].id = -1;
		if (s->u.link.next != END)
			sym[s->u.link.next].u.link.prev = w.at;
		had = waits;
		waits = wait_put(b, r, waits, w.at);
		if (waits > had)
			rise(r->heap, had);
		had = waits;
		if (prev != END)
			waits = wait_put(b, r, waits, prev);
		if (waits > had)
			rise(r->heap, had);
	}
	for (size_t i = 0; i < n; i++)
		if (sym[i].id >= 0)
			sym[left++] = sym[i];
	return left;
}

static void
merge(const struct bpe *b, struct bpe_room *r, struct str w, struct ids *out)
{
	size_t n;

	if (w.n > r->syms) {
		r->syms = w.n < SCAN ? SCAN : w.n;
		free(r->sym);
		r->sym = need_alloc(r->syms * sizeof *r->sym);
	}
	n = first(b, r, w);
	n = n <= SCAN ? scan(b, r->sym, n) : heap_merge(b, r, n);
	for (size_t i = 0; i < n; i++)
		ids_put(out, r->sym[i].id, r->sym[i].end);
	if (r->syms > KEEP) {
		free(r->sym);
		free(r->heap);
		r->sym = NULL;
		r->heap = NULL;
		r->syms = r->heaps = 0;
	}
}

static void
remember(struct bpe_slot *set, struct str w, const struct ids *out, size_t from)
{
	size_t n = out->n - from;

	if (!n || n > SLOT_IDS)
		return;
	set[1] = set[0];
	set->len = (uint8_t)w.n;
	set->n = (uint8_t)n;
	memcpy(set->word, w.s, w.n);
	for (size_t i = 0; i < n; i++) {
		set->id[i] = out->id[from + i];
		set->end[i] = (uint8_t)out->end[from + i];
	}
}

void
bpe_word(const struct bpe *b, struct bpe_room *r, struct str w, struct ids *out)
{
	struct bpe_slot *set = NULL, *s;
	size_t from = out->n, lost = r->lost;

	if (r->slot && w.n <= SLOT_WORD) {
		uint64_t h = XXH3_64bits(w.s, w.n);

		set = r->slot + 2 * (h >> (64 - SLOT_BITS));
		for (s = set; s < set + 2; s++) {
			if (s->len != w.n || !s->n || memcmp(s->word, w.s, w.n))
				continue;
			for (size_t i = 0; i < s->n; i++)
				ids_put(out, s->id[i], s->end[i]);
			return;
		}
	}
	merge(b, r, w, out);
	if (set && r->lost == lost)
		remember(set, w, out, from);
}
