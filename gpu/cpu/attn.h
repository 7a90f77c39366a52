#ifndef ATTN_H
#define ATTN_H
#include "gpu/cpu/products.h"
/*
 * Attention. Keys and values live in pages of 32 tokens (struct kv): a flat
 * run is put into pages of its own first, so cached and flat rows go through
 * the same code and get the same bits.
 *
 * Work is cut into tiles: up to TILE_ROWS (row, head) pairs of consecutive
 * rows of one sequence that read the same key head.
 */
enum { TILE_ROWS = 12 };

/* The unit of a page of one head: keys across, [dim][32]; or values in
 * columns, [dim / 32][32][32]. */
static inline unit *
page_of(const struct kv *kv, char *base, size_t page, size_t layer, size_t head)
{
	size_t at = (page * kv->layers + layer) * kv->heads + head;

	return (unit *)(void *)(base + at * kv->unit);
}

static void
kv_put_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct op_kv_put *a = arg;
	const struct kv *kv = a->kv;
	size_t value = PANEL * deep(d, KV_PAGE);

	(void)thread;
	for (size_t i = 0; i < a->n; i++)
		for (size_t h = from; h < to; h++) {
			size_t page = (size_t)a->slot[i] / KV_PAGE;
			size_t at = (size_t)a->slot[i] % KV_PAGE;
			const float *k = a->k + i * a->ldk + h * kv->dim;
			const float *v = a->v + i * a->ldv + h * kv->dim;
			unit *tk = page_of(kv, kv->k, page, a->layer, h);
			unit *tv = page_of(kv, kv->v, page, a->layer, h);

			assert(page < kv->pages && a->layer < kv->layers);
			for (size_t c = 0; c < kv->dim; c++) {
				put_one(d, tk, c, at, k[c]);
				put_one(d, tv + c / PANEL * value, at,
				    c % PANEL, v[c]);
			}
		}
}

static void
path_kv_put(struct dev *d, const struct op_kv_put *a)
{
	cpu_spread(d, a->kv->heads, 1 + 512 / a->n, kv_put_part, a);
}

/* Tokens share units; what is past `tokens` may be copied too, it is not
 * seen. */
static void
path_kv_copy(struct dev *d, const struct op_kv_copy *a)
{
	const struct kv *kv = a->kv;
	size_t bytes = kv->layers * kv->heads * kv->unit;

	(void)d;
	memcpy(kv->k + a->to * bytes, kv->k + a->from * bytes, bytes);
	memcpy(kv->v + a->to * bytes, kv->v + a->from * bytes, bytes);
}

/* A tile: row r is query q[r], which sees the keys 0 .. len[r] - 1 of
 * `pages`, head `head`. */
struct tile {
	const struct kv *kv;
	const int32_t *page; /* NULL: page0, page0 + 1, ... */
	size_t page0, layer, head, rows, window;
	float scale;
	const float *q[TILE_ROWS];
	float *out[TILE_ROWS], *lse[TILE_ROWS];
	size_t len[TILE_ROWS];
};

/* The pages a tile reads, [first, last), as bases of panels. */
struct span {
	size_t first, last, most; /* most: the greatest len */
	const unit **k, **v;
};

/* Keys of row r that are out of its window. */
static inline size_t
hidden(size_t len, size_t window)
{
	return window && len > window ? len - window : 0;
}

static size_t
span_bytes(size_t longest)
{
	size_t pages = longest / KV_PAGE + 2;

	return round_up(2 * pages * sizeof(unit *), 64);
}

static struct span
span_of(const struct tile *t, void *own)
{
	struct span s = { .first = (size_t)-1 };

	for (size_t r = 0; r < t->rows; r++) {
		size_t first = hidden(t->len[r], t->window) / KV_PAGE;

		s.first = first < s.first ? first : s.first;
		s.most = t->len[r] > s.most ? t->len[r] : s.most;
	}
	s.last = (s.most + KV_PAGE - 1) / KV_PAGE;
	s.k = own;
	s.v = s.k + (s.last - s.first);
	for (size_t p = s.first; p < s.last; p++) {
		size_t page = t->page ? (size_t)t->page[p] : t->page0 + p;

		s.k[p - s.first] =
		    page_of(t->kv, t->kv->k, page, t->layer, t->head);
		s.v[p - s.first] =
		    page_of(t->kv, t->kv->v, page, t->layer, t->head);
	}
	return s;
}

