#include "libcore/pieces.h"

#include <stdlib.h>
#include <string.h>

struct work {
	struct pieces *to;
	struct arena *mem;
	const struct pieces_how *how;
	struct tok_cache *cache;
	const struct chat_sample *s;
	struct err *e;
};

/* The part [from, to) of the sample's text. */
static bool
encode(const struct work *w, size_t from, size_t to, struct ids *ids)
{
	struct ranges in = { 0 };
	struct str text = { w->s->text.s + from, to - from };
	struct err why;
	bool ok;

	for (size_t i = 0; i < w->s->content.n; i++) {
		struct tok_range r = w->s->content.r[i];

		r.from = r.from < from ? from : r.from;
		r.to = r.to > to ? to : r.to;
		if (r.from < r.to)
			ranges_add(&in, r.from - from, r.to - from);
	}
	ok = tok_encode_mixed(w->how->tok, w->cache, text, in.r, in.n,
	    w->how->literal ? TOK_LITERAL : 0, ids, &why);
	free(in.r);
	return ok || err_set(w->e, "tokenizer: %.400s", why.why);
}

/* How many tokens end at or before the byte; false if one lies across it. */
static bool
border(const struct ids *ids, size_t byte, size_t *tokens)
{
	size_t n = 0;

	while (n < ids->n && ids->end[n] <= byte)
		n++;
	*tokens = n;
	return byte == (n ? ids->end[n - 1] : 0);
}

/* Whether the tokens before a span are those that its prompt has alone. */
static bool
same_prompt(const struct work *w, const struct ids *whole,
    const struct chat_span *span, bool *same)
{
	struct ids alone = { 0 };
	size_t n;
	bool ok = true;

	*same = border(whole, span->from, &n);
	if (*same && span->from) {
		ok = encode(w, 0, span->from, &alone);
		*same = ok && alone.n == n &&
			!memcmp(alone.id, whole->id, n * sizeof *alone.id);
	}
	ids_done(&alone);
	return ok;
}

static bool
ends_turn(const struct pieces_how *how, int32_t id)
{
	struct str s = tok_piece(how->tok, id);

	if (tok_stops(how->tok, id) || chat_stop(s))
		return true;
	for (size_t i = 0; i < how->nstops; i++)
		if (str_same(s, how->stops[i]))
			return true;
	return false;
}

static struct piece *
piece_add(const struct work *w, const struct ids *ids)
{
	struct pieces *to = w->to;
	struct piece *more = arena_take(w->mem, (to->n + 1) * sizeof *more);
	struct piece *p = more + to->n;

	if (to->n)
		memcpy(more, to->p, to->n * sizeof *more);
	to->p = more;
	to->n++;
	p->n = ids->n;
	p->id = arena_take(w->mem, (ids->n + 1) * sizeof *p->id);
	p->end = arena_take(w->mem, (ids->n + 1) * sizeof *p->end);
	p->weight = arena_take(w->mem, (ids->n + 1) * sizeof *p->weight);
	if (ids->n) {
		memcpy(p->id, ids->id, ids->n * sizeof *p->id);
		memcpy(p->end, ids->end, ids->n * sizeof *p->end);
	}
	to->parsed += ids->parsed;
	return p;
}

/* Give a span's tokens their weight. It must end with a stop token. */
static bool
weigh_span(const struct work *w, struct piece *p, const struct chat_span *span)
{
	size_t last = p->n;

	for (size_t i = 0; i < p->n; i++)
		if ((i ? p->end[i - 1] : 0) >= span->from &&
		    p->end[i] <= span->to) {
			p->weight[i] = i ? (float)span->weight : 0;
			last = i;
		}
	if (last < p->n && p->end[last] == span->to &&
	    ends_turn(w->how, p->id[last]))
		return true;
	return err_set(w->e,
	    "message %zu: its last token is no stop token of this model",
	    span->turn + 1);
}

