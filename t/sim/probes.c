/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Relays that probe each other, in virtual time: what a probe measures on a good line and on a bad
 * one, and that a relay that was down is found again. Numbers in test names are those of the
 * conformance list. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "relay/state.h"
#include "sim/actors.h"
#include "tap.h"
#include "wire/signal.h"

#define RELAYS 3

static struct wzp_sim *sim;
static struct wzp_sim_relay relays[RELAYS];
static struct wzp_relay_config configs[RELAYS];

/* Relay 0 probes 1 (twice in the list), 2 and an address where nobody is; 1 probes 0. */
static void raise(void)
{
    static const struct wzp_sim_link line = {.delay = 10 * WZP_MILLISECOND};
    static const char *const targets[RELAYS][4] = {
        {"10.0.1.1:4433", "10.0.2.1:4433", "10.0.1.1:4433", "10.0.9.1:4433"}, {"10.0.0.1:4433"}};
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 5))
        bail("no network");
    for (size_t i = 0; i < RELAYS; i++) {
        char address[32];
        wzp_relay_config_default(&configs[i]);
        for (size_t k = 0; k < 4 && targets[i][k]; k++)
            snprintf(configs[i].probe_targets[configs[i].probe_target_count++], WZP_RELAY_NAME_MAX,
                     "%s", targets[i][k]);
        snprintf(address, sizeof address, "10.0.%zu.1:4433", i);
        if (wzp_sim_relay_start(&relays[i], sim, address, 100 + i, &configs[i]))
            bail("no relay");
        wzp_sim_set_links(relays[i].host, &line, &line);
    }
}

static const struct wzp_relay_prober *prober(size_t relay, size_t target)
{
    const struct wzp_relay_prober *p =
        relays[relay].relay ? wzp_relay_prober_of(relays[relay].relay, target) : NULL;
    if (!p)
        bail("no probe");
    return p;
}

static bool page_has(const char *path, const char *text)
{
    const char *type;
    char *body = NULL;
    size_t length;
    int status = wzp_relay_http(relays[0].relay, path, &body, &length, &type, wzp_sim_now(sim));
    bool found = status == 200 && body && strstr(body, text);
    if (!found)
        note("%s has no %s: %s", path, text, body ? body : "");
    wzp_free(body);
    return found;
}

static void a_good_line(void)
{
    const struct wzp_relay_prober *p = prober(0, 0);
    wzp_sim_run(sim, 15 * WZP_SECOND);
    is_int((int)relays[0].relay->probers.count, 3,
           "83: each different target has one probe, however often it is listed");
    ok(p->is_up && fabs((double)p->window.rtt / 1e6 - 40) < 3, "the round trip is 40 ms (%.1f)",
       (double)p->window.rtt / 1e6);
    ok(wzp_relay_window_loss(&p->window, wzp_sim_now(sim)) == 0 &&
           wzp_relay_window_jitter(&p->window) < 1,
       "without loss or jitter");
    ok(page_has("/metrics", "# TYPE wzp_probe_up gauge\nwzp_probe_up{target=\"10.0.1.1:4433\"} 1\n"
                            "wzp_probe_up{target=\"10.0.2.1:4433\"} 1\n"
                            "wzp_probe_up{target=\"10.0.9.1:4433\"} 0\n"),
       "77: metrics have a line for each");
    ok(page_has("/metrics", "wzp_probe_rtt_ms{target=\"10.0.1.1:4433\"} 4") &&
           page_has("/metrics", "wzp_probe_loss_pct{target=\"10.0.1.1:4433\"} 0\n") &&
           page_has("/metrics", "wzp_probe_jitter_ms{target=\"10.0.1.1:4433\"} ") &&
           page_has("/metrics", "wzp_probe_rtt_ms{target=\"10.0.9.1:4433\"} 0\n"),
       "77: of each of the four gauges");
    ok(page_has("/mesh", "\n10.0.1.1:4433           40ms   0.0%     0ms  UP\n10.0.2.1:4433 ") &&
           page_has("/mesh", "\n10.0.9.1:4433            0ms   0.0%     0ms  DOWN\n"),
       "85: the table lists them by name, UP and DOWN");
    ok(!page_has("/mesh", "no probe targets"), "85: and no note");
    is_int((int)relays[2].relay->probe_count, 1,
           "a relay that probes nobody is probed all the same");
}

