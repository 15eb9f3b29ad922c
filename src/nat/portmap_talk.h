/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The protocol half of the mapping service (nat/portmap.h): which question is sent when, and what
 * an answer means. The decisions are in portmap.c. Source: wzp-protocol(7), Addresses; RFC 6886,
 * RFC 6887. */
#ifndef WZP_NAT_PORTMAP_TALK_H
#define WZP_NAT_PORTMAP_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/portmap_state.h"

/* As in base/packet.h: datagrams for the gateway, out->local left none. */
int wzp_portmap_next_packet(struct wzp_portmap *p, struct wzp_packet *out, uint64_t now);
/* 1 with work that the host should begin now, 0 for none. */
int wzp_portmap_next_work(struct wzp_portmap *p, struct wzp_portmap_work *out);

/* The rest is only for portmap.c. */

/* What an answer, or the outcome of the host's work, means. */
enum wzp_portmap_news_kind {
    WZP_PORTMAP_NEWS_NONE,    /* nothing: forged, late, malformed, of another host; counted */
    WZP_PORTMAP_NEWS_PRESENT, /* the service is there; external may be none when it did not say */
    WZP_PORTMAP_NEWS_MISSING, /* the service is not there, or does not speak this version */
    WZP_PORTMAP_NEWS_GRANTED, /* mapping made or renewed: external with port, lifetime */
    WZP_PORTMAP_NEWS_DENIED,  /* refused, with the verdict that follows */
    WZP_PORTMAP_NEWS_DELETED,
    WZP_PORTMAP_NEWS_UNSURE, /* a check failed for an unrelated reason: nothing changes */
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
/* Reads the outcome of work; may replace it by new work (another port, a permanent lease). */
void wzp_portmap_read_work(struct wzp_portmap *p, struct wzp_portmap_news *out,
                           const struct wzp_portmap_work_result *done, uint64_t now);

/* Starts a question to a service, in place of any that waits for an answer. */
void wzp_portmap_put(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                     enum wzp_portmap_ask ask, uint64_t now);
/* When the service's question is to be sent (again); WZP_NEVER: no more. */
uint64_t wzp_portmap_send_due(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol);
/* When the question counts as unanswered; WZP_NEVER when there is none. */
uint64_t wzp_portmap_deadline(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol);

#endif
