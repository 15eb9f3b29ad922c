/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Forward mode, in virtual time: a relay that leads its clients into the rooms of another relay.
 * Members of both see and hear each other once, and are told why when that ends. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "relay/state.h"
#include "sim/actors.h"
#include "sim/lib_mesh.h"
#include "sim/lib_stranger.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

static struct wzp_sim *sim;
static struct wzp_sim_relay core, door;
static struct wzp_relay_config config, remote;
static int16_t *voices[3];

static void raise(const char *password)
{
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 11))
        bail("no network");
    wzp_relay_config_default(&remote);
    if (password) {
        strcpy(remote.rooms[0].name, "board");
        strcpy(remote.rooms[0].password, password);
        remote.room_count = 1;
    }
    wzp_relay_config_default(&config);
    strcpy(config.remote_relay, "10.0.1.1:4433");
    if (wzp_sim_relay_start(&core, sim, "10.0.1.1:4433", 100, &remote) ||
        wzp_sim_relay_start(&door, sim, "10.0.2.1:4433", 200, &config))
        bail("no relays");
}

static void lower(void)
{
    wzp_sim_relay_stop(&door);
    wzp_sim_relay_stop(&core);
    wzp_sim_free(sim);
}

static void person(struct wzp_sim_phone *p, struct wzp_sim_relay *at, unsigned n, bool registered)
{
    char address[32];
    snprintf(address, sizeof address, "10.0.9.%u:5000", n);
    const struct wzp_sim_phone_options o = {.address = address, .seed = n, .relay = at};
    if (wzp_sim_phone_start(p, sim, &o, registered))
        bail("no phone");
    p->recording = true;
}

static void test_rooms(void)
{
    static struct wzp_sim_phone ann, bob, cid;
    struct wzp_sim_phone *all[] = {&ann, &bob, &cid};
    wzp_session_id rooms[3];
    raise(NULL);
    person(&ann, &door, 1, false);
    person(&bob, &door, 2, false);
    person(&cid, &core, 3, false);
    for (int i = 0; i < 3; i++)
        wzp_sim_phone_join(all[i], &rooms[i], "tea");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    for (int i = 0; i < 3; i++)
        is_int((int)mesh_members(all[i]), 3, "member %d sees three, wherever they came in", i);
    is_int((int)core.relay->members, 3, "the remote relay has them all");
    is_int((int)door.relay->upstreams, 2, "two came through the door");
    /* One member speaks at a time; the others hear it once. */
    for (int i = 0; i < 3; i++) {
        size_t from[3];
        voices[i] = voice_tone(400 + 100 * i, -15, 48000);
        all[i]->card.voice = voices[i];
        all[i]->card.voice_samples = 48000;
        wzp_sim_run(sim, WZP_SECOND);
        for (int k = 0; k < 3; k++)
            from[k] = all[k]->card.heard.samples;
        wzp_sim_run(sim, 2 * WZP_SECOND);
        double heard[3];
        for (int k = 0; k < 3; k++)
            heard[k] = voice_loudest(all[k]->card.heard.pcm + from[k],
                                     all[k]->card.heard.samples - from[k]);
        ok(heard[(i + 1) % 3] > 1000 && heard[(i + 2) % 3] > 1000 && heard[i] < 100,
           "%d speaks: both others hear it, and nobody itself", i);
        all[i]->card.voice = NULL;
        wzp_sim_run(sim, WZP_SECOND);
    }
    wzp_sim_phone_hangup(&bob, rooms[1]);
    wzp_sim_run(sim, WZP_SECOND);
    is_int((int)mesh_members(&ann), 2, "who leaves here is gone there");
    is_int((int)core.relay->members, 2, "at once");
    wzp_sim_relay_crash(&core);
    wzp_sim_run(sim, 40 * WZP_SECOND);
    ok(door.relay->total.upstreams_lost > 0 && door.relay->upstreams <= 1,
       "a remote relay that crashed is noticed");
    if (wzp_sim_relay_restart(&core))
        bail("no relay");
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(core.relay->members >= 1 && mesh_members(&ann) >= 1, "and entered again when it is back");
    wzp_sim_phone_stop(&ann);
    wzp_sim_phone_stop(&bob);
    wzp_sim_phone_stop(&cid);
    for (int i = 0; i < 3; i++)
        wzp_free(voices[i]);
    lower();
}

