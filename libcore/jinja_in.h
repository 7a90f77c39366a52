#ifndef JINJA_IN_H
#define JINJA_IN_H
/* What the files of the Jinja interpreter share; jinja.h is the interface. */
#include <setjmp.h>

#include "libcore/casing.h"
#include "libcore/jinja.h"

/* ---- values ---- */
enum vtype {
	V_UNDEF, /* s: the name that is not there; of: enum undef */
	V_NONE,
	V_BOOL,
	V_INT,
	V_BIG, /* s: the digits of a whole number beyond 64 bits */
	V_REAL,
	V_STR, /* of: 1 if marked safe (Markup) */
	V_LIST,
	V_TUPLE,
	V_RANGE,
	V_VIEW, /* dict.keys(), values(), items(); of: enum view */
	V_ITER, /* a generator: gives each item once */
	V_DICT,
	V_NS, /* namespace: a dict whose members can be set */
	V_MACRO,
	V_FUNC,   /* i: index in the table of functions */
	V_METHOD, /* m: a method and what it belongs to */
	V_LOOP,
	V_JOINER,
};
enum undef { U_NAME, U_MEMBER, U_UNSAFE, U_PARAM, U_COND };
enum view { KEYS, VALUES, ITEMS };

struct val {
	uint8_t type, of;
	union {
		bool b;
		int64_t i;
		double r;
		struct str s;
		struct seq *q;   /* list, tuple, range, view, generator */
		struct dict *d;  /* dict, namespace */
		struct macro *f; /* macro */
		struct bound *m;
		struct loop *l;
		struct joiner *j;
	};
};

struct seq {
	struct val *v; /* an iterator's moves on as items are taken */
	size_t n, room;
};

struct joiner {
	struct str text;
	bool used;
};

struct pair {
	struct val k, v;
};

/* Insertion order is kept; hash indexes the string keys once there are
 * many. */
struct dict {
	struct pair *p;
	size_t n, room;
	uint32_t *hash; /* index + 1 into p; 0 is free */
	size_t slots;
};

struct bound {
	struct val self;
	const struct method *method;
};

struct loop {
	const struct seq *q;
	size_t i;
	struct val *last; /* what loop.changed saw */
	size_t nlast;
};

/* ---- syntax ---- */
enum kind {
	E_CONST,
	E_NAME,
	E_LIST,
	E_TUPLE,
	E_DICT,
	E_ATTR,
	E_ITEM,
	E_SLICE,
	E_CALL,
	E_FILTER,
	E_TEST,
	E_NOT,
	E_NEG,
	E_POS,
	E_AND,
	E_OR,
	E_COND,
	E_BIN,
	E_CMP,
	E_CONCAT,
	E_ARG, /* op: ARG_* */
	S_TEXT,
	S_OUT,
	S_IF,
	S_FOR,
	S_SET,
	S_SETBLOCK,
	S_MACRO,
	S_CALL,
	S_FILTER,
	S_WITH,
	S_SCOPE,
	S_BREAK,
	S_CONTINUE,
};
/* What a macro's body names, and so takes. */
enum uses { USES_VARARGS = 1, USES_KWARGS = 2, USES_CALLER = 4 };
enum { ARG_POS, ARG_NAMED, ARG_STAR, ARG_STAR2 };
/* Operators; those of one character are that character. */
enum {
	OP_EQ = 256,
	OP_NE,
	OP_LE,
	OP_GE,
	OP_FLOORDIV,
	OP_POW,
	OP_IN,
	OP_NOT_IN,
};

