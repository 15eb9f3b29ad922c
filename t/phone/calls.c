/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls against a scripted relay: order of messages, forgeries, hang-ups, time-outs. */
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

static void begin(void)
{
    stage_init(&st, NULL);
    enroll(&st);
}

static void outgoing(void)
{
    char id[64], text[256];

    begin();
    wzp_session_id call = place_call(&st, id);
    is_int(strlen(id), 32, "the call id has 32 digits");
    is_int(strspn(id, "0123456789abcdef"), 32, "in lower case");
    snprintf(text, sizeof text, "{\"CallRinging\":{\"call_id\":\"%s\"}}", id);
    say(&st, "_signal", text);
    ok(last_event(&st, WZP_EVENT_RINGING, call) != NULL, "it rings");
    say(&st, "_signal", text);
    is_int(event_count(&st, WZP_EVENT_RINGING), 1, "once");
    friend_answers(&st, id, ANSWER_SEALED);
    ok(last_event(&st, WZP_EVENT_ANSWERED, call) != NULL, "answered");
    ok(!line_of(&st, "*"), "no media before CallSetup");
    relay_sets_up(&st, id, NULL);
    snprintf(text, sizeof text, "call-%s", id);
    run(&st, 300 * WZP_MILLISECOND);
    ok(line_of(&st, text) != NULL, "media goes to the call's room");
    ok(last_event(&st, WZP_EVENT_PATH, call) != NULL, "the path is told");
    ok(last_event(&st, WZP_EVENT_JOINED, call) != NULL, "joined");
    ok(wzp_phone_wants_audio(st.phone), "audio runs");
    const char *report = heard(&st, "MediaPathReport", 0);
    ok(report != NULL && strstr(report, "\"direct_ok\":false,\"race_winner\":\"Relay\"") != NULL,
       "the other side hears that it is the relay");
    relay_sets_up(&st, id, NULL);
    friend_answers(&st, id, ANSWER_LEGACY);
    run(&st, 100 * WZP_MILLISECOND);
    is_int(lines_of(&st, text), 1, "repeated words change nothing");
    is_int(wzp_phone_hangup(st.phone, call, st.now, NULL), 0, "hung up");
    is_int(end_of(call), WZP_END_NORMAL, "normally");
    run(&st, 100 * WZP_MILLISECOND);
    const char *hangup = heard(&st, "Hangup", 0);
    ok(hangup != NULL && strstr(hangup, id) != NULL, "the Hangup names the call");
    ok(!line_of(&st, "*"), "the media connection is closed");
    for (size_t i = 0; i < st.line_count; i++)
        if (strcmp(st.lines[i].sni, text) == 0)
            is_int(st.lines[i].why.code, 0, "with code 0");
    size_t signals = 0;
    for (size_t i = 0; i < st.inbox_count; i++)
        signals += strcmp(st.inbox[i].sni, text) == 0;
    is_int(signals, 1, "nothing but CallOffer was said in the room");
    is_int(wzp_phone_hangup(st.phone, call, st.now, NULL), WZP_E_NOT_FOUND, "the handle is dead");
    stage_fini(&st);
}

static void incoming(void)
{
    begin();
    friend_offers(&st, "00ff00ff00ff00ff", true);
    const struct entry *e = last_event(&st, WZP_EVENT_INCOMING, 0);
    if (!e)
        bail("no call came");
    wzp_session_id call = e->session;
    is_str(e->peer, st.friend.fingerprint_text, "the caller is named");
    ok(e->proven, "and proven");
    is_str(e->alias, "Bob ?]0;pwned??", "its alias cannot reach the terminal");
    relay_sets_up(&st, "00ff00ff00ff00ff", NULL);
    run(&st, WZP_SECOND);
    ok(!line_of(&st, "*"), "CallSetup without our answer switches nothing on");
    friend_offers(&st, "00ff00ff00ff00ff", true);
    is_int(event_count(&st, WZP_EVENT_INCOMING), 1, "the same id again is ignored");
    is_int(wzp_phone_answer(st.phone, call, false, st.now, NULL), 0, "accepted");
    run(&st, 100 * WZP_MILLISECOND);
    is_int(wzp_phone_answer(st.phone, call, false, st.now, NULL), WZP_E_STATE, "only once");
    const char *answer = heard(&st, "DirectCallAnswer", 0);
    ok(answer != NULL && strstr(answer, "AcceptGeneric") != NULL, "the answer is sent");
    ok(answer != NULL && !strstr(answer, "reflexive"), "without addresses");
    relay_sets_up(&st, "00ff00ff00ff00ff", NULL);
    run(&st, 300 * WZP_MILLISECOND);
    ok(line_of(&st, "call-00ff00ff00ff00ff") != NULL, "media is connected");
    say(&st, "_signal", "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"00ff00ff00ff00fe\"}}");
    ok(wzp_phone_session(st.phone, 0) == call, "a Hangup for another call is not ours");
    say(&st, "_signal", "{\"Hangup\":{\"reason\":\"Normal\"}}");
    is_int(end_of(call), WZP_END_NORMAL, "one without call id means the only call");
    stage_fini(&st);
}

