/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The talking half of the mapping service: which question leaves when, and what an answer means. It
 * decides nothing. Source: wzp-protocol(7), Addresses; RFC 6886, RFC 6887. */
#ifndef WZP_NAT_PORTMAP_TALK_H
#define WZP_NAT_PORTMAP_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/portmap_state.h"

/* As in base/packet.h: datagrams for the gateway, out->local left none. */
int wzp_portmap_next_packet(struct wzp_portmap *p, struct wzp_packet *out, uint64_t now);
/* 1 with work that the host should begin now, 0. */
int wzp_portmap_next_work(struct wzp_portmap *p, struct wzp_portmap_work *out);

/* The rest is between this file and portmap.c. */

/* What an answer or the host's work said. */
enum wzp_portmap_news_kind {
    WZP_PORTMAP_NEWS_NONE,    /* of no use: forged, late, broken, of another; counted */
    WZP_PORTMAP_NEWS_PRESENT, /* the service is there; external may be none when it did not say */
    WZP_PORTMAP_NEWS_MISSING, /* it is not, or does not speak this version */
    WZP_PORTMAP_NEWS_GRANTED, /* mapping made or renewed: external with port, lifetime */
    WZP_PORTMAP_NEWS_DENIED,  /* refused, with the verdict that follows */
    WZP_PORTMAP_NEWS_DELETED,
    WZP_PORTMAP_NEWS_UNSURE, /* a check failed for a reason of its own: nothing changes */
};
struct wzp_portmap_news {
    enum wzp_portmap_news_kind kind;
    enum wzp_portmap_protocol protocol;
    struct wzp_addr external;
    uint32_t lifetime; /* s, 0 = permanent */
    enum wzp_portmap_verdict verdict;
    bool has_epoch;
    uint32_t epoch;
};
/* Reads a datagram of the gateway. */
void wzp_portmap_read(struct wzp_portmap *p, struct wzp_portmap_news *out, const uint8_t *data,
                      size_t length);
/* Reads the outcome of work; may put other work in its place (another port, a permanent lease). */
void wzp_portmap_read_work(struct wzp_portmap *p, struct wzp_portmap_news *out,
                           const struct wzp_portmap_work_result *done, uint64_t now);

/* Puts a question to a service, instead of any that waits. */
void wzp_portmap_put(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                     enum wzp_portmap_ask ask, uint64_t now);
/* When the service's question wants to leave (again): WZP_NEVER when not any more. */
uint64_t wzp_portmap_send_due(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol);
/* When it counts as unanswered; WZP_NEVER when none is asked. */
uint64_t wzp_portmap_deadline(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol);

#endif
