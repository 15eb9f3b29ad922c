/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/session.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "phone/event.h"
#include "phone/leg.h"
#include "phone/stream.h"

wzp_session_id wzp_session_number(struct wzp_phone *p)
{
    if (++p->last_id == 0)
        ++p->last_id;
    return p->last_id;
}

int wzp_session_new(struct wzp_session **out, struct wzp_phone *p,
                    const struct wzp_session_kind *kind, bool is_room, bool outgoing, uint64_t now)
{
    *out = NULL;
    if (p->session_count == WZP_PHONE_SESSIONS_MAX)
        return WZP_E_LIMIT;
    struct wzp_session *s = wzp_calloc(1, kind->size);
    if (!s)
        return WZP_E_MEMORY;
    s->phone = p;
    s->kind = kind;
    s->id = wzp_session_number(p);
    s->is_room = is_room;
    s->outgoing = outgoing;
    s->began = now;
    p->sessions[p->session_count++] = s;
    *out = s;
    return 0;
}

uint64_t wzp_session_duration_ms(const struct wzp_session *s, uint64_t now)
{
    return s->stands_since != 0 ? wzp_time_since(now, s->stands_since) / WZP_MILLISECOND : 0;
}

void wzp_session_end(struct wzp_session *s, enum wzp_end_reason reason, const char *text,
                     uint64_t now)
{
    struct wzp_event event;

    if (s->ended)
        return;
    s->ended = true;
    wzp_log(&s->phone->config.log, WZP_LOG_DEBUG, "phone: session %u: ended (%s): %s",
            (unsigned)s->id, wzp_end_reason_name(reason), text);
    wzp_event_about(&event, s, WZP_EVENT_ENDED);
    event.u.ended.reason = reason;
    event.u.ended.text = text;
    event.u.ended.token_wanted = reason == WZP_END_REFUSED && s->leg.token_wanted;
    event.u.ended.password_wanted =
        reason == WZP_END_REFUSED && s->is_room && s->leg.password_wanted;
    /* A session that was refused without having been heard has no duration. */
    if (reason != WZP_END_REFUSED || s->leg.stream.heard_at != 0)
        event.u.ended.duration_ms = wzp_session_duration_ms(s, now);
    wzp_event_emit(s->phone, &event); /* its last statistics can still be asked for */
    wzp_leg_stop(&s->leg, now);
    if (s->kind->wipe)
        s->kind->wipe(s);
}

struct wzp_session *wzp_session_find(const struct wzp_phone *p, wzp_session_id id)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (p->sessions[i]->id == id && !p->sessions[i]->ended)
            return p->sessions[i];
    return NULL;
}

uint64_t wzp_session_expiry(const struct wzp_session *s)
{
    if (s->ended)
        return WZP_NEVER;
    uint64_t at = wzp_leg_expiry(&s->leg);
    return s->kind->expiry ? wzp_time_min(at, s->kind->expiry(s)) : at;
}

void wzp_session_expire(struct wzp_session *s, uint64_t now)
{
    if (!s->ended && s->kind->expire)
        s->kind->expire(s, now);
    if (!s->ended)
        wzp_leg_expire(&s->leg, now);
}

static void session_free(struct wzp_session *s)
{
    size_t size = s->kind->size;

    wzp_stream_end(&s->leg);
    if (s->kind->fini)
        s->kind->fini(s);
    wzp_free(s->members);
    wzp_free(s->volumes);
    wzp_wipe(s, size);
    wzp_free(s);
}

void wzp_session_reap(struct wzp_phone *p, bool all)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->session_count; i++) {
        if (p->sessions[i]->ended || all)
            session_free(p->sessions[i]);
        else
            p->sessions[kept++] = p->sessions[i];
    }
    p->session_count = kept;
}
