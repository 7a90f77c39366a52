#ifndef PREFPAIR_H
#define PREFPAIR_H
#include "libcore/rouge.h"
#include "libcore/tool.h"
/*
 * The parts of prefpair(1): a record is read into a group, the answers to one
 * prompt in the order of preference (read.c, sets.c, annotated.c); scores are
 * put on one scale (scale.c); what is wanted is chosen from the group
 * (choose.c) and written (write.c, annotate.c).
 *
 * All of a group lies in its record's memory. Everything but scale_see,
 * bias_see annotated_again and annotate_put may run in several threads, each on
 * a record of its own.
 */

/* What the command line says. */
struct how {
	const char *score, *trust, *pairs, *schema, *normalise;
	const char *chosen_from, *rejected_from, *models;
	const char *rewrite, *sft, *by, *to_annotate, *guideline;
	struct strs policy;
	double margin, all_high, all_low, similar, min_score, kto, max_ratio;
	long scale; /* of the annotators' scores: 1 to this */
	bool best, messages, keep_responses, keep_scores, annotated, critique;
};
extern struct how how;

/* Outputs beside the main one, in the order of .sides. */
enum { TO_MAIN, TO_REWRITE, TO_SFT };

struct score {
	struct str name;
	double x;              /* NAN where it is no number */
	bool odd;              /* it is none, or beyond MOST_SCORE */
	const struct json *at; /* where it stands, or NULL */
};
/* Squares of scores are added up. */
#define MOST_SCORE 1e100
enum { MOST_SCORES = 1024 }; /* of one answer */

/* One answer. */
struct reply {
	struct str text;  /* its words, for ROUGE and lengths */
	struct str json;  /* it as it is written: a string, or a list ... */
	bool list;        /* ... of messages */
	struct str model; /* s == NULL: not known */
	const struct json *node; /* its object in `responses`, or NULL */
	struct str rest;         /* what unseal gave back of that */
	struct str critique;     /* as JSON; s == NULL: none */
	struct score *score;
	size_t nscore;
	size_t at;         /* its place in the record, from 0 */
	size_t rank;       /* from 1; equals share one */
	size_t chars;      /* of text, in code points */
	double order, tie; /* more is better */
	double value, raw; /* absolute score, normalised or not; NAN: none */
	bool scored;       /* it has an order */
	bool copy;         /* near enough to a better one (choose.c) */
	struct rouge words;
	bool cut; /* words are there */

	/* what an annotator left (annotated.c) */
	struct str edited;         /* as text; s == NULL: not edited */
	struct str edited_json;    /* the same, as a JSON string */
	size_t edited_chars;       /* of it, in code points */
	bool too_long;             /* for --max-length-ratio: not chosen */
	const struct json *errors; /* a list that is not empty, or NULL */
};

struct pair {
	size_t chosen, rejected; /* in group.reply */
	double margin;           /* NAN: not known */
};

struct group {
	struct rec *r;
	const struct set *set;
	struct msgs ask; /* the prompt */
	bool adapted;    /* it does not stand in the record as `ask` has it */
	bool lists;      /* answers are written as messages (write.c) */
	struct reply *reply; /* [n] best first, those with an order; [all] */
	size_t n, all, room;
	const char *by;  /* the score that decides; NULL: the set's order */
	bool ranks;      /* less of it is better */
	double strength; /* of the set's order, NAN: not told */
	struct pair *pair;
	size_t pairs, pairs_room, too_long;
	size_t bytes;         /* that its pairs will take, or nearly */
	size_t edits;         /* answers that were edited */
	bool edits_paired;    /* they are chosen against what they had been */
	const char *screened; /* why only they are written, or NULL */
	size_t good, poor;    /* KTO rows written */
	struct str out;       /* line for the annotators, on the heap */
};

/*
 * A set's way to hold answers, told by its fields. sets[] has a row each; the
 * first that fits a record reads it.
 */
struct set {
	const char *name;
	const char *const *tells; /* all of these are there */
	bool (*is)(struct rec *); /* and this holds, if not NULL */
	int (*read)(struct rec *, struct group *);
	const char *by;    /* the score that decides; NULL: see read */
	const char *value; /* with an order of its own: the absolute score */
	const char *const *consumed; /* members that the pair replaces */
	bool order;   /* which answer is better is said, not scored */
	bool rows;    /* a row an answer, rows of one prompt in sequence */
	bool aspects; /* scores of several kinds, which are kept */
	bool foreign; /* not a record of this project: gets a `source` */
};
extern const struct set sets[]; /* ended by a row without a name */

/* ---- read.c ---- */
/* Read; -1 and a bad record. */
int group_read(struct rec *, struct group *);
/* Find what each answer is sorted by, once all are there; -1 and a bad
 * record. Then sort, after scale_apply if at all. */
