/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Call history: one line of text per call, tab separated, newest last. Text in, text out; files are
 * the caller's. */
#ifndef WZP_APP_HISTORY_H
#define WZP_APP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wzp/app.h"

#define WZP_HISTORY_LINE_MAX 256
#define WZP_HISTORY_MAX 1000 /* lines kept in a file */
#define WZP_HISTORY_FILE_MAX (1024 * 1024)

/* Writes one line with its end and a final 0; out holds WZP_HISTORY_LINE_MAX. Returns the length.
 */
size_t wzp_history_format(char *out, const struct wzp_history_entry *entry);
/* Reads one line (without its end). WZP_E_SYNTAX. */
int wzp_history_parse(struct wzp_history_entry *out, const char *line, size_t length);
/* Replaces zero bytes, which a power loss can leave in a file and which would end its text, by
 * "?". */
void wzp_history_mark(char *text, size_t length);
/* The text of the file ("" when there is none) with entries appended, reduced to WZP_HISTORY_MAX
 * lines; new memory. WZP_E_MEMORY, WZP_E_TOO_BIG with a sentence. */
int wzp_history_append(char **out, size_t *out_length, const char *old, size_t old_length,
                       const struct wzp_history_entry *entries, size_t count,
                       struct wzp_error *err);
/* Removes the oldest lines of a text that has more than `most`. As long as calls that only rang are
 * more than half of `most`, it removes those first, so that somebody who lets the phone ring again
 * and again cannot displace all other entries. */
void wzp_history_thin(char *text, size_t most);

#endif
