/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An attacker calls a phone that answers automatically, again and again, and signals a victim's
 * addresses as its own: the victim receives less than three times the bytes that the attacker
 * sends. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "phone/internal.h"
#include "sim/lib_homes.h"
#include "sim/lib_stranger.h"
#include "tap.h"

#define ZEROS "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"
#define HEADERS 28 /* of IPv4 and UDP */

static const struct home_plan open_plan = {.delay = 20 * WZP_MILLISECOND};
static struct homes h;
static struct stranger eve;
static struct wzp_addr caller, victim;
static struct {
    uint64_t spent, suffered;
} bytes;

static void watch(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                  const uint8_t *data, size_t length)
{
    (void)context;
    (void)data;
    if (wzp_addr_equal(from, &caller))
        bytes.spent += length + HEADERS;
    /* Counts all of the victim's network, 93.184.7.0/24. */
    if (!wzp_addr_is_v6(to) && memcmp(&to->u.in.sin_addr, &victim.u.in.sin_addr, 3) == 0)
        bytes.suffered += length + HEADERS;
}

/* Sends an offer with one address and twenty ports, or with twenty addresses of the victim's
 * network. */
static void say_offer(unsigned number, bool spread)
{
    char text[4096];
    size_t at = (size_t)snprintf(
        text, sizeof text,
        "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
        "\"target_fingerprint\":\"%s\",\"call_id\":\"e%u\",\"identity_pub\":[" ZEROS "],"
        "\"ephemeral_pub\":[" ZEROS "],\"signature\":[],\"supported_profiles\":[],"
        "\"caller_reflexive_addr\":\"93.184.7.77:53\",\"caller_local_addrs\":[",
        eve.identity.fingerprint_text, h.b.phone.identity.fingerprint_text, number);
    for (int i = 0; i < 19; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\"93.184.7.%d:%d\"", i ? "," : "",
                               spread ? 100 + i : 77, 1000 + i);
    snprintf(text + at, sizeof text - at, "]}}");
    stranger_say(&eve, text);
}

static void test_calls(uint64_t hold, uint64_t pause, bool spread)
{
    char text[128];
    unsigned calls = 0;
    homes_open(&h, 1, &open_plan, &open_plan, false);
    h.b.phone.auto_answer = true;
    wzp_sim_set_tap(h.sim, watch, NULL);
    memset(&bytes, 0, sizeof bytes);
    stranger_dial(&eve, h.sim, "10.9.9.9:666", HOMES_RELAY, "_signal", 66);
    ok(stranger_register(&eve, true), "somebody registers");
    uint64_t begun = wzp_sim_now(h.sim);
    while (wzp_sim_now(h.sim) - begun < 60 * WZP_SECOND) {
        say_offer(++calls, spread);
        wzp_sim_run(h.sim, hold);
        snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"e%u\"}}",
                 calls);
        stranger_say(&eve, text);
        wzp_sim_run(h.sim, pause);
    }
    ok(bytes.suffered > 0, "and calls %u times", calls);
    ok(bytes.suffered < 3 * bytes.spent,
       "held for %u ms, %s: the victim gets %llu bytes for %llu of the caller's",
       (unsigned)(hold / WZP_MILLISECOND), spread ? "twenty addresses" : "twenty ports",
       (unsigned long long)bytes.suffered, (unsigned long long)bytes.spent);
    stranger_free(&eve);
    homes_close(&h);
}

TAP_MAIN
{
    wzp_addr_parse(&caller, "10.9.9.9:666", 12);
    wzp_addr_parse(&victim, "93.184.7.77:53", 14);
    test_calls(250 * WZP_MILLISECOND, 0, false);
    test_calls(500 * WZP_MILLISECOND, 0, false);
    test_calls(1500 * WZP_MILLISECOND, 0, false);
    test_calls(500 * WZP_MILLISECOND, 0, true);
}
