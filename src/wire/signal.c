/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals from JSON. Source: wzp-protocol(7), JSON, Messages. */
#include "wire/signal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "wire/frame.h"
#include "wire/json.h"
#include "wire/signal_json.h"
#include "wire/signal_table.h"

#define LIST_MAX 16384 /* strings or structs of one list: bounds what a message costs in memory */

static int read_fields(void *base, const struct wzp_shape *shape, struct wzp_json *j,
                       struct wzp_error *err);

static int fail_memory(struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
}

static int read_string(char **out, struct wzp_json *j, struct wzp_error *err)
{
    if (wzp_json_kind(j) != '"')
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a string");
    *out = wzp_alloc(wzp_json_string_length(j) + 1);
    if (!*out)
        return fail_memory(err);
    wzp_json_string(j, *out);
    return 0;
}

static int read_unsigned(uint64_t *out, struct wzp_json *j, uint64_t most, struct wzp_error *err)
{
    bool is_number = wzp_json_kind(j) == '0';
    const char *at = j->at, *end = j->end;
    bool fits = is_number && *at != '-';
    uint64_t v = 0;
    *out = 0;
    if (is_number && *at == '-')
        at++;
    for (; is_number && at < end && *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        fits = fits && digit <= most && v <= (most - digit) / 10;
        v = fits ? 10 * v + digit : 0;
    }
    if (!is_number || (at < end && (*at == '.' || *at == 'e' || *at == 'E')))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be an integer");
    if (!fits)
        return wzp_error_set(err, WZP_E_SYNTAX, "must be between 0 and %llu",
                             (unsigned long long)most);
    j->at = at;
    *out = v;
    return 0;
}

/* The same number without a point, which strtof reads alike in every locale: 0.25 is 25e-2. Digits
 * beyond the room change nothing that a float holds. */
static void without_point(char out[64], const char *text, size_t length)
{
    size_t n = 0;
    long exponent = 0;
    bool fraction = false;
    size_t i = 0;
    if (text[0] == '-')
        out[n++] = text[i++];
    for (; i < length && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.') {
            fraction = true;
        } else if (n < 40) {
            out[n++] = text[i];
            exponent -= fraction;
        } else {
            exponent += !fraction;
        }
    }
    if (i < length) {
        long told = strtol(text + i + 1, NULL, 10);
        exponent += told > 100000 ? 100000 : told < -100000 ? -100000 : told;
    }
    snprintf(out + n, 64 - n, "e%ld", exponent);
}

static int read_float(float *out, struct wzp_json *j, struct wzp_error *err)
{
    const char *text;
    char plain[64];
    bool is_number = wzp_json_kind(j) == '0';
    size_t length = wzp_json_skip(j, &text);
    if (!is_number)
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a number");
    without_point(plain, text, length);
    *out = strtof(plain, NULL);
    if (!isfinite(*out)) {
        *out = 0;
        return wzp_error_set(err, WZP_E_SYNTAX, "is too big");
    }
    return 0;
}

/* True for a name, or an object with exactly one. The cursor stays. */
static bool is_message(const struct wzp_json *place)
{
    struct wzp_json j = *place;
    const char *start;
    char kind = wzp_json_kind(&j);
    if (kind != '{')
        return kind == '"';
    wzp_json_enter(&j);
    if (!wzp_json_more(&j))
        return false;
    char name[2];
    wzp_json_key(&j, name, sizeof name);
    wzp_json_skip(&j, &start);
    return !wzp_json_more(&j);
}

static int read_word(void *out, const struct wzp_field *field, struct wzp_json *j,
                     struct wzp_error *err)
{
    char text[WZP_SIGNAL_NAME_MAX];
    char kind = wzp_json_kind(j);
    const char *start;
    if (kind != '"' && !(kind == '{' && is_message(j)))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a string");
    struct wzp_json word_at = *j;
    wzp_json_skip(j, &start);
    if (kind == '{') /* a word with more to say, as later programs have them */
        wzp_json_enter(&word_at);
    wzp_json_key(&word_at, text, sizeof text);
    const char *word;
    for (unsigned i = 0; (word = field->word(i)); i++) {
        if (strcmp(word, text) == 0) {
            memcpy(out, &i, sizeof i);
            return 0;
        }
    }
    return wzp_error_set(err, WZP_E_SYNTAX, "is none of the known words");
}