/* A span in a piece of its own, with a seam between prompt and reply. */
static bool
apart(const struct work *w, const struct chat_span *span)
{
	struct ids ids = { 0 };
	size_t prompt;
	bool ok = encode(w, 0, span->from, &ids);

	prompt = ids.n;
	ok = ok && encode(w, span->from, span->to, &ids);
	if (ok) {
		for (size_t i = prompt; i < ids.n; i++)
			ids.end[i] += (uint32_t)span->from;
		ok = weigh_span(w, piece_add(w, &ids), span);
		w->to->seams++;
	}
	ids_done(&ids);
	return ok;
}

/* The spans whose prompts the whole text leaves as they are, in one piece
 * that ends with the last of them; the others apart. */
static bool
pieces(const struct work *w, struct ids *ids)
{
	const struct chat_sample *s = w->s;
	bool *same = arena_take(w->mem, s->spans);
	struct piece *p;
	size_t end = 0;

	if (!encode(w, 0, s->text.n, ids))
		return false;
	for (size_t i = 0; i < s->spans; i++) {
		if (!same_prompt(w, ids, &s->span[i], &same[i]))
			return false;
		if (same[i])
			end = s->span[i].to;
		else if (!apart(w, &s->span[i]))
			return false;
	}
	if (!end)
		return true;
	while (ids->n && ids->end[ids->n - 1] > end)
		ids->n--;
	p = piece_add(w, ids);
	for (size_t i = 0; i < s->spans; i++)
		if (same[i] && !weigh_span(w, p, &s->span[i]))
			return false;
	return true;
}

/* BOS is the template's alone; two in a row are a mistake. */
static bool
one_bos(const struct work *w, size_t from)
{
	int32_t bos = tok_bos(w->how->tok);

	for (size_t i = from; i < w->to->n; i++) {
		const struct piece *p = &w->to->p[i];

		if (bos >= 0 && p->n > 1 && p->id[0] == bos && p->id[1] == bos)
			return err_set(
			    w->e, "the text begins with two BOS tokens");
	}
	return true;
}

bool
pieces_of(struct pieces *to, struct arena *mem, const struct pieces_how *how,
    struct tok_cache *cache, const struct chat_sample *s, struct err *e)
{
	struct work w = { to, mem, how, cache, s, e };
	struct ids ids = { 0 };
	size_t from = to->n;
	bool ok = pieces(&w, &ids) && one_bos(&w, from);

	ids_done(&ids);
	return ok;
}

size_t
piece_trained(const struct piece *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->weight[i] > 0;
	return n;
}

static struct piece
part_of(const struct piece *p, size_t from, size_t to)
{
	struct piece part = { p->id + from, p->weight + from, p->end + from,
		to - from };

	if (part.n)
		part.weight[0] = 0;
	return part;
}

/* The parts of one piece; returns how many. */
static size_t
parts(
    struct piece *out, const struct piece *p, enum pieces_cut how, size_t most)
{
	size_t n = 0;

	if (how == CUT_LEFT)
		out[n++] = part_of(p, p->n - most, p->n);
	else if (how == CUT_RIGHT)
		out[n++] = part_of(p, 0, most);
	else
		for (size_t at = 0; at < p->n; at += most)
			out[n++] =
			    part_of(p, at, at + most < p->n ? at + most : p->n);
	return n;
}

void
pieces_cut(struct pieces *all, struct arena *mem, enum pieces_cut how,
    size_t most, bool keep)
{
	size_t n = 0, room = 0;
	struct piece *out;

	for (size_t i = 0; i < all->n; i++)
		room += all->p[i].n / most + 1;
	out = arena_take(mem, (room + 1) * sizeof *out);
	for (size_t i = 0; i < all->n; i++) {
		struct piece *p = &all->p[i];
		size_t had = piece_trained(p), end, kept = 0;

		if (p->n <= most) {
			out[n++] = *p;
			continue;
		}
		end = n + parts(out + n, p, how, most);
		for (size_t k = n; k < end; k++) {
			kept += piece_trained(&out[k]);
			if (piece_trained(&out[k]) || keep)
				out[n++] = out[k];
		}
		all->cut++;
		all->lost += had - kept;
	}
	all->p = out;
	all->n = n;
}
