/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writes JSON (RFC 8259) into a text buffer, value by value, without any memory of its own. Text
 * from outside cannot break it: the output is always one line, and bytes that are not UTF-8 become
 * '?'. */
#ifndef WZP_BASE_JSON_H
#define WZP_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define WZP_JSON_DEPTH_MAX 16

/* Caller owned, no release. Key of a value: its name inside an object, NULL inside an array and at
 * the top. */
struct wzp_json {
    struct wzp_buffer *out;
    unsigned depth;
    uint32_t arrays; /* bit n: level n + 1 is an array */
    bool begun;      /* this level already holds a value */
    bool wrong;      /* the nesting is wrong */
};
void wzp_json_init(struct wzp_json *j, struct wzp_buffer *out);
void wzp_json_object_begin(struct wzp_json *j, const char *key);
void wzp_json_object_end(struct wzp_json *j);
void wzp_json_array_begin(struct wzp_json *j, const char *key);
void wzp_json_array_end(struct wzp_json *j);

/* text NULL gives null. */
void wzp_json_text(struct wzp_json *j, const char *key, const char *text);
/* The same, but nothing at all when the text is NULL or empty. */
void wzp_json_text_if(struct wzp_json *j, const char *key, const char *text);
void wzp_json_integer(struct wzp_json *j, const char *key, int64_t value);
void wzp_json_unsigned(struct wzp_json *j, const char *key, uint64_t value);
/* Rounded to three decimals, at least one shown ("0.0"); NaN, infinity and values beyond 1e15 give
 * null. */
void wzp_json_number(struct wzp_json *j, const char *key, double value);
void wzp_json_boolean(struct wzp_json *j, const char *key, bool value);
void wzp_json_null(struct wzp_json *j, const char *key);

/* 0 when one whole value was written; WZP_E_STATE when brackets are left open, closed twice, keys
 * are missing or too many, or nesting is deeper than WZP_JSON_DEPTH_MAX; else what the buffer says.
 */
int wzp_json_finish(const struct wzp_json *j);

#endif