/* Reads numbers up to most; *count gets how many there were. */
static int read_octets(uint8_t *out, size_t most, size_t *count, struct wzp_json *j,
                       struct wzp_error *err)
{
    *count = 0;
    wzp_json_enter(j);
    while (wzp_json_more(j)) {
        uint64_t v;
        int result = read_unsigned(&v, j, UINT8_MAX, err);
        if (result < 0)
            return result;
        if (*count < most)
            out[*count] = (uint8_t)v;
        ++*count;
    }
    return 0;
}

static int read_key(uint8_t *out, size_t size, struct wzp_json *j, struct wzp_error *err)
{
    size_t count = 0;
    int result = 0;
    if (wzp_json_kind(j) == '[')
        result = read_octets(out, size, &count, j, err);
    if (result == 0 && count != size)
        result = wzp_error_set(err, WZP_E_SYNTAX, "must be an array of %zu integers", size);
    return result;
}

static int read_bytes(struct wzp_bytes *out, struct wzp_json *j, struct wzp_error *err)
{
    struct wzp_json copy = *j;
    const char *text;
    size_t count;
    if (wzp_json_kind(j) != '[')
        return wzp_error_set(err, WZP_E_SYNTAX, "must be an array of integers");
    size_t length = wzp_json_skip(&copy, &text);
    if (length <= 2) { /* "[]" */
        *j = copy;
        return 0;
    }
    out->data = wzp_alloc(length / 2); /* each takes a digit and what divides it */
    if (!out->data)
        return fail_memory(err);
    int result = read_octets(out->data, length / 2, &count, j, err);
    out->length = result == 0 ? count : 0;
    if (out->length == 0) {
        wzp_free(out->data);
        out->data = NULL;
    }
    return result;
}

/* One more zeroed place at the end of a list. */
static void *list_grow(struct wzp_any_list *list, size_t *capacity, size_t size)
{
    if (list->count == *capacity) {
        size_t more = *capacity > 0 ? *capacity * 2 : 4;
        void *items = wzp_realloc(list->items, more * size);
        if (!items)
            return NULL;
        list->items = items;
        *capacity = more;
    }
    void *place = (uint8_t *)list->items + list->count * size;
    memset(place, 0, size);
    list->count++; /* at once: what is read so far must be released on failure */
    return place;
}

/* Lists of strings and of structs: element size and reading differ. */
static int read_list(struct wzp_any_list *out, const struct wzp_field *field, struct wzp_json *j,
                     struct wzp_error *err)
{
    bool strings = field->kind == WZP_FIELD_STRINGS;
    size_t size = strings ? sizeof(char *) : field->shape->size;
    size_t capacity = 0;
    if (wzp_json_kind(j) != '[')
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a list");
    wzp_json_enter(j);
    while (wzp_json_more(j)) {
        if (out->count == LIST_MAX)
            return wzp_error_set(err, WZP_E_TOO_BIG, "has more than %d items", LIST_MAX);
        void *place = list_grow(out, &capacity, size);
        if (!place)
            return fail_memory(err);
        int result =
            strings ? read_string(place, j, err) : read_fields(place, field->shape, j, err);
        if (result < 0) {
            char where[32];
            snprintf(where, sizeof where, "[%zu]", out->count - 1);
            wzp_error_prefix(err, where);
            return result;
        }
    }
    return 0;
}

/* A message inside a message stays the text it came in: whoever passes it on passes everything on.
 */
static int read_message(char **out, struct wzp_json *j, struct wzp_error *err)
{
    const char *text;
    if (!is_message(j))
        return wzp_error_set(err, WZP_E_SYNTAX, "must be a message");
    size_t length = wzp_json_skip(j, &text);
    *out = wzp_strndup(text, length);
    return *out ? 0 : fail_memory(err);
}

