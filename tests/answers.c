/* The answer cache: kept over runs, over a kill, by one process only. */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcore/answers.h"

static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static struct hash128
key(int64_t i)
{
	struct buf b = { 0 };
	struct hash128 h;

	ask_int(&b, "i", i);
	ask_real(&b, "t", 0.5);
	h = ask_key(&b);
	buf_done(&b);
	return h;
}

static bool
has(struct answers *a, int64_t i, const char *text)
{
	struct buf b = { 0 };
	bool ok = answers_get(a, key(i), &b) && b.n == strlen(text) &&
		  !memcmp(b.s, text, b.n);

	buf_done(&b);
	return ok;
}

/* What a child says on stderr as it opens the file, and its status. */
static bool
refused(const char *path, const char *why)
{
	char said[512] = { 0 };
	int to[2], status;
	pid_t pid;
	size_t n = 0;
	ssize_t got;

	fflush(stdout);
	if (pipe(to) || (pid = fork()) < 0)
		return false;
	if (!pid) {
		dup2(to[1], 2);
		answers_close(answers_open(path));
		_exit(0);
	}
	close(to[1]);
	while (n < sizeof said - 1 &&
	       (got = read(to[0], said + n, sizeof said - 1 - n)) > 0)
		n += (size_t)got;
	close(to[0]);
	waitpid(pid, &status, 0);
	if (n > 0 && strstr(said, why) && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 1)
		return true;
	printf("%s\n", said);
	return false;
}

/* A child that is killed with some answers committed and some waiting. */
static void
killed(const char *path)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct answers *a = answers_open(path);

		for (int i = 100; i < 100 + ANSWERS_BATCH + 7; i++)
			answers_put(a, key(i), STR("kept"));
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

static void
change(const char *path, const char *text)
{
	sqlite3 *db;

	expect(sqlite3_open(path, &db) == SQLITE_OK &&
		   sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK,
	    text);
	sqlite3_close(db);
}

static void
questions(void)
{
	struct buf a = { 0 }, b = { 0 };
	int32_t ids[] = { 1, 23 }, other[] = { 12, 3 };

	ask_text(&a, "x", STR("1y=1:2"));
	ask_text(&b, "x", STR("1"));
	ask_text(&b, "y", STR("2"));
	expect(a.n != b.n || memcmp(a.s, b.s, a.n), "parts are told apart");
	buf_reset(&a);
	buf_reset(&b);
	ask_ids(&a, "ids", ids, 2);
	ask_ids(&b, "ids", other, 2);
	expect(ask_key(&a).lo != ask_key(&b).lo, "ids are told apart");
	buf_done(&a);
	buf_done(&b);
}

int
main(void)
{
	char dir[] = "/tmp/answers.XXXXXX", path[64], other[64];
	struct answers *a;
	size_t found, put;
	FILE *f;

	if (!mkdtemp(dir))
		return 99;
	snprintf(path, sizeof path, "%s/a.db", dir);
	snprintf(other, sizeof other, "%s/b.db", dir);
	a = answers_open(path);
	expect(!has(a, 1, ""), "nothing at first");
	answers_put(a, key(1), STR("one"));
	answers_put(a, key(2), (struct str){ "a\0b", 3 });
	answers_put(a, key(1), STR("uno"));
	answers_put(a, key(3), STR(""));
	expect(has(a, 1, "uno"), "found before the commit");
	answers_count(a, &found, &put);
	expect(found == 1 && put == 4, "counts");
	expect(refused(path, "is in use by another process"), "one process");
	answers_close(a);
	killed(path);
	a = answers_open(path);
	expect(has(a, 1, "uno") && has(a, 3, ""), "kept");
	expect(has(a, 100, "kept") && has(a, 100 + ANSWERS_BATCH - 1, "kept"),
	    "committed before the kill");
	expect(!has(a, 100 + ANSWERS_BATCH + 1, "kept"), "not committed");
	answers_close(a);
	change(path, "PRAGMA user_version = 7");
	expect(refused(path, "has version 7; this program reads up to 1"),
	    "newer version");
	change(other, "CREATE TABLE t (x)");
	expect(refused(other, "is a database of another program"), "other");
	unlink(other);
	f = fopen(other, "w");
	fprintf(f, "%01000d", 7);
	fclose(f);
	expect(refused(other, "file is not a database"), "no database");
	unlink(other);
	unlink(path);
	rmdir(dir);
	expect(refused(path, "unable to open database file"), "no folder");
	questions();
	return bad;
}
