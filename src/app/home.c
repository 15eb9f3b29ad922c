/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone's relay: its token, its addresses, the calls and rooms that wait for them; and
 * relays that are only measured. */
#include <string.h>

#include "app/home_relays.h"
#include "app/internal.h"
#include "app/metered.h"
#include "app/router.h"
#include "app/stun.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/name.h"

#define TOKEN_MAX 4096

/* ---- the token ---- */

/* *token is a new secret text, NULL when none is set. */
static int read_token(char **token, const struct wzp_app *app, struct wzp_error *err)
{
    const struct wzp_host_file file = {WZP_PLACE_PATH, app->settings.token_file, TOKEN_MAX, true};
    size_t length;
    *token = NULL;
    if (!file.name[0])
        return 0;
    int result = WZP_HOST(app, file_read, token, &length, &file, err);
    if (result)
        return result;
    (*token)[strcspn(*token, "\r\n")] = 0;
    if (!(*token)[0])
        return wzp_error_set(err, WZP_E_SYNTAX, "%s holds no token", file.name);
    return 0;
}

static void forget_token(char *token)
{
    if (!token)
        return;
    wzp_wipe(token, strlen(token));
    wzp_free(token);
}

/* ---- which relay, which networks ---- */

static void on_zone(void *owner, const struct wzp_addr *addrs, size_t count,
                    const struct wzp_error *err)
{
    (void)owner;
    (void)addrs;
    (void)count;
    (void)err;
}

/* The zone of an IPv6 address must be one of the machine's network interfaces, or no attempt will
 * ever work. The host's resolver fails at once if it is not. */
static int check_zone(struct wzp_app *app, struct wzp_error *err)
{
    struct wzp_host_request *request = NULL;
    if (!strchr(app->settings.relay, '%'))
        return 0;
    int result =
        WZP_HOST(app, resolve, &request, app->settings.relay, WZP_DEFAULT_PORT, on_zone, app, err);
    if (!result)
        WZP_HOST(app, resolve_cancel, request);
    return result;
}

/* Sets the relays without addresses: the phone asks for those whenever it connects. */
int wzp_home_set_relays(struct wzp_app *app, struct wzp_error *err)
{
    char *token = NULL;
    int result = read_token(&token, app, err);
    if (!result)
        result = wzp_phone_set_relays(app->phone, app->home_relays.entries, app->home_relays.count,
                                      token, err);
    forget_token(token);
    return result;
}

int wzp_home_prepare(struct wzp_app *app, struct wzp_error *err)
{
    int result = wzp_home_relays_read(app, err);
    if (!result)
        result = check_zone(app, err);
    return result ? result : wzp_home_set_relays(app, err);
}

void wzp_home_tell_networks(struct wzp_app *app, uint64_t now)
{
    struct wzp_networks *networks = wzp_alloc(sizeof *networks); /* too large for the stack */
    struct wzp_addr local4 = WZP_HOST(app, port_local, app->port, AF_INET);
    struct wzp_addr local6 = WZP_HOST(app, port_local, app->port, AF_INET6);
    if (networks) {
        WZP_HOST(app, networks, networks);
        wzp_app_metered_mark(app, networks);
    }
    wzp_phone_set_networks(app->phone, networks, &local4, &local6, now);
    wzp_free(networks);
}

static void on_networks(void *owner, uint64_t now)
{
    struct wzp_app *app = owner;
    if (app->stopping)
        return;
    wzp_home_tell_networks(app, now);
    wzp_app_metered_ask(app);
    wzp_app_stun_start(app);
    wzp_app_kick(app);
}

static void on_unreachable(void *owner, const struct wzp_addr *remote, int code, uint64_t now)
{
    struct wzp_app *app = owner;
    wzp_phone_unreachable(app->phone, remote, code, now);
}

void wzp_home_start(struct wzp_app *app)
{
    wzp_home_tell_networks(app, wzp_app_now(app));
    wzp_app_metered_ask(app);
    wzp_app_stun_start(app);
    wzp_home_relays_start(app);
    WZP_HOST(app, port_on_unreachable, app->port, on_unreachable, app);
    /* on failure changes are not reported */
    (void)WZP_HOST(app, networks_watch, &app->networks, on_networks, app);
}

void wzp_home_fini(struct wzp_app *app)
{
    if (app->networks)
        WZP_HOST(app, networks_unwatch, app->networks);
    app->networks = NULL;
    wzp_app_stun_fini(app);
    wzp_app_router_fini(app);
    wzp_app_metered_fini(app);
    wzp_home_relays_fini(app);
    for (size_t i = 0; i < WZP_APP_PENDING_MAX; i++)
        if (app->pending[i].request)
            WZP_HOST(app, resolve_cancel, app->pending[i].request);
}

/* ---- names ---- */

static struct wzp_app_pending *free_pending(struct wzp_app *app)
{
    for (size_t i = 0; i < WZP_APP_PENDING_MAX; i++)
        if (!app->pending[i].request)
            return &app->pending[i];
    return NULL;
}

/* Reports an error; the same error is reported once, not at each attempt. */
static void tell_trouble(struct wzp_app *app, const char *relay, const struct wzp_error *why)
{
    struct wzp_error err = *why;
    if (strcmp(app->home_error, why->text) == 0)
        return;
    wzp_text_copy(app->home_error, sizeof app->home_error, why->text);
    err.code = WZP_E_NETWORK;
    wzp_app_tell_error(app, relay, &err);
}

