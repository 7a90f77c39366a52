#include "gpu/recipe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

enum { YAML_MOST = 16 << 20 };

struct reader {
	struct recipe *r;
	yaml_document_t doc;
	const char *path;
	struct err *e;
};

static bool
bad(struct reader *y, const yaml_node_t *n, const char *what, const char *name)
{
	return err_set(y->e, "%s:%zu: %s '%.100s'", y->path,
	    n->start_mark.line + 1, what, name);
}

static const yaml_node_t *
node(struct reader *y, int id)
{
	return yaml_document_get_node(&y->doc, id);
}

/* A scalar's text, NULL for null and for what is no scalar. */
static const char *
scalar(const yaml_node_t *n)
{
	const char *s;

	if (!n || n->type != YAML_SCALAR_NODE)
		return NULL;
	s = (const char *)n->data.scalar.value;
	if (n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return s;
	return !*s || !strcmp(s, "null") || !strcmp(s, "~") ? NULL : s;
}

static const char *
kept(struct recipe *r, const char *s)
{
	return s ? arena_text(&r->mem, s, strlen(s)) : NULL;
}

static bool
number(const char *s, struct recipe_case *c, double *x)
{
	static const struct {
		const char *word;
		double x;
	} yes_no[] = {
		{ "true", 1 },
		{ "True", 1 },
		{ "yes", 1 },
		{ "on", 1 },
		{ "false", 0 },
		{ "False", 0 },
		{ "no", 0 },
		{ "off", 0 },
	};

	for (size_t i = 0; s && i < sizeof yes_no / sizeof *yes_no; i++)
		if (!strcmp(s, yes_no[i].word)) {
			c->yes_no = true;
			*x = yes_no[i].x;
			return true;
		}
	return s && num_parse(str_of(s), x) && isfinite(*x);
}

/* A number, or a list of them. */
static bool
plain(struct reader *y, const yaml_node_t *n, struct recipe_case *c)
{
	const yaml_node_item_t *i;

	if (n->type == YAML_SEQUENCE_NODE) {
		size_t most = (size_t)(n->data.sequence.items.top -
				       n->data.sequence.items.start);

		c->at = arena_take(&y->r->mem, (most + 1) * sizeof *c->at);
		for (i = n->data.sequence.items.start;
		     i < n->data.sequence.items.top; i++)
			if (!number(scalar(node(y, *i)), c, &c->at[c->n++]))
				return bad(y, n, "a value is no", "number");
		return c->n || bad(y, n, "a list is", "empty");
	}
	c->at = arena_take(&y->r->mem, sizeof *c->at);
	c->n = 1;
	return number(scalar(n), c, c->at) ||
	       bad(y, n, "a value is no", "number");
}

/* {filter, value} */
static bool
filtered(struct reader *y, const yaml_node_t *n, struct recipe_case *c)
{
	const yaml_node_pair_t *p;
	bool given = false;

	for (p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
	     p++) {
		const char *key = scalar(node(y, p->key));
		const yaml_node_t *v = node(y, p->value);

		if (key && !strcmp(key, "filter")) {
			c->filter = kept(y->r, scalar(v));
			if (c->filter && !strcmp(c->filter, "*"))
				c->filter = NULL;
		} else if (key && !strcmp(key, "value") && !given) {
			given = true;
			if (!plain(y, v, c))
				return false;
		} else {
			return bad(y, n, "beside filter and value stands",
			    key ? key : "");
		}
	}
	return given || bad(y, n, "there is no", "value");
}

static bool
is_filters(struct reader *y, const yaml_node_t *n)
{
	const yaml_node_item_t *first;

	if (n->type != YAML_SEQUENCE_NODE)
		return false;
	first = n->data.sequence.items.start;
	return first < n->data.sequence.items.top &&
	       node(y, *first)->type == YAML_MAPPING_NODE;
}

static bool
setting(struct reader *y, const yaml_node_t *n, struct recipe_setting *s)
{
	size_t most = 1;

	if (is_filters(y, n))
		most = (size_t)(n->data.sequence.items.top -
				n->data.sequence.items.start);
	s->cases = arena_take(&y->r->mem, most * sizeof *s->cases);
	if (n->type == YAML_MAPPING_NODE)
		return filtered(y, n, &s->cases[s->n++]);
	if (!is_filters(y, n))
		return plain(y, n, &s->cases[s->n++]);
	for (size_t i = 0; i < most; i++) {
		const yaml_node_t *c = node(y, n->data.sequence.items.start[i]);

		if (c->type != YAML_MAPPING_NODE)
			return bad(y, c, "a filter and a value are", "wanted");
		if (!filtered(y, c, &s->cases[s->n++]))
			return false;
	}
	return true;
}

static bool
settings(struct reader *y, const yaml_node_t *n, struct recipe_settings *to)
{
	const yaml_node_pair_t *p;

	if (n->type == YAML_SCALAR_NODE && !scalar(n))
		return true;
	if (n->type != YAML_MAPPING_NODE)
		return bad(y, n, "not a mapping:", "parameters");
	if (to->s)
		return bad(y, n, "twice:", "parameters");
	to->s = arena_take(&y->r->mem,
	    (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start) *
		sizeof *to->s);
	for (p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
	     p++) {
		const char *key = scalar(node(y, p->key));

		if (!key)
			return bad(y, n, "a parameter without a", "name");
		to->s[to->n].name = kept(y->r, key);
		if (!setting(y, node(y, p->value), &to->s[to->n++]))
			return false;
	}
	return true;
}

/* A model's path: beside the file if it is there, else as it stands. */
static const char *
model_path(struct reader *y, const char *s)
{
	const char *slash = strrchr(y->path, '/');
	struct buf b = { 0 };
	const char *path = s;

	if (*s != '/' && slash) {
		buf_printf(
		    &b, "%.*s%s", (int)(slash + 1 - y->path), y->path, s);
		if (!access(b.s, F_OK))
			path = b.s;
	}
	path = kept(y->r, path);
	buf_done(&b);
	return path;
}

static bool
model(struct reader *y, const yaml_node_t *n)
{
	struct recipe_model *m = &y->r->model[y->r->models++];
	const yaml_node_pair_t *p;

	if (n->type != YAML_MAPPING_NODE)
		return bad(y, n, "not a mapping: an item of", "models");
	for (p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
	     p++) {
		const char *key = scalar(node(y, p->key));
		const yaml_node_t *v = node(y, p->value);

		if (key && !strcmp(key, "model")) {
			const char *s = scalar(v);

			if (!s)
				return bad(y, v, "a path is wanted for", key);
			m->path = model_path(y, s);
		} else if (key && !strcmp(key, "parameters")) {
			if (!settings(y, v, &m->own))
				return false;
		} else {
			return bad(
			    y, n, "not there yet, in models:", key ? key : "");
		}
	}
	return m->path || bad(y, n, "there is no", "model");
}

static bool
models(struct reader *y, const yaml_node_t *n)
{
	const yaml_node_item_t *i;
	struct recipe *r = y->r;

	if (n->type != YAML_SEQUENCE_NODE)
		return bad(y, n, "not a list:", "models");
	r->model = need_zero(
	    (size_t)(n->data.sequence.items.top - n->data.sequence.items.start),
	    sizeof *r->model);
	for (i = n->data.sequence.items.start; i < n->data.sequence.items.top;
	     i++)
		if (!model(y, node(y, *i)))
			return false;
	return true;
}

/* tokenizer_source: files are the donor's, which is the base if there is
 * one. */
static bool
tokenizer(struct reader *y, const yaml_node_t *n)
{
	const char *s = scalar(n);

	if (n->type == YAML_MAPPING_NODE ||
	    (s && strcmp(s, "base") && strcmp(s, "none")))
		return bad(
		    y, n, "not there yet: tokenizer_source", s ? s : "{...}");
	return true;
}

static bool
top_level(struct reader *y, const char *key, const yaml_node_t *v,
    const char **out_dtype)
{
	struct recipe *r = y->r;
	const char *s = scalar(v);

	if (!strcmp(key, "models"))
		return r->model ? bad(y, v, "twice:", key) : models(y, v);
	if (!strcmp(key, "parameters"))
		return settings(y, v, &r->all);
	if (!strcmp(key, "tokenizer_source") || !strcmp(key, "tokenizer"))
		return tokenizer(y, v);
	if (v->type != YAML_SCALAR_NODE)
		return bad(y, v, "not there yet:", key);
	if (!strcmp(key, "merge_method"))
		r->method = kept(r, s);
	else if (!strcmp(key, "base_model"))
		r->base = s ? model_path(y, s) : NULL;
	else if (!strcmp(key, "dtype"))
		r->dtype = kept(r, s);
	else if (!strcmp(key, "out_dtype"))
		*out_dtype = kept(r, s);
	else
		return bad(y, v, "not there yet:", key);
	return true;
}

static bool
document(struct reader *y)
{
	const yaml_node_t *root = yaml_document_get_root_node(&y->doc);
	const yaml_node_pair_t *p;
	const char *out_dtype = NULL;

	if (!root || root->type != YAML_MAPPING_NODE)
		return err_set(y->e, "%s: not a mapping", y->path);
	for (p = root->data.mapping.pairs.start;
	     p < root->data.mapping.pairs.top; p++) {
		const char *key = scalar(node(y, p->key));

		if (!key)
			return bad(y, root, "a key is no", "word");
		if (!top_level(y, key, node(y, p->value), &out_dtype))
			return false;
	}
	if (out_dtype)
		y->r->dtype = out_dtype;
	if (!y->r->method)
		return err_set(y->e, "%s: there is no merge_method", y->path);
	return true;
}

bool
recipe_parse(struct recipe *r, struct str yaml, const char *path, struct err *e)
{
	struct reader y = { .r = r, .path = path, .e = e };
	yaml_parser_t p;
	bool ok;

	if (!yaml_parser_initialize(&p))
		return err_set(e, "out of memory");
	yaml_parser_set_input_string(&p, (const unsigned char *)yaml.s, yaml.n);
	ok = yaml_parser_load(&p, &y.doc);
	if (!ok)
		err_set(e, "%s:%zu: %s", path, p.problem_mark.line + 1,
		    p.problem ? p.problem : "not YAML");
	if (ok) {
		ok = document(&y);
		yaml_document_delete(&y.doc);
	}
	yaml_parser_delete(&p);
	return ok;
}

bool
recipe_read(struct recipe *r, const char *path, struct err *e)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	size_t n;
	bool ok;

	if (!f)
		return err_set(
		    e, "cannot open '%s': %s", path, strerror(errno));
	do {
		buf_need(&b, 1 << 14);
		n = fread(b.s + b.n, 1, 1 << 14, f);
		b.n += n;
	} while (n && b.n <= YAML_MOST);
	ok = !ferror(f) && b.n <= YAML_MOST;
	fclose(f);
	ok = ok ? recipe_parse(r, (struct str){ b.s, b.n }, path, e)
		: err_set(e, "cannot read '%s'", path);
	buf_done(&b);
	return ok;
}

