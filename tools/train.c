/* train - change a model's weights by packed rows. Page: man/train.1 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpu/checkpoint.h"
#include "gpu/fit.h"
#include "gpu/save.h"
#include "libcore/outdir.h"
#include "libcore/tok.h"
#include "libcore/tool.h"

static const char *model_name, *reference_name, *out_dir, *log_name;
static const char *schedule_word = "cosine", *dtype = "auto", *kernel;
static const char *save_word = "auto", *token_loss = "nll";
static const char *pair_loss = "sigmoid", *divergence = "reverse_kl";
static struct strs eval_files;
static double rate = 1e-5, least, decay = 0.01, clip = 1, beta1 = 0.9;
static double beta2 = 0.999, eps = 1e-8, beta = 0.1, smooth, alpha = 0.5;
static double sft_weight, peak;
static long warmup, epochs = 1, steps, batch = 8, batch_tokens, micro = 256;
static long checkpoint_every, eval_every;
static bool plan_only, decay_all;

static const char *const dtypes[] = { "auto", "f32", "bf16", NULL };
static const char *const saves[] = { "auto", "f32", "bf16", NULL };
static const char *const token_losses[] = { "nll", "dft", NULL };

static const struct opt common[] = {
	/* clang-format off */
	{ 'm', "model", "MODEL", "start model: folder, org/name in the hub cache or .gguf", .str = &model_name },
	{ 'o', "output", "DIR", "write the model to DIR", .str = &out_dir },
	{ 0, "save-dtype", "TYPE", "numbers of the saved model: f32, bf16, auto (as the start model)", .str = &save_word, .choice = saves },
	{ 0, "dtype", "TYPE", "numbers in products: f32, bf16, auto (bf16 where the CPU has it)", .str = &dtype, .choice = dtypes },
	{ 0, "kernel", "NAME", "code path of products, instead of the best", .str = &kernel },
	{ 0, "lr", "RATE", "peak learning rate", .real = &rate, .min = 0, .max = 1e3 },
	{ 0, "min-lr", "RATE", "rate that the schedule falls to", .real = &least, .min = 0, .max = 1e3 },
	{ 0, "schedule", "NAME", "cosine, linear, constant or wsd", .str = &schedule_word },
	{ 0, "warmup", "N", "steps in which the rate rises to its peak", .num = &warmup, .min = 0, .max = 1e12 },
	{ 0, "epochs", "N", "times each row is seen", .num = &epochs, .min = 1, .max = 1e6 },
	{ 0, "steps", "N", "steps in all, instead of --epochs", .num = &steps, .min = 1, .max = 1e12 },
	{ 0, "batch", "N", "rows of a step", .num = &batch, .min = 1, .max = 1e9 },
	{ 0, "batch-tokens", "N", "instead: as many rows as fit N tokens", .num = &batch_tokens, .min = 1, .max = 1e12 },
	{ 0, "micro", "N", "tokens computed at once; bounds memory, not results", .num = &micro, .min = 1, .max = 1 << 30 },
	{ 0, "weight-decay", "X", "decay of matrices", .real = &decay, .min = 0, .max = 1e3 },
	{ 0, "decay-all", NULL, "decay norms and biases too", .flag = &decay_all },
	{ 0, "clip", "NORM", "greatest norm of the gradients; 0: any", .real = &clip, .min = 0, .max = 1e30 },
	{ 0, "beta1", "X", "AdamW: decay of the first moment", .real = &beta1, .min = 0, .max = 0.99999 },
	{ 0, "beta2", "X", "AdamW: decay of the second moment", .real = &beta2, .min = 0, .max = 0.9999999 },
	{ 0, "eps", "X", "AdamW: added to the root of the second moment", .real = &eps, .min = 1e-30, .max = 1 },
	{ 0, "checkpoint", "N", "save the state every N steps", .num = &checkpoint_every, .min = 1, .max = 1e12 },
	{ 0, "eval", "FILE", "packed rows to measure the loss on; may be repeated", .list = &eval_files },
	{ 0, "eval-every", "N", "measure every N steps, not only at the end", .num = &eval_every, .min = 1, .max = 1e12 },
	{ 0, "log", "FILE", "write a JSON line for each step", .str = &log_name },
	{ 0, "peak", "GFLOPS", "what mfu in the log is a share of (measured, if not given)", .real = &peak, .min = 0, .max = 1e12 },
	{ 0, "plan", NULL, "print memory and work, then stop", .flag = &plan_only },
	{ 0 },
	/* clang-format on */
};

