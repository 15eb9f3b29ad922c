/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who is heard, and how loud, for the user interfaces. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "phone/session.h"
#include "phone/voices.h"

bool wzp_phone_voice(const struct wzp_phone *p, wzp_session_id session, size_t i,
                     struct wzp_voice *out, uint64_t now)
{
    const struct wzp_session *s = wzp_session_find(p, session);
    struct wzp_receiver_voice voice;
    if (!s || !s->leg.stream.receiver || wzp_receiver_voice(s->leg.stream.receiver, i, &voice, now))
        return false;
    const struct wzp_member *owner = wzp_voices_owner(s, voice.voice);
    *out = (struct wzp_voice){.number = voice.voice,
                              .volume_percent = voice.volume_percent,
                              .speaking = voice.speaking,
                              .level_dbfs = voice.level_dbfs};
    wzp_text_copy(out->fingerprint, sizeof out->fingerprint,
                  !s->is_room ? s->peer
                  : owner     ? owner->fingerprint
                              : "");
    wzp_text_copy(out->alias, sizeof out->alias,
                  !s->is_room ? s->alias
                  : owner     ? owner->alias
                              : "");
    return true;
}

/* The member that `who` names: by fingerprint, else the only one with that alias. */
static const struct wzp_member *member_of(const struct wzp_session *s, const char *who)
{
    const struct wzp_member *found = NULL;
    size_t same = 0;
    for (size_t i = 0; i < s->member_count; i++) {
        const struct wzp_member *m = &s->members[i];
        if (m->fingerprint[0] && strcmp(m->fingerprint, who) == 0)
            return m;
        if (m->alias[0] && strcmp(m->alias, who) == 0) {
            found = m;
            same++;
        }
    }
    return same == 1 ? found : NULL;
}

unsigned wzp_phone_volume(const struct wzp_phone *p, wzp_session_id session, const char *who)
{
    const struct wzp_session *s = wzp_session_find(p, session);
    const struct wzp_member *member = s && s->is_room ? member_of(s, who) : NULL;
    if (!s)
        return 100;
    return wzp_voices_volume(s, !s->is_room ? "" : member ? wzp_voices_key(member) : who);
}

static int set_in_room(struct wzp_session *s, const char *who, unsigned percent)
{
    const struct wzp_member *member = member_of(s, who);
    if (member)
        return wzp_voices_wish(s, wzp_voices_key(member), percent);
    if (who[0] != '#' || !s->leg.stream.receiver)
        return WZP_E_NOT_FOUND;
    char key[8];
    uint64_t voice;
    if (wzp_text_number(&voice, who + 1, UINT16_MAX) || voice == 0 ||
        wzp_voices_owner(s, (unsigned)voice))
        return WZP_E_NOT_FOUND;
    snprintf(key, sizeof key, "#%u", (unsigned)voice);
    if (voice < WZP_VOICE_UNSTAMPED)
        return wzp_voices_wish(s, key, percent);
    return wzp_receiver_set_volume(s->leg.stream.receiver, (unsigned)voice, percent);
}

int wzp_phone_set_volume(struct wzp_phone *p, wzp_session_id session, const char *who,
                         unsigned percent)
{
    struct wzp_session *s = wzp_session_find(p, session);
    if (!s)
        return WZP_E_NOT_FOUND;
    if (percent > WZP_VOLUME_MOST)
        return WZP_E_RANGE;
    int result = s->is_room ? set_in_room(s, who, percent) : wzp_voices_wish(s, "", percent);
    if (!result)
        wzp_voices_apply(s);
    return result;
}