void
recipe_add(struct recipe *r, const char *path)
{
	r->model = need_grow(r->model, r->models + 1, sizeof *r->model);
	r->model[r->models++] = (struct recipe_model){ kept(r, path), { 0 } };
}

bool
recipe_set(struct recipe *r, long m, const char *name, const char *value,
    struct err *e)
{
	struct recipe_settings *to = m < 0 ? &r->all : &r->model[m].own;
	struct recipe_setting *s = arena_take(&r->mem, (to->n + 1) * sizeof *s);
	struct recipe_case *c = arena_take(&r->mem, sizeof *c);

	c->at = arena_take(&r->mem, sizeof *c->at);
	c->n = 1;
	if (!number(value, c, c->at))
		return err_set(e, "'%s' is no value for '%s'", value, name);
	s[0] = (struct recipe_setting){ kept(r, name), c, 1 };
	if (to->n)
		memcpy(s + 1, to->s, to->n * sizeof *s);
	to->s = s;
	to->n++;
	return true;
}

void
recipe_done(struct recipe *r)
{
	free(r->model);
	arena_done(&r->mem);
	*r = (struct recipe){ 0 };
}

static double
along(const struct recipe_case *c, double t)
{
	double x = t * (double)(c->n - 1);
	size_t i = (size_t)x, j = i + 1 < c->n ? i + 1 : c->n - 1;
	double part = x - (double)i;

	if (c->yes_no || c->n == 1)
		return c->at[i];
	return (1 - part) * c->at[i] + part * c->at[j];
}

static bool
find(const struct recipe_settings *all, const char *name, const char *tensor,
    double t, double *to)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct recipe_setting *s = &all->s[i];

		if (strcmp(s->name, name))
			continue;
		for (size_t k = 0; k < s->n; k++)
			if (!s->cases[k].filter ||
			    strstr(tensor, s->cases[k].filter)) {
				*to = along(&s->cases[k], t);
				return true;
			}
		return false;
	}
	return false;
}

bool
recipe_value(const struct recipe *r, long m, const char *name,
    const char *tensor, double t, double *to)
{
	return (m >= 0 && find(&r->model[m].own, name, tensor, t, to)) ||
	       find(&r->all, name, tensor, t, to);
}
