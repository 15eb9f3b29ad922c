/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every entry from outside stands between these two: an event may lead to a command inside, and
 * what ended meanwhile is freed when the outermost entry is left. */
#ifndef WZP_PHONE_ENTRY_H
#define WZP_PHONE_ENTRY_H

#include "phone/internal.h"

/* Begins an entry at this time. */
void wzp_phone_enter(struct wzp_phone *p, uint64_t now);
/* Ends it. */
void wzp_phone_leave(struct wzp_phone *p);

#endif
