#ifndef JINJA_PARSE_H
#define JINJA_PARSE_H
#include "libcore/jinja_in.h"
/* The parser at work: tokens to a tree, by the grammar of jinja2's parser.
 * Expressions are in jinja_expr.c, statements in jinja_parse.c. */
struct parse {
	jmp_buf stop;
	struct err *e;
	struct arena *mem;
	const struct token *t; /* the one at hand; the last is T_END */
	unsigned depth, loops, uses;
};

/* Ends the parsing; the line is put before the message. */
_Noreturn void parse_wrong(struct parse *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void parse_unexpected(struct parse *, const char *want);
void parse_deeper(struct parse *); /* p->depth-- goes back */
struct node *parse_node(struct parse *, int kind);
struct node **node_append(struct node **end, struct node *);

/* The token at hand: what it is; taken if it is that; or refused. */
bool is_op(const struct token *, int op);
bool is_name(const struct token *, const char *);
bool skip_op(struct parse *, int op);
bool skip_name(struct parse *, const char *);
void want_op(struct parse *, int op);
struct str want_name(struct parse *);
void want_block_end(struct parse *);

struct node *parse_expression(struct parse *);
struct node *parse_or(struct parse *); /* without "x if c" */
/* One expression, or a tuple of them where there are commas. */
struct node *parse_tuple(struct parse *, bool empty);
/* A filter's name and arguments; of: what it is applied to, or NULL. */
struct node *parse_filter(struct parse *, struct node *of);
#endif
