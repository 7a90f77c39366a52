#include "gpu/merge.h"

#include <math.h>
#include <string.h>

/*
 * The methods. Loops run in blocks of fixed length, which compilers turn into
 * vector code; the tail is one by one, with the same operations.
 */
enum { BLOCK = 16 };

/* y = w x, or y += w x; products and sums rounded one by one */
static void
scale(float *restrict y, const float *restrict x, float w, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, x += BLOCK, y += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			y[i] = w * x[i];
	for (size_t i = 0; i < n; i++)
		y[i] = w * x[i];
}

static void
add(float *restrict y, const float *restrict x, float w, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, x += BLOCK, y += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			y[i] += w * x[i];
	for (size_t i = 0; i < n; i++)
		y[i] += w * x[i];
}

/* y += w (x - b) */
static void
add_delta(float *restrict y, const float *restrict x, const float *restrict b,
    float w, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, x += BLOCK, y += BLOCK, b += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			y[i] += w * (x[i] - b[i]);
	for (size_t i = 0; i < n; i++)
		y[i] += w * (x[i] - b[i]);
}

static void
divide(float *y, float by, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, y += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			y[i] /= by;
	for (size_t i = 0; i < n; i++)
		y[i] /= by;
}

static void
times(float *y, float by, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, y += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			y[i] *= by;
	for (size_t i = 0; i < n; i++)
		y[i] *= by;
}

/* y = b + w y */
static void
onto(float *restrict y, const float *restrict b, float w, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, y += BLOCK, b += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			y[i] = b[i] + w * y[i];
	for (size_t i = 0; i < n; i++)
		y[i] = b[i] + w * y[i];
}

/* sum x y in float64, over LANES running sums that are then added pairwise */
enum { LANES = 8 };

static double
product(const float *restrict x, const float *restrict y, size_t n)
{
	double sum[LANES] = { 0 };

	for (; n >= LANES; n -= LANES, x += LANES, y += LANES)
		for (int i = 0; i < LANES; i++)
			sum[i] += (double)x[i] * (double)y[i];
	for (size_t i = 0; i < n; i++)
		sum[i] += (double)x[i] * (double)y[i];
	for (int step = LANES / 2; step; step /= 2)
		for (int i = 0; i < step; i++)
			sum[i] += sum[i + step];
	return sum[0];
}

/* to[n] = x - b */
static void
subtract(float *restrict to, const float *restrict x, const float *restrict b,
    size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, to += BLOCK, x += BLOCK, b += BLOCK)
		for (int i = 0; i < BLOCK; i++)
			to[i] = x[i] - b[i];
	for (size_t i = 0; i < n; i++)
		to[i] = x[i] - b[i];
}

size_t
merge_vectors(size_t models, bool base, enum merge_sums s)
{
	return models + (s == SUMS_VECTORS && base);
}

/* Numbers at a time: the differences of all models from the base. */
enum { SLICE = 256 };

void
merge_products(double *to, const struct merge_piece *p, enum merge_sums s,
    size_t at, size_t n)
{
	size_t v = merge_vectors(p->models, p->base, s), end = at + n;
	float delta[MERGE_MODELS][SLICE];
	const float *x[MERGE_MODELS + 1];

	memset(to, 0, v * v * sizeof *to);
	for (; at < end; at += n) {
		n = end - at < SLICE ? end - at : SLICE;
		for (size_t i = 0; i < v; i++) {
			x[i] = (i < p->models ? p->in[i] : p->base) + at;
			if (s == SUMS_DELTAS) {
				subtract(delta[i], x[i], p->base + at, n);
				x[i] = delta[i];
			}
			for (size_t j = 0; j <= i; j++)
				to[i * v + j] += product(x[i], x[j], n);
		}
	}
	for (size_t i = 0; i < v; i++)
		for (size_t j = 0; j < i; j++)
			to[j * v + i] = to[i * v + j];
}