static void test_refused(void)
{
    static struct wzp_sim_phone ann;
    wzp_session_id room;
    raise("tea");
    person(&ann, &door, 1, false);
    wzp_sim_phone_join(&ann, &room, "board");
    ok(wzp_sim_phone_wait(&ann, WZP_EVENT_ENDED, 1, 10 * WZP_SECOND),
       "a room that is closed there");
    const struct wzp_event *end = wzp_sim_phone_find(&ann, WZP_EVENT_ENDED, 0);
    ok(end && strstr(end->u.ended.text, "the remote relay says: this room wants a password"),
       "is closed here, in its words: %s", end ? end->u.ended.text : "");
    is_int((int)door.relay->members, 0, "nobody stays");
    wzp_sim_phone_stop(&ann);
    lower();
}

static void test_nobody(void)
{
    static struct wzp_sim_phone ann;
    wzp_session_id room;
    raise(NULL);
    wzp_sim_relay_crash(&core);
    person(&ann, &door, 1, false);
    wzp_sim_phone_join(&ann, &room, "tea");
    wzp_sim_run(sim, 45 * WZP_SECOND);
    const struct wzp_event *end = wzp_sim_phone_find(&ann, WZP_EVENT_ENDED, 0);
    ok(end && strstr(end->u.ended.text, "remote relay"),
       "without the remote relay there is no room: %s", end ? end->u.ended.text : "");
    wzp_sim_phone_stop(&ann);
    wzp_sim_relay_stop(&door);
    wzp_sim_free(sim);
}

/* A client that claims a fingerprint at the forwarding relay without proving it is not that person
 * at the remote one. */
static void test_unproven(void)
{
    static struct stranger eve, cid;
    static const char at[] = "10.0.2.1:4433";
    raise(NULL);
    stranger_dial(&cid, sim, "10.0.9.7:700", at, "tea", 66);
    ok(stranger_join(&cid), "somebody comes through the door");
    stranger_dial(&eve, sim, "10.0.9.8:800", at, "tea", 66);
    eve.unproven = true;
    ok(stranger_join(&eve), "and a guest who says to be the same person");
    wzp_sim_run(sim, WZP_SECOND);
    const struct wzp_relay_client *proven = NULL, *unproven = NULL;
    for (const struct wzp_relay_client *c = core.relay->clients; c; c = c->next)
        *(c->bound ? &proven : &unproven) = c;
    ok(proven && unproven, "the remote relay hears who of them proved it");
    ok(proven && unproven && !wzp_relay_name_equal(&proven->name, &unproven->name),
       "and takes them for two people");
    stranger_free(&eve);
    stranger_free(&cid);
    lower();
}

/* Calls do not need the remote relay. */
static void test_calls(void)
{
    static struct wzp_sim_phone ann, bob;
    wzp_session_id call;
    raise(NULL);
    person(&ann, &door, 1, true);
    person(&bob, &door, 2, true);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    bob.auto_answer = true;
    wzp_sim_phone_call(&ann, &call, &bob);
    ok(wzp_sim_phone_wait(&ann, WZP_EVENT_JOINED, 1, 5 * WZP_SECOND), "a direct call stands");
    is_int((int)core.relay->members, 0, "and is no affair of the remote relay");
    wzp_sim_phone_stop(&ann);
    wzp_sim_phone_stop(&bob);
    lower();
}

TAP_MAIN
{
    test_rooms();
    test_unproven();
    test_refused();
    test_nobody();
    test_calls();
}
