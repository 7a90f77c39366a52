#include "libcore/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST = 256 };

/* HOST:PORT in two; the brackets of an IPv6 address are taken off. */
static bool
split(const char *where, char host[HOST], const char **port, struct err *e)
{
	const char *colon = strrchr(where, ':'), *from = where;
	size_t n = colon ? (size_t)(colon - where) : 0;
	bool bracket = n > 2 && where[0] == '[' && where[n - 1] == ']';
	int64_t number;

	if (bracket) {
		from++;
		n -= 2;
	}
	if (!n || n >= HOST || (!bracket && memchr(from, ':', n)) ||
	    !num_parse_int(str_of(colon + 1), &number) || number < 0 ||
	    number > 65535)
		return err_set(e, "'%s' is not HOST:PORT", where);
	memcpy(host, from, n);
	host[n] = 0;
	*port = colon + 1;
	return true;
}

static bool
is_local(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)a;

		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (a->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)a;

		return IN6_IS_ADDR_LOOPBACK(&in->sin6_addr);
	}
	return false;
}

/* A socket on this address, or -1 with errno. */
static int
listen_at(const struct addrinfo *a)
{
	const int on = 1;
	int err, fd = socket(a->ai_family,
		     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, SOMAXCONN))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

static void
name_it(struct listen *l)
{
	struct sockaddr_storage a = { 0 };
	socklen_t n = sizeof a;
	char host[64] = "?", port[8] = "?";

	getsockname(l->fd, (struct sockaddr *)&a, &n);
	getnameinfo((struct sockaddr *)&a, n, host, sizeof host, port,
	    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(l->name, sizeof l->name,
	    a.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

bool
listen_open(
    struct listen *l, const char *where, const char *local_only, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;
	char host[HOST];
	const char *port = NULL;
	int rc;

	if (!split(where, host, &port, e))
		return false;
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc)
		return err_set(e, "host '%s': %s", host, gai_strerror(rc));
	l->fd = -1;
	for (const struct addrinfo *a = found; a && l->fd < 0; a = a->ai_next) {
		l->local = is_local(a->ai_addr);
		if (!l->local && local_only) {
			err_set(e,
			    "'%s' can be reached from other machines: "
			    "%s",
			    where, local_only);
			break;
		}
		l->fd = listen_at(a);
		if (l->fd < 0)
			err_set(e, "cannot listen on '%s': %s", where,
			    strerror(errno));
	}
	freeaddrinfo(found);
	if (l->fd >= 0)
		name_it(l);
	return l->fd >= 0;
}
