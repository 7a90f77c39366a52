#include "libcore/pipe.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcore/batch.h"

enum task { NOTHING, DO_WRITE, DO_EACH, DO_PACK, DO_PARSE, DO_CUT };

static struct {
	struct pipe_plan plan;
	struct pipe_result result;
	struct cutter *cutter;
	pthread_mutex_t lock;
	pthread_cond_t change;
	/* All below the lock's, but for the batch of a thread that is busy. */
	struct batch *first, *last; /* in record order */
	struct batch *idle;
	size_t limit; /* of batches read ahead */
	bool cutting, input_end, quit;
	size_t done, all; /* bytes of input read, of how many */
	/* Of .pull; the main thread's. */
	struct batch *pulling; /* where its records come from just now */
	bool pull_end;         /* it gets no more of them */
	bool rehearsal;        /* the first of two passes: nothing comes out */
	unsigned long notes;   /* bad records named on stderr */
	pthread_t *helper;
	size_t nhelpers;
	struct zpress **press; /* [nhelpers + 1] */
} p;

static struct batch *
take_batch(void)
{
	struct batch *b = p.idle;

	if (b)
		p.idle = b->next;
	else
		b = batch_new(&p.plan);
	b->next = NULL;
	return b;
}

static void
append(struct batch *b)
{
	if (p.last)
		p.last->next = b;
	else
		p.first = b;
	p.last = b;
}

static void
drop_first(void)
{
	struct batch *b = p.first;

	p.first = b->next;
	if (!p.first)
		p.last = NULL;
	batch_clear(b, &p.plan);
	b->next = p.idle;
	p.idle = b;
}

/* May one more batch be cut? A tool that holds records may have many alive;
 * only those it has not come to yet count then. */
static bool
may_cut(void)
{
	struct batch *b = p.first;
	size_t n = 0, bytes = 0;

	if (p.cutting || p.input_end || stop_asked())
		return false;
	if (p.plan.tool->pull && p.pulling)
		b = p.pulling->next;
	for (; b; b = b->next) {
		n++;
		bytes += b->cut.text.n;
	}
	return !n || (n < p.limit && bytes < p.limit * CUT_BYTES);
}

/* The next thing to do and its batch; with the lock held. */
static enum task
pick(bool main_thread, struct batch **on)
{
	const struct tool *t = p.plan.tool;
	struct batch *b;

	if (main_thread && p.first && p.first->stage == PACKED &&
	    !p.first->busy) {
		*on = p.first;
		return DO_WRITE;
	}
	if (main_thread && t->each && !t->any_order && !stop_asked()) {
		for (b = p.first; b && b->stage >= RAN;)
			b = b->last ? NULL : b->next;
		if (b && b->stage == PARSED && !b->busy) {
			*on = b;
			return DO_EACH;
		}
	}
	for (b = p.first; b; b = b->next)
		if (b->stage == RAN && !b->busy) {
			*on = b;
			return DO_PACK;
		}
	if (!stop_asked())
		for (b = p.first; b; b = b->next)
			if (b->stage == CUT && !b->busy) {
				*on = b;
				return DO_PARSE;
			}
	return may_cut() ? DO_CUT : NOTHING;
}

/* A batch's input error stands behind its records. */
static void
input_error(struct batch *b)
{
	if (b->cut.failed && !b->last) {
		buf_puts(&b->why, b->cut.why.why);
		b->last = true;
	}
}

static void
do_cut(void)
{
	struct batch *b = take_batch();
	bool more;
	size_t done, all;

	p.cutting = true;
	pthread_mutex_unlock(&p.lock);
	more = cut_next(p.cutter, &b->cut);
	cut_progress(p.cutter, &done, &all);
	pthread_mutex_lock(&p.lock);
	p.cutting = false;
	p.done = done;
	p.all = all;
	if (more)
		append(b);
	else {
		p.input_end = true;
		b->next = p.idle;
		p.idle = b;
	}
}

static void
write_out(struct zout *to, const struct out *o)
{
	if (to && o->packed.n)
		zout_frame(to, o->packed.s, o->packed.n);
	if (to && o->text.n)
		zout_put(to, o->text.s, o->text.n);
}

/* Name the bad records on stderr, the first few of them or all (-v). */
static void
note(const struct batch *b)
{
	char *s = b->notes.s, *nl;

	for (; s && (nl = strchr(s, '\n')); s = nl + 1)
		if (!tool_quiet && (tool_verbose || p.notes++ < NOTES))
			warn("%.*s", (int)(nl - s), s);
}

