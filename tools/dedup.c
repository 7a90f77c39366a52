/* dedup - drop records that repeat others, or that stand in other files.
 * Page: man/dedup.1 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcore/fold.h"
#include "libcore/keyset.h"
#include "libcore/near.h"
#include "libcore/tool.h"
#include "libcore/zio.h"

static const char *key = "conversation";
static const char *exact = "raw";
static bool near_mode, verify, semantic;
static double threshold = 0.7;
static const char *gram = "c5";
static long bands = 16;
static const char *by, *tie = "first", *stage;
static const char *ledger, *dropped;
static struct strs against;

static const char *const exacts[] = { "raw", "fold", "none", NULL };
static const char *const ties[] = { "first", "longest", NULL };
static const char *const sides[] = { "ledger", "dropped", NULL };
enum { LEDGER = 1, DROPPED };

static const struct opt opts[] = {
	{ 'k', "key", "FIELD",
	    "what must be new: a field, conversation, or "
	    "prompt (what the last answer replies to)",
	    .str = &key },
	{ 'e', "exact", "HOW",
	    "equal keys: raw, fold (case, width, spacing "
	    "and punctuation aside) or none",
	    .str = &exact, .choice = exacts },
	{ 'N', "near", NULL, "also drop what is nearly the same, by MinHash",
	    .flag = &near_mode },
	{ 't', "threshold", "J",
	    "nearly: shingle sets with at least this "
	    "Jaccard similarity",
	    .real = &threshold, .min = 0.01, .max = 1 },
	{ 'n', "ngram", "N", "shingles: c5 is five characters, w5 five words",
	    .str = &gram },
	{ 'B', "bands", "N", "8, 16 or 32 bands of 16, 8 or 4 rows",
	    .num = &bands, .min = 8, .max = 32 },
	{ 0, "verify", NULL,
	    "compare the shingle sets themselves before a "
	    "near-duplicate is dropped",
	    .flag = &verify },
	{ 'b', "by", "FIELD", "keep the one with the greatest FIELD",
	    .str = &by },
	{ 'i', "tie", "WHICH", "among equals keep the first or the longest",
	    .str = &tie, .choice = ties },
	{ 'a', "against", "FILE", "drop records whose key stands in FILE",
	    .list = &against },
	{ 'l', "ledger", "FILE",
	    "write a line for each record dropped, and "
	    "for which other",
	    .str = &ledger },
	{ 'd', "dropped", "FILE", "write the dropped records to FILE",
	    .str = &dropped },
	{ 0, "semantic", NULL, "not in this version", .flag = &semantic },
	{ 0, "stage", "NAME", "not in this version", .str = &stage },
	{ 0 },
};

/* What .prepare leaves for the ordered part. */
struct made {
	struct hash128 key;
	struct near_text near;
	struct str folded; /* with --verify */
};

static struct shingling shape;
static struct keyset *seen;    /* keys of --exact */
static struct keyset *foreign; /* keys of --against, with their places */
static struct near *nearby;

/* Texts in a temporary file, by number: all memory holds is where. */
struct spool {
	FILE *f;
	uint64_t *at; /* [n + 1] */
	size_t n, room;
};

static struct spool texts;  /* folded, for --verify */
static struct spool places; /* file, line and id, for --ledger */

/* How the passes over the input differ. Threads that read ahead at the end
 * of one may see the next; what they make then is not used. */
static _Atomic enum { STREAM, GATHER, WRITE } pass;

/* What is kept of an exact key when the best of its records is wanted. */
struct best {
	double by;
	uint32_t len, at;
};

static struct arena run; /* names and ids, with --ledger */

static const char *
run_text(struct str t)
{
	return arena_text(&run, t.s, t.n);
}

/* --- what a record is known by --- */

/* The record's text: the field, or what is said in the conversation; with
 * marks of who says it unless it is one user's message, or bare. */
static struct str
text_of(struct rec *r, bool bare)
{
	bool prompt = !strcmp(key, "prompt");
	struct msgs c;
	struct buf b = { 0 };
	struct str t;

	if (!prompt && strcmp(key, "conversation")) {
		if (!rec_get(r, key) && !r->bad)
			rec_missing(r, key);
		return rec_str(r, key);
	}
	if (rec_msgs(r, &c))
		return (struct str){ 0 };
	while (prompt && c.n && str_eq(c.m[c.n - 1].role, "assistant"))
		c.n--;
	if (c.n == 1 && str_eq(c.m[0].role, "user"))
		return c.m[0].content.s ? c.m[0].content : STR("");
	for (size_t i = 0; i < c.n; i++) {
		if (!bare)
			buf_str(&b, c.m[i].role);
		buf_puts(&b, bare ? "\n" : ": ");
		if (c.m[i].content.s)
			buf_str(&b, c.m[i].content);
		if (!bare && c.m[i].tool_calls)
			buf_str(&b, json_raw(&r->doc, c.m[i].tool_calls));
		buf_char(&b, '\n');
	}
	t = (struct str){ arena_text(r->mem, b.n ? b.s : "", b.n), b.n };
	buf_done(&b);
	return t;
}

