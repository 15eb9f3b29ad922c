/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A callee here answers a caller at an existing relay. That one offers a call before it notes it,
 * and drops what comes about a call that it has not noted: an answer some 4 ms after the offer. So
 * what a callee says is kept until it surely has: an answer, or the first end that was said, before
 * the answer or after it. Source: wzp-protocol(7), Calls between relays. */
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