/* c[rows, pages * 32] = a[rows, deep(dim)] times each page's keys. */
static void
scores(struct dev *d, const left *a, size_t rows, const unit *const *pages,
    size_t n, size_t dim, float *c)
{
	size_t k = deep(d, dim);

	for (size_t p = 0; p < n; p++)
		gemm(&(struct gemm){ .a = a,
			 .lda = left_deep(d, dim),
			 .pairs = d->bf16,
			 .b = &pages[p],
			 .panel = PANEL * k,
			 .blocks = 1,
			 .last = k,
			 .c = c + p * PANEL,
			 .ldc = n * PANEL,
			 .m = rows,
			 .n = PANEL },
		    0, 1);
}

/* c[rows, round_up(dim, 32)] = a[rows, lda] times the values of pages, of
 * which `keys` are there. */
static void
mix(struct dev *d, const left *a, size_t lda, size_t rows,
    const unit *const *pages, size_t n, size_t keys, size_t dim, float *c)
{
	size_t wide = round_up(dim, PANEL);

	gemm(&(struct gemm){ .a = a,
		 .lda = lda,
		 .pairs = d->bf16,
		 .b = pages,
		 .panel = PANEL * deep(d, KV_PAGE),
		 .blocks = n,
		 .deep = deep(d, KV_PAGE),
		 .last = deep(d, keys - (n - 1) * KV_PAGE),
		 .c = c,
		 .ldc = wide,
		 .m = rows,
		 .n = wide },
	    0, wide / PANEL);
}

/* x[hide .. n) become exp(scale x - max), the rest up to wide zero. */
static float
softmax_row(
    float *x, size_t hide, size_t n, size_t wide, float scale, float *max)
{
	vec k = v_set(scale), m = v_set(scale * x[hide]), sum = v_set(0);
	float none = scale * x[hide];

	for (size_t j = 0; j < n; j += LANES)
		m = v_max(m, v_within(v_mul(k, v_get(x + j, LANES)),
				 hide > j ? hide - j : 0, n - j, none));
	*max = v_most(m);
	m = v_set(*max);
	for (size_t j = 0; j < wide; j += LANES) {
		vec e = v_exp(v_sub(v_mul(k, v_get(x + j, LANES)), m));

		e = v_within(e, hide > j ? hide - j : 0, n > j ? n - j : 0, 0);
		sum = v_add(sum, e);
		v_put(x + j, e, LANES);
	}
	return v_sum(sum);
}

/* What a tile needs of its thread's room. */
struct desk {
	void *span;
	left *q, *p;   /* [12][dim], [12][keys] */
	float *s, *o;  /* [12][keys], [12][dim] */
	left *q2;      /* gradients: dout */
	float *s2, *e; /* dp; sum of dout out */
};

static size_t
desk_bytes(size_t longest, size_t dim)
{
	size_t wide = round_up(longest, PANEL) + PANEL;

	return span_bytes(longest) + TILE_ROWS *
					 (3 * wide + 4 * round_up(dim, PANEL)) *
					 sizeof(float);
}

static struct desk
desk_of(void *own, size_t longest, size_t dim)
{
	size_t wide = round_up(longest, PANEL) + PANEL;
	size_t deep_dim = round_up(dim, PANEL);
	float *at = (float *)(void *)((char *)own + span_bytes(longest));
	struct desk k = { .span = own };

	k.s = at;
	k.s2 = k.s + TILE_ROWS * wide;
	k.p = (left *)(k.s2 + TILE_ROWS * wide);
	k.o = (float *)(k.p + TILE_ROWS * wide);
	k.q = (left *)(k.o + TILE_ROWS * deep_dim);
	k.q2 = k.q + TILE_ROWS * deep_dim;
	return k;
}

static void
attend_tile(struct dev *d, const struct tile *t, const struct desk *k)
{
	struct span s = span_of(t, k->span);
	size_t dim = t->kv->dim, n = s.last - s.first, off = s.first * KV_PAGE;
	size_t wide = n * PANEL, lda = left_deep(d, s.most - off);
	float inv[TILE_ROWS];

	for (size_t r = 0; r < t->rows; r++)
		pack_row(d, k->q + r * left_deep(d, dim), t->q[r], dim);
	scores(d, k->q, t->rows, s.k, n, dim, k->s);
	for (size_t r = 0; r < t->rows; r++) {
		float *x = k->s + r * wide, max, sum;
		size_t hide = hidden(t->len[r], t->window);

		sum = softmax_row(
		    x, hide - off, t->len[r] - off, wide, t->scale, &max);
		inv[r] = 1 / sum;
		if (t->lse[r])
			*t->lse[r] = max + fun_log(sum);
		pack_row(d, k->p + r * lda, x, s.most - off);
	}
	mix(d, k->p, lda, t->rows, s.v, n, s.most - off, dim, k->o);
	for (size_t r = 0; r < t->rows; r++)
		for (size_t c = 0; c < dim; c += LANES)
			v_put(t->out[r] + c,
			    v_add(
				v_mul(v_get(k->o + r * round_up(dim, PANEL) + c,
					  LANES),
				    v_set(inv[r])),
				v_set(0)),
			    dim - c);
}

