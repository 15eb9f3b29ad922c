/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Registration at a relay that behaves well or badly: proofs, remembered certificates, tokens,
 * reconnecting. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "phone/lib_relay.h"
#include "tap.h"

#define NAME "relay.example:4433"

static struct stage st;

static void registers(void)
{
    stage_init(&st, NULL);
    is_int(wzp_phone_register_start(st.phone, st.now, NULL), 0, "registration starts");
    run(&st, 200 * WZP_MILLISECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_REGISTERED, 0);
    ok(e != NULL && e->proven, "registered, and the relay proved who it is");
    is_str(e != NULL ? e->build : NULL, "fake 1", "the relay's build is told");
    const char *text = heard(&st, "RegisterPresence", 0);
    ok(text != NULL && strstr(text, "\"binding\":{\"v\":2") != NULL, "our proof is sent");
    ok(!heard(&st, "AuthToken", 0), "no token without need");
    ok(event_count(&st, WZP_EVENT_RELAY_PIN) == 1 &&
           told(&st, WZP_EVENT_RELAY_PIN, 0)->pin == WZP_PIN_NEW,
       "a new relay is told once");
    is_int(st.pins.relay_count, 1, "and remembered");
    ok(st.pins.relay_count == 1 && st.pins.relays[0].has_identity, "with its identity");
    say(&st, "_signal", "{\"NewThing\":{\"x\":[1,2]}}");
    say(&st, "_signal", "\"AnotherNewThing\"");
    say(&st, "_signal", "{\"Hangup\":{\"reason\":\"Bogus\"}}");
    say(&st, "_signal", "{]");
    say(&st, "_signal", "\"Hold\"");
    say(&st, "_signal", "{\"Pong\":{\"timestamp_ms\":3}}");
    run(&st, WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "unknown, broken and useless messages change nothing");
    is_int(event_count(&st, WZP_EVENT_ERROR), 0, "and are no news");
    wzp_phone_shutdown(st.phone, st.now);
    ok(!wzp_phone_idle(st.phone), "parting takes a moment");
    run(&st, WZP_SECOND);
    ok(wzp_phone_idle(st.phone), "then the phone is idle");
    is_int(st.lines[0].why.kind, WZP_QUIC_CLOSE_PEER, "the relay was told");
    stage_fini(&st);
}

static void comes_back(void)
{
    static const unsigned seconds[] = {0, 1, 2, 4, 8, 15, 30, 30};

    stage_init(&st, NULL);
    enroll(&st);
    run(&st, 20 * WZP_SECOND);
    size_t before = st.diary_count;
    st.mute_ack = true;
    /* Each new connection is closed by the relay as soon as it is seen. */
    for (int i = 0; i < 12000; i++) {
        struct line *line = line_of(&st, "_signal");
        if (line != NULL)
            wzp_quic_conn_close(line->conn, 0, "go away", false, st.now);
        run(&st, 10 * WZP_MILLISECOND);
    }
    size_t step = 0;
    for (size_t i = before; i < st.diary_count && step < 8; i++) {
        const struct entry *e = &st.diary[i];
        if (e->type != WZP_EVENT_UNREGISTERED)
            continue;
        unsigned least = seconds[step] * 1000, most = least + (least >= 8000 ? least / 10 : 0);
        ok(e->retry_ms >= least && e->retry_ms <= most, "loss %zu: next try in %u ms (%u s)", step,
           e->retry_ms, seconds[step]);
        step++;
    }
    is_int(step, 8, "it keeps trying");
    ok(strstr(told(&st, WZP_EVENT_UNREGISTERED, 0)->text, "go away") != NULL,
       "the relay's reason is told");
    st.mute_ack = false;
    run(&st, 40 * WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "and comes back");
    stage_fini(&st);
}

static void nobody_there(void)
{
    stage_init(&st, NULL);
    relay_crash(&st);
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 30 * WZP_SECOND);
    ok(event_count(&st, WZP_EVENT_UNREGISTERED) >= 2, "nobody answers: told, and tried again");
    wzp_session_id call;
    is_int(wzp_phone_call(st.phone, &call, st.friend.fingerprint_text, st.now, NULL), 0,
           "a call may wait for the registration");
    relay_start(&st, 0xcc);
    run(&st, 30 * WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "the relay is there now");
    ok(heard(&st, "DirectCallOffer", 0) != NULL, "and the offer leaves by itself");
    stage_fini(&st);
}

