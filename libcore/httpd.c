#include "libcore/httpd.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "libcore/listen.h"

/* Of a body that nobody wants so many times max_body is read, for the sake of
 * the client; then the connection is closed. */
enum { DISCARD = 16, HEAD_MAX = 32 << 10, STREAM_BLOCK = 16 << 10 };
enum { WATCH_MS = 50, SWEEP_MS = 500 };

/* A connection. */
struct link {
	struct link *next, **at;
	int fd;
	long since; /* the last request ended, or this one began */
	struct http_own *req;
};

struct http_own {
	struct http_req req;
	struct http_own *next, **at;
	struct httpd *h;
	struct link *link;
	struct MHD_Connection *conn;
	struct MHD_Response *response; /* not handed over yet */
	size_t read;                   /* bytes of the body, kept or not */
	bool whole;                    /* ready was called */
	bool waits;                    /* suspended */
	bool gone;                     /* the client is */
	bool streams, ended, broken;
	struct buf out; /* of a stream: sent up to `sent` */
	size_t sent;
};

struct httpd {
	struct httpd_conf conf;
	struct MHD_Daemon *daemon;
	struct listen on;
	int epoll;
	bool quitting, closing, resumed;
	struct link *links;
	struct http_own *reqs;
	struct pollfd *watch;
	size_t watch_room;
	long watched, swept;
};

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* Go on with a suspended connection. */
static void
wake(struct http_own *q)
{
	if (!q->waits)
		return;
	q->waits = false;
	q->h->resumed = true;
	MHD_resume_connection(q->conn);
}

static void
suspend(struct http_own *q)
{
	q->waits = true;
	MHD_suspend_connection(q->conn);
}

/* Hand the answer over. */
static enum MHD_Result
give(struct http_own *q)
{
	enum MHD_Result ok =
	    MHD_queue_response(q->conn, (unsigned)q->req.status, q->response);

	MHD_destroy_response(q->response);
	q->response = NULL;
	return ok;
}

static struct str
header(struct MHD_Connection *c, const char *name)
{
	return str_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

struct str
http_header(const struct http_req *r, const char *name)
{
	return header(r->own->conn, name);
}

static void
name_client(struct http_own *q)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(
	    q->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr *a = i ? i->client_addr : NULL;
	socklen_t n = a && a->sa_family == AF_INET6
			  ? sizeof(struct sockaddr_in6)
			  : sizeof(struct sockaddr_in);

	if (!a || getnameinfo(a, n, q->req.from, sizeof q->req.from, NULL, 0,
		      NI_NUMERICHOST))
		strcpy(q->req.from, "?");
}

static struct http_own *
begin(struct httpd *h, struct MHD_Connection *c, const char *path,
    const char *method)
{
	struct http_own *q = need_zero(1, sizeof *q);
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct str n = header(c, "Content-Length");
	int64_t declared;

	q->h = h;
	q->conn = c;
	q->req.own = q;
	q->req.path = path;
	q->req.method = method;
	if (n.s && num_parse_int(n, &declared) && declared > 0)
		q->req.declared = (size_t)declared;
	name_client(q);
	q->link = i->socket_context;
	q->link->req = q;
	q->link->since = now_ms();
	q->next = h->reqs;
	q->at = &h->reqs;
	if (q->next)
		q->next->at = &q->next;
	h->reqs = q;
	return q;
}

/* The head is there. What is answered by it alone is answered after the body,
 * unless the client waits to be asked for that, or it is beyond measure. */
static enum MHD_Result
head(struct http_own *q)
{
	const struct httpd_conf *c = &q->h->conf;

	c->head(c->user, &q->req);
	if (q->response && (header(q->conn, "Expect").s ||
			       q->req.declared / DISCARD > c->max_body))
		return give(q);
	return MHD_YES;
}

static enum MHD_Result
take(struct http_own *q, const char *data, size_t n)
{
	q->read += n;
	if (q->read / DISCARD > q->h->conf.max_body)
		return MHD_NO;
	if (q->read <= q->h->conf.max_body && !q->response)
		buf_put(&q->req.body, data, n);
	else
		buf_done(&q->req.body);
	return MHD_YES;
}

/* All of it is there; or it goes on after a pause. */
static enum MHD_Result
whole(struct http_own *q)
{
	const struct httpd_conf *c = &q->h->conf;

	if (!q->whole && !q->h->closing) {
		q->whole = true;
		q->req.too_long = q->read > c->max_body;
		if (!q->response)
			c->ready(c->user, &q->req);
	}
	if (q->gone || q->h->closing)
		return MHD_NO;
	if (q->response)
		return give(q);
	suspend(q);
	return MHD_YES;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *data, size_t *n,
    void **state)
{
	struct http_own *q = *state;
	size_t had = *n;

	(void)version;
	if (!q) {
		*state = q = begin(cls, c, path, method);
		return head(q);
	}
	*n = 0;
	return had ? take(q, data, had) : whole(q);
}

static void
on_over(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct httpd *h = cls;
	struct http_own *q = *state;

	(void)c;
	(void)why;
	if (!q)
		return;
	*state = NULL;
	h->conf.over(h->conf.user, &q->req);
	*q->at = q->next;
	if (q->next)
		q->next->at = q->at;
	q->link->req = NULL;
	q->link->since = now_ms();
	if (q->response)
		MHD_destroy_response(q->response);
	buf_done(&q->req.body);
	buf_done(&q->out);
	free(q);
}

static void
on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct httpd *h = cls;
	struct link *l = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = l = need_zero(1, sizeof *l);
		l->fd = MHD_get_connection_info(
		    c, MHD_CONNECTION_INFO_CONNECTION_FD)
			    ->connect_fd;
		l->since = now_ms();
		l->next = h->links;
		l->at = &h->links;
		if (l->next)
			l->next->at = &l->next;
		h->links = l;
		return;
	}
	*l->at = l->next;
	if (l->next)
		l->next->at = l->at;
	free(l);
	*context = NULL;
}

