/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Codec2 frames and repairs with any numbers: what comes back are frames of the codec's length, in
 * the memory they belong to. Each packet is 10 bytes of input and up to 24 of payload. */
#include <stdlib.h>

#include "base/bytes.h"
#include "media/repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_media_packet packet, found[WZP_RAPTORQ_SOURCES_MAX];
    struct wzp_repair r = {0};
    while (size >= 10) {
        size_t length = data[0] & 31;
        if (length > size - 10)
            length = size - 10;
        packet = (struct wzp_media_packet){.header = {.codec = data[0] & 0x20 ? 4 : 3,
                                                      .is_repair = (data[0] & 0x40) != 0,
                                                      .sequence = wzp_get_be16(data + 1),
                                                      .timestamp = wzp_get_be32(data + 3),
                                                      .fec_block = data[7],
                                                      .fec_symbol = data[8]},
                                           .payload = data + 10,
                                           .payload_length = length};
        size_t count = wzp_repair_put(&r, &packet, found);
        if (count > WZP_RAPTORQ_SOURCES_MAX || wzp_repair_wait_ms(&r) > 280)
            abort();
        for (size_t i = 0; i < count; i++)
            if (found[i].payload_length != (packet.header.codec == 4 ? 6 : 8) ||
                found[i].payload < (const uint8_t *)&r ||
                found[i].payload + found[i].payload_length > (const uint8_t *)(&r + 1))
                abort();
        data += 10 + length;
        size -= 10 + length;
    }
    return 0;
}
