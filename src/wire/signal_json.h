/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON for signals: reading through jansson with caps and safe behaviour when memory lacks, and
 * a bounded writer whose bytes are those that existing peers write. Only wire/signal*.c use it.
 * Source: wire.md 3.2. */
#ifndef WZP_WIRE_SIGNAL_JSON_H
#define WZP_WIRE_SIGNAL_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WZP_JSON_VALUES_MAX 65536 /* values in one message: bounds what a tree of them costs */

/* Reads one JSON value of any kind; the whole text must be it. *out is the caller's
 * (json_decref). WZP_E_SYNTAX (also: nested deeper than WZP_SIGNAL_DEPTH_MAX, duplicate keys,
 * NUL in text, integers beyond 64 bits), WZP_E_TOO_BIG, WZP_E_MEMORY. */
int wzp_signal_json_read(json_t **out, const char *text, size_t length, struct wzp_error *err);

/* A text that grows up to WZP_FRAME_MAX. The first failure stays in `failed` and stops
 * everything after it. */
struct wzp_signal_json_writer {
    char *data;
    size_t length;
    size_t capacity;
    int failed; /* 0 or the error */
};
void wzp_signal_json_raw(struct wzp_signal_json_writer *w, const char *text);
/* With quotes and escapes; WZP_E_ARGUMENT when it is not UTF-8. */
void wzp_signal_json_string(struct wzp_signal_json_writer *w, const char *text);
void wzp_signal_json_unsigned(struct wzp_signal_json_writer *w, uint64_t v);
/* Shortest decimals that give the same float back; WZP_E_ARGUMENT when not finite. */
void wzp_signal_json_float(struct wzp_signal_json_writer *w, float v);
/* Any value that was read: compact, keys in their order. */
void wzp_signal_json_value(struct wzp_signal_json_writer *w, const json_t *value);
/* Ends the text: 0 with *text (wzp_free it), or the failure, everything released. */
int wzp_signal_json_finish(struct wzp_signal_json_writer *w, char **text, size_t *length);

#endif