static const struct opt sft_opts[] = {
	{ 0, "loss", "NAME", "nll, or dft (each token's loss times its p)",
	    .str = &token_loss, .choice = token_losses },
	{ 0 },
};

static const struct opt dpo_opts[] = {
	{ 0, "reference", "MODEL", "reference model (the start model)",
	    .str = &reference_name },
	{ 0, "loss", "NAME", "loss on pairs; see the page", .str = &pair_loss },
	{ 0, "beta", "X", "how hard the reference is held on to", .real = &beta,
	    .min = 1e-9, .max = 1e9 },
	{ 0, "label-smoothing", "X", "share of labels taken to be wrong",
	    .real = &smooth, .min = 0, .max = 0.4999 },
	{ 0, "divergence", "NAME", "of the log-ratios; see the page",
	    .str = &divergence, .choice = divergences },
	{ 0, "alpha", "X", "of --divergence alpha", .real = &alpha, .min = -100,
	    .max = 100 },
	{ 0, "sft-weight", "X",
	    "add the token loss of chosen responses, times X",
	    .real = &sft_weight, .min = 0, .max = 1e6 },
	{ 0 },
};

/* Everything a run holds. */
struct job {
	enum packed_kind kind;
	struct hub *hub;
	struct model_conf conf;
	struct model_how how;
	char tokenizer[33];
	const char *files_tmp;
	struct packed *data, *eval;
	struct unit *unit, *eval_unit;
	struct order *order;
	struct fit_conf fit;
	enum save_dtype dtype;
	struct buf run, checkpoints;
};

/* A command line that asks for nothing sensible. */
static _Noreturn void wrong(const char *fmt, ...) PRINTF_LIKE;

static void
wrong(const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	warn("%s", why);
	opt_usage();
}

static void
options(struct fit_conf *f, enum packed_kind kind)
{
	if (!model_name)
		wrong("-m MODEL is needed");
	if (!out_dir && !plan_only)
		wrong("-o DIR is needed");
	f->schedule = schedule_named(schedule_word);
	if (!f->schedule)
		wrong("--schedule '%s': cosine, linear, constant or wsd",
		    schedule_word);
	if (opt_given(&steps) && opt_given(&epochs))
		wrong("--steps and --epochs exclude each other");
	if (opt_given(&batch) && opt_given(&batch_tokens))
		wrong("--batch and --batch-tokens exclude each other");
	if (eval_every && !eval_files.n)
		wrong("--eval-every needs --eval FILE");
	if (kind == PACKED_SFT) {
		f->step.dft = !strcmp(token_loss, "dft");
		return;
	}
	f->step.loss = loss_named(pair_loss);
	if (!f->step.loss)
		wrong("--loss '%s': there is no such loss", pair_loss);
	if (f->step.loss->smooth && !(smooth > 0))
		wrong("--loss %s needs --label-smoothing", pair_loss);
	if (!f->step.loss->smooth && smooth > 0)
		wrong("--label-smoothing has no meaning for --loss %s",
		    pair_loss);
	while (strcmp(divergences[f->step.divergence], divergence) != 0)
		f->step.divergence++;
	if (f->step.divergence == ALPHA && !(alpha < 1) && !(alpha > 1))
		wrong("--alpha must not be 1");
	if (opt_given(&alpha) && f->step.divergence != ALPHA)
		wrong("--alpha belongs to --divergence alpha");
	if (f->step.divergence != REVERSE_KL && !f->step.loss->of_d)
		wrong("--divergence has no meaning for --loss %s", pair_loss);
	if (f->step.divergence != REVERSE_KL && f->step.loss->sort)
		wrong("--divergence has no meaning for --loss %s", pair_loss);
}

