#include "libcore/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

enum { CONNECT_MS = 30000, POLL_MS = 1000 };
#define PAUSE 0.25 /* seconds in which the asker may say more */

/* A handle of libcurl's and what it works on; the talking thread's. */
struct slot {
	struct slot *next;
	CURL *easy;
	struct fetcher *of;
	struct fetch *on;
	char why[CURL_ERROR_SIZE];
	size_t sent; /* bytes of the body */
	bool large;
};

struct fetcher {
	struct fetch_conf conf;
	char *url;
	struct curl_slist *head;
	CURLM *multi;
	pthread_t thread;
	struct slot *slots, *idle; /* [at_once], `made` of them with a handle */
	size_t made, running;
	double next; /* no request begins before */

	pthread_mutex_t lock;        /* of all below, and of `next` */
	struct fetch *first, **last; /* wait for their turn */
	size_t waiting;
	struct fetch *over, **over_last;
	bool quit;
};

/* What fetch_wait waits for, whichever fetcher it comes from. */
static pthread_mutex_t news_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news_change = PTHREAD_COND_INITIALIZER;
static bool news;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
tell(void)
{
	pthread_mutex_lock(&news_lock);
	news = true;
	pthread_cond_signal(&news_change);
	pthread_mutex_unlock(&news_lock);
}

void
fetch_wait(int ms)
{
	struct timespec t;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&news_lock);
	while (!news && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&news_change, &news_lock, &t);
	news = false;
	pthread_mutex_unlock(&news_lock);
}

/* The talking. */

static size_t
receive(char *s, size_t size, size_t n, void *user)
{
	struct slot *slot = user;

	n *= size;
	if (n > slot->of->conf.most - slot->on->answer.n) {
		slot->large = true;
		return 0;
	}
	buf_put(&slot->on->answer, s, n);
	return n;
}

static size_t
give_body(char *to, size_t size, size_t n, void *user)
{
	struct slot *s = user;
	size_t left = s->on->body.n - s->sent;

	n *= size;
	n = n < left ? n : left;
	memcpy(to, s->on->body.s + s->sent, n);
	s->sent += n;
	return n;
}

/* Where a connection that was kept dies, libcurl would send the body again, up
 * to five times; a server may have worked on it each time. */
static int
never_again(void *user, curl_off_t at, int from)
{
	(void)user;
	(void)at;
	(void)from;
	return CURL_SEEKFUNC_FAIL;
}

/* No program that is started later inherits a connection. */
static curl_socket_t
open_socket(void *user, curlsocktype type, struct curl_sockaddr *a)
{
	(void)user;
	(void)type;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static const char *
certificates(void)
{
	const char *s = getenv("CURL_CA_BUNDLE");

	if (!s || !*s)
		s = getenv("SSL_CERT_FILE");
	return s && *s ? s : NULL;
}

static void
set_up(struct slot *s)
{
	struct fetcher *f = s->of;
	double ms = f->conf.timeout * 1000;
	CURL *c = s->easy;

	curl_easy_setopt(c, CURLOPT_PRIVATE, s);
	curl_easy_setopt(c, CURLOPT_URL, f->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->head);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->why);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms > 1 ? (long)ms : 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(c, CURLOPT_READDATA, s);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, never_again);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	if (certificates())
		curl_easy_setopt(c, CURLOPT_CAINFO, certificates());
}

static struct slot *
slot_take(struct fetcher *f)
{
	struct slot *s = f->idle;

	if (s) {
		f->idle = s->next;
		return s;
	}
	s = f->slots + f->made;
	s->easy = curl_easy_init();
	if (!s->easy)
		return NULL;
	f->made++;
	s->of = f;
	set_up(s);
	return s;
}

/* The first whose time has come, taken from the queue; with the lock held. */
static struct fetch *
due(struct fetcher *f, double t)
{
	for (struct fetch **p = &f->first; *p; p = &(*p)->next) {
		struct fetch *x = *p;

		if (x->at > t)
			continue;
		*p = x->next;
		if (f->last == &x->next)
			f->last = p;
		f->waiting--;
		return x;
	}
	return NULL;
}

