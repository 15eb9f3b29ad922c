/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A softphone with several relays in its settings: it registers at the nearest; the next one takes
 * over when that fails; it returns when the nearest is back, but never during a call. */
#include <string.h>

#include "app/settings.h"
#include "base/text.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wire/signal.h"

#define FAR "198.51.100.1:4433"
#define NEAR "198.51.100.2:4433"
#define MIDDLE "198.51.100.3:4433"

static struct wzp_sim *sim;
static struct wzp_sim_relay far_one, near_one, middle;
static struct wzp_sim_machine machine;
static struct wzp_host host;
static struct wzp_app *app;
static struct wzp_listener listener;
static char at[64];
static unsigned registrations;

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    if (event->type == WZP_EVENT_REGISTERED) {
        registrations++;
        wzp_text_copy(at, sizeof at, event->u.registered.relay);
    } else if (event->type == WZP_EVENT_UNREGISTERED) {
        at[0] = '\0';
    }
}

static void relay_at(struct wzp_sim_relay *relay, const char *address, uint64_t seed, unsigned ms)
{
    const struct wzp_sim_link line = {.delay = ms * WZP_MILLISECOND};
    if (wzp_sim_relay_start(relay, sim, address, seed, NULL))
        bail("no relay");
    wzp_sim_set_links(relay->host, &line, &line);
}

static void open_app(const char *relay, const char *relays)
{
    struct wzp_settings settings;
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", relay, NULL);
    wzp_settings_set(&settings, "relays", relays, NULL);
    wzp_settings_set(&settings, "in", "tone:440", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER};
    listener = (struct wzp_listener){.event = hear};
    app = machine_start_app(&host, &config, &listener, true);
}

static bool is_at(void *relay)
{
    return strcmp(at, relay) == 0;
}

static void at_within(const char *relay, unsigned seconds, const char *what)
{
    char wanted[64];
    struct wzp_app_facts facts;
    wzp_text_copy(wanted, sizeof wanted, relay);
    uint64_t began = wzp_sim_now(sim);
    bool there = wzp_sim_run_for(sim, is_at, wanted, seconds * WZP_SECOND);
    ok(there, "%s (%s after %u ms)", what, at,
       (unsigned)((wzp_sim_now(sim) - began) / WZP_MILLISECOND));
    wzp_app_facts(app, &facts);
    is_str(facts.relay, relay, "which is home now");
}

static void refused(void)
{
    struct wzp_settings settings;
    struct wzp_error err = {0};
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", FAR, NULL);
    wzp_settings_set(&settings, "relays", "good.example bad:99999", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER};
    ok(wzp_app_new(&app, &host, &config, &err) < 0 && strstr(err.text, "bad:99999"),
       "a relay that is none is refused by name: %s", err.text);
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
    relay_at(&far_one, FAR, 7, 80);
    relay_at(&near_one, NEAR, 8, 5);
    relay_at(&middle, MIDDLE, 9, 30);
    wzp_sim_machine_init(&machine, sim, place);
    wzp_sim_machine_host(&host, &machine, NULL);
    refused();
    open_app(FAR, NEAR ", " MIDDLE " " FAR);
    at_within(NEAR, 5, "of three relays the nearest becomes home");
    wzp_sim_run(sim, 700 * WZP_SECOND);
    ok(registrations <= 2, "and stays it");
    wzp_sim_relay_stop(&near_one);
    at_within(MIDDLE, 60, "when it dies the next one takes its place");
    relay_at(&near_one, NEAR, 8, 5);
    wzp_session_id room;
    if (wzp_app_join(app, &room, "lounge", NULL))
        bail("no room");
    wzp_sim_run(sim, 700 * WZP_SECOND);
    ok(is_at(MIDDLE), "while somebody talks nobody moves");
    wzp_phone_hangup(wzp_app_phone(app), room, wzp_sim_now(sim), NULL);
    at_within(NEAR, 400, "after that home is where it was");
    unsigned before = registrations;
    wzp_sim_relay_stop(&middle);
    wzp_sim_relay_stop(&far_one);
    wzp_sim_run(sim, 400 * WZP_SECOND);
    ok(is_at(NEAR) && registrations == before, "that others die is nothing to it");
    ok(machine_stop_app(sim, app), "it ends");
    wzp_app_free(app);
    wzp_sim_machine_fini(&machine);
    wzp_sim_relay_stop(&near_one);
    wzp_sim_free(sim);
}