static void answered_inside(void)
{
    begin();
    st.answer_at_once = true;
    friend_offers(&st, "0123456789abcdef", false);
    run(&st, 100 * WZP_MILLISECOND);
    ok(heard(&st, "DirectCallAnswer", 0) != NULL, "a command from inside an event works");
    relay_sets_up(&st, "0123456789abcdef", NULL);
    run(&st, 300 * WZP_MILLISECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_SECURITY, 0);
    ok(e != NULL && !e->e2e && strstr(e->why, "showed no keys") != NULL,
       "an old caller is shown honestly: %s", e != NULL ? e->why : "-");
    stage_fini(&st);
}

static void forged_setup(void)
{
    char id[64];

    begin();
    relay_sets_up(&st, "aaaaaaaaaaaaaaaa", NULL);
    run(&st, WZP_SECOND);
    ok(!wzp_phone_wants_audio(st.phone) && st.line_count == 1,
       "CallSetup without a call is ignored");
    wzp_session_id call = place_call(&st, id);
    relay_sets_up(&st, id, NULL);
    run(&st, 1900 * WZP_MILLISECOND);
    ok(!line_of(&st, "*"), "CallSetup before the answer waits");
    friend_answers(&st, id, ANSWER_SEALED);
    run(&st, 300 * WZP_MILLISECOND);
    ok(line_of(&st, "*") != NULL, "the answer came within 2 s: media starts");
    wzp_phone_hangup(st.phone, call, st.now, NULL);

    call = place_call(&st, id);
    relay_sets_up(&st, id, NULL);
    run(&st, 2100 * WZP_MILLISECOND);
    is_int(end_of(call), WZP_END_ERROR, "it never came: the call ends");
    friend_answers(&st, id, ANSWER_SEALED);
    run(&st, 300 * WZP_MILLISECOND);
    ok(!wzp_phone_wants_audio(st.phone), "and later answers are late");

    call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_SEALED);
    run(&st, 11 * WZP_SECOND);
    is_int(end_of(call), WZP_END_ERROR, "an answer without CallSetup ends too");
    stage_fini(&st);
}

static void bad_ids(void)
{
    begin();
    friend_offers(&st, "UPPER", false);
    friend_offers(&st, "-x-", false);
    friend_offers(&st, "a.b", false);
    friend_offers(&st, "", false);
    friend_offers(&st, "0123456789012345678901234567890123456789012345678901234567890", false);
    is_int(event_count(&st, WZP_EVENT_INCOMING), 0, "ids that are no names are no calls");
    stage_fini(&st);
}

