/*
 * Every kernel path this machine has against its reference, bit for bit, over
 * awkward shapes and 1, 2 and 3 threads; and rows together against rows
 * alone, cached attention against flat attention.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/backend.h"

static const struct ops *o = &cpu_ops;
static struct dev *d;
static int passed, failed;

static uint64_t seed;

static float
noise(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (float)(seed >> 40 & 0xffff) / 32768 - 1;
}

static void *held[4096];
static size_t holds;

static void *
hold(size_t bytes)
{
	return held[holds++] = o->take(d, bytes);
}

static void
drop(void)
{
	while (holds)
		o->give(d, held[--holds]);
}

static float *
room(size_t n)
{
	return hold(n * sizeof(float));
}

/* n noisy numbers, now and then a zero or one that bf16 must flush. */
static float *
rand_up(size_t n)
{
	float *x = room(n), *host = need_zero(n, sizeof *host);

	for (size_t i = 0; i < n; i++) {
		host[i] = noise();
		if (seed % 97 == 0)
			host[i] = seed % 2 ? 0 : 1e-39f;
	}
	o->put(d, x, host, n * sizeof *x);
	free(host);
	return x;
}

/* The same, one in `odd` of another size, from tiny to huge. */
static float *
wide_up(size_t n, size_t odd)
{
	float *x = room(n), *host = need_zero(n, sizeof *host);

	for (size_t i = 0; i < n; i++) {
		host[i] = noise();
		if (seed % odd == 0)
			host[i] = ldexpf(host[i], (int)(seed >> 40) % 100 - 50);
	}
	o->put(d, x, host, n * sizeof *x);
	free(host);
	return x;
}

static int32_t *
ints_up(const int32_t *host, size_t n)
{
	int32_t *x = hold(n * sizeof *x);

	o->put(d, x, host, n * sizeof *x);
	return x;
}

/* What a scenario gave, in order. */
static struct buf got;

static void
keep(const void *x, size_t bytes)
{
	buf_need(&got, bytes);
	o->get(d, got.s + got.n, x, bytes);
	o->sync(d);
	got.n += bytes;
}

static void
keep_n(const float *x, size_t n)
{
	keep(x, n * sizeof *x);
}

struct shape {
	const char *name;
	size_t n, in, out; /* rows; a weight [out, in] */
	size_t heads, kv_heads, dim, window;
};

