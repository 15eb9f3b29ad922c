/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/direct_path.h"

#include "phone/leg.h"
#include "phone/leg_path.h"
#include "phone/link.h"
#include "phone/path.h"

struct wzp_leg *wzp_direct_leg(const struct wzp_direct *d)
{
    return &d->call->session.leg;
}

/* ---- places for connections ---- */

struct wzp_direct_link *wzp_direct_find_attempt(struct wzp_direct *d, int attempt)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++)
        if (d->links[i].link && d->links[i].attempt == attempt)
            return &d->links[i];
    return NULL;
}

struct wzp_direct_link *wzp_direct_free_place(struct wzp_direct *d, int attempt)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        if (d->links[i].link)
            continue;
        d->links[i] = (struct wzp_direct_link){
            .direct = d, .attempt = attempt, .prove_by = WZP_NEVER, .close_at = WZP_NEVER};
        return &d->links[i];
    }
    return NULL;
}

void wzp_direct_drop(struct wzp_direct_link *l, const char *reason, uint64_t now)
{
    if (!l->link)
        return;
    wzp_path_remove(&wzp_direct_leg(l->direct)->paths, l->link->known_as);
    wzp_link_drop(&l->link, reason, false, now);
}

/* ---- which path carries the media ---- */

bool wzp_direct_carries(const struct wzp_call *c)
{
    struct wzp_path_set *set = &((struct wzp_call *)c)->session.leg.paths;
    const struct wzp_path *path = wzp_path_active(set);

    return path && path->kind == WZP_PATH_DIRECT;
}

bool wzp_direct_carries_proven(const struct wzp_call *c)
{
    return c->direct && c->direct->ours && wzp_direct_carries(c);
}

void wzp_direct_tell_relay(struct wzp_direct *d, enum wzp_race_reason reason)
{
    if (reason == WZP_RACE_PEER_ADDRESSLESS && d->call->peer_private)
        reason = WZP_RACE_PEER_PRIVACY;
    if (d->told == reason || wzp_direct_carries(d->call))
        return;
    d->told = reason;
    wzp_direct_leg(d)->why_relay = reason; /* the leg may not be connected yet */
    wzp_leg_explain(wzp_direct_leg(d), reason);
}

/* The earlier direct paths are still received on for a while. */
static void replace_others(struct wzp_direct *d, const struct wzp_direct_link *winner, uint64_t now)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        struct wzp_direct_link *l = &d->links[i];
        if (l->link && l != winner && l->attempt < 0 && l->close_at == WZP_NEVER)
            l->close_at = wzp_time_add(now, WZP_DIRECT_DRAIN);
    }
}

void wzp_direct_use(struct wzp_direct *d, struct wzp_direct_link *l, enum wzp_race_reason reason,
                    uint64_t now)
{
    struct wzp_leg *leg = wzp_direct_leg(d);
    const struct wzp_path *before = wzp_path_active(&leg->paths);
    const struct wzp_quic_conn *old = before ? before->conn : NULL;
    struct wzp_quic_stats stats;

    if (!wzp_path_find(&leg->paths, l->link->conn) &&
        wzp_path_add(&leg->paths, WZP_PATH_DIRECT, l->link->conn, now) < 0)
        return;
    struct wzp_path *path = wzp_path_find(&leg->paths, l->link->conn);
    if (path == wzp_path_active(&leg->paths))
        return;
    if (d->ours && old)
        wzp_path_also(&leg->paths, old, wzp_time_add(now, WZP_DIRECT_BOTH));
    d->told = reason;
    /* The first packet on this path is acknowledged a round trip later, and the peer switches when
     * it has heard that we agree. Until then silence means nothing. */
    wzp_quic_conn_stats(l->link->conn, &stats);
    d->active_since = now;
    d->settled_at = wzp_time_add(now, WZP_DIRECT_SETTLED + stats.rtt_smoothed);
    d->packets = stats.packets_received;
    d->packets_at = wzp_time_add(now, stats.rtt_smoothed);
    d->look_at = wzp_time_add(now, WZP_DIRECT_LOOK);
    wzp_retry_up(&d->retry, now);
    replace_others(d, l, now);
    wzp_leg_use(leg, path, reason, now);
}

void wzp_direct_use_relay(struct wzp_direct *d, bool quietly, uint64_t now)
{
    struct wzp_leg *leg = wzp_direct_leg(d);
    struct wzp_path *path = wzp_path_best_of(&leg->paths, WZP_PATH_RELAY);

    d->look_at = WZP_NEVER;
    d->told = WZP_RACE_PATH_DIED;
    d->tell_at = quietly ? wzp_time_add(now, WZP_DIRECT_TELL) : WZP_NEVER;
    wzp_retry_down(&d->retry, now);
    if (path && quietly)
        wzp_path_activate(&leg->paths, path, WZP_RACE_PATH_DIED);
    else if (path)
        wzp_leg_use(leg, path, WZP_RACE_PATH_DIED, now);
    else if (leg->state == WZP_LEG_IDLE)
        /* The relay refused us while the direct path carried the call. */
        wzp_leg_start(leg, now);
}
