#include "libcore/answers.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { APPLICATION = 0x706c6d62 }; /* "plmb" */

struct answers {
	sqlite3 *db;
	sqlite3_stmt *get, *put;
	char *path;
	size_t waiting, found, added;
	struct timespec since; /* the open transaction began */
};

static NORETURN void
fail(struct answers *a)
{
	if (sqlite3_errcode(a->db) == SQLITE_BUSY)
		die("cache '%s' is in use by another process", a->path);
	die("cache '%s': %s", a->path, sqlite3_errmsg(a->db));
}

static void
sql(struct answers *a, const char *text)
{
	if (sqlite3_exec(a->db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail(a);
}

static int
pragma(struct answers *a, const char *text)
{
	sqlite3_stmt *s;
	int value;

	if (sqlite3_prepare_v2(a->db, text, -1, &s, NULL) != SQLITE_OK ||
	    sqlite3_step(s) != SQLITE_ROW)
		fail(a);
	value = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return value;
}

/* A new file gets its table; another program's or a newer one is refused. */
static void
check(struct answers *a)
{
	int app = pragma(a, "PRAGMA application_id");
	int version = pragma(a, "PRAGMA user_version");
	int tables = pragma(a, "SELECT count(*) FROM sqlite_schema");

	if (!app && !version && !tables) {
		sql(a,
		    "CREATE TABLE answer (hi INTEGER, lo INTEGER,"
		    " text BLOB NOT NULL, PRIMARY KEY (hi, lo)) WITHOUT ROWID;"
		    "PRAGMA application_id = 1886154082;"
		    "PRAGMA user_version = 1");
		return;
	}
	if (app != APPLICATION)
		die("cache '%s' is a database of another program", a->path);
	if (version > ANSWERS_VERSION)
		die("cache '%s' has version %d; this program reads up to %d",
		    a->path, version, ANSWERS_VERSION);
}

struct answers *
answers_open(const char *path)
{
	struct answers *a = need_zero(1, sizeof *a);

	a->path = need_text(path);
	if (sqlite3_open_v2(path, &a->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		fail(a);
	/* a killed run's journal may have to be rolled back by the one that
	 * comes next, while a third looks on */
	sqlite3_busy_timeout(a->db, 200);
	sql(a, "PRAGMA locking_mode = EXCLUSIVE");
	sql(a, "PRAGMA journal_mode = DELETE");
	sql(a, "PRAGMA synchronous = NORMAL");
	sql(a, "BEGIN EXCLUSIVE");
	check(a);
	sql(a, "COMMIT");
	if (sqlite3_prepare_v2(a->db,
		"SELECT text FROM answer WHERE hi = ? AND lo = ?", -1, &a->get,
		NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(a->db,
		"INSERT OR REPLACE INTO answer VALUES (?, ?, ?)", -1, &a->put,
		NULL) != SQLITE_OK)
		fail(a);
	return a;
}

static void
bind_key(sqlite3_stmt *s, struct hash128 key)
{
	sqlite3_bind_int64(s, 1, (sqlite3_int64)key.hi);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)key.lo);
}

bool
answers_get(struct answers *a, struct hash128 key, struct buf *out)
{
	int rc;

	bind_key(a->get, key);
	rc = sqlite3_step(a->get);
	if (rc == SQLITE_ROW) {
		buf_reset(out);
		buf_put(out, sqlite3_column_blob(a->get, 0),
		    (size_t)sqlite3_column_bytes(a->get, 0));
		a->found++;
	} else if (rc != SQLITE_DONE) {
		fail(a);
	}
	sqlite3_reset(a->get);
	return rc == SQLITE_ROW;
}

static void
commit(struct answers *a)
{
	if (a->waiting)
		sql(a, "COMMIT");
	a->waiting = 0;
}

void
answers_put(struct answers *a, struct hash128 key, struct str answer)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!a->waiting) {
		sql(a, "BEGIN");
		a->since = now;
	}
	bind_key(a->put, key);
	sqlite3_bind_blob64(
	    a->put, 3, answer.s ? answer.s : "", answer.n, SQLITE_STATIC);
	if (sqlite3_step(a->put) != SQLITE_DONE)
		fail(a);
	sqlite3_reset(a->put);
	a->added++;
	if (++a->waiting >= ANSWERS_BATCH || now.tv_sec > a->since.tv_sec)
		commit(a);
}

void
answers_settle(struct answers *a)
{
	struct timespec now;

	if (!a->waiting)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > a->since.tv_sec)
		commit(a);
}

void
answers_count(const struct answers *a, size_t *found, size_t *put)
{
	*found = a->found;
	*put = a->added;
}

void
answers_close(struct answers *a)
{
	if (!a)
		return;
	commit(a);
	sqlite3_finalize(a->get);
	sqlite3_finalize(a->put);
	if (sqlite3_close(a->db) != SQLITE_OK)
		fail(a);
	free(a->path);
	free(a);
}

void
ask_text(struct buf *b, const char *name, struct str s)
{
	buf_printf(b, "%s=%zu:", name, s.n);
	buf_str(b, s);
}

void
ask_real(struct buf *b, const char *name, double x)
{
	char s[32];

	ask_text(b, name, (struct str){ s, num_real(s, x) });
}

void
ask_int(struct buf *b, const char *name, int64_t x)
{
	buf_printf(b, "%s=%lld;", name, (long long)x);
}

void
ask_ids(struct buf *b, const char *name, const int32_t *ids, size_t n)
{
	buf_printf(b, "%s=%zu:", name, n);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%lld,", (long long)ids[i]);
}

struct hash128
ask_key(const struct buf *b)
{
	return hash128(b->s, b->n);
}
