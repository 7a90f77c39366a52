/* Losses on pairs: each under its equation, and the table. */
#include "gpu/loss.h"

#include <stdlib.h>
#include <string.h>

#include "gpu/cpu/fun.h"
#include "libcore/die.h"

const char *const divergences[] = { "reverse_kl", "forward_kl", "js", "alpha",
	NULL };

static double
sigmoid(double x)
{
	return 1 / (1 + fun_exp64(-x));
}

/* log(1 + e) for e >= 0, exact for small e too (Kahan's quotient). */
static double
log1(double e)
{
	double u = 1 + e;

	return u > 1 ? fun_log64(u) * (e / (u - 1)) : e;
}

static double
log_sigmoid(double x)
{
	return x < 0 ? x - log1(fun_exp64(x)) : -log1(fun_exp64(-x));
}

/* -log sigmoid d. Source: Rafailov et al. 2023, arXiv 2305.18290, eq. 7. */
static double
dpo(const struct pair *p, double *slope)
{
	*slope = -sigmoid(-p->d);
	return -log_sigmoid(p->d);
}

/* -(1 - s) log sigmoid d - s log sigmoid -d.
 * Source: Mitchell 2023, "A note on DPO with noisy preferences" (cDPO). */
static double
cdpo(const struct pair *p, double *slope)
{
	*slope = -(1 - p->smooth) * sigmoid(-p->d) + p->smooth * sigmoid(p->d);
	return -(1 - p->smooth) * log_sigmoid(p->d) -
	       p->smooth * log_sigmoid(-p->d);
}

/* [-(1 - s) log sigmoid d + s log sigmoid -d] / (1 - 2s).
 * Source: Chowdhury et al. 2024, arXiv 2403.00409, eq. 12. */
static double
robust(const struct pair *p, double *slope)
{
	double s = p->smooth, by = 1 - 2 * s;

	*slope = (-(1 - s) * sigmoid(-p->d) - s * sigmoid(p->d)) / by;
	return (-(1 - s) * log_sigmoid(p->d) + s * log_sigmoid(-p->d)) / by;
}

/* max(0, 1 - d). Source: Zhao et al. 2023, arXiv 2305.10425 (SLiC). */
static double
hinge(const struct pair *p, double *slope)
{
	*slope = p->d < 1 ? -1 : 0;
	return p->d < 1 ? 1 - p->d : 0;
}

/* (d / beta - 1 / (2 beta))^2, log-probabilities per token.
 * Source: Azar et al. 2023, arXiv 2310.12036, eq. 17. */
static double
ipo(const struct pair *p, double *slope)
{
	double x = (p->d - 0.5) / p->beta;

	*slope = 2 * x / p->beta;
	return x * x;
}

/* Reverse KL between the smoothed label and sigmoid d.
 * Source: Ji et al. 2024, arXiv 2402.00856, eq. 16 (EXO). */
static double
exo(const struct pair *p, double *slope)
{
	double up = sigmoid(p->d), down = sigmoid(-p->d);
	double a = log_sigmoid(p->d) - fun_log64(1 - p->smooth);
	double b = log_sigmoid(-p->d) - fun_log64(p->smooth);

	*slope = up * down * (a - b);
	return up * a + down * b;
}

/* With m = sigmoid(d / 0.05): -(1 - m) log sigmoid d + m e^-d.
 * Source: Lu et al. 2024, arXiv 2406.08414 (DiscoPOP). */
static double
discopop(const struct pair *p, double *slope)
{
	double tau = 0.05, m = sigmoid(p->d / tau), e = fun_exp64(-p->d);
	double dm = m * sigmoid(-p->d / tau) / tau, ls = log_sigmoid(p->d);

	*slope = -(1 - m) * sigmoid(-p->d) + dm * ls - m * e + dm * e;
	return -(1 - m) * ls + m * e;
}

/* -log sigmoid(beta c) - log sigmoid(-beta c) / 2 - log sigmoid(-beta r) / 2.
 * Source: Chen et al. 2024, arXiv 2402.05369 (NCA). */
static double
nca(struct pair *p)
{
	double c = p->beta * p->c, r = p->beta * p->r;

	p->dc = p->beta * (-sigmoid(-c) + sigmoid(c) / 2);
	p->dr = p->beta * sigmoid(r) / 2;
	return -log_sigmoid(c) - log_sigmoid(-c) / 2 - log_sigmoid(-r) / 2;
}

/* -log sigmoid(beta c) - log sigmoid(-beta r): BCO without its running shift,
 * on pairs. Source: Jung et al. 2024, arXiv 2404.04656. */
static double
bco(struct pair *p)
{
	double c = p->beta * p->c, r = p->beta * p->r;

	p->dc = -p->beta * sigmoid(-c);
	p->dr = p->beta * sigmoid(r);
	return -log_sigmoid(c) - log_sigmoid(-r);
}

/* (c - 1 / (2 beta))^2 + (r + 1 / (2 beta))^2.
 * Source: Wu et al. 2024, arXiv 2405.00675, with hard labels (SPPO). */
static double
sppo(struct pair *p)
{
	double c = p->c - 0.5 / p->beta, r = p->r + 0.5 / p->beta;

	p->dc = 2 * c;
	p->dr = 2 * r;
	return c * c + r * r;
}

/* 1 - sigmoid(beta c) + sigmoid(beta r).
 * Source: D'Oosterlinck et al. 2024, arXiv 2408.06266 (APO-zero). */
static double
apo_zero(struct pair *p)
{
	double c = p->beta * p->c, r = p->beta * p->r;

	p->dc = -p->beta * sigmoid(c) * sigmoid(-c);
	p->dr = p->beta * sigmoid(r) * sigmoid(-r);
	return sigmoid(-c) + sigmoid(r);
}

