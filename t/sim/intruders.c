/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An attacker who is registered and knows everything but the keys: he can neither answer, hang up,
 * report on or enter calls of others, nor call in somebody's name, nor take over somebody's
 * registration. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "phone/internal.h"
#include "sim/lib_stage.h"
#include "sim/lib_stranger.h"
#include "sim/lib_voice.h"
#include "tap.h"

static struct stage st;
static struct stranger eve, more[4];

/* '@' stands for the call's id. */
static void say_about(struct stranger *s, const char *line, const char *call_id)
{
    char text[1024];
    const char *at = strchr(line, '@');
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - line), line, call_id, at + 1);
    stranger_say(s, text);
}

/* Sends every signal that a party of the call may send about it. */
static void meddle(struct stranger *s, const char *call_id)
{
    static const char *const lines[] = {
        "{\"DirectCallAnswer\":{\"call_id\":\"@\",\"accept_mode\":\"AcceptTrusted\"}}",
        "{\"DirectCallAnswer\":{\"call_id\":\"@\",\"accept_mode\":\"Reject\"}}",
        "{\"CallRinging\":{\"call_id\":\"@\"}}",
        "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"@\"}}",
        "{\"Hangup\":{\"reason\":\"Busy\",\"call_id\":\"@\"}}",
        "{\"MediaPathReport\":{\"call_id\":\"@\",\"direct_ok\":true,\"race_winner\":\"Direct\"}}",
        "{\"CandidateUpdate\":{\"call_id\":\"@\",\"local_addrs\":[],\"generation\":9}}",
        "{\"CallSetup\":{\"call_id\":\"@\",\"room\":\"eve\",\"relay_addr\":\"10.9.9.9:666\"}}",
        "{\"DirectCallAnswer\":{\"call_id\":\"@\",\"accept_mode\":\"AcceptGeneric\"}}"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        say_about(s, lines[i], call_id);
}

static const char *id_of_call(const struct wzp_sim_phone *p)
{
    return p->phone->session_count > 0 ? p->phone->sessions[0]->call_id : "";
}

static void strangers_and_calls(void)
{
    char call_id[WZP_CALL_ID_MAX + 1], room[WZP_CALL_ID_MAX + 8];
    stage_raise(&st, 31, NULL);
    st.bob.auto_answer = false;
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    stranger_dial(&eve, st.sim, "10.9.9.9:666", STAGE_RELAY, "_signal", 66);
    ok(stranger_register(&eve, true), "a third person is registered, with proof");
    st.ann.card.voice = st.bob.card.voice = st.speech;
    st.ann.card.voice_samples = st.bob.card.voice_samples = st.samples;
    wzp_sim_phone_call(&st.ann, &st.call, &st.bob);
    ok(wzp_sim_phone_wait(&st.bob, WZP_EVENT_INCOMING, 1, WZP_SECOND), "Ann's call rings");
    snprintf(call_id, sizeof call_id, "%s", id_of_call(&st.ann));
    meddle(&eve, call_id);
    wzp_sim_run(st.sim, WZP_SECOND);
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ANSWERED, 0) &&
           !wzp_sim_phone_find(&st.bob, WZP_EVENT_ANSWERED, 0),
       "a third person cannot answer it");
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0) &&
           !wzp_sim_phone_find(&st.bob, WZP_EVENT_ENDED, 0),
       "nor hang it up");
    double foreign =
        stage_metric(st.relay.relay, "wzp_relay_signals_rejected_total", wzp_sim_now(st.sim));
    ok(foreign >= 6, "the relay counts the tries (%.0f)", foreign);

    wzp_phone_answer(st.bob.phone, st.bob.last_incoming, true, wzp_sim_now(st.sim), NULL);
    wzp_sim_phone_kick(&st.bob);
    ok(stage_wait_both(&st, WZP_EVENT_MEDIA, 1, 3 * WZP_SECOND), "Bob himself can");
    size_t members = wzp_sim_phone_count(&st.ann, WZP_EVENT_MEMBERS);
    meddle(&eve, call_id);
    snprintf(room, sizeof room, "call-%s", call_id);
    stranger_dial(&more[0], st.sim, "10.9.9.9:667", STAGE_RELAY, room, 66);
    ok(!stranger_join(&more[0]) && more[0].closed, "the call's room is closed to him");
    /* With Ann's public key and a signature that is not hers. */
    stranger_dial(&more[1], st.sim, "10.9.9.9:668", STAGE_RELAY, room, 66);
    memcpy(more[1].identity.public_key, st.ann.identity.public_key, 32);
    ok(!stranger_join(&more[1]) && more[1].closed, "also under Ann's name");
    for (unsigned i = 0; i < 50; i++) {
        stranger_datagram(&more[0], "\x00\x20\0\0\0\0\0\0\0\0\0\0abcdefgh", 20);
        stranger_datagram(&eve, "\x00\x20\0\0\0\0\0\0\0\0\0\0abcdefgh", 20);
    }
    double alike = stage_listen(&st, &st.ann, 7 * WZP_SECOND);
    ok(alike > 0.9, "the call goes on as if nothing had been (%.3f)", alike);
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_MEMBERS), members, "nobody entered");
    is_int(eve.datagrams + more[0].datagrams, 0, "and nothing of it was overheard");
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0), "it has not ended");
    wzp_sim_phone_hangup(&st.ann, st.call);
    ok(stage_wait_both(&st, WZP_EVENT_ENDED, 1, WZP_SECOND), "until Ann hangs up");
    for (int i = 0; i < 2; i++)
        stranger_free(&more[i]);
    stranger_free(&eve);
    stage_lower(&st);
}