static struct hub *
open_hub(const char *name)
{
	struct err e;
	struct hub *hub = hub_open(name, &e);

	if (!hub)
		die("%s", e.why);
	return hub;
}

/* The tokeniser's hash, which packed files name. */
static void
tokenizer_of(struct job *j)
{
	struct err e;
	struct tok *t = tok_open(j->hub->file ? j->hub->file : j->hub->dir, &e);

	if (!t)
		die("tokenizer of '%s': %s", model_name, e.why);
	hash_hex(j->tokenizer, tok_hash(t));
	tok_close(t);
}

static bool
native_bf16(void)
{
#if defined __x86_64__ && defined __GNUC__
	return __builtin_cpu_supports("avx512bf16");
#else
	return false;
#endif
}

static void
open_start(struct job *j)
{
	bool bf16 =
	    !strcmp(dtype, "bf16") || (!strcmp(dtype, "auto") && native_bf16());
	struct err e;

	j->hub = open_hub(model_name);
	if (!conf_read(&j->conf, j->hub, &e))
		die("model '%s': %s", model_name, e.why);
	tokenizer_of(j);
	j->how = (struct model_how){
		.dev = { .threads = (int)tool_threads,
		    .products = bf16 ? PRODUCTS_BF16 : PRODUCTS_F32,
		    .kernel = kernel },
		.train = true,
		.micro = (size_t)micro,
	};
}

static struct packed *
read_rows(struct job *j, const char *const *files, size_t n)
{
	struct packed_want want = { .kind = j->kind,
		.tokenizer = j->tokenizer,
		.model = model_name,
		.vocab = j->conf.vocab,
		.spare = j->conf.family->spare,
		.tmp = tool_tmp };
	struct err e;
	struct packed *p = packed_open(files, n, &want, &e);

	if (!p)
		die("%s", e.why);
	if (p->longest > j->conf.context)
		warn("the longest sample has %zu tokens, the model was made "
		     "for %zu",
		    p->longest, j->conf.context);
	return p;
}

static void
open_rows(struct job *j, int n, char **files)
{
	static const char *const standard[] = { "-" };
	const char **names = need_zero((size_t)n + 1, sizeof *names);

	for (int i = 0; i < n; i++)
		names[i] = files[i];
	j->data = read_rows(j, n ? names : standard, n ? (size_t)n : 1);
	free(names);
	if (eval_files.n)
		j->eval = read_rows(j, eval_files.s, eval_files.n);
	j->order = order_new(
	    j->data, &(struct order_conf){ .seed = (uint64_t)tool_seed,
			 .rows = (size_t)batch,
			 .tokens = (size_t)batch_tokens });
	j->fit.steps =
	    steps ? (size_t)steps : order_steps(j->order, (size_t)epochs);
	j->fit.warmup = (size_t)warmup;
	if (j->fit.warmup > j->fit.steps)
		die("--warmup %ld is more than the run's %zu steps", warmup,
		    j->fit.steps);
	/* A unit is never cut: the longest one sets the least memory. */
	if (j->data->longest > j->how.micro)
		j->how.micro = j->data->longest;
	if (j->eval && j->eval->longest > j->how.micro)
		j->how.micro = j->eval->longest;
	j->fit.step.micro = (size_t)micro;
}