/* Folded, in out; the text itself where folding leaves nothing of it. */
static struct str
folded(struct buf *out, struct str t)
{
	buf_reset(out);
	fold(out, t);
	return out->n ? (struct str){ out->s, out->n } : t;
}

static struct hash128
key_of(struct rec *r, struct buf *b)
{
	struct str t = text_of(r, false);

	if (strcmp(exact, "raw"))
		t = folded(b, t);
	return hash128(t.n ? t.s : "", t.n);
}

static void
sign(struct rec *r, struct made *m, struct buf *b)
{
	struct shingles s = { 0 };
	struct str t = folded(b, text_of(r, true));

	shingles_of(&s, shape, t);
	near_sign(&m->near, nearby, &s);
	shingles_done(&s);
	m->near.len = t.n < UINT32_MAX ? (uint32_t)t.n : UINT32_MAX;
	if (verify) {
		m->folded.s = arena_text(r->mem, t.n ? t.s : "", t.n);
		m->folded.n = t.n;
	}
}

static int
prepare(struct rec *r)
{
	struct made *m = arena_take(r->mem, sizeof *m);
	struct buf b = { 0 };

	r->user = m;
	m->near.by = (double)NAN;
	if (by)
		rec_real(r, by, &m->near.by);
	if (!nearby || foreign)
		m->key = key_of(r, &b);
	else if (pass != GATHER)
		text_of(r, true); /* bad in this pass too, if in the first */
	if (nearby && pass == GATHER && !r->bad)
		sign(r, m, &b);
	else if (pass == GATHER && !r->bad)
		m->near.len = (uint32_t)text_of(r, true).n;
	buf_done(&b);
	return r->bad ? -1 : 0;
}

/* --- keys of other files --- */

/* Where a foreign key was first seen. */
struct place {
	const char *id; /* with --ledger */
	uint32_t file, line;
};

/* The records of one file of --against, one at a time. */
static void
read_foreign(uint32_t file)
{
	struct arena mem = { 0 };
	struct rec r = { .file = against.s[file], .mem = &mem };
	struct err e = { 0 };
	struct zlines *in = zlines_open(r.file, &e);
	struct buf b = { 0 };
	char *line;
	size_t at;

	if (!in)
		die("%s", e.why);
	while ((line = zlines_next(in, &r.len, &e))) {
		struct place *p;
		struct hash128 h;
		bool isnew;

		r.line = line;
		r.no++;
		if (!line[strspn(line, " \t\r")])
			continue;
		if (!json_parse(&r.doc, line, r.len, REC_DEPTH, &at, &e))
			die("%s:%lu: column %zu: %s", r.file, r.no, at + 1,
			    e.why);
		h = key_of(&r, &b);
		if (r.bad)
			die("%s:%lu: %s", r.file, r.no, r.bad);
		p = keyset_add(foreign, h, &isnew);
		if (isnew)
			*p = (struct place){
				.id = ledger ? run_text(rec_id(&r)) : NULL,
				.file = file,
				.line = (uint32_t)r.no,
			};
		arena_reset(&mem);
	}
	if (e.why[0])
		die("%s", e.why);
	zlines_close(in);
	json_done(&r.doc);
	arena_done(&mem);
	buf_done(&b);
}

/* --- equal keys --- */

static bool
is_better(const struct best *a, const struct best *b)
{
	if (a->by > b->by || a->by < b->by)
		return a->by > b->by;
	if (a->len != b->len && !strcmp(tie, "longest"))
		return a->len > b->len;
	return a->at < b->at;
}

static void
gather_exact(const struct made *m, uint32_t at)
{
	struct best x = { .by = isnan(m->near.by) ? -HUGE_VAL : m->near.by,
		.len = m->near.len,
		.at = at };
	bool isnew;
	struct best *p = keyset_add(seen, m->key, &isnew);

	if (isnew || is_better(&x, p))
		*p = x;
}

