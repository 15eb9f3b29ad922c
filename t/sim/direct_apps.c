/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two whole softphones on machines of the simulated internet: their settings, with names of STUN
 * servers, lead to a direct call. */
#include <string.h>

#include "app/settings.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "nat/race_reason.h"
#include "sim/actors.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wire/signal.h"

#define RELAY "198.51.100.1:4433"
#define STUN "198.51.100.2"

struct person {
    struct wzp_sim_machine machine;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_listener listener;
    bool registered, direct, heard;
    unsigned own, peers;          /* events about candidates */
    char reflexive[64], said[64]; /* the reflexive candidates: ours, and the peer's */
};

static struct wzp_sim *sim;
static struct person ann, bob;

static void hear(void *context, const struct wzp_event *event)
{
    struct person *p = context;
    p->registered |= event->type == WZP_EVENT_REGISTERED;
    p->heard |= event->type == WZP_EVENT_MEDIA;
    if (event->type == WZP_EVENT_PATH)
        p->direct = event->u.path.direct;
    if (event->type == WZP_EVENT_CANDIDATES && event->u.candidates.own) {
        p->own++;
        wzp_text_copy(p->reflexive, sizeof p->reflexive, event->u.candidates.reflexive);
    } else if (event->type == WZP_EVENT_CANDIDATES) {
        p->peers++;
        /* A mapped port may be the same as the reflexive address: it is reported once. */
        wzp_text_copy(p->said, sizeof p->said,
                      event->u.candidates.reflexive[0] ? event->u.candidates.reflexive
                                                       : event->u.candidates.mapped);
    }
}

/* ---- a router that speaks UPnP only ---- */

static struct wzp_addr opened; /* the inner endpoint; none = no port is open */

static void router(void *context, const struct wzp_inquiry *question, struct wzp_finding *out)
{
    (void)context;
    out->result = 0;
    wzp_addr_parse(&out->external, "203.0.113.1:0", 13);
    if (question->kind == WZP_INQUIRE_UPNP_MAP) {
        opened = question->addr;
        out->external_port = question->external_port;
        out->lifetime = question->lifetime;
    } else if (question->kind == WZP_INQUIRE_UPNP_UNMAP) {
        opened.length = 0;
    } else if (question->kind != WZP_INQUIRE_UPNP_LOOK) {
        out->result = WZP_E_UNSUPPORTED;
    }
}

static void open_person(struct person *p, const char *name, struct wzp_sim_network *net,
                        const char *address, const char *stun_server, bool answers)
{
    struct wzp_settings settings;
    machine_open_in(sim, &p->machine, &p->host, name, net, address);
    p->machine.inquired = router;
    wzp_sim_machine_name(&p->machine, "stun.example", stun_server);
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", RELAY, NULL);
    wzp_settings_set(&settings, "in", "tone:440", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "auto_answer", "all", NULL);
    wzp_settings_set(&settings, "stun", "nobody.example stun.example", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER, .answers = answers};
    p->listener = (struct wzp_listener){.event = hear, .context = p};
    p->app = machine_start_app(&p->host, &config, &p->listener, true);
}

static void close_person(struct person *p)
{
    ok(machine_stop_app(sim, p->app), "it parts");
    wzp_app_free(p->app);
    wzp_sim_machine_fini(&p->machine);
}

static bool both_registered(void *context)
{
    (void)context;
    return ann.registered && bob.registered;
}

static bool both_direct(void *context)
{
    (void)context;
    return ann.direct && bob.direct && ann.heard && bob.heard;
}

static void note_past(void *context, const struct wzp_history_entry *entry, const char *name)
{
    struct wzp_history_entry *past = context;
    (void)name;
    *past = *entry;
}

static enum wzp_race_reason reason_of(const char *word)
{
    int i = 0;
    while (i < WZP_RACE_REASONS && strcmp(word, wzp_race_reason_word((enum wzp_race_reason)i)))
        i++;
    return (enum wzp_race_reason)i;
}

/* A softphone starts where the STUN server's name cannot be resolved, and moves. */
static void test_found_later(struct wzp_sim_network *lan, const struct wzp_sim_stun *stun)
{
    static struct person late;
    open_person(&late, "late", lan, "192.168.1.3", NULL, false);
    wzp_sim_run(sim, 5 * WZP_SECOND);
    uint64_t before = stun->asked;
    wzp_sim_machine_name(&late.machine, "stun.example", STUN);
    for (int in = 0; in < 2; in++) {
        wzp_sim_host_plug(late.machine.host, lan, in);
        wzp_sim_run(sim, 10 * WZP_SECOND);
    }
    ok(stun->asked > before, "a name without an address at first is asked for in the next network");
    close_person(&late);
}

TAP_MAIN
{
    struct wzp_sim_relay relay;
    struct wzp_sim_stun stun;
    struct wzp_app_facts facts;
    struct wzp_sim_network *lan;
    struct wzp_sim_nat *box;
    const struct wzp_sim_nat_config usual = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                             .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 1) || wzp_sim_relay_start(&relay, sim, RELAY, 9, NULL))
        bail("no world");
    machine_open_stun(sim, &stun, STUN);
    lan = machine_home(sim, &box, "lan", "192.168.1.1", "203.0.113.1", &usual);
    open_person(&ann, "ann", lan, "192.168.1.2", STUN, false);
    open_person(&bob, "bob", wzp_sim_internet(sim), "203.0.113.20", STUN, true);
    ok(wzp_sim_run_for(sim, both_registered, NULL, 5 * WZP_SECOND), "both are registered");
    wzp_sim_run(sim, 4 * WZP_SECOND);
    char text[WZP_ADDR_TEXT_MAX];
    ok(opened.length > 0, "Ann's router has opened a port by UPnP, for %s",
       wzp_addr_format(text, &opened));
    ok(stun.asked >= 2, "the STUN server was asked by its name (%u times)", (unsigned)stun.asked);
    wzp_app_facts(bob.app, &facts);
    is_int(wzp_app_call(ann.app, NULL, facts.fingerprint, NULL), 0, "a call");
    ok(wzp_sim_run_for(sim, both_direct, NULL, 5 * WZP_SECOND), "it is direct, and heard");
    ok(ann.own > 0 && ann.peers > 0 && bob.own > 0 && bob.peers > 0,
       "each is told what was said of both sides' addresses");
    is_str(bob.said, ann.reflexive, "the same at both ends");
    is_str(ann.said, bob.reflexive, "either way");
    close_person(&ann);
    is_int(opened.length, 0, "and the router has its port back");
    struct wzp_history_entry past = {0};
    is_int(wzp_app_history(bob.app, 1, note_past, &past, NULL), 0, "the call is in the history");
    ok(past.direct && wzp_race_reason_is_direct(reason_of(past.why)),
       "as a direct one, and why: %s", past.why);
    close_person(&bob);
    test_found_later(lan, &stun);
    wzp_sim_stun_stop(&stun);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}