#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"

static void offer_as(struct stranger *s, const struct wzp_sim_phone *caller,
                     const struct wzp_sim_phone *target, const char *call_id)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":\"Ann\","
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":" ZEROS
             ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],\"supported_profiles\":[]}}",
             caller->identity.fingerprint_text, target->identity.fingerprint_text, call_id);
    stranger_say(s, text);
}

/* A replayed registration: Ann's true key and signature, with a proof that was made for another
 * connection. */
static void replayed_registration(struct stranger *s)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    uint8_t signature[WZP_SIGNATURE_SIZE], exporter[WZP_EXPORTER_SIZE] = {7};
    wzp_register_make(&signal, signature, &st.ann.identity, exporter);
    stranger_send(s, &signal);
    const char *ack = stranger_hears(s, "RegisterPresenceAck");
    ok(!ack || strstr(ack, "\"success\":false"), "Ann's replayed registration is refused");
}

static void strangers_and_names(void)
{
    wzp_session_id call;
    stage_raise(&st, 32, NULL);
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    stranger_dial(&eve, st.sim, "10.9.9.9:666", STAGE_RELAY, "_signal", 66);
    ok(stranger_register(&eve, true), "a third person is registered");
    offer_as(&eve, &st.ann, &st.bob, "forged-1");
    wzp_sim_run(st.sim, WZP_SECOND);
    ok(!wzp_sim_phone_find(&st.bob, WZP_EVENT_INCOMING, 0), "an offer in Ann's name never rings");

    /* seed 1 is Ann's: her public key is no secret; the proof is left out. */
    stranger_dial(&more[0], st.sim, "10.9.9.9:667", STAGE_RELAY, "_signal", 1);
    ok(!stranger_register(&more[0], false), "a plain registration with Ann's key is refused");
    stranger_dial(&more[1], st.sim, "10.9.9.9:668", STAGE_RELAY, "_signal", 66);
    replayed_registration(&more[1]);
    offer_as(&more[0], &st.ann, &st.bob, "forged-2");
    offer_as(&more[1], &st.ann, &st.bob, "forged-3");
    /* Not registered at all. */
    stranger_dial(&more[2], st.sim, "10.9.9.9:669", STAGE_RELAY, "_signal", 66);
    offer_as(&more[2], &st.ann, &st.bob, "forged-4");
    wzp_sim_run(st.sim, WZP_SECOND);
    ok(!wzp_sim_phone_find(&st.bob, WZP_EVENT_INCOMING, 0), "and nobody rings in her name");
    ok(wzp_phone_registered(st.ann.phone) &&
           wzp_sim_phone_count(&st.ann, WZP_EVENT_UNREGISTERED) == 0,
       "Ann is still registered");
    wzp_sim_phone_call(&st.bob, &call, &st.ann);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_INCOMING, 1, WZP_SECOND), "Bob calls Ann: Ann rings");
    is_int(more[0].inbox_count + more[1].inbox_count <= 2, 1, "and nobody else hears of it");
    ok(!stranger_hears(&more[0], "DirectCallOffer") && !stranger_hears(&eve, "DirectCallOffer"),
       "no offer went astray");
    for (int i = 0; i < 3; i++)
        stranger_free(&more[i]);
    stranger_free(&eve);
    stage_lower(&st);
}

