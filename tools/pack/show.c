#include "tools/pack/show.h"

#include "libcore/json.h"

void
show_text(struct buf *b, const struct chat_sample *s)
{
	size_t at = 0;

	for (size_t i = 0; i < s->spans; i++) {
		buf_put(b, s->text.s + at, s->span[i].from - at);
		buf_puts(b, "\xe2\x9f\xa6");
		at = s->span[i].from;
		buf_put(b, s->text.s + at, s->span[i].to - at);
		buf_puts(b, "\xe2\x9f\xa7");
		at = s->span[i].to;
	}
	buf_put(b, s->text.s + at, s->text.n - at);
	buf_char(b, '\n');
}

void
show_spans(struct buf *b, const struct chat_sample *s)
{
	for (size_t i = 0; i < s->spans; i++) {
		const struct chat_span *x = &s->span[i];

		buf_printf(b, "message %zu, bytes %zu to %zu, weight ",
		    x->turn + 1, x->from, x->to);
		buf_json_float(b, (float)x->weight);
		buf_puts(b, ": ");
		buf_json_str(
		    b, (struct str){ s->text.s + x->from, x->to - x->from });
		buf_char(b, '\n');
	}
}

/* A token's bytes as a JSON string; those that are no text as <XX>. */
static void
show_token(struct buf *b, struct str s)
{
	struct json_doc doc = { 0 };
	struct buf text = { 0 };
	struct err e;
	size_t at;

	buf_json_str(&text, s);
	if (json_parse(&doc, text.s, text.n, 1, &at, &e)) {
		buf_put(b, text.s, text.n);
	} else {
		for (size_t i = 0; i < s.n; i++)
			buf_printf(b, "<%02X>", (unsigned char)s.s[i]);
	}
	json_done(&doc);
	buf_done(&text);
}

void
show_tokens(struct buf *b, const struct tok *tok, const struct piece *p)
{
	for (size_t i = 0; i < p->n; i++) {
		buf_printf(b, "%zu\t%d\t", i, (int)p->id[i]);
		buf_json_float(b, p->weight[i]);
		buf_char(b, '\t');
		show_token(b, tok_piece(tok, p->id[i]));
		buf_char(b, '\n');
	}
}
