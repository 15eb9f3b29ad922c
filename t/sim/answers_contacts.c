/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A softphone that answers calls of contacts automatically does not answer callers that only claim
 * to be a contact. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/time.h"
#include "sim/lib_machine.h"
#include "sim/lib_stranger.h"
#include "tap.h"
#include "wire/signal.h"

#define STRANGERS_SEED 66
#define ANOTHER_SEED 67

static struct wzp_sim *sim;
static struct machine_relay relay;
static struct wzp_sim_machine machines[2]; /* Ann, Bob */
static struct wzp_host hosts[2];
static struct wzp_app *ann, *bob;
static struct wzp_listener listener;
static struct stranger eve, dan;
static struct {
    size_t incoming, answered, proven;
    wzp_session_id session;
    char notice[200];
} bob_saw;

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    bob_saw.answered += event->type == WZP_EVENT_ANSWERED;
    if (event->type == WZP_EVENT_NOTICE && event->session)
        snprintf(bob_saw.notice, sizeof bob_saw.notice, "%s", event->u.notice.text);
    if (event->type != WZP_EVENT_INCOMING)
        return;
    bob_saw.incoming++;
    bob_saw.proven += event->u.incoming.proven;
    bob_saw.session = event->session;
}

static struct wzp_app *open_app(int i, const char *auto_answer, const char *e2e,
                                struct wzp_listener *ear)
{
    struct wzp_settings settings;
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", "10.0.0.1", NULL);
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "auto_answer", auto_answer, NULL);
    wzp_settings_set(&settings, "e2e", e2e, NULL);
    const struct wzp_app_config config = {.settings = &settings,
                                          .build = "test",
                                          .sound = WZP_SOUND_LATER,
                                          .answers = true,
                                          .call_waiting = true};
    return machine_start_app(&hosts[i], &config, ear, true);
}

static void knows(const char *name, const char *fingerprint)
{
    struct wzp_error err = {0};
    char line[200];
    snprintf(line, sizeof line, "add %s %s", name, fingerprint);
    is_int(wzp_app_run(bob, line, NULL, &err), 0, "Bob knows %s: %s", name, err.text);
}

/* Sends an offer as existing programs do: no keys, no signature, and any name. */
static void say_offer(struct stranger *from, const char *call_id, const char *target)
{
    static const char zeros[] = "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0";
    char text[1024];
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":\"Carl\","
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":[%s],"
             "\"ephemeral_pub\":[%s],\"signature\":[],\"supported_profiles\":[]}}",
             from->identity.fingerprint_text, target, call_id, zeros, zeros);
    stranger_say(from, text);
    wzp_sim_run(sim, 2 * WZP_SECOND);
}

static bool is_up(wzp_session_id session)
{
    struct wzp_app_session s;
    return wzp_app_session_find(bob, session, &s) && s.state == WZP_SESSION_UP;
}

static void note_past(void *context, const struct wzp_history_entry *entry, const char *name)
{
    snprintf(context, 80, "%s %s", name, entry->proven ? "proven" : "claimed");
}

static void newest_is(const char *want, const char *what)
{
    struct wzp_error err = {0};
    char past[80] = "";
    wzp_app_history(bob, 1, note_past, past, &err);
    is_str(past, want, "%s", what);
}

static void test_proven(void)
{
    struct wzp_error err = {0};
    struct wzp_app_facts facts;
    wzp_app_facts(ann, &facts);
    knows("Ann", facts.fingerprint);
    wzp_app_facts(bob, &facts);
    is_int(wzp_app_call(ann, NULL, facts.fingerprint, &err), 0, "Ann calls");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(bob_saw.proven == 1 && is_up(bob_saw.session), "a contact who proves it is answered");
    is_str(bob_saw.notice, "", "without a word");
    is_int(wzp_app_run(bob, "hangup", NULL, &err), 0, "and hung up");
    wzp_sim_run(sim, WZP_SECOND);
    newest_is("Ann proven", "the history says that it was her");
}

