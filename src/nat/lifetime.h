/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How long a mapping lives without traffic (RFC 5780 4.6): a socket (number 1) is seen by a STUN
 * server and then keeps silent; after a while another one (number 0) asks the server to answer to
 * the first one's port. What does not arrive any more found no mapping. Binary search up to a
 * limit, which is tried first. Takes a server that heeds RESPONSE-PORT: relays of ours do. */
#ifndef WZP_NAT_LIFETIME_H
#define WZP_NAT_LIFETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/stun.h"

#define WZP_LIFETIME_LIMIT_MIN 5    /* s */
#define WZP_LIFETIME_LIMIT_MAX 3600 /* s */
#define WZP_LIFETIME_SERVERS_MAX 8

enum wzp_lifetime_state {
    WZP_LIFETIME_OFF,
    WZP_LIFETIME_OPENING,  /* socket 1 asks: there is a mapping */
    WZP_LIFETIME_TRYING,   /* socket 0 asks for an answer to it: does the server heed that? */
    WZP_LIFETIME_WARMING,  /* some routers keep what was used for a while longer */
    WZP_LIFETIME_RENEWING, /* socket 1 asks once more */
    WZP_LIFETIME_WAITING,  /* silence */
    WZP_LIFETIME_ASKING,   /* socket 0 asks: is it still there? */
    WZP_LIFETIME_OVER
};
struct wzp_lifetime {
    enum wzp_lifetime_state state;
    struct wzp_random random;
    struct wzp_addr servers[WZP_LIFETIME_SERVERS_MAX];
    size_t server_count, server;
    struct wzp_addr mapped; /* of socket 1 */
    uint64_t low, high;   /* it lived so long, it did not live so long (WZP_NEVER: not known), ns */
    uint64_t limit, wait; /* wait: of the step under way, ns */
    uint64_t state_since, seen_at; /* seen_at: socket 1 was heard of by the server */
    uint8_t id[WZP_STUN_ID_SIZE];
    unsigned sends;
    unsigned steps; /* waits that are over */
    bool known;     /* the outcome is one */
    uint32_t ignored;
};

/* Begins with servers that are known to answer over IPv4; limit in ns, put in range. Without a
 * server it is over at once. */
void wzp_lifetime_start(struct wzp_lifetime *l, const struct wzp_random *random,
                        const struct wzp_addr *servers, size_t count, uint64_t limit, uint64_t now);
/* 1 with a datagram for that socket, 0. */
int wzp_lifetime_next_packet(struct wzp_lifetime *l, struct wzp_packet *out, unsigned socket,
                             uint64_t now);
/* What came to that socket; true when it was an answer for this. */
bool wzp_lifetime_receive(struct wzp_lifetime *l, unsigned socket, const struct wzp_addr *remote,
                          const uint8_t *data, size_t length, uint64_t now);
uint64_t wzp_lifetime_expiry(const struct wzp_lifetime *l);
void wzp_lifetime_handle_expiry(struct wzp_lifetime *l, uint64_t now);

/* How many waits there will be at most. */
unsigned wzp_lifetime_steps_left(const struct wzp_lifetime *l);

static inline bool wzp_lifetime_running(const struct wzp_lifetime *l)
{
    return l->state != WZP_LIFETIME_OFF && l->state != WZP_LIFETIME_OVER;
}

#endif
