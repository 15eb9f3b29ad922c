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

/* Writes one line with its end and a final 0; out holds WZP_HISTORY_LINE_MAX. Returns the length.
 */
size_t wzp_history_format(char *out, const struct wzp_history_entry *entry);
/* Reads one line (without its end). WZP_E_SYNTAX. */
int wzp_history_parse(struct wzp_history_entry *out, const char *line, size_t length);
/* Start of the newest `lines` lines of a text: what to keep when a file has grown. */
const char *wzp_history_tail(const char *text, size_t lines);

#endif
