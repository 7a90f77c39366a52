/*
 * The ops of the CPU backend: the elementary functions against libm, the
 * reference against values worked out by hand and against differences.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpu/backend.h"
#include "gpu/cpu/fun.h"

static int bad;
static const struct ops *o = &cpu_ops;
static struct dev *d;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static void
near(double got, double want, double within, const char *what)
{
	if (!(fabs(got - want) <= within)) {
		printf("FAIL %s: %.9g, not %.9g\n", what, got, want);
		bad = 1;
	}
}

static uint64_t seed = 88172645463325252;

static float
noise(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (float)(seed >> 40 & 0xffff) / 32768 - 1;
}

static struct dev *
device(int threads, enum products products, const char *kernel)
{
	struct err e;
	struct dev *dev =
	    o->open(&(struct dev_conf){ threads, products, kernel }, &e);

	if (!dev) {
		printf("FAIL open %s: %s\n", kernel, e.why);
		exit(1);
	}
	return dev;
}

/* Device memory that drop() gives back. */
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

/* n floats of device memory: from host, or noise where host is NULL. */
static float *
up(const float *host, size_t n)
{
	float *x = hold(n * sizeof *x), *made = NULL;

	if (!host) {
		host = made = need_zero(n, sizeof *made);
		for (size_t i = 0; i < n; i++)
			made[i] = noise();
	}
	o->put(d, x, host, n * sizeof *x);
	free(made);
	return x;
}

static int32_t *
up_int(const int32_t *host, size_t n)
{
	int32_t *x = hold(n * sizeof *x);

	o->put(d, x, host, n * sizeof *x);
	return x;
}

static void
down(float *host, const float *x, size_t n)
{
	o->get(d, host, x, n * sizeof *x);
	o->sync(d);
}

/* Units in the last place between a float and the truth. */
static double
ulps(float got, double want)
{
	int e;

	if (isnan(want) || isinf(want) || (float)want == got)
		return (float)want == got || (isnan(want) && isnan(got)) ? 0
									 : 1e9;
	frexp(want, &e);
	return fabs((double)got - want) / ldexp(1, (e < -125 ? -125 : e) - 24);
}

static void
functions(void)
{
	double worst[5] = { 0 };

	for (int i = -8800000; i <= 8900000; i += 7) {
		float x = (float)i * 1e-5f;

		if (x > -87.3f)
			worst[0] =
			    fmax(worst[0], ulps(fun_exp(x), exp((double)x)));
	}
	for (uint32_t u = 0x00800000; u < 0x7f800000; u += 9973) {
		double x = (double)fun_float(u);

		worst[1] = fmax(worst[1], ulps(fun_log((float)x), log(x)));
	}
	for (int i = -3000000; i < 3000000; i++) {
		double x = i * 0.0431, y = fabs(x) / 1000 + 1e-9;

		worst[2] = fmax(worst[2], fabs(fun_sin64(x) - sin(x)));
		worst[2] = fmax(worst[2], fabs(fun_cos64(x) - cos(x)));
		worst[3] =
		    fmax(worst[3], fabs(fun_exp64(x / 400) / exp(x / 400) - 1));
		worst[4] = fmax(worst[4],
		    fabs(fun_log64(y) - log(y)) / (fabs(log(y)) + 1e-300));
	}
	near(worst[0], 0, 2, "exp, ulp");
	near(worst[1], 0, 1, "log, ulp");
	near(worst[2], 0, 3e-16, "sin and cos");
	near(worst[3], 0, 5e-16, "exp64");
	near(worst[4], 0, 5e-16, "log64");
	expect(
	    fun_exp(-INFINITY) == 0 && isinf(fun_exp(89)), "exp at the ends");
	expect(isnan(fun_exp(NAN)) && isnan(fun_log(-1)), "not a number");
	expect(isinf(fun_log(0)) && fun_log(1) == 0, "log at the ends");
	for (int i = 0; i < 1000000; i++) {
		float x = ldexpf(noise(), (int)(seed % 200) - 100);
		float y = ldexpf(noise(), (int)(seed % 150) - 75);
		float z = ldexpf(noise(), (int)(seed % 170) - 85);

		if (fun_fma(x, y, z) != fmaf(x, y, z)) {
			near((double)fun_fma(x, y, z), (double)fmaf(x, y, z), 0,
			    "fma");
			break;
		}
	}
	expect(fun_bf16(1.00390625f) == 0x3f80, "bf16 ties to even");
	expect(fun_bf16(1.01171875f) == 0x3f82, "bf16 ties to even, up");
	expect(fun_bf16(-1e-39f) == 0x8000, "bf16 flushes");
	expect(fun_bf16(3.4e38f) == 0x7f80, "bf16 overflows");
}

