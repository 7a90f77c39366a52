#include "gpu/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "libcore/address.h"
#include "libcore/fetch.h"
#include "libcore/tool.h"

enum {
	ANSWER_MOST = 16 << 20, /* bytes */
	ROW_LEAST = 20,         /* requests given up in a row */
};

/* A request on its way; apart from the question, whose record may go while
 * another thread still works on this. */
struct flight {
	struct flight *next, **at;
	struct endpoint_ask *ask;
	struct fetch fetch;
	struct buf body;
};

struct endpoint {
	struct endpoint_conf conf;
	struct address at;
	char *key;
	const char *key_name;
	struct fetcher *f;
	struct endpoint_ask *first, **last; /* not sent yet */
	size_t waiting;
	struct flight *flying;
	struct arena mem; /* of the answer in hand */
	struct endpoint_count count;
	size_t row;   /* given up one after the other */
	bool reached; /* it has answered like a server of models */
	bool good;    /* it has given an answer */
};

static struct {
	size_t most, used, held; /* tokens; most 0: no budget */
} budget;

void
endpoint_budget(size_t tokens)
{
	budget.most = tokens;
}

size_t
endpoint_used(void)
{
	return budget.used;
}

static bool
find_key(struct endpoint *p, struct err *e)
{
	const char *name = p->conf.key ? p->conf.key : "OPENAI_API_KEY";
	const char *key = getenv(name);

	if (key && *key && (p->conf.key || !p->at.open)) {
		p->key = need_text(key);
		p->key_name = name;
	} else if (p->conf.key) {
		/* unnamed: it may be a key, put in the wrong place */
		return err_set(e,
		    "model '%s': the variable that its key= names is not set",
		    p->conf.name);
	}
	return true;
}

static bool
start(struct endpoint *p, struct err *e)
{
	struct fetch_conf f = { .at_once = p->conf.at_once,
		.rate = p->conf.rate,
		.timeout = p->conf.timeout,
		.most = ANSWER_MOST };
	struct err why;

	if (!address_split(&p->at, p->conf.address, e) || !find_key(p, e))
		return false;
	f.url = p->at.url;
	f.key = p->key;
	p->f = fetch_open(&f, &why);
	return p->f || err_set(e, "model '%s': %s", p->conf.name, why.why);
}

struct endpoint *
endpoint_open(const struct endpoint_conf *conf, struct err *e)
{
	struct endpoint *p = need_zero(1, sizeof *p);

	p->conf = *conf;
	p->last = &p->first;
	if (start(p, e))
		return p;
	endpoint_close(p);
	return NULL;
}

static void
flight_free(struct flight *x)
{
	*x->at = x->next;
	if (x->next)
		x->next->at = x->at;
	buf_done(&x->fetch.answer);
	buf_done(&x->body);
	free(x);
}

void
endpoint_close(struct endpoint *p)
{
	if (!p)
		return;
	fetch_close(p->f);
	while (p->flying)
		flight_free(p->flying);
	arena_done(&p->mem);
	if (p->key)
		explicit_bzero(p->key, strlen(p->key));
	free(p->key);
	address_done(&p->at);
	free(p);
}

struct str
endpoint_url(const struct endpoint *p)
{
	return str_of(p->at.url);
}

struct str
endpoint_model(const struct endpoint *p)
{
	return str_of(p->at.model);
}

const char *
endpoint_limit(const struct endpoint *p)
{
	return p->conf.limit;
}

const char *
endpoint_key(const struct endpoint *p)
{
	return p->key_name;
}

/* Sending. */

/* The most that a request can cost. */
static size_t
cost(const struct endpoint_ask *a)
{
	return a->prompt + a->most;
}

static bool
affordable(const struct endpoint_ask *a)
{
	return !budget.most ||
	       budget.used + budget.held + cost(a) <= budget.most;
}

