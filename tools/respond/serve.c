/* The server: who is let in, where a request goes, and the loop that draws for
 * all of them. */
#include "tools/respond/serve.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "libcore/tool.h"
#include "libcore/zio.h"
#include "tools/respond/call.h"
#include "tools/respond/shape.h"

enum { SPARE = 64 }; /* connections beyond the requests in work */

static struct {
	const struct serve_conf *conf;
	struct httpd *http;
	struct str token, host; /* host: of --serve, without the port */
	struct call *calls;
	size_t ncalls, nrequests; /* now */
	size_t asked;             /* calls since the start */
	bool draining;
} srv;

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
refuse(struct http_req *q, int status, const char *code, const char *why,
    const struct http_field *more)
{
	struct fault f = { .status = status, .code = code };
	struct buf b = { 0 };

	err_set(&f.message, "%s", why);
	tell_fault(&b, &f);
	http_answer(
	    q, status, "application/json", more, (struct str){ b.s, b.n });
	buf_done(&b);
}

/* HOST of HOST:PORT or HOST. */
static struct str
host_of(struct str s)
{
	const char *colon = memrchr(s.s, ':', s.n);
	const char *bracket = memrchr(s.s, ']', s.n);

	if (colon && (!bracket || colon > bracket))
		s.n = (size_t)(colon - s.s);
	return s;
}

static bool
same_word(struct str a, struct str b)
{
	return a.n == b.n && !strncasecmp(a.s, b.s, a.n);
}

static bool
is_loopback(struct str host)
{
	struct in_addr a;
	char text[INET_ADDRSTRLEN];

	if (same_word(host, STR("localhost")) || str_eq(host, "[::1]"))
		return true;
	if (host.n >= sizeof text)
		return false;
	memcpy(text, host.s, host.n);
	text[host.n] = 0;
	return inet_pton(AF_INET, text, &a) == 1 &&
	       ntohl(a.s_addr) >> 24 == 127;
}

/* A page of a browser may send requests to this machine's own servers: as
 * another site's, or under a name of its own that points here. Neither is let
 * in. */
static bool
from_elsewhere(const struct http_req *q)
{
	struct str host = http_header(q, "Host");

	if (http_header(q, "Origin").s)
		return true;
	if (!host.s || !httpd_local(srv.http))
		return false;
	host = host_of(host);
	return !is_loopback(host) && !same_word(host, srv.host);
}

/* Takes as long whatever is sent. */
static bool
has_token(const struct http_req *q)
{
	static const char bearer[] = "Bearer ";
	struct str s = http_header(q, "Authorization");
	size_t n = sizeof bearer - 1;
	unsigned differ;

	if (!s.s || s.n < n || strncasecmp(s.s, bearer, n))
		return false;
	s.s += n;
	s.n -= n;
	differ = s.n != srv.token.n;
	for (size_t i = 0; i < s.n; i++)
		differ |=
		    (unsigned char)(s.s[i] ^ srv.token.s[i % srv.token.n]);
	return !differ;
}

static void
health(struct http_req *q)
{
	http_answer(
	    q, 200, "application/json", NULL, STR("{\"status\":\"ok\"}"));
}

static void
models(struct http_req *q)
{
	const char *slash = q->path + strlen("/v1/models");
	struct buf b = { 0 };

	if (tell_models(&b, srv.conf, *slash ? slash + 1 : NULL))
		http_answer(
		    q, 200, "application/json", NULL, (struct str){ b.s, b.n });
	else
		refuse(q, 404, "model_not_found",
		    "there is no model of this name", NULL);
	buf_done(&b);
}

static void
admit(struct http_req *q, enum api api)
{
	struct call *c = call_new(q, api);

	c->began = seconds();
	c->next = srv.calls;
	c->at = &srv.calls;
	if (c->next)
		c->next->at = &c->next;
	srv.calls = c;
	srv.ncalls++;
	q->user = c;
}

static void
chat(struct http_req *q)
{
	admit(q, API_CHAT);
}

static void
completions(struct http_req *q)
{
	admit(q, API_TEXT);
}

/* The token is asked for before anything else is told. */
static const struct route {
	const char *path;
	const char *method;
	bool open;  /* to those without the token */
	bool below; /* also paths below it */
	void (*go)(struct http_req *);
} routes[] = {
	{ "/health", "GET", true, false, health },
	{ "/v1/models", "GET", false, true, models },
	{ "/v1/chat/completions", "POST", false, false, chat },
	{ "/v1/completions", "POST", false, false, completions },
};

static const struct route *
route_of(const char *path)
{
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		const struct route *r = routes + i;
		size_t n = strlen(r->path);

		if (!strncmp(path, r->path, n) &&
		    (!path[n] || (r->below && path[n] == '/')))
			return r;
	}
	return NULL;
}

static bool
method_fits(const char *method, const struct route *r)
{
	return !strcmp(method, r->method) ||
	       (!strcmp(method, "HEAD") && !strcmp(r->method, "GET"));
}

/* A body that will not be read, or not now. */
static bool
body_fits(struct http_req *q)
{
	static const struct http_field later[] = { { "Retry-After", "1" },
		{ 0 } };
	struct str coding = http_header(q, "Content-Encoding");

	if (coding.s && !same_word(coding, STR("identity")))
		refuse(q, 415, NULL, "bodies are read as they are, not encoded",
		    NULL);
	else if (http_header(q, "Transfer-Encoding").s &&
		 http_header(q, "Content-Length").s)
		refuse(q, 400, NULL,
		    "Transfer-Encoding and Content-Length exclude each other",
		    NULL);
	else if (q->declared > (size_t)srv.conf->body << 20)
		refuse(
		    q, 413, NULL, "the body is longer than is read here", NULL);
	else if (srv.draining)
		refuse(q, 503, NULL, "the server is stopping", NULL);
	else if (srv.ncalls >= (size_t)srv.conf->requests)
		refuse(
		    q, 503, NULL, "there are too many requests in work", later);
	return !q->status;
}

