/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A router that gives every destination the next port is asked where it stands when a race begins:
 * calls of before and other people have taken ports since we last looked. A new socket's question
 * to a STUN server shows the port that is given now; the peer is told at once. Source:
 * wzp-protocol(7), Race. */
#ifndef WZP_PHONE_STEP_H
#define WZP_PHONE_STEP_H

#include "phone/internal.h"

/* Asks, where our router steps; nothing otherwise, or while a question is under way. */
void wzp_step_ask(struct wzp_phone *p, uint64_t now);
/* True when the datagram was an answer to it. */
bool wzp_step_receive(struct wzp_phone *p, const struct wzp_addr *remote, const uint8_t *data,
                      size_t length, uint64_t now);
/* True once after a port was learnt. */
bool wzp_step_take_change(struct wzp_phone *p);
/* The port that was given last, 0 when it was not asked for since the network changed. */
uint16_t wzp_step_port(const struct wzp_phone *p);
/* The network has changed: what is known of its router is not so any more. */
void wzp_step_forget(struct wzp_phone *p, uint64_t now);

/* When its time comes. */
uint64_t wzp_step_expiry(const struct wzp_phone *p);
void wzp_step_expire(struct wzp_phone *p, uint64_t now);

#endif
