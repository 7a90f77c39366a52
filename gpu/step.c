/* A step of training: cut into micro-batches, weighed as one. */
#include "gpu/step.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/cpu/fun.h"

/* Units first .. end - 1 of a step laid out as one flat run. */
struct micro {
	size_t first, end;
	struct model_run run;
	int32_t *id, *cu, *at;
	float *weight; /* [n] of each token */
	float *tw;     /* [targets] */
	float *logp;   /* [targets] */
	float *coef;   /* [targets] */
	size_t *side;  /* [targets] 2 * unit + segment */
};

static size_t
tokens(const struct unit *u)
{
	return u->n[0] + (u->segs > 1 ? u->n[1] : 0);
}

static void
micro_free(struct micro *m)
{
	free(m->id);
	free(m->cu);
	free(m->at);
	free(m->weight);
	free(m->tw);
	free(m->logp);
	free(m->coef);
	free(m->side);
}

/* The targets of one segment that starts at `at` of the run. */
static void
add_targets(struct micro *m, size_t at, size_t n, size_t side)
{
	for (size_t i = 1; i < n; i++) {
		size_t t = m->run.targets;

		if (!(m->weight[at + i] > 0))
			continue;
		m->at[t] = (int32_t)(at + i);
		m->tw[t] = m->weight[at + i];
		m->side[t] = side;
		m->run.targets++;
	}
}

static void
lay_out(struct micro *m, const struct unit *const *u)
{
	for (size_t k = m->first; k < m->end; k++) {
		size_t from = 0;

		memcpy(
		    m->id + m->run.n, u[k]->id, tokens(u[k]) * sizeof *m->id);
		memcpy(m->weight + m->run.n, u[k]->weight,
		    tokens(u[k]) * sizeof *m->weight);
		for (size_t s = 0; s < u[k]->segs; s++) {
			if (!u[k]->n[s])
				continue;
			add_targets(m, m->run.n + from, u[k]->n[s],
			    2 * (k - m->first) + s);
			from += u[k]->n[s];
			m->cu[++m->run.segs] = (int32_t)(m->run.n + from);
		}
		m->run.n += from;
	}
}

/* The next micro-batch from unit `first` on: as many as fit, at least one. */
static struct micro
micro_make(const struct unit *const *u, size_t n, size_t first, size_t most)
{
	struct micro m = { .first = first, .end = first };
	size_t all = 0;

	while (m.end < n && (m.end == first || all + tokens(u[m.end]) <= most))
		all += tokens(u[m.end++]);
	m.id = need_alloc(all * sizeof *m.id);
	m.cu = need_zero(2 * (m.end - first) + 1, sizeof *m.cu);
	m.at = need_alloc(all * sizeof *m.at);
	m.weight = need_alloc(all * sizeof *m.weight);
	m.tw = need_alloc(all * sizeof *m.tw);
	m.logp = need_alloc(all * sizeof *m.logp);
	m.coef = need_alloc(all * sizeof *m.coef);
	m.side = need_alloc(all * sizeof *m.side);
	lay_out(&m, u);
	m.run.id = m.id;
	m.run.cu = m.cu;
	m.run.at = m.at;
	return m;
}

/* Sums over a step's units, side 2k the chosen (or only) segment of unit k. */
struct sums {
	double *logp;   /* [2n] weighted log-probability */
	double *weight; /* [2n] of targets */
	double *slope;  /* [2n] d loss / d logp, not yet over W */
	double *loss;   /* [n] of pairs */
	double first;   /* weight of all first segments' targets */
	double nll;     /* their token loss, summed */
};

static struct sums
sums_new(const struct unit *const *u, size_t n)
{
	struct sums s = { need_zero(2 * n + 1, sizeof(double)),
		need_zero(2 * n + 1, sizeof(double)),
		need_zero(2 * n + 1, sizeof(double)),
		need_zero(n + 1, sizeof(double)), 0, 0 };

	for (size_t k = 0; k < n; k++) {
		const float *w = u[k]->weight;

		for (size_t g = 0; g < u[k]->segs; w += u[k]->n[g++])
			for (size_t i = 1; i < u[k]->n[g]; i++)
				if (w[i] > 0)
					s.weight[2 * k + g] += (double)w[i];
		s.first += s.weight[2 * k];
	}
	return s;
}

static void
sums_free(struct sums *s)
{
	free(s->logp);
	free(s->weight);
	free(s->slope);
	free(s->loss);
}

/* A micro-batch's log-probabilities, into the sums. */
static void
sums_add(const struct step_conf *c, struct sums *s, const struct micro *m)
{
	for (size_t t = 0; t < m->run.targets; t++) {
		size_t side = 2 * m->first + m->side[t];
		double x = (double)m->tw[t] * (double)m->logp[t];

		s->logp[side] += x;
		if (side % 2 == 0)
			s->nll -=
			    c->dft ? x * fun_exp64((double)m->logp[t]) : x;
	}
}

/* Losses and slopes of the pairs first .. end - 1, whose sums are complete. */
static void
pair_losses(const struct step_conf *c, const struct unit *const *u,
    struct sums *s, size_t first, size_t end)
{
	size_t n = end - first;
	double *v = need_zero(8 * n + 1, sizeof *v);
	double *w = v, *l = v + n, *rw = v + 2 * n, *rl = v + 3 * n;
	double *nw = v + 4 * n, *nl = v + 5 * n, *dw = v + 6 * n;
	double *dl = v + 7 * n;
	struct pairs p = { .n = n,
		.w = w,
		.l = l,
		.rw = rw,
		.rl = rl,
		.nw = nw,
		.nl = nl,
		.beta = c->beta,
		.smooth = c->smooth,
		.divergence = c->divergence,
		.alpha = c->alpha,
		.loss = s->loss + first,
		.dw = dw,
		.dl = dl };

