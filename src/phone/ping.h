/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connect time, certificate and build of a relay: SNI `ping`, then SNI `version`. Source:
 * wzp-protocol(7), Names, Certificate. */
#ifndef WZP_PHONE_PING_H
#define WZP_PHONE_PING_H

#include "phone/internal.h"

/* Begins one. WZP_E_LIMIT, WZP_E_MEMORY, WZP_E_ARGUMENT. */
int wzp_ping_start(struct wzp_phone *p, const struct wzp_relay_place *place, uint64_t now);
/* Drops its connections. */
void wzp_ping_drop(struct wzp_ping *ping, uint64_t now);
/* Its deadline; at the deadline it ends and reports what is known. */
uint64_t wzp_ping_expiry(const struct wzp_ping *ping);
void wzp_ping_expire(struct wzp_ping *ping, uint64_t now);
/* Frees the finished ones; all: the others too. */
void wzp_ping_reap(struct wzp_phone *p, bool all);

#endif
