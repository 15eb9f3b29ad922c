/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A callee who may be at any of several other relays. A relay of ours that asked an existing relay
 * reports ringing, since the existing one never refuses: only the answer shows which relay has the
 * callee. */
#include <stdio.h>
#include <string.h>

#include "lib_join.h"
#include "lib_link.h"
#include "tap.h"

#define FAR "9999:1111:2222:3333:4444:5555:6666:7777"

static struct wzp_relay *r;
static struct fake ann, near, other, old;

/* Ann calls; two relays of ours and an existing one are asked. */
static void begin(void)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    config.trusted_count = 3;
    for (uint8_t i = 0; i < 3; i++) {
        link_fingerprint(config.trusted[i].fingerprint, (uint8_t)(200 + i));
        snprintf(config.trusted[i].label, sizeof config.trusted[i].label, "R%u", i);
    }
    config.trusted[2].allow_unproven = true;
    r = fake_relay(&config);
    fake_open_from(r, &near, "_federation", "203.0.113.1:4433", 0);
    fake_open_from(r, &other, "_federation", "203.0.113.2:4433", 0);
    fake_open_from(r, &old, "_federation", "203.0.113.3:4433", 0);
    link_hello(r, &near, 200, true, LINK_EXPORTER, 0);
    link_hello(r, &other, 201, true, LINK_EXPORTER, 0);
    link_hello(r, &old, 202, false, 0, 0);
    fake_come(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
    fake_offer(r, &ann, FAR, "c1", 0);
    if (!strstr(near.last, "DirectCallOffer") || !strstr(other.last, "DirectCallOffer") ||
        !strstr(old.last, "DirectCallOffer"))
        bail("somebody was not asked");
}

static void end(void)
{
    wzp_relay_free(r);
}

static void says(struct fake *from, const char *inner)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"FederatedSignalForward\":{\"inner\":%s,\"origin_relay_fp\":\"aa:bb\"}}", inner);
    fake_send(r, from, text, WZP_SECOND);
}

static const char ringing[] = "{\"CallRinging\":{\"call_id\":\"c1\"}}";
static const char answer[] =
    "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptGeneric\"}}";
static const char reject[] =
    "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"Reject\"}}";

static bool is_over_at(const struct fake *relay)
{
    return strstr(relay->last, "Hangup") && strstr(relay->last, "\"c1\"");
}

static void test_answers(void)
{
    begin();
    says(&near, ringing);
    is_int(ann.by_type[WZP_SIGNAL_CALL_RINGING], 1, "Ann hears that it rings, once");
    ok(!is_over_at(&other) && !is_over_at(&old), "the others go on");
    says(&old, answer);
    ok(strstr(ann.last, "CallSetup"), "one relay of ours rings, an existing one answers: set up");
    ok(is_over_at(&near) && is_over_at(&other) && strstr(near.last, "\"elsewhere\""),
       "then it is over at the others, and they hear why");
    ok(!is_over_at(&old), "but not where it was answered");
    end();
    begin();
    says(&near, ringing);
    says(&other, answer);
    ok(strstr(ann.last, "CallSetup"), "the same when another one of ours answers");
    ok(is_over_at(&near) && !is_over_at(&other), "and it is over where it only rang");
    end();
}

static void test_refusals(void)
{
    begin();
    says(&near, ringing);
    says(&other, reject);
    ok(strstr(ann.last, "Hangup"), "a refusal from any of them ends the call");
    ok(is_over_at(&near), "also where it rings");
    end();
    begin();
    says(&near, ringing);
    says(&other, "{\"Hangup\":{\"reason\":\"Busy\",\"call_id\":\"c1\"}}");
    ok(strstr(ann.last, "Busy") && is_over_at(&near), "so does somebody who is busy");
    end();
}

/* A relay that was asked and reports ringing has no time limit but the call's own. */
static void test_time(void)
{
    begin();
    says(&near, ringing);
    fake_send(r, &other,
              "{\"RouteResponse\":{\"fingerprint\":\"" FAR "\",\"found\":false,"
              "\"relay_chain\":[]}}",
              WZP_SECOND);
    for (uint64_t t = 2; t < 30; t++) {
        near.heard++;
        other.heard++;
        old.heard++;
        wzp_relay_handle_expiry(r, t * WZP_SECOND);
    }
    ok(wzp_relay_calls_get(&r->calls, "c1"), "half a minute later it still rings");
    end();
}

TAP_MAIN
{
    test_answers();
    test_refusals();
    test_time();
}