/* More of a stream for the client. */
static ssize_t
on_read(void *cls, uint64_t pos, char *to, size_t most)
{
	struct http_own *q = cls;
	size_t n = q->out.n - q->sent;

	(void)pos;
	if (q->gone || (q->broken && !n))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n) {
		n = n < most ? n : most;
		memcpy(to, q->out.s + q->sent, n);
		q->sent += n;
		if (q->sent == q->out.n)
			q->sent = q->out.n = 0;
		return (ssize_t)n;
	}
	if (q->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	suspend(q);
	return 0;
}

static void
answer(struct http_own *q, int status, const char *type)
{
	q->req.status = status;
	if (!q->response)
		die("out of memory for an answer");
	MHD_add_response_header(
	    q->response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (q->h->quitting)
		MHD_add_response_header(
		    q->response, MHD_HTTP_HEADER_CONNECTION, "close");
	wake(q);
}

void
http_answer(struct http_req *r, int status, const char *type,
    const struct http_field *more, struct str body)
{
	struct http_own *q = r->own;
	/* it is copied, whatever the type of the parameter */
	void *bytes = (void *)(uintptr_t)body.s;

	q->response = MHD_create_response_from_buffer(
	    body.n, bytes, MHD_RESPMEM_MUST_COPY);
	for (; q->response && more && more->name; more++)
		MHD_add_response_header(q->response, more->name, more->value);
	answer(q, status, type);
}

void
http_stream(struct http_req *r, const char *type)
{
	struct http_own *q = r->own;

	q->streams = true;
	q->response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_read, q, NULL);
	if (q->response)
		MHD_add_response_header(
		    q->response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	answer(q, 200, type);
}

void
http_put(struct http_req *r, struct str s)
{
	buf_str(&r->own->out, s);
	wake(r->own);
}

void
http_end(struct http_req *r, bool good)
{
	r->own->ended = true;
	r->own->broken = !good;
	wake(r->own);
}

struct httpd *
httpd_open(const struct httpd_conf *conf, struct err *e)
{
	struct httpd *h = need_zero(1, sizeof *h);

	h->conf = *conf;
	if (!listen_open(&h->on, conf->where, conf->local_only, e)) {
		free(h);
		return NULL;
	}
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME,
	    0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, h->on.fd,
	    MHD_OPTION_NOTIFY_COMPLETED, on_over, h,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)conf->connections,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)conf->idle,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!h->daemon) {
		err_set(e, "libmicrohttpd cannot serve on '%s'", h->on.name);
		close(h->on.fd);
		free(h);
		return NULL;
	}
	h->epoll =
	    MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	return h;
}

