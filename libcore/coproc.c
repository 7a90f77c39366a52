#include "libcore/coproc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libcore/child.h"
#include "libcore/tool.h"

enum {
	LEAVES = 1000, /* ms that it has to end once its output has, */
	GRACE = 5000,  /* and once its input has */
};

struct question {
	struct question *next;
	void *item;
	struct buf line; /* its newline too */
	bool again;      /* asked before of a copy that may have been leaving */
};

struct copy {
	struct child child;
	struct question *asked; /* NULL: none */
	size_t sent;
	struct buf answer;
	double since;
	bool served; /* it has answered something */
};

struct coprocs {
	struct coprocs_conf conf;
	struct copy *copy;
	struct pollfd *fd; /* [2 copies]: in, out */
	struct question *first, **last;
	size_t waiting, vain;
	bool answered;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct coprocs *
coprocs_open(const struct coprocs_conf *conf)
{
	struct coprocs *cs = need_zero(1, sizeof *cs);

	cs->conf = *conf;
	cs->copy = need_zero(conf->copies, sizeof *cs->copy);
	cs->fd = need_zero(2 * conf->copies, sizeof *cs->fd);
	cs->last = &cs->first;
	return cs;
}

static void
question_free(struct question *q)
{
	if (q)
		buf_done(&q->line);
	free(q);
}

/* At the end of its input a copy may have something left to do. */
static void
let_end(struct coprocs *cs)
{
	double until = now() + 1e-3 * GRACE;

	for (size_t i = 0; i < cs->conf.copies; i++)
		if (cs->copy[i].child.pid)
			child_shut(&cs->copy[i].child);
	for (size_t i = 0; i < cs->conf.copies; i++)
		while (cs->copy[i].child.pid && !tool_stopping() &&
		       now() < until && !child_ends(&cs->copy[i].child, 50))
			;
}

void
coprocs_close(struct coprocs *cs)
{
	if (!cs)
		return;
	let_end(cs);
	for (size_t i = 0; i < cs->conf.copies; i++) {
		if (cs->copy[i].child.pid)
			child_stop(&cs->copy[i].child);
		question_free(cs->copy[i].asked);
		buf_done(&cs->copy[i].answer);
	}
	while (cs->first) {
		struct question *q = cs->first;

		cs->first = q->next;
		question_free(q);
	}
	free(cs->copy);
	free(cs->fd);
	free(cs);
}

void
coprocs_ask(struct coprocs *cs, struct str line, void *item)
{
	struct question *q = need_zero(1, sizeof *q);

	q->item = item;
	buf_str(&q->line, line);
	buf_char(&q->line, '\n');
	*cs->last = q;
	cs->last = &q->next;
	cs->waiting++;
}

size_t
coprocs_waiting(const struct coprocs *cs)
{
	return cs->waiting;
}

/* The copy's question is through. False: its answer was of no use. */
static bool
through(
    struct coprocs *cs, struct copy *c, struct str answer, const char *fault)
{
	struct question *q = c->asked;
	bool used;