/* A stranger's call rings when Ann calls, and another one comes during her call. */
static void test_beside(void)
{
    struct wzp_error err = {0};
    struct wzp_app_facts facts;
    wzp_app_facts(bob, &facts);
    stranger_dial(&dan, sim, "10.9.9.8:666", "10.0.0.1:4433", "_signal", ANOTHER_SEED);
    ok(stranger_register(&dan, false), "a stranger is there");
    memset(&bob_saw, 0, sizeof bob_saw);
    say_offer(&dan, "beside", facts.fingerprint);
    ok(bob_saw.incoming == 1 && bob_saw.answered == 0, "and rings");
    wzp_session_id stranger = bob_saw.session;
    is_int(wzp_app_call(ann, NULL, facts.fingerprint, &err), 0, "Ann calls meanwhile");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(bob_saw.answered == 1 && is_up(bob_saw.session),
       "a stranger who rings keeps no contact from being answered");
    ok(!is_up(stranger), "and is not answered");
    wzp_session_id first = bob_saw.session;
    is_int(wzp_app_run(bob, "decline", NULL, &err), 0, "the stranger is declined: %s", err.text);
    say_offer(&dan, "later", facts.fingerprint);
    ok(bob_saw.answered == 1 && is_up(first), "into a call that goes on nobody gets");
    wzp_app_run(bob, "decline", NULL, &err);
    is_int(wzp_app_run(bob, "hangup", NULL, &err), 0, "Ann is hung up: %s", err.text);
    wzp_sim_run(sim, WZP_SECOND);
}

static void test_claimed(void)
{
    struct wzp_error err = {0};
    struct wzp_app_facts facts;
    wzp_app_facts(bob, &facts);
    stranger_dial(&eve, sim, "10.9.9.9:666", "10.0.0.1:4433", "_signal", STRANGERS_SEED);
    knows("Carl", eve.identity.fingerprint_text);
    ok(stranger_register(&eve, false), "somebody registers with Carl's public key");
    memset(&bob_saw, 0, sizeof bob_saw);
    say_offer(&eve, "one", facts.fingerprint);
    ok(bob_saw.incoming == 1 && bob_saw.proven == 0, "and calls in his name");
    ok(bob_saw.answered == 0 && !stranger_hears(&eve, "DirectCallAnswer"),
       "who only says to be a contact is not answered by itself");
    is_str(bob_saw.notice, "the caller says to be Carl, not proven; not answered by itself",
           "and Bob hears why it rings");
    is_int(wzp_app_run(bob, "answer", NULL, &err), 0, "who is asked may answer: %s", err.text);
    wzp_sim_run(sim, WZP_SECOND);
    wzp_sim_run(sim, WZP_SECOND);
    ok(bob_saw.answered == 1 && stranger_hears(&eve, "DirectCallAnswer"), "and then it is");
    wzp_app_run(bob, "hangup", NULL, &err);
    wzp_sim_run(sim, WZP_SECOND);
    newest_is("Carl claimed", "the history keeps that nothing was proven");
}

/* A relay could replay an old signed offer, and would hear a call that is answered without
 * encryption. */
static void test_not_sealed(void)
{
    struct wzp_error err = {0};
    struct wzp_app_facts facts;
    wzp_app_free(bob);
    memset(&bob_saw, 0, sizeof bob_saw);
    bob = open_app(1, "contacts", "off", &listener);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    wzp_app_facts(bob, &facts);
    is_int(wzp_app_call(ann, NULL, facts.fingerprint, &err), 0,
           "Ann calls Bob, who switched encryption off");
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(bob_saw.proven == 1 && bob_saw.answered == 0,
       "a call that others could hear is not answered by itself");
    is_str(bob_saw.notice,
           "this is Ann, but others could hear the call, which is encrypted to the relay only; not "
           "answered by itself",
           "and Bob hears why it rings");
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 12))
        bail("no world");
    machine_open_relay(sim, &relay);
    machine_open(sim, &machines[0], &hosts[0], "ann", "10.0.0.2");
    machine_open(sim, &machines[1], &hosts[1], "bob", "10.0.0.3");
    listener = (struct wzp_listener){.event = hear};
    ann = open_app(0, "ask", "prefer", NULL);
    bob = open_app(1, "contacts", "prefer", &listener);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    test_proven();
    test_beside();
    test_claimed();
    test_not_sealed();
    stranger_free(&eve);
    stranger_free(&dan);
    wzp_app_free(ann);
    wzp_app_free(bob);
    machine_close_relay(&relay);
    for (int i = 0; i < 2; i++)
        wzp_sim_machine_fini(&machines[i]);
    wzp_sim_free(sim);
}