/* The operator's listing shows the same. */
static void a_list(void)
{
    struct wzp_relay_listing l;
    struct wzp_buffer text;
    wzp_buffer_init(&text, 1 << 20);
    wzp_relay_listing_begin(&l, relays[0].relay, WZP_RELAY_LISTING_PROBES);
    while (wzp_relay_listing_step(&l, &text, wzp_sim_now(sim)))
        continue;
    ok(strstr(text.text,
              "{\"kind\":\"probe\",\"target\":\"10.0.1.1:4433\",\"up\":true,\"rtt_ms\":4") &&
           strstr(text.text,
                  "{\"kind\":\"probe\",\"target\":\"10.0.9.1:4433\",\"up\":false,\"loss_pct\":"),
       "a list for the operator has a line for each");
    wzp_buffer_fini(&text);
}

static void who_is_here(void)
{
    static struct wzp_sim_phone ann;
    const struct wzp_sim_phone_options o = {
        .address = "10.0.1.10:5000", .seed = 1, .relay = &relays[1]};
    char path[64];
    if (wzp_sim_phone_start(&ann, sim, &o, true))
        bail("no phone");
    wzp_sim_run(sim, 12 * WZP_SECOND);
    ok(page_has("/peers", ann.identity.fingerprint_text) && page_has("/peers", "\"rtt_ms\":4"),
       "with every tenth Ping the relays tell each other who is there");
    snprintf(path, sizeof path, "/route/%s", ann.identity.fingerprint_text);
    ok(page_has(path, "\"route\":\"direct_peer\""), "105: which is a route");
    wzp_sim_phone_stop(&ann);
}

static void a_bad_line(void)
{
    static const struct wzp_sim_link bad = {
        .delay = 10 * WZP_MILLISECOND, .jitter = 30 * WZP_MILLISECOND, .loss = 0.2};
    static const struct wzp_sim_link good = {.delay = 10 * WZP_MILLISECOND};
    const struct wzp_relay_prober *p = prober(0, 1);
    wzp_sim_set_links(relays[2].host, &bad, &bad);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(p->is_up && wzp_relay_window_jitter(&p->window) > 5,
       "a line that jitters shows it (%.1f ms)", wzp_relay_window_jitter(&p->window));
    wzp_sim_set_links(relays[2].host, &good, &good);
    wzp_sim_run(sim, 70 * WZP_SECOND);
    ok(p->is_up && wzp_relay_window_jitter(&p->window) < 5, "and a minute later that it does not");
}

static void a_crash(void)
{
    const struct wzp_relay_prober *p = prober(0, 0);
    wzp_sim_relay_crash(&relays[1]);
    wzp_sim_run(sim, 5 * WZP_SECOND);
    ok(wzp_relay_window_loss(&p->window, wzp_sim_now(sim)) > 0,
       "pings to a relay that crashed are lost");
    wzp_sim_run(sim, 10 * WZP_SECOND);
    ok(!p->is_up && page_has("/metrics", "wzp_probe_up{target=\"10.0.1.1:4433\"} 0\n") &&
           page_has("/metrics", "wzp_probe_rtt_ms{target=\"10.0.1.1:4433\"} 0\n"),
       "and within 15 s it is down, without a round trip");
    if (wzp_sim_relay_restart(&relays[1]))
        bail("no relay");
    wzp_sim_run(sim, 20 * WZP_SECOND);
    ok(p->is_up && wzp_relay_window_loss(&p->window, wzp_sim_now(sim)) == 0,
       "back within 20 s, and what was before does not count any more");
}

static void an_end(void)
{
    wzp_relay_drain(relays[0].relay, wzp_sim_now(sim));
    wzp_sim_run(sim, 30 * WZP_SECOND);
    ok(!prober(0, 0)->client && !prober(0, 1)->client, "a relay that parts probes nobody any more");
}

TAP_MAIN
{
    raise();
    a_good_line();
    a_list();
    who_is_here();
    a_bad_line();
    a_crash();
    an_end();
    for (size_t i = 0; i < RELAYS; i++)
        wzp_sim_relay_stop(&relays[i]);
    wzp_sim_free(sim);
}
