/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every end of a call is reported with its true reason and whether it was our doing, and nothing is
 * reported that did not happen. */
#include <stdio.h>
#include <string.h>

#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

static const struct entry *end_of(wzp_session_id session)
{
    static const struct entry none = {.reason = WZP_END_COUNT};
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, session);

    return e != NULL ? e : &none;
}

static wzp_session_id call_up(char *id)
{
    stage_init(&st, NULL);
    enroll(&st);
    wzp_session_id call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_LEGACY);
    relay_sets_up(&st, id, NULL);
    run(&st, 300 * WZP_MILLISECOND);
    return call;
}

static void hang_up_with_error(const char *id)
{
    char text[200];

    snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"Error\",\"call_id\":\"%s\"}}", id);
    say(&st, "_signal", text);
}

static void relay_stopped(void)
{
    char id[64];
    wzp_session_id call = call_up(id);

    hang_up_with_error(id);
    struct line *line = line_of(&st, "_signal");
    if (line)
        wzp_quic_conn_close(line->conn, 0, "shutdown", false, st.now);
    run(&st, WZP_SECOND);
    is_int(end_of(call)->reason, WZP_END_LOST, "a relay that stops loses the call");
    is_str(end_of(call)->text, "the relay was stopped", "and nobody else is blamed");
    stage_fini(&st);

    call = call_up(id);
    hang_up_with_error(id);
    run(&st, WZP_SECOND);
    is_int(end_of(call)->reason, WZP_END_ERROR, "an error of the other side is its error");
    ok(strstr(end_of(call)->text, "other side") != NULL, "and it is named: %s", end_of(call)->text);
    stage_fini(&st);
}

static void heard_nothing(void)
{
    char id[64], text[200];
    wzp_session_id call = call_up(id);

    snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"%s\"}}", id);
    say(&st, "_signal", text);
    is_int(end_of(call)->reason, WZP_END_LOST, "who is not heard is told so");
    is_str(end_of(call)->text, "the other side heard nothing from us any more", "in words");
    stage_fini(&st);
}

/* Nobody is ever heard: the caller gave up before we answered, and the relay ends the call because
 * nobody joins. */
static void never_came(void)
{
    char id[64], text[200];
    wzp_session_id call = call_up(id);

    run(&st, 10 * WZP_SECOND);
    snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"%s\"}}", id);
    say(&st, "_signal", text);
    is_str(end_of(call)->text, "nothing was heard from the other side any more",
           "who was never heard is not said to have heard nothing");
    stage_fini(&st);
}

/* The friend sends for a second, then nothing; the relay ends the call because the friend is gone.
 */
static void peer_died(void)
{
    static const uint8_t payload[] = {0x08, 0x00};
    char id[64], text[200];
    wzp_session_id call = call_up(id);
    struct wzp_media_packet packet = {.header = {.codec = WZP_CODEC_OPUS_24K},
                                      .payload = payload,
                                      .payload_length = sizeof payload};

    for (uint16_t i = 0; i < 50; i++) {
        packet.header.sequence = i;
        packet.header.timestamp = i * 20u;
        friend_sends(&st, &packet, false);
        run(&st, 20 * WZP_MILLISECOND);
    }
    run(&st, 8 * WZP_SECOND);
    snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"%s\"}}", id);
    say(&st, "_signal", text);
    is_int(end_of(call)->reason, WZP_END_LOST, "a peer that died is lost");
    is_str(end_of(call)->text, "nothing was heard from the other side any more",
           "and it is us who heard nothing");
    stage_fini(&st);
}

static void off(struct wzp_phone_config *config)
{
    config->e2e = WZP_E2E_OFF;
}

static void refused_by_caller(void)
{
    stage_init(&st, off);
    enroll(&st);
    friend_offers(&st, "0e", true);
    wzp_session_id call = told(&st, WZP_EVENT_INCOMING, 0)->session;
    wzp_phone_answer(st.phone, call, true, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    relay_sets_up(&st, "0e", NULL);
    run(&st, 200 * WZP_MILLISECOND);
    hang_up_with_error("0e");
    run(&st, WZP_SECOND);
    is_int(end_of(call)->reason, WZP_END_REFUSED, "a caller who needs encryption refuses");
    is_str(end_of(call)->text, "the other side wants end-to-end encryption, which is off here",
           "and we know why");
    stage_fini(&st);
}

static void full_relay(void)
{
    wzp_session_id room;

    stage_init(&st, NULL);
    st.close_rooms = true;
    uint64_t since = st.now;
    wzp_phone_join(st.phone, &room, "crowd", st.now, NULL);
    run(&st, 12 * WZP_SECOND);
    is_int(end_of(room)->reason, WZP_END_REFUSED, "a relay that lets nobody in refuses");
    ok(end_of(room)->at - since < WZP_SECOND, "at once: %s", end_of(room)->text);
    is_int(event_count(&st, WZP_EVENT_PATH), 0, "no path is told that never carried anything");
    is_int(event_count(&st, WZP_EVENT_JOINED), 0, "nor that it was joined");
    is_int(lines_of(&st, "crowd"), 1, "and it is not asked again");
    stage_fini(&st);

    char id[64];
    stage_init(&st, NULL);
    enroll(&st);
    st.close_rooms = true;
    wzp_session_id call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_SEALED);
    relay_sets_up(&st, id, NULL);
    run(&st, 300 * WZP_MILLISECOND);
    is_int(end_of(call)->reason, WZP_END_REFUSED, "nor is a call: %s", end_of(call)->text);
    stage_fini(&st);
}