const char *
httpd_where(const struct httpd *h)
{
	return h->on.name;
}

bool
httpd_local(const struct httpd *h)
{
	return h->on.local;
}

/* A client has left: who waited for an answer, or in the middle of a request,
 * all of which has been read. */
static void
left(const struct link *l)
{
	struct http_own *q = l->req;
	int unread = 0;

	if (q && q->whole) {
		q->gone = true;
		wake(q);
	} else if (!ioctl(l->fd, FIONREAD, &unread) && !unread)
		shutdown(l->fd, SHUT_RDWR);
}

/* Suspended connections are not looked at otherwise; and of others an end that
 * comes with the last bytes is not always seen. */
static void
watch(struct httpd *h)
{
	size_t n = 0;

	for (const struct link *l = h->links; l; l = l->next) {
		bool sends = l->req && l->req->whole && !l->req->waits;

		if (n == h->watch_room) {
			h->watch_room = h->watch_room ? h->watch_room * 2 : 64;
			h->watch = need_grow(
			    h->watch, h->watch_room, sizeof *h->watch);
		}
		h->watch[n++] = (struct pollfd){ .fd = sends ? -1 : l->fd,
			.events = POLLRDHUP };
	}
	if (!n || poll(h->watch, n, 0) <= 0)
		return;
	n = 0;
	for (const struct link *l = h->links; l; l = l->next)
		if (h->watch[n++].revents)
			left(l);
}

/* Close what has been silent, or incomplete, for too long. */
static void
sweep(struct httpd *h, long now)
{
	for (const struct link *l = h->links; l; l = l->next)
		if (!(l->req && l->req->whole) &&
		    now - l->since > h->conf.idle * 1000L)
			shutdown(l->fd, SHUT_RDWR);
}

void
httpd_run(struct httpd *h, int milliseconds)
{
	struct pollfd p[] = { { .fd = h->epoll, .events = POLLIN },
		{ .fd = h->conf.wake, .events = POLLIN } };
	MHD_UNSIGNED_LONG_LONG most;
	long now;

	if (h->resumed)
		milliseconds = 0;
	else if (h->reqs && milliseconds > WATCH_MS)
		milliseconds = WATCH_MS;
	if (milliseconds && MHD_get_timeout(h->daemon, &most) == MHD_YES &&
	    most < (unsigned)milliseconds)
		milliseconds = (int)most;
	if (milliseconds)
		poll(p, 2, milliseconds);
	h->resumed = false;
	MHD_run(h->daemon);
	now = now_ms();
	if (now - h->watched >= WATCH_MS) {
		h->watched = now;
		watch(h);
	}
	if (now - h->swept >= SWEEP_MS) {
		h->swept = now;
		sweep(h, now);
	}
}

void
httpd_quit(struct httpd *h)
{
	if (h->quitting)
		return;
	h->quitting = true;
	h->conf.wake = -1; /* whatever woke us may stay readable */
	MHD_quiesce_daemon(h->daemon);
	close(h->on.fd);
	for (const struct link *l = h->links; l; l = l->next)
		if (!l->req)
			shutdown(l->fd, SHUT_RDWR);
}

void
httpd_close(struct httpd *h)
{
	if (!h)
		return;
	httpd_quit(h);
	h->closing = true;
	for (struct http_own *q = h->reqs; q; q = q->next) {
		q->gone = true;
		wake(q);
	}
	/* none may be suspended when the daemon stops */
	MHD_run(h->daemon);
	MHD_stop_daemon(h->daemon);
	free(h->watch);
	free(h);
}