static float
weight_sum(const struct merge_piece *p, const double *w)
{
	float sum = 0;

	for (size_t i = 0; i < p->models; i++)
		sum += (float)w[i];
	return sum;
}

/*
 * out = sum_i w_i x_i, divided by sum_i w_i if normalize.
 * Source: Wortsman et al. 2022, arXiv 2203.05482 (model soups).
 */
enum { LINEAR_WEIGHT, LINEAR_NORMALIZE };

static void
linear(const struct merge_piece *p)
{
	const double *w = p->value[LINEAR_WEIGHT];

	scale(p->out, p->in[0], (float)w[0], p->n);
	for (size_t i = 1; i < p->models; i++)
		add(p->out, p->in[i], (float)w[i], p->n);
	if (p->value[LINEAR_NORMALIZE][0])
		divide(p->out, weight_sum(p, w), p->n);
}

/*
 * out = base + lambda * sum_i w_i (x_i - base); the sum is divided by
 * sum_i w_i if normalize, unless that is next to nothing.
 * Source: Ilharco et al. 2022, arXiv 2212.04089 (task arithmetic).
 */
enum { TASK_WEIGHT, TASK_NORMALIZE, TASK_LAMBDA };

static void
task_arithmetic(const struct merge_piece *p)
{
	const double *w = p->value[TASK_WEIGHT];
	float sum = weight_sum(p, w);

	memset(p->out, 0, p->n * sizeof *p->out);
	for (size_t i = 0; i < p->models; i++)
		add_delta(p->out, p->in[i], p->base, (float)w[i], p->n);
	if (p->value[TASK_NORMALIZE][0] && fabsf(sum) >= 1e-8f)
		divide(p->out, sum, p->n);
	onto(p->out, p->base, (float)p->value[TASK_LAMBDA][0], p->n);
}

/*
 * With c the mean over pairs of cos(x_i - base, x_j - base) and N models:
 * t = N c / (1 + (N - 1) c), out = t mean(x) + (1 - t) base.
 * Source: Jang et al. 2024, arXiv 2403.19522, eq. 7 (Model Stock); products
 * of norms below 1e-6 count as 1e-6, and a denominator next to nothing gives
 * t = 0.
 */
enum { STOCK_FILTER_WISE };

static double
within_one(double c)
{
	return c > 1 ? 1 : c < -1 ? -1 : c;
}

static double
stock_t(const double *product, size_t n)
{
	double c = 0, den;
	size_t pairs = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++, pairs++) {
			double norms =
			    sqrt(product[i * n + i]) * sqrt(product[j * n + j]);
			c += within_one(
			    product[i * n + j] / (norms > 1e-6 ? norms : 1e-6));
		}
	c /= (double)pairs;
	den = 1 + (double)(n - 1) * c;
	return fabs(den) < 1e-6 ? 0 : (double)n * c / den;
}

/* out[n] = t mean(x) + (1 - t) base, from `at` on */
static void
stock_mix(const struct merge_piece *p, double t, size_t at, size_t n)
{
	float *out = p->out + at;

	scale(out, p->in[0] + at, 1, n);
	for (size_t i = 1; i < p->models; i++)
		add(out, p->in[i] + at, 1, n);
	divide(out, (float)p->models, n);
	times(out, (float)t, n);
	add(out, p->base + at, (float)(1 - t), n);
}

static bool
stock_settle(double *coef, const double *product, const struct merge_piece *p,
    struct err *e)
{
	(void)e;
	coef[p->models] = stock_t(product, p->models);
	return true;
}

static void
model_stock(const struct merge_piece *p)
{
	double product[MERGE_MODELS * MERGE_MODELS];

	if (!p->value[STOCK_FILTER_WISE][0]) {
		stock_mix(p, p->coef[p->models], 0, p->n);
		return;
	}
	for (size_t at = 0; at < p->n; at += p->cols) {
		merge_products(product, p, SUMS_DELTAS, at, p->cols);
		stock_mix(p, stock_t(product, p->models), at, p->cols);
	}
}

