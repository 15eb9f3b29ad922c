/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals from JSON, their release, and single fields replaced in place. Source: wire.md 3.2, 4. */
#include "wire/signal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "wire/signal_json.h"
#include "wire/signal_table.h"

static int read_fields(void *base, const struct wzp_shape *shape, const json_t *object,
                       struct wzp_error *err);
static void free_fields(void *base, const struct wzp_shape *shape);

static int fail_memory(struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
}

static int read_string(char **out, const json_t *value, struct wzp_error *err)
{
    if (!json_is_string(value))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a string");
    *out = wzp_strndup(json_string_value(value), json_string_length(value));
    return *out ? 0 : fail_memory(err);
}

static int read_unsigned(uint64_t *out, const json_t *value, uint64_t most, struct wzp_error *err)
{
    *out = 0;
    if (!json_is_integer(value))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be an integer");
    json_int_t v = json_integer_value(value);
    if (v < 0 || (uint64_t)v > most)
        return wzp_error_set(err, WZP_E_SYNTAX, "must be between 0 and %llu",
                             (unsigned long long)most);
    *out = (uint64_t)v;
    return 0;
}

static int read_float(float *out, const json_t *value, struct wzp_error *err)
{
    if (!json_is_number(value))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a number");
    *out = (float)json_number_value(value);
    if (!isfinite(*out)) {
        *out = 0;
        return wzp_error_set(err, WZP_E_SYNTAX, "is too big");
    }
    return 0;
}

static int read_word(void *out, const struct wzp_field *field, const json_t *value,
                     struct wzp_error *err)
{
    if (!json_is_string(value))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a string");
    const char *word;
    for (unsigned i = 0; (word = field->word(i)); i++) {
        if (strcmp(word, json_string_value(value)) == 0) {
            memcpy(out, &i, sizeof i);
            return 0;
        }
    }
    return wzp_error_set(err, WZP_E_SYNTAX, "is none of the known words");
}

static int read_octets(uint8_t *out, const json_t *array, size_t length, struct wzp_error *err)
{
    for (size_t i = 0; i < length; i++) {
        uint64_t v;
        int result = read_unsigned(&v, json_array_get(array, i), UINT8_MAX, err);
        if (result < 0)
            return result;
        out[i] = (uint8_t)v;
    }
    return 0;
}

static int read_key(uint8_t *out, size_t size, const json_t *value, struct wzp_error *err)
{
    if (!json_is_array(value) || json_array_size(value) != size)
        return wzp_error_set(err, WZP_E_SYNTAX, "must be an array of %zu integers", size);
    return read_octets(out, value, size, err);
}

static int read_bytes(struct wzp_bytes *out, const json_t *value, struct wzp_error *err)
{
    if (!json_is_array(value))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be an array of integers");
    size_t length = json_array_size(value);
    if (length == 0)
        return 0;
    out->data = wzp_alloc(length);
    if (!out->data)
        return fail_memory(err);
    out->length = length;
    return read_octets(out->data, value, length, err);
}

/* Lists of strings and of structs: element size and reading differ. */
static int read_list(struct wzp_any_list *out, const struct wzp_field *field, const json_t *value,
                     struct wzp_error *err)
{
    bool strings = field->kind == WZP_FIELD_STRINGS;
    size_t size = strings ? sizeof(char *) : field->shape->size;
    if (!json_is_array(value))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a list");
    size_t count = json_array_size(value);
    if (count == 0)
        return 0;
    out->items = wzp_calloc(count, size);
    if (!out->items)
        return fail_memory(err);
    out->count = count; /* at once: what is read so far must be released on failure */
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(value, i);
        int result = strings
                         ? read_string((char **)out->items + i, item, err)
                         : read_fields((uint8_t *)out->items + i * size, field->shape, item, err);
        if (result < 0) {
            char where[32];
            snprintf(where, sizeof where, "[%zu]", i);
            wzp_error_prefix(err, where);
            return result;
        }
    }
    return 0;
}

