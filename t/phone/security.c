/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a call reports about its encryption, and when it refuses: encrypted calls, old peers,
 * downgrades, tampering, replays, silence. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

static enum wzp_end_reason end_of(wzp_session_id session)
{
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, session);

    return e != NULL ? e->reason : WZP_END_COUNT;
}

static void require(struct wzp_phone_config *config)
{
    config->e2e = WZP_E2E_REQUIRE;
}

static void off(struct wzp_phone_config *config)
{
    config->e2e = WZP_E2E_OFF;
}

static void begin(void (*change)(struct wzp_phone_config *config))
{
    stage_init(&st, change);
    enroll(&st);
}

/* One packet of two bytes, as DTX sends them. */
static struct wzp_media_packet tiny(uint16_t sequence)
{
    static const uint8_t payload[] = {0x08, 0x00};
    struct wzp_media_packet packet;

    memset(&packet, 0, sizeof packet);
    packet.header.codec = WZP_CODEC_OPUS_24K;
    packet.header.sequence = sequence;
    packet.header.timestamp = sequence * 20u;
    packet.payload = payload;
    packet.payload_length = sizeof payload;
    return packet;
}

static wzp_session_id call_up(char *id, enum answer answer)
{
    wzp_session_id call = place_call(&st, id);

    friend_answers(&st, id, answer);
    relay_sets_up(&st, id, NULL);
    run(&st, 200 * WZP_MILLISECOND);
    return call;
}

/* The friend decrypts what we sent. */
static int friend_opens(struct wzp_media_packet *packet)
{
    static uint8_t plain[1500];

    return wzp_e2e_open(&st.keys, packet, plain, sizeof plain, st.datagram, st.datagram_length);
}

static bool is_able(const struct wzp_identity *peer)
{
    const struct wzp_peer_pin *pin = wzp_pins_peer(&st.pins, peer->fingerprint);

    return pin && pin->used_e2e && memcmp(pin->key, peer->public_key, 32) == 0;
}

static void sealed(void)
{
    char id[64];
    struct wzp_session_stats stats;
    struct wzp_media_packet packet;
    static const int16_t silence[960];

    begin(NULL);
    wzp_session_id call = call_up(id, ANSWER_SEALED);
    const struct entry *e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && e->e2e && !e->e2e_confirmed, "agreed, not yet confirmed");
    is_str(e != NULL ? e->sas : NULL, st.keys.sas, "the safety code is the friend's");
    is_int(wzp_phone_verify_peer(st.phone, call, st.now), WZP_E_STATE, "nothing to verify yet");
    ok(is_able(&st.friend), "the signed answer is remembered: this peer can seal");

    packet = tiny(0);
    friend_sends(&st, &packet, false);
    run(&st, 50 * WZP_MILLISECOND);
    wzp_phone_session_stats(st.phone, call, &stats, st.now);
    is_int(stats.unsealed_dropped, 1, "an unsealed packet is dropped and counted");
    ok(!stats.e2e_confirmed, "and confirms nothing");

    friend_sends(&st, &packet, true);
    run(&st, 50 * WZP_MILLISECOND);
    e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e->e2e && e->e2e_confirmed, "the first sealed packet confirms");
    is_str(e->sas, st.keys.sas, "same code");
    const struct wzp_peer_pin *pin = wzp_pins_peer(&st.pins, st.friend.fingerprint);
    ok(pin != NULL && pin->used_e2e && !pin->verified, "remembered: this peer seals");
    is_int(wzp_phone_verify_peer(st.phone, call, st.now), 0, "the codes were compared");
    pin = wzp_pins_peer(&st.pins, st.friend.fingerprint);
    ok(pin != NULL && pin->verified && memcmp(pin->key, st.friend.public_key, 32) == 0,
       "remembered with the key");
    e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e->verified, "told at once, %s", e->text);
    is_str(e->text, "2023-11-14", "with the date of today");

    wzp_phone_capture(st.phone, silence, 960, st.now);
    run(&st, 50 * WZP_MILLISECOND);
    is_int(friend_opens(&packet), 0, "what we send is sealed");
    is_int(packet.header.sequence, 0, "from sequence number 0");
    run(&st, 20 * WZP_SECOND);
    is_int(wzp_phone_session(st.phone, 0), call, "a confirmed call does not time out");
    stage_fini(&st);
}

/* A peer that is never heard, for example because its sound devices cannot be opened. */
static void never_heard(void)
{
    char id[64];
    struct wzp_media_packet packet;

    begin(NULL);
    wzp_session_id call = call_up(id, ANSWER_SEALED);
    run(&st, 20 * WZP_SECOND);
    is_int(wzp_phone_session(st.phone, 0), call, "silence is no reason to end");
    const struct entry *e = told(&st, WZP_EVENT_NOTICE, call);
    ok(e && strstr(e->text, "nothing has been heard from the other side yet"), "it is told: %s",
       e ? e->text : "-");
    packet = tiny(0);
    friend_sends(&st, &packet, false);
    run(&st, 9 * WZP_SECOND);
    is_int(wzp_phone_session(st.phone, 0), call, "late packets have their ten seconds, too");
    packet = tiny(1);
    friend_sends(&st, &packet, true);
    run(&st, 9 * WZP_SECOND);
    is_int(wzp_phone_session(st.phone, 0), call, "and a sealed one settles it");
    stage_fini(&st);
}

