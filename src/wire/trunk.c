/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trunk frames and compact frames. Source: wzp-protocol(7), Trunk, Compact frames. */
#include "wire/trunk.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define TRUNK_HEAD 2
#define ENTRY_HEAD 4
#define MINI_HEAD 5 /* with the tag */
#define TAG_FULL 0x00
#define TAG_MINI 0x01
#define MINIS_PER_FULL 49

int wzp_trunk_parse(struct wzp_trunk_reader *r, const uint8_t *data, size_t length)
{
    memset(r, 0, sizeof *r);
    if (length < TRUNK_HEAD)
        return WZP_E_SHORT;
    unsigned count = wzp_get_be16(data);
    size_t offset = TRUNK_HEAD;
    for (unsigned i = 0; i < count; i++) {
        if (length - offset < ENTRY_HEAD)
            return WZP_E_SHORT;
        size_t body = wzp_get_be16(data + offset + 2);
        offset += ENTRY_HEAD;
        if (length - offset < body)
            return WZP_E_SHORT;
        offset += body;
    }
    r->data = data;
    r->length = length;
    r->offset = TRUNK_HEAD;
    r->left = count;
    return 0;
}

int wzp_trunk_next(struct wzp_trunk_reader *r, struct wzp_trunk_entry *out)
{
    if (r->left == 0)
        return 0;
    const uint8_t *p = r->data + r->offset;
    memcpy(out->session, p, sizeof out->session);
    out->length = wzp_get_be16(p + 2);
    out->data = p + ENTRY_HEAD;
    r->offset += ENTRY_HEAD + out->length;
    r->left--;
    return 1;
}

int wzp_trunk_write(uint8_t *out, size_t capacity, const struct wzp_trunk_entry *entries,
                    size_t count)
{
    if (count > UINT16_MAX)
        return WZP_E_RANGE;
    size_t need = TRUNK_HEAD;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].length > UINT16_MAX)
            return WZP_E_RANGE;
        need += ENTRY_HEAD + entries[i].length;
        if (need > capacity || need > UINT16_MAX)
            return WZP_E_TOO_BIG;
    }
    if (need > capacity)
        return WZP_E_TOO_BIG;
    struct wzp_writer w;
    wzp_writer_init(&w, out, capacity);
    wzp_writer_be16(&w, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        wzp_writer_bytes(&w, entries[i].session, sizeof entries[i].session);
        wzp_writer_be16(&w, (uint16_t)entries[i].length);
        wzp_writer_bytes(&w, entries[i].data, entries[i].length);
    }
    return (int)w.length;
}

int wzp_mini_parse(struct wzp_mini_context *c, struct wzp_media_packet *out, const uint8_t *data,
                   size_t length)
{
    memset(out, 0, sizeof *out);
    if (length < 1)
        return WZP_E_SHORT;
    if (data[0] == TAG_FULL) {
        int result = wzp_media_parse(out, data + 1, length - 1);
        if (result < 0)
            return result;
        c->last = out->header;
        c->valid = 1;
        c->since_full = 0;
        return 0;
    }
    if (data[0] != TAG_MINI)
        return WZP_E_SYNTAX;
    if (length < MINI_HEAD)
        return WZP_E_SHORT;
    size_t payload = wzp_get_be16(data + 3);
    if (length - MINI_HEAD < payload)
        return WZP_E_SHORT;
    if (!c->valid)
        return WZP_E_STATE;
    c->last.sequence = (uint16_t)(c->last.sequence + 1);
    c->last.timestamp += wzp_get_be16(data + 1);
    c->last.has_report = false; /* a mini has none, whatever the full header before it said */
    c->since_full++;
    out->header = c->last;
    out->payload = data + MINI_HEAD;
    out->payload_length = payload;
    return 0;
}

/* True when the packet differs from its predecessor only in what a mini can say. */
static bool fits_mini(const struct wzp_mini_context *c, const struct wzp_media_packet *packet)
{
    const struct wzp_media_header *h = &packet->header;
    const struct wzp_media_header *last = &c->last;
    return c->valid && c->since_full < MINIS_PER_FULL && !h->has_report && !h->is_repair &&
           !last->is_repair && h->version == last->version && h->codec == last->codec &&
           h->fec_ratio == last->fec_ratio && h->unused_bits == last->unused_bits &&
           h->fec_block == last->fec_block && h->fec_symbol == last->fec_symbol &&
           h->sender == last->sender && h->csrc_count == last->csrc_count &&
           h->sequence == (uint16_t)(last->sequence + 1) &&
           h->timestamp - last->timestamp <= UINT16_MAX && packet->payload_length <= UINT16_MAX;
}

int wzp_mini_write(struct wzp_mini_context *c, uint8_t *out, size_t capacity,
                   const struct wzp_media_packet *packet)
{
    if (!fits_mini(c, packet)) {
        if (capacity < 1)
            return WZP_E_TOO_BIG;
        int n = wzp_media_write(out + 1, capacity - 1, packet);
        if (n < 0)
            return n;
        out[0] = TAG_FULL;
        c->last = packet->header;
        c->valid = 1;
        c->since_full = 0;
        return n + 1;
    }
    if (capacity < MINI_HEAD || packet->payload_length > capacity - MINI_HEAD)
        return WZP_E_TOO_BIG;
    if (packet->payload_length > 0)
        memmove(out + MINI_HEAD, packet->payload, packet->payload_length);
    out[0] = TAG_MINI;
    wzp_put_be16(out + 1, (uint16_t)(packet->header.timestamp - c->last.timestamp));
    wzp_put_be16(out + 3, (uint16_t)packet->payload_length);
    c->last = packet->header;
    c->since_full++;
    return (int)(MINI_HEAD + packet->payload_length);
}
