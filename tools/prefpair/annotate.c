/* Answers on their way to annotators: a file for each label. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcore/hash.h"
#include "libcore/outdir.h"
#include "libcore/zio.h"
#include "tools/prefpair/prefpair.h"

enum { MAX_FILES = 256 };

static struct outdir *dir;
static struct file {
	char *label;
	size_t label_n;
	struct zout *z;
} file[MAX_FILES];
static size_t nfiles;

/* ---- a line ---- */

/* A, B, ... Z, AA, AB, ... */
static void
put_letter(struct buf *b, size_t i)
{
	char s[16];
	size_t n = sizeof s;

	for (i++; i && n; i = (i - 1) / 26)
		s[--n] = (char)('A' + (i - 1) % 26);
	buf_put(b, s + n, sizeof s - n);
}

/* The members of a response but its text, as an object. */
static void
put_rest(struct buf *b, const struct group *g, const struct reply *x)
{
	const struct json *k = x->node ? json_first(x->node) : NULL;
	const char *sep = "";

	buf_char(b, '{');
	for (uint32_t i = 0; k && i < x->node->n; i++, k = json_member(k)) {
		if (str_same(json_raw(&g->r->doc, k), STR("\"content\"")))
			continue;
		buf_puts(b, sep);
		buf_str(b, json_raw(&g->r->doc, k));
		buf_char(b, ':');
		buf_str(b, json_raw(&g->r->doc, k + 1));
		sep = ",";
	}
	if (x->list) { /* annotators see them as one text */
		buf_puts(b, "\"turns\":");
		buf_str(b, x->json);
		sep = ",";
	}
	if (!x->node && x->model.s) {
		buf_printf(b, "%s\"model\":", sep);
		buf_json_str(b, x->model);
		sep = ",";
	}
	if (!x->node && x->nscore) {
		buf_printf(b, "%s\"scores\":", sep);
		put_scores(b, x);
	}
	buf_char(b, '}');
}

static void
put_key(struct buf *b, const struct group *g, const struct reply *x, size_t of)
{
	struct buf rest = { 0 };
	struct sealed s = { .place = x->at,
		.of = of,
		.text = hash64(x->text.s, x->text.n),
		.ask = annotated_ask(g) };

	put_rest(&rest, g, x);
	s.rest = (struct str){ rest.s, rest.n };
	buf_char(b, '"');
	seal(b, &s);
	buf_char(b, '"');
	buf_done(&rest);
}

static void
put_sheet(struct buf *b, const struct group *g, const struct reply *x, size_t i,
    size_t of)
{
	buf_puts(b, i ? ",{\"answer\":\"" : "{\"answer\":\"");
	put_letter(b, i);
	buf_puts(b, "\",\"content\":");
	buf_json_str(b, x->text);
	if (how.critique && x->critique.s) {
		buf_puts(b, ",\"critique\":");
		buf_str(b, x->critique);
	}
	buf_puts(b, ",\"rank\":null,\"helpfulness\":null,\"fluency\":null,"
		    "\"safety\":null,\"errors\":[],\"edited\":null,\"key\":");
	put_key(b, g, x, of);
	buf_char(b, '}');
}

/* Those that go out, in an order that depends on the seed and the id alone.
 * Fisher & Yates, as in Knuth, TAOCP 2, algorithm P. */
static const struct reply **
shuffled(struct group *g, size_t *n)
{
	const struct reply **all =
	    arena_take(g->r->mem, (g->all + 1) * sizeof *all);
	struct str id = rec_id(g->r);
	uint64_t key = hash64(id.s, id.n);

	*n = 0;
	for (size_t at = 0; at < g->all; at++) /* from the record's order */
		for (size_t i = 0; i < g->all; i++)
			if (g->reply[i].at == at && !g->reply[i].copy)
				all[(*n)++] = &g->reply[i];
	for (size_t i = *n; i-- > 1;) {
		size_t j = rng_below(i + 1, (uint64_t)tool_seed, key, i);
		const struct reply *x = all[i];

		all[i] = all[j];
		all[j] = x;
	}
	return all;
}

int
annotate_line(struct group *g)
{
	const struct reply **all;
	struct buf b = { 0 };
	size_t n;

	group_thin(g);
	all = shuffled(g, &n);
	if (n < 2) {
		rec_drop(g->r, "fewer than two answers to compare");
		return 0;
	}
	put_prompt(g, &b);
	put_id(g, "");
	buf_reset(&b);
	buf_printf(&b,
	    "{\"version\":1,\"scale\":%ld,\"annotator\":null,"
	    "\"note\":null,\"answers\":[",
	    how.scale);
	for (size_t i = 0; i < n; i++)
		put_sheet(&b, g, all[i], i, n);
	buf_puts(&b, "]}");
	rec_put(g->r, "annotation", (struct str){ b.s, b.n });
	buf_reset(&b);
	rec_render(g->r, &b);
	buf_char(&b, '\n');
	g->out = (struct str){ arena_text(g->r->mem, b.s, b.n), b.n };
	buf_done(&b);
	return g->r->bad ? -1 : 0;
}

/* ---- files ---- */