/* Rows row .. row+rows-1 of one sequence: keys at `page` on, row `row` sees
 * `len`, the next one more or, where lens is set, lens[row]. */
struct strip {
	size_t row, rows, page, len;
};

struct attend {
	const struct kv *kv;
	size_t layer;
	const int32_t *page, *lens;
	const struct strip *strips;
	size_t count;
	const float *q;
	float *out, *lse;
	size_t ldq, ldout, heads, window, longest, per; /* heads a tile */
	float scale;
};

static void
attend_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct attend *a = arg;
	size_t group = a->heads / a->kv->heads, dim = a->kv->dim;
	size_t cuts = (group + a->per - 1) / a->per;
	struct desk desk = desk_of(d->own[thread].at, a->longest, dim);

	for (size_t job = from; job < to; job++) {
		/* Long strips come last: begin with them. */
		const struct strip *s =
		    &a->strips[a->count - 1 - job / (cuts * a->kv->heads)];
		size_t g = job / cuts % a->kv->heads, h0 = job % cuts * a->per;
		size_t h1 = h0 + a->per < group ? h0 + a->per : group;
		struct tile t = { .kv = a->kv,
			.page = a->page ? a->page + s->page : NULL,
			.page0 = s->page,
			.layer = a->layer,
			.head = g,
			.window = a->window,
			.scale = a->scale };

		for (size_t i = s->row; i < s->row + s->rows; i++)
			for (size_t h = g * group + h0; h < g * group + h1;
			     h++) {
				size_t r = t.rows++;

				t.q[r] = a->q + i * a->ldq + h * dim;
				t.out[r] = a->out + i * a->ldout + h * dim;
				t.lse[r] =
				    a->lse ? a->lse + i * a->heads + h : NULL;
				t.len[r] = a->lens ? (size_t)a->lens[i]
						   : s->len + i - s->row;
			}
		attend_tile(d, &t, &desk);
	}
}

static void
attend(struct dev *d, struct attend *a)
{
	size_t group = a->heads / a->kv->heads;
	size_t cuts = (group + a->per - 1) / a->per;
	size_t jobs = a->count * cuts * a->kv->heads;
	size_t work = a->longest * a->kv->dim * TILE_ROWS;

	cpu_own(d, desk_bytes(a->longest, a->kv->dim));
	cpu_spread(d, jobs, 1 + WORTH / work, attend_part, a);
}

/* Rows and heads of a tile for this many query heads a key head. */
static size_t
tile_rows(size_t group, size_t *per)
{
	*per = group < TILE_ROWS ? group : TILE_ROWS;
	return TILE_ROWS / *per;
}

static void
path_kv_attn(struct dev *d, const struct op_kv_attn *a)
{
	struct attend t = { .kv = a->kv,
		.layer = a->layer,
		.page = a->page,
		.lens = a->len,
		.q = a->q,
		.out = a->out,
		.ldq = a->ldq,
		.ldout = a->ldout,
		.heads = a->heads,
		.window = a->window,
		.longest = a->longest,
		.scale = a->scale };
	size_t most = tile_rows(a->heads / a->kv->heads, &t.per);
	struct strip *s = cpu_room(d, ROOM_B, a->n * sizeof *s);

	for (size_t i = 0; i < a->n; i++) {
		struct strip *last = t.count ? &s[t.count - 1] : NULL;

		assert(a->len[i] > 0 && (size_t)a->len[i] <= a->longest);
		if (last && last->page == (size_t)a->first[i] &&
		    last->rows < most)
			last->rows++;
		else
			s[t.count++] =
			    (struct strip){ i, 1, (size_t)a->first[i], 0 };
	}
	t.strips = s;
	attend(d, &t);
}

/* Pages of a flat run, made for the call: the segments in order, each on a
 * page of its own start. */
struct flat {
	struct kv kv;
	const float *k, *v;
	size_t ldk, ldv;
	const struct leaf {
		size_t row, rows;
	} * leaf; /* what a page holds */
};

