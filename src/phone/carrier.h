/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The media connection of a session over a relay, the same for a room and for a direct call's room:
 * dial, CallOffer/CallAnswer with HS/2, members, dialling again when it is lost, giving up. Source:
 * wire.md 5.2, 6.1 (6); crypto.md 3, 8.5, 8.8; relay.md 3.3. */
#ifndef WZP_PHONE_CARRIER_H
#define WZP_PHONE_CARRIER_H

#include "phone/internal.h"

/* Begins: carrier.places and carrier.sni are set. */
void wzp_carrier_start(struct wzp_session *s, uint64_t now);
/* Closes with code 0 (never a signal: wire.md 6.1) and stays closed. */
void wzp_carrier_stop(struct wzp_session *s, uint64_t now);
/* Dials again at once after a person accepted the certificate. */
void wzp_carrier_unblock(struct wzp_session *s, uint64_t now);
/* When its time comes. */
uint64_t wzp_carrier_expiry(const struct wzp_session *s);
void wzp_carrier_expire(struct wzp_session *s, uint64_t now);
/* Something arrived that only a member of the room gets: the connection is a good one. */
void wzp_carrier_proved(struct wzp_session *s);

/* What the connection says. */
void wzp_carrier_connected(struct wzp_session *s, uint64_t now);
void wzp_carrier_signal(struct wzp_session *s, const struct wzp_signal *signal, uint64_t now);
void wzp_carrier_closed(struct wzp_session *s, const struct wzp_quic_conn *conn,
                        const struct wzp_quic_close *why, uint64_t now);

#endif
