/* The training loop. */
#include "gpu/fit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gpu/checkpoint.h"
#include "libcore/json.h"
#include "libcore/tool.h"

struct run {
	struct model *m;
	const struct fit_conf *c;
	const struct packed *p, *eval;
	const struct unit *unit, *eval_unit;
	struct fit_result *out;
	const struct unit **list; /* of a step */
	FILE *log;
	struct checkpoint at;
	double shown; /* when progress was last told */
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct unit *
fit_units(const struct packed *p)
{
	struct unit *u = need_alloc(p->units * sizeof *u);

	for (size_t i = 0; i < p->units; i++)
		u[i] = (struct unit){ .id = p->unit[i].id,
			.weight = p->unit[i].weight,
			.segs = p->unit[i].n[1] ? 2 : 1,
			.n = { p->unit[i].n[0], p->unit[i].n[1] } };
	return u;
}

/* ---- the log ---- */

/* Is this a line of a step that the checkpoint holds? */
static bool
keep_line(const char *line, size_t n, uint64_t step)
{
	struct json_doc doc = { 0 };
	struct err e;
	size_t at;
	int64_t x;
	bool ok = json_parse(&doc, line, n, 8, &at, &e) &&
		  json_int(&doc, json_get(&doc, doc.tape, "step"), &x) &&
		  x >= 0 && (uint64_t)x <= step;

	json_done(&doc);
	return ok;
}

/* Lines after the checkpoint's step, and one that a kill has torn, go. */
static void
trim_log(const char *path, uint64_t step)
{
	FILE *from = fopen(path, "re"), *to;
	char name[4096], *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!from)
		return;
	snprintf(name, sizeof name, "%s.new", path);
	to = fopen(name, "we");
	if (!to)
		die_sys("cannot write '%s'", name);
	while ((n = getline(&line, &room, from)) > 0)
		if (line[n - 1] == '\n' && keep_line(line, (size_t)n - 1, step))
			fwrite(line, 1, (size_t)n, to);
	free(line);
	fclose(from);
	if (fclose(to) || rename(name, path))
		die_sys("cannot write '%s'", path);
}

static void
open_log(struct run *r)
{
	if (!r->c->log)
		return;
	if (r->at.step)
		trim_log(r->c->log, r->at.step);
	r->log = fopen(r->c->log, r->at.step ? "ae" : "we");
	if (!r->log)
		die_sys("cannot write '%s'", r->c->log);
}

static void
field(struct buf *b, const char *name, double x)
{
	buf_printf(b, ",\"%s\":", name);
	buf_json_real(b, x);
}

static void
write_log(struct run *r, struct buf *b)
{
	buf_puts(b, "}\n");
	if (fwrite(b->s, 1, b->n, r->log) != b->n || fflush(r->log))
		die_sys("cannot write '%s'", r->c->log);
	buf_done(b);
}

static void
pair_fields(struct run *r, struct buf *b, const struct step_out *o)
{
	if (!r->c->step.loss)
		return;
	field(b, "rewards_chosen", o->chosen);
	field(b, "rewards_rejected", o->rejected);
	field(b, "rewards_margin", o->margin);
	field(b, "rewards_accuracy", o->accuracy);
}

/* Multiply-adds of forward and backward, the latter twice the former. */
static double
flops(const struct model_plan *p, const struct step_out *o)
{
	return 3 * (p->flops * (double)o->tokens +
		       p->flops_head * (double)o->targets +
		       p->flops_pair * o->pairs_qk);
}

struct told {
	double epoch, norm, rate, seconds;
	bool skipped;
};

static void
log_step(struct run *r, const struct step_out *o, const struct told *t)
{
	struct buf b = { 0 };
	double mfu = r->c->peak > 0
			 ? flops(&r->c->plan, o) / t->seconds / r->c->peak
			 : (double)NAN;

	if (!r->log)
		return;
	buf_printf(&b, "{\"step\":%llu", (unsigned long long)r->at.step);
	field(&b, "epoch", t->epoch);
	field(&b, "loss", t->skipped ? (double)NAN : o->loss);
	field(&b, "grad_norm", t->norm);
	field(&b, "lr", t->rate);
	buf_printf(
	    &b, ",\"tokens\":%zu,\"targets\":%zu", o->tokens, o->targets);
	field(&b, "weight", o->weight);
	pair_fields(r, &b, o);
	field(&b, "tok_s", (double)o->tokens / t->seconds);
	field(&b, "mfu", mfu);
	if (t->skipped)
		buf_puts(&b, ",\"skipped\":true");
	write_log(r, &b);
}

/* ---- measures, checkpoints ---- */

static void
measure(struct run *r)
{
	const struct unit **u;
	struct step_out o;
	struct buf b = { 0 };

	if (!r->eval)
		return;
	u = need_alloc(r->eval->units * sizeof *u);
	for (size_t i = 0; i < r->eval->units; i++)
		u[i] = &r->eval_unit[i];
	step_measure(r->m, &r->c->step, u, r->eval->units, &o);
	free(u);
	r->out->eval = o.loss;
	if (!tool_quiet)
		warn("step %llu: eval loss %.6f",
		    (unsigned long long)r->at.step, o.loss);
	if (!r->log)
		return;
	buf_printf(&b, "{\"step\":%llu", (unsigned long long)r->at.step);
	field(&b, "eval_loss", o.loss);
	field(&b, "eval_weight", o.weight);
	pair_fields(r, &b, &o);
	write_log(r, &b);
}

