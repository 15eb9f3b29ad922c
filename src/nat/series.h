/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A series of numbered STUN requests to one server, each sent once, to measure packet loss and
 * jitter. A QUIC handshake would hide both, since it retransmits. */
#ifndef WZP_NAT_SERIES_H
#define WZP_NAT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/stun.h"

#define WZP_SERIES_MAX 10 /* relays answer 100 at once from an address */
#define WZP_SERIES_SPACING (20 * WZP_MILLISECOND)

struct wzp_series {
    enum { WZP_SERIES_OFF, WZP_SERIES_RUNNING, WZP_SERIES_OVER } state;
    struct wzp_addr server;
    uint8_t id[WZP_STUN_ID_SIZE];
    unsigned count, sent, answered;
    uint64_t began, deadline;
    uint64_t sent_at[WZP_SERIES_MAX], rtt[WZP_SERIES_MAX]; /* ns; rtt 0: no answer */
};

/* Begins: count is put in range; rtt: about how long an answer takes, ns. */
void wzp_series_start(struct wzp_series *s, const struct wzp_random *random,
                      const struct wzp_addr *server, unsigned count, uint64_t rtt, uint64_t now);
int wzp_series_next_packet(struct wzp_series *s, struct wzp_packet *out, uint64_t now);
/* True when the datagram was an answer for it. */
bool wzp_series_receive(struct wzp_series *s, const struct wzp_addr *remote, const uint8_t *data,
                        size_t length, uint64_t now);
uint64_t wzp_series_expiry(const struct wzp_series *s);
void wzp_series_handle_expiry(struct wzp_series *s, uint64_t now);
/* The shortest round trip, ns; 0 = no answer. */
uint64_t wzp_series_least(const struct wzp_series *s);
/* Mean difference of successive round trips, ns. */
double wzp_series_jitter(const struct wzp_series *s);

#endif
