#include "tools/respond/retry.h"

#include <string.h>

#include "libcore/talk.h"

/* Which of the models a response is from; `models` if none. */
static size_t
model_of(struct rec *r, const struct json *v, const char *const *model,
    size_t models)
{
	struct str name =
	    json_str(&r->doc, json_get(&r->doc, v, "model"), r->mem);
	size_t i = 0;

	while (i < models && !(name.s && str_eq(name, model[i])))
		i++;
	return i;
}

size_t
retry_find(
    struct rec *r, const char *const *model, size_t models, struct retry *of)
{
	const struct json *all = rec_get(r, "responses"), *v;
	size_t wanted = 0;

	if (!json_is(all, JSON_ARRAY)) {
		rec_bad(r, all, "field 'responses' is not a list");
		return 0;
	}
	for (size_t i = 0; i < models; i++)
		of[i].skip = arena_take(r->mem, all->n + 1);
	v = json_first(all);
	for (uint32_t i = 0; i < all->n; i++, v = json_next(v)) {
		size_t at = model_of(r, v, model, models);
		bool bad = talk_failed(&r->doc, v);

		if (at < models)
			of[at].skip[of[at].samples++] = !bad;
		else if (bad)
			rec_count(r, "kept errors of other models", 1);
		wanted += at < models && bad;
	}
	return wanted;
}

void
retry_render(struct buf *b, struct rec *r, const char *const *model,
    size_t models,
    void (*put)(void *user, struct buf *, size_t model, size_t sample),
    void *user)
{
	const struct json *all = rec_get(r, "responses");
	const struct json *v = json_first(all);
	size_t *sample = arena_take(r->mem, (models + 1) * sizeof *sample);

	for (uint32_t i = 0; i < all->n; i++, v = json_next(v)) {
		size_t at = model_of(r, v, model, models);

		buf_char(b, i ? ',' : '[');
		if (at < models && talk_failed(&r->doc, v))
			put(user, b, at, sample[at]);
		else
			buf_str(b, json_raw(&r->doc, v));
		sample[at]++;
	}
	buf_char(b, ']');
}
