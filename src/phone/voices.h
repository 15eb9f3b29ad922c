/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Maps the sender numbers of a room to its members, and keeps the volume at which each is heard
 * here. The relay's list of members gives the sender number of each. A volume belongs to the
 * person, whatever the number is, and 0 is silence. Source: wzp-protocol(7), Media header,
 * Messages. */
#ifndef WZP_PHONE_VOICES_H
#define WZP_PHONE_VOICES_H

#include "phone/internal.h"

/* For a new list of members: forgets all numbers; gives a number to a member. */
void wzp_voices_begin(struct wzp_session *s);
void wzp_voices_own(struct wzp_session *s, uint8_t sender, size_t member);
/* The member with this sender number, NULL when nobody is known to have it. */
const struct wzp_member *wzp_voices_owner(const struct wzp_session *s, unsigned voice);
/* The key under which a member's volume is kept. It is "" for the peer of a call, and "#number" for
 * a number that no member has. */
const char *wzp_voices_key(const struct wzp_member *member);
/* The volume set for a key, 100 percent when none was; and setting it: percent is at most
 * WZP_VOLUME_MAX; WZP_E_LIMIT, WZP_E_MEMORY. */
unsigned wzp_voices_volume(const struct wzp_session *s, const char *key);
int wzp_voices_wish(struct wzp_session *s, const char *key, unsigned percent);
/* Applies the volumes to the present sender numbers: after a list, and when the stream begins. */
void wzp_voices_apply(struct wzp_session *s);

#endif