/* Values worked out by hand. */
static void
by_hand(void)
{
	float *x = up((float[]){ 3, 4, 0, 0 }, 4), *out = up(NULL, 64);
	float *gain = up((float[]){ 1, 1, 2, 2 }, 4), got[8], got2[8];
	int32_t *id = up_int((int32_t[]){ 1, 0, 1 }, 3);
	int32_t *cu = up_int((int32_t[]){ 0, 1, 3 }, 3);
	struct mat *w = o->mat_new(d, 2, 3, MAT_X | MAT_DX);
	float *p = up((float[]){ 1 }, 1);
	double *sum = hold(sizeof *sum), total;

	/* rms = sqrt(25 / 4) */
	o->rmsnorm(d, &(struct op_rmsnorm){ out, x, gain, NULL, 1, 4, 0, 0 });
	down(got, out, 4);
	near((double)got[0], 1.2, 1e-6, "rmsnorm");
	near((double)got[1], 1.6, 1e-6, "rmsnorm");
	/* a quarter turn: cos 0, sin 1 */
	o->rope(d,
	    &(struct op_rope){ x, 4, id,
		up((float[]){ 1, 0, 1, 0, 0, 1, 0, 1 }, 8), 1, 1, 4, false });
	down(got, x, 4);
	expect(
	    got[0] == 0 && got[1] == 0 && got[2] == 3 && got[3] == 4, "rope");
	/* silu(1) * 2 */
	o->glu(d,
	    &(struct op_glu){ out, up((float[]){ 1, 2 }, 2), 1, 1, ACT_SILU });
	down(got, out, 1);
	near((double)got[0], 2 / (1 + exp(-1)), 1e-6, "swiglu");
	o->glu(d,
	    &(struct op_glu){ out, up((float[]){ 1, 2 }, 2), 1, 1, ACT_GELU });
	down(got, out, 1);
	/* 2 * 0.5 (1 + tanh(sqrt(2 / pi) 1.044715)) */
	near((double)got[0], 1.6823840, 1e-6, "geglu");
	/* W = [1 2 3; 4 5 6] */
	o->mat_put(d, &(struct op_mat_put){
			  w, 0, 2, up((float[]){ 1, 2, 3, 4, 5, 6 }, 6) });
	o->linear(d, &(struct op_linear){ out, up((float[]){ 1, 0, -1 }, 3), w,
			 up((float[]){ 10, 20 }, 2), 1, false });
	down(got, out, 2);
	expect(got[0] == 8 && got[1] == 18, "linear");
	o->linear_dx(d, &(struct op_linear_dx){
			    out, up((float[]){ 1, -1 }, 2), w, 1, false });
	down(got, out, 3);
	expect(got[0] == -3 && got[1] == -3 && got[2] == -3, "linear_dx");
	o->embed(d, &(struct op_embed){ out, w, id, 2, 2 });
	down(got, out, 6);
	expect(got[0] == 8 && got[2] == 12 && got[5] == 6, "embed");
	/* Two equal keys: the mean of the values; the first segment apart. */
	o->attn(d, &(struct op_attn){ out, x, up((float[]){ 1, 1, 1 }, 3),
		       up((float[]){ 9, 5, 5 }, 3), up((float[]){ 7, 1, 2 }, 3),
		       1, 1, 1, 1, 3, cu, 2, 2, 1, 1, 1, 0, 1 });
	down(got, out, 3);
	down(got2, x, 3);
	expect(got[0] == 7 && got[1] == 1 && got[2] == 1.5f, "attn");
	near((double)got2[2], 5 + log(2), 1e-6, "attn lse");
	/* softmax of equal logits */
	o->fill(d, &(struct op_fill){ x, 4, 2 });
	o->logp(d, &(struct op_logp){
		       x, 4, id, up((float[]){ 3 }, 1), out, 1, 4, true });
	down(got, x, 4);
	down(got2, out, 1);
	near((double)got2[0], -log(4), 1e-6, "logp");
	near((double)got[1], 3 * 0.75, 1e-6, "logp slope of the target");
	near((double)got[0], -3 * 0.25, 1e-6, "logp slope of another");
	o->sumsq(d, &(struct op_sumsq){ sum, up((float[]){ 3, 4 }, 2), 2 });
	o->get(d, &total, sum, sizeof total);
	o->sync(d);
	expect(total == 25, "sumsq");
	/* First step: m / c1 = g, v / c2 = g^2: p - lr wd p - lr. */
	o->fill(d, &(struct op_fill){ out, 2, 0 });
	o->adamw(d, &(struct op_adamw){ p, out, out + 1, up((float[]){ 5 }, 1),
			1, 0.1, 0.9, 0.999, 0, 0.5, 0.1, 0.001, 0.5f });
	down(got, out, 2);
	down(got2, p, 1);
	near((double)got2[0], 1 - 0.05 - 0.1, 1e-6, "adamw p");
	near((double)got[0], 0.25, 1e-6, "adamw m");
	near((double)got[1], 0.00625, 1e-8, "adamw v");
	o->mat_free(d, w);
}

