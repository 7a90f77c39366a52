/* Where libcurl was not there: no fetcher can be opened, so that the other
 * functions have nothing to do. */
#include "libcore/fetch.h"

struct fetcher *
fetch_open(const struct fetch_conf *conf, struct err *e)
{
	(void)conf;
	err_set(e, "servers cannot be asked: this was built without libcurl");
	return NULL;
}

void
fetch_close(struct fetcher *f)
{
	(void)f;
}

void
fetch_send(struct fetcher *f, struct fetch *x)
{
	(void)f;
	(void)x;
}

void
fetch_pause(struct fetcher *f, double seconds)
{
	(void)f;
	(void)seconds;
}

struct fetch *
fetch_next(struct fetcher *f)
{
	(void)f;
	return NULL;
}

size_t
fetch_waiting(struct fetcher *f)
{
	(void)f;
	return 0;
}

void
fetch_wait(int ms)
{
	(void)ms;
}
