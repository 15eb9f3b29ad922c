/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Collects one length-prefixed message from stream bytes. Source: wzp-protocol(7), Streams and
 * frames. */
#include "wire/frame.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"

#define FIRST_CAPACITY 1024

void wzp_frame_init(struct wzp_frame *f, size_t limit)
{
    memset(f, 0, sizeof *f);
    f->limit = limit;
}

void wzp_frame_fini(struct wzp_frame *f)
{
    if (f->text)
        wzp_wipe(f->text, f->capacity); /* it may have been a token */
    wzp_free(f->text);
    f->text = NULL;
    f->capacity = 0;
}

/* Makes room for `need` bytes of text and the final 0, doubling, never beyond what was
 * announced. */
static int reserve(struct wzp_frame *f, size_t need)
{
    if (need + 1 <= f->capacity)
        return 0;
    size_t capacity = f->capacity > 0 ? f->capacity : FIRST_CAPACITY;
    while (capacity < need + 1)
        capacity *= 2;
    if (capacity > f->length + 1)
        capacity = f->length + 1;
    char *text = wzp_realloc(f->text, capacity);
    if (!text)
        return WZP_E_MEMORY;
    f->text = text;
    f->capacity = capacity;
    return 0;
}

int wzp_frame_feed(struct wzp_frame *f, const uint8_t *data, size_t length)
{
    if (f->complete)
        return 1;
    while (f->have < WZP_FRAME_PREFIX && length > 0) {
        f->prefix[f->have++] = *data++;
        length--;
        if (f->have == WZP_FRAME_PREFIX)
            f->length = wzp_get_be32(f->prefix);
    }
    if (f->have < WZP_FRAME_PREFIX)
        return 0;
    if (f->length == 0)
        return WZP_E_SYNTAX;
    if (f->length > f->limit)
        return WZP_E_TOO_BIG;
    size_t filled = f->have - WZP_FRAME_PREFIX;
    size_t take = f->length - filled;
    if (take > length)
        take = length;
    if (take > 0) {
        int result = reserve(f, filled + take);
        if (result < 0)
            return result;
        memcpy(f->text + filled, data, take);
        f->have += take;
        filled += take;
    }
    if (filled < f->length)
        return 0;
    f->text[f->length] = '\0';
    f->complete = 1;
    return 1;
}
