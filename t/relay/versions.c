/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Members of a later protocol version in one room with those of version 1: nobody can send in
 * somebody else's name by claiming another version (wzp-protocol(7), Version 2). */
#include <string.h>

#include "base/time.h"
#include "lib_client.h"
#include "relay/state.h"
#include "tap.h"
#include "wire/media.h"

static struct net net;
static struct peer ann, bob, eve, far;

static void frame_of(uint8_t out[72], uint8_t first, uint8_t sender)
{
    memset(out, 0, 72);
    out[0] = first;
    out[3] = 9; /* sequence */
    out[WZP_MEDIA_SENDER_OFFSET] = sender;
}

static const struct frame *latest(const struct peer *peer)
{
    return peer->frame_count ? &peer->frames[(peer->frame_count - 1) % FRAMES_MAX] : NULL;
}

static void open_room(void)
{
    net_init(&net, NULL);
    peer_dial(&net, &ann, "tea", 1);
    peer_dial(&net, &bob, "tea", 2);
    peer_dial(&net, &eve, "tea", 3);
    peer_dial(&net, &far, "tea", 4);
    eve.version = far.version = 2;
    ok(peer_join(&ann, true) && peer_join(&bob, false) && peer_join(&eve, true) &&
           peer_join(&far, true),
       "two people of version 1 are in a room with two who say to be of version 2");
}

static void test_voices(void)
{
    uint8_t frame[72];
    open_room();
    frame_of(frame, 0, 2);
    peer_datagram(&eve, frame, sizeof frame);
    net_run(&net, 50 * WZP_MILLISECOND);
    ok(ann.frame_count == 1 && latest(&ann)->data[WZP_MEDIA_SENDER_OFFSET] == 3,
       "a frame of version 1 carries its sender's number, whatever version the sender announced "
       "(%d)",
       ann.frame_count ? latest(&ann)->data[WZP_MEDIA_SENDER_OFFSET] : -1);
    frame_of(frame, 2, 2); /* version 2; or version 1 with a report */
    peer_datagram(&eve, frame, sizeof frame);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(ann.frame_count, 1, "a frame of version 2 does not reach those of version 1");
    is_int(bob.frame_count, 1, "none of them");
    is_int(far.frame_count, 2, "it reaches those of version 2");
    ok(memcmp(latest(&far)->data, frame, FRAME_KEPT) == 0, "with all its bytes");
    frame_of(frame, 0, 3);
    peer_datagram(&bob, frame, sizeof frame);
    net_run(&net, 50 * WZP_MILLISECOND);
    ok(ann.frame_count == 2 && latest(&ann)->data[WZP_MEDIA_SENDER_OFFSET] == 2,
       "those of version 1 hear each other as before");
    net_fini(&net);
}

static void test_limits(void)
{
    struct wzp_relay_counters before, after;
    uint8_t long_frame[1000] = {0}, bad[72] = {9 << 2};
    open_room();
    wzp_relay_counters(net.relay, &before);
    peer_datagram(&eve, long_frame, sizeof long_frame);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(ann.frame_count, 0,
           "a frame of version 1 that its codec has no use for is dropped from "
           "whoever announced version 2, too");
    peer_datagram(&eve, bad, sizeof bad);
    net_run(&net, 50 * WZP_MILLISECOND);
    wzp_relay_counters(net.relay, &after);
    ok(after.frames_malformed == before.frames_malformed + 1 && far.frame_count == 0,
       "what is neither of a later version nor of version 1 is malformed");
    long_frame[0] = 2;
    peer_datagram(&eve, long_frame, sizeof long_frame);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(far.frame_count, 1, "of version 2 only the operator's limits are known");
    net_fini(&net);
}

TAP_MAIN
{
    test_voices();
    test_limits();
}
