/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON helpers of the signal files: reading the beginning of a message, and a bounded writer that
 * produces the same bytes as existing peers. Only wire/signal*.c use it. Source: wzp-protocol(7),
 * JSON. */
#ifndef WZP_WIRE_SIGNAL_JSON_H
#define WZP_WIRE_SIGNAL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/json.h"

#define WZP_SIGNAL_NAME_MAX 64 /* longer than every name that is known */
/* Reads the variant's name of a message in either form, and whether its fields follow at the
 * cursor. The caller checks that nothing follows the fields. WZP_E_SYNTAX. */
int wzp_signal_json_open(char name[WZP_SIGNAL_NAME_MAX], bool *has_fields, struct wzp_json *j,
                         struct wzp_error *err);

/* A text that grows up to WZP_FRAME_MAX. The first failure stays in `failed` and stops
 * everything after it. */
struct wzp_signal_json_writer {
    char *data;
    size_t length;
    size_t capacity;
    int failed; /* 0 or the error */
};
void wzp_signal_json_raw(struct wzp_signal_json_writer *w, const char *text);
/* A piece of JSON as it was read. */
void wzp_signal_json_bytes(struct wzp_signal_json_writer *w, const char *text, size_t length);
/* With quotes and escapes; WZP_E_ARGUMENT when it is not UTF-8. */
void wzp_signal_json_string(struct wzp_signal_json_writer *w, const char *text);
void wzp_signal_json_unsigned(struct wzp_signal_json_writer *w, uint64_t v);
/* Shortest decimals that give the same float back; WZP_E_ARGUMENT when not finite. */
void wzp_signal_json_float(struct wzp_signal_json_writer *w, float v);
/* Ends the text: 0 with *text (wzp_free it), or the failure, everything released. */
int wzp_signal_json_finish(struct wzp_signal_json_writer *w, char **text, size_t *length);

#endif