static void
flat_part(struct dev *d, const void *arg, size_t from, size_t to, int thread)
{
	const struct flat *f = arg;
	size_t dim = f->kv.dim, panel = PANEL * deep(d, KV_PAGE);

	(void)thread;
	for (size_t job = from; job < to; job++) {
		size_t page = job / f->kv.heads, h = job % f->kv.heads;
		const struct leaf *l = &f->leaf[page];
		const float *k = f->k + l->row * f->ldk + h * dim;
		const float *v = f->v + l->row * f->ldv + h * dim;
		unit *tk = page_of(&f->kv, f->kv.k, page, 0, h);
		unit *tv = page_of(&f->kv, f->kv.v, page, 0, h);

		pack_across(d, tk, k, f->ldk, l->rows, dim);
		for (size_t c = 0; c < dim; c += PANEL)
			pack_cols(d, tv + c / PANEL * panel, v + c, f->ldv,
			    l->rows, dim - c);
	}
}

/* The tables of a flat run in one room: leaves, then strips. */
static size_t
flat_pages(const struct op_attn *a)
{
	size_t pages = 0;

	for (size_t s = 0; s < a->segs; s++)
		pages +=
		    (size_t)(a->cu[s + 1] - a->cu[s] + KV_PAGE - 1) / KV_PAGE;
	return pages;
}

static size_t
page_unit(struct dev *d, size_t dim)
{
	size_t k = PANEL * deep(d, dim);
	size_t v = round_up(dim, PANEL) * deep(d, KV_PAGE);

	return round_up((k > v ? k : v) * sizeof(unit), 64);
}

static void
leaves(const struct op_attn *a, struct leaf *leaf)
{
	for (size_t s = 0; s < a->segs; s++)
		for (size_t i = (size_t)a->cu[s]; i < (size_t)a->cu[s + 1];
		     i += KV_PAGE) {
			size_t rest = (size_t)a->cu[s + 1] - i;

			*leaf++ =
			    (struct leaf){ i, rest < KV_PAGE ? rest : KV_PAGE };
		}
}

static size_t
strips(const struct op_attn *a, size_t most, struct strip *strip)
{
	size_t count = 0, page = 0;

	for (size_t s = 0; s < a->segs; s++) {
		size_t at = (size_t)a->cu[s], n = (size_t)a->cu[s + 1] - at;

		for (size_t i = 0; i < n; i += most)
			strip[count++] = (struct strip){ at + i,
				n - i < most ? n - i : most, page, i + 1 };
		page += (n + KV_PAGE - 1) / KV_PAGE;
	}
	return count;
}

/* Puts k and v, [n, kv_heads, dim], into pages at `room`. */
static struct kv
flat_put(struct dev *d, const struct op_attn *a, const struct leaf *leaf,
    const float *k, size_t ldk, const float *v, size_t ldv, char *room)
{
	size_t unit_bytes = page_unit(d, a->dim), pages = flat_pages(a);
	struct flat f = { .kv = { .layers = 1,
			      .heads = a->kv_heads,
			      .dim = a->dim,
			      .pages = pages,
			      .unit = unit_bytes,
			      .k = room,
			      .v = room + pages * a->kv_heads * unit_bytes },
		.k = k,
		.v = v,
		.ldk = ldk,
		.ldv = ldv,
		.leaf = leaf };

	cpu_spread(d, pages * a->kv_heads, 1 + GRAIN / (8 * PANEL * a->dim),
	    flat_part, &f);
	return f.kv;
}

static size_t
flat_bytes(struct dev *d, const struct op_attn *a)
{
	return 2 * flat_pages(a) * a->kv_heads * page_unit(d, a->dim);
}

static void
path_attn(struct dev *d, const struct op_attn *a)
{
	size_t pages = flat_pages(a), per;
	size_t most = tile_rows(a->heads / a->kv_heads, &per);
	struct leaf *leaf = cpu_room(
	    d, ROOM_B, pages * sizeof *leaf + a->n * sizeof(struct strip));
	struct strip *strip = (struct strip *)(void *)(leaf + pages);
	struct kv kv;

	check_segments(a);
	leaves(a, leaf);
	kv = flat_put(d, a, leaf, a->k, a->ldk, a->v, a->ldv,
	    cpu_room(d, ROOM_A, flat_bytes(d, a)));
	attend(d, &(struct attend){ .kv = &kv,
		      .strips = strip,
		      .count = strips(a, most, strip),
		      .q = a->q,
		      .out = a->out,
		      .lse = a->lse,
		      .ldq = a->ldq,
		      .ldout = a->ldout,
		      .heads = a->heads,
		      .window = a->window,
		      .longest = a->longest,
		      .per = per,
		      .scale = a->scale });
}
#endif
