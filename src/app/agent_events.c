/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How the softphone handles its phone's events: sessions, history, limits, sound, answering. */
#include <string.h>

#include "app/internal.h"
#include "app/saving.h"
#include "app/trust.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

/* ---- sessions ---- */

struct wzp_app_talk *wzp_app_talk(struct wzp_app *app, wzp_session_id id)
{
    for (size_t i = 0; id && i < WZP_PHONE_SESSIONS_MAX; i++)
        if (app->talks[i].id == id)
            return &app->talks[i];
    return NULL;
}

/* Creates the softphone's state of a session at its first event. */
static struct wzp_app_talk *know(struct wzp_app *app, const struct wzp_event *event)
{
    struct wzp_app_talk *talk = wzp_app_talk(app, event->session);
    for (size_t i = 0; !talk && event->session && i < WZP_PHONE_SESSIONS_MAX; i++) {
        if (app->talks[i].id)
            continue;
        talk = &app->talks[i];
        *talk = (struct wzp_app_talk){.id = event->session,
                                      .state = event->about.is_room    ? WZP_SESSION_JOINING
                                               : event->about.outgoing ? WZP_SESSION_CALLING
                                                                       : WZP_SESSION_INCOMING,
                                      .limit = WZP_NEVER};
    }
    return talk;
}

static void follow_state(struct wzp_app_talk *talk, const struct wzp_event *event)
{
    enum wzp_event_type type = event->type;
    if (type == WZP_EVENT_JOINED || type == WZP_EVENT_PATH) {
        talk->direct = event->u.path.direct;
        wzp_text_copy(talk->path_reason, sizeof talk->path_reason, event->u.path.reason);
    }
    if (type == WZP_EVENT_INCOMING) {
        talk->proven = event->u.incoming.proven;
        talk->sealed = event->u.incoming.e2e;
    }
    if (type == WZP_EVENT_RINGING)
        talk->state = WZP_SESSION_RINGING;
    else if (type == WZP_EVENT_ANSWERED && talk->state != WZP_SESSION_UP)
        talk->state = WZP_SESSION_JOINING;
    else if (type == WZP_EVENT_JOINED)
        talk->state = WZP_SESSION_UP;
}

/* ---- limits ---- */

static void arm_limits(struct wzp_app *app)
{
    uint64_t first = WZP_NEVER;
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++)
        if (app->talks[i].id && app->talks[i].limit < first)
            first = app->talks[i].limit;
    WZP_HOST(app, timer_set, app->limits, first);
}

void wzp_app_on_limits(void *context, uint64_t now)
{
    struct wzp_app *app = context;
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++) {
        struct wzp_app_talk *talk = &app->talks[i];
        if (!talk->id || talk->limit > now)
            continue;
        talk->limit = WZP_NEVER;
        wzp_phone_hangup(app->phone, talk->id, now, NULL);
    }
    arm_limits(app);
    wzp_app_kick(app);
}

/* The media connection can come up several times in a call; the limit starts the first time. */
static void begin_limit(struct wzp_app *app, struct wzp_app_talk *talk)
{
    if (app->config.duration <= 0 || talk->limit != WZP_NEVER)
        return;
    talk->limit = wzp_time_add(wzp_app_now(app), (uint64_t)(app->config.duration * 1e9));
    arm_limits(app);
}

/* ---- statistics ---- */

static void tell_stats(struct wzp_app *app, wzp_session_id session)
{
    struct wzp_event event;
    const struct wzp_session_stats *s = &event.u.stats;
    wzp_event_init(&event, WZP_EVENT_STATS);
    event.session = session;
    if (wzp_phone_session_stats(app->phone, session, &event.u.stats, wzp_app_now(app)) ||
        (!s->up && s->frames_sent == 0))
        return;
    event.about.outgoing = s->outgoing;
    event.about.is_room = s->is_room;
    wzp_app_emit(app, &event);
}

