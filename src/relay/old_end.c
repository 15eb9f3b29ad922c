/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ends a call at an existing relay. Such a relay does not pass on a Hangup that comes over a link.
 * It does pass on a reject to the client that it holds for the caller, and path reports unchanged.
 * Source: wzp-protocol(7), Calls between relays. */
#include <stdio.h>
#include <string.h>

#include "relay/dispatch.h"
#include "relay/federation.h"

/* True when the callee has hung up already: it was in the call's room there, and has left it. */
static bool has_left(const struct wzp_relay *r, const struct wzp_relay_neighbour *n, const char *id)
{
    char name[sizeof WZP_CALL_ROOM_PREFIX + WZP_CALL_ID_MAX];
    snprintf(name, sizeof name, "%s%s", WZP_CALL_ROOM_PREFIX, id);
    const struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, id);
    const struct wzp_relay_global *global =
        wzp_map_get(&r->federation.by_name, name, strlen(name));
    return call && call->party[WZP_RELAY_CALLEE].had_media && global &&
           global->remotes[n->index].count == 0;
}

/* Sends an offer that makes the callee the caller of this call at that relay, so that the relay
 * passes the following reject on to the callee. An existing phone that is ringing or in the call
 * ignores the offer, and ends with the Hangup that follows at once. A phone of ours recognises the
 * offer by its own name as the caller. */
static void make_own(struct wzp_relay *r, struct wzp_relay_neighbour *n, const char *callee,
                     const char *id, uint64_t now)
{
    struct wzp_signal offer = {.type = WZP_SIGNAL_DIRECT_CALL_OFFER};
    offer.u.direct_call_offer.caller_fingerprint = (char *)(uintptr_t)callee;
    offer.u.direct_call_offer.target_fingerprint = (char *)(uintptr_t)callee;
    offer.u.direct_call_offer.call_id = (char *)(uintptr_t)id;
    (void)wzp_relay_envelope_signal(r, n, &offer, now);
}

void wzp_relay_old_hang_up(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                           const struct wzp_relay_route *route, const struct wzp_signal *hangup,
                           bool is_caller, uint64_t now)
{
    struct wzp_signal reject = {.type = WZP_SIGNAL_DIRECT_CALL_ANSWER};
    enum wzp_hangup_reason reason = hangup->u.hangup.reason;
    const char *id = hangup->u.hangup.call_id;
    const struct wzp_signal why = wzp_signal_reason(id, reason);
    const char *cause = hangup->u.hangup.cause;
    bool goes_on = cause && strcmp(cause, WZP_CAUSE_ELSEWHERE) == 0;
    if (!is_caller && (goes_on || has_left(r, n, id)))
        return;
    if (!is_caller)
        make_own(r, n, route->name.text, id, now);
    else if (reason == WZP_HANGUP_BUSY || reason == WZP_HANGUP_DECLINED)
        (void)wzp_relay_envelope_signal(r, n, &why, now);
    reject.u.direct_call_answer.call_id = hangup->u.hangup.call_id;
    reject.u.direct_call_answer.accept_mode = WZP_ACCEPT_REJECT;
    (void)wzp_relay_envelope_signal(r, n, &reject, now);
}
