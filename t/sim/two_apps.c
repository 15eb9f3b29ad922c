/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two whole softphones with contacts, history and automatic answering, and a relay that restarts:
 * in virtual time with files in memory, and on loopback with real files. The same test runs in
 * both. */
#include <stdio.h>
#include <string.h>

#include "app/relay_service.h"
#include "app/settings.h"
#include "app/store.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"
#include "loop/host.h"
#include "loop/loop.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wzp/app.h"

#define PATIENCE (60 * WZP_SECOND)
#define SEEN_MAX 256

/* One person: a softphone, and the events that it reported. */
struct person {
    const char *name;
    struct wzp_host host;
    struct wzp_loop_place place;
    char folder[600];
    struct wzp_sim_machine machine;
    struct wzp_app *app;
    struct wzp_listener listener;
    struct wzp_event *seen[SEEN_MAX];
    size_t count;
};

/* The environment of the test: virtual time, or loopback. */
static struct {
    const char *name;
    struct wzp_loop *loop; /* NULL: virtual */
    struct wzp_sim *sim;
    struct wzp_host relay_host;
    struct wzp_sim_machine relay_machine;
} world;
static struct wzp_relay_service relay;
static struct wzp_relay_config relay_config;
static struct person ann, bob, eve;

/* ---- time ---- */

static bool (*condition)(void *context);
static void *condition_context;

static bool sim_condition(void *context)
{
    (void)context;
    return condition(condition_context);
}

static void look(void *context)
{
    (void)context;
    if (condition(condition_context))
        wzp_loop_stop(world.loop);
}

static void give_up(void *context)
{
    (void)context;
    wzp_loop_stop(world.loop);
}

static bool wait_for(bool (*is_true)(void *context), void *context)
{
    condition = is_true;
    condition_context = context;
    if (!world.loop)
        return wzp_sim_run_for(world.sim, sim_condition, NULL, PATIENCE);
    struct wzp_timer *often, *late;
    if (wzp_timer_start(&often, world.loop, WZP_MILLISECOND, 2 * WZP_MILLISECOND, look, NULL))
        return false;
    if (wzp_timer_start(&late, world.loop, tap_oom_mode() ? WZP_SECOND / 2 : PATIENCE / 2, 0,
                        give_up, NULL) == 0) {
        wzp_loop_run(world.loop);
        wzp_timer_close(late);
    }
    wzp_timer_close(often);
    return is_true(context);
}

/* ---- people ---- */

static void hear(void *context, const struct wzp_event *event)
{
    struct person *p = context;
    if (p->count < SEEN_MAX && (p->seen[p->count] = wzp_event_copy(event)) != NULL)
        p->count++;
}

static void forget_events(struct person *p)
{
    while (p->count > 0)
        wzp_event_free(p->seen[--p->count]);
}

/* The latest event of a type; an empty one when there is none. */
static const struct wzp_event *last(const struct person *p, enum wzp_event_type type)
{
    static struct wzp_event none = {.about = {.peer = "", .name = ""}};
    for (size_t i = p->count; i-- > 0;)
        if (p->seen[i]->type == type)
            return p->seen[i];
    return &none;
}

struct wish {
    struct person *person;
    enum wzp_event_type type;
    size_t count;
};

static bool has_come(void *context)
{
    const struct wish *wish = context;
    size_t count = 0;
    for (size_t i = 0; i < wish->person->count; i++)
        count += wish->person->seen[i]->type == wish->type;
    return count >= wish->count;
}

static void comes(struct person *p, enum wzp_event_type type, size_t count, const char *what)
{
    struct wish wish = {p, type, count};
    ok(wait_for(has_come, &wish), "%s: %s", p->name, what);
}

static void open_person(struct person *p, const char *name, const char *address)
{
    *p = (struct person){.name = name};
    if (world.loop) {
        snprintf(p->folder, sizeof p->folder, "%s/%s", tap_temporary_folder(), name);
        wzp_loop_host_at(&p->host, &p->place, world.loop, p->folder, NULL);
        return;
    }
    machine_open(world.sim, &p->machine, &p->host, name, address);
}

