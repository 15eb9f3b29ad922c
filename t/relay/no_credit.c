/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Clients that accept no messages: one that never grants a QUIC stream, and one that does not
 * answer at all. Others are not delayed because of them; they are closed with a reason. */
#include <stdio.h>

#include "lib_client.h"
#include "tap.h"

#define LATE (5 * WZP_MILLISECOND)

static struct net net;
static struct peer a, b, c, greedy, deaf, late;

/* Sends a frame; returns how long it takes to arrive. */
static uint64_t frame_delay(struct peer *from, struct peer *to, uint16_t sequence)
{
    size_t before = to->frame_count;
    uint64_t sent = net.now;
    peer_frame(from, sequence, 80, NULL);
    net_run(&net, 20 * WZP_MILLISECOND);
    if (to->frame_count == before)
        return WZP_SECOND;
    return to->frames[(to->frame_count - 1) % FRAMES_MAX].at - sent;
}

/* A member joins or leaves; returns how long until `peer` is told. */
static uint64_t update_delay(struct peer *peer, uint64_t since)
{
    return peer_wait(peer, WZP_SIGNAL_ROOM_UPDATE) ? net.now - since : WZP_SECOND;
}

static void in_a_room(void)
{
    uint64_t worst_frame = 0, worst_update = 0;
    net_init(&net, NULL);
    peer_dial(&net, &a, "den", 1);
    peer_dial(&net, &b, "den", 2);
    ok(peer_join(&a, true) && peer_join(&b, true), "two are in a room");
    net.stream_limit = -1;
    peer_dial(&net, &greedy, "den", 3);
    net.stream_limit = 0;
    ok(!peer_join(&greedy, true), "a third one grants no stream and so hears nothing");
    peer_dial(&net, &deaf, "den", 4);
    ok(peer_join(&deaf, true), "a fourth one joins");
    deaf.frozen = true;
    note("and answers nothing any more");
    unsigned rounds;
    for (rounds = 0; rounds < 90 && !greedy.closed; rounds++) {
        peer_forget(&a);
        peer_forget(&b);
        peer_dial(&net, &late, "den", 5);
        if (!peer_join(&late, true))
            bail("no newcomer");
        peer_forget(&a);
        uint64_t asked = net.now;
        if (late.conn)
            wzp_quic_conn_close(late.conn, 0, "", false, net.now);
        uint64_t took = update_delay(&a, asked);
        worst_update = took > worst_update ? took : worst_update;
        took = frame_delay(&a, &b, (uint16_t)rounds);
        worst_frame = took > worst_frame ? took : worst_frame;
        peer_free(&late);
        /* Not faster than a room reports joins and leaves. */
        net_run(&net, 150 * WZP_MILLISECOND);
    }
    ok(worst_update <= 2 * net.delay + LATE, "RoomUpdates of others are not delayed (%.1f ms)",
       (double)worst_update / 1e6);
    ok(worst_frame <= 2 * net.delay + LATE, "nor is media (%.1f ms)", (double)worst_frame / 1e6);
    ok(greedy.closed, "who grants no stream is closed (after %u comings and goings)", rounds);
    is_str(greedy.why.reason, "slow reader", "with the reason");
    ok(!a.closed && !b.closed, "the others stay");
    net_run(&net, 35 * WZP_SECOND);
    struct wzp_relay_counters counters;
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.active_sessions, 2, "the deaf one is gone as well");
    net_fini(&net);
}

static uint64_t offer_delay(const char *id)
{
    uint64_t asked = net.now;
    peer_forget(&b);
    peer_offer(&a, &b, id);
    uint64_t took = peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) ? net.now - asked : WZP_SECOND;
    peer_hangup(&a, "Normal", id);
    peer_wait(&b, WZP_SIGNAL_HANGUP);
    return took;
}

static void registered(void)
{
    uint64_t worst = 0;
    char id[32];
    net_init(&net, NULL);
    peer_dial(&net, &a, "_signal", 1);
    peer_dial(&net, &b, "_signal", 2);
    peer_dial(&net, &c, "_signal", 5);
    ok(peer_register(&a, WZP_REGISTRATION_PROVEN) && peer_register(&b, WZP_REGISTRATION_PROVEN) &&
           peer_register(&c, WZP_REGISTRATION_PROVEN),
       "three are registered");
    net.stream_limit = -1;
    peer_dial(&net, &greedy, "_signal", 3);
    net.stream_limit = 0;
    ok(!peer_register(&greedy, WZP_REGISTRATION_PROVEN), "a fourth one takes no messages");
    peer_dial(&net, &deaf, "_signal", 4);
    ok(peer_register(&deaf, WZP_REGISTRATION_PROVEN), "a fifth one falls deaf");
    deaf.frozen = true;
    unsigned rounds;
    for (rounds = 0; rounds < 120 && !greedy.closed; rounds++) {
        snprintf(id, sizeof id, "to-greedy-%u", rounds);
        peer_offer(&c, &greedy, id);
        peer_hangup(&c, "Normal", id);
        snprintf(id, sizeof id, "to-deaf-%u", rounds);
        peer_offer(&c, &deaf, id);
        peer_hangup(&c, "Normal", id);
        snprintf(id, sizeof id, "to-bob-%u", rounds);
        uint64_t took = offer_delay(id);
        worst = took > worst ? took : worst;
        net_run(&net, 450 * WZP_MILLISECOND); /* within the limit for beginning calls */
        deaf.frozen = true;
    }
    ok(worst <= 2 * net.delay + LATE, "calls of others are not delayed (%.1f ms)",
       (double)worst / 1e6);
    ok(greedy.closed, "who grants no stream is closed (after %u calls)", rounds);
    is_str(greedy.why.reason, "slow reader", "with the reason");
    net_run(&net, 35 * WZP_SECOND);
    struct wzp_relay_counters counters;
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.registered, 3, "the deaf one is gone as well");
    ok(!a.closed && !b.closed && !c.closed, "the others stay");
    ok(offer_delay("afterwards") <= 2 * net.delay + LATE, "and call each other");
    net_fini(&net);
}

TAP_MAIN
{
    in_a_room();
    registered();
}
