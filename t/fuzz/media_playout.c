/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A sequence of calls of a receiver: packets with any header at any time, pulls of any size.
 * Operations, by the low two bits of a byte: 0 waits (high bits * 4 ms), 1 pulls, 2 puts a packet
 * that continues the last one (high bits: what differs), 3 puts one with the 12 header bytes that
 * follow. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "media/receiver.h"

#define OPERATIONS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
};

static const uint8_t *take(struct input *in, size_t most, size_t *got)
{
    const uint8_t *at = in->data;

    *got = most < in->size ? most : in->size;
    in->data += *got;
    in->size -= *got;
    return at;
}

static void put(struct wzp_receiver *r, struct wzp_media_header *h, struct input *in, uint64_t now)
{
    struct wzp_media_packet packet;
    size_t got;
    const uint8_t *length = take(in, 1, &got);

    memset(&packet, 0, sizeof packet);
    packet.header = *h;
    packet.payload = take(in, got ? *length % 24u : 0, &packet.payload_length);
    wzp_receiver_put(r, &packet, now);
}

static void go_on(struct wzp_media_header *h, unsigned what)
{
    h->sequence++;
    h->timestamp += h->codec == 2 || h->codec == 4 ? 40 : 20;
    if (what & 1)
        h->sequence += 3, h->timestamp += 60;
    if (what & 2)
        h->codec = (uint8_t)((h->codec + what) % 9);
    if (what & 4)
        h->sequence -= 5, h->timestamp -= 100;
    if (what & 8)
        h->timestamp += 900;
    h->is_repair = what == 0x30;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct wzp_receiver *r;
    struct wzp_media_header h;
    struct wzp_playout_stats stats;
    uint64_t now = 3 * WZP_SECOND;
    int16_t pcm[1920];
    size_t got;

    if (wzp_receiver_new(&r) != 0)
        return 0;
    memset(&h, 0, sizeof h);
    if (size && data[0] & 0x80)
        wzp_receiver_set_expected(r, 1);
    for (int i = 0; i < OPERATIONS_MAX && in.size > 0; i++) {
        unsigned operation = *take(&in, 1, &got);
        unsigned what = operation >> 2;

        if ((operation & 3) == 0) {
            now += what * 4 * WZP_MILLISECOND;
        } else if ((operation & 3) == 1) {
            size_t samples = 48 * (size_t)(1 + what % 40);
            int heard = wzp_receiver_pull(r, pcm, samples, now);

            if (heard < 0 || (size_t)heard > wzp_receiver_stream_count(r))
                abort();
            now += samples * WZP_SECOND / 48000;
        } else if ((operation & 3) == 2) {
            go_on(&h, what);
            put(r, &h, &in, now);
        } else {
            const uint8_t *bytes = take(&in, 12, &got);
            struct wzp_media_packet parsed;

            if (wzp_media_parse(&parsed, bytes, got) == 0)
                h = parsed.header;
            put(r, &h, &in, now);
        }
        if (wzp_receiver_stream_count(r) > WZP_RECEIVER_STREAMS_MAX)
            abort();
    }
    wzp_receiver_stats(r, &stats, now);
    wzp_receiver_free(r);
    return 0;
}
