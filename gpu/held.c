#include "gpu/held.h"

#include <stdlib.h>

struct held *
held_new(struct asker *a, struct str schema, struct err *e)
{
	struct held *h = need_zero(1, sizeof *h);

	if (schema.s) {
		buf_str(&h->text, schema);
		h->schema = schema_new(schema, e);
		h->grammar = h->schema ? grammar_new(h->schema, e) : NULL;
	} else {
		h->grammar = grammar_json();
	}
	if (h->grammar && a->server)
		return h;
	if (h->grammar)
		h->mask =
		    mask_new(h->grammar, a->tok, model_conf(a->engine)->vocab,
			a->slots, a->stop, a->stops, e);
	if (h->mask)
		return h;
	held_free(h);
	return NULL;
}

void
held_free(struct held *h)
{
	if (!h)
		return;
	mask_free(h->mask);
	grammar_free(h->grammar);
	schema_free(h->schema);
	buf_done(&h->text);
	free(h);
}
