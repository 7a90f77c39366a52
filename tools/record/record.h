#ifndef RECORD_H
#define RECORD_H
#include "libcore/tool.h"
/*
 * The commands of record(1), a file each.
 */
extern const struct tool record_view, record_sample, record_split, record_count,
    record_diff, record_convert;

/* A value as a person reads it: strings without quotes, what a terminal
 * would obey made visible; a line break as `newline`, or escaped for NULL. */
void record_show(
    struct rec *, const struct json *, const char *newline, struct buf *);
#endif