static void
finish(struct fetcher *f, struct fetch *x)
{
	pthread_mutex_lock(&f->lock);
	x->next = NULL;
	*f->over_last = x;
	f->over_last = &x->next;
	pthread_mutex_unlock(&f->lock);
	tell();
}

static void
fault(struct fetch *x, enum fetch_fault how, const char *why)
{
	x->fault = how;
	x->status = 0;
	snprintf(x->why, sizeof x->why, "%s", why);
}

static void
begin(struct fetcher *f, struct fetch *x)
{
	struct slot *s = slot_take(f);

	if (!s) {
		fault(x, FETCH_NEVER, "libcurl has no room");
		finish(f, x);
		return;
	}
	s->on = x;
	s->sent = 0;
	s->large = false;
	s->why[0] = '\0';
	curl_easy_setopt(
	    s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.n);
	curl_multi_add_handle(f->multi, s->easy);
	f->running++;
	tell();
}

/* Seconds from one of the headers that say so; -1: none does. */
static double
retry_after(CURL *easy)
{
	struct curl_header *h;
	curl_off_t whole = 0;
	double ms;

	if (!curl_easy_header(
		easy, "retry-after-ms", 0, CURLH_HEADER, -1, &h) &&
	    num_parse(str_of(h->value), &ms) && ms >= 0)
		return ms / 1000;
	/* seconds or a date */
	if (curl_easy_header(easy, "retry-after", 0, CURLH_HEADER, -1, &h) ||
	    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &whole))
		return -1;
	return whole > 0 ? (double)whole : 0;
}

/* What is the same each time: no milliseconds, and whether the connection was
 * a new one or not. */
static const char *
why_of(const struct slot *s, CURLcode rc)
{
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return "timed out";
	if (rc == CURLE_SEND_FAIL_REWIND || rc == CURLE_GOT_NOTHING ||
	    rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR)
		return "the connection broke";
	if (rc == CURLE_COULDNT_CONNECT || !s->why[0])
		return curl_easy_strerror(rc);
	return s->why;
}

static void
end(struct fetcher *f, struct slot *s, CURLcode rc)
{
	struct fetch *x = s->on;
	long status = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	x->status = (int)status;
	x->after = retry_after(s->easy);
	if (s->large)
		fault(x, FETCH_LARGE, "the answer is too long");
	else if (rc)
		fault(x,
		    rc == CURLE_PEER_FAILED_VERIFICATION ? FETCH_WRONG
		    : s->sent                            ? FETCH_BROKEN
							 : FETCH_NEVER,
		    why_of(s, rc));
	if (x->status == 429 || x->status == 503)
		fetch_pause(f, x->after > 0 && x->after <= FETCH_AFTER_MOST
				   ? x->after
				   : PAUSE);
	curl_multi_remove_handle(f->multi, s->easy);
	s->on = NULL;
	s->next = f->idle;
	f->idle = s;
	f->running--;
	finish(f, x);
}

/* Begin what may begin. Returns for how many milliseconds nothing else can. */
static int
begin_due(struct fetcher *f)
{
	double t = now(), soonest = t + POLL_MS * 1e-3;

	while (f->running < f->conf.at_once) {
		struct fetch *x = NULL;

		pthread_mutex_lock(&f->lock);
		if (f->next <= t && (x = due(f, t)) && f->conf.rate > 0)
			f->next = t + 60 / f->conf.rate;
		if (!x) {
			for (x = f->first; x; x = x->next) {
				double at = x->at > f->next ? x->at : f->next;

				soonest = at < soonest ? at : soonest;
			}
		}
		pthread_mutex_unlock(&f->lock);
		if (!x)
			break;
		begin(f, x);
	}
	return soonest > t ? (int)((soonest - t) * 1000) + 1 : 0;
}

static void
take_ended(struct fetcher *f)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left))) {
		CURLcode rc = m->data.result;
		struct slot *s;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &s);
		end(f, s, rc);
	}
}

static bool
quitting(struct fetcher *f)
{
	bool quit;

	pthread_mutex_lock(&f->lock);
	quit = f->quit;
	pthread_mutex_unlock(&f->lock);
	return quit;
}

