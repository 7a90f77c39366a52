/*
 * forward MODEL FILE - logits of every position
 *
 * FILE holds token ids, a sequence a line, blanks between. Writes the logits,
 * [positions, vocab] float32 of one sequence after the other, to standard
 * output. f32 products.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/model.h"
#include "libcore/hub.h"

static size_t
read_ids(char *line, int32_t **ids, size_t vocab)
{
	size_t n = 0;

	for (char *s = line, *end;; s = end) {
		long id = strtol(s, &end, 10);

		if (end == s)
			return n;
		if (id < 0 || (size_t)id >= vocab)
			die("id %ld of a vocabulary of %zu", id, vocab);
		*ids = need_grow(*ids, n + 1, sizeof **ids);
		(*ids)[n++] = (int32_t)id;
	}
}

int
main(int argc, char **argv)
{
	struct model_how how = { .dev = { .threads = 2 } };
	struct hub *hub;
	struct model *m;
	struct err e;
	int32_t *ids = NULL;
	char *line = NULL;
	size_t room = 0, vocab;
	FILE *f;

	die_name = "forward";
	if (argc != 3) {
		fprintf(stderr, "usage: forward MODEL FILE\n");
		return 2;
	}
	if (!(hub = hub_open(argv[1], &e)) || !(m = model_open(hub, &how, &e)))
		die("%s", e.why);
	if (!(f = fopen(argv[2], "r")))
		die_sys("cannot open '%s'", argv[2]);
	vocab = model_conf(m)->vocab;
	while (getline(&line, &room, f) > 0) {
		int32_t cu[2] = { 0, 0 };
		struct model_run run = { .segs = 1, .cu = cu };
		float *logits;

		run.n = read_ids(line, &ids, vocab);
		run.id = ids;
		cu[1] = (int32_t)run.n;
		if (!run.n)
			continue;
		logits = need_alloc(run.n * vocab * sizeof *logits);
		model_flat_logits(m, &run, logits, NULL);
		if (fwrite(logits, sizeof *logits, run.n * vocab, stdout) !=
		    run.n * vocab)
			die_sys("cannot write");
		free(logits);
	}
	fclose(f);
	free(line);
	free(ids);
	model_close(m);
	hub_close(hub);
	return fflush(stdout) ? 1 : 0;
}
