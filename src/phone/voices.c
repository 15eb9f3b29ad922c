/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/voices.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define USUAL 100 /* percent */

const char *wzp_voices_key(const struct wzp_member *member)
{
    /* Guests from browsers have no fingerprint. */
    return member->fingerprint[0] ? member->fingerprint : member->alias;
}

static struct wzp_volume *wish_of(const struct wzp_session *s, const char *who)
{
    for (size_t i = 0; i < s->volume_count; i++)
        if (strcmp(s->volumes[i].who, who) == 0)
            return &s->volumes[i];
    return NULL;
}

void wzp_voices_begin(struct wzp_session *s)
{
    memset(s->owners, 0, sizeof s->owners);
}

void wzp_voices_own(struct wzp_session *s, uint8_t sender, size_t member)
{
    s->owners[sender] = (uint16_t)(member + 1);
}

const struct wzp_member *wzp_voices_owner(const struct wzp_session *s, unsigned voice)
{
    if (voice == 0 || voice >= WZP_VOICE_UNSTAMPED || !s->owners[voice])
        return NULL;
    return &s->members[s->owners[voice] - 1];
}

unsigned wzp_voices_volume(const struct wzp_session *s, const char *key)
{
    const struct wzp_volume *wish = wish_of(s, key);
    return wish ? wish->percent : USUAL;
}

int wzp_voices_wish(struct wzp_session *s, const char *key, unsigned percent)
{
    struct wzp_volume *wish = wish_of(s, key);
    if (!wish) {
        if (s->volume_count == WZP_PHONE_MEMBERS_MAX)
            return WZP_E_LIMIT;
        struct wzp_volume *more =
            wzp_realloc(s->volumes, (s->volume_count + 1) * sizeof *s->volumes);
        if (!more)
            return WZP_E_MEMORY;
        s->volumes = more;
        wish = &more[s->volume_count++];
        wzp_text_copy(wish->who, sizeof wish->who, key);
    }
    wish->percent = (uint8_t)percent;
    return 0;
}

void wzp_voices_apply(struct wzp_session *s)
{
    struct wzp_receiver *r = s->leg.stream.receiver;
    if (!r)
        return;
    (void)wzp_receiver_set_volume(r, 0, wzp_voices_volume(s, ""));
    for (unsigned voice = 1; s->is_room && voice < WZP_VOICE_UNSTAMPED; voice++) {
        const struct wzp_member *owner = wzp_voices_owner(s, voice);
        char number[8];
        snprintf(number, sizeof number, "#%u", voice);
        (void)wzp_receiver_set_volume(r, voice,
                                      wzp_voices_volume(s, owner ? wzp_voices_key(owner) : number));
    }
}
