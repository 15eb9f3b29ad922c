/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Abuse of direct calls: a caller whose candidates are addresses of victims, or come in floods; a
 * stranger who connects before the peer does; forged answers of servers and routers. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "nat/stun.h"
#include "phone/direct_state.h"
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

/* Sends an offer as programs without end-to-end encryption do. */
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

/* ---- signals in the call ---- */

/* Sends a CandidateUpdate of that call with so many addresses in a network of its own. */
static void update(const char *call_id, unsigned generation, unsigned network, unsigned count)
{
    static char text[16384];
    size_t at = (size_t)snprintf(
        text, sizeof text, "{\"CandidateUpdate\":{\"call_id\":\"%s\",\"local_addrs\":[", call_id);
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\"192.0.%u.%u:53\"", i ? "," : "",
                               network, i + 1);
    snprintf(text + at, sizeof text - at, "],\"generation\":%u}}", generation);
    stranger_say(&eve, text);
}

static void report(const char *call_id, bool direct_ok)
{
    char text[256];
    snprintf(
        text, sizeof text,
        "{\"MediaPathReport\":{\"call_id\":\"%s\",\"direct_ok\":%s,\"race_winner\":\"Direct\"}}",
        call_id, direct_ok ? "true" : "false");
    stranger_say(&eve, text);
}

static unsigned packets_to(unsigned network)
{
    unsigned count = 0;
    for (size_t i = 0; i < target_count; i++) {
        const uint8_t *ip = (const uint8_t *)&targets[i].to.u.in.sin_addr;
        count += ip[0] == 192 && ip[1] == 0 && ip[2] == network ? targets[i].packets : 0;
    }
    return count;
}

static const struct wzp_direct *direct_of_bob(void)
{
    const struct wzp_call *c = (const struct wzp_call *)h.b.phone.phone->sessions[0];
    return c->direct;
}

static void odd_signals(void)
{
    const char *id = "18a5f3c2b1d0e000";
    homes_open(&h, 3, &open_plan, &open_plan, false);
    stranger_dial(&eve, h.sim, "10.9.9.9:666", HOMES_RELAY, "_signal", 66);
    ok(stranger_register(&eve, true), "she who means ill is registered again");
    h.b.phone.auto_answer = false;
    target_count = forbidden = 0;
    wzp_sim_set_tap(h.sim, watch, NULL);
    offer("99.0.2.250:53");
    ok(wzp_sim_phone_wait(&h.b.phone, WZP_EVENT_INCOMING, 1, 2 * WZP_SECOND), "it rings at Bob's");
    wzp_phone_answer(h.b.phone.phone, h.b.phone.last_incoming, true, wzp_sim_now(h.sim), NULL);
    wzp_sim_phone_kick(&h.b.phone);
    wzp_sim_run(h.sim, 300 * WZP_MILLISECOND);
    unsigned first = packets_to(2);
    update(id, 5, 77, 3);
    wzp_sim_run(h.sim, 200 * WZP_MILLISECOND);
    ok(packets_to(77) > 0, "an update of the peer is followed");
    update(id, 5, 78, 3);
    update(id, 4, 79, 3);
    update("deadbeef", 9, 80, 3);
    wzp_sim_run(h.sim, 100 * WZP_MILLISECOND);
    is_int(packets_to(78) + packets_to(79) + packets_to(80), 0,
           "not one with the same number or a lower one, or of another call");
    ok(direct_of_bob()->peer.updates_old == 2, "which are counted");
    update(id, 6, 81, 200);
    report("deadbeef", true);
    report(id, true);
    report(id, true);
    report(id, false);
    wzp_sim_run(h.sim, 20 * WZP_SECOND);
    ok(first > 0 && target_count <= 40 && most_packets() <= 10,
       "over all of it at most 40 addresses get at most ten packets each (%u, %u)",
       (unsigned)target_count, most_packets());
    is_int(forbidden, 0, "none of them this machine, a group or the relay");
    ok(wzp_phone_session(h.b.phone.phone, 0) != 0 && !homes_is_direct(&h.b, NULL),
       "the call goes on over the relay");
    stranger_free(&eve);
    homes_close(&h);
}

/* ---- answers that nobody sent ---- */

/* Sends a packet with a forged source address to Bob's phone. */
static void forge(const char *from, const void *data, size_t length)
{
    struct wzp_addr source, bob;
    wzp_addr_parse(&source, from, strlen(from));
    wzp_addr_parse(&bob, "203.0.113.20:5000", 17);
    wzp_sim_inject(h.sim, &source, &bob, data, length);
}

static void forged_answers(void)
{
    uint8_t stun[WZP_STUN_RESPONSE_MAX], huge[2000] = {1, 1, 0x07, 0xbc, 0x21, 0x12, 0xa4, 0x42};
    uint8_t pmp[16] = {0, 129, 0, 0, 0, 0, 0, 9, 0x13, 0x88, 0x13, 0x88, 0, 0, 0x1c, 0x20};
    uint8_t pmp_address[12] = {0, 128, 0, 0, 0, 0, 0, 9, 6, 6, 6, 6}, pcp[60] = {2, 0x81};
    uint8_t id[WZP_STUN_ID_SIZE] = {0};
    struct wzp_addr lie;
    const char *why;
    wzp_addr_parse(&lie, "6.6.6.6:666", 11);
    homes_open(&h, 4, &open_plan, &open_plan, false);
    for (unsigned i = 0; i < 200; i++) {
        id[0] = (uint8_t)i;
        size_t length = wzp_stun_write_response(stun, sizeof stun, id, &lie);
        forge("198.51.100.2:3478", stun, length);
        forge("198.51.100.2:3478", huge, sizeof huge);
        forge("203.0.113.1:5351", pmp, sizeof pmp);
        forge("203.0.113.1:5351", pmp_address, sizeof pmp_address);
        forge("203.0.113.1:5351", pcp, sizeof pcp);
        wzp_sim_run(h.sim, 5 * WZP_MILLISECOND);
    }
    homes_call(&h);
    uint64_t took = homes_wait_direct(&h, 5 * WZP_SECOND);
    homes_is_direct(&h.a, &why);
    const struct wzp_event *told = wzp_sim_phone_find(&h.a.phone, WZP_EVENT_CANDIDATES, 0);
    const char *seen = told && told->u.candidates.reflexive ? told->u.candidates.reflexive : "-";
    ok(told && !told->u.candidates.own && strcmp(seen, "203.0.113.20:5000") == 0,
       "a thousand forged answers change nothing of what a phone says of itself (%s)", seen);
    ok(took > 0, "and the call is direct after %u ms (%s)", (unsigned)(took / WZP_MILLISECOND),
       why);
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
    odd_signals();
    forged_answers();
    stranger_comes(false);
    stranger_comes(true);
}