static int read_boolean(bool *out, struct wzp_json *j, struct wzp_error *err)
{
    const char *text;
    char kind = wzp_json_kind(j);
    if (kind != 't' && kind != 'f')
        return wzp_error_set(err, WZP_E_SYNTAX, "must be true or false");
    wzp_json_skip(j, &text);
    *out = kind == 't';
    return 0;
}

static int read_value(void *at, const struct wzp_field *field, struct wzp_json *j,
                      struct wzp_error *err)
{
    uint64_t v = 0;
    int result;
    switch (field->kind) {
    case WZP_FIELD_STRING: return read_string(at, j, err);
    case WZP_FIELD_BOOLEAN: return read_boolean(at, j, err);
    case WZP_FIELD_U8:
        result = read_unsigned(&v, j, UINT8_MAX, err);
        *(uint8_t *)at = (uint8_t)v;
        return result;
    case WZP_FIELD_U32:
        result = read_unsigned(&v, j, UINT32_MAX, err);
        *(uint32_t *)at = (uint32_t)v;
        return result;
    case WZP_FIELD_U64: return read_unsigned(at, j, UINT64_MAX, err);
    case WZP_FIELD_FLOAT: return read_float(at, j, err);
    case WZP_FIELD_WORD: return read_word(at, field, j, err);
    case WZP_FIELD_KEY: return read_key(at, field->size, j, err);
    case WZP_FIELD_BYTES: return read_bytes(at, j, err);
    case WZP_FIELD_STRINGS:
    case WZP_FIELD_STRUCT_LIST: return read_list(at, field, j, err);
    case WZP_FIELD_MESSAGE: return read_message(at, j, err);
    case WZP_FIELD_STRUCT: return read_fields(at, field->shape, j, err);
    }
    return WZP_E_INTERNAL;
}

static int read_field(void *base, const struct wzp_field *field, struct wzp_json *j,
                      struct wzp_error *err)
{
    bool optional = field->class == WZP_CLASS_N || field->class == WZP_CLASS_O;
    if (wzp_json_kind(j) == 'n') {
        const char *text;
        wzp_json_skip(j, &text);
        return optional ? 0 : wzp_error_set(err, WZP_E_SYNTAX, "must not be null");
    }
    int result = read_value((uint8_t *)base + field->offset, field, j, err);
    if (result == 0 && field->flag != WZP_FIELD_NO_FLAG)
        *(bool *)((uint8_t *)base + field->flag) = true;
    return result;
}

/* What a field that was not there becomes. */
static int read_absent(void *base, const struct wzp_field *field, struct wzp_error *err)
{
    char **at = (void *)((uint8_t *)base + field->offset);
    if (field->class == WZP_CLASS_R)
        return wzp_error_set(err, WZP_E_SYNTAX, "is missing");
    if (field->class != WZP_CLASS_D || field->kind != WZP_FIELD_STRING)
        return 0;
    *at = wzp_strdup("");
    return *at ? 0 : fail_memory(err);
}

static int read_member(void *base, const struct wzp_shape *shape, uint64_t *seen,
                       struct wzp_json *j, struct wzp_error *err)
{
    char name[WZP_SIGNAL_NAME_MAX];
    const char *text;
    wzp_json_key(j, name, sizeof name);
    for (size_t i = 0; i < shape->count; i++) {
        const char *known = shape->fields[i].name;
        if (known[0] != name[0] || strcmp(known, name) != 0)
            continue;
        int result = *seen & UINT64_C(1) << i ? wzp_error_set(err, WZP_E_SYNTAX, "comes twice")
                                              : read_field(base, &shape->fields[i], j, err);
        *seen |= UINT64_C(1) << i;
        if (result < 0)
            wzp_error_prefix(err, name);
        return result;
    }
    wzp_json_skip(j, &text); /* unknown: somebody else's */
    return 0;
}

