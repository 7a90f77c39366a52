/* Tokenisers: text to ids and ids to text. The way a text takes is told in
 * toki.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/toki.h"
#include "libcore/uni.h"

/* A stretch of text on its way. end: where in the text byte i comes from
 * ends; NULL: it is the text itself from head on. */
struct flow {
	struct str s;
	const uint32_t *end;
	size_t head;
};

/* Room for a chain of edits: each writes to the side the last did not. */
struct desk {
	struct buf text[2];
	uint32_t *end[2];
	size_t room[2];
	int side;
};

struct tok_cache {
	struct bpe_room bpe;
	struct pieces pieces;
	struct desk early, late;
	const struct tok *of; /* whose words these are */
};

struct tok_cache *
tok_cache_new(const struct tok *t)
{
	struct tok_cache *c = need_zero(1, sizeof *c);

	c->of = t;
	bpe_room_cache(&c->bpe);
	return c;
}

static void
desk_done(struct desk *d)
{
	for (int k = 0; k < 2; k++) {
		buf_done(&d->text[k]);
		free(d->end[k]);
	}
}

static void
cache_done(struct tok_cache *c)
{
	bpe_room_done(&c->bpe);
	pieces_done(&c->pieces);
	desk_done(&c->early);
	desk_done(&c->late);
}

void
tok_cache_free(struct tok_cache *c)
{
	if (c)
		cache_done(c);
	free(c);
}

/* Where in the text the first i bytes of f end. */
static uint32_t
origin(const struct flow *f, size_t i)
{
	if (!f->end || !i)
		return (uint32_t)(f->head + i);
	return f->end[i - 1];
}

static struct flow
part(const struct flow *f, size_t from, size_t to)
{
	return (struct flow){ { f->s.s + from, to - from },
		f->end ? f->end + from : NULL, origin(f, from) };
}

/* Append n bytes that end at end in the text. */
static void
desk_put(struct desk *d, const char *s, size_t n, uint32_t end)
{
	struct buf *b = &d->text[d->side];

	buf_put(b, s, n);
	for (size_t i = b->n - n; i < b->n; i++)
		d->end[d->side][i] = end;
}

/* Append bytes of f as they are. */
static void
desk_copy(struct desk *d, const struct flow *f, size_t from, size_t to)
{
	struct buf *b = &d->text[d->side];
	uint32_t *end = d->end[d->side] + b->n;

	buf_put(b, f->s.s + from, to - from);
	for (size_t i = from; i < to; i++)
		*end++ = origin(f, i + 1);
}

/* Take an empty side with room for n bytes. */
static void
desk_turn(struct desk *d, size_t n)
{
	int k = d->side = !d->side;

	buf_reset(&d->text[k]);
	if (n > d->room[k]) {
		free(d->end[k]);
		d->end[k] = need_alloc(n * sizeof *d->end[k]);
		d->room[k] = n;
	}
}

static void
edit_nfc(struct desk *d, struct flow *f)
{
	struct flow was = *f;
	uint32_t *end;

	if (nfc_sure(f->s) == f->s.n)
		return;
	desk_turn(d, nfc_room(f->s.n));
	end = d->end[d->side];
	nfc_put(&d->text[d->side], f->s, end);
	for (size_t i = 0; i < d->text[d->side].n; i++)
		end[i] = origin(&was, end[i]);
	f->end = end;
}

static void
edit_replace(struct desk *d, struct flow *f, const struct edit *x)
{
	size_t at = 0, hits = 0, i;
	const char *hit;

	while ((hit = memmem(f->s.s + at, f->s.n - at, x->from.s, x->from.n))) {
		at = (size_t)(hit - f->s.s) + x->from.n;
		hits++;
	}
	if (!hits)
		return;
	desk_turn(d, f->s.n + hits * x->to.n);
	for (at = 0; hits; hits--) {
		hit = memmem(f->s.s + at, f->s.n - at, x->from.s, x->from.n);
		i = (size_t)(hit - f->s.s);
		desk_copy(d, f, at, i);
		at = i + x->from.n;
		desk_put(d, x->to.s, x->to.n, origin(f, at));
	}
	desk_copy(d, f, at, f->s.n);
	f->end = d->end[d->side];
}

