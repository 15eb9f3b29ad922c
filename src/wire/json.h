/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON reader without a tree: a check of a whole text, and a cursor that walks the checked text.
 * The cost is linear in the bytes whatever they contain, only what is wanted is copied, and
 * everything else can be passed on as it was written. Only wire/ uses it. Source: RFC 8259. */
#ifndef WZP_WIRE_JSON_H
#define WZP_WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WZP_JSON_DEPTH_MAX 128

/* Checks that the text is valid JSON: one value, nothing after it, nested at most
 * WZP_JSON_DEPTH_MAX deep, without NUL in strings. WZP_E_SYNTAX with a sentence. Allocates
 * nothing. */
int wzp_json_check(const char *text, size_t length, struct wzp_error *err);

/* A place in a text that passed the check. */
struct wzp_json {
    const char *at, *end;
};
/* The kind of the next value: '{' '[' '"' 't' 'f' 'n', or '0' for a number; 0 past the end. Moves
 * over white space only. */
char wzp_json_kind(struct wzp_json *j);
/* Moves over one value; *start and the result are its text and length, without spaces around. */
size_t wzp_json_skip(struct wzp_json *j, const char **start);
/* Moves into the next value, an object or array. */
void wzp_json_enter(struct wzp_json *j);
/* True when another member or element follows (the cursor is then before it); false moves out of
 * the object or array. */
bool wzp_json_more(struct wzp_json *j);
/* Reads a member's name, cut to capacity (no known name is that long), and moves past the ':'. */
void wzp_json_key(struct wzp_json *j, char *out, size_t capacity);
/* Decoded length of the next value, a string, without a final 0; the cursor does not move. */
size_t wzp_json_string_length(struct wzp_json *j);
/* Decodes the next value, a string; out holds its length + 1. */
void wzp_json_string(struct wzp_json *j, char *out);

/* The name of the message in a text that is not checked yet: the first string, bare or as an
 * object's first key, cut to capacity. False when there is none. Reads no further. */
bool wzp_json_first_name(const char *text, size_t length, char *out, size_t capacity);

#endif
