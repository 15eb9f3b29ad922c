/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The debug tap with packet capture: packets of the named room and of no other, bounded, without
 * allocations. */
#include "relay/tap.h"

#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"
#include "lib_client.h"
#include "relay/state.h"
#include "tap.h"
#include "wire/capture.h"

#define WALL (UINT64_C(1700000000) * WZP_SECOND)

static struct net net;
static struct peer ann, bob, eve;
static uint8_t file[2 * WZP_RELAY_TAP_BYTES];
static size_t file_length;

static void take(void)
{
    const uint8_t *bytes;
    size_t length = wzp_relay_tap_take(net.relay, &bytes);
    if (file_length + length > sizeof file)
        bail("the file is full");
    memcpy(file + file_length, bytes, length);
    file_length += length;
}

static void read_file(void)
{
    struct wzp_capture_reader r;
    struct wzp_capture_record record;
    unsigned packets = 0, wrong = 0, misnamed = 0;
    is_int(wzp_capture_open(&r, file, file_length), 0, "what is kept is a capture");
    while (wzp_capture_next(&r, &record) == 1) {
        if (packets == 0) {
            is_str(r.interfaces[record.interface].name, "general", "in which room");
            ok(r.interfaces[record.interface].kind == WZP_CAPTURE_RELAY, "at a relay");
            ok(record.data[12] == 0x5a, "with what is in it");
            ok(record.at >= WALL && record.at < WALL + 60 * WZP_SECOND, "at its time");
        }
        packets++;
        misnamed +=
            !wzp_addr_equal(&record.remote, record.length == 12 + 60 ? &ann.address : &bob.address);
        wrong += strcmp(r.interfaces[record.interface].name, "general") != 0;
    }
    is_int(packets, 60, "both members of the room are there, with all their packets");
    is_int(misnamed, 0, "each with the address of who sent it");
    is_int(wrong, 0, "nothing of other rooms is");
    ok(!r.is_cut && r.foreign == 0, "and nothing else");
}

static void one_room(void)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    memcpy(config.debug_tap, "general", sizeof "general");
    net_init(&net, &config);
    peer_dial(&net, &ann, "general", 1);
    peer_dial(&net, &bob, "general", 2);
    peer_dial(&net, &eve, "quiet", 3);
    if (!peer_join(&ann, true) || !peer_join(&bob, true) || !peer_join(&eve, true))
        bail("nobody gets in");
    peer_frame(&ann, 0, 60, NULL);
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(net.relay->tap.packets, 0, "until it is started nothing is kept");
    if (wzp_relay_tap_start(net.relay, WALL, net.now))
        bail("no memory for the tap");
    take();
    uint64_t before = net.relay_allocations;
    for (uint16_t i = 1; i <= 30; i++) {
        peer_frame(&ann, i, 60, NULL);
        peer_frame(&bob, i, 50, NULL);
        peer_frame(&eve, i, 40, NULL);
        net_run(&net, 20 * WZP_MILLISECOND);
        if (i == 10) {
            take();
            before = net.relay_allocations;
        }
    }
    is_int(net.relay->tap.packets, 60, "then the room's packets are");
    note("allocations of the relay meanwhile: %ju", (uintmax_t)(net.relay_allocations - before));
    take();
    read_file();
}

static void too_much(void)
{
    struct wzp_relay_client *client = NULL;
    uint8_t bytes[1000] = {0};
    for (struct wzp_relay_client *c = net.relay->clients; c; c = c->next)
        if (c->member.room && strcmp(c->member.room->name, "general") == 0)
            client = c;
    if (!client)
        bail("no member");
    uint64_t before = wzp_alloc_calls();
    for (int i = 0; i < 2000; i++)
        wzp_relay_tap_note(net.relay, client, bytes, sizeof bytes, net.now);
    is_int(wzp_alloc_calls(), before, "keeping allocates nothing");
    ok(net.relay->tap.lost > 900 && net.relay->tap.length <= WZP_RELAY_TAP_BYTES,
       "what nobody takes is counted, and the memory is what it was: %ju lost",
       (uintmax_t)net.relay->tap.lost);
    wzp_relay_tap_note(net.relay, client, file, sizeof file, net.now);
    file_length = 0;
    take();
    uint64_t lost = net.relay->tap.lost;
    wzp_relay_tap_note(net.relay, client, bytes, sizeof bytes, net.now);
    is_int(net.relay->tap.lost, lost, "taken, there is room again");
}

TAP_MAIN
{
    one_room();
    too_much();
    peer_free(&ann);
    peer_free(&bob);
    peer_free(&eve);
    net_fini(&net);
}
