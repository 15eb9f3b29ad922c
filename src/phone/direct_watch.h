/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Liveness of the direct path in use: what is done when it is silent, when the peer has left it,
 * and when it is given up. Source: wzp-protocol(7), Moving. */
#ifndef WZP_PHONE_DIRECT_WATCH_H
#define WZP_PHONE_DIRECT_WATCH_H

#include "phone/direct_state.h"

/* At d->look_at, which it moves on: tests whether the path in use is alive and the peer still uses
 * it. */
void wzp_direct_look(struct wzp_direct *d, uint64_t now);

#endif