static const struct shape shapes[] = {
	{ "ones", 1, 1, 1, 1, 1, 2, 0 },
	{ "odd", 31, 31, 33, 3, 1, 64, 0 },
	{ "grouped", 70, 96, 130, 9, 3, 64, 0 },
	{ "window", 67, 257, 100, 4, 4, 96, 13 },
	{ "window of two pages", 129, 40, 17, 2, 1, 80, 64 },
	{ "small heads", 13, 50, 7, 32, 2, 6, 5 },
	{ "long", 300, 65, 64, 2, 2, 34, 0 },
	{ "deep", 14, 2103, 35, 1, 1, 2, 0 },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Norms of two heads of [n, 3, in], out into [n, 2, in] and in place. */
static void
head_norms(const struct shape *s)
{
	size_t n = s->n, c = s->in, rows = 2 * n;
	float *x = rand_up(3 * n * c), *out = room(rows * c);
	float *gain = rand_up(c), *rstd = room(rows), *dgain = rand_up(c);
	float *dx = rand_up(3 * n * c);

	o->rmsnorm(d, &(struct op_rmsnorm){ out, x + c, gain, rstd, rows, c,
			  1e-5f, 1, 2, 3 * c, 2 * c });
	keep_n(out, rows * c);
	keep_n(rstd, rows);
	o->rmsnorm_grad(d, &(struct op_rmsnorm_grad){ dx + c, dgain, out, x + c,
			       gain, rstd, rows, c, 1, true, 2, 3 * c, 2 * c });
	keep_n(dx, 3 * n * c);
	keep_n(dgain, c);
	o->rmsnorm(d, &(struct op_rmsnorm){ x + c, x + c, gain, NULL, rows, c,
			  1e-5f, 0, 2, 3 * c, 3 * c });
	keep_n(x, 3 * n * c);
}

/* Element-wise and row-wise ops over [n, in]. */
static void
rows(const struct shape *s)
{
	size_t n = s->n, c = s->in, all = n * c, i;
	float *x = rand_up(all), *y = rand_up(all), *gain = rand_up(c);
	float *out = room(all), *rstd = room(n), *dgain = rand_up(c);
	float *gu = rand_up(2 * all), *dgu = room(2 * all), *coef = rand_up(n);
	int32_t *row = need_zero(n, sizeof *row), *at;
	double *sum = hold(sizeof *sum);

	o->axpy(d, &(struct op_axpy){ y, x, all, 0.3f });
	keep_n(y, all);
	o->rmsnorm(
	    d, &(struct op_rmsnorm){ out, x, gain, rstd, n, c, 1e-5f, 1 });
	keep_n(out, all);
	keep_n(rstd, n);
	o->rmsnorm_grad(d,
	    &(struct op_rmsnorm_grad){ y, dgain, out, x, gain, rstd, n, c, 1 });
	keep_n(y, all);
	keep_n(dgain, c);
	head_norms(s);
	for (enum act act = ACT_SILU; act <= ACT_GELU; act++) {
		o->glu(d, &(struct op_glu){ out, gu, n, c, act });
		keep_n(out, all);
		o->glu_grad(d, &(struct op_glu_grad){ dgu, x, gu, n, c, act });
		keep_n(dgu, 2 * all);
	}
	o->glu_grad(d, &(struct op_glu_grad){ gu, x, gu, n, c, ACT_SILU });
	keep_n(gu, 2 * all);
	for (i = 0; i < n; i++)
		row[i] = (int32_t)(i * 7 % n);
	at = ints_up(row, n);
	o->gather(d, &(struct op_gather){ out, x, at, n, c });
	keep_n(out, all);
	for (i = 0; i < n; i++)
		row[i] = (int32_t)(i % (n / 2 + 1));
	o->scatter(
	    d, &(struct op_scatter){ y, out, ints_up(row, n), n, c, n, 0.7f });
	keep_n(y, all);
	o->bias_grad(d, &(struct op_bias_grad){ dgain, x, n, c });
	keep_n(dgain, c);
	for (i = 0; i < n; i++)
		row[i] = (int32_t)(i * 5 % c);
	at = ints_up(row, n);
	for (int grad = 0; grad < 2; grad++) {
		o->logp(d,
		    &(struct op_logp){ gu, 2 * c, at, coef, rstd, n, c, grad });
		keep_n(rstd, n);
		keep_n(gu, 2 * all);
	}
	o->sumsq(d, &(struct op_sumsq){ sum, x, all });
	keep(sum, sizeof *sum);
	o->fill(d, &(struct op_fill){ dgu, all, 0.25f });
	o->adamw(d, &(struct op_adamw){ x, y, dgu, out, all, 1e-3, 0.9, 0.999,
			1e-8, 0.1, 0.1, 0.001, 0.7f });
	keep_n(x, all);
	keep_n(y, all);
	keep_n(dgu, all);
	o->copy(d, &(struct op_copy){ out, x, all });
	keep_n(out, all);
	free(row);
}

/* Products with a weight [out, in], put in two uneven pieces. */
static void
products(const struct shape *s)
{
	size_t n = s->n, in = s->in, rest = s->out / 3;
	float *x = rand_up(n * in), *w = rand_up(s->out * in);
	float *y = rand_up(n * s->out), *dx = rand_up(n * in);
	float *dw = rand_up(s->out * in), *bias = rand_up(s->out);
	struct mat *m = o->mat_new(d, s->out, in, MAT_X | MAT_DX);
	int32_t id[3] = { 0, (int32_t)s->out - 1, (int32_t)s->out / 2 };

	o->mat_put(d, &(struct op_mat_put){ m, 0, s->out - rest, w });
	o->mat_put(d, &(struct op_mat_put){
			  m, s->out - rest, rest, w + (s->out - rest) * in });
	o->linear(d, &(struct op_linear){ y, x, m, NULL, n, false });
	keep_n(y, n * s->out);
	o->linear(d, &(struct op_linear){ y, x, m, bias, n, true });
	keep_n(y, n * s->out);
	o->linear_dx(d, &(struct op_linear_dx){ dx, y, m, n, true });
	keep_n(dx, n * in);
	o->linear_dx(d, &(struct op_linear_dx){ dx, y, m, n, false });
	keep_n(dx, n * in);
	o->linear_dw(d, &(struct op_linear_dw){ dw, y, x, n, s->out, in });
	keep_n(dw, s->out * in);
	o->embed(d,
	    &(struct op_embed){ dx, m, ints_up(id, 3), n < 3 ? n : 3, 0.5f });
	keep_n(dx, (n < 3 ? n : 3) * in);
	o->mat_free(d, m);
}

static enum products products_now;

/* What is made of a mat that is kept small. */
static void
small_uses(const struct shape *s, const struct mat *m, const float *x)
{
	size_t n = s->n, in = s->in;
	float *y = rand_up(n * s->out), *bias = rand_up(s->out);
	float *e = room(2 * in);
	int32_t id[2] = { 0, (int32_t)s->out - 1 };

	o->linear(d, &(struct op_linear){ y, x, m, NULL, n, false });
	keep_n(y, n * s->out);
	o->linear(d, &(struct op_linear){ y, x, m, bias, n, true });
	keep_n(y, n * s->out);
	o->linear(d, &(struct op_linear){ y, x, m, bias, 1, false });
	keep_n(y, s->out);
	o->embed(d, &(struct op_embed){ e, m, ints_up(id, 2), 2, 0.5f });
	keep_n(e, 2 * in);
}

/* The same kept smaller: bf16, packed or not, and codes in blocks of 32 and
 * 16. */
static void
small(const struct shape *s)
{
	static const int kept[] = { MAT_BF16, MAT_BF16, MAT_BF16, MAT_CODE8,
		MAT_CODE4, MAT_CODE8 | MAT_SHORT, MAT_CODE4 | MAT_SHORT };
	static const size_t odd[] = { 1000000, 400, 2 }; /* of bf16 */
	size_t n = s->n, in = s->in, all = s->out * in, rest = s->out / 3;
	float *x = rand_up(n * in);
	float *scale = rand_up(all), *min = rand_up(all);
	int8_t *code = hold(all), *host = need_zero(all, 1);

	for (size_t k = 0; products_now == PRODUCTS_F32 && k < 7; k++) {
		struct mat *m = o->mat_new(d, s->out, in, MAT_X | kept[k]);
		size_t cut = s->out - rest,
		       block = kept[k] & MAT_SHORT ? 16 : 32;
		size_t blocks = (in + block - 1) / block;

		for (size_t i = 0; i < all; i++)
			host[i] =
			    (int8_t)(i * 7 % (kept[k] & MAT_CODE4 ? 16 : 251) -
				     (kept[k] & MAT_CODE4 ? 0 : 120));
		o->put(d, code, host, all);
		if (kept[k] & MAT_BF16) {
			float *w = wide_up(all, odd[k]);

			o->mat_put(d, &(struct op_mat_put){ m, 0, cut, w });
			o->mat_put(d,
			    &(struct op_mat_put){ m, cut, rest, w + cut * in });
		} else {
			o->mat_code(d, &(struct op_mat_code){
					   m, 0, cut, code, scale, min });
			o->mat_code(
			    d, &(struct op_mat_code){ m, cut, rest,
				   code + cut * in, scale + cut * blocks,
				   min + cut * blocks });
		}
		small_uses(s, m, x);
		if (kept[k] & MAT_BF16) {
			o->mat_pack(d, &(struct op_mat_pack){ m });
			small_uses(s, m, x);
		}
		o->mat_free(d, m);
	}
	free(host);
}

/* Flat attention over three segments (or one), its gradient, rotation. */
static void
attention(const struct shape *s)
{
	size_t nq = s->heads * s->dim, nk = s->kv_heads * s->dim, ld;
	size_t n = s->n, half = s->dim / 2;
	int32_t one[] = { 0, (int32_t)n },
		three[] = { 0, 1, (int32_t)n / 3 + 1, (int32_t)n };
	int32_t *pos = need_zero(n, sizeof *pos);
	float *qkv = rand_up(n * (nq + 2 * nk)), *out = room(n * nq);
	float *dqkv = rand_up(n * (nq + 2 * nk)), *lse = room(n * s->heads);

	ld = nq + 2 * nk;
	for (size_t i = 0; i < n; i++)
		pos[i] = (int32_t)(i % 9);
	for (int inverse = 0; inverse < 2; inverse++)
		o->rope(d,
		    &(struct op_rope){ qkv, ld, ints_up(pos, n),
			rand_up(9 * half * 2), n, s->heads, s->dim, inverse });
	keep_n(qkv, n * ld);
	for (int segs = 1; segs <= (n < 4 ? 1 : 3); segs += 2) {
		struct op_attn a = { out, lse, qkv, qkv + nq, qkv + nq + nk, nq,
			ld, ld, ld, n, NULL, (size_t)segs, n, s->heads,
			s->kv_heads, s->dim, s->window, 0.21f };

		a.cu = segs == 1 ? ints_up(one, 2) : ints_up(three, 4);
		o->attn(d, &a);
		keep_n(out, n * nq);
		keep_n(lse, n * s->heads);
		o->attn_grad(d, &(struct op_attn_grad){ a, rand_up(n * nq),
				    dqkv, dqkv + nq, dqkv + nq + nk });
		keep_n(dqkv, n * ld);
	}
	free(pos);
}

/* Two sequences that share their first page, grown row by row. */
static void
cached(const struct shape *s)
{
	size_t nq = s->heads * s->dim, nk = s->kv_heads * s->dim, n = s->n;
	size_t pages = (n + KV_PAGE - 1) / KV_PAGE;
	struct kv *kv = o->kv_new(d, 2, s->kv_heads, s->dim, 2 * pages);
	float *q = rand_up(n * nq), *k = rand_up(n * nk), *v = rand_up(n * nk);
	float *out = room(n * nq);
	int32_t *page = need_zero(2 * pages, sizeof *page);
	int32_t *slot = need_zero(3 * n, sizeof *slot);
	int32_t *first = slot + n, *len = first + n;

	for (size_t p = 0; p < pages; p++) {
		page[p] = (int32_t)(2 * pages - 1 - p);
		page[pages + p] = (int32_t)(p ? pages - 1 - p : 2 * pages - 1);
	}
	for (size_t i = 0; i < n; i++) {
		slot[i] = page[i / KV_PAGE] * KV_PAGE + (int32_t)i % KV_PAGE;
		first[i] = i % 3 == 2 ? (int32_t)pages : 0;
		len[i] = (int32_t)i + 1;
	}
	o->kv_put(
	    d, &(struct op_kv_put){ kv, 1, k, v, nk, nk, n, ints_up(slot, n) });
	for (size_t p = 1; p < pages; p++)
		o->kv_copy(d, &(struct op_kv_copy){ kv, (size_t)page[pages + p],
				  (size_t)page[p],
				  n - p * KV_PAGE < KV_PAGE ? n - p * KV_PAGE
							    : KV_PAGE });
	o->kv_attn(d, &(struct op_kv_attn){ out, q, nq, nq, n, kv, 1,
			  ints_up(page, 2 * pages), ints_up(first, n),
			  ints_up(len, n), n, s->heads, s->window, 0.21f });
	keep_n(out, n * nq);
	/* The same rows flat. */
	o->fill(d, &(struct op_fill){ q, 0, 0 });
	int32_t cu[] = { 0, (int32_t)n };
	float *flat = room(n * nq);

	o->attn(d, &(struct op_attn){ flat, NULL, q, k, v, nq, nq, nk, nk, n,
		       ints_up(cu, 2), 1, n, s->heads, s->kv_heads, s->dim,
		       s->window, 0.21f });
	keep_n(flat, n * nq);
	if (memcmp(got.s + got.n - n * nq * sizeof *q,
		got.s + got.n - 2 * n * nq * sizeof *q,
		n * nq * sizeof *q) != 0) {
		printf("FAIL %s: cached attention is not flat attention\n",
		    s->name);
		failed++;
	}
	o->kv_free(d, kv);
	free(page);
	free(slot);
}

/* Parts of dw are a multiple of so many rows. */
static size_t grain;

/* Rows of a product and of attention alone. */
static void
alone(const struct shape *s)
{
	size_t n = s->n, at = n / 2;
	float *x = rand_up(n * s->in), *w = rand_up(s->out * s->in);
	float *y = room(n * s->out), *y1 = room(s->out), *dw = rand_up(n);
	float *part = room(2 * s->out * s->in), *whole;
	struct mat *m = o->mat_new(d, s->out, s->in, MAT_X);
	size_t cut = n / 2 / grain * grain, from = got.n;
	size_t bytes = s->out * sizeof *y;

	(void)dw;
	o->mat_put(d, &(struct op_mat_put){ m, 0, s->out, w });
	o->linear(d, &(struct op_linear){ y, x, m, NULL, n, false });
	o->linear(
	    d, &(struct op_linear){ y1, x + at * s->in, m, NULL, 1, false });
	keep_n(y + at * s->out, s->out);
	keep_n(y1, s->out);
	if (memcmp(got.s + from, got.s + from + bytes, bytes) != 0) {
		printf("FAIL %s: a row alone differs\n", s->name);
		failed++;
	}
	/* dw over a cut at a row where it may be. */
	whole = part + s->out * s->in;
	o->linear_dw(
	    d, &(struct op_linear_dw){ whole, y, x, n, s->out, s->in });
	o->linear_dw(
	    d, &(struct op_linear_dw){ part, y, x, cut, s->out, s->in });
	o->linear_dw(d, &(struct op_linear_dw){ part, y + cut * s->out,
			    x + cut * s->in, n - cut, s->out, s->in });
	from = got.n;
	bytes = s->out * s->in * sizeof *y;
	keep_n(part, s->out * s->in);
	keep_n(whole, s->out * s->in);
	if (memcmp(got.s + from, got.s + from + bytes, bytes) != 0) {
		printf("FAIL %s: dw in two parts differs\n", s->name);
		failed++;
	}
	o->mat_free(d, m);
}

static const struct part {
	const char *name;
	void (*run)(const struct shape *);
} parts[] = {
	{ "rows", rows },
	{ "products", products },
	{ "small", small },
	{ "attention", attention },
	{ "cached", cached },
	{ "alone", alone },
};
enum { PARTS = sizeof parts / sizeof *parts };

/* Runs one part; what it gave is in got. */
static void
run(const struct part *p, const struct shape *s)
{
	buf_reset(&got);
	seed = 88172645463325252;
	p->run(s);
	drop();
}

static struct buf want[SHAPES][PARTS];

/* What has the bits of a reference. */
static const struct family {
	const char *ref;
	enum products products;
	size_t grain;
	const char *kernel[5];
} families[] = {
	{ "ref", PRODUCTS_F32, 2, { "plain", "avx2", "avx512" } },
	{ "ref", PRODUCTS_BF16, 2,
	    { "plain", "avx2", "avx512", "avx512-bf16" } },
	{ "amx-ref", PRODUCTS_BF16, 32, { "amx" } },
};
enum { FAMILIES = sizeof families / sizeof *families };

static void
compare(const char *kernel, enum products products, int threads)
{
	struct err e;

	products_now = products;
	d = o->open(&(struct dev_conf){ threads, products, kernel }, &e);
	if (!d) {
		if (threads == 1)
			printf("%s\n", e.why);
		return;
	}
	for (size_t s = 0; s < SHAPES; s++)
		for (size_t p = 0; p < PARTS; p++) {
			const struct buf *w = &want[s][p];

			run(&parts[p], &shapes[s]);
			if (got.n == w->n &&
			    (!w->n || !memcmp(got.s, w->s, w->n))) {
				passed++;
				continue;
			}
			for (size_t i = 0; i + 4 <= w->n; i += 4)
				if (memcmp(got.s + i, w->s + i, 4) != 0) {
					float a, b;

					memcpy(&a, got.s + i, 4);
					memcpy(&b, w->s + i, 4);
					printf("  at %zu of %zu: %.9g %.9g\n",
					    i / 4, w->n / 4, (double)a,
					    (double)b);
					break;
				}
			printf("FAIL %s, %s, %s, %s, %d threads\n", kernel,
			    products == PRODUCTS_F32 ? "f32" : "bf16",
			    shapes[s].name, parts[p].name, threads);
			failed++;
		}
	o->close(d);
}

int
main(void)
{
	for (size_t f = 0; f < FAMILIES; f++) {
		const struct family *of = families + f;
		struct err e;

		grain = of->grain;
		products_now = of->products;
		d = o->open(&(struct dev_conf){ 1, of->products, of->ref }, &e);
		for (size_t s = 0; s < SHAPES; s++)
			for (size_t p = 0; p < PARTS; p++) {
				run(&parts[p], &shapes[s]);
				buf_done(&want[s][p]);
				want[s][p] = got;
				got = (struct buf){ 0 };
			}
		o->close(d);
		for (size_t k = 0; of->kernel[k]; k++)
			for (int threads = 1; threads <= 3; threads++)
				compare(of->kernel[k], of->products, threads);
	}
	for (size_t s = 0; s < SHAPES; s++)
		for (size_t p = 0; p < PARTS; p++)
			buf_done(&want[s][p]);
	buf_done(&got);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
