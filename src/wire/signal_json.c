/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON reading through jansson and writing by hand. Source: wire.md 3.2. */
#include "wire/signal_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "wire/frame.h"
#include "wire/signal.h"

#define FIRST_CAPACITY 512

/* jansson 2.14 ignores a failure to grow the buffer of the token it reads: the token then lacks
 * bytes, and a string without its closing quote is read past its end. So the first allocation
 * that fails during a read is served from a reserve, large enough for that buffer, and the input
 * ends at once; nothing can grow any more, and the read is reported as WZP_E_MEMORY. jansson
 * passes no context to its allocator, hence the thread's own variable, set only during one read. */
struct reserve {
    uint8_t *data;
    size_t size;
    bool used;
    bool failed;
};
static _Thread_local struct reserve *reading;

static void *json_allocate(size_t size)
{
    void *p = wzp_alloc(size);
    if (p || !reading)
        return p;
    reading->failed = true;
    if (reading->used || size > reading->size)
        return NULL;
    reading->used = true;
    return reading->data;
}

static void json_release(void *p)
{
    if (!reading || p != reading->data)
        wzp_free(p);
}

void wzp_signal_use_allocator(void)
{
    json_set_alloc_funcs(json_allocate, json_release);
    json_object_seed(0); /* now, before there are threads */
}

/* Input of one read, handed out byte by byte so that it can end between any two. */
struct input {
    const char *at;
    const char *end;
    const struct reserve *reserve;
};

static size_t next_byte(void *buffer, size_t capacity, void *context)
{
    struct input *in = context;
    if (capacity == 0 || in->at == in->end || in->reserve->failed)
        return 0;
    *(char *)buffer = *in->at++;
    return 1;
}

/* Depth and number of values, before any memory is spent. Broken texts pass: jansson finds what
 * is wrong with them. */
static int check_size(const char *text, size_t length, struct wzp_error *err)
{
    unsigned depth = 0;
    size_t values = 1;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            values++;
            if (++depth > WZP_SIGNAL_DEPTH_MAX)
                return wzp_error_set(err, WZP_E_SYNTAX, "JSON is nested deeper than %d",
                                     WZP_SIGNAL_DEPTH_MAX);
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else if (c == ',') {
            values++;
        }
    }
    if (values > WZP_JSON_VALUES_MAX)
        return wzp_error_set(err, WZP_E_TOO_BIG, "JSON has more than %d values",
                             WZP_JSON_VALUES_MAX);
    return 0;
}

int wzp_signal_json_read(json_t **out, const char *text, size_t length, struct wzp_error *err)
{
    json_error_t problem;
    char shown[JSON_ERROR_TEXT_LENGTH];
    *out = NULL;
    if (length > WZP_FRAME_MAX)
        return wzp_error_set(err, WZP_E_TOO_BIG, "message is larger than %d bytes", WZP_FRAME_MAX);
    int result = check_size(text, length, err);
    if (result < 0)
        return result;
    /* The buffer doubles when full, and holds no more than the text. */
    struct reserve reserve = {NULL, 2 * length + 64, false, false};
    reserve.data = wzp_alloc(reserve.size);
    if (!reserve.data)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    struct input in = {text, text + length, &reserve};
    reading = &reserve;
    json_t *value =
        json_load_callback(next_byte, &in, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (reserve.failed) {
        json_decref(value);
        value = NULL;
    }
    reading = NULL;
    wzp_free(reserve.data);
    if (reserve.failed || (!value && json_error_code(&problem) == json_error_out_of_memory))
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    if (!value) {
        wzp_text_filter(shown, sizeof shown, problem.text, strlen(problem.text));
        return wzp_error_set(err, WZP_E_SYNTAX, "not JSON: %s", shown);
    }
    *out = value;
    return 0;
}

static void put(struct wzp_signal_json_writer *w, const char *bytes, size_t n)
{
    if (w->failed)
        return;
    if (n > WZP_FRAME_MAX - w->length) {
        w->failed = WZP_E_TOO_BIG;
        return;
    }
    if (w->length + n + 1 > w->capacity) {
        size_t capacity = w->capacity > 0 ? w->capacity : FIRST_CAPACITY;
        while (capacity < w->length + n + 1)
            capacity *= 2;
        char *data = wzp_realloc(w->data, capacity);
        if (!data) {
            w->failed = WZP_E_MEMORY;
            return;
        }
        w->data = data;
        w->capacity = capacity;
    }
    memcpy(w->data + w->length, bytes, n);
    w->length += n;
}

void wzp_signal_json_raw(struct wzp_signal_json_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* The escape for one byte, or "" when it stands for itself. */
static const char *escape(unsigned char c, char room[8])
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default:
        if (c >= 0x20)
            return "";
        snprintf(room, 8, "\\u%04x", (unsigned)c);
        return room;
    }
}

void wzp_signal_json_string(struct wzp_signal_json_writer *w, const char *text)
{
    char room[8];
    size_t length = strlen(text);
    if (!w->failed && !wzp_utf8_valid(text, length))
        w->failed = WZP_E_ARGUMENT;
    put(w, "\"", 1);
    size_t start = 0; /* of the run that needs no escape */
    for (size_t i = 0; i < length && !w->failed; i++) {
        const char *escaped = escape((unsigned char)text[i], room);
        if (escaped[0] == '\0')
            continue;
        put(w, text + start, i - start);
        wzp_signal_json_raw(w, escaped);
        start = i + 1;
    }
    if (!w->failed)
        put(w, text + start, length - start);
    put(w, "\"", 1);
}

