#include "libcore/batch.h"

#include <stdlib.h>
#include <string.h>

/* Smaller outputs of a batch are joined with those of the next ones. */
enum { FRAME_LEAST = 1 << 17, KEEP = 4 << 20 };

void
tally_add(struct tally *t, const char *what, bool dropped, unsigned long n)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->c[i].dropped == dropped && !strcmp(t->c[i].what, what)) {
			t->c[i].n += n;
			return;
		}
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 8;
		t->c = need_grow(t->c, t->room, sizeof *t->c);
	}
	t->c[t->n++] = (struct count){ need_text(what), dropped, n };
}

void
tally_done(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->c[i].what);
	free(t->c);
	*t = (struct tally){ 0 };
}

struct batch *
batch_new(const struct pipe_plan *p)
{
	struct batch *b = need_zero(1, sizeof *b);

	b->out = need_zero(p->nout, sizeof *b->out);
	return b;
}

static void
trim(struct buf *b)
{
	buf_reset(b);
	if (b->room > KEEP)
		buf_done(b);
}

void
batch_clear(struct batch *b, const struct pipe_plan *p)
{
	struct batch old = *b;
	size_t tape = old.doc.room * sizeof *old.doc.tape;

	for (size_t i = 0; i < p->nout; i++) {
		trim(&old.out[i].text);
		trim(&old.out[i].packed);
	}
	trim(&old.cut.text);
	trim(&old.reject);
	trim(&old.notes);
	trim(&old.why);
	if (tape > KEEP)
		json_done(&old.doc);
	if (old.cut.text.room)
		arena_reset(&old.mem);
	else
		arena_done(&old.mem);
	tally_done(&old.tally);
	*b = (struct batch){ .cut.text = old.cut.text,
		.mem = old.mem,
		.doc = old.doc,
		.r = old.r,
		.room = old.room,
		.out = old.out,
		.reject = old.reject,
		.notes = old.notes,
		.why = old.why };
}

void
batch_free(struct batch *b, const struct pipe_plan *p)
{
	for (size_t i = 0; i < p->nout; i++) {
		buf_done(&b->out[i].text);
		buf_done(&b->out[i].packed);
	}
	buf_done(&b->cut.text);
	buf_done(&b->reject);
	buf_done(&b->notes);
	buf_done(&b->why);
	json_done(&b->doc);
	arena_done(&b->mem);
	tally_done(&b->tally);
	free(b->r);
	free(b->out);
	free(b);
}

/* The next line that is not blank into r; false at the end. */
static bool
next_line(struct batch *b, struct rec *r)
{
	struct buf *t = &b->cut.text;

	while (b->cursor < t->n) {
		char *line = t->s + b->cursor, *nl;
		size_t n = t->n - b->cursor;

		nl = memchr(line, '\n', n);
		n = nl ? (size_t)(nl - line) : n;
		b->cursor += n + (nl != NULL);
		r->cr = n && line[n - 1] == '\r';
		n -= r->cr;
		line[n] = '\0';
		r->line = line;
		r->len = n;
		r->no = b->cut.no + ++b->no;
		if (b->cut.items || strspn(line, " \t\r") < n)
			return true;
		b->blank++;
	}
	return false;
}

/* Set aside what goes on from the batch before. */
static void
take_piece(struct batch *b)
{
	struct buf *t = &b->cut.text;
	char *nl = t->n ? memchr(t->s, '\n', t->n) : NULL;
	size_t n = nl ? (size_t)(nl - t->s) + 1 : t->n;

	buf_put(&b->reject, t->s, n);
	if (!b->cut.open && !nl)
		buf_char(&b->reject, '\n');
	b->cursor = n;
}

static void
parse(struct batch *b, struct rec *r, const struct pipe_plan *p)
{
	struct err e;
	size_t at;

	r->file = b->cut.file;
	r->item = b->cut.items;
	r->mem = &b->mem;
	r->batch = b;
	r->doc = b->doc;
	if (r->len > p->line_limit)
		rec_bad(r, NULL, "the line is longer than %zu bytes",
		    p->line_limit);
	else if (!json_parse(&r->doc, r->line, r->len, p->depth, &at, &e)) {
		rec_bad(r, NULL, "%s", e.why);
		r->bad_at = at;
	} else if (r->doc.tape->type != JSON_OBJECT)
		rec_bad(r, r->doc.tape, "not a JSON object");
	b->doc = r->doc;
}

/* The parser's tape is used again for the next record. */
static void
own_tape(struct rec *r)
{
	size_t n = r->doc.used * sizeof *r->doc.tape;
	struct json *own = arena_take(r->mem, n);

	memcpy(own, r->doc.tape, n);
	r->doc.tape = own;
	r->doc.room = r->doc.used;
}

static void
where(struct buf *b, const struct rec *r)
{
	buf_printf(b, r->item ? "%s: item %lu: " : "%s:%lu: ", r->file, r->no);
	if (r->bad_at != REC_NO_COLUMN)
		buf_printf(b, "column %zu: ", r->bad_at + 1);
	buf_puts(b, r->bad);
}

