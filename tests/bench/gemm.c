/*
 * GF/s of the products and of attention on SmolLM2-135M's shapes, beside the
 * peak of this machine (register-only multiply-adds), as JSON.
 *
 * usage: gemm [f32|bf16] [threads] [kernel]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "gpu/backend.h"

static const struct ops *o = &cpu_ops;
static struct dev *d;

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#ifdef __x86_64__
enum { TURNS = 2000000, CHAINS = 12 };

static __attribute__((target("avx512f"))) double
peak_avx512(void)
{
	__m512 s[CHAINS], x = _mm512_set1_ps(0.999f);
	double t = seconds();
	float sum = 0;

	for (int i = 0; i < CHAINS; i++)
		s[i] = x;
	for (int k = 0; k < TURNS; k++)
#pragma GCC unroll 12
		for (int i = 0; i < CHAINS; i++)
			s[i] = _mm512_fmadd_ps(s[i], x, x);
	t = seconds() - t;
	for (int i = 0; i < CHAINS; i++)
		sum += _mm512_cvtss_f32(s[i]);
	return sum > 0 ? 32.0 * CHAINS * TURNS / t / 1e9 : 0;
}

static __attribute__((target("avx2,fma"))) double
peak_avx2(void)
{
	__m256 s[CHAINS], x = _mm256_set1_ps(0.999f);
	double t = seconds();
	float sum = 0;

	for (int i = 0; i < CHAINS; i++)
		s[i] = x;
	for (int k = 0; k < TURNS; k++)
#pragma GCC unroll 12
		for (int i = 0; i < CHAINS; i++)
			s[i] = _mm256_fmadd_ps(s[i], x, x);
	t = seconds() - t;
	for (int i = 0; i < CHAINS; i++)
		sum += _mm256_cvtss_f32(s[i]);
	return sum > 0 ? 16.0 * CHAINS * TURNS / t / 1e9 : 0;
}

static __attribute__((target("avx512f,avx512bf16"))) double
peak_dot(void)
{
	__m512 s[CHAINS];
	__m512i x = _mm512_set1_epi32(0x3f003f00);
	double t = seconds();
	float sum = 0;

	for (int i = 0; i < CHAINS; i++)
		s[i] = _mm512_set1_ps(1);
	for (int k = 0; k < TURNS; k++)
#pragma GCC unroll 12
		for (int i = 0; i < CHAINS; i++)
			s[i] = _mm512_dpbf16_ps(s[i], (__m512bh)x, (__m512bh)x);
	t = seconds() - t;
	for (int i = 0; i < CHAINS; i++)
		sum += _mm512_cvtss_f32(s[i]);
	return sum > 0 ? 64.0 * CHAINS * TURNS / t / 1e9 : 0;
}
#endif

/* One thread's peak for a kernel; 0 where it is not known. */
static double
peak(const char *kernel)
{
	double best = 0;

	for (int i = 0; i < 10; i++) {
		double now = 0;

#ifdef __x86_64__
		if (!strcmp(kernel, "avx2"))
			now = peak_avx2();
		else if (!strcmp(kernel, "avx512"))
			now = peak_avx512();
		else if (!strcmp(kernel, "avx512-bf16"))
			now = peak_dot();
#endif
		best = now > best ? now : best;
	}
	return best;
}

static float *
room(size_t n)
{
	float *x = o->take(d, n * sizeof *x), *host = need_alloc(n * 4);
	uint64_t s = 88172645463325252;

	for (size_t i = 0; i < n; i++) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		host[i] = (float)(s >> 40 & 0xffff) / 32768 - 1;
	}
	o->put(d, x, host, n * sizeof *x);
	free(host);
	return x;
}

