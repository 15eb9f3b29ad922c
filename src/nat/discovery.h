/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The mapping and filtering behaviour of a NAT, determined exactly with one STUN server that has
 * two addresses and two ports (RFC 5780 4.3, 4.4). Mapping is tested from the socket that calls use
 * (number 0), filtering from one that has sent to no other address (number 1), because a NAT lets
 * in every address that was sent to once. */
#ifndef WZP_NAT_DISCOVERY_H
#define WZP_NAT_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/classify.h"
#include "nat/stun.h"

#define WZP_DISCOVERY_SENDS 3

/* The server's addresses are A (asked first) and B, its ports p and q; "BP" is address B, port
 * p. */
enum wzp_discovery_question {
    WZP_DISCOVERY_MAP_BP,
    WZP_DISCOVERY_MAP_BQ,
    WZP_DISCOVERY_MAP_AQ,
    WZP_DISCOVERY_CONTROL, /* asks A:p and expects the answer from there */
    WZP_DISCOVERY_FROM_AQ, /* asks A:p for an answer from its other port */
    WZP_DISCOVERY_FROM_BQ, /* and from its other address, too */
    WZP_DISCOVERY_QUESTIONS
};
struct wzp_discovery_probe {
    uint8_t id[WZP_STUN_ID_SIZE];
    /* As the server saw it; none = no answer from the expected address. */
    struct wzp_addr mapped;
    unsigned sends, answers;
};
struct wzp_discovery {
    enum { WZP_DISCOVERY_OFF, WZP_DISCOVERY_RUNNING, WZP_DISCOVERY_OVER } state;
    struct wzp_addr server, other; /* A:p, B:q */
    bool has_second;               /* socket 1 is there */
    bool unwilling;                /* the server did not answer from its other address or port */
    uint64_t began, deadline;
    struct wzp_discovery_probe probes[WZP_DISCOVERY_QUESTIONS];
    uint32_t ignored;
};

/* Begins with a server that told its other address (OTHER-ADDRESS); rtt: of its answer, ns. Returns
 * false and does nothing when it has begun before, or that address must not be asked (another
 * family or scope, the same address or port). */
bool wzp_discovery_start(struct wzp_discovery *d, const struct wzp_random *random,
                         const struct wzp_addr *server, const struct wzp_addr *other,
                         bool has_second, uint64_t rtt, uint64_t now);
/* 1 with a datagram to send from that socket, 0 for none. */
int wzp_discovery_next_packet(struct wzp_discovery *d, struct wzp_packet *out, unsigned socket,
                              uint64_t now);
/* True when the datagram was an answer to one of its questions. */
bool wzp_discovery_receive(struct wzp_discovery *d, const struct wzp_addr *remote,
                           const uint8_t *data, size_t length, uint64_t now);
uint64_t wzp_discovery_expiry(const struct wzp_discovery *d);
void wzp_discovery_handle_expiry(struct wzp_discovery *d, uint64_t now);
/* The mapped addresses of socket 0, in the order of the questions; out has room for three. */
size_t wzp_discovery_observations(const struct wzp_discovery *d, struct wzp_nat_observation *out);
/* Only what is proved: a filter that is not endpoint-independent is reported only when the server
 * was reached at its other addresses, too, and no packet was lost. */
enum wzp_nat_filtering wzp_discovery_filtering(const struct wzp_discovery *d);

#endif
