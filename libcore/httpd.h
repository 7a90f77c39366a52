#ifndef HTTPD_H
#define HTTPD_H
#include "libcore/str.h"
/*
 * An HTTP/1.1 server inside a program's own loop, over libmicrohttpd. One
 * thread: everything is called, and calls back, from httpd_run.
 *
 *     h = httpd_open(&conf, &e);
 *     while (...) {
 *             httpd_run(h, busy ? 0 : 1000);
 *             ... work, http_answer, http_put ...
 *     }
 *     httpd_close(h);
 *
 * Clients are not trusted: heads, bodies, connections and the time that a
 * client may take are bounded. No TLS: that is for a proxy before it.
 */
struct httpd;

/* A request, from its head to the end of its answer. */
struct http_req {
	const char *method, *path; /* the path without the query, unescaped */
	char from[64];             /* the client's address */
	size_t declared;           /* Content-Length, 0 if there is none */
	struct buf body;           /* whole when ready is called */
	bool too_long;             /* it was longer than max_body: not kept */
	int status;                /* answered with; 0: not yet */
	void *user;                /* the program's own */

	struct http_own *own;
};

struct httpd_conf {
	const char *where; /* HOST:PORT; an IPv6 address in [ ]; port 0: one
			       that is free */
	const char *local_only; /* as in listen.h */
	size_t connections;     /* at once */
	size_t max_body;        /* bytes */
	int idle; /* seconds that a connection may be silent, and that
			       a request may take until it is whole */
	int wake; /* httpd_run returns when this descriptor becomes
			       readable; -1: none */
	/* The head is there: answer at once what needs no body. */
	void (*head)(void *user, struct http_req *);
	/* All of it is there: answer now or later. */
	void (*ready)(void *user, struct http_req *);
	/* The request is over, and freed right after: the answer was sent, or
	 * the client has left (then perhaps before ready). */
	void (*over)(void *user, struct http_req *);
	void *user;
};

/* conf is copied. NULL with the reason. */
struct httpd *httpd_open(const struct httpd_conf *, struct err *);
void httpd_close(struct httpd *); /* drops what is not over */
/* Where it listens: "127.0.0.1:8080", "[::1]:8080". */
const char *httpd_where(const struct httpd *);
/* Is that the loopback interface? */
bool httpd_local(const struct httpd *);

/* Take and send what can be; if nothing can, wait so long for it. */
void httpd_run(struct httpd *, int milliseconds);
/* No new connections; those that are there close after their answer. */
void httpd_quit(struct httpd *);

/* A header's value, {NULL, 0} if there is none; names in any case. */
struct str http_header(const struct http_req *, const char *name);

struct http_field {
	const char *name, *value;
};
/*
 * Answer, once for each request. more: further headers, ended by a row of
 * NULLs, or NULL. Where the request has a body yet to come it is read and thrown
 * away, so that the client, which sends before it reads, sees the answer.
 */
void http_answer(struct http_req *, int status, const char *type,
    const struct http_field *more, struct str body);
/* Answer bit by bit: 200 with this type, then http_put, at last http_end
 * (whole = false: break the connection, so that it shows). From ready on. */
void http_stream(struct http_req *, const char *type);
void http_put(struct http_req *, struct str);
void http_end(struct http_req *, bool whole);
#endif
