/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any bytes as an Opus packet: copies are views into it, removing them and padding never makes it
 * longer, and copies that are added are found again. */
#include <stdlib.h>
#include <string.h>

#include "media/copies.h"
#include "media/encoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_copy found[WZP_COPIES_MAX], again[WZP_COPIES_MAX];
    uint8_t packet[WZP_FRAME_BYTES_MAX], bare[WZP_FRAME_BYTES_MAX], plain[WZP_FRAME_BYTES_MAX];
    size_t length = size < sizeof packet ? size : sizeof packet;

    memcpy(packet, data, length);
    size_t count = wzp_copies_read(found, packet, length);
    for (size_t i = 0; i < count; i++)
        need(found[i].data >= packet && found[i].length <= length &&
             found[i].data + found[i].length <= packet + length && found[i].length > 0);
    size_t without = wzp_copies_strip(plain, packet, length);
    need(without <= length && (count == 0 || without < length));
    size_t frame = wzp_copies_bare(bare, packet, length);
    need(frame <= length);
    /* Adds the frame itself and the copies that were in it, into a limited capacity. */
    struct wzp_copy first = {1, 20, bare, frame};
    size_t capacity = length + (size > 0 ? data[size - 1] : 0);
    if (capacity > sizeof packet)
        capacity = sizeof packet;
    memcpy(packet, plain, without);
    if (wzp_copies_read(again, packet, without) > 0)
        return 0; /* a second extension hid behind the first */
    size_t total = wzp_copies_write(packet, without, capacity, &first, 1);
    need(total <= capacity || total == without);
    if (total == without)
        return 0;
    need(wzp_copies_read(again, packet, total) == 1 && again[0].numbers == 1 &&
         again[0].back_ms == 20 && again[0].length == frame &&
         memcmp(again[0].data, bare, frame) == 0);
    need(wzp_copies_strip(plain, packet, total) <= total &&
         wzp_copies_bare(plain, packet, total) == frame && memcmp(plain, bare, frame) == 0);
    return 0;
}
