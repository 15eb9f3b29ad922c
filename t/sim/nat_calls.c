/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Phones at home behind NATs: a call over the relay works through every kind of NAT, and survives a
 * NAT that forgets its mappings or gets another address, and a silence longer than the mappings'
 * lifetime. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sim/lib_nat.h"
#include "sim/actors.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct home ann_home, bob_home;
static struct wzp_sim_phone ann, bob;
static wzp_session_id call;
static int16_t *tone;

static void move_in(struct wzp_sim_phone *phone, const struct home *home, uint64_t seed)
{
    struct wzp_sim_phone_options o = {
        .address = NAT_ALICE, .host = home->alice.host, .seed = seed, .relay = &relay};
    if (wzp_sim_phone_start(phone, sim, &o, true))
        bail("no phone");
    phone->recording = false;
    phone->card.voice = tone;
    phone->card.voice_samples = 48000;
}

static void begin(const struct wzp_sim_nat_config *config)
{
    wzp_signal_use_allocator();
    home_init(&ann_home, config);
    sim = ann_home.sim;
    home_beside(&bob_home, &ann_home, ann_home.net, "198.51.100.7", "192.168.1.", config);
    if (wzp_sim_relay_start(&relay, sim, "192.0.2.100:4433", 9, NULL))
        bail("no relay");
    move_in(&ann, &ann_home, 1);
    move_in(&bob, &bob_home, 2);
    bob.auto_answer = true;
}

static void end(void)
{
    wzp_sim_phone_stop(&ann);
    wzp_sim_phone_stop(&bob);
    wzp_sim_relay_stop(&relay);
    home_fini(&ann_home);
}

static bool talk(void)
{
    return wzp_sim_phone_wait(&ann, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND) &&
           wzp_sim_phone_wait(&bob, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND) &&
           !wzp_sim_phone_call(&ann, &call, &bob) &&
           wzp_sim_phone_wait(&ann, WZP_EVENT_MEDIA, 1, 3 * WZP_SECOND) &&
           wzp_sim_phone_wait(&bob, WZP_EVENT_MEDIA, 1, 3 * WZP_SECOND);
}

static uint64_t heard(const struct wzp_sim_phone *p)
{
    struct wzp_session_stats stats;
    if (wzp_phone_session_stats(p->phone, wzp_phone_session(p->phone, 0), &stats, wzp_sim_now(sim)))
        return 0;
    return stats.datagrams_received;
}

/* True when both sides receive most of what is sent in the next seconds. */
static bool goes_on(void)
{
    uint64_t a = heard(&ann), b = heard(&bob);
    wzp_sim_run(sim, 4 * WZP_SECOND);
    return heard(&ann) > a + 150 && heard(&bob) > b + 150;
}

static void every_kind(void)
{
    static const char *const kinds[] = {"", "cone", "address-dependent", "symmetric"};
    for (int kind = WZP_SIM_ENDPOINT_INDEPENDENT; kind <= WZP_SIM_ADDRESS_AND_PORT_DEPENDENT;
         kind++) {
        const struct wzp_sim_nat_config config = {.mapping = (enum wzp_sim_dependence)kind,
                                                  .filtering = (enum wzp_sim_dependence)kind,
                                                  .ports = WZP_SIM_PORTS_RANDOM};
        begin(&config);
        ok(talk() && goes_on(), "two %s boxes: a call over the relay", kinds[kind]);
        end();
    }
}

static void troubles(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .ports = WZP_SIM_PORTS_RANDOM,
                                        .lifetime = 30 * WZP_SECOND};
    begin(&config);
    ok(talk(), "a call is up");
    wzp_sim_nat_forget(ann_home.box);
    wzp_sim_run(sim, WZP_SECOND);
    ok(goes_on(), "Ann's box forgets its mappings: it goes on by new ones");
    struct wzp_sim_host *box = wzp_sim_nat_host(bob_home.box);
    wzp_sim_host_address(box, bob_home.net, "198.51.100.99");
    wzp_sim_host_drop_address(box, bob_home.net, "198.51.100.7");
    wzp_sim_run(sim, WZP_SECOND);
    ok(goes_on(), "Bob's box gets another address: it goes on from there");
    wzp_sim_phone_hangup(&ann, call);
    wzp_sim_run(sim, 120 * WZP_SECOND);
    is_int(wzp_sim_phone_count(&ann, WZP_EVENT_UNREGISTERED) +
               wzp_sim_phone_count(&bob, WZP_EVENT_UNREGISTERED),
           0, "registrations outlive mappings of 30 s");
    ok(!wzp_sim_phone_call(&bob, &call, &ann) &&
           wzp_sim_phone_wait(&ann, WZP_EVENT_INCOMING, 1, WZP_SECOND),
       "and a call from outside gets in");
    config.udp_blocked = true;
    wzp_sim_nat_set(ann_home.box, &config);
    ok(wzp_sim_phone_wait(&ann, WZP_EVENT_UNREGISTERED, 1, 60 * WZP_SECOND),
       "a box that begins to block UDP ends the registration");
    config.udp_blocked = false;
    wzp_sim_nat_set(ann_home.box, &config);
    ok(wzp_sim_phone_wait(&ann, WZP_EVENT_REGISTERED, 2, 60 * WZP_SECOND),
       "which comes back when it no longer does");
    end();
}

TAP_MAIN
{
    tone = voice_tone(440, -20, 48000);
    every_kind();
    troubles();
    wzp_free(tone);
}
