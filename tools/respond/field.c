#include "tools/respond/field.h"

#include <stdarg.h>
#include <stdio.h>

bool
call_fail(struct call *c, int status, const char *param, const char *fmt, ...)
{
	va_list ap;

	if (c->fault.status)
		return false;
	c->fault.status = status;
	c->fault.param = param;
	va_start(ap, fmt);
	vsnprintf(c->fault.message.why, sizeof c->fault.message.why, fmt, ap);
	va_end(ap);
	return false;
}

bool
field_skip(struct call *c, const struct field *f, const struct json *v)
{
	(void)c;
	(void)f;
	(void)v;
	return true;
}

bool
field_only(struct call *c, const struct field *f, const struct json *v)
{
	struct str s = json_raw(&c->r.doc, v);

	if (str_eq(s, f->as))
		return true;
	return call_fail(c, 400, f->name,
	    "'%s' is not supported here, other than %s", f->name, f->as);
}

bool
field_real(struct call *c, const struct field *f, const struct json *v)
{
	double x, *to = (double *)(void *)((char *)c + f->at);
	char low[33] = "", high[33] = "";

	if (v->type == JSON_NUMBER && json_real(&c->r.doc, v, &x) &&
	    x >= f->min && x <= f->max) {
		*to = x;
		return true;
	}
	num_real(low, f->min);
	num_real(high, f->max);
	return call_fail(c, 400, f->name,
	    "'%s' is not a number between %s and %s", f->name, low, high);
}

static bool
whole_number(
    struct call *c, const struct field *f, const struct json *v, int64_t *x)
{
	if (v->type == JSON_NUMBER && json_int(&c->r.doc, v, x) &&
	    (double)*x >= f->min && (double)*x <= f->max)
		return true;
	return call_fail(c, 400, f->name,
	    "'%s' is not a whole number between %.0f and %.0f", f->name, f->min,
	    f->max);
}

bool
field_size(struct call *c, const struct field *f, const struct json *v)
{
	int64_t x;

	if (!whole_number(c, f, v, &x))
		return false;
	*(size_t *)(void *)((char *)c + f->at) = (size_t)x;
	return true;
}

/* -1 is 0, all of them, to some servers. */
bool
field_top_k(struct call *c, const struct field *f, const struct json *v)
{
	int64_t x;

	if (!whole_number(c, f, v, &x))
		return false;
	c->conf.draw.top_k = x < 0 ? 0 : (long)x;
	return true;
}

bool
field_seed(struct call *c, const struct field *f, const struct json *v)
{
	int64_t x;

	if (v->type != JSON_NUMBER || !json_int(&c->r.doc, v, &x))
		return call_fail(
		    c, 400, f->name, "'seed' is not a whole number");
	c->conf.draw.seed = (uint64_t)x;
	return true;
}

bool
field_flag(struct call *c, const struct field *f, const struct json *v)
{
	if (v->type != JSON_TRUE && v->type != JSON_FALSE)
		return call_fail(
		    c, 400, f->name, "'%s' is not true or false", f->name);
	*(bool *)((char *)c + f->at) = v->type == JSON_TRUE;
	return true;
}