static void
on_head(void *user, struct http_req *q)
{
	const struct route *r = route_of(q->path);
	struct http_field more[] = { { "WWW-Authenticate", "Bearer" }, { 0 } };

	(void)user;
	srv.nrequests++;
	if (from_elsewhere(q)) {
		refuse(q, 403, NULL,
		    "requests of web pages, and for other hosts than this, are "
		    "not answered",
		    NULL);
	} else if (srv.token.n && !(r && r->open) && !has_token(q)) {
		refuse(q, 401, "invalid_api_key", "no token, or a wrong one",
		    more);
	} else if (!r) {
		refuse(q, 404, NULL, "there is nothing at this path", NULL);
	} else if (!method_fits(q->method, r)) {
		more[0] = (struct http_field){ "Allow", r->method };
		refuse(q, 405, NULL, "this path has another method", more);
	} else if (r->method[0] == 'G' || body_fits(q)) {
		r->go(q);
	}
}

static void
on_ready(void *user, struct http_req *q)
{
	struct call *c = q->user;

	(void)user;
	if (q->too_long) {
		refuse(
		    q, 413, NULL, "the body is longer than is read here", NULL);
	} else if (call_read(c, srv.conf) && call_ask(c, srv.conf)) {
		srv.asked++;
	} else {
		c->settled = true;
		call_refuse(c);
	}
}

/* What a client sent, as a terminal may see it. */
static void
put_text(struct buf *b, const char *s, size_t most)
{
	for (; *s && most; s++, most--)
		buf_char(b, *s >= ' ' && *s < 127 ? *s : '?');
}

/* A line about a request that is over. */
static void
say(const struct http_req *q)
{
	const struct call *c = q->user;
	struct buf b = { 0 };
	size_t asked, drawn;

	buf_printf(&b, "%s ", q->from);
	put_text(&b, q->method, 20);
	buf_char(&b, ' ');
	put_text(&b, q->path, 100);
	buf_printf(&b, " %d", q->status);
	if (c) {
		call_count(c, &asked, &drawn);
		buf_printf(&b, ", %zu + %zu tokens, %.2f s", asked, drawn,
		    seconds() - c->began);
		if (c->of && !c->settled)
			buf_puts(&b, ", the client left");
		if (c->fault.status) {
			buf_puts(&b, ": ");
			put_text(&b, c->fault.message.why, 200);
		}
	}
	warn("%s", b.s);
	buf_done(&b);
}

static void
on_over(void *user, struct http_req *q)
{
	struct call *c = q->user;

	(void)user;
	if (tool_verbose)
		say(q);
	srv.nrequests--;
	if (!c)
		return;
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	srv.ncalls--;
	call_free(c);
}

static void
open_server(void)
{
	const struct serve_conf *c = srv.conf;
	const char *token = getenv("PLUMBLINE_TOKEN");
	struct httpd_conf conf = {
		.where = c->where,
		.local_only =
		    token && *token ? NULL : "set a token in PLUMBLINE_TOKEN",
		.connections = (size_t)c->requests + SPARE,
		.max_body = (size_t)c->body << 20,
		.idle = (int)c->idle,
		.wake = zin_stop_fd,
		.head = on_head,
		.ready = on_ready,
		.over = on_over,
	};
	struct err e;

	srv.token = conf.local_only ? (struct str){ 0 } : str_of(token);
	srv.host = host_of(str_of(c->where));
	srv.http = httpd_open(&conf, &e);
	if (!srv.http)
		die("--serve: %s", e.why);
	if (!tool_quiet)
		warn("serving on http://%s/v1", httpd_where(srv.http));
}

/* What only shows with the first question should show now. */
static void
try_out(const struct model_of *m)
{
	struct arena mem = { 0 };
	struct rec r = { .line = "", .mem = &mem };
	struct buf b = { 0 };

	asker_render(m->a, &r, STR("[{\"role\":\"user\",\"content\":\"a\"}]"),
	    (struct str){ 0 });
	if (srv.conf->cache)
		asker_question(m->a, &b, "respond");
	buf_done(&b);
	arena_done(&mem);
}

static bool
step(void)
{
	bool more = false;

	for (size_t i = 0; i < srv.conf->n; i++)
		more |= asker_step(srv.conf->models[i].a);
	for (struct call *c = srv.calls; c; c = c->next)
		if (c->of)
			call_settle(c);
	return more;
}

int
serve(const struct serve_conf *conf)
{
	double until = 0;

	srv.conf = conf;
	for (size_t i = 0; i < conf->n; i++)
		try_out(conf->models + i);
	open_server();
	while (!srv.draining || (srv.nrequests && seconds() < until)) {
		httpd_run(srv.http, step() ? 0 : 1000);
		if (!srv.draining && tool_stopping()) {
			srv.draining = true;
			until = seconds() + (double)conf->drain;
			httpd_quit(srv.http);
		}
	}
	httpd_close(srv.http);
	shape_done();
	ask_stat("requests", srv.asked);
	return 1; /* only a signal ends it */
}