static void
edit_prepend(struct desk *d, struct flow *f, const struct edit *x)
{
	bool there = f->s.n >= x->to.n && !memcmp(f->s.s, x->to.s, x->to.n);

	if (!f->s.n || (x->kind != EDIT_PREPEND && there) ||
	    (x->kind == EDIT_PREPEND_HEAD && f->head))
		return;
	desk_turn(d, f->s.n + x->to.n);
	desk_put(d, x->to.s, x->to.n, (uint32_t)f->head);
	desk_copy(d, f, 0, f->s.n);
	f->end = d->end[d->side];
}

static bool
edit(struct desk *d, const struct edits *edits, struct flow *f, struct err *e)
{
	for (size_t i = 0; i < edits->n; i++) {
		const uint32_t *was = f->end;
		const struct edit *x = &edits->step[i];

		if (x->kind == EDIT_NFC)
			edit_nfc(d, f);
		else if (x->kind == EDIT_REPLACE)
			edit_replace(d, f, x);
		else
			edit_prepend(d, f, x);
		if (f->end != was)
			f->s = (struct str){ d->text[d->side].s,
				d->text[d->side].n };
		if (f->s.n > UINT32_MAX / 2)
			return err_set(e, "the text is too long to normalise");
	}
	return true;
}

void
tok_edit_name(const struct tok *t, struct str name, struct buf *out)
{
	struct desk d = { 0 };
	struct flow f = { .s = name };
	struct err e;

	if (edit(&d, &t->edit, &f, &e))
		buf_str(out, f.s);
	desk_done(&d);
}

/* One call of tok_encode_mixed. */
struct job {
	const struct tok *t;
	struct tok_cache *room;
	const struct tok_range *content;
	size_t n;
	unsigned flags;
	struct ids *out;
	struct err *e;
};

/* Merge the words of a stretch that holds no added token. */
static bool
words(struct job *j, struct flow f)
{
	const struct tok *t = j->t;
	struct tok_cache *c = j->room;
	int32_t id;

	if (!edit(&c->late, &t->late, &f, j->e) ||
	    !split_run(&t->split, f.s, &c->pieces, j->e))
		return false;
	for (size_t i = 0; i < c->pieces.n; i++) {
		struct piece p = c->pieces.p[i];
		struct str w = { f.s.s + p.from, p.to - p.from };
		size_t k = j->out->n;

		if (t->ignore_merges &&
		    (id = strtab_get(
			 &t->words, t->bpe.bytes ? t->piece : t->name, w)) >= 0)
			ids_put(j->out, id, p.to - p.from);
		else
			bpe_word(&t->bpe, &c->bpe, w, j->out);
		for (; k < j->out->n; k++)
			j->out->end[k] = origin(&f, p.from + j->out->end[k]);
	}
	return true;
}

static bool
is_space(const char *s, unsigned *len)
{
	return uni_is(utf8_get(s, len)) & UNI_SPACE;
}

/* Start of the character that ends at i > 0. */
static size_t
before(struct str s, size_t i)
{
	do
		i--;
	while (((unsigned char)s.s[i] & 0xc0) == 0x80);
	return i;
}

static bool
word_at(struct str s, size_t i)
{
	unsigned len;

	return i < s.n && uni_is(utf8_get(s.s + i, &len)) & UNI_WORD;
}

