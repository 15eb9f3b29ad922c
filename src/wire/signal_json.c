/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON written by hand. Source: wzp-protocol(7), JSON. */
#include "wire/signal_json.h"

#include <inttypes.h>
#include <jansson.h>
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

void wzp_signal_use_allocator(void)
{
    json_set_alloc_funcs(wzp_alloc, wzp_free);
    json_object_seed(0); /* now, before there are threads */
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

void wzp_signal_json_bytes(struct wzp_signal_json_writer *w, const char *text, size_t length)
{
    put(w, text, length);
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

/* True when the decimal reads back as v. Without a point strtof is the same in every locale. */
static bool reads_back(const struct decimal *d, float v)
{
    char text[40];
    snprintf(text, sizeof text, "%se%d", d->digits, d->exponent - (int)strlen(d->digits) + 1);
    return strtof(text, NULL) == fabsf(v);
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

void wzp_signal_json_float(struct wzp_signal_json_writer *w, float v)
{
    struct decimal d;
    if (!isfinite(v)) {
        if (!w->failed)
            w->failed = WZP_E_ARGUMENT;
        return;
    }
    int n = 0;
    do {
        round_decimal(&d, (double)v, ++n);
    } while (n < 9 && !reads_back(&d, v));
    if (signbit(v))
        put(w, "-", 1);
    put_decimal(w, &d, -6, 13);
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
