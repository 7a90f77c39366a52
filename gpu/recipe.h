#ifndef RECIPE_H
#define RECIPE_H
#include "libcore/arena.h"
#include "libcore/str.h"
/*
 * What to merge and how: from the command line, or from mergekit's YAML.
 *
 * Of the YAML these are read: merge_method, models (model, parameters),
 * base_model, parameters, dtype, out_dtype, tokenizer_source (none or base).
 * Another key is refused by name. dtype, the precision of mergekit's
 * arithmetic, only gives out_dtype's default here: arithmetic is float32 and
 * better. A model's path that does not start with '/' is looked for beside
 * the YAML file first.
 *
 * A parameter is a number, true or false; a list of them, a gradient over the
 * layers; or a list of {filter, value}, the first whose filter is part of the
 * tensor's name (none or "*": any) deciding. A model's own parameters come
 * before those of the whole merge, which also serve where all filters of the
 * model's miss.
 */
struct recipe_setting {
	const char *name;
	struct recipe_case {        /* one for a plain value */
		const char *filter; /* NULL: any tensor */
		double *at;         /* the value, or the gradient's */
		size_t n;           /* >= 1 */
		bool yes_no;
	} * cases;
	size_t n;
};

struct recipe_settings {
	struct recipe_setting *s;
	size_t n;
};

struct recipe_model {
	const char *path;
	struct recipe_settings own;
};

/* `= {0}` is a valid start for the command line's: set method and base. */
struct recipe {
	const char *method, *base; /* NULL: not given */
	const char *dtype;         /* of the output, or NULL */
	struct recipe_model *model;
	size_t models;
	struct recipe_settings all;
	struct arena mem;
};

enum { RECIPE_ALL = -1 };

/* Fill an empty recipe. False with the reason; recipe_done in any case. */
bool recipe_read(struct recipe *, const char *path, struct err *);
bool recipe_parse(
    struct recipe *, struct str yaml, const char *path, struct err *);
void recipe_add(struct recipe *, const char *model);
/* One plain value, "0.5" or "true", for a model or RECIPE_ALL. */
bool recipe_set(struct recipe *, long model, const char *name,
    const char *value, struct err *);
void recipe_done(struct recipe *);

/*
 * The value that holds for a tensor, t of the way through the layers
 * (0 .. 1): between the gradient's two nearest values, or the nearer lower
 * one of true and false (as 1 and 0). False: not set.
 */
bool recipe_value(const struct recipe *, long model, const char *name,
    const char *tensor, double t, double *to);
#endif
