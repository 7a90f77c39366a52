#ifndef SERVERS_H
#define SERVERS_H
#include "gpu/endpoint.h"
/*
 * Models by name and models behind servers, for ask.h.
 */

/* What options say; the rows are in ask_opts. */
struct servers_conf {
	long concurrency, retries, budget;
	double rate, timeout;
	const char *models; /* a file of names (names.h), or NULL */
};
extern struct servers_conf servers_conf;

/* What a name of -m stands for: what the file of names says, else itself. The
 * file is read when it is first needed; one that is wrong is fatal. */
const char *servers_model(const char *name);
void servers_forget(void); /* frees that file's names */

/* The endpoint of a name whose model is an address; failures are fatal. */
struct endpoint *servers_open(const char *name);
#endif
