#ifndef JUDGE_H
#define JUDGE_H
#include "libcore/opt.h"
#include "libcore/rec.h"
/*
 * What the parts of judge share. Each way to score a response is a scorer: a
 * row of the table in tools/judge.c, which stands for a file here. A scorer
 * has options of its own, is on where they say so, and is shown every record.
 *
 * A scorer first reserves the members that it will set (judge_member), in an
 * order that depends on the record and the options alone, then fills them, at
 * once or later; so the bytes do not depend on who is through first. A member
 * that is not filled is left out.
 */

/* A member of responses[i].in, an object: `scores` and the like. */
struct member {
	struct member *next;
	const char *in, *name; /* borrowed for the record's life */
	struct str value;      /* JSON; s == NULL: not set */
};

struct judged {
	const struct json *node; /* the response, an object */
	size_t at;               /* its place in the record's list */
	struct str text;         /* its content */
	bool decided;            /* by an exact checker: no model is asked */
	struct member *members, **last;
	unsigned count;
};
enum { JUDGE_MOST = 64 }; /* members of a response */

/* A record in work; all in r->mem. */
struct work {
	struct rec *r;
	struct msgs ms; /* empty where no scorer that is on has .talks */
	const struct json *gold; /* the field, or NULL */
	struct judged *response; /* [n]: those that models did give */
	size_t n;

	/* judge.c's own */
	struct at_give *at_give, **at_give_end;
	struct hold *hold;
	size_t left;
};

/* What a step of a scorer that answers later came to. */
enum judge_step {
	JUDGE_DONE,   /* nothing is left to do */
	JUDGE_WAITS,  /* others (programs, servers) have not answered yet */
	JUDGE_WORKED, /* something went on */
};

struct scorer {
	const struct opt *opts; /* its options, or NULL */
	bool talks; /* needs the conversation; without one a record is bad */
	/* Do the options choose it? They are parsed. */
	bool (*on)(void);
	/* The following only where it is on; NULL: nothing to do. start may
	 * end the run (die); end frees, also after a data error. */
	void (*start)(void);
	void (*record)(struct work *); /* before its responses */
	void (*response)(struct work *, size_t i);
	/* Go on with what was begun; wait up to `ms` for others where there
	 * is nothing else to do. NULL: it is always through at once. */
	enum judge_step (*step)(int ms);
	/* What is begun or queued beyond what can run at once: no record is
	 * added while it is JUDGE_AHEAD or more. */
	size_t (*waiting)(void);
	void (*end)(void);
};
enum { JUDGE_AHEAD = 64 };

/* without a model */
extern const struct scorer form_scorer, ifeval_scorer, cmd_scorer, code_scorer;
extern const struct scorer gold_scorer, models_scorer, panel_scorer,
    points_scorer, pairs_scorer, reward_scorer, human_scorer;

/* Reserve a member of a response; names are borrowed while the record is in
 * work. */
struct member *judge_member(
    struct work *, size_t i, const char *in, const char *name);
/* Fill it: the JSON is copied. */
void judge_set(struct work *, struct member *, struct str json);
void judge_set_real(struct work *, struct member *, double);
/* Where an older value stands in the member's place, it becomes null. */
void judge_unset(struct work *, size_t i, struct member *);
/* Does the response have scores.NAME that is to be kept? Null is none. */
bool judge_has(const struct work *, size_t i, const char *name);

/* The record waits for one more answer, or one less; it is written when the
 * last has come. */
void judge_wait(struct work *);
void judge_ready(struct work *);

/* Call f(w, user) when the record is about to be written, in record order:
 * where answers that came in any order are put together. Not called for a
 * record that has turned out bad. */
void judge_at_give(
    struct work *, void (*f)(struct work *, void *user), void *user);

/* From .start: a score that will be written. Fatal where it is no plain name
 * or another scorer writes it too. */
void judge_name(const char *name);
/* The gold answer as text, {NULL, 0} if there is none. */
struct str judge_gold(const struct work *);
/* Figures for --stats: stats[group][name], after the run (.end). The name is
 * borrowed until then. */
void judge_detail(const char *group, const char *name, struct str json);
/* A line on stderr, unless -q. */
void judge_say(const char *fmt, ...) PRINTF_LIKE;
#endif
