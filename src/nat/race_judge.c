/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/race_judge.h"

#include "nat/scope.h"

enum wzp_race_reason wzp_race_direct_reason(const struct wzp_race *r)
{
    const struct wzp_race_attempt *a = &r->attempts[r->winner];
    /* A guessed port on a public address is also among the host candidates. */
    if (a->on_link || (a->kind == WZP_CANDIDATE_HOST && !wzp_addr_is_v6(&a->remote) &&
                       !wzp_scope_is_global(&a->remote)))
        return WZP_RACE_LAN;
    if (wzp_addr_is_v6(&a->remote))
        return WZP_RACE_IPV6;
    switch (a->kind) {
    case WZP_CANDIDATE_MAPPED: return WZP_RACE_MAPPED;
    case WZP_CANDIDATE_PEER_REFLEXIVE: return WZP_RACE_PEER_REFLEXIVE;
    case WZP_CANDIDATE_PREDICTED: return WZP_RACE_PREDICTED;
    case WZP_CANDIDATE_FOUND: return WZP_RACE_BIRTHDAY;
    default: return WZP_RACE_PUNCHED;
    }
}

enum wzp_race_reason wzp_race_relay_reason(const struct wzp_race *r)
{
    bool own = wzp_nat_hint_is_hard(&r->config.own_nat);
    bool peer = wzp_nat_hint_is_hard(&r->config.peer_nat);
    if (r->identity_failed)
        return WZP_RACE_IDENTITY;
    if (own && peer)
        return WZP_RACE_BOTH_HARD;
    return own || peer ? WZP_RACE_HARD_NAT : WZP_RACE_UNREACHABLE;
}

/* True when a is better than b: at an announced address, then with the shorter round trip, then of
 * the earlier kind (enum wzp_candidate_kind: a host candidate first). */
static bool better(const struct wzp_race_attempt *a, const struct wzp_race_attempt *b)
{
    if (a->doubtful != b->doubtful)
        return b->doubtful;
    if (a->rtt != b->rtt && a->rtt && b->rtt)
        return a->rtt < b->rtt;
    return a->kind < b->kind;
}

int wzp_race_best_proved(const struct wzp_race *r)
{
    int best = -1;
    for (size_t i = 0; i < r->attempt_count; i++)
        if (r->attempts[i].state == WZP_RACE_PROVED &&
            (best < 0 || better(&r->attempts[i], &r->attempts[best])))
            best = (int)i;
    return best;
}

bool wzp_race_better_may_come(const struct wzp_race *r, const struct wzp_race_attempt *best)
{
    for (size_t i = 0; i < r->attempt_count; i++)
        if (r->attempts[i].state == WZP_RACE_CONNECTED &&
            !wzp_addr_equal(&r->attempts[i].remote, &best->remote))
            return true;
    return false;
}
