#ifndef REPLY_IN_H
#define REPLY_IN_H
#include "gpu/reply.h"
/* What the two ways to get a reply share: reply.c is the engine's, and
 * reply_server.c that of servers. */

/* Ask the server for what the cache does not have. */
bool reply_server_ask(struct replies *, struct str messages, struct str tools);
struct hash128 reply_server_question(const struct replies *, uint32_t sample);

/* Fill got and key with what the cache has; returns how many it does not,
 * their numbers in missing[samples]. */
size_t reply_look_up(struct replies *, uint32_t *missing);
/* Put got[sample] into the cache. */
void reply_store(const struct replies *, uint32_t sample);
#endif
