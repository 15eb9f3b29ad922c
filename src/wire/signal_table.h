/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of all signal messages: one row per field, in the order in which it is written.
 * Reader, writer and release walk it; only wire/signal*.c use it. Source: wzp-protocol(7), JSON,
 * Structures, Messages. */
#ifndef WZP_WIRE_SIGNAL_TABLE_H
#define WZP_WIRE_SIGNAL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/signal.h"

enum wzp_field_kind {
    WZP_FIELD_STRING,  /* char * */
    WZP_FIELD_BOOLEAN, /* bool */
    WZP_FIELD_U8,
    WZP_FIELD_U32,
    WZP_FIELD_U64,
    WZP_FIELD_FLOAT,       /* float, finite */
    WZP_FIELD_WORD,        /* an enum, spelled as one of the words */
    WZP_FIELD_KEY,         /* uint8_t[size] */
    WZP_FIELD_BYTES,       /* struct wzp_bytes */
    WZP_FIELD_STRINGS,     /* struct wzp_string_list */
    WZP_FIELD_MESSAGE,     /* char *, the JSON text of a message */
    WZP_FIELD_STRUCT,      /* by shape */
    WZP_FIELD_STRUCT_LIST, /* {items, count} of shape */
};

/* When a field is written and what may be missing: the letters of wzp-protocol(7), JSON. */
enum wzp_field_class {
    WZP_CLASS_R, /* always there */
    WZP_CLASS_N, /* written as null when there is none */
    WZP_CLASS_O, /* left out when there is none */
    WZP_CLASS_L, /* list, left out when empty */
    WZP_CLASS_D, /* written always, may be missing */
};

#define WZP_FIELD_NO_FLAG UINT16_MAX

struct wzp_shape;
struct wzp_field {
    const char *name;
    enum wzp_field_kind kind;
    enum wzp_field_class class;
    uint16_t offset; /* in struct wzp_signal, or in the shape's struct */
    /* offset of the bool that says "present"; WZP_FIELD_NO_FLAG when NULL says it */
    uint16_t flag;
    uint16_t size; /* WZP_FIELD_KEY: bytes */
    const struct wzp_shape *shape;
    const char *(*word)(unsigned value); /* WZP_FIELD_WORD: spelling, NULL beyond the last */
};

/* A struct that travels as a JSON object. */
struct wzp_shape {
    const char *name;
    const struct wzp_field *fields;
    uint16_t count;
    uint16_t size; /* of the C struct */
};

/* Every list in struct wzp_signal has this form. */
struct wzp_any_list {
    void *items;
    size_t count;
};

/* The variant's row; a variant without fields has count 0. */
const struct wzp_shape *wzp_signal_shape(enum wzp_signal_type type);
/* By name; WZP_SIGNAL_COUNT when unknown. */
enum wzp_signal_type wzp_signal_type_find(const char *name);

#endif
