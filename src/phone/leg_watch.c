/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/leg_watch.h"

#include <stdio.h>

#include "phone/event.h"
#include "phone/leg_dial.h"
#include "phone/leg_path.h"

#define WATCH_INTERVAL_HELD (500 * WZP_MILLISECOND)
#define DOUBT_TIME (200 * WZP_MILLISECOND)

static void tell(struct wzp_leg *leg, const char *text)
{
    wzp_event_notice(leg->phone, leg->session, text);
}

/* Tells the user something about the leg's relay, whose name stands between the two texts. */
static void tell_of_relay(struct wzp_leg *leg, const char *before, const char *after)
{
    char text[WZP_RELAY_TEXT_MAX + 96];

    snprintf(text, sizeof text, "%s%s%s", before, leg->places[leg->turn].name, after);
    tell(leg, text);
}

void wzp_leg_doubt(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_quic_stats stats;

    if (leg->state != WZP_LEG_UP || leg->old || !leg->link || !leg->link->conn)
        return;
    wzp_quic_conn_stats(leg->link->conn, &stats);
    uint64_t trips = 3 * stats.rtt_smoothed;
    leg->doubted_at = now;
    leg->doubt_until = wzp_time_add(now, trips > DOUBT_TIME ? trips : DOUBT_TIME);
}

void wzp_leg_settle_doubt(struct wzp_leg *leg, uint64_t now)
{
    leg->doubt_until = WZP_NEVER;
    /* An acknowledgement is not enough: a relay that was not heard for long may hold back media. */
    if (leg->stream.heard_at <= leg->doubted_at)
        wzp_leg_dial_beside(leg, now);
}

static void take_news(struct wzp_leg *leg, enum wzp_watch_news news, uint64_t now)
{
    switch (news) {
    case WZP_WATCH_PATH_SILENT:
        tell_of_relay(leg, "nothing has been heard from the relay ", " for a second");
        break;
    case WZP_WATCH_PATH_DEAD:
        tell_of_relay(leg, "still nothing: connecting to the relay ", " anew");
        if (!leg->session->ended)
            wzp_leg_dial_beside(leg, now);
        break;
    case WZP_WATCH_PATH_BACK: tell_of_relay(leg, "the relay ", " is heard again"); break;
    case WZP_WATCH_PEER_SILENT:
        tell(leg, "nothing has been heard from the other side for a second");
        break;
    case WZP_WATCH_PEER_GONE:
        tell(leg, "still nothing from the other side: our own connection stands, and the call "
                  "waits for it");
        break;
    case WZP_WATCH_PEER_BACK: tell(leg, "the other side is heard again"); break;
    case WZP_WATCH_PEER_UNHEARD:
        tell(leg, "nothing has been heard from the other side yet: the call goes on, and its "
                  "microphone may not work");
        break;
    case WZP_WATCH_PEER_HEARD: tell(leg, "the other side is heard now"); break;
    case WZP_WATCH_NOTHING: break;
    }
}

void wzp_leg_watch(struct wzp_leg *leg, uint64_t now)
{
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_quic_stats stats;

    if (wzp_time_since(now, leg->next_watch) >= WZP_LEG_WATCH_INTERVAL)
        wzp_watch_absent(&leg->watch, now);
    leg->next_watch =
        wzp_time_add(now, leg->session->held ? WATCH_INTERVAL_HELD : WZP_LEG_WATCH_INTERVAL);
    /* Without a path the relay is being dialled, which is told elsewhere; a direct one is watched
     * in direct_watch.c. */
    if (path && path->kind == WZP_PATH_RELAY) {
        wzp_quic_conn_stats(path->conn, &stats);
        take_news(leg,
                  wzp_watch_look_at_path(&leg->watch, stats.packets_received,
                                         stats.bytes_in_flight > 0, now),
                  now);
    }
    if (!leg->session->ended && !leg->session->is_room)
        take_news(leg,
                  wzp_watch_look_at_peer(&leg->watch, leg->stream.begun, leg->stream.heard_at,
                                         leg->peer_due, now),
                  now);
}