/* The members a, b, c, list and body by kind:
 *   E_ATTR a.text  E_ITEM a[b]  E_SLICE a:b:c (NULL where left out)
 *   E_CALL a(list)  E_FILTER a|text(list), a == NULL: the text of the block
 *   E_TEST a is text(list)  E_NOT NEG POS a  E_AND OR BIN a op b
 *   E_COND a if b else c  E_CMP a then list of operands with their op
 *   E_LIST TUPLE CONCAT list  E_DICT list of key, value, ...
 *   E_ARG a, text for ARG_NAMED; parameter of a macro: text, a its default
 *   S_OUT a  S_IF a: body, else b: a list, or where op is set an S_IF (elif)
 *   S_FOR a target, b over, c condition, body, list: else
 *   S_SET a target, b value  S_SETBLOCK a target, b filters, body
 *   S_MACRO text(list) body, op: enum uses  S_CALL a call, list parameters, body
 *   S_FILTER b filters, body  S_WITH list of E_ARG named, body  S_SCOPE body
 */
struct node {
	uint8_t kind;
	uint16_t op;
	uint32_t line;
	struct node *a, *b, *c;
	struct node *list, *body;
	struct node *next;
	struct str text;
	struct val v;
};

struct jinja {
	struct arena mem;
	char *src;
	struct node *body;
};

/* ---- lexing ---- */
enum token_type {
	T_END,
	T_TEXT,
	T_VAR_BEGIN,
	T_VAR_END,
	T_BLOCK_BEGIN,
	T_BLOCK_END,
	T_NAME,
	T_STRING,
	T_INT,
	T_REAL,
	T_OP,
};
struct token {
	uint8_t type;
	uint16_t op;
	uint32_t line;
	struct str s; /* text, name, the string's value, the digits */
};

/* The whole source as tokens, in mem; NULL on failure. */
struct token *jinja_lex(
    struct arena *mem, struct str src, size_t *n, struct err *e);

/* ---- running ---- */
enum { JINJA_NEST = 200, JINJA_DEPTH = 1200 };

struct sb { /* a growing text in the run's memory */
	char *s;
	size_t n, room;
};

struct scope {
	struct scope *up;
	struct named {
		struct str name;
		struct val v;
	} * v;
	size_t n, room;
};

struct macro {
	const struct node *node;
	struct scope *scope; /* where it was defined */
};

/*
 * Where texts made while running lie, when their origin is to be known: behind
 * the room of each block stands a byte for each byte of it, 1 where it was
 * copied from content.
 */
struct texts {
	bool on;
	const char *from[2], *to[2]; /* content as it came in */
	size_t given;
	struct text_block {
		char *s;
		size_t used, room;
	} block[48];
	size_t blocks;
};

struct rt {
	jmp_buf stop;
	struct err *e;
	struct arena mem;
	size_t taken, most;
	uint64_t steps, limit;
	unsigned depth;
	uint32_t line;
	struct sb *out;
	struct scope *scope;
	struct dict *vars;
	struct val hole; /* what the filters of a block are applied to */
	enum { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE } flow;
	const struct tm *now;
	struct texts texts;
};

/* Arguments of a call, evaluated. */
struct args {
	struct val *v;
	size_t n;
	struct named *kw;
	size_t nkw;
};

