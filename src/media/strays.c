/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/strays.h"

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"

void wzp_strays_keep(struct wzp_strays *s, const struct wzp_media_packet *packet, uint64_t now)
{
    struct wzp_stray *c = &s->kept[s->next++ % WZP_STRAYS];

    c->used = true;
    c->arrival = now;
    c->header = packet->header;
    c->length = (uint16_t)packet->payload_length;
    memcpy(c->data, packet->payload, packet->payload_length);
}

static bool confirms(const struct wzp_stray *c, int distance, int64_t step, uint64_t now)
{
    if (!c->used || wzp_time_since(now, c->arrival) > 2 * WZP_SECOND)
        return false;
    if (distance < 1 || distance > 16)
        return false;
    return (step >= 10 * distance && step <= 80 * distance) ||
           (step >= 10 * WZP_SAMPLES_PER_MS * distance &&
            step <= 80 * WZP_SAMPLES_PER_MS * distance);
}

const struct wzp_stray *wzp_strays_confirmed(const struct wzp_strays *s,
                                             const struct wzp_media_header *h, unsigned *per_ms,
                                             uint64_t now)
{
    for (size_t i = 0; i < WZP_STRAYS; i++) {
        const struct wzp_stray *c = &s->kept[i];
        int distance = wzp_serial16(h->sequence, c->header.sequence);
        int64_t step = wzp_serial32(h->timestamp, c->header.timestamp);

        if (!confirms(c, distance, step, now))
            continue;
        *per_ms = step > 80 * distance ? WZP_SAMPLES_PER_MS : 1;
        return c;
    }
    return NULL;
}

void wzp_strays_forget(struct wzp_strays *s)
{
    for (size_t i = 0; i < WZP_STRAYS; i++)
        s->kept[i].used = false;
}
