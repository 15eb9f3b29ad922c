/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A callee at this relay answers a caller at an existing relay. That relay sends the offer before
 * it stores the call, and drops messages about a call that it has not stored. This happens to an
 * answer that comes within some 4 ms. So the callee's message is held until the relay has surely
 * stored the call. At most one is held: the answer, or in its place the first message that ends the
 * call. Source: wzp-protocol(7), Calls between relays. */
#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/federation.h"

static bool is_end(const struct wzp_signal *signal)
{
    return signal->type == WZP_SIGNAL_HANGUP ||
           signal->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT;
}

bool wzp_relay_call_is_early(struct wzp_relay *r, const struct wzp_relay_party *party,
                             const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_call *call = party->call;
    if (party != &call->party[WZP_RELAY_CALLEE] || call->known_at <= now)
        return false;
    if (call->early && (call->early_ends || !is_end(message->signal)))
        return true;
    char *text = wzp_strndup(message->text, message->length);
    if (!text)
        return false;
    wzp_free(call->early);
    call->early = text;
    call->early_ends = is_end(message->signal);
    wzp_relay_timer_arm_at(&r->timers, &call->early_timer, WZP_RELAY_TIMER_EARLY, call,
                           call->known_at);
    return true;
}

void wzp_relay_call_known(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    struct wzp_relay_client *callee =
        wzp_relay_route_client(r, &call->party[WZP_RELAY_CALLEE].route);
    char *text = call->early;
    call->early = NULL;
    if (callee && text)
        wzp_relay_dispatch(r, callee, text, strlen(text), now); /* the call may be gone then */
    wzp_free(text);
}
