/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Additional sockets beside the phone's own. A birthday search (direct_search.h) opens them, and at
 * most one connection keeps one. The host closes them with the phone's own socket. Source:
 * wzp-protocol(7), Race. */
#ifndef WZP_PHONE_PORTS_H
#define WZP_PHONE_PORTS_H

#include "phone/internal.h"

/* Opens one more; the host's result, WZP_E_UNSUPPORTED, or WZP_E_LIMIT. */
int wzp_ports_open(struct wzp_phone *p, struct wzp_addr *out);
/* True when local is the address of one of them. */
bool wzp_ports_has(const struct wzp_phone *p, const struct wzp_addr *local);
/* The search is over: those that no connection uses are closed a moment later. */
void wzp_ports_release(struct wzp_phone *p, uint64_t now);

/* The next deadline, WZP_NEVER for none; and the work that is due at it. */
uint64_t wzp_ports_expiry(const struct wzp_phone *p);
void wzp_ports_expire(struct wzp_phone *p, uint64_t now);

#endif
