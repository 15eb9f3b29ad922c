/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A port of the router that leads to our socket: asked for when the account registers, kept alive,
 * made again when the router forgot it, given back at the end. NAT-PMP and PCP are spoken here,
 * from the shared socket; UPnP needs HTTP, so this machine only says what is to be done ("work")
 * and the host reports the outcome. Nothing here ever delays a call. Source: wzp-protocol(7),
 * Addresses.
 *
 *     start -> probing (all three at once) -> creating -> mapped -> releasing -> stopped
 *                  ^                             |           |
 *                  +---------- waiting <---------+-----------+  (refused, forgotten, run out)
 */
#ifndef WZP_NAT_PORTMAP_H
#define WZP_NAT_PORTMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/portmap_state.h"
#include "nat/portmap_talk.h"
#include "nat/portmap_verdict.h"

/* No network yet. */
void wzp_portmap_init(struct wzp_portmap *p, const struct wzp_random *random);
/* Where the router is (v4, port unused; none = no gateway) and what is to be mapped. Starts, or,
 * when something differs from before, starts anew: a mapping on the same router is released first.
 */
void wzp_portmap_start(struct wzp_portmap *p, const struct wzp_addr *gateway,
                       const struct wzp_addr *lan, uint16_t internal_port, uint64_t now);
/* Looks which services there are and makes no mapping: for netcheck. */
void wzp_portmap_probe(struct wzp_portmap *p, const struct wzp_addr *gateway,
                       const struct wzp_addr *lan, uint64_t now);
/* Gives back what the router may hold; done when wzp_portmap_stopped(), at most one second later
 * (UPnP: the host's work). */
void wzp_portmap_stop(struct wzp_portmap *p, uint64_t now);
bool wzp_portmap_stopped(const struct wzp_portmap *p);

/* Questions and work to fetch: nat/portmap_talk.h. What comes back: */

/* True when the datagram came from the gateway's port and was consumed. */
bool wzp_portmap_receive(struct wzp_portmap *p, const struct wzp_addr *remote, const uint8_t *data,
                         size_t length, uint64_t now);
uint64_t wzp_portmap_expiry(const struct wzp_portmap *p);
void wzp_portmap_handle_expiry(struct wzp_portmap *p, uint64_t now);

/* The outcome of work; unknown or late ids are ignored, but a mapping that came too late is given
 * back. */
void wzp_portmap_work_done(struct wzp_portmap *p, const struct wzp_portmap_work_result *done,
                           uint64_t now);

/* The candidate, none without a mapping. */
const struct wzp_addr *wzp_portmap_external(const struct wzp_portmap *p);
/* True once after the mapping came, went or changed its address. */
bool wzp_portmap_take_change(struct wzp_portmap *p);
/* Probing is over: every service has answered or had its time. */
bool wzp_portmap_probed(const struct wzp_portmap *p, uint64_t now);

#endif
