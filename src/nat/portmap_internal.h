/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the two halves of the mapping service: portmap.c decides, portmap_packet.c speaks. */
#ifndef WZP_NAT_PORTMAP_INTERNAL_H
#define WZP_NAT_PORTMAP_INTERNAL_H

#include "nat/portmap.h"

/* What an answer meant; the decider goes on from there. */

/* The service is there. external may be none when it did not say. */
void wzp_portmap_present(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                         const struct wzp_addr *external, uint64_t now);
/* It is not there, or does not speak this version. */
void wzp_portmap_missing(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint64_t now);
/* The mapping was made or renewed: external with port, lifetime in seconds (0 = permanent). */
void wzp_portmap_granted(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                         const struct wzp_addr *external, uint32_t lifetime, uint64_t now);
/* It was refused, with the verdict that follows. */
void wzp_portmap_denied(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                        enum wzp_portmap_verdict verdict, uint64_t now);
/* The mapping was taken away. */
void wzp_portmap_deleted(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint64_t now);
/* The router's clock said `epoch`. Makes everything anew when its table began later than the
 * mapping did; false then. */
bool wzp_portmap_epoch(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint32_t epoch,
                       uint64_t now);

/* When the service's question wants to leave (again): WZP_NEVER when not any more. */
uint64_t wzp_portmap_send_due(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol);
/* When it counts as unanswered; WZP_NEVER when none is asked. */
uint64_t wzp_portmap_deadline(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol);

#endif