static void
launch(struct endpoint *p, struct endpoint_ask *a)
{
	struct flight *x = need_zero(1, sizeof *x);

	x->ask = a;
	x->next = p->flying;
	x->at = &p->flying;
	if (x->next)
		x->next->at = &x->next;
	p->flying = x;
	a->request(a, &x->body);
	x->fetch.body = (struct str){ x->body.s, x->body.n };
	x->fetch.wait = a->wait;
	x->fetch.again = a->tries > 0;
	x->fetch.user = x;
	budget.held += cost(a);
	p->count.requests++;
	p->count.again += a->tries > 0;
	a->tries++;
	fetch_send(p->f, &x->fetch);
}

/* Bodies are made for those that are sent next and those that were sent, no
 * more. */
static void
launch_all(struct endpoint *p)
{
	struct endpoint_ask *a;

	while ((a = p->first) && affordable(a) &&
	       (a->tries || fetch_waiting(p->f) < p->conf.at_once)) {
		p->first = a->next;
		if (!p->first)
			p->last = &p->first;
		p->waiting--;
		launch(p, a);
	}
}

void
endpoint_ask(struct endpoint *p, struct endpoint_ask *a)
{
	a->next = NULL;
	a->tries = 0;
	a->wait = 0;
	*p->last = a;
	p->last = &a->next;
	p->waiting++;
	launch_all(p);
}

/* Once more, before all that was not asked yet. */
static void
ask_again(struct endpoint *p, struct endpoint_ask *a, double after, bool all)
{
	double wait = 0.5;

	for (long i = 1; i < a->tries && wait < 30; i++)
		wait *= 2;
	wait = wait < 30 ? wait : 30;
	wait *= 1 - rng_unit(p->conf.seed, 0x77616974, p->count.requests) / 4;
	a->wait = after >= 0 ? after : wait;
	if (all) {
		fetch_pause(p->f, a->wait);
		a->wait = 0;
	}
	a->next = p->first;
	p->first = a;
	if (!a->next)
		p->last = &a->next;
	p->waiting++;
}

/* Why a request was not answered; of one that was, the parser knows. */
static void
say_why(struct endpoint *p, const struct fetch *x, struct buf *b)
{
	struct buf told = { 0 };

	if (x->fault) {
		buf_puts(b, x->why);
		return;
	}
	buf_printf(b, "HTTP %d", x->status);
	if (x->status < 400)
		buf_puts(b, ", and redirections are not followed");
	wire_error(&told, (struct str){ x->answer.s, x->answer.n });
	wire_tidy(&told, p->key);
	if (told.n)
		buf_printf(b, ": %s", told.s);
	buf_done(&told);
}

/* What became of a request. */

static bool
is_one_of(int status, const int *list)
{
	while (*list && *list != status)
		list++;
	return *list;
}

static bool
is_unreached(const struct fetch *x)
{
	return x->fault == FETCH_NEVER || x->fault == FETCH_WRONG;
}

static bool
worth_again(const struct fetch *x)
{
	static const int list[] = { 408, 409, 429, 0 };

	return (x->fault && x->fault != FETCH_WRONG) || x->status >= 500 ||
	       is_one_of(x->status, list);
}

/* Is it the server that is wrong, and not one prompt? */
static bool
hopeless(const struct endpoint *p, const struct fetch *x)
{
	static const int list[] = { 401, 403, 404, 0 };
	bool moved = x->status >= 300 && x->status < 400;

	if (!p->reached &&
	    (moved || is_unreached(x) || is_one_of(x->status, list)))
		return true;
	return p->row >= p->conf.at_once + ROW_LEAST;
}

static const char *
hint(const struct endpoint *p, const struct fetch *x)
{
	if (x->status != 401 || p->key)
		return "";
	return p->at.open ? "; the key in OPENAI_API_KEY is not sent in the "
			    "clear, but for a models file that names it"
			  : "; no key was sent: OPENAI_API_KEY is not set";
}