/* Ends the rendering: the line is put before the message. */
_Noreturn void fail(struct rt *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void charge(struct rt *, size_t steps);
/* One level deeper, in values or calls; r->depth-- goes back. */
void enter(struct rt *);
void *take(struct rt *, size_t n);
void sb_put(struct rt *, struct sb *, struct str);
void sb_char(struct rt *, struct sb *, char);
struct str sb_text(const struct sb *);
/* The origin of each byte of a text (see struct texts); NULL: none is
 * content. all: every one is. */
const char *text_origin(const struct rt *, const char *s, bool *all);

/* Making values. */
struct val v_str(struct str);
struct val v_int(int64_t);
struct val v_real(double);
struct val v_bool(bool);
struct val v_none(void);
struct val v_undef(struct str name, enum undef);
struct val v_seq(enum vtype, struct seq *);
struct seq *seq_new(struct rt *, size_t room);
void seq_add(struct rt *, struct seq *, struct val); /* room doubles */
struct val v_from_json(
    struct rt *, const struct json_doc *, const struct json *);
struct dict *dict_new(struct rt *);
struct val *dict_get(struct rt *, const struct dict *, struct val key);
void dict_set(struct rt *, struct dict *, struct val key, struct val v);

/* What Python says of values. Those that can fail end the rendering. */
const char *v_type(struct val);
bool v_true(struct val);
struct str v_text(struct rt *, struct val); /* str() */
void v_repr(struct rt *, struct sb *, struct val);
bool v_equal(struct rt *, struct val, struct val);
int v_compare(struct rt *, struct val, struct val, const char *op);
bool v_in(struct rt *, struct val item, struct val in);
size_t v_len(struct rt *, struct val);
/* Everything that iterating gives; an iterator is used up. */
struct seq *v_items(struct rt *, struct val);
bool v_iterable(struct val);
bool v_number(struct val, double *); /* also of bool and int */
bool v_whole(struct val, int64_t *); /* int or bool */
_Noreturn void v_undefined(struct rt *, struct val);
struct val v_attr(struct rt *, struct val, struct str name);
struct val v_item(struct rt *, struct val, struct val key);
struct val v_slice(struct rt *, struct val, const struct val part[3]);
struct val v_binary(struct rt *, int op, struct val, struct val);
bool v_related(struct rt *, int op, struct val, struct val);
struct val v_signed(struct rt *, bool minus, struct val);
struct val v_call(struct rt *, struct val, struct args *);
void v_json(struct rt *, struct sb *, struct val, struct args *);
struct val v_safe(struct rt *, struct val); /* HTML-escaped, unless safe */

/* The tables. */
typedef struct val filter_fn(struct rt *, struct val, struct args *);
filter_fn *filter_of_list(struct str name); /* NULL: none of these */
/* What a path such as "function.name" or 0 leads to, as map and sort take
 * it. */
struct val v_path(struct rt *, struct val, struct val path);
struct val filter_apply(
    struct rt *, struct str name, struct val, struct args *);
bool test_apply(struct rt *, struct str name, struct val, struct args *);
const struct method *method_find(enum vtype, struct str name);
struct val method_call(struct rt *, struct bound *, struct args *);
bool func_find(struct str name, struct val *);
struct val func_call(struct rt *, int64_t which, struct args *);
struct val macro_call(struct rt *, struct macro *, struct args *);

/* Arguments by Python's rules: the names of the parameters, in order, those
 * from `need` on optional. Fills out[] and says how many came; what was not
 * given is undefined with of == U_PARAM. */
void args_take(struct rt *, const char *who, struct args *,
    const char *const *names, size_t need, struct val *out);
bool given(struct val);
struct str arg_str(struct rt *, const char *who, struct val);
int64_t arg_int(struct rt *, const char *who, struct val);

/* Texts, by code points where Python counts those. */
size_t text_len(struct rt *, struct str);
size_t text_at(struct str, size_t from, size_t chars); /* byte offset */
size_t text_next(struct str, size_t at, uint32_t *code);
long text_find(struct rt *, struct str in, struct str what, size_t from);
bool text_printable(uint32_t code);
/* how: 'l'ower, 'u'pper, 't'itle; of one code point, appended. */
void text_case(struct rt *, struct sb *, uint32_t code, int how);
struct str text_all(struct rt *, struct str, int how);
struct str text_title(struct rt *, struct str);
struct str text_strip(struct str, struct val chars, int sides); /* 1 l, 2 r */
struct seq *text_lines(struct rt *, struct str, bool keep);
struct str text_replace(
    struct rt *, struct str, struct str old, struct str with, int64_t count);
struct str text_percent(struct rt *, struct str fmt, struct val);
struct str text_format(struct rt *, struct str fmt, struct args *);
bool text_parse_int(struct str, int base, struct val *);
bool text_parse_real(struct str, double *);
#endif
