/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Detects parties of a call that are gone. A phone that dies sends nothing: its media stop, and it
 * acknowledges no packet. After eight seconds of silence it is removed from the list of the call's
 * room, so that the other side sees it. If it is heard again, as after a network outage, it is
 * listed again; if the silence lasts, the call ends. The loss of only the signal connection has its
 * own grace time (direct.c). Calls on a direct path are watched by the phones themselves. A callee
 * that dies while it rings is also detected by its silence, sooner than by QUIC's idle timeout.
 *
 * An existing relay does not report that its caller hung up, only that nobody is in the call's room
 * there any more. */
#include <stdio.h>
#include <string.h>

#include "relay/dispatch.h"
#include "relay/federation.h"

#define ROOM_NAME_SIZE (sizeof WZP_CALL_ROOM_PREFIX + WZP_CALL_ID_MAX)
static void name_room(char out[ROOM_NAME_SIZE], const struct wzp_relay_call *call)
{
    snprintf(out, ROOM_NAME_SIZE, "%s%s", WZP_CALL_ROOM_PREFIX, call->id);
}

/* This person's connection in the call's room, NULL when there is none on this thread. */
static struct wzp_relay_client *media_of(const struct wzp_relay *r,
                                         const struct wzp_relay_party *party)
{
    char name[ROOM_NAME_SIZE];
    name_room(name, party->call);
    struct wzp_relay_room *room = wzp_map_get(&r->rooms, name, strlen(name));
    for (size_t i = 0; room && i < room->count; i++)
        if (wzp_relay_name_equal(&room->slots[i].client->name, &party->route.name))
            return room->slots[i].client;
    return NULL;
}

const struct wzp_relay_neighbour *wzp_relay_party_old(const struct wzp_relay_party *party)
{
    const struct wzp_relay_neighbour *n =
        party->route.way == &wzp_relay_way_federation ? party->route.at : NULL;
    return n && !n->is_ours ? n : NULL;
}

/* The number of frames that this party sent to the call's room, here or over a link; `before` when
 * unknown. */
static uint64_t sent_by(const struct wzp_relay *r, const struct wzp_relay_party *party,
                        const struct wzp_relay_global *global, uint64_t before)
{
    const struct wzp_relay_client *client = media_of(r, party);
    const struct wzp_relay_neighbour *n =
        party->route.way == &wzp_relay_way_federation ? party->route.at : NULL;
    if (client)
        return client->member.frames_in;
    return n && global ? global->remotes[n->index].frames_in : before;
}

/* Notes whether the party is in the call's room at that relay. If the other side sends no frames
 * there, the call may have a direct path, and then the party need not be in the room. A short pause
 * does not count as a direct path (QUIET_TIME). */
static void look_there(struct wzp_relay *r, struct wzp_relay_party *party,
                       const struct wzp_relay_neighbour *n, uint64_t now)
{
    char name[ROOM_NAME_SIZE];
    name_room(name, party->call);
    const struct wzp_relay_global *global = wzp_relay_global_find(r, name);
    uint64_t sent = sent_by(r, wzp_relay_party_peer(party), global, party->heard);
    bool is_there = global && global->remotes[n->index].count > 0;
    party->had_media |= is_there;
    if (sent != party->heard)
        party->sent_at = now;
    if (is_there || !n->is_up || !party->heard_at ||
        wzp_time_since(now, party->sent_at) >= WZP_RELAY_QUIET_TIME)
        party->heard_at = now;
    party->heard = sent;
}

/* Notes whether anything came from this party. After a silence longer than any keep-alive interval,
 * sends it one Ping. */
static void look_at(struct wzp_relay *r, struct wzp_relay_party *party, uint64_t now)
{
    struct wzp_signal ping = {.type = WZP_SIGNAL_PING};
    const struct wzp_relay_neighbour *n = wzp_relay_party_old(party);
    if (n) {
        look_there(r, party, n, now);
        return;
    }
    struct wzp_relay_client *signal = wzp_relay_route_client(r, &party->route);
    struct wzp_relay_client *media = media_of(r, party);
    uint64_t heard =
        (signal ? signal->link->heard(signal->at) : 0) +
        (media ? media->link->heard(media->at) + media->member.frames_in : party->visit.heard);
    party->had_media |= media || party->visit.number;
    if (heard != party->heard || !party->heard_at) {
        party->heard = heard;
        party->heard_at = now;
        party->was_asked = false;
    } else if (signal && !party->was_asked &&
               wzp_time_since(now, party->heard_at) >= WZP_RELAY_ASK_AFTER) {
        party->was_asked = true;
        (void)wzp_relay_client_send(r, signal, &ping, now);
    }
}

