/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a call gets its media: the offer, then the answer and CallSetup in either order, then the
 * start of the leg (leg.h). Source: wzp-protocol(7), A direct call, Agreement. */
#ifndef WZP_PHONE_CALL_SETUP_H
#define WZP_PHONE_CALL_SETUP_H

#include "phone/internal.h"

/* Sets the call id: 128 random bits, so that nobody can name a call of others (C12). */
void wzp_call_make_id(struct wzp_call *c);
/* How long a call rings, ns. */
uint64_t wzp_call_ring_time(const struct wzp_phone *p);
/* Sends the offer of an outgoing call, as soon as our own address is known. Does nothing for an
 * incoming one. */
void wzp_call_offer(struct wzp_call *c, uint64_t now);
/* Remembers that the peer, whose valid signature was seen, can seal calls, so that a later call
 * without keys counts as a downgrade. This does not wait for sealed media: they prove no more about
 * the peer, and a relay can withhold them. Lack of memory costs a warning later, not this call. */
void wzp_call_note_able(struct wzp_phone *p, const uint8_t *fingerprint, const uint8_t *key);
/* Sends the answer to an incoming call. */
void wzp_call_accept(struct wzp_call *c, uint64_t now);
/* Handle the peer's answer and the relay's CallSetup. */
void wzp_call_take_answer(struct wzp_call *c, const struct wzp_signal *answer, uint64_t now);
void wzp_call_take_setup(struct wzp_call *c, const struct wzp_signal *setup, uint64_t now);

#endif
