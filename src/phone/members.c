/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/members.h"

#include <string.h>

#include "base/alloc.h"
#include "phone/event.h"
#include "phone/voices.h"

/* The index of this member in the list so far; count when it is not in it. */
static size_t place_of(const struct wzp_session *s, size_t count, const struct wzp_member *member)
{
    size_t i = 0;
    while (i < count && (strcmp(s->members[i].fingerprint, member->fingerprint) != 0 ||
                         strcmp(s->members[i].alias, member->alias) != 0))
        i++;
    return i;
}

bool wzp_members_others(const struct wzp_session *s)
{
    for (size_t i = 0; i < s->member_count; i++)
        if (strcmp(s->members[i].fingerprint, s->phone->identity.fingerprint_text) != 0)
            return true;
    return false;
}

int wzp_members_take(struct wzp_session *s, const struct wzp_participant_list *list)
{
    size_t wanted = list->count < WZP_PHONE_MEMBERS_MAX ? list->count : WZP_PHONE_MEMBERS_MAX;

    if (wanted > s->member_capacity) {
        struct wzp_member *members = wzp_realloc(s->members, wanted * sizeof *members);
        if (!members)
            return WZP_E_MEMORY;
        s->members = members;
        s->member_capacity = wanted;
    }
    s->member_count = 0;
    wzp_voices_begin(s);
    for (size_t i = 0; i < wanted; i++) {
        const struct wzp_participant *from = &list->items[i];
        struct wzp_member *member = &s->members[s->member_count];
        *member = (struct wzp_member){.unproven = from->has_proven && !from->proven};
        wzp_event_text(member->fingerprint, sizeof member->fingerprint, from->fingerprint);
        wzp_event_text(member->alias, sizeof member->alias, from->alias);
        wzp_event_text(member->relay_label, sizeof member->relay_label, from->relay_label);
        size_t place = place_of(s, s->member_count, member);
        if (from->has_sender && from->sender)
            wzp_voices_own(s, from->sender, place);
        if (place == s->member_count)
            s->member_count++;
    }
    wzp_voices_apply(s);
    return 0;
}

void wzp_members_tell(struct wzp_session *s)
{
    struct wzp_event event;

    wzp_event_about(&event, s, WZP_EVENT_MEMBERS);
    event.u.members.items = s->members;
    event.u.members.count = s->member_count;
    wzp_event_emit(s->phone, &event);
}