/*
 * Differences: f(x) = sum_i weight[i] out(x)[i]. The slope `grad` of f along
 * x is checked at every element of x, or at 40 of them.
 */
struct slope {
	const char *name;
	void (*forward)(void); /* from x to out */
	float *x, *out;
	const float *weight, *grad;
	size_t n, outs;
};

static double
value(const struct slope *s)
{
	float out[4096], weight[4096];
	double f = 0;

	s->forward();
	down(out, s->out, s->outs);
	down(weight, s->weight, s->outs);
	for (size_t i = 0; i < s->outs; i++)
		f += (double)out[i] * (double)weight[i];
	return f;
}

static void
differ(const struct slope *s)
{
	float x[4096], grad[4096], h = 0.0078125f, was;

	down(x, s->x, s->n);
	down(grad, s->grad, s->n);
	for (size_t i = 0; i < s->n; i += 1 + s->n / 40) {
		double f;

		was = x[i];
		x[i] = was + h;
		o->put(d, s->x, x, s->n * sizeof *x);
		f = value(s);
		x[i] = was - h;
		o->put(d, s->x, x, s->n * sizeof *x);
		f = (f - value(s)) / (2 * (double)h);
		near((double)grad[i], f, 2e-3 * (1 + fabs(f)), s->name);
		x[i] = was;
		o->put(d, s->x, x, s->n * sizeof *x);
	}
}

static struct {
	struct op_rmsnorm rmsnorm;
	struct op_glu glu;
	struct op_linear linear;
	struct op_attn attn;
	struct op_logp logp;
	const float *dw_from;
	size_t w_rows;
	struct mat *w;
} now;

static void
run_rmsnorm(void)
{
	o->rmsnorm(d, &now.rmsnorm);
}

static void
run_glu(void)
{
	o->glu(d, &now.glu);
}

static void
run_linear(void)
{
	o->mat_put(
	    d, &(struct op_mat_put){ now.w, 0, now.w_rows, now.dw_from });
	o->linear(d, &now.linear);
}

static void
run_attn(void)
{
	o->attn(d, &now.attn);
}

static void
run_logp(void)
{
	o->logp(d, &now.logp);
}