static void never_sealed(void)
{
    char id[64];

    begin(NULL);
    wzp_session_id call = call_up(id, ANSWER_SEALED);
    for (uint16_t i = 0; i < 20; i++) {
        struct wzp_media_packet packet = tiny(i);
        friend_sends(&st, &packet, false);
        run(&st, 400 * WZP_MILLISECOND);
    }
    is_int(wzp_phone_session(st.phone, 0), call, "plain packets are no reason to end yet");
    run(&st, 3 * WZP_SECOND);
    is_int(end_of(call), WZP_END_REFUSED, "after 10 s without a sealed one they are");
    call = call_up(id, ANSWER_LEGACY);
    run(&st, 3 * WZP_SECOND);
    is_int(end_of(call), WZP_END_REFUSED,
           "a relay that let the signed answer pass and kept the media makes no plain call of the "
           "next one");
    stage_fini(&st);
}

static void old_peer(void)
{
    char id[64];
    struct wzp_media_packet packet = tiny(0);
    struct wzp_session_stats stats;

    begin(NULL);
    wzp_session_id call = call_up(id, ANSWER_LEGACY);
    const struct entry *e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && !e->e2e &&
           strcmp(e->why, "the other program showed no keys to encrypt end to end with") == 0,
       "an old peer: %s", e != NULL ? e->why : "-");
    is_str(e != NULL ? e->sas : NULL, "", "there is no code");
    friend_sends(&st, &packet, false);
    run(&st, 20 * WZP_SECOND);
    wzp_phone_session_stats(st.phone, call, &stats, st.now);
    is_int(stats.datagrams_received - stats.datagrams_dropped, 1, "plain packets are heard");
    ok(!stats.e2e, "and the call is not called sealed");
    ok(!wzp_pins_peer(&st.pins, st.friend.fingerprint), "nothing is remembered");
    stage_fini(&st);

    begin(NULL);
    call = call_up(id, ANSWER_INVALID);
    e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && !e->e2e && strstr(e->why, "did not verify") != NULL, "wrong keys: %s",
       e != NULL ? e->why : "-");
    stage_fini(&st);

    begin(require);
    call = call_up(id, ANSWER_LEGACY);
    run(&st, 3 * WZP_SECOND);
    is_int(end_of(call), WZP_END_REFUSED, "required: an old peer is refused");
    ok(lines_of(&st, "*") == 0 && !line_of(&st, "*"), "without media");
    friend_offers(&st, "0a", false);
    const struct entry *turned = last_event(&st, WZP_EVENT_ENDED, 0);
    ok(turned->reason == WZP_END_REFUSED && strcmp(turned->call_id, "0a") == 0,
       "and so is its call: %s", turned->text);
    is_int(event_count(&st, WZP_EVENT_INCOMING), 0, "which does not ring");
    friend_offers(&st, "0b", true);
    is_int(event_count(&st, WZP_EVENT_INCOMING), 1, "a sealed one does");
    stage_fini(&st);

    begin(off);
    call = place_call(&st, id);
    const char *offer = heard(&st, "DirectCallOffer", 0);
    ok(offer != NULL && strstr(offer, "\"signature\":[]") != NULL, "off: no keys in the offer");
    friend_answers(&st, id, ANSWER_STRIPPED);
    run(&st, 100 * WZP_MILLISECOND);
    e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && !e->e2e && strstr(e->why, "switched off") != NULL, "%s", e ? e->why : "-");
    stage_fini(&st);
}

static void downgrade(void)
{
    char id[64];

    begin(NULL);
    wzp_pins_note_peer(&st.pins, st.friend.fingerprint, st.friend.public_key, true, false);
    wzp_session_id call = call_up(id, ANSWER_LEGACY);
    ok(!line_of(&st, "*"), "a peer that sealed before does not: nothing starts");
    run(&st, 2 * WZP_SECOND);
    is_int(end_of(call), WZP_END_REFUSED, "and the call ends");
    ok(strstr(told(&st, WZP_EVENT_ENDED, call)->text, "before") != NULL, "%s",
       told(&st, WZP_EVENT_ENDED, call)->text);

    call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_STRANGER);
    relay_sets_up(&st, id, NULL);
    run(&st, WZP_SECOND);
    friend_answers(&st, id, ANSWER_SEALED);
    run(&st, 200 * WZP_MILLISECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && e->e2e && line_of(&st, "*") != NULL,
       "a stranger answered first, the friend within 2 s: sealed");
    wzp_phone_hangup(st.phone, call, st.now, NULL);

    friend_offers(&st, "0c", false);
    ok(told(&st, WZP_EVENT_ENDED, 0)->reason == WZP_END_REFUSED &&
           event_count(&st, WZP_EVENT_INCOMING) == 0,
       "an incoming call without seal is refused");
    stage_fini(&st);
}

