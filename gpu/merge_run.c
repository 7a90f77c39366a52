#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/crew.h"
#include "gpu/merge.h"
#include "gpu/save.h"
#include "gpu/weights.h"

/* Numbers in a piece (a row at the least), and bytes of files behind the
 * tensors that are worked on together, so that a second pass finds them in
 * memory. */
enum { PIECE = 1 << 14, BATCH = 1 << 28 };

struct source {
	const char *path;
	long at; /* its place in the recipe */
	struct hub *hub;
	struct weights *w;
	bool tied; /* its head is its embedding */
};

/* One tensor of the output. */
struct job {
	const struct weight *base, *in[MERGE_MODELS];
	const struct weight *copy; /* taken as it is from `from`, or NULL */
	const struct source *from;
	const char *name;
	double t;              /* through the layers, 0 .. 1 */
	size_t rows, cols;     /* rows in a piece: step */
	size_t step, first, n; /* pieces first .. first + n - 1 of the batch */
	double value[MERGE_PARAMS][MERGE_MODELS];
	double coef[MERGE_MODELS + 1];
	atomic_size_t odd; /* numbers of the result that are not finite */
};

struct run {
	const struct merge_conf *conf;
	const struct merge_method *method;
	struct source base; /* w == NULL: none, or only the donor */
	struct source *in;
	size_t models;
	bool with_base; /* the method computes with it */
	enum save_dtype dtype;
	enum merge_sums sums;
	struct save *save;
	struct job **job;
	size_t jobs, from, to; /* the batch: jobs from .. to - 1 */
	double *product;       /* [pieces of the batch][v, v] */
	float **room;          /* a thread's [models + 2][numbers] */
	size_t room_n;
	pthread_mutex_t lock;
	bool failed;
	size_t failed_at;
	struct err *e;
	struct merge_counts *counts;
};

static bool
open_source(struct source *s, const char *path, struct err *e)
{
	s->path = path;
	s->hub = hub_open(path, e);
	s->w = s->hub ? weights_open(s->hub, e) : NULL;
	if (!s->w)
		return false;
	if (s->hub->gguf) {
		s->tied = !gguf_find(s->hub->gguf, "output.weight");
	} else {
		const struct json_doc *d = &s->hub->config;

		s->tied = json_is(
		    json_get(d, d->tape, "tie_word_embeddings"), JSON_TRUE);
	}
	return true;
}

static void
close_source(struct source *s)
{
	weights_close(s->w);
	hub_close(s->hub);
}

/* A head that is the embedding is not a tensor of its own, even where a file
 * holds it twice. */
static bool
is_alias(const struct source *s, const char *name)
{
	return s->tied && !strcmp(name, "lm_head.weight");
}

static const struct weight *
tensor_of(const struct source *s, const char *name)
{
	return is_alias(s, name) ? NULL : weights_find(s->w, name);
}

/* Where files and, first of all, names come from. */
static const struct source *
donor(const struct run *r)
{
	return r->base.w ? &r->base : &r->in[0];
}

/* The number in ".N." of a name, -1 if there is none. */
static long
layer_of(const char *name)
{
	for (const char *s = strchr(name, '.'); s; s = strchr(s + 1, '.')) {
		size_t n = strspn(s + 1, "0123456789");

		if (n && n < 7 && s[n + 1] == '.')
			return strtol(s + 1, NULL, 10);
	}
	return -1;
}

static bool
set_values(struct run *r, struct job *j)
{
	const struct merge_param *p = r->method->param;

	for (size_t k = 0; k < MERGE_PARAMS && p[k].name; k++)
		for (size_t i = 0; i < r->models; i++) {
			double *x = &j->value[k][i];

			*x = p[k].dflt;
			if (!recipe_value(r->conf->recipe,
				p[k].own ? r->in[i].at : RECIPE_ALL, p[k].name,
				j->name, j->t, x) &&
			    p[k].required)
				return err_set(r->e,
				    "model '%s': parameter"
				    " '%s' is missing",
				    r->in[i].path, p[k].name);
		}
	return true;
}