/* A message inside a message stays text: whoever passes it on passes everything on. */
static int read_message(char **out, const json_t *value, struct wzp_error *err)
{
    if (!json_is_string(value) && !(json_is_object(value) && json_object_size(value) == 1))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a message");
    struct wzp_signal_json_writer w = {0};
    size_t length;
    wzp_signal_json_value(&w, value);
    int result = wzp_signal_json_finish(&w, out, &length);
    return result < 0 ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int read_value(void *at, const struct wzp_field *field, const json_t *value,
                      struct wzp_error *err)
{
    uint64_t v = 0;
    int result;
    switch (field->kind) {
    case WZP_FIELD_STRING: return read_string(at, value, err);
    case WZP_FIELD_BOOLEAN:
        if (!json_is_boolean(value))
            return wzp_error_set(err, WZP_E_SYNTAX, "must be true or false");
        *(bool *)at = json_is_true(value);
        return 0;
    case WZP_FIELD_U8:
        result = read_unsigned(&v, value, UINT8_MAX, err);
        *(uint8_t *)at = (uint8_t)v;
        return result;
    case WZP_FIELD_U32:
        result = read_unsigned(&v, value, UINT32_MAX, err);
        *(uint32_t *)at = (uint32_t)v;
        return result;
    case WZP_FIELD_U64: return read_unsigned(at, value, UINT64_MAX, err);
    case WZP_FIELD_FLOAT: return read_float(at, value, err);
    case WZP_FIELD_WORD: return read_word(at, field, value, err);
    case WZP_FIELD_KEY: return read_key(at, field->size, value, err);
    case WZP_FIELD_BYTES: return read_bytes(at, value, err);
    case WZP_FIELD_STRINGS:
    case WZP_FIELD_STRUCT_LIST: return read_list(at, field, value, err);
    case WZP_FIELD_MESSAGE: return read_message(at, value, err);
    case WZP_FIELD_STRUCT: return read_fields(at, field->shape, value, err);
    }
    return WZP_E_INTERNAL;
}

static int read_field(void *base, const struct wzp_field *field, const json_t *value,
                      struct wzp_error *err)
{
    uint8_t *at = (uint8_t *)base + field->offset;
    bool optional = field->class == WZP_CLASS_N || field->class == WZP_CLASS_O;
    if (!value && field->class == WZP_CLASS_R)
        return wzp_error_set(err, WZP_E_SYNTAX, "is missing");
    if (!value && field->class == WZP_CLASS_D && field->kind == WZP_FIELD_STRING) {
        *(char **)at = wzp_strdup("");
        return *(char **)at ? 0 : fail_memory(err);
    }
    if (!value || (optional && json_is_null(value)))
        return 0;
    if (json_is_null(value))
        return wzp_error_set(err, WZP_E_SYNTAX, "must not be null");
    int result = read_value(at, field, value, err);
    if (result == 0 && field->flag != WZP_FIELD_NO_FLAG)
        *(bool *)((uint8_t *)base + field->flag) = true;
    return result;
}

static int read_fields(void *base, const struct wzp_shape *shape, const json_t *object,
                       struct wzp_error *err)
{
    if (!json_is_object(object))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be an object");
    for (size_t i = 0; i < shape->count; i++) {
        const struct wzp_field *field = &shape->fields[i];
        int result = read_field(base, field, json_object_get(object, field->name), err);
        if (result < 0) {
            wzp_error_prefix(err, field->name);
            return result;
        }
    }
    return 0;
}

static int fail_unknown(const char *name, struct wzp_error *err)
{
    char shown[64];
    wzp_text_filter(shown, sizeof shown, name, strlen(name));
    return wzp_error_set(err, WZP_E_UNKNOWN, "unknown message \"%s\"", shown);
}

/* The variant's name and its fields' object (NULL for the bare form) of a message in either
 * form. */
static int open_message(const char **name, json_t **fields, json_t *root, struct wzp_error *err)
{
    *fields = NULL;
    if (json_is_string(root)) {
        *name = json_string_value(root);
        return 0;
    }
    if (!json_is_object(root) || json_object_size(root) != 1)
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "a message is a name or an object with exactly one name");
    void *only = json_object_iter(root);
    *name = json_object_iter_key(only);
    *fields = json_object_iter_value(only);
    return 0;
}

