/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Starting while another program uses the sound card: a softphone that waits for calls starts
 * without it and opens it when it is free; one that is to call at once reports an error. In virtual
 * time. */
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
    size_t joined, device_errors;
    char notices[1024];
} seen;

static void hear(void *context, const struct wzp_event *event)
{
    size_t at = strlen(seen.notices);
    (void)context;
    seen.joined += event->type == WZP_EVENT_JOINED;
    seen.device_errors += event->type == WZP_EVENT_ERROR && event->u.error.code == WZP_E_DEVICE;
    if (event->type == WZP_EVENT_NOTICE)
        snprintf(seen.notices + at, sizeof seen.notices - at, "%s|", event->u.notice.text);
}

static int open_app(enum wzp_app_sound sound, struct wzp_error *err)
{
    struct wzp_settings settings;
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", "10.0.0.1", NULL);
    const struct wzp_app_config config = {.settings = &settings, .build = "test", .sound = sound};
    return wzp_app_new(&app, &host, &config, err);
}

TAP_MAIN
{
    struct wzp_error err = {0};
    if (wzp_sim_new(&sim, 12))
        bail("no world");
    machine_open_relay(sim, &relay);
    machine_open(sim, &machine, &host, "ann", "10.0.0.2");
    machine.card.busy = true;
    int result = open_app(WZP_SOUND_SOON, &err);
    ok(result == WZP_E_DEVICE || tap_oom_mode(), "who wants to talk now is told: %s", err.text);
    if (open_app(WZP_SOUND_LATER, &err))
        bail("who waits for calls does not start: %s", err.text);
    listener = (struct wzp_listener){.event = hear};
    wzp_app_listen(app, &listener);
    is_int(wzp_app_start(app, &err), 0, "who waits for calls starts without the card");
    ok(strstr(seen.notices, "busy"), "and is told: %s", seen.notices);
    seen.notices[0] = 0;
    is_int(wzp_app_join(app, NULL, "kitchen", &err), 0, "a room");
    wzp_sim_run(sim, 3500 * WZP_MILLISECOND);
    ok(seen.joined == 1 && seen.device_errors == 2,
       "it stands, and the trouble is told once of each half of the card");
    machine.card.busy = false;
    wzp_sim_run(sim, 2 * WZP_SECOND);
    is_str(seen.notices,
           "the microphone alsa:default is back|the loudspeaker alsa:default is back|",
           "a moment later the card is ours");
    wzp_app_stop(app);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    wzp_app_free(app);
    machine_close_relay(&relay);
    wzp_sim_machine_fini(&machine);
    wzp_sim_free(sim);
}
