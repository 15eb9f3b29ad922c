/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One JSON object per line, as --json prints them: every line begins with `t` and `event`. */
#ifndef WZP_CLI_JSON_H
#define WZP_CLI_JSON_H

#include <stdio.h>

#include "base/json.h"

/* A line being written; values are added through `json`. */
struct wzp_json_line {
    struct wzp_buffer text;
    struct wzp_json json;
};
/* Begins an object with `t` (seconds) and `event`. */
void wzp_json_line_begin(struct wzp_json_line *line, double t, const char *event);
/* Prints the line and flushes; a line that memory did not suffice for is left out. */
void wzp_json_line_end(struct wzp_json_line *line, FILE *out);

#endif