static void
differences(void)
{
	enum { ROWS = 5, COLS = 19, OUTS = 23 };
	size_t n = ROWS * COLS;
	float *x = up(NULL, n), *gain = up(NULL, COLS), *dy = up(NULL, n);
	float *rstd = up(NULL, ROWS), *dx = hold(n * sizeof *dx);
	float *dgain = hold(COLS * sizeof *dgain), *y = up(NULL, n);

	now.rmsnorm =
	    (struct op_rmsnorm){ y, x, gain, rstd, ROWS, COLS, 1e-5f, 1 };
	run_rmsnorm();
	o->rmsnorm_grad(d, &(struct op_rmsnorm_grad){
			       dx, dgain, dy, x, gain, rstd, ROWS, COLS, 1 });
	differ(
	    &(struct slope){ "rmsnorm dx", run_rmsnorm, x, y, dy, dx, n, n });
	differ(&(struct slope){
	    "rmsnorm dgain", run_rmsnorm, gain, y, dy, dgain, COLS, n });

	/* two of three heads of 5 in each of 5 rows, out beside each other */
	float *dheads = hold(ROWS * 15 * sizeof *dheads);
	float *hgain = up(NULL, 5), *dhgain = hold(5 * sizeof *dhgain);
	float *heads = up(NULL, ROWS * 15), *hdy = up(NULL, ROWS * 10);
	float *hrstd = hold(ROWS * 2 * sizeof *hrstd);

	now.rmsnorm = (struct op_rmsnorm){ y, heads, hgain, hrstd, 2 * ROWS, 5,
		1e-5f, 0, 2, 15, 10 };
	run_rmsnorm();
	o->rmsnorm_grad(
	    d, &(struct op_rmsnorm_grad){ dheads, dhgain, hdy, heads, hgain,
		   hrstd, 2 * ROWS, 5, 0, true, 2, 15, 10 });
	differ(&(struct slope){ "heads dx", run_rmsnorm, heads, y, hdy, dheads,
	    15 * ROWS, 10 * ROWS });
	differ(&(struct slope){
	    "heads dgain", run_rmsnorm, hgain, y, hdy, dhgain, 5, 10 * ROWS });

	float *gu = up(NULL, 2 * n), *dgu = up(NULL, 2 * n);

	for (enum act act = ACT_SILU; act <= ACT_GELU; act++) {
		now.glu = (struct op_glu){ y, gu, ROWS, COLS, act };
		o->glu_grad(
		    d, &(struct op_glu_grad){ dgu, dy, gu, ROWS, COLS, act });
		differ(&(struct slope){ act ? "geglu" : "swiglu", run_glu, gu,
		    y, dy, dgu, 2 * n, n });
	}

	float *w = up(NULL, OUTS * COLS), *bias = up(NULL, OUTS);
	float *out = up(NULL, ROWS * OUTS), *dout = up(NULL, ROWS * OUTS);
	float *dw = hold(OUTS * COLS * sizeof *dw);
	float *db = hold(OUTS * sizeof *db);

	now.w = o->mat_new(d, OUTS, COLS, MAT_X | MAT_DX);
	now.dw_from = w;
	now.w_rows = OUTS;
	now.linear = (struct op_linear){ out, x, now.w, bias, ROWS, false };
	run_linear();
	o->linear_dx(d, &(struct op_linear_dx){ dx, dout, now.w, ROWS, false });
	o->linear_dw(
	    d, &(struct op_linear_dw){ dw, dout, x, ROWS, OUTS, COLS });
	o->bias_grad(d, &(struct op_bias_grad){ db, dout, ROWS, OUTS });
	differ(&(struct slope){
	    "linear dx", run_linear, x, out, dout, dx, n, ROWS * OUTS });
	differ(&(struct slope){ "linear dw", run_linear, w, out, dout, dw,
	    OUTS * COLS, ROWS * OUTS });
	differ(&(struct slope){
	    "bias", run_linear, bias, out, dout, db, OUTS, ROWS * OUTS });
	o->mat_free(d, now.w);
}

static void
differences_attn(size_t window)
{
	enum { N = 9, HEADS = 4, KV = 2, DIM = 6 };
	size_t nq = N * HEADS * DIM, nk = N * KV * DIM;
	float *q = up(NULL, nq), *k = up(NULL, nk), *v = up(NULL, nk);
	float *out = up(NULL, nq), *dout = up(NULL, nq);
	float *dq = up(NULL, nq), *dk = up(NULL, nk), *dv = up(NULL, nk);

	now.attn = (struct op_attn){ .out = out,
		.lse = up(NULL, N * HEADS),
		.q = q,
		.k = k,
		.v = v,
		.ldout = HEADS * DIM,
		.ldq = HEADS * DIM,
		.ldk = KV * DIM,
		.ldv = KV * DIM,
		.n = N,
		.cu = up_int((int32_t[]){ 0, 2, 9 }, 3),
		.segs = 2,
		.longest = 7,
		.heads = HEADS,
		.kv_heads = KV,
		.dim = DIM,
		.window = window,
		.scale = 0.4f };
	run_attn();
	o->attn_grad(d, &(struct op_attn_grad){ now.attn, dout, dq, dk, dv });
	differ(
	    &(struct slope){ "attn dq", run_attn, q, out, dout, dq, nq, nq });
	differ(
	    &(struct slope){ "attn dk", run_attn, k, out, dout, dk, nk, nq });
	differ(
	    &(struct slope){ "attn dv", run_attn, v, out, dout, dv, nk, nq });
}

