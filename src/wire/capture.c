/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wire/capture.h"

#include <string.h>

#include "base/addr.h"
#include "base/text.h"
#include "wire/pcapng.h"

/* Tags of an exported PDU: big-endian, each a multiple of four bytes. */
enum {
    TAG_END = 0,
    TAG_PROTOCOL = 12,
    TAG_IP4_FROM = 20,
    TAG_IP4_TO = 21,
    TAG_IP6_FROM = 22,
    TAG_IP6_TO = 23,
    TAG_PORT_TYPE = 24,
    TAG_PORT_FROM = 25,
    TAG_PORT_TO = 26
};
#define PORT_TYPE_UDP 3
#define LINK_EXPORTED_PDU 252
#define PROTOCOL "wzp" /* with its final 0 one tag of four bytes */
#define LOCAL_BLOCK 0x80575a50u
#define NANOSECONDS 9
#define FLAG_IN 1u
#define FLAG_OUT 2u

static const char *const kind_names[WZP_CAPTURE_KINDS] = {
    [WZP_CAPTURE_UNKNOWN] = "",
    [WZP_CAPTURE_CALL] = "wzp call",
    [WZP_CAPTURE_ROOM] = "wzp room",
    [WZP_CAPTURE_RELAY] = "wzp relay",
};

/* ---- writing ---- */

int wzp_capture_write_head(uint8_t *out, size_t capacity, const char *program)
{
    struct wzp_pcapng_writer w;

    wzp_pcapng_begin(&w, out, capacity, WZP_PCAPNG_SECTION);
    wzp_pcapng_u32(&w, WZP_PCAPNG_MAGIC);
    wzp_pcapng_u16(&w, 1);
    wzp_pcapng_u16(&w, 0);
    wzp_pcapng_u32(&w, UINT32_MAX); /* how long the section is will be seen */
    wzp_pcapng_u32(&w, UINT32_MAX);
    wzp_pcapng_option(&w, WZP_PCAPNG_USER_APPLICATION, program, strlen(program));
    return wzp_pcapng_end(&w);
}

int wzp_capture_write_interface(uint8_t *out, size_t capacity, enum wzp_capture_kind kind,
                                const char *name)
{
    const uint8_t resolution = NANOSECONDS;
    struct wzp_pcapng_writer w;

    wzp_pcapng_begin(&w, out, capacity, WZP_PCAPNG_INTERFACE);
    wzp_pcapng_u16(&w, LINK_EXPORTED_PDU);
    wzp_pcapng_u16(&w, 0);
    wzp_pcapng_u32(&w, 0); /* nothing is cut off */
    wzp_pcapng_option(&w, WZP_PCAPNG_INTERFACE_NAME, name, strlen(name));
    wzp_pcapng_option(&w, WZP_PCAPNG_INTERFACE_DESCRIPTION, kind_names[kind],
                      strlen(kind_names[kind]));
    wzp_pcapng_option(&w, WZP_PCAPNG_INTERFACE_RESOLUTION, &resolution, 1);
    return wzp_pcapng_end(&w);
}

static void tag(struct wzp_writer *w, uint16_t code, const void *value, size_t length)
{
    wzp_writer_be16(w, code);
    wzp_writer_be16(w, (uint16_t)length);
    wzp_writer_bytes(w, value, length);
}

static void tag_number(struct wzp_writer *w, uint16_t code, uint32_t value)
{
    wzp_writer_be16(w, code);
    wzp_writer_be16(w, 4);
    wzp_writer_be32(w, value);
}

static void tag_address(struct wzp_writer *w, const struct wzp_addr *address, bool is_source)
{
    if (wzp_addr_is_none(address))
        return;
    if (wzp_addr_is_v6(address))
        tag(w, is_source ? TAG_IP6_FROM : TAG_IP6_TO, &address->u.in6.sin6_addr, 16);
    else
        tag(w, is_source ? TAG_IP4_FROM : TAG_IP4_TO, &address->u.in.sin_addr, 4);
    tag_number(w, is_source ? TAG_PORT_FROM : TAG_PORT_TO, wzp_addr_port(address));
}

static int write_packet(uint8_t *out, size_t capacity, const struct wzp_capture_record *record)
{
    uint8_t tags[128];
    uint8_t flags[4] = {record->outgoing ? FLAG_OUT : FLAG_IN};
    struct wzp_writer t;
    struct wzp_pcapng_writer w;

    if (record->length > WZP_CAPTURE_PACKET_MAX)
        return WZP_E_TOO_BIG;
    wzp_writer_init(&t, tags, sizeof tags);
    tag(&t, TAG_PROTOCOL, PROTOCOL, sizeof PROTOCOL);
    tag_address(&t, record->outgoing ? &record->local : &record->remote, true);
    tag_address(&t, record->outgoing ? &record->remote : &record->local, false);
    tag_number(&t, TAG_PORT_TYPE, PORT_TYPE_UDP);
    tag(&t, TAG_END, NULL, 0);
    wzp_pcapng_begin(&w, out, capacity, WZP_PCAPNG_PACKET);
    wzp_pcapng_u32(&w, record->interface);
    wzp_pcapng_time(&w, record->at);
    wzp_pcapng_u32(&w, (uint32_t)(t.length + record->length));
    wzp_pcapng_u32(&w, (uint32_t)(t.length + record->length));
    wzp_pcapng_bytes(&w, tags, t.length);
    wzp_pcapng_bytes(&w, record->data, record->length);
    wzp_pcapng_pad(&w);
    wzp_pcapng_option(&w, WZP_PCAPNG_PACKET_FLAGS, flags, sizeof flags);
    return wzp_pcapng_end(&w);
}