/* --- spools --- */

static void
spool_open(struct spool *s)
{
	struct buf b = { 0 };
	int fd;

	buf_printf(&b, "%s/dedup.XXXXXX", tool_tmp);
	fd = mkostemp(b.s, O_CLOEXEC);
	if (fd < 0)
		die_sys("cannot create '%s'", b.s);
	unlink(b.s);
	s->f = fdopen(fd, "w+");
	if (!s->f)
		die_sys("cannot open '%s'", b.s);
	buf_done(&b);
}

static void
spool_add(struct spool *s, struct str t)
{
	if (s->n + 1 >= s->room) {
		s->room = s->room ? s->room + s->room / 2 : 1024;
		s->at = need_grow(s->at, s->room, sizeof *s->at);
		s->at[0] = 0;
	}
	if (t.n && fwrite(t.s, 1, t.n, s->f) != t.n)
		die_sys("cannot write to a file in '%s'", tool_tmp);
	s->at[s->n + 1] = s->at[s->n] + t.n;
	s->n++;
}

static void
spool_get(const struct spool *s, struct buf *b, uint32_t i)
{
	size_t n = (size_t)(s->at[i + 1] - s->at[i]);

	buf_reset(b);
	buf_need(b, n);
	while (b->n < n) {
		ssize_t k = pread(fileno(s->f), b->s + b->n, n - b->n,
		    (off_t)(s->at[i] + b->n));

		if (k <= 0)
			die_sys("cannot read from a file in '%s'", tool_tmp);
		b->n += (size_t)k;
	}
}

static void
spool_end(struct spool *s)
{
	if (s->f && fflush(s->f))
		die_sys("cannot write to a file in '%s'", tool_tmp);
}

static void
spool_close(struct spool *s)
{
	if (s->f)
		fclose(s->f);
	free(s->at);
}

/* --- the first pass: gather --- */

static void
gather(struct rec *r, uint32_t at)
{
	const struct made *m = r->user;
	struct buf b = { 0 };

	if (nearby)
		near_add(nearby, &m->near);
	else if (seen)
		gather_exact(m, at);
	if (texts.f)
		spool_add(&texts, m->folded);
	if (!places.f)
		return;
	buf_printf(&b, "\"kept_id\":");
	buf_json_str(&b, rec_id(r));
	buf_printf(&b, ",\"kept_file\":");
	buf_json_str(&b, str_of(r->file));
	buf_printf(&b, ",\"kept_line\":%lu", r->no);
	spool_add(&places, (struct str){ b.s, b.n });
	buf_done(&b);
}

static struct shingles one, other;
static struct buf raw;

static double
exact_jaccard(uint32_t a, uint32_t b)
{
	spool_get(&texts, &raw, a);
	shingles_of(&one, shape, (struct str){ raw.s, raw.n });
	spool_get(&texts, &raw, b);
	shingles_of(&other, shape, (struct str){ raw.s, raw.n });
	return shingles_jaccard(&one, &other);
}

/* --- the last pass: write, and say what for --- */

/* What the decision says of text `at`: itself, or the one kept for it. */
static uint32_t
kept_for(const struct made *m, uint32_t at, double *j)
{
	const struct best *p;

	*j = 1;
	if (nearby && at >= near_count(nearby))
		die("the input changed between the two passes");
	if (nearby)
		return near_kept(nearby, at, j);
	if (!seen)
		return at;
	p = keyset_find(seen, m->key);
	return p ? p->at : at;
}

/* One line of the ledger; kept: the members that tell for which other. */
static void
write_ledger(struct rec *r, struct str kept, const char *rule, double j)
{
	struct buf b = { 0 };

	buf_puts(&b, "{\"id\":");
	buf_json_str(&b, rec_id(r));
	buf_puts(&b, ",\"file\":");
	buf_json_str(&b, str_of(r->file));
	buf_printf(&b, ",\"line\":%lu,", r->no);
	buf_str(&b, kept);
	buf_printf(&b, ",\"rule\":\"%s\",\"j\":", rule);
	buf_json_float(&b, (float)j);
	buf_char(&b, '}');
	rec_line(r, LEDGER, (struct str){ b.s, b.n });
	buf_done(&b);
}

/* Dropped because its key stands in a file of --against? */
static bool
is_foreign(const struct made *m, const struct place **p)
{
	*p = foreign ? keyset_find(foreign, m->key) : NULL;
	return *p != NULL;
}