static void
differences_logp(void)
{
	float *x = up(NULL, 3 * 40), *coef = up(NULL, 3), *logp = up(NULL, 3);
	float *grad = up(NULL, 3 * 40);

	now.logp = (struct op_logp){ grad, 40,
		up_int((int32_t[]){ 5, 0, 36 }, 3), coef, logp, 3, 37, true };
	o->copy(d, &(struct op_copy){ grad, x, 3 * 40 });
	run_logp();
	now.logp.logits = x;
	now.logp.grad = false;
	differ(&(struct slope){ "logp", run_logp, x, logp, coef, grad, 37, 3 });
}

/* Nothing to do is legal and touches nothing. */
static void
nothing(void)
{
	double *sum = hold(sizeof *sum), total = 1;

#define OP(name) o->name(d, &(struct op_##name){ 0 });
	OP(fill)
	OP(copy)
	OP(axpy)
	OP(gather)
	OP(scatter)
	OP(embed) OP(rmsnorm) OP(rmsnorm_grad) OP(rope) OP(glu) OP(glu_grad)
	    OP(mat_put) OP(mat_code) OP(linear) OP(linear_dx) OP(linear_dw)
		OP(bias_grad) OP(attn) OP(attn_grad) OP(kv_put) OP(kv_attn)
		    OP(kv_copy) OP(logp) OP(adamw)
#undef OP
			o->sumsq(d, &(struct op_sumsq){ sum, NULL, 0 });
	o->get(d, &total, sum, sizeof total);
	o->sync(d);
	expect(total == 0, "the sum of nothing");
}

/* Subnormals are flushed inside an op and nowhere else. */
static void
flushing(void)
{
	volatile float tiny = 1e-30f;
	float *x = up((float[]){ 1e-30f }, 1), got;

	o->fill(d, &(struct op_fill){ x, 1, 0 });
	o->axpy(
	    d, &(struct op_axpy){ x, up((float[]){ 1e-30f }, 1), 1, 1e-9f });
	down(&got, x, 1);
	expect(got == 0, "an op flushes");
	tiny *= 1e-9f;
	expect(tiny > 0, "the caller does not");
}

/* A kernel that cannot be had is refused by name. */
static void
refused(const char *kernel, enum products products, const char *why)
{
	struct err e = { "" };
	struct dev *dev =
	    o->open(&(struct dev_conf){ 1, products, kernel }, &e);

	if (dev || strcmp(e.why, why) != 0) {
		printf("FAIL kernel %s: '%s'\n", kernel, e.why);
		bad = 1;
	}
	o->close(dev);
}

/* An empty segment is a bug of the caller's. */
static void
empty_segment(void)
{
#ifndef NDEBUG
	struct op_attn a = { .n = 1, .segs = 2, .longest = 1, .heads = 1 };
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(0);
		a.kv_heads = a.dim = 1;
		a.cu = up_int((int32_t[]){ 0, 0, 1 }, 3);
		o->attn(d, &a);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
	    "an empty segment is refused");
#endif
}

int
main(void)
{
	functions();
	d = device(1, PRODUCTS_F32, "ref");
	by_hand();
	nothing();
	flushing();
	empty_segment();
	refused("mmx", PRODUCTS_F32, "kernel 'mmx': there is no such kernel");
	refused("amx-ref", PRODUCTS_F32,
	    "kernel 'amx-ref': is for bf16 products only");
#ifdef __x86_64__
	refused("avx512-bf16", PRODUCTS_F32,
	    "kernel 'avx512-bf16': is for bf16 products only");
#endif
	differences();
	differences_attn(0);
	differences_attn(3);
	differences_logp();
	drop();
	o->close(d);
	return bad;
}