	c->asked = NULL;
	cs->waiting--;
	used = cs->conf.got(q->item, answer, fault);
	question_free(q);
	buf_reset(&c->answer);
	return used;
}

/* A copy that has ended may have done so before the question came: another is
 * asked, once. */
static bool
ask_again(struct coprocs *cs, struct copy *c)
{
	struct question *q = c->asked;

	if (!q || q->again || !c->served || c->answer.n)
		return false;
	q->again = true;
	q->next = cs->first;
	cs->first = q;
	if (!q->next)
		cs->last = &q->next;
	c->asked = NULL;
	return true;
}

/* It is of no more use; what was asked of it has failed. why: NULL where it
 * has ended by itself. */
static void
lose(struct coprocs *cs, struct copy *c, const char *why)
{
	char says[CHILD_TEXT];
	struct buf b = { 0 };

	child_shut(&c->child);
	if (!why && !child_ends(&c->child, LEAVES))
		why = "the program has closed its output";
	if (why)
		child_stop(&c->child);
	else
		child_says(child_wait(&c->child), says);
	if (!why && ask_again(cs, c))
		return;
	if (c->asked) {
		buf_printf(&b, "%s",
		    why ? why : "the program has ended without an answer: ");
		if (!why)
			buf_puts(&b, says);
		if (!why && !cs->answered)
			cs->vain++;
		through(cs, c, (struct str){ 0 }, b.s);
	}
	buf_done(&b);
	buf_reset(&c->answer);
}

/* Give an idle copy the next question. */
static bool
begin(struct coprocs *cs, struct copy *c, struct err *e)
{
	const char *argv[] = { "/bin/sh", "-c", cs->conf.command, NULL };
	struct child_how how = { .argv = argv, .ready = true };

	if (!c->child.pid) {
		if (!child_start(&c->child, &how, e))
			return false;
		c->served = false;
	}
	c->asked = cs->first;
	cs->first = c->asked->next;
	if (!cs->first)
		cs->last = &cs->first;
	c->asked->next = NULL;
	c->sent = 0;
	c->since = now();
	return true;
}

/* Send what the pipe takes. A reader that has left is seen by its output's
 * end. */
static void
send_more(struct copy *c)
{
	const struct buf *line = &c->asked->line;

	while (c->sent < line->n) {
		ssize_t n =
		    write(c->child.in, line->s + c->sent, line->n - c->sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
}

/* Read what is there. False: the output has ended. */
static bool
read_more(struct copy *c)
{
	char piece[1 << 16];

	while (c->answer.n <= COPROC_LINE) {
		ssize_t n = read(c->child.out, piece, sizeof piece);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		buf_put(&c->answer, piece, (size_t)n);
	}
	return true;
}

static void
hear(struct coprocs *cs, struct copy *c)
{
	bool open = read_more(c);
	char *end = c->answer.n ? memchr(c->answer.s, '\n', c->answer.n) : NULL;
	size_t n = end ? (size_t)(end - c->answer.s) : c->answer.n;

	if (!c->asked) {
		if (!open || c->answer.n) /* it speaks unasked */
			lose(cs, c, open ? "" : NULL);
		return;
	}
	if (n > COPROC_LINE) {
		lose(cs, c, "the program's answer is longer than 1 MiB");
		return;
	}
	if (end && c->answer.n > n + 1) {
		lose(cs, c, "the program has answered more than one line");
		return;
	}
	if (end) {
		cs->answered = c->served = true;
		/* What was no answer may have come before the answer: the
		 * next line could be one to this question. */
		if (!through(cs, c, (struct str){ c->answer.s, n }, NULL))
			lose(cs, c, "");
		return;
	}
	if (!open)
		lose(cs, c, NULL);
}

/* What is waited for, in cs->fd. */
static void
watch(struct coprocs *cs)
{
	for (size_t i = 0; i < cs->conf.copies; i++) {
		const struct copy *c = cs->copy + i;
		struct pollfd *fd = cs->fd + 2 * i;
		bool sends =
		    c->child.pid && c->asked && c->sent < c->asked->line.n;

		fd[0] = (struct pollfd){ sends ? c->child.in : -1, POLLOUT, 0 };
		fd[1] = (struct pollfd){ c->child.pid ? c->child.out : -1,
			POLLIN, 0 };
	}
}

static void
too_late(struct coprocs *cs, struct copy *c)
{
	struct buf b = { 0 };

	buf_printf(&b, "no answer in %g seconds", cs->conf.timeout);
	lose(cs, c, b.s);
	buf_done(&b);
}

bool
coprocs_step(struct coprocs *cs, int ms, bool *worked, struct err *e)
{
	*worked = false;
	for (size_t i = 0; i < cs->conf.copies && cs->first; i++)
		if (!cs->copy[i].asked && !begin(cs, cs->copy + i, e))
			return false;
	watch(cs);
	if (poll(cs->fd, 2 * cs->conf.copies, cs->waiting ? ms : 0) < 0 &&
	    errno != EINTR)
		return err_set(e, "poll: %s", strerror(errno));
	for (size_t i = 0; i < cs->conf.copies; i++) {
		struct copy *c = cs->copy + i;
		size_t before = cs->waiting;

		if (cs->fd[2 * i].revents)
			send_more(c);
		if (cs->fd[2 * i + 1].revents)
			hear(cs, c);
		else if (c->asked && now() - c->since > cs->conf.timeout)
			too_late(cs, c);
		*worked |= cs->waiting != before;
	}
	if (cs->vain >= COPROC_VAIN && !cs->answered)
		return err_set(
		    e, "'%s' ends without an answer", cs->conf.command);
	return true;
}
