#ifndef FETCH_H
#define FETCH_H
#include "libcore/str.h"
/*
 * Requests to one address of a server, many at once, over libcurl: POST, the
 * answer whole or not at all. A thread of its own does the talking, so that
 * neither a long computation nor a slow input lets an answer time out; all
 * functions here belong to one other thread.
 *
 * Connections are kept and used again (HTTP/1.1, or HTTP/2 over TLS).
 * Certificates are checked, against the system's or those of CURL_CA_BUNDLE or
 * SSL_CERT_FILE; proxies come from the environment, as curl reads it.
 * Redirections are not followed. Nothing is tried twice: who asks decides; but
 * after HTTP 429 and 503 nothing else is begun before the time the server says,
 * or a moment in which the asker may say more (fetch_pause).
 */
struct fetcher;
enum { FETCH_AFTER_MOST = 120 }; /* seconds; longer is not waited */

struct fetch_conf {
	const char *url; /* http:// or https:// */
	const char *key; /* sent as a bearer token; NULL: none */
	size_t at_once;  /* requests on their way, >= 1 */
	double rate;     /* requests begun in a minute, evenly; 0: any */
	double timeout;  /* seconds from begin to end of each */
	size_t most;     /* bytes of an answer */
};

/* How far a request came that has no status. */
enum fetch_fault {
	FETCH_FINE,   /* there is a status */
	FETCH_NEVER,  /* the server was not reached: nothing was asked */
	FETCH_WRONG,  /* nor can it be: a certificate that is not trusted */
	FETCH_BROKEN, /* it broke off: the server may have worked on it */
	FETCH_LARGE,  /* the answer is longer than most */
};

/* A request, the caller's; it stays where it is from fetch_send to
 * fetch_next. */
struct fetch {
	struct str body; /* JSON, borrowed meanwhile */
	double wait;     /* seconds before it may be sent */
	bool again;      /* it has been sent before: it goes before others */
	void *user;

	int status; /* HTTP's, 0: none */
	enum fetch_fault fault;
	char why[256];     /* with a fault: what went wrong */
	double after;      /* seconds the server asks to wait; -1: none */
	struct buf answer; /* the caller's to free */

	/* the fetcher's own */
	struct fetch *next;
	double at;
};

/* The parts of conf are copied. NULL with the reason: no URL, libcurl was not
 * there when this was built. */
struct fetcher *fetch_open(const struct fetch_conf *, struct err *);
/* Drops what is on its way. */
void fetch_close(struct fetcher *);

void fetch_send(struct fetcher *, struct fetch *);
/* Begin nothing before so many seconds have passed. */
void fetch_pause(struct fetcher *, double seconds);
/* One that is over, or NULL. */
struct fetch *fetch_next(struct fetcher *);
/* Requests sent whose turn has not come. */
size_t fetch_waiting(struct fetcher *);
/* Wait until some fetcher's request is begun or over, at most so long. */
void fetch_wait(int ms);
#endif
