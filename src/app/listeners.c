/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Delivery of events to the listeners, and what the softphone adds to an event before. */
#include <string.h>

#include "app/home_relays.h"
#include "app/internal.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

void wzp_app_listen(struct wzp_app *app, struct wzp_listener *listener)
{
    wzp_listeners_add(&app->listeners, listener);
}

void wzp_app_unlisten(struct wzp_app *app, struct wzp_listener *listener)
{
    wzp_listeners_remove(&app->listeners, listener);
}

/* Adds the contact's name, so that no face has to look it up. */
static void name_peer(struct wzp_app *app, struct wzp_event *event)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    const char *peer = event->about.peer;
    if (!peer || !peer[0] || wzp_fingerprint_parse(fingerprint, peer, strlen(peer)))
        return;
    const struct wzp_contact *contact = wzp_contacts_by_fingerprint(&app->contacts, fingerprint);
    if (contact)
        event->about.name = contact->name;
}

/* Logs an event, except statistics, which are frequent and report no change. */
static void log_event(const struct wzp_app *app, const struct wzp_event *event)
{
    char sentence[WZP_LOG_LINE_MAX];
    if (!app->host.log.write || app->host.log.level < WZP_LOG_DEBUG ||
        event->type == WZP_EVENT_STATS)
        return;
    wzp_event_sentence(sentence, sizeof sentence, event);
    wzp_log(&app->host.log, WZP_LOG_DEBUG, "app: event %s, session %u: %s",
            wzp_event_row(event->type)->name, (unsigned)event->session, sentence);
}

/* A copy of the member list in which we are marked and contacts have their names. The names are
 * copied behind the list, because a listener may remove a contact. NULL: the list stays as it
 * is. */
static struct wzp_member *name_members(const struct wzp_app *app, const struct wzp_event *event)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    size_t count = event->u.members.count;
    struct wzp_member *items = event->type == WZP_EVENT_MEMBERS && count > 0
                                   ? wzp_alloc(count * (sizeof *items + WZP_NAME_MAX))
                                   : NULL;
    char(*names)[WZP_NAME_MAX] = (char(*)[WZP_NAME_MAX])(void *)(items ? items + count : NULL);
    for (size_t i = 0; items && i < count; i++) {
        const char *text = event->u.members.items[i].fingerprint;
        items[i] = event->u.members.items[i];
        if (wzp_fingerprint_parse(fingerprint, text, strlen(text)))
            continue;
        const struct wzp_contact *contact =
            wzp_contacts_by_fingerprint(&app->contacts, fingerprint);
        items[i].self = memcmp(fingerprint, app->identity.fingerprint, sizeof fingerprint) == 0;
        if (contact) {
            wzp_text_copy(names[i], sizeof names[i], contact->name);
            items[i].name = names[i];
        }
    }
    return items;
}

void wzp_app_emit(struct wzp_app *app, struct wzp_event *event)
{
    struct wzp_member *members = name_members(app, event);
    event->at = wzp_app_now(app);
    name_peer(app, event);
    if (members)
        event->u.members.items = members;
    log_event(app, event);
    wzp_relays_follow(&app->relays, event, event->at);
    wzp_home_relays_follow(app, event, event->at);
    wzp_listeners_tell(&app->listeners, event);
    wzp_free(members);
}

void wzp_app_tell_error(struct wzp_app *app, const char *relay, const struct wzp_error *err)
{
    struct wzp_event event;
    wzp_event_init(&event, WZP_EVENT_ERROR);
    event.u.error.code = err->code;
    event.u.error.relay = relay ? relay : "";
    event.u.error.text = err->text[0] ? err->text : wzp_strerror(err->code);
    wzp_app_emit(app, &event);
}

void wzp_app_tell_notice(struct wzp_app *app, const char *text)
{
    struct wzp_event event;
    wzp_event_init(&event, WZP_EVENT_NOTICE);
    event.u.notice.text = text;
    wzp_app_emit(app, &event);
}