static bool
same_shape(struct run *r, const struct source *s, const struct weight *x,
    const struct weight *y)
{
	if (x->rows == y->rows && x->cols == y->cols && x->dims == y->dims)
		return true;
	return err_set(r->e,
	    "tensor '%s' is [%zu, %zu] in '%s' but [%zu, %zu]"
	    " in '%s'",
	    x->name.s, x->rows, x->cols, donor(r)->path, y->rows, y->cols,
	    s->path);
}

/* Tensors of no numbers are not merged: they must be the same in all. */
static bool
same_bytes(struct run *r, struct job *j)
{
	const struct weight *x = j->base ? j->base : j->in[0];

	for (size_t i = 0; i < r->models; i++) {
		const struct weight *y = j->in[i];

		if (y->real || strcmp(x->dtype, y->dtype) ||
		    x->bytes != y->bytes || memcmp(x->data, y->data, x->bytes))
			return err_set(r->e,
			    "tensor '%s' holds %s and is not"
			    " the same in '%s' and '%s'",
			    x->name.s, x->dtype, donor(r)->path, r->in[i].path);
	}
	j->copy = x;
	j->from = donor(r);
	return true;
}

/* Some model lacks it: what --missing says. *keep: it is written. */
static bool
is_missing(struct run *r, struct job *j, bool *keep)
{
	const struct source *s = NULL;

	*keep = false;
	if (r->conf->missing == MISSING_FAIL) {
		for (size_t i = 0; i < r->models; i++)
			if (!j->in[i])
				s = &r->in[i];
		return err_set(r->e, "tensor '%s' is missing in '%s'", j->name,
		    s ? s->path : r->base.path);
	}
	if (r->base.w && tensor_of(&r->base, j->name))
		s = &r->base;
	for (size_t i = 0; !s && i < r->models; i++)
		if (j->in[i])
			s = &r->in[i];
	if (r->conf->missing == MISSING_SKIP ||
	    (r->conf->missing == MISSING_BASE && s != &r->base)) {
		r->counts->left_out++;
		return true;
	}
	j->copy = tensor_of(s, j->name);
	j->from = s;
	*keep = true;
	return true;
}

/* Look the tensor up everywhere and check that it can be merged. */
static bool
fill_job(struct run *r, struct job *j, bool *keep)
{
	const struct weight *x;
	bool all = true;

	*keep = true;
	if (r->with_base)
		all = (j->base = tensor_of(&r->base, j->name));
	for (size_t i = 0; i < r->models; i++)
		if (!(j->in[i] = tensor_of(&r->in[i], j->name)))
			all = false;
	if (!all)
		return is_missing(r, j, keep);
	x = j->base ? j->base : j->in[0];
	for (size_t i = 0; i < r->models; i++)
		if (!same_shape(r, &r->in[i], x, j->in[i]))
			return false;
	if (!x->real)
		return same_bytes(r, j);
	for (size_t i = 0; i < r->models; i++)
		if (!j->in[i]->real)
			return err_set(r->e, "tensor '%s' holds %s in '%s'",
			    j->name, j->in[i]->dtype, r->in[i].path);
	return set_values(r, j);
}

static bool
add_job(struct run *r, const char *name, long layers)
{
	struct job *j = need_zero(1, sizeof *j);
	long layer = layer_of(name);
	const struct weight *x;
	bool keep;

	r->job[r->jobs++] = j;
	j->name = name;
	j->t = layer < 0    ? 0
	       : layers > 1 ? (double)layer / (double)(layers - 1)
			    : 1;
	if (!fill_job(r, j, &keep))
		return false;
	if (!keep) {
		free(j);
		r->jobs--;
		return true;
	}
	x = j->copy ? j->copy : j->base ? j->base : j->in[0];
	j->rows = x->rows;
	j->cols = x->cols;
	j->step = x->cols < PIECE && x->cols ? PIECE / x->cols : 1;
	if (j->step > j->rows)
		j->step = j->rows;
	if (x->real && j->step * j->cols > r->room_n)
		r->room_n = j->step * j->cols;
	r->counts->tensors++;
	r->counts->copied += j->copy != NULL;
	r->counts->numbers += (uint64_t)j->rows * j->cols;
	return true;
}

