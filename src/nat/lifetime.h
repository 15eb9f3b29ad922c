/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Measures how long a NAT mapping lives without traffic (RFC 5780 4.6). A socket (number 1) is seen
 * by a STUN server and then keeps silent; after a while another socket (number 0) asks the server
 * to send an answer to the first one's port. When it does not arrive, the mapping has expired.
 * Binary search up to a limit, which is tried first. Needs a server that heeds RESPONSE-PORT:
 * relays of ours do. */
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
    WZP_LIFETIME_OPENING, /* socket 1 asks, which makes a mapping */
    /* Socket 0 asks for an answer to socket 1: does the server heed that? */
    WZP_LIFETIME_TRYING,
    WZP_LIFETIME_WARMING,  /* traffic for a while: some NATs keep a longer used mapping longer */
    WZP_LIFETIME_RENEWING, /* socket 1 asks once more, the last traffic before the wait */
    WZP_LIFETIME_WAITING,  /* silence */
    /* Socket 0 asks for an answer to socket 1: is the mapping still there? */
    WZP_LIFETIME_ASKING,
    WZP_LIFETIME_OVER
};
struct wzp_lifetime {
    enum wzp_lifetime_state state;
    struct wzp_random random;
    struct wzp_addr servers[WZP_LIFETIME_SERVERS_MAX];
    size_t server_count, server;
    struct wzp_addr mapped;        /* of socket 1 */
    uint64_t low, high;            /* ns: it outlived low, but not high (WZP_NEVER: not known) */
    uint64_t limit, wait;          /* wait: of the step under way, ns */
    uint64_t state_since, seen_at; /* seen_at: the last answer to socket 1 */
    uint8_t id[WZP_STUN_ID_SIZE];
    unsigned sends;
    unsigned steps; /* waits that are over */
    bool known;     /* low and high are close enough to be a result */
    uint32_t ignored;
};

/* Begins with servers that are known to answer over IPv4; limit in ns, put in range. Without a
 * server it is over at once. */
void wzp_lifetime_start(struct wzp_lifetime *l, const struct wzp_random *random,
                        const struct wzp_addr *servers, size_t count, uint64_t limit, uint64_t now);
/* 1 with a datagram to send from that socket, 0 for none. */
int wzp_lifetime_next_packet(struct wzp_lifetime *l, struct wzp_packet *out, unsigned socket,
                             uint64_t now);
/* Takes a datagram that came to that socket; true when it was an answer to this test. */
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