void wzp_app_on_stats(void *context, uint64_t now)
{
    struct wzp_app *app = context;
    wzp_session_id session;
    for (size_t i = 0; (session = wzp_phone_session(app->phone, i)) != 0; i++)
        tell_stats(app, session);
    WZP_HOST(app, timer_set, app->stats, wzp_time_add(now, (uint64_t)(app->config.stats * 1e9)));
}

/* ---- history ---- */

/* Also for calls that were rejected before they rang, which have no statistics. */
static void remember(struct wzp_app *app, const struct wzp_event *event)
{
    struct wzp_session_stats stats;
    uint64_t duration_ms = event->u.ended.duration_ms;
    struct wzp_history_entry entry = {.reason = event->u.ended.reason};
    bool is_call = event->about.peer[0];
    entry.proven = event->about.proven;
    if (app->config.throw_away)
        return;
    if (wzp_phone_session_stats(app->phone, event->session, &stats, wzp_app_now(app)) == 0) {
        duration_ms = stats.duration_ms;
        entry.e2e = stats.e2e_confirmed;
    }
    const struct wzp_app_talk *talk = wzp_app_talk(app, event->session);
    if (talk) {
        entry.direct = talk->direct;
        wzp_text_copy(entry.why, sizeof entry.why, talk->path_reason);
    }
    entry.at_seconds = wzp_time_since(WZP_HOST(app, wall_ms), duration_ms) / 1000;
    entry.duration_seconds = (uint32_t)(duration_ms / 1000);
    entry.kind = !is_call                ? WZP_HISTORY_ROOM
                 : event->about.outgoing ? WZP_HISTORY_OUT
                                         : WZP_HISTORY_IN;
    wzp_text_copy(entry.peer, sizeof entry.peer, is_call ? event->about.peer : event->about.room);
    wzp_text_copy(entry.alias, sizeof entry.alias, event->about.alias);
    wzp_saving_add(app, &entry);
}

/* ---- the events ---- */

static void end_talk(struct wzp_app *app, struct wzp_app_talk *talk)
{
    if (talk) {
        wzp_tapes_end(app, talk);
        *talk = (struct wzp_app_talk){.id = 0};
    }
    arm_limits(app);
    wzp_sound_arrange(app);
}

static void before(struct wzp_app *app, const struct wzp_event *event)
{
    if (event->type == WZP_EVENT_REGISTERED)
        app->was_registered = true;
    wzp_trust_follow(app, event);
    if (event->type != WZP_EVENT_ENDED)
        return;
    if (app->config.stats > 0)
        tell_stats(app, event->session);
    remember(app, event);
}

static void after(struct wzp_app *app, struct wzp_app_talk *talk, const struct wzp_event *event)
{
    switch (event->type) {
    case WZP_EVENT_INCOMING:
        if (talk)
            wzp_answering_incoming(app, talk);
        break;
    case WZP_EVENT_JOINED:
        if (talk)
            begin_limit(app, talk);
        wzp_sound_arrange(app);
        break;
    case WZP_EVENT_ANSWERED:
    case WZP_EVENT_MUTED: wzp_sound_arrange(app); break;
    case WZP_EVENT_ENDED: end_talk(app, talk); break;
    default: break;
    }
}

void wzp_app_on_phone(void *context, const struct wzp_event *event)
{
    struct wzp_app *app = context;
    struct wzp_event copy = *event;
    wzp_session_id id = event->session;
    struct wzp_app_talk *talk = know(app, event);
    if (talk)
        follow_state(talk, event);
    before(app, event);
    /* A softphone that writes no files does not report that a new relay's certificate was pinned:
     * it would not be true. */
    bool moot = app->config.throw_away && event->type == WZP_EVENT_RELAY_PIN &&
                event->u.relay_pin.pin == WZP_PIN_NEW;
    if (!moot)
        wzp_app_emit(app, &copy);
    /* A listener may have ended the session: look it up again. */
    after(app, wzp_app_talk(app, id), event);
}
