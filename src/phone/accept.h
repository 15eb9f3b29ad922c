/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Handles what reaches our socket from hosts other than relays: QUIC connections of peers (accepted
 * only while a call expects one), hole punching packets, and answers of STUN servers and routers.
 * Everything else gets no answer. Source: wzp-protocol(7), One socket, Race. */
#ifndef WZP_PHONE_ACCEPT_H
#define WZP_PHONE_ACCEPT_H

#include "phone/internal.h"

/* Sets the endpoint's callbacks for these packets; their owner argument is the phone. */
void wzp_accept_callbacks(struct wzp_quic_callbacks *callbacks);

#endif
