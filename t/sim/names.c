/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay that is given by name: rooms and registrations begin before its address is resolved, and
 * survive when the name service fails for a while. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/time.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wzp/app.h"

#define RELAY "relay.example"

static struct wzp_sim *sim;
static struct machine_relay relay;
static struct wzp_host host;
static struct wzp_sim_machine machine;
static struct wzp_app *app;
static struct wzp_listener listener;
static struct {
    size_t errors, joined, ended, registered, unregistered;
    wzp_session_id session;
    char text[256];
} seen;

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    if (event->session)
        seen.session = event->session;
    seen.errors += event->type == WZP_EVENT_ERROR;
    seen.joined += event->type == WZP_EVENT_JOINED;
    seen.ended += event->type == WZP_EVENT_ENDED;
    seen.registered += event->type == WZP_EVENT_REGISTERED;
    seen.unregistered += event->type == WZP_EVENT_UNREGISTERED;
    if (event->type == WZP_EVENT_ENDED)
        snprintf(seen.text, sizeof seen.text, "%s", event->u.ended.text);
}

static void open_app(const char *name, const char *address)
{
    struct wzp_settings settings;
    machine_open(sim, &machine, &host, name, address);
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", RELAY, NULL);
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    const struct wzp_app_config config = {.settings = &settings, .build = "test"};
    memset(&seen, 0, sizeof seen);
    listener = (struct wzp_listener){.event = hear};
    app = machine_start_app(&host, &config, &listener, false);
}

static void close_app(void)
{
    wzp_app_stop(app);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    wzp_app_free(app);
    wzp_sim_machine_fini(&machine);
}

static void a_known_name(void)
{
    wzp_session_id id = 0;
    open_app("ann", "10.0.0.2");
    wzp_sim_machine_name(&machine, RELAY, "10.0.0.1");
    is_int(wzp_app_join(app, &id, "kitchen", NULL), 0, "a room is joined by the relay's name");
    ok(id != 0, "and has its number at once, before the address is known");
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(seen.joined == 1 && seen.session == id && seen.errors == 0, "and then it stands");
    close_app();
}

static void a_late_name(void)
{
    wzp_session_id id = 0;
    open_app("bob", "10.0.0.3");
    wzp_app_register(app, NULL);
    is_int(wzp_app_join(app, &id, "kitchen", NULL), 0, "a room of a name that nobody knows");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    is_int((int)seen.errors, 1, "the trouble is told once");
    ok(seen.unregistered >= 1 && seen.registered == 0 && seen.joined == 0, "nothing stands");
    wzp_sim_machine_name(&machine, RELAY, "10.0.0.1");
    wzp_sim_run(sim, 7 * WZP_SECOND);
    ok(seen.joined == 1 && seen.ended == 0, "when the name is known the room stands");
    wzp_sim_run(sim, 30 * WZP_SECOND);
    ok(seen.registered == 1, "and we are registered");
    close_app();
}

static void no_name(void)
{
    wzp_session_id id = 0;
    open_app("eve", "10.0.0.4");
    is_int(wzp_app_join(app, &id, "kitchen", NULL), 0, "a room of a name that never comes");
    wzp_sim_run(sim, 20 * WZP_SECOND);
    is_int((int)seen.ended, 1, "it ends");
    is_str(seen.text, "the relay could not be reached: its name could not be resolved", "and why");
    close_app();
}

TAP_MAIN
{
    if (wzp_sim_new(&sim, 9))
        bail("no world");
    machine_open_relay(sim, &relay);
    a_known_name();
    a_late_name();
    no_name();
    machine_close_relay(&relay);
    wzp_sim_free(sim);
}
