#include "libcore/pattern.h"

#include <stdlib.h>
#include <string.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct pattern {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static struct pattern *
compile(const char *text, uint32_t caseless, struct err *e)
{
	struct pattern *p = need_zero(1, sizeof *p);
	unsigned char why[200];
	PCRE2_SIZE at;
	int error;

	p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | caseless, &error,
	    &at, NULL);
	if (!p->code) {
		pcre2_get_error_message(error, why, sizeof why);
		err_set(e, "pattern, character %zu: %s", (size_t)at + 1,
		    (const char *)why);
		free(p);
		return NULL;
	}
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->limits)
		die("out of memory");
	pcre2_set_match_limit(p->limits, PATTERN_STEPS);
	pcre2_set_heap_limit(p->limits, 4096); /* KiB */
	return p;
}

struct pattern *
pattern_new(const char *text, struct err *e)
{
	return compile(text, PCRE2_CASELESS, e);
}

struct pattern *
pattern_cased(const char *text, struct err *e)
{
	return compile(text, 0, e);
}

void
pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_match_context_free(p->limits);
	pcre2_code_free(p->code);
	free(p);
}

/* The byte behind the character at s. */
static size_t
after(struct str t, size_t at)
{
	at++;
	while (at < t.n && ((unsigned char)t.s[at] & 0xc0) == 0x80)
		at++;
	return at;
}

/* The next match at or behind *at; *at moves behind it. */
static bool
match(const struct pattern *p, pcre2_match_data *m, struct str t, size_t *at,
    struct str *hit, bool *given_up)
{
	PCRE2_SIZE *ends;
	int rc;

	if (*at > t.n)
		return false;
	rc = pcre2_match(p->code, (PCRE2_SPTR)(t.s ? t.s : ""), t.n, *at,
	    PCRE2_NO_UTF_CHECK, m, p->limits);
	if (rc < 0) {
		if (given_up && rc != PCRE2_ERROR_NOMATCH)
			*given_up = true;
		return false;
	}
	ends = pcre2_get_ovector_pointer(m);
	/* \K may put the beginning behind the end */
	if (hit)
		*hit = (struct str){ t.s + ends[0],
			ends[1] > ends[0] ? ends[1] - ends[0] : 0 };
	*at = ends[1] > ends[0] && ends[1] > *at ? ends[1] : after(t, ends[1]);
	return true;
}

static pcre2_match_data *
room(void)
{
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);

	if (!m)
		die("out of memory");
	return m;
}

unsigned
pattern_count(
    const struct pattern *p, struct str t, unsigned most, bool *given_up)
{
	pcre2_match_data *m = room();
	size_t at = 0;
	unsigned n = 0;

	while (n < most && match(p, m, t, &at, NULL, given_up))
		n++;
	pcre2_match_data_free(m);
	return n;
}

bool
pattern_find(const struct pattern *p, struct str t, size_t *at, struct str *hit)
{
	pcre2_match_data *m = room();
	bool got = match(p, m, t, at, hit, NULL);

	pcre2_match_data_free(m);
	return got;
}