int group_weigh(struct group *);
void group_sort(struct group *);
/* Room for n answers in all, -1 and a bad record if they are too many; the
 * next one. */
enum { MOST_REPLIES = 4096 };
int group_room(struct group *, size_t n);
struct reply *group_add(struct group *);
/* Its text and JSON from a string, or a list of messages of which the first
 * `skip` are the prompt's. -1 and a bad record. name: for messages. */
int reply_node(struct group *, struct reply *, const struct json *,
    const char *name, size_t skip);
void reply_text(struct group *, struct reply *, struct str text);
/* room: most scores that it may get. A second one of a name replaces it. */
void reply_room(struct group *, struct reply *, size_t room);
void reply_score(struct reply *, struct str name, double x);
/* All numbers in an object, true and false as 1 and 0; -1 and a bad record if
 * it is none, or has one of them twice. */
int reply_scores(struct group *, struct reply *, const struct json *);
const struct score *reply_find(const struct reply *, const char *name);
size_t text_chars(struct str); /* in code points */

/* Two answers of which one is said to be better; reply_node reads them. */
int group_two(struct group *, const struct json *better, const char *name0,
    const struct json *worse, const char *name1, size_t skip);

/* ---- open.c: the open sets' rows of sets[] ---- */
bool open_is_hh(struct rec *);
int open_hh(struct rec *, struct group *);
int open_helpsteer(struct rec *, struct group *);
int open_helpsteer2_preference(struct rec *, struct group *);
int open_helpsteer3(struct rec *, struct group *);
int open_shp(struct rec *, struct group *);
int open_ultrafeedback(struct rec *, struct group *);

/* ---- annotated.c ---- */
/* What came back from annotators; see annotate_line. */
int annotated_read(struct rec *, struct group *);
/* Append what was said of one answer as members: "rank":1,... */
void annotated_marks(struct buf *, const struct group *, const struct reply *);
/* What was said by whom has been seen before, as a whole; other sayings on
 * the same task are counted. In record order, before group_sort. */
bool annotated_again(const struct group *);
void annotated_end(void); /* frees */
/* Hash of the prompt as annotators see it. */
uint64_t annotated_ask(const struct group *);

/* ---- scale.c ---- */
/* Scores on one scale for each `source`: seen in a first pass, in record
 * order, applied in the second. */
void scale_see(const struct group *);
void scale_apply(struct group *);
/* How length and preference go together, in record order. */
void bias_see(const struct group *);
void scale_end(void); /* says so, frees */

/* ---- choose.c ---- */
/* Mark near-copies of better answers and count them; returns how many. */
size_t group_thin(struct group *);
/* Fill g->pair; NULL, or why there is none. A record that would make too many
 * becomes a bad one. */
const char *group_pairs(struct group *);
/* Why the group as a whole teaches nothing, or NULL. */
const char *group_screen(const struct group *);
void group_done(struct group *); /* frees the words */

/* ---- write.c ---- */
void write_pairs(struct group *);
/* Fields of the record; b is for use meanwhile. The prompt, as it is wanted;
 * what the set held answers in goes. */
void put_prompt(struct group *, struct buf *b);
void put_answer(struct group *, struct buf *b, const char *name,
    struct str json, bool list);
/* The prompt and the answer as `messages`. */
void put_talk(struct group *, struct buf *b, struct str json, bool list);
void put_id(struct group *, const char *suffix); /* the record's own, then it */
void put_field(struct rec *, const char *name, const struct buf *json);
void put_number(struct rec *, const char *name, double);
void clear_pair(struct group *); /* what a pair from the same record set */
/* An answer's scores that are numbers, as an object. */
void put_scores(struct buf *, const struct reply *);
/* The same as a field, where they are to be kept. */
void put_all_scores(
    struct group *, struct buf *b, const char *name, const struct reply *);

/* ---- forms.c ---- */
size_t write_edits(struct group *); /* pairs, whose number it returns, and
                                       SFT records */
void write_best(struct group *);
void write_kto(struct group *);
void write_rewrite(struct group *);
void put_responses(struct group *); /* all answers, in their old order */

/* ---- annotate.c ---- */
void annotate_open(void);
/* The line for annotators into g->out; any thread. */
int annotate_line(struct group *);
/* Into the file of its label; in record order. */
int annotate_put(struct group *);
void annotate_close(bool whole);

/* ---- seal.c ---- */
/*
 * What annotators are not to see of an answer goes with it as a word: place,
 * hashes of text and prompt, and other members, in base64. It hides, it does not
 * protect; what comes back is checked.
 */
struct sealed {
	size_t place, of; /* of so many that went out */
	uint64_t text;    /* hash64 of the answer */
	uint64_t ask;     /* of the prompt */
	struct str rest;  /* a JSON object, in mem */
};
void seal(struct buf *, const struct sealed *);
bool unseal(struct str word, struct arena *mem, struct sealed *);
#endif