/* Everything the batch gave, in order; without the lock. */
static void
do_write(struct batch *b)
{
	struct pipe_result *r = &p.result;

	if (p.rehearsal)
		return;
	for (size_t i = 0; i < p.plan.nout; i++)
		write_out(p.plan.out[i], &b->out[i]);
	if (p.plan.reject && b->reject.n)
		zout_put(p.plan.reject, b->reject.s, b->reject.n);
	note(b);
	for (size_t i = 0; i < b->tally.n; i++)
		tally_add(&r->tally, b->tally.c[i].what, b->tally.c[i].dropped,
		    b->tally.c[i].n);
	r->in += b->in;
	r->out += b->made;
	r->blank += b->blank;
	r->rejected += b->rejected;
	r->text += b->cut.text.n;
	if (p.plan.tick)
		p.plan.tick();
	if (b->why.n) {
		warn("%s", b->why.s);
		r->failed = true;
	}
}

static void
after_write(struct batch *b)
{
	p.result.done = p.done;
	p.result.all = p.all;
	if (b->last && !p.rehearsal)
		p.input_end = p.quit = true;
	drop_first();
	if (p.plan.out[0] && zout_gone(p.plan.out[0]))
		p.quit = p.result.gone = true;
}

static void
do_pack(struct batch *b, struct zpress *press)
{
	struct err e;
	bool ok;

	input_error(b);
	pthread_mutex_unlock(&p.lock);
	ok = batch_pack(b, &p.plan, press, &e);
	pthread_mutex_lock(&p.lock);
	if (!ok) {
		buf_reset(&b->why);
		buf_puts(&b->why, e.why);
		b->last = true;
	}
	b->stage = PACKED;
}

/* One piece of work; with the lock held, which it gives up meanwhile. */
static void
work(enum task task, struct batch *b, struct zpress *press)
{
	if (b)
		b->busy = true;
	switch (task) {
	case DO_CUT:
		do_cut();
		break;
	case DO_PACK:
		do_pack(b, press);
		break;
	case DO_PARSE:
		pthread_mutex_unlock(&p.lock);
		batch_parse(b, &p.plan);
		pthread_mutex_lock(&p.lock);
		b->stage = p.plan.tool->any_order ? RAN : PARSED;
		break;
	case DO_EACH:
		pthread_mutex_unlock(&p.lock);
		batch_each(b, &p.plan);
		pthread_mutex_lock(&p.lock);
		b->stage = RAN;
		break;
	case DO_WRITE:
		pthread_mutex_unlock(&p.lock);
		do_write(b);
		pthread_mutex_lock(&p.lock);
		after_write(b);
		b = NULL;
		break;
	default:
		break;
	}
	if (b)
		b->busy = false;
	pthread_cond_broadcast(&p.change);
}

static void *
help(void *arg)
{
	struct zpress *press = arg;

	pthread_mutex_lock(&p.lock);
	while (!p.quit) {
		struct batch *b = NULL;
		enum task t = pick(false, &b);

		if (t)
			work(t, b, press);
		else
			pthread_cond_wait(&p.change, &p.lock);
	}
	pthread_mutex_unlock(&p.lock);
	return NULL;
}

/* Wait for a change, at most a tenth of a second (for signals). */
static void
wait_a_bit(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 100000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&p.change, &p.lock, &t);
}

/* Nothing more will come out of what is alive; with the lock held. */
static bool
over(void)
{
	if (p.quit)
		return true;
	if (stop_asked())
		return !p.first || (!p.first->busy && p.first->stage < RAN);
	return p.input_end && !p.first && !p.cutting;
}

static void
loop(void)
{
	pthread_mutex_lock(&p.lock);
	while (!over()) {
		struct batch *b = NULL;
		enum task t = pick(true, &b);

		if (t)
			work(t, b, p.press[0]);
		else
			wait_a_bit();
	}
	pthread_mutex_unlock(&p.lock);
}

void
pipe_open(const struct pipe_plan *plan)
{
	p.plan = *plan;
	p.cutter = cut_new(plan->files, plan->nfiles, plan->line_limit);
	p.limit = (size_t)tool_threads + 2;
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.change, NULL);
	p.press = need_zero((size_t)tool_threads, sizeof *p.press);
	for (long i = 0; i < tool_threads; i++)
		p.press[i] = zpress_new();
	p.helper = need_zero((size_t)tool_threads, sizeof *p.helper);
}

/* Helpers take no signals: the main thread's waits are to end. */
static void
start_helpers(void)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (p.nhelpers + 1 < (size_t)tool_threads &&
	       !pthread_create(
		   &p.helper[p.nhelpers], NULL, help, p.press[p.nhelpers + 1]))
		p.nhelpers++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* The tool is done with all records of the batch: it goes its way. */
static void
complete(struct batch *b)
{
	batch_settle(b, &p.plan);
	pthread_mutex_lock(&p.lock);
	b->stage = RAN;
	pthread_cond_broadcast(&p.change);
	pthread_mutex_unlock(&p.lock);
}

/* The batch after the one in hand, parsed, which is now in hand; NULL at the
 * end. Meanwhile what is ready goes out. */