static void
give_up(struct endpoint *p, struct endpoint_ask *a, const struct fetch *x,
    const char *why)
{
	static const int prompts[] = { 400, 413, 422, 0 };

	p->count.lost++;
	if (!p->good || !is_one_of(x->status, prompts))
		p->row++;
	if (!hopeless(p, x))
		a->done(a, NULL, why);
	else if (p->row > 1)
		tool_fail("model '%s': %zu requests in a row came to nothing; "
			  "the last: %s%s",
		    p->conf.name, p->row, why, hint(p, x));
	else
		tool_fail("model '%s': %s%s", p->conf.name, why, hint(p, x));
	p->reached |= is_one_of(x->status, prompts);
}

static void
failed(struct endpoint *p, struct endpoint_ask *a, const struct fetch *x,
    struct buf *why, bool again)
{
	bool busy = x->status == 429 || x->status == 503;

	if (again && x->after > FETCH_AFTER_MOST)
		buf_printf(
		    why, ", to be asked again after %.0f seconds", x->after);
	else if (again && a->tries <= p->conf.retries) {
		if (tool_verbose)
			warn("model '%s': %s; trying again", p->conf.name,
			    why->s);
		ask_again(p, a, x->after, busy);
		return;
	}
	if (a->tries > 1)
		buf_printf(why, " (%ld tries)", a->tries);
	give_up(p, a, x, why->s);
}

/* Settle with the budget: all that was set aside is used where nobody knows
 * better. */
static void
settle(struct endpoint *p, const struct endpoint_ask *a, const struct fetch *x,
    const struct wire_answer *got)
{
	bool refused = is_unreached(x) || x->status >= 300;

	budget.held -= cost(a);
	if (got && got->counted) {
		budget.used += got->prompt + got->drawn;
		p->count.prompt += got->prompt;
		p->count.drawn += got->drawn;
	} else if (!refused) {
		budget.used += cost(a);
	}
}

static bool
read_answer(struct endpoint *p, const struct fetch *x, struct wire_answer *got,
    struct buf *why)
{
	if (x->fault || x->status < 200 || x->status > 299) {
		say_why(p, x, why);
		return false;
	}
	if (wire_answer(
		got, (struct str){ x->answer.s, x->answer.n }, &p->mem, why))
		return true;
	wire_tidy(why, p->key);
	if (!why->n)
		buf_puts(why, "an answer that says nothing");
	return false;
}

static void
landed(struct endpoint *p, struct flight *x)
{
	struct endpoint_ask *a = x->ask;
	struct wire_answer got;
	struct buf why = { 0 };
	bool ok = read_answer(p, &x->fetch, &got, &why);
	bool unread = !x->fetch.fault && x->fetch.status < 300;
	bool again = unread || worth_again(&x->fetch);

	settle(p, a, &x->fetch, ok ? &got : NULL);
	if (ok) {
		p->reached = p->good = true;
		p->row = 0;
		a->done(a, &got, NULL);
	} else {
		failed(p, a, &x->fetch, &why, again);
	}
	buf_done(&why);
	arena_reset(&p->mem);
	flight_free(x);
}

static bool
take_all(struct endpoint *p)
{
	struct fetch *x;
	bool any = false;

	while (!tool_stopping() && (x = fetch_next(p->f))) {
		landed(p, x->user);
		any = true;
	}
	return any;
}

/* Nothing is on its way, and there is no room for what would be next. */
static bool
spent(const struct endpoint *p)
{
	return p->first && !budget.held && !affordable(p->first);
}

bool
endpoint_step(struct endpoint *p, int ms)
{
	bool any = take_all(p);

	launch_all(p);
	if (!any && ms > 0 && (p->flying || budget.held)) {
		fetch_wait(ms);
		take_all(p);
		launch_all(p);
	}
	if (spent(p))
		tool_fail("the budget of %zu tokens has no room for the next "
			  "request: %zu are used, it may take %zu",
		    budget.most, budget.used, cost(p->first));
	return p->first || p->flying;
}

size_t
endpoint_waiting(const struct endpoint *p)
{
	return p->waiting + fetch_waiting(p->f);
}

struct endpoint_count
endpoint_count(const struct endpoint *p)
{
	return p->count;
}
