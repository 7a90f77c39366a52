#include "tools/judge/tally.h"

#include <math.h>
#include <stdlib.h>

#include "libcore/agreement.h"
#include "libcore/tool.h"

struct tally {
	const char *score;
	const struct jury *jury;
	struct agreement *table; /* or NULL */
	/* [judges, judges], a < b used: over the records where both have an
	 * order */
	double *tau;
	size_t *records;
};

struct tally *
tally_new(const char *score, const struct jury *jury, int low, int high)
{
	struct tally *t = need_zero(1, sizeof *t);

	t->score = score;
	t->jury = jury;
	if (low <= high)
		t->table = agreement_new(jury->n, low, high);
	t->tau = need_zero(jury->n * jury->n, sizeof *t->tau);
	t->records = need_zero(jury->n * jury->n, sizeof *t->records);
	return t;
}

void
tally_free(struct tally *t)
{
	if (!t)
		return;
	agreement_free(t->table);
	free(t->tau);
	free(t->records);
	free(t);
}

void
tally_item(struct tally *t, const int *step, const bool *there)
{
	if (t->table)
		agreement_add(t->table, step, there);
}

/* The items that both have: x and y hold n each. */
static double
tau_of(const double *a, const double *b, size_t n, double *x, double *y)
{
	size_t both = 0;

	for (size_t i = 0; i < n; i++) {
		if (isnan(a[i]) || isnan(b[i]))
			continue;
		x[both] = a[i];
		y[both++] = b[i];
	}
	return agreement_tau_b(x, y, both);
}

void
tally_ranking(struct tally *t, const double *value, size_t n)
{
	double *x = need_zero(2 * n + 1, sizeof *x);

	for (size_t a = 0; a < t->jury->n; a++)
		for (size_t b = a + 1; b < t->jury->n; b++) {
			double tau =
			    tau_of(value + a * n, value + b * n, n, x, x + n);

			if (isnan(tau))
				continue;
			t->tau[a * t->jury->n + b] += tau;
			t->records[a * t->jury->n + b]++;
		}
	free(x);
}

static void
put_real(struct buf *b, const char *name, double x)
{
	buf_printf(b, ",\"%s\":", name);
	buf_json_real(b, x);
}

/* What two judges have in common, JSON; *n: items of the kappas. */
static void
put_pair(struct buf *b, const struct tally *t, size_t i, size_t j)
{
	size_t at = i * t->jury->n + j, n;

	buf_puts(b, "{\"a\":");
	buf_json_str(b, str_of(t->jury->names[i]));
	buf_puts(b, ",\"b\":");
	buf_json_str(b, str_of(t->jury->names[j]));
	if (t->table) {
		double plain = agreement_cohen(t->table, i, j, false, &n);

		buf_printf(b, ",\"items\":%zu", n);
		put_real(b, "cohen_kappa", plain);
		put_real(b, "quadratic_kappa",
		    agreement_cohen(t->table, i, j, true, &n));
	}
	buf_printf(b, ",\"rankings\":%zu", t->records[at]);
	put_real(b, "kendall_tau_b",
	    t->records[at] ? t->tau[at] / (double)t->records[at] : (double)NAN);
	buf_char(b, '}');
}

static void
put_number(struct buf *b, const char *what, double x)
{
	if (isnan(x))
		buf_printf(b, "%s is not defined", what);
	else
		buf_printf(b, "%s %.3f", what, x);
}

/* The mean over all pairs of judges that have one; NaN if none. */
static double
mean_tau(const struct tally *t, size_t *records)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < t->jury->n * t->jury->n; i++) {
		sum += t->tau[i];
		n += t->records[i];
	}
	*records = n;
	return n ? sum / (double)n : (double)NAN;
}

static void
say(const struct tally *t)
{
	struct buf b = { 0 };
	size_t n = 0, records;
	double tau = mean_tau(t, &records);

	buf_printf(&b, "%s: %zu judges: ", t->score, t->jury->n);
	if (t->table && t->jury->n == 2) {
		put_number(&b, "Cohen's kappa",
		    agreement_cohen(t->table, 0, 1, false, &n));
		put_number(&b, ", with quadratic weights",
		    agreement_cohen(t->table, 0, 1, true, &n));
	} else if (t->table) {
		put_number(&b, "Fleiss' kappa", agreement_fleiss(t->table, &n));
	}
	if (t->table)
		buf_printf(&b, ", over %zu items; ", n);
	put_number(&b, "Kendall's tau-b", tau);
	buf_printf(&b, ", over %zu rankings", records);
	judge_say("%s", b.s);
	buf_done(&b);
}

void
tally_report(const struct tally *t)
{
	struct buf b = { 0 };
	size_t n;

	if (!t)
		return;
	say(t);
	buf_puts(&b, "{\"pairs\":[");
	for (size_t i = 0; i < t->jury->n; i++)
		for (size_t j = i + 1; j < t->jury->n; j++) {
			if (j > 1)
				buf_char(&b, ',');
			put_pair(&b, t, i, j);
		}
	buf_char(&b, ']');
	if (t->table && t->jury->n > 2) {
		double kappa = agreement_fleiss(t->table, &n);

		buf_printf(&b, ",\"items\":%zu", n);
		put_real(&b, "fleiss_kappa", kappa);
	}
	buf_char(&b, '}');
	judge_detail("agreement", t->score, (struct str){ b.s, b.n });
	buf_done(&b);
}
