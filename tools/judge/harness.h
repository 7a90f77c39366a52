#ifndef HARNESS_H
#define HARNESS_H
/*
 * What runs Python code with its tests, as python3 -c takes it. On descriptor
 * 3 it finds 20 digits, the length of an object, the object and another one:
 *
 *   first   code; inputs, of programs, or null; entry_point and prompt, or null
 *   second  word; outputs or tests, lists of text
 *
 * The second is not read before the code has run. The first line of its output
 * is "begun"; the last one is the word and what came of it, an object, {} where
 * all is well: so code that ends early has not passed, whatever its status.
 */
extern const char code_harness[];
#endif