int wzp_capture_write(uint8_t *out, size_t capacity, const struct wzp_capture_record *record)
{
    struct wzp_pcapng_writer w;

    if (record->type == WZP_CAPTURE_PACKET)
        return write_packet(out, capacity, record);
    wzp_pcapng_begin(&w, out, capacity, LOCAL_BLOCK);
    wzp_pcapng_u32(&w, record->type);
    wzp_pcapng_time(&w, record->at);
    if (record->type == WZP_CAPTURE_PULL) {
        wzp_pcapng_u32(&w, record->samples);
    } else {
        wzp_pcapng_u32(&w, WZP_CAPTURE_COUNT_KINDS);
        for (size_t i = 0; i < WZP_CAPTURE_COUNT_KINDS; i++)
            wzp_pcapng_u32(&w, record->counts[i]);
    }
    return wzp_pcapng_end(&w);
}

/* ---- reading ---- */

int wzp_capture_open(struct wzp_capture_reader *r, const uint8_t *data, size_t length)
{
    struct wzp_pcapng_block block;

    *r = (struct wzp_capture_reader){.data = data, .length = length};
    size_t offset = 0;
    if (wzp_pcapng_block(&block, data, length, &offset, &r->is_big_endian) != 1 ||
        block.type != WZP_PCAPNG_SECTION)
        return WZP_E_SYNTAX;
    return 0;
}

static void take_interface_option(struct wzp_capture_reader *r, const struct wzp_pcapng_option *o)
{
    size_t at = r->interface_count;

    if (o->code == WZP_PCAPNG_INTERFACE_NAME)
        wzp_text_filter(r->interfaces[at].name, sizeof r->interfaces[at].name,
                        (const char *)o->value, o->length);
    if (o->code == WZP_PCAPNG_INTERFACE_RESOLUTION && o->length == 1)
        r->interfaces[at].resolution = o->value[0];
    if (o->code != WZP_PCAPNG_INTERFACE_DESCRIPTION)
        return;
    for (int kind = 1; kind < WZP_CAPTURE_KINDS; kind++)
        if (strlen(kind_names[kind]) == o->length &&
            memcmp(kind_names[kind], o->value, o->length) == 0)
            r->interfaces[at].kind = (enum wzp_capture_kind)kind;
}

/* Interfaces beyond the maximum are not kept; their packets count as foreign. */
static void take_interface(struct wzp_capture_reader *r, const struct wzp_pcapng_block *block)
{
    struct wzp_pcapng_option option;
    size_t offset = 8;
    size_t at = r->interface_count;

    if (at == WZP_CAPTURE_INTERFACES_MAX || block->length < 8)
        return;
    memset(&r->interfaces[at], 0, sizeof r->interfaces[at]);
    r->interfaces[at].resolution = 6;
    r->interfaces[at].is_ours =
        wzp_pcapng_get16(block->body, r->is_big_endian) == LINK_EXPORTED_PDU;
    while (wzp_pcapng_next_option(&option, block, &offset, r->is_big_endian))
        take_interface_option(r, &option);
    r->interface_count++;
}

/* Ticks of an interface as ns; what does not fit is far away, and never wraps. */
static uint64_t nanoseconds(uint64_t ticks, uint8_t resolution)
{
    uint64_t factor = 1;

    if (resolution & 0x80) {
        unsigned bits = resolution & 0x7f;
        if (bits >= 64)
            return 0;
        uint64_t whole = ticks >> bits, rest = ticks & ((UINT64_C(1) << bits) - 1);
        if (bits > 32)
            rest >>= bits - 32;
        uint64_t part = rest * UINT64_C(1000000000) >> (bits > 32 ? 32 : bits);
        return whole > UINT64_MAX / UINT64_C(1000000000) - 1 ? UINT64_MAX
                                                             : whole * UINT64_C(1000000000) + part;
    }
    for (int power = resolution; power > 9; power--)
        ticks /= 10;
    for (int power = resolution; power < 9; power++)
        factor *= 10;
    return ticks > UINT64_MAX / factor ? UINT64_MAX : ticks * factor;
}

static void set_address(struct wzp_addr *out, const uint8_t *ip, size_t length, uint16_t port)
{
    if (length == 4)
        wzp_addr_from_ip4(out, ip, port);
    else if (length == 16)
        wzp_addr_from_ip6(out, ip, port);
}