static void start_app(struct person *p, const char *source, bool answers)
{
    struct wzp_settings settings;
    struct wzp_error err = {0};
    char text[WZP_ADDR_TEXT_MAX];
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", wzp_addr_format(text, &relay.listen), NULL);
    wzp_settings_set(&settings, "in", source, NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "auto_answer", "contacts", NULL);
    wzp_settings_set(&settings, "direct", "false", NULL); /* media must go through the relay */
    const struct wzp_app_config config = {.settings = &settings,
                                          .build = "test",
                                          .sound = WZP_SOUND_LATER,
                                          .answers = answers,
                                          .watches = true};
    if (wzp_app_new(&p->app, &p->host, &config, &err)) {
        bail("%s has no softphone: %s", p->name, err.text);
    }
    p->listener = (struct wzp_listener){.event = hear, .context = p};
    wzp_app_listen(p->app, &p->listener);
    int result = wzp_app_start(p->app, &err);
    if (!result)
        result = wzp_app_register(p->app, &err);
    is_int(result, 0, "%s's softphone starts: %s", p->name, err.text);
}

static void say(struct person *p, const char *line, int want)
{
    struct wzp_error err = {0};
    is_int(wzp_app_run(p->app, line, NULL, &err), want, "%s says %s: %s", p->name, line, err.text);
}

static bool stopped(void *context)
{
    return wzp_app_stopped(((struct person *)context)->app);
}

static void close_person(struct person *p)
{
    if (p->app) {
        wzp_app_stop(p->app);
        ok(wait_for(stopped, p), "%s parts", p->name);
        ok(p->count > 0 && p->seen[p->count - 1]->type == WZP_EVENT_STOPPED,
           "which is the last event");
        wzp_app_free(p->app);
        p->app = NULL;
    }
    forget_events(p);
}

static void know(struct person *p, const struct person *friend, const char *name)
{
    struct wzp_app_facts facts;
    char line[200];
    wzp_app_facts(friend->app, &facts);
    snprintf(line, sizeof line, "add \"%s\" %s", name, facts.fingerprint);
    say(p, line, 0);
}

/* ---- presence ---- */

struct sight {
    struct person *person;
    enum wzp_presence state;
};

/* True when the first contact has the expected presence. */
static bool is_seen(void *context)
{
    const struct sight *sight = context;
    struct wzp_app_contact contact;
    return wzp_app_contact(sight->person->app, 0, &contact) && contact.presence == sight->state;
}

static void sees(struct person *p, enum wzp_presence state, const char *what)
{
    struct sight sight = {p, state};
    ok(wait_for(is_seen, &sight), "%s: %s", p->name, what);
}

/* ---- the relay ---- */

static void start_relay(void)
{
    static const uint8_t seed[32] = {7};
    struct wzp_error err = {0};
    int result =
        wzp_relay_service_start(&relay, &world.relay_host, &relay_config, seed, "test", NULL, &err);
    is_int(result, 0, "the relay starts: %s", err.text);
    wzp_addr_format(relay_config.listen_addr, &relay.listen); /* the same when it is back */
}

/* ---- the story ---- */

static void a_call(void)
{
    struct wzp_app_session facts;
    say(&ann, "call bobby", WZP_E_NOT_FOUND);
    say(&ann, "call \"Bob B\"", 0);
    comes(&ann, WZP_EVENT_MEDIA, 1, "hears her friend");
    comes(&bob, WZP_EVENT_MEDIA, 1, "hears the caller, answered without asking");
    is_str(last(&bob, WZP_EVENT_INCOMING)->about.name, "Ann", "the caller is told by name");
    memset(&facts, 0xa5, sizeof facts);
    ok(!wzp_app_session_sized(ann.app, 0, &facts, 4) && ((const uint8_t *)&facts)[4] == 0xa5,
       "a form that is too short for the figures is refused, and not written beyond");
    ok(wzp_app_session(ann.app, 0, &facts) && facts.state == WZP_SESSION_UP &&
           strcmp(facts.name, "Bob B") == 0 && facts.stats.sas[0],
       "the call is up, by name and with a safety code");
    say(&ann, "verify", 0);
    say(&ann, "mute", 0);
    comes(&ann, WZP_EVENT_MUTED, 1, "is told that she is muted");
    say(&ann, "volume 50", 0);
    say(&ann, "volume +200", 0);
    is_int(wzp_phone_volume(wzp_app_phone(ann.app), facts.id, ""), 200,
           "loud, but not without end");
    say(&ann, "volume loud", WZP_E_ARGUMENT);
    say(&ann, "volume 201", WZP_E_RANGE);
    say(&ann, "volume 100", 0);
    say(&ann, "codec Opus64k", 0);
    say(&ann, "sing", WZP_E_UNKNOWN);
}

static bool drained;

static void on_drained(void *context)
{
    (void)context;
    drained = true;
}