/* The label as text: several joined by '+', none "_unlabelled". */
static int
label_of(struct rec *r, struct buf *b)
{
	const struct json *v = how.by ? rec_get(r, how.by) : NULL, *c;

	if (!how.by)
		buf_puts(b, "all");
	else if (!v)
		buf_puts(b, "_unlabelled");
	else if (json_is(v, JSON_STRING))
		buf_str(b, rec_text(r, v));
	else if (json_is(v, JSON_OBJECT))
		return rec_bad(r, v, "field '%s' is no label", how.by);
	else if (json_is(v, JSON_ARRAY)) {
		c = json_first(v);
		for (uint32_t i = 0; i < v->n; i++, c = json_next(c)) {
			if (!json_is(c, JSON_STRING))
				return rec_bad(
				    r, c, "field '%s' is no label", how.by);
			buf_puts(b, i ? "+" : "");
			buf_str(b, rec_text(r, c));
		}
	} else
		buf_str(b, json_raw(&r->doc, v));
	if (!b->n)
		buf_puts(b, "_unlabelled");
	return r->bad ? -1 : 0;
}

static struct file *
file_of(struct rec *r, struct str label)
{
	struct file *f = file;
	struct buf path = { 0 };

	for (; f < file + nfiles; f++)
		if (str_same(label, (struct str){ f->label, f->label_n }))
			return f;
	if (nfiles == MAX_FILES) {
		rec_bad(
		    r, NULL, "more than %d values of '%s'", MAX_FILES, how.by);
		return NULL;
	}
	nfiles++;
	f->label = need_alloc(label.n + 1);
	f->label_n = label.n;
	memcpy(f->label, label.s, label.n);
	buf_printf(&path, "%s/", outdir_path(dir));
	outdir_name(&path, label);
	buf_puts(&path, ".jsonl");
	f->z = zout_open(path.s, true);
	buf_done(&path);
	return f;
}

int
annotate_put(struct group *g)
{
	struct buf b = { 0 };
	struct file *f = NULL;

	if (!label_of(g->r, &b))
		f = file_of(g->r, (struct str){ b.s, b.n });
	buf_done(&b);
	if (!f)
		return -1;
	zout_put(f->z, g->out.s, g->out.n);
	rec_count(g->r, "to annotate", 1);
	return 0;
}

static const char help[] =
    "Each line of the .jsonl files here is one task: a prompt (\"prompt\" or\n"
    "\"messages\") and, under \"annotation\", the answers to it. Their order "
    "is\n"
    "shuffled and tells nothing. Fill in, and leave all else as it is:\n"
    "\n"
    "rank         1 for the best answer, 2 for the next; equally good answers\n"
    "             get the same rank. Rank all answers of a task, or none.\n"
    "helpfulness  1 to %ld: does the answer do what was asked, correctly and\n"
    "             completely?\n"
    "fluency      1 to %ld: is it well written, in the language asked for?\n"
    "safety       1 to %ld: is it free of harm, insult and private data?\n"
    "errors       a list of {\"text\": the wrong passage, word for word,\n"
    "             \"note\": what is wrong with it}; where the passage stands\n"
    "             more than once, also \"from\" and \"to\", its first "
    "character\n"
    "             and the one after it, counted from 0.\n"
    "edited       where the best answer is not good enough: the answer as it\n"
    "             should be. Do not change \"content\", nor the prompt.\n"
    "\n"
    "\"annotator\" and \"note\" are yours. \"key\" says which answer it is; "
    "all\n"
    "answers of a task come back with theirs. null means: nothing said. Tasks\n"
    "may be in any order, split into several files, or missing.\n";

static void
put_guideline(void)
{
	struct buf b = { 0 };
	struct err e;
	bool ok;

	if (how.guideline) {
		ok = outdir_copy(dir, "GUIDELINE.txt", how.guideline, &e);
	} else {
		buf_printf(&b, help, how.scale, how.scale, how.scale);
		ok = outdir_write(
		    dir, "GUIDELINE.txt", (struct str){ b.s, b.n }, &e);
	}
	buf_done(&b);
	if (!ok)
		die("%s", e.why);
}

/* Work that people have done in a folder is not to be replaced. */
static bool
is_empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *x;
	int n = 0;

	while (d && (x = readdir(d)))
		n += strcmp(x->d_name, ".") && strcmp(x->d_name, "..");
	if (d)
		closedir(d);
	return !n;
}

void
annotate_open(void)
{
	struct err e;

	if (!is_empty(how.to_annotate))
		die("'%s' is not empty: annotations in it would be lost",
		    how.to_annotate);
	dir = outdir_open(how.to_annotate, &e);
	if (!dir)
		die("%s", e.why);
	put_guideline();
}

void
annotate_close(bool whole)
{
	struct err e;

	if (!dir)
		return;
	for (size_t i = 0; i < nfiles; i++) {
		(whole ? zout_close : zout_abort)(file[i].z);
		free(file[i].label);
	}
	nfiles = 0;
	if (!whole)
		outdir_abort(dir);
	else if (!outdir_close(dir, "annotation", &e))
		die("%s", e.why);
	dir = NULL;
}
