/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Media datagrams, plain and federated: what is accepted is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct wzp_media_packet *packet, const uint8_t *data, size_t size)
{
    uint8_t *out = malloc(size);
    if (!out || packet->payload < data || packet->payload_length > size)
        abort();
    if (wzp_media_write(out, size, packet) != (int)size || memcmp(out, data, size) != 0)
        abort();
    if (wzp_media_write(out, size - 1, packet) >= 0)
        abort();
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_media_packet packet;
    const uint8_t *tag;
    if (size > UINT16_MAX)
        return 0;
    if (wzp_media_parse(&packet, data, size) == 0)
        check(&packet, data, size);
    if (wzp_federation_parse(&tag, &packet, data, size) == 0) {
        if (tag != data)
            abort();
        check(&packet, data + WZP_FEDERATION_TAG_SIZE, size - WZP_FEDERATION_TAG_SIZE);
    }
    if (size >= sizeof(double)) {
        struct wzp_quality_report report;
        double loss;
        memcpy(&loss, data, sizeof loss);
        wzp_quality_report_make(&report, loss, wzp_get_be32(data), wzp_get_be32(data + 4), 0);
        float ratio;
        memcpy(&ratio, data, sizeof ratio);
        if (wzp_fec_ratio_encode(ratio) > 127)
            abort();
    }
    return 0;
}
