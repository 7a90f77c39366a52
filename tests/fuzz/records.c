/* Any line as a record: parsed, read in every way, edited; what comes out is
 * a record again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/rec.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
walk(struct rec *r, const struct json *v)
{
	struct str s;
	double x;
	int64_t i;

	for (size_t k = 0; k < r->doc.used; k++, v++) {
		assert(v->at < v->end && v->end <= r->doc.len);
		assert(v->skip >= 1 && k + v->skip <= r->doc.used);
		s = json_str(&r->doc, v, r->mem);
		assert(!s.s || s.n <= v->end - v->at);
		if (json_int(&r->doc, v, &i))
			assert(json_real(&r->doc, v, &x));
	}
}

static void
read_all(struct rec *r)
{
	struct msgs all;
	double x;

	rec_str(r, "a.b");
	rec_real(r, "scores.quality", &x);
	rec_prompt(r);
	r->bad = NULL;
	if (rec_msgs(r, &all) == 0)
		for (size_t i = 0; i < all.n; i++)
			assert(all.m[i].role.s);
	r->bad = NULL;
	assert(rec_id(r).s || r->bad);
	r->bad = NULL;
}

static void
edit(struct rec *r)
{
	struct json_doc d = { 0 };
	struct buf b = { 0 };
	struct err e;
	size_t at;
	const struct json *v;

	rec_del(r, "a");
	rec_put(r, "b.c", STR("[1,2]"));
	rec_put(r, "d", STR("\"x\""));
	rec_put(r, "d.e", STR("null"));
	rec_put(r, "b.f.g", STR("7"));
	if (!r->bad) {
		rec_render(r, &b);
		assert(json_parse(&d, b.s, b.n, REC_DEPTH + 4, &at, &e));
		assert(!json_get(&d, d.tape, "a"));
		v = json_get(&d, json_get(&d, d.tape, "b"), "c");
		assert(v && v->n == 2);
		json_done(&d);
	}
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct arena mem = { 0 };
	struct rec r = { .mem = &mem, .len = n, .file = "fuzz", .no = 1 };
	char *line = need_alloc(n + 1);
	struct err e;
	size_t at;

	memcpy(line, data, n);
	line[n] = '\0';
	r.line = line;
	if (json_parse(&r.doc, line, n, REC_DEPTH, &at, &e)) {
		walk(&r, r.doc.tape);
		if (r.doc.tape->type == JSON_OBJECT) {
			read_all(&r);
			edit(&r);
		}
	} else
		assert(at <= n && e.why[0]);
	json_done(&r.doc);
	arena_done(&mem);
	free(line);
	return 0;
}
