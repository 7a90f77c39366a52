#include "libcore/address.h"

#include <stdlib.h>
#include <string.h>

static bool
is_loopback(struct str host)
{
	if (str_eq(host, "localhost") || str_eq(host, "[::1]"))
		return true;
	/* 127.0.0.1, not 127.example.org */
	for (size_t i = 0; i < host.n; i++)
		if (!strchr("0123456789.", host.s[i]))
			return false;
	return host.n > 4 && !memcmp(host.s, "127.", 4);
}

/* HOST of HOST:PORT. */
static struct str
host_of(struct str s)
{
	const char *colon = memrchr(s.s, ':', s.n);

	if (colon && s.s[s.n - 1] != ']')
		s.n = (size_t)(colon - s.s);
	return s;
}

static bool
check(const char *s, struct str authority, struct err *e)
{
	if (memchr(authority.s, '@', authority.n))
		return err_set(e,
		    "an address with a user or a password in it is refused: "
		    "keys come from the environment");
	for (const char *c = s; *c && *c != '#'; c++)
		if (*c <= ' ' || *c > '~')
			return err_set(
			    e, "'%s' has a character that no address has", s);
	return host_of(authority).n || err_set(e, "'%s' has no host", s);
}

bool
address_split(struct address *a, const char *s, struct err *e)
{
	const char *host = strstr(s, "://");
	size_t whole = strcspn(s, "#"), path = strcspn(s, "?#"), query = path;
	struct str authority;
	struct buf b = { 0 };

	*a = (struct address){ 0 };
	if (!host)
		return err_set(e, "'%s' is no address", s);
	authority = (struct str){ host + 3, strcspn(host + 3, "/?#") };
	if (!check(s, authority, e))
		return false;
	if (!s[whole] || !s[whole + 1])
		return err_set(
		    e, "'%s' names no model: it ends in '#' and a name", s);
	while (s[path - 1] == '/')
		path--;
	buf_put(&b, s, path);
	buf_puts(&b, "/chat/completions");
	buf_put(&b, s + query, whole - query);
	a->url = b.s;
	a->model = need_text(s + whole + 1);
	a->open = !strncmp(s, "http:", 5) && !is_loopback(host_of(authority));
	return true;
}

void
address_done(struct address *a)
{
	free(a->url);
	free(a->model);
	*a = (struct address){ 0 };
}