/* How long nothing came from a party whose media this relay carries, else 0. A party at an existing
 * relay counts even if it never entered the room: it may have given up before the answer, which is
 * not reported either. */
static uint64_t silence(const struct wzp_relay_party *party, uint64_t now)
{
    bool is_watched = party->route.way != &wzp_relay_way_federation && party->had_media;
    return is_watched || wzp_relay_party_old(party) ? wzp_time_since(now, party->heard_at) : 0;
}

/* True when the callee died while it rings here. It got a Ping, which a living program answers by
 * itself. A sleeping phone may not answer, so only a connection without long pauses before is
 * judged. If nothing comes from the caller either, this relay's own network is at fault. */
static bool is_dead(const struct wzp_relay *r, const struct wzp_relay_call *call, uint64_t now)
{
    const struct wzp_relay_party *caller = &call->party[WZP_RELAY_CALLER];
    const struct wzp_relay_party *callee = &call->party[WZP_RELAY_CALLEE];
    const struct wzp_relay_client *signal = wzp_relay_route_client(r, &callee->route);
    bool has_line = !wzp_relay_route_is_local(&caller->route) ||
                    wzp_time_since(caller->heard_at, callee->heard_at) >= WZP_RELAY_QUIET_TIME;
    return has_line && signal && signal->link->steady(signal->at) >= WZP_RELAY_RING_STEADY &&
           wzp_time_since(now, callee->heard_at) >= WZP_RELAY_RING_SILENCE;
}

/* If the callee is dead, both parties get the Hangup: the callee may only have been offline, and
 * would ring on. */
static void watch_ringing(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    look_at(r, &call->party[WZP_RELAY_CALLEE], now);
    if (wzp_relay_route_is_local(&call->party[WZP_RELAY_CALLER].route))
        look_at(r, &call->party[WZP_RELAY_CALLER], now);
    if (is_dead(r, call, now)) {
        r->total.calls_lost++;
        wzp_relay_call_end(r, call, WZP_HANGUP_ERROR, NULL, now);
    } else {
        wzp_relay_timer_arm(&r->timers, &call->watch, WZP_RELAY_TIMER_WATCH, call, now);
    }
}

void wzp_relay_call_watch(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    if (call->state == WZP_RELAY_CALL_PENDING) {
        watch_ringing(r, call, now);
        return;
    }
    for (size_t i = 0; i < 2; i++)
        look_at(r, &call->party[i], now);
    /* If nothing comes from either party, this relay's own network is at fault. */
    bool own_line = silence(&call->party[0], now) >= WZP_RELAY_SILENCE_TIME &&
                    silence(&call->party[1], now) >= WZP_RELAY_SILENCE_TIME;
    for (size_t i = 0; i < 2 && !own_line; i++) {
        struct wzp_relay_client *media = media_of(r, &call->party[i]);
        bool missing = silence(&call->party[i], now) >= WZP_RELAY_SILENCE_TIME;
        if (silence(&call->party[i], now) >=
            (wzp_relay_party_old(&call->party[i]) ? WZP_RELAY_LEFT_TIME : WZP_RELAY_GONE_TIME)) {
            r->total.calls_lost++;
            wzp_relay_call_end(r, call, WZP_HANGUP_TIMEOUT, &call->party[i], now);
            return;
        }
        if (media && media->member.is_missing != missing)
            wzp_relay_room_mark(r, media, missing, now);
        else if (call->party[i].visit.number && call->party[i].visit.is_missing != missing)
            wzp_relay_visit_mark(r, &call->party[i], missing);
    }
    wzp_relay_pool_call_watch(r, call);
    wzp_relay_timer_arm(&r->timers, &call->watch, WZP_RELAY_TIMER_WATCH, call, now);
}
