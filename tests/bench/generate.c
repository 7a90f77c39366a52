/*
 * generate [-b] [-w KEEP] [-j THREADS] [-s SEQUENCES] [-p PROMPT] [-g TOKENS]
 *     MODEL
 *
 * Speed of the engine without files around it: a prompt of random tokens, run
 * alone (-g 0), or shared by so many sequences that draw TOKENS each (top-k
 * 40, top-p 0.95, temperature 0.8; ends are ignored). -b: bf16; -w: how weights
 * are kept, 0 to 3 (enum model_keep). Prints one
 * JSON object: tokens/s of three passes, of the prompt or of what is drawn
 * after each sequence's first token; peak memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gpu/generate.h"
#include "libcore/hub.h"

static long threads = 2, sequences = 1, prompt = 64, tokens = 128;
static bool bf16;
static int keep;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
ended(void *user, const struct gen_answer *a)
{
	(void)user;
	(void)a;
}

/* One pass: tokens per second. */
static double
pass(struct gen *g, size_t vocab, uint64_t seed)
{
	struct sample_conf conf = sample_plain;
	int32_t *ids = need_zero((size_t)prompt, sizeof *ids);
	uint32_t *sample = need_zero((size_t)sequences, sizeof *sample);
	struct gen_ask q = { .ids = ids,
		.n = (size_t)prompt,
		.sample = sample,
		.samples = (size_t)sequences,
		.conf = &conf,
		.max_tokens = tokens ? (size_t)tokens : 1,
		.done = ended };
	size_t p, before, drawn;
	struct err e;
	double t;

	conf.temperature = 0.8;
	conf.top_p = 0.95;
	conf.top_k = 40;
	for (long i = 0; i < prompt; i++)
		ids[i] = (int32_t)(100 + rng_unit(seed, 1, (uint64_t)i) *
					     (double)(vocab - 100));
	for (long i = 0; i < sequences; i++)
		sample[i] = (uint32_t)i;
	gen_count(g, &p, &before);
	t = now();
	if (!gen_add(g, &q, &e))
		die("%s", e.why);
	do
		gen_step(g);
	while (gen_count(g, &p, &drawn), drawn < before + (size_t)sequences);
	if (tokens) { /* every sequence has its first */
		before = drawn;
		t = now();
		while (gen_step(g))
			;
		gen_count(g, &p, &drawn);
		t = (double)(drawn - before) / (now() - t);
	} else {
		t = (double)prompt / (now() - t);
	}
	free(ids);
	free(sample);
	return t;
}

static void
options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "bj:s:p:g:w:")) != -1)
		switch (c) {
		case 'b':
			bf16 = true;
			break;
		case 'w':
			keep = atoi(optarg);
			break;
		case 'j':
			threads = atol(optarg);
			break;
		case 's':
			sequences = atol(optarg);
			break;
		case 'p':
			prompt = atol(optarg);
			break;
		case 'g':
			tokens = atol(optarg);
			break;
		default:
			exit(2);
		}
	if (optind + 1 == argc && threads > 0 && sequences > 0 && prompt > 0 &&
	    tokens >= 0)
		return;
	fprintf(stderr,
	    "usage: generate [-b] [-w KEEP] [-j THREADS] [-s SEQUENCES] "
	    "[-p PROMPT] [-g TOKENS] MODEL\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	struct model_how how = { 0 };
	struct gen_conf conf = { 0 };
	struct rusage use;
	struct hub *hub;
	struct tok *tok;
	struct model *m;
	struct gen *g;
	struct err e;
	double t[3];

	die_name = "generate";
	options(argc, argv);
	how.dev.threads = (int)threads;
	how.keep = (enum model_keep)keep;
	how.dev.products = bf16 ? PRODUCTS_BF16 : PRODUCTS_F32;
	if (!(hub = hub_open(argv[optind], &e)) ||
	    !(tok = tok_open(hub->file ? hub->file : hub->dir, &e)) ||
	    !(m = model_open(hub, &how, &e)))
		die("%s", e.why);
	conf.slots = (size_t)sequences;
	conf.kv_bytes =
	    model_kv_bytes(m, (size_t)sequences * ((size_t)tokens / 32 + 2) +
				  (size_t)prompt / 32 + 2);
	conf.chunk = 256;
	conf.threads = (int)threads;
	if (!(g = gen_new(m, tok, &conf, &e)))
		die("%s", e.why);
	pass(g, model_conf(m)->vocab, 9); /* warm */
	for (uint64_t i = 0; i < 3; i++)
		t[i] = pass(g, model_conf(m)->vocab, i);
	getrusage(RUSAGE_SELF, &use);
	printf("{\"sequences\":%ld,\"prompt\":%ld,\"tokens\":%ld,"
	       "\"kernel\":\"%s\",\"dtype\":\"%s\",\"tps\":[%.1f,%.1f,%.1f],"
	       "\"peak_rss_mib\":%ld}\n",
	    sequences, prompt, tokens, model_kernel(m), bf16 ? "bf16" : "f32",
	    t[0], t[1], t[2], use.ru_maxrss / 1024);
	gen_free(g);
	model_close(m);
	tok_close(tok);
	hub_close(hub);
	return 0;
}