static void replaced(void)
{
    char id[64];

    begin(NULL);
    wzp_session_id call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_STRANGER);
    const struct entry *e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && !e->e2e, "a stranger's answer counts as plain");
    friend_answers(&st, id, ANSWER_SEALED);
    e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && e->e2e, "the friend's replaces it before audio");
    friend_answers(&st, id, ANSWER_LEGACY);
    relay_sets_up(&st, id, NULL);
    run(&st, 200 * WZP_MILLISECOND);
    struct wzp_media_packet packet = tiny(0);
    friend_sends(&st, &packet, true);
    run(&st, 50 * WZP_MILLISECOND);
    ok(told(&st, WZP_EVENT_SECURITY, call)->e2e_confirmed, "and stays");
    stage_fini(&st);

    begin(NULL);
    call = call_up(id, ANSWER_LEGACY);
    friend_answers(&st, id, ANSWER_SEALED);
    e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && !e->e2e, "after audio began nothing is replaced");
    stage_fini(&st);
}

static void tampering(void)
{
    char id[64];

    begin(NULL);
    wzp_session_id call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_STRIPPED);
    is_int(end_of(call), WZP_END_REFUSED, "our keys were removed on the way: the call ends");
    ok(strstr(told(&st, WZP_EVENT_ENDED, call)->text, "tamper") != NULL, "%s",
       told(&st, WZP_EVENT_ENDED, call)->text);
    relay_sets_up(&st, id, NULL);
    run(&st, 200 * WZP_MILLISECOND);
    ok(!line_of(&st, "*"), "and no media follows");
    ok(is_able(&st.friend), "that the peer can seal is remembered all the same");
    stage_fini(&st);
}

static void callee(void)
{
    struct wzp_media_packet packet = tiny(0);

    begin(NULL);
    friend_offers(&st, "0d", true);
    wzp_session_id call = told(&st, WZP_EVENT_INCOMING, 0)->session;
    ok(told(&st, WZP_EVENT_INCOMING, 0)->e2e, "the ring says that it will be sealed");
    ok(is_able(&st.friend), "and the signed offer is remembered");
    wzp_phone_answer(st.phone, call, true, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    ok(strstr(said(&st, "DirectCallAnswer", 0), "AcceptTrusted") != NULL, "trusted");
    is_int(friend_takes_answer(&st), WZP_E2E_VALID, "our answer is valid for the friend");
    relay_sets_up(&st, "0d", NULL);
    run(&st, 200 * WZP_MILLISECOND);
    friend_sends(&st, &packet, true);
    run(&st, 50 * WZP_MILLISECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_SECURITY, call);
    ok(e != NULL && e->e2e_confirmed, "and its packets open");
    is_str(e != NULL ? e->sas : NULL, st.keys.sas, "with one code");
    wzp_phone_hangup(st.phone, call, st.now, NULL);
    stage_fini(&st);
}

/* The relay replays an old offer unchanged. */
static void replay(void)
{
    struct wzp_signal offer;
    uint8_t signature[64];
    char id[] = "0e";
    struct wzp_e2e_agreement agreement;

    begin(NULL);
    memset(&offer, 0, sizeof offer);
    memset(&agreement, 0, sizeof agreement);
    offer.type = WZP_SIGNAL_DIRECT_CALL_OFFER;
    offer.u.direct_call_offer.caller_fingerprint = st.friend.fingerprint_text;
    offer.u.direct_call_offer.target_fingerprint = st.identity.fingerprint_text;
    offer.u.direct_call_offer.call_id = id;
    wzp_e2e_make_offer(&agreement, &offer, signature, &st.friend, &st.random);
    say_signal(&st, "_signal", &offer);
    is_int(event_count(&st, WZP_EVENT_INCOMING), 1, "it rings");
    wzp_phone_reject(st.phone, told(&st, WZP_EVENT_INCOMING, 0)->session, false, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    say_signal(&st, "_signal", &offer);
    is_int(event_count(&st, WZP_EVENT_INCOMING), 1, "the same offer again does not");
    wzp_e2e_agreement_wipe(&agreement);
    stage_fini(&st);
}

/* New identities cost nothing: calls from ever new ones must not fill what is remembered about
 * peers. */
static void crowd(void)
{
    struct wzp_identity stranger = {.fingerprint = {0}};

    begin(NULL);
    for (unsigned i = 0; i < WZP_PINS_MAX / 2; i++) {
        stranger.fingerprint[0] = (uint8_t)i;
        stranger.fingerprint[1] = (uint8_t)(i >> 8);
        wzp_pins_note_peer(&st.pins, stranger.fingerprint, NULL, true, false);
    }
    friend_offers(&st, "0f", true);
    ok(!is_able(&st.friend), "a ring makes no more than half of the memory full");
    wzp_phone_answer(st.phone, told(&st, WZP_EVENT_INCOMING, 0)->session, true, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    ok(is_able(&st.friend), "whose call is answered has the other half");
    stage_fini(&st);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    sealed();
    never_heard();
    never_sealed();
    old_peer();
    downgrade();
    replaced();
    tampering();
    callee();
    replay();
    crowd();
}