static void wrong_proof(void)
{
    stage_init(&st, NULL);
    st.proof = PROOF_WRONG;
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 5 * WZP_SECOND);
    ok(!wzp_phone_registered(st.phone), "a wrong proof is no registration");
    is_int(event_count(&st, WZP_EVENT_REGISTERED), 0, "at no time");
    const struct entry *e = last_event(&st, WZP_EVENT_UNREGISTERED, 0);
    ok(e != NULL && e->code == WZP_E_CRYPTO, "the user is told");
    is_int(event_count(&st, WZP_EVENT_ERROR), 0, "once, not in two ways");
    stage_fini(&st);

    stage_init(&st, NULL);
    st.proof = PROOF_NONE;
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, WZP_SECOND);
    e = last_event(&st, WZP_EVENT_REGISTERED, 0);
    ok(e != NULL && !e->proven, "an old relay proves nothing, which is shown");
    stage_fini(&st);

    stage_init(&st, NULL);
    st.refuse = true;
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 500 * WZP_MILLISECOND);
    e = last_event(&st, WZP_EVENT_UNREGISTERED, 0);
    ok(e != NULL && e->code == WZP_E_REFUSED && strstr(e->text, "not ?[31mtoday") != NULL,
       "a refusal is told, its words filtered: %s", e != NULL ? e->text : "-");
    stage_fini(&st);
}

static void changed_certificate(void)
{
    stage_init(&st, NULL);
    enroll(&st);
    relay_crash(&st);
    relay_start(&st, 0xcd); /* another certificate, another identity */
    run(&st, 60 * WZP_SECOND);
    ok(!wzp_phone_registered(st.phone), "another relay at the address: stop");
    const struct entry *e = last_event(&st, WZP_EVENT_RELAY_PIN, 0);
    ok(e != NULL && e->pin == WZP_PIN_MISMATCH, "and ask");
    size_t tries = lines_of(&st, "_signal");
    run(&st, 300 * WZP_SECOND);
    is_int(lines_of(&st, "_signal"), tries, "nothing goes on until the person has spoken");
    ok(e->known[0] != '\0' && strcmp(e->known, e->certificate) != 0,
       "with the old certificate and the new");
    char shown[WZP_TLS_FINGERPRINT_TEXT_MAX];
    wzp_text_copy(shown, sizeof shown, e->certificate);
    is_int(wzp_phone_accept_relay(st.phone, NAME, "0c:62", st.now), WZP_E_SYNTAX,
           "half a fingerprint accepts nothing");
    is_int(wzp_phone_accept_relay(st.phone, "", shown, st.now), WZP_E_ARGUMENT, "nor does no name");
    wzp_phone_accept_relay(st.phone, NAME, e->known, st.now);
    run(&st, WZP_SECOND);
    ok(!wzp_phone_registered(st.phone) && lines_of(&st, "_signal") == tries + 1,
       "another certificate than the one that was shown is asked for again");
    wzp_phone_accept_relay(st.phone, "other.example:4433", shown, st.now);
    run(&st, WZP_SECOND);
    ok(!wzp_phone_registered(st.phone), "accepted for another relay is not accepted for this one");
    is_int(wzp_phone_accept_relay(st.phone, NAME, shown, st.now), 0, "accepted");
    run(&st, WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "now it registers");
    is_int(st.pins.relay_count, 1, "and the new certificate took the place of the old");
    stage_fini(&st);
}

static void same_identity(void)
{
    stage_init(&st, NULL);
    enroll(&st);
    /* The relay got a new certificate but kept its identity. */
    if (st.pins.relay_count == 0)
        bail("no relay is remembered");
    st.pins.relays[0].certificate[0] ^= 1;
    struct line *line = line_of(&st, "_signal");
    wzp_quic_conn_close(line->conn, 0, "", false, st.now);
    run(&st, 2 * WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "same proven identity: accepted");
    const struct entry *e = last_event(&st, WZP_EVENT_RELAY_PIN, 0);
    ok(e != NULL && e->pin == WZP_PIN_UPDATED, "updated, and told");

    st.pins.relays[0].certificate[0] ^= 1;
    st.proof = PROOF_NONE;
    wzp_quic_conn_close(the_line(&st, "_signal")->conn, 0, "", false, st.now);
    run(&st, 2 * WZP_SECOND);
    ok(!wzp_phone_registered(st.phone), "changed and no proof: stop");
    is_int(told(&st, WZP_EVENT_RELAY_PIN, 0)->pin, WZP_PIN_MISMATCH, "and ask");
    stage_fini(&st);
}

static void token(void)
{
    stage_init(&st, NULL);
    struct wzp_relay_entry relay = relay_entry(&st, "relay.example:4433");
    wzp_phone_set_relays(st.phone, &relay, 1, "secret-token", NULL);
    enroll(&st);
    ok(heard(&st, "AuthToken", 0) != NULL && heard(&st, "AuthToken", 0) == st.inbox[0].text,
       "the token comes first");
    wzp_session_id room;
    is_int(wzp_phone_join(st.phone, &room, "Lobby", st.now, NULL), 0, "a room is joined");
    run(&st, WZP_SECOND);
    is_int(heard_count(&st, "AuthToken"), 2, "the room's connection gets it too");
    /* Another relay, with another identity, takes the relay's address. */
    relay_crash(&st);
    relay_start(&st, 0xcd);
    run(&st, 60 * WZP_SECOND);
    is_int(told(&st, WZP_EVENT_RELAY_PIN, 0)->pin, WZP_PIN_MISMATCH, "connected to the stranger");
    is_int(heard_count(&st, "AuthToken"), 2, "which never sees the token");
    is_int(heard_count(&st, "RegisterPresence"), 1, "nor anything else");
    stage_fini(&st);
}