/* What shapes the result, for checkpoints. */
static void
run_text(struct job *j)
{
	struct buf *b = &j->run;
	struct hash128 model, reference;
	char hex[33];
	struct err e;

	if (!hub_hash(j->hub, &model, &e))
		die("%s", e.why);
	hash_hex(hex, model);
	buf_printf(b, "method=%s\nmodel=%s\n",
	    j->kind == PACKED_SFT ? "sft" : "dpo", hex);
	hash_hex(hex, j->data->digest);
	buf_printf(b, "rows=%s\n", hex);
	buf_printf(b, "dtype=%s\n",
	    j->how.dev.products == PRODUCTS_BF16 ? "bf16" : "f32");
	buf_printf(b,
	    "lr=%.17g\nmin-lr=%.17g\nschedule=%s\nwarmup=%ld\nsteps=%zu\n"
	    "batch=%ld\nbatch-tokens=%ld\nmicro=%ld\nweight-decay=%.17g\n"
	    "decay-all=%d\nclip=%.17g\nbeta1=%.17g\nbeta2=%.17g\neps=%.17g\n"
	    "seed=%ld\n",
	    rate, least, schedule_word, warmup, j->fit.steps, batch,
	    batch_tokens, micro, decay, decay_all, clip, beta1, beta2, eps,
	    tool_seed);
	if (j->kind == PACKED_SFT) {
		buf_printf(b, "loss=%s\n", token_loss);
		return;
	}
	reference = model;
	if (reference_name) {
		struct hub *hub = open_hub(reference_name);

		if (!hub_hash(hub, &reference, &e))
			die("%s", e.why);
		hub_close(hub);
	}
	hash_hex(hex, reference);
	buf_printf(b,
	    "reference=%s\nloss=%s\nbeta=%.17g\nlabel-smoothing=%.17g\n"
	    "divergence=%s\nalpha=%.17g\nsft-weight=%.17g\n",
	    hex, pair_loss, beta, smooth, divergence, alpha, sft_weight);
}

static void
fill_fit(struct job *j)
{
	struct fit_conf *f = &j->fit;

	f->step.beta = beta;
	f->step.smooth = smooth;
	f->step.alpha = alpha;
	f->step.sft = sft_weight;
	f->lr = rate;
	f->least = least;
	f->b1 = beta1;
	f->b2 = beta2;
	f->eps = eps;
	f->decay = decay;
	f->decay_all = decay_all;
	f->clip = clip;
	f->checkpoint_every = (size_t)checkpoint_every;
	f->eval_every = (size_t)eval_every;
	f->log = log_name;
}