static const struct shape {
	const char *name;
	size_t out, in;
} shapes[] = {
	{ "qkv", 960, 576 },
	{ "o", 576, 576 },
	{ "gateup", 3072, 576 },
	{ "down", 576, 1536 },
	{ "lmhead", 49152, 576 },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static struct {
	struct op_mat_put put;
	struct op_linear y;
	struct op_linear_dx dx;
	struct op_linear_dw dw;
	struct op_attn attn;
	struct op_attn_grad attn_grad;
} now;

static void
run_put(void)
{
	o->mat_put(d, &now.put);
}

static void
run_y(void)
{
	o->linear(d, &now.y);
}

static void
run_dx(void)
{
	o->linear_dx(d, &now.dx);
}

static void
run_dw(void)
{
	o->linear_dw(d, &now.dw);
}

static void
run_attn(void)
{
	o->attn(d, &now.attn);
}

static void
run_attn_grad(void)
{
	o->attn_grad(d, &now.attn_grad);
}

/* Best of the runs that fit in a tenth of a second, three at least. */
static double
best(void (*run)(void))
{
	double start = seconds(), least = 1e9;

	for (int i = 0; i < 3 || seconds() - start < 0.1; i++) {
		double t = seconds();

		run();
		o->sync(d);
		t = seconds() - t;
		least = t < least ? t : least;
	}
	return least;
}

static void
weights(const struct shape *s)
{
	static const size_t rows[] = { 1, 8, 32, 64, 512, 1024 };
	size_t most = s->out > 10000 ? 256 : 1024, all = s->out * s->in;
	float *w = room(all), *x = room(most * s->in), *dw = room(all);
	float *y = room(most * s->out), *dx = room(most * s->in);
	struct mat *m = o->mat_new(d, s->out, s->in, MAT_X | MAT_DX);

	now.put = (struct op_mat_put){ m, 0, s->out, w };
	printf(",\n {\"shape\":\"%s\",\"put_ms\":%.2f", s->name,
	    best(run_put) * 1e3);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = rows[i] < most ? rows[i] : most;
		double flops = 2.0 * (double)(n * all) / 1e9;

		now.y = (struct op_linear){ y, x, m, NULL, n, false };
		printf(",\"y%zu\":%.0f", n, flops / best(run_y));
		if (n < most)
			continue;
		now.dx = (struct op_linear_dx){ dx, y, m, n, false };
		now.dw = (struct op_linear_dw){ dw, y, x, n, s->out, s->in };
		printf(",\"dx%zu\":%.0f", n, flops / best(run_dx));
		printf(",\"dw%zu\":%.0f", n, flops / best(run_dw));
		break;
	}
	printf("}");
	fflush(stdout);
	o->mat_free(d, m);
	o->give(d, w);
	o->give(d, x);
	o->give(d, dw);
	o->give(d, y);
	o->give(d, dx);
}

static void
attention(size_t n)
{
	enum { HEADS = 9, KV = 3, DIM = 64, LD = (HEADS + 2 * KV) * DIM };
	float *qkv = room(n * LD), *dqkv = room(n * LD), *lse = room(n * HEADS);
	float *out = room(n * HEADS * DIM), *dout = room(n * HEADS * DIM);
	int32_t cu[] = { 0, (int32_t)n }, *at = o->take(d, sizeof cu);
	double flops = 2.0 * (double)(n * n) * DIM * HEADS / 1e9;

	o->put(d, at, cu, sizeof cu);
	now.attn = (struct op_attn){ out, lse, qkv, qkv + HEADS * DIM,
		qkv + (HEADS + KV) * DIM, HEADS * DIM, LD, LD, LD, n, at, 1, n,
		HEADS, KV, DIM, 0, 0.125f };
	now.attn_grad = (struct op_attn_grad){ now.attn, dout, dqkv,
		dqkv + HEADS * DIM, dqkv + (HEADS + KV) * DIM };
	printf(",\n {\"attention\":%zu,\"forward_ms\":%.2f", n,
	    best(run_attn) * 1e3);
	printf(",\"forward\":%.0f", flops / best(run_attn));
	printf(",\"gradient_ms\":%.2f", best(run_attn_grad) * 1e3);
	printf(",\"gradient\":%.0f}", 2.5 * flops / best(run_attn_grad));
	o->give(d, qkv);
	o->give(d, dqkv);
	o->give(d, lse);
	o->give(d, out);
	o->give(d, dout);
	o->give(d, at);
}

int
main(int argc, char **argv)
{
	struct dev_conf conf = { 1, PRODUCTS_BF16, NULL };
	struct err e;
	const char *kernel;

	if (argc > 1 && !strcmp(argv[1], "f32"))
		conf.products = PRODUCTS_F32;
	if (argc > 2)
		conf.threads = atoi(argv[2]);
	if (argc > 3)
		conf.kernel = argv[3];
	d = o->open(&conf, &e);
	if (!d)
		die("%s", e.why);
	kernel = o->kernel(d);
	printf("[{\"kernel\":\"%s\",\"products\":\"%s\",\"threads\":%d,"
	       "\"peak\":%.0f}",
	    kernel, conf.products == PRODUCTS_F32 ? "f32" : "bf16",
	    conf.threads, conf.threads * peak(kernel));
	for (size_t i = 0; i < SHAPES; i++)
		weights(&shapes[i]);
	attention(512);
	attention(1024);
	printf("\n]\n");
	o->close(d);
	return 0;
}