static void distrust(struct wzp_phone_config *config)
{
    config->accept_new_relays = false;
}

static void ask_first(void)
{
    stage_init(&st, distrust);
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, WZP_SECOND);
    ok(!wzp_phone_registered(st.phone), "new relays are not trusted by themselves");
    is_int(st.pins.relay_count, 0, "nor remembered");
    const struct entry *e = last_event(&st, WZP_EVENT_RELAY_PIN, 0);
    ok(e != NULL && e->pin == WZP_PIN_NEW, "the user is asked");
    wzp_phone_accept_relay(st.phone, NAME, e->certificate, st.now);
    run(&st, WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "accepted: registered");
    is_int(st.pins.relay_count, 1, "and remembered");
    stage_fini(&st);
}

static void silent_relay(void)
{
    stage_init(&st, NULL);
    st.mute_ack = true;
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 11 * WZP_SECOND);
    ok(event_count(&st, WZP_EVENT_UNREGISTERED) == 1, "no ack within 10 s is a loss");
    stage_fini(&st);
}

/* A relay of the existing implementation, which forgets a registration when an older connection of
 * the same person ends. */
static void forgotten(void)
{
    stage_init(&st, NULL);
    st.proof = PROOF_NONE;
    enroll(&st);
    run(&st, 21 * WZP_SECOND);
    const char *offer = heard(&st, "DirectCallOffer", 0);
    ok(offer != NULL && strstr(offer, st.identity.fingerprint_text) != NULL,
       "after 20 s we ring ourselves");
    if (offer)
        say(&st, "_signal", offer);
    run(&st, 10 * WZP_MILLISECOND);
    is_int(event_count(&st, WZP_EVENT_INCOMING), 0, "what comes back does not ring");
    ok(heard_count(&st, "Hangup") == 1, "and is hung up");
    run(&st, 10 * WZP_SECOND);
    is_int(lines_of(&st, "_signal"), 1, "a relay that knows us is left alone");
    run(&st, 11 * WZP_SECOND);
    is_int(heard_count(&st, "DirectCallOffer"), 2, "every 20 s");
    say(&st, "_signal", "{\"Hangup\":{\"reason\":\"Normal\"}}");
    run(&st, WZP_SECOND);
    is_int(lines_of(&st, "_signal"), 2, "a relay that forgot us gets a new connection");
    ok(wzp_phone_registered(st.phone) && event_count(&st, WZP_EVENT_NOTICE) == 1,
       "on which we are registered, and that is told");
    size_t open = 0;
    for (size_t i = 0; i < st.line_count; i++)
        open += st.lines[i].conn != NULL;
    is_int(open, 2, "the old one stays open: its end would take the new one along");
    if (st.lines[0].conn)
        wzp_quic_conn_close(st.lines[0].conn, 0, "", false, st.now);
    run(&st, WZP_SECOND);
    is_int(heard_count(&st, "DirectCallOffer"), 3, "when it ends all the same, we look at once");
    run(&st, 4 * WZP_SECOND);
    is_int(lines_of(&st, "_signal"), 3, "no answer counts as forgotten");

    wzp_session_id call;
    wzp_phone_call(st.phone, &call, st.friend.fingerprint_text, st.now, NULL);
    run(&st, 30 * WZP_SECOND);
    is_int(heard_count(&st, "DirectCallOffer"), 4, "while there is a call nothing is asked");
    wzp_phone_shutdown(st.phone, st.now);
    run(&st, 2 * WZP_SECOND);
    for (open = 0; st.line_count > 0 && st.lines[st.line_count - 1].conn; st.line_count--)
        open++;
    is_int(open, 0, "parting closes them all");
    stage_fini(&st);

    stage_init(&st, NULL);
    enroll(&st);
    run(&st, 60 * WZP_SECOND);
    is_int(heard_count(&st, "DirectCallOffer"), 0, "relays that prove who they are need no asking");
    stage_fini(&st);
}

static size_t notices(const char *word)
{
    size_t n = 0;
    for (size_t i = 0; i < st.diary_count; i++)
        n += st.diary[i].type == WZP_EVENT_NOTICE && strstr(st.diary[i].text, word);
    return n;
}

