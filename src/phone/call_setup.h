/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a call comes to its media: the offer, the answer and CallSetup, in either order, and the leg
 * that begins. Source: wzp-protocol(7), A direct call, Agreement. */
#ifndef WZP_PHONE_CALL_SETUP_H
#define WZP_PHONE_CALL_SETUP_H

#include "phone/internal.h"

/* 128 random bits, so that nobody can name a call that is not theirs (C12). */
void wzp_call_make_id(struct wzp_call *c);
/* How long a call rings, ns. */
uint64_t wzp_call_ring_time(const struct wzp_phone *p);
/* Sends the offer of a call of ours, as soon as our own address is known; theirs does nothing. */
void wzp_call_offer(struct wzp_call *c, uint64_t now);
/* Remembers that the peer whose valid signature was seen can seal calls, so that one that is not is
 * a downgrade. Media prove no more of that, and a relay can keep them back. Lack of memory costs a
 * warning later, not this call. */
void wzp_call_note_able(struct wzp_phone *p, const uint8_t *fingerprint, const uint8_t *key);
/* Sends the answer to a call of theirs. */
void wzp_call_accept(struct wzp_call *c, uint64_t now);
/* What a remote answer or setup does. */
void wzp_call_take_answer(struct wzp_call *c, const struct wzp_signal *answer, uint64_t now);
void wzp_call_take_setup(struct wzp_call *c, const struct wzp_signal *setup, uint64_t now);

#endif
