/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/stun_server.h"

#include <stdbool.h>
#include <string.h>

#include "base/map.h"
#include "base/time.h"
#include "nat/stun.h"

#define PORT_LEAST 1024 /* NATs do not map to lower ports, and services are there */

void wzp_stun_server_init(struct wzp_stun_server *s, const struct wzp_random *random)
{
    memset(s, 0, sizeof *s);
    wzp_random_bytes(random, s->key, sizeof s->key);
}

static uint64_t owner_of(const struct wzp_stun_server *s, const struct wzp_addr *remote)
{
    uint64_t owner = wzp_addr_is_v6(remote)
                         ? wzp_siphash(s->key, remote->u.in6.sin6_addr.s6_addr, 8)
                         : wzp_siphash(s->key, &remote->u.in.sin_addr, 4);
    return owner ? owner : 1;
}

/* Two addresses with one slot replace each other. The newcomer starts with a full bucket, so a
 * neighbour cannot starve it; and without the hash's key nobody can choose a neighbour. */
static bool allowed(struct wzp_stun_server *s, const struct wzp_addr *remote, uint64_t now)
{
    uint64_t owner = owner_of(s, remote);
    size_t at = (size_t)(owner % WZP_STUN_SERVER_SLOTS);
    if (s->slots[at].owner != owner) {
        s->slots[at].owner = owner;
        memset(&s->slots[at].bucket, 0, sizeof s->slots[at].bucket);
    }
    return wzp_bucket_take(&s->slots[at].bucket, 1, WZP_SECOND / WZP_STUN_SERVER_RATE,
                           WZP_STUN_SERVER_BURST, now);
}

size_t wzp_stun_server_answer(struct wzp_stun_server *s, uint8_t *out, size_t capacity,
                              struct wzp_addr *to, const struct wzp_addr *remote,
                              const uint8_t *data, size_t length, uint64_t now)
{
    uint8_t id[WZP_STUN_ID_SIZE];
    uint8_t response[WZP_STUN_RESPONSE_MAX];
    if (!wzp_stun_is_request(data, length, id))
        return 0;
    size_t size = wzp_stun_write_response(response, sizeof response, id, remote);
    if (size > length || size > capacity || size == 0) {
        s->too_short++;
        return 0;
    }
    if (!allowed(s, remote, now)) {
        s->limited++;
        return 0;
    }
    uint16_t port = wzp_stun_response_port(data, length);
    *to = *remote;
    if (port >= PORT_LEAST)
        wzp_addr_set_port(to, port);
    memcpy(out, response, size);
    s->answered++;
    return size;
}
