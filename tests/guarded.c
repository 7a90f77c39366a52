/* The guard backend itself: right use gives the CPU's results, and each kind
 * of misuse is caught. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/guard.h"

static const struct ops *o = &guard_ops;
static struct dev *d;
static float *x;
static int bad;

static void
expect(bool ok, const char *what)
{
	if (!ok) {
		printf("FAIL %s\n", what);
		bad = 1;
	}
}

static struct dev *
device(void)
{
	struct err e;
	struct dev *dev =
	    o->open(&(struct dev_conf){ 2, PRODUCTS_F32, NULL }, &e);

	if (!dev)
		die("%s", e.why);
	return dev;
}

static void
right_use(void)
{
	float host[4] = { 1, 2, 3, 4 }, back[4] = { 0 };
	struct op_axpy a;
	unsigned char *byte = (unsigned char *)back;
	float *y = o->take(d, sizeof host), *again;
	struct mat *w = o->mat_new(d, 2, 2, MAT_X);

	o->put(d, x, host, sizeof host);
	host[0] = 100; /* already copied */
	o->fill(d, &(struct op_fill){ y, 4, 10 });
	a = (struct op_axpy){ y, x, 4, 2 };
	o->axpy(d, &a);
	a.a = 1000; /* as is this */
	o->get(d, back, y, sizeof back);
	expect(byte[0] == 0xa5 && byte[15] == 0xa5, "nothing before the sync");
	o->mat_put(d, &(struct op_mat_put){ w, 0, 2, x });
	o->linear(d, &(struct op_linear){ x, y, w, NULL, 1, false });
	o->mat_free(d, w);
	o->give(d, y);
	o->sync(d);
	expect(back[0] == 12 && back[3] == 18, "axpy");
	o->get(d, back, x, sizeof back);
	o->sync(d);
	expect(back[0] == 12 + 2 * 14 && back[1] == 3 * 12 + 4 * 14 &&
		   back[2] == 3,
	    "linear, its matrix given back after use");
	again = o->take(d, sizeof host);
	expect(again == y, "memory is used again");
	o->get(d, back, again, sizeof back);
	o->sync(d);
	expect(back[0] == 0 && back[3] == 0, "taken memory is zero");
	o->give(d, again);
}

static void
caught(int signal)
{
	(void)signal;
	_exit(99);
}

static void
read_device(void)
{
	volatile float seen = *(volatile float *)x;

	(void)seen;
}

static void
write_device(void)
{
	*(volatile float *)x = 1;
}

static void
read_after_sync(void)
{
	o->fill(d, &(struct op_fill){ x, 4, 1 });
	o->sync(d);
	read_device();
}

/* The child must die where it touches device memory. */
static void
misuse(const char *what, void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		signal(SIGSEGV, caught);
		d = device();
		x = o->take(d, 64);
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 99, what);
}

int
main(void)
{
	misuse("reading device memory dies", read_device);
	misuse("writing device memory dies", write_device);
	misuse("reading it after a sync dies", read_after_sync);
	d = device();
	x = o->take(d, 4 * sizeof *x);
	right_use();
	o->give(d, x);
	o->close(d);
	return bad;
}
