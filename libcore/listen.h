#ifndef LISTEN_H
#define LISTEN_H
#include "libcore/str.h"
/*
 * A socket that listens.
 */
struct listen {
	int fd;        /* does not block; closed on exec */
	bool local;    /* on the loopback interface */
	char name[80]; /* where: "127.0.0.1:8080", "[::1]:8080" */
};

/* where: HOST:PORT; an IPv6 address in [ ]; port 0: one that is free.
 * local_only: if not NULL, HOST may
 * not be one that other machines reach, and this says why. False with the
 * reason. */
bool listen_open(
    struct listen *, const char *where, const char *local_only, struct err *);
#endif
