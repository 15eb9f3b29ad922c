/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who is in a room, as its relay says: filtered, deduplicated, bounded. Source: wzp-protocol(7),
 * Messages, Rooms. */
#ifndef WZP_PHONE_MEMBERS_H
#define WZP_PHONE_MEMBERS_H

#include "phone/internal.h"

/* Takes a new list in place of the old one (at most WZP_PHONE_MEMBERS_MAX are kept). WZP_E_MEMORY:
 * the old list stays. */
int wzp_members_take(struct wzp_session *s, const struct wzp_participant_list *list);
/* True when the list has anybody but us. */
bool wzp_members_others(const struct wzp_session *s);
/* Emits the list to the listeners. */
void wzp_members_tell(struct wzp_session *s);

#endif
