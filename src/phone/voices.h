/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whose voice is whose in a room, and how loud each is here. The relay's list of members tells the
 * sender number of each; a volume belongs to the person, whatever number they have, and 0 is
 * silence. Source: wzp-protocol(7), Media header, Messages. */
#ifndef WZP_PHONE_VOICES_H
#define WZP_PHONE_VOICES_H

#include "phone/internal.h"

/* A list of members comes: forgets who had which number; a number is of that member. */
void wzp_voices_begin(struct wzp_session *s);
void wzp_voices_own(struct wzp_session *s, uint8_t sender, size_t member);
/* Whose voice that is, NULL: nobody knows. */
const struct wzp_member *wzp_voices_owner(const struct wzp_session *s, unsigned voice);
/* What a member's wishes are kept by; the other one in a call is "", a number that nobody owns
 * "#number". */
const char *wzp_voices_key(const struct wzp_member *member);
/* What was wished, 100 percent when nothing was. Wishing: percent is at most WZP_VOLUME_MAX;
 * WZP_E_LIMIT, WZP_E_MEMORY. */
unsigned wzp_voices_volume(const struct wzp_session *s, const char *key);
int wzp_voices_wish(struct wzp_session *s, const char *key, unsigned percent);
/* Volumes as they were wished, for the numbers as they are: after a list, and when the stream
 * begins. */
void wzp_voices_apply(struct wzp_session *s);

#endif