/* out = sum_i coef_i x_i, the base's last */
static void
mix(const struct merge_piece *p)
{
	scale(p->out, p->in[0], (float)p->coef[0], p->n);
	for (size_t i = 1; i < p->models; i++)
		add(p->out, p->in[i], (float)p->coef[i], p->n);
	if (p->base)
		add(p->out, p->base, (float)p->coef[p->models], p->n);
}

/*
 * Along the arc between the base (t = 0) and the model (t = 1), th apart:
 * out = [sin((1 - t) th) base + sin(t th) x] / sin th; along the straight
 * line where they are all but parallel.
 * Source: Shoemake 1985, "Animating rotation with quaternion curves".
 */
enum { SLERP_T };

static double
not_tiny(double norm)
{
	return norm > 1e-8 ? norm : 1;
}

static bool
slerp_settle(double *coef, const double *product, const struct merge_piece *p,
    struct err *e)
{
	double t = p->value[SLERP_T][0];
	double norms = not_tiny(sqrt(product[0])) * not_tiny(sqrt(product[3]));
	double c = within_one(product[1] / norms), th = acos(c);

	(void)e;
	coef[0] = fabs(c) > 0.9995 ? t : sin(t * th) / sin(th);
	coef[1] = fabs(c) > 0.9995 ? 1 - t : sin((1 - t) * th) / sin(th);
	return true;
}

/*
 * The mean of the models' directions on the sphere, found by steps along the
 * mean of the tangents to them, times the mean of their norms.
 * Source: Karcher 1977, "Riemannian center of mass and mollifier smoothing".
 */
enum { KARCHER_STEPS, KARCHER_TOL };

/* <a, b> of two sums over unit vectors with these cosines [n, n] */
static double
inner(const double *a, const double *b, const double *cosine, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			sum += a[i] * b[j] * cosine[i * n + j];
	return sum;
}

/* One step of m, a sum over the unit vectors; the length of the step. */
static double
karcher_step(double *m, const double *cosine, size_t n, double tol)
{
	double tangent[MERGE_MODELS] = { 0 }, length;

	for (size_t i = 0; i < n; i++) {
		double one[MERGE_MODELS] = { 0 }, c, th, w;

		one[i] = 1;
		c = within_one(inner(one, m, cosine, n));
		th = acos(c);
		if (th < tol)
			continue;
		w = th / sin(th) / (double)n;
		for (size_t k = 0; k < n; k++)
			tangent[k] += w * (one[k] - c * m[k]);
	}
	length = sqrt(fmax(inner(tangent, tangent, cosine, n), 0));
	if (length < tol)
		return length;
	for (size_t k = 0; k < n; k++)
		m[k] = cos(length) * m[k] + sin(length) * tangent[k] / length;
	return length;
}

static void
to_length_one(double *m, const double *cosine, size_t n)
{
	double length = sqrt(inner(m, m, cosine, n));

	for (size_t i = 0; i < n; i++)
		m[i] /= length;
}

static bool
karcher_settle(double *coef, const double *product, const struct merge_piece *p,
    struct err *e)
{
	double cosine[MERGE_MODELS * MERGE_MODELS], m[MERGE_MODELS];
	double norm[MERGE_MODELS], tol = p->value[KARCHER_TOL][0], mean = 0;
	size_t of[MERGE_MODELS], n = 0;

