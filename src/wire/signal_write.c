/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals to JSON. Source: wzp-protocol(7), JSON, Messages. */
#include <string.h>

#include "base/alloc.h"
#include "wire/signal.h"
#include "wire/signal_json.h"
#include "wire/signal_table.h"

static void write_fields(struct wzp_signal_json_writer *w, const void *base,
                         const struct wzp_shape *shape);

static void fail(struct wzp_signal_json_writer *w, int code)
{
    if (!w->failed)
        w->failed = code;
}

static void write_octets(struct wzp_signal_json_writer *w, const uint8_t *data, size_t length)
{
    wzp_signal_json_raw(w, "[");
    for (size_t i = 0; i < length && !w->failed; i++) {
        if (i > 0)
            wzp_signal_json_raw(w, ",");
        wzp_signal_json_unsigned(w, data[i]);
    }
    wzp_signal_json_raw(w, "]");
}

static void write_text(struct wzp_signal_json_writer *w, const char *text)
{
    if (text)
        wzp_signal_json_string(w, text);
    else
        fail(w, WZP_E_ARGUMENT);
}

static void write_list(struct wzp_signal_json_writer *w, const struct wzp_any_list *list,
                       const struct wzp_field *field)
{
    wzp_signal_json_raw(w, "[");
    for (size_t i = 0; i < list->count && !w->failed; i++) {
        if (i > 0)
            wzp_signal_json_raw(w, ",");
        if (field->kind == WZP_FIELD_STRINGS)
            write_text(w, ((char *const *)list->items)[i]);
        else
            write_fields(w, (const uint8_t *)list->items + i * field->shape->size, field->shape);
    }
    wzp_signal_json_raw(w, "]");
}

static void write_word(struct wzp_signal_json_writer *w, const void *at,
                       const struct wzp_field *field)
{
    unsigned value;
    memcpy(&value, at, sizeof value);
    write_text(w, field->word(value));
}

/* The inner text comes from outside or from the caller: only one well-formed message goes in, and
 * it goes in as it is. */
static void write_message(struct wzp_signal_json_writer *w, const char *text)
{
    if (text && wzp_signal_check_message(text, strlen(text)) == 0)
        wzp_signal_json_raw(w, text);
    else
        fail(w, WZP_E_ARGUMENT);
}

static void write_value(struct wzp_signal_json_writer *w, const void *at,
                        const struct wzp_field *field)
{
    switch (field->kind) {
    case WZP_FIELD_STRING: write_text(w, *(char *const *)at); break;
    case WZP_FIELD_BOOLEAN: wzp_signal_json_raw(w, *(const bool *)at ? "true" : "false"); break;
    case WZP_FIELD_U8: wzp_signal_json_unsigned(w, *(const uint8_t *)at); break;
    case WZP_FIELD_U32: wzp_signal_json_unsigned(w, *(const uint32_t *)at); break;
    case WZP_FIELD_U64: wzp_signal_json_unsigned(w, *(const uint64_t *)at); break;
    case WZP_FIELD_FLOAT: wzp_signal_json_float(w, *(const float *)at); break;
    case WZP_FIELD_WORD: write_word(w, at, field); break;
    case WZP_FIELD_KEY: write_octets(w, at, field->size); break;
    case WZP_FIELD_BYTES:
        write_octets(w, ((const struct wzp_bytes *)at)->data,
                     ((const struct wzp_bytes *)at)->length);
        break;
    case WZP_FIELD_STRINGS:
    case WZP_FIELD_STRUCT_LIST: write_list(w, at, field); break;
    case WZP_FIELD_MESSAGE: write_message(w, *(char *const *)at); break;
    case WZP_FIELD_STRUCT: write_fields(w, at, field->shape); break;
    }
}

/* True when there is something to write. */
static bool is_present(const void *base, const struct wzp_field *field)
{
    const uint8_t *at = (const uint8_t *)base + field->offset;
    if (field->flag != WZP_FIELD_NO_FLAG)
        return *(const bool *)((const uint8_t *)base + field->flag);
    if (field->class == WZP_CLASS_N || field->class == WZP_CLASS_O)
        return *(char *const *)at;
    return field->class != WZP_CLASS_L || ((const struct wzp_any_list *)at)->count > 0;
}

static void write_fields(struct wzp_signal_json_writer *w, const void *base,
                         const struct wzp_shape *shape)
{
    const char *separator = "";
    wzp_signal_json_raw(w, "{");
    for (size_t i = 0; i < shape->count && !w->failed; i++) {
        const struct wzp_field *field = &shape->fields[i];
        const uint8_t *at = (const uint8_t *)base + field->offset;
        bool present = is_present(base, field);
        if (!present && field->class != WZP_CLASS_N)
            continue;
        wzp_signal_json_raw(w, separator);
        wzp_signal_json_string(w, field->name);
        wzp_signal_json_raw(w, ":");
        separator = ",";
        if (!present)
            wzp_signal_json_raw(w, "null");
        else if (field->class == WZP_CLASS_D && field->kind == WZP_FIELD_STRING &&
                 !*(char *const *)at)
            wzp_signal_json_raw(w, "\"\"");
        else
            write_value(w, at, field);
    }
    wzp_signal_json_raw(w, "}");
}

int wzp_signal_write(char **text, size_t *length, const struct wzp_signal *signal)
{
    struct wzp_signal_json_writer w = {0};
    const struct wzp_shape *shape = wzp_signal_shape(signal->type);
    if (!shape) {
        fail(&w, WZP_E_ARGUMENT);
    } else if (shape->count == 0) {
        wzp_signal_json_string(&w, shape->name);
    } else {
        wzp_signal_json_raw(&w, "{");
        wzp_signal_json_string(&w, shape->name);
        wzp_signal_json_raw(&w, ":");
        write_fields(&w, signal, shape);
        wzp_signal_json_raw(&w, "}");
    }
    return wzp_signal_json_finish(&w, text, length);
}