static struct batch *
next_batch(void)
{
	struct batch *b = NULL, *on;
	enum task t;

	pthread_mutex_lock(&p.lock);
	for (;;) {
		on = NULL;
		b = p.pulling ? p.pulling->next : p.first;
		if (b && (b->stage < PARSED || b->busy))
			b = NULL;
		t = pick(true, &on);
		if (p.quit || stop_asked())
			break;
		if (t && (!b || t == DO_WRITE || t == DO_PACK))
			work(t, on, p.press[0]);
		else if (b || (p.input_end && !p.cutting &&
				  !(p.pulling ? p.pulling->next : p.first)))
			break;
		else
			wait_a_bit();
	}
	if (p.quit || stop_asked())
		b = NULL;
	if (b) {
		p.pulling = b;
		b->seen = true;
	}
	pthread_mutex_unlock(&p.lock);
	return b;
}

struct rec *
tool_next(void)
{
	struct batch *b = p.pulling, *next;

	while (!p.pull_end) {
		while (b && b->at < b->n) {
			struct rec *r = &b->r[b->at++];

			if (!r->bad) {
				b->left++;
				return r;
			}
			if (!p.plan.reject) {
				p.pull_end = true;
				return NULL;
			}
		}
		next = next_batch();
		if (!next)
			break;
		if (b && !b->left)
			complete(b);
		b = next;
	}
	return NULL;
}

void
tool_done(struct rec *r)
{
	struct batch *b = r->batch;

	if (r->done)
		return;
	r->done = true;
	b->left--;
	if (r->bad && !p.plan.reject)
		p.pull_end = true;
	if (b != p.pulling && !b->left)
		complete(b);
}

bool
tool_failed(void)
{
	bool bad;

	pthread_mutex_lock(&p.lock);
	bad = p.result.failed || p.pull_end;
	for (const struct batch *b = p.first; b; b = b->next)
		bad |= b->why.n || b->cut.failed;
	pthread_mutex_unlock(&p.lock);
	return bad;
}

void
tool_fail(const char *fmt, ...)
{
	char why[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	if (!p.result.failed)
		warn("%s", why);
	p.result.failed = p.pull_end = true;
	stop_fail();
}

void
tool_twice(void)
{
	p.rehearsal = true;
	cut_spool(p.cutter, tool_tmp);
}

/* Give back every batch; no thread works on one any more then. */
static void
drop_all(void)
{
	p.input_end = true;
	for (struct batch *b = p.first; b || p.cutting;) {
		if (p.cutting || b->busy) {
			wait_a_bit();
			b = p.first;
		} else
			b = b->next;
	}
	while (p.first)
		drop_first();
	p.pulling = NULL;
}

void
tool_again(void)
{
	if (!p.rehearsal || p.quit || stop_asked())
		return;
	pthread_mutex_lock(&p.lock);
	drop_all();
	cut_again(p.cutter);
	p.rehearsal = p.pull_end = p.input_end = false;
	pthread_cond_broadcast(&p.change);
	pthread_mutex_unlock(&p.lock);
}

/* What .pull has had in hand leaves in order, as far as it goes. */
static void
end_pull(void)
{
	struct batch *seen = NULL;

	pthread_mutex_lock(&p.lock);
	for (struct batch *b = p.first; b && b->seen; b = b->next) {
		seen = b;
		if (b->stage != PARSED)
			continue;
		pthread_mutex_unlock(&p.lock);
		b->n = b->at;
		complete(b);
		pthread_mutex_lock(&p.lock);
	}
	if (seen)
		seen->last = true;
	else
		p.quit = true;
	pthread_mutex_unlock(&p.lock);
	loop();
}

void
pipe_run(void)
{
	start_helpers();
	if (p.plan.tool->pull) {
		p.plan.tool->pull();
		end_pull();
	} else
		loop();
	pipe_stop();
}

void
pipe_stop(void)
{
	if (!p.cutter)
		return;
	stop_wake();
	pthread_mutex_lock(&p.lock);
	p.quit = true;
	pthread_cond_broadcast(&p.change);
	pthread_mutex_unlock(&p.lock);
	while (p.nhelpers)
		pthread_join(p.helper[--p.nhelpers], NULL);
}

struct pipe_result *
pipe_result(void)
{
	return &p.result;
}

void
pipe_inputs(struct buf *b)
{
	if (p.cutter)
		cut_json(p.cutter, b);
	else
		buf_puts(b, "[]");
}

void
pipe_close(void)
{
	if (!p.cutter)
		return;
	while (p.first)
		drop_first();
	for (struct batch *b = p.idle, *next; b; b = next) {
		next = b->next;
		batch_free(b, &p.plan);
	}
	cut_free(p.cutter);
	for (long i = 0; i < tool_threads; i++)
		zpress_free(p.press[i]);
	free(p.press);
	free(p.helper);
	tally_done(&p.result.tally);
	pthread_mutex_destroy(&p.lock);
	pthread_cond_destroy(&p.change);
	p.cutter = NULL;
}
