/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms through the whole relay: joining, forwarding, sender numbers, packing, directive,
 * limits. */
#include <stdio.h>
#include <string.h>

#include "lib_client.h"
#include "relay/state.h"
#include "tap.h"
#include "wire/media.h"

static uint8_t number_of(const struct peer *peer)
{
    return peer->frame_count
               ? peer->frames[(peer->frame_count - 1) % FRAMES_MAX].data[WZP_MEDIA_SENDER_OFFSET]
               : 0;
}

static void test_join_and_forward(void)
{
    static struct net net;
    static struct peer a, b, c, other;
    struct wzp_signal update = {0};

    net_init(&net, NULL);
    peer_dial(&net, &a, "lounge", 1);
    ok(peer_join(&a, true), "14, 15: the first member joins, with a key of its own");
    peer_dial(&net, &b, "lounge", 2);
    ok(peer_join(&b, false), "an existing client without binding joins");
    ok(peer_wait(&a, WZP_SIGNAL_ROOM_UPDATE) != NULL, "the first one is told");
    peer_dial(&net, &c, "LOUNGE", 3);
    ok(peer_join(&c, true), "a third one with capitals in its name joins");
    if (peer_wait_signal(&a, WZP_SIGNAL_ROOM_UPDATE, &update)) {
        is_int(update.u.room_update.count, 3, "three are counted");
        is_str(update.u.room_update.participants.items[0].fingerprint, a.identity.fingerprint_text,
               "in the order they came");
        for (int i = 0; i < 3; i++)
            ok(update.u.room_update.participants.items[i].has_sender &&
                   update.u.room_update.participants.items[i].sender == i + 1,
               "the list tells the sender number of member %d", i + 1);
        wzp_signal_fini(&update);
    }
    peer_dial(&net, &other, "kitchen", 4);
    ok(peer_join(&other, true), "somebody is in another room");
    peer_frame(&a, 1, 60, NULL);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(b.frame_count, 1, "a frame reaches the second");
    is_int(c.frame_count, 1, "and the third");
    is_int(a.frame_count, 0, "but not its sender");
    is_int(other.frame_count, 0, "nor another room");
    is_int(number_of(&b), 1, "it carries the first sender number");
    is_int(b.frames[0].length, 72, "and is as long as it was");
    peer_frame(&c, 9, 60, NULL);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(number_of(&a), 3, "the third sender has another number");
    peer_forget(&b);
    peer_close(&c);
    ok(peer_wait_signal(&b, WZP_SIGNAL_ROOM_UPDATE, &update), "a leave is told");
    is_int(update.u.room_update.count, 2, "two are left");
    wzp_signal_fini(&update);
    net_fini(&net);
}

static void test_bytes_are_kept(void)
{
    static struct net net;
    static struct peer a, b;
    uint8_t frame[40];
    struct wzp_relay_counters counters;

    net_init(&net, NULL);
    peer_dial(&net, &a, NULL, 1);
    peer_dial(&net, &b, "default", 2);
    ok(peer_join(&a, true) && peer_join(&b, true), "no name is the room default");
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 7 + 1);
    frame[0] = 0x80 | 2 << 2; /* V set, codec 2, no report */
    frame[1] = 0xff;
    frame[10] = 77;
    peer_datagram(&a, frame, sizeof frame);
    net_run(&net, 50 * WZP_MILLISECOND);
    frame[1] = 0xfc;
    frame[10] = 1;
    is_bytes(b.frames[0].data, b.frames[0].length, frame, sizeof frame,
             "all bytes stay but two unused bits and the sender's number: nobody picks another's");
    frame[0] = 9 << 2;
    peer_datagram(&a, frame, sizeof frame);
    peer_datagram(&a, frame, 11);
    frame[0] = 2;
    peer_datagram(&a, frame, 15);
    net_run(&net, 50 * WZP_MILLISECOND);
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.frames_malformed, 3, "malformed frames are counted");
    is_int(b.frame_count, 1, "and not forwarded");
    net_fini(&net);
}

