/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A room with a password, as a softphone sees it: what it is told, and that it rejoins by itself
 * after its line was cut. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/time.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wzp/app.h"

static struct wzp_sim *sim;
static struct machine_relay relay;
static struct wzp_host host;
static struct wzp_sim_machine machine;
static struct wzp_app *app;
static struct wzp_listener listener;
static struct {
    unsigned joined, ended;
    bool password_wanted;
    enum wzp_end_reason reason;
    char text[256];
} seen;

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    seen.joined += event->type == WZP_EVENT_JOINED;
    if (event->type != WZP_EVENT_ENDED)
        return;
    seen.ended++;
    seen.password_wanted = event->u.ended.password_wanted;
    seen.reason = event->u.ended.reason;
    snprintf(seen.text, sizeof seen.text, "%s", event->u.ended.text);
}

static void open_app(void)
{
    struct wzp_settings settings;
    machine_open(sim, &machine, &host, "ann", "10.0.0.2");
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", MACHINE_RELAY_IP ":4433", NULL);
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    const struct wzp_app_config config = {.settings = &settings, .build = "test"};
    listener = (struct wzp_listener){.event = hear};
    app = machine_start_app(&host, &config, &listener, false);
}

static void join(const char *password)
{
    struct wzp_error err = {0};
    memset(&seen, 0, sizeof seen);
    if (wzp_app_join_locked(app, NULL, "Board", password, &err))
        bail("%s", err.text);
    wzp_sim_run(sim, 4 * WZP_SECOND);
}

TAP_MAIN
{
    static struct wzp_relay_config config;
    struct wzp_error err = {0};
    char longer[200];
    if (wzp_sim_new(&sim, 9))
        bail("no world");
    wzp_relay_config_default(&config);
    strcpy(config.rooms[0].name, "board");
    strcpy(config.rooms[0].password, "correct horse");
    config.room_count = 1;
    machine_open_relay_with(sim, &relay, &config);
    open_app();
    join(NULL);
    ok(seen.ended == 1 && seen.reason == WZP_END_REFUSED && seen.password_wanted,
       "without the password the room ends as refused, and that one is wanted is told");
    is_str(seen.text, "the relay did not let us in: this room wants a password", "in words");
    join("wrong");
    ok(seen.ended == 1 && seen.password_wanted, "a wrong one does not let in");
    is_str(seen.text, "the relay did not let us in: the password of this room is another one",
           "and that is told");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    is_int(wzp_app_join_locked(app, NULL, "board", longer, &err), WZP_E_RANGE, "too long: %s",
           err.text);
    is_int(wzp_app_join_locked(app, NULL, "board", "", &err), WZP_E_RANGE, "empty: %s", err.text);
    memset(&seen, 0, sizeof seen);
    is_int(wzp_app_run(app, "room board \"correct horse\"", NULL, &err), 0,
           "the word `room` takes the password, in quotes for its blank: %s", err.text);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(seen.joined == 1 && seen.ended == 0, "the right one lets in");
    wzp_relay_service_stop(&relay.service);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    machine_start_relay(&relay, &config);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(seen.joined == 2 && seen.ended == 0,
       "and in again by itself, when the relay was away and has come back");
    wzp_app_stop(app);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    wzp_app_free(app);
    wzp_sim_machine_fini(&machine);
    machine_close_relay(&relay);
    wzp_sim_free(sim);
}