static void later_relay(void)
{
    wzp_session_id room;

    stage_init(&st, NULL);
    st.next_version = true;
    wzp_phone_join(st.phone, &room, "later", st.now, NULL);
    run(&st, WZP_SECOND);
    const char *offer = heard(&st, "CallOffer", 0);
    ok(offer != NULL && strstr(offer, "\"protocol_version\":1,\"supported_versions\":[1]") != NULL,
       "our offers say which version we speak");
    is_int(end_of(room)->reason, WZP_END_REFUSED, "a relay that speaks another one refuses");
    ok(strstr(end_of(room)->text, "version") != NULL, "which is told: %s", end_of(room)->text);
    stage_fini(&st);
}

/* A call whose relay comes back with another certificate. */
static wzp_session_id call_at_changed_relay(void)
{
    wzp_session_id call = 0;

    stage_init(&st, NULL);
    enroll(&st);
    relay_crash(&st);
    relay_start(&st, 0xcd);
    run(&st, 60 * WZP_SECOND);
    wzp_phone_call(st.phone, &call, st.friend.fingerprint_text, st.now, NULL);
    return call;
}

static void changed_relay(void)
{
    wzp_session_id call;

    call = call_at_changed_relay();
    run(&st, WZP_SECOND);
    wzp_phone_shutdown(st.phone, st.now);
    is_int(end_of(call)->reason, WZP_END_REFUSED, "a changed certificate is no cancelled call");
    is_str(end_of(call)->text, "the relay's certificate is not accepted", "and is named");
    stage_fini(&st);

    call = call_at_changed_relay();
    run(&st, 70 * WZP_SECOND);
    is_int(end_of(call)->reason, WZP_END_REFUSED, "nor is one that waited for a word in vain");
    is_str(end_of(call)->text, "the relay's certificate is not accepted", "which is named, too");
    stage_fini(&st);
}

static void words_once(void)
{
    static const char *const reasons[] = {"Busy", "Declined", "Normal", "Timeout", "Error"};
    char id[64], text[200];

    stage_init(&st, NULL);
    enroll(&st);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        wzp_session_id call = place_call(&st, id);
        snprintf(text, sizeof text, "{\"CallRinging\":{\"call_id\":\"%s\"}}", id);
        say(&st, "_signal", text);
        snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"%s\",\"call_id\":\"%s\"}}",
                 reasons[i], id);
        say(&st, "_signal", text);
        const struct entry *e = end_of(call);
        ok(e->text[0] != '\0' && strcmp(e->text, wzp_end_reason_name(e->reason)) != 0,
           "%s while it rings: %s, %s", reasons[i], wzp_end_reason_name(e->reason), e->text);
    }
    stage_fini(&st);
}

static void require(struct wzp_phone_config *config)
{
    config->e2e = WZP_E2E_REQUIRE;
}

static void rooms(void)
{
    struct wzp_error err = {0};
    wzp_session_id room;

    stage_init(&st, require);
    is_int(wzp_phone_join(st.phone, &room, "tea", st.now, &err), WZP_E_REFUSED, "%s", err.text);
    run(&st, WZP_SECOND);
    is_int(lines_of(&st, "tea"), 0, "who requires end-to-end encryption joins no room");
    stage_fini(&st);

    stage_init(&st, NULL);
    wzp_phone_join(st.phone, &room, "tea", st.now, NULL);
    run(&st, WZP_SECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_SECURITY, room);
    ok(e != NULL && !e->e2e && strstr(e->why, "relay can hear") != NULL,
       "every room says who can hear it: %s", e != NULL ? e->why : "-");
    is_int(event_count(&st, WZP_EVENT_SECURITY), 1, "once");
    stage_fini(&st);
}

static void displaced(void)
{
    stage_init(&st, NULL);
    enroll(&st);
    run(&st, 20 * WZP_SECOND);
    say(&st, "_signal", "{\"RegisterPresenceAck\":{\"success\":false,\"error\":\"displaced\"}}");
    const struct entry *e = last_event(&st, WZP_EVENT_UNREGISTERED, 0);
    ok(e != NULL && strstr(e->text, "another program") != NULL, "displaced: %s",
       e != NULL ? e->text : "-");
    ok(!wzp_phone_registered(st.phone), "it is not called registered any more");
    run(&st, 120 * WZP_SECOND);
    ok(lines_of(&st, "_signal") == 1 && event_count(&st, WZP_EVENT_UNREGISTERED) == 1,
       "it does not take the calls back");
    say(&st, "_signal", "{\"RegisterPresenceAck\":{\"success\":true,\"error\":null}}");
    ok(wzp_phone_registered(st.phone) && event_count(&st, WZP_EVENT_REGISTERED) == 2,
       "when the other program leaves it is told that it is registered again");
    e = last_event(&st, WZP_EVENT_REGISTERED, 0);
    ok(e != NULL && e->proven, "at the same relay, whose identity was proven and still is");
    stage_fini(&st);
}

static void unread(void)
{
    stage_init(&st, NULL);
    enroll(&st);
    say(&st, "_signal", "{\"NewThing\":{\"x\":[1,2]}}");
    say(&st, "_signal", "{]");
    say(&st, "_signal", "{]");
    uint64_t unknown = 0, bad = 0;
    wzp_phone_signals_unread(st.phone, &unknown, &bad);
    ok(unknown == 1 && bad == 2, "signals that could not be read are counted");
    stage_fini(&st);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    relay_stopped();
    heard_nothing();
    never_came();
    peer_died();
    refused_by_caller();
    full_relay();
    later_relay();
    changed_relay();
    words_once();
    rooms();
    displaced();
    unread();
}
