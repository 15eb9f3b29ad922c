/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/vouch.h"

#include <string.h>

#include "base/addr.h"

bool wzp_relay_sees(const struct wzp_relay_client *client, const char *text)
{
    struct wzp_addr claimed, local, remote = {.length = 0};

    if (!text || wzp_addr_parse(&claimed, text, strlen(text)) < 0)
        return false;
    client->link->path(client->at, &local, &remote);
    return !wzp_addr_is_none(&remote) && wzp_addr_equal_ip(&claimed, &remote);
}

int wzp_relay_vouch(char **made, size_t *length, const struct wzp_relay_client *client,
                    const struct wzp_signal *signal, const char *text)
{
    const char *field, *claimed, *said;

    *made = NULL;
    switch (signal->type) {
    case WZP_SIGNAL_DIRECT_CALL_OFFER:
        field = "caller_seen_addr";
        claimed = signal->u.direct_call_offer.caller_reflexive_addr;
        said = signal->u.direct_call_offer.caller_seen_addr;
        break;
    case WZP_SIGNAL_DIRECT_CALL_ANSWER:
        field = "callee_seen_addr";
        claimed = signal->u.direct_call_answer.callee_reflexive_addr;
        said = signal->u.direct_call_answer.callee_seen_addr;
        break;
    case WZP_SIGNAL_CANDIDATE_UPDATE:
        field = "seen_addr";
        claimed = signal->u.candidate_update.reflexive_addr;
        said = signal->u.candidate_update.seen_addr;
        break;
    default: return 0;
    }
    const char *seen = wzp_relay_sees(client, claimed) ? claimed : NULL;
    if (!seen && !said)
        return 0;
    return wzp_signal_replace_field(made, length, text, *length, field, seen);
}
