/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/room.h"

#include "base/text.h"
#include "phone/event.h"
#include "phone/leg.h"
#include "phone/members.h"
#include "phone/session.h"
#include "phone/stream.h"

static void on_up(struct wzp_session *s, uint64_t now)
{
    int result = wzp_stream_begin(&s->leg, true, NULL, now);

    if (result < 0)
        wzp_session_end(s, WZP_END_ERROR, wzp_strerror(result), now);
    else if (s->stands_since == 0)
        s->stands_since = now;
}

/* Rooms are not sealed: nobody mixes them, but the relay has every packet in the clear. */
static void tell_hearable(struct wzp_session *s)
{
    struct wzp_room *room = (struct wzp_room *)s;
    struct wzp_event event;

    if (room->told)
        return;
    room->told = true;
    wzp_event_about(&event, s, WZP_EVENT_SECURITY);
    event.u.security.why = "the relay can hear this room";
    wzp_event_emit(s->phone, &event);
}

static void on_members(struct wzp_session *s, const struct wzp_participant_list *list, uint64_t now)
{
    size_t before = s->member_count;
    int result = wzp_members_take(s, list);

    (void)now;
    s->leg.peer_due = wzp_members_others(s);
    if (s->member_count < before)
        wzp_stream_somebody_left(&s->leg);
    if (result < 0)
        wzp_event_error(s->phone, s, result, "the list of members could not be kept");
    else
        wzp_members_tell(s);
    if (!s->ended)
        tell_hearable(s);
}

/* A room goes on without anybody speaking. */
static void on_anything(struct wzp_session *s, uint64_t now)
{
    (void)s;
    (void)now;
}

static void on_failed(struct wzp_session *s, bool refused, const char *text, uint64_t now)
{
    wzp_session_end(s, refused ? WZP_END_REFUSED : WZP_END_LOST, text, now);
}

static void hang_up(struct wzp_session *s, uint64_t now)
{
    if (s->leg.state == WZP_LEG_BLOCKED)
        wzp_session_end(s, WZP_END_REFUSED, "the relay's certificate is not accepted", now);
    else
        wzp_session_end(s, WZP_END_NORMAL, "left", now);
}

int wzp_room_join(struct wzp_session **out, struct wzp_phone *p, const char *name,
                  const char *password, const struct wzp_relay_place *place, uint64_t now)
{
    static const struct wzp_leg_calls leg_calls = {.up = on_up,
                                                   .members = on_members,
                                                   .heard = on_anything,
                                                   .quiet = on_anything,
                                                   .failed = on_failed};
    static const struct wzp_session_kind kind = {.size = sizeof(struct wzp_room),
                                                 .hang_up = hang_up};
    struct wzp_session *s;

    int result = wzp_session_new(&s, p, &kind, true, true, now);
    if (result < 0)
        return result;
    wzp_leg_init(&s->leg, s, &leg_calls);
    wzp_text_copy(s->room, sizeof s->room, name);
    wzp_text_copy(s->leg.sni, sizeof s->leg.sni, name);
    if (password) {
        s->leg.has_room_key = true;
        wzp_room_key(s->leg.room_key, name, password);
    }
    s->leg.places[0] = *place;
    s->leg.place_count = 1;
    *out = s;
    wzp_leg_start(&s->leg, now);
    return 0;
}
