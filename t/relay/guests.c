/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connections without an identity: health checks and NAT probes. They are served, but cannot take
 * the places of people. */
#include <string.h>

#include "lib_fake.h"
#include "tap.h"

#define TOO_MANY (WZP_RELAY_PROBES_MAX + 1)

static struct fake crowd[TOO_MANY];

static void test_health_checks(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    struct fake person;
    unsigned open = 0;

    for (size_t i = 0; i < TOO_MANY; i++) {
        fake_open(r, &crowd[i], "_probe", 0);
        open += !crowd[i].closed;
    }
    is_int(open, WZP_RELAY_PROBES_MAX, "one health check too many is refused");
    is_str(crowd[TOO_MANY - 1].reason, "relay is full", "with a reason");
    fake_send(r, &crowd[0], "{\"Ping\":{\"timestamp_ms\":7}}", 0);
    is_str(crowd[0].last, "{\"Pong\":{\"timestamp_ms\":7}}", "the others are answered");
    fake_open(r, &person, "_signal", 0);
    ok(fake_register(r, &person, 1, WZP_REGISTRATION_PLAIN, 0), "people still get in");
    fake_gone(r, &crowd[0], 0);
    fake_gone(r, &crowd[TOO_MANY - 1], 0);
    fake_open(r, &crowd[0], "_probe", 0);
    ok(!crowd[0].closed, "a place that was left is free again");
    wzp_relay_free(r);
}

static void test_anonymous(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    struct fake probe, person;

    fake_open(r, &probe, "_signal", 0);
    fake_open(r, &person, "_signal", 0);
    ok(fake_register(r, &probe, 0, WZP_REGISTRATION_ANONYMOUS, WZP_SECOND), "a NAT probe");
    ok(fake_register(r, &person, 1, WZP_REGISTRATION_PLAIN, WZP_SECOND), "and a person register");
    wzp_relay_handle_expiry(r, 60 * WZP_SECOND);
    fake_send(r, &probe, "\"Reflect\"", 60 * WZP_SECOND);
    is_str(probe.last, "{\"ReflectResponse\":{\"observed_addr\":\"192.0.2.1:1000\"}}",
           "59 s later the probe still learns its address");
    wzp_relay_handle_expiry(r, 61 * WZP_SECOND);
    ok(probe.closed, "after 60 s it has to make room");
    is_str(probe.reason, "a probe does not stay", "and is told why");
    wzp_relay_handle_expiry(r, 3600 * WZP_SECOND);
    ok(!person.closed, "the person stays");
    wzp_relay_free(r);
}

/* People who hide their presence are not reported to other relays either. */
static void test_hidden(void)
{
    static struct wzp_relay_config config;
    static struct fake known, open, hidden;
    wzp_relay_config_default(&config);
    strcpy(config.probe_targets[0], "192.0.2.77:4433");
    config.probe_target_count = 1;
    struct wzp_relay *r = fake_relay(&config);
    fake_open(r, &open, "_signal", 0);
    fake_open(r, &hidden, "_signal", 0);
    ok(fake_register(r, &open, 1, WZP_REGISTRATION_PLAIN, 0) &&
           fake_register(r, &hidden, 2, WZP_REGISTRATION_PLAIN, 0),
       "two people are here");
    hidden.client->hidden = true;
    fake_open_from(r, &known, "_probe", "192.0.2.77:9", 0);
    fake_send(r, &known, "{\"PresenceUpdate\":{\"fingerprints\":[],\"relay_addr\":\"1.2.3.4:5\"}}",
              0);
    ok(strstr(known.last, open.client->name.text) && !strstr(known.last, hidden.client->name.text),
       "a relay that probes us is told of the one who does not hide");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_hidden();
    test_health_checks();
    test_anonymous();
}
