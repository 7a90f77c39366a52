/*
 * check-merge [--only NAME,NAME...] DIR
 *
 * Every folder in DIR that holds a config.yml is a case: the merge it asks
 * for is made, and compared with the model.safetensors beside it. Numbers may
 * differ by 1e-6; bf16 must be equal bit for bit; of arcee_fusion 4 elements
 * may lie on the other side of the threshold. A method that is not built
 * counts as failed. The last line is `N passed, N failed`.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpu/merge.h"
#include "gpu/quant.h"
#include "gpu/safetensors.h"

static double
item(const struct st_tensor *t, size_t i)
{
	float x = NAN;

	if (t->dtype == st_f32)
		quant_read(GGUF_F32, t->data + 4 * i, 1, &x);
	else if (t->dtype == st_bf16)
		quant_read(GGUF_BF16, t->data + 2 * i, 1, &x);
	else if (t->dtype == st_f16)
		quant_read(GGUF_F16, t->data + 2 * i, 1, &x);
	return (double)x;
}

/* Elements further apart than they may be; the largest distance. */
static size_t
apart(const struct st_tensor *a, const struct st_tensor *b, double *most)
{
	double allowed = a->dtype == st_bf16 ? 0 : 1e-6;
	size_t n = a->bytes / a->dtype->bytes, far = 0;

	for (size_t i = 0; i < n; i++) {
		double d = fabs(item(a, i) - item(b, i));

		far += !(d <= allowed);
		if (!(d <= *most))
			*most = d;
	}
	return far;
}

static bool
same(const char *name, const struct safetensors *want,
    const struct safetensors *got, struct err *e)
{
	size_t far = 0, may = strncmp(name, "arcee_fusion", 12) ? 0 : 4;
	double most = 0;

	if (want->n != got->n)
		return err_set(
		    e, "%zu tensors instead of %zu", got->n, want->n);
	for (size_t i = 0; i < want->n; i++) {
		const struct st_tensor *a = &want->tensor[i];
		const struct st_tensor *b = st_find(got, a->name.s);

		if (!b)
			return err_set(e, "no tensor '%s'", a->name.s);
		if (a->dtype != b->dtype || a->bytes != b->bytes)
			return err_set(e,
			    "'%s' is %s of %zu bytes, not %s of"
			    " %zu",
			    a->name.s, b->dtype->name, b->bytes, a->dtype->name,
			    a->bytes);
		far += apart(a, b, &most);
	}
	return far <= may ||
	       err_set(e, "%zu elements differ, by %g at most", far, most);
}

/* The merge of one case, in a temporary folder. */
static bool
run(const char *dir, const char *name, struct err *e)
{
	char out[] = "/tmp/plumbline-merge-XXXXXX";
	struct buf path = { 0 };
	struct recipe recipe = { 0 };
	struct merge_conf c = { .recipe = &recipe, .dir = out, .threads = 2 };
	struct merge_counts counts;
	struct safetensors *want = NULL, *got = NULL;
	bool ok;

	if (!mkdtemp(out))
		return err_set(e, "no temporary folder");
	buf_printf(&path, "%s/%s/config.yml", dir, name);
	ok = recipe_read(&recipe, path.s, e) && merge_run(&c, &counts, e);
	buf_reset(&path);
	buf_printf(&path, "%s/%s/model.safetensors", dir, name);
	ok = ok && (want = st_open(path.s, e)) && (got = st_dir(out, e)) &&
	     same(name, want, got, e);
	st_close(want);
	st_close(got);
	recipe_done(&recipe);
	buf_reset(&path);
	buf_printf(&path, "rm -r %s", out);
	if (system(path.s))
		ok = err_set(e, "cannot remove '%s'", out);
	buf_done(&path);
	return ok;
}

/* name stands in the list "a,b,c"; no list holds every name. */
static bool
listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = list; s; s = strchr(s, ',')) {
		s += *s == ',';
		if (!strncmp(s, name, n) && (!s[n] || s[n] == ','))
			return true;
	}
	return !list;
}

static int
is_case(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *only = NULL;
	struct dirent **found;
	size_t passed = 0, failed = 0;
	int n;

	die_name = "check-merge";
	if (argc == 4 && !strcmp(argv[1], "--only")) {
		only = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc != 2) {
		fprintf(stderr, "usage: check-merge [--only NAME,...] DIR\n");
		return 2;
	}
	n = scandir(argv[1], &found, is_case, alphasort);
	if (n < 0)
		die_sys("cannot read '%s'", argv[1]);
	for (int i = 0; i < n; i++) {
		const char *name = found[i]->d_name;
		struct buf path = { 0 };
		struct err e = { "" };

		buf_printf(&path, "%s/%s/config.yml", argv[1], name);
		if (!access(path.s, F_OK) && listed(only, name)) {
			if (run(argv[1], name, &e)) {
				passed++;
			} else {
				failed++;
				printf("FAIL %s: %s\n", name, e.why);
			}
		}
		buf_done(&path);
		free(found[i]);
	}
	free(found);
	printf("%zu passed, %zu failed\n", passed, failed);
	return failed || !passed;
}
