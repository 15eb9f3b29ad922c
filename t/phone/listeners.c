/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several listeners: their order, removing and adding listeners from inside an event, and the
 * fields that every event carries. */
#include <string.h>

#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

struct hearer {
    struct wzp_listener listener;
    const char *letter;
    bool leaves;           /* removes itself at the first event */
    struct hearer *shoves; /* removes this one at the first event */
    struct hearer *brings; /* adds this one at the first event */
    unsigned heard;
};
static char order[64];

static void on_event(void *context, const struct wzp_event *event)
{
    struct hearer *h = context;

    if (event->at != st.now)
        ok(false, "an event carries the time at which it happened");
    h->heard++;
    if (strlen(order) + 1 < sizeof order)
        strcat(order, h->letter);
    if (h->shoves)
        wzp_phone_unlisten(st.phone, &h->shoves->listener);
    if (h->brings)
        wzp_phone_listen(st.phone, &h->brings->listener);
    h->shoves = h->brings = NULL;
    if (h->leaves)
        wzp_phone_unlisten(st.phone, &h->listener);
}

static struct hearer *join(struct hearer *h, const char *letter)
{
    *h = (struct hearer){.letter = letter};
    h->listener = (struct wzp_listener){.event = on_event, .context = h};
    wzp_phone_listen(st.phone, &h->listener);
    return h;
}

/* Causes one event: a room is muted or unmuted. */
static void stir(wzp_session_id room, bool on)
{
    order[0] = '\0';
    wzp_phone_mute(st.phone, room, on, st.now);
}

static void many(void)
{
    struct hearer a, b, c, d;
    wzp_session_id room;

    stage_init(&st, NULL);
    if (wzp_phone_join(st.phone, &room, "tea", st.now, NULL) < 0)
        bail("no room");
    join(&a, "a");
    join(&b, "b");
    join(&c, "c");
    stir(room, true);
    is_str(order, "abc", "listeners are called in the order in which they joined");
    stir(room, true);
    is_str(order, "", "muting what is muted is no event");

    a.leaves = true;
    stir(room, false);
    is_str(order, "abc", "who leaves from inside an event does not silence the others");
    stir(room, true);
    is_str(order, "bc", "and hears nothing more");

    b.shoves = &c;
    stir(room, false);
    is_str(order, "b", "who is made to leave by an earlier listener does not hear the event");
    d = (struct hearer){.letter = "d"};
    d.listener = (struct wzp_listener){.event = on_event, .context = &d};
    b.brings = &d;
    stir(room, true);
    is_str(order, "bd", "who joins from inside an event hears it, last");
    wzp_phone_unlisten(st.phone, &c.listener);
    stir(room, false);
    is_str(order, "bd", "leaving twice changes nothing");
    wzp_phone_unlisten(st.phone, &b.listener);
    wzp_phone_unlisten(st.phone, &d.listener);
    wzp_phone_unlisten(st.phone, &st.listener);
    stir(room, true);
    is_str(order, "", "a phone without listeners goes on");
    stage_fini(&st);
}

static struct wzp_event last;

static void keep(void *context, const struct wzp_event *event)
{
    (void)context;
    if (event->type == WZP_EVENT_MUTED)
        last = *event;
}

static void silence_is_told(void)
{
    struct wzp_listener listener = {.event = keep};
    wzp_session_id room;

    stage_init(&st, NULL);
    wzp_phone_listen(st.phone, &listener);
    if (wzp_phone_join(st.phone, &room, "tea", st.now, NULL) < 0)
        bail("no room");
    wzp_phone_mute(st.phone, room, true, st.now);
    ok(last.session == room && last.about.is_room && last.u.muted.muted && !last.u.muted.held,
       "muting is told, with the room it is about");
    wzp_phone_hold(st.phone, room, true, st.now);
    ok(last.u.muted.muted && last.u.muted.held, "hold is told, and that it is still muted");
    wzp_phone_mute(st.phone, room, false, st.now);
    ok(!last.u.muted.muted && last.u.muted.held, "and the end of either alone");
    is_int(wzp_phone_mute(st.phone, room + 1, true, st.now), WZP_E_NOT_FOUND,
           "a handle of nothing is refused");
    stage_fini(&st);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    many();
    silence_is_told();
}
