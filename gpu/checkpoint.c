/* Checkpoints: written whole or not at all, checked before they are used. */
#include "gpu/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TILE = 1 << 20, FIELDS = 6, RUN_MOST = 1 << 16 };
static const char magic[8] = "plumtrn\n";
static const enum model_block blocks[] = { MODEL_MASTERS, MODEL_M, MODEL_V };
enum { BLOCKS = sizeof blocks / sizeof *blocks };

/* A file and the chain of hashes over its pieces. */
struct state {
	char path[4096];
	FILE *f;
	uint64_t hash;
	struct err *e;
};

static void
chain(struct state *s, const void *bytes, size_t n)
{
	uint64_t both[2] = { s->hash, hash64(bytes, n) };

	s->hash = hash64(both, sizeof both);
}

static bool
put(struct state *s, const void *bytes, size_t n)
{
	chain(s, bytes, n);
	if (n && fwrite(bytes, 1, n, s->f) != n)
		return err_set(
		    s->e, "cannot write '%s': %s", s->path, strerror(errno));
	return true;
}

static bool
get(struct state *s, void *bytes, size_t n)
{
	if (n && fread(bytes, 1, n, s->f) != n)
		return err_set(s->e, "checkpoint '%s' is cut short", s->path);
	chain(s, bytes, n);
	return true;
}

static bool
put_blocks(struct state *s, struct model *m)
{
	size_t params = model_params(m);
	float *tile = need_alloc(TILE * sizeof *tile);
	bool ok = true;

	for (size_t b = 0; b < BLOCKS; b++)
		for (size_t at = 0; ok && at < params; at += TILE) {
			size_t n = params - at < TILE ? params - at : TILE;

			model_get(m, blocks[b], at, n, tile);
			ok = put(s, tile, n * sizeof *tile);
		}
	free(tile);
	return ok;
}

static bool
get_blocks(struct state *s, struct model *m)
{
	size_t params = model_params(m);
	float *tile = need_alloc(TILE * sizeof *tile);
	bool ok = true;

	for (size_t b = 0; b < BLOCKS; b++)
		for (size_t at = 0; ok && at < params; at += TILE) {
			size_t n = params - at < TILE ? params - at : TILE;

			ok = get(s, tile, n * sizeof *tile);
			if (ok)
				model_put(m, blocks[b], at, n, tile);
		}
	free(tile);
	return ok;
}

static bool
sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	return ok;
}

bool
checkpoint_write(
    const char *dir, struct model *m, const struct checkpoint *c, struct err *e)
{
	uint64_t head[FIELDS] = { 0, CHECKPOINT_VERSION, c->step, c->updates,
		model_params(m), c->run.n };
	struct state s = { .e = e };
	char name[4096];
	bool ok;

	if (mkdir(dir, 0777) && errno != EEXIST)
		return err_set(e, "cannot make '%s': %s", dir, strerror(errno));
	snprintf(s.path, sizeof s.path, "%s/state.new", dir);
	snprintf(name, sizeof name, "%s/state", dir);
	s.f = fopen(s.path, "wbe");
	if (!s.f)
		return err_set(
		    e, "cannot write '%s': %s", s.path, strerror(errno));
	memcpy(head, magic, sizeof magic);
	ok = put(&s, head, sizeof head) && put(&s, c->run.s, c->run.n) &&
	     put_blocks(&s, m) && put(&s, &(uint64_t){ s.hash }, sizeof s.hash);
	if (ok && (fflush(s.f) || fsync(fileno(s.f))))
		ok = err_set(
		    e, "cannot write '%s': %s", s.path, strerror(errno));
	if (fclose(s.f) && ok)
		ok = err_set(
		    e, "cannot write '%s': %s", s.path, strerror(errno));
	if (ok && (rename(s.path, name) || !sync_folder(dir)))
		ok = err_set(e, "cannot name '%s': %s", name, strerror(errno));
	if (!ok)
		unlink(s.path);
	return ok;
}

/* The first line in which the texts differ. */
static bool
other_run(struct state *s, struct str was, struct str is)
{
	size_t i = 0, from = 0;

	while (i < was.n && i < is.n && was.s[i] == is.s[i]) {
		if (was.s[i] == '\n')
			from = i + 1;
		i++;
	}
	return err_set(s->e,
	    "checkpoint '%s' is of another run: it has %.*s, this one %.*s",
	    s->path, (int)strcspn(was.s + from, "\n"), was.s + from,
	    (int)strcspn(is.s + from, "\n"), is.s + from);
}

static bool
read_head(struct state *s, size_t params, struct checkpoint *c)
{
	uint64_t head[FIELDS];
	char *run;
	bool ok;

	if (!get(s, head, sizeof head))
		return false;
	if (memcmp(head, magic, sizeof magic) != 0)
		return err_set(s->e, "'%s' is no checkpoint", s->path);
	if (head[1] > CHECKPOINT_VERSION)
		return err_set(s->e,
		    "checkpoint '%s' was written by a newer version (%llu; "
		    "known is %d)",
		    s->path, (unsigned long long)head[1], CHECKPOINT_VERSION);
	if (head[5] > RUN_MOST)
		return err_set(s->e, "checkpoint '%s' is damaged", s->path);
	c->step = head[2];
	c->updates = head[3];
	run = need_zero(1, head[5] + 1);
	ok = get(s, run, head[5]);
	if (ok && (head[5] != c->run.n || memcmp(run, c->run.s, c->run.n) != 0))
		ok = other_run(s, (struct str){ run, head[5] }, c->run);
	if (ok && head[4] != params)
		ok = err_set(s->e,
		    "checkpoint '%s' holds %llu parameters, "
		    "the model %zu",
		    s->path, (unsigned long long)head[4], params);
	free(run);
	return ok;
}

static bool
read_rest(struct state *s, struct model *m)
{
	uint64_t hash, want;

	if (!get_blocks(s, m))
		return false;
	want = s->hash;
	if (!get(s, &hash, sizeof hash))
		return false;
	if (hash != want)
		return err_set(s->e,
		    "checkpoint '%s' is damaged: its hash is wrong", s->path);
	return true;
}

int
checkpoint_read(const char *dir, struct model *m, size_t params,
    struct checkpoint *c, struct err *e)
{
	struct state s = { .e = e };
	bool ok;

	snprintf(s.path, sizeof s.path, "%s/state", dir);
	s.f = fopen(s.path, "rbe");
	if (!s.f && errno == ENOENT)
		return 0;
	if (!s.f) {
		err_set(e, "cannot read '%s': %s", s.path, strerror(errno));
		return -1;
	}
	ok = read_head(&s, params, c) && (!m || read_rest(&s, m));
	fclose(s.f);
	return ok ? 1 : -1;
}

void
checkpoint_remove(const char *dir)
{
	static const char *const names[] = { "state", "state.new" };
	char path[4096];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}
