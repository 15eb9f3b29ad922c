/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Brackets around each public function of the phone. They nest, because a listener may call such a
 * function from inside an event; objects that ended meanwhile are freed when the outermost call
 * returns. */
#ifndef WZP_PHONE_ENTRY_H
#define WZP_PHONE_ENTRY_H

#include "phone/internal.h"

/* Begins an entry at this time. */
void wzp_phone_enter(struct wzp_phone *p, uint64_t now);
/* Ends it. */
void wzp_phone_leave(struct wzp_phone *p);

#endif