static void *
talk(void *arg)
{
	struct fetcher *f = arg;
	int running;

	while (!quitting(f)) {
		int ms = begin_due(f);

		curl_multi_perform(f->multi, &running);
		take_ended(f);
		if (f->running < f->conf.at_once)
			ms = begin_due(f);
		curl_multi_poll(f->multi, NULL, 0, ms, NULL);
	}
	return NULL;
}

/* Opening and closing. */

static bool
is_key(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

static bool
set_head(struct fetcher *f, struct err *e)
{
	static const char *const lines[] = { "Content-Type: application/json",
		"Accept: application/json", "Expect:", NULL };
	struct buf b = { 0 };

	for (size_t i = 0; lines[i]; i++)
		f->head = curl_slist_append(f->head, lines[i]);
	if (!f->conf.key)
		return true;
	if (!is_key(f->conf.key))
		return err_set(e, "the key has characters that no key has");
	buf_printf(&b, "Authorization: Bearer %s", f->conf.key);
	f->head = curl_slist_append(f->head, b.s);
	explicit_bzero(b.s, b.n);
	buf_done(&b);
	return true;
}

/* It takes no signals: the main thread's waits are to end. */
static bool
start_thread(struct fetcher *f)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&f->thread, NULL, talk, f);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return !rc;
}

static void
release(struct fetcher *f)
{
	for (size_t i = 0; i < f->made; i++) {
		curl_multi_remove_handle(f->multi, f->slots[i].easy);
		curl_easy_cleanup(f->slots[i].easy);
	}
	curl_multi_cleanup(f->multi);
	curl_slist_free_all(f->head);
	pthread_mutex_destroy(&f->lock);
	free(f->slots);
	free(f->url);
	free(f);
}

static bool
start(struct fetcher *f, struct err *e)
{
	static bool ready;

	if (!ready)
		ready = !curl_global_init(CURL_GLOBAL_DEFAULT);
	f->multi = ready ? curl_multi_init() : NULL;
	if (!f->multi)
		return err_set(e, "libcurl cannot be used");
	return set_head(f, e) &&
	       (start_thread(f) || err_set(e, "no thread can be started"));
}

struct fetcher *
fetch_open(const struct fetch_conf *conf, struct err *e)
{
	struct fetcher *f = need_zero(1, sizeof *f);

	f->conf = *conf;
	f->url = need_text(conf->url);
	f->slots = need_zero(conf->at_once, sizeof *f->slots);
	f->last = &f->first;
	f->over_last = &f->over;
	pthread_mutex_init(&f->lock, NULL);
	if (!start(f, e)) {
		release(f);
		return NULL;
	}
	f->conf.url = f->conf.key = NULL;
	return f;
}

void
fetch_close(struct fetcher *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->quit = true;
	pthread_mutex_unlock(&f->lock);
	curl_multi_wakeup(f->multi);
	pthread_join(f->thread, NULL);
	release(f);
}

/* What the other thread calls. */

void
fetch_send(struct fetcher *f, struct fetch *x)
{
	x->status = 0;
	x->fault = FETCH_FINE;
	x->why[0] = '\0';
	x->after = -1;
	x->at = now() + x->wait;
	buf_reset(&x->answer);
	pthread_mutex_lock(&f->lock);
	x->next = x->again ? f->first : NULL;
	if (x->again)
		f->first = x;
	else
		*f->last = x;
	if (!x->next)
		f->last = &x->next;
	f->waiting++;
	pthread_mutex_unlock(&f->lock);
	curl_multi_wakeup(f->multi);
}

void
fetch_pause(struct fetcher *f, double seconds)
{
	double until = now() + seconds;

	pthread_mutex_lock(&f->lock);
	f->next = until > f->next ? until : f->next;
	pthread_mutex_unlock(&f->lock);
}

struct fetch *
fetch_next(struct fetcher *f)
{
	struct fetch *x;

	pthread_mutex_lock(&f->lock);
	x = f->over;
	if (x)
		f->over = x->next;
	if (!f->over)
		f->over_last = &f->over;
	pthread_mutex_unlock(&f->lock);
	return x;
}

size_t
fetch_waiting(struct fetcher *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = f->waiting;
	pthread_mutex_unlock(&f->lock);
	return n;
}
