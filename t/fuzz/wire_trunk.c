/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trunk and compact frames: all that is walked lies within the input, and is written back the
 * same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/trunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_trunk(const uint8_t *data, size_t size)
{
    struct wzp_trunk_reader reader;
    struct wzp_trunk_entry entries[64];
    size_t count = 0;
    size_t used = 2;
    if (wzp_trunk_parse(&reader, data, size) != 0)
        return;
    unsigned announced = reader.left;
    struct wzp_trunk_entry entry;
    unsigned walked = 0;
    while (wzp_trunk_next(&reader, &entry)) {
        if (entry.data < data || entry.length > size - (size_t)(entry.data - data))
            abort();
        used += 4 + entry.length;
        if (count < 64)
            entries[count++] = entry;
        walked++;
    }
    if (walked != announced)
        abort();
    if (walked > 64 || used > UINT16_MAX)
        return;
    uint8_t *out = malloc(used);
    if (!out || wzp_trunk_write(out, used, entries, count) != (int)used ||
        memcmp(out, data, used) != 0)
        abort();
    free(out);
}

/* The input as compact frames, each behind its length in two bytes; what is read is sent through
 * a second pair of contexts. */
static void check_mini(const uint8_t *data, size_t size)
{
    struct wzp_mini_context reader = {0}, writer = {0}, second = {0};
    static uint8_t out[4096];
    while (size >= 2) {
        size_t n = wzp_get_be16(data) % 2048;
        data += 2;
        size -= 2;
        n = n < size ? n : size;
        struct wzp_media_packet packet, again;
        if (wzp_mini_parse(&reader, &packet, data, n) == 0) {
            int written = wzp_mini_write(&writer, out, sizeof out, &packet);
            if (written < 0 || wzp_mini_parse(&second, &again, out, (size_t)written) != 0 ||
                again.header.sequence != packet.header.sequence ||
                again.header.timestamp != packet.header.timestamp ||
                again.payload_length != packet.payload_length)
                abort();
        }
        data += n;
        size -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_trunk(data, size);
    check_mini(data, size);
    return 0;
}