static bool has_drained(void *context)
{
    (void)context;
    return drained;
}

/* In virtual time the relay disappears without closing connections, which takes half a minute to
 * notice. */
static void end_relay(void)
{
    drained = false;
    if (world.loop && wzp_relay_service_drain(&relay, on_drained, NULL) == 0)
        ok(wait_for(has_drained, NULL), "the relay parts");
    wzp_relay_service_stop(&relay);
}

/* Why each of them lost the call: "error" where the relay could still report it. */
static const char *anns_loss = "?", *bobs_loss = "?";

static void a_restart(void)
{
    end_relay();
    comes(&ann, WZP_EVENT_UNREGISTERED, 1, "hears that the relay is gone");
    sees(&ann, WZP_PRESENCE_UNKNOWN, "knows no more who is there");
    if (!world.loop) { /* a relay that is only silent may come back */
        say(&ann, "hangup", 0);
        say(&bob, "hangup", 0);
    }
    comes(&ann, WZP_EVENT_ENDED, 1, "loses the call");
    comes(&bob, WZP_EVENT_ENDED, 1, "too");
    anns_loss = wzp_end_reason_name(last(&ann, WZP_EVENT_ENDED)->u.ended.reason);
    bobs_loss = wzp_end_reason_name(last(&bob, WZP_EVENT_ENDED)->u.ended.reason);
    start_relay();
    comes(&ann, WZP_EVENT_REGISTERED, 2, "is back");
    comes(&bob, WZP_EVENT_REGISTERED, 2, "is back");
    sees(&ann, WZP_PRESENCE_ONLINE, "sees her friend again");
    say(&ann, "call \"Bob B\"", 0);
    comes(&bob, WZP_EVENT_MEDIA, 2, "hears her again");
    comes(&ann, WZP_EVENT_MEDIA, 2, "and she him");
    say(&ann, "hangup", 0);
    comes(&ann, WZP_EVENT_ENDED, 2, "hung up");
    comes(&bob, WZP_EVENT_ENDED, 2, "is told");
    is_int(last(&bob, WZP_EVENT_ENDED)->u.ended.reason, WZP_END_NORMAL, "the end is normal");
}

static void a_stranger(void)
{
    struct wzp_app_facts facts;
    char line[100];
    start_app(&eve, "silence", false);
    wzp_app_facts(bob.app, &facts);
    snprintf(line, sizeof line, "call %s", facts.fingerprint);
    say(&eve, line, 0);
    comes(&bob, WZP_EVENT_INCOMING, 3, "is called by a stranger");
    comes(&eve, WZP_EVENT_RINGING, 1, "hears it ring");
    is_int(has_come(&(struct wish){&eve, WZP_EVENT_ANSWERED, 1}), false, "but no answer");
    say(&bob, "mute", WZP_E_STATE);
    say(&bob, "decline", 0);
    comes(&eve, WZP_EVENT_ENDED, 1, "is declined");
    is_int(last(&eve, WZP_EVENT_ENDED)->u.ended.reason, WZP_END_DECLINED, "and knows it");
    close_person(&eve);
}

/* ---- what is saved ---- */

static char calls[512];

static void note_call(void *context, const struct wzp_history_entry *entry, const char *name)
{
    size_t at = strlen(calls);
    (void)context;
    snprintf(calls + at, sizeof calls - at, "%s %s %s%s|",
             entry->kind == WZP_HISTORY_OUT ? "out" : "in", name,
             wzp_end_reason_name(entry->reason), entry->e2e ? " sealed" : "");
}

static void history_is(struct person *p, const char *want)
{
    struct wzp_error err = {0};
    calls[0] = 0;
    is_int(wzp_app_history(p->app, 10, note_call, NULL, &err), 0, "%s has a history %s", p->name,
           err.text);
    is_str(calls, want, "newest first");
}

static bool is_loss(const char *reason)
{
    return strcmp(reason, "lost") == 0 || strcmp(reason, "error") == 0 || !world.loop;
}

