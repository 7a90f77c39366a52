#include "gpu/servers.h"

#include "libcore/names.h"
#include "libcore/tool.h"

struct servers_conf servers_conf = {
	.concurrency = 8, .retries = 5, .timeout = 600
};
static struct names names;

static const struct names_row *
row_of(const char *name)
{
	struct err e;

	if (servers_conf.models && !names.text &&
	    !names_read(&names, servers_conf.models, &e))
		die("%s", e.why);
	return names_find(&names, name);
}

const char *
servers_model(const char *name)
{
	const struct names_row *row = row_of(name);

	return row ? row->model : name;
}

void
servers_forget(void)
{
	names_done(&names);
}

struct endpoint *
servers_open(const char *name)
{
	static const struct names_row none;
	const struct names_row *row = row_of(name);
	struct endpoint_conf c = { .name = name,
		.address = servers_model(name),
		.timeout = servers_conf.timeout,
		.retries = servers_conf.retries,
		.seed = (uint64_t)tool_seed };
	struct endpoint *p;
	struct err e;

	row = row ? row : &none;
	c.key = row->key;
	c.limit = row->limit;
	c.at_once = (size_t)(row->concurrency ? row->concurrency
					      : servers_conf.concurrency);
	c.rate = row->rate > 0 ? row->rate : servers_conf.rate;
	endpoint_budget((size_t)servers_conf.budget);
	p = endpoint_open(&c, &e);
	if (!p)
		die("%s", e.why);
	if (tool_verbose)
		warn("model '%s': %s, %zu requests at once, key from %s", name,
		    endpoint_url(p).s, c.at_once,
		    endpoint_key(p) ? endpoint_key(p) : "nowhere");
	return p;
}
