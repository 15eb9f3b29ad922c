/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The peer of calls to "echo": a second softphone of this process with an identity of its own,
 * registered at the same relay. */
#include <string.h>

#include "app/internal.h"
#include "base/error.h"

static void tell_trouble(struct wzp_app *app, const char *relay, int code, const char *text)
{
    struct wzp_error err = {0};
    wzp_error_set(&err, code, "the echo peer: %s", text);
    wzp_app_tell_error(app, relay, &err);
}

static void on_echo(void *context, const struct wzp_event *event)
{
    struct wzp_app *app = context;
    if (event->type == WZP_EVENT_REGISTERED && app->echo_wanted && !app->stopping) {
        struct wzp_error err = {0};
        app->echo_wanted = false;
        if (wzp_app_call(app, NULL, app->echo_peer->identity.fingerprint_text, &err))
            wzp_app_tell_error(app, NULL, &err);
    }
    /* The echo peer cannot start, so the call to it fails. */
    if (event->type == WZP_EVENT_ERROR && app->echo_wanted && event->session == 0)
        tell_trouble(app, event->u.error.relay, event->u.error.code, event->u.error.text);
    if (event->type == WZP_EVENT_UNREGISTERED && app->echo_wanted && event->u.unregistered.code)
        tell_trouble(app, event->u.unregistered.relay, event->u.unregistered.code,
                     event->u.unregistered.text);
}

/* Starts the echo peer; it then registers. */
static int start(struct wzp_app *app, struct wzp_error *err)
{
    struct wzp_app_config config = {.settings = &app->settings,
                                    .build = app->config.build,
                                    .throw_away = true,
                                    .know_relays = true,
                                    .accept_relay = app->config.accept_relay,
                                    .qlog = app->config.qlog,
                                    .keys = app->config.keys,
                                    .trace = app->config.trace,
                                    .echo = true};
    int result = wzp_app_new(&app->echo_peer, &app->host, &config, err);
    if (result)
        return result;
    wzp_known_relays_leave_out(&app->known, app->echo_peer->identity.fingerprint);
    app->echo_listener = (struct wzp_listener){.event = on_echo, .context = app};
    wzp_app_listen(app->echo_peer, &app->echo_listener);
    result = wzp_app_start(app->echo_peer, err);
    return result ? result : wzp_app_register(app->echo_peer, err);
}

int wzp_echo_peer_start(struct wzp_app *app, struct wzp_error *err)
{
    if (app->echo_peer && wzp_phone_registered(app->echo_peer->phone))
        return wzp_app_call(app, NULL, app->echo_peer->identity.fingerprint_text, err);
    app->echo_wanted = true;
    int result = app->echo_peer ? 0 : start(app, err);
    if (result) {
        wzp_echo_peer_fini(app);
        app->echo_wanted = false;
    }
    return result;
}

void wzp_echo_peer_fini(struct wzp_app *app)
{
    wzp_app_free(app->echo_peer);
    app->echo_peer = NULL;
}
