/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Automatic answering: whose calls are answered without asking the person, and how. */
#include <stdio.h>

#include "app/internal.h"
#include "base/error.h"

/* Finds the contact whose fingerprint the caller claims, which proves nothing. False: it is no
 * contact's. */
static bool find_contact(const struct wzp_app *app, wzp_session_id session,
                         struct wzp_app_session *facts)
{
    return wzp_app_session_find(app, session, facts) && facts->name[0];
}

/* Fingerprints and keys of contacts are public, so a claimed one must not open the microphone. A
 * valid signature alone is not enough either, since a relay may have kept and replayed it: the call
 * must also be one that only the contact can hear (end-to-end encrypted). */
static bool answers_itself(const struct wzp_app *app, const struct wzp_app_talk *talk)
{
    struct wzp_app_session facts;
    if (app->config.echo || app->settings.auto_answer == WZP_AUTO_ALL)
        return true;
    return app->settings.auto_answer == WZP_AUTO_CONTACTS && talk->proven && talk->sealed &&
           find_contact(app, talk->id, &facts);
}

/* Reports why a contact's call rings although calls of contacts are answered automatically. */
static void tell_why_not(struct wzp_app *app, const struct wzp_app_talk *talk)
{
    struct wzp_app_session facts;
    struct wzp_event event;
    char text[256];
    if (app->settings.auto_answer != WZP_AUTO_CONTACTS || !find_contact(app, talk->id, &facts))
        return;
    if (!talk->proven)
        snprintf(text, sizeof text, "the caller says to be %s, not proven; not answered by itself",
                 facts.name);
    else
        snprintf(text, sizeof text,
                 "this is %s, but others could hear the call, which is encrypted to the relay "
                 "only; not answered by itself",
                 facts.name);
    wzp_event_init(&event, WZP_EVENT_NOTICE);
    event.session = talk->id;
    event.about.peer = facts.stats.peer;
    event.u.notice.text = text;
    wzp_app_emit(app, &event);
}

/* A second caller must not be connected into a running call and hear it unasked. Sessions that only
 * ring do not count: else any stranger could keep all others waiting. */
static bool is_in_another(struct wzp_app *app, wzp_session_id session)
{
    wzp_session_id id;
    for (size_t i = 0; (id = wzp_phone_session(app->phone, i)) != 0; i++) {
        const struct wzp_app_talk *talk = wzp_app_talk(app, id);
        if (id != session && !app->config.echo && (!talk || talk->state != WZP_SESSION_INCOMING))
            return true;
    }
    return false;
}

bool wzp_answering_rings(const struct wzp_app *app)
{
    for (size_t i = 0; app->config.answers && i < WZP_PHONE_SESSIONS_MAX; i++)
        if (app->talks[i].id && app->talks[i].state == WZP_SESSION_INCOMING &&
            !app->talks[i].ignored)
            return true;
    return false;
}

int wzp_app_defer(struct wzp_app *app, wzp_session_id session, bool on)
{
    struct wzp_app_talk *talk = wzp_app_talk(app, session);
    if (!talk)
        return WZP_E_NOT_FOUND;
    bool was = talk->deferred;
    talk->deferred = on;
    if (was && !on && talk->state == WZP_SESSION_INCOMING)
        wzp_answering_incoming(app, talk);
    else
        wzp_sound_arrange(app);
    return 0;
}

void wzp_answering_incoming(struct wzp_app *app, struct wzp_app_talk *talk)
{
    struct wzp_error err = {0};
    uint64_t now = wzp_app_now(app);
    int result = 0;
    if (!app->config.answers && !app->config.echo)
        return;
    if (talk->deferred) {
        wzp_sound_arrange(app); /* the ring tone needs the devices */
        return;
    }
    if (!app->config.echo && app->settings.answer_mode == WZP_ANSWER_REJECT) {
        result = wzp_phone_reject(app->phone, talk->id, false, now, &err);
    } else if (is_in_another(app, talk->id)) {
        /* With WZP_AUTO_ALL there may be no person who could be asked. */
        if (app->settings.auto_answer == WZP_AUTO_ALL)
            result = wzp_phone_reject(app->phone, talk->id, true, now, &err);
        else
            wzp_sound_arrange(app); /* it rings */
    } else if (answers_itself(app, talk)) {
        if (app->config.echo) {
            talk->echoes = true;
            wzp_tapes_arrange(app, talk);
        }
        bool trusted = app->settings.answer_mode != WZP_ANSWER_GENERIC;
        result = wzp_phone_answer(app->phone, talk->id, trusted, now, &err);
    } else {
        wzp_session_id id = talk->id;
        tell_why_not(app, talk);
        if (wzp_app_talk(app, id))  /* a listener may have ended the session */
            wzp_sound_arrange(app); /* it rings */
    }
    /* When the caller has given up at this moment, the failure is only reported: we go on waiting
     * for other calls. */
    if (result)
        wzp_app_tell_error(app, NULL, &err);
    wzp_app_kick(app);
}