	(void)e;
	for (size_t i = 0; i < p->models; i++) {
		norm[i] = sqrt(product[i * p->models + i]);
		mean += norm[i] / (double)p->models;
		coef[i] = 0;
		if (norm[i] > tol)
			of[n++] = i;
	}
	if (!n)
		return true;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			cosine[i * n + j] = product[of[i] * p->models + of[j]] /
					    (norm[of[i]] * norm[of[j]]);
	for (size_t i = 0; i < n; i++)
		m[i] = 1 / (double)n;
	if (inner(m, m, cosine, n) < tol * tol)
		for (size_t i = 0; i < n; i++)
			m[i] = i == 0;
	to_length_one(m, cosine, n);
	for (int i = 0; i < (int)p->value[KARCHER_STEPS][0]; i++) {
		if (karcher_step(m, cosine, n, tol) < tol)
			break;
		to_length_one(m, cosine, n);
	}
	for (size_t i = 0; i < n; i++)
		coef[of[i]] = mean * m[i] / norm[of[i]];
	return true;
}

/*
 * The model where it is close to the base, the base elsewhere: with
 * w = t / |base - x|, at most 1, out = w x + (1 - w) base.
 * As mergekit does it; no paper.
 */
enum { NEARSWAP_T };

static void
nearswap(const struct merge_piece *p)
{
	float t = (float)p->value[NEARSWAP_T][0];

	for (size_t i = 0; i < p->n; i++) {
		float x = p->in[0][i], b = p->base[i];
		float w = t / fmaxf(fabsf(b - x), 1e-6f);

		w = w > 1 ? 1 : w < 0 ? 0 : w;
		p->out[i] = w * x + (1 - w) * b;
	}
}

/* out = scale * x */
enum { PASS_SCALE };

static void
passthrough(const struct merge_piece *p)
{
	scale(p->out, p->in[0], (float)p->value[PASS_SCALE][0], p->n);
}

const struct merge_method merges[] = {
	{
	    .name = "linear",
	    .does = "weighted mean of the models",
	    .least = 1,
	    .most = MERGE_MODELS,
	    .param = { { "weight", true, true, (double)NAN },
		{ "normalize", false, false, 1 } },
	    .piece = linear,
	},
	{
	    .name = "task_arithmetic",
	    .does = "the base plus weighted differences from it",
	    .base = true,
	    .least = 1,
	    .most = MERGE_MODELS,
	    .param = { { "weight", true, true, (double)NAN },
		{ "normalize", false, false, 0 },
		{ "lambda", false, false, 1 } },
	    .ignored = "density rescale int8_mask ",
	    .piece = task_arithmetic,
	},
	{
	    .name = "model_stock",
	    .does = "between the base and the mean, by the models' angles",
	    .base = true,
	    .least = 2,
	    .most = MERGE_MODELS,
	    .param = { { "filter_wise", false, false, 0 } },
	    .sums = SUMS_DELTAS,
	    .told = "t",
	    .settle = stock_settle,
	    .piece = model_stock,
	},
	{
	    .name = "slerp",
	    .does = "along the arc from the base to a model",
	    .base = true,
	    .least = 1,
	    .most = 1,
	    .param = { { "t", false, true, (double)NAN } },
	    .sums = SUMS_VECTORS,
	    .settle = slerp_settle,
	    .piece = mix,
	},
	{
	    .name = "karcher",
	    .does = "the mean direction on the sphere",
	    .least = 1,
	    .most = MERGE_MODELS,
	    .param = { { "max_iter", false, false, 10 },
		{ "tol", false, false, 1e-5 } },
	    .sums = SUMS_VECTORS,
	    .settle = karcher_settle,
	    .piece = mix,
	},
	{
	    .name = "nearswap",
	    .does = "the model where it is close to the base",
	    .base = true,
	    .least = 1,
	    .most = 1,
	    .param = { { "t", false, true, (double)NAN } },
	    .piece = nearswap,
	},
	{
	    .name = "passthrough",
	    .does = "one model, scaled",
	    .least = 1,
	    .most = 1,
	    .param = { { "scale", true, false, 1 } },
	    .piece = passthrough,
	},
	{ 0 },
};

const struct merge_method *
merge_named(const char *name)
{
	for (const struct merge_method *m = merges; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}
