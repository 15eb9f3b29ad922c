/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/repair.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define PREFIX 2    /* bytes: length of the frame, little-endian */
#define MEMORY 64.0 /* frames over which the need is remembered */
/* Share of frames that must be rebuilt for the wait to begin, and to go on. The length of a block
 * in delay costs about as many points of R as one frame in twelve that is lost. */
#define NEED_HIGH 0.08
#define NEED_LOW 0.04

/* What is known of a block by the codec alone. */
struct shape {
    unsigned count; /* frames in a block */
    size_t bytes;   /* of a frame */
    unsigned frame_ms;
};

static bool shape_of(struct shape *out, unsigned codec)
{
    switch (codec) {
    case WZP_CODEC_CODEC2_1200: *out = (struct shape){8, 6, 40}; return true;
    case WZP_CODEC_CODEC2_3200: *out = (struct shape){5, 8, 20}; return true;
    default: return false;
    }
}

/* Where the packet's block begins. */
static void find_start(const struct shape *shape, const struct wzp_media_header *h,
                       uint16_t *sequence, uint32_t *timestamp)
{
    /* Repair packets carry the timestamp of the frame that follows their block. */
    unsigned frames = h->is_repair ? shape->count : h->fec_symbol;

    *sequence = (uint16_t)(h->sequence - h->fec_symbol);
    *timestamp = h->timestamp - frames * shape->frame_ms;
}

static struct wzp_repair_block *block_of(struct wzp_repair *r, const struct shape *shape,
                                         const struct wzp_media_header *h)
{
    uint16_t sequence;
    uint32_t timestamp;

    find_start(shape, h, &sequence, &timestamp);
    for (unsigned i = 0; i < WZP_REPAIR_BLOCKS; i++) {
        struct wzp_repair_block *b = &r->blocks[i];
        if (b->used && b->codec == h->codec && b->number == h->fec_block &&
            b->sequence == sequence && b->timestamp == timestamp)
            return b;
    }
    struct wzp_repair_block *b = &r->blocks[r->next++ % WZP_REPAIR_BLOCKS];
    memset(b, 0, sizeof *b);
    b->used = true;
    b->codec = h->codec;
    b->number = h->fec_block;
    b->sequence = sequence;
    b->timestamp = timestamp;
    b->code.count = shape->count;
    return b;
}

/* True for a valid frame, and for a repair symbol that is zero wherever all frames are zero. */
static bool is_sound(const struct shape *shape, const struct wzp_media_packet *packet)
{
    size_t used = PREFIX + shape->bytes;
    unsigned symbol = packet->header.fec_symbol;

    if (!packet->header.is_repair)
        return symbol < shape->count && packet->payload_length == shape->bytes;
    if (symbol < shape->count || symbol - shape->count >= WZP_RAPTORQ_REPAIRS_MAX ||
        packet->payload_length == 0 || packet->payload_length > 256)
        return false;
    for (size_t i = used; i < packet->payload_length; i++)
        if (packet->payload[i] != 0)
            return false;
    return true;
}

static void store(struct wzp_repair_block *b, const struct shape *shape,
                  const struct wzp_media_packet *packet)
{
    unsigned at = packet->header.fec_symbol;
    size_t length = packet->payload_length;

    if (!packet->header.is_repair) {
        b->code.sources[at][0] = (uint8_t)shape->bytes;
        memcpy(b->code.sources[at] + PREFIX, packet->payload, shape->bytes);
        b->code.has_source |= (uint16_t)(1u << at);
        return;
    }
    at -= shape->count;
    if (length > PREFIX + shape->bytes)
        length = PREFIX + shape->bytes;
    memcpy(b->code.repairs[at], packet->payload, length); /* the rest is zero */
    b->code.has_repair |= (uint16_t)(1u << at);
}

static bool is_stored(const struct wzp_repair_block *b, const struct wzp_media_header *h)
{
    if (!h->is_repair)
        return b->code.has_source >> h->fec_symbol & 1;
    return b->code.has_repair >> (h->fec_symbol - b->code.count) & 1;
}

/* A frame that was rebuilt is as long as all of them, and nothing follows it. */
static bool are_frames(const struct wzp_raptorq *code, uint16_t before, const struct shape *shape)
{
    for (unsigned i = 0; i < code->count; i++) {
        const uint8_t *symbol = code->sources[i];
        if (before >> i & 1)
            continue;
        if (symbol[0] != shape->bytes || symbol[1] != 0)
            return false;
        for (size_t k = PREFIX + shape->bytes; k < WZP_RAPTORQ_SYMBOL_MAX; k++)
            if (symbol[k] != 0)
                return false;
    }
    return true;
}

static size_t give_out(struct wzp_repair *r, const struct wzp_repair_block *b, uint16_t before,
                       const struct shape *shape, struct wzp_media_packet *out)
{
    size_t count = 0;

    for (unsigned i = 0; i < shape->count; i++) {
        if (before >> i & 1)
            continue;
        out[count++] =
            (struct wzp_media_packet){.header = {.codec = b->codec,
                                                 .sequence = (uint16_t)(b->sequence + i),
                                                 .timestamp = b->timestamp + i * shape->frame_ms,
                                                 .fec_block = b->number,
                                                 .fec_symbol = (uint8_t)i},
                                      .payload = b->code.sources[i] + PREFIX,
                                      .payload_length = shape->bytes};
    }
    r->rebuilt += count;
    for (unsigned i = 0; i < shape->count; i++)
        r->need += ((i < count ? 1.0 : 0.0) - r->need) / MEMORY;
    r->span_ms = (shape->count - 1) * shape->frame_ms;
    r->waits = r->need >= (r->waits ? NEED_LOW : NEED_HIGH);
    return count;
}

/* Tries to solve the block with the symbols received so far. */
static size_t try_to_solve(struct wzp_repair *r, struct wzp_repair_block *b,
                           const struct shape *shape, struct wzp_media_packet *out)
{
    uint16_t before = b->code.has_source;

    if (b->code.has_repair == 0)
        return 0;
    int result = wzp_raptorq_solve(&b->code);
    if (result == 0 && !are_frames(&b->code, before, shape))
        result = WZP_E_SYNTAX;
    if (result == WZP_E_STATE)
        return 0;
    b->solved = true;
    if (result == 0)
        return give_out(r, b, before, shape, out);
    /* It is unknown which symbol is forged or damaged: the block is given up. */
    r->contradicted++;
    return 0;
}

size_t wzp_repair_put(struct wzp_repair *r, const struct wzp_media_packet *packet,
                      struct wzp_media_packet *out)
{
    struct shape shape;

    if (!shape_of(&shape, packet->header.codec))
        return 0;
    if (!is_sound(&shape, packet)) {
        r->rejected++;
        return 0;
    }
    struct wzp_repair_block *b = block_of(r, &shape, &packet->header);
    if (b->solved || is_stored(b, &packet->header))
        return 0;
    store(b, &shape, packet);
    return try_to_solve(r, b, &shape, out);
}

unsigned wzp_repair_wait_ms(const struct wzp_repair *r)
{
    return r->waits ? r->span_ms : 0;
}
