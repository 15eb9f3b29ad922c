/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/direct_watch.h"

#include "phone/direct_path.h"
#include "phone/direct_race.h"
#include "phone/path.h"

/* Sends media over the relay, too, when the direct path is silent, and when the peer does so: it
 * may not hear us, although we hear it. */
static void worry(struct wzp_direct *d, struct wzp_path *relay, uint64_t silence, uint64_t now)
{
    bool answer = relay->datagrams_received != d->relay_packets && now >= d->answer_after &&
                  now >= d->settled_at;

    d->relay_packets = relay->datagrams_received;
    if (answer)
        d->answer_after = wzp_time_add(now, WZP_DIRECT_ANSWER);
    if (answer || silence >= WZP_DIRECT_UNEASY)
        wzp_path_also(&wzp_direct_leg(d)->paths, relay->conn,
                      wzp_time_add(now, WZP_DIRECT_BOTH_LONG));
}

/* Gives up the connection in use. */
static void give_up(struct wzp_direct *d, const struct wzp_path *path, uint64_t now)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        struct wzp_direct_link *l = &d->links[i];
        if (!l->link || l->link->known_as != path->conn)
            continue;
        wzp_direct_fail(d, l, now);
        wzp_direct_drop(l, "path-died", now);
        break;
    }
    wzp_direct_use_relay(d, false, now);
    wzp_direct_pump(d, now);
}

void wzp_direct_look(struct wzp_direct *d, uint64_t now)
{
    struct wzp_leg *leg = wzp_direct_leg(d);
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_path *relay = wzp_path_best_of(&leg->paths, WZP_PATH_RELAY);
    struct wzp_quic_stats stats;

    uint64_t late = wzp_time_since(now, d->look_at);
    d->look_at = WZP_NEVER;
    if (!path || path->kind != WZP_PATH_DIRECT)
        return;
    /* This process got no time to look: what arrived meanwhile is still to be read. */
    if (late >= WZP_DIRECT_LOOK)
        d->packets_at = wzp_time_add(d->packets_at, late);
    d->look_at = wzp_time_add(now, WZP_DIRECT_LOOK);
    wzp_quic_conn_stats(path->conn, &stats);
    if (stats.packets_received != d->packets)
        d->packets_at = now;
    d->packets = stats.packets_received;
    uint64_t silence = stats.bytes_in_flight > 0 ? wzp_time_since(now, d->packets_at) : 0;
    uint64_t heard = path->heard_at > d->active_since ? path->heard_at : d->active_since;
    uint64_t limit = leg->session->held ? WZP_DIRECT_SILENT_HELD : WZP_DIRECT_SILENT;
    bool left = d->ours && relay && now >= d->settled_at &&
                relay->heard_at > wzp_time_add(heard, WZP_DIRECT_LEFT);
    if (d->ours && relay && !leg->session->held)
        worry(d, relay, silence, now);
    if (left || silence >= limit)
        give_up(d, path, now);
}
