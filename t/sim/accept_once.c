/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* --accept-relay accepts the first certificate of each relay in the settings, once. When another
 * relay takes the address later, while the program runs, the user is asked as usual. */
#include <string.h>

#include "app/settings.h"
#include "base/text.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wire/signal.h"

#define ONE "198.51.100.1:4433"
#define OTHER "198.51.100.2:4433"

static struct wzp_sim *sim;
static struct wzp_sim_relay one, other;
static struct wzp_sim_machine machine;
static struct wzp_host host;
static struct wzp_app *app;
static struct wzp_listener listener;
static unsigned registered, joined, pongs, changed, accepted;

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    registered += event->type == WZP_EVENT_REGISTERED;
    joined += event->type == WZP_EVENT_JOINED;
    pongs += event->type == WZP_EVENT_PONG;
    changed += event->type == WZP_EVENT_RELAY_PIN && event->u.relay_pin.pin == WZP_PIN_MISMATCH;
    accepted += event->type == WZP_EVENT_NOTICE && strstr(event->u.notice.text, "accepted:");
}

static void relay_at(struct wzp_sim_relay *relay, const char *address, uint64_t seed)
{
    if (wzp_sim_relay_start(relay, sim, address, seed, NULL))
        bail("no relay");
}

/* Puts another relay, or the same one again, at that address. */
static void replace(struct wzp_sim_relay *relay, const char *address, uint64_t seed)
{
    wzp_sim_relay_stop(relay);
    relay_at(relay, address, seed);
}

static bool take_new = true;

static void open_app(const char *relays, bool accept, bool registers)
{
    struct wzp_settings settings;
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", ONE, NULL);
    wzp_settings_set(&settings, "relays", relays, NULL);
    settings.accept_new_relays = take_new;
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER, .accept_relay = accept};
    listener = (struct wzp_listener){.event = hear};
    registered = joined = pongs = changed = accepted = 0;
    app = machine_start_app(&host, &config, &listener, registers);
    wzp_sim_run(sim, 5 * WZP_SECOND);
}

static void close_app(void)
{
    if (!machine_stop_app(sim, app))
        bail("it does not end");
    wzp_app_free(app);
}

static bool is_in(void)
{
    return wzp_phone_registered(wzp_app_phone(app));
}

static const char *asks(void)
{
    static struct wzp_app_facts facts;
    wzp_app_facts(app, &facts);
    return facts.barred_by;
}

static void first_one_counts(void)
{
    open_app("", false, true);
    ok(is_in(), "a relay is known");
    close_app();
    replace(&one, ONE, 8);
    open_app("", false, true);
    ok(!is_in() && changed == 1 && accepted == 0, "without the option a changed one is not used");
    is_str(asks(), ONE, "and it is known who asks");
    close_app();
    open_app("", true, true);
    ok(is_in() && changed == 1 && accepted == 1, "with it the certificate is taken");
    is_str(asks(), "", "and nothing is asked");
    replace(&one, ONE, 8);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(is_in() && registered == 2 && changed == 1, "and is the one that is known after a restart");
    replace(&one, ONE, 9);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(!is_in() && registered == 2, "another certificate after that is not used");
    ok(changed == 2 && accepted == 1, "but asked about");
    is_str(asks(), ONE, "as without the option");
    is_int(wzp_app_do(app, wzp_app_command_find("accept"), NULL, 0, NULL), 0, "a person accepts");
    wzp_sim_run(sim, 5 * WZP_SECOND);
    ok(is_in(), "and it is used");
    is_str(asks(), "", "and nothing is asked");
    close_app();
}

static void not_needed(void)
{
    open_app("", true, true);
    ok(is_in() && changed == 0 && accepted == 0, "a relay that shows what is known needs no yes");
    replace(&one, ONE, 10);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(!is_in() && changed == 1 && accepted == 0, "and that yes is not kept for another one");
    close_app();
}

static void of_a_room(void)
{
    wzp_session_id room;
    open_app("", true, false);
    if (wzp_app_join(app, &room, "lounge", NULL))
        bail("no room");
    wzp_sim_run(sim, 5 * WZP_SECOND);
    ok(joined == 1 && changed == 1 && accepted == 1, "a room without registration is entered");
    replace(&one, ONE, 11);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(joined == 1 && changed == 2 && accepted == 1, "and not at the next certificate's relay");
    is_str(asks(), ONE, "which is asked about");
    close_app();
}

static void of_a_new_one(void)
{
    const char *name = ONE;
    open_app("", false, true);
    is_int(wzp_app_do(app, wzp_app_command_find("forget-relay"), &name, 1, NULL), 0, "forgotten");
    close_app();
    take_new = false;
    open_app("", false, true);
    ok(!is_in() && accepted == 0, "new relays are asked about, where they are not trusted");
    is_str(asks(), ONE, "and it is known which");
    close_app();
    open_app("", true, true);
    ok(is_in() && accepted == 1, "and the yes counts for a new one");
    replace(&one, ONE, 12);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(!is_in() && accepted == 1, "once");
    close_app();
    take_new = true;
    replace(&one, ONE, 11);
}

static void of_several(void)
{
    open_app(OTHER, true, true);
    ok(is_in() && accepted == 0 && pongs == 2, "two relays are known");
    close_app();
    replace(&one, ONE, 12);
    replace(&other, OTHER, 13);
    open_app(OTHER, true, true);
    ok(is_in() && accepted == 2 && pongs == 2, "both changed: both are, each once (%u)", accepted);
    wzp_sim_run(sim, 400 * WZP_SECOND); /* the relay that is only probed is contacted again */
    replace(&one, ONE, 14);
    replace(&other, OTHER, 15);
    wzp_sim_run(sim, 400 * WZP_SECOND);
    ok(!is_in() && accepted == 2, "and none after that");
    close_app();
    replace(&one, ONE, 12);
    replace(&other, OTHER, 13);
    open_app(OTHER, true, true);
    ok(is_in() && accepted == 0 && pongs == 2, "both show what is known");
    replace(&one, ONE, 14);
    replace(&other, OTHER, 15);
    wzp_sim_run(sim, 400 * WZP_SECOND);
    ok(!is_in() && accepted == 0, "and the yes was for that, also where only a ping saw it");
    close_app();
}

TAP_MAIN
{
    struct wzp_sim_host *place;
    if (tap_oom_mode())
        skip_all("whole lives");
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 1) || wzp_sim_host_add(sim, &place, "ann") ||
        wzp_sim_host_address(place, wzp_sim_internet(sim), "203.0.113.7"))
        bail("no world");
    relay_at(&one, ONE, 7);
    relay_at(&other, OTHER, 7);
    wzp_sim_machine_init(&machine, sim, place);
    wzp_sim_machine_host(&host, &machine, NULL);
    first_one_counts();
    not_needed();
    of_a_room();
    of_a_new_one();
    of_several();
    wzp_sim_machine_fini(&machine);
    wzp_sim_relay_stop(&one);
    wzp_sim_relay_stop(&other);
    wzp_sim_free(sim);
}
