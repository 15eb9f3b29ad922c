/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"

#define FIRST_CAPACITY 256

/* What an empty buffer points at; never written to. */
static const char nothing[1] = "";

static void forget(struct wzp_buffer *b)
{
    if (b->capacity > 0)
        wzp_free(b->text);
    b->text = (char *)(uintptr_t)nothing;
    b->length = b->capacity = 0;
    b->result = 0;
}

void wzp_buffer_init(struct wzp_buffer *b, size_t limit)
{
    *b = (struct wzp_buffer){.limit = limit};
    forget(b);
}

void wzp_buffer_fini(struct wzp_buffer *b)
{
    forget(b);
}

void wzp_buffer_clear(struct wzp_buffer *b)
{
    if (b->capacity > 0)
        b->text[0] = 0;
    b->length = 0;
    b->result = 0;
}

static int grow(struct wzp_buffer *b, size_t capacity)
{
    char *text = wzp_realloc(b->capacity > 0 ? b->text : NULL, capacity);
    if (!text)
        return WZP_E_MEMORY;
    text[b->length] = 0;
    b->text = text;
    b->capacity = capacity;
    return 0;
}

/* Room for `more` bytes and the final 0. False: b->result says why. */
static bool make_room(struct wzp_buffer *b, size_t more)
{
    if (b->result)
        return false;
    if (more > b->limit - b->length) {
        b->result = WZP_E_TOO_BIG;
        return false;
    }
    size_t needed = b->length + more + 1;
    if (needed <= b->capacity)
        return true;
    size_t capacity = b->capacity > 0 ? b->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : 2 * capacity;
    b->result = grow(b, capacity);
    return b->result == 0;
}

void wzp_buffer_add(struct wzp_buffer *b, const void *bytes, size_t length)
{
    if (length == 0 || !make_room(b, length))
        return;
    memcpy(b->text + b->length, bytes, length);
    b->length += length;
    b->text[b->length] = 0;
}

void wzp_buffer_text(struct wzp_buffer *b, const char *text)
{
    wzp_buffer_add(b, text, strlen(text));
}

void wzp_buffer_char(struct wzp_buffer *b, char c)
{
    wzp_buffer_add(b, &c, 1);
}

void wzp_buffer_format(struct wzp_buffer *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length <= 0 || !make_room(b, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(b->text + b->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    b->length += (size_t)length;
}

int wzp_buffer_take(struct wzp_buffer *b, char **out, size_t *length)
{
    int result = b->result;
    *out = NULL;
    if (length)
        *length = 0;
    if (!result && b->capacity == 0)
        result = grow(b, 1);
    if (!result) {
        *out = b->text;
        if (length)
            *length = b->length;
        b->capacity = 0; /* no longer ours */
    }
    forget(b);
    return result;
}