static void endings(void)
{
    static const struct {
        const char *reason;
        bool ringing;
        enum wzp_end_reason end;
    } cases[] = {
        {"Busy", true, WZP_END_BUSY},       {"Declined", true, WZP_END_DECLINED},
        {"Timeout", true, WZP_END_TIMEOUT}, {"Error", true, WZP_END_OFFLINE},
        {"Normal", true, WZP_END_DECLINED}, {"Normal", false, WZP_END_OFFLINE},
    };
    char id[64], text[256];

    begin();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wzp_session_id call = place_call(&st, id);
        snprintf(text, sizeof text, "{\"CallRinging\":{\"call_id\":\"%s\"}}", id);
        if (cases[i].ringing)
            say(&st, "_signal", text);
        snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"%s\"}}", cases[i].reason);
        say(&st, "_signal", text);
        is_int(end_of(call), cases[i].end, "%s %s", cases[i].reason,
               cases[i].ringing ? "while it rings" : "before it rings");
    }
    wzp_session_id call = place_call(&st, id);
    wzp_phone_hangup(st.phone, call, st.now, NULL);
    is_int(end_of(call), WZP_END_CANCELLED, "we gave up");
    run(&st, 50 * WZP_MILLISECOND);
    const char *hangup = heard(&st, "Hangup", heard_count(&st, "Hangup") - 1);
    ok(hangup != NULL && strstr(hangup, "Normal") != NULL && strstr(hangup, id) != NULL,
       "which the relay is told");

    call = place_call(&st, id);
    run(&st, 61 * WZP_SECOND);
    is_int(end_of(call), WZP_END_TIMEOUT, "nobody answered");
    hangup = heard(&st, "Hangup", heard_count(&st, "Hangup") - 1);
    ok(hangup != NULL && strstr(hangup, "Timeout") != NULL, "which the relay is told");
    stage_fini(&st);
}

/* An existing relay forwards only the reject (DirectCallAnswer) to another relay, and forgets the
 * call at the first of Hangup and reject: so it gets the reject first. Our relays get the Hangup,
 * with the reason, first. */
static void refusals(void)
{
    for (int ours = 0; ours < 2; ours++) {
        stage_init(&st, NULL);
        st.proof = ours ? PROOF_VALID : PROOF_NONE;
        enroll(&st);
        friend_offers(&st, "01", true);
        wzp_phone_reject(st.phone, incoming_now(&st), false, st.now, NULL);
        run(&st, 50 * WZP_MILLISECOND);
        ok((place_of(&st, "Hangup") < place_of(&st, "DirectCallAnswer")) == ours,
           "%s relay hears %s first when a call is refused", ours ? "our" : "an existing",
           ours ? "the reason" : "the bare refusal");
        stage_fini(&st);
    }
}

static void incoming_endings(void)
{
    begin();
    friend_offers(&st, "01", true);
    wzp_session_id call = incoming_now(&st);
    say(&st, "_signal", "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"01\"}}");
    is_int(end_of(call), WZP_END_CANCELLED, "the caller gave up");

    friend_offers(&st, "02", true);
    call = incoming_now(&st);
    is_int(wzp_phone_reject(st.phone, call, true, st.now, NULL), 0, "refused as busy");
    run(&st, 50 * WZP_MILLISECOND);
    is_int(end_of(call), WZP_END_BUSY, "ended");
    ok(strstr(said(&st, "Hangup", 0), "Busy") != NULL, "with the reason");
    ok(strstr(said(&st, "DirectCallAnswer", 0), "Reject") != NULL, "and the refusal");

    friend_offers(&st, "03", true);
    call = incoming_now(&st);
    run(&st, 61 * WZP_SECOND);
    is_int(end_of(call), WZP_END_TIMEOUT, "we did not answer");

    friend_offers(&st, "04", true);
    call = incoming_now(&st);
    friend_offers(&st, "05", true);
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, 0);
    ok(e->reason == WZP_END_BUSY && e->session != call && strcmp(e->call_id, "05") == 0,
       "a second caller hears busy, and we hear of it");
    is_str(e->peer, st.friend.fingerprint_text, "by name");
    run(&st, 50 * WZP_MILLISECOND);
    ok(strstr(said(&st, "DirectCallAnswer", heard_count(&st, "DirectCallAnswer") - 1), "\"05\"") !=
           NULL,
       "it was refused at once");
    ok(wzp_phone_session(st.phone, 0) == call, "the first call still rings");
    struct line *line = line_of(&st, "_signal");
    wzp_quic_conn_close(line->conn, 0, "", false, st.now);
    run(&st, 50 * WZP_MILLISECOND);
    is_int(end_of(call), WZP_END_LOST, "an unanswered call does not outlive its relay");
    stage_fini(&st);
}

static void allow_waiting(struct wzp_phone_config *config)
{
    config->call_waiting = true;
}

