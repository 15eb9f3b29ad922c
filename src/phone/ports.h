/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sockets beside the phone's own, which a search for a port opens and at most one connection keeps.
 * They are closed with the phone's own port. Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_PORTS_H
#define WZP_PHONE_PORTS_H

#include "phone/internal.h"

/* One more; the host's result, WZP_E_UNSUPPORTED, or WZP_E_LIMIT. */
int wzp_ports_open(struct wzp_phone *p, struct wzp_addr *out);
/* True when what came to this address came by one of them. */
bool wzp_ports_has(const struct wzp_phone *p, const struct wzp_addr *local);
/* The search is over: all that no connection uses are closed in a moment. */
void wzp_ports_release(struct wzp_phone *p, uint64_t now);

/* When its time comes. */
uint64_t wzp_ports_expiry(const struct wzp_phone *p);
void wzp_ports_expire(struct wzp_phone *p, uint64_t now);

#endif
