/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A call that is made again under the same handle: the relay forgot it, or one side lost the
 * network for a while. Only sealed calls: who can seal knows this game, an old program would ring.
 * Source: wzp-protocol(7), A direct call. */
#ifndef WZP_PHONE_CALL_RETURN_H
#define WZP_PHONE_CALL_RETURN_H

#include "phone/internal.h"

#define WZP_CALL_REMAKE_TIME (3 * WZP_SECOND) /* of the caller, when the relay forgot the call */

/* Both sides proved that they can come back into this call. */
bool wzp_call_can_return(const struct wzp_call *c);
/* The relay lost it: it is placed again, for some seconds. */
void wzp_call_remake(struct wzp_call *c, uint64_t now);
/* Nothing is heard, of the other side or of anybody: whoever lost the network will be back, in five
 * minutes or never. */
void wzp_call_wait_for_return(struct wzp_call *c, uint64_t now);
/* Another program with our identity gets our calls now: one that is being made again will not be
 * made here. Calls that stand are left alone. */
void wzp_call_displaced(struct wzp_call *c, uint64_t now);
/* The other side says that its program has no such call: it was started anew. The caller offers the
 * call again, the callee waits for that. Nothing when the other side is heard: then whoever says so
 * is another program of theirs. */
void wzp_call_peer_restarted(struct wzp_call *c, uint64_t now);
/* While nothing is heard of the other side it is asked again and again whether it still has the
 * call: when next, WZP_NEVER for not now; and doing it. */
uint64_t wzp_call_asks_at(const struct wzp_call *c);
void wzp_call_ask(struct wzp_call *c, uint64_t now);
/* The other side is not there yet, or the relay went away once more. */
void wzp_call_wait_again(struct wzp_call *c, uint64_t now);
/* What would end another call, or tell of it again, does not concern one that is made again, or can
 * be. True: that was all that had to be done. */
bool wzp_call_outlives(struct wzp_call *c, enum wzp_call_action action, enum wzp_call_event event,
                       uint64_t now);
/* True when this offer makes a sealed call of the same person again. */
bool wzp_call_continues(const struct wzp_call *c, const struct wzp_signal *offer,
                        enum wzp_e2e_verdict verdict);
/* Takes it: answered at once. */
void wzp_call_continue(struct wzp_call *c, const struct wzp_signal *offer,
                       const struct wzp_e2e_agreement *agreement, uint64_t now);

#endif