static void test_packing(void)
{
    static struct net net;
    static struct peer peers[5];
    uint64_t before, alone;

    net_init(&net, NULL);
    for (size_t i = 0; i < 5; i++) {
        peer_dial(&net, &peers[i], "choir", (uint8_t)(i + 1));
        ok(peer_join(&peers[i], true), "member %zu joins", i);
    }
    net_run(&net, 2 * WZP_SECOND);
    /* One speaker: every frame leaves at once. */
    before = net.packets_from_relay;
    for (uint16_t n = 0; n < 20; n++) {
        peer_frame(&peers[0], n, 60, NULL);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    alone = net.packets_from_relay - before;
    is_int(peers[4].frame_count, 20, "all frames of one speaker arrive");
    net_run(&net, WZP_SECOND);
    before = net.packets_from_relay;
    peers[4].frame_count = 0;
    for (uint16_t n = 0; n < 20; n++) {
        for (size_t i = 0; i < 4; i++)
            peer_frame(&peers[i], n, 60, NULL);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(peers[4].frame_count, 80, "all frames of four speakers arrive");
    note("packets for 80 frames out: %llu alone; for 320: %llu with four speakers",
         (unsigned long long)alone, (unsigned long long)(net.packets_from_relay - before));
    ok(net.packets_from_relay - before < 3 * alone,
       "frames of four speakers share packets (less than three times those of one)");
    net_fini(&net);
}

static void test_late_company(void)
{
    static struct net net;
    static struct peer a, b, c;
    uint64_t sent;

    net_init(&net, NULL);
    peer_dial(&net, &a, "duet", 1);
    peer_dial(&net, &b, "duet", 2);
    peer_dial(&net, &c, "duet", 3);
    ok(peer_join(&a, true) && peer_join(&b, true) && peer_join(&c, true), "three join");
    peer_frame(&a, 1, 60, NULL);
    peer_frame(&b, 1, 60, NULL);
    net_run(&net, 40 * WZP_MILLISECOND);
    c.frame_count = 0;
    sent = net.now;
    peer_frame(&a, 2, 60, NULL);
    net_run(&net, 40 * WZP_MILLISECOND);
    is_int(c.frame_count, 1, "a frame whose company stays away arrives");
    is_near((double)(c.frames[0].at - sent) / 1e6, 11, 0.6,
            "after two delays and the 1 ms it may wait");
    is_int(b.frames[(b.frame_count - 1) % FRAMES_MAX].at - sent, 2 * net.delay,
           "who hears one person only does not wait");
    net_fini(&net);
}

/* Two speakers whose frames come 12 ms apart: no packet could carry both, so neither frame waits.
 */
static void test_out_of_step(void)
{
    static struct net net;
    static struct peer a, b, c;
    uint64_t late = 0;

    net_init(&net, NULL);
    peer_dial(&net, &a, "turns", 1);
    peer_dial(&net, &b, "turns", 2);
    peer_dial(&net, &c, "turns", 3);
    ok(peer_join(&a, true) && peer_join(&b, true) && peer_join(&c, true), "three join");
    for (uint16_t n = 1; n <= 10; n++) {
        for (int i = 0; i < 2; i++) {
            uint64_t sent = net.now;
            c.frame_count = 0;
            peer_frame(i ? &b : &a, n, 60, NULL);
            net_run(&net, 12 * WZP_MILLISECOND);
            late += c.frame_count != 1 || c.frames[0].at != sent + 2 * net.delay;
        }
    }
    is_int(late, 0, "frames of people who do not speak in step never wait for each other");
    net_fini(&net);
}

static void test_no_allocation(void)
{
    static struct net net;
    static struct peer peers[3];
    struct wzp_quality_report report = {0, 10, 5, 0};
    uint64_t before;

    net_init(&net, NULL);
    for (size_t i = 0; i < 3; i++) {
        peer_dial(&net, &peers[i], "quiet", (uint8_t)(i + 1));
        ok(peer_join(&peers[i], true), "member %zu joins", i);
    }
    for (uint16_t n = 0; n < 200; n++) {
        peer_frame(&peers[0], n, 80, NULL);
        peer_frame(&peers[1], n, 80, NULL);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    before = net.relay_allocations;
    peers[2].frame_count = 0;
    for (uint16_t n = 0; n < 100; n++) {
        peer_frame(&peers[0], n, 80, n % 50 ? NULL : &report);
        peer_frame(&peers[1], n, 80, NULL);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    is_int(peers[2].frame_count, 200, "frames flow");
    is_int(net.relay_allocations - before, 0, "no allocation for 400 forwarded frames");
    ok(sizeof(struct wzp_relay_client) + 2 * sizeof(struct wzp_relay_slot) +
               sizeof(struct wzp_relay_room) + sizeof(struct wzp_relay_presence_entry) <=
           24 * 1024,
       "a member in a room of its own takes %zu bytes",
       sizeof(struct wzp_relay_client) + sizeof(struct wzp_relay_room));
    net_fini(&net);
}

static void report_bad(struct net *net, struct peer *peer, unsigned times, uint8_t loss)
{
    struct wzp_quality_report report = {loss, 5, 0, 0};

    for (unsigned i = 0; i < times; i++) {
        peer_frame(peer, (uint16_t)i, 60, &report);
        net_run(net, 20 * WZP_MILLISECOND);
    }
}

static void test_directive(void)
{
    static struct net net;
    static struct peer a, b, c;
    struct wzp_signal directive = {0};

    net_init(&net, NULL);
    peer_dial(&net, &a, "weak", 1);
    peer_dial(&net, &b, "weak", 2);
    ok(peer_join(&a, true) && peer_join(&b, true), "two join");
    report_bad(&net, &a, 2, 20);
    ok(!peer_has(&b, WZP_SIGNAL_QUALITY_DIRECTIVE), "two bad reports do nothing");
    report_bad(&net, &a, 1, 20);
    ok(peer_wait_signal(&b, WZP_SIGNAL_QUALITY_DIRECTIVE, &directive),
       "102, 103: the third one does: the weakest of good and bad is not Good");
    is_int(directive.u.quality_directive.recommended_profile.codec, WZP_CODEC_OPUS_6K,
           "with the profile of the tier");
    is_str(directive.u.quality_directive.reason, "weakest link: Degraded", "and its reason");
    wzp_signal_fini(&directive);
    ok(peer_wait(&a, WZP_SIGNAL_QUALITY_DIRECTIVE) != NULL, "the reporter is told too");
    peer_dial(&net, &c, "weak", 3);
    ok(peer_join(&c, true) && peer_wait(&c, WZP_SIGNAL_QUALITY_DIRECTIVE),
       "a newcomer is told the directive that holds");
    peer_close(&a);
    ok(peer_wait_signal(&b, WZP_SIGNAL_QUALITY_DIRECTIVE, &directive),
       "the weakest link leaves: a new directive");
    is_str(directive.u.quality_directive.reason, "weakest link: Good", "back to good");
    wzp_signal_fini(&directive);
    net_fini(&net);
}

static void test_room_signals(void)
{
    static struct net net;
    static struct peer a, b;

    net_init(&net, NULL);
    peer_dial(&net, &a, "talk", 1);
    peer_dial(&net, &b, "talk", 2);
    ok(peer_join(&a, true) && peer_join(&b, true), "two join");
    peer_send(&a, "{\"Ping\":{\"timestamp_ms\":9007199254740993}}");
    is_str(peer_wait(&a, WZP_SIGNAL_PONG), "{\"Pong\":{\"timestamp_ms\":9007199254740993}}",
           "Ping in a room is answered");
    peer_send(&a, "{\"LossRecoveryUpdate\":{\"dred_reconstructions\":12}}");
    peer_send(&a, "\"Hold\"");
    peer_send(&a, "{\"NoSuchThing\":{}}");
    peer_send(&a, "}{");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(!a.closed, "unknown and broken messages change nothing");
    peer_forget(&b);
    peer_hangup(&a, "Normal", NULL);
    ok(peer_wait(&b, WZP_SIGNAL_ROOM_UPDATE) != NULL, "Hangup leaves the room");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(a.closed, "and ends the connection");
    net_fini(&net);
}

static void test_limits(void)
{
    static struct net net;
    static struct peer peers[3];
    static struct wzp_relay_config config;
    struct wzp_relay_counters counters;

    wzp_relay_config_default(&config);
    config.max_sessions = 2;
    net_init(&net, &config);
    for (size_t i = 0; i < 3; i++)
        peer_dial(&net, &peers[i], "small", (uint8_t)(i + 1));
    ok(peer_join(&peers[0], true) && peer_join(&peers[1], true), "two fit");
    ok(!peer_join(&peers[2], true), "112, 115: a third does not");
    is_str(peers[2].why.reason, "relay is full", "115: and is told why");
    for (uint16_t i = 0; i < 1000; i++) {
        peer_frame(&peers[0], i, 60, NULL);
        net_run(&net, WZP_MILLISECOND);
    }
    net_run(&net, 100 * WZP_MILLISECOND);
    wzp_relay_counters(net.relay, &counters);
    ok(counters.frames_dropped > 200, "a flood is cut: %llu of 1000 frames dropped",
       (unsigned long long)counters.frames_dropped);
    ok(peers[1].frame_count >= 600 && peers[1].frame_count < 800,
       "what the rate allows arrives: %zu", peers[1].frame_count);
    net_fini(&net);
}

TAP_MAIN
{
    test_join_and_forward();
    test_bytes_are_kept();
    test_packing();
    test_late_company();
    test_out_of_step();
    test_no_allocation();
    test_directive();
    test_room_signals();
    test_limits();
}
