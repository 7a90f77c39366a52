/* record split: records into several files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/outdir.h"
#include "libcore/zio.h"
#include "tools/record/record.h"

enum { MAX_FILES = 256 };

static const char *ratio, *by, *into = "part-%.jsonl.zst";
static long number;

static const struct opt opts[] = {
	{ 0, "ratio", "NAME=SHARE,...", "by the id: each id to one part",
	    .str = &ratio },
	{ 'n', "number", "N", "by place: N records to a part", .num = &number,
	    .min = 1, .max = 1e15 },
	{ 0, "by", "PATH", "by the value of a field", .str = &by },
	{ 0, "into", "NAME", "the parts' names; % is the part", .str = &into },
	{ 0 },
};

static struct part {
	char *name;
	double upto; /* of --ratio: shares so far */
	struct zout *z;
	unsigned long n;
} * parts;
static size_t nparts;
static unsigned long seen;

static struct part *
part_of(struct str name)
{
	for (size_t i = 0; i < nparts; i++)
		if (str_eq(name, parts[i].name))
			return &parts[i];
	if (nparts == MAX_FILES)
		return NULL;
	parts = need_grow(parts, nparts + 1, sizeof *parts);
	parts[nparts] = (struct part){ .name = strndup(name.s, name.n) };
	return &parts[nparts++];
}

static void
file_name(struct buf *b, const char *part)
{
	const char *at = strchr(into, '%');

	buf_put(b, into, (size_t)(at - into));
	outdir_name(b, str_of(part));
	buf_puts(b, at + 1);
}

static void
put(struct part *p, const struct rec *r)
{
	struct buf b = { 0 };

	if (!p->z) {
		file_name(&b, p->name);
		p->z = zout_open(b.s, false);
		buf_done(&b);
	}
	zout_put(p->z, r->line, r->len);
	zout_put(p->z, "\n", 1);
	p->n++;
}

/* "train=0.9,test=0.1": the shares must add up to 1. */
static void
read_ratio(void)
{
	double sum = 0, x;

	for (const char *s = ratio; *s;) {
		size_t n = strcspn(s, ",");
		const char *eq = memchr(s, '=', n);
		struct part *p;

		if (!eq || eq == s ||
		    !num_parse(
			(struct str){ eq + 1, (size_t)(s + n - eq) - 1 }, &x) ||
		    !(x > 0)) {
			warn("bad share '%.*s' in --ratio", (int)n, s);
			opt_usage();
		}
		p = part_of((struct str){ s, (size_t)(eq - s) });
		if (!p || p->upto > 0) {
			warn("part '%.*s' is there twice", (int)(eq - s), s);
			opt_usage();
		}
		p->upto = sum += x;
		s += n + (s[n] == ',');
	}
	if (sum < 1 - 1e-9 || sum > 1 + 1e-9) {
		warn("the shares of --ratio do not add up to 1");
		opt_usage();
	}
	parts[nparts - 1].upto = 1;
}

static void
start(void)
{
	if (!!ratio + !!number + !!by != 1) {
		warn("one of --ratio, --number and --by is needed");
		opt_usage();
	}
	if (!strchr(into, '%') || strchr(strchr(into, '%') + 1, '%')) {
		warn("--into needs one %%");
		opt_usage();
	}
	if (ratio)
		read_ratio();
}

static struct part *
by_ratio(struct rec *r)
{
	struct str id = rec_id(r);
	double x = rng_unit((uint64_t)tool_seed, 1, hash64(id.s, id.n));
	size_t i = 0;

	while (x >= parts[i].upto && i + 1 < nparts)
		i++;
	return &parts[i];
}

static struct part *
by_number(void)
{
	char name[24];
	unsigned long k = seen / (unsigned long)number;

	if (seen % (unsigned long)number == 0 && nparts) {
		/* A part that is full is closed at once. */
		zout_close(parts[0].z);
		free(parts[0].name);
		nparts = 0;
	}
	snprintf(name, sizeof name, "%05lu", k);
	return part_of(str_of(name));
}

static struct part *
by_field(struct rec *r)
{
	const struct json *v = rec_get(r, by);
	struct buf b = { 0 };
	struct part *p;

	if (!v) {
		rec_missing(r, by);
		return NULL;
	}
	if (v->type == JSON_STRING)
		buf_str(&b, rec_text(r, v));
	else
		buf_str(&b, json_raw(&r->doc, v));
	if (r->bad)
		p = NULL;
	else if (!(p = part_of((struct str){ b.s ? b.s : "", b.n })))
		rec_bad(r, v, "more than %d parts", MAX_FILES);
	buf_done(&b);
	return p;
}

static int
each(struct rec *r)
{
	struct part *p = ratio ? by_ratio(r) : by ? by_field(r) : NULL;

	if (number)
		p = by_number();
	if (r->bad)
		return -1;
	put(p, r);
	seen++;
	return 0;
}

static void
end(void)
{
	bool whole = !tool_status();
	struct buf b = { 0 };

	for (size_t i = 0; i < nparts; i++) {
		if (whole && !parts[i].z && ratio) {
			/* A part that got nothing is an empty file. */
			file_name(&b, parts[i].name);
			parts[i].z = zout_open(b.s, false);
			buf_done(&b);
		}
		if (parts[i].z)
			(whole ? zout_close : zout_abort)(parts[i].z);
		if (!number) {
			buf_json_int(&b, (int64_t)parts[i].n);
			tool_stat(parts[i].name, (struct str){ b.s, b.n });
			buf_done(&b);
		}
		free(parts[i].name);
	}
	free(parts);
}

const struct tool record_split = {
	.name = "record split",
	.operands = "--ratio R | -n N | --by FIELD [file ...]",
	.does = "write records into several files",
	.opts = opts,
	.text = true,
	.start = start,
	.each = each,
	.end = end,
};