static int read_fields(void *base, const struct wzp_shape *shape, struct wzp_json *j,
                       struct wzp_error *err)
{
    uint64_t seen = 0;
    if (wzp_json_kind(j) != '{')
        return wzp_error_set(err, WZP_E_SYNTAX, "must be an object");
    wzp_json_enter(j);
    while (wzp_json_more(j)) {
        int result = read_member(base, shape, &seen, j, err);
        if (result < 0)
            return result;
    }
    for (size_t i = 0; i < shape->count; i++) {
        int result = seen & UINT64_C(1) << i ? 0 : read_absent(base, &shape->fields[i], err);
        if (result < 0) {
            wzp_error_prefix(err, shape->fields[i].name);
            return result;
        }
    }
    return 0;
}

static int fail_unknown(const char *name, struct wzp_error *err)
{
    char shown[WZP_SIGNAL_NAME_MAX];
    wzp_text_filter(shown, sizeof shown, name, strlen(name));
    return wzp_error_set(err, WZP_E_UNKNOWN, "unknown message \"%s\"", shown);
}

static int fail_form(struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_SYNTAX,
                         "a message is a name or an object with exactly one name");
}

int wzp_signal_json_open(char name[WZP_SIGNAL_NAME_MAX], bool *has_fields, struct wzp_json *j,
                         struct wzp_error *err)
{
    char kind = wzp_json_kind(j);
    *has_fields = kind == '{';
    if (*has_fields) {
        wzp_json_enter(j);
        if (!wzp_json_more(j))
            return fail_form(err);
    } else if (kind != '"') {
        return fail_form(err);
    }
    wzp_json_key(j, name, WZP_SIGNAL_NAME_MAX);
    return 0;
}

static int read_variant(struct wzp_signal *out, const struct wzp_shape *shape, bool has_fields,
                        struct wzp_json *j, struct wzp_error *err)
{
    const char *text;
    if (shape->count == 0) {
        if (has_fields && wzp_json_kind(j) != 'n')
            return wzp_error_set(err, WZP_E_SYNTAX, "has no fields");
        if (has_fields)
            wzp_json_skip(j, &text);
        return 0;
    }
    if (!has_fields)
        return wzp_error_set(err, WZP_E_SYNTAX, "needs fields");
    return read_fields(out, shape, j, err);
}

static int read_signal(struct wzp_signal *out, struct wzp_json *j, struct wzp_error *err)
{
    char name[WZP_SIGNAL_NAME_MAX];
    bool has_fields;
    int result = wzp_signal_json_open(name, &has_fields, j, err);
    if (result < 0)
        return result;
    out->type = wzp_signal_type_find(name);
    if (out->type == WZP_SIGNAL_COUNT)
        return fail_unknown(name, err);
    const struct wzp_shape *shape = wzp_signal_shape(out->type);
    result = read_variant(out, shape, has_fields, j, err);
    if (result == 0 && has_fields && wzp_json_more(j))
        return fail_form(err);
    if (result < 0)
        wzp_error_prefix(err, shape->name);
    return result;
}

enum wzp_signal_type wzp_signal_peek(const char *text, size_t length)
{
    char name[WZP_SIGNAL_NAME_MAX];
    return wzp_json_first_name(text, length, name, sizeof name) ? wzp_signal_type_find(name)
                                                                : WZP_SIGNAL_COUNT;
}

int wzp_signal_parse(struct wzp_signal *out, const char *text, size_t length, struct wzp_error *err)
{
    memset(out, 0, sizeof *out);
    if (length > WZP_FRAME_MAX)
        return wzp_error_set(err, WZP_E_TOO_BIG, "message is larger than %d bytes", WZP_FRAME_MAX);
    int result = wzp_json_check(text, length, err);
    if (result < 0)
        return result;
    struct wzp_json j = {text, text + length};
    result = read_signal(out, &j, err);
    if (result < 0) {
        if (out->type != WZP_SIGNAL_COUNT)
            wzp_signal_fini(out);
        memset(out, 0, sizeof *out);
    }
    return result;
}

int wzp_signal_check_message(const char *text, size_t length)
{
    int result = wzp_json_check(text, length, NULL);
    const struct wzp_json j = {text, text + length};
    return result == 0 && !is_message(&j) ? WZP_E_SYNTAX : result;
}
