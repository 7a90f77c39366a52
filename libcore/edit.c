/* Edits of a record: queued as a tree of names, spliced into the line. */
#include <string.h>

#include "libcore/rec.h"
#include "libcore/tool.h"

struct rec_edit {
	struct str name;
	struct str json; /* the new value; s == NULL: none of its own */
	bool gone;
	struct rec_edit *child, *next; /* members to set in it; its sibling */
};

static struct rec_edit *
edit_of(struct rec *r, struct rec_edit **list, struct str name)
{
	for (; *list; list = &(*list)->next)
		if (str_same((*list)->name, name))
			return *list;
	*list = arena_take(r->mem, sizeof **list);
	(*list)->name.s = arena_text(r->mem, name.s, name.n);
	(*list)->name.n = name.n;
	return *list;
}

void
rec_put(struct rec *r, const char *path, struct str json)
{
	struct rec_edit **list = &r->edits, *e;
	const struct json *v = r->doc.tape;

	if (r->bad)
		return;
	for (;; path += strcspn(path, ".") + 1) {
		struct str name = { path, strcspn(path, ".") };

		v = rec_member(r, v, name);
		if (r->bad)
			return;
		e = edit_of(r, list, name);
		if (!path[name.n])
			break;
		if (v && !e->json.s && !e->gone && v->type != JSON_OBJECT &&
		    v->type != JSON_NULL) {
			rec_bad(r, v, "field '%.*s' is not an object",
			    (int)name.n, name.s);
			return;
		}
		list = &e->child;
	}
	e->gone = false;
	e->child = NULL;
	e->json = (struct str){ arena_text(r->mem, json.s, json.n), json.n };
}

bool
rec_add(struct rec *r, const char *path, struct str json)
{
	char what[200] = "kept ";

	if (!tool_overwrite && rec_get(r, path)) {
		strncat(what, path, sizeof what - 6);
		rec_count(r, what, 1);
		return false;
	}
	rec_put(r, path, json);
	return !r->bad;
}

void
rec_del(struct rec *r, const char *name)
{
	struct rec_edit *e;

	rec_member(r, r->doc.tape, str_of(name));
	if (r->bad)
		return;
	e = edit_of(r, &r->edits, str_of(name));
	*e =
	    (struct rec_edit){ .name = e->name, .gone = true, .next = e->next };
}

static struct rec_edit *
find(const struct json_doc *d, const struct json *k, struct rec_edit *list,
    struct arena *mem)
{
	struct str name;

	if (!list)
		return NULL;
	name = (struct str){ d->text + k->at + 1, k->end - k->at - 2u };
	if (k->escaped)
		name = json_str(d, k, mem);
	for (; list; list = list->next)
		if (name.s && str_same(list->name, name))
			return list;
	return NULL;
}

static void object(const struct json_doc *, const struct json *,
    struct rec_edit *, struct arena *, struct buf *);
static void fresh(struct rec_edit *, struct arena *, struct buf *, bool);

/* The value of an edit that replaces what stands there, or nothing. */
static void
value(struct rec_edit *e, struct arena *mem, struct buf *out)
{
	struct json_doc d = { 0 };
	struct err why;
	size_t at;

	if (!e->child)
		buf_str(out, e->json);
	else if (e->json.s &&
		 json_parse(&d, e->json.s, e->json.n, REC_DEPTH, &at, &why) &&
		 d.tape->type == JSON_OBJECT)
		object(&d, d.tape, e->child, mem, out);
	else {
		buf_char(out, '{');
		fresh(e->child, mem, out, false);
		buf_char(out, '}');
	}
	json_done(&d);
}

/* The members that stand in no text yet; any: others stand before them. */
static void
fresh(struct rec_edit *e, struct arena *mem, struct buf *out, bool any)
{
	for (; e; e = e->next) {
		if (e->gone || (!e->json.s && !e->child))
			continue;
		if (any)
			buf_char(out, ',');
		any = true;
		buf_json_str(out, e->name);
		buf_char(out, ':');
		value(e, mem, out);
	}
}

/* Those edits whose names the object does not have, as a list of copies. */
static struct rec_edit *
missing(const struct json_doc *d, const struct json *v, struct rec_edit *e,
    struct arena *mem)
{
	struct rec_edit *list = NULL, **tail = &list;

	for (; e; e = e->next) {
		const struct json *k = json_first(v);
		uint32_t i;

		for (i = 0; i < v->n; i++, k = json_member(k))
			if (find(d, k, e, mem) == e)
				break;
		if (i < v->n)
			continue;
		*tail = arena_take(mem, sizeof **tail);
		**tail = *e;
		tail = &(*tail)->next;
		*tail = NULL;
	}
	return list;
}

/* An object with its edits; what none of them names is copied. */
static void
object(const struct json_doc *d, const struct json *v, struct rec_edit *edits,
    struct arena *mem, struct buf *out)
{
	const char *s = d->text;
	const struct json *k = json_first(v);
	uint32_t end = v->at + 1, from = end; /* copied up to `from` */
	bool any = false;

	buf_char(out, '{');
	for (uint32_t i = 0; i < v->n; i++, k = json_member(k)) {
		struct rec_edit *e = find(d, k, edits, mem);

		if (e && e->gone) {
			/* With the comma before it, or after it if first. */
			buf_put(out, s + from, end - from);
			from = end = k[1].end;
			if (!any && i + 1 < v->n)
				from = end = json_member(k)->at;
			continue;
		}
		any = true;
		end = k[1].end;
		if (!e)
			continue;
		buf_put(out, s + from, k[1].at - from);
		if (!e->json.s && k[1].type == JSON_OBJECT)
			object(d, k + 1, e->child, mem, out);
		else
			value(e, mem, out);
		from = end;
	}
	buf_put(out, s + from, end - from);
	fresh(missing(d, v, edits, mem), mem, out, any);
	if (any)
		buf_put(out, s + end, v->end - end);
	else
		buf_char(out, '}');
}

void
rec_render(struct rec *r, struct buf *out)
{
	if (!r->edits) {
		buf_put(out, r->line, r->len);
		return;
	}
	object(&r->doc, r->doc.tape, r->edits, r->mem, out);
}
