/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A call to "echo" starts a second softphone, which sends the voice back. When it cannot start the
 * user is told, and may try again. */
#include <string.h>

#include "app/settings.h"
#include "base/error.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wire/signal.h"

#define RELAY "198.51.100.1:4433"

static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct wzp_sim_machine machine;
static struct wzp_host host;
static struct wzp_app *app;
static bool no_ports; /* opening a port fails */
static bool registered, heard;
static unsigned stats, incomplete; /* events; those that lack a text */

static struct wzp_host_calls calls;
static int (*port_open)(void *context, struct wzp_host_port **out, const struct wzp_addr *bind,
                        const struct wzp_driver *driver, struct wzp_error *err);

static int port_open_or_not(void *context, struct wzp_host_port **out, const struct wzp_addr *bind,
                            const struct wzp_driver *driver, struct wzp_error *err)
{
    if (no_ports)
        return wzp_error_set(err, WZP_E_NETWORK, "there is no port");
    return port_open(context, out, bind, driver, err);
}

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    registered |= event->type == WZP_EVENT_REGISTERED;
    heard |= event->type == WZP_EVENT_MEDIA;
    stats += event->type == WZP_EVENT_STATS;
    incomplete += !event->about.peer || !event->about.name || !event->about.alias ||
                  !event->about.call_id || !event->about.room;
}

static bool is_true(void *context)
{
    return *(const bool *)context;
}

static void open_app(struct wzp_listener *listener)
{
    struct wzp_settings settings;
    machine_open(sim, &machine, &host, "ann", "198.51.100.2");
    calls = *host.calls;
    port_open = calls.port_open;
    calls.port_open = port_open_or_not;
    host.calls = &calls;
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", RELAY, NULL);
    wzp_settings_set(&settings, "in", "tone:440", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER, .stats = 0.5};
    app = machine_start_app(&host, &config, listener, true);
}

TAP_MAIN
{
    struct wzp_listener listener = {.event = hear};
    struct wzp_error err = {0};
    if (tap_oom_mode())
        skip_all("a whole call");
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 1) || wzp_sim_relay_start(&relay, sim, RELAY, 9, NULL))
        bail("no world");
    open_app(&listener);
    if (!wzp_sim_run_for(sim, is_true, &registered, 5 * WZP_SECOND))
        bail("not registered");
    no_ports = true;
    is_int(wzp_app_call(app, NULL, "echo", &err), WZP_E_NETWORK,
           "without a port there is no echo: %s", err.text);
    no_ports = false;
    is_int(wzp_app_call(app, NULL, "echo", &err), 0, "when there is one it is called again");
    ok(wzp_sim_run_for(sim, is_true, &heard, 10 * WZP_SECOND), "and heard");
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(stats > 0 && !incomplete, "no text of an event is NULL");
    ok(machine_stop_app(sim, app), "both part");
    wzp_app_free(app);
    wzp_sim_machine_fini(&machine);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}
