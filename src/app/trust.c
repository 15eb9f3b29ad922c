/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/trust.h"

#include <string.h>
#include <strings.h>

#include "app/home_relays.h"
#include "base/error.h"
#include "base/text.h"

void wzp_trust_init(struct wzp_app *app)
{
    const struct wzp_home_relays *h = &app->home_relays;
    memset(app->once, 0, sizeof app->once);
    for (size_t i = 0; app->config.accept_relay && i < h->count; i++)
        wzp_text_copy(app->once[i].relay, sizeof app->once[i].relay, h->entries[i].name);
}

static struct wzp_app_once *find(struct wzp_app *app, const char *relay)
{
    for (size_t i = 0; i < WZP_PHONE_RELAYS_MAX; i++)
        if (relay[0] && strcasecmp(app->once[i].relay, relay) == 0)
            return &app->once[i];
    return NULL;
}

/* The relay was accepted with the certificate that it shows, so --accept-relay is used up for it: a
 * later certificate needs a new decision. */
static void spend(struct wzp_app *app, const char *relay)
{
    struct wzp_app_once *once = find(app, relay);
    if (once && !once->certificate[0])
        once->relay[0] = '\0';
}

/* A certificate is new or has changed: accepts it if --accept-relay covers it, else it waits for a
 * person. */
static void judge(struct wzp_app *app, const struct wzp_event *event)
{
    const char *relay = event->u.relay_pin.relay, *certificate = event->u.relay_pin.certificate;
    enum wzp_pin_verdict pin = event->u.relay_pin.pin;
    if (pin != WZP_PIN_MISMATCH && (pin != WZP_PIN_NEW || app->settings.accept_new_relays)) {
        spend(app, relay);
        return;
    }
    struct wzp_app_once *once = find(app, relay);
    /* Two connections may show certificates before the first one is accepted: only the first one is
     * meant. */
    if (once && (!once->certificate[0] || strcmp(once->certificate, certificate) == 0)) {
        wzp_text_copy(once->certificate, sizeof once->certificate, certificate);
        wzp_app_soon(app);
        return;
    }
    wzp_text_copy(app->shown_relay, sizeof app->shown_relay, relay);
    wzp_text_copy(app->shown_certificate, sizeof app->shown_certificate, certificate);
}

static void let_in(struct wzp_app *app, const char *relay)
{
    spend(app, relay);
    if (strcasecmp(app->shown_relay, relay) == 0)
        app->shown_certificate[0] = '\0';
}

void wzp_trust_follow(struct wzp_app *app, const struct wzp_event *event)
{
    if (event->type == WZP_EVENT_RELAY_PIN)
        judge(app, event);
    else if (event->type == WZP_EVENT_REGISTERED)
        let_in(app, event->u.registered.relay);
    else if (event->type == WZP_EVENT_PONG)
        spend(app, event->u.pong.relay);
    else if (event->type == WZP_EVENT_JOINED && event->about.is_room)
        let_in(app, wzp_home_relay(app));
}

static int say_yes(struct wzp_app *app, const char *relay, char *certificate)
{
    struct wzp_error note = {0};
    int result = wzp_phone_accept_relay(app->phone, relay, certificate, wzp_app_now(app));
    if (result)
        return result;
    if (app->echo_peer) { /* the echo peer uses the same relay, and has no person to ask */
        (void)wzp_phone_accept_relay(app->echo_peer->phone, relay, certificate, wzp_app_now(app));
        wzp_app_kick(app->echo_peer);
    }
    wzp_error_set(&note, 0, "accepted: from now on relay %.80s is the one with the certificate %s",
                  relay, certificate);
    certificate[0] = '\0';
    wzp_app_tell_notice(app, note.text);
    return 0;
}

void wzp_trust_settle(struct wzp_app *app)
{
    for (size_t i = 0; i < WZP_PHONE_RELAYS_MAX; i++) {
        struct wzp_app_once once = app->once[i];
        if (!once.certificate[0])
            continue;
        app->once[i] = (struct wzp_app_once){.relay = ""};
        (void)say_yes(app, once.relay, once.certificate);
    }
}

int wzp_trust_accept(struct wzp_app *app, struct wzp_error *err)
{
    if (!app->shown_certificate[0])
        return wzp_error_set(err, WZP_E_STATE, "no relay waits for its certificate to be accepted");
    int result = say_yes(app, app->shown_relay, app->shown_certificate);
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

const char *wzp_trust_barred_by(const struct wzp_app *app)
{
    const struct wzp_home_relays *h = &app->home_relays;
    if (!app->shown_certificate[0] || wzp_phone_registered(app->phone))
        return NULL;
    for (size_t i = 0; i < h->count; i++)
        if (strcasecmp(h->entries[i].name, app->shown_relay) == 0)
            return app->shown_relay;
    return NULL;
}
