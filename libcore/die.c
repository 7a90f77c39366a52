#include "libcore/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *die_name = "plumbline";
void (*die_hook)(void);
void (*die_clear)(void);

static void say(const char *fmt, va_list, const char *why)
    __attribute__((format(printf, 1, 0)));

static void
say(const char *fmt, va_list ap, const char *why)
{
	if (die_clear)
		die_clear();
	flockfile(stderr);
	fprintf(stderr, "%s: ", die_name);
	vfprintf(stderr, fmt, ap);
	if (why)
		fprintf(stderr, ": %s", why);
	fputc('\n', stderr);
	funlockfile(stderr);
}

static _Noreturn void
leave(void)
{
	void (*hook)(void) = die_hook;

	die_hook = NULL;
	if (hook)
		hook();
	exit(1);
}

void
warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
}

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
	leave();
}

void
die_sys(const char *fmt, ...)
{
	const char *why = strerror(errno);
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, why);
	va_end(ap);
	leave();
}

void *
need_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		die("out of memory (%zu bytes)", n);
	return p;
}

void *
need_zero(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		die("out of memory (%zu times %zu bytes)", count, size);
	return p;
}

void *
need_grow(void *p, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		die("out of memory (%zu times %zu bytes)", count, size);
	size *= count;
	p = realloc(p, size ? size : 1);
	if (!p)
		die("out of memory (%zu bytes)", size);
	return p;
}

char *
need_text(const char *s)
{
	char *p = strdup(s);

	if (!p)
		die("out of memory (%zu bytes)", strlen(s));
	return p;
}