static double
mib(size_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void
print_plan(const struct job *j)
{
	const struct model_plan *p = &j->fit.plan;
	double tokens = (double)j->data->tokens;
	size_t all = p->packed + p->masters + p->grads + p->moments + p->runs;

	printf("parameters        %zu\n", p->params);
	printf("rows              %zu of %zu samples, %zu tokens\n",
	    j->data->rows, j->data->units, j->data->tokens);
	printf("steps             %zu\n", j->fit.steps);
	printf("masters           %.1f MiB\n", mib(p->masters));
	printf("gradients         %.1f MiB\n", mib(p->grads));
	printf("moments           %.1f MiB\n", mib(p->moments));
	printf("packed matrices   %.1f MiB\n", mib(p->packed));
	printf("activations       %.1f MiB for %zu tokens at once\n",
	    mib(p->runs), j->how.micro);
	printf("memory            %.1f MiB\n", mib(all));
	printf("work              %.4g GFLOP a token at most, %.4g TFLOP an "
	       "epoch, attention apart\n",
	    3e-9 * (p->flops + p->flops_head),
	    3e-12 * (p->flops + p->flops_head) * tokens);
}

/* A few at a time, so that a signal is heard. */
static void
ask_all(struct model *m, struct unit *unit, size_t n, size_t tokens)
{
	enum { GROUP = 64 };

	for (size_t i = 0; i < n && !tool_stopping(); i += GROUP) {
		struct unit *group[GROUP];
		size_t some = n - i < GROUP ? n - i : GROUP;

		for (size_t k = 0; k < some; k++)
			group[k] = &unit[i + k];
		step_reference(m, group, some, tokens);
	}
}

/* The reference model stands alone in memory while it is asked. */
static void
ask_reference(struct job *j)
{
	struct hub *hub = reference_name ? open_hub(reference_name) : j->hub;
	struct model_how how = j->how;
	struct packed *data[] = { j->data, j->eval };
	struct unit *unit[] = { j->unit, j->eval_unit };
	struct model *m;
	struct err e;

	how.train = false;
	m = model_open(hub, &how, &e);
	if (!m)
		die("reference model '%s': %s",
		    reference_name ? reference_name : model_name, e.why);
	if (model_conf(m)->vocab != j->conf.vocab)
		die("reference model '%s' has a vocabulary of %zu, '%s' of "
		    "%zu",
		    reference_name, model_conf(m)->vocab, model_name,
		    j->conf.vocab);
	for (int d = 0; d < 2; d++)
		if (data[d])
			ask_all(m, unit[d], data[d]->units, how.micro);
	model_close(m);
	if (hub != j->hub)
		hub_close(hub);
}

static enum save_dtype
dtype_of_start(struct job *j)
{
	enum save_dtype t = SAVE_BF16;
	struct err e;
	struct weights *w;
	const struct weight *embed;

	if (strcmp(save_word, "auto") != 0) {
		save_dtype_named(str_of(save_word), &t);
		return t;
	}
	w = weights_open(j->hub, &e);
	if (!w)
		die("model '%s': %s", model_name, e.why);
	embed = weights_find(w, "model.embed_tokens.weight");
	if (embed && !strcmp(embed->dtype, "F32"))
		t = SAVE_F32;
	weights_close(w);
	return t;
}

static void
save_tensors(struct save *s, struct model *m)
{
	enum { TILE = 1 << 18 };
	float *tile = need_alloc(TILE * sizeof *tile);
	const struct model_tensor *t;
	struct err e;
	size_t n;

	t = model_tensors(m, &n);
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; at < t[i].rows * t[i].cols; at += TILE) {
			size_t some = t[i].rows * t[i].cols - at;

			some = some < TILE ? some : TILE;
			model_get(m, MODEL_MASTERS, t[i].at + at, some, tile);
			if (!save_rows(s, i, at, some, tile, &e))
				die("%s", e.why);
		}
	free(tile);
}

static void
save_model(struct job *j, struct model *m)
{
	struct save_conf c = {
		.dir = out_dir, .from = j->hub, .dtype = j->dtype
	};
	const struct model_tensor *t;
	struct save_tensor *st;
	struct save *s;
	struct err e;
	size_t n;

	t = model_tensors(m, &n);
	st = need_zero(n, sizeof *st);
	for (size_t i = 0; i < n; i++) {
		st[i].name = t[i].name;
		st[i].dims = t[i].vector ? 1 : 2;
		st[i].dim[0] = t[i].vector ? t[i].cols : t[i].rows;
		st[i].dim[1] = t[i].cols;
	}
	s = save_open(&c, st, n, &e);
	free(st);
	if (!s)
		die("%s", e.why);
	save_tensors(s, m);
	if (!save_close(s, &e))
		die("%s", e.why);
}

/* -o DIR is refused now, not after hours. */
static void
check_output(void)
{
	struct err e;
	struct outdir *o = outdir_open(out_dir, &e);

	if (!o)
		die("%s", e.why);
	outdir_abort(o);
}

