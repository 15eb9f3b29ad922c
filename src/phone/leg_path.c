/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/leg_path.h"

#include "phone/event.h"

void wzp_leg_tell_path(struct wzp_leg *leg, bool joined)
{
    struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_event event;
    struct wzp_addr local, remote;
    struct wzp_quic_stats stats;
    char text[WZP_ADDR_TEXT_MAX];

    if (!path)
        return;
    if (!joined && !wzp_path_news(&leg->paths))
        return;
    wzp_quic_conn_path(path->conn, &local, &remote);
    wzp_quic_conn_stats(path->conn, &stats);
    wzp_event_about(&event, leg->session, joined ? WZP_EVENT_JOINED : WZP_EVENT_PATH);
    event.u.path.remote = wzp_addr_format(text, &remote);
    event.u.path.relay = leg->places[leg->turn].name;
    event.u.path.direct = path->kind == WZP_PATH_DIRECT;
    event.u.path.rtt_ms = (uint32_t)(stats.rtt_smoothed / WZP_MILLISECOND);
    event.u.path.why = wzp_race_reason_text(leg->paths.why);
    event.u.path.reason = wzp_race_reason_word(leg->paths.why);
    wzp_event_emit(leg->phone, &event);
}

static void watch_path(struct wzp_leg *leg, uint64_t now)
{
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_quic_stats stats;

    if (path) {
        wzp_quic_conn_stats(path->conn, &stats);
        wzp_watch_path(&leg->watch, stats.packets_received, now);
    }
    leg->next_watch = wzp_time_add(now, WZP_LEG_WATCH_INTERVAL);
}

void wzp_leg_use(struct wzp_leg *leg, struct wzp_path *path, enum wzp_race_reason why, uint64_t now)
{
    wzp_path_activate(&leg->paths, path, why);
    watch_path(leg, now);
    wzp_leg_tell_path(leg, false);
}

void wzp_leg_explain(struct wzp_leg *leg, enum wzp_race_reason why)
{
    leg->paths.why = why;
    wzp_leg_tell_path(leg, false);
}

/* The relay's path needs no validation: the relay that let us in is the one that forwards. */
void wzp_leg_use_relay(struct wzp_leg *leg, uint64_t now)
{
    enum wzp_race_reason why = leg->joined_once        ? WZP_RACE_RELAY_BACK
                               : leg->session->is_room ? WZP_RACE_ROOM
                                                       : leg->why_relay;

    if (wzp_path_find(&leg->paths, leg->link->conn))
        return; /* added before the relay's answer, for eager media */
    if (wzp_path_add(&leg->paths, WZP_PATH_RELAY, leg->link->conn, now) < 0)
        return; /* WZP_PATHS_MAX others are there */
    /* A silent connection carries nothing, so the new one replaces it at once. A direct path stays
     * active. */
    const struct wzp_path *active = wzp_path_active(&leg->paths);
    if (!active || (leg->old && active->kind == WZP_PATH_RELAY))
        wzp_path_activate(&leg->paths, wzp_path_find(&leg->paths, leg->link->conn), why);
    watch_path(leg, now);
}