static void
drop_foreign(struct rec *r, const struct place *p)
{
	struct buf b = { 0 };

	if (ledger) {
		buf_puts(&b, "\"kept_id\":");
		buf_json_str(&b, str_of(p->id));
		buf_puts(&b, ",\"kept_file\":");
		buf_json_str(&b, str_of(against.s[p->file]));
		buf_printf(&b, ",\"kept_line\":%lu", (unsigned long)p->line);
		write_ledger(r, (struct str){ b.s, b.n }, "against", 1);
		buf_done(&b);
	}
	rec_emit(r, DROPPED);
	rec_drop(r, "in --against");
}

static void
write_or_drop(struct rec *r, uint32_t at)
{
	struct buf b = { 0 };
	double j;
	uint32_t kept = kept_for(r->user, at, &j);

	if (kept == at) {
		rec_emit(r, 0);
		return;
	}
	if (ledger) {
		spool_get(&places, &b, kept);
		write_ledger(
		    r, (struct str){ b.s, b.n }, nearby ? "near" : "exact", j);
		buf_done(&b);
	}
	rec_emit(r, DROPPED);
	rec_drop(r, nearby ? "near-duplicate" : "duplicate");
}

/* --- passes --- */

/* Nothing has to be known beforehand: one pass, the first is kept. */
static void
stream(struct rec *r)
{
	const struct made *m = r->user;
	bool isnew = true;

	if (seen)
		keyset_add(seen, m->key, &isnew);
	if (isnew) {
		rec_emit(r, 0);
	} else {
		rec_emit(r, DROPPED);
		rec_drop(r, "duplicate");
	}
}

static void
run_pass(void)
{
	const struct place *p;
	uint32_t at = 0;
	struct rec *r;

	while ((r = tool_next())) {
		const struct made *m = r->user;

		if (is_foreign(m, &p)) {
			if (pass == STREAM || pass == WRITE)
				drop_foreign(r, p);
			tool_done(r);
			continue;
		}
		if (at == UINT32_MAX - 1 && pass != STREAM)
			die("more than %u records", UINT32_MAX - 1);
		if (pass == STREAM)
			stream(r);
		else if (pass == GATHER)
			gather(r, at);
		else
			write_or_drop(r, at);
		at++;
		tool_done(r);
	}
}

static int
pull(void)
{
	if (pass == STREAM) {
		run_pass();
		return 0;
	}
	run_pass();
	spool_end(&texts);
	spool_end(&places);
	if (nearby &&
	    !near_decide(nearby, verify ? exact_jaccard : NULL, tool_stopping))
		return 0;
	pass = WRITE;
	tool_again();
	run_pass();
	return 0;
}

/* --- the ends --- */

_Noreturn static void
refuse(const char *why)
{
	warn("%s", why);
	zout_abort_all();
	exit(2);
}

static void
start(void)
{
	bool best = by || !strcmp(tie, "longest");

	if (semantic)
		refuse("--semantic: clusters by meaning are not in this "
		       "version");
	if (stage)
		refuse("--stage: signing and clustering apart are not in this "
		       "version");
	if (bands != 8 && bands != 16 && bands != 32)
		refuse("--bands: 8, 16 or 32");
	if (!shingling_parse(&shape, gram))
		refuse("--ngram: want c or w and a number from 1 to 64");
	if (verify && !near_mode)
		refuse("--verify goes with --near");
	if (near_mode || best || ledger) {
		pass = GATHER;
		tool_twice();
	}
	if (near_mode)
		nearby = near_new(
		    (unsigned)bands, threshold, !strcmp(tie, "longest"));
	else if (strcmp(exact, "none"))
		seen = keyset_new(pass == GATHER ? sizeof(struct best) : 0);
	if (verify)
		spool_open(&texts);
	if (ledger)
		spool_open(&places);
	if (against.n)
		foreign = keyset_new(sizeof(struct place));
	for (uint32_t i = 0; i < against.n; i++)
		read_foreign(i);
}

static void
end(void)
{
	keyset_free(seen);
	keyset_free(foreign);
	near_free(nearby);
	spool_close(&texts);
	spool_close(&places);
	shingles_done(&one);
	shingles_done(&other);
	buf_done(&raw);
	arena_done(&run);
}

int
main(int argc, char **argv)
{
	static const struct tool tool = {
		.name = "dedup",
		.operands = "[file ...]",
		.does = "drop records that repeat others",
		.opts = opts,
		.sides = sides,
		.start = start,
		.prepare = prepare,
		.pull = pull,
		.end = end,
	};

	return tool_main(&tool, argc, argv);
}