static void
stats(const struct job *j, const struct fit_result *r)
{
	struct buf b = { 0 };

	buf_json_int(&b, (int64_t)j->data->rows);
	tool_stat("rows", (struct str){ b.s, b.n });
	buf_reset(&b);
	buf_json_int(&b, (int64_t)r->steps);
	tool_stat("steps", (struct str){ b.s, b.n });
	buf_reset(&b);
	buf_json_int(&b, (int64_t)r->skipped);
	tool_stat("skipped", (struct str){ b.s, b.n });
	buf_reset(&b);
	buf_json_real(&b, r->loss);
	tool_stat("loss", (struct str){ b.s, b.n });
	if (j->eval) {
		buf_reset(&b);
		buf_json_real(&b, r->eval);
		tool_stat("eval_loss", (struct str){ b.s, b.n });
	}
	buf_done(&b);
}

static int
learn(struct job *j)
{
	struct fit_result result;
	struct model *m;
	struct err e;
	bool done;

	if (j->kind == PACKED_PAIRS)
		ask_reference(j);
	if (tool_stopping())
		return 1;
	m = model_open(j->hub, &j->how, &e);
	if (!m)
		die("model '%s': %s", model_name, e.why);
	if (log_name)
		j->fit.peak = peak > 0 ? 1e9 * peak : model_peak(m);
	if (tool_verbose)
		warn("kernel %s", model_kernel(m));
	done = fit(m, &j->fit, j->order, j->data, j->unit, j->eval,
	    j->eval_unit, &result);
	if (done) {
		save_model(j, m);
		checkpoint_remove(j->fit.checkpoints);
	}
	model_close(m);
	stats(j, &result);
	return !done;
}

static void
job_free(struct job *j)
{
	free(j->unit);
	free(j->eval_unit);
	order_free(j->order);
	packed_close(j->data);
	packed_close(j->eval);
	hub_close(j->hub);
	buf_done(&j->run);
	buf_done(&j->checkpoints);
}

static int
train(enum packed_kind kind, int n, char **files)
{
	struct job j = { .kind = kind };
	struct err e;
	int status = 0;

	options(&j.fit, kind);
	open_start(&j);
	open_rows(&j, n, files);
	fill_fit(&j);
	if (!model_plan(&j.fit.plan, &j.conf, &j.how, &e))
		die("%s", e.why);
	if (plan_only) {
		print_plan(&j);
	} else {
		check_output();
		j.dtype = dtype_of_start(&j);
		run_text(&j);
		j.fit.run = (struct str){ j.run.s, j.run.n };
		buf_printf(&j.checkpoints, "%s.checkpoint", out_dir);
		j.fit.checkpoints = j.checkpoints.s;
		j.unit = fit_units(j.data);
		j.eval_unit = j.eval ? fit_units(j.eval) : NULL;
		status = learn(&j);
	}
	job_free(&j);
	return status;
}

static int
run_sft(int n, char **files)
{
	return train(PACKED_SFT, n, files);
}

static int
run_dpo(int n, char **files)
{
	return train(PACKED_PAIRS, n, files);
}

/* What there will be is refused by its name, not as unknown. */
static void
refuse_others(const char *word)
{
	static const char *const later[] = { "reward", "kto", "ppo", "grpo",
		"classify", "score", "embed", NULL };

	for (size_t i = 0; word && later[i]; i++)
		if (!strcmp(word, later[i])) {
			warn("'train %s' is not there yet; sft and dpo are",
			    word);
			exit(2);
		}
}

int
main(int argc, char **argv)
{
	static const struct tool sft = {
		.name = "train sft",
		.operands = "[file ...]",
		.does = "fine-tune a model on packed samples",
		.opts = sft_opts,
		.also = common,
		.run = run_sft,
	};
	static const struct tool dpo = {
		.name = "train dpo",
		.operands = "[file ...]",
		.does = "align a model with packed pairs",
		.opts = dpo_opts,
		.also = common,
		.run = run_dpo,
	};
	static const struct tool *const tools[] = { &sft, &dpo, NULL };

	die_name = "train";
	refuse_others(argv[1]);
	return tool_sub("train", "change a model's weights by packed rows",
	    tools, argc, argv);
}