/* Whether [from, to) of the text touches content. */
static bool
touches(const struct job *j, size_t from, size_t to)
{
	size_t lo = 0, hi = j->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (j->content[mid].to <= from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < j->n && j->content[lo].from < to;
}

/* Whether the added token found at [from, to) counts as one here. */
static bool
stands(struct job *j, const struct added *a, const struct flow *f, size_t from,
    size_t to)
{
	bool inside = a->special && touches(j, origin(f, from), origin(f, to));

	if (inside && j->flags & TOK_LITERAL)
		return false;
	if (a->single &&
	    ((from && word_at(f->s, before(f->s, from))) || word_at(f->s, to)))
		return false;
	j->out->parsed += inside;
	return true;
}

/* Cut the trie's added tokens out of f; rest gets what lies between. A match
 * that does not stand is passed over whole, as in the reference. */
static bool
cut_added(struct job *j, const struct trie *trie, struct flow f,
    bool (*rest)(struct job *, struct flow))
{
	size_t done = 0, from, to, len;
	uint32_t which = 0;
	unsigned step;

	for (size_t i = 0; i < f.s.n;) {
		const struct added *a;

		if (!trie->root[(unsigned char)f.s.s[i]] ||
		    !(len = trie_get(trie, f.s, i, &which))) {
			i++;
			continue;
		}
		a = &j->t->added[which];
		from = i;
		i = to = i + len;
		if (!stands(j, a, &f, from, to))
			continue;
		while (a->lstrip && from > done &&
		       is_space(f.s.s + before(f.s, from), &step))
			from = before(f.s, from);
		while (a->rstrip && to < f.s.n && is_space(f.s.s + to, &step))
			to += step;
		if (from > done && !rest(j, part(&f, done, from)))
			return false;
		ids_put(j->out, a->id, origin(&f, to));
		done = to;
	}
	return done >= f.s.n || rest(j, part(&f, done, f.s.n));
}

static bool
between(struct job *j, struct flow f)
{
	if (!edit(&j->room->early, &j->t->edit, &f, j->e))
		return false;
	return j->t->normal.n ? cut_added(j, &j->t->normal, f, words)
			      : words(j, f);
}

static bool
encode(struct job *j, struct str text)
{
	const struct tok *t = j->t;
	size_t at = 0;

	if (text.n > INT32_MAX)
		return err_set(j->e, "a text of %zu bytes is too long", text.n);
	if (!utf8_valid(text, &at))
		return err_set(j->e, "the text is not UTF-8 at byte %zu", at);
	for (size_t i = 0; i < t->befores && j->flags & TOK_ADD; i++)
		ids_put(j->out, t->before[i], 0);
	if (!cut_added(j, &t->raw, (struct flow){ .s = text }, between))
		return false;
	for (size_t i = 0; i < t->afters && j->flags & TOK_ADD; i++)
		ids_put(j->out, t->after[i], (uint32_t)text.n);
	return true;
}

/* Ends that fall: marks that NFC put in order, an unknown that came out
 * late, an added token inside spaces that another took. */
static void
rise(struct ids *o, size_t from)
{
	for (size_t i = from + 1; i < o->n; i++)
		if (o->end[i] < o->end[i - 1])
			o->end[i] = o->end[i - 1];
}

bool
tok_encode_mixed(const struct tok *t, struct tok_cache *cache, struct str text,
    const struct tok_range *content, size_t n, unsigned flags, struct ids *out,
    struct err *e)
{
	struct tok_cache none = { 0 };
	struct job j = { t, cache ? cache : &none, content, n, flags, out, e };
	size_t had = out->n, parsed = out->parsed;
	bool ok;

	assert(!cache || cache->of == t);
	j.room->bpe.lost = 0;
	ok = encode(&j, text);
	if (ok) {
		rise(out, had);
		out->lost += j.room->bpe.lost;
	} else {
		out->n = had;
		out->parsed = parsed;
	}
	cache_done(&none);
	return ok;
}

bool
tok_encode(const struct tok *t, struct tok_cache *cache, struct str text,
    unsigned flags, struct ids *out, struct err *e)
{
	struct tok_range all = { 0, text.n };

	return tok_encode_mixed(t, cache, text, &all, 1, flags, out, e);
}

bool
tok_decode(const struct tok *t, const int32_t *id, size_t n, unsigned flags,
    struct buf *out, struct err *e)
{
	size_t had = out->n;
	bool strip = t->strip;

	for (size_t i = 0; i < n; i++) {
		struct str s = tok_piece(t, id[i]);

		if (!s.s) {
			out->n = had;
			if (out->s)
				out->s[had] = '\0';
			return err_set(
			    e, "the vocabulary has no token %d", id[i]);
		}
		if (flags & TOK_SKIP_SPECIAL && tok_special(t, id[i]))
			continue;
		if (strip && s.n && s.s[0] == ' ') {
			s.s++;
			s.n--;
		}
		strip = strip && !s.n && !t->piece[id[i]].n;
		buf_str(out, s);
	}
	return true;
}
