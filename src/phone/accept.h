/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What comes to our socket from others than relays: a peer who connects to a call that expects one,
 * punches, answers of STUN servers and routers. Everything else gets no answer. Source:
 * wzp-protocol(7), One socket, Race. */
#ifndef WZP_PHONE_ACCEPT_H
#define WZP_PHONE_ACCEPT_H

#include "phone/internal.h"

/* Adds these to what the endpoint calls; its owner is the phone. */
void wzp_accept_callbacks(struct wzp_quic_callbacks *callbacks);

#endif
