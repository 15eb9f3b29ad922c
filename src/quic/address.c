/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What one address costs us: its connections and the bytes of unfinished messages that they hold.
 * Source addresses can be forged, so only connections of validated addresses count in full:
 * validated by a Retry token, or by finishing the handshake. Connections that are not validated
 * have a small limit per address; beyond it new ones get a Retry, which costs no memory. Source:
 * RFC 9000 8.1, 21.3. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"

struct wzp_quic_address {
    size_t validated, unvalidated; /* connections */
    size_t held;                   /* bytes of unfinished messages */
};

/* The address without its port; of IPv6 the first 64 bits, which is what one customer has. */
static size_t key_of(uint8_t out[8], const struct wzp_addr *addr)
{
    if (wzp_addr_is_v6(addr)) {
        memcpy(out, addr->u.in6.sin6_addr.s6_addr, 8);
        return 8;
    }
    memcpy(out, &addr->u.in.sin_addr, 4);
    return 4;
}

static struct wzp_quic_address *find(struct wzp_quic_endpoint *ep, const struct wzp_addr *remote)
{
    uint8_t key[8];
    size_t length = key_of(key, remote);
    return wzp_map_get(&ep->addresses, key, length);
}

static bool is_full(const struct wzp_quic_endpoint *ep, const struct wzp_quic_address *a)
{
    return ep->per_address_limit > 0 && a->validated >= ep->per_address_limit;
}

enum wzp_quic_admission wzp_quic_address_ask(struct wzp_quic_endpoint *ep,
                                             const struct wzp_addr *remote, bool validated)
{
    const struct wzp_quic_address *a = find(ep, remote);
    if (a && is_full(ep, a))
        return WZP_QUIC_REFUSE;
    if (!validated &&
        (ep->half_open >= ep->half_open_limit || (a && a->unvalidated >= WZP_QUIC_UNVALIDATED_MAX)))
        return WZP_QUIC_RETRY;
    return WZP_QUIC_ADMIT;
}

int wzp_quic_address_take(struct wzp_quic_conn *conn, const struct wzp_addr *remote, bool validated)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    struct wzp_quic_address *a = find(ep, remote);
    if (!a) {
        uint8_t key[8];
        a = wzp_calloc(1, sizeof *a);
        if (!a)
            return WZP_E_MEMORY;
        int result = wzp_map_put(&ep->addresses, key, key_of(key, remote), a);
        if (result < 0) {
            wzp_free(a);
            return result;
        }
    }
    if (validated)
        a->validated++;
    else
        a->unvalidated++;
    conn->address = a;
    conn->address_validated = validated;
    conn->counted = *remote;
    return 0;
}

bool wzp_quic_address_validate(struct wzp_quic_conn *conn)
{
    struct wzp_quic_address *a = conn->address;
    if (!a || conn->address_validated)
        return true;
    if (is_full(conn->ep, a))
        return false;
    conn->address_validated = true;
    a->unvalidated--;
    a->validated++;
    return true;
}

bool wzp_quic_address_hold(struct wzp_quic_conn *conn, size_t bytes)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    struct wzp_quic_address *a = conn->address;
    ep->held += bytes - conn->held;
    if (a)
        a->held += bytes - conn->held;
    conn->held = bytes;
    return ep->held <= WZP_QUIC_ENDPOINT_HELD && (!a || a->held <= WZP_QUIC_ADDRESS_HELD);
}

void wzp_quic_address_release(struct wzp_quic_conn *conn)
{
    struct wzp_quic_address *a = conn->address;
    wzp_quic_address_hold(conn, 0);
    if (!a)
        return;
    if (conn->address_validated)
        a->validated--;
    else
        a->unvalidated--;
    conn->address = NULL;
    if (a->validated + a->unvalidated > 0)
        return;
    uint8_t key[8];
    size_t length = key_of(key, &conn->counted);
    wzp_free(wzp_map_remove(&conn->ep->addresses, key, length));
}
