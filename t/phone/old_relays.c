/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals that an existing relay forwards only in another form, or as another message: the reason
 * why a call is refused, and the end of a call with somebody at another relay. */
#include <stdio.h>
#include <string.h>

#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

static void allow_waiting(struct wzp_phone_config *config)
{
    config->call_waiting = true;
}

static void begin(enum proof proof)
{
    stage_init(&st, allow_waiting);
    st.proof = proof;
    enroll(&st);
}

static wzp_session_id rings(const char *id)
{
    friend_offers(&st, id, true);
    return incoming_now(&st);
}

static void says_why(void)
{
    begin(PROOF_NONE);
    wzp_phone_reject(st.phone, rings("01"), true, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    const char *report = heard(&st, "MediaPathReport", 0);
    ok(report && strstr(report, "\"Busy\"") && strstr(report, "\"01\"") &&
           strstr(report, "\"direct_ok\":false"),
       "an existing relay is given a path report with the reason for the caller: %s",
       report ? report : "-");
    ok(report && place_of(&st, "MediaPathReport") < place_of(&st, "DirectCallAnswer"),
       "before the refusal, with which it forgets the call");
    stage_fini(&st);
    begin(PROOF_VALID);
    wzp_phone_reject(st.phone, rings("01"), true, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    ok(heard(&st, "Hangup", 0) && !heard(&st, "MediaPathReport", 0),
       "a relay of ours needs none: it passes the Hangup on");
    stage_fini(&st);
}

static enum wzp_end_reason end_after(const char *word, bool rings)
{
    char id[64], text[256];
    wzp_session_id call = place_call(&st, id);
    snprintf(text, sizeof text, "{\"CallRinging\":{\"call_id\":\"%s\"}}", id);
    if (rings)
        say(&st, "_signal", text);
    snprintf(text, sizeof text,
             "{\"MediaPathReport\":{\"call_id\":\"%s\",\"direct_ok\":false,"
             "\"race_winner\":\"%s\"}}",
             id, word);
    say(&st, "_signal", text);
    say(&st, "_signal", "{\"Hangup\":{\"reason\":\"Normal\"}}");
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, 0);
    return e && e->session == call ? e->reason : WZP_END_COUNT;
}

static void hears_why(void)
{
    begin(PROOF_NONE);
    is_int(end_after("Busy", true), WZP_END_BUSY,
           "a Normal that followed the word Busy is told as busy");
    const struct entry *e;
    is_int(end_after("Declined", true), WZP_END_DECLINED, "the word Declined");
    e = last_event(&st, WZP_EVENT_ENDED, 0);
    ok(e && strstr(e->text, "did not want to talk"), "leaves no doubt: %s", e ? e->text : "-");
    is_int(end_after("Relay", true), WZP_END_DECLINED, "what a report usually says");
    e = last_event(&st, WZP_EVENT_ENDED, 0);
    ok(e && strstr(e->text, "or the other side went away"), "changes nothing");
    is_int(end_after("Error", true), WZP_END_DECLINED, "nor does any other word");
    stage_fini(&st);
}

#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"

/* How our relays report the end of a call to a client whose existing relay does not forward it
 * (relay/forward.c): an offer of that call in the callee's own name. */
static void names(const char *id)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":" ZEROS
             ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],\"supported_profiles\":[]}}",
             st.identity.fingerprint_text, st.identity.fingerprint_text, id);
    say(&st, "_signal", text);
}

static void cancels(void)
{
    char id[64];
    begin(PROOF_NONE);
    wzp_session_id call = place_call(&st, id);
    wzp_phone_hangup(st.phone, call, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    const char *again = heard(&st, "DirectCallOffer", 1);
    ok(again && strstr(again, id) && strstr(again, "\"caller_reflexive_addr\":\"cancelled\"") &&
           strstr(again, st.friend.fingerprint_text),
       "an existing relay, which carries no Hangup further, gets an offer that says we gave up: %s",
       again ? again : "-");
    ok(heard(&st, "Hangup", 0), "and the Hangup, for a callee of its own");
    stage_fini(&st);
    begin(PROOF_VALID);
    call = place_call(&st, id);
    wzp_phone_hangup(st.phone, call, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    ok(heard(&st, "Hangup", 0) && !heard(&st, "DirectCallOffer", 1),
       "a relay of ours needs none: it passes the Hangup on");
    stage_fini(&st);
}

/* How the friend's phone reports across existing relays that it gives up its call. */
static void gives_up(const char *id)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":" ZEROS
             ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],\"supported_profiles\":[],"
             "\"caller_reflexive_addr\":\"cancelled\"}}",
             st.friend.fingerprint_text, st.identity.fingerprint_text, id);
    say(&st, "_signal", text);
}

static void hears_of_it(void)
{
    begin(PROOF_NONE);
    wzp_session_id call = rings("01");
    friend_offers(&st, "01", true);
    ok(wzp_phone_session(st.phone, 0) == call, "an offer that only comes again changes nothing");
    gives_up("01");
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, call);
    ok(e && e->reason == WZP_END_CANCELLED, "the caller gave up: it stops to ring, and says so");
    is_str(e ? e->text : "-", "the caller gave up", "in words");
    gives_up("02");
    is_int(event_count(&st, WZP_EVENT_INCOMING), 1, "and nothing rings that was given up before");
    call = rings("03");
    wzp_phone_answer(st.phone, call, false, st.now, NULL);
    run(&st, 50 * WZP_MILLISECOND);
    gives_up("03");
    ok(wzp_phone_session(st.phone, 0) == call, "what was answered is over by a Hangup only");
    stage_fini(&st);
}

static bool lives(wzp_session_id call)
{
    return wzp_phone_session(st.phone, 0) == call || wzp_phone_session(st.phone, 1) == call;
}

static void ends_the_named(void)
{
    static const char hangup[] = "{\"Hangup\":{\"reason\":\"Normal\"}}";
    begin(PROOF_NONE);
    wzp_session_id first = rings("01"), second = rings("02");
    names("02");
    ok(event_count(&st, WZP_EVENT_INCOMING) == 2 && lives(first) && lives(second),
       "an offer of our own that names a call changes nothing");
    say(&st, "_signal", hangup);
    ok(lives(first) && !lives(second), "the Hangup without an id that follows ends that call");
    names("02");
    say(&st, "_signal", hangup);
    ok(lives(first), "also one that is over already, and no other in its place");
    run(&st, 3 * WZP_SECOND);
    say(&st, "_signal", hangup);
    ok(!lives(first), "later one without an id means the only call, as ever");
    first = rings("03");
    names("02");
    run(&st, 3 * WZP_SECOND);
    say(&st, "_signal", hangup);
    ok(!lives(first), "also where none followed");
    stage_fini(&st);
}

TAP_MAIN
{
    says_why();
    hears_why();
    ends_the_named();
    cancels();
    hears_of_it();
}