static void what_stays(void)
{
    struct wzp_app_contact contact;
    char want[128];
    ok(is_loss(anns_loss) && is_loss(bobs_loss), "the first call was lost");
    snprintf(want, sizeof want, "out Bob B normal sealed|out Bob B %s sealed|", anns_loss);
    history_is(&ann, want);
    snprintf(want, sizeof want, "in  declined|in Ann normal sealed|in Ann %s sealed|", bobs_loss);
    history_is(&bob, want);
    say(&bob, "forget-calls kitchen", WZP_E_NOT_FOUND);
    say(&bob, "forget-calls Ann", 0);
    calls[0] = 0;
    history_is(&bob, "in  declined|");
    say(&bob, "forget-calls", 0);
    history_is(&bob, "");
    close_person(&ann);
    sees(&bob, WZP_PRESENCE_OFFLINE, "sees that she left");
    start_app(&ann, "silence", false);
    ok(wzp_app_contact(ann.app, 0, &contact) && strcmp(contact.name, "Bob B") == 0 &&
           contact.encrypted && contact.verified && contact.verified_at > 0,
       "after a new start she knows her friend, and that the code was compared");
    ok(!wzp_app_contact(ann.app, 1, &contact), "and nobody else");
    comes(&ann, WZP_EVENT_REGISTERED, 1, "is registered again");
    is_int(last(&ann, WZP_EVENT_REGISTERED)->u.registered.pin, WZP_PIN_MATCH,
           "at a relay that she knows");
    ok(wzp_app_relay(ann.app, 0) && !wzp_app_relay(ann.app, 1), "the only one");
    say(&ann, "room kitchen", 0);
    comes(&ann, WZP_EVENT_JOINED, 1, "is in a room");
    say(&ann, "volume 50", WZP_E_ARGUMENT); /* of which member? */
    say(&ann, "volume 50 nobody", WZP_E_NOT_FOUND);
    say(&ann, "hangup", 0);
    say(&ann, "forget-relay nowhere", WZP_E_NOT_FOUND);
    char line[WZP_RELAY_TEXT_MAX + 16];
    snprintf(line, sizeof line, "forget-relay %s", wzp_app_relay(ann.app, 0));
    say(&ann, line, 0);
    ok(!wzp_app_relay(ann.app, 0), "until it is forgotten");
}

static void count_candidate(void *context, const char *candidate, const char *help)
{
    size_t at = strlen(calls);
    (void)context;
    (void)help;
    snprintf(calls + at, sizeof calls - at, "%s|", candidate);
}

static void completes(const char *line, const char *want)
{
    calls[0] = 0;
    wzp_app_complete(ann.app, line, count_candidate, NULL);
    is_str(calls, want, "what could follow \"%s\"", line);
}

static void story(void)
{
    note("the %s world", world.name);
    start_relay();
    open_person(&ann, "ann", "10.0.0.2");
    open_person(&bob, "bob", "10.0.0.3");
    open_person(&eve, "eve", "10.0.0.4");
    start_app(&ann, "tone:440", false);
    start_app(&bob, "tone:300", true);
    know(&ann, &bob, "Bob B");
    know(&bob, &ann, "Ann");
    comes(&ann, WZP_EVENT_REGISTERED, 1, "is registered");
    comes(&bob, WZP_EVENT_REGISTERED, 1, "is registered");
    sees(&ann, WZP_PRESENCE_ONLINE, "sees that her friend is there");
    is_str(last(&ann, WZP_EVENT_PRESENCE)->about.name, "Bob B", "told by name");
    sees(&bob, WZP_PRESENCE_ONLINE, "sees her, too");
    a_call();
    a_restart();
    a_stranger();
    what_stays();
    completes("ca", "call|");
    completes("call ", "echo|Bob B|");
    completes("set auto_", "auto_answer|auto_gain|");
    completes("mu", "");
    close_person(&ann);
    close_person(&bob);
    wzp_relay_service_stop(&relay);
}

TAP_MAIN
{
    wzp_relay_config_default(&relay_config);
    strcpy(relay_config.listen_addr, "10.0.0.1:4433");
    world.name = "virtual";
    if (wzp_sim_new(&world.sim, 5))
        bail("no world");
    machine_open(world.sim, &world.relay_machine, &world.relay_host, "relay", MACHINE_RELAY_IP);
    story();
    wzp_sim_machine_fini(&ann.machine);
    wzp_sim_machine_fini(&bob.machine);
    wzp_sim_machine_fini(&eve.machine);
    wzp_sim_machine_fini(&world.relay_machine);
    wzp_sim_free(world.sim);
    world.sim = NULL;

    world.name = "real";
    tap_keep_others_out();
    strcpy(relay_config.listen_addr, "127.0.0.1:0");
    if (wzp_loop_new(&world.loop, NULL))
        bail("no loop");
    wzp_loop_host(&world.relay_host, world.loop, NULL);
    story();
    wzp_loop_free(world.loop);
}
