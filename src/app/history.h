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
/* The text of a file ("" when there is none) with entries behind it, without the oldest lines past
 * WZP_HISTORY_MAX; new memory. WZP_E_MEMORY, WZP_E_TOO_BIG with a sentence. */
int wzp_history_append(char **out, size_t *out_length, const char *old, size_t old_length,
                       const struct wzp_history_entry *entries, size_t count,
                       struct wzp_error *err);
/* Start of the newest `lines` lines of a text: what to keep when a file has grown. */
const char *wzp_history_tail(const char *text, size_t lines);

#endif