static void call_waiting(void)
{
    stage_init(&st, allow_waiting);
    enroll(&st);
    friend_offers(&st, "06", true);
    wzp_session_id first = incoming_now(&st);
    friend_offers(&st, "07", true);
    wzp_session_id second = incoming_now(&st);
    ok(second != first && wzp_phone_session(st.phone, 1) == second,
       "with call waiting a second caller rings beside the first");
    stage_fini(&st);
}

static void relay_lost(void)
{
    char id[64], room[80];

    begin();
    wzp_session_id call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_LEGACY);
    relay_sets_up(&st, id, NULL);
    run(&st, 300 * WZP_MILLISECOND);
    snprintf(room, sizeof room, "call-%s", id);
    wzp_quic_conn_close(the_line(&st, "_signal")->conn, 0, "", false, st.now);
    run(&st, 3 * WZP_SECOND);
    ok(wzp_phone_session(st.phone, 0) == call && line_of(&st, room) != NULL,
       "the call survives the loss of the registration");
    ok(wzp_phone_registered(st.phone), "which comes back");

    wzp_quic_conn_close(the_line(&st, room)->conn, 0, "", false, st.now);
    run(&st, 3 * WZP_SECOND);
    ok(wzp_phone_session(st.phone, 0) == call && line_of(&st, room) != NULL,
       "lost media is dialled again");
    is_int(lines_of(&st, room), 2, "once");

    st.close_rooms = true;
    wzp_quic_conn_close(the_line(&st, room)->conn, 0, "", false, st.now);
    uint64_t since = st.now;
    run(&st, 3 * WZP_SECOND);
    is_int(end_of(call), WZP_END_LOST, "a relay that forgot the call ends it");
    uint64_t took = told(&st, WZP_EVENT_ENDED, call)->at - since;
    ok(took < 3 * WZP_SECOND, "within 3 s (%.1f s)", (double)took / 1e9);
    is_int(lines_of(&st, room), 3, "its refusal is not asked for twice");
    stage_fini(&st);
}

static void peer_left(void)
{
    char id[64], text[300];

    begin();
    wzp_session_id call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_LEGACY);
    relay_sets_up(&st, id, NULL);
    run(&st, 300 * WZP_MILLISECOND);
    snprintf(text, sizeof text,
             "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\"%s\","
             "\"alias\":\"Ann\",\"relay_label\":null}]}}",
             st.identity.fingerprint_text);
    say(&st, "*", text);
    run(&st, 10 * WZP_SECOND);
    is_int(wzp_phone_session(st.phone, 0), call, "a peer that left may come back");
    run(&st, 6 * WZP_SECOND);
    is_int(end_of(call), WZP_END_LOST, "but not for ever");
    stage_fini(&st);
}

/* Where media goes when CallSetup names another relay. */
static void other_relay(void)
{
    char id[64];

    begin();
    wzp_session_id call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_LEGACY);
    relay_sets_up(&st, id, "10.0.0.66:4433");
    run(&st, 100 * WZP_MILLISECOND);
    ok(line_of(&st, "*") != NULL, "not sealed: only our own relay is used, whatever is named");
    wzp_phone_hangup(st.phone, call, st.now, NULL);

    call = place_call(&st, id);
    friend_answers(&st, id, ANSWER_SEALED);
    relay_sets_up(&st, id, "10.0.0.66:4433");
    run(&st, WZP_SECOND);
    ok(!line_of(&st, "*"), "sealed: the named relay is tried");
    run(&st, 4 * WZP_SECOND);
    ok(line_of(&st, "*") != NULL, "it does not answer: ours takes its place");
    is_int(st.pins.relay_count, 1, "and nothing is remembered about the other");
    wzp_phone_hangup(st.phone, call, st.now, NULL);

    static const char *const useless[] = {"0.0.0.0:4433", "[::]:4433",      "fe80::1:4433",
                                          "relay:1",      "127.0.0.1:4433", "10.0.0.1:0"};
    for (size_t i = 0; i < sizeof useless / sizeof useless[0]; i++) {
        call = place_call(&st, id);
        friend_answers(&st, id, ANSWER_SEALED);
        relay_sets_up(&st, id, useless[i]);
        run(&st, 100 * WZP_MILLISECOND);
        ok(line_of(&st, "*") != NULL, "%s is passed over", useless[i]);
        wzp_phone_hangup(st.phone, call, st.now, NULL);
        run(&st, 50 * WZP_MILLISECOND);
    }
    stage_fini(&st);
}