/* Somebody registers with Ann's public key before she has ever proved it. */
static void squatter(void)
{
    static struct wzp_sim_phone carl;
    wzp_session_id call;
    stage_raise(&st, 33, NULL);
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    stranger_dial(&eve, st.sim, "10.9.9.9:666", STAGE_RELAY, "_signal", 7);
    ok(stranger_register(&eve, false), "somebody registers plainly with Carl's key");
    stage_add(&st, &carl, "10.0.0.4:5000", 7, true);
    ok(wzp_sim_phone_wait(&carl, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND),
       "Carl comes and proves himself");
    wzp_sim_phone_call(&st.ann, &call, &carl);
    ok(wzp_sim_phone_wait(&carl, WZP_EVENT_INCOMING, 1, WZP_SECOND), "Carl gets the call");
    ok(!stranger_hears(&eve, "DirectCallOffer"), "the squatter does not");
    wzp_sim_phone_stop(&carl);
    stranger_free(&eve);
    stage_lower(&st);
}

static bool scream(void *context, uint64_t now)
{
    struct stranger *s = context;
    uint8_t data[400];
    size_t length = 12 + wzp_random_below(&s->random, sizeof data - 12);
    (void)now;
    if (!s->conn || s->closed)
        return false;
    wzp_random_bytes(&s->random, data, length);
    data[0] &= 0x23;
    data[0] |= (uint8_t)(wzp_random_below(&s->random, 9) << 2);
    stranger_datagram(s, data, length);
    return true;
}

/* A member of a room who sends random data under every codec and under others' sender numbers: it
 * counts as one speaker among others. */
static void guest_of_a_room(void)
{
    wzp_session_id ann, bob;
    int16_t *tone = voice_tone(700, -15, 48000);
    /* On a bad line the low-complexity decoder takes a long steady tone for background noise. */
    st.bob_fine = true;
    stage_raise(&st, 34, NULL);
    st.bob.card.voice = tone;
    st.bob.card.voice_samples = 48000;
    wzp_sim_phone_join(&st.ann, &ann, "tea");
    wzp_sim_phone_join(&st.bob, &bob, "tea");
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_MEDIA, 1, 3 * WZP_SECOND), "Ann hears Bob in a room");
    stranger_dial(&eve, st.sim, "10.9.9.9:666", STAGE_RELAY, "tea", 66);
    ok(stranger_join(&eve), "a guest comes");
    long live = wzp_alloc_live();
    wzp_sim_every(st.sim, 0, 5 * WZP_MILLISECOND, scream, &eve);
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    struct wzp_session_stats stats;
    is_int(wzp_phone_session_stats(st.ann.phone, ann, &stats, wzp_sim_now(st.sim)), 0,
           "Ann is still in the room");
    ok(stats.speakers <= 2, "the guest is one speaker whatever he says (%zu in all)",
       stats.speakers);
    ok(wzp_alloc_live() - live < 100, "memory does not grow (%+ld blocks)",
       wzp_alloc_live() - live);
    stranger_free(&eve);
    eve.conn = NULL;
    wzp_sim_run(st.sim, 35 * WZP_SECOND);
    double share = voice_share(&st.ann.card.heard, 48000, 700);
    ok(share > 0.95, "when he is gone Bob is heard as before (%.2f)", share);
    stage_lower(&st);
    st.bob_fine = false;
    wzp_free(tone);
}

TAP_MAIN
{
    strangers_and_calls();
    strangers_and_names();
    squatter();
    guest_of_a_room();
    stage_fini(&st);
}