static int
text_order(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Every name that any model has, once, in order. */
static const char **
all_names(const struct run *r, size_t *n)
{
	const char **name;
	size_t room = 0, kept = 0;

	for (size_t k = 0; k <= r->models; k++) {
		const struct source *s = k ? &r->in[k - 1] : &r->base;

		room += s->w ? weights_count(s->w) : 0;
	}
	name = need_alloc((room + 1) * sizeof *name);
	room = 0;
	for (size_t k = 0; k <= r->models; k++) {
		const struct source *s = k ? &r->in[k - 1] : &r->base;

		if (!s->w || (!k && !r->with_base))
			continue;
		for (size_t i = 0; i < weights_count(s->w); i++) {
			const char *x = weights_at(s->w, i)->name.s;

			if (!is_alias(s, x))
				name[room++] = x;
		}
	}
	qsort(name, room, sizeof *name, text_order);
	for (size_t i = 0; i < room; i++)
		if (!kept || strcmp(name[kept - 1], name[i]))
			name[kept++] = name[i];
	*n = kept;
	return name;
}

static bool
make_jobs(struct run *r)
{
	size_t n;
	const char **name = all_names(r, &n);
	long layers = 0;
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		if (layer_of(name[i]) >= layers)
			layers = layer_of(name[i]) + 1;
	r->job = need_zero(n, sizeof *r->job);
	for (size_t i = 0; ok && i < n; i++)
		ok = add_job(r, name[i], layers);
	free(name);
	if (ok && !r->jobs)
		return err_set(r->e, "the models have no tensors to merge");
	return ok;
}

/* The words the recipe uses are the method's. */
static bool
check_settings(struct run *r, const struct recipe_settings *s, bool own)
{
	const struct merge_param *p = r->method->param;
	const char *at;

	for (size_t i = 0; i < s->n; i++) {
		const char *name = s->s[i].name;
		size_t n = strlen(name), k = 0;

		while (k < MERGE_PARAMS && p[k].name && strcmp(p[k].name, name))
			k++;
		if (k < MERGE_PARAMS && p[k].name) {
			if (own && !p[k].own)
				return err_set(r->e,
				    "parameter '%s' of %s is"
				    " not a model's own",
				    name, r->method->name);
			continue;
		}
		at = r->method->ignored ? strstr(r->method->ignored, name)
					: NULL;
		if (!at || at[n] != ' ' ||
		    (at > r->method->ignored && at[-1] != ' '))
			return err_set(r->e, "%s has no parameter '%s'",
			    r->method->name, name);
	}
	return true;
}

/* A model of the list that is the method's base is not an input as well. */
static bool
is_base(const struct run *r, size_t i)
{
	const struct recipe *c = r->conf->recipe;

	return r->with_base && !strcmp(c->model[i].path, c->base);
}

static bool
check_recipe(struct run *r)
{
	const struct recipe *c = r->conf->recipe;
	size_t n = 0;

	r->method = merge_named(c->method);
	if (!r->method)
		return err_set(
		    r->e, "merge method '%s' is not there yet", c->method);
	if (r->method->base && !c->base)
		return err_set(r->e, "%s needs a base model", r->method->name);
	r->with_base = r->method->base;
	if (!check_settings(r, &c->all, false))
		return false;
	for (size_t i = 0; i < c->models; i++) {
		if (!check_settings(r, &c->model[i].own, true))
			return false;
		n += !is_base(r, i);
	}
	if (n < r->method->least || n > r->method->most)
		return err_set(r->e, "%s takes %zu to %zu models%s, not %zu",
		    r->method->name, r->method->least, r->method->most,
		    r->with_base ? " beside the base" : "", n);
	return true;
}

static bool
open_models(struct run *r)
{
	const struct recipe *c = r->conf->recipe;

	r->in = need_zero(c->models, sizeof *r->in);
	if (c->base && !open_source(&r->base, c->base, r->e))
		return false;
	for (size_t i = 0; i < c->models; i++) {
		struct source *to = &r->in[r->models];

		if (is_base(r, i))
			continue;
		r->models++;
		to->at = (long)i;
		if (!open_source(to, c->model[i].path, r->e))
			return false;
	}
	return true;
}

/* bf16 where every folder holds nothing else. */
static bool
choose_dtype(struct run *r)
{
	const char *word = r->conf->recipe->dtype;
	bool any = false, all = true;

	if (word)
		return save_dtype_named(str_of(word), &r->dtype) ||
		       err_set(r->e, "dtype '%s' is not there yet", word);
	for (size_t k = 0; k <= r->models; k++) {
		const struct source *s = k ? &r->in[k - 1] : &r->base;

		if (!s->w || s->hub->gguf)
			continue;
		for (size_t i = 0; i < weights_count(s->w); i++) {
			const struct weight *x = weights_at(s->w, i);

			any = any || x->real;
			all = all && (!x->real || !strcmp(x->dtype, "BF16"));
		}
	}
	r->dtype = any && all ? SAVE_BF16 : SAVE_F32;
	return true;
}

static bool
open_output(struct run *r)
{
	struct save_tensor *t = need_zero(r->jobs, sizeof *t);
	struct save_conf c = { r->conf->dir, donor(r)->hub, r->dtype,
		r->conf->shard };

	for (size_t i = 0; i < r->jobs; i++) {
		const struct job *j = r->job[i];
		const struct weight *x = j->copy   ? j->copy
					 : j->base ? j->base
						   : j->in[0];

		t[i] = (struct save_tensor){ .name = j->name, .dims = x->dims };
		memcpy(t[i].dim, x->dim, sizeof t[i].dim);
		if (!x->real)
			t[i].raw = st_dtype_named(str_of(x->dtype));
	}
	r->save = save_open(&c, t, r->jobs, r->e);
	free(t);
	return r->save;
}

/* The first failure in the order of the pieces is the one told. */
static void
fail_at(struct run *r, size_t piece, const struct err *e)
{
	pthread_mutex_lock(&r->lock);
	if (!r->failed || piece < r->failed_at) {
		r->failed = true;
		r->failed_at = piece;
		*r->e = *e;
	}
	pthread_mutex_unlock(&r->lock);
}

/* The job of the batch that a piece belongs to: its number. */
static size_t
job_of(const struct run *r, size_t piece)
{
	size_t from = r->from, to = r->to;

	while (to - from > 1) {
		size_t mid = from + (to - from) / 2;

		if (r->job[mid]->first <= piece)
			from = mid;
		else
			to = mid;
	}
	return from;
}

/* Decode one piece of every model into the thread's room. */
static size_t
read_piece(struct run *r, const struct job *j, size_t piece, int thread,
    struct merge_piece *p, const float **in)
{
	float *room = r->room[thread];
	size_t row = (piece - j->first) * j->step;
	size_t rows = j->rows - row < j->step ? j->rows - row : j->step;

	for (size_t i = 0; i < r->models; i++) {
		float *to = room + (i + 2) * r->room_n;

		weights_read(r->in[i].w, j->in[i], row, rows, to);
		in[i] = to;
	}
	*p = (struct merge_piece){ .out = room,
		.in = in,
		.models = r->models,
		.n = rows * j->cols,
		.cols = j->cols,
		.value = j->value,
		.coef = r->method->settle ? j->coef : NULL };
	if (r->with_base) {
		weights_read(r->base.w, j->base, row, rows, room + r->room_n);
		p->base = room + r->room_n;
	}
	return row;
}

static bool
stopped(struct run *r, size_t piece)
{
	struct err e;

	if (r->failed || !r->conf->stopping || !r->conf->stopping())
		return r->failed;
	err_set(&e, "stopped");
	fail_at(r, piece, &e);
	return true;
}

static void
first_pass(void *ctx, size_t piece, int thread)
{
	struct run *r = ctx;
	const struct job *j = r->job[job_of(r, piece)];
	const float *in[MERGE_MODELS];
	struct merge_piece p;
	size_t v;

	if (j->copy || stopped(r, piece))
		return;
	read_piece(r, j, piece, thread, &p, in);
	v = merge_vectors(p.models, p.base, r->sums);
	merge_products(r->product + piece * v * v, &p, r->sums, 0, p.n);
}

static size_t
count_odd(const float *x, size_t n)
{
	size_t odd = 0;

	for (size_t i = 0; i < n; i++)
		odd += !isfinite(x[i]);
	return odd;
}

static void
copy_piece(struct run *r, const struct job *j, size_t piece, int thread,
    struct merge_piece *p, size_t *row)
{
	size_t rows;

	*row = (piece - j->first) * j->step;
	rows = j->rows - *row < j->step ? j->rows - *row : j->step;
	*p =
	    (struct merge_piece){ .out = r->room[thread], .n = rows * j->cols };
	weights_read(j->from->w, j->copy, *row, rows, p->out);
}

static void
second_pass(void *ctx, size_t piece, int thread)
{
	struct run *r = ctx;
	size_t index = job_of(r, piece), row, odd;
	struct job *j = r->job[index];
	const float *in[MERGE_MODELS];
	struct merge_piece p;
	struct err e;

	if (stopped(r, piece))
		return;
	if (j->copy && !j->copy->real) {
		if (!save_bytes(r->save, index, j->copy->data, &e))
			fail_at(r, piece, &e);
		return;
	}
	if (j->copy) {
		copy_piece(r, j, piece, thread, &p, &row);
	} else {
		row = read_piece(r, j, piece, thread, &p, in);
		r->method->piece(&p);
	}
	odd = count_odd(p.out, p.n);
	if (odd)
		j->odd += odd;
	if (!save_rows(r->save, index, (uint64_t)row * j->cols, p.n, p.out, &e))
		fail_at(r, piece, &e);
}

/* One line about a tensor from the products of its vectors. */
static void
tell(struct run *r, const struct job *j, const double *x, size_t v)
{
	struct buf b = { 0 };
	char num[32];

	buf_puts(&b, j->name);
	for (size_t i = 0; i < v; i++)
		buf_printf(&b, " norm[%zu]=%.*s", i,
		    (int)num_float(num, (float)sqrt(x[i * v + i])), num);
	for (size_t i = 0; i < v; i++)
		for (size_t k = i + 1; k < v; k++) {
			double n = sqrt(x[i * v + i]) * sqrt(x[k * v + k]);
			float c = n > 0 ? (float)(x[i * v + k] / n) : 0;

			buf_printf(&b, " cos[%zu,%zu]=%.*s", i, k,
			    (int)num_float(num, c), num);
		}
	if (r->method->told) {
		size_t n = num_float(num, (float)j->coef[r->models]);

		buf_printf(&b, " %s=%.*s", r->method->told, (int)n, num);
	}
	r->conf->tell(b.s);
	buf_done(&b);
}

/* The products of all pieces of each tensor, added in order. */
static bool
settle(struct run *r)
{
	struct merge_piece p = { .models = r->models };
	size_t v = merge_vectors(r->models, r->with_base, r->sums);

	for (size_t i = r->from; i < r->to; i++) {
		struct job *j = r->job[i];
		double *x = r->product + j->first * v * v;

		if (j->copy || !j->n)
			continue;
		for (size_t k = 1; k < j->n; k++)
			for (size_t m = 0; m < v * v; m++)
				x[m] += x[k * v * v + m];
		p.value = j->value;
		if (r->method->settle &&
		    !r->method->settle(j->coef, x, &p, r->e))
			return false;
		if (r->conf->tell)
			tell(r, j, x, v);
	}
	return true;
}

/* Whose numbers made the result infinite or none. */
static bool
not_finite(struct run *r, const struct job *j)
{
	const char *whose = j->copy ? j->from->path : "the arithmetic";
	float *x = r->room[0];

	for (size_t k = 0; !j->copy && k <= r->models; k++) {
		const struct source *s = k ? &r->in[k - 1] : &r->base;
		const struct weight *w = k ? j->in[k - 1] : j->base;

		for (size_t row = 0; w && row < j->rows; row += j->step) {
			size_t n =
			    j->rows - row < j->step ? j->rows - row : j->step;

			weights_read(s->w, w, row, n, x);
			if (count_odd(x, n * j->cols)) {
				whose = s->path;
				break;
			}
		}
	}
	return err_set(r->e,
	    "tensor '%s': %zu numbers are NaN or infinite (by"
	    " '%s')",
	    j->name, (size_t)j->odd, whose);
}

static bool
run_batch(struct run *r, struct crew *crew)
{
	size_t pieces = 0, v = r->models + 1;

	for (size_t i = r->from; i < r->to; i++) {
		struct job *j = r->job[i];

		j->first = pieces;
		j->n = j->copy && !j->copy->real ? 1
		       : j->step ? (j->rows + j->step - 1) / j->step
				 : 0;
		pieces += j->n;
	}
	if (r->sums != SUMS_NONE) {
		r->product =
		    need_grow(r->product, pieces * v * v, sizeof *r->product);
		crew_run(crew, first_pass, r, pieces);
		if (r->failed || !settle(r))
			return false;
	}
	crew_run(crew, second_pass, r, pieces);
	for (size_t i = r->from; !r->failed && i < r->to; i++)
		if (r->job[i]->odd)
			return not_finite(r, r->job[i]);
	return !r->failed;
}

static bool
run_all(struct run *r)
{
	struct crew *crew = crew_new(r->conf->threads);
	bool ok = true;

	r->room = need_zero((size_t)r->conf->threads, sizeof *r->room);
	for (int i = 0; i < r->conf->threads; i++)
		r->room[i] =
		    need_alloc((r->models + 2) * r->room_n * sizeof **r->room);
	while (ok && r->to < r->jobs) {
		uint64_t bytes = 0;

		r->from = r->to;
		while (r->to < r->jobs && (r->to == r->from || bytes < BATCH)) {
			const struct job *j = r->job[r->to++];

			bytes +=
			    4 * (uint64_t)j->rows * j->cols * (r->models + 1);
		}
		ok = run_batch(r, crew);
	}
	for (int i = 0; i < r->conf->threads; i++)
		free(r->room[i]);
	free(r->room);
	free(r->product);
	crew_free(crew);
	return ok;
}

static void
done(struct run *r)
{
	save_abort(r->save);
	for (size_t i = 0; i < r->jobs; i++)
		free(r->job[i]);
	free(r->job);
	close_source(&r->base);
	for (size_t i = 0; i < r->models; i++)
		close_source(&r->in[i]);
	free(r->in);
	pthread_mutex_destroy(&r->lock);
}

bool
merge_run(
    const struct merge_conf *c, struct merge_counts *counts, struct err *e)
{
	struct run r = { .conf = c, .e = e, .counts = counts };
	bool ok;

	*counts = (struct merge_counts){ 0 };
	pthread_mutex_init(&r.lock, NULL);
	ok = check_recipe(&r) && open_models(&r) && choose_dtype(&r) &&
	     make_jobs(&r);
	counts->dtype = r.dtype == SAVE_BF16 ? "bf16" : "f32";
	if (ok) {
		r.sums = r.method->sums;
		if (r.sums == SUMS_NONE && c->tell)
			r.sums = r.with_base ? SUMS_DELTAS : SUMS_VECTORS;
		ok = open_output(&r) && run_all(&r);
	}
	if (ok) {
		ok = save_close(r.save, e);
		r.save = NULL;
	}
	done(&r);
	return ok;
}
