/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One JSON object per line, as --json prints them: made here only, so that every line begins with
 * `t` and `event` and nothing that came from outside can spoil one. Source: design.md 5. */
#ifndef WZP_CLI_JSON_H
#define WZP_CLI_JSON_H

#include <jansson.h>
#include <stdio.h>

/* New object with `t` (seconds) and `event`. NULL when memory lacks; the others take that. */
json_t *wzp_json_begin(double t, const char *event);
/* Adds a text; NULL and "" are left out, bytes that are no UTF-8 become '?'. */
void wzp_json_text(json_t *o, const char *key, const char *text);
void wzp_json_integer(json_t *o, const char *key, json_int_t value);
/* Rounded to three decimals; what is no number becomes null. */
void wzp_json_number(json_t *o, const char *key, double value);
void wzp_json_boolean(json_t *o, const char *key, int value);
/* Prints the line, flushes and frees o. */
void wzp_json_write(FILE *out, json_t *o);

#endif