static void
set_aside(struct batch *b, const struct rec *r)
{
	const char *end = r->line + r->len + r->cr;
	bool whole = !b->cut.open || end != b->cut.text.s + b->cut.text.n;

	buf_put(&b->reject, r->line, r->len);
	if (whole)
		buf_puts(&b->reject, r->cr ? "\r\n" : "\n");
	else if (r->cr)
		buf_char(&b->reject, '\r');
	if (b->rejected++ < NOTES || tool_verbose) {
		where(&b->notes, r);
		buf_char(&b->notes, '\n');
	}
}

static void
take_over(struct batch *b, const struct rec *r)
{
	for (const struct rec_piece *q = r->pieces; q; q = q->next) {
		if (q->to < 0) {
			tally_add(
			    &b->tally, q->text.s, q->to == PIECE_DROP, q->n);
			continue;
		}
		buf_str(&b->out[q->to].text, q->text);
		buf_char(&b->out[q->to].text, '\n');
		b->made += q->to == 0;
	}
}

/* A record is through: take what it wrote, or what is wrong with it. */
static void
settle(struct batch *b, struct rec *r, int rc, const struct pipe_plan *p)
{
	if (rc < 0)
		rec_bad(r, NULL, "not a record for this tool");
	b->in++;
	if (!r->bad) {
		take_over(b, r);
	} else if (p->reject) {
		set_aside(b, r);
	} else {
		where(&b->why, r);
		b->last = true;
	}
}

static void
parse_and_run(struct batch *b, const struct pipe_plan *p)
{
	const struct tool *t = p->tool;
	struct rec *r = b->r;

	for (;;) {
		int rc = 0;

		*r = (struct rec){ 0 };
		if (b->last || !next_line(b, r))
			break;
		if (stop_asked()) {
			b->last = true;
			break;
		}
		parse(b, r, p);
		if (!r->bad && t->prepare)
			rc = t->prepare(r);
		if (!rc && !r->bad)
			rc = t->each(r);
		settle(b, r, rc, p);
		arena_reset(&b->mem);
	}
}

static void
grow(struct batch *b)
{
	if (b->n < b->room)
		return;
	b->room = b->room ? 2 * b->room : 256;
	b->r = need_grow(b->r, b->room, sizeof *b->r);
}

void
batch_parse(struct batch *b, const struct pipe_plan *p)
{
	const struct tool *t = p->tool;

	grow(b);
	if (b->cut.piece)
		take_piece(b);
	if (t->any_order) {
		parse_and_run(b, p);
		return;
	}
	for (;; b->n++) {
		grow(b);
		b->r[b->n] = (struct rec){ 0 };
		if (!next_line(b, &b->r[b->n]))
			break;
		parse(b, &b->r[b->n], p);
		if (!b->r[b->n].bad)
			own_tape(&b->r[b->n]);
		else if (!p->reject) {
			b->n++;
			break;
		}
	}
	for (size_t i = 0; t->prepare && i < b->n; i++)
		if (!b->r[i].bad && t->prepare(&b->r[i]) < 0)
			rec_bad(&b->r[i], NULL, "not a record for this tool");
}

void
batch_each(struct batch *b, const struct pipe_plan *p)
{
	for (; b->at < b->n && !b->last; b->at++) {
		struct rec *r = &b->r[b->at];

		if (stop_asked())
			b->last = true;
		else
			settle(b, r, r->bad ? -1 : p->tool->each(r), p);
	}
}

void
batch_settle(struct batch *b, const struct pipe_plan *p)
{
	for (size_t i = 0; i < b->n && !b->last; i++)
		settle(b, &b->r[i], 0, p);
}

bool
batch_pack(struct batch *b, const struct pipe_plan *p, struct zpress *press,
    struct err *e)
{
	for (size_t i = 0; i < p->nout; i++) {
		struct out *o = &b->out[i];
		enum zformat f;

		if (!p->out[i] || o->text.n < FRAME_LEAST)
			continue;
		f = zout_format(p->out[i]);
		if (f == Z_PLAIN)
			continue;
		if (!zpress_frame(press, &o->packed, f, zout_level, o->text.s,
			o->text.n, e))
			return false;
		buf_reset(&o->text);
	}
	return true;
}

static struct rec_piece *
piece(struct rec *r, int to)
{
	struct rec_piece *q = arena_take(r->mem, sizeof *q);

	if (r->pieces)
		r->last_piece->next = q;
	else
		r->pieces = q;
	r->last_piece = q;
	q->to = to;
	return q;
}

void
rec_line(struct rec *r, int to, struct str line)
{
	struct rec_piece *q;

	if (r->bad)
		return;
	q = piece(r, to);
	q->text = (struct str){ arena_text(r->mem, line.s, line.n), line.n };
}

void
rec_emit(struct rec *r, int to)
{
	struct rec_piece *q;
	struct buf b = { 0 };

	if (r->bad)
		return;
	if (r->edits) {
		rec_render(r, &b);
		rec_line(r, to, (struct str){ b.s, b.n });
		buf_done(&b);
		return;
	}
	q = piece(r, to);
	q->text = (struct str){ r->line, r->len };
}

static void
counted(struct rec *r, int kind, const char *what, unsigned long n)
{
	struct rec_piece *q = piece(r, kind);

	q->text.s = arena_text(r->mem, what, strlen(what));
	q->n = n;
}

void
rec_drop(struct rec *r, const char *reason)
{
	counted(r, PIECE_DROP, reason, 1);
}

void
rec_count(struct rec *r, const char *what, unsigned long n)
{
	counted(r, PIECE_COUNT, what, n);
}
