/* One score from several models. */
#include <math.h>
#include <stdlib.h>

#include "tools/judge/models.h"

bool jury_median;

struct verdicts
jury_members(
    struct work *w, size_t i, const struct jury *jury, const char *score)
{
	struct verdicts v = { .score = judge_member(w, i, "scores", score) };

	if (jury->n > 1)
		v.by = judge_member(w, i, "scores_by", score);
	if (jury->reasons)
		v.reasons = judge_member(w, i, "reasons", score);
	v.errors = judge_member(w, i, "errors", score);
	return v;
}

static int
by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* One value from those that there are, NaN if there are none. */
static double
cast(const struct jury *jury, const struct said *said)
{
	double *v = need_zero(jury->n, sizeof *v), x = 0;
	size_t n = 0;

	for (size_t i = 0; i < jury->n; i++)
		if (!isnan(said[i].value))
			v[n++] = said[i].value;
	for (size_t i = 0; i < n; i++)
		x += v[i];
	x = n ? x / (double)n : (double)NAN;
	if (n && jury_median) {
		qsort(v, n, sizeof *v, by_value);
		x = (v[(n - 1) / 2] + v[n / 2]) / 2;
	}
	free(v);
	return x;
}

static void
put_value(struct buf *b, double x)
{
	double whole = nearbyint(x);

	if (!(x < whole) && !(x > whole) && fabs(x) < 1e9)
		buf_json_int(b, (int64_t)x);
	else
		buf_json_real(b, x); /* NaN is null */
}

static void
set_by(struct work *w, struct member *m, const struct jury *jury,
    const struct said *said)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < jury->n; i++) {
		buf_char(&b, i ? ',' : '{');
		buf_json_str(&b, str_of(jury->names[i]));
		buf_char(&b, ':');
		put_value(&b, said[i].value);
	}
	buf_char(&b, '}');
	judge_set(w, m, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
set_reasons(struct work *w, struct member *m, const struct jury *jury,
    const struct said *said)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < jury->n; i++) {
		if (!said[i].reason.s)
			continue;
		if (jury->n > 1) {
			buf_char(&b, b.n ? ',' : '{');
			buf_json_str(&b, str_of(jury->names[i]));
			buf_char(&b, ':');
		}
		buf_json_str(&b, said[i].reason);
	}
	if (b.n && jury->n > 1)
		buf_char(&b, '}');
	if (b.n)
		judge_set(w, m, (struct str){ b.s, b.n });
	buf_done(&b);
}

static void
set_errors(struct work *w, size_t i, struct member *m, const struct jury *jury,
    const struct said *said)
{
	struct buf b = { 0 }, json = { 0 };

	for (size_t k = 0; k < jury->n; k++) {
		if (!said[k].fault)
			continue;
		buf_puts(&b, b.n ? "; " : "");
		if (jury->n > 1)
			buf_printf(&b, "%s: ", jury->names[k]);
		buf_puts(&b, said[k].fault);
	}
	if (b.n)
		buf_json_str(&json, (struct str){ b.s, b.n });
	else
		judge_unset(w, i, m);
	if (json.n)
		judge_set(w, m, (struct str){ json.s, json.n });
	buf_done(&b);
	buf_done(&json);
}

void
jury_set(struct work *w, size_t i, const struct jury *jury,
    const struct verdicts *v, const struct said *said)
{
	struct buf b = { 0 };

	put_value(&b, cast(jury, said));
	judge_set(w, v->score, (struct str){ b.s, b.n });
	buf_done(&b);
	if (v->by)
		set_by(w, v->by, jury, said);
	if (v->reasons)
		set_reasons(w, v->reasons, jury, said);
	set_errors(w, i, v->errors, jury, said);
}