void wzp_signal_json_unsigned(struct wzp_signal_json_writer *w, uint64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, v);
    wzp_signal_json_raw(w, text);
}

/* Significant digits and the exponent of a number in the form d.ddd e exponent. */
struct decimal {
    char digits[24];
    int exponent; /* of the digit before the point */
};

/* Rounds |v| to n digits. The point that snprintf writes belongs to the locale: only digits are
 * taken. */
static void round_decimal(struct decimal *out, double v, int n)
{
    char text[64];
    size_t k = 0;
    snprintf(text, sizeof text, "%.*e", n - 1, fabs(v));
    const char *e = strchr(text, 'e');
    for (const char *p = text; p < e; p++)
        if (*p >= '0' && *p <= '9' && k + 1 < sizeof out->digits)
            out->digits[k++] = *p;
    while (k > 1 && out->digits[k - 1] == '0')
        k--;
    out->digits[k] = '\0';
    out->exponent = (int)strtol(e + 1, NULL, 10);
}

/* True when the decimal reads back as v. Without a point strtod is the same in every locale. */
static bool reads_back(const struct decimal *d, double v, bool single)
{
    char text[40];
    snprintf(text, sizeof text, "%se%d", d->digits, d->exponent - (int)strlen(d->digits) + 1);
    return single ? strtof(text, NULL) == (float)fabs(v) : strtod(text, NULL) == fabs(v);
}

/* Plain notation between 10^lowest and 10^highest, otherwise with an exponent, always with ".0"
 * where a fraction lacks: as Rust's serialisers write floats. */
static void put_decimal(struct wzp_signal_json_writer *w, const struct decimal *d, int lowest,
                        int highest)
{
    int count = (int)strlen(d->digits);
    int e = d->exponent;
    if (e >= 0 && e < highest) {
        for (int i = 0; i <= e; i++)
            put(w, i < count ? d->digits + i : "0", 1);
        put(w, ".", 1);
        wzp_signal_json_raw(w, e + 1 < count ? d->digits + e + 1 : "0");
    } else if (e < 0 && e >= lowest) {
        wzp_signal_json_raw(w, "0.");
        for (int i = -1; i > e; i--)
            put(w, "0", 1);
        wzp_signal_json_raw(w, d->digits);
    } else {
        char text[16];
        put(w, d->digits, 1);
        if (count > 1) {
            put(w, ".", 1);
            wzp_signal_json_raw(w, d->digits + 1);
        }
        snprintf(text, sizeof text, "e%d", e);
        wzp_signal_json_raw(w, text);
    }
}

static void put_shortest(struct wzp_signal_json_writer *w, double v, bool single)
{
    struct decimal d;
    if (!isfinite(v)) {
        if (!w->failed)
            w->failed = WZP_E_ARGUMENT;
        return;
    }
    int most = single ? 9 : 17;
    int n = 0;
    do {
        round_decimal(&d, v, ++n);
    } while (n < most && !reads_back(&d, v, single));
    if (signbit(v))
        put(w, "-", 1);
    put_decimal(w, &d, single ? -6 : -5, single ? 13 : 16);
}

void wzp_signal_json_float(struct wzp_signal_json_writer *w, float v)
{
    put_shortest(w, (double)v, true);
}

static void put_object(struct wzp_signal_json_writer *w, const json_t *object)
{
    put(w, "{", 1);
    /* The walk does not change the object; the library's iterator only lacks the const. */
    void *i = json_object_iter((json_t *)(uintptr_t)object);
    for (bool first = true; i; first = false) {
        if (!first)
            put(w, ",", 1);
        wzp_signal_json_string(w, json_object_iter_key(i));
        put(w, ":", 1);
        wzp_signal_json_value(w, json_object_iter_value(i));
        i = json_object_iter_next((json_t *)(uintptr_t)object, i);
    }
    put(w, "}", 1);
}

void wzp_signal_json_value(struct wzp_signal_json_writer *w, const json_t *value)
{
    char text[24];
    switch (json_typeof(value)) {
    case JSON_OBJECT: put_object(w, value); break;
    case JSON_ARRAY:
        put(w, "[", 1);
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0)
                put(w, ",", 1);
            wzp_signal_json_value(w, json_array_get(value, i));
        }
        put(w, "]", 1);
        break;
    case JSON_STRING: wzp_signal_json_string(w, json_string_value(value)); break;
    case JSON_INTEGER:
        snprintf(text, sizeof text, "%" PRId64, (int64_t)json_integer_value(value));
        wzp_signal_json_raw(w, text);
        break;
    case JSON_REAL: put_shortest(w, json_real_value(value), false); break;
    case JSON_TRUE: wzp_signal_json_raw(w, "true"); break;
    case JSON_FALSE: wzp_signal_json_raw(w, "false"); break;
    default: wzp_signal_json_raw(w, "null"); break;
    }
}

int wzp_signal_json_finish(struct wzp_signal_json_writer *w, char **text, size_t *length)
{
    int result = w->failed;
    *text = NULL;
    *length = 0;
    if (result < 0 || !w->data) {
        wzp_free(w->data);
        w->data = NULL;
        return result < 0 ? result : WZP_E_ARGUMENT;
    }
    w->data[w->length] = '\0';
    *text = w->data;
    *length = w->length;
    return 0;
}
