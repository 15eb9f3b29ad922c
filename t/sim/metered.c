/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Softphones in networks where only a port search makes a call direct: on a metered network, as the
 * system or the settings say, there is no search, also when that changes. */
#include <string.h>

#include "app/settings.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wire/signal.h"

#define RELAY "198.51.100.1:4433"

struct person {
    struct wzp_sim_machine machine;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_listener listener;
    int metered; /* the host's answer, of enum wzp_error */
    unsigned asked;
    bool registered, direct;
    char reason[32], why[128];
};

static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct wzp_sim_stun stun;
static struct person ann, bob;
static struct wzp_sim_network *lan_of_ann;

static void hear(void *context, const struct wzp_event *event)
{
    struct person *p = context;
    p->registered |= event->type == WZP_EVENT_REGISTERED;
    if (event->type == WZP_EVENT_PATH) {
        p->direct = event->u.path.direct;
        wzp_text_copy(p->reason, sizeof p->reason, event->u.path.reason);
        wzp_text_copy(p->why, sizeof p->why, event->u.path.why);
    }
}

static void inquired(void *context, const struct wzp_inquiry *question, struct wzp_finding *out)
{
    struct person *p = context;
    out->result = WZP_E_UNSUPPORTED;
    if (question->kind == WZP_INQUIRE_METERED) {
        p->asked++;
        out->result = p->metered;
    }
}

static void live_at(struct person *p, const char *name, struct wzp_sim_network *lan,
                    const char *address, const char *setting, int metered)
{
    struct wzp_settings settings;
    memset(p, 0, sizeof *p);
    machine_open_in(sim, &p->machine, &p->host, name, lan, address);
    p->metered = metered;
    p->machine.inquired = inquired;
    p->machine.inquired_context = p;
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", RELAY, NULL);
    wzp_settings_set(&settings, "in", "tone:440", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "auto_answer", "all", NULL);
    wzp_settings_set(&settings, "stun", "198.51.100.2:3478", NULL);
    wzp_settings_set(&settings, "metered", setting, NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER, .answers = true};
    p->listener = (struct wzp_listener){.event = hear, .context = p};
    p->app = machine_start_app(&p->host, &config, &p->listener, true);
}

static void leave(struct person *p)
{
    if (!machine_stop_app(sim, p->app))
        bail("it does not part");
    wzp_app_free(p->app);
    wzp_sim_machine_fini(&p->machine);
}

static bool both_registered(void *context)
{
    (void)context;
    return ann.registered && bob.registered;
}

static void begin(const char *anns, int ann_metered, const char *bobs, int bob_metered)
{
    const struct wzp_sim_nat_config usual = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                             .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT},
                                    hard = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                            .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                            .ports = WZP_SIM_PORTS_RANDOM};
    if (wzp_sim_new(&sim, 1) || wzp_sim_relay_start(&relay, sim, RELAY, 9, NULL))
        bail("no world");
    machine_open_stun(sim, &stun, "198.51.100.2");
    struct wzp_sim_nat *box;
    lan_of_ann = machine_home(sim, &box, "here", "192.168.1.1", "203.0.113.1", &hard);
    struct wzp_sim_network *there =
        machine_home(sim, &box, "there", "192.168.2.1", "203.0.113.2", &usual);
    live_at(&ann, "ann", lan_of_ann, "192.168.1.2", anns, ann_metered);
    live_at(&bob, "bob", there, "192.168.2.2", bobs, bob_metered);
    if (!wzp_sim_run_for(sim, both_registered, NULL, 5 * WZP_SECOND))
        bail("not registered");
    wzp_sim_run(sim, 3 * WZP_SECOND);
}

static void end(void)
{
    leave(&ann);
    leave(&bob);
    wzp_sim_stun_stop(&stun);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}

static void call(bool searched, const char *what)
{
    struct wzp_app_facts facts;
    ann.reason[0] = bob.reason[0] = '\0';
    wzp_app_facts(bob.app, &facts);
    if (wzp_app_call(ann.app, NULL, facts.fingerprint, NULL))
        bail("no call");
    wzp_sim_run(sim, 15 * WZP_SECOND);
    is_str(ann.reason, searched ? "birthday" : "hard-nat", "%s: %s", what,
           searched ? "a port is searched and found" : "nothing is searched");
    is_str(bob.reason, searched ? "birthday" : "hard-nat", "%s: at both ends", what);
}

static void once(const char *anns, int ann_metered, const char *bobs, int bob_metered,
                 bool searched, const char *what)
{
    begin(anns, ann_metered, bobs, bob_metered);
    call(searched, what);
    is_int(ann.asked, strcmp(anns, "auto") == 0, "%s: the system is asked where it is to say",
           what);
    end();
}

/* Moves to another network: the cable is unplugged and plugged in again. */
static void moved(int then)
{
    begin("auto", 0, "auto", WZP_E_REFUSED);
    unsigned before = ann.asked;
    ann.metered = then;
    wzp_sim_host_plug(ann.machine.host, lan_of_ann, false);
    wzp_sim_run(sim, WZP_SECOND);
    wzp_sim_host_plug(ann.machine.host, lan_of_ann, true);
    wzp_sim_run(sim, 10 * WZP_SECOND);
    ok(ann.asked > before, "when the network changes the system is asked again");
    call(true, "after a move to one that is not");
    end();
}

static void set(int system)
{
    bool at_once = false;
    begin("auto", system, "auto", WZP_E_REFUSED);
    is_int(wzp_app_set(ann.app, "metered", "no", &at_once, NULL), 0, "the setting is changed");
    ok(at_once, "and holds at once");
    call(true, "after that");
    end();
}

TAP_MAIN
{
    const int yes = 0, no = WZP_E_REFUSED, silent = WZP_E_UNSUPPORTED;
    if (tap_oom_mode())
        skip_all("whole calls");
    wzp_signal_use_allocator();
    once("auto", no, "auto", silent, true, "no network is metered, or nobody knows");
    once("auto", yes, "auto", no, false, "the caller's is, the system says");
    once("auto", no, "auto", yes, false, "the callee's is, the system says");
    once("yes", no, "auto", no, false, "it is by the settings");
    once("no", yes, "no", yes, true, "it is not by the settings, whatever the system says");
    moved(no);
    set(yes);
}