static int read_signal(struct wzp_signal *out, json_t *root, struct wzp_error *err)
{
    const char *name;
    json_t *fields;
    int result = open_message(&name, &fields, root, err);
    if (result < 0)
        return result;
    out->type = wzp_signal_type_find(name);
    if (out->type == WZP_SIGNAL_COUNT)
        return fail_unknown(name, err);
    const struct wzp_shape *shape = wzp_signal_shape(out->type);
    if (shape->count == 0) {
        if (fields && !json_is_null(fields))
            result = wzp_error_set(err, WZP_E_SYNTAX, "has no fields");
    } else if (!fields) {
        result = wzp_error_set(err, WZP_E_SYNTAX, "needs fields");
    } else {
        result = read_fields(out, shape, fields, err);
    }
    if (result < 0)
        wzp_error_prefix(err, shape->name);
    return result;
}

int wzp_signal_parse(struct wzp_signal *out, const char *text, size_t length, struct wzp_error *err)
{
    json_t *root;
    memset(out, 0, sizeof *out);
    int result = wzp_signal_json_read(&root, text, length, err);
    if (result < 0)
        return result;
    result = read_signal(out, root, err);
    json_decref(root);
    if (result < 0) {
        if (out->type != WZP_SIGNAL_COUNT)
            wzp_signal_fini(out);
        memset(out, 0, sizeof *out);
    }
    return result;
}

static void free_string(char **text)
{
    if (*text)
        wzp_wipe(*text, strlen(*text)); /* it may be a token */
    wzp_free(*text);
    *text = NULL;
}

static void free_value(void *at, const struct wzp_field *field)
{
    struct wzp_any_list *list = at;
    switch (field->kind) {
    case WZP_FIELD_STRING:
    case WZP_FIELD_MESSAGE: free_string(at); break;
    case WZP_FIELD_BYTES:
        wzp_free(((struct wzp_bytes *)at)->data);
        memset(at, 0, sizeof(struct wzp_bytes));
        break;
    case WZP_FIELD_STRUCT: free_fields(at, field->shape); break;
    case WZP_FIELD_STRINGS:
    case WZP_FIELD_STRUCT_LIST:
        for (size_t i = 0; i < list->count; i++) {
            if (field->kind == WZP_FIELD_STRINGS)
                free_string((char **)list->items + i);
            else
                free_fields((uint8_t *)list->items + i * field->shape->size, field->shape);
        }
        wzp_free(list->items);
        list->items = NULL;
        list->count = 0;
        break;
    default: break;
    }
}

static void free_fields(void *base, const struct wzp_shape *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        free_value((uint8_t *)base + shape->fields[i].offset, &shape->fields[i]);
}

void wzp_signal_fini(struct wzp_signal *signal)
{
    const struct wzp_shape *shape = wzp_signal_shape(signal->type);
    if (shape)
        free_fields(signal, shape);
}

int wzp_signal_replace_field(char **out, size_t *out_length, const char *text, size_t length,
                             const char *field, const char *value)
{
    json_t *root;
    json_t *fields;
    const char *name;
    *out = NULL;
    *out_length = 0;
    if (value && !wzp_utf8_valid(value, strlen(value)))
        return WZP_E_ARGUMENT;
    int result = wzp_signal_json_read(&root, text, length, NULL);
    if (result < 0)
        return result;
    result = open_message(&name, &fields, root, NULL);
    if (result == 0 && !json_is_object(fields))
        result = WZP_E_NOT_FOUND; /* a message without fields has no place for one */
    if (result == 0 && !value)
        json_object_del(fields, field); /* not there is as good */
    else if (result == 0 && json_object_set_new(fields, field, json_string(value)) != 0)
        result = WZP_E_MEMORY;
    if (result == 0) {
        struct wzp_signal_json_writer w = {0};
        wzp_signal_json_value(&w, root);
        result = wzp_signal_json_finish(&w, out, out_length);
    }
    json_decref(root);
    return result;
}
