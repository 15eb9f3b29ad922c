/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets that share the socket with QUIC: STUN, hole punching, anything else. They are recognised
 * by the first byte and passed to the owner; the owner's own wait in a short queue. Nothing here
 * touches a connection. Source: wzp-protocol(7), One socket; RFC 9443 4, RFC 9000 17.2.1. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"

struct wzp_quic_raw {
    struct wzp_quic_raw *next;
    struct wzp_addr local, remote;
    size_t length;
    uint8_t data[];
};

/* RFC 9443: 64..127 is a short header, 192..255 a long one (we never ask a peer to clear the fixed
 * bit, so it is always set). The six bits below the first of a Version Negotiation packet may be
 * anything; it names version 0, which RTP in the same range has no reason to look like. */
bool wzp_quic_first_byte(const uint8_t *data, size_t length)
{
    static const uint8_t no_version[4] = {0};
    if (length == 0 || data[0] < 64)
        return false;
    if (data[0] < 128 || data[0] >= 192)
        return true;
    return length >= 5 && memcmp(data + 1, no_version, sizeof no_version) == 0;
}

void wzp_quic_raw_hand_over(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                            const struct wzp_addr *remote, const uint8_t *data, size_t length,
                            uint64_t now)
{
    ep->counters.other_in++;
    if (ep->callbacks.other)
        ep->callbacks.other(ep->owner, local, remote, data, length, now);
}

int wzp_quic_endpoint_send_raw(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                               const struct wzp_addr *remote, const void *data, size_t length)
{
    if (wzp_addr_is_none(local) || wzp_addr_is_none(remote) || wzp_addr_port(remote) == 0 ||
        wzp_addr_is_v6(local) != wzp_addr_is_v6(remote) || length == 0)
        return WZP_E_ARGUMENT;
    struct wzp_quic_raw *r = NULL;
    int result = length > WZP_QUIC_RAW_MAX             ? WZP_E_TOO_BIG
                 : ep->raw_count >= WZP_QUIC_RAW_QUEUE ? WZP_E_LIMIT
                                                       : 0;
    if (result == 0) {
        r = wzp_alloc(sizeof *r + length);
        result = r ? 0 : WZP_E_MEMORY;
    }
    if (result < 0) {
        ep->counters.raw_dropped++;
        return result;
    }
    r->next = NULL;
    r->local = *local;
    r->remote = *remote;
    r->length = length;
    memcpy(r->data, data, length);
    *(ep->raw ? &ep->raw_last->next : &ep->raw) = r;
    ep->raw_last = r;
    ep->raw_count++;
    return 0;
}

static void drop_first(struct wzp_quic_endpoint *ep)
{
    struct wzp_quic_raw *r = ep->raw;
    ep->raw = r->next;
    ep->raw_count--;
    wzp_free(r);
}

int wzp_quic_raw_write(struct wzp_quic_endpoint *ep, struct wzp_packet *out)
{
    const struct wzp_quic_raw *r = ep->raw;
    if (!r)
        return 0;
    memcpy(out->data, r->data, r->length);
    out->local = r->local;
    out->remote = r->remote;
    out->length = out->segment = r->length;
    out->ecn = 0;
    ep->counters.raw_out++;
    drop_first(ep);
    return 1;
}

void wzp_quic_raw_clear(struct wzp_quic_endpoint *ep)
{
    while (ep->raw)
        drop_first(ep);
}
