/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/members.h"

#include <string.h>

#include "base/alloc.h"
#include "phone/event.h"

static bool listed(const struct wzp_session *s, size_t count, const struct wzp_member *member)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(s->members[i].fingerprint, member->fingerprint) == 0 &&
            strcmp(s->members[i].alias, member->alias) == 0)
            return true;
    return false;
}

/* Somebody else than us is in the list. */
static bool somebody_else(const struct wzp_session *s)
{
    for (size_t i = 0; i < s->member_count; i++)
        if (strcmp(s->members[i].fingerprint, s->phone->identity.fingerprint_text) != 0)
            return true;
    return false;
}

int wzp_members_take(struct wzp_session *s, const struct wzp_participant_list *list, uint64_t now)
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
    for (size_t i = 0; i < wanted; i++) {
        const struct wzp_participant *from = &list->items[i];
        struct wzp_member *member = &s->members[s->member_count];
        wzp_event_text(member->fingerprint, sizeof member->fingerprint, from->fingerprint);
        wzp_event_text(member->alias, sizeof member->alias, from->alias);
        wzp_event_text(member->relay_label, sizeof member->relay_label, from->relay_label);
        if (!listed(s, s->member_count, member))
            s->member_count++;
    }
    if (s->is_room)
        return 0;
    if (somebody_else(s)) {
        s->peer_seen = true;
        s->peer_gone_at = 0;
    } else if (s->peer_seen && s->peer_gone_at == 0) {
        s->peer_gone_at = now;
    }
    return 0;
}
