/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The mapping service: asks the router to forward one of its ports to our socket. The mapping is
 * made when the account registers, renewed, made again when the router lost it, and removed at the
 * end. NAT-PMP and PCP are spoken here, from the shared socket; UPnP needs HTTP, so this state
 * machine only says what is to be done ("work") and the host reports the outcome. Nothing here ever
 * delays a call. Source: wzp-protocol(7), Addresses.
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

/* Initial state: no network is known. */
void wzp_portmap_init(struct wzp_portmap *p, const struct wzp_random *random);
/* Where the router is (v4, port unused; none = no gateway) and what is to be mapped. Starts, or,
 * when something differs from before, starts anew: a mapping on the same router is released first.
 */
void wzp_portmap_start(struct wzp_portmap *p, const struct wzp_addr *gateway,
                       const struct wzp_addr *lan, uint16_t internal_port, uint64_t now);
/* Finds out which services the router has, without making a mapping: for netcheck. */
void wzp_portmap_probe(struct wzp_portmap *p, const struct wzp_addr *gateway,
                       const struct wzp_addr *lan, uint64_t now);
/* Removes every mapping that the router may hold; done when wzp_portmap_stopped(), at most one
 * second later (UPnP: the host's work). */
void wzp_portmap_stop(struct wzp_portmap *p, uint64_t now);
bool wzp_portmap_stopped(const struct wzp_portmap *p);

/* The questions and work to be sent are in nat/portmap_talk.h. What comes back: */

/* True when the datagram came from the gateway's port and was consumed. */
bool wzp_portmap_receive(struct wzp_portmap *p, const struct wzp_addr *remote, const uint8_t *data,
                         size_t length, uint64_t now);
uint64_t wzp_portmap_expiry(const struct wzp_portmap *p);
void wzp_portmap_handle_expiry(struct wzp_portmap *p, uint64_t now);

/* The outcome of work; unknown or late ids are ignored, but a mapping that was made too late is
 * removed. */
void wzp_portmap_work_done(struct wzp_portmap *p, const struct wzp_portmap_work_result *done,
                           uint64_t now);

/* The external address, our mapped candidate; none without a mapping. */
const struct wzp_addr *wzp_portmap_external(const struct wzp_portmap *p);
/* True once after the mapping came, went or changed its address. */
bool wzp_portmap_take_change(struct wzp_portmap *p);
/* Probing is over: every service has answered or had its time. */
bool wzp_portmap_probed(const struct wzp_portmap *p, uint64_t now);

#endif