	for (size_t i = 0; i < n; i++) {
		size_t k = first + i;

		w[i] = s->logp[2 * k];
		l[i] = s->logp[2 * k + 1];
		rw[i] = u[k]->ref[0];
		rl[i] = u[k]->ref[1];
		nw[i] = s->weight[2 * k];
		nl[i] = s->weight[2 * k + 1];
	}
	loss_pairs(c->loss, &p);
	for (size_t i = 0; i < n; i++) {
		s->slope[2 * (first + i)] = dw[i];
		s->slope[2 * (first + i) + 1] = dl[i];
	}
	free(v);
}

/* d loss / d logp of each target of a micro-batch. */
static void
coefficients(const struct step_conf *c, const struct sums *s, double weight,
    struct micro *m)
{
	for (size_t t = 0; t < m->run.targets; t++) {
		size_t side = 2 * m->first + m->side[t];
		double w = (double)m->tw[t], x;

		x = c->loss ? s->slope[side] * w / weight : -w / weight;
		if (c->dft)
			x *= fun_exp64((double)m->logp[t]);
		if (c->loss && c->sft > 0 && side % 2 == 0)
			x -= c->sft * w / s->first;
		m->coef[t] = (float)x;
	}
}

static void
count(struct step_out *out, const struct micro *m)
{
	out->tokens += m->run.n;
	out->targets += m->run.targets;
	for (size_t s = 0; s < m->run.segs; s++) {
		double n = m->cu[s + 1] - m->cu[s];

		out->pairs_qk += n * (n + 1) / 2;
	}
}

static void
rewards(const struct step_conf *c, const struct unit *const *u,
    const struct sums *s, size_t n, struct step_out *out)
{
	for (size_t k = 0; k < n; k++) {
		double w = c->beta * (s->logp[2 * k] - u[k]->ref[0]);
		double l = c->beta * (s->logp[2 * k + 1] - u[k]->ref[1]);

		out->loss += s->loss[k] / (double)n;
		out->chosen += w / (double)n;
		out->rejected += l / (double)n;
		out->margin += (w - l) / (double)n;
		out->accuracy += (w > l) / (double)n;
	}
	if (c->sft > 0 && s->first > 0)
		out->loss += c->sft * s->nll / s->first;
}

static void
finish(const struct step_conf *c, const struct unit *const *u,
    const struct sums *s, size_t n, struct step_out *out)
{
	if (c->loss)
		rewards(c, u, s, n, out);
	else if (out->weight > 0)
		out->loss = s->nll / out->weight;
}

static double
step_weight(const struct step_conf *c, const struct sums *s, size_t n)
{
	return c->loss ? (double)n : s->first;
}

/* Forward only over the whole step. */
static void
look(struct model *m, const struct step_conf *c, const struct unit *const *u,
    size_t n, struct sums *s, struct step_out *out)
{
	for (size_t k = 0; k < n;) {
		struct micro b = micro_make(u, n, k, c->micro);

		if (b.run.targets)
			model_logps(m, &b.run, b.logp);
		sums_add(c, s, &b);
		if (out)
			count(out, &b);
		k = b.end;
		micro_free(&b);
	}
}

/* One micro-batch, forward and backward. Where slopes are known before, the
 * head runs once. */
static void
learn(struct model *m, const struct step_conf *c, const struct unit *const *u,
    struct sums *s, double weight, struct micro *b)
{
	bool before = c->loss ? c->loss->sort : !c->dft;

	if (!b->run.targets)
		return;
	model_forward(m, &b->run, before ? NULL : b->logp);
	if (!before)
		sums_add(c, s, b);
	if (!before && c->loss)
		pair_losses(c, u, s, b->first, b->end);
	coefficients(c, s, weight, b);
	model_backward(
	    m, &b->run, b->coef, before && !c->loss ? b->logp : NULL);
	if (before && !c->loss)
		sums_add(c, s, b);
}

void
step_learn(struct model *m, const struct step_conf *c,
    const struct unit *const *u, size_t n, struct step_out *out)
{
	struct sums s = sums_new(u, n);

	*out = (struct step_out){ .weight = step_weight(c, &s, n) };
	if (c->loss && c->loss->sort) {
		look(m, c, u, n, &s, NULL);
		pair_losses(c, u, &s, 0, n);
	}
	for (size_t k = 0; k < n && out->weight > 0;) {
		struct micro b = micro_make(u, n, k, c->micro);

		learn(m, c, u, &s, out->weight, &b);
		count(out, &b);
		k = b.end;
		micro_free(&b);
	}
	finish(c, u, &s, n, out);
	sums_free(&s);
}

void
step_measure(struct model *m, const struct step_conf *c,
    const struct unit *const *u, size_t n, struct step_out *out)
{
	struct sums s = sums_new(u, n);

	*out = (struct step_out){ .weight = step_weight(c, &s, n) };
	look(m, c, u, n, &s, out);
	if (c->loss)
		pair_losses(c, u, &s, 0, n);
	finish(c, u, &s, n, out);
	sums_free(&s);
}

void
step_reference(struct model *m, struct unit *const *u, size_t n, size_t micro)
{
	const struct unit *const *c = (const struct unit *const *)u;
	struct step_conf conf = { .micro = micro };
	struct sums s = sums_new(c, n);

	look(m, &conf, c, n, &s, NULL);
	for (size_t k = 0; k < n; k++) {
		u[k]->ref[0] = s.logp[2 * k];
		u[k]->ref[1] = s.logp[2 * k + 1];
	}
	sums_free(&s);
}
