/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/visit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/federation.h"
#include "relay/state.h"

void wzp_relay_visits_init(struct wzp_relay *r, size_t limit)
{
    wzp_map_init(&r->visits.parties, limit, &r->random);
    wzp_map_init(&r->visits.held, limit, &r->random);
}

void wzp_relay_visits_fini(struct wzp_relay *r)
{
    wzp_map_fini(&r->visits.parties);
    wzp_map_fini(&r->visits.held);
}

bool wzp_relay_visit_is_held(const struct wzp_relay *r, const char *call_id)
{
    if (r->threads.own > 0)
        return wzp_map_get(&r->visits.held, call_id, strlen(call_id)) != NULL;
    const struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, call_id);
    return call && wzp_relay_call_leads_away(call);
}

/* ---- the other threads ---- */

void wzp_relay_visits_tell(struct wzp_relay *r)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_HEARD};
    struct wzp_relay_letter_heard *heard = &letter.u.heard;
    for (struct wzp_relay_client *c = r->clients; c; c = c->next) {
        if (!c->visit || !c->member.room)
            continue;
        uint64_t now_heard = c->link->heard(c->at) + c->member.frames_in;
        if (now_heard == c->visit_heard)
            continue;
        c->visit_heard = now_heard;
        heard->items[heard->count].visit = c->visit;
        heard->items[heard->count].heard = now_heard;
        if (++heard->count < WZP_RELAY_HEARD_MAX)
            continue;
        /* A lost letter is made up for by the next one. */
        (void)wzp_relay_letter_post(r, 0, &letter);
        heard->count = 0;
    }
    if (heard->count)
        (void)wzp_relay_letter_post(r, 0, &letter);
}

void wzp_relay_visits_take_mark(struct wzp_relay *r, const struct wzp_relay_letter_mark *mark,
                                uint64_t now)
{
    char name[sizeof WZP_CALL_ROOM_PREFIX + WZP_CALL_ID_MAX];
    snprintf(name, sizeof name, "%s%s", WZP_CALL_ROOM_PREFIX, mark->call);
    struct wzp_relay_room *room = wzp_map_get(&r->rooms, name, strlen(name));
    for (size_t i = 0; room && i < room->count; i++) {
        struct wzp_relay_client *member = room->slots[i].client;
        if (member->visit != mark->visit || member->member.is_missing == mark->is_missing)
            continue;
        wzp_relay_room_mark(r, member, mark->is_missing, now);
        return;
    }
}

void wzp_relay_visits_take_hold(struct wzp_relay *r, const struct wzp_relay_letter_hold *hold)
{
    /* Without memory the room is not held here; the first thread then refuses the visitor, since it
     * knows of the hold. */
    if (hold->is_over)
        (void)wzp_map_remove(&r->visits.held, hold->call, strlen(hold->call));
    else
        (void)wzp_map_put(&r->visits.held, hold->call, strlen(hold->call), r);
}

/* ---- the first thread ---- */

static void forget(struct wzp_relay *r, struct wzp_relay_party *party)
{
    struct wzp_relay_visit *visit = &party->visit;
    if (visit->number)
        (void)wzp_map_remove(&r->visits.parties, &visit->number, sizeof visit->number);
    memset(visit, 0, sizeof *visit);
}

/* The party of the call with that name; NULL when there is none. */
static struct wzp_relay_party *party_of(struct wzp_relay_call *call,
                                        const struct wzp_relay_name *name)
{
    for (size_t i = 0; i < 2; i++) {
        if (wzp_relay_name_equal(&call->party[i].route.name, name))
            return &call->party[i];
    }
    return NULL;
}

bool wzp_relay_visit_is_again(const struct wzp_relay *r, const struct wzp_relay_client *visitor,
                              const char *call_id)
{
    struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, call_id);
    const struct wzp_relay_party *party = call ? party_of(call, &visitor->name) : NULL;
    return party && party->visit.number;
}

const char *wzp_relay_visit_begin(uint64_t *number, struct wzp_relay *r, unsigned thread,
                                  const struct wzp_relay_client *visitor, const char *call_id)
{
    const char *reason = "no such call";
    struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, call_id);
    struct wzp_relay_party *party = call ? party_of(call, &visitor->name) : NULL;
    if (!party || !wzp_relay_call_admits(r, visitor, call_id, &reason))
        return reason;
    if (wzp_relay_call_leads_away(call))
        return "this call's room is not here yet: come again";
    forget(r, party); /* an older connection in its room is replaced */
    *number = ++r->next_request;
    int result = wzp_map_put(&r->visits.parties, number, sizeof *number, party);
    if (result < 0)
        return wzp_relay_place_refusal(result);
    party->visit = (struct wzp_relay_visit){.number = *number, .thread = thread};
    return NULL;
}

void wzp_relay_visit_end(struct wzp_relay *r, uint64_t number)
{
    struct wzp_relay_party *party = wzp_map_get(&r->visits.parties, &number, sizeof number);
    if (party)
        forget(r, party);
}

void wzp_relay_visits_take_heard(struct wzp_relay *r, const struct wzp_relay_letter_heard *heard)
{
    for (size_t i = 0; i < heard->count && i < WZP_RELAY_HEARD_MAX; i++) {
        struct wzp_relay_party *party =
            wzp_map_get(&r->visits.parties, &heard->items[i].visit, sizeof heard->items[i].visit);
        if (party)
            party->visit.heard = heard->items[i].heard;
    }
}

void wzp_relay_visit_mark(struct wzp_relay *r, struct wzp_relay_party *party, bool is_missing)
{
    struct wzp_relay_letter letter = {
        .kind = WZP_RELAY_LETTER_MARK,
        .u.mark = {.visit = party->visit.number, .is_missing = is_missing}};
    (void)wzp_text_copy(letter.u.mark.call, sizeof letter.u.mark.call, party->call->id);
    if (wzp_relay_letter_post(r, party->visit.thread, &letter))
        party->visit.is_missing = is_missing;
}

static void tell_held(struct wzp_relay *r, const struct wzp_relay_call *call, bool is_over)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_HOLD, .u.hold.is_over = is_over};
    if (r->threads.count == 1 || !wzp_relay_call_leads_away(call))
        return;
    (void)wzp_text_copy(letter.u.hold.call, sizeof letter.u.hold.call, call->id);
    (void)wzp_relay_letter_post_all(r, &letter);
}

void wzp_relay_visits_call_stands(struct wzp_relay *r, const struct wzp_relay_call *call)
{
    tell_held(r, call, false);
}

void wzp_relay_visits_call_over(struct wzp_relay *r, struct wzp_relay_call *call)
{
    for (size_t i = 0; i < 2; i++)
        forget(r, &call->party[i]);
    if (call->state == WZP_RELAY_CALL_ACTIVE)
        tell_held(r, call, true);
}
