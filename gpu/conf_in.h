#ifndef CONF_IN_H
#define CONF_IN_H
#include "gpu/conf.h"
/*
 * Inside conf.c, conf_hf.c and conf_gguf.c.
 */
enum { CONF_MOST = 1 << 24 };

/* The family by its model_type, or by its architecture in GGUF; NULL if there
 * is none. */
const struct family *conf_family(const char *type);
const struct family *conf_family_gguf(const char *arch);

/* Errors: what is known and not built; a value that makes no sense. False. */
bool conf_not_yet(
    struct err *, const struct hub *, const char *what, const char *name);
bool conf_wrong(struct err *, const struct hub *, const char *key);

/* 0.1 m ln(factor) + 1, the length of the vectors that YaRN wants. */
double conf_yarn_scale(double factor, double m);

/* Layer l sees a window only. */
void conf_set_local(struct model_conf *, size_t layer);

/* The shape from either kind of file; c is zero but what the file tells. */
bool conf_hf(struct model_conf *, const struct hub *, struct err *);
bool conf_gguf(struct model_conf *, const struct hub *, struct err *);
#endif
