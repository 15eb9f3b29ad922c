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
/* A disk that lost its power leaves zero bytes, which would end a file's text: they become "?". */
void wzp_history_mark(char *text, size_t length);
/* The text of a file ("" when there is none) with entries behind it, thinned to WZP_HISTORY_MAX
 * lines; new memory. WZP_E_MEMORY, WZP_E_TOO_BIG with a sentence. */
int wzp_history_append(char **out, size_t *out_length, const char *old, size_t old_length,
                       const struct wzp_history_entry *entries, size_t count,
                       struct wzp_error *err);
/* Takes the oldest lines out of a text of more than `most`; first, as long as they are more than
 * half of that, those of calls that only rang: whoever lets a phone ring again and again does not
 * put an end to all other memory. */
void wzp_history_thin(char *text, size_t most);

#endif