/* A relay that dies while a call rings is noticed soon; it is probed only while a call rings. */
static void dies_while_ringing(void)
{
    char call_id[64], text[128];
    const struct wzp_sim_link cut = {.down = true}, whole = {.down = false};

    stage_init(&st, NULL);
    enroll(&st);
    run(&st, 60 * WZP_SECOND);
    is_int(heard_count(&st, "Ping"), 0, "nothing is asked of a relay while nobody calls");
    wzp_session_id call = place_call(&st, call_id);
    snprintf(text, sizeof text, "{\"CallRinging\":{\"call_id\":\"%s\"}}", call_id);
    say(&st, "_signal", text);
    run(&st, 20 * WZP_SECOND);
    size_t asked = heard_count(&st, "Ping");
    ok(asked >= 8 && asked <= 12, "while it rings, every two seconds (%zu in 20 s)", asked);
    is_int(notices("answer"), 0, "and one that answers is no news");
    wzp_sim_set_links(st.phone_host, &cut, &cut);
    run(&st, 6 * WZP_SECOND);
    is_int(notices("does not answer"), 1, "six seconds without an answer are told");
    wzp_sim_set_links(st.phone_host, &whole, &whole);
    run(&st, 4 * WZP_SECOND);
    is_int(notices("answers again"), 1, "and that it is back");
    ok(!last_event(&st, WZP_EVENT_ENDED, call), "the call rings on");
    uint64_t died = st.now;
    relay_crash(&st);
    run(&st, 6 * WZP_SECOND);
    is_int(notices("does not answer"), 2, "a relay that died is told, too");
    run(&st, 8 * WZP_SECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, call);
    ok(e && e->reason == WZP_END_LOST, "and ends the call (%.1f s)",
       e ? (double)(e->at - died) / 1e9 : 0.0);
    relay_start(&st, 0xcc);
    run(&st, 30 * WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "the phone comes back to it");
    asked = heard_count(&st, "Ping");
    run(&st, 60 * WZP_SECOND);
    is_int(heard_count(&st, "Ping"), asked, "and nothing is asked any more");
    stage_fini(&st);

    stage_init(&st, NULL);
    enroll(&st);
    friend_offers(&st, "c1", true);
    run(&st, WZP_SECOND);
    ok(incoming_now(&st), "it rings here");
    relay_crash(&st);
    run(&st, 14 * WZP_SECOND);
    is_int(notices("does not answer"), 1, "who is called is told");
    e = last_event(&st, WZP_EVENT_ENDED, 0);
    ok(e && e->reason == WZP_END_LOST, "and hears the end");
    stage_fini(&st);
}

/* A listener that stops the phone when the relay shows an unexpected certificate, as a program
 * without a user does. */
static void leave_when_asked(void *context, const struct wzp_event *event)
{
    struct stage *s = context;
    if (event->type == WZP_EVENT_RELAY_PIN && event->u.relay_pin.pin == WZP_PIN_MISMATCH)
        wzp_phone_shutdown(s->phone, s->now);
}

static void ends_because_of_it(bool room)
{
    struct wzp_listener listener = {.event = leave_when_asked, .context = &st};
    wzp_session_id session;

    stage_init(&st, NULL);
    enroll(&st);
    wzp_phone_listen(st.phone, &listener);
    relay_crash(&st);
    run(&st, 40 * WZP_SECOND); /* its loss is noticed */
    if (room)
        wzp_phone_join(st.phone, &session, "lobby", st.now, NULL);
    else
        wzp_phone_call(st.phone, &session, st.friend.fingerprint_text, st.now, NULL);
    relay_start(&st, 0xcd);
    run(&st, 40 * WZP_SECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, 0);
    ok(e && e->reason == WZP_END_REFUSED && strstr(e->text, "certificate"),
       "a %s that a changed certificate ends says so: %s", room ? "room" : "call",
       e ? e->text : "-");
    stage_fini(&st);
}

/* The host reports (ICMP port unreachable) that no program listens at the relay's port. */
static void room_of_nobody(void)
{
    wzp_session_id room;

    stage_init(&st, NULL);
    relay_crash(&st);
    wzp_phone_join(st.phone, &room, "lobby", st.now, NULL);
    run(&st, 100 * WZP_MILLISECOND);
    wzp_phone_unreachable(st.phone, &st.relay_address, WZP_E_REFUSED, st.now);
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, room);
    ok(e && e->reason == WZP_END_LOST && strstr(e->text, "no relay listens there"),
       "a room where no relay listens ends at once: %s", e ? e->text : "-");
    stage_fini(&st);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    dies_while_ringing();
    ends_because_of_it(true);
    ends_because_of_it(false);
    room_of_nobody();
    registers();
    comes_back();
    nobody_there();
    wrong_proof();
    changed_certificate();
    same_identity();
    token();
    ask_first();
    silent_relay();
    forgotten();
}