static void
save_state(struct run *r)
{
	struct err e;

	if (r->c->checkpoints &&
	    !checkpoint_write(r->c->checkpoints, r->m, &r->at, &e))
		die("%s", e.why);
}

static void
resume(struct run *r)
{
	struct err e;
	int got;

	r->at.run = r->c->run;
	if (!r->c->checkpoints)
		return;
	got = checkpoint_read(
	    r->c->checkpoints, r->m, model_params(r->m), &r->at, &e);
	if (got < 0)
		die("%s", e.why);
	if (!got)
		return;
	model_repack(r->m);
	if (!tool_quiet)
		warn(
		    "going on after step %llu", (unsigned long long)r->at.step);
}

/* ---- steps ---- */

static void
not_finite(struct run *r, const struct step_out *o, const char *tensor)
{
	die("step %llu: the %s not finite (loss %g); nothing was saved after "
	    "the last checkpoint",
	    (unsigned long long)r->at.step, tensor ? tensor : "loss is",
	    o->loss);
}

static void
update(struct run *r, const struct step_out *o, struct told *t)
{
	const struct fit_conf *c = r->c;
	const char *bad;
	char what[160];
	double scale = 1;

	t->norm = model_grad_norm(r->m, &bad);
	if (bad) {
		snprintf(what, sizeof what, "gradient of '%s' is", bad);
		not_finite(r, o, what);
	}
	if (!isfinite(o->loss) || !isfinite(t->norm))
		not_finite(r, o, NULL);
	if (c->clip > 0 && t->norm > c->clip)
		scale = c->clip / (t->norm + 1e-6);
	model_adamw(r->m, &(struct model_adamw){ .lr = t->rate,
			      .b1 = c->b1,
			      .b2 = c->b2,
			      .eps = c->eps,
			      .decay = c->decay,
			      .t = ++r->at.updates,
			      .gscale = scale,
			      .decay_all = c->decay_all });
}

static void
progress(struct run *r, const struct step_out *o, const struct told *t)
{
	bool last = r->at.step == r->c->steps;

	if (tool_quiet || (!tool_verbose && !last && now() < r->shown + 2))
		return;
	r->shown = now();
	warn("step %llu of %zu: loss %.4f, norm %.3g, lr %.3g, %.0f tok/s",
	    (unsigned long long)r->at.step, r->c->steps, o->loss, t->norm,
	    t->rate, (double)o->tokens / t->seconds);
}

static void
step(struct run *r, struct order *order)
{
	struct told t = { 0 };
	struct step_out o;
	const uint32_t *row;
	size_t rows, n = 0;
	double began = now();

	row = order_step(order, (size_t)r->at.step, &rows, &t.epoch);
	for (size_t i = 0; i < rows; i++) {
		const struct packed_row *p = &r->p->row[row[i]];

		for (size_t k = 0; k < p->n; k++)
			r->list[n++] = &r->unit[p->first + k];
	}
	r->at.step++;
	t.rate = schedule_rate(r->c->schedule, (size_t)r->at.step, r->c->steps,
	    r->c->warmup, r->c->lr, r->c->least);
	model_grads_zero(r->m);
	step_learn(r->m, &r->c->step, r->list, n, &o);
	t.skipped = !(o.weight > 0);
	if (t.skipped)
		r->out->skipped++;
	else
		update(r, &o, &t);
	t.seconds = now() - began;
	r->out->loss = o.loss;
	r->out->tokens += o.tokens;
	log_step(r, &o, &t);
	progress(r, &o, &t);
}

static bool
steps(struct run *r, struct order *order)
{
	const struct fit_conf *c = r->c;

	while (r->at.step < c->steps) {
		if (tool_stopping()) {
			save_state(r);
			return false;
		}
		step(r, order);
		if (c->eval_every && r->at.step % c->eval_every == 0 &&
		    r->at.step < c->steps)
			measure(r);
		if (c->checkpoint_every && r->at.step < c->steps &&
		    r->at.step % c->checkpoint_every == 0)
			save_state(r);
	}
	measure(r);
	return true;
}

bool
fit(struct model *m, const struct fit_conf *c, struct order *order,
    const struct packed *p, const struct unit *unit, const struct packed *eval,
    const struct unit *eval_unit, struct fit_result *out)
{
	struct run r = { .m = m,
		.c = c,
		.p = p,
		.eval = eval,
		.unit = unit,
		.eval_unit = eval_unit,
		.out = out };
	double began = now();
	bool done;

	*out = (struct fit_result){ .eval = (double)NAN };
	r.list = need_alloc(p->units * sizeof *r.list);
	resume(&r);
	open_log(&r);
	if (!r.at.step && c->eval_every)
		measure(&r);
	done = steps(&r, order);
	out->steps = (size_t)r.at.step;
	out->seconds = now() - began;
	if (r.log && fclose(r.log))
		die_sys("cannot write '%s'", c->log);
	free(r.list);
	return done;
}
