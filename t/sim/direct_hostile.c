/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* People who abuse direct calls: a caller whose candidates are victims, and a stranger who connects
 * before the peer does. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "phone/internal.h"
#include "sim/lib_homes.h"
#include "sim/lib_stranger.h"
#include "tap.h"

#define TARGETS_MAX 400

static struct homes h;
static struct stranger eve;

static const struct home_plan open_plan = {.delay = 20 * WZP_MILLISECOND};

/* ---- what Bob's phone sends, and to whom ---- */

static struct {
    struct wzp_addr to;
    unsigned packets;
} targets[TARGETS_MAX];
static size_t target_count;
static unsigned forbidden;

static bool starts_with(const struct wzp_addr *addr, uint8_t first)
{
    return !wzp_addr_is_v6(addr) && ((const uint8_t *)&addr->u.in.sin_addr)[0] == first;
}

static void watch(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                  const uint8_t *data, size_t length)
{
    struct wzp_addr bob, relay;
    (void)context;
    (void)data;
    (void)length;
    wzp_addr_parse(&bob, "203.0.113.20:5000", 17);
    wzp_addr_parse(&relay, HOMES_RELAY, strlen(HOMES_RELAY));
    if (!wzp_addr_equal_ip(from, &bob) || wzp_addr_equal(to, &relay))
        return;
    if (starts_with(to, 127) || starts_with(to, 224) || starts_with(to, 255) ||
        starts_with(to, 0) || wzp_addr_equal_ip(to, &relay))
        forbidden++;
    size_t i = 0;
    while (i < target_count && !wzp_addr_equal(&targets[i].to, to))
        i++;
    if (i == TARGETS_MAX)
        return;
    if (i == target_count)
        targets[target_count++].to = *to;
    targets[i].packets++;
}

static unsigned most_packets(void)
{
    unsigned most = 0;
    for (size_t i = 0; i < target_count; i++)
        if (targets[i].packets > most)
            most = targets[i].packets;
    return most;
}

/* An offer as programs without end-to-end encryption make it. */
static void offer(const char *reflexive)
{
    static char text[32768];
    size_t at = 0;
    int n = snprintf(text, sizeof text,
                     "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
                     "\"target_fingerprint\":\"%s\",\"call_id\":\"18a5f3c2b1d0e000\","
                     "\"identity_pub\":[0",
                     eve.identity.fingerprint_text, h.b.phone.identity.fingerprint_text);
    at = (size_t)n;
    for (int i = 1; i < 32; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, ",0");
    at += (size_t)snprintf(text + at, sizeof text - at, "],\"ephemeral_pub\":[0");
    for (int i = 1; i < 32; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, ",0");
    at += (size_t)snprintf(text + at, sizeof text - at,
                           "],\"signature\":[],\"supported_profiles\":[],"
                           "\"caller_reflexive_addr\":\"%s\",\"caller_local_addrs\":["
                           "\"127.0.0.1:22\",\"224.0.0.1:5353\",\"255.255.255.255:7\","
                           "\"0.0.0.0:9\",\"198.51.100.1:53\",\"rubbish\"",
                           reflexive);
    for (int i = 0; i < 200; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, ",\"192.0.2.%d:53\"", i + 1);
    snprintf(text + at, sizeof text - at, "]}}");
    stranger_say(&eve, text);
}

static void victims(const char *reflexive, const char *role)
{
    homes_open(&h, 1, &open_plan, &open_plan, false);
    stranger_dial(&eve, h.sim, "10.9.9.9:666", HOMES_RELAY, "_signal", 66);
    ok(stranger_register(&eve, true), "a caller who means ill is registered (Bob %s)", role);
    h.b.phone.auto_answer = false;
    target_count = forbidden = 0;
    wzp_sim_set_tap(h.sim, watch, NULL);
    offer(reflexive);
    ok(wzp_sim_phone_wait(&h.b.phone, WZP_EVENT_INCOMING, 1, 2 * WZP_SECOND), "it rings at Bob's");
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    is_int(target_count, 0, "before he answers, nobody gets a packet");
    wzp_phone_answer(h.b.phone.phone, h.b.phone.last_incoming, true, wzp_sim_now(h.sim), NULL);
    wzp_sim_phone_kick(&h.b.phone);
    wzp_sim_run(h.sim, 40 * WZP_SECOND);
    ok(target_count > 0 && target_count <= 20, "of 200 addresses at most 20 are tried (%u)",
       (unsigned)target_count);
    ok(most_packets() <= 10, "with at most ten packets each (%u)", most_packets());
    is_int(forbidden, 0, "none of them this machine, a group or the relay");
    stranger_free(&eve);
    homes_close(&h);
}

/* ---- who connects first ---- */

static bool is_racing(void *context)
{
    (void)context;
    return h.a.phone.phone->accepting;
}

static bool eat(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                size_t *length)
{
    struct wzp_addr bob;
    (void)context;
    (void)data;
    (void)length;
    wzp_addr_parse(&bob, "203.0.113.20:5000", 17);
    return !(wzp_addr_equal_ip(from, &bob) && starts_with(to, 203));
}

static void stranger_comes(bool knows_the_name)
{
    char sni[WZP_SNI_MAX + 1] = "call-call-0123456789abcdef";
    homes_open(&h, 2, &open_plan, &open_plan, false);
    wzp_sim_network_set_filter(wzp_sim_internet(h.sim), eat, NULL);
    homes_call(&h);
    if (!wzp_sim_run_for(h.sim, is_racing, NULL, 2 * WZP_SECOND))
        bail("nobody accepts");
    if (knows_the_name)
        snprintf(sni, sizeof sni, "call-call-%s", h.a.phone.phone->sessions[0]->call_id);
    stranger_dial(&eve, h.sim, "10.9.9.9:666", "203.0.113.10:5000", sni, 66);
    is_int(eve.connected, knows_the_name, "a stranger %s the call's name gets %s",
           knows_the_name ? "with" : "without", knows_the_name ? "a handshake" : "not even that");
    uint8_t noise[60] = {1, 2, 3};
    for (int i = 0; i < 20; i++) {
        stranger_datagram(&eve, noise, sizeof noise);
        wzp_sim_run(h.sim, 20 * WZP_MILLISECOND);
    }
    stranger_say(&eve, "{\"WzpPeerAuth\":{\"call_id\":\"x\",\"mac\":[1,2,3]}}");
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    is_int(eve.datagrams, 0, "no sound,");
    ok(eve.closed, "and is shown the door");
    ok(!homes_is_direct(&h.a, NULL) && !homes_is_direct(&h.b, NULL), "the call is not direct,");
    ok(wzp_sim_phone_count(&h.a.phone, WZP_EVENT_MEDIA) > 0 &&
           wzp_sim_phone_count(&h.b.phone, WZP_EVENT_MEDIA) > 0,
       "but goes on over the relay");
    ok(!is_racing(NULL), "and the door is closed again");
    stranger_free(&eve);
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    victims("192.0.2.250:53", "dials");
    victims("99.0.2.250:53", "accepts");
    stranger_comes(false);
    stranger_comes(true);
}
