/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Learns the current port of a sequential NAT, which gives every destination the next port, when a
 * race begins: earlier calls and other users have taken ports since the last look. A question to a
 * STUN server from a new socket shows the port that is given now; the peer is told it at once.
 * Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_STEP_H
#define WZP_PHONE_STEP_H

#include "phone/internal.h"

/* Asks when our NAT is sequential; does nothing otherwise, or while a question is under way. */
void wzp_step_ask(struct wzp_phone *p, uint64_t now);
/* True when the datagram was an answer to it. */
bool wzp_step_receive(struct wzp_phone *p, const struct wzp_addr *remote, const uint8_t *data,
                      size_t length, uint64_t now);
/* True once after a port was learnt. */
bool wzp_step_take_change(struct wzp_phone *p);
/* The newest port that the NAT gave, 0 when none was learnt since the network changed. */
uint16_t wzp_step_port(const struct wzp_phone *p);
/* The network has changed: forgets what is known of its NAT. */
void wzp_step_forget(struct wzp_phone *p, uint64_t now);

/* The next deadline, WZP_NEVER for none; and the work that is due at it. */
uint64_t wzp_step_expiry(const struct wzp_phone *p);
void wzp_step_expire(struct wzp_phone *p, uint64_t now);

#endif