/* The tags before a packet. False when they are not ours. */
static bool take_tags(struct wzp_capture_record *out, const uint8_t *data, size_t length,
                      bool *is_ours)
{
    const uint8_t *ip[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    uint16_t ports[2] = {0, 0};
    struct wzp_reader r;

    *is_ours = false;
    wzp_reader_init(&r, data, length);
    for (;;) {
        unsigned code = wzp_reader_be16(&r);
        size_t size = wzp_reader_be16(&r);
        const uint8_t *value = wzp_reader_bytes(&r, size);
        if (r.failed)
            return false;
        if (code == TAG_END)
            break;
        if (code == TAG_PROTOCOL)
            *is_ours = size >= sizeof PROTOCOL && memcmp(value, PROTOCOL, sizeof PROTOCOL) == 0;
        if ((code >= TAG_IP4_FROM && code <= TAG_IP6_TO) &&
            size == (code < TAG_IP6_FROM ? 4 : 16)) {
            ip[(code - TAG_IP4_FROM) & 1] = value;
            sizes[(code - TAG_IP4_FROM) & 1] = size;
        }
        if ((code == TAG_PORT_FROM || code == TAG_PORT_TO) && size == 4)
            ports[code - TAG_PORT_FROM] = wzp_get_be16(value + 2);
    }
    for (int i = 0; i < 2; i++)
        if (ip[i])
            set_address((i == 0) == out->outgoing ? &out->local : &out->remote, ip[i], sizes[i],
                        ports[i]);
    out->data = data + r.offset;
    out->length = length - r.offset;
    return true;
}

static bool take_packet(struct wzp_capture_reader *r, const struct wzp_pcapng_block *block,
                        struct wzp_capture_record *out)
{
    const uint8_t *p = block->body;
    struct wzp_pcapng_option option;
    bool big = r->is_big_endian, is_ours = false;

    if (block->length < 20)
        return false;
    uint32_t interface = wzp_pcapng_get32(p, big);
    uint32_t captured = wzp_pcapng_get32(p + 12, big);
    if (captured > block->length - 20 || interface >= r->interface_count ||
        !r->interfaces[interface].is_ours)
        return false;
    size_t offset = 20 + (((size_t)captured + 3) & ~(size_t)3);
    out->outgoing = false;
    while (wzp_pcapng_next_option(&option, block, &offset, big))
        if (option.code == WZP_PCAPNG_PACKET_FLAGS && option.length == 4)
            out->outgoing = (wzp_pcapng_get32(option.value, big) & 3) == FLAG_OUT;
    out->type = WZP_CAPTURE_PACKET;
    out->interface = interface;
    out->at =
        nanoseconds((uint64_t)wzp_pcapng_get32(p + 4, big) << 32 | wzp_pcapng_get32(p + 8, big),
                    r->interfaces[interface].resolution);
    return take_tags(out, p + 20, captured, &is_ours) && is_ours &&
           out->length <= WZP_CAPTURE_PACKET_MAX;
}

static bool take_local(const struct wzp_capture_reader *r, const struct wzp_pcapng_block *block,
                       struct wzp_capture_record *out)
{
    const uint8_t *p = block->body;
    bool big = r->is_big_endian;

    if (block->length < 16)
        return false;
    uint32_t type = wzp_pcapng_get32(p, big), value = wzp_pcapng_get32(p + 12, big);
    out->at = (uint64_t)wzp_pcapng_get32(p + 4, big) << 32 | wzp_pcapng_get32(p + 8, big);
    out->samples = value;
    out->type = type == WZP_CAPTURE_PULL ? WZP_CAPTURE_PULL : WZP_CAPTURE_COUNTS;
    if (type == WZP_CAPTURE_PULL)
        return true;
    if (type != WZP_CAPTURE_COUNTS)
        return false;
    for (size_t i = 0; i < value && i < WZP_CAPTURE_COUNT_KINDS && 16 + 4 * i + 4 <= block->length;
         i++)
        out->counts[i] = wzp_pcapng_get32(p + 16 + 4 * i, big);
    return true;
}

int wzp_capture_next(struct wzp_capture_reader *r, struct wzp_capture_record *out)
{
    struct wzp_pcapng_block block;

    for (;;) {
        memset(out, 0, sizeof *out);
        int result = wzp_pcapng_block(&block, r->data, r->length, &r->offset, &r->is_big_endian);
        if (result == WZP_E_SHORT) {
            r->is_cut = true;
            return 0;
        }
        if (result <= 0)
            return result;
        if (block.type == WZP_PCAPNG_SECTION) {
            r->interface_count = 0;
        } else if (block.type == WZP_PCAPNG_INTERFACE) {
            take_interface(r, &block);
        } else if (block.type == WZP_PCAPNG_PACKET) {
            if (take_packet(r, &block, out))
                return 1;
            r->foreign++;
        } else if (block.type == LOCAL_BLOCK && take_local(r, &block, out)) {
            return 1;
        }
    }
}
