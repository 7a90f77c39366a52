/* A build without libmicrohttpd. */
#include "tools/respond/serve.h"

int
serve(const struct serve_conf *c)
{
	die("--serve %s: this build has no server: configure found no "
	    "libmicrohttpd (Debian: libmicrohttpd-dev)",
	    c->where);
}
