/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The lower half of the TOML reader: characters, keys' words, strings and numbers. Only toml.c
 * uses it. Source: TOML 1.0. */
#ifndef WZP_BASE_TOML_SCAN_H
#define WZP_BASE_TOML_SCAN_H

#include <stddef.h>

#include "base/toml.h"

/* A place in the text. Functions below move it forward and fill error on failure. */
struct wzp_toml_scan {
    const char *at;
    const char *end;
    unsigned line;
    struct wzp_error *error; /* may be NULL */
};

/* Sentence "line N: what" and the code. */
int wzp_toml_fail(struct wzp_toml_scan *s, int code, const char *what);
#ifdef __clang_analyzer__ /* as wzp_error_set */
#define wzp_toml_fail(s, code, what) ((void)wzp_toml_fail(s, code, what), (code))
#endif
/* Character at the place, or -1 at the end. */
int wzp_toml_peek(const struct wzp_toml_scan *s);
/* Moves over spaces and tabs. */
void wzp_toml_skip_blank(struct wzp_toml_scan *s);
/* Moves over a line end if one is here: 1, else 0. */
int wzp_toml_skip_newline(struct wzp_toml_scan *s);
/* Moves over a comment, if one is here. WZP_E_SYNTAX for control characters in it. */
int wzp_toml_skip_comment(struct wzp_toml_scan *s);
/* Moves over blanks, comments and line ends. */
int wzp_toml_skip_space(struct wzp_toml_scan *s);
/* Reads a quoted string of any of the four kinds (multi-line ones only if allowed) into out. */
int wzp_toml_scan_string(struct wzp_toml_scan *s, char *out, size_t capacity, int multiline);
/* Reads one word of a key, bare or quoted, into out. */
int wzp_toml_scan_word(struct wzp_toml_scan *s, char *out, size_t capacity);
/* Reads a boolean, integer or float into the value. */
int wzp_toml_scan_scalar(struct wzp_toml_scan *s, struct wzp_toml_value *value);

#endif