/* sigmoid(beta c) + 1 - sigmoid(beta (c - r)). Source: the same (APO-down). */
static double
apo_down(struct pair *p)
{
	double c = p->beta * p->c, d = p->beta * (p->c - p->r);
	double slope = sigmoid(d) * sigmoid(-d);

	p->dc = p->beta * (sigmoid(c) * sigmoid(-c) - slope);
	p->dr = p->beta * slope;
	return sigmoid(c) + sigmoid(-d);
}

const struct loss losses[] = {
	/* clang-format off */
	{ .name = "sigmoid", .does = "DPO: -log sigmoid of the margin", .of_d = dpo },
	{ .name = "sigmoid_norm", .does = "the same, log-probabilities per token", .of_d = dpo, .per_token = true },
	{ .name = "cdpo", .does = "DPO with labels smoothed", .of_d = cdpo, .smooth = true },
	{ .name = "robust", .does = "unbiased under labels flipped at random", .of_d = robust, .smooth = true },
	{ .name = "hinge", .does = "SLiC: hinge on the margin", .of_d = hinge },
	{ .name = "ipo", .does = "squared distance of the margin per token from 1/(2 beta)", .of_d = ipo, .per_token = true },
	{ .name = "exo_pair", .does = "EXO: reverse KL to the smoothed label", .of_d = exo, .smooth = true },
	{ .name = "discopop", .does = "log-ratio modulated loss", .of_d = discopop },
	{ .name = "nca_pair", .does = "noise-contrastive alignment", .of = nca },
	{ .name = "bco_pair", .does = "binary classifier of both responses", .of = bco },
	{ .name = "sppo_hard", .does = "self-play, hard labels", .of = sppo },
	{ .name = "apo_zero", .does = "anchored: chosen up, rejected down", .of = apo_zero },
	{ .name = "apo_down", .does = "anchored: both down, rejected more", .of = apo_down },
	{ .name = "aot", .does = "margins of a step compared by rank, smoothed", .of_d = cdpo, .smooth = true, .sort = 1 },
	{ .name = "aot_unpaired", .does = "chosen and rejected of a step compared by rank, smoothed", .of_d = cdpo, .smooth = true, .sort = 2 },
	{ .name = NULL },
	/* clang-format on */
};

const struct loss *
loss_named(const char *name)
{
	for (const struct loss *l = losses; l->name; l++)
		if (!strcmp(l->name, name))
			return l;
	return NULL;
}

static double
diverge(const struct pairs *p, double x, double *slope)
{
	double a = p->alpha - 1;

	switch (p->divergence) {
	case REVERSE_KL:
		break;
	case FORWARD_KL:
		*slope = fun_exp64(-x);
		return 1 - *slope;
	case JS:
		*slope = sigmoid(-x);
		return fun_log64(2) + log_sigmoid(x);
	case ALPHA:
		*slope = fun_exp64(a * x);
		return (*slope - 1) / a;
	}
	*slope = 1;
	return x;
}

/* Losses of the margin d pass its slope on to both sides. */
static double
value(const struct loss *loss, struct pair *p)
{
	double slope, v;

	if (!loss->of_d)
		return loss->of(p);
	v = loss->of_d(p, &slope);
	p->dc = p->beta * slope;
	p->dr = -p->beta * slope;
	return v;
}

static void
one(const struct loss *loss, struct pairs *p, size_t i)
{
	double nw = loss->per_token ? p->nw[i] : 1;
	double nl = loss->per_token ? p->nl[i] : 1, fc, fr;
	struct pair x = { .beta = p->beta, .smooth = p->smooth };

	x.c = diverge(p, p->w[i] - p->rw[i], &fc) / nw;
	x.r = diverge(p, p->l[i] - p->rl[i], &fr) / nl;
	x.d = p->beta * (x.c - x.r);
	p->loss[i] = value(loss, &x);
	p->dw[i] = x.dc * fc / nw;
	p->dl[i] = x.dr * fr / nl;
}

struct ranked {
	double x;
	size_t i;
};

static int
by_value(const void *a, const void *b)
{
	const struct ranked *p = a, *q = b;

	if (p->x < q->x || p->x > q->x)
		return p->x < q->x ? -1 : 1;
	return p->i < q->i ? -1 : p->i > q->i;
}

/* Optimal transport in one dimension pairs the k-th smallest with the k-th
 * smallest. Source: Melnyk et al. 2024, arXiv 2406.05882 (AOT). */
static void
by_rank(const struct loss *loss, struct pairs *p)
{
	struct ranked *a = need_alloc(2 * (p->n + 1) * sizeof *a);
	struct ranked *b = a + p->n;
	bool paired = loss->sort == 1;

	for (size_t i = 0; i < p->n; i++) {
		a[i] = (struct ranked){
			paired ? p->w[i] - p->l[i] : p->w[i] - p->rw[i], i
		};
		b[i] = (struct ranked){
			paired ? p->rw[i] - p->rl[i] : p->l[i] - p->rl[i], i
		};
	}
	qsort(a, p->n, sizeof *a, by_value);
	qsort(b, p->n, sizeof *b, by_value);
	for (size_t k = 0; k < p->n; k++) {
		struct pair x = { .d = p->beta * (a[k].x - b[k].x),
			.beta = p->beta,
			.smooth = p->smooth };

		p->loss[a[k].i] = value(loss, &x);
		p->dw[a[k].i] = x.dc;
		p->dl[paired ? a[k].i : b[k].i] = x.dr;
	}
	free(a);
}

void
loss_pairs(const struct loss *loss, struct pairs *p)
{
	if (loss->sort) {
		by_rank(loss, p);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		one(loss, p, i);
}
