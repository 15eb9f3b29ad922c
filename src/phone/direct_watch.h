/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether the direct path in use lives: what is done when it is silent, when the peer left it, and
 * when it is given up. Source: wzp-protocol(7), Moving. */
#ifndef WZP_PHONE_DIRECT_WATCH_H
#define WZP_PHONE_DIRECT_WATCH_H

#include "phone/direct_state.h"

/* Is the path in use alive, and is the peer still on it? At d->look_at, which it sets. */
void wzp_direct_look(struct wzp_direct *d, uint64_t now);

#endif