static void twice(void)
{
    struct wzp_error err = {0};
    wzp_session_id again;
    char id[64];

    begin();
    wzp_session_id call = place_call(&st, id);
    is_int(wzp_phone_call(st.phone, &again, st.friend.fingerprint_text, st.now, &err), WZP_E_STATE,
           "who is being called is not called a second time: %s", err.text);
    friend_answers(&st, id, ANSWER_SEALED);
    relay_sets_up(&st, id, NULL);
    run(&st, 300 * WZP_MILLISECOND);
    is_int(wzp_phone_call(st.phone, &again, st.friend.fingerprint_text, st.now, &err), WZP_E_STATE,
           "nor who is in a call with us, whose program would take the second for the first");
    ok(again == 0 && wzp_phone_session(st.phone, 0) == call && !wzp_phone_session(st.phone, 1),
       "and the call goes on alone");
    wzp_phone_hangup(st.phone, call, st.now, NULL);
    run(&st, 100 * WZP_MILLISECOND);
    is_int(wzp_phone_call(st.phone, &again, st.friend.fingerprint_text, st.now, NULL), 0,
           "after its end they can be called again");
    wzp_phone_hangup(st.phone, again, st.now, NULL);
    run(&st, 100 * WZP_MILLISECOND);
    friend_offers(&st, "00ff00ff00ff00ff", true);
    is_int(wzp_phone_call(st.phone, &again, st.friend.fingerprint_text, st.now, NULL), 0,
           "who rings here can be called: both may have had the same idea");
    is_int(wzp_phone_join(st.phone, &call, "tea", st.now, NULL), 0, "a room is joined");
    is_int(wzp_phone_join(st.phone, &again, "Tea", st.now, &err), WZP_E_STATE, "once: %s",
           err.text);
    wzp_phone_hangup(st.phone, call, st.now, NULL);
    run(&st, 100 * WZP_MILLISECOND);
    is_int(wzp_phone_join(st.phone, &call, "tea", st.now, NULL), 0, "and again after it was left");
    stage_fini(&st);
}

static void wrong_commands(void)
{
    struct wzp_error err = {0};
    wzp_session_id call;

    stage_init(&st, NULL);
    is_int(wzp_phone_call(st.phone, &call, st.friend.fingerprint_text, st.now, &err), WZP_E_STATE,
           "no call without a registration: %s", err.text);
    enroll(&st);
    is_int(wzp_phone_call(st.phone, &call, "bob\x1b", st.now, &err), WZP_E_SYNTAX, "%s", err.text);
    is_int(wzp_phone_call(st.phone, &call, st.identity.fingerprint_text, st.now, &err),
           WZP_E_ARGUMENT, "%s", err.text);
    is_int(wzp_phone_join(st.phone, &call, "_signal", st.now, &err), WZP_E_REFUSED, "%s", err.text);
    is_int(wzp_phone_hangup(st.phone, 99, st.now, &err), WZP_E_NOT_FOUND, "%s", err.text);
    is_int(wzp_phone_answer(st.phone, 99, true, st.now, &err), WZP_E_NOT_FOUND, "%s", err.text);
    is_int(wzp_phone_verify_peer(st.phone, 99, st.now), WZP_E_NOT_FOUND, "nobody to verify");
    for (int i = 0; i < WZP_PHONE_SESSIONS_MAX; i++) {
        char room[16];
        snprintf(room, sizeof room, "lobby%d", i);
        wzp_phone_join(st.phone, &call, room, st.now, NULL);
    }
    is_int(wzp_phone_join(st.phone, &call, "lobby", st.now, &err), WZP_E_LIMIT, "%s", err.text);
    stage_fini(&st);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    outgoing();
    incoming();
    answered_inside();
    forged_setup();
    bad_ids();
    endings();
    refusals();
    incoming_endings();
    call_waiting();
    relay_lost();
    peer_left();
    other_relay();
    twice();
    wrong_commands();
}
