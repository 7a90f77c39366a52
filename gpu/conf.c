#include "gpu/conf_in.h"

#include <math.h>
#include <string.h>

/* clang-format off */
static const struct family families[] = {
	{ .type = "llama", .arch = "llama", .class = "LlamaForCausalLM",
	    .permuted = true, .biases = true, .mlp_biases = true, .theta = 1e4 },
	{ .type = "mistral", .class = "MistralForCausalLM",
	    .windows = WINDOW_ALL, .theta = 1e4 },
	{ .type = "qwen2", .arch = "qwen2", .class = "Qwen2ForCausalLM",
	    .qkv_bias = true, .windows = WINDOW_UPPER, .theta = 1e4 },
	{ .type = "qwen3", .arch = "qwen3", .class = "Qwen3ForCausalLM",
	    .biases = true, .head_norms = true, .windows = WINDOW_UPPER,
	    .head_dim = 128, .theta = 1e4 },
	{ .type = "gemma3_text", .arch = "gemma3", .class = "Gemma3ForCausalLM",
	    .biases = true, .head_norms = true, .post_norms = true,
	    .plus_one = true, .scaled = true, .tied = true, .gelu = true, .spare = 1,
	    .windows = WINDOW_MOST, .head_dim = 256, .theta = 1e6,
	    .local_theta = 1e4 },
};
/* clang-format on */
enum { FAMILIES = sizeof families / sizeof *families };

const struct family *
conf_family(const char *type)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (!strcmp(families[i].type, type))
			return families + i;
	return NULL;
}

const struct family *
conf_family_gguf(const char *arch)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (families[i].arch && !strcmp(families[i].arch, arch))
			return families + i;
	return NULL;
}

bool
conf_not_yet(
    struct err *e, const struct hub *h, const char *what, const char *name)
{
	return err_set(
	    e, "model '%s': %s '%s' is not there yet", h->name, what, name);
}

bool
conf_wrong(struct err *e, const struct hub *h, const char *key)
{
	return err_set(
	    e, "model '%s': %s is missing or out of range", h->name, key);
}

double
conf_yarn_scale(double factor, double m)
{
	return factor <= 1 ? 1 : 0.1 * m * log(factor) + 1;
}

void
conf_set_local(struct model_conf *c, size_t layer)
{
	c->local[layer / 8] |= (uint8_t)(1u << layer % 8);
}

bool
conf_read(struct model_conf *m, const struct hub *h, struct err *e)
{
	*m = (struct model_conf){ 0 };
	if (!(h->gguf ? conf_gguf(m, h, e) : conf_hf(m, h, e)))
		return false;
	if (m->heads % m->kv_heads)
		return err_set(e,
		    "model '%s': %zu heads do not share %zu key"
		    " heads evenly",
		    h->name, m->heads, m->kv_heads);
	if (!m->head_dim || m->head_dim % 2 || m->head_dim / 2 > ROPE_PAIRS)
		return err_set(e,
		    "model '%s': heads of %zu; an even number up"
		    " to %d is wanted",
		    h->name, m->head_dim, 2 * ROPE_PAIRS);
	if (!(m->query > 0))
		m->query = (double)m->head_dim;
	return true;
}