static void on_home(struct wzp_app_pending *pending, const struct wzp_addr *addrs, size_t count,
                    const struct wzp_error *err)
{
    struct wzp_app *app = pending->app;
    wzp_log(&app->host.log, WZP_LOG_DEBUG, "app: %s has %zu addresses", pending->relay, count);
    if (count > 0)
        app->home_error[0] = 0;
    else if (err)
        tell_trouble(app, pending->relay, err);
    wzp_phone_resolved(app->phone, pending->number, addrs, count, wzp_app_now(app));
    wzp_app_kick(app);
}

static void on_ping(struct wzp_app_pending *pending, const struct wzp_addr *addrs, size_t count,
                    const struct wzp_error *resolve_error)
{
    struct wzp_app *app = pending->app;
    struct wzp_relay_entry entry = {.count = 0};
    struct wzp_error err = {0};
    if (resolve_error && resolve_error->code) {
        wzp_app_tell_error(app, pending->relay, resolve_error);
        return;
    }
    wzp_text_copy(entry.name, sizeof entry.name, pending->relay);
    for (; entry.count < count && entry.count < WZP_RELAY_PLACES_MAX; entry.count++)
        entry.addresses[entry.count] = addrs[entry.count];
    if (wzp_phone_ping(app->phone, &entry, wzp_app_now(app), &err))
        wzp_app_tell_error(app, pending->relay, &err);
    wzp_app_kick(app);
}

static void on_resolved(void *owner, const struct wzp_addr *addrs, size_t count,
                        const struct wzp_error *err)
{
    struct wzp_app_pending *pending = owner;
    pending->request = NULL;
    if (pending->app->stopping)
        return;
    switch (pending->purpose) {
    case WZP_PENDING_PHONE: on_home(pending, addrs, count, err); break;
    case WZP_PENDING_PING: on_ping(pending, addrs, count, err); break;
    }
}

/* what: the purpose of the request, with its data. */
static int resolve(struct wzp_app *app, const char *relay, const struct wzp_app_pending *what,
                   struct wzp_error *err)
{
    struct wzp_app_pending *pending = free_pending(app);
    if (!pending)
        return wzp_error_set(err, WZP_E_LIMIT, "too many relays at once");
    *pending = *what;
    pending->app = app;
    if (!wzp_text_copy(pending->relay, sizeof pending->relay, relay))
        return wzp_error_set(err, WZP_E_ARGUMENT, "the relay's name is too long");
    return WZP_HOST(app, resolve, &pending->request, relay, WZP_DEFAULT_PORT, on_resolved, pending,
                    err);
}

/* The answer is never given at once, because the phone must not be called from inside. A request
 * that cannot be started counts as one without an answer: the phone tries again. */
void wzp_home_resolve(void *context, const char *name, uint32_t request)
{
    struct wzp_app *app = context;
    const struct wzp_app_pending what = {.purpose = WZP_PENDING_PHONE, .number = request};
    struct wzp_error err = {0};
    if (resolve(app, name, &what, &err))
        wzp_log(&app->host.log, WZP_LOG_WARN, "%s", err.text);
}

int wzp_app_ping(struct wzp_app *app, const char *relay, struct wzp_error *err)
{
    const struct wzp_app_pending what = {.purpose = WZP_PENDING_PING};
    int result = resolve(app, relay, &what, err);
    if (result)
        wzp_error_prefix(err, relay);
    return result;
}

/* ---- calls and rooms ---- */

/* Creates the session's state at the command, so that it can be queried before its first event. */
static void know_talk(struct wzp_app *app, wzp_session_id id, enum wzp_session_state state)
{
    for (size_t i = 0; !wzp_app_talk(app, id) && i < WZP_PHONE_SESSIONS_MAX; i++)
        if (!app->talks[i].id)
            app->talks[i] = (struct wzp_app_talk){.id = id, .state = state, .limit = WZP_NEVER};
    wzp_app_kick(app);
}

int wzp_app_call(struct wzp_app *app, wzp_session_id *out, const char *peer, struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    char text[WZP_FINGERPRINT_TEXT_MAX];
    wzp_session_id id = 0;
    if (out)
        *out = 0;
    if (strcmp(peer, "echo") == 0)
        return wzp_echo_peer_start(app, err);
    int result = wzp_contacts_resolve(fingerprint, &app->contacts, peer, err);
    if (result)
        return result;
    wzp_fingerprint_format(text, fingerprint);
    result = wzp_phone_call(app->phone, &id, text, wzp_app_now(app), err);
    if (!result)
        know_talk(app, id, WZP_SESSION_CALLING);
    if (!result && out)
        *out = id;
    return result;
}

int wzp_app_join(struct wzp_app *app, wzp_session_id *out, const char *room, struct wzp_error *err)
{
    return wzp_app_join_locked(app, out, room, NULL, err);
}

int wzp_app_join_locked(struct wzp_app *app, wzp_session_id *out, const char *room,
                        const char *password, struct wzp_error *err)
{
    char name[WZP_SNI_MAX + 1];
    wzp_session_id id = 0;
    if (out)
        *out = 0;
    int result = wzp_room_name_choose(name, room, err);
    if (!result)
        result = wzp_phone_join_locked(app->phone, &id, name, password, wzp_app_now(app), err);
    if (!result)
        know_talk(app, id, WZP_SESSION_JOINING);
    if (!result && out)
        *out = id;
    return result;
}
