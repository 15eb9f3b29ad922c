/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Re-establishes a call under the same handle when the relay forgot it, or one side lost the
 * network for a while. Only sealed (end-to-end encrypted) calls: a peer that can seal supports
 * this, whereas an old program would ring again. Source: wzp-protocol(7), A direct call. */
#ifndef WZP_PHONE_CALL_RETURN_H
#define WZP_PHONE_CALL_RETURN_H

#include "phone/internal.h"

#define WZP_CALL_REMAKE_TIME (3 * WZP_SECOND) /* of the caller, after the relay lost the call */

/* True when the call is up and sealed, and the peer has proved that it has the call's keys. */
bool wzp_call_can_return(const struct wzp_call *c);
/* The relay lost the call: tries for some seconds to place it again. */
void wzp_call_remake(struct wzp_call *c, uint64_t now);
/* Nothing is received, from the peer or at all: keeps the call for five minutes, so that the side
 * that lost the network can come back. */
void wzp_call_wait_for_return(struct wzp_call *c, uint64_t now);
/* Another program with our identity receives our calls now: ends this call if it is being
 * re-established, which cannot succeed here any more. A call that is up is left alone. */
void wzp_call_displaced(struct wzp_call *c, uint64_t now);
/* The peer says that its program has no such call, because it was restarted. The caller then offers
 * the call again, and the callee waits for that. Ignored while the peer is heard: then another
 * program of the same user said so. */
void wzp_call_peer_restarted(struct wzp_call *c, uint64_t now);
/* While nothing is heard of the peer, it is asked repeatedly whether it still has the call. When to
 * ask next, WZP_NEVER for not now; and asking. */
uint64_t wzp_call_asks_at(const struct wzp_call *c);
void wzp_call_ask(struct wzp_call *c, uint64_t now);
/* The peer is not registered yet, or the relay was lost once more: waits for the next try. */
void wzp_call_wait_again(struct wzp_call *c, uint64_t now);
/* Handles, for a call that is being or can be re-established, an action that would end another call
 * or report on it again. True: the action must not be carried out any more. */
bool wzp_call_outlives(struct wzp_call *c, enum wzp_call_action action, enum wzp_call_event event,
                       uint64_t now);
/* True when this offer re-establishes this call: it is sealed, and from the same identity. */
bool wzp_call_continues(const struct wzp_call *c, const struct wzp_signal *offer,
                        enum wzp_e2e_verdict verdict);
/* Takes such an offer and answers it at once, without ringing. */
void wzp_call_continue(struct wzp_call *c, const struct wzp_signal *offer,
                       const struct wzp_e2e_agreement *agreement, uint64_t now);

#endif
