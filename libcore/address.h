#ifndef ADDRESS_H
#define ADDRESS_H
#include "libcore/str.h"
/*
 * The address of a model behind a server:
 * http[s]://HOST[:PORT][/PATH][?QUERY]#MODEL.
 */
struct address {
	char *url;   /* PATH/chat/completions[?QUERY] there */
	char *model; /* what stands after '#', as it is */
	bool open; /* http:// to another machine: all can be read on the way */
};

/* False with the reason: a user or password in it (the message then holds
 * nothing of it), a character that addresses do not have, no host or model. */
bool address_split(struct address *, const char *, struct err *);
void address_done(struct address *);
#endif
