#include "gpu/mask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"

struct piece {
	int32_t id;
	uint16_t n, shared; /* bytes; of them, the piece's before it */
};

struct mask {
	const struct grammar *g;
	const struct tok *tok;
	size_t vocab, words;
	int32_t *stop;
	size_t stops;
	struct piece *piece; /* by bytes */
	size_t pieces;
	struct grammar_state *at; /* [MASK_PIECE + 1] after so many bytes */
	struct kept {
		struct hash128 state;
		uint64_t *bits, used; /* NULL: free */
	} * kept;
	size_t states;
	uint64_t clock;
};

struct mask_text {
	struct grammar_state now, next;
};

static const struct tok *sorted_by; /* qsort has no context */

static int
piece_order(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = memcmp(
	    tok_piece(sorted_by, x->id).s, tok_piece(sorted_by, y->id).s, n);

	if (!c)
		c = (x->n > y->n) - (x->n < y->n);
	return c ? c : (x->id > y->id) - (x->id < y->id);
}

static void
sort_pieces(struct mask *m)
{
	sorted_by = m->tok;
	qsort(m->piece, m->pieces, sizeof *m->piece, piece_order);
	for (size_t i = 1; i < m->pieces; i++) {
		struct str a = tok_piece(m->tok, m->piece[i - 1].id);
		struct str b = tok_piece(m->tok, m->piece[i].id);
		size_t k = 0;

		while (k < a.n && k < b.n && a.s[k] == b.s[k])
			k++;
		m->piece[i].shared = (uint16_t)k;
	}
}

/* Every printable character of ASCII has a token of its own. */
static bool
has_ascii(const struct mask *m, struct err *e)
{
	bool has[128] = { false };

	for (size_t i = 0; i < m->pieces; i++) {
		struct str s = tok_piece(m->tok, m->piece[i].id);

		if (s.n == 1 && (unsigned char)s.s[0] < 128)
			has[(unsigned char)s.s[0]] = true;
	}
	for (int c = ' '; c < 127; c++)
		if (!has[c])
			return err_set(e,
			    "the vocabulary has no token for '%c': it cannot "
			    "be held to JSON",
			    c);
	return true;
}

struct mask *
mask_new(const struct grammar *g, const struct tok *tok, size_t vocab,
    size_t texts, const int32_t *stop, size_t stops, struct err *e)
{
	struct mask *m = need_zero(1, sizeof *m);
	size_t n =
	    (size_t)tok_size(tok) < vocab ? (size_t)tok_size(tok) : vocab;

	m->g = g;
	m->tok = tok;
	m->vocab = vocab;
	m->words = (vocab + 63) / 64;
	m->states = texts < MASK_STATES ? MASK_STATES : texts + 1;
	m->kept = need_zero(m->states, sizeof *m->kept);
	m->stop = need_zero(stops + 1, sizeof *m->stop);
	for (size_t i = 0; i < stops; i++)
		m->stop[m->stops++] = stop[i];
	m->piece = need_zero(n + 1, sizeof *m->piece);
	for (size_t id = 0; id < n; id++) {
		struct str s = tok_piece(tok, (int32_t)id);

		if (s.n && s.n <= MASK_PIECE && !tok_special(tok, (int32_t)id))
			m->piece[m->pieces++] =
			    (struct piece){ (int32_t)id, (uint16_t)s.n, 0 };
	}
	sort_pieces(m);
	m->at = need_zero(MASK_PIECE + 1, sizeof *m->at);
	if (has_ascii(m, e))
		return m;
	mask_free(m);
	return NULL;
}

void
mask_free(struct mask *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->states; i++)
		free(m->kept[i].bits);
	free(m->kept);
	free(m->stop);
	free(m->piece);
	free(m->at);
	free(m);
}

struct mask_text *
mask_begin(const struct mask *m)
{
	struct mask_text *t = need_zero(1, sizeof *t);

	grammar_start(m->g, &t->now);
	return t;
}

struct mask_text *
mask_copy(const struct mask_text *t)
{
	struct mask_text *to = need_zero(1, sizeof *to);

	grammar_copy(&to->now, &t->now);
	return to;
}

void
mask_end(struct mask_text *t)
{
	free(t);
}

static void
set(uint64_t *bits, int32_t id)
{
	bits[id / 64] |= (uint64_t)1 << id % 64;
}

/* All pieces in order: at[k] is the state after k bytes of the last one, good
 * for the first `reach` of them; `dead` bytes of it go nowhere. */
static void
fill(struct mask *m, const struct grammar_state *now, uint64_t *bits)
{
	size_t reach = 0, dead = SIZE_MAX;

	memset(bits, 0, m->words * sizeof *bits);
	grammar_copy(m->at, now);
	for (size_t i = 0; i < m->pieces; i++) {
		const struct piece *p = m->piece + i;
		const char *s;

		if (p->shared >= dead) /* it fails where the last one did */
			continue;
		dead = SIZE_MAX;
		reach = reach < p->shared ? reach : p->shared;
		s = tok_piece(m->tok, p->id).s;
		for (; reach < p->n; reach++)
			if (!grammar_byte(m->g, m->at + reach + 1,
				m->at + reach, (unsigned char)s[reach])) {
				dead = reach + 1;
				break;
			}
		if (dead == SIZE_MAX)
			set(bits, p->id);
	}
	if (grammar_may_end(m->g, now))
		for (size_t i = 0; i < m->stops; i++)
			if (m->stop[i] >= 0 && (size_t)m->stop[i] < m->vocab)
				set(bits, m->stop[i]);
}

const uint64_t *
mask_allowed(struct mask *m, const struct mask_text *t)
{
	struct hash128 state = grammar_hash(&t->now);
	struct kept *oldest = m->kept;

	m->clock++;
	for (size_t i = 0; i < m->states; i++) {
		struct kept *k = m->kept + i;

		if (k->bits && k->state.lo == state.lo &&
		    k->state.hi == state.hi) {
			k->used = m->clock;
			return k->bits;
		}
		if (k->used < oldest->used) /* 0: free */
			oldest = k;
	}
	if (!oldest->bits)
		oldest->bits = need_zero(m->words, sizeof *oldest->bits);
	oldest->state = state;
	oldest->used = m->clock;
	fill(m, &t->now, oldest->bits);
	return oldest->bits;
}

bool
mask_take(const struct mask *m, struct mask_text *t, int32_t id)
{
	struct str s = tok_piece(m->tok, id);

	for (size_t i = 0; i < s.n; i++) {
		bool ok = grammar_byte(
		    m->g, &t->next, &t->now, (unsigned char)s.s[i]);

		assert(ok);
		(void)ok;
		grammar_copy(&t->now, &t->next);
	}
	return grammar_must_end(&t->now);
}
